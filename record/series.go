package record

import (
	"math"
	"slices"
	"strings"
	"time"

	"accord/internal/date"
)

// A Step is how precisely the times of a series are known: all of one series alike.
type Step string

const (
	ByInstant Step = "instant"
	ByDay     Step = "day"
	ByMonth   Step = "month"
	ByYear    Step = "year"
)

// steps is the order in which series that differ in nothing else follow each other.
var steps = []Step{ByInstant, ByDay, ByMonth, ByYear}

// A Name tells a series from every other of its dataset and origin.
type Name struct {
	Key   string // the station or whatever else is measured
	Field int    // the quantity, by its place in the dataset's fields
	Step  Step
}

// Compare orders series as a batch does: by key, quantity and step.
func (n Name) Compare(o Name) int {
	if c := strings.Compare(n.Key, o.Key); c != 0 {
		return c
	}
	if n.Field != o.Field {
		return n.Field - o.Field
	}
	return slices.Index(steps, n.Step) - slices.Index(steps, o.Step)
}

// A Run is observations of one series in the order of time.
type Run struct {
	Name
	Place     Place // where it is measured; the zero Place is unknown
	Simulated bool
	Points    []Point
}

// A Point is one observation: the value at a time. Points of a series are told apart by At.
type Point struct {
	At      int64 // microseconds since 1970 in UTC; of a date, midnight UTC at its beginning
	Value   float64
	Offset  int16 // minutes east of UTC with which an instant was published
	Quality int16 // 0 for none, else the code's place in the list of codes from 1
}

// PointAt makes a point of a time and a value, and says by which step; false where the time is unknown or finer than a
// microsecond.
func PointAt(t Time, value float64) (p Point, by Step, ok bool) {
	p.Value = value + 0 // no minus before zero
	if t.exact {
		p.At, p.Offset = t.sec*1e6+int64(t.nsec)/1000, t.offset
		return p, ByInstant, t.nsec%1000 == 0
	}
	if t.date.IsZero() {
		return p, "", false
	}
	p.At = t.date.First().Time().UnixMicro()
	return p, Step(t.date.Precision()), true
}

// Time is when the point was, as precisely as the step says.
func (p Point) Time(by Step) Time {
	if by == ByInstant {
		sec := floorDiv(p.At, 1e6)
		return Time{sec: sec, nsec: int32(p.At-sec*1e6) * 1000, offset: p.Offset, exact: true}
	}
	day := date.Of(time.UnixMicro(p.At).UTC())
	if by == ByDay {
		return Time{date: date.OnDay(day)}
	}
	s := day.String()
	if by == ByMonth {
		s = s[:len("2006-01")]
	} else {
		s = s[:len("2006")]
	}
	d, _ := date.Parse(s)
	return Time{date: d}
}

// Record is the point as a record of its dataset, for what works on records: its gate. values has room for every field.
func (r *Run) Record(d *Dataset, p Point, values []Value) Record {
	clear(values)
	values[r.Field] = NumberOf(p.Value)
	if p.Quality > 0 {
		q := len(d.Fields) - 1
		values[q] = CodeOf(d.Fields[q].Codes[p.Quality-1])
	}
	return Record{Key: r.Key, When: p.Time(r.Step), Place: r.Place, Values: values, Simulated: r.Simulated}
}

// QualityOf finds the code of a quality; 0 for none, -1 where the dataset has no such code.
func (d *Dataset) QualityOf(code string) int16 {
	if code == "" {
		return 0
	}
	q := len(d.Fields) - 1
	if q < 0 || d.Fields[q].Name != Quality {
		return -1
	}
	i := slices.Index(d.Fields[q].Codes, code)
	if i < 0 {
		return -1
	}
	return int16(i + 1)
}

// quantity says whether the field at i is one that a series can be of.
func (d *Dataset) quantity(i int) bool {
	return i >= 0 && i < len(d.Fields) && d.Fields[i].Type == Number
}

// CheckPoint says what is wrong with an observation; nothing when it can be one of the run.
func (d *Dataset) CheckPoint(r *Run, p Point) string {
	if why := d.Fields[r.Field].numberProblem(p.Value); why != "" {
		return why
	}
	q := &d.Fields[len(d.Fields)-1]
	switch {
	case p.Value == 0 && math.Signbit(p.Value):
		return "it is minus zero"
	case p.Quality < 0 || p.Quality > 0 && (q.Name != Quality || int(p.Quality) > len(q.Codes)):
		return "its quality is not one of the codes"
	case p.At < firstMicro || p.At > lastMicro:
		return "its year is not one from 1000 to 9999"
	case p.Offset < -12*60 || p.Offset > 14*60 || p.Offset != 0 && r.Step != ByInstant:
		return "its offset is one that no clock on earth has"
	}
	return ""
}

// Bounds of what a time can be, one day away from the years 1000 and 9999 so that no offset leads out of them.
var (
	firstMicro = time.Date(1000, 1, 2, 0, 0, 0, 0, time.UTC).UnixMicro()
	lastMicro  = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC).UnixMicro() - 1
)

// checkHead says what is wrong with a run before its points.
func (d *Dataset) checkHead(r *Run) string {
	switch {
	case textProblem(r.Key, MaxKey) != "":
		return "key: " + textProblem(r.Key, MaxKey)
	case strings.ContainsAny(r.Key, "\n\r"):
		return "key: it has a line end"
	case !d.quantity(r.Field):
		return "its field is not a quantity of the dataset"
	case !slices.Contains(steps, r.Step):
		return "its times are of no known precision"
	}
	return r.Place.problem()
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
