package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"accord/exchange"
	"accord/internal/area"
	"accord/internal/area/all"
	"accord/internal/audit"
	"accord/internal/courier"
	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/link"
	"accord/internal/text"
	"accord/internal/web"
	"accord/internal/who"
	"accord/record"
)

// datasetWords are the words of a dataset's area; none for a dataset of no area here.
func datasetWords(d *record.Dataset, lang text.Lang) (area.Words, error) {
	if a, ok := all.Of(d); ok {
		return a.Words(string(lang))
	}
	return area.Words{}, nil
}

// bundlesDue says what a file for each partner would carry now.
func (p *pages) bundlesDue(ctx context.Context) (out []web.BundleDue, err error) {
	all, err := p.node.Links.Status(ctx)
	for i := range all {
		if err != nil {
			return nil, err
		}
		s := &all[i]
		due := web.BundleDue{Restored: s.Waits, Last: p.when(s.LastOK)}
		if due.Partner, err = p.party(ctx, s.Partner); err != nil {
			return nil, err
		}
		var owed link.Owed
		owed, err = p.node.Links.Owed(ctx, s.Partner)
		due.Waiting, due.Unproved, due.Word = owed.Waiting, owed.Size-owed.Delivered, owed.Theirs > owed.Told
		out = append(out, due)
	}
	return out, err
}

// writeBundle makes the next file for a partner, as accord bundle write does.
func (p *pages) writeBundle(ctx context.Context, by who.Person, party string) (*web.BundleFile, error) {
	if err := p.knownPartner(ctx, party); err != nil {
		return nil, err
	}
	w, err := p.node.Send(ctx, party)
	if err != nil {
		return nil, err
	}
	what := fmt.Sprintf("for %s, entries %d to %d, bundle %s", party, w.Start, w.End, link.SealedSum(w.Sealed))
	if err := p.node.Note(ctx, by, "bundle written", what, nil); err != nil {
		return nil, err
	}
	return &web.BundleFile{Name: fmt.Sprintf("%s-%s-%d-%d.accord", p.node.Home.Config.Party, party, w.Start, w.End), Sealed: w.Sealed}, nil
}

// readBundle takes in a file that a person brought, as accord bundle read does. It is on disk before any of it is looked at: slow
// lines hold no memory.
func (p *pages) readBundle(ctx context.Context, by who.Person, from io.Reader, lang text.Lang) (*web.BundleRead, error) {
	sealed, err := spooled(from)
	if err != nil {
		return nil, err
	}
	report, err := p.node.Links.Read(ctx, sealed, link.ByHand)
	if err != nil {
		return nil, err
	}
	if _, err := p.node.Flow.Settle(ctx); err != nil {
		return nil, err
	}
	if err := p.noteRead(ctx, by, report, sealed); err != nil {
		return nil, err
	}
	out := &web.BundleRead{Applied: report.Applied, Known: report.Known, Aside: report.Aside, Delivered: report.Delivered, Returned: report.Returned, Waits: report.Waits}
	for _, a := range report.Asides[:min(len(report.Asides), shownLines)] {
		out.Asides = append(out.Asides, web.BundleAside{Index: a.Index, Why: reasonIn(lang, a.Why)})
	}
	out.From, err = p.party(ctx, report.From)
	return out, err
}

func (p *pages) noteRead(ctx context.Context, by who.Person, r *link.Report, sealed []byte) error {
	line := audit.By(by, "bundle read", fmt.Sprintf("from %s, %d applied, %d known, %d set aside, bundle %s", r.From, r.Applied, r.Known, r.Aside, link.SealedSum(sealed)))
	return p.node.DB.Update(ctx, func(tx *db.Tx) error { return audit.Append(ctx, tx, line) })
}

// spooled reads what is sent into a file that is gone afterwards, never more than a bundle can have.
func spooled(from io.Reader) (sealed []byte, err error) {
	f, err := os.CreateTemp("", "accord-bundle-*")
	if err != nil {
		return nil, fault.New(fault.Unavailable, "bundle file", "there is no room for it: "+err.Error(), "tell the administrator").Because(err)
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	n, err := io.Copy(f, io.LimitReader(from, exchange.MaxSealed+1))
	switch {
	case err != nil:
		return nil, fault.New(fault.Invalid, "bundle file", "it broke off on the way, or is larger than a bundle can be", "send it again").Because(err)
	case n > exchange.MaxSealed:
		return nil, fault.New(fault.Invalid, "bundle file", "it is larger than a bundle can be", "choose the file that the partner gave you")
	}
	return courier.ReadFile(f.Name())
}
