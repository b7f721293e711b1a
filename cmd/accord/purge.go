package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"accord/exchange"
	"accord/internal/fault"
	"accord/internal/flow"
	"accord/internal/node"
)

type purgeCmd struct {
	Due purgeRunCmd `cmd:"" name:"run" default:"withargs" help:"Erase what may not be kept any longer, and confirm it to the partner with the next bundle."`
	Ask purgeAskCmd `cmd:"" help:"Ask a partner to erase what entries of this city brought it."`
}

type purgeRunCmd struct {
	DryRun bool   `help:"Only say what is due."`
	AsOf   string `help:"With --dry-run: what would be due on that day."`
}

func (c *purgeRunCmd) Run(r *run) error {
	day, err := aDay("--as-of", c.AsOf)
	if err != nil {
		return err
	}
	if c.AsOf != "" && !c.DryRun {
		return usage("purge: nothing is erased before its time; --as-of goes with --dry-run")
	}
	return r.with(func(n *node.Node) error {
		at := time.Now()
		if c.AsOf != "" {
			at = day.Time()
		}
		due, cleaned, err := []flow.Due{}, false, error(nil)
		if c.DryRun {
			var some []flow.Due
			some, err = n.Flow.Due(r.ctx, at)
			due = append(due, some...)
		} else {
			var some []flow.Due
			if some, err = n.Flow.Purge(r.ctx); err == nil {
				cleaned, err = n.Flow.Clean(r.ctx)
			}
			due = append(due, some...)
		}
		if err != nil {
			return err
		}
		return r.print(map[string]any{"dry_run": c.DryRun, "due": due, "cleaned": cleaned}, func(w io.Writer) {
			verb := map[bool]string{true: "due", false: "erased"}[c.DryRun]
			for _, d := range due {
				fmt.Fprintf(w, "%s: %d records of %s by %s under %s %s, entries %s\n", verb, d.Rows, d.Dataset, d.Partner, d.Instrument, d.Clause, spansText(d.Entries))
			}
			if len(due) == 0 {
				fmt.Fprintln(w, "nothing is due")
			}
			if cleaned {
				fmt.Fprintln(w, "the files of the database are cleaned")
			}
		})
	})
}

func spansText(spans []exchange.Span) string {
	var out []string
	for _, s := range spans {
		if s[1]-s[0] == 1 {
			out = append(out, strconv.FormatInt(s[0], 10))
		} else {
			out = append(out, fmt.Sprintf("%d-%d", s[0], s[1]-1))
		}
	}
	return strings.Join(out, ",")
}

type purgeAskCmd struct {
	To         string `help:"The partner."`
	Instrument string `help:"The instrument under which the entries left."`
	Entries    string `help:"Their positions in this city's log, as 3-7,9."`
	Document   string `help:"Instead of them: a document, all of it."`
	Why        string `required:"" help:"The reason; the partner reads it."`
}

func (c *purgeAskCmd) Run(r *run) error {
	entries := c.To != "" && c.Instrument != "" && c.Entries != ""
	if entries == (c.Document != "") || c.Document != "" && (c.To != "" || c.Instrument != "" || c.Entries != "") {
		return usage("name what is to be erased: --to, --instrument and --entries, or --document")
	}
	var spans []exchange.Span
	if entries {
		var err error
		if spans, err = readSpans(c.Entries); err != nil {
			return err
		}
	}
	return r.with(func(n *node.Node) error {
		if entries {
			if err := n.Flow.AskPurge(r.ctx, c.To, c.Instrument, spans, c.Why); err != nil {
				return err
			}
		} else {
			k, of, err := n.Flow.AskPurgeOfDocument(r.ctx, c.Document, c.Why)
			if err != nil {
				return err
			}
			c.To, c.Instrument, spans = k.Partner, k.Instrument, of
		}
		return r.print(map[string]any{"to": c.To, "instrument": c.Instrument, "entries": spans}, func(w io.Writer) {
			fmt.Fprintf(w, "%s is asked to erase entries %s; the copies here go when it has confirmed\n", c.To, spansText(spans))
		})
	})
}

// readSpans reads positions as people write them: 3-7,9.
func readSpans(text string) ([]exchange.Span, error) {
	bad := fault.New(fault.Invalid, "--entries", fmt.Sprintf("%.80q are not positions in order", text), "write them as 3-7,9")
	var indexes []int64
	for part := range strings.SplitSeq(text, ",") {
		first, last, isRange := strings.Cut(part, "-")
		a, err := strconv.ParseUint(first, 10, 40)
		b := a
		if err == nil && isRange {
			b, err = strconv.ParseUint(last, 10, 40)
		}
		if err != nil || b < a || b-a >= exchange.MaxPurged || len(indexes) > 0 && int64(a) <= indexes[len(indexes)-1] {
			return nil, bad
		}
		for i := a; i <= b; i++ {
			indexes = append(indexes, int64(i))
		}
		if len(indexes) > exchange.MaxPurged {
			return nil, bad
		}
	}
	return exchange.Spans(indexes), nil
}
