package main

import (
	"fmt"
	"io"
	"strings"

	"accord/internal/node"
	"accord/internal/search"
	"accord/internal/web"
	"accord/internal/who"
)

type searchCmd struct {
	Find    searchFindCmd    `cmd:"" default:"withargs" help:"Find what this node holds: all words must occur, in any spelling that is known."`
	Rebuild searchRebuildCmd `cmd:"" help:"Make everything that can be found anew from what is stored."`
}

type searchFindCmd struct {
	Text  []string `arg:"" help:"Words to look for; words of one quoted argument in quotation marks stand side by side."`
	Kind  string   `help:"Only of one kind: instrument, clause, event, claim, document, release, record, dataset, unit, person."`
	As    string   `help:"Only what this person of the city may see; otherwise everything, as at this machine."`
	Limit int      `help:"How many." default:"20"`
	After string   `help:"Go on after the page whose next this is."`
}

// A foundLine is one result as --json prints it.
type foundLine struct {
	Kind    search.Kind `json:"kind"`
	ID      string      `json:"id"`
	Date    string      `json:"date"`
	Title   []foundText `json:"title"`
	Lang    string      `json:"lang"`
	Snippet string      `json:"snippet"`
}

type foundText struct {
	Lang string `json:"lang"`
	Text string `json:"text"`
}

type foundPage struct {
	Found []foundLine         `json:"found"`
	Count map[search.Kind]int `json:"count"`
	Exact bool                `json:"exact"`
	Also  []string            `json:"also"`
	Next  string              `json:"next"`
	Try   []string            `json:"try"`
}

func (c *searchFindCmd) Run(r *run) error {
	return r.with(func(n *node.Node) error {
		by := func(who.Right) bool { return true }
		if c.As != "" {
			p, err := n.People.Acting(r.ctx, c.As, who.Self)
			if err != nil {
				return err
			}
			by = p.May
		}
		f, err := n.OwnFinder()
		if err != nil {
			return err
		}
		if _, err := f.CatchUp(r.ctx); err != nil {
			return err
		}
		found, err := n.Found(r.ctx, f, by, web.Wanted{Text: strings.Join(c.Text, " "), Kind: search.Kind(c.Kind), Limit: max(1, min(c.Limit, 1000)), After: c.After})
		if err != nil {
			return err
		}
		page := pageOf(found)
		return r.print(page, page.write)
	})
}

func pageOf(found *web.Results) foundPage {
	page := foundPage{Found: []foundLine{}, Count: found.Count, Exact: found.Exact, Also: append([]string{}, found.Also...), Next: found.Next, Try: []string{}}
	for _, h := range found.Hits {
		line := foundLine{Kind: h.Kind, ID: h.Ref, Date: h.Date, Lang: h.Lang, Title: []foundText{}}
		for _, t := range h.Title {
			line.Title = append(line.Title, foundText{t.Lang, t.Text})
		}
		for _, p := range h.Piece {
			line.Snippet += p.Text
		}
		page.Found = append(page.Found, line)
	}
	for _, a := range found.Advice {
		page.Try = append(page.Try, a.Text)
	}
	return page
}

func (p *foundPage) write(w io.Writer) {
	for _, l := range p.Found {
		title := l.ID
		if len(l.Title) > 0 {
			title = l.Title[0].Text
		}
		fmt.Fprintf(w, "%-10s  %-10s  %s\n", l.Kind, l.Date, title)
		fmt.Fprintf(w, "            %s  %s\n", l.ID, strings.Join(strings.Fields(l.Snippet), " "))
	}
	if len(p.Found) == 0 {
		fmt.Fprintln(w, "nothing was found")
		for _, s := range p.Try {
			fmt.Fprintln(w, "this finds something:", s)
		}
	}
	if p.Next != "" {
		fmt.Fprintln(w, "more with --after", p.Next)
	}
}

type searchRebuildCmd struct{}

func (c *searchRebuildCmd) Run(r *run) error {
	return r.with(func(n *node.Node) error {
		f, err := n.OwnFinder()
		if err != nil {
			return err
		}
		looked, err := f.Rebuild(r.ctx)
		if err != nil {
			return err
		}
		return r.print(map[string]int{"looked": looked}, func(w io.Writer) { fmt.Fprintln(w, looked, "things were looked at anew") })
	})
}
