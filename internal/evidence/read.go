package evidence

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"accord/internal/date"
	"accord/internal/db"
)

// forever is a time by which everything is known.
const forever = math.MaxInt64

// endOf is the last moment of a day at the city's place; of no day, forever.
func endOf(day date.Day, zone *time.Location) int64 {
	if day.IsZero() {
		return forever
	}
	next := day.AddDays(1)
	return db.Micros(time.Date(next.Year(), next.Month(), next.DayOfMonth(), 0, 0, 0, 0, zone)) - 1
}

// A depth says how much of what was said is read: for the pulse much less than for people.
type depth int

const (
	states depth = iota // what a state follows from
	texts               // and the bodies of claims
	whole               // and by whom and why
)

// threads reads what was said up to a moment: about one event, or about all where id is empty. By event.
func threads(ctx context.Context, tx *db.Tx, id string, known int64, deep depth) (out []*thread, err error) {
	if id != "" {
		return threadsOf(ctx, tx, []string{id}, known, deep)
	}
	return threadsWhere(ctx, tx, `known <= $1`, []any{known}, deep)
}

// threadsOf reads what was said up to a moment about some events.
func threadsOf(ctx context.Context, tx *db.Tx, ids []string, known int64, deep depth) ([]*thread, error) {
	in, args := amongst(ids, []any{known})
	return threadsWhere(ctx, tx, `known <= $1 AND event`+in, args, deep)
}

// amongst is a condition that a column is one of some values, after other arguments.
func amongst(values []string, args []any) (string, []any) {
	var holes []string
	for _, v := range values {
		args = append(args, v)
		holes = append(holes, fmt.Sprintf("$%d", len(args)))
	}
	return ` IN (` + strings.Join(holes, ", ") + `)`, args
}

func threadsWhere(ctx context.Context, tx *db.Tx, where string, args []any, deep depth) (out []*thread, err error) {
	r := reader{depth: deep, by: map[string]*thread{}, parties: map[string][]string{}}
	if err = r.read(ctx, tx, where, args); err != nil {
		return nil, err
	}
	for _, t := range r.by {
		slices.SortFunc(t.versions, func(a, b version) int { return a.number - b.number })
		slices.SortFunc(t.words, func(a, b spoken) int { return cmp.Or(cmp.Compare(a.party, b.party), a.number-b.number) })
		out = append(out, t)
	}
	slices.SortFunc(out, func(a, b *thread) int { return cmp.Compare(a.id, b.id) })
	return out, nil
}

// A reader puts rows together to threads.
type reader struct {
	depth   depth
	by      map[string]*thread
	parties map[string][]string // of a column, split once
	room    []thread            // made many at a time
}

// read reads the rows that a condition names. Not in the order of an index: reading all rows as they lie is twice as fast.
func (r *reader) read(ctx context.Context, tx *db.Tx, where string, args []any) error {
	if r.depth == states { // in one text each: handing over row by row takes longer than all else
		if err := asOneText(ctx, tx, claimColumns, `claim WHERE `+where, args, func(short string) error { return r.addClaim(short, version{}) }); err != nil {
			return err
		}
		return asOneText(ctx, tx, wordColumns, `word WHERE `+where, args, func(short string) error { return r.addWord(short, spoken{}) })
	}
	if err := tx.Rows(ctx, r.claims()+where, args, r.claim); err != nil {
		return err
	}
	return tx.Rows(ctx, r.words()+where, args, r.word)
}

// asOneText calls f with the short columns of every row.
func asOneText(ctx context.Context, tx *db.Tx, columns, from string, args []any, f func(short string) error) error {
	var all string
	if _, err := tx.Row(ctx, `SELECT COALESCE(string_agg(`+columns+`, '`+nextRow+`'), '') FROM `+from, args, &all); err != nil || all == "" {
		return err
	}
	for short := range strings.SplitSeq(all, nextRow) {
		if err := f(short); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) thread() *thread {
	if len(r.room) == 0 {
		r.room = make([]thread, min(1+len(r.by), 256))
	}
	t := &r.room[0]
	r.room = r.room[1:]
	return t
}

// The short columns of a row come as one text: reading each by itself takes longer than all else. None of them can hold the
// sign between them.
const between = "|"

// nextRow stands between rows where many come as one text; no short column can hold it either.
const nextRow = "!"

const (
	claimColumns = `concat_ws('` + between + `', event, version, action, hash, instrument, clause, kind, level, parties, start, until, known)`
	wordColumns  = `concat_ws('` + between + `', event, party, number, claim, word)`
)

// cut parts a short text into as many columns as it must have.
func cut(short string, into []string) bool {
	for i := range into[1:] {
		var ok bool
		if into[i], short, ok = strings.Cut(short, between); !ok {
			return false
		}
	}
	into[len(into)-1] = short
	return !strings.Contains(short, between)
}

func (r *reader) claims() string {
	more := ""
	if r.depth >= texts {
		more = `, body`
	}
	if r.depth == whole {
		more += `, unit, person`
	}
	return `SELECT ` + claimColumns + more + ` FROM claim WHERE `
}

func (r *reader) claim(row db.Scanner) error {
	var v version
	var short string
	into := []any{&short, &v.body, &v.unit, &v.person}
	if err := row.Scan(into[:[]int{states: 1, texts: 2, whole: 4}[r.depth]]...); err != nil {
		return err
	}
	return r.addClaim(short, v)
}

// addClaim completes a version from its short columns and puts it into its thread.
func (r *reader) addClaim(short string, v version) error {
	var f [12]string
	if !cut(short, f[:]) {
		return fmt.Errorf("stored claim %q cannot be read", short)
	}
	event, parties := f[0], f[8]
	v.action, v.hash, v.instrument, v.clause, v.kind, v.level = f[2], f[3], f[4], f[5], f[6], f[7]
	if _, ok := r.parties[parties]; !ok && parties != "" {
		r.parties[parties] = strings.Split(parties, ",")
	}
	v.by = r.parties[parties]
	known, err := strconv.ParseInt(f[11], 10, 64)
	v.known = db.Time(known)
	if err == nil {
		v.number, err = strconv.Atoi(f[1])
	}
	if err == nil {
		err = v.start.UnmarshalText([]byte(f[9]))
	}
	if err == nil {
		err = v.until.UnmarshalText([]byte(f[10]))
	}
	if err != nil {
		return fmt.Errorf("stored claim %s: %w", event, err)
	}
	t := r.by[event]
	if t == nil {
		claimant, _, _ := strings.Cut(event, "/")
		t = r.thread()
		t.id, t.claimant, t.versions = event, claimant, t.first[:0]
		r.by[event] = t
	}
	t.versions = append(t.versions, v)
	return nil
}

func (r *reader) words() string {
	more := ""
	if r.depth == whole {
		more = `, why, said, unit, person, known`
	}
	return `SELECT ` + wordColumns + more + ` FROM word WHERE `
}

func (r *reader) word(row db.Scanner) error {
	var short string
	var s spoken
	var said, known int64
	into := []any{&short, &s.why, &said, &s.unit, &s.person, &known}
	if r.depth < whole {
		into = into[:1]
	}
	if err := row.Scan(into...); err != nil {
		return err
	}
	s.said, s.known = db.Time(said), db.Time(known)
	return r.addWord(short, s)
}

// addWord completes a word from its short columns and puts it into its thread.
func (r *reader) addWord(short string, s spoken) error {
	var f [5]string
	if !cut(short, f[:]) {
		return fmt.Errorf("stored word %q cannot be read", short)
	}
	number, err := strconv.Atoi(f[2])
	s.party, s.number, s.claim, s.word = f[1], number, f[3], f[4]
	if t := r.by[f[0]]; t != nil { // a word can come before its claim, by another city's link
		t.words = append(t.words, s)
	}
	return err
}

// rulings reads the judgements made up to a moment, by event, in their order.
func rulings(ctx context.Context, tx *db.Tx, known int64) (map[string][]ruling, error) {
	return rulingsWhere(ctx, tx, `known <= $1`, []any{known})
}

func rulingsWhere(ctx context.Context, tx *db.Tx, where string, args []any) (map[string][]ruling, error) {
	out := map[string][]ruling{}
	err := tx.Rows(ctx, `SELECT event, instrument, clause, number, judgement, person, why, known FROM judgement
		WHERE `+where+` ORDER BY event, known, instrument, clause, number`, args, func(r db.Scanner) error {
		var event string
		var j ruling
		var known int64
		err := r.Scan(&event, &j.clause.instrument, &j.clause.clause, &j.number, &j.judgement, &j.person, &j.why, &known)
		j.known = db.Time(known)
		out[event] = append(out[event], j)
		return err
	})
	return out, err
}
