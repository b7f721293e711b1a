package exchange

import (
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"accord/internal/date"
)

// An Action is the body of an entry that does something to a text. Signed carries the signed file itself; the others
// say why.
type Action struct {
	Action     string   `json:"action"`     // signed, suspended, resumed, ended, superseded, renewed
	Instrument string   `json:"instrument"` // its id
	Date       date.Day `json:"date"`       // the day of the action
	Hash       string   `json:"hash"`       // SHA-256 of the instrument's text in hex
	Why        string   `json:"why"`        // the reason, for all but "signed"; may be empty
	File       string   `json:"file"`       // the signed note, for "signed"; otherwise empty

	At    time.Time `json:"at,omitzero"`    // for "ended" and "superseded": the first moment at which it is not in force any more
	Until date.Day  `json:"until,omitzero"` // for "renewed": the last day on which it is in force from now on
	By    string    `json:"by,omitempty"`   // for "superseded": the text that takes its place
}

// What an action can be. The sender does it for its own side: an instrument is suspended until every party that has
// suspended it has resumed it.
const (
	ActionSigned    = "signed" // every party has signed the text that the entry carries
	ActionSuspended = "suspended"
	ActionResumed   = "resumed"

	// These may be about one clause, the one in the entry's header.
	ActionEnded      = "ended"      // by one party, with the notice that the text asks for
	ActionSuperseded = "superseded" // by a text that says so itself
	ActionRenewed    = "renewed"    // once every party has said the same
)

var actions = []string{ActionSigned, ActionSuspended, ActionResumed, ActionEnded, ActionSuperseded, ActionRenewed}

// Encode is the one form of the action.
func (a *Action) Encode() ([]byte, error) { return oneForm(a) }

// MaxWhy is the longest reason in bytes.
const MaxWhy = 2000

// ParseAction reads the one form of an action and refuses every other.
func ParseAction(body []byte) (*Action, error) {
	bad := badForm("action")
	a := new(Action)
	if err := parseOneForm("action", body, MaxBody, a); err != nil {
		return nil, err
	}
	sum, err := hex.DecodeString(a.Hash)
	switch {
	case !slices.Contains(actions, a.Action):
		return nil, bad("an action of a kind not known here")
	case (a.Action == ActionEnded || a.Action == ActionSuperseded) == a.At.IsZero() || a.At.Nanosecond() != 0 || !a.At.IsZero() && (a.At.Year() < 2000 || a.At.Year() > 9999):
		return nil, bad("the time of an end is missing, or stands where none belongs")
	case (a.Action == ActionRenewed) == a.Until.IsZero():
		return nil, bad("the last day of a renewal is missing, or stands where none belongs")
	case (a.Action == ActionSuperseded) != (a.By != "") || a.By != "" && (!textIDForm.MatchString(a.By) || a.By == a.Instrument):
		return nil, bad("the text that takes its place is missing, or stands where none belongs")
	case (a.Action == ActionSigned) != (a.File != "") || a.Action == ActionSigned && a.Why != "" || len(a.Why) > MaxWhy:
		return nil, bad("it carries a text or a reason where none belongs")
	case err != nil || len(sum) != 32 || a.Hash != strings.ToLower(a.Hash) || !textIDForm.MatchString(a.Instrument) || a.Date.IsZero():
		return nil, bad("its instrument, date or hash is wrong")
	}
	return a, checkText("action", "why", a.Why, MaxWhy, true)
}
