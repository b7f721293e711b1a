package link

import (
	"context"
	"fmt"
	"time"

	"accord/exchange"
	"accord/internal/db"
	"accord/internal/fault"
)

// A Part is one part of what a link has to show.
type Part string

// The parts.
const (
	PartWaiting Part = "waiting" // in our outbox, what leaves first at the top
	PartLeft    Part = "left"    // our log, the newest first
	PartCame    Part = "came"    // the partner's log, the newest first
	PartAside   Part = "aside"   // of the partner's log what is not applied, the newest first
)

// Parts are all of them, in the order in which a page offers them.
func Parts() []Part { return []Part{PartWaiting, PartLeft, PartCame, PartAside} }

// A Wanted says which lines of a part are asked for. Lines are found by their place, never by counting: what comes or leaves
// meanwhile neither hides one nor shows it twice.
type Wanted struct {
	Part       Part
	Instrument string // only under this; empty for all
	Clause     string // only under this clause of it; empty for all
	After      int64  // the place of the line before the first one; negative for the beginning
	Limit      int
}

// Browse returns lines of one part of the link with partner, and the place of the last where more follow; -1 at the end.
func (l *Links) Browse(ctx context.Context, partner string, w Wanted) (lines []Line, next int64, err error) {
	err = l.db.View(ctx, func(tx *db.Tx) error {
		var places []int64
		if w.Part == PartWaiting {
			lines, places, err = l.browseOutbox(ctx, tx, partner, w)
		} else {
			lines, places, err = l.browseLog(ctx, tx, partner, w)
		}
		if next = -1; err == nil && len(lines) > w.Limit {
			lines, next = lines[:w.Limit], places[w.Limit-1]
		}
		return err
	})
	return lines, next, err
}

// ofControl is added to the place of what does not leave first, so that one number keeps the order of the outbox.
const ofControl = int64(1) << 50

// Why an entry of the outbox does not leave with the next bundle.
const (
	HeldRestored  = "restored"  // this node came out of a backup and waits for the partner's word
	HeldSuspended = "suspended" // its text is suspended
	HeldEnded     = "ended"     // its text or clause has ended: it is taken back, or waits for a renewal
)

func (l *Links) browseOutbox(ctx context.Context, tx *db.Tx, partner string, w Wanted) (lines []Line, places []int64, err error) {
	waits, err := Waits(ctx, tx, partner)
	if err != nil {
		return nil, nil, err
	}
	control, seq := int64(1), w.After
	if w.After >= ofControl {
		control, seq = 0, w.After-ofControl
	}
	err = tx.Rows(ctx, `SELECT seq, control, id, kind, instrument, clause, subject, rows, since, LENGTH(body),
			CASE WHEN `+mayLeave+` THEN '' WHEN outbox.kind <> 'opened' AND `+isClosed+` THEN 'ended' ELSE 'suspended' END FROM outbox
		WHERE partner = $2 AND (control < $3 OR control = $3 AND seq > $4) AND ($5 = '' OR instrument = $5) AND ($6 = '' OR clause = $6)
		ORDER BY control DESC, seq LIMIT $7`, []any{db.Micros(tx.Now), partner, control, seq, w.Instrument, w.Clause, w.Limit + 1}, func(r db.Scanner) error {
		e := Line{Writer: l.self.Party, Index: -1}
		var seq, control, since int64
		err := r.Scan(&seq, &control, &e.ID, &e.Kind, &e.Instrument, &e.Clause, &e.Subject, &e.Rows, &since, &e.Size, &e.Held)
		e.Time = db.Time(since)
		if waits {
			e.Held = HeldRestored
		}
		lines, places = append(lines, e), append(places, seq+(1-control)*ofControl)
		return err
	})
	return lines, places, err
}

func (l *Links) browseLog(ctx context.Context, tx *db.Tx, partner string, w Wanted) (lines []Line, places []int64, err error) {
	writer, other, only := partner, l.self.Party, ""
	switch w.Part {
	case PartLeft:
		writer, other = l.self.Party, partner
	case PartAside:
		only = ` AND aside <> ''`
	}
	d, err := find(ctx, tx, exchange.Origin(writer, other))
	if err != nil {
		return nil, nil, err
	}
	before := w.After
	if before < 0 {
		before = d.size
	}
	err = tx.Rows(ctx, `SELECT `+lineColumns+` FROM entry WHERE log = $1 AND idx < $2 AND ($3 = '' OR instrument = $3) AND ($4 = '' OR clause = $4)`+only+`
		ORDER BY idx DESC LIMIT $5`, []any{d.id, before, w.Instrument, w.Clause, w.Limit + 1}, func(r db.Scanner) error {
		e, err := scanLine(r, d, writer)
		lines, places = append(lines, e), append(places, e.Index)
		return err
	})
	return lines, places, err
}

// A Detail is everything that is kept here of one entry of a log.
type Detail struct {
	Line
	Partner  string // the other city of the link
	Header   []byte // as it is in the log
	Entry    *exchange.Entry
	Stored   time.Time // when it was stored here
	Cosigned time.Time // when its mirror signed for it first; zero when it has not
	Covers   int64     // how many entries that signature covers
	Erasure  string    // which entry explains that its body is erased, as "entry 4 of east"
}

// Detail returns one entry of the log that writer keeps for the link with partner, with its body where that is not erased.
func (l *Links) Detail(ctx context.Context, writer, partner string, index int64) (out *Detail, err error) {
	other := partner
	if writer != l.self.Party {
		other = l.self.Party
	}
	err = l.db.View(ctx, func(tx *db.Tx) error {
		d, err := find(ctx, tx, exchange.Origin(writer, other))
		if err != nil {
			return err
		}
		out, err = l.detail(ctx, tx, d, writer, partner, index)
		return err
	})
	return out, err
}

func (l *Links) detail(ctx context.Context, tx *db.Tx, d direction, writer, partner string, index int64) (*Detail, error) {
	out := &Detail{Partner: partner, Entry: new(exchange.Entry)}
	var stored, at int64
	found := false
	err := tx.Rows(ctx, `SELECT `+lineColumns+`, header, salt, body, stored FROM entry WHERE log = $1 AND idx = $2`, []any{d.id, index}, func(r db.Scanner) (err error) {
		found = true
		out.Line, err = scanLine(r, d, writer, &out.Header, &out.Entry.Salt, &out.Entry.Body, &stored)
		return err
	})
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, fault.New(fault.NotFound, "entry", fmt.Sprintf("there is no entry %d of %s", index, writer), "take a link in the list of what crossed")
	}
	out.Stored = db.Time(stored)
	h, err := exchange.ParseHeader(out.Header)
	if err != nil {
		return nil, fmt.Errorf("stored entry %d of %s: %w", index, d.origin, err)
	}
	out.Entry.Header, out.Entry.Raw, out.Entry.Erased = *h, out.Header, out.Erased
	if found, err = tx.Row(ctx, `SELECT size, at FROM cosigned WHERE log = $1 AND size > $2 ORDER BY size LIMIT 1`, []any{d.id, index}, &out.Covers, &at); err != nil {
		return nil, err
	}
	if found {
		out.Cosigned = db.Time(at)
	}
	if out.Erased {
		known, err := l.reasons(ctx, tx, partner)
		if err != nil {
			return nil, err
		}
		if r := explains(known, d.origin, index, h); r != nil {
			out.Erasure = r.String()
		}
	}
	return out, nil
}

// lineColumns are the columns that scanLine reads, before any others.
const lineColumns = `idx, id, kind, instrument, clause, subject, rows, time, COALESCE(LENGTH(body), 0), aside, CASE WHEN salt IS NULL THEN 1 ELSE 0 END`

func scanLine(r db.Scanner, d direction, writer string, more ...any) (Line, error) {
	e := Line{Writer: writer}
	var at, erased int64
	err := r.Scan(append([]any{&e.Index, &e.ID, &e.Kind, &e.Instrument, &e.Clause, &e.Subject, &e.Rows, &at, &e.Size, &e.Aside, &erased}, more...)...)
	e.Time, e.Delivered, e.Erased = db.Time(at), e.Index < d.delivered, erased == 1
	return e, err
}

// RetryOne applies one entry once more that is set aside. It says why it is set aside again; empty when it is applied.
func (l *Links) RetryOne(ctx context.Context, tx *db.Tx, writer string, index int64) (reason string, err error) {
	d, err := find(ctx, tx, exchange.Origin(writer, l.self.Party))
	if err != nil {
		return "", err
	}
	some, err := someAside(ctx, tx, asides{}, d.id, index-1, 1)
	if err != nil {
		return "", err
	}
	if len(some) == 0 || some[0].Log != d.id || some[0].Index != index {
		return "", fault.New(fault.Conflict, fmt.Sprintf("entry %d of %s", index, writer), "it is not set aside: it has been applied meanwhile, or there is none", "look at it again")
	}
	return l.retry(ctx, tx, some[0])
}
