package main

import (
	"fmt"
	"io"
	"time"

	"accord/content"
	"accord/internal/date"
	"accord/internal/fault"
	"accord/internal/history"
	"accord/internal/node"
	"accord/internal/pulse"
)

type pulseCmd struct {
	AsOf    string `help:"The day, as 2019-12-01; today when left out."`
	KnownBy string `help:"Only what was known here at the end of this day: what there was to think then." xor:"what"`
	Sample  bool   `xor:"what" help:"Read the registered history from public sources instead of this node."`
}

func (c *pulseCmd) Run(r *run) error {
	asOf := date.Of(time.Now())
	if c.AsOf != "" {
		var err error
		if asOf, err = date.ParseDay(c.AsOf); err != nil {
			return fault.New(fault.Invalid, "--as-of", err.Error(), "write the day as 2019-12-01")
		}
	}
	var known date.Day
	if c.KnownBy != "" {
		var err error
		if known, err = date.ParseDay(c.KnownBy); err != nil {
			return fault.New(fault.Invalid, "--known-by", err.Error(), "write the day as 2019-12-01")
		}
	}
	if c.Sample {
		h, err := history.Load(content.FS)
		if err != nil {
			return err
		}
		return c.show(r, h.Pulse(asOf), asOf)
	}
	return r.with(func(n *node.Node) error {
		if c.AsOf == "" {
			asOf = n.Today()
		}
		standings, err := n.PulseKnown(r.ctx, asOf, known)
		if err != nil {
			return err
		}
		return c.show(r, standings, asOf)
	})
}

func (c *pulseCmd) show(r *run, standings []pulse.Standing, asOf date.Day) error {
	report := pulse.NewReport(standings, asOf)
	return r.print(report, func(w io.Writer) {
		fmt.Fprintf(w, "as of %s\n", report.AsOf)
		for _, l := range report.Clauses {
			days, last := "", ""
			if l.Days != nil {
				days = fmt.Sprintf("%d days", *l.Days)
				if l.About {
					days = "about " + days
				}
			}
			if l.Last != nil {
				last = l.Last.Date.String() + " " + l.Last.What
			}
			fmt.Fprintf(w, "%-4s %-11s %-8s %-13s %-16s %s\n", l.ID, l.Area, l.Level, l.State, days, last)
		}
	})
}
