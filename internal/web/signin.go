package web

import (
	"errors"
	"net/http"

	"accord/internal/account"
	"accord/internal/fault"
	"accord/internal/text"
	"accord/internal/who"
)

// field is an input with its label and what is wrong with it.
type field struct {
	Name, Label string
	message
}

// signInPage is the form. Problem is the key of what is wrong; neither it nor anything else says whether there is an account.
type signInPage struct {
	chrome
	ID      string
	Back    string // where to go afterwards
	Problem string
	Ended   bool // a change has signed the person out everywhere
}

// SignInPage is the form; who is signed in goes on to the account.
func (s *Site) SignInPage(w http.ResponseWriter, r *http.Request, by who.Person) error {
	if !by.Nobody() {
		redirect(w, r, "/account", by)
		return nil
	}
	return s.signInForm(w, r, http.StatusOK, &signInPage{Back: local(r.URL.Query().Get("to")), Ended: r.URL.Query().Has("ended")})
}

func (s *Site) signInForm(w http.ResponseWriter, r *http.Request, status int, page *signInPage) error {
	p := text.In(reader(r, who.Person{}))
	page.chrome = chrome{P: p, Title: p.T("signin.title"), Path: "/sign-in", Purpose: p.T("signin.lead")}
	w.Header().Set("Cache-Control", "no-store")
	return render(w, r, who.Person{}, status, "signin", page)
}

// SignIn looks at name and password. A session that the browser had is ended: nobody goes on with one that somebody else
// may have put there.
func (s *Site) SignIn(w http.ResponseWriter, r *http.Request, by who.Person) error {
	if err := form(r); err != nil {
		return err
	}
	id, to := r.PostFormValue("id"), local(r.PostFormValue("to"))
	token, person, err := s.source.People.SignIn(r.Context(), id, r.PostFormValue("password"), s.address(r))
	switch {
	case errors.Is(err, account.ErrTooMany):
		w.Header().Set("Retry-After", "900")
		return s.signInForm(w, r, http.StatusTooManyRequests, &signInPage{ID: id, Back: to, Problem: "signin.too_many"})
	case errors.Is(err, account.ErrSignIn):
		return s.signInForm(w, r, http.StatusForbidden, &signInPage{ID: id, Back: to, Problem: "signin.wrong"})
	case err != nil:
		return err
	}
	if !by.Nobody() {
		if err := s.source.People.SignOut(r.Context(), by, s.token(r)); err != nil {
			return err
		}
	}
	s.setToken(w, token)
	w.Header().Set("Cache-Control", "no-store")
	if to == "/" { // to nowhere in particular: to what concerns the person
		redirect(w, r, "/mine", person)
		return nil
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// form reads a form of bounded size.
func form(r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return fault.New(fault.Invalid, "form", "it cannot be read, or is too large", "go back and send it again").Because(err).Says("fault.form")
	}
	return nil
}

// SignOut ends the session.
func (s *Site) SignOut(w http.ResponseWriter, r *http.Request, by who.Person) error {
	if err := s.source.People.SignOut(r.Context(), by, s.token(r)); err != nil {
		return err
	}
	s.setToken(w, "")
	redirect(w, r, "/", by)
	return nil
}

// accountPage is a person's own account.
type accountPage struct {
	chrome
	Sessions []account.Session
	Posts    []account.Post
	Present  string // key of what is wrong with the present password
	Next     string // with the new one
}

// MyAccount shows a person's own account.
func (s *Site) MyAccount(w http.ResponseWriter, r *http.Request, by who.Person) error {
	return s.myAccount(w, r, by, http.StatusOK, &accountPage{})
}

func (s *Site) myAccount(w http.ResponseWriter, r *http.Request, by who.Person, status int, page *accountPage) error {
	k, err := s.source.People.Get(r.Context(), by.ID)
	if err != nil {
		return err
	}
	if page.Sessions, err = s.source.People.Sessions(r.Context(), by.ID); err != nil {
		return err
	}
	for i := range page.Sessions {
		page.Sessions[i].Made, page.Sessions[i].Seen = page.Sessions[i].Made.In(s.source.Zone), page.Sessions[i].Seen.In(s.source.Zone)
	}
	p := text.In(reader(r, by))
	page.Posts = k.Units
	page.chrome = chrome{P: p, By: by, Title: p.T("me.title"), Path: "/account", Purpose: p.T("me.lead")}
	return render(w, r, by, status, "account", page)
}

// ChangePassword sets one's own new password and signs out everywhere.
func (s *Site) ChangePassword(w http.ResponseWriter, r *http.Request, by who.Person) error {
	if err := form(r); err != nil {
		return err
	}
	err := s.source.People.ChangePassword(r.Context(), by, r.PostFormValue("present"), r.PostFormValue("next"), s.address(r))
	switch {
	case errors.Is(err, account.ErrTooMany):
		return s.myAccount(w, r, by, http.StatusTooManyRequests, &accountPage{Present: "signin.too_many"})
	case errors.Is(err, account.ErrSignIn):
		return s.myAccount(w, r, by, http.StatusForbidden, &accountPage{Present: "me.present_wrong"})
	case fault.KindOf(err) == fault.Invalid:
		return s.myAccount(w, r, by, http.StatusBadRequest, &accountPage{Next: "me.next_wrong"})
	case err != nil:
		return err
	}
	s.setToken(w, "")
	redirect(w, r, "/sign-in", by, "ended", "1")
	return nil
}

// SignOutEverywhere ends every session of the person.
func (s *Site) SignOutEverywhere(w http.ResponseWriter, r *http.Request, by who.Person) error {
	if err := s.source.People.SignOutEverywhere(r.Context(), by, by.ID); err != nil {
		return err
	}
	s.setToken(w, "")
	redirect(w, r, "/sign-in", by, "ended", "1")
	return nil
}
