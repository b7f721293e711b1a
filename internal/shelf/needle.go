package shelf

import (
	"strings"

	"accord/record"
)

// A needle is a text that is looked for; nil is found everywhere.
type needle struct{ lower string }

func newNeedle(s string) *needle {
	if s = strings.ToLower(strings.TrimSpace(s)); s == "" {
		return nil
	}
	return &needle{s}
}

func (n *needle) in(d *record.Dataset, r *record.Record) bool {
	if n == nil || n.within(r.Key) {
		return true
	}
	for i := range d.Fields {
		if v := r.Value(i); (v.Type == record.Text || v.Type == record.Code) && n.within(v.Text) {
			return true
		}
	}
	return false
}

func (n *needle) within(s string) bool {
	return n == nil || strings.Contains(strings.ToLower(s), n.lower)
}
