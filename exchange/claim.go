package exchange

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"accord/internal/date"
	"accord/internal/fault"
)

// A Claim is the body of an entry in which a city says that something happened under a clause, or says it anew. Every saying
// is a version of its own; nothing said is ever changed.
type Claim struct {
	Event    string    `json:"event"`    // the claimant's id and a name: east/7f0a91c2
	Version  int       `json:"version"`  // 1, then one more each time
	Action   string    `json:"action"`   // claimed, corrected, withdrawn
	Previous string    `json:"previous"` // hash of the version before; empty for the first
	Time     time.Time `json:"time"`     // when it was said

	Instrument string `json:"instrument"` // the instrument it is claimed under; the same in every version
	Text       string `json:"text"`       // SHA-256 of that instrument's text in hex
	Clause     string `json:"clause"`     // the clause

	Kind    string        `json:"kind"`    // of the closed list of agreement.EventKinds
	Level   string        `json:"level"`   // of the closed list of agreement.Levels
	By      []string      `json:"by"`      // the parties that acted, in byte order
	Start   date.Date     `json:"start"`   // first day, as precise as known
	Until   date.Date     `json:"until"`   // last day; empty when it began and ended on start
	What    []ClaimText   `json:"what"`    // what happened, in one or more languages
	Sources []ClaimSource `json:"sources"` // where it is written
	Why     string        `json:"why"`     // why it is corrected or withdrawn; empty when it is claimed
}

// A ClaimText says in one language what happened, and what the text is worth.
type ClaimText struct {
	Lang     string `json:"lang"`
	Standing string `json:"standing"` // official, working, machine or summary
	Text     string `json:"text"`
}

// A ClaimSource is where something is written.
type ClaimSource struct {
	Title string `json:"title"`
	URL   string `json:"url"` // empty when it has none
}

// What a claim can do.
const (
	ClaimMade      = "claimed"
	ClaimCorrected = "corrected" // what is said replaces the version before and needs a word of its own
	ClaimWithdrawn = "withdrawn" // nothing is claimed any more; the event's fields are empty. It is the last version
)

// Limits of a claim.
const (
	MaxClaim    = 64 << 10 // bytes of its body
	maxVersions = 10_000
	maxWhat     = 16
	maxSources  = 32
	maxBy       = 8
	maxText     = 2000
	maxTitle    = 500
	maxURL      = 1000
)

var (
	eventForm    = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}/[a-z0-9][a-z0-9-]{0,31}$`)
	listForm     = regexp.MustCompile(`^[a-z][a-z_]{0,31}$`)
	languageForm = regexp.MustCompile(`^[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?$`)
	hexForm      = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// Encode is the one form of the claim.
func (c *Claim) Encode() ([]byte, error) {
	full := *c
	full.By, full.What, full.Sources = written(c.By), written(c.What), written(c.Sources)
	return oneForm(&full)
}

// written keeps an empty list from being written as null.
func written[T any](list []T) []T { return append([]T{}, list...) }

// Claimant is the party that claims the event.
func (c *Claim) Claimant() string { return claimant(c.Event) }

func claimant(event string) string {
	party, _, _ := strings.Cut(event, "/")
	return party
}

// ClaimHash names a version: what a word speaks of.
func ClaimHash(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// ParseClaim reads the one form of a claim and refuses every other.
func ParseClaim(body []byte) (*Claim, error) {
	c := new(Claim)
	if err := parseOneForm("claim", body, MaxClaim, c); err != nil {
		return nil, err
	}
	return c, c.Check()
}

// Check looks at a claim that is to be sent or has come.
func (c *Claim) Check() error {
	if !textIDForm.MatchString(c.Instrument) || !hexForm.MatchString(c.Text) || !textIDForm.MatchString(c.Clause) || len(c.Clause) > 16 {
		return badBody("claim", "instrument", "it names no clause of an instrument", "claim it under a clause")
	}
	return c.CheckEvent()
}

// CheckEvent is Check without the clause, for an event that stands under none and stays home.
func (c *Claim) CheckEvent() error {
	bad := func(where, why, do string) *fault.Fault { return badBody("claim", where, why, do) }
	first := c.Version == 1
	switch {
	case !eventForm.MatchString(c.Event):
		return bad("event", "its id is not the claimant's and a name", "write it as party/name in lower-case letters, digits and hyphens")
	case c.Version < 1 || c.Version > maxVersions:
		return bad("version", fmt.Sprintf("version %d", c.Version), "claim it anew under another id")
	case first != (c.Action == ClaimMade) || !first && c.Action != ClaimCorrected && c.Action != ClaimWithdrawn:
		return bad("action", "an event is first claimed, then corrected or withdrawn", "say which of them it is")
	case first != (c.Previous == "") || !first && !hexForm.MatchString(c.Previous):
		return bad("previous", "it does not name the version before", "a first version names none, every other names one")
	case !wholeSecond(c.Time):
		return bad("time", "not a time to the second in UTC", "write it as 2026-11-24T00:50:03Z")
	case first != (c.Why == ""):
		return bad("why", "a correction or withdrawal has a reason, a claim has none", "say why").Says("fault.reason")
	}
	if err := checkText("claim", "why", c.Why, MaxWhy, true); err != nil {
		return err
	}
	if c.Action == ClaimWithdrawn {
		if c.Kind != "" || c.Level != "" || len(c.By) > 0 || !c.Start.IsZero() || !c.Until.IsZero() || len(c.What) > 0 || len(c.Sources) > 0 {
			return bad("kind", "what is withdrawn says nothing else", "leave the event's fields empty")
		}
		return nil
	}
	return c.checkContent()
}

// checkContent looks at what is said of the event. Whether kind, level and parties are known is for the node to say: a
// partner may know more than this version.
func (c *Claim) checkContent() error {
	bad := func(where, why, do string) *fault.Fault { return badBody("claim", where, why, do) }
	switch {
	case !listForm.MatchString(c.Kind):
		return bad("kind", fmt.Sprintf("%.40q cannot be a kind of event", c.Kind), "use one of the closed list")
	case !listForm.MatchString(c.Level):
		return bad("level", fmt.Sprintf("%.40q cannot be a level", c.Level), "use one of the closed list")
	case c.Start.IsZero():
		return bad("start", "it has no date", "say when it was, at least the year").Says("fault.date")
	case !c.Until.IsZero() && (c.Until.Last().Before(c.Start.First()) || c.Until == c.Start):
		return bad("until", "it ends before it begins, or on the same day", "correct the dates, or leave the end out").Says("fault.until")
	case len(c.By) == 0 || len(c.By) > maxBy:
		return bad("by", "nobody acted in it, or too many", "name the parties that acted")
	case len(c.What) == 0 || len(c.What) > maxWhat:
		return bad("what", fmt.Sprintf("it has %d texts", len(c.What)), fmt.Sprintf("say what happened in 1 to %d languages", maxWhat)).Says("fault.what")
	case len(c.Sources) == 0 || len(c.Sources) > maxSources:
		return bad("sources", fmt.Sprintf("it has %d sources", len(c.Sources)), fmt.Sprintf("name 1 to %d sources: what nobody can look up is no evidence", maxSources)).Says("fault.sources")
	}
	for i, p := range c.By {
		if !partyForm.MatchString(p) || i > 0 && c.By[i-1] >= p {
			return bad("by", "its parties are not ids in byte order, each once", "write each party once")
		}
	}
	if err := c.checkTexts(); err != nil {
		return err
	}
	return c.checkSources()
}

func (c *Claim) checkTexts() error {
	seen := map[string]bool{}
	for _, t := range c.What {
		if !languageForm.MatchString(t.Lang) || seen[t.Lang] {
			return badBody("claim", "what", fmt.Sprintf("%.20q is not a language, or stands twice", t.Lang), "write each language once, as ko, ja, en or zh-Hant").Says("fault.what")
		}
		seen[t.Lang] = true
		switch t.Standing {
		case "official", "working", "machine", "summary":
		default:
			return badBody("claim", "what", fmt.Sprintf("the text in %s does not say what it is worth", t.Lang), "use official, working, machine or summary")
		}
		if err := checkText("claim", "what", t.Text, maxText, false); err != nil {
			return err
		}
	}
	return nil
}

func (c *Claim) checkSources() error {
	seen := map[ClaimSource]bool{}
	for _, s := range c.Sources {
		if err := checkText("claim", "sources", s.Title, maxTitle, false); err != nil {
			return err
		}
		if s.URL != "" && !goodURL(s.URL) || seen[s] {
			return badBody("claim", "sources", fmt.Sprintf("%.80q is not the address of a page, or stands twice", s.URL), "write it with http:// or https://, each once")
		}
		seen[s] = true
	}
	return nil
}

func goodURL(s string) bool {
	u, err := url.Parse(s)
	plain := !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`"<>\^`+"`{|}", r) })
	return err == nil && plain && len(s) <= maxURL && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil
}

// checkText wants a text that a person can see whole: not empty where empty is false, without invisible characters.
func checkText(what, where, s string, most int, empty bool) error {
	if !empty && strings.TrimSpace(s) == "" || len(s) > most || !utf8.ValidString(s) || strings.ContainsFunc(s, unseen) {
		return badBody(what, where, fmt.Sprintf("a text is empty, longer than %d bytes, or holds an invisible character", most), "write it so that a person can read all of it").Says("fault.unseen", "most", most)
	}
	return nil
}

// unseen says whether a person cannot see r in a text, or sees the text in another order because of it. The ends of lines
// are seen.
func unseen(r rune) bool {
	switch {
	case r == '\n':
		return false
	case unicode.IsControl(r), r == 0x2028, r == 0x2029, r == 0xfeff, r == 0x200b, r == 0x200e, r == 0x200f:
		return true
	}
	return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}

func wholeSecond(t time.Time) bool {
	return t.Year() >= 2000 && t.Year() <= 9999 && t.Nanosecond() == 0 && t.Location() == time.UTC
}

func badBody(what, where, why, do string) *fault.Fault {
	return fault.New(fault.Invalid, what, why, do).At(where)
}

// CheckReason wants a reason that a person can read.
func CheckReason(what, why string) error { return checkText(what, "why", why, MaxWhy, false) }
