package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"accord/agreement"
	"accord/content"
	"accord/internal/date"
	"accord/internal/history"
	"accord/internal/pulse"
)

// A world is one body of evidence and the days on which it is asked.
type world struct {
	clauses []pulse.Clause
	events  []pulse.Event
	actions []agreement.Action
	days    []date.Day
}

// byScript derives every standing of worlds with the script of the page, run by node.
func byScript(t *testing.T, worlds []world) []byte {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		missing(t, "node is not installed")
	}
	type asked struct {
		Facts pulse.Facts `json:"facts"`
		Days  []date.Day  `json:"days"`
	}
	var all []asked
	for _, w := range worlds {
		facts := pulse.NewFacts(w.clauses, w.events, w.actions, func(agreement.Texts) (string, string) { return "", "" })
		all = append(all, asked{facts, w.days})
	}
	in, err := json.Marshal(map[string]any{"script": filepath.Join("assets", "pulse.js"), "worlds": all})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), node, filepath.Join("..", "..", "web-tests", "pulse.mjs"))
	var stderr bytes.Buffer
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, &stderr)
	}
	return out
}

// byPulse derives the same with internal/pulse.
func byPulse(worlds []world) []byte {
	var b bytes.Buffer
	for _, w := range worlds {
		for _, day := range w.days {
			standings := pulse.Of(w.clauses, w.events, w.actions, day)
			for _, s := range standings {
				days, last, due := "-", "-", "-"
				if s.Days != nil {
					days, last = fmt.Sprint(*s.Days), s.Last.ID
				}
				if !s.Due.IsZero() {
					due = s.Due.String()
				}
				fmt.Fprintf(&b, "%s|%s|%s|%s|%s|%v|%s\n", day, s.Clause.ID, s.State, days, last, s.About, due)
			}
			p := NewPulse(&history.History{}, standings, w.events, day)
			if p.Silence == nil {
				continue
			}
			for _, gap := range append([]Silence{*p.Silence}, p.Silences...) {
				until := gap.Until.String()
				if gap.Ongoing {
					until = "-"
				}
				fmt.Fprintf(&b, "%s|heads|%d|%s|%s|%v\n", day, gap.Days, gap.From, until, gap.About)
			}
		}
	}
	return b.Bytes()
}

func compare(t *testing.T, worlds []world) {
	t.Helper()
	want, got := byPulse(worlds), byScript(t, worlds)
	if bytes.Equal(want, got) {
		return
	}
	a, b := strings.Split(string(want), "\n"), strings.Split(string(got), "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			t.Fatalf("line %d: the package says %s, the script %s", i, a[i], b[i])
		}
	}
	t.Fatalf("the package says %d lines, the script %d", len(a), len(b))
}

// every is every day from one to another.
func every(from, until date.Day) (out []date.Day) {
	for d := from; !d.After(until); d = d.AddDays(1) {
		out = append(out, d)
	}
	return out
}

// boundaries are the days around which a state of a world can change after a day.
func boundaries(w world, after date.Day) (out []date.Day) {
	for _, c := range w.clauses {
		ends := []date.Day{c.WindowUntil}
		for i := range w.events {
			e := &w.events[i]
			last := e.Start.Last()
			if !e.Until.IsZero() {
				last = e.Until.Last()
			}
			ends = append(ends, last)
			if i := c.Cadence.Interval(); e.Clause == c.ID && !i.IsZero() {
				ends = append(ends, i.From(last), i.Times(last, 5, 4), i.Times(last, 2, 1))
			}
		}
		for _, d := range ends {
			for n := -1; n <= 1 && !d.IsZero(); n++ {
				if at := d.AddDays(n); at.After(after) {
					out = append(out, at)
				}
			}
		}
	}
	return out
}

// TestScriptSaysWhatPulseSays compares the script that moves with the slider with internal/pulse: every clause of the history on
// every day from 1988 on, and on the days after that on which something changes.
func TestScriptSaysWhatPulseSays(t *testing.T) {
	h, err := history.Load(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	w := world{clauses: h.Clauses(), events: h.Events}
	last := date.NewDay(2027, 12, 31)
	w.days = append(every(date.NewDay(1988, 1, 1), last), boundaries(w, last)...)
	if len(w.days) < 14_000 || len(w.clauses) < 20 {
		t.Fatalf("only %d days and %d clauses", len(w.days), len(w.clauses))
	}
	compare(t, []world{w})
}

// TestScriptSaysWhatPulseSaysOfAnyWorld compares them on what the history does not have: claims, words, judgements, suspensions,
// every cadence and every kind of sides, dates of each precision.
func TestScriptSaysWhatPulseSaysOfAnyWorld(t *testing.T) {
	r := rand.New(rand.NewPCG(88, 14))
	var worlds []world
	for range 300 {
		worlds = append(worlds, anyWorld(r))
	}
	compare(t, worlds)
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

func anyDate(r *rand.Rand) date.Date {
	s := date.NewDay(2018, 1, 1).AddDays(r.IntN(3200)).String()
	d, err := date.Parse(s[:pick(r, 4, 7, 10, 10, 10)])
	if err != nil {
		panic(err)
	}
	return d
}

func anyWorld(r *rand.Rand) (w world) {
	in := &agreement.Instrument{ID: "I", Parties: pick(r, []string{"east", "west"}, []string{"east", "west", "north"}, nil)}
	if r.IntN(4) > 0 {
		in.Date = anyDate(r)
	}
	for _, id := range []string{"X", "Y"} {
		in.Clauses = append(in.Clauses, agreement.Clause{
			ID: id, Level: map[string]agreement.Level{"X": agreement.Head, "Y": agreement.Working}[id], Kinds: []agreement.EventKind{"drill"}, Sides: pick(r, agreement.AnySide, agreement.BothSide, agreement.EachWay),
			Act:         pick(r, agreement.Agreed, agreement.Agreed, agreement.AreaOnly, agreement.Proposed),
			Cadence:     pick(r, agreement.Cadence("P1Y"), "P6M", "P2Y", "P30D", "P1M", "P7M", "P7D", agreement.AsNeeded, agreement.Once),
			WindowUntil: date.NewDay(2018, 1, 1).AddDays(r.IntN(3200)),
		})
	}
	w.clauses = pulse.Clauses(in)
	for i := range r.IntN(12) {
		w.events = append(w.events, anyEvent(r, i))
	}
	for range r.IntN(5) {
		w.actions = append(w.actions, agreement.Action{Instrument: pick(r, "I", "I", "J"), Clause: pick(r, "", "", "X"), Date: anyDate(r),
			Action: pick(r, agreement.ActSuspended, agreement.ActSuspended, agreement.ActResumed, agreement.ActEnded, agreement.ActRenewed, agreement.ActSuperseded)})
	}
	for range 60 {
		w.days = append(w.days, date.NewDay(2017, 6, 1).AddDays(r.IntN(4000)))
	}
	w.days = append(w.days, boundaries(w, date.NewDay(2017, 1, 1))...)
	return w
}

func anyEvent(r *rand.Rand, i int) pulse.Event {
	e := pulse.Event{
		ID: fmt.Sprint(i), Instrument: pick(r, "", "I", "I", "J"), Clause: pick(r, "X", "X", "Y", ""), Kind: pick[agreement.EventKind](r, "drill", "drill", "forum"),
		By: pick(r, []string{"east"}, []string{"west"}, []string{"east", "west"}, nil), Start: anyDate(r), Claimant: pick(r, "", "east", "west"),
		Rule: pick(r, pulse.ByKind, pulse.ByKind, pulse.Never, pulse.ByPerson), Word: pick(r, pulse.Unanswered, pulse.Confirmed, pulse.Denied),
	}
	if r.IntN(2) == 0 {
		e.Until = date.OnDay(e.Start.Last().AddDays(r.IntN(400)))
	}
	if r.IntN(3) == 0 {
		e.Judgement = &pulse.Judgement{Counts: r.IntN(2) == 0}
	}
	return e
}
