package web

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"accord/agreement"
	"accord/exchange"
	"accord/internal/evidence"
	"accord/internal/fault"
	"accord/internal/text"
	"accord/internal/who"
)

// Claims is what a node gives of what cities say happened, and of the words on it.
type Claims struct {
	// List returns one page of what is asked for, and where the list goes on.
	List func(ctx context.Context, find evidence.Find) ([]evidence.Event, evidence.Cursor, error)
	Show func(ctx context.Context, by who.Person, id string) (*Claim, error)
	// Places are the clauses under which this city may claim now.
	Places   func(ctx context.Context) ([]Place, error)
	Claim    func(ctx context.Context, by who.Person, t evidence.Told) (id string, err error)
	Correct  func(ctx context.Context, by who.Person, d evidence.Deed, t evidence.Told) error
	Withdraw func(ctx context.Context, by who.Person, d evidence.Deed) error
	Say      func(ctx context.Context, by who.Person, d evidence.Deed, word string, change bool) error
	Judge    func(ctx context.Context, by who.Person, d evidence.Deed, judgement string, change bool) error
}

// A Claim is an event with what belongs to it.
type Claim struct {
	evidence.Event
	Place  *Place // nil where its instrument is not kept here
	Ours   bool
	Others []Word            // the other parties' words on the version that stands
	Person map[string]string // names of the city's people, by id
}

// A Word is what one party last said on the version that stands; Saying is nil while it has not spoken.
type Word struct {
	Party  string
	Saying *evidence.Saying
}

const claimsPerPage = 25

type claimsPage struct {
	chrome
	Find    evidence.Find
	Events  []evidence.Event
	Names   map[string]agreement.Texts
	Clauses []Place
	Next    string
	First   bool
	Tabs    []choice
}

// Kinds are the kinds of event.
func (p *claimsPage) Kinds() []agreement.EventKind { return agreement.EventKinds }

// Chosen says whether a clause is the one that is asked for.
func (p *claimsPage) Chosen(c Place) bool {
	return p.Find.Instrument == c.Instrument && p.Find.Clause == c.Clause
}

// What is an event in words.
func what(e *evidence.Event) (out agreement.Texts) {
	for _, t := range e.What {
		out = append(out, agreement.Text{Lang: t.Lang, Standing: agreement.TextStanding(t.Standing), Text: t.Text})
	}
	return out
}

// Claims lists what is claimed, what was said last first.
func (s *Site) Claims(w http.ResponseWriter, r *http.Request, by who.Person) (err error) {
	q := r.URL.Query()
	if err := limited(q, 200); err != nil {
		return err
	}
	page := &claimsPage{First: q.Get("after") == ""}
	page.Find = evidence.Find{Kind: q.Get("kind"), Claimant: q.Get("party"), Most: claimsPerPage}
	page.Find.Instrument, page.Find.Clause, _ = strings.Cut(q.Get("clause"), "/")
	states := []string{"", evidence.ToAnswer, evidence.Unanswered, "confirmed", "disputed", evidence.Corrected, evidence.Withdrawn}
	if show := q.Get("show"); slices.Contains(states, show) {
		page.Find.State = show
	}
	if since, id, ok := strings.Cut(q.Get("after"), "."); ok {
		page.Find.After.Event = id
		if page.Find.After.Known, err = cursorTime(since); err != nil {
			return err
		}
	}
	var next evidence.Cursor
	if page.Events, next, err = s.source.Claims.List(r.Context(), page.Find); err != nil {
		return err
	}
	if page.Names, err = s.source.Documents.Names(r.Context()); err != nil {
		return err
	}
	if page.Clauses, err = s.source.Documents.Clauses(r.Context()); err != nil {
		return err
	}
	p := text.In(reader(r, by))
	page.chrome = s.chrome(r, by, p.T("claims.title"), "/claims")
	page.Purpose = p.T("claims.lead")
	page.Tabs = tabs("/claims", q, p.Lang(), states...)
	if next.Event != "" {
		page.Next = onward("/claims", q, p.Lang(), strconv.FormatInt(next.Known.UnixMicro(), 10)+"."+next.Event)
	}
	return render(w, r, by, http.StatusOK, "claims", page)
}

// claimPage is one event.
type claimPage struct {
	chrome
	*Claim
	Names  map[string]agreement.Texts
	Typed  string // the reason that was typed
	Deed   string // which deed failed
	Wrong  problems
	Notice string // key of what has happened meanwhile
	Form   *claimForm
}

// Stands says whether something is claimed still.
func (p *claimPage) Stands() bool { return p.Standing != evidence.Withdrawn }

// WordOf is a party's word on the version that stands; nil while it has not spoken.
func (p *claimPage) WordOf(party string) *evidence.Saying {
	for _, w := range p.Others {
		if w.Party == party {
			return w.Saying
		}
	}
	return nil
}

// Said is the city's own word: what the deeds offered depend on.
func (p *claimPage) Said() string {
	if m := p.WordOf(p.Self); m != nil {
		return m.What
	}
	return ""
}

// Judged says whether a person's judgement stands.
func (p *claimPage) Judged() bool {
	return slices.ContainsFunc(p.Clauses, func(c evidence.Counting) bool { return c.Person != "" })
}

// NameOf is a person of this city as others read the name.
func (p *claimPage) NameOf(id string) string {
	if n := p.Person[id]; n != "" {
		return n
	}
	return id
}

// ClaimShown shows one event with both sides' words.
func (s *Site) ClaimShown(w http.ResponseWriter, r *http.Request, by who.Person) error {
	return s.claim(w, r, by, http.StatusOK, &claimPage{})
}

// eventID is the event an address names; its id is a city's and a name.
func eventID(r *http.Request) string { return r.PathValue("party") + "/" + r.PathValue("name") }

func (s *Site) claim(w http.ResponseWriter, r *http.Request, by who.Person, status int, page *claimPage) (err error) {
	if page.Claim, err = s.source.Claims.Show(r.Context(), by, eventID(r)); err != nil {
		return err
	}
	if page.Names, err = s.source.Documents.Names(r.Context()); err != nil {
		return err
	}
	for i := range page.History {
		page.History[i].Known = page.History[i].Known.In(s.source.Zone)
	}
	for _, o := range page.Others {
		if o.Saying != nil {
			o.Saying.Known = o.Saying.Known.In(s.source.Zone)
		}
	}
	p := text.In(reader(r, by))
	page.chrome = s.chrome(r, by, p.T("claims.one"), "/claims/"+page.ID)
	page.Purpose, page.Up = p.T("claims.one_lead"), &up{"/claims", p.T("claims.back")}
	page.Self = s.source.Party
	if said := choose(p.Lang(), what(&page.Event)); said.Text != "" {
		page.Title, page.TitleLang = said.Text, said.Lang
	}
	return render(w, r, by, status, "claim", page)
}

// said does one thing about an event and shows it again. What cannot be done any more, because somebody has said something
// meanwhile, is told beside what stands now.
func (s *Site) said(w http.ResponseWriter, r *http.Request, by who.Person, deed string, do func(d evidence.Deed) error) error {
	if err := form(r); err != nil {
		return err
	}
	why := strings.TrimSpace(strings.ReplaceAll(r.PostFormValue("why"), "\r\n", "\n"))
	seen, err := strconv.Atoi(r.PostFormValue("version"))
	if err != nil {
		return fault.New(fault.Invalid, "form", "it does not say which version was seen", "go back and look again").Says("fault.form")
	}
	err = do(evidence.Deed{Author: evidence.Author{Person: by.ID}, Event: eventID(r), Seen: seen, Why: why})
	if fault.KindOf(err) == fault.Conflict {
		s.refused(r, by, err)
		return s.claim(w, r, by, http.StatusConflict, &claimPage{Notice: "claims.meanwhile", Deed: deed, Typed: why})
	}
	if wrong := faults(err); wrong != nil {
		s.refused(r, by, err)
		return s.claim(w, r, by, Status(fault.KindOf(err)), &claimPage{Wrong: wrong, Deed: deed, Typed: why})
	}
	if err != nil {
		return err
	}
	redirect(w, r, "/claims/"+eventID(r), by)
	return nil
}

// SayWord confirms, disputes, or takes this city's word back.
func (s *Site) SayWord(word string) Handler {
	return func(w http.ResponseWriter, r *http.Request, by who.Person) error {
		return s.said(w, r, by, word, func(d evidence.Deed) error {
			if word == exchange.WordDisputed && d.Why == "" {
				return noReason("why")
			}
			return s.source.Claims.Say(r.Context(), by, d, word, r.PostFormValue("change") != "")
		})
	}
}

func noReason(field string) error {
	return fault.New(fault.Invalid, "event", "it needs a reason", "say why").At(field).Says("fault.reason")
}

// WithdrawClaim ends what this city claims.
func (s *Site) WithdrawClaim(w http.ResponseWriter, r *http.Request, by who.Person) error {
	return s.said(w, r, by, "withdraw", func(d evidence.Deed) error {
		if d.Why == "" {
			return noReason("why")
		}
		return s.source.Claims.Withdraw(r.Context(), by, d)
	})
}

// JudgeClaim says whether an event counts for its clause. It stays home.
func (s *Site) JudgeClaim(w http.ResponseWriter, r *http.Request, by who.Person) error {
	return s.said(w, r, by, "judge", func(d evidence.Deed) error {
		judgement := r.PostFormValue("judgement")
		if !slices.Contains([]string{evidence.Counts, evidence.DoesNot, evidence.TakenBack}, judgement) {
			return fault.New(fault.Invalid, "event", "it does not say whether it counts", "choose one").At("judgement").Says("fault.choose")
		}
		if d.Why == "" {
			return noReason("why")
		}
		return s.source.Claims.Judge(r.Context(), by, d, judgement, r.PostFormValue("change") != "")
	})
}

// reason is the field for a reason of one of the deeds on a page.
type reason struct {
	Deed, Label string
	Typed       string
	Problem     wrong
}

func newReason(p *text.Printer, page *claimPage, deed, label string) reason {
	out := reason{Deed: deed, Label: label, Problem: wrong{Name: "why-" + deed}}
	if page.Deed == deed {
		out.Typed, out.Problem.message = page.Typed, tell(p, page.Wrong["why"])
	}
	return out
}
