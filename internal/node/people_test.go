package node_test

import (
	"bytes"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"accord/agreement"
	"accord/content"
	"accord/internal/account"
	"accord/internal/demo"
	"accord/internal/node"
	"accord/internal/signed"
	"accord/internal/who"
)

const testPassword = "correct horse battery"

// city is one city with an account per role, a second releaser, and a release that waits for two persons.
func city(t *testing.T) (n *node.Node, other *node.Node) {
	t.Helper()
	d := cities(t)
	return d.Cities[0].Node, d.Cities[1].Node
}

// cities is the demo of which city gives the nodes.
func cities(t *testing.T) *demo.Demo {
	t.Helper()
	spec, _, err := demo.Read()
	if err != nil {
		t.Fatal(err)
	}
	free := map[string]string{}
	for _, p := range spec.Parties {
		free[p.ID] = "127.0.0.1:0"
	}
	d, err := demo.Setup(t.Context(), t.TempDir(), free, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	text, err := fs.ReadFile(content.FS, "demo/terms.toml")
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.Replace(text, []byte(`id        = "DEMO"`), []byte(`id        = "SEEN"`), 1)
	text = bytes.Replace(text, []byte(`"2025-01-01"`), []byte(`"`+time.Now().UTC().Format(time.DateOnly)+`"`), 1)
	graded := bytes.Replace(text, []byte(`"O"`), []byte("\"S\"\napprovals = 2"), 1)
	if bytes.Equal(graded, text) {
		t.Fatal("the demo's terms are not as this test expects")
	}
	for _, c := range d.Cities {
		if graded, err = agreement.Sign(graded, signed.Signer(c.Home.Config.Party, c.Keys.Identity)); err != nil {
			t.Fatal(err)
		}
	}
	n, other := d.Cities[0].Node, d.Cities[1].Node
	if _, _, err := n.Register(t.Context(), graded); err != nil {
		t.Fatal(err)
	}
	if _, err := n.Flow.Offer(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	waiting, err := n.Flow.Releases(t.Context())
	if err != nil || len(waiting) != 1 || waiting[0].Approvals != 2 {
		t.Fatalf("%+v %v", waiting, err)
	}
	for _, c := range []*node.Node{n, other} {
		for _, role := range who.Roles() {
			addPerson(t, c, string(role), role)
		}
		addPerson(t, c, "second", who.Releaser)
	}
	return d
}

func addPerson(t *testing.T, n *node.Node, id string, role who.Role) {
	t.Helper()
	by := who.Person{ID: "os:root", Role: who.Administrator}
	if _, err := n.People.Add(t.Context(), by, account.Wanted{ID: id, Name: "The " + id, Role: role, Unit: "flood", Lang: "en", Password: testPassword}); err != nil {
		t.Fatal(err)
	}
}

// A browser is what one person has open.
type browser struct {
	t      *testing.T
	pages  http.Handler
	cookie *http.Cookie
}

func (b *browser) do(method, path string, form url.Values, header ...string) *httptest.ResponseRecorder {
	b.t.Helper()
	r := httptest.NewRequest(method, "http://127.0.0.1"+path, strings.NewReader(form.Encode()))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if b.cookie != nil {
		r.AddCookie(b.cookie)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	b.pages.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if b.cookie = c; c.MaxAge < 0 {
			b.cookie = nil
		}
	}
	return w
}

func pagesOf(t *testing.T, n *node.Node) http.Handler {
	t.Helper()
	h, err := n.Pages()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// signedIn is a browser in which a person has signed in.
func signedIn(t *testing.T, n *node.Node, id string) *browser {
	t.Helper()
	b := &browser{t: t, pages: pagesOf(t, n)}
	w := b.do("POST", "/sign-in", url.Values{"id": {id}, "password": {testPassword}})
	if w.Code != http.StatusSeeOther || b.cookie == nil {
		t.Fatalf("%s is not signed in: %d %s", id, w.Code, w.Body)
	}
	return b
}

func (b *browser) wants(w *httptest.ResponseRecorder, status int, words ...string) {
	b.t.Helper()
	if w.Code != status {
		b.t.Errorf("status %d, not %d: %.600s", w.Code, status, w.Body)
	}
	for _, s := range words {
		if !strings.Contains(w.Body.String(), s) {
			b.t.Errorf("%q is not in the page: %.2000s", s, w.Body)
		}
	}
	if strings.Contains(w.Body.String(), "⟦") {
		b.t.Error("a message is missing")
	}
}

// TestTwoPersonsRelease: both see the same rows beside the clause; the first approval is not enough, the second lets it leave,
// and who comes after both is told.
func TestTwoPersonsRelease(t *testing.T) {
	n, _ := city(t)
	_, body, err := n.Flow.Show(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	addPerson(t, n, "third", who.Releaser)
	first, second, third := signedIn(t, n, "releaser"), signedIn(t, n, "second"), signedIn(t, n, "third")
	w := first.do("GET", "/release/1?lang=en", nil)
	first.wants(w, 200, "The two cities give each other their records", "centre of a cell of 250 m", "Approve: let it leave", "0 of 2 approvals")
	for _, line := range strings.Split(strings.TrimSpace(string(body)), "\n")[:3] {
		if key := between(line, `"key":"`, `"`); key != "" {
			first.wants(w, 200, `<th scope="row">`+key+`</th>`)
		}
	}
	if got := first.do("GET", "/release/1/body", nil); !bytes.Equal(got.Body.Bytes(), body) {
		t.Error("the bytes that are shown are not those that leave")
	}
	second.wants(second.do("GET", "/release?lang=ja", nil), 200, "承認")
	first.wants(first.do("POST", "/release/1/refuse?lang=en", url.Values{"why": {"  "}}), 400, "needs a reason", `aria-describedby="why-problem"`)
	first.wants(first.do("POST", "/release/1/approve?lang=en", nil), 303)
	first.wants(first.do("GET", "/release/1?lang=en", nil), 200, "1 of 2 approvals", "You have said: approved")
	first.wants(first.do("POST", "/release/1/approve?lang=en", nil), 409, "Nothing was changed")
	second.wants(second.do("POST", "/release/1/approve?lang=en", nil), 303)
	second.wants(second.do("GET", "/release/1?lang=ko", nil), 200, "승인됨")
	third.wants(third.do("POST", "/release/1/refuse?lang=en", url.Values{"why": {"late"}}), 409, "The second: approved", "The releaser: approved")
	if v, err := n.Verify(t.Context()); err != nil || !v.Clean {
		t.Errorf("%+v %v", v, err)
	}
}

func between(s, from, to string) string {
	_, s, _ = strings.Cut(s, from)
	s, _, _ = strings.Cut(s, to)
	return s
}

// TestSessionFixation: a sign-in gives a new token, and the one that the browser brought is worth nothing afterwards.
func TestSessionFixation(t *testing.T) {
	n, _ := city(t)
	planted := &http.Cookie{Name: "accord-" + n.Home.Config.Party, Value: strings.Repeat("A", 43)}
	b := &browser{t: t, pages: pagesOf(t, n), cookie: planted}
	b.wants(b.do("POST", "/sign-in", url.Values{"id": {"reader"}, "password": {testPassword}}), 303)
	if b.cookie.Value == planted.Value {
		t.Fatal("the planted token is kept")
	}
	old := *b.cookie
	b.wants(b.do("POST", "/sign-in", url.Values{"id": {"auditor"}, "password": {testPassword}}), 303)
	for name, c := range map[string]*http.Cookie{"planted": planted, "old": &old} {
		x := &browser{t: t, pages: b.pages, cookie: c}
		if w := x.do("GET", "/account", nil); w.Code != 303 {
			t.Errorf("the %s token still opens a page: %d", name, w.Code)
		}
	}
	b.wants(b.do("GET", "/account", nil), 200, "The auditor")
	if c := b.cookie; !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Secure {
		t.Errorf("%+v", c)
	}
	b.wants(b.do("POST", "/sign-out", nil), 303)
	b.wants(b.do("GET", "/account", nil), 303)
}

// TestSignInPage: one answer to all that is wrong, and no way out of the site.
func TestSignInPage(t *testing.T) {
	n, _ := city(t)
	b := &browser{t: t, pages: pagesOf(t, n)}
	var said []string
	for _, id := range []string{"releaser", "nobody-of-this-name"} {
		w := b.do("POST", "/sign-in?lang=en", url.Values{"id": {id}, "password": {"not the password"}})
		b.wants(w, 403, "The account or the password is wrong", `aria-invalid="true"`)
		said = append(said, strings.ReplaceAll(w.Body.String(), id, ""))
	}
	if said[0] != said[1] {
		t.Error("the page says whether there is an account")
	}
	for to, want := range map[string]string{
		"/release": "/release", "/release/1?lang=ko": "/release/1?lang=ko", "": "/mine?lang=en", "//evil.example/": "/mine?lang=en", "https://evil.example/": "/mine?lang=en",
		`/\evil.example`: "/mine?lang=en", "release": "/mine?lang=en",
	} {
		x := &browser{t: t, pages: b.pages}
		w := x.do("POST", "/sign-in?lang=en", url.Values{"id": {"reader"}, "password": {testPassword}, "to": {to}})
		if got := w.Header().Get("Location"); got != want {
			t.Errorf("%q leads to %q, not to %q", to, got, want)
		}
	}
	r := httptest.NewRequest("POST", "http://127.0.0.1/sign-in", strings.NewReader("id=reader&password="+url.QueryEscape(testPassword)))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	w := httptest.NewRecorder()
	b.pages.ServeHTTP(w, r)
	if w.Code != 403 || len(w.Result().Cookies()) > 0 {
		t.Errorf("another site signs somebody in: %d", w.Code)
	}
	b.wants(b.do("POST", "/sign-in", url.Values{"id": {strings.Repeat("x", 20_000)}}), 400)
	for range 12 {
		w = b.do("POST", "/sign-in?lang=en", url.Values{"id": {"staff"}, "password": {"not the password"}})
	}
	b.wants(w, 429, "Too many attempts")
}

// TestAdministratorsPages: an account is made, shown once, changed and closed.
func TestAdministratorsPages(t *testing.T) {
	n, _ := city(t)
	b := signedIn(t, n, "administrator")
	w := b.do("POST", "/accounts?lang=en", url.Values{"id": {"park"}, "name": {"Park <b>"}, "role": {"staff"}, "unit": {"culture"}, "lang_of": {"ko"}})
	b.wants(w, 201, "The password of park", "Park &lt;b&gt;")
	password := between(w.Body.String(), `<code class="big">`, `</code>`)
	park := &browser{t: t, pages: b.pages}
	park.wants(park.do("POST", "/sign-in", url.Values{"id": {"park"}, "password": {password}}), 303)
	park.wants(park.do("GET", "/account", nil), 200, `<html lang="ko">`)
	park.wants(park.do("POST", "/account/password", url.Values{"present": {"wrong"}, "next": {"a new long password"}}), 403, "현재 비밀번호가 아닙니다")
	park.wants(park.do("POST", "/account/password", url.Values{"present": {password}, "next": {"short"}}), 400, `aria-invalid="true"`)
	park.wants(park.do("POST", "/account/password", url.Values{"present": {password}, "next": {testPassword}}), 303)
	park.wants(park.do("GET", "/account", nil), 303)
	park = signedIn(t, n, "park")
	b.wants(b.do("POST", "/accounts?lang=en", url.Values{"id": {"park"}, "role": {"staff"}, "unit": {"culture"}, "lang_of": {"ko"}}), 409, `id="id-problem"`)
	b.wants(b.do("POST", "/accounts/park/unit?lang=en", url.Values{"unit": {"elsewhere/x"}}), 400, `id="unit-problem"`)
	b.wants(b.do("POST", "/accounts/park/role?lang=en", url.Values{"role": {"officer"}}), 303)
	park.wants(park.do("GET", "/account", nil), 303)
	b.wants(b.do("GET", "/accounts/park?lang=en", nil), 200, "officer")
	b.wants(b.do("POST", "/accounts/administrator/close?lang=en", nil), 403, "It is your own account")
	b.wants(b.do("POST", "/accounts/park/close?lang=en", nil), 303)
	b.wants(b.do("GET", "/accounts?lang=ja", nil), 200, "閉鎖")
	a := signedIn(t, n, "auditor")
	a.wants(a.do("GET", "/audit?lang=en", nil), 200, "close account", "park", "page /accounts/{id}/close")
}
