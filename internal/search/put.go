package search

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"accord/internal/db"
	"accord/internal/who"
)

// Put stores documents, each in the place of the one of its kind and name. What is there already as it is stays.
func Put(ctx context.Context, tx *db.Tx, docs []Doc) error {
	for from := 0; from < len(docs); from += tx.Many() {
		if err := put(ctx, tx, docs[from:min(from+tx.Many(), len(docs))]); err != nil {
			return err
		}
	}
	return nil
}

func put(ctx context.Context, tx *db.Tx, docs []Doc) error {
	at := map[string]int{} // the last of a name holds
	rows := make([]row, len(docs))
	for i := range docs {
		d := &docs[i]
		if err := d.check(); err != nil {
			return err
		}
		rows[i] = row{kind: d.Kind, ref: d.Ref, needs: d.Needs, version: d.Version, at: db.Micros(d.At), date: clean(d.Date, 40), title: pack(d.Title, MaxTitle), body: pack(d.Body, MaxBody)}
		at[d.name()] = i
	}
	refs := make([]string, 0, len(docs))
	for _, i := range at {
		refs = append(refs, docs[i].Ref)
	}
	if len(refs) == 0 {
		return nil
	}
	var old []row
	among, args := db.Among(tx, 1, refs)
	if err := tx.Rows(ctx, `SELECT `+columns+` FROM search_doc WHERE ref`+among, args, func(r db.Scanner) error {
		var have row
		if err := have.scan(r); err != nil {
			return err
		}
		i, ours := at[string(have.kind)+" "+have.ref]
		if !ours {
			return nil
		}
		id := have.id
		if have.id = 0; have == rows[i] {
			delete(at, string(have.kind)+" "+have.ref)
			return nil
		}
		have.id = id
		old = append(old, have)
		return nil
	}); err != nil {
		return err
	}
	if err := drop(ctx, tx, old); err != nil {
		return err
	}
	var fresh []row
	for _, i := range slices.Sorted(maps.Values(at)) {
		fresh = append(fresh, rows[i])
	}
	return insert(ctx, tx, fresh)
}

func (d *Doc) name() string { return string(d.Kind) + " " + d.Ref }

// A row is a document as stored.
type row struct {
	id          int64
	kind        Kind
	ref         string
	needs       who.Right
	version, at int64
	date        string
	title, body string
}

const columns = `id, kind, ref, needs, version, at, date, title, body`

func (w *row) scan(r db.Scanner) error {
	return r.Scan(&w.id, (*string)(&w.kind), &w.ref, (*string)(&w.needs), &w.version, &w.at, &w.date, &w.title, &w.body)
}

func (w *row) posted() []int64 { return posted(w.kind, w.needs, unpack(w.title), unpack(w.body)) }

// minute is a time as blocks hold it.
func minute(us int64) uint32 {
	const first = -62135596800 // year 1
	m := (us/1_000_000 - first) / 60
	return uint32(min(max(m, 1), 1<<30-1))
}

// insert stores documents that are not there.
func insert(ctx context.Context, tx *db.Tx, rows []row) error {
	if len(rows) == 0 {
		return nil
	}
	var last int64
	if found, err := tx.Row(ctx, `UPDATE search_seen SET n = n + $1 WHERE name = 'ids' RETURNING n`, []any{len(rows)}, &last); err != nil {
		return err
	} else if !found {
		return fmt.Errorf("search: no count of documents")
	}
	lists, times := map[place][]byte{}, map[int64][]byte{}
	for i := range rows {
		w := &rows[i]
		w.id = last - int64(len(rows)-1-i) - 1
		block, slot := w.id/perBlock, int(w.id%perBlock)
		times[block] = appendTime(times[block], minute(w.at))
		for _, g := range w.posted() {
			p := place{g, block}
			lists[p] = appendSlot(lists[p], slot)
		}
	}
	if err := tx.Bulk(ctx, "search_doc", strings.Split(columns, ", "), len(rows), func(i int) []any {
		w := &rows[i]
		return []any{w.id, string(w.kind), w.ref, string(w.needs), w.version, w.at, w.date, w.title, w.body}
	}); err != nil {
		return err
	}
	for block, more := range times {
		if _, err := tx.Exec(ctx, `INSERT INTO search_block (block, times) VALUES ($1, $2) ON CONFLICT (block) DO UPDATE SET times = search_block.times || excluded.times`, block, string(more)); err != nil {
			return err
		}
	}
	return extend(ctx, tx, lists)
}

// A place is the list of one gram in one block.
type place struct{ gram, block int64 }

func sorted[V any](m map[place]V) []place {
	out := make([]place, 0, len(m))
	for p := range m {
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b place) int {
		switch {
		case a.gram < b.gram || a.gram == b.gram && a.block < b.block:
			return -1
		case a == b:
			return 0
		}
		return 1
	})
	return out
}

// extend appends to lists, in the order of the table: neighbours lie on one page.
func extend(ctx context.Context, tx *db.Tx, lists map[place][]byte) error {
	all := sorted(lists)
	row := make([]any, 3)
	return tx.Upsert(ctx, "search_gram", []string{"gram", "block", "docs"}, len(all), func(i int) []any {
		row[0], row[1], row[2] = all[i].gram, all[i].block, string(lists[all[i]])
		return row
	}, `ON CONFLICT (gram, block) DO UPDATE SET docs = search_gram.docs || excluded.docs`)
}

// Drop takes a document out, with everything that tells what stood in it. It says whether there was one.
func Drop(ctx context.Context, tx *db.Tx, kind Kind, ref string) (bool, error) {
	n, err := dropWhere(ctx, tx, `ref = $1 AND kind = $2`, ref, string(kind))
	return n > 0, err
}

// DropVersions takes out the records that tell of stored versions.
func DropVersions(ctx context.Context, tx *db.Tx, versions []int64) error {
	for from := 0; from < len(versions); from += tx.Many() {
		among, args := db.Among(tx, 1, versions[from:min(from+tx.Many(), len(versions))])
		if _, err := dropWhere(ctx, tx, `version > 0 AND version`+among, args...); err != nil {
			return err
		}
	}
	return nil
}

// DropOthers takes out every document of some kinds whose names begin so, except those that are named.
func DropOthers(ctx context.Context, tx *db.Tx, kinds []Kind, prefix string, except map[string]bool) error {
	var gone []row
	for _, k := range kinds {
		if err := tx.Rows(ctx, `SELECT `+columns+` FROM search_doc WHERE kind = $1`, []any{string(k)}, func(r db.Scanner) error {
			var w row
			err := w.scan(r)
			if strings.HasPrefix(w.ref, prefix) && !except[string(w.kind)+" "+w.ref] {
				gone = append(gone, w)
			}
			return err
		}); err != nil {
			return err
		}
	}
	return drop(ctx, tx, gone)
}

func dropWhere(ctx context.Context, tx *db.Tx, where string, args ...any) (int, error) {
	var gone []row
	err := tx.Rows(ctx, `SELECT `+columns+` FROM search_doc WHERE `+where, args, func(r db.Scanner) error {
		var w row
		err := w.scan(r)
		gone = append(gone, w)
		return err
	})
	if err != nil {
		return 0, err
	}
	return len(gone), drop(ctx, tx, gone)
}

// drop takes documents out of every list in which they stand.
func drop(ctx context.Context, tx *db.Tx, rows []row) error {
	if len(rows) == 0 {
		return nil
	}
	gone := map[place]*set{}
	blocks := map[int64][]int{}
	for i := range rows {
		w := &rows[i]
		block, slot := w.id/perBlock, int(w.id%perBlock)
		blocks[block] = append(blocks[block], slot)
		for _, g := range w.posted() {
			p := place{g, block}
			if gone[p] == nil {
				gone[p] = new(set)
			}
			gone[p].add(slot)
		}
	}
	for _, p := range sorted(gone) {
		if err := shorten(ctx, tx, p, gone[p]); err != nil {
			return err
		}
	}
	for block, slots := range blocks {
		if err := forgetTimes(ctx, tx, block, slots); err != nil {
			return err
		}
	}
	for i := range rows {
		if _, err := tx.Exec(ctx, `DELETE FROM search_doc WHERE id = $1`, rows[i].id); err != nil {
			return err
		}
	}
	return nil
}

// shorten takes documents out of one list; an empty one goes.
func shorten(ctx context.Context, tx *db.Tx, p place, gone *set) error {
	var list string
	found, err := tx.Row(ctx, `SELECT docs FROM search_gram WHERE gram = $1 AND block = $2`, []any{p.gram, p.block}, &list)
	if err != nil || !found {
		return err
	}
	left, err := without(list, gone)
	if err != nil {
		return err
	}
	if left == "" {
		_, err = tx.Exec(ctx, `DELETE FROM search_gram WHERE gram = $1 AND block = $2`, p.gram, p.block)
	} else {
		_, err = tx.Exec(ctx, `UPDATE search_gram SET docs = $1 WHERE gram = $2 AND block = $3`, left, p.gram, p.block)
	}
	return err
}

// forgetTimes blanks the times of documents; their places stay, since times are found by place.
func forgetTimes(ctx context.Context, tx *db.Tx, block int64, slots []int) error {
	var times string
	found, err := tx.Row(ctx, `SELECT times FROM search_block WHERE block = $1`, []any{block}, &times)
	if err != nil || !found {
		return err
	}
	b := []byte(times)
	for _, slot := range slots {
		copy(b[slot*perTime:(slot+1)*perTime], appendTime(nil, 0))
	}
	_, err = tx.Exec(ctx, `UPDATE search_block SET times = $1 WHERE block = $2`, string(b), block)
	return err
}
