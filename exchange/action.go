package exchange

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"strings"

	"accord/internal/date"
	"accord/internal/fault"
)

// An Action is the body of an entry that does something to a text. Signed carries the signed file itself; the others
// say why.
type Action struct {
	Action     string   `json:"action"`     // signed, suspended, resumed
	Instrument string   `json:"instrument"` // its id
	Date       date.Day `json:"date"`       // the day of the action
	Hash       string   `json:"hash"`       // SHA-256 of the instrument's text in hex
	Why        string   `json:"why"`        // the reason, for "suspended" and "resumed"; may be empty
	File       string   `json:"file"`       // the signed note, for "signed"; otherwise empty
}

// What an action can be. The sender does it for its own side: an instrument is suspended until every party that has
// suspended it has resumed it.
const (
	ActionSigned    = "signed" // every party has signed the text that the entry carries
	ActionSuspended = "suspended"
	ActionResumed   = "resumed"
)

// Encode is the one form of the action.
func (a *Action) Encode() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(a); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// MaxWhy is the longest reason in bytes.
const MaxWhy = 2000

// ParseAction reads the one form of an action and refuses every other.
func ParseAction(body []byte) (*Action, error) {
	bad := func(why string) error {
		return fault.New(fault.Invalid, "action", why, "ask the partner which version it runs")
	}
	a := new(Action)
	if err := strictJSON(body, a); err != nil {
		return nil, bad("it cannot be read: " + err.Error())
	}
	if again, err := a.Encode(); err != nil || !bytes.Equal(again, body) {
		return nil, bad("not in its one form")
	}
	sum, err := hex.DecodeString(a.Hash)
	switch {
	case a.Action != ActionSigned && a.Action != ActionSuspended && a.Action != ActionResumed:
		return nil, bad("an action of a kind not known here")
	case (a.Action == ActionSigned) != (a.File != "") || a.Action == ActionSigned && a.Why != "" || len(a.Why) > MaxWhy:
		return nil, bad("it carries a text or a reason where none belongs")
	case err != nil || len(sum) != 32 || a.Hash != strings.ToLower(a.Hash) || !textIDForm.MatchString(a.Instrument) || a.Date.IsZero():
		return nil, bad("its instrument, date or hash is wrong")
	}
	return a, nil
}
