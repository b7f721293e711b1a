package web

import (
	"context"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"accord/agreement"
	"accord/exchange"
	"accord/internal/document"
	"accord/internal/fault"
	"accord/internal/flow"
	"accord/internal/text"
	"accord/internal/who"
)

// Documents is what a node gives of files under clauses.
type Documents struct {
	// List returns one page of what is asked for, and where the list goes on.
	List func(ctx context.Context, find document.Find) ([]flow.DocumentLine, document.Cursor, error)
	Show func(ctx context.Context, by who.Person, id string) (*Document, error)
	// Open gives the file of a document to write; the partner is told which office has opened it.
	Open     func(ctx context.Context, by who.Person, id string, write func(k *document.Kept, file io.WriterTo) error) error
	Withdraw func(ctx context.Context, by who.Person, id, why string) error
	Send     func(ctx context.Context, d flow.Draft) (id string, err error)
	// Grounds are the clauses under which one can be sent now.
	Grounds func(ctx context.Context) ([]Ground, error)
	// Names are the cities' names, by id; Clauses every clause kept here, for choosing among them.
	Names   func(ctx context.Context) (map[string]agreement.Texts, error)
	Clauses func(ctx context.Context) ([]Place, error)
}

// A Place is a clause of an instrument as forms offer it.
type Place struct {
	Instrument string
	Clause     string
	Text       agreement.Texts
	From       agreement.Texts // name of the instrument
	Kinds      []agreement.EventKind
	Parties    []string
	Simulated  bool
}

// Key names the place in an address.
func (p Place) Key() string { return p.Instrument + "/" + p.Clause }

// A Ground is a place where a document can be sent now.
type Ground struct {
	Place
	Partner string
	Grade   string // at least
	Unit    string
}

// A Document is one with what belongs to it.
type Document struct {
	flow.DocumentLine
	Place    *Place              // nil where its instrument is not kept here
	Question *flow.DocumentLine  // the document it answers; nil where it answers none
	Replies  []flow.DocumentLine // those that answer it
	Release  int64               // where it waits for persons; 0 otherwise
	Answers  bool                // the reader may answer it now
	Opens    bool                // the reader may open it now
	Takes    bool                // the reader may take it back now
}

// Delivered says whether the receiver has cosigned all of it: then there is a receipt.
func (d *Document) Delivered() bool {
	return d.Entry != nil && (d.State == "delivered" || d.Direction == "received" && (d.State == "received" || d.State == "unsafe"))
}

// Position is where the entry that announces it stands in its sender's log.
func (d *Document) Position() int64 { return *d.Entry }

// otherParty is the city at the other end of a document.
func otherParty(l flow.DocumentLine) string {
	if l.Direction == "sent" {
		return l.To
	}
	return l.From
}

const documentsPerPage = 25

// documentsPage is the list.
type documentsPage struct {
	chrome
	Find    document.Find
	Lines   []flow.DocumentLine
	Names   map[string]agreement.Texts
	Clauses []Place
	Next    string
	First   bool // it is the first page
	Tabs    []choice
}

// A choice is a way to show a list, as a link.
type choice struct {
	Key, Href string
	Current   bool
}

// Kinds are the kinds of document.
func (p *documentsPage) Kinds() []exchange.DocumentKind { return exchange.DocumentKinds }

// Chosen says whether a clause is the one that is asked for.
func (p *documentsPage) Chosen(c Place) bool {
	return p.Find.Instrument == c.Instrument && p.Find.Clause == c.Clause
}

// Documents lists documents, the newest first.
func (s *Site) Documents(w http.ResponseWriter, r *http.Request, by who.Person) (err error) {
	q := r.URL.Query()
	page := &documentsPage{First: q.Get("after") == ""}
	page.Find = document.Find{Kind: q.Get("kind"), Partner: q.Get("party"), Text: strings.TrimSpace(q.Get("text")), Most: documentsPerPage}
	page.Find.Instrument, page.Find.Clause, _ = strings.Cut(q.Get("clause"), "/")
	if err := limited(q, 200); err != nil {
		return err
	}
	switch show := q.Get("show"); show {
	case "sent", "received":
		page.Find.Direction = show
	case "opened", "answered", "open":
		page.Find.State = show
	}
	since, id, _ := strings.Cut(q.Get("after"), ".")
	if page.Find.After, err = documentCursor(since, id); err != nil {
		return err
	}
	var next document.Cursor
	if page.Lines, next, err = s.source.Documents.List(r.Context(), page.Find); err != nil {
		return err
	}
	if page.Names, err = s.source.Documents.Names(r.Context()); err != nil {
		return err
	}
	if page.Clauses, err = s.source.Documents.Clauses(r.Context()); err != nil {
		return err
	}
	p := text.In(reader(r, by))
	for i := range page.Lines {
		page.Lines[i].Since = page.Lines[i].Since.In(s.source.Zone)
	}
	page.chrome = s.chrome(r, by, p.T("documents.title"), "/documents")
	page.Purpose = p.T("documents.lead")
	page.Tabs = tabs("/documents", q, p.Lang(), "", "received", "sent", "open", "opened", "answered")
	if next.ID != "" {
		page.Next = onward("/documents", q, p.Lang(), strconv.FormatInt(next.Since.UnixMicro(), 10)+"."+next.ID)
	}
	return render(w, r, by, http.StatusOK, "documents", page)
}

func documentCursor(since, id string) (c document.Cursor, err error) {
	if since == "" {
		return c, nil
	}
	at, err := cursorTime(since)
	return document.Cursor{Since: at, ID: id}, err
}

// cursorTime reads the moment after which a list goes on.
func cursorTime(s string) (time.Time, error) {
	at, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return time.Time{}, fault.New(fault.Invalid, "list", "it does not say where it goes on", "take the link on the page").Says("fault.list_place")
	}
	return time.UnixMicro(at).UTC(), nil
}

// limited refuses what is asked for at more length than anything has.
func limited(q url.Values, most int) error {
	for _, all := range q {
		for _, v := range all {
			if len(v) > most {
				return fault.New(fault.Invalid, "list", "what is asked for is too long", "ask for less").Says("fault.list_long")
			}
		}
	}
	return nil
}

// tabs are the ways to show a list, which keep what else is asked for.
func tabs(path string, q url.Values, lang text.Lang, keys ...string) (out []choice) {
	for _, k := range keys {
		out = append(out, choice{Key: k, Href: with(path, q, lang, "show", k), Current: q.Get("show") == k || k == "" && !slices.Contains(keys, q.Get("show"))})
	}
	return out
}

// onward is the address at which a list goes on.
func onward(path string, q url.Values, lang text.Lang, after string) string {
	return with(path, q, lang, "after", after)
}

// with is the address of a list with one thing asked for otherwise; it begins anew.
func with(path string, q url.Values, lang text.Lang, key, value string) string {
	n := url.Values{}
	for _, k := range []string{"show", "clause", "kind", "party", "text"} {
		if v := q.Get(k); v != "" {
			n.Set(k, v)
		}
	}
	n.Del(key)
	if value != "" {
		n.Set(key, value)
	}
	n.Set("lang", string(lang))
	return path + "?" + n.Encode()
}

// documentPage is one document.
type documentPage struct {
	chrome
	*Document
	Names  map[string]agreement.Texts
	Letter *letterForm // the answer that is being written
	Why    string      // of taking it back
	Wrong  problems
	Notice string
}

// Document shows one.
func (s *Site) Document(w http.ResponseWriter, r *http.Request, by who.Person) error {
	return s.document(w, r, by, http.StatusOK, &documentPage{})
}

func (s *Site) document(w http.ResponseWriter, r *http.Request, by who.Person, status int, page *documentPage) (err error) {
	id := r.PathValue("id")
	if page.Document, err = s.source.Documents.Show(r.Context(), by, id); err != nil {
		return err
	}
	if page.Names, err = s.source.Documents.Names(r.Context()); err != nil {
		return err
	}
	d := page.Document
	d.Since = d.Since.In(s.source.Zone)
	for i := range d.Opened {
		d.Opened[i].At = d.Opened[i].At.In(s.source.Zone)
	}
	for i := range d.Replies {
		d.Replies[i].Since = d.Replies[i].Since.In(s.source.Zone)
	}
	p := text.In(reader(r, by))
	title := d.Title
	if title == "" {
		title = p.T("documents.erased_title")
	}
	if page.Letter == nil {
		page.Letter = &letterForm{Title: p.T("letter.re", "title", d.Title), Language: string(p.Lang())}
	}
	page.chrome = s.chrome(r, by, title, "/documents/"+d.ID)
	page.Purpose, page.Up = p.T("documents.one_lead"), &up{"/documents", p.T("documents.back")}
	page.TitleLang = d.Language
	return render(w, r, by, status, "document", page)
}

// OpenDocument gives out the file: as an attachment that no browser runs or shows.
func (s *Site) OpenDocument(w http.ResponseWriter, r *http.Request, by who.Person) error {
	begun := false
	err := s.source.Documents.Open(r.Context(), by, r.PathValue("id"), func(k *document.Kept, file io.WriterTo) error {
		h := w.Header()
		h.Set("Content-Type", "application/octet-stream")
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": k.Name}))
		h.Set("Content-Length", strconv.FormatInt(k.Size, 10))
		h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
		begun = true
		_, err := file.WriteTo(w)
		return err
	})
	if err != nil && begun { // the answer has begun: cut it, so that nobody takes half a file for a whole one
		s.log.ErrorContext(r.Context(), "a document could not be written", "document", r.PathValue("id"), "err", err)
		panic(http.ErrAbortHandler)
	}
	return err
}

// WithdrawDocument takes back one of ours that has not left.
func (s *Site) WithdrawDocument(w http.ResponseWriter, r *http.Request, by who.Person) error {
	if err := form(r); err != nil {
		return err
	}
	id, why := r.PathValue("id"), strings.TrimSpace(r.PostFormValue("why"))
	err := s.source.Documents.Withdraw(r.Context(), by, id, why)
	if wrong := faults(err); wrong != nil {
		return s.document(w, r, by, Status(fault.KindOf(err)), &documentPage{Why: why, Wrong: wrong})
	}
	if err != nil {
		return err
	}
	redirect(w, r, "/documents/"+id, by)
	return nil
}
