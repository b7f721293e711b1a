package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"

	"accord/internal/fault"
	"accord/internal/who"
)

//go:embed assets
var assetFiles embed.FS

type asset struct {
	kind string
	data []byte
}

// assets by the name they are served under, which holds a hash of their content: a name never changes its meaning, so a
// browser may keep it for good. assetNames gives that name for the plain one.
var assets, assetNames = mustReadAssets()

func mustReadAssets() (map[string]asset, map[string]string) {
	kinds := map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
	byName, names := map[string]asset{}, map[string]string{}
	for plain, data := range mustReadFiles() {
		sum := sha256.Sum256(data)
		ext := path.Ext(plain)
		name := strings.TrimSuffix(plain, ext) + "." + hex.EncodeToString(sum[:6]) + ext
		byName[name] = asset{kinds[ext], data}
		names[plain] = name
	}
	return byName, names
}

// mustReadFiles reads the files by their plain names. The files of style are one, style.css, in the order of their names.
func mustReadFiles() map[string][]byte {
	files := map[string][]byte{}
	err := fs.WalkDir(assetFiles, "assets", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
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
	_, err := w.Write(a.data)
	return err
}
