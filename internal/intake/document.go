package intake

import (
	"bufio"
	"io"
	"os"
	"path/filepath"
	"strings"

	"accord/internal/fault"
	"accord/internal/table"
)

// OpenDocument opens a file that can be read at any place of it, with the parts of a shapefile beside it. Close it when it is
// read.
func OpenDocument(path string) (*table.Document, io.Closer, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, fault.New(fault.NotFound, "file", "it cannot be opened", "check its name and permissions").At(path).Because(err)
	}
	doc, err := document(f, path, bufio.NewReader(f))
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return doc, f, nil
}

// document is an open file that can be read at any place of it; a pipe is read into memory, as far as that goes.
func document(f *os.File, path string, in *bufio.Reader) (*table.Document, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, fault.New(fault.Unavailable, "file", "it cannot be read: "+err.Error(), "copy it again").Because(err)
	}
	if !info.Mode().IsRegular() {
		b, err := io.ReadAll(io.LimitReader(in, table.MaxDocument+1))
		if err != nil {
			return nil, fault.New(fault.Unavailable, "file", "it cannot be read: "+err.Error(), "copy it again").Because(err)
		}
		doc := table.Bytes(b)
		doc.Name = filepath.Base(path)
		return doc, nil
	}
	stem := strings.TrimSuffix(path, filepath.Ext(path))
	return &table.Document{At: f, Size: info.Size(), Name: filepath.Base(path), Beside: func(ending string) *table.Document {
		for _, e := range []string{ending, strings.ToUpper(ending)} {
			if info, err := os.Stat(stem + e); err != nil || info.Size() > table.MaxDocument {
				continue
			}
			if b, err := os.ReadFile(stem + e); err == nil {
				return table.Bytes(b)
			}
		}
		return nil
	}}, nil
}
