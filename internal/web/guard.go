package web

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"accord/internal/fault"
	"accord/internal/who"
)

// policy lets a page use its own files and nothing else: no inline script or style, no frame, no other host.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// Guard sets the security headers on every answer of next and refuses requests whose Host is neither this machine nor
// one of the site's own. Without that check any web page could reach a node on the reader's machine by pointing its own
// name at 127.0.0.1.
func (s *Site) Guard(next http.Handler) http.Handler {
	names := s.source.Hosts
	origin := http.NewCrossOriginProtection()
	for _, n := range names { // a proxy may pass on another Host than the browser's
		if err := origin.AddTrustedOrigin("https://" + n); err != nil {
			s.log.Error("a name of the pages is none", "name", n, "err", err)
		}
	}
	next = origin.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		if !HostAllowed(r.Host, names) {
			s.fail(w, r, who.Person{}, fault.New(fault.Refused, "host", "this node does not answer to the name in the request",
				"open it as localhost, or add the name to the node's settings"))
			return
		}
		if s.source.Secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// HostAllowed says whether a request's Host header, with or without a port, names this machine or is one of names.
func HostAllowed(host string, names []string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.ToLower(strings.Trim(name, "[]"))
	if name == "localhost" || slices.Contains(names, name) {
		return true
	}
	addr, err := netip.ParseAddr(name)
	return err == nil && addr.IsLoopback()
}
