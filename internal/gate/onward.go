package gate

import (
	"strings"
	"time"

	"accord/agreement"
	"accord/record"
)

var onwardCondition = condition{label: "gate.onward", compile: compileOnward}

// onward says whose records leave besides the sender's own, and whom the receiver may pass them on to. It narrows no record: a
// record does not say whose it is, and MayPass is asked where that is known.
type onward struct{ of, to string }

func compileOnward(t *agreement.Terms, d *record.Dataset) (check, error) {
	if len(t.Of) > 0 && d.Kind != record.Records {
		return nil, unfit(t, "series of others are not passed on")
	}
	if len(t.Of) == 0 && len(t.Onward) == 0 {
		return nil, nil
	}
	return onward{strings.Join(t.Of, ", "), strings.Join(t.Onward, ", ")}, nil
}

func (onward) narrow(*record.Record, time.Time, *Verdict)    {}
func (onward) admits(*record.Record, time.Time) (why Reason) { return why }

func (o onward) explain() Reason {
	key := "gate.onward.to"
	switch o.to {
	case "":
		key = "gate.onward.none"
	case agreement.Public:
		key = "gate.onward.public"
	}
	if o.of == "" {
		return Reason{Key: key, Args: []string{"to", o.to}}
	}
	return Reason{Key: "gate.onward.of", Args: []string{"of", o.of}, Parts: []Reason{{Key: key, Args: []string{"to", o.to}}}}
}

// MayPass says whether records that came from a party under terms may be passed on to another. Nobody's records go back to
// their own city.
func MayPass(under *agreement.Terms, from, to string) (Reason, bool) {
	if from != to && under.MayPass(to) {
		return Reason{}, true
	}
	return Reason{Key: "gate.onward.stays", Args: []string{"from", from, "to", to}}, false
}
