package node

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"accord/agreement"
	"accord/exchange"
	"accord/internal/account"
	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/document"
	"accord/internal/evidence"
	"accord/internal/flow"
	"accord/internal/link"
	"accord/internal/pulse"
	"accord/internal/web"
	"accord/internal/who"
)

func (p *pages) mine() web.Mine {
	return web.Mine{Show: p.desk, News: p.news, Seen: p.node.People.MarkSeen}
}

// What a desk shows: so many things of a kind, so many arrivals, and clauses that come due within so many days.
const (
	deskItems  = 8
	deskNews   = 12
	deskWithin = 30
)

// desk is what concerns a person today, by what the person's role lets them do.
func (p *pages) desk(ctx context.Context, by who.Person) (*web.Desk, error) {
	out := new(web.Desk)
	type part struct {
		ask  func(ctx context.Context, by who.Person) (web.DeskPart, error)
		into *[]web.DeskPart
		may  who.Right
	}
	for _, s := range []part{
		{p.deskReleases, &out.Waits, who.SeeWaiting}, {p.deskClaims, &out.Waits, who.Speak}, {p.deskDisputed, &out.Waits, who.Speak},
		{p.deskUnopened, &out.Waits, who.Speak}, {p.deskAside, &out.Waits, who.SeeWaiting}, {p.deskPeople, &out.Waits, who.SeeAccounts},
		{p.deskRefused, &out.Waits, who.SeeAudit}, {p.deskQuestions, &out.Due, who.See}, {p.deskClauses, &out.Due, who.See},
	} {
		if !by.May(s.may) {
			continue
		}
		found, err := s.ask(ctx, by)
		if err != nil {
			return nil, err
		}
		if len(found.Items) > deskItems {
			found.Items, found.More = found.Items[:deskItems], found.All != ""
		}
		if len(found.Items) > 0 {
			*s.into = append(*s.into, found)
		}
	}
	return out, p.arrivals(ctx, by, out)
}

func (p *pages) deskReleases(ctx context.Context, by who.Person) (web.DeskPart, error) {
	out := web.DeskPart{Kind: "releases", All: "/release"}
	all, err := p.releases(ctx)
	for _, w := range all {
		item := web.DeskItem{What: w.What, Note: w.Instrument + " " + w.Clause}
		if by.May(who.SeeContent) {
			item.Href, item.Deed = "/release/"+strconv.FormatInt(w.ID, 10), "mine.look"
		}
		if by.May(who.Decide) {
			item.Deed = "mine.decide"
		}
		out.Items = append(out.Items, item)
	}
	return out, err
}

func (p *pages) deskClaims(ctx context.Context, by who.Person) (web.DeskPart, error) {
	return p.claimsOf(ctx, "to_answer", "mine.answer", evidence.Find{State: evidence.ToAnswer})
}

func (p *pages) deskDisputed(ctx context.Context, by who.Person) (web.DeskPart, error) {
	return p.claimsOf(ctx, "disputed", "mine.look", evidence.Find{State: "disputed", Claimant: p.node.Home.Config.Party})
}

func (p *pages) claimsOf(ctx context.Context, kind, deed string, find evidence.Find) (web.DeskPart, error) {
	out := web.DeskPart{Kind: kind, All: "/claims?show=" + find.State}
	find.Most = deskItems + 1
	found, _, err := p.node.Book.Find(ctx, find)
	for _, e := range found {
		out.Items = append(out.Items, web.DeskItem{What: texts(e.What), Note: e.Instrument + " " + e.Clause, Href: "/claims/" + e.ID, Deed: deed})
	}
	return out, err
}

func texts(what []exchange.ClaimText) (out agreement.Texts) {
	for _, t := range what {
		out = append(out, agreement.Text{Lang: t.Lang, Standing: agreement.TextStanding(t.Standing), Text: t.Text})
	}
	return out
}

// deskUnopened are documents that came and that nobody here has opened.
func (p *pages) deskUnopened(ctx context.Context, by who.Person) (web.DeskPart, error) {
	out := web.DeskPart{Kind: "unopened", All: "/documents?show=received"}
	found, _, err := p.node.Flow.FindDocuments(ctx, p.node.Today(), document.Find{Direction: "received", State: "unopened", Most: deskItems + 1})
	for _, l := range found {
		out.Items = append(out.Items, letterItem(by, l, "mine.read"))
	}
	return out, err
}

func letterItem(by who.Person, l flow.DocumentLine, deed string) web.DeskItem {
	item := web.DeskItem{What: agreement.Texts{{Lang: l.Language, Text: l.Title}}, Note: l.Instrument + " " + l.Clause, Href: "/documents/" + l.ID, Deed: deed, Late: l.Overdue, Ours: l.Owner == by.Unit && l.Direction == "received"}
	if d, err := date.ParseDay(l.Due); err == nil {
		item.Day = d
	}
	return item
}

// deskQuestions are the questions to this city that nothing answers yet, those of the person's own unit first.
func (p *pages) deskQuestions(ctx context.Context, by who.Person) (web.DeskPart, error) {
	out := web.DeskPart{Kind: "questions", All: "/documents?show=open"}
	found, _, err := p.node.Flow.FindDocuments(ctx, p.node.Today(), document.Find{Direction: "received", State: "open", Most: 100})
	deed := "mine.look"
	if by.May(who.Speak) {
		deed = "mine.answer"
	}
	for _, l := range found {
		out.Items = append(out.Items, letterItem(by, l, deed))
	}
	slices.SortStableFunc(out.Items, func(a, b web.DeskItem) int {
		return cmp.Or(first(b.Ours)-first(a.Ours), a.Day.Compare(b.Day))
	})
	return out, err
}

func first(b bool) int {
	if b {
		return 1
	}
	return 0
}

// deskClauses are the clauses that are owed something: late, or soon to be. Those of the person's own unit come first.
func (p *pages) deskClauses(ctx context.Context, by who.Person) (web.DeskPart, error) {
	out := web.DeskPart{Kind: "clauses", All: "/clauses"}
	today := p.node.Today()
	standings, err := p.node.Pulse(ctx, today)
	for i := range standings {
		s := &standings[i]
		late := slices.Contains([]pulse.State{pulse.Late, pulse.Quiet, pulse.Dormant, pulse.NoEvidence, pulse.OneSided, pulse.Disputed}, s.State)
		soon := !s.Due.IsZero() && s.Due.Sub(today) <= deskWithin && s.State == pulse.Alive
		if !late && !soon {
			continue
		}
		c := s.Clause
		item := web.DeskItem{What: c.Texts, Note: c.Instrument.ID + " " + c.ID, State: string(s.State), Day: s.Due, Late: !s.Due.IsZero() && s.Due.Before(today),
			Ours: c.Owner(p.node.Home.Config.Party, today).Unit == by.Unit, Href: "/clauses/" + c.ID, Deed: "mine.look"}
		if by.May(who.Speak) {
			item.Href, item.Deed = "/claims/new?clause="+c.Instrument.ID+"/"+c.ID, "mine.file"
		}
		out.Items = append(out.Items, item)
	}
	slices.SortStableFunc(out.Items, func(a, b web.DeskItem) int { return first(b.Ours) - first(a.Ours) })
	return out, err
}

// deskAside are the entries that were delivered and not applied.
func (p *pages) deskAside(ctx context.Context, by who.Person) (web.DeskPart, error) {
	out := web.DeskPart{Kind: "aside"}
	all, err := p.node.Links.SetAsides(ctx)
	if n := len(all); n > 0 {
		out.Items = append(out.Items, web.DeskItem{Words: "mine.aside", N: n, Href: "/link/" + all[0].Writer + "/aside", Deed: "mine.look"})
	}
	return out, err
}

// deskPeople are accounts that cannot be used because nobody has given them a unit for today.
func (p *pages) deskPeople(ctx context.Context, by who.Person) (web.DeskPart, error) {
	out := web.DeskPart{Kind: "people", All: "/accounts"}
	all, err := p.node.People.List(ctx)
	for _, k := range all {
		if k.Closed.IsZero() && k.Unit == "" {
			out.Items = append(out.Items, web.DeskItem{What: agreement.Texts{{Text: k.Name}}, Note: k.ID, Href: "/accounts/" + k.ID, Deed: "mine.look"})
		}
	}
	return out, err
}

// deskRefused is how many of the newest deeds were refused: what an auditor looks into.
func (p *pages) deskRefused(ctx context.Context, by who.Person) (web.DeskPart, error) {
	out := web.DeskPart{Kind: "refused"}
	lines, err := p.deeds(ctx, -1)
	n := 0
	for _, l := range lines {
		if l.Result == "refused" {
			n++
		}
	}
	if n > 0 {
		out.Items = append(out.Items, web.DeskItem{Words: "mine.refused", N: n, Href: "/audit", Deed: "mine.look"})
	}
	return out, err
}

// each asks for what came from every partner since the person has marked it as seen.
func (p *pages) each(ctx context.Context, by who.Person, lines int, f func(tx *db.Tx, n link.News) error) error {
	partners, err := p.node.Links.Partners(ctx)
	if err != nil {
		return err
	}
	return p.node.DB.View(ctx, func(tx *db.Tx) error {
		since, err := account.Since(ctx, tx, by.ID)
		if err != nil {
			return err
		}
		for _, partner := range partners {
			seen, err := account.Seen(ctx, tx, by.ID, partner)
			if err != nil {
				return err
			}
			n, err := link.NewsSince(ctx, tx, p.node.Home.Config.Party, partner, seen, since, lines)
			if err == nil {
				err = f(tx, n)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (p *pages) news(ctx context.Context, by who.Person) (n int, more bool, err error) {
	err = p.each(ctx, by, 0, func(_ *db.Tx, news link.News) error {
		n, more = n+news.N, more || news.More
		return nil
	})
	return n, more, err
}

func (p *pages) arrivals(ctx context.Context, by who.Person, out *web.Desk) error {
	return p.each(ctx, by, deskNews, func(tx *db.Tx, n link.News) error {
		if n.N == 0 {
			return nil
		}
		a := web.Arrivals{Partner: n.Partner, Position: n.Size, N: n.N, More: n.More}
		for _, l := range n.Lines {
			item, err := p.arrival(ctx, tx, l)
			if err != nil {
				return err
			}
			item.At = l.Time.In(p.node.Home.Zone)
			a.Items = append(a.Items, item)
		}
		out.Came = append(out.Came, a)
		return nil
	})
}

// arrival says what an entry that came is, and where it can be looked at.
func (p *pages) arrival(ctx context.Context, tx *db.Tx, l link.Line) (web.Arrival, error) {
	out := web.Arrival{Kind: l.Kind, Subject: l.Subject, Rows: l.Rows, Clause: l.Instrument + " " + l.Clause, Aside: l.Aside != ""}
	switch exchange.Kind(l.Kind) {
	case exchange.KindRecords, exchange.KindObservations:
		out.Name, out.Href = datasetName(l.Subject), "/data/"+l.Subject
	case exchange.KindClaim, exchange.KindWord:
		out.Rows = 0
		if !out.Aside {
			out.Href = "/claims/" + l.Subject
		}
	case exchange.KindDocument:
		out.Rows = 0
		id, err := document.AnnouncedBy(ctx, tx, l.Writer, l.ID)
		if err != nil {
			return out, err
		}
		if id != "" {
			out.Href = "/documents/" + id
		}
	case exchange.KindOpened:
		out.Rows = 0
	}
	return out, nil
}
