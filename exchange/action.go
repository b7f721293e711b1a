package exchange

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"strings"

	"accord/internal/date"
	"accord/internal/fault"
)

// An Action is the body of an entry that does something to a text. Signed carries the signed file itself.
type Action struct {
	Action     string   `json:"action"`     // "signed"
	Instrument string   `json:"instrument"` // its id
	Date       date.Day `json:"date"`       // the day of the action
	Hash       string   `json:"hash"`       // SHA-256 of the instrument's text in hex
	File       string   `json:"file"`       // the signed note, for "signed"
}

// ActionSigned says that every party has signed the text that the entry carries.
const ActionSigned = "signed"

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
	case a.Action != ActionSigned:
		return nil, bad("an action of a kind not known here")
	case err != nil || len(sum) != 32 || a.Hash != strings.ToLower(a.Hash) || !textIDForm.MatchString(a.Instrument) || a.Date.IsZero():
		return nil, bad("its instrument, date or hash is wrong")
	}
	return a, nil
}
