package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"accord/internal/area/all"
	"accord/internal/fault"
	"accord/internal/node"
	"accord/internal/shelf"
	"accord/record"
)

type dataCmd struct {
	List dataListCmd `cmd:"" help:"What is stored here of every dataset, by party."`
	Show dataShowCmd `cmd:"" help:"The records of a dataset, or its series and their values."`
}

// A heldLine is what is here of a dataset from one party. Times are empty where none is known.
type heldLine struct {
	Dataset string `json:"dataset"`
	Version int    `json:"version"`
	Kind    string `json:"kind"`
	Party   string `json:"party"`
	Records int64  `json:"records"` // or values of series
	Series  int    `json:"series"`
	First   string `json:"first"`
	Last    string `json:"last"`
}

type dataListCmd struct{}

func (c *dataListCmd) Run(r *run) error {
	return r.with(func(n *node.Node) error {
		s, out := shelfOf(n), []heldLine{}
		for _, a := range all.Areas() {
			for _, d := range a.Datasets {
				held, err := s.Held(r.ctx, d)
				if err != nil {
					return err
				}
				for _, h := range held {
					out = append(out, heldLine{d.Name, d.Version, string(d.Kind), h.Party, h.Records, h.Series, stamp(h.First), stamp(h.Last)})
				}
			}
		}
		return r.print(out, func(w io.Writer) {
			for _, h := range out {
				fmt.Fprintf(w, "%s  %s  %d %s  %s to %s\n", h.Dataset, h.Party, h.Records, h.Kind, h.First, h.Last)
			}
		})
	})
}

// shelfOf reads the datasets of a node. Who may read its home may see all that is in it.
func shelfOf(n *node.Node) *shelf.Shelf {
	return &shelf.Shelf{DB: n.DB, Party: n.Home.Config.Party, Zone: n.Home.Zone, Lookup: all.Lookup}
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

type dataShowCmd struct {
	Dataset string `arg:"" help:"The dataset, as safety/subsidence."`
	Party   string `help:"Only what is of this party."`
	Text    string `help:"Only records with this in their key, a text or a code; only series with it in their key."`
	Limit   int    `default:"1000" help:"At most so many records, the newest first, or values of each series, the last ones."`
}

func (c *dataShowCmd) Run(r *run) error {
	d, err := newest(c.Dataset)
	if err != nil {
		return err
	}
	if c.Limit < 1 || c.Limit > 100_000 {
		return fault.New(fault.Invalid, "--limit", "it is not between 1 and 100000", "give another")
	}
	return r.with(func(n *node.Node) error {
		if d.Kind == record.Series {
			return c.series(r, n, d)
		}
		return c.records(r, n, d)
	})
}

// newest finds a dataset by its name alone.
func newest(name string) (found *record.Dataset, err error) {
	for _, a := range all.Areas() {
		for _, d := range a.Datasets {
			if d.Name == name && (found == nil || d.Version > found.Version) {
				found = d
			}
		}
	}
	if found == nil {
		return nil, fault.New(fault.NotFound, "dataset", fmt.Sprintf("%.80q is none that is known here", name), "see accord data list")
	}
	return found, nil
}

// A shownRecord is one record with where it came from.
type shownRecord struct {
	Party  string          `json:"party"`
	Known  string          `json:"known"`  // when it was stored here
	Source string          `json:"source"` // the file it was read from
	Row    json.RawMessage `json:"row"`    // as it stands in a batch
}

func (c *dataShowCmd) records(r *run, n *node.Node, d *record.Dataset) error {
	out := []shownRecord{}
	err := shelfOf(n).Each(r.ctx, d.Name, shelf.Filter{Party: c.Party, Text: c.Text}, shelf.Sight{Whole: true}, func(row *shelf.Row) error {
		if len(out) == c.Limit {
			return errEnough
		}
		out = append(out, shownRecord{row.Origin, stamp(row.Known), row.Source, bytes.Clone(record.AppendRow(nil, row.Dataset, &row.Record))})
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return err
	}
	return r.print(out, func(w io.Writer) {
		for _, s := range out {
			fmt.Fprintf(w, "%s  %s\n", s.Party, s.Row)
		}
	})
}

// errEnough ends a list that is long enough.
var errEnough = errors.New("enough")

// A shownSeries is one series with its last values, each as it stands in a batch.
type shownSeries struct {
	Party     string   `json:"party"`
	Key       string   `json:"key"`
	Field     string   `json:"field"`
	Times     string   `json:"times"`
	Simulated bool     `json:"simulated"`
	Count     int64    `json:"observations"`
	Values    []string `json:"values"`
}

func (c *dataShowCmd) series(r *run, n *node.Node, d *record.Dataset) error {
	s := shelfOf(n)
	extents, err := s.Series(r.ctx, d, shelf.Filter{Party: c.Party, Text: c.Text}, shelf.Sight{Whole: true})
	if err != nil {
		return err
	}
	out := []shownSeries{}
	for _, e := range extents {
		k, points, err := s.Points(r.ctx, d, e.ID, math.MinInt64, math.MaxInt64, shelf.Sight{Whole: true})
		if err != nil {
			return err
		}
		one := shownSeries{k.Origin, k.Key, d.Fields[k.Field].Name, string(k.Step), k.Simulated, e.Values, []string{}}
		if of, ok := all.Lookup(d.Name, k.Version); ok && len(points) > 0 {
			run := k.Run
			run.Points = points[max(0, len(points)-c.Limit):]
			body, err := record.EncodeObservations(of, []record.Run{run})
			if err != nil {
				return err
			}
			one.Values = strings.Split(strings.TrimSuffix(string(body), "\n"), "\n")[2:] // after the heads
		}
		out = append(out, one)
	}
	return r.print(out, func(w io.Writer) {
		for _, s := range out {
			fmt.Fprintf(w, "%s  %s  %s by %s, %d observations\n", s.Party, s.Key, s.Field, s.Times, s.Count)
			for _, v := range s.Values {
				fmt.Fprintf(w, "  %s\n", v)
			}
		}
	})
}
