package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"accord/agreement"
	"accord/exchange"
	"accord/internal/date"
	"accord/internal/evidence"
	"accord/internal/fault"
	"accord/internal/text"
	"accord/internal/who"
)

// claimForm is what a person has typed of an event.
type claimForm struct {
	Kind, By     string // By: ours, both, or a party's id
	Start, Until string
	Texts        []typedText // at least one
	Sources      []exchange.ClaimSource
	Why          string // of a correction
	Version      int    // that is corrected
	Place        Place
	Kinds        []agreement.EventKind
	Correcting   bool
}

// typedText is one language's words.
type typedText struct{ Lang, Standing, Text string }

// shownTexts and shownSources are how many of each the form has room for at least, mostFields how many are read.
const (
	mostFields   = 32
	shownTexts   = 2
	shownSources = 3
)

// Languages are those that are mostly written in.
func (f *claimForm) Languages() []string { return []string{"ko", "ja", "en", "zh"} }

// Standings are what a text can be worth.
func (f *claimForm) Standings() []string {
	return []string{"official", "working", "machine", "summary"}
}

// MoreText says whether a second language was begun, MoreSources whether a second source was.
func (f *claimForm) MoreText() bool { return len(f.Texts) > 1 && f.Texts[1].Text != "" }

// MoreSources says whether a second source was begun.
func (f *claimForm) MoreSources() bool {
	return len(f.Sources) > 1 && f.Sources[1] != exchange.ClaimSource{}
}

// fill makes room for what may be typed.
func (f *claimForm) fill(lang text.Lang) *claimForm {
	for len(f.Texts) < shownTexts {
		t := typedText{Lang: string(lang), Standing: "official"}
		if len(f.Texts) > 0 {
			t.Lang = map[string]string{"ko": "ja", "ja": "ko"}[f.Texts[0].Lang]
			if t.Lang == "" {
				t.Lang = "ko"
			}
			t.Standing = "working"
		}
		f.Texts = append(f.Texts, t)
	}
	for len(f.Sources) < shownSources {
		f.Sources = append(f.Sources, exchange.ClaimSource{})
	}
	if f.By == "" {
		f.By = "ours"
	}
	return f
}

type claimFormPage struct {
	chrome
	Form   *claimForm
	Places []Place
	Names  map[string]agreement.Texts
	Action string
	Wrong  problems
}

// Others are the other parties of the clause.
func (p *claimFormPage) Others() (out []string) {
	for _, party := range p.Form.Place.Parties {
		if party != p.Self {
			out = append(out, party)
		}
	}
	return out
}

// NewClaim is the form of an event; where several clauses could be meant it first asks for one.
func (s *Site) NewClaim(w http.ResponseWriter, r *http.Request, by who.Person) error {
	return s.newClaim(w, r, by, http.StatusOK, r.URL.Query().Get("clause"), &claimForm{}, nil)
}

func (s *Site) newClaim(w http.ResponseWriter, r *http.Request, by who.Person, status int, clause string, f *claimForm, wrong problems) (err error) {
	p := text.In(reader(r, by))
	page := &claimFormPage{chrome: s.chrome(r, by, p.T("claim.title"), "/claims/new"), Form: f.fill(p.Lang()), Action: "/claims", Wrong: wrong}
	page.Self, page.Purpose, page.Up = s.source.Party, p.T("claim.lead"), &up{"/claims", p.T("claims.back")}
	if page.Places, err = s.source.Claims.Places(r.Context()); err != nil {
		return err
	}
	if page.Names, err = s.source.Documents.Names(r.Context()); err != nil {
		return err
	}
	i := slices.IndexFunc(page.Places, func(p Place) bool { return p.Key() == clause })
	if i < 0 && (len(page.Places) != 1 || clause != "") {
		page.Purpose = p.T("claim.places_lead")
		return render(w, r, by, status, "claim-places", page)
	}
	f.Place = page.Places[max(i, 0)]
	f.Kinds = f.Place.Kinds
	page.More = url.Values{"clause": {f.Place.Key()}}
	return render(w, r, by, status, "claim-form", page)
}

// typed reads what a person has typed of an event.
func typed(r *http.Request) *claimForm {
	one := func(name string) string {
		return strings.TrimSpace(strings.ReplaceAll(r.PostFormValue(name), "\r\n", "\n"))
	}
	f := &claimForm{Kind: one("kind"), By: one("by"), Start: one("start"), Until: one("until"), Why: one("why")}
	f.Version, _ = strconv.Atoi(one("version"))
	for i := 0; i < mostFields && (i < shownTexts || r.PostForm.Has("what"+strconv.Itoa(i))); i++ {
		n := strconv.Itoa(i)
		f.Texts = append(f.Texts, typedText{one("lang" + n), one("standing" + n), one("what" + n)})
	}
	for i := 0; i < mostFields && (i < shownSources || r.PostForm.Has("source"+strconv.Itoa(i))); i++ {
		n := strconv.Itoa(i)
		f.Sources = append(f.Sources, exchange.ClaimSource{Title: one("source" + n), URL: one("url" + n)})
	}
	return f
}

// told is what was typed as an event; what cannot be read is a fault at its field.
func (f *claimForm) told(self string, parties []string) (t evidence.Told, err error) {
	t = evidence.Told{Kind: agreement.EventKind(f.Kind)}
	if f.Kind == "" {
		return t, fault.New(fault.Invalid, "event", "it does not say what sort of event it was", "choose one").At("kind").Says("fault.choose")
	}
	switch f.By {
	case "both":
		t.By = parties
	case "", "ours":
		t.By = []string{self}
	default:
		t.By = []string{f.By}
	}
	for _, d := range []struct {
		name, typed string
		into        *date.Date
	}{{"start", f.Start, &t.Start}, {"until", f.Until, &t.Until}} {
		if d.typed == "" && d.name == "until" {
			continue
		}
		if *d.into, err = date.Parse(strings.TrimRight(strings.NewReplacer(".", "-", "/", "-", " ", "").Replace(d.typed), "-")); err != nil {
			return t, fault.New(fault.Invalid, "event", err.Error(), "write it as 2026, 2026-11 or 2026-11-24").At(d.name).Says("fault.date")
		}
	}
	for _, x := range f.Texts {
		if x.Text != "" {
			t.What = append(t.What, exchange.ClaimText{Lang: x.Lang, Standing: x.Standing, Text: x.Text})
		}
	}
	if len(t.What) == 0 {
		return t, fault.New(fault.Invalid, "event", "it does not say what happened", "write it in one language at least").At("what").Says("fault.what")
	}
	for _, x := range f.Sources {
		if x.Title == "" {
			x.Title = x.URL
		}
		if x.Title != "" {
			t.Sources = append(t.Sources, x)
		}
	}
	if len(t.Sources) == 0 {
		return t, fault.New(fault.Invalid, "event", "it names no source", "name one: what nobody can look up is no evidence").At("sources").Says("fault.sources")
	}
	return t, nil
}

// FileClaim claims an event.
func (s *Site) FileClaim(w http.ResponseWriter, r *http.Request, by who.Person) error {
	if err := form(r); err != nil {
		return err
	}
	f, clause := typed(r), r.PostFormValue("clause")
	id, err := s.fileClaim(r, by, f, clause)
	if wrong := faults(err); wrong != nil {
		s.refused(r, by, err)
		return s.newClaim(w, r, by, Status(fault.KindOf(err)), clause, f, wrong)
	}
	if err != nil {
		return err
	}
	redirect(w, r, "/claims/"+id, by)
	return nil
}

func (s *Site) fileClaim(r *http.Request, by who.Person, f *claimForm, clause string) (string, error) {
	places, err := s.source.Claims.Places(r.Context())
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(places, func(p Place) bool { return p.Key() == clause })
	if i < 0 {
		return "", fault.New(fault.Invalid, "event", "it stands under no clause", "choose one").At("clause").Says("fault.no_clause")
	}
	t, err := f.told(s.source.Party, places[i].Parties)
	if err != nil {
		return "", err
	}
	t.Instrument, t.Clause = places[i].Instrument, places[i].Clause
	return s.source.Claims.Claim(r.Context(), by, t)
}

// CorrectForm is the form in which this city says anew what it claims.
func (s *Site) CorrectForm(w http.ResponseWriter, r *http.Request, by who.Person) error {
	c, err := s.source.Claims.Show(r.Context(), by, eventID(r))
	if err != nil {
		return err
	}
	return s.correctForm(w, r, by, http.StatusOK, c, formOf(c, s.source.Party), nil)
}

// formOf is an event as a form has it.
func formOf(c *Claim, self string) *claimForm {
	f := &claimForm{Kind: c.Kind, Start: c.Start.String(), Version: c.Version, Sources: slices.Clone(c.Sources), Correcting: true}
	if !c.Until.IsZero() {
		f.Until = c.Until.String()
	}
	switch {
	case len(c.By) > 1:
		f.By = "both"
	case len(c.By) == 1 && c.By[0] != self:
		f.By = c.By[0]
	}
	for _, t := range c.What {
		f.Texts = append(f.Texts, typedText{t.Lang, t.Standing, t.Text})
	}
	return f
}

func (s *Site) correctForm(w http.ResponseWriter, r *http.Request, by who.Person, status int, c *Claim, f *claimForm, wrong problems) (err error) {
	p := text.In(reader(r, by))
	page := &claimFormPage{chrome: s.chrome(r, by, p.T("claim.correct_title"), "/claims/"+c.ID+"/correct"), Form: f.fill(p.Lang()), Action: "/claims/" + c.ID + "/correct", Wrong: wrong}
	page.Self, f.Correcting = s.source.Party, true
	page.Purpose, page.Up = p.T("claim.correct_lead"), &up{"/claims/" + c.ID, p.T("claims.one")}
	if page.Names, err = s.source.Documents.Names(r.Context()); err != nil {
		return err
	}
	if c.Place == nil {
		return fault.New(fault.Refused, "event "+c.ID, "its instrument is not kept here", "register it first").Says("fault.no_clause")
	}
	f.Place, f.Kinds = *c.Place, c.Place.Kinds
	if k := agreement.EventKind(c.Kind); !slices.Contains(f.Kinds, k) {
		f.Kinds = append(slices.Clone(f.Kinds), k)
	}
	return render(w, r, by, status, "claim-form", page)
}

// CorrectClaim says anew what this city claims.
func (s *Site) CorrectClaim(w http.ResponseWriter, r *http.Request, by who.Person) error {
	if err := form(r); err != nil {
		return err
	}
	c, err := s.source.Claims.Show(r.Context(), by, eventID(r))
	if err != nil {
		return err
	}
	f := typed(r)
	var parties []string
	if c.Place != nil {
		parties = c.Place.Parties
	}
	t, err := f.told(s.source.Party, parties)
	if err == nil && f.Why == "" {
		err = noReason("why")
	}
	if err == nil {
		t.Level = agreement.Level(c.Level)
		err = s.source.Claims.Correct(r.Context(), by, evidence.Deed{Author: evidence.Author{Person: by.ID}, Event: c.ID, Seen: f.Version, Why: f.Why}, t)
	}
	if wrong := faults(err); wrong != nil {
		s.refused(r, by, err)
		return s.correctForm(w, r, by, Status(fault.KindOf(err)), c, f, wrong)
	}
	if err != nil {
		return err
	}
	redirect(w, r, "/claims/"+c.ID, by)
	return nil
}
