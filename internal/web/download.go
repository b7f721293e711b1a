package web

import (
	"mime"
	"net/http"
	"strconv"
)

// sandbox keeps a browser that shows a downloaded file all the same from running anything in it.
const sandbox = "default-src 'none'; sandbox; frame-ancestors 'none'"

// download makes the answer a file to be kept: whatever is in it, no browser takes it for a page of this site.
func download(w http.ResponseWriter, name string, size int64) {
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	h.Set("Content-Security-Policy", sandbox)
	h.Set("Content-Length", strconv.FormatInt(size, 10))
	h.Set("Cache-Control", "no-store")
}

// plainName keeps an id that comes from an address from naming a file elsewhere.
func plainName(id string) string {
	safe := []byte(id)
	for i, c := range safe {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			safe[i] = '_'
		}
	}
	return string(safe)
}
