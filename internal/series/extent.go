package series

import (
	"cmp"
	"context"
	"slices"

	"accord/internal/db"
)

// An Extent says how much there is of a series, and from when until when. Values that are stored twice, in the tail and in a
// chunk, count twice until the tail is packed.
type Extent struct {
	Kept
	Values      int64
	First, Last int64
}

// Extents returns those of every series of a dataset, all versions and origins, in the order of origin and name.
func Extents(ctx context.Context, tx *db.Tx, dataset string) (out []Extent, err error) {
	err = tx.Rows(ctx, `SELECT `+keptColumns+`, x.n, x.a, x.b FROM series s JOIN
		(SELECT series, SUM(rows) AS n, MIN(first) AS a, MAX(last) AS b FROM
			(SELECT series, rows, first, last FROM tail UNION ALL SELECT series, rows, first, last FROM chunk) b
			WHERE series IN (SELECT id FROM series WHERE dataset = $1) GROUP BY series) x ON x.series = s.id WHERE s.dataset = $1`, []any{dataset}, func(r db.Scanner) error {
		var e Extent
		err := r.Scan(e.into(&e.Values, &e.First, &e.Last)...)
		out = append(out, e)
		return err
	})
	slices.SortFunc(out, func(a, b Extent) int { return cmp.Or(cmp.Compare(a.Origin, b.Origin), a.Compare(b.Name)) })
	return out, err
}

// Get returns one series by its number; false when there is none.
func Get(ctx context.Context, tx *db.Tx, id int64) (k Kept, found bool, err error) {
	found, err = tx.Row(ctx, `SELECT `+keptColumns+` FROM series s WHERE s.id = $1`, []any{id}, k.into()...)
	return k, found, err
}
