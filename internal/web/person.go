package web

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"accord/internal/account"
	"accord/internal/fault"
	"accord/internal/text"
	"accord/internal/who"
)

// A Handler answers a request of a person, who may be nobody in particular, or returns why it cannot. It returns an error
// only before it has written anything.
type Handler func(w http.ResponseWriter, r *http.Request, by who.Person) error

// Handle is the one place where a person is known by a session, held to the right that a route needs, and where an error
// becomes an answer: a page for people, problem JSON (RFC 9457) for programs.
func (s *Site) Handle(right who.Right, h Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = s.in(r)
		w.Header().Add("Vary", "Cookie")
		by, err := s.who(r)
		if err != nil {
			s.fail(w, r, by, err)
			return
		}
		if !by.Nobody() {
			w.Header().Set("Cache-Control", "no-store") // a page that is somebody's stays nowhere
		}
		r = s.withNews(r, by)
		r.Body = http.MaxBytesReader(w, r.Body, most(r.Pattern))
		if err = permitted(by, right); err == nil {
			err = h(w, r, by)
		}
		if err == nil {
			return
		}
		s.refused(r, by, err)
		if by.Nobody() && fault.KindOf(err) == fault.Refused && right != who.Public && r.Method == http.MethodGet && !wantsJSON(r) {
			redirect(w, r, "/sign-in", by, "to", r.URL.RequestURI())
			return
		}
		s.fail(w, r, by, err)
	})
}

// maxForm bounds what a form may send.
const maxForm = 16 << 10

// uploads are the routes whose form carries a file or long words, and how much each takes at most.
var uploads = map[string]int64{
	"POST /bundles": maxUpload, "POST /documents": maxLetter, "POST /documents/{id}/answer": maxLetter,
	"POST /claims": maxWords, "POST /claims/{party}/{name}/correct": maxWords,
}

func most(pattern string) int64 {
	if n, ok := uploads[pattern]; ok {
		return n
	}
	return maxForm
}

func permitted(by who.Person, right who.Right) error {
	switch {
	case by.May(right):
		return nil
	case by.Nobody():
		return fault.New(fault.Refused, "page", "it is for people of this city who have signed in", "sign in first").Says("fault.signed_out")
	default:
		return fault.New(fault.Refused, "page", "your role does not allow it", "ask an administrator, or go back to the front page").Says("fault.role")
	}
}

// refused notes that a person was refused a deed. Looking is not one, and nobody in particular could fill the log.
func (s *Site) refused(r *http.Request, by who.Person, outcome error) {
	if by.Nobody() || r.Method == http.MethodGet || r.Method == http.MethodHead || s.source.Note == nil {
		return
	}
	if err := s.source.Note(r.Context(), by, "page "+pattern(r), r.PathValue("id"), outcome); err != nil {
		s.log.ErrorContext(r.Context(), "a refused deed could not be noted", "path", r.URL.Path, "err", err)
	}
}

// pattern is the route without its method.
func pattern(r *http.Request) string {
	_, path, _ := strings.Cut(r.Pattern, " ")
	return path
}

// who is the person whose session the request's cookie names.
func (s *Site) who(r *http.Request) (who.Person, error) {
	token := s.token(r)
	if token == "" || s.source.People == nil {
		return who.Person{}, nil
	}
	return s.source.People.Who(r.Context(), token)
}

// cookie is the name of the session's cookie. Ports share cookies, so that two nodes on one machine need two names.
func (s *Site) cookie() string {
	if s.source.Secure {
		return "__Host-accord-" + s.source.Party
	}
	return "accord-" + s.source.Party
}

func (s *Site) token(r *http.Request) string {
	c, err := r.Cookie(s.cookie())
	if err != nil {
		return ""
	}
	return c.Value
}

// setToken gives the browser a token until the longest that a session may last; an empty one takes it away.
func (s *Site) setToken(w http.ResponseWriter, token string) {
	c := &http.Cookie{Name: s.cookie(), Value: token, Path: "/", HttpOnly: true, Secure: s.source.Secure, SameSite: http.SameSiteLaxMode, MaxAge: int(account.Absolute.Seconds())}
	if token == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// address is where a request comes from. Behind a proxy that is the last address in the proxy's own header: earlier ones are
// what the asking side wrote.
func (s *Site) address(r *http.Request) string {
	if s.source.Proxied {
		all := r.Header.Values("X-Forwarded-For")
		if len(all) > 0 {
			hops := strings.Split(all[len(all)-1], ",")
			if last := strings.TrimSpace(hops[len(hops)-1]); last != "" {
				if ip, err := netip.ParseAddr(last); err == nil {
					return ip.String()
				}
			}
		}
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// reader is the language of the person who asks: what the address says, else what the person's account does, else the best
// of the browser's.
func reader(r *http.Request, by who.Person) text.Lang {
	asked := r.URL.Query().Get("lang")
	if asked == "" {
		asked = by.Lang
	}
	return text.Match(asked, r.Header.Get("Accept-Language"))
}

// redirect sends the browser on, in the language of the page it comes from.
func redirect(w http.ResponseWriter, r *http.Request, path string, by who.Person, query ...string) {
	q := url.Values{}
	q.Set("lang", string(reader(r, by)))
	for i := 0; i+1 < len(query); i += 2 {
		q.Set(query[i], query[i+1])
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, path+"?"+q.Encode(), http.StatusSeeOther)
}

// local is a path of this site that a form may send the browser to; the front page for everything else.
func local(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n\t") {
		return "/"
	}
	return to
}
