package record

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// MaxHead is the most bytes of a batch's head line.
const MaxHead = 32 << 10

// An Origin says of records that another party than the sender gave them, under which clause, and for what purpose. It is the
// word of the sender; the origin itself proves only what it gave directly.
type Origin struct {
	Party      string    `json:"party"`
	Instrument string    `json:"instrument"`
	Clause     string    `json:"clause"`
	Purpose    []Purpose `json:"purpose"` // what the receiver may use them for, as that clause says; may be empty
}

// A Purpose is one language's text of it.
type Purpose struct {
	Lang string `json:"lang"`
	Text string `json:"text"`
}

// EncodeOnward writes the body of a batch of records that another party gave.
func EncodeOnward(d *Dataset, records []Record, o *Origin) ([]byte, error) {
	if why := o.problem(); why != "" {
		return nil, batchFault("%s", why)
	}
	return encodeBatch(d, records, o)
}

func (o *Origin) problem() string {
	if o == nil {
		return ""
	}
	if !isWord(o.Party, '-') || len(o.Party) > 32 {
		return "its origin is not a party"
	}
	for _, id := range []string{o.Instrument, o.Clause} {
		if id == "" || len(id) > 32 || bytes.ContainsFunc([]byte(id), func(r rune) bool {
			return r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
		}) {
			return "its origin names no clause"
		}
	}
	if o.Purpose == nil || len(o.Purpose) > 16 {
		return "its purpose is no list of up to 16 texts"
	}
	for _, p := range o.Purpose {
		if textProblem(p.Lang, 20) != "" || textProblem(p.Text, MaxText) != "" {
			return "a text of its purpose cannot be one"
		}
	}
	return ""
}

// append writes the member of the head.
func (o *Origin) append(b []byte) []byte {
	if o == nil {
		return b
	}
	b = appendString(append(b, `,"origin":{"party":`...), o.Party)
	b = appendString(append(b, `,"instrument":`...), o.Instrument)
	b = appendString(append(b, `,"clause":`...), o.Clause)
	b = append(b, `,"purpose":[`...)
	for i, p := range o.Purpose {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(append(b, `{"lang":`...), p.Lang)
		b = append(appendString(append(b, `,"text":`...), p.Text), '}')
	}
	return append(b, "]}"...)
}

// cutOrigin splits a head line into the plain one and the origin it names. Whether that is in canonical form shows when the head
// is written again.
func cutOrigin(head []byte) (plain []byte, o *Origin, why string) {
	i := bytes.Index(head, []byte(`,"origin":`))
	if i < 0 {
		return head, nil, ""
	}
	if len(head) > MaxHead {
		return nil, nil, fmt.Sprintf("its head line is longer than %d bytes", MaxHead)
	}
	member, ok := bytes.CutSuffix(head[i+len(`,"origin":`):], []byte("}"))
	o = new(Origin)
	if !ok || json.Unmarshal(member, o) != nil {
		return nil, nil, "its head line is not a head line"
	}
	return append(head[:i:i], '}'), o, o.problem()
}
