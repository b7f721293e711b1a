package chart

import (
	"math"
	"time"
)

// Seconds is a time as a value of an axis of times.
func Seconds(t time.Time) float64 { return float64(t.UnixMicro()) / 1e6 }

// When is the time that a value of an axis of times stands for.
func When(v float64) time.Time { return time.UnixMicro(int64(math.Round(v * 1e6))).UTC() }

// steps are the distances of marks of time, in seconds up to weeks, then in months.
var steps = []struct {
	seconds float64
	months  int
}{
	{60, 0}, {300, 0}, {900, 0}, {1800, 0}, {3600, 0}, {3 * 3600, 0}, {6 * 3600, 0}, {12 * 3600, 0}, {86400, 0}, {2 * 86400, 0}, {7 * 86400, 0}, {14 * 86400, 0},
	{30.4 * 86400, 1}, {91.3 * 86400, 3}, {182.6 * 86400, 6}, {365.25 * 86400, 12}, {2 * 365.25 * 86400, 24}, {5 * 365.25 * 86400, 60}, {10 * 365.25 * 86400, 120}, {25 * 365.25 * 86400, 300}, {50 * 365.25 * 86400, 600},
}

// Times is an axis of times in a zone. Marks stand at whole hours, days, months or years there; write gets the time, and how
// far apart the marks are.
func Times(zone *time.Location, write func(t time.Time, apart time.Duration) string) Axis {
	var apart time.Duration = 24 * time.Hour
	return Axis{
		Marks: func(lo, hi float64, n int) []float64 {
			marks, d := timeMarks(lo, hi, n, zone)
			apart = d
			return marks
		},
		Write: func(v float64) string { return write(When(v).In(zone), apart) },
	}
}

func timeMarks(lo, hi float64, n int, zone *time.Location) (out []float64, apart time.Duration) {
	i := 0
	for i < len(steps)-1 && (hi-lo)/steps[i].seconds > float64(n) {
		i++
	}
	s := steps[i]
	t := When(lo).In(zone)
	switch {
	case s.months > 0:
		t = time.Date(t.Year()-t.Year()%max(s.months/12, 1), 1, 1, 0, 0, 0, 0, zone)
	case s.seconds >= 86400:
		t = time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, zone)
	default:
		t = time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, zone)
	}
	for len(out) < 100 && Seconds(t) <= hi {
		if Seconds(t) >= lo {
			out = append(out, Seconds(t))
		}
		switch {
		case s.months > 0:
			t = t.AddDate(0, s.months, 0)
		case s.seconds >= 86400:
			t = t.AddDate(0, 0, int(s.seconds/86400))
		default:
			t = t.Add(time.Duration(s.seconds) * time.Second)
		}
	}
	return out, time.Duration(s.seconds * float64(time.Second))
}
