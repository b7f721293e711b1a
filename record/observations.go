package record

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// MaxPoints is how many observations one batch holds; MaxBatch bounds its bytes.
const MaxPoints = 100_000

// Observations are runs of one dataset that travel together. The body is a head line, then each run: a line that says what
// it is of, and one line per observation with its time, its value and, where there is one, its quality.
//
//	{"dataset":"environment/air","version":1,"series":1,"observations":2}
//	{"key":"Jongno","field":"pm25","times":"instant","place":[127.005,37.572],"observations":2}
//	2026-11-24T09:00:00+09:00 24
//	2026-11-24T10:00:00+09:00 31.5 suspect
//
// Runs stand in the order of Name.Compare, none twice; times ascend. Times and numbers are written as in a record's row.
type Observations struct {
	Dataset *Dataset
	Runs    []Run
	Count   int
}

// EncodeObservations writes the body of a batch.
func EncodeObservations(d *Dataset, runs []Run) ([]byte, error) {
	if d.Kind != Series {
		return nil, batchFault("%s holds no series", d.Name)
	}
	n := 0
	for i := range runs {
		if n += len(runs[i].Points); len(runs[i].Points) == 0 {
			return nil, batchFault("a series without observations").At(runName(i))
		}
	}
	if n == 0 || n > MaxPoints {
		return nil, batchFault("it would have %d observations, not between 1 and %d", n, MaxPoints)
	}
	b := appendSeriesHead(make([]byte, 0, 34*n+160*len(runs)+128), d, len(runs), n)
	for i := range runs {
		r := &runs[i]
		if i > 0 && runs[i-1].Compare(r.Name) >= 0 {
			return nil, batchFault("it is twice, or not in its place").At(runName(i))
		}
		if why := d.checkRun(r); why != "" {
			return nil, batchFault("%s", why).At(runName(i))
		}
		if b = appendRun(b, d, r); len(b) > MaxBatch {
			return nil, batchFault("it would be longer than %d bytes", MaxBatch).At(runName(i))
		}
	}
	return b, nil
}

func (d *Dataset) checkRun(r *Run) string {
	if why := d.checkHead(r); why != "" {
		return why
	}
	for i, p := range r.Points {
		if i > 0 && p.At <= r.Points[i-1].At {
			return fmt.Sprintf("observation %d: its time is not after the one before", i+1)
		}
		if why := d.CheckPoint(r, p); why != "" {
			return fmt.Sprintf("observation %d: %s", i+1, why)
		}
	}
	return ""
}

func appendSeriesHead(b []byte, d *Dataset, series, n int) []byte {
	b = append(append(b, `{"dataset":"`...), d.Name...)
	b = strconv.AppendInt(append(b, `","version":`...), int64(d.Version), 10)
	b = strconv.AppendInt(append(b, `,"series":`...), int64(series), 10)
	b = strconv.AppendInt(append(b, `,"observations":`...), int64(n), 10)
	return append(b, "}\n"...)
}

func appendRunHead(b []byte, d *Dataset, r *Run, n int) []byte {
	b = appendString(append(b, `{"key":`...), r.Key)
	b = append(append(b, `,"field":"`...), d.Fields[r.Field].Name...)
	b = append(append(append(b, `","times":"`...), r.Step...), '"')
	if r.Place.Known {
		b = appendPlace(append(b, `,"place":`...), r.Place)
	}
	if r.Simulated {
		b = append(b, `,"simulated":true`...)
	}
	b = strconv.AppendInt(append(b, `,"observations":`...), int64(n), 10)
	return append(b, "}\n"...)
}

func appendRun(b []byte, d *Dataset, r *Run) []byte {
	b = appendRunHead(b, d, r, len(r.Points))
	for _, p := range r.Points {
		b = append(appendPoint(b, d, r.Step, p), '\n')
	}
	return b
}

// appendPoint writes one observation. It is the innermost loop of bulk exchange, so it makes no calendar of the standard
// library.
func appendPoint(b []byte, d *Dataset, by Step, p Point) []byte {
	local := p.At + int64(p.Offset)*60e6
	days := floorDiv(local, day)
	b = appendCivil(b, days, by)
	if by == ByInstant {
		b = appendClock(b, local-days*day, int(p.Offset))
	}
	b = appendNumber(append(b, ' '), p.Value)
	if p.Quality > 0 {
		q := &d.Fields[len(d.Fields)-1]
		b = append(append(b, ' '), q.Codes[p.Quality-1]...)
	}
	return b
}

const day = 86_400_000_000 // microseconds

// appendCivil writes the date of a day since 1970 as far as the step goes.
func appendCivil(b []byte, days int64, by Step) []byte {
	z := days + 719468 // days since 1 March of year 0: the leap day is a year's last
	era := floorDiv(z, 146097)
	doe := z - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	dom := int(doy - (153*mp+2)/5 + 1)
	month := int(mp) + 3
	year := int(yoe + era*400)
	if month > 12 {
		month, year = month-12, year+1
	}
	b = appendTwo(appendTwo(b, year/100), year%100)
	if by == ByYear {
		return b
	}
	b = appendTwo(append(b, '-'), month)
	if by == ByMonth {
		return b
	}
	return appendTwo(append(b, '-'), dom)
}

func appendClock(b []byte, micros int64, off int) []byte {
	sec := int(micros / 1e6)
	b = appendTwo(append(b, 'T'), sec/3600)
	b = appendTwo(append(b, ':'), sec/60%60)
	b = appendTwo(append(b, ':'), sec%60)
	if frac := micros % 1e6; frac != 0 {
		b = append(b, '.')
		for unit := int64(100_000); frac != 0; unit /= 10 {
			b = append(b, byte('0'+frac/unit))
			frac %= unit
		}
	}
	switch {
	case off == 0:
		return append(b, 'Z')
	case off < 0:
		b, off = append(b, '-'), -off
	default:
		b = append(b, '+')
	}
	return appendTwo(append(appendTwo(b, off/60), ':'), off%60)
}

// DecodeObservations reads a body that another wrote. It refuses everything that EncodeObservations would not have
// written, and a dataset that lookup does not know.
func DecodeObservations(body []byte, lookup Lookup) (*Observations, error) {
	if len(body) > MaxBatch {
		return nil, batchFault("it is longer than %d bytes", MaxBatch)
	}
	head, rest, ok := bytes.Cut(body, []byte{'\n'})
	if !ok {
		return nil, batchFault("its head line has no end")
	}
	o, series, err := parseSeriesHead(head, lookup)
	if err != nil {
		return nil, err
	}
	if got := bytes.Count(rest, []byte{'\n'}); got != series+o.Count || len(rest) == 0 || rest[len(rest)-1] != '\n' {
		return nil, batchFault("its head says %d series with %d observations and it has %d whole lines", series, o.Count, got)
	}
	o.Runs = make([]Run, series)
	points := make([]Point, o.Count) // as many as there are lines: bounded by the body
	for i := range o.Runs {
		r := &o.Runs[i]
		var why string
		if rest, points, why = parseRun(o.Dataset, r, rest, points); why != "" {
			return nil, batchFault("%s", why).At(runName(i))
		}
		if i > 0 && o.Runs[i-1].Compare(r.Name) >= 0 {
			return nil, batchFault("it is twice, or not in its place").At(runName(i))
		}
	}
	if len(points) > 0 || len(rest) > 0 {
		return nil, batchFault("its series have fewer observations than its head says")
	}
	return o, nil
}

// KindOf says by its head line what kind of dataset a body is of; whether it is well formed is for who decodes it.
func KindOf(body []byte) Kind {
	head, _, _ := bytes.Cut(body[:min(len(body), 512)], []byte{'\n'})
	if bytes.Contains(head, []byte(`,"series":`)) {
		return Series
	}
	return Records
}

func parseSeriesHead(head []byte, lookup Lookup) (*Observations, int, error) {
	p := parser{b: head}
	p.want(`{"dataset":`)
	name := p.text()
	p.want(`,"version":`)
	version, _ := strconv.Atoi(string(p.digits()))
	p.want(`,"series":`)
	series, _ := strconv.Atoi(string(p.digits()))
	p.want(`,"observations":`)
	n, _ := strconv.Atoi(string(p.digits()))
	if p.want("}"); p.why != "" || p.i != len(head) || !isDatasetName(name) {
		return nil, 0, batchFault("its head line is not a head line")
	}
	if n < 1 || n > MaxPoints || series < 1 || series > n {
		return nil, 0, batchFault("its head does not say between 1 and %d observations of as many series or fewer", MaxPoints)
	}
	d, err := find(lookup, name, version, Series)
	if err != nil {
		return nil, 0, err
	}
	if !bytes.Equal(append(head[:len(head):len(head)], '\n'), appendSeriesHead(nil, d, series, n)) {
		return nil, 0, batchFault("its head line is not in canonical form")
	}
	return &Observations{Dataset: d, Count: n}, series, nil
}

// parseRun reads one run from the front of rest into the front of points, and returns what is left of both.
func parseRun(d *Dataset, r *Run, rest []byte, points []Point) ([]byte, []Point, string) {
	line, rest, _ := bytes.Cut(rest, []byte{'\n'})
	n, why := parseRunHead(d, r, line)
	if why != "" {
		return nil, nil, why
	}
	if n < 1 || n > len(points) {
		return nil, nil, "it says another number of observations than there are"
	}
	r.Points, points = points[:n:n], points[n:]
	var again [64 + 64]byte
	for i := range r.Points {
		line, rest, _ = bytes.Cut(rest, []byte{'\n'})
		p, why := parsePoint(d, r.Step, line)
		switch {
		case why != "":
		case !bytes.Equal(appendPoint(again[:0], d, r.Step, p), line):
			why = "it is not in canonical form"
		case i > 0 && p.At <= r.Points[i-1].At:
			why = "its time is not after the one before"
		default:
			why = d.CheckPoint(r, p)
		}
		if why != "" {
			return nil, nil, fmt.Sprintf("observation %d: %s", i+1, why)
		}
		r.Points[i] = p
	}
	return rest, points, ""
}

func parseRunHead(d *Dataset, r *Run, line []byte) (n int, why string) {
	p := parser{b: line}
	p.want(`{"key":`)
	r.Key = p.text()
	p.want(`,"field":`)
	r.Field = d.Index(p.text())
	p.want(`,"times":`)
	r.Step = Step(p.text())
	if p.skip(`,"place":[`) {
		r.Place = p.place()
	}
	r.Simulated = p.skip(`,"simulated":true`)
	p.want(`,"observations":`)
	n, _ = strconv.Atoi(string(p.digits()))
	if p.want("}"); p.why != "" || p.i != len(line) {
		return 0, "the line that begins it is not one: " + p.why
	}
	if why := d.checkHead(r); why != "" {
		return 0, why
	}
	if !bytes.Equal(append(line[:len(line):len(line)], '\n'), appendRunHead(nil, d, r, n)) {
		return 0, "the line that begins it is not in canonical form"
	}
	return n, ""
}

// parsePoint reads one line; whether it is canonical is for the caller to see.
func parsePoint(d *Dataset, by Step, line []byte) (p Point, why string) {
	if len(line) > 128 {
		return p, "it is too long"
	}
	when, rest, ok := bytes.Cut(line, []byte{' '})
	if !ok {
		return p, "it has no value"
	}
	value, quality, some := bytes.Cut(rest, []byte{' '})
	v, err := strconv.ParseFloat(string(value), 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return p, "its value is not a number"
	}
	p.Value = v
	if some {
		if p.Quality = d.QualityOf(string(quality)); p.Quality < 1 {
			return p, "its quality is not one of the codes"
		}
	}
	return p, p.parseTime(by, when)
}

// lengths of a time without its fraction and offset.
var lengths = map[Step]int{ByInstant: len("2006-01-02T15:04:05"), ByDay: len("2006-01-02"), ByMonth: len("2006-01"), ByYear: len("2006")}

// parseTime reads what appendPoint writes. What it reads too leniently is not canonical, which the caller sees.
func (p *Point) parseTime(by Step, s []byte) string {
	const bad = "its time is not written as its series says"
	n := lengths[by]
	if len(s) < n || by != ByInstant && len(s) != n {
		return bad
	}
	year, month, dom := digitsOf(s[:4]), 1, 1
	if by != ByYear {
		month = digitsOf(s[5:7])
	}
	if by == ByDay || by == ByInstant {
		dom = digitsOf(s[8:10])
	}
	if year < 1000 || month < 1 || month > 12 || dom < 1 || dom > 31 {
		return bad
	}
	p.At = civil(year, month, dom) * day
	if by != ByInstant {
		return ""
	}
	clock := int64(digitsOf(s[11:13]))*3600 + int64(digitsOf(s[14:16]))*60 + int64(digitsOf(s[17:19]))
	frac, off, ok := parseTail(s[n:])
	if !ok {
		return bad
	}
	p.Offset = int16(off)
	p.At += clock*1e6 + frac - int64(off)*60e6
	return ""
}

// parseTail reads the fraction of a second in microseconds and the offset in minutes.
func parseTail(s []byte) (frac int64, off int, ok bool) {
	if len(s) > 0 && s[0] == '.' {
		i, unit := 1, int64(100_000)
		for ; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
			frac += int64(s[i]-'0') * unit
			unit /= 10
		}
		s = s[i:]
	}
	if len(s) == 1 && s[0] == 'Z' {
		return frac, 0, true
	}
	if len(s) != len("+09:00") {
		return 0, 0, false
	}
	if off = digitsOf(s[1:3])*60 + digitsOf(s[4:6]); s[0] == '-' {
		off = -off
	}
	return frac, off, off >= -12*60 && off <= 14*60
}

// digitsOf reads a number of a few digits; -9999 or below where there is another letter.
func digitsOf(s []byte) (n int) {
	for _, c := range s {
		if c < '0' || c > '9' {
			return -9999
		}
		n = n*10 + int(c-'0')
	}
	return n
}

// civil is the day since 1970 of a date of the Gregorian calendar.
func civil(year, month, dom int) int64 {
	y, m := int64(year), int64(month)
	if m <= 2 {
		y, m = y-1, m+12
	}
	era := floorDiv(y, 400)
	yoe := y - era*400
	doy := (153*(m-3)+2)/5 + int64(dom) - 1
	return era*146097 + yoe*365 + yoe/4 - yoe/100 + doy - 719468
}

func runName(i int) string { return "series " + strconv.Itoa(i+1) }

// SortRuns puts runs into the order of a batch and joins none.
func SortRuns(runs []Run) { slices.SortFunc(runs, func(a, b Run) int { return a.Compare(b.Name) }) }
