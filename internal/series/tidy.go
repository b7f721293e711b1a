package series

import (
	"context"
	"slices"

	"accord/internal/db"
	"accord/record"
)

// Sizes of packing.
const (
	perChunk = 500     // values of a chunk
	perTidy  = 100_000 // values of one series that are packed at once
	perTurn  = 20_000  // values after which a transaction ends: others want to write too
)

// A Limit says which rows of the tail may be packed.
type Limit struct {
	Seq  int64 // those up to this number: later ones have not been looked at by all who follow the tail
	Held map[int64]bool
	Idx  map[int64]int64 // of what came by a log: only what came before this entry, which waits to be applied again
	Few  int             // series with fewer fresh values wait until they have as many
}

// Worth says whether the tail holds as many values of some series as make packing worth it.
func Worth(ctx context.Context, tx *db.Tx, few int) (bool, error) {
	var one int64
	return tx.Row(ctx, `SELECT series FROM tail GROUP BY series HAVING SUM(rows) >= $1 LIMIT 1`, []any{few}, &one)
}

// Tidy packs what the tail holds of some series into chunks, in the transaction, and says how many rows of the tail that
// were. Nothing is lost: a value that a later one has taken the place of is kept as replaced. It may stop at any time and
// go on later.
func Tidy(ctx context.Context, tx *db.Tx, limit Limit) (moved int, err error) {
	var ids []int64
	err = tx.Rows(ctx, `SELECT series FROM tail WHERE seq <= $1 GROUP BY series HAVING SUM(rows) >= $2 ORDER BY MIN(seq)`, []any{limit.Seq, limit.Few}, func(r db.Scanner) error {
		var id int64
		err := r.Scan(&id)
		ids = append(ids, id)
		return err
	})
	values := 0
	for _, id := range ids {
		if err != nil || values >= perTurn {
			break
		}
		var rows, n int
		rows, n, err = tidyOne(ctx, tx, id, limit)
		moved, values = moved+rows, values+n
	}
	return moved, err
}

// tidyOne packs one series, and says how many rows of the tail and how many values were written anew.
func tidyOne(ctx context.Context, tx *db.Tx, id int64, limit Limit) (rows, values int, err error) {
	fresh, from, until, err := movable(ctx, tx, id, limit)
	if err != nil || len(fresh) == 0 {
		return 0, 0, err
	}
	chunks, firsts, err := touched(ctx, tx, id, from, until)
	if err != nil {
		return 0, 0, err
	}
	for _, c := range chunks {
		if limit.Held[c.seq] || c.seq > limit.Seq { // somebody still has to look at it as it is
			return 0, 0, nil
		}
	}
	for left := fresh; len(left) > 0; {
		some := left[:min(len(left), tx.Many())]
		left = left[len(some):]
		seqs := make([]int64, len(some))
		for i := range some {
			seqs[i] = some[i].seq
		}
		among, args := db.Among(tx, 1, seqs)
		if _, err := tx.Exec(ctx, `DELETE FROM tail WHERE seq`+among, args...); err != nil {
			return 0, 0, err
		}
	}
	for _, first := range firsts {
		if _, err := tx.Exec(ctx, `DELETE FROM chunk WHERE series = $1 AND first = $2`, id, first); err != nil {
			return 0, 0, err
		}
	}
	values, err = rewrite(ctx, tx, id, append(chunks, fresh...))
	return len(fresh), values, err
}

// movable returns the rows of a series' tail that may be packed now, in their order, and the span they lie in.
func movable(ctx context.Context, tx *db.Tx, id int64, limit Limit) (out []block, from, until int64, err error) {
	total := 0
	err = tx.Rows(ctx, `SELECT seq, first, last, rows, COALESCE(log, -1), COALESCE(idx, -1), body FROM tail WHERE series = $1 AND seq <= $2 ORDER BY seq`,
		[]any{id, limit.Seq}, func(r db.Scanner) error {
			b := block{tail: true}
			var first, last int64
			var rows int
			if err := r.Scan(&b.seq, &first, &last, &rows, &b.log, &b.idx, &b.body); err != nil {
				return err
			}
			waits, some := limit.Idx[b.log]
			if limit.Held[b.seq] || some && b.idx >= waits || total > 0 && total+rows > perTidy {
				return db.ErrStop // later ones must not overtake it
			}
			if total == 0 {
				from, until = first, last
			}
			total += rows
			from, until = min(from, first), max(until, last)
			out = append(out, b)
			return nil
		})
	return out, from, until, err
}

// touched returns the chunks of a series that reach into a span, and the one before it when it is not full.
func touched(ctx context.Context, tx *db.Tx, id, from, until int64) (out []block, firsts []int64, err error) {
	err = tx.Rows(ctx, `SELECT seq, first, body FROM chunk WHERE series = $1 AND (last >= $2 AND first <= $3
			OR rows < $4 AND first = (SELECT MAX(first) FROM chunk WHERE series = $1 AND first < $2))`,
		[]any{id, from, until, perChunk}, func(r db.Scanner) error {
			b := block{log: -1, idx: -1}
			var first int64
			err := r.Scan(&b.seq, &first, &b.body)
			out, firsts = append(out, b), append(firsts, first)
			return err
		})
	return out, firsts, err
}

// rewrite makes chunks of blocks, the earlier ones first, and keeps what later ones take the place of. It returns how many
// values it wrote.
func rewrite(ctx context.Context, tx *db.Tx, id int64, blocks []block) (values int, err error) {
	now := map[int64]record.Point{}
	gone := map[int64][]record.Point{} // by the number of the row that replaced them
	highest := int64(0)
	var order []int64
	var buf []record.Point
	for _, b := range blocks {
		if buf, err = Unpack(buf[:0], b.body); err != nil {
			return 0, err
		}
		highest = max(highest, b.seq)
		for _, p := range buf {
			if old, ok := now[p.At]; ok {
				gone[b.seq] = append(gone[b.seq], old)
			} else {
				order = append(order, p.At)
			}
			now[p.At] = p
		}
	}
	slices.Sort(order)
	all := make([]record.Point, len(order))
	for i, at := range order {
		all[i] = now[at]
	}
	var rows []row
	for left := all; len(left) > 0; {
		n := min(perChunk, len(left))
		rows = append(rows, row{series: id, points: left[:n]})
		left = left[n:]
	}
	pack(rows)
	if err := tx.Bulk(ctx, "chunk", []string{"series", "first", "last", "rows", "seq", "body"}, len(rows), func(i int) []any {
		r := &rows[i]
		return []any{id, r.points[0].At, r.points[len(r.points)-1].At, len(r.points), highest, r.body}
	}); err != nil {
		return 0, err
	}
	var old []row
	var seqs []int64
	for seq, points := range gone {
		old, seqs = append(old, row{series: id, points: points}), append(seqs, seq)
	}
	pack(old)
	return len(all), keepReplaced(ctx, tx, old, func(i int) int64 { return seqs[i] })
}

// Size says how much is stored, and how.
type Size struct {
	Tail, TailRows, TailBytes    int64 // values, rows and bytes of bodies in the tail
	Packed, Chunks, PackedBytes  int64
	Replaced, Series, OtherBytes int64
}

// Measure counts what is stored.
func Measure(ctx context.Context, tx *db.Tx) (s Size, err error) {
	for _, q := range []struct {
		table string
		into  []any
	}{{"tail", []any{&s.Tail, &s.TailRows, &s.TailBytes}}, {"chunk", []any{&s.Packed, &s.Chunks, &s.PackedBytes}}, {"replaced", []any{&s.Replaced, new(int64), &s.OtherBytes}}} {
		if _, err := tx.Row(ctx, `SELECT CAST(COALESCE(SUM(rows), 0) AS BIGINT), COUNT(*), CAST(COALESCE(SUM(LENGTH(body)), 0) AS BIGINT) FROM `+q.table, nil, q.into...); err != nil {
			return s, err
		}
	}
	_, err = tx.Row(ctx, `SELECT COUNT(*) FROM series`, nil, &s.Series)
	return s, err
}
