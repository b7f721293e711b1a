package node_test

import (
	"bytes"
	"context"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// sendLetter sends a form with a file, or with none.
func (b *browser) sendLetter(path, file string, content []byte, fields map[string]string) *httptest.ResponseRecorder {
	b.t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	for k, v := range fields {
		m.WriteField(k, v)
	}
	if file != "" {
		w, err := m.CreateFormFile("file", file)
		if err != nil {
			b.t.Fatal(err)
		}
		w.Write(content)
	}
	m.Close()
	r := httptest.NewRequestWithContext(context.Background(), "POST", "http://127.0.0.1"+path, &body)
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.AddCookie(b.cookie)
	w := httptest.NewRecorder()
	b.pages.ServeHTTP(w, r)
	return w
}

func (b *browser) follows(w *httptest.ResponseRecorder) *httptest.ResponseRecorder {
	b.t.Helper()
	if w.Code != http.StatusSeeOther {
		b.t.Fatalf("status %d: %.1500s", w.Code, w.Body)
	}
	return b.do("GET", w.Header().Get("Location"), nil)
}

// TestLettersPages: a question goes out by the form, what is wrong with a form stands at its field in the reader's language, and
// what was typed stays.
func TestLettersPages(t *testing.T) {
	n, other := city(t)
	b := signedIn(t, n, "officer")
	place := "DEMO/D1@" + other.Home.Config.Party
	fields := map[string]string{"place": place, "kind": "question", "title": "Cavities", "language": "en", "standing": "official", "due": "2999-01-01"}
	b.wants(b.do("GET", "/documents/new?lang=en", nil), 200, place, `name="file"`)
	w := b.sendLetter("/documents?lang=ko", "x.exe", []byte("MZ"), fields)
	b.wants(w, 400, `id="file-problem"`, "이 이름이나 형식의 파일은", `value="Cavities"`, `value="2999-01-01"`)
	w = b.sendLetter("/documents?lang=ja", "", nil, fields)
	b.wants(w, 400, `id="file-problem"`, "ファイルも本文もありません")
	fields["text"] = "What do you measure?\n"
	w = b.follows(b.sendLetter("/documents?lang=en", "", nil, fields))
	b.wants(w, 200, "Cavities", "letter.txt", "It stands under clause D1")
	b.wants(b.do("GET", "/documents?show=sent&lang=ko&text=cavit", nil), 200, "Cavities")
	b.wants(b.do("GET", "/documents?lang=en&text=nothing-of-this", nil), 200, "No document is here that fits")
	for _, role := range []string{"reader", "staff", "officer", "releaser", "auditor", "administrator"} {
		x := signedIn(t, n, role)
		for _, lang := range []string{"ko", "ja", "en"} {
			x.wants(x.do("GET", "/mine?lang="+lang, nil), 200, "h-waits")
		}
	}
}

// TestClaimsPages: evidence is filed with one form; the reader's language tells what is wrong at its field; it is corrected,
// judged and withdrawn.
func TestClaimsPages(t *testing.T) {
	n, _ := city(t)
	b := signedIn(t, n, "officer")
	b.wants(b.do("GET", "/claims/new?clause=DEMO/D1&lang=en", nil), 200, `name="start"`)
	form := url.Values{"clause": {"DEMO/D1"}, "kind": {"data"}, "by": {"both"}, "start": {"someday"}, "what0": {"A drill <b>"}, "lang0": {"en"}, "standing0": {"official"}, "source0": {"Minutes"}, "version": {"0"}}
	b.wants(b.do("POST", "/claims?lang=ko", form), 400, `id="start-problem"`, "날짜가 아닙니다", "A drill &lt;b&gt;")
	form.Set("start", "2999")
	b.wants(b.do("POST", "/claims?lang=ja", form), 400, `id="start-problem"`, "未来の日付")
	form.Set("start", "2024-11")
	w := b.do("POST", "/claims?lang=en", form)
	at, _, _ := strings.Cut(w.Header().Get("Location"), "?")
	b.wants(b.follows(w), 200, "A drill &lt;b&gt;", "unanswered", "Minutes")
	b.wants(b.do("GET", "/claims?lang=ja", nil), 200, at)
	b.wants(b.do("POST", at+"/confirm?lang=en", url.Values{"version": {"1"}}), 403, "claims it itself")
	b.wants(b.do("GET", at+"/correct?lang=en", nil), 200, "2024-11", "A drill")
	form.Set("version", "1")
	form.Set("why", "the day is known")
	form.Set("start", "2024-11-05")
	b.wants(b.follows(b.do("POST", at+"/correct?lang=en", form)), 200, "version 2", "the day is known")
	b.wants(b.do("POST", at+"/withdraw?lang=en", url.Values{"version": {"1"}, "why": {"x"}}), 409, "said of this event meanwhile")
	b.wants(b.do("POST", at+"/judge?lang=ko", url.Values{"version": {"2"}, "judgement": {"does_not"}}), 400, "사유가 필요합니다")
	b.wants(b.follows(b.do("POST", at+"/judge?lang=en", url.Values{"version": {"2"}, "judgement": {"does_not"}, "why": {"too small"}})), 200, "too small", "The officer")
	b.wants(b.follows(b.do("POST", at+"/withdraw?lang=en", url.Values{"version": {"2"}, "why": {"told in error"}})), 200, "told in error", "withdrawn")
}
