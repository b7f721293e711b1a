package node

import (
	"context"
	"hash/maphash"
	"slices"

	"accord/exchange"
	"accord/internal/area/all"
	"accord/internal/db"
	"accord/internal/link"
	"accord/internal/series"
	"accord/record"
)

// measured compares stored observations with the entries that brought them, both ways: every value of an entry is stored as
// it came, and every stored value of another city came by an entry. It holds eight bytes a value on each side.
type measured struct {
	self string
	seed maphash.Seed
	here []uint64 // stored values of others, sorted
	came []uint64 // values that entries brought
}

func newMeasured(self string) *measured { return &measured{self: self, seed: maphash.MakeSeed()} }

// A value is one observation with all that tells it from another.
type value struct {
	origin, dataset string
	version         int
	name            record.Name
	simulated       bool
	point           record.Point
}

func (m *measured) sum(origin, dataset string, version int, r *record.Run, p record.Point) uint64 {
	return maphash.Comparable(m.seed, value{origin, dataset, version, r.Name, r.Simulated, p})
}

// stored reads what is stored of others.
func (m *measured) stored(ctx context.Context, tx *db.Tx) error {
	err := series.Each(ctx, tx, func(s *series.Stored) error {
		if s.Origin == m.self || s.Check() != nil {
			return nil
		}
		for _, p := range s.Points {
			m.here = append(m.here, m.sum(s.Origin, s.Dataset, s.Version, &s.Run, p))
		}
		return nil
	})
	slices.Sort(m.here)
	return err
}

// carriedOut says what of a partner's entry is not stored as it came.
func (m *measured) carriedOut(e *link.Kept) []string {
	if e.Ours || e.Aside != "" || e.Erased || e.Header.Kind != exchange.KindObservations {
		return nil
	}
	o, err := record.DecodeObservations(e.Body, all.Lookup)
	if err != nil {
		return []string{"its observations cannot be read: " + err.Error()}
	}
	if e.About != o.Dataset.Name || e.Rows != o.Count {
		return []string{"what is kept beside it is not what its body holds"}
	}
	for i := range o.Runs {
		r := &o.Runs[i]
		for _, p := range r.Points {
			sum := m.sum(e.Writer, o.Dataset.Name, o.Dataset.Version, r, p)
			m.came = append(m.came, sum)
			if _, found := slices.BinarySearch(m.here, sum); !found {
				return []string{"it brought an observation of " + r.Key + " at " + p.Time(r.Step).String() + ", which is not stored as it came"}
			}
		}
	}
	return nil
}

// verify checks every stored row by itself, and that what is said to be another city's came by an entry.
func (m *measured) verify(ctx context.Context, tx *db.Tx, v *Verification) error {
	slices.Sort(m.came)
	return series.Each(ctx, tx, func(s *series.Stored) error {
		if err := s.Check(); err != nil {
			v.fault("%s %d of series %d: %v", s.Table, s.Seq, s.ID, err)
			return nil
		}
		v.Observations += int64(len(s.Points))
		d, ok := all.Lookup(s.Dataset, s.Version)
		if !ok || d.Kind != record.Series || s.Field < 0 || s.Field >= len(d.Fields) {
			v.fault("series %d: dataset %s version %d has no such series", s.ID, s.Dataset, s.Version)
			return nil
		}
		for i, p := range s.Points {
			if why := d.CheckPoint(&s.Run, p); why != "" || i > 0 && p.At <= s.Points[i-1].At {
				v.fault("%s %d of series %d: value %d cannot be: %s", s.Table, s.Seq, s.ID, i+1, why)
				return nil
			}
			if s.Origin == m.self {
				continue
			}
			if _, found := slices.BinarySearch(m.came, m.sum(s.Origin, s.Dataset, s.Version, &s.Run, p)); !found {
				v.fault("%s %d of series %d: its value at %s is kept as %s's, but no entry brought it", s.Table, s.Seq, s.ID, p.Time(s.Step), s.Origin)
				return nil
			}
		}
		if s.Origin == m.self && s.Log >= 0 {
			v.fault("tail %d: it is kept as ours, but came over a link", s.Seq)
		}
		return nil
	})
}
