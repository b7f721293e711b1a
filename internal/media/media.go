// Package media says whether a file is what its name says, by its content, and whether it is passive: it holds nothing that a
// program would run. It knows a closed list of types and refuses what it cannot look into. It renders nothing.
package media

import (
	"bytes"
	"fmt"
	"io"

	"accord/exchange"
	"accord/internal/fault"
)

// An inspect looks into a file of one type.
type inspect func(f *file) error

// inspects returns how a file with this ending is looked into; nil for one that does not cross. The list is that of
// exchange.Media.
func inspects(ending string) inspect {
	switch ending {
	case "pdf":
		return pdf
	case "txt":
		return text
	case "csv":
		return csv
	case "png":
		return png
	case "jpg", "jpeg":
		return jpeg
	case "docx", "xlsx", "pptx":
		return office
	case "odt", "ods", "odp":
		return odf
	case "hwpx":
		return hwpx
	case "hwp":
		return hwp
	case "zip":
		return zip
	}
	return nil
}

// A file is what is looked into.
type file struct {
	io.ReaderAt
	size  int64
	name  string
	depth int // how many archives it lies in
}

// Check says whether a file is of the type that the ending of its name says, whole, and passive.
func Check(r io.ReaderAt, size int64, name string) error { return check(&file{r, size, name, 0}) }

func check(f *file) error {
	look := inspects(exchange.Ending(f.name))
	if look == nil {
		return f.refused("files with this ending do not cross")
	}
	return look(f)
}

// is wants the file to be of the type its name says.
func (f *file) is(ok bool, what string) error {
	if ok {
		return nil
	}
	return fault.New(fault.Invalid, "file", fmt.Sprintf("it is named %q and is not %s", clip(f.name), what), "name it by what it is, or save it anew").Says("fault.file_type")
}

// refused is the fault that the file holds what does not cross.
func (f *file) refused(why string) error {
	return fault.New(fault.Refused, "file", why, "save it without, as a plain copy or a PDF").At(clip(f.name)).Says("fault.file_active")
}

// broken is the fault that the file cannot be looked into.
func (f *file) broken(why string) error {
	return fault.New(fault.Invalid, "file", why, "save it anew and send that").At(clip(f.name)).Says("fault.file_broken")
}

// unread is the error that the bytes of the file could not be had: that is no fault of the file.
func unread(err error) error { return fmt.Errorf("the file cannot be read: %w", err) }

// clip shortens what may be hostile for a message.
func clip(s string) string {
	if len(s) > 80 {
		s = s[:80] + "…"
	}
	return s
}

// head returns the first bytes of the file, at most so many.
func (f *file) head(most int64) ([]byte, error) { return f.span(0, min(most, f.size)) }

// tail returns the last bytes of the file, at most so many.
func (f *file) tail(most int64) ([]byte, error) {
	n := min(most, f.size)
	return f.span(f.size-n, n)
}

func (f *file) span(off, n int64) ([]byte, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(io.NewSectionReader(f, off, n), b); err != nil {
		return nil, unread(err)
	}
	return b, nil
}

// programs are how files begin that a machine runs.
var programs = [][]byte{[]byte("MZ"), []byte("\x7fELF"), []byte("#!"), []byte("\xca\xfe\xba\xbe"), []byte("\xfe\xed\xfa"), []byte("\xcf\xfa\xed\xfe"),
	[]byte("\xce\xfa\xed\xfe"), []byte("dex\n"), []byte("\x00asm"), []byte("L\x00\x00\x00\x01\x14\x02\x00")}

// program says whether content begins as something that a machine runs.
func program(content []byte) bool {
	for _, p := range programs {
		if bytes.HasPrefix(content, p) {
			return true
		}
	}
	return false
}
