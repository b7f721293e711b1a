package exchange

import (
	"bytes"
	"encoding/json"
	"fmt"

	"accord/internal/fault"
)

// A formed body knows its one form.
type formed interface{ Encode() ([]byte, error) }

// badForm is a fault in what a partner has sent as the body of an entry.
func badForm(what string) func(why string) *fault.Fault {
	return func(why string) *fault.Fault {
		return fault.New(fault.Invalid, what, why, "ask the partner which version it runs")
	}
}

// oneForm writes a body as JSON: members in the order of the struct, no white space.
func oneForm(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// parseOneForm reads a body of at most that many bytes into v and refuses it unless v is written as the same bytes.
func parseOneForm(what string, body []byte, most int, v formed) error {
	bad := badForm(what)
	if len(body) > most {
		return bad(fmt.Sprintf("longer than %d bytes", most))
	}
	if err := strictJSON(body, v); err != nil {
		return bad("it cannot be read: " + err.Error())
	}
	if again, err := v.Encode(); err != nil || !bytes.Equal(again, body) {
		return bad("not in its one form")
	}
	return nil
}
