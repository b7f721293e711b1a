package web

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"accord/agreement"
	"accord/internal/date"
	"accord/internal/fault"
	"accord/internal/who"
)

// Mine is what a node gives of what concerns one person.
type Mine struct {
	// Show is a person's page: what is due, what waits, what came.
	Show func(ctx context.Context, by who.Person) (*Desk, error)
	// News is how many things came that the person has not marked as seen, and whether there are more.
	News func(ctx context.Context, by who.Person) (n int, more bool, err error)
	Seen func(ctx context.Context, by who.Person, partner string, position int64) error
}

// A Desk is what concerns one person today.
type Desk struct {
	Due   []DeskPart // what is to be done by a day
	Waits []DeskPart // what waits for this person
	Came  []Arrivals // what came since the person last marked it as seen, by partner
}

// A DeskPart is one kind of thing on a desk.
type DeskPart struct {
	Kind  string // key of its words
	Items []DeskItem
	All   string // address of all of them; empty where the page shows all
	More  bool   // there are more than are shown
}

// A DeskItem is one thing with the way to its deed.
type DeskItem struct {
	What  agreement.Texts // in somebody's words; empty where Words says it
	Words string          // key of what it is, in the page's words
	N     int             // that fills Words
	Note  string          // an id or a name beside it
	State string          // of a clause
	Day   date.Day        // by which it is due
	Late  bool            // that day is over
	Ours  bool            // it is for the person's own unit
	Href  string          // where the deed is
	Deed  string          // key of the deed
}

// Arrivals are what came from one partner.
type Arrivals struct {
	Partner  string
	Position int64 // who marks them as seen has seen up to here
	N        int
	More     bool
	Items    []Arrival
}

// An Arrival is one entry that came.
type Arrival struct {
	Kind    string
	Subject string
	Name    agreement.Texts // of a dataset
	Rows    int
	Clause  string
	At      time.Time
	Href    string
	Aside   bool
}

type minePage struct {
	chrome
	*Desk
	Names map[string]agreement.Texts
}

// Mine is a person's own page.
func (s *Site) Mine(w http.ResponseWriter, r *http.Request, by who.Person) (err error) {
	page := &minePage{}
	if page.Desk, err = s.source.Mine.Show(r.Context(), by); err != nil {
		return err
	}
	if page.Names, err = s.source.Documents.Names(r.Context()); err != nil {
		return err
	}
	page.chrome = s.chrome(r, by, "", "/mine")
	page.Title, page.Purpose = page.P.T("mine.title", "name", by.Name), page.P.T("mine.lead")
	return render(w, r, by, http.StatusOK, "mine", page)
}

// MarkSeen marks what came from a partner as seen, up to what the page has shown.
func (s *Site) MarkSeen(w http.ResponseWriter, r *http.Request, by who.Person) error {
	if err := form(r); err != nil {
		return err
	}
	position, err := strconv.ParseInt(r.PostFormValue("position"), 10, 64)
	if err != nil || position < 0 {
		return fault.New(fault.Invalid, "form", "it does not say up to where", "use the button on the page").Says("fault.form")
	}
	if err := s.source.Mine.Seen(r.Context(), by, r.PostFormValue("partner"), position); err != nil {
		return err
	}
	redirect(w, r, "/mine", by)
	return nil
}

type newsKey struct{}

// withNews lets a page that is somebody's say how much came, without every handler asking for it.
func (s *Site) withNews(r *http.Request, by who.Person) *http.Request {
	if by.Nobody() || s.source.Mine.News == nil || r.Method != http.MethodGet && r.Method != http.MethodPost {
		return r
	}
	ask := func() (int, bool) {
		n, more, err := s.source.Mine.News(r.Context(), by)
		if err != nil {
			s.log.ErrorContext(r.Context(), "what came could not be counted", "err", err)
		}
		return n, more
	}
	return r.WithContext(context.WithValue(r.Context(), newsKey{}, ask))
}

// newsOf is how much came for who asks.
func newsOf(r *http.Request) (int, bool) {
	if ask, ok := r.Context().Value(newsKey{}).(func() (int, bool)); ok {
		return ask()
	}
	return 0, false
}
