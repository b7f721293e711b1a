package gate

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"accord/agreement"
	"accord/internal/date"
	"accord/record"
)

// groupsLabel is the message key of the condition's name.
const groupsLabel = "gate.groups"

// groups lets out tables of groups and no record.
type groups struct {
	source  *record.Dataset // what is counted
	dataset *record.Dataset // what leaves
	terms   *agreement.Terms
	where   where // what is counted at all
	delay   delay
	by      []int // fields of source, in its order
	out     []int // the same in dataset
	sums    []int // fields of source
	sumsOut []int
	totals  int // fields of dataset
	count   int
	blank   int
	mark    []byte // what makes keys of these groups differ from others'
}

func compileGroups(t *agreement.Terms, d *record.Dataset) (*Gate, error) {
	g := &groups{source: d, dataset: d.Groups(), terms: t, delay: delay{t.Delay}}
	if why := g.fit(t, d); why != "" {
		return nil, unfit(t, why)
	}
	grade, err := compileGrade(t, d)
	if err != nil {
		return nil, err
	}
	if k, err := compileWhere(t, d); err != nil {
		return nil, err
	} else if k != nil {
		g.where = k.(where)
		for i := range g.where.all {
			g.where.all[i].leaves = false
		}
	}
	g.totals, g.count, g.blank = g.dataset.Index("totals"), g.dataset.Index("count"), g.dataset.Index("blank")
	g.mark = g.marked()
	out := &Gate{dataset: g.dataset, checks: []check{grade, g}, groups: g}
	if len(g.where.all) > 0 {
		out.checks = []check{grade, explained{g.where}, g}
	}
	return out, nil
}

// fit says what of the terms does not fit the dataset; nothing when all does.
func (g *groups) fit(t *agreement.Terms, d *record.Dataset) string {
	a := t.Groups
	if err := g.dataset.Check(); err != nil {
		return err.Error()
	}
	for i := range d.Fields { // in the dataset's order, so that the order in the text makes no other table
		f := &d.Fields[i]
		if slices.Contains(a.By, f.Name) {
			if f.Type != record.Text && f.Type != record.Code && f.Type != record.Bool || g.dataset.Index(f.Name) < 0 {
				return fmt.Sprintf("field %s makes no groups", f.Name)
			}
			g.by, g.out = append(g.by, i), append(g.out, g.dataset.Index(f.Name))
		}
		if slices.Contains(a.Sums, f.Name) {
			if !f.Summable() {
				return fmt.Sprintf("field %s cannot be summed", f.Name)
			}
			g.sums, g.sumsOut = append(g.sums, i), append(g.sumsOut, g.dataset.Index("sum_"+f.Name))
		}
	}
	switch district := t.Place.District(); {
	case d.Kind != record.Records:
		return "the values of series are not counted in groups"
	case len(g.by) != len(a.By) || len(g.sums) != len(a.Sums):
		return fmt.Sprintf("%s lacks one of the fields %s", d.Name, strings.Join(append(slices.Clone(a.By), a.Sums...), ", "))
	case len(g.by) < 1 || len(g.by) > 4:
		return "they name no field that makes groups, or more than four"
	case len(t.Fields) > 0 || t.Time != "" || t.Place != "none" && (district == "" || !slices.Contains(a.By, district)):
		return "only groups leave, and yet they say how fields, time or points would"
	case a.Least < 3:
		return "their smallest group is below 3"
	case a.Step != "" && a.Step != agreement.ByMonth && a.Step != agreement.ByYear:
		return fmt.Sprintf("step %.40q is neither month nor year", string(a.Step))
	case t.Since.IsZero() || a.Step == "" && t.Until.IsZero() || !t.Until.IsZero() && t.Until.Before(t.Since):
		return "a table is of a closed period, and theirs has no beginning or no end"
	case !a.Step.Fits(t.Since, t.Until):
		return fmt.Sprintf("their period begins or ends within a %s", a.Step)
	}
	return ""
}

// marked is what tells these groups from others of the same dataset: one line for each thing that changes what is counted.
func (g *groups) marked() []byte {
	var b bytes.Buffer
	t, a := g.terms, g.terms.Groups
	fmt.Fprintf(&b, "%s %d\n", t.Dataset, t.Version)
	for _, list := range [][]int{g.by, g.sums} {
		for _, i := range list {
			fmt.Fprintf(&b, "%s ", g.source.Fields[i].Name)
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "%s %d\n", a.Step, a.Least)
	for _, w := range t.Where {
		fmt.Fprintf(&b, "%s %s %q\n", w.Field, w.Test, w.Values)
	}
	return b.Bytes()
}

// key names a cell of a table: 32 hex digits over the groups' mark, the period and the cell's place in the table.
func (g *groups) key(span string, r *record.Record) string {
	place := record.Record{Values: make([]record.Value, len(g.dataset.Fields))}
	for _, i := range append(slices.Clone(g.out), g.totals) {
		place.Values[i] = r.Value(i)
	}
	h := sha256.New()
	h.Write(g.mark)
	h.Write(append([]byte(span), '\n'))
	h.Write(record.AppendRow(nil, g.dataset, &place))
	return hex.EncodeToString(h.Sum(nil)[:16])
}

func (g *groups) narrow(*record.Record, time.Time, *Verdict) {}

// admits looks at one cell. Whether the table as a whole hides what is blank is for AdmitsAll.
func (g *groups) admits(r *record.Record, left time.Time) Reason {
	span, ok := g.spanOf(r.When)
	switch {
	case r.Place.Known:
		return Reason{Key: "gate.place.extra"}
	case !ok:
		return Reason{Key: "gate.groups.period"}
	case left.Before(g.closes(span)):
		return Reason{Key: "gate.groups.open", Args: []string{"due", g.closes(span).Format(time.RFC3339)}}
	}
	for i := range g.dataset.Fields {
		if !r.Value(i).IsAbsent() && i != g.totals && i != g.count && i != g.blank && !slices.Contains(g.out, i) && !slices.Contains(g.sumsOut, i) {
			return Reason{Key: "gate.fields.extra", Args: []string{"field", g.dataset.Fields[i].Name}}
		}
	}
	if !g.placed(r) || r.Key != g.key(span.Name, r) {
		return Reason{Key: "gate.groups.place"}
	}
	return g.admitsCount(r)
}

// admitsCount wants a cell that is blank, or holds nothing or enough.
func (g *groups) admitsCount(r *record.Record) Reason {
	blank := r.Value(g.blank)
	for _, i := range append([]int{g.count}, g.sumsOut...) {
		v := r.Value(i)
		switch {
		case v.IsAbsent() != blank.Bool() || !blank.IsAbsent() && !blank.Bool():
			return Reason{Key: "gate.groups.blank"}
		case v.Num > 0 && v.Num < float64(g.terms.Groups.Least):
			return Reason{Key: "gate.groups.small", Args: []string{"least", strconv.Itoa(g.terms.Groups.Least)}}
		}
	}
	return Reason{}
}

// placed says whether the totals of a cell are named in order, and no group beside its own total.
func (g *groups) placed(r *record.Record) bool {
	names := strings.Fields(r.Value(g.totals).Text)
	var want []string
	for k, i := range g.by {
		if name := g.source.Fields[i].Name; slices.Contains(names, name) {
			if want = append(want, name); !r.Value(g.out[k]).IsAbsent() {
				return false
			}
		}
	}
	return strings.Join(want, " ") == r.Value(g.totals).Text
}

func (g *groups) explain() Reason {
	names := func(fields []int) []string {
		out := make([]string, len(fields))
		for k, i := range fields {
			out[k] = g.source.Fields[i].Name
		}
		return out
	}
	step := string(g.terms.Groups.Step)
	if step == "" {
		step = "once"
	}
	args := []string{"by", orDash(names(g.by)), "sums", orDash(names(g.sums)), "least", strconv.Itoa(g.terms.Groups.Least),
		"since", g.terms.Since.String(), "until", orDots(g.terms.Until), "delay", cmpOr(g.terms.Delay.String(), "–")}
	return Reason{Key: "gate.groups.only." + step, Args: args}
}

func cmpOr(s, or string) string {
	if s == "" {
		return or
	}
	return s
}

// explained is a condition that is only said: it narrows what is counted, and nothing of it is seen in a group.
type explained struct{ where }

func (explained) narrow(*record.Record, time.Time, *Verdict) {}
func (explained) admits(*record.Record, time.Time) Reason    { return Reason{} }

// A Span is the period of one table.
type Span struct {
	Name        string // 2018-03, 2018, or 2018-01-01/2019-06-30
	First, Last date.Day
	When        record.Time // of its cells; unknown where the period has no name of its own
}

// closes is when a span is over everywhere and the delay after it too.
func (g *groups) closes(s Span) time.Time { return g.delay.due(record.OnDate(date.OnDay(s.Last))) }

// spanOf is the span that the time of a cell names.
func (g *groups) spanOf(t record.Time) (Span, bool) {
	step := g.terms.Groups.Step
	if _, exact := t.Instant(); exact || t.IsZero() != (step == "") {
		return Span{}, false
	}
	if step == "" {
		return g.whole(), true
	}
	s := g.span(t.Date())
	return s, s.When == t && g.within(t.Date())
}

func (g *groups) whole() Span {
	t := g.terms
	return Span{Name: t.Since.String() + "/" + t.Until.String(), First: t.Since, Last: t.Until}
}

// span is the span that a date begins in.
func (g *groups) span(d date.Date) Span {
	step := g.terms.Groups.Step
	if step == "" {
		return g.whole()
	}
	c := d.Coarser(date.Precision(step))
	return Span{Name: c.String(), First: c.First(), Last: c.Last(), When: record.OnDate(c)}
}

// within says whether a date lies in one span altogether, and that one in the period.
func (g *groups) within(d date.Date) bool {
	t := g.terms
	s := g.span(d)
	return !d.First().Before(t.Since) && (t.Until.IsZero() || !d.Last().After(t.Until)) && !d.First().Before(s.First) && !d.Last().After(s.Last)
}

// SpanOf is the span of a table's cells.
func (g *Gate) SpanOf(cells []record.Record) (Span, bool) {
	if g.groups == nil || len(cells) == 0 {
		return Span{}, false
	}
	return g.groups.spanOf(cells[0].When)
}

// Grouped says whether the gate lets out tables of groups instead of records.
func (g *Gate) Grouped() bool { return g.groups != nil }

// maxSpans bounds the tables of one permission: a century of months.
const maxSpans = 1200

// Closed returns the spans whose tables may leave at now, the earliest first.
func (g *Gate) Closed(now time.Time) (out []Span) {
	t := g.groups.terms
	for s := g.groups.span(date.OnDay(t.Since)); len(out) < maxSpans; s = g.groups.span(date.OnDay(s.Last.AddDays(1))) {
		if now.Before(g.groups.closes(s)) || !t.Until.IsZero() && s.First.After(t.Until) {
			break
		}
		out = append(out, s)
		if t.Groups.Step == "" {
			break
		}
	}
	return out
}
