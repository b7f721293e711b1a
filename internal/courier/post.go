package courier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"accord/exchange"
	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/link"
)

// A Post exchanges bundles by mail. What was sent is in the database, what came lies in the maildir.
type Post struct {
	DB    *db.DB
	Links *link.Links
	Mail  *Mail
	Path  func(string) string // of a file that the settings name
	Offer func(ctx context.Context) error
	Log   *slog.Logger
	Came  func() // called when something new was stored

	gaps map[string]bool // mails for whose gap was asked; asking once more would do no harm
}

// Pace of what is sent. A mail says nothing of whether it came; only the partner's bundle does.
const (
	look       = 5 * time.Second  // how often new mails are looked for
	gap        = 20 * time.Second // two mails to one partner are this far apart, so that little things go together
	firstAgain = 30 * time.Minute // the same is sent again after this, twice that, and so on
	lastAgain  = 24 * time.Hour
	afterHTTPS = 10 * time.Minute
)

// A Sent is what one look at a partner did.
type Sent struct {
	Partner string `json:"partner"`
	Sent    bool   `json:"sent"`
	Entries int64  `json:"entries"`
	Why     string `json:"why"` // when nothing was sent
}

// Run reads and sends until ctx ends.
func (p *Post) Run(ctx context.Context, wake <-chan struct{}) {
	for ctx.Err() == nil {
		if p.Mail.Maildir != "" {
			if _, err := p.Read(ctx); err != nil && ctx.Err() == nil {
				p.Log.WarnContext(ctx, "mail cannot be read", "error", err)
			}
		}
		if p.Mail.Server != "" {
			if _, err := p.Send(ctx, false); err != nil && ctx.Err() == nil {
				p.Log.WarnContext(ctx, "mail cannot be sent", "error", err)
			}
		}
		select {
		case <-ctx.Done():
		case <-wake:
			pause(ctx, time.Second) // what comes together goes together
		case <-time.After(look):
		}
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// Send writes to every partner with a mail address to whom there is reason to write. now leaves out the waiting for HTTPS and
// between two mails; what was said already is not said again before its time all the same.
func (p *Post) Send(ctx context.Context, now bool) (all []Sent, err error) {
	all = []Sent{}
	if err := p.Offer(ctx); err != nil {
		return all, err
	}
	known, err := p.Links.Partners(ctx)
	if err != nil {
		return all, err
	}
	for _, partner := range slices.Sorted(maps.Keys(p.Mail.Partners)) {
		if !slices.Contains(known, partner) {
			all = append(all, Sent{Partner: partner, Why: "its card is not known here"})
			continue
		}
		s, one := p.sendTo(ctx, partner, now)
		all, err = append(all, s), errors.Join(err, one)
	}
	return all, err
}

func (p *Post) sendTo(ctx context.Context, partner string, now bool) (Sent, error) {
	s := Sent{Partner: partner}
	owed, err := p.Links.Owed(ctx, partner)
	if err != nil {
		return s, err
	}
	last, err := p.last(ctx, partner)
	if err != nil {
		return s, err
	}
	wait, err := p.forHTTPS(ctx, partner)
	if err != nil {
		return s, err
	}
	if now {
		wait = 0
	}
	if s.Why = reason(owed, last, time.Now(), wait, now); s.Why != "" {
		return s, nil
	}
	if mine, err := p.claim(ctx, partner, last); err != nil || !mine {
		s.Why = "another process writes to it"
		return s, err
	}
	written, err := p.Links.Write(ctx, partner, link.Everything)
	if err != nil {
		return s, err
	}
	msg, err := p.Mail.letter(p.Mail.Partners[partner], written.Sealed)
	if err == nil {
		err = p.Mail.send(ctx, msg, p.Path)
	}
	if err != nil {
		return s, err
	}
	s.Sent, s.Entries = true, written.End-written.Start
	p.Log.InfoContext(ctx, "bundle mailed", "partner", partner, "bundle", link.SealedSum(written.Sealed), "entries", s.Entries)
	return s, p.note(ctx, partner, mailed{Size: written.End, Cosigned: written.Cosigned, Asks: owed.Asks}, last)
}

// A mailed is what a partner was told by mail last.
type mailed struct {
	Size, Cosigned int64
	Asks           string
	At, Next       time.Time
	Tries          int64
	Again          bool
}

// reason says why nothing is sent now; empty when something is.
func reason(o link.Owed, last *mailed, now time.Time, wait time.Duration, atOnce bool) string {
	justGone := last != nil && !atOnce && now.Sub(last.At) < gap && !now.Before(last.At)
	switch {
	case (last == nil || !last.Again) && !o.Due():
		return "there is nothing to say"
	case justGone:
		return "a mail has just gone, or was tried"
	case last != nil && last.Again:
		return ""
	case wait > 0 && !o.Since.IsZero() && now.Sub(o.Since) < wait:
		return "it is given time to go by HTTPS"
	case last == nil:
		return ""
	}
	fresh := o.Waiting > 0 || o.Size > last.Size || o.Theirs > last.Cosigned || o.Asked || o.Asks != last.Asks
	switch {
	case fresh:
		return ""
	case !o.Unanswered():
		return "it was said; the partner has not asked again"
	case now.Before(last.Next):
		return "it was said; the answer is waited for until " + last.Next.UTC().Format(time.RFC3339)
	}
	return ""
}

// forHTTPS is how long a partner that has an address for HTTPS is waited for there.
func (p *Post) forHTTPS(ctx context.Context, partner string) (time.Duration, error) {
	chain, err := p.Links.Chain(ctx, partner)
	if err != nil {
		return 0, err
	}
	card, err := chain.At(time.Now())
	if err != nil || len(card.Endpoints) == 0 {
		return 0, err
	}
	if p.Mail.After == "" {
		return afterHTTPS, nil
	}
	return time.ParseDuration(p.Mail.After)
}

func (p *Post) last(ctx context.Context, partner string) (m *mailed, err error) {
	err = p.DB.View(ctx, func(tx *db.Tx) error {
		var at, next, again int64
		got := mailed{}
		found, err := tx.Row(ctx, `SELECT size, cosigned, asks, at, tries, next, again FROM mailed WHERE partner = $1`, []any{partner},
			&got.Size, &got.Cosigned, &got.Asks, &at, &got.Tries, &next, &again)
		got.At, got.Next, got.Again = db.Time(at), db.Time(next), again != 0
		if m = nil; found {
			m = &got
		}
		return err
	})
	return m, err
}

// A Mailed is when a partner was written to by mail last.
type Mailed struct {
	At   time.Time
	Next time.Time // the same is sent again then, if nothing comes
}

// Mailed says when a partner was written to last; nil when never.
func (p *Post) Mailed(ctx context.Context, partner string) (*Mailed, error) {
	m, err := p.last(ctx, partner)
	if err != nil || m == nil || m.Tries == 0 {
		return nil, err
	}
	return &Mailed{m.At, m.Next}, nil
}

// claim keeps other processes of this city from writing the same at the same time. It says when was tried last, and no more: what
// is not sent then is sent a little later.
func (p *Post) claim(ctx context.Context, partner string, last *mailed) (mine bool, err error) {
	err = p.DB.Update(ctx, func(tx *db.Tx) error {
		var changed int64
		if last == nil {
			changed, err = tx.Exec(ctx, `INSERT INTO mailed (partner, size, cosigned, asks, at, tries, next, again) VALUES ($1, 0, 0, '', $2, 0, 0, 1)
				ON CONFLICT (partner) DO NOTHING`, partner, db.Micros(tx.Now))
		} else {
			changed, err = tx.Exec(ctx, `UPDATE mailed SET at = $1 WHERE partner = $2 AND at = $3`, db.Micros(tx.Now), partner, db.Micros(last.At))
		}
		mine = changed == 1
		return err
	})
	return mine, err
}

// note keeps what was said, and when it may be said again.
func (p *Post) note(ctx context.Context, partner string, said mailed, last *mailed) error {
	if last != nil && last.Size == said.Size && last.Cosigned == said.Cosigned && last.Asks == said.Asks {
		said.Tries = last.Tries
	}
	pause := firstAgain << min(said.Tries, 10)
	return p.DB.Update(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO mailed (partner, size, cosigned, asks, at, tries, next, again) VALUES ($1, $2, $3, $4, $5, $6, $7, 0)
			ON CONFLICT (partner) DO UPDATE SET size = excluded.size, cosigned = excluded.cosigned, asks = excluded.asks, at = excluded.at,
			tries = excluded.tries, next = excluded.next, again = 0`, partner, said.Size, said.Cosigned, said.Asks, db.Micros(tx.Now), said.Tries+1,
			db.Micros(tx.Now.Add(min(pause, lastAgain))))
		return err
	})
}

// again notes that a partner has not got what it was told: it has sent again what it had sent before, or what follows on
// something that never came here.
func (p *Post) again(ctx context.Context, partner string) error {
	return p.DB.Update(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO mailed (partner, size, cosigned, asks, at, tries, next, again) VALUES ($1, 0, 0, '', 0, 0, 0, 1)
			ON CONFLICT (partner) DO UPDATE SET again = 1`, partner)
		return err
	})
}

// A Got is what one mail was.
type Got struct {
	Mail   string       `json:"mail"`
	What   string       `json:"what"` // read, failed, other, waits
	Report *link.Report `json:"report,omitempty"`
	Why    string       `json:"why,omitempty"`
}

// Read looks at every new mail once. A bundle with a gap before it waits for the one that fills it.
func (p *Post) Read(ctx context.Context) (all []Got, err error) {
	all = []Got{}
	box := maildir(p.Mail.Maildir)
	names, err := box.fresh()
	if err != nil {
		return all, err
	}
	for progress := true; progress && len(names) > 0; {
		progress = false
		var waits []string
		for _, name := range names {
			g, one := p.readOne(ctx, box, name)
			if one != nil {
				return all, one
			}
			if g.What == "waits" {
				waits = append(waits, name)
			}
			progress = progress || g.What == "read" && g.Report.Applied+g.Report.Aside > 0
			all = append(slices.DeleteFunc(all, func(old Got) bool { return old.Mail == name }), g)
		}
		names = waits
	}
	return all, nil
}

func (p *Post) readOne(ctx context.Context, box maildir, name string) (Got, error) {
	g := Got{Mail: name}
	f, err := box.open(name)
	if err != nil {
		g.What, g.Why = "waits", "it cannot be opened"
		return g, nil
	}
	sealed, err := readMail(f)
	f.Close()
	if errors.Is(err, errNotOurs) {
		g.What = "other"
		return g, box.move(name, boxOther)
	}
	var from string
	if err == nil {
		way := link.ByHand
		way.Trust = func(card *exchange.Card) error { from = card.Party; return nil }
		g.Report, err = p.Links.Read(ctx, sealed, way)
	}
	switch kind := fault.KindOf(err); {
	case err == nil:
		g.What = "read"
		p.Log.InfoContext(ctx, "bundle came by mail", "from", g.Report.From, "bundle", link.SealedSum(sealed), "applied", g.Report.Applied, "known", g.Report.Known,
			"aside", g.Report.Aside, "delivered", g.Report.Delivered)
		if g.Report.Known > 0 {
			if err := p.again(ctx, g.Report.From); err != nil {
				return g, err
			}
		}
		if g.Report.Applied+g.Report.Aside+g.Report.Delivered > 0 {
			p.Came()
		}
		return g, box.move(name, boxRead)
	case ctx.Err() != nil:
		return g, ctx.Err()
	case errors.Is(err, link.ErrGap), kind == fault.Unavailable, kind == fault.Internal:
		g.What, g.Why = "waits", err.Error()
		return g, p.waits(ctx, name, from, err)
	}
	g.What, g.Why = "failed", err.Error()
	p.Log.WarnContext(ctx, "a bundle that came by mail is put aside", "mail", short(name), "error", err)
	return g, box.fail(name, err)
}

// waits leaves a mail where it is. What is missing before it is asked for, once.
func (p *Post) waits(ctx context.Context, name, from string, why error) error {
	if p.gaps[name] {
		return nil
	}
	p.Log.WarnContext(ctx, "a bundle that came by mail waits", "mail", short(name), "error", why)
	if !errors.Is(why, link.ErrGap) {
		return nil
	}
	if p.gaps == nil {
		p.gaps = map[string]bool{}
	}
	if len(p.gaps) > 10*perLook {
		clear(p.gaps)
	}
	p.gaps[name] = true
	return p.again(ctx, from)
}

// short is a file's name as it may stand in a log.
func short(name string) string { return fmt.Sprintf("%.60q", name) }
