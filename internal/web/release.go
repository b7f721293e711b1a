package web

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"accord/agreement"
	"accord/internal/fault"
	"accord/internal/text"
	"accord/internal/who"
)

// Waiting is one thing in the queue.
type Waiting struct {
	ID         int64
	Partner    Party
	Instrument string
	Clause     string
	What       agreement.Texts // dataset or document
	Rows       int
	Document   bool
	Since      time.Time
	Approvals  int // how many have approved
	Needed     int
}

// Release is what one person has to see before deciding: exactly what leaves, beside the clause that allows it.
type Release struct {
	Waiting
	State      string          // waiting, approved, refused, overtaken
	From       agreement.Texts // name of the instrument
	ClauseText agreement.Texts
	Gate       []string // what the gate does, in the reader's language
	Words      []Said
	Columns    []string
	Cells      [][]string
	First      int      // number of the first row shown, from 0
	Raw        [][]byte // canonical bytes, line by line: the head and the rows shown
	Bytes      int64    // of all
	Sum        string   // SHA-256 of all bytes
	Facts      []Fact   // of a document: what announces it
	File       string   // of a document: the name of its file
	FileBytes  int64
}

// Fact is one thing that is said of a document.
type Fact struct{ Key, Lang, Text string }

// Said is what one person said.
type Said struct {
	Person, Name string
	Word         string
	Why          string
	At           time.Time
}

// ShownRows is how many rows a page shows at once.
const ShownRows = 100

type releasesPage struct {
	chrome
	Waiting []Waiting
}

// Releases is what waits for a person.
func (s *Site) Releases(w http.ResponseWriter, r *http.Request, by who.Person) error {
	all, err := s.source.Releases(r.Context())
	if err != nil {
		return err
	}
	p := text.In(reader(r, by))
	return render(w, r, by, http.StatusOK, "releases", &releasesPage{chrome{P: p, By: by, Title: p.T("release.title"), Path: "/release", Purpose: p.T("release.lead")}, all})
}

type releasePage struct {
	chrome
	*Release
	Why     string // what was typed
	Problem string // key of what is wrong with it
	Notice  string // key of what has happened meanwhile
	Said    string // the word this person has said
}

// Decides says whether the reader may decide now.
func (p *releasePage) Decides() bool {
	return p.State == "waiting" && p.Said == "" && p.By.May(who.Decide)
}

// Last is the number of the last row shown, from 1.
func (p *releasePage) Last() int { return p.First + len(p.Cells) }

// FirstOne is the number of the first row shown, from 1.
func (p *releasePage) FirstOne() int { return p.First + 1 }

// RawLines are the canonical bytes as lines.
func (p *releasePage) RawLines() (out []string) {
	for _, l := range p.Raw {
		out = append(out, string(l))
	}
	return out
}

// Before and After are the addresses of the rows before and after those shown; empty where there are none.
func (p *releasePage) Before() string {
	if p.First == 0 {
		return ""
	}
	return fmt.Sprintf("%s?lang=%s&from=%d", p.Path, p.P.Lang(), max(0, p.First-ShownRows))
}

// After is the address of the rows after those shown.
func (p *releasePage) After() string {
	if p.Last() >= p.Rows {
		return ""
	}
	return fmt.Sprintf("%s?lang=%s&from=%d", p.Path, p.P.Lang(), p.Last())
}

func releaseID(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || id < 1 {
		return 0, fault.New(fault.Invalid, "release", "it is named by a whole number from 1", "take the link on the page of what waits")
	}
	return id, nil
}

// Release shows what would leave.
func (s *Site) Release(w http.ResponseWriter, r *http.Request, by who.Person) error {
	return s.release(w, r, by, http.StatusOK, &releasePage{})
}

func (s *Site) release(w http.ResponseWriter, r *http.Request, by who.Person, status int, page *releasePage) error {
	id, err := releaseID(r)
	if err != nil {
		return err
	}
	from, err := strconv.Atoi(r.URL.Query().Get("from"))
	if err != nil || from < 0 {
		from = 0
	}
	lang := reader(r, by)
	if page.Release, err = s.source.Release(r.Context(), id, from, lang); err != nil {
		return err
	}
	for _, said := range page.Words {
		if said.Person == by.ID {
			page.Said = said.Word
		}
	}
	p := text.In(lang)
	page.chrome = chrome{P: p, By: by, Title: p.T("release.one", "id", id), Path: fmt.Sprintf("/release/%d", id), Purpose: p.T("release.purpose"), Up: &up{"/release", p.T("release.back")}}
	return render(w, r, by, status, "release", page)
}

// Body is exactly what would leave, as a file.
func (s *Site) Body(w http.ResponseWriter, r *http.Request, _ who.Person) error {
	id, err := releaseID(r)
	if err != nil {
		return err
	}
	body, err := s.source.Body(r.Context(), id)
	if err != nil {
		return err
	}
	download(w, fmt.Sprintf("release-%d.bin", id), int64(len(body)))
	_, err = w.Write(body)
	return err
}

// File is the file of a document that waits, exactly as it would leave: to be kept, never shown by the browser itself.
func (s *Site) File(w http.ResponseWriter, r *http.Request, _ who.Person) error {
	id, err := releaseID(r)
	if err != nil {
		return err
	}
	name, size, write, err := s.source.File(r.Context(), id)
	if err != nil {
		return err
	}
	download(w, name, size)
	if err := write(w); err != nil { // the answer has begun: cut it, so that nobody takes half a file for a whole one
		s.log.ErrorContext(r.Context(), "a document could not be written", "release", id, "err", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}

// Approve lets it leave as it was shown.
func (s *Site) Approve(w http.ResponseWriter, r *http.Request, by who.Person) error {
	return s.decide(w, r, by, func(id int64) error { return s.source.Approve(r.Context(), by, id) })
}

// Refuse keeps it, with a reason.
func (s *Site) Refuse(w http.ResponseWriter, r *http.Request, by who.Person) error {
	if err := form(r); err != nil {
		return err
	}
	why := strings.TrimSpace(r.PostFormValue("why"))
	if why == "" || len(why) > 2000 {
		return s.release(w, r, by, http.StatusBadRequest, &releasePage{Why: why, Problem: "release.why_wrong"})
	}
	return s.decide(w, r, by, func(id int64) error { return s.source.Refuse(r.Context(), by, id, why) })
}

// decide says a person's word. Who comes second sees what the first one decided.
func (s *Site) decide(w http.ResponseWriter, r *http.Request, by who.Person, word func(id int64) error) error {
	id, err := releaseID(r)
	if err != nil {
		return err
	}
	if err = word(id); fault.KindOf(err) == fault.Conflict {
		s.refused(r, by, err)
		return s.release(w, r, by, http.StatusConflict, &releasePage{Notice: "release.second"})
	}
	if err != nil {
		return err
	}
	redirect(w, r, fmt.Sprintf("/release/%d", id), by)
	return nil
}
