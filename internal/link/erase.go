package link

import (
	"context"
	"fmt"
	"slices"

	"accord/exchange"
	"accord/internal/db"
	"accord/internal/fault"
)

// A Holding is an entry whose body may be erased.
type Holding struct {
	Log     int64
	Index   int64
	ID      string
	Kind    exchange.Kind
	Clause  string
	Subject string
	Rows    int
	Time    int64 // in microseconds
	Erased  bool
}

// Holdings returns entries of one log under an instrument, in their order, that a condition on the row e names. Its
// arguments begin at $3.
func Holdings(ctx context.Context, tx *db.Tx, origin, instrument, which string, args ...any) (out []Holding, err error) {
	err = tx.Rows(ctx, `SELECT e.log, e.idx, e.id, e.kind, e.clause, e.subject, e.rows, e.time, e.salt IS NULL FROM entry e JOIN log g ON g.id = e.log
		WHERE g.origin = $1 AND e.instrument = $2 AND `+which, append([]any{origin, instrument}, args...), func(r db.Scanner) error {
		var b Holding
		var kind string
		err := r.Scan(&b.Log, &b.Index, &b.ID, &kind, &b.Clause, &b.Subject, &b.Rows, &b.Time, &b.Erased)
		b.Kind = exchange.Kind(kind)
		out = append(out, b)
		return err
	})
	return out, err
}

// Named returns the entries of a log that a purge is about, and refuses one that is about others than those under its
// instrument and clause, about what is not there yet, or about what cannot be erased.
func Named(ctx context.Context, tx *db.Tx, p *exchange.Purge, instrument, clause string) (out []Holding, err error) {
	refuse := func(why string, args ...any) error {
		return fault.New(fault.Refused, "purge of "+p.Log, fmt.Sprintf(why, args...), "name only entries that have their position, of records or documents under one clause; a claim is withdrawn, not erased")
	}
	for _, s := range p.Entries {
		some, err := Holdings(ctx, tx, p.Log, instrument, `e.idx >= $3 AND e.idx < $4 ORDER BY e.idx`, s[0], s[1])
		if err != nil {
			return nil, err
		}
		if int64(len(some)) != s[1]-s[0] {
			return nil, refuse("of the entries %d to %d some are not there, or not under %s", s[0], s[1]-1, instrument)
		}
		out = append(out, some...)
	}
	for _, b := range out {
		if clause != "" && b.Clause != clause {
			return nil, refuse("entry %d is not under clause %s", b.Index, clause)
		}
		if !b.Kind.Erasable() {
			return nil, refuse("entry %d is of the kind %s, which stays", b.Index, b.Kind)
		}
	}
	return out, nil
}

// Erase takes salt and body from entries. Their headers, and with them the log, stay. The caller puts the entry that
// explains it into the same transaction, or has read it.
func Erase(ctx context.Context, tx *db.Tx, bodies []Holding) (n int, err error) {
	for _, b := range bodies {
		changed, err := tx.Exec(ctx, `UPDATE entry SET salt = NULL, body = NULL, aside = '', subject = CASE WHEN kind IN ('document', 'part') THEN '' ELSE subject END WHERE log = $1 AND idx = $2 AND salt IS NOT NULL`, b.Log, b.Index)
		if err != nil {
			return n, err
		}
		n += int(changed)
	}
	if n > 0 {
		_, err = tx.Next(ctx, "erased", n)
	}
	return n, err
}

// ForgetTitle takes the title of a document from what stays about it on a link: parts, and word that it was opened, in the log,
// in the outbox and among what was not sent. Another document of the same title under the clause loses it there too; it is for lists only.
func ForgetTitle(ctx context.Context, tx *db.Tx, partner, instrument, clause, title string) error {
	const which = ` SET subject = '' WHERE instrument = $1 AND clause = $2 AND kind IN ('document', 'part', 'opened') AND subject = $3 AND `
	for table, here := range map[string]string{"entry": `log IN (SELECT id FROM log WHERE partner = $4) AND kind <> 'document'`, "outbox": `partner = $4 AND kind <> 'document'`, "unsent": `partner = $4`} {
		if _, err := tx.Exec(ctx, `UPDATE `+table+which+here, instrument, clause, title, partner); err != nil {
			return err
		}
	}
	return nil
}

// Explained says under which entry of the link with partner the body of an entry was erased; empty where nothing explains it.
func (l *Links) Explained(ctx context.Context, tx *db.Tx, partner, origin string, index int64) (string, error) {
	var raw []byte
	found, err := tx.Row(ctx, `SELECT e.header FROM entry e JOIN log g ON g.id = e.log WHERE g.origin = $1 AND e.idx = $2 AND e.salt IS NULL`, []any{origin, index}, &raw)
	if err != nil || !found {
		return "", err
	}
	h, err := exchange.ParseHeader(raw)
	if err != nil {
		return "", err
	}
	known, err := l.reasons(ctx, tx, partner)
	if r := explains(known, origin, index, h); err == nil && r != nil {
		return "erased under " + r.String(), nil
	}
	return "", err
}

// Unclean says how many bodies were ever erased, and whether the files of the database were cleaned since.
func Unclean(ctx context.Context, tx *db.Tx) (erased int64, unclean bool, err error) {
	var cleaned int64
	_, err = tx.Row(ctx, `SELECT a.n, b.n FROM counter a, counter b WHERE a.name = 'erased' AND b.name = 'cleaned'`, nil, &erased, &cleaned)
	return erased, erased > cleaned, err
}

// Cleaned notes that the files were cleaned after that many erasures.
func Cleaned(ctx context.Context, tx *db.Tx, erased int64) error {
	_, err := tx.Exec(ctx, `UPDATE counter SET n = $1 WHERE name = 'cleaned' AND n < $1`, erased)
	return err
}

// A Reason is an entry that explains why bodies of a log are erased.
type Reason struct {
	Purge      *exchange.Purge
	Instrument string
	Clause     string
	Writer     string
	Index      int64 // -1 while it waits in our outbox
}

// In says whether the reason explains that the body of an entry of a log is missing.
func (r *Reason) In(origin string, index int64, h *exchange.Header) bool {
	return r.Purge.Log == origin && r.Instrument == h.Instrument && (r.Clause == "" || r.Clause == h.Clause) && h.Kind.Erasable() && r.Purge.Holds(index)
}

func (r *Reason) String() string {
	if r.Index < 0 {
		return "an entry of " + r.Writer + " that waits to leave"
	}
	return fmt.Sprintf("entry %d of %s", r.Index, r.Writer)
}

// reason reads the body of an entry as one; nil when it is none. Its writer asks for the erasure of its own entries, or has
// erased the other's.
func reason(kind exchange.Kind, instrument, clause, writer string, index int64, body []byte) *Reason {
	if kind != exchange.KindPurge && kind != exchange.KindPurged {
		return nil
	}
	p, err := exchange.ParsePurge(body)
	if err != nil {
		return nil
	}
	of, reader, err := exchange.SplitOrigin(p.Log)
	switch {
	case err != nil, kind == exchange.KindPurge && (of != writer || index >= 0 && p.Last() >= index), kind == exchange.KindPurged && reader != writer:
		return nil
	}
	return &Reason{Purge: p, Instrument: instrument, Clause: clause, Writer: writer, Index: index}
}

// reasons returns what is known here of why bodies are erased on the link with partner: what was confirmed first. What was
// set aside explains nothing.
func (l *Links) reasons(ctx context.Context, tx *db.Tx, partner string) (out []*Reason, err error) {
	add := func(r db.Scanner) error {
		var kind, instrument, clause, writer string
		var index int64
		var body []byte
		err := r.Scan(&kind, &instrument, &clause, &writer, &index, &body)
		if w := reason(exchange.Kind(kind), instrument, clause, writer, index, body); w != nil {
			out = append(out, w)
		}
		return err
	}
	if err = tx.Rows(ctx, `SELECT e.kind, e.instrument, e.clause, g.writer, e.idx, e.body FROM entry e JOIN log g ON g.id = e.log
		WHERE g.partner = $1 AND e.kind IN ('purge', 'purged') AND e.aside = '' ORDER BY e.kind DESC, e.log, e.idx`, []any{partner}, add); err != nil {
		return nil, err
	}
	err = tx.Rows(ctx, `SELECT kind, instrument, clause, CAST($2 AS TEXT), -1, body FROM outbox WHERE partner = $1 AND kind IN ('purge', 'purged') ORDER BY seq`, []any{partner, l.self.Party}, add)
	return out, err
}

// checkErased wants an explanation for every body that is missing from entries that are new here: an entry that is known,
// or one that comes with them.
func (l *Links) checkErased(ctx context.Context, tx *db.Tx, d direction, b *exchange.Bundle, fresh []exchange.Entry) error {
	if !slices.ContainsFunc(fresh, func(e exchange.Entry) bool { return e.Erased }) {
		return nil
	}
	known, err := l.reasons(ctx, tx, d.writer)
	if err != nil {
		return err
	}
	for i := range fresh {
		h := &fresh[i].Header
		if r := reason(h.Kind, h.Instrument, h.Clause, d.writer, d.size+int64(i), fresh[i].Body); r != nil {
			known = append(known, r)
		}
	}
	for i := range b.Returned { // what this node had said itself before it was restored
		h := &b.Returned[i].Header
		if r := reason(h.Kind, h.Instrument, h.Clause, l.self.Party, b.Back+int64(i), b.Returned[i].Body); r != nil {
			known = append(known, r)
		}
	}
	for i := range fresh {
		if index := d.size + int64(i); fresh[i].Erased && explains(known, d.origin, index, &fresh[i].Header) == nil {
			return fault.New(fault.Invalid, "bundle", "it comes without its body, and nothing has let it be erased", "nothing of it was stored; ask "+d.writer+" what its node does").
				At(fmt.Sprintf("entry %d", index))
		}
	}
	return nil
}

func explains(known []*Reason, origin string, index int64, h *exchange.Header) *Reason {
	for _, r := range known {
		if r.In(origin, index, h) {
			return r
		}
	}
	return nil
}

// Applied returns the positions of the entries of a log, of one kind and about one subject, that are applied and not erased.
func Applied(ctx context.Context, tx *db.Tx, log int64, kind exchange.Kind, subject string) (out []int64, err error) {
	err = tx.Rows(ctx, `SELECT idx FROM entry WHERE log = $1 AND kind = $2 AND subject = $3 AND aside = '' AND salt IS NOT NULL ORDER BY idx`, []any{log, string(kind), subject}, func(r db.Scanner) error {
		var i int64
		err := r.Scan(&i)
		out = append(out, i)
		return err
	})
	return out, err
}

// BodyAt returns the body of an entry by its position; nil when it is erased.
func BodyAt(ctx context.Context, tx *db.Tx, log, index int64) (body []byte, err error) {
	_, err = tx.Row(ctx, `SELECT body FROM entry WHERE log = $1 AND idx = $2`, []any{log, index}, &body)
	return body, err
}
