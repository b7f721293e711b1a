package web

import (
	"errors"
	"net/http"
	"strconv"

	"accord/internal/account"
	"accord/internal/audit"
	"accord/internal/date"
	"accord/internal/fault"
	"accord/internal/text"
	"accord/internal/who"
)

type peoplePage struct {
	chrome
	All     []account.Account
	New     account.Wanted
	Made    *made  // the password that was made: shown once
	Where   string // the field that is wrong
	Problem *fault.Fault
}

// made is a password that is shown once.
type made struct{ ID, Password string }

// Manages says whether the reader may change accounts.
func (p *peoplePage) Manages() bool { return p.By.May(who.Manage) }

// Roles are the choices.
func (p *peoplePage) Roles() []who.Role { return who.Roles() }

// Wrong is what is wrong with a field.
func (p *peoplePage) Wrong(field string) message {
	if p.Problem == nil || p.Where != field {
		return message{}
	}
	return tell(p.P, p.Problem)
}

// People lists the accounts.
func (s *Site) People(w http.ResponseWriter, r *http.Request, by who.Person) error {
	return s.people(w, r, by, http.StatusOK, &peoplePage{New: account.Wanted{Role: who.Reader, Lang: string(reader(r, by))}})
}

func (s *Site) people(w http.ResponseWriter, r *http.Request, by who.Person, status int, page *peoplePage) (err error) {
	if page.All, err = s.source.People.List(r.Context()); err != nil {
		return err
	}
	p := text.In(reader(r, by))
	page.chrome = chrome{P: p, By: by, Title: p.T("people.title"), Path: "/accounts", Purpose: p.T("people.lead")}
	return render(w, r, by, status, "people", page)
}

// AddPerson makes an account and shows its password once.
func (s *Site) AddPerson(w http.ResponseWriter, r *http.Request, by who.Person) error {
	if err := form(r); err != nil {
		return err
	}
	n := account.Wanted{ID: r.PostFormValue("id"), Name: r.PostFormValue("name"), Unit: r.PostFormValue("unit"), Lang: r.PostFormValue("lang_of"), Role: who.Role(r.PostFormValue("role"))}
	var err error
	if n.From, n.Until, err = days(r); err == nil {
		var password string
		if password, err = s.source.People.Add(r.Context(), by, n); err == nil {
			return s.people(w, r, by, http.StatusCreated, &peoplePage{New: account.Wanted{Role: who.Reader, Lang: n.Lang}, Made: &made{n.ID, password}})
		}
	}
	if f, ok := errors.AsType[*fault.Fault](err); ok && f.Where != "" {
		return s.people(w, r, by, Status(f.Kind), &peoplePage{New: n, Where: f.Where, Problem: f})
	}
	return err
}

// days are the first and the last day of a form.
func days(r *http.Request) (from, until date.Day, err error) {
	for _, d := range []struct {
		name string
		into *date.Day
	}{{"from", &from}, {"until", &until}} {
		if v := r.PostFormValue(d.name); v != "" {
			if *d.into, err = date.ParseDay(v); err != nil {
				return from, until, fault.New(fault.Invalid, "day", err.Error(), "write it as 2026-04-01").At(d.name).Says("fault.day")
			}
		}
	}
	return from, until, nil
}

type personPage struct {
	peoplePage
	Account  *account.Account
	Sessions []account.Session
	Unit     string // what was typed
}

// Person shows one account.
func (s *Site) Person(w http.ResponseWriter, r *http.Request, by who.Person) error {
	return s.person(w, r, by, http.StatusOK, &personPage{})
}

func (s *Site) person(w http.ResponseWriter, r *http.Request, by who.Person, status int, page *personPage) (err error) {
	if page.Account, err = s.source.People.Get(r.Context(), r.PathValue("id")); err != nil {
		return err
	}
	if page.Sessions, err = s.source.People.Sessions(r.Context(), page.Account.ID); err != nil {
		return err
	}
	page.Account.Since, page.Account.Closed = page.Account.Since.In(s.source.Zone), inZone(page.Account.Closed, s.source.Zone)
	for i := range page.Sessions {
		page.Sessions[i].Made, page.Sessions[i].Seen = page.Sessions[i].Made.In(s.source.Zone), page.Sessions[i].Seen.In(s.source.Zone)
	}
	p := text.In(reader(r, by))
	page.chrome = chrome{P: p, By: by, Title: page.Account.Name, Path: "/accounts/" + page.Account.ID, Purpose: p.T("person.lead"), Up: &up{"/accounts", p.T("people.back")}}
	return render(w, r, by, status, "person", page)
}

// changed does one thing to an account and shows it again; what is wrong with a field is shown beside the field.
func (s *Site) changed(w http.ResponseWriter, r *http.Request, by who.Person, change func(id string) error) error {
	if err := form(r); err != nil {
		return err
	}
	id := r.PathValue("id")
	err := change(id)
	if f, ok := errors.AsType[*fault.Fault](err); ok && f.Where != "" {
		return s.person(w, r, by, Status(f.Kind), &personPage{peoplePage: peoplePage{Where: f.Where, Problem: f}, Unit: r.PostFormValue("unit")})
	}
	if err != nil {
		return err
	}
	redirect(w, r, "/accounts/"+id, by)
	return nil
}

// SetRole gives a person another role.
func (s *Site) SetRole(w http.ResponseWriter, r *http.Request, by who.Person) error {
	return s.changed(w, r, by, func(id string) error {
		return s.source.People.SetRole(r.Context(), by, id, who.Role(r.PostFormValue("role")))
	})
}

// SetUnit has a person act for a unit.
func (s *Site) SetUnit(w http.ResponseWriter, r *http.Request, by who.Person) error {
	return s.changed(w, r, by, func(id string) error {
		from, until, err := days(r)
		if err != nil {
			return err
		}
		return s.source.People.SetUnit(r.Context(), by, id, r.PostFormValue("unit"), from, until)
	})
}

// Close ends an account.
func (s *Site) Close(w http.ResponseWriter, r *http.Request, by who.Person) error {
	return s.changed(w, r, by, func(id string) error { return s.source.People.Close(r.Context(), by, id) })
}

// SignOutPerson signs a person out everywhere.
func (s *Site) SignOutPerson(w http.ResponseWriter, r *http.Request, by who.Person) error {
	return s.changed(w, r, by, func(id string) error { return s.source.People.SignOutEverywhere(r.Context(), by, id) })
}

// NewPassword makes a person a new password and shows it once.
func (s *Site) NewPassword(w http.ResponseWriter, r *http.Request, by who.Person) error {
	id := r.PathValue("id")
	password, err := s.source.People.SetPassword(r.Context(), by, id, "")
	if err != nil {
		return err
	}
	return s.person(w, r, by, http.StatusOK, &personPage{peoplePage: peoplePage{Made: &made{id, password}}})
}

type deedsPage struct {
	chrome
	Lines []audit.Kept
	Older string
}

// Deeds lists the log of deeds, the newest first.
func (s *Site) Deeds(w http.ResponseWriter, r *http.Request, by who.Person) error {
	before := int64(-1)
	if v := r.URL.Query().Get("before"); v != "" {
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil || n < 0 {
			return fault.New(fault.Invalid, "line", "it is named by its number", "take the link on the page")
		}
		before = n
	}
	lines, err := s.source.Deeds(r.Context(), before)
	if err != nil {
		return err
	}
	p := text.In(reader(r, by))
	page := &deedsPage{chrome: chrome{P: p, By: by, Title: p.T("deeds.title"), Path: "/audit", Purpose: p.T("deeds.lead")}, Lines: lines}
	if n := len(lines); n > 0 && lines[n-1].Index > 0 {
		page.Older = "/audit?lang=" + string(p.Lang()) + "&before=" + strconv.FormatInt(lines[n-1].Index, 10)
	}
	return render(w, r, by, http.StatusOK, "deeds", page)
}
