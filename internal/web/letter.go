package web

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"strings"

	"accord/agreement"
	"accord/exchange"
	"accord/internal/fault"
	"accord/internal/flow"
	"accord/internal/text"
	"accord/internal/who"
)

// Limits of a form with a file: the file and what else the form has; how many such forms are read at once.
const (
	maxLetter     = exchange.MaxDocument + maxWords + 64<<10
	maxWords      = 256 << 10
	lettersAtOnce = 4
)

// reading holds back forms with files: each lies on the disk while it is read.
var reading = make(chan struct{}, lettersAtOnce)

// letterForm is what a person has typed of a letter. The file is not kept: a browser does not give it again by itself.
type letterForm struct {
	Place    string // instrument/clause@partner
	Kind     string
	Title    string
	Language string
	Standing string
	Abstract string
	Grade    string
	Due      string
	Text     string
}

// Standings are what a document's text can be worth.
func (f *letterForm) Standings() []string {
	return []string{"official", "authentic", "working", "machine", "summary"}
}

// Languages are those a document is mostly written in.
func (f *letterForm) Languages() []string { return []string{"ko", "ja", "en", "zh"} }

// Bare says that only what every letter needs is filled in, so that the rest may stay closed.
func (f *letterForm) Bare() bool {
	return f.Abstract == "" && (f.Grade == "" || f.Grade == "O") && (f.Standing == "" || f.Standing == "official")
}

type letterPage struct {
	chrome
	Letter  *letterForm
	Grounds []Ground
	Names   map[string]agreement.Texts
	Wrong   problems
}

// Kinds are those a person begins with; an answer is written beside its question.
func (p *letterPage) Kinds() []exchange.DocumentKind {
	return []exchange.DocumentKind{exchange.Letter, exchange.Report, exchange.Question}
}

// At names a ground in the form.
func (g Ground) At() string { return g.Key() + "@" + g.Partner }

// NewDocument is the form of a letter, a report or a question.
func (s *Site) NewDocument(w http.ResponseWriter, r *http.Request, by who.Person) error {
	q := r.URL.Query()
	return s.newDocument(w, r, by, http.StatusOK, &letterPage{Letter: &letterForm{Kind: q.Get("kind"), Place: q.Get("place"), Language: string(reader(r, by))}})
}

func (s *Site) newDocument(w http.ResponseWriter, r *http.Request, by who.Person, status int, page *letterPage) (err error) {
	if page.Grounds, err = s.source.Documents.Grounds(r.Context()); err != nil {
		return err
	}
	if page.Names, err = s.source.Documents.Names(r.Context()); err != nil {
		return err
	}
	p := text.In(reader(r, by))
	page.chrome = s.chrome(r, by, p.T("letter.title"), "/documents/new")
	page.Purpose, page.Up = p.T("letter.lead"), &up{"/documents", p.T("documents.back")}
	return render(w, r, by, status, "letter", page)
}

// SendDocument takes in a letter, a report or a question with its file.
func (s *Site) SendDocument(w http.ResponseWriter, r *http.Request, by who.Person) error {
	up, err := receive(r)
	if err != nil {
		return err
	}
	defer up.close()
	f := up.letter()
	d := up.draft(f, by)
	place, partner, _ := strings.Cut(f.Place, "@")
	d.To = partner
	d.Instrument, d.Clause, _ = strings.Cut(place, "/")
	d.Kind = exchange.DocumentKind(f.Kind)
	if d.Kind == exchange.Question {
		d.Due = f.Due
	}
	id, err := s.send(r, up, d)
	if wrong := faults(err); wrong != nil {
		return s.newDocument(w, r, by, Status(fault.KindOf(err)), &letterPage{Letter: f, Wrong: wrong})
	}
	if err != nil {
		return err
	}
	redirect(w, r, "/documents/"+id, by)
	return nil
}

// AnswerDocument sends the answer to a document, under its clause.
func (s *Site) AnswerDocument(w http.ResponseWriter, r *http.Request, by who.Person) error {
	up, err := receive(r)
	if err != nil {
		return err
	}
	defer up.close()
	q, err := s.source.Documents.Show(r.Context(), by, r.PathValue("id"))
	if err != nil {
		return err
	}
	f := up.letter()
	d := up.draft(f, by)
	d.Kind, d.To, d.Instrument, d.Clause, d.Answers = exchange.Answer, q.From, q.Instrument, q.Clause, q.ID
	id, err := s.send(r, up, d)
	if wrong := faults(err); wrong != nil {
		return s.document(w, r, by, Status(fault.KindOf(err)), &documentPage{Letter: f, Wrong: wrong})
	}
	if err != nil {
		return err
	}
	redirect(w, r, "/documents/"+id, by)
	return nil
}

func (s *Site) send(r *http.Request, up *upload, d flow.Draft) (string, error) {
	if up.err != nil {
		return "", up.err
	}
	if d.Instrument == "" || d.Clause == "" || d.To == "" {
		return "", fault.New(fault.Invalid, "document", "it stands under no clause", "choose one").At("place").Says("fault.no_clause")
	}
	if d.Kind == exchange.Question && d.Due == "" {
		return "", fault.New(fault.Invalid, "document", "a question has a day by which an answer is asked for", "name the day").At("due").Says("fault.due_missing")
	}
	return s.source.Documents.Send(r.Context(), d)
}

// An upload is a form with a file. The file lies on the disk, under no name, until close.
type upload struct {
	url.Values
	file *os.File
	name string
	size int64
	err  error // what is wrong with the file
}

func (u *upload) close() {
	if u.file != nil {
		u.file.Close()
	}
	<-reading
}

// receive reads a form with at most one file, part by part: nothing of the file is held in memory.
func receive(r *http.Request) (u *upload, err error) {
	bad := func(err error) error {
		return fault.New(fault.Invalid, "form", "it cannot be read, or is too large", "go back and send it again").Because(err).Says("fault.form")
	}
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, bad(err)
	}
	select {
	case reading <- struct{}{}:
	case <-r.Context().Done():
		return nil, fault.New(fault.Unavailable, "form", "others are sending files", "send it again").Says("fault.busy")
	}
	u = &upload{Values: url.Values{}}
	for words := int64(0); ; {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return u, nil
		}
		if err == nil && part.FileName() == "" {
			var value []byte
			value, err = io.ReadAll(io.LimitReader(part, maxWords-words+1))
			if words += int64(len(value)) + 64; words > maxWords {
				err = errors.New("more words than a form has")
			}
			u.Add(part.FormName(), string(value))
		} else if err == nil {
			err = u.take(part)
		}
		if err != nil {
			u.close()
			return nil, bad(err)
		}
	}
}

// take stores the file of the form, under no name.
func (u *upload) take(part *multipart.Part) error {
	if u.file != nil {
		return errors.New("two files")
	}
	f, err := os.CreateTemp("", "accord-letter-")
	if err != nil {
		return err
	}
	u.file, u.name = f, part.FileName()
	if err := os.Remove(f.Name()); err != nil {
		return err
	}
	u.size, err = io.Copy(f, io.LimitReader(part, exchange.MaxDocument+1))
	if u.size > exchange.MaxDocument {
		u.err = fault.New(fault.Invalid, "document", "its file is larger than what crosses", "divide it").At("file").Says("fault.file_size", "most", exchange.MaxDocument>>20)
	}
	return err
}

// letter is what was typed.
func (u *upload) letter() *letterForm {
	return &letterForm{Place: u.Get("place"), Kind: u.Get("kind"), Title: strings.TrimSpace(u.Get("title")), Language: u.Get("language"), Standing: u.Get("standing"),
		Abstract: strings.TrimSpace(strings.ReplaceAll(u.Get("abstract"), "\r\n", "\n")), Grade: u.Get("grade"), Due: u.Get("due"),
		Text: strings.ReplaceAll(u.Get("text"), "\r\n", "\n")}
}

// draft is the letter as it is to be sent. Where no file was chosen, what was written in the form is the file.
func (u *upload) draft(f *letterForm, by who.Person) flow.Draft {
	d := flow.Draft{Title: f.Title, Language: f.Language, Standing: f.Standing, Grade: agreement.Grade(f.Grade), By: by}
	if d.Standing == "" {
		d.Standing = string(agreement.Official)
	}
	if f.Abstract != "" {
		d.Abstract = []exchange.Abstract{{Lang: f.Language, Standing: d.Standing, Text: f.Abstract}}
	}
	switch {
	case u.file != nil && u.size > 0:
		d.Name, d.File, d.Size = u.name, u.file, u.size
	case strings.TrimSpace(f.Text) != "":
		d.Name, d.File, d.Size = "letter.txt", bytes.NewReader([]byte(f.Text)), int64(len(f.Text))
	default:
		u.err = errors.Join(u.err, fault.New(fault.Invalid, "document", "it has no file and no text", "choose a file, or write the text").At("file").Says("fault.no_file"))
	}
	return d
}
