// Package search finds texts by two letters and more, in scripts with and without spaces, the same on both engines: a table of
// grams with the documents that have them, a table of the documents with their texts. It knows nothing of what is found, only its
// kind, its name among its like and the right that a reader needs; which things there are is for its callers to say.
//
// What is not kept any longer is taken out with Drop in the transaction that erases it. Everything here is made from other
// tables and can be made again.
package search

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"accord/internal/db"
	"accord/internal/who"
)

// A Kind says what sort of thing a document tells of.
type Kind string

// The closed list of kinds, in the order in which results are grouped.
const (
	Instrument Kind = "instrument"
	Clause     Kind = "clause"
	Event      Kind = "event" // of the registered history
	Claim      Kind = "claim"
	Letter     Kind = "document"
	Release    Kind = "release" // what waits for a person
	Record     Kind = "record"
	Dataset    Kind = "dataset"
	Unit       Kind = "unit"
	Person     Kind = "person"
)

// Kinds are all kinds.
func Kinds() []Kind {
	return []Kind{Instrument, Clause, Event, Claim, Letter, Release, Record, Dataset, Unit, Person}
}

// A Text is one text in one language; without a language where nobody says which it is.
type Text struct{ Lang, Text string }

// A Doc is one thing that can be found.
type Doc struct {
	Kind    Kind
	Ref     string    // which one of its kind
	Needs   who.Right // without it nobody may know that the thing is there
	Version int64     // number of the stored version of a record that it tells; 0 of all else
	At      time.Time // newer ones come first
	Date    string    // the same as it was said, a year as a year; empty where it has none
	Title   []Text    // in each of its languages
	Body    []Text
}

// Bounds of what is kept of one document, in bytes. What is longer is found by its beginning.
const (
	MaxTitle = 4 << 10
	MaxBody  = 64 << 10
)

// Signs in stored texts: after the language and after the text. No text keeps them.
const (
	afterLang = "\x1f"
	afterText = "\x1e"
)

// pack writes texts as they are stored, up to so many bytes.
func pack(texts []Text, most int) string {
	var b strings.Builder
	for _, t := range texts {
		s := clean(t.Text, most-b.Len())
		if s == "" {
			continue
		}
		b.WriteString(clean(t.Lang, 35))
		b.WriteString(afterLang)
		b.WriteString(s)
		b.WriteString(afterText)
	}
	return b.String()
}

// clean is a text without what neither engine stores, cut at a character.
func clean(s string, most int) string {
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD")))
	if len(s) <= max(most, 0) {
		return s
	}
	return strings.ToValidUTF8(s[:max(most, 0)], "")
}

func unpack(s string) (out []Text) {
	for one := range strings.SplitSeq(s, afterText) {
		if lang, text, ok := strings.Cut(one, afterLang); ok {
			out = append(out, Text{lang, text})
		}
	}
	return out
}

func bare(texts []Text) []string {
	out := make([]string, len(texts))
	for i, t := range texts {
		out[i] = t.Text
	}
	return out
}

// Grams below zero stand for what a document is, not for what it says: by name, since lists of kinds and rights grow.
func kindGram(k Kind) int64 { return named("kind " + string(k)) }

func rightGram(r who.Right) int64 { return named("right " + string(r)) }

func named(s string) int64 {
	h := fnv.New32a()
	h.Write([]byte(s))
	return -1 - int64(h.Sum32())
}

func (d *Doc) check() error {
	if slices.Index(Kinds(), d.Kind) < 0 || slices.Index(who.Rights(), d.Needs) < 0 || d.Ref == "" {
		return fmt.Errorf("search: document %q of kind %q needs the right %q: one of them is none", d.Ref, d.Kind, d.Needs)
	}
	return nil
}

// posted are the grams of a document, each once.
func posted(kind Kind, needs who.Right, title, body []Text) []int64 {
	all := []int64{kindGram(kind), rightGram(needs)}
	add := func(g int64) { all = append(all, g) }
	head := fold(bare(title)...).runes
	grams(head, add)
	grams(fold(bare(body)...).runes, add)
	grams(head, func(g int64) { all = append(all, g|inTitle) })
	slices.Sort(all)
	return slices.Compact(all)
}

// Mark notes that something has changed and has to be looked at again, in the transaction that changes it.
func Mark(ctx context.Context, tx *db.Tx, kind Kind, ref string) error {
	_, err := tx.Exec(ctx, `INSERT INTO search_due (kind, ref) VALUES ($1, $2) ON CONFLICT (kind, ref) DO NOTHING`, string(kind), ref)
	return err
}

// Due returns some of what is marked.
func Due(ctx context.Context, tx *db.Tx, limit int) (out []Doc, err error) {
	err = tx.Rows(ctx, `SELECT kind, ref FROM search_due ORDER BY kind, ref LIMIT $1`, []any{limit}, func(r db.Scanner) error {
		var d Doc
		err := r.Scan((*string)(&d.Kind), &d.Ref)
		out = append(out, d)
		return err
	})
	return out, err
}

// Done takes back a mark.
func Done(ctx context.Context, tx *db.Tx, kind Kind, ref string) error {
	_, err := tx.Exec(ctx, `DELETE FROM search_due WHERE kind = $1 AND ref = $2`, string(kind), ref)
	return err
}

// Seen is how far something was looked at, by name; zero and nothing when it never was.
func Seen(ctx context.Context, tx *db.Tx, name string) (n int64, what string, err error) {
	_, err = tx.Row(ctx, `SELECT n, what FROM search_seen WHERE name = $1`, []any{name}, &n, &what)
	return n, what, err
}

// SetSeen notes it.
func SetSeen(ctx context.Context, tx *db.Tx, name string, n int64, what string) error {
	_, err := tx.Exec(ctx, `INSERT INTO search_seen (name, n, what) VALUES ($1, $2, $3) ON CONFLICT (name) DO UPDATE SET n = excluded.n, what = excluded.what`, name, n, what)
	return err
}

// Clear empties everything, and forgets how far anything was looked at.
func Clear(ctx context.Context, tx *db.Tx) error {
	for _, table := range []string{"search_gram", "search_block", "search_doc", "search_due", "search_seen"} {
		if _, err := tx.Exec(ctx, `DELETE FROM `+table); err != nil {
			return err
		}
	}
	return SetSeen(ctx, tx, "ids", 0, "")
}
