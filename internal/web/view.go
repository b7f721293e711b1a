package web

import (
	"hash/fnv"
	"strconv"
	"strings"
	"time"

	"accord/agreement"
	"accord/internal/date"
	"accord/internal/who"
)

// Every text in these views is an agreement.Texts: the page shows the reader's language, else English, else the first,
// and says which language it shows.

// Overview is everything on the one page of a node.
type Overview struct {
	Node      Party       // whose node this is
	Partner   Party       // the city at the other end of the link
	Today     date.Day    // the day of the request at the node's place
	Asked                 // the day the page speaks of, and which pulse is laid out
	Quick     []QuickDate // days worth a look, oldest first; today is added by the page
	Sample    Pulse       // the registered history from public sources, on AsOf
	Own       Pulse       // the node's own clauses and flows (the simulated demo terms), on AsOf; never mixed with Sample
	Then      []Then      // what followed on Since for the clauses of the pulse that is laid out
	Simulated bool        // the node's own instruments and flows are a trial
	Link      Link        // what crossed, now: the link does not look back
	Accounts  []Shown     // the accounts that the demo made; none on every other node
	Version   string      // version of the formats and the program, as "accord/1"
}

// Then is what followed for a clause on an earlier day.
type Then struct {
	Key   string // as Clause.Key has it
	State string
}

// Shown is an account that the demo made, with the password that anybody may try it with.
type Shown struct {
	ID       string
	Role     who.Role
	Password string
}

// Party is a city as the page names it.
type Party struct {
	ID   string
	Name agreement.Texts
}

// QuickDate is a day of the history with what happened on it.
type QuickDate struct {
	Day  date.Day
	What agreement.Texts
}

// Pulse is all clauses of one body of evidence on one date.
type Pulse struct {
	Clauses []Clause
	// Others are the events without a clause, newest first; they stand on the time line only.
	Others []Event
	// Silence is the longest time between two meetings of the heads up to the date; nil when there is none to tell.
	Silence *Silence
	// Silences are all that lasted longer than the heads owe each other a meeting, the oldest first.
	Silences []Silence
}

// Silence is a stretch without an event, counted from the last possible day of From to the first of Until.
type Silence struct {
	Days    int       // at least so many, when a date is coarse
	About   bool      // a date at either end is coarse
	From    date.Date // the event before it
	Until   date.Date // the event after it, or the date asked for while it lasts
	Ongoing bool
	Long    bool // longer than is owed
}

// Clause is one clause with what follows for it on the date.
type Clause struct {
	ID         string
	Area       string          // governance, safety, environment, welfare, sports, tourism, culture, advisers
	Level      string          // head, bureau, working, museum, citizen, council
	Act        string          // agreed, proposed, area_only
	Sides      string          // any, both, each_way
	Instrument string          // id of the instrument; empty for Seoul's own programme
	From       agreement.Texts // name of the instrument
	Text       agreement.Texts
	State      string          // as internal/pulse writes it
	Days       *int            // age of the last evidence on the date; nil without evidence
	About      bool            // the age is of a coarse date
	Last       *Event          // the evidence that Days counts from
	Cadence    Cadence         // how often it is owed
	AliveIf    agreement.Texts // what would make it alive
	Events     []Event         // everything known up to the date, newest first, also what does not count
}

// Cadence is how often something is owed, and who says so.
type Cadence struct {
	Kind     string          // interval, as_needed or once
	Interval date.Interval   // for interval
	Until    date.Day        // end of the window, for once
	Assumed  bool            // set by us, not by the text
	Basis    agreement.Texts // in whose words
}

// Event is one dated event.
type Event struct {
	From, Until date.Date
	Kind        string // head_visit, drill, …
	Level       string // head, bureau, …
	What        agreement.Texts
	Both        bool            // both sides acted
	By          agreement.Texts // the party that acted alone, when not Both; may be empty
	Counts      bool
	Why         string          // message key of why it counts or not, as pulse.Counts gives it; empty without a clause
	Judged      string          // the judging person's name and reason, when a person has judged
	Word        string          // the other side's word: confirmed, disputed; empty when there is none
	Conflict    agreement.Texts // where the sources differ
	Sources     []Citation      // where it is written
	Claimed     bool            // a city claims it, so that the other's word is asked for
	Automatic   bool            // made from a receipt, not told by a person
}

// Citation is where something is written.
type Citation struct {
	ID    string // S31
	Title string
	URL   string // empty when it has none
}

// Anchor names a citation within a page: its id, or a number made of it where the id is a title that no anchor can be.
func (c Citation) Anchor() string {
	if !strings.ContainsFunc(c.ID, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-'
	}) {
		return c.ID
	}
	h := fnv.New64a()
	h.Write([]byte(c.ID))
	return strconv.FormatUint(h.Sum64(), 36)
}

// Link is the relation of the two nodes as this node knows it.
type Link struct {
	Directions []Direction // own first
	Closed     bool        // the reader may not see the entries
}

// Direction is one log: what one party has said to the other.
type Direction struct {
	Writer   Party
	Reader   Party
	Size     int64     // entries with a position
	Cosigned int64     // entries the reader has confirmed as stored
	At       time.Time // when that was confirmed; zero when never
	Closed   bool      // the entries are left out
	Entries  []Entry   // newest first: those that wait, then by position; the page shows what it gets
}

// Entry is one thing said on the link.
type Entry struct {
	Index   int64     // position in the log; -1 while it waits
	Time    time.Time // when it left, or when it was put in the outbox while it waits
	Kind    string    // records, document, action, …
	Clause  string
	Dataset string // for records
	Rows    int    // for records
	Size    int64  // bytes of the body
	State   string // waiting, left, delivered, applied, aside
	Reason  string // why it was set aside, or what it waits for
	Receipt bool   // there is a receipt to fetch at /receipts/{writer}/{index}
}

// Age is Days for a clause that has evidence.
func (c Clause) Age() int {
	if c.Days == nil {
		return 0
	}
	return *c.Days
}
