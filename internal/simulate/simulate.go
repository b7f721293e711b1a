// Package simulate draws records for the demo: plausible ones, always marked as simulated, the same ones for the same
// seed. It knows what a subsidence record is and nothing about any city; that is in the parameters.
package simulate

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"accord/internal/date"
	"accord/internal/fault"
	"accord/record"
)

// Records draws n records that happened up to and including the day of until in UTC, the oldest first. The same
// arguments give the same records.
func Records(p *Params, d *record.Dataset, seed uint64, n int, until time.Time) ([]record.Record, error) {
	if p.Dataset != d.Name || p.Version != d.Version {
		return nil, bad(p.Party, fmt.Sprintf("its parameters are for version %d of %s", p.Version, p.Dataset))
	}
	g := &generator{p: p, d: d, until: date.Of(until.UTC())}
	h := fnv.New64a()
	h.Write([]byte(p.Party)) // two parties with one seed must not draw the same
	g.rand = rand.New(rand.NewPCG(seed, h.Sum64()))
	days := g.days(n)
	records := make([]record.Record, n)
	for i := range records {
		records[i] = g.record(fmt.Sprintf("%s-%d-%05d", p.Key, seed, i+1), days[i])
		if problems := d.Validate(&records[i]); problems != nil {
			return nil, fault.New(fault.Invalid, "demo", "it draws a record that the dataset does not allow: "+problems[0].String(),
				"correct its parameters").At(p.Party)
		}
	}
	return records, nil
}

type generator struct {
	p     *Params
	d     *record.Dataset
	rand  *rand.Rand
	until date.Day
}

// days draws n days, going back from until with the yearly rate, more of them in the months with more weight.
func (g *generator) days(n int) []date.Day {
	most := slices.Max(g.p.Months)
	mean := 0.0
	for _, w := range g.p.Months {
		mean += w / 12
	}
	// Candidates come at the rate of the heaviest month; the others are thinned out.
	gap := 365.25 / (g.p.PerYear * most / mean)
	days := make([]date.Day, 0, n)
	for back := 0.0; len(days) < n; {
		back += g.rand.ExpFloat64() * gap
		day := g.until.AddDays(-int(back))
		if g.rand.Float64() < g.p.Months[day.Month()-1]/most {
			days = append(days, day)
		}
	}
	slices.Reverse(days)
	return days
}

func (g *generator) record(key string, day date.Day) record.Record {
	p := g.p
	where := choose(g, p.Districts, func(d District) float64 { return d.Weight })
	cause := choose(g, p.Causes, func(c Cause) float64 { return c.Weight })
	ground := choose(g, p.Grounds, func(x Ground) float64 { return x.Weight })
	r := record.Record{Key: key, When: record.OnDate(date.OnDay(day)), Place: g.place(where), Simulated: true,
		Values: make([]record.Value, len(g.d.Fields))}
	set := func(field string, v record.Value) {
		if i := g.d.Index(field); i >= 0 {
			r.Values[i] = v
		}
	}
	set("province", record.TextOf(p.Province))
	set("district", record.TextOf(where.Name))
	if len(where.Places) > 0 {
		set("neighbourhood", record.TextOf(where.Places[g.rand.IntN(len(where.Places))]))
	}
	set("width", g.metres(p.Width))
	set("length", g.metres(p.Length))
	set("depth", g.metres(p.Depth))
	set("ground", record.CodeOf(ground.Code))
	set("description", record.TextOf(cause.Text))
	set("deaths", g.count(p.Mean.Deaths))
	set("injuries", g.count(p.Mean.Injuries))
	set("vehicles", g.count(p.Mean.Vehicles))
	g.repair(day, cause, set)
	return r
}

// repair draws when the ground was made good. What is not repaired by the last day is under repair.
func (g *generator) repair(day date.Day, cause Cause, set func(string, record.Value)) {
	done := day.AddDays(int(g.size(g.p.RepairDays)))
	if done.After(g.until) {
		set("repair_status", record.CodeOf("in_progress"))
		return
	}
	set("repair_status", record.CodeOf("repaired"))
	set("repair_method", record.TextOf(cause.Repair))
	set("repaired_on", record.DateOf(date.OnDay(done)))
}

// place draws a point around the centre of a district, no further than twice its spread.
func (g *generator) place(d District) record.Place {
	const degree = 111_320.0 // metres, near enough to draw with
	north, east := g.near(d.Spread), g.near(d.Spread)
	return record.Place{Known: true,
		Lat: sixDecimals(d.Lat + north/degree),
		Lon: sixDecimals(d.Lon + east/(degree*math.Cos(d.Lat*math.Pi/180)))}
}

func (g *generator) near(spread float64) float64 {
	for {
		if z := g.rand.NormFloat64(); math.Abs(z) <= math.Sqrt2 {
			return z * spread
		}
	}
}

func (g *generator) size(s Size) float64 {
	return min(max(s.Median*math.Exp(s.Sigma*g.rand.NormFloat64()), s.Min), s.Max)
}

func (g *generator) metres(s Size) record.Value {
	return record.NumberOf(math.Round(g.size(s)*10) / 10)
}

// count draws a Poisson number, by multiplying until the product falls below e^-mean.
func (g *generator) count(mean float64) record.Value {
	n, limit := int64(0), math.Exp(-mean)
	for x := g.rand.Float64(); x > limit; x *= g.rand.Float64() {
		n++
	}
	return record.IntegerOf(n)
}

// choose draws one of a list by weight.
func choose[T any](g *generator, list []T, weight func(T) float64) T {
	sum := 0.0
	for _, x := range list {
		sum += weight(x)
	}
	at := g.rand.Float64() * sum
	for _, x := range list {
		if at -= weight(x); at < 0 {
			return x
		}
	}
	return list[len(list)-1]
}

func sixDecimals(x float64) float64 { return math.Round(x*1e6) / 1e6 }
