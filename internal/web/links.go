package web

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"accord/internal/fault"
	"accord/internal/text"
	"accord/internal/who"
)

// Links is what the pages of the links ask a node for.
type Links struct {
	// All is how the link with every partner stands.
	All func(ctx context.Context) ([]LinkState, error)
	// Lines are some lines of one part of the link with a party.
	Lines func(ctx context.Context, party string, want LinkWant, lang text.Lang) (*LinkLines, error)
	// Entry is one entry of a log, its body as far as the person may see it; rows from a number on.
	Entry func(ctx context.Context, by who.Person, at EntryAt, from int, lang text.Lang) (*EntryView, error)
	// Body is what an entry says, byte for byte.
	Body func(ctx context.Context, by who.Person, at EntryAt) ([]byte, error)
	// Retry applies an entry once more that is set aside; why is empty when it is applied.
	Retry func(ctx context.Context, by who.Person, at EntryAt) (why string, err error)
	// Card is the file of a city's card.
	Card func(ctx context.Context, party string, serial int) ([]byte, error)

	// Bundles says what a file for each partner would carry; Write makes one; Read takes in one that came.
	Bundles func(ctx context.Context) ([]BundleDue, error)
	Write   func(ctx context.Context, by who.Person, party string) (*BundleFile, error)
	Read    func(ctx context.Context, by who.Person, file io.Reader, lang text.Lang) (*BundleRead, error)
}

// LinkState is how the link with one partner stands.
type LinkState struct {
	Partner      Party
	Ours, Theirs LinkSide
	Aside        int64
	Restored     bool       // nothing leaves before the partner's word has come
	Since        *time.Time // of the oldest thing of ours that is not delivered
	Late         []string   // message keys of what is late or wrong
	Carriers     []Carrier
	Sender       string // the process that sends
	Forks        []Fork
	Cards        []CardLine // the partner's, the newest first
	OwnCards     []CardLine
}

// LinkSide is one direction.
type LinkSide struct {
	Size, Cosigned, Waiting int64
	At                      *time.Time // of the newest cosignature; nil when there is none
}

// Carrier is one way by which bundles go.
type Carrier struct {
	Kind      string   // https, mail, file
	Who       string   // who calls whom: both, we, they, none; send, receive for mail
	Addresses []string // where the partner is reached
	Last      *time.Time
	Failure   *LinkFailure
	Sent      *time.Time // the last mail to the partner
	Next      *time.Time // when the same is sent again, if nothing comes
}

// LinkFailure is an attempt that came to nothing, in the words of the program.
type LinkFailure struct {
	At    time.Time
	Why   string
	Tries int64
	Next  *time.Time
}

// Fork is the proof that a city has signed two histories.
type Fork struct {
	Found          time.Time
	Why            string
	Before, Signed string
}

// CardLine is one card of a city.
type CardLine struct {
	Party       string
	Serial      int
	From        time.Time
	Fingerprint string
	Now         bool // it is in force
	Revokes     bool
	Later       bool // it is not valid yet
}

// LinkWant says which lines of a part are asked for.
type LinkWant struct {
	Part               string
	Instrument, Clause string
	After              int64
}

// LinkLines are some lines of a part.
type LinkLines struct {
	Partner Party
	Writer  Party
	Reader  Party
	Lines   []LinkLine
	Next    int64 // where the next ones begin; -1 at the end
}

// LinkLine is one entry in a list.
type LinkLine struct {
	Entry
	Instrument string
	ID         string
	Held       string      // why it does not leave with the next bundle: restored, suspended, ended
	Aside      *LinkReason // why it is set aside
}

// LinkReason is a reason in the reader's language, and as the program wrote it.
type LinkReason struct {
	Text     string // in the reader's language; empty where only the original says it
	Do       string
	Original string
}

// linkParts are the parts of a link, in the order of the tabs.
var linkParts = []string{"waiting", "left", "came", "aside"}

type linksPage struct {
	chrome
	All []LinkState
}

// LinkPage shows how every link stands.
func (s *Site) LinkPage(w http.ResponseWriter, r *http.Request, by who.Person) error {
	all, err := s.source.Links.All(r.Context())
	if err != nil {
		return err
	}
	p := text.In(reader(r, by))
	return render(w, r, by, http.StatusOK, "links", &linksPage{chrome{P: p, By: by, Title: p.T("links.title"), Path: "/link"}, all})
}

type linkPartPage struct {
	chrome
	LinkLines
	Part   string
	Under  string // the filter, as INSTRUMENT or INSTRUMENT/CLAUSE
	Parts  []linkTab
	Follow string // address of the next lines
	First  string // address of the beginning, where this is not it
}

type linkTab struct {
	Part, Href string
	Current    bool
}

// LinkPart shows one part of a link.
func (s *Site) LinkPart(part string) Handler {
	return func(w http.ResponseWriter, r *http.Request, by who.Person) error {
		want, err := linkWant(r, part)
		if err != nil {
			return err
		}
		lang := reader(r, by)
		party := r.PathValue("party")
		lines, err := s.source.Links.Lines(r.Context(), party, want, lang)
		if err != nil {
			return err
		}
		p := text.In(lang)
		page := &linkPartPage{LinkLines: *lines, Part: part, Under: want.Instrument}
		page.chrome = chrome{P: p, By: by, Title: p.T("links_part." + part), Path: "/link/" + party + "/" + part}
		if want.Clause != "" {
			page.Under += "/" + want.Clause
		}
		page.lay(want)
		return render(w, r, by, http.StatusOK, "link-part", page)
	}
}

func (p *linkPartPage) lay(want LinkWant) {
	for _, part := range linkParts {
		if part == "waiting" && !p.By.May(who.SeeWaiting) {
			continue
		}
		p.Parts = append(p.Parts, linkTab{part, p.with("/link/"+p.Partner.ID+"/"+part, "under", p.Under), part == p.Part})
	}
	if p.Next >= 0 {
		p.Follow = p.with(p.Path, "under", p.Under, "after", strconv.FormatInt(p.Next, 10))
	}
	if want.After >= 0 {
		p.First = p.with(p.Path, "under", p.Under)
	}
}

// Narrow is the address of the same list with only what stands under one clause.
func (p *linkPartPage) Narrow(instrument, clause string) string {
	if clause != "" {
		instrument += "/" + clause
	}
	return p.with(p.Path, "under", instrument)
}

// All is the address of the same list without a filter.
func (p *linkPartPage) All() string { return p.with(p.Path) }

// EntryHref is the address of an entry's page.
func (p *linkPartPage) EntryHref(index int64) string {
	return p.with(entryPath(p.Writer.ID, index), "with", p.Partner.ID)
}

func entryPath(writer string, index int64) string {
	return "/entries/" + url.PathEscape(writer) + "/" + strconv.FormatInt(index, 10)
}

// with is the address of a page of this site in the language of this one, with more in its query; what is empty is left out.
func (c chrome) with(path string, query ...string) string {
	q := url.Values{"lang": {string(c.P.Lang())}}
	for i := 0; i+1 < len(query); i += 2 {
		if query[i+1] != "" {
			q.Set(query[i], query[i+1])
		}
	}
	return path + "?" + q.Encode()
}

func linkWant(r *http.Request, part string) (LinkWant, error) {
	q := r.URL.Query()
	want := LinkWant{Part: part, After: -1}
	want.Instrument, want.Clause = cutClause(q.Get("under"))
	if v := q.Get("after"); v != "" {
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil || n < 0 {
			return want, fault.New(fault.Invalid, "list", "where it goes on is a whole number", "take the link at the end of the list")
		}
		want.After = n
	}
	if len(want.Instrument) > 64 || len(want.Clause) > 64 {
		return want, fault.New(fault.Invalid, "clause", "no text has an id of that length", "take the link in the list")
	}
	return want, nil
}

func cutClause(under string) (instrument, clause string) {
	if i := slices.Index([]byte(under), '/'); i >= 0 {
		return under[:i], under[i+1:]
	}
	return under, ""
}

// cardList is the cards of both cities on a page.
type cardList struct {
	Page  chrome
	Cards []CardLine
}

// known is a name that a family of words has, else "other": kinds come from partners, and may be newer than this program.
func known(family, name string) string {
	if text.Has(family + "." + name) {
		return name
	}
	return "other"
}

// codeFacts are facts of a body that are for comparing, not for reading.
var codeFacts = map[string]bool{"hash": true, "claim": true, "fingerprint": true, "document": true, "answers": true, "event": true, "log": true, "dataset": true, "endpoints": true}
