package exchange

import (
	"fmt"
	"slices"
	"strings"
)

// A Span is a range of entries of one log: from the first up to, but not including, the second.
type Span [2]int64

// A Purge is the body of two kinds of entry. A purge asks the partner to erase what the entries named brought; a purged says
// that it has been erased, and is what explains the missing bodies from then on.
type Purge struct {
	Log     string `json:"log"`     // the origin of the log whose entries are meant
	Entries []Span `json:"entries"` // ascending, with a gap between one and the next
	Basis   string `json:"basis"`   // asked, retention
	Why     string `json:"why"`     // the reason; may be empty
}

// Why something is erased.
const (
	BasisAsked     = "asked"     // its sender has asked for it
	BasisRetention = "retention" // the clause let the receiver keep it no longer
)

// MaxPurged is how many entries one purge is about at most.
const MaxPurged = 10_000

// Holds says whether an entry of the log is meant.
func (p *Purge) Holds(index int64) bool {
	return slices.ContainsFunc(p.Entries, func(s Span) bool { return s[0] <= index && index < s[1] })
}

// Last is the largest index that is meant.
func (p *Purge) Last() int64 { return p.Entries[len(p.Entries)-1][1] - 1 }

// Spans makes the fewest ranges of indexes in ascending order.
func Spans(indexes []int64) (out []Span) {
	for _, i := range indexes {
		if n := len(out); n > 0 && out[n-1][1] == i {
			out[n-1][1]++
		} else {
			out = append(out, Span{i, i + 1})
		}
	}
	return out
}

// Encode is the one form of the purge.
func (p *Purge) Encode() ([]byte, error) { return oneForm(p) }

// ParsePurge reads the one form of a purge and refuses every other.
func ParsePurge(body []byte) (*Purge, error) {
	p := new(Purge)
	if err := parseOneForm("purge", body, MaxBody, p); err != nil {
		return nil, err
	}
	bad := badForm("purge")
	if _, _, err := SplitOrigin(p.Log); err != nil {
		return nil, bad("its log is not the origin of one")
	}
	if p.Basis != BasisAsked && p.Basis != BasisRetention {
		return nil, bad("its basis is wrong")
	}
	if err := checkText("purge", "why", p.Why, MaxWhy, true); err != nil {
		return nil, err
	}
	if len(p.Entries) == 0 {
		return nil, bad("it names no entry")
	}
	before, n := int64(-1), int64(0)
	for _, s := range p.Entries {
		if s[0] <= before || s[1] <= s[0] {
			return nil, bad("its entries are not in order, or one range could be part of another")
		}
		if s[1]-s[0] > MaxPurged || n+s[1]-s[0] > MaxPurged {
			return nil, bad(fmt.Sprintf("it names more than %d entries", MaxPurged))
		}
		before, n = s[1], n+s[1]-s[0]
	}
	return p, nil
}

// A Withdrawal is the body of an entry that takes records back which the clause lets out no longer: they were deleted or
// changed at home. The receiver does not show or pass on them from then on.
type Withdrawal struct {
	Dataset string   `json:"dataset"`
	Version int      `json:"version"`
	Origin  string   `json:"origin,omitempty"` // the party whose records they are, where not the sender's own
	Keys    []string `json:"keys"`             // ascending by their bytes
}

// MaxWithdrawn is how many records one withdrawal takes back at most.
const MaxWithdrawn = 10_000

// Encode is the one form of the withdrawal.
func (w *Withdrawal) Encode() ([]byte, error) { return oneForm(w) }

// ParseWithdrawal reads the one form of a withdrawal and refuses every other. Whether it names a dataset that is known is
// not its business.
func ParseWithdrawal(body []byte) (*Withdrawal, error) {
	w := new(Withdrawal)
	if err := parseOneForm("withdrawal", body, MaxBody, w); err != nil {
		return nil, err
	}
	bad := badForm("withdrawal")
	if len(w.Dataset) == 0 || len(w.Dataset) > 200 || w.Version < 1 || w.Origin != "" && CheckParty(w.Origin) != nil || len(w.Keys) == 0 || len(w.Keys) > MaxWithdrawn {
		return nil, bad("its dataset, version or number of keys is wrong")
	}
	for i, k := range w.Keys {
		if k == "" || i > 0 && w.Keys[i-1] >= k {
			return nil, bad("its keys are not in order")
		}
		if strings.ContainsFunc(k, func(r rune) bool { return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0x7f }) {
			return nil, bad("one of its keys is none that a record can have")
		}
	}
	return w, nil
}
