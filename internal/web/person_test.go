package web

import (
	"log/slog"
	"net/http/httptest"
	"testing"
)

// Where a request comes from is what the connection says; behind a proxy, what the proxy added last. What the asking side
// wrote itself is never believed.
func TestAddress(t *testing.T) {
	for _, c := range []struct {
		proxied bool
		headers []string
		want    string
	}{
		{false, nil, "192.0.2.1"},
		{false, []string{"203.0.113.9"}, "192.0.2.1"},
		{true, nil, "192.0.2.1"},
		{true, []string{"203.0.113.9"}, "203.0.113.9"},
		{true, []string{"10.0.0.1, 203.0.113.9"}, "203.0.113.9"},
		{true, []string{"10.0.0.1", "203.0.113.9"}, "203.0.113.9"},
		{true, []string{"2001:db8::1"}, "2001:db8::1"},
		{true, []string{"nonsense"}, "192.0.2.1"},
		{true, []string{"203.0.113.9,"}, "192.0.2.1"},
	} {
		s := New(Source{Proxied: c.proxied}, slog.New(slog.DiscardHandler))
		r := httptest.NewRequest("POST", "http://localhost/sign-in", nil)
		r.RemoteAddr = "192.0.2.1:4711"
		for _, h := range c.headers {
			r.Header.Add("X-Forwarded-For", h)
		}
		if got := s.address(r); got != c.want {
			t.Errorf("%v %v: %s, not %s", c.proxied, c.headers, got, c.want)
		}
	}
}

func TestLocal(t *testing.T) {
	for to, want := range map[string]string{
		"/": "/", "/release/1?lang=ko": "/release/1?lang=ko", "": "/", "release": "/", "//evil.example": "/", "https://evil.example": "/",
		`/\evil.example`: "/", "/\r\nx": "/", "javascript:alert(1)": "/", "/%zz": "/",
	} {
		if got := local(to); got != want {
			t.Errorf("%q leads to %q, not to %q", to, got, want)
		}
	}
}
