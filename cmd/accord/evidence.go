package main

import (
	"fmt"
	"io"

	"accord/exchange"
	"accord/internal/evidence"
	"accord/internal/node"
	"accord/internal/who"
)

type evidenceCmd struct {
	Claim    evidenceClaimCmd    `cmd:"" help:"Say that something happened under a clause; the other city answers."`
	List     evidenceListCmd     `cmd:"" help:"What is claimed here and by the partner, with both sides' word."`
	Show     evidenceShowCmd     `cmd:"" help:"One event with everything that was said of it."`
	Confirm  evidenceConfirmCmd  `cmd:"" help:"Confirm what the other city claims."`
	Dispute  evidenceDisputeCmd  `cmd:"" help:"Dispute what the other city claims, with a reason."`
	TakeBack evidenceTakeBackCmd `cmd:"" help:"Take this city's word back; the claim is unanswered again."`
	Correct  evidenceCorrectCmd  `cmd:"" help:"Say anew what this city claims; the new version needs a new word."`
	Withdraw evidenceWithdrawCmd `cmd:"" help:"Claim it no longer."`
	Judge    evidenceJudgeCmd    `cmd:"" help:"Judge whether an event counts for a clause. It stays home."`
}

type evidenceListCmd struct {
	Clause     string `help:"Only what stands under this clause."`
	Instrument string `help:"Only what stands under this instrument."`
}

func (c *evidenceListCmd) Run(r *run) error {
	return r.with(func(n *node.Node) error {
		list, err := n.Book.List(r.ctx, c.Instrument, c.Clause)
		if err != nil {
			return err
		}
		return r.print(list, func(w io.Writer) {
			for i := range list {
				writeEvent(w, &list[i])
			}
		})
	})
}

// writeEvent writes one event as a line, and a line for each clause.
func writeEvent(w io.Writer, e *evidence.Event) {
	when := e.Start.String()
	if !e.Until.IsZero() {
		when += " to " + e.Until.String()
	}
	what := ""
	if len(e.What) > 0 {
		what = e.What[0].Text
		for _, t := range e.What {
			if t.Lang == "en" {
				what = t.Text
			}
		}
	}
	fmt.Fprintf(w, "%s  version %d, %s; %s, %s by %v: %s\n", e.ID, e.Version, e.Standing, when, e.Kind, e.By, what)
	for _, c := range e.Clauses {
		counts := "counts"
		if !c.Counts {
			counts = "does not count"
		}
		fmt.Fprintf(w, "   %s for %s %s (%s) %s %s\n", counts, c.Instrument, c.Clause, c.Why, c.Person, c.Reason)
	}
}

type evidenceShowCmd struct {
	ID string `arg:"" help:"The event."`
}

func (c *evidenceShowCmd) Run(r *run) error {
	return r.with(func(n *node.Node) error {
		e, err := n.Book.Show(r.ctx, c.ID)
		if err != nil {
			return err
		}
		return r.print(e, func(w io.Writer) {
			writeEvent(w, e)
			for _, s := range e.Sources {
				fmt.Fprintf(w, "   source: %s %s\n", s.Title, s.URL)
			}
			for _, s := range e.History {
				about := ""
				if s.Version > 0 {
					about = fmt.Sprintf("version %d ", s.Version)
				}
				fmt.Fprintf(w, "   %s  %s %sby %s %s %s %s\n", s.Known.In(n.Home.Zone).Format("2006-01-02 15:04:05"), s.What, about, s.Party, s.Unit, s.Person, s.Why)
			}
		})
	})
}

// An author is who says something, for which office.
type author struct {
	person
	Unit string `help:"The office that says so, as the partner sees it; the clause's own when left out."`
}

// A speaking is one thing said of an event that stands.
type speaking struct {
	author
	ID      string `arg:"" help:"The event."`
	Version int    `help:"The version you have seen; the newest when left out."`
	Why     string `help:"The reason; the partner reads it."`
}

// deed is what is said: of the version the person has seen. Where none is named it is the one that stands now; should another
// come meanwhile, the deed is refused.
func (s *speaking) deed(r *run, n *node.Node) (evidence.Deed, *evidence.Event, error) {
	by, err := s.acting(r, n, who.Speak)
	if err != nil {
		return evidence.Deed{}, nil, err
	}
	e, err := n.Book.Show(r.ctx, s.ID)
	if err != nil {
		return evidence.Deed{}, nil, err
	}
	d := evidence.Deed{Author: evidence.Author{Person: by.ID, Unit: s.Unit}, Event: s.ID, Seen: s.Version, Why: s.Why}
	if d.Seen == 0 {
		d.Seen = e.Version
	}
	return d, e, nil
}

// say runs one deed and prints what stands after it.
func (s *speaking) say(r *run, do func(n *node.Node, d evidence.Deed, had *evidence.Event) (*evidence.Event, error)) error {
	return r.with(func(n *node.Node) error {
		d, had, err := s.deed(r, n)
		if err != nil {
			return err
		}
		e, err := do(n, d, had)
		if err != nil {
			return err
		}
		return r.print(e, func(w io.Writer) { writeEvent(w, e) })
	})
}

type evidenceConfirmCmd struct {
	speaking
	Change bool `help:"It changes what this city has said of the same version."`
}

func (c *evidenceConfirmCmd) Run(r *run) error {
	return c.say(r, func(n *node.Node, d evidence.Deed, _ *evidence.Event) (*evidence.Event, error) {
		return n.Book.Say(r.ctx, d, exchange.WordConfirmed, c.Change)
	})
}

type evidenceDisputeCmd struct {
	speaking
	Change bool `help:"It changes what this city has said of the same version."`
}

func (c *evidenceDisputeCmd) Run(r *run) error {
	if c.Why == "" {
		return usage("a dispute needs a reason: --why TEXT")
	}
	return c.say(r, func(n *node.Node, d evidence.Deed, _ *evidence.Event) (*evidence.Event, error) {
		return n.Book.Say(r.ctx, d, exchange.WordDisputed, c.Change)
	})
}

type evidenceTakeBackCmd struct{ speaking }

func (c *evidenceTakeBackCmd) Run(r *run) error {
	return c.say(r, func(n *node.Node, d evidence.Deed, _ *evidence.Event) (*evidence.Event, error) {
		return n.Book.Say(r.ctx, d, exchange.WordTakenBack, true)
	})
}

type evidenceWithdrawCmd struct{ speaking }

func (c *evidenceWithdrawCmd) Run(r *run) error {
	if c.Why == "" {
		return usage("a withdrawal needs a reason: --why TEXT")
	}
	return c.say(r, func(n *node.Node, d evidence.Deed, _ *evidence.Event) (*evidence.Event, error) {
		return n.Book.Withdraw(r.ctx, d)
	})
}

type evidenceJudgeCmd struct {
	person
	ID       string `arg:"" help:"The event."`
	Counts   string `help:"Whether it counts for the clause: yes or no." enum:"yes,no," default:""`
	Link     string `help:"Another clause for which it counts."`
	TakeBack bool   `help:"Take the judgement back."`

	Clause     string `help:"The clause it is judged for, with --counts and --take-back; its own when left out."`
	Instrument string `help:"The instrument of that clause, where several have one of this id."`
	Why        string `required:"" help:"The reason."`
	Change     bool   `help:"It changes a judgement that stands."`
}

func (c *evidenceJudgeCmd) Run(r *run) error {
	judgement, clause, err := c.judgement()
	if err != nil {
		return err
	}
	return r.with(func(n *node.Node) error {
		by, err := c.acting(r, n, who.Speak)
		if err != nil {
			return err
		}
		d := evidence.Deed{Author: evidence.Author{Person: by.ID}, Event: c.ID, Why: c.Why}
		e, err := n.Book.Judge(r.ctx, d, judgement, c.Instrument, clause, c.Change)
		if err != nil {
			return err
		}
		return r.print(e, func(w io.Writer) { writeEvent(w, e) })
	})
}

// judgement is what is judged, and for which clause; the event's own where none is named.
func (c *evidenceJudgeCmd) judgement() (judgement, clause string, err error) {
	given := 0
	for _, g := range []bool{c.Counts != "", c.Link != "", c.TakeBack} {
		if g {
			given++
		}
	}
	switch {
	case given != 1:
		return "", "", usage("say how it is judged: --counts yes, --counts no, --link CLAUSE or --take-back")
	case c.Link != "" && c.Clause != "":
		return "", "", usage("--link names the clause; leave --clause out")
	case c.Link != "":
		return evidence.Counts, c.Link, nil
	case c.TakeBack:
		return evidence.TakenBack, c.Clause, nil
	case c.Counts == "no":
		return evidence.DoesNot, c.Clause, nil
	}
	return evidence.Counts, c.Clause, nil
}
