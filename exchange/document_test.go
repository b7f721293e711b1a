package exchange_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"

	"accord/exchange"
	"accord/internal/fault"
)

// question is a document with everything that one can have.
func question() *exchange.Document {
	parts := []string{}
	for n := range 2 {
		parts = append(parts, fmt.Sprintf("%x", sha256.Sum256([]byte{byte(n)})))
	}
	return &exchange.Document{
		Document: strings.Repeat("0123456789abcdef", 2), Kind: exchange.Question, Title: "질문 <&> \"하나\"", Language: "ko", Standing: "authentic",
		Abstract: []exchange.Abstract{{Lang: "ja", Standing: "working", Text: "一行目\n二行目"}, {Lang: "zh-Hant", Standing: "machine", Text: "問題"}},
		Grade:    "S", Unit: "east/flood", Due: "2026-12-24", Answers: "", Name: "질문 1.pdf", Media: "application/pdf",
		Size: exchange.PartSize + 1, Hash: fmt.Sprintf("%x", sha256.Sum256(nil)), Parts: parts,
	}
}

// TestDocumentVectors holds the bytes of a document and of word of its opening.
func TestDocumentVectors(t *testing.T) {
	q := question()
	body, err := q.Encode()
	if err != nil {
		t.Fatal(err)
	}
	vector(t, "question.document", body)
	if _, err := exchange.ParseDocument(body); err != nil {
		t.Error(err)
	}
	opened, err := (&exchange.Opened{Document: q.Document, Unit: "west/archive", Hash: q.Hash}).Encode()
	if err != nil {
		t.Fatal(err)
	}
	vector(t, "opened.opened", opened)
	if _, err := exchange.ParseOpened(opened); err != nil {
		t.Error(err)
	}
	for _, b := range [][]byte{append(bytes.Clone(body), ' '), append([]byte(" "), body...), append(bytes.Clone(body), body...), bytes.Replace(body, []byte(`"due"`), []byte(`"Due"`), 1),
		bytes.Replace(body, []byte(`"kind":"question",`), nil, 1), bytes.Replace(body, []byte(`<`), []byte(`\u003c`), 1), bytes.Replace(body, []byte(`"size":1048577`), []byte(`"size":1048577.0`), 1)} {
		if _, err := exchange.ParseDocument(b); err == nil {
			t.Errorf("accepted in another form: %.80q", b)
		}
	}
}

// TestDocumentsAreRefused by what they say, each with what to do about it.
func TestDocumentsAreRefused(t *testing.T) {
	for name, change := range map[string]func(*exchange.Document){
		"id":              func(d *exchange.Document) { d.Document = "X" },
		"kind":            func(d *exchange.Document) { d.Kind = "order" },
		"empty title":     func(d *exchange.Document) { d.Title = " " },
		"bidi title":      func(d *exchange.Document) { d.Title = "a\u202eb" },
		"lines in title":  func(d *exchange.Document) { d.Title = "a\nb" },
		"long title":      func(d *exchange.Document) { d.Title = strings.Repeat("a", 501) },
		"language":        func(d *exchange.Document) { d.Language = "korean" },
		"standing":        func(d *exchange.Document) { d.Standing = "binding" },
		"abstract null":   func(d *exchange.Document) { d.Abstract = nil },
		"abstract twice":  func(d *exchange.Document) { d.Abstract = append(d.Abstract, d.Abstract[0]) },
		"abstract hidden": func(d *exchange.Document) { d.Abstract[0].Text = "a\u200bb" },
		"abstract NUL":    func(d *exchange.Document) { d.Abstract[0].Text = "a\x00b" },
		"grade C":         func(d *exchange.Document) { d.Grade = "C" },
		"person as unit":  func(d *exchange.Document) { d.Unit = "Kim Minji" },
		"no due":          func(d *exchange.Document) { d.Due = "" },
		"no day":          func(d *exchange.Document) { d.Due = "2026-02-30" },
		"month":           func(d *exchange.Document) { d.Due = "2026-12" },
		"due of letter":   func(d *exchange.Document) { d.Kind = exchange.Letter },
		"answers nothing": func(d *exchange.Document) { d.Kind, d.Due = exchange.Answer, "" },
		"answers itself":  func(d *exchange.Document) { d.Kind, d.Due, d.Answers = exchange.Answer, "", d.Document },
		"path":            func(d *exchange.Document) { d.Name = "../a.pdf" },
		"backslash":       func(d *exchange.Document) { d.Name = `a\b.pdf` },
		"NUL in name":     func(d *exchange.Document) { d.Name = "a\x00.pdf" },
		"bidi name":       func(d *exchange.Document) { d.Name = "a\u202efdp.pdf" },
		"hidden name":     func(d *exchange.Document) { d.Name = ".pdf" },
		"option":          func(d *exchange.Document) { d.Name = "-rf.pdf" },
		"device":          func(d *exchange.Document) { d.Name = "NUL.pdf" },
		"stream":          func(d *exchange.Document) { d.Name = "a:b.pdf" },
		"decomposed":      func(d *exchange.Document) { d.Name = "\u1112\u1161.pdf" },
		"wrong ending":    func(d *exchange.Document) { d.Name = "a.docx" },
		"unknown ending":  func(d *exchange.Document) { d.Name, d.Media = "a.exe", "" },
		"trailing stop":   func(d *exchange.Document) { d.Name = "a.pdf." },
		"not UTF-8":       func(d *exchange.Document) { d.Name = "a\xff.pdf" },
		"empty":           func(d *exchange.Document) { d.Size, d.Parts = 0, []string{} },
		"negative":        func(d *exchange.Document) { d.Size = -1 },
		"too large":       func(d *exchange.Document) { d.Size = exchange.MaxDocument + 1 },
		"a part too few":  func(d *exchange.Document) { d.Parts = d.Parts[1:] },
		"a part's hash":   func(d *exchange.Document) { d.Parts[0] = strings.ToUpper(d.Parts[0]) },
		"hash":            func(d *exchange.Document) { d.Hash = "" },
	} {
		d := question()
		change(d)
		body, err := d.Encode()
		if err != nil {
			t.Fatal(err)
		}
		_, err = exchange.ParseDocument(body)
		if f, ok := errors.AsType[*fault.Fault](err); !ok || f.Kind != fault.Invalid || f.Do == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestLargestDocumentFits: what announces the largest file is within its bound, and its parts within an entry.
func TestLargestDocumentFits(t *testing.T) {
	d := question()
	d.Size, d.Parts = exchange.MaxDocument, nil
	for range exchange.PartCount(d.Size) {
		d.Parts = append(d.Parts, d.Hash)
	}
	body, err := d.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := exchange.ParseDocument(body); err != nil || len(body) > exchange.MaxHead || exchange.PartSize > exchange.MaxBody {
		t.Errorf("%d bytes, %v", len(body), err)
	}
	var sum int64
	for n := range d.Parts {
		sum += exchange.PartLen(d.Size, n)
	}
	if sum != d.Size {
		t.Errorf("the parts have %d bytes", sum)
	}
}
