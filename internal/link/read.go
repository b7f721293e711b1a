package link

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"accord/exchange"
	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/hashlog"
)

// A Report says what reading a bundle did.
type Report struct {
	From      string  `json:"from"`
	Applied   int     `json:"applied"` // entries that were new and are applied
	Known     int     `json:"known"`   // entries that were here already
	Aside     int     `json:"aside"`   // entries that were new and are set aside
	Asides    []Aside `json:"asides,omitempty"`
	Delivered int     `json:"delivered"` // our entries whose delivery this bundle proves
	Returned  int     `json:"returned"`  // our own entries that the partner gave back after a restore
	Waits     bool    `json:"waits"`     // this node still waits for the partner's word before it writes
}

// An Aside is an entry that is stored but not applied, with the reason.
type Aside struct {
	Index int64  `json:"index"`
	ID    string `json:"id"`
	Why   string `json:"why"`
}

// A Way says how a bundle came in.
type Way struct {
	// Trust says whether a bundle from the city with this card may come this way: a carrier that knows who is at the other
	// end compares it. It runs before anything is stored.
	Trust func(from *exchange.Card) error
	// Asks is the size below which a cosignature says that the partner has lost entries of ours and asks for them. A request
	// may have been written before our last bundle came, so it asks for nothing: 0.
	Asks int64
	// Carrier is by what it came, for the status.
	Carrier string
}

// ByHand is the way of a file: whoever hands it over says nothing of who wrote it, and what it says of our log counts.
var ByHand = Way{Trust: func(*exchange.Card) error { return nil }, Asks: math.MaxInt64, Carrier: ByFile}

// ErrGap is the cause of the fault that entries are missing before a bundle. A bundle of this node asks for them.
var ErrGap = errors.New("entries are missing")

// A Gap is ErrGap with what is missing.
type Gap struct {
	From        string // who wrote the bundle
	First, Last int64  // of the entries that are missing
}

func (g *Gap) Error() string {
	return fmt.Sprintf("entries %d to %d of %s are missing before it", g.First, g.Last, g.From)
}

// Unwrap makes it ErrGap.
func (g *Gap) Unwrap() error { return ErrGap }

// Read opens a sealed bundle, checks all of it, and stores it in one transaction: entries, our cosignature, what the
// entries say, and what the bundle proves of our own log. A bundle that is wrong anywhere changes nothing.
func (l *Links) Read(ctx context.Context, sealed []byte, way Way) (_ *Report, err error) {
	defer func() { l.told("in", err) }()
	plain, err := exchange.Unseal(sealed, l.self.opening()...)
	if err != nil {
		return nil, err
	}
	b, err := exchange.DecodeBundle(plain)
	if err != nil {
		return nil, err
	}
	switch {
	case b.From == l.self.Party:
		return nil, fault.New(fault.Refused, "bundle", "it was written by this node", "send it to "+b.To)
	case b.To != l.self.Party:
		return nil, fault.New(fault.Refused, "bundle", "it is for "+b.To+", this is "+l.self.Party, "send it to "+b.To)
	}
	report := &Report{From: b.From}
	err = l.db.Update(ctx, func(tx *db.Tx) error {
		*report = Report{From: b.From}
		from, err := l.sender(ctx, tx, b)
		if err != nil {
			return err
		}
		if err := b.CheckSignature(from); err != nil {
			return err
		}
		if err := way.Trust(from); err != nil {
			return err
		}
		if err := l.receive(ctx, tx, b, from, report); err != nil {
			return err
		}
		if err := l.asked(ctx, tx, b); err != nil {
			return err
		}
		if err := went(ctx, tx, b.From, way.Carrier); err != nil {
			return err
		}
		if err := l.delivered(ctx, tx, b, way, report); err != nil {
			return err
		}
		return l.afterRestore(ctx, tx, report)
	})
	if err != nil {
		l.keep(ctx, err)
		return nil, err
	}
	return report, nil
}

// Limits of what a sender's clock and cards may say.
const (
	ahead = 5 * time.Minute // how far a partner's clock may be before ours
	grace = 24 * time.Hour  // how long a partner may still sign with a card after the next one is valid
)

// sender returns the card of the sender that the bundle names.
func (l *Links) sender(ctx context.Context, tx *db.Tx, b *exchange.Bundle) (*exchange.Card, error) {
	chain, err := Chain(ctx, tx, b.From)
	if err != nil {
		return nil, err
	}
	switch {
	case len(chain) == 0:
		return nil, fault.New(fault.Refused, "bundle", "it is from "+b.From+", whose card is not known here", "add its card after comparing fingerprints: accord card add FILE")
	case b.Card > len(chain):
		return nil, fault.New(fault.Refused, "bundle", fmt.Sprintf("it names card %d of %s; card %d is the last known here", b.Card, b.From, len(chain)), "ask "+b.From+" for its newest card and add it")
	case b.Card < len(chain) && chain[b.Card].Revokes && !tx.Now.Before(chain[b.Card].ValidFrom):
		return nil, fault.New(fault.Refused, "bundle", fmt.Sprintf("it is signed with card %d of %s, whose keys were revoked", b.Card, b.From), "do not read it; call "+b.From+": somebody else may have written it")
	case b.Card < len(chain) && tx.Now.After(chain[b.Card].ValidFrom.Add(grace)):
		return nil, fault.New(fault.Refused, "bundle", fmt.Sprintf("it is signed with card %d of %s, which card %d has replaced", b.Card, b.From, b.Card+1), "ask "+b.From+" to write it again with its newest keys")
	}
	card := chain[b.Card-1]
	if card.ValidFrom.After(tx.Now.Add(ahead)) {
		return nil, fault.New(fault.Unavailable, "bundle", fmt.Sprintf("its sender's card is valid only from %s; a clock, here or there, is wrong", card.ValidFrom.Format(time.RFC3339)), "set the clocks; it is tried again")
	}
	return card, nil
}

// checkFresh says whether entries that are new here may follow the ones that are: of the sender's own offices, and
// in the order of time.
func checkFresh(ctx context.Context, tx *db.Tx, d direction, fresh []exchange.Entry) error {
	var last int64
	if _, err := tx.Row(ctx, `SELECT time FROM entry WHERE log = $1 AND idx = $2`, []any{d.id, d.size - 1}, &last); err != nil {
		return err
	}
	before := db.Time(last)
	for i := range fresh {
		h, where := &fresh[i].Header, fmt.Sprintf("entry %d", d.size+int64(i))
		bad := func(why string) error {
			return fault.New(fault.Invalid, "bundle", why, "nothing of it was stored; ask "+d.writer+" what its node does").At(where)
		}
		switch {
		case h.Unit != "" && !strings.HasPrefix(h.Unit, d.writer+"/"):
			return bad("it names an office of another city")
		case h.Time.Before(before):
			return bad("it left before the entry in front of it")
		case h.Time.After(tx.Now.Add(ahead)):
			return fault.New(fault.Unavailable, "bundle", fmt.Sprintf("it left at %s, which has not come yet; a clock, here or there, is wrong", h.Time.Format(time.RFC3339)), "set the clocks; it is tried again").At(where)
		}
		before = h.Time
	}
	return nil
}

// receive stores the entries of the partner's log.
func (l *Links) receive(ctx context.Context, tx *db.Tx, b *exchange.Bundle, from *exchange.Card, report *Report) error {
	if b.End == 0 {
		return nil
	}
	c, err := exchange.OpenCheckpoint(b.Checkpoint, from, l.self.Party)
	if err != nil {
		return err
	}
	if c.Size != b.End {
		return fault.New(fault.Invalid, "bundle", fmt.Sprintf("its checkpoint is of size %d, its entries end at %d", c.Size, b.End), "ask the partner to write it again")
	}
	d, err := l.lockTheirs(ctx, tx, b.From)
	if err != nil {
		return err
	}
	if b.Start > d.size {
		gap := &Gap{From: b.From, First: d.size, Last: b.Start - 1}
		return fault.New(fault.Conflict, "bundle", gap.Error(),
			"read the bundles before it first, or send the partner a bundle of this node, which asks for them").Because(gap)
	}
	tree := hashlog.Open(ctx, tx, d.id)
	known := min(d.size, b.End) - b.Start
	for i := range known {
		leaf, err := tree.Leaf(b.Start + i)
		if err != nil {
			return err
		}
		if leaf != tlog.RecordHash(b.Entries[i].Raw) {
			return forgedBy(tree, b, c, d, fmt.Sprintf("entry %d is not the one that was delivered before", b.Start+i))
		}
	}
	if b.End <= d.size {
		if root, err := tree.Root(b.End); err != nil {
			return err
		} else if root != c.Root {
			return forgedBy(tree, b, c, d, fmt.Sprintf("the root it signed for %d entries is not the root of these entries", b.End))
		}
	}
	fresh := b.Entries[known:]
	if err := checkFresh(ctx, tx, d, fresh); err != nil {
		return err
	}
	if err := l.checkErased(ctx, tx, d, b, fresh); err != nil {
		return err
	}
	leaves := make([]tlog.Hash, len(fresh))
	for i := range fresh {
		leaves[i] = tlog.RecordHash(fresh[i].Raw)
	}
	if err := tree.Append(d.size, leaves); err != nil {
		return err
	}
	if err := checkGrowth(tree, b, c); err != nil {
		return err
	}
	report.Known = int(known)
	// That the sender starts here says that it has our cosignature of everything before.
	if _, err := tx.Exec(ctx, `UPDATE log SET told = $1 WHERE id = $2 AND told < $1`, b.Start, d.id); err != nil {
		return err
	}
	if len(fresh) == 0 {
		return nil
	}
	if err := l.store(ctx, tx, &d, fresh, report); err != nil {
		return err
	}
	return l.cosign(ctx, tx, &d, b.Checkpoint)
}

// checkGrowth says whether the tree we now have is the one the partner signed, and whether its proof fits.
func checkGrowth(tree *hashlog.Tree, b *exchange.Bundle, c exchange.Checkpoint) error {
	root, err := tree.Root(b.End)
	if err != nil {
		return err
	}
	if root != c.Root {
		return forged(b.From, fmt.Sprintf("the root it signed for %d entries is not the root of these entries", b.End))
	}
	if b.Start == 0 || b.Start == b.End {
		if len(b.Proof) > 0 {
			return fault.New(fault.Invalid, "bundle", "it carries a proof where none belongs", "ask the partner to write it again")
		}
		return nil
	}
	before, err := tree.Root(b.Start)
	if err != nil {
		return err
	}
	if err := tlog.CheckTree(b.Proof, b.End, root, b.Start, before); err != nil {
		return fault.New(fault.Invalid, "bundle", "its proof of growth does not hold", "ask the partner to write it again").Because(err)
	}
	return nil
}

func forged(party, why string) error {
	return fault.New(fault.Conflict, "history of "+party, why,
		"nothing was stored; keep this bundle and call the partner: its log contradicts what it signed, or it was restored from an old backup")
}

// store applies new entries in their order and stores each with the outcome. A purge finds everything before it stored.
func (l *Links) store(ctx context.Context, tx *db.Tx, d *direction, fresh []exchange.Entry, report *Report) error {
	for len(fresh) > 0 {
		n := 1
		for n < len(fresh) && fresh[n].Header.Kind != exchange.KindPurge {
			n++
		}
		if err := l.storeSome(ctx, tx, d, fresh[:n], report); err != nil {
			return err
		}
		fresh = fresh[n:]
	}
	return nil
}

func (l *Links) storeSome(ctx context.Context, tx *db.Tx, d *direction, fresh []exchange.Entry, report *Report) error {
	seen := make(map[string]bool, len(fresh))
	notes := make([]note, len(fresh))
	for i := range fresh {
		h := &fresh[i].Header
		var one int
		stored, err := tx.Row(ctx, `SELECT 1 FROM entry WHERE log = $1 AND id = $2`, []any{d.id, h.ID}, &one)
		if err != nil {
			return err
		}
		if stored || seen[h.ID] {
			return forged(d.writer, fmt.Sprintf("entry %d repeats the id of an earlier one", d.size+int64(i)))
		}
		seen[h.ID] = true
		came := &Came{From: d.writer, Partner: d.writer, Log: d.id, Index: d.size + int64(i), Entry: &fresh[i]}
		aside, err := l.apply(ctx, tx, came)
		if err != nil {
			return err
		}
		notes[i] = note{subject: came.Subject, rows: came.Rows}
		if aside == nil {
			report.Applied++
			continue
		}
		notes[i].aside = storable(aside.Error())
		report.Aside++
		report.Asides = append(report.Asides, Aside{Index: came.Index, ID: h.ID, Why: aside.Error()})
	}
	return insertEntries(ctx, tx, d, fresh, notes)
}

// storable is text that every engine can keep: a reason may quote what a partner wrote.
func storable(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// cosign signs the partner's checkpoint. It is durable with the entries: both commit together, and nothing of it is sent
// before.
func (l *Links) cosign(ctx context.Context, tx *db.Tx, d *direction, checkpoint []byte) error {
	ours, err := cardAt(ctx, tx, l.self.Party, tx.Now)
	if err != nil {
		return err
	}
	_, mirror, err := l.self.signing(ours)
	if err != nil {
		return err
	}
	file, err := exchange.Cosign(checkpoint, l.self.Party, mirror, tx.Now)
	if err != nil {
		return err
	}
	return keepCosigned(ctx, tx, d.id, d.size, file, tx.Now)
}

func keepCosigned(ctx context.Context, tx *db.Tx, log, size int64, file []byte, at time.Time) error {
	if _, err := tx.Exec(ctx, `INSERT INTO cosigned (log, size, file, at) VALUES ($1, $2, $3, $4)`, log, size, file, db.Micros(at)); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE log SET delivered = $1 WHERE id = $2`, size, log)
	return err
}

// delivered takes in the partner's cosignature on our log: everything below its size is delivered. One that is smaller
// than before says that the partner has lost what came after, and asks for it.
func (l *Links) delivered(ctx context.Context, tx *db.Tx, b *exchange.Bundle, way Way, report *Report) error {
	d, err := l.lockOurs(ctx, tx, b.From)
	if err != nil {
		return err
	}
	asks, err := question(ctx, tx, b.From)
	if err != nil {
		return err
	}
	report.Waits = asks != ""
	if b.Asks != "" {
		way.Asks = math.MaxInt64 // it was restored: what it says it has is what it has
	}
	if len(b.Cosigned) == 0 {
		if err := answered(ctx, tx, b, asks, 0, d, report); err != nil {
			return err
		}
		return ask(ctx, tx, d, 0, way)
	}
	ours, err := Chain(ctx, tx, l.self.Party)
	if err != nil {
		return err
	}
	theirs, err := Chain(ctx, tx, b.From)
	if err != nil {
		return err
	}
	c, at, err := exchange.OpenCosigned(b.Cosigned, ours, theirs)
	if err != nil {
		return err
	}
	if at.After(tx.Now.Add(ahead)) {
		return fault.New(fault.Unavailable, "bundle", "its cosignature is from a time that has not come yet; a clock, here or there, is wrong", "set the clocks; it is tried again")
	}
	if err := answered(ctx, tx, b, asks, c.Size, d, report); err != nil {
		return err
	}
	if c.Size > d.size {
		if err := l.takeBack(ctx, tx, b, c, &d, report); err != nil {
			return err
		}
	}
	if c.Size > d.size { // this node has lost entries: before it has them again it writes nothing
		if report.Waits {
			return nil // what was asked is still to be answered
		}
		report.Waits = true
		return l.wait(ctx, tx, b.From)
	}
	root, err := hashlog.Open(ctx, tx, d.id).Root(c.Size)
	if err != nil {
		return err
	}
	if root != c.Root {
		why := fmt.Sprintf("it cosigned a root for %d entries that this node never had", c.Size)
		f, _ := errors.AsType[*fault.Fault](forged(b.From, why))
		return f.Because(&fork{partner: b.From, origin: d.origin, why: why, signed: b.Cosigned})
	}
	if err := ask(ctx, tx, d, c.Size, way); err != nil || c.Size <= d.delivered {
		return err
	}
	report.Delivered = int(c.Size - d.delivered)
	return keepCosigned(ctx, tx, d.id, c.Size, b.Cosigned, at)
}

// ask notes from where the partner wants our log, when it has less of it than it once had.
func ask(ctx context.Context, tx *db.Tx, d direction, size int64, way Way) error {
	var asked any
	if size < min(d.delivered, way.Asks) {
		asked = size
	} else if size < d.delivered {
		return nil
	}
	_, err := tx.Exec(ctx, `UPDATE log SET asked = $1 WHERE id = $2`, asked, d.id)
	return err
}

// SealedSum names a bundle's bytes in logs.
func SealedSum(sealed []byte) string {
	sum := sha256.Sum256(sealed)
	return fmt.Sprintf("%x", sum[:6])
}
