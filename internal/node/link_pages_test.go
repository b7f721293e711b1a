package node_test

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"accord/exchange"
	"accord/internal/audit"
	"accord/internal/db"
	"accord/internal/link"
	"accord/internal/node"
)

// upload sends a file as a browser does that has no scripts.
func (b *browser) upload(path, name string, data []byte) *httptest.ResponseRecorder {
	b.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", name)
	if err == nil {
		_, err = part.Write(data)
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		b.t.Fatal(err)
	}
	r := httptest.NewRequest("POST", "http://127.0.0.1"+path, &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if b.cookie != nil {
		r.AddCookie(b.cookie)
	}
	w := httptest.NewRecorder()
	b.pages.ServeHTTP(w, r)
	return w
}

// fetched is a file that a form gave.
func (b *browser) fetched(path string) []byte {
	b.t.Helper()
	w := b.do("POST", path, nil)
	h := w.Header()
	if w.Code != http.StatusOK || !strings.HasPrefix(h.Get("Content-Disposition"), "attachment; filename=") || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") {
		b.t.Fatalf("%s: %d %v %.300s", path, w.Code, h, w.Body)
	}
	return w.Body.Bytes()
}

func deeds(t *testing.T, n *node.Node) string {
	t.Helper()
	var all strings.Builder
	err := n.DB.View(t.Context(), func(tx *db.Tx) error {
		lines, err := audit.List(t.Context(), tx, -1, 50)
		for _, l := range lines {
			fmt.Fprintf(&all, "%s %s %s %s\n", l.Who, l.Deed, l.What, l.Result)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

// Two offices without a network exchange by the pages alone: fetch, carry, bring, and the answer back; a gap is named, what comes
// twice changes nothing, what is no bundle changes nothing either.
func TestBundlesByHand(t *testing.T) {
	n, other := city(t)
	self, partner := n.Home.Config.Party, other.Home.Config.Party
	us, them := signedIn(t, n, "officer"), signedIn(t, other, "releaser")
	first := us.fetched("/bundles/" + partner)
	if err := n.DB.Update(t.Context(), func(tx *db.Tx) error {
		return n.Links.Put(t.Context(), tx, link.Waiting{Partner: partner, Kind: "kite", Instrument: "SEEN", Unit: self + "/x", Body: []byte("what is this")})
	}); err != nil {
		t.Fatal(err)
	}
	us.wants(us.do("GET", "/bundles", nil), 200, "Exchange by file", "<dd>1</dd>")
	us.upload("/bundles", "back.accord", them.fetched("/bundles/"+self))
	second := us.fetched("/bundles/" + partner)

	them.wants(them.upload("/bundles?lang=en", "first.accord", first), 200, "Taken in from", "new and")
	them.wants(them.upload("/bundles?lang=en", "first.accord", first), 200, "here already")
	them.wants(them.upload("/bundles?lang=en", "second.accord", second), 200, "1 entry is set aside", "does not know entries of the kind kite", "Have the program updated")
	them.wants(them.upload("/bundles?lang=ko", "garbage", []byte("<script>alert(1)</script>")), 400, "아무것도 바뀌지 않았습니다")
	them.wants(them.upload("/bundles?lang=ja", "", nil), 400, "ファイルが選ばれていません")
	them.wants(them.upload("/bundles", "large", make([]byte, 10<<20)), 400, "nothing was changed")
	them.wants(us.upload("/bundles", "own.accord", second), 403, "nothing was changed")

	answer := them.fetched("/bundles/" + self)
	us.wants(us.upload("/bundles?lang=en", "answer.accord", answer), 200, "of ours are confirmed by it")
	for _, line := range []string{"releaser bundle read from " + self, "releaser bundle written for " + self, "releaser page /bundles", "1 set aside"} {
		if got := deeds(t, other); !strings.Contains(got, line) {
			t.Errorf("the log of deeds lacks %q:\n%s", line, got)
		}
	}
	left, err := filepath.Glob(filepath.Join(os.TempDir(), "accord-bundle-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("files are left: %v %v", left, err)
	}
}

// TestGapOnThePage: a file that comes before the one in front of it says which entries are missing, and what to do.
func TestGapOnThePage(t *testing.T) {
	n, other := city(t)
	partner := other.Home.Config.Party
	us, them := signedIn(t, n, "officer"), signedIn(t, other, "officer")
	first := us.fetched("/bundles/" + partner)
	copied := signedIn(t, other, "releaser")
	sealed := first
	// The partner's word comes by another way, and what follows comes without what it had.
	w := copied.upload("/bundles", "first", sealed)
	them.wants(w, 200)
	us.upload("/bundles", "answer", them.fetched("/bundles/"+n.Home.Config.Party))
	if err := n.DB.Update(t.Context(), func(tx *db.Tx) error {
		return n.Links.Put(t.Context(), tx, link.Waiting{Partner: partner, Kind: "kite", Instrument: "SEEN", Body: []byte("x")})
	}); err != nil {
		t.Fatal(err)
	}
	next := us.fetched("/bundles/" + partner)
	if err := other.DB.Update(t.Context(), func(tx *db.Tx) error { return forget(t, tx, n.Home.Config.Party) }); err != nil {
		t.Fatal(err)
	}
	them.wants(them.upload("/bundles?lang=en", "next", next), 409, "are missing before this file", "Nothing was stored", "fetch a file for the partner")
	them.wants(them.upload("/bundles?lang=ja", "next", next), 409, "欠けています")
}

// forget has a node lose the log of a partner, as a restored one has.
func forget(t *testing.T, tx *db.Tx, writer string) error {
	for _, q := range []string{`DELETE FROM cosigned WHERE log IN (SELECT id FROM log WHERE writer = $1)`, `DELETE FROM entry WHERE log IN (SELECT id FROM log WHERE writer = $1)`,
		`DELETE FROM hash_chunk WHERE log IN (SELECT id FROM log WHERE writer = $1)`, `UPDATE log SET size = 0, delivered = 0, told = 0 WHERE writer = $1`} {
		if _, err := tx.Exec(t.Context(), q, writer); err != nil {
			return err
		}
	}
	return nil
}

// TestEntryPages: what crossed is found from the front page, with its clause and its receipt; what is set aside is shown to
// those who may see what nobody let in, and applied once more by who speaks for the city.
func TestEntryPages(t *testing.T) {
	n, other := city(t)
	self, partner := n.Home.Config.Party, other.Home.Config.Party
	us, them := signedIn(t, n, "officer"), signedIn(t, other, "officer")
	if err := n.DB.Update(t.Context(), func(tx *db.Tx) error {
		return n.Links.Put(t.Context(), tx, link.Waiting{Partner: partner, Kind: exchange.KindWithdrawal, Instrument: "SEEN", Clause: "D1", Unit: self + "/x", Body: []byte(`{"dataset":"secret/thing","version":1,"keys":["a secret key"]}`)})
	}); err != nil {
		t.Fatal(err)
	}
	them.upload("/bundles", "f", us.fetched("/bundles/"+partner))
	us.upload("/bundles", "f", them.fetched("/bundles/"+self))

	list := them.do("GET", "/link/"+self+"/aside?lang=en", nil)
	them.wants(list, 200, "records taken back", "SEEN D1")
	at := regexp.MustCompile(`/entries/` + self + `/\d+`).FindString(list.Body.String())
	them.wants(them.do("GET", at+"?lang=en", nil), 200, "a secret key", "set aside", "Apply once more", "Proof of delivery", "c2sp.org/tlog-proof@v1")
	reader, auditor := signedIn(t, other, "reader"), signedIn(t, other, "auditor")
	if w := reader.do("GET", at+"?lang=en", nil); w.Code != 200 || strings.Contains(w.Body.String(), "a secret key") || strings.Contains(w.Body.String(), "Apply once more") {
		t.Errorf("a reader sees what is set aside: %d %.300s", w.Code, w.Body)
	}
	if w := auditor.do("GET", at+"?lang=en", nil); !strings.Contains(w.Body.String(), "a secret key") || strings.Contains(w.Body.String(), "Apply once more") {
		t.Error("an auditor does not see it, or may act on it")
	}
	if w := auditor.do("POST", at+"/retry", nil); w.Code != http.StatusForbidden {
		t.Errorf("an auditor has it applied: %d", w.Code)
	}
	w := them.do("POST", at+"/retry?lang=en", nil)
	if w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	them.wants(them.do("GET", w.Header().Get("Location"), nil), 200, "It is set aside again")
	if got := deeds(t, other); !strings.Contains(got, "officer entry retried "+self) {
		t.Errorf("the log of deeds has not the retry:\n%s", got)
	}
	body := them.do("GET", at+"/body", nil)
	if body.Code != 200 || !strings.Contains(body.Body.String(), "a secret key") || !strings.HasPrefix(body.Header().Get("Content-Disposition"), "attachment") {
		t.Errorf("%d %v", body.Code, body.Header())
	}
	if w := them.do("POST", strings.Replace(at, "/entries/"+self, "/entries/"+self, 1)+"9999/retry", nil); w.Code != http.StatusConflict && w.Code != http.StatusNotFound {
		t.Errorf("a retry of nothing: %d", w.Code)
	}
}

// TestProofIsFound: who looks for the proof that something was delivered finds it by three clicks from the front page.
func TestProofIsFound(t *testing.T) {
	n, other := city(t)
	us, them := signedIn(t, n, "reader"), signedIn(t, other, "officer")
	officer := signedIn(t, n, "officer")
	them.upload("/bundles", "f", officer.fetched("/bundles/"+other.Home.Config.Party))
	officer.upload("/bundles", "f", them.fetched("/bundles/"+n.Home.Config.Party))
	page := us.do("GET", "/?lang=en", nil).Body.String()
	for click, to := range []string{`/link\?lang=en`, `/link/[a-z]+/left\?lang=en`, `/entries/[a-z]+/0\?lang=en[^"]*`} {
		href := regexp.MustCompile(`<a [^>]*href="(` + to + `)"`).FindStringSubmatch(page)
		if href == nil {
			t.Fatalf("click %d: nothing leads to %s: %.3000s", click+1, to, page)
		}
		w := us.do("GET", strings.ReplaceAll(href[1], "&amp;", "&"), nil)
		us.wants(w, 200)
		page = w.Body.String()
	}
	for _, s := range []string{"Proof of delivery", "Download the receipt", "/receipts/" + n.Home.Config.Party + "/0"} {
		if !strings.Contains(page, s) {
			t.Errorf("%q is not on the page", s)
		}
	}
	receipt := us.do("GET", "/receipts/"+n.Home.Config.Party+"/0", nil)
	data, err := io.ReadAll(receipt.Body)
	if err != nil || receipt.Code != 200 {
		t.Fatalf("%d %v", receipt.Code, err)
	}
	r, err := exchange.OpenReceipt(data, func(party string) (exchange.Chain, error) { return n.Links.Chain(t.Context(), party) })
	if err != nil || r.Index != 0 {
		t.Errorf("%+v %v", r, err)
	}
}
