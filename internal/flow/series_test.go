package flow_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"accord/agreement"
	"accord/exchange"
	"accord/internal/area/all"
	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/flow"
	"accord/internal/link"
	"accord/internal/series"
	"accord/record"
)

func air() *record.Dataset {
	d, ok := all.Lookup("environment/air", 1)
	if !ok {
		panic("the dataset is gone")
	}
	return d
}

// airTerms let out fine dust and how good it is, and not the other quantities.
func airTerms() agreement.Terms {
	return agreement.Terms{Dataset: "environment/air", Version: 1, From: []string{"east"}, Fields: []string{"pm25", "quality"}, Place: "none", Grade: agreement.Open}
}

const anHour = int64(time.Hour / time.Microsecond)

// hours is a run of a quantity at a station, one value an hour that ends now minus ago.
func hours(station, quantity string, ago time.Duration, values ...float64) record.Run {
	r := record.Run{Name: record.Name{Key: station, Field: air().Index(quantity), Step: record.ByInstant}, Place: record.Place{Known: true, Lon: 127, Lat: 37.5}}
	last := time.Now().Add(-ago).Truncate(time.Hour).UnixMicro()
	for i, v := range values {
		r.Points = append(r.Points, record.Point{At: last - int64(len(values)-1-i)*anHour, Value: v})
	}
	return r
}

// measure stores runs as the city's own, in one transaction each.
func (c *city) measure(runs ...record.Run) {
	c.Helper()
	for _, r := range runs {
		c.update(func(tx *db.Tx) error {
			w := series.Writer{Dataset: air(), Source: series.Source{Origin: c.name}}
			return w.Put(context.Background(), tx, []record.Run{r})
		})
	}
}

// values are the observations that a city has of an origin: "station quantity value quality place", by series and time.
func (c *city) values(origin string) (out []string) {
	c.Helper()
	if err := c.db.View(context.Background(), func(tx *db.Tx) error {
		kept, err := series.List(context.Background(), tx, "environment/air", 1, origin)
		for _, k := range kept {
			if err != nil {
				return err
			}
			var points []record.Point
			points, err = series.Range(context.Background(), tx, k.ID, -1<<62, 1<<62)
			for _, p := range points {
				out = append(out, fmt.Sprintf("%s %s %g %d %v", k.Key, air().Fields[k.Field].Name, p.Value, p.Quality, k.Place.Known))
			}
		}
		return err
	}); err != nil {
		c.Fatal(err)
	}
	return out
}

func (c *city) wants(origin string, want ...string) {
	c.Helper()
	if got := c.values(origin); strings.Join(got, "\n") != strings.Join(want, "\n") {
		c.Errorf("%s has of %s\n%s\nwant\n%s", c.name, origin, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// agreed has both cities sign and keep terms.
func agreed(t *testing.T, east, west *city, terms ...agreement.Terms) {
	file := sign(t, text("T1", terms...), east, west)
	east.keep(file)
	west.keep(file)
}

func TestObservationsFlow(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		agreed(t, east, west, airTerms())
		first := hours("a", "pm25", 0, 1, 2, 3)
		first.Points[1].Quality = 2
		east.measure(first, hours("a", "no2", 0, 9), hours("b", "pm25", 0, 5))
		east.offer(4)
		if r := east.carry(west); r.Applied != 1 || r.Aside != 0 {
			t.Errorf("%+v", r)
		}
		west.wants("east", "a pm25 1 0 false", "a pm25 2 2 false", "a pm25 3 0 false", "b pm25 5 0 false")
		east.offer(0)

		// A corrected value goes again, and only it.
		fixed := hours("a", "pm25", 0, 30)
		east.measure(fixed, fixed)
		east.offer(1)
		east.carry(west)
		west.wants("east", "a pm25 1 0 false", "a pm25 2 2 false", "a pm25 30 0 false", "b pm25 5 0 false")
	})
}

// TestObservationsOfBefore: history that was packed before a clause was in force leaves once it is, packed or not, and once only.
func TestObservationsOfBefore(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		var want int
		for i := range 12 {
			east.measure(hours("a", "pm25", time.Duration(i*100)*time.Hour, make([]float64, 100)...))
			if want += 100; i == 8 {
				if n, err := east.flow.Tidy(t.Context()); err != nil || n != 9 {
					t.Fatalf("%d rows were packed, %v", n, err)
				}
			}
		}
		agreed(t, east, west, airTerms())
		if n, err := east.flow.Tidy(t.Context()); err != nil || n != 0 {
			t.Errorf("%d rows were packed before a new clause has looked at them, %v", n, err)
		}
		east.offer(want)
		east.carry(west)
		if got := len(west.values("east")); got != want {
			t.Errorf("%d values came", got)
		}
		for _, c := range []*city{east, west} {
			before := c.values("east")
			if _, err := c.flow.Tidy(t.Context()); err != nil {
				t.Fatal(err)
			}
			if after := c.values("east"); strings.Join(after, "\n") != strings.Join(before, "\n") {
				t.Errorf("%s: packing changed what is there", c.name)
			}
		}
		east.offer(0)
	})
}

// TestObservationsDelay: each value leaves when it is old enough, and once.
func TestObservationsDelay(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		terms := airTerms()
		delay, err := date.ParseInterval("P1D")
		if err != nil {
			t.Fatal(err)
		}
		terms.Delay = delay
		agreed(t, east, west, terms)
		east.measure(hours("a", "pm25", 20*time.Hour, 1, 2, 3, 4, 5, 6, 7, 8))
		due := 0
		for i := range 8 {
			if at := time.Now().Add(-20 * time.Hour).Truncate(time.Hour).Add(-time.Duration(7-i) * time.Hour); !time.Now().Before(at.Add(24 * time.Hour)) {
				due++
			}
		}
		if due == 0 || due == 8 {
			t.Fatalf("%d are due", due)
		}
		east.offer(due)
		east.offer(0)
		// The clock cannot be set; that the time has come is told to the table.
		east.update(func(tx *db.Tx) error { _, err := tx.Exec(t.Context(), `UPDATE held_series SET due = 0`); return err })
		east.offer(0) // too early all the same
		if n, err := east.flow.Tidy(t.Context()); err != nil || n != 0 {
			t.Errorf("%d held rows were packed, %v", n, err)
		}
		east.carry(west)
		if got := len(west.values("east")); got != due {
			t.Errorf("%d values came, %d were due", got, due)
		}
	})
}

// TestObservationsRefused: what is wider than the terms is set aside whole.
func TestObservationsRefused(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		terms := airTerms()
		terms.Until = date.Of(time.Now().UTC().AddDate(0, 0, -10))
		agreed(t, east, west, terms)
		east.carry(west)
		old := 20 * 24 * time.Hour
		bare := func(r record.Run) record.Run { r.Place = record.Place{}; return r }
		for what, r := range map[string]record.Run{
			"another quantity": bare(hours("a", "no2", old, 1)), "a place": hours("a", "pm25", old, 1), "too late": bare(hours("a", "pm25", 0, 1)),
		} {
			body, err := record.EncodeObservations(air(), []record.Run{bare(hours("0", "pm25", old, 1)), r})
			if err != nil {
				t.Fatal(err)
			}
			east.say(west, link.Waiting{Kind: exchange.KindObservations, Instrument: "T1", Clause: "C1", Body: body})
			if r := east.carry(west); r.Aside != 1 || r.Applied != 0 {
				t.Errorf("%s: %+v", what, r)
			}
		}
		east.say(west, link.Waiting{Kind: exchange.KindObservations, Instrument: "T1", Clause: "C1", Body: []byte("{}\n")})
		if r := east.carry(west); r.Aside != 1 {
			t.Errorf("no batch at all: %+v", r)
		}
		west.wants("east")
	})
}

// TestObservationsRelease: a person sees what leaves; a value that changes meanwhile overtakes the release, and what is still
// so waits anew.
func TestObservationsRelease(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		terms := airTerms()
		terms.Grade = agreement.Supervised
		agreed(t, east, west, terms)
		east.measure(hours("a", "pm25", 0, 1, 2, 3))
		east.offer(3)
		east.carry(west)
		west.wants("east")
		east.measure(hours("a", "pm25", 0, 33))
		if state, err := east.flow.Approve(t.Context(), 1, kim); err != nil || state != flow.Overtaken {
			t.Fatalf("%s, %v", state, err)
		}
		east.offer(1)
		released := east.releases()
		if len(released) != 3 || !strings.Contains(released[1], " 2\n") || strings.Contains(released[1], " 3\n") || !strings.Contains(released[2], " 33\n") {
			t.Fatalf("%q", released)
		}
		for _, id := range []int64{2, 3} {
			if state, err := east.flow.Approve(t.Context(), id, kim); err != nil || state != flow.Approved {
				t.Fatalf("%s, %v", state, err)
			}
		}
		east.carry(west)
		west.wants("east", "a pm25 1 0 false", "a pm25 2 0 false", "a pm25 33 0 false")
	})
}

// TestObservationsOnce has many processes offer and pack at once while others store: every value is offered once.
func TestObservationsOnce(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		agreed(t, east, west, airTerms())
		const writers, rounds, per = 4, 10, 60
		var writing, working sync.WaitGroup
		done := make(chan struct{})
		for w := range writers {
			writing.Go(func() {
				for i := range rounds {
					east.measure(hours(fmt.Sprint("s", w), "pm25", time.Duration(i*per)*time.Hour, make([]float64, per)...))
				}
			})
		}
		for range 3 {
			working.Go(func() {
				f, _ := east.another()
				for {
					if _, err := f.Offer(context.Background(), false); err != nil {
						t.Error(err)
					}
					if _, err := f.Tidy(context.Background()); err != nil {
						t.Error(err)
					}
					select {
					case <-done:
						return
					default:
					}
				}
			})
		}
		writing.Wait()
		close(done)
		working.Wait()
		if _, err := east.flow.Offer(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		sent := 0
		for _, body := range east.bodies(`SELECT body FROM outbox WHERE kind = 'observations' ORDER BY seq`) {
			o, err := record.DecodeObservations([]byte(body), all.Lookup)
			if err != nil {
				t.Fatal(err)
			}
			sent += o.Count
		}
		east.carry(west)
		if got := len(west.values("east")); sent != writers*rounds*per || got != sent {
			t.Errorf("%d of %d were offered, %d came", sent, writers*rounds*per, got)
		}
	})
}
