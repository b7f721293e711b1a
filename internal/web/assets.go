package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"

	"accord/internal/fault"
	"accord/internal/who"
)

//go:embed assets
var assetFiles embed.FS

// An asset is one file of the program. It is the same for everybody and holds nothing secret, so that it may go packed to
// everybody; pages, in which a reader's words and the city's stand together, do not (see asksItself).
type asset struct {
	kind   string
	data   []byte
	packed func() []byte // by gzip; made when it is first asked for
}

// assets by the name they are served under, which holds a hash of their content: a name never changes its meaning, so a
// browser may keep it for good. assetNames gives that name for the plain one.
var assets, assetNames = mustReadAssets()

func mustReadAssets() (map[string]asset, map[string]string) {
	kinds := map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml", ".txt": "text/plain; charset=utf-8"}
	byName, names := map[string]asset{}, map[string]string{}
	for plain, data := range mustReadFiles() {
		sum := sha256.Sum256(data)
		ext := path.Ext(plain)
		name := strings.TrimSuffix(plain, ext) + "." + hex.EncodeToString(sum[:6]) + ext
		byName[name] = asset{kinds[ext], data, sync.OnceValue(func() []byte { return pack(data, gzip.BestCompression) })}
		names[plain] = name
	}
	return byName, names
}

func pack(data []byte, level int) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, level) // a level that there is
	_, _ = w.Write(data)                   // into memory
	_ = w.Close()
	return b.Bytes()
}

// takesGzip says whether who asks can unpack what comes.
func takesGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		coding, weight, _ := strings.Cut(part, ";")
		if strings.TrimSpace(coding) == "gzip" {
			w := strings.TrimPrefix(strings.ReplaceAll(weight, " ", ""), "q=")
			return strings.Trim(w, "0.") != "" || w == ""
		}
	}
	return false
}

// mustReadFiles reads the files by their plain names. The files of style are one, style.css, in the order of their names;
// what is written for people who read the folder is left out.
func mustReadFiles() map[string][]byte {
	files := map[string][]byte{}
	err := fs.WalkDir(assetFiles, "assets", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(p) == ".md" {
			return err
		}
		data, err := assetFiles.ReadFile(p)
		name := path.Base(p)
		if path.Dir(p) == "assets/style" {
			name = "style.css"
		}
		files[name] = append(files[name], data...)
		return err
	})
	if err != nil {
		panic(err)
	}
	return files
}

// Asset is one of the program's own files.
func (s *Site) Asset(w http.ResponseWriter, r *http.Request, _ who.Person) error {
	name := r.PathValue("name")
	a, ok := assets[name]
	if !ok {
		return fault.New(fault.NotFound, "file", "there is no such file", "reload the page")
	}
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("ETag", `"`+name+`"`)
	if r.Header.Get("If-None-Match") == `"`+name+`"` {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	data := a.data
	if h.Set("Vary", "Accept-Encoding"); takesGzip(r) {
		data = a.packed()
		h.Set("Content-Encoding", "gzip")
	}
	_, err := w.Write(data)
	return err
}
