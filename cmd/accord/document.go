package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"accord/agreement"
	"accord/exchange"
	"accord/internal/document"
	"accord/internal/fault"
	"accord/internal/file"
	"accord/internal/flow"
	"accord/internal/node"
	"accord/internal/who"
)

type documentCmd struct {
	Send     documentSendCmd     `cmd:"" help:"Send a file to a partner under a clause."`
	Answer   documentAnswerCmd   `cmd:"" help:"Send a file as the answer to a document."`
	List     documentListCmd     `cmd:"" help:"What was sent and received, the newest first."`
	Show     documentShowCmd     `cmd:"" help:"All that is known of a document."`
	Open     documentOpenCmd     `cmd:"" help:"Write the file out; the partner is told which office has opened it."`
	Withdraw documentWithdrawCmd `cmd:"" help:"Take back a document that has not left."`
}

// A letter is what a sender says of a file.
type letter struct {
	person
	Title    string   `help:"Its title, in its language; the name of the file when left out."`
	Language string   `help:"Its language: ko, ja, en, zh-Hant." default:"en"`
	Standing string   `help:"What its text is worth: authentic, official, working, machine, summary." default:"official"`
	Abstract []string `help:"What it says in short, as LANGUAGE:TEXT or LANGUAGE/STANDING:TEXT; may be repeated." sep:"none"`
	Grade    string   `help:"O leaves by itself, S waits for a person; as its clause says when left out." enum:",O,S,C" default:""`
	Unit     string   `help:"The office to turn to; the one that answers for the clause when left out."`
	Name     string   `help:"The name it travels under; that of the file when left out."`
}

// draft reads what was said; the caller closes the file.
func (d *letter) draft(path string) (*flow.Draft, *os.File, error) {
	out := &flow.Draft{Kind: exchange.Letter, Title: d.Title, Language: d.Language, Standing: d.Standing, Grade: agreement.Grade(d.Grade), Unit: d.Unit, Name: d.Name}
	if out.Name == "" {
		out.Name = filepath.Base(path)
	}
	if out.Title == "" {
		out.Title = strings.TrimSuffix(out.Name, filepath.Ext(out.Name))
	}
	for _, a := range d.Abstract {
		lang, text, ok := strings.Cut(a, ":")
		if !ok {
			return nil, nil, usage(fmt.Sprintf("--abstract %q names no language: write it as en:TEXT", a))
		}
		lang, standing, ok := strings.Cut(lang, "/")
		if !ok {
			standing = d.Standing
		}
		out.Abstract = append(out.Abstract, exchange.Abstract{Lang: lang, Standing: standing, Text: strings.TrimSpace(text)})
	}
	f, err := os.Open(path)
	if err == nil {
		var info os.FileInfo
		if info, err = f.Stat(); err == nil && !info.Mode().IsRegular() {
			f.Close()
			return nil, nil, fault.New(fault.Invalid, "file", "it is not a regular file", "name a file").At(path)
		} else if err == nil {
			out.File, out.Size = f, info.Size()
			return out, f, nil
		}
		f.Close()
	}
	return nil, nil, fault.New(fault.NotFound, "file", "it cannot be read: "+err.Error(), "check its name and permissions").At(path).Because(err)
}

type documentSendCmd struct {
	letter
	To         string `required:"" help:"The partner."`
	Clause     string `required:"" help:"The clause it stands under."`
	Instrument string `help:"The instrument, where several have such a clause."`
	Kind       string `help:"letter or report." enum:"letter,report" default:"letter"`
	Question   bool   `help:"It asks for an answer; say by when with --due."`
	Due        string `help:"The day by which an answer is asked for, as 2026-11-24."`
	Answers    string `help:"The document it answers."`
	File       string `arg:"" help:"The file." type:"path"`
}

func (c *documentSendCmd) Run(r *run) error {
	if c.Question != (c.Due != "") || c.Question && c.Answers != "" {
		return usage("a question has --question and --due DAY, and answers nothing")
	}
	d, f, err := c.draft(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	d.To, d.Instrument, d.Clause, d.Due, d.Answers = c.To, c.Instrument, c.Clause, c.Due, c.Answers
	switch {
	case c.Question:
		d.Kind = exchange.Question
	case c.Answers != "":
		d.Kind = exchange.Answer
	default:
		d.Kind = exchange.DocumentKind(c.Kind)
	}
	return r.with(func(n *node.Node) error {
		if d.By, err = c.acting(r, n, who.Speak); err != nil {
			return err
		}
		return send(r, n, d)
	})
}

// send sends a draft and says what became of it.
func send(r *run, n *node.Node, d *flow.Draft) error {
	k, err := n.Flow.SendDocument(r.ctx, *d)
	if err != nil {
		return err
	}
	line, err := n.Flow.Document(r.ctx, k.Document.Document, n.Today())
	if err != nil {
		return err
	}
	return r.print(line, func(w io.Writer) {
		if line.State == string(document.Waiting) {
			fmt.Fprintf(w, "%s  %s: it waits for a person; see accord release list\n", line.ID, line.Title)
			return
		}
		fmt.Fprintf(w, "%s  %s: it leaves for %s with the next bundles\n", line.ID, line.Title, line.To)
	})
}

type documentAnswerCmd struct {
	letter
	ID   string `arg:"" help:"The document to answer."`
	File string `arg:"" help:"The file." type:"path"`
}

func (c *documentAnswerCmd) Run(r *run) error {
	d, f, err := c.draft(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	return r.with(func(n *node.Node) error {
		q, err := n.Flow.Document(r.ctx, c.ID, n.Today())
		if err != nil {
			return err
		}
		if d.By, err = c.acting(r, n, who.Speak); err != nil {
			return err
		}
		d.Kind, d.To, d.Instrument, d.Clause, d.Answers = exchange.Answer, q.From, q.Instrument, q.Clause, c.ID
		return send(r, n, d)
	})
}

type documentListCmd struct{}

func (c *documentListCmd) Run(r *run) error {
	return r.with(func(n *node.Node) error {
		all, err := n.Flow.Documents(r.ctx, n.Today())
		if err != nil {
			return err
		}
		return r.print(all, func(w io.Writer) {
			for i := range all {
				writeDocument(w, &all[i])
			}
		})
	})
}

// writeDocument says in a line or two what a document is and where it stands.
func writeDocument(w io.Writer, l *flow.DocumentLine) {
	where := "to " + l.To
	if l.Direction == "received" {
		where = "from " + l.From
	}
	fmt.Fprintf(w, "%s  %s %s under %s %s, %s: %s (%s, %d bytes)\n", l.ID, l.Kind, where, l.Instrument, l.Clause, l.State, l.Title, l.Name, l.Size)
	if l.Have < l.Parts {
		fmt.Fprintf(w, "   %d of %d parts\n", l.Have, l.Parts)
	}
	if l.Due != "" {
		late := ""
		if l.Overdue {
			late = ", which is over"
		}
		fmt.Fprintf(w, "   asks %s for an answer by %s%s\n", answerer(l.Owner, l.To), l.Due, late)
	}
	for _, why := range []string{l.Erased, l.Why} {
		if why != "" {
			fmt.Fprintf(w, "   %s\n", why)
		}
	}
	for _, o := range l.Opened {
		fmt.Fprintf(w, "   opened by %s at %s\n", o.Unit, o.At.Format("2006-01-02 15:04"))
	}
	for _, a := range l.AnsweredBy {
		fmt.Fprintf(w, "   answered by %s\n", a)
	}
}

// answerer is the unit where one is named, else the city.
func answerer(unit, city string) string {
	if unit == "" {
		return city
	}
	return unit
}

type documentShowCmd struct {
	ID string `arg:"" help:"The document."`
}

func (c *documentShowCmd) Run(r *run) error {
	return r.with(func(n *node.Node) error {
		l, err := n.Flow.Document(r.ctx, c.ID, n.Today())
		if err != nil {
			return err
		}
		return r.print(l, func(w io.Writer) {
			writeDocument(w, &l)
			fmt.Fprintf(w, "   in %s, %s; turn to %s; %s, SHA-256 %s\n", l.Language, l.Standing, l.Unit, l.Media, l.Hash)
			for _, a := range l.Abstract {
				fmt.Fprintf(w, "   %s (%s): %s\n", a.Lang, a.Standing, a.Text)
			}
			if l.Answers != "" {
				fmt.Fprintf(w, "   answers %s\n", l.Answers)
			}
			if l.Entry != nil {
				fmt.Fprintf(w, "   entry %d of the log of %s\n", *l.Entry, l.From)
			}
		})
	})
}

type documentOpenCmd struct {
	person
	ID   string `arg:"" help:"The document."`
	Out  string `help:"Where to write it; its own name in this folder when left out. What is there is not replaced." type:"path"`
	Unit string `help:"The office that opens it; the one that answers for the clause when left out."`
}

func (c *documentOpenCmd) Run(r *run) error {
	return r.with(func(n *node.Node) error {
		by, err := c.acting(r, n, who.See)
		if err != nil {
			return err
		}
		out, k, err := writeOut(r, n, c.ID, c.Unit, c.Out, by)
		if err != nil {
			return err
		}
		return r.print(map[string]any{"id": c.ID, "out": out, "name": k.Name, "media": k.Media, "size": k.Size, "hash": k.Hash, "kind": k.Kind, "due": k.Due, "told": !k.Ours()}, func(w io.Writer) {
			fmt.Fprintf(w, "%s: %s, %d bytes\n", out, k.Title, k.Size)
		})
	})
}

// writeOut writes the file of a document out, under its own name where none is given.
func writeOut(r *run, n *node.Node, id, unit, out string, by who.Person) (string, *document.Kept, error) {
	k, err := n.Flow.OpenDocument(r.ctx, id, unit, by, func(k *document.Kept, from io.WriterTo) error {
		if out == "" {
			out = k.Name
		}
		return file.New(out, "document", 0o644, from)
	})
	return out, k, err
}

type documentWithdrawCmd struct {
	person
	ID  string `arg:"" help:"The document."`
	Why string `required:"" help:"The reason."`
}

func (c *documentWithdrawCmd) Run(r *run) error {
	return r.with(func(n *node.Node) error {
		by, err := c.acting(r, n, who.Speak)
		if err != nil {
			return err
		}
		if err := n.Flow.WithdrawDocument(r.ctx, c.ID, by, c.Why); err != nil {
			return err
		}
		return r.print(map[string]any{"id": c.ID, "state": document.Withdrawn, "person": by.ID}, func(w io.Writer) {
			fmt.Fprintf(w, "withdrawn by %s; it does not leave\n", by.ID)
		})
	})
}
