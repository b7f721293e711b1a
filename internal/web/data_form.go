package web

import (
	"net/http"
	"net/url"
	"strconv"

	"accord/internal/fault"
	"accord/internal/text"
	"accord/internal/who"
)

// DataEntry is the form of an entry of a list that people keep by hand.
type DataEntry struct {
	Dataset string
	Label   string
	About   string
	Key     string // empty for a new one
	Shown   int64  // the number of the version that is shown
	Fields  []DataField
	Leaves  bool // a clause in force lets entries of this list leave
}

// DataField is one field of the form.
type DataField struct {
	Name, Label, Unit string
	Kind              string // text, long, number, code, date, bool, when, place
	Required          bool
	Value             string
	Choices           []DataChoice
	Hint              string
	Wrong             string // what is wrong with what was written, in the reader's words
}

// DataChoice is one value of a field that is chosen.
type DataChoice struct{ Value, Label string }

type dataEntryPage struct {
	chrome
	*DataEntry
	Notice string // key of what has happened meanwhile
	Wrongs int
}

// Back is where the form came from.
func (p *dataEntryPage) Back() string { return "/data/" + p.Dataset }

// Action is where the form goes.
func (p *dataEntryPage) Action(deed string) string {
	return "/data/" + p.Dataset + "/entry" + deed + "?" + url.Values{"lang": {string(p.P.Lang())}, "key": {p.Key}}.Encode()
}

// DataEntry shows the form.
func (s *Site) DataEntry(w http.ResponseWriter, r *http.Request, by who.Person) error {
	return s.dataEntry(w, r, by, http.StatusOK, nil, nil, "")
}

func (s *Site) dataEntry(w http.ResponseWriter, r *http.Request, by who.Person, status int, written, wrong map[string]string, notice string) error {
	lang := reader(r, by)
	e, err := s.source.Data.Entry(r.Context(), by, datasetName(r), r.URL.Query().Get("key"), lang)
	if err != nil {
		return err
	}
	for i := range e.Fields {
		f := &e.Fields[i]
		if written != nil {
			f.Value = written[f.Name]
		}
		f.Wrong = wrong[f.Name]
	}
	p := text.In(lang)
	title := p.T("data.entry_new", "what", e.Label)
	if e.Key != "" {
		title = p.T("data.entry_change", "what", e.Label)
	}
	return render(w, r, by, status, "data-entry", &dataEntryPage{
		chrome{P: p, By: by, Title: title, Path: "/data/" + e.Dataset + "/entry", More: url.Values{"key": {e.Key}}}, e, notice, len(wrong)})
}

// shown is the number of the version that the person saw.
func shown(r *http.Request) (int64, error) {
	n, err := strconv.ParseInt(r.PostFormValue("shown"), 10, 64)
	if err != nil {
		return 0, fault.New(fault.Invalid, "entry", "the form does not say which version was shown", "open the form again")
	}
	return n, nil
}

// KeepEntry stores an entry as it was written, or shows the form again with what is wrong.
func (s *Site) KeepEntry(w http.ResponseWriter, r *http.Request, by who.Person) error {
	if err := form(r); err != nil {
		return err
	}
	seen, err := shown(r)
	if err != nil {
		return err
	}
	written := map[string]string{}
	for name := range r.PostForm {
		written[name] = r.PostFormValue(name)
	}
	name := datasetName(r)
	key, wrong, err := s.source.Data.Keep(r.Context(), by, name, r.URL.Query().Get("key"), seen, written, reader(r, by))
	switch {
	case fault.KindOf(err) == fault.Conflict:
		s.refused(r, by, err)
		return s.dataEntry(w, r, by, http.StatusConflict, written, nil, "data.entry_second")
	case err != nil:
		return err
	case len(wrong) > 0:
		return s.dataEntry(w, r, by, http.StatusBadRequest, written, wrong, "")
	}
	redirect(w, r, recordPath(name, s.source.Party, key), by)
	return nil
}

// DropEntry deletes an entry.
func (s *Site) DropEntry(w http.ResponseWriter, r *http.Request, by who.Person) error {
	if err := form(r); err != nil {
		return err
	}
	seen, err := shown(r)
	if err != nil {
		return err
	}
	err = s.source.Data.Drop(r.Context(), by, datasetName(r), r.URL.Query().Get("key"), seen)
	if fault.KindOf(err) == fault.Conflict {
		s.refused(r, by, err)
		return s.dataEntry(w, r, by, http.StatusConflict, nil, nil, "data.entry_second")
	}
	if err != nil {
		return err
	}
	redirect(w, r, "/data/"+datasetName(r), by)
	return nil
}
