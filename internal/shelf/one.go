package shelf

import (
	"context"

	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/store"
	"accord/record"
)

// A Version is one version of a record, and which entries brought it.
type Version struct {
	Row
	Brought [][2]int64 // log and index of every entry, the first one first; none for our own
	Hidden  bool       // it is ours, was replaced, and the reader sees no more of it than that
}

// maxVersions is how many versions of a record are shown.
const maxVersions = 100

// Record returns the versions of a record, the newest first. fault.NotFound when there is none that the reader may see.
func (s *Shelf) Record(ctx context.Context, dataset, origin, key string, sight Sight) (out []Version, err error) {
	missing := fault.New(fault.NotFound, "record", "there is none of this key, or you may not see it", "take the link on the dataset's page")
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		out = nil
		r, err := s.reading(ctx, tx, dataset, Filter{Party: origin}, sight)
		if err != nil {
			return err
		}
		all, err := store.Versions(ctx, tx, dataset, origin, key, maxVersions)
		if err != nil {
			return err
		}
		closed := origin == s.Party && !sight.Whole
		for i, l := range all {
			v := Version{Row: Row{Listed: l, Origin: origin}}
			if l.Gone {
				v.Hidden = closed
				v.Dataset, _ = s.Lookup(dataset, l.Version)
			} else if ok, err := r.admit(&v.Row); err != nil {
				return err
			} else if !ok && i == 0 {
				return missing
			} else if !ok {
				v.Hidden = true
			}
			if v.Hidden {
				v.Row.Row, v.Record, v.Source = nil, record.Record{}, ""
			}
			if v.Brought, err = store.Bringers(ctx, tx, l.Seq); err != nil {
				return err
			}
			out = append(out, v)
		}
		if len(out) == 0 || closed && len(r.doors) == 0 {
			return missing
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
