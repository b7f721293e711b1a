package node

import (
	"context"
	"slices"
	"time"

	"accord/internal/fault"
	"accord/internal/link"
	"accord/internal/text"
	"accord/internal/web"
)

// linkPages is what the pages of the links show.
func (p *pages) linkPages() web.Links {
	return web.Links{All: p.links, Lines: p.linkLines, Entry: p.entry, Body: p.entryBody, Retry: p.retryEntry, Card: p.card,
		Bundles: p.bundlesDue, Write: p.writeBundle, Read: p.readBundle}
}

// overdue is how long something of ours may be under way before the page calls it late: a partner that is fetched from once a
// day is not late.
const overdue = 26 * time.Hour

func (p *pages) links(ctx context.Context) ([]web.LinkState, error) {
	all, err := p.node.Links.Status(ctx)
	if err != nil {
		return nil, err
	}
	own, err := p.cards(ctx, p.node.Home.Config.Party)
	if err != nil {
		return nil, err
	}
	var out []web.LinkState
	for i := range all {
		v, err := p.linkState(ctx, &all[i])
		if err != nil {
			return nil, err
		}
		v.OwnCards = own
		out = append(out, v)
	}
	return out, nil
}

func (p *pages) linkState(ctx context.Context, s *link.Status) (v web.LinkState, err error) {
	v = web.LinkState{Aside: s.Aside, Restored: s.Waits, Sender: s.Sender}
	if v.Partner, err = p.party(ctx, s.Partner); err != nil {
		return v, err
	}
	v.Ours = web.LinkSide{Size: s.Ours.Size, Cosigned: s.Ours.Delivered, Waiting: s.Ours.Waiting, At: p.when(s.Ours.At)}
	v.Theirs = web.LinkSide{Size: s.Theirs.Size, Cosigned: s.Theirs.Delivered, At: p.when(s.Theirs.At)}
	for _, c := range s.Contradictions {
		v.Forks = append(v.Forks, web.Fork{Found: p.at(c.Found), Why: c.Why, Before: c.Before, Signed: c.Signed})
	}
	if v.Cards, err = p.cards(ctx, s.Partner); err != nil {
		return v, err
	}
	if v.Carriers, err = p.carriers(ctx, s); err != nil {
		return v, err
	}
	owed, err := p.node.Links.Owed(ctx, s.Partner)
	if err != nil {
		return v, err
	}
	if !owed.Since.IsZero() {
		v.Since = new(p.at(owed.Since))
	}
	v.Late = late(s, owed, p.node.now())
	return v, nil
}

// late names what is late or wrong on a link, the gravest first.
func late(s *link.Status, owed link.Owed, now time.Time) (out []string) {
	for _, l := range []struct {
		is  bool
		key string
	}{
		{len(s.Contradictions) > 0, "links.late_fork"},
		{s.Waits, "links.late_restored"},
		{!owed.Since.IsZero() && now.Sub(owed.Since) > overdue, "links.late_waiting"},
		{owed.Theirs > owed.Told && s.LastOK != nil && now.Sub(*s.LastOK) > overdue, "links.late_word"},
		{s.Failure != nil, "links.late_failing"},
		{s.Aside > 0, "links.late_aside"},
	} {
		if l.is {
			out = append(out, l.key)
		}
	}
	return out
}

// at is a time at the city's place; the zero time stays that.
func (p *pages) at(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.In(p.node.Home.Zone)
}

func (p *pages) when(t *time.Time) *time.Time {
	if t == nil || t.IsZero() {
		return nil
	}
	return new(p.at(*t))
}

// cards are the cards of a city that are known here, the newest first.
func (p *pages) cards(ctx context.Context, party string) (out []web.CardLine, err error) {
	chain, err := p.node.Links.Chain(ctx, party)
	if err != nil {
		return nil, err
	}
	now := p.node.now()
	inForce, _ := chain.At(now) // before the first one none is
	for _, c := range chain {
		out = append(out, web.CardLine{Party: party, Serial: c.Serial, From: p.at(c.ValidFrom), Fingerprint: c.Fingerprint(), Revokes: c.Revokes,
			Now: c == inForce, Later: c.ValidFrom.After(now)})
	}
	slices.Reverse(out)
	return out, nil
}

// carriers says by what ways bundles go, and how each stands.
func (p *pages) carriers(ctx context.Context, s *link.Status) (out []web.Carrier, err error) {
	theirs, err := p.endpoints(ctx, s.Partner)
	if err != nil {
		return nil, err
	}
	ours, err := p.endpoints(ctx, p.node.Home.Config.Party)
	if err != nil {
		return nil, err
	}
	https := web.Carrier{Kind: link.ByHTTPS, Who: whoDials(len(theirs) > 0, len(ours) > 0 && p.node.Home.Config.Exchange != ""), Addresses: theirs}
	if f := s.Failure; f != nil {
		https.Failure = &web.LinkFailure{At: p.at(f.At), Why: f.Why, Tries: f.Tries, Next: p.when(f.Next)}
	}
	out = append(out, https)
	mail, err := p.mail(ctx, s.Partner)
	if err != nil {
		return nil, err
	}
	if mail != nil {
		out = append(out, *mail)
	}
	out = append(out, web.Carrier{Kind: link.ByFile, Who: "hand"})
	for i := range out {
		if out[i].Kind == s.Carrier {
			out[i].Last = p.when(s.LastOK)
		}
	}
	return out, nil
}

func whoDials(we, they bool) string {
	switch {
	case we && they:
		return "both"
	case we:
		return "we"
	case they:
		return "they"
	}
	return "none"
}

func (p *pages) endpoints(ctx context.Context, party string) ([]string, error) {
	chain, err := p.node.Links.Chain(ctx, party)
	if err != nil {
		return nil, err
	}
	card, err := chain.At(p.node.now())
	if err != nil {
		return nil, nil // a card that is not valid yet names no address now
	}
	return card.Endpoints, nil
}

// mail is how a partner is reached by mail; nil where it is not.
func (p *pages) mail(ctx context.Context, partner string) (*web.Carrier, error) {
	m := p.node.Home.Config.Mail
	if m == nil || m.Partners[partner] == "" && m.Maildir == "" {
		return nil, nil
	}
	out := &web.Carrier{Kind: "mail", Who: "receive"}
	if to := m.Partners[partner]; to != "" && m.Server != "" {
		out.Addresses, out.Who = []string{to}, "send"
		if m.Maildir != "" {
			out.Who = "mail_both"
		}
	}
	said, err := p.node.Post(nil).Mailed(ctx, partner)
	if err != nil || said == nil {
		return out, err
	}
	out.Sent, out.Next = p.when(&said.At), p.when(&said.Next)
	return out, nil
}

// partnerOf is the other city of the link that an entry's address means: the writer itself, or the one that is named, or the
// only one there is.
func (p *pages) partnerOf(ctx context.Context, at web.EntryAt) (string, error) {
	partners, err := p.node.Links.Partners(ctx)
	if err != nil {
		return "", err
	}
	nobody := fault.New(fault.NotFound, "entry", "no log of this writer is kept here", "take a link in the list of what crossed")
	switch {
	case at.Writer != p.node.Home.Config.Party && slices.Contains(partners, at.Writer):
		return at.Writer, nil
	case at.Writer != p.node.Home.Config.Party, at.With != "" && !slices.Contains(partners, at.With), len(partners) == 0:
		return "", nobody
	case at.With != "":
		return at.With, nil
	case len(partners) > 1:
		return "", fault.New(fault.Invalid, "entry", "this city writes to several partners", "name one: ?with=PARTY")
	}
	return partners[0], nil
}

// knownPartner refuses a name that is no partner's.
func (p *pages) knownPartner(ctx context.Context, party string) error {
	partners, err := p.node.Links.Partners(ctx)
	if err == nil && !slices.Contains(partners, party) {
		err = fault.New(fault.NotFound, "partner", "no card of this city is known here", "see all links")
	}
	return err
}

// shownLines is how many lines of a list a page shows.
const shownLines = 50

func (p *pages) linkLines(ctx context.Context, party string, want web.LinkWant, lang text.Lang) (*web.LinkLines, error) {
	if err := p.knownPartner(ctx, party); err != nil {
		return nil, err
	}
	lines, next, err := p.node.Links.Browse(ctx, party, link.Wanted{Part: link.Part(want.Part), Instrument: want.Instrument, Clause: want.Clause, After: want.After, Limit: shownLines})
	if err != nil {
		return nil, err
	}
	out := &web.LinkLines{Next: next}
	if out.Partner, err = p.party(ctx, party); err != nil {
		return nil, err
	}
	self, err := p.party(ctx, p.node.Home.Config.Party)
	if err != nil {
		return nil, err
	}
	ours := want.Part == string(link.PartWaiting) || want.Part == string(link.PartLeft)
	if out.Writer, out.Reader = out.Partner, self; ours {
		out.Writer, out.Reader = self, out.Partner
	}
	for _, l := range lines {
		line := web.LinkLine{Entry: p.entryLine(l, ours), Instrument: l.Instrument, ID: l.ID, Held: l.Held}
		line.Dataset = datasetLabel(l.Subject, lang)
		if l.Aside != "" {
			line.Aside = new(reasonIn(lang, l.Aside))
		}
		out.Lines = append(out.Lines, line)
	}
	return out, nil
}

func (p *pages) entryLine(e link.Line, ours bool) web.Entry {
	return web.Entry{Index: e.Index, Time: e.Time.In(p.node.Home.Zone), Kind: e.Kind, Clause: e.Clause, Dataset: e.Subject,
		Rows: e.Rows, Size: e.Size, State: state(e, ours), Reason: e.Aside, Receipt: e.Delivered}
}

func (p *pages) card(ctx context.Context, party string, serial int) ([]byte, error) {
	files, err := p.node.Links.CardFiles(ctx, party)
	if err == nil && serial > len(files) {
		err = fault.New(fault.NotFound, "card", "no such card is known here", "see the cards on the page of the links")
	}
	if err != nil {
		return nil, err
	}
	return files[serial-1], nil
}

// proof is what a reader needs to check that an entry was delivered: the receipt and the cards of both cities.
func (p *pages) proof(ctx context.Context, partner, writer string, index int64) (*web.Proof, error) {
	receipt, err := p.node.Receipt(ctx, partner, writer, index)
	if fault.KindOf(err) == fault.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	out := &web.Proof{Receipt: string(receipt)}
	for _, party := range []string{p.node.Home.Config.Party, partner} {
		files, err := p.node.Links.CardFiles(ctx, party)
		if err != nil {
			return nil, err
		}
		for i, f := range files {
			out.Cards = append(out.Cards, web.CardText{Party: party, Serial: i + 1, Text: string(f)})
		}
	}
	return out, nil
}

// datasetLabel is the name of a dataset in a language; what is no dataset of an area here stays as it is.
func datasetLabel(name string, lang text.Lang) string {
	for _, t := range datasetName(name) {
		if t.Lang == string(lang) {
			return t.Text
		}
	}
	return name
}
