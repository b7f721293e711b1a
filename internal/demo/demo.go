// Package demo sets up and runs two linked nodes on this machine: separate homes, keys, databases and processes, with terms
// that only their keys have signed and records that only a generator has made.
package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"accord/agreement"
	"accord/content"
	"accord/exchange"
	"accord/internal/area/all"
	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/file"
	"accord/internal/instrument"
	"accord/internal/node"
	"accord/internal/signed"
	"accord/internal/simulate"
	"accord/internal/store"
	"accord/record"
)

// A City is one node of the demo.
type City struct {
	*node.Node
	party simulate.Party
}

// A Demo is the two nodes, open in this process beside the processes that serve them.
type Demo struct {
	Dir    string
	Cities []*City
	spec   *simulate.Demo
	log    *slog.Logger
	ended  <-chan error
	pids   []int
}

// Read reads what the demo is, from content.
func Read() (*simulate.Demo, fs.FS, error) {
	files, err := fs.Sub(content.FS, "demo")
	if err != nil {
		return nil, nil, err
	}
	spec, err := simulate.ReadDemo(files)
	return spec, files, err
}

// Options are what a demo can have otherwise, by party.
type Options struct {
	Listen    map[string]string   // address of the pages, instead of the usual one
	Databases map[string]string   // URL of the database, instead of a file in the home
	Endpoints map[string][]string // what the card names instead of where the node listens, as behind a proxy
	Processes int                 // how many processes may serve a city whose database they can share
	offices   map[string]map[string]string
}

// Setup makes the two homes in dir, or goes on with those that are there. listen replaces the addresses of the pages by
// party.
func Setup(ctx context.Context, dir string, listen map[string]string, log *slog.Logger) (*Demo, error) {
	return SetupWith(ctx, dir, Options{Listen: listen}, log)
}

// SetupWith is Setup with more options. Every step may be done again, so that a set-up that was interrupted is completed
// by the next.
func SetupWith(ctx context.Context, dir string, o Options, log *slog.Logger) (*Demo, error) {
	spec, files, err := Read()
	if err != nil {
		return nil, err
	}
	if err := known(spec, o.Listen); err != nil {
		return nil, err
	}
	d := &Demo{Dir: dir, spec: spec, log: log}
	o.offices = spec.Offices
	for _, p := range spec.Parties {
		n, err := home(ctx, filepath.Join(dir, p.ID), p, o, log)
		if err != nil {
			return nil, errors.Join(err, d.Close())
		}
		d.Cities = append(d.Cities, &City{Node: n, party: p})
	}
	for _, step := range []func(context.Context) error{d.shareCards, func(ctx context.Context) error { return d.signTerms(ctx, files) }, d.firstRecords} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, d.Close())
		}
	}
	return d, nil
}

// Close closes the nodes.
func (d *Demo) Close() (err error) {
	for _, c := range d.Cities {
		err = errors.Join(err, c.Close())
	}
	return err
}

func known(spec *simulate.Demo, listen map[string]string) error {
	for id, addr := range listen {
		if err := node.CheckListen(addr); err != nil {
			return err
		}
		found := false
		for _, p := range spec.Parties {
			found = found || p.ID == id
		}
		if !found {
			return fault.New(fault.Invalid, "--listen", fmt.Sprintf("the demo has no party %q", id), fmt.Sprintf("its parties are %s and %s", spec.Parties[0].ID, spec.Parties[1].ID))
		}
	}
	return nil
}

// home opens the home of a party or makes it. A listening address that is given replaces the one of before.
func home(ctx context.Context, dir string, p simulate.Party, o Options, log *slog.Logger) (*node.Node, error) {
	listen := o.Listen[p.ID]
	h, err := node.OpenHome(dir)
	if fault.KindOf(err) == fault.NotFound {
		return create(ctx, dir, p, o, log)
	}
	if err != nil {
		return nil, err
	}
	if listen != "" && listen != h.Config.Listen {
		h.Config.Listen = listen
		if err := h.Save(); err != nil {
			return nil, err
		}
	}
	return node.Open(ctx, h, log)
}

func create(ctx context.Context, dir string, p simulate.Party, o Options, log *slog.Logger) (*node.Node, error) {
	processes := 1
	if o.Databases[p.ID] != "" {
		processes = max(1, o.Processes)
	}
	exchangeAt, err := freeAddresses(processes)
	if err != nil {
		return nil, err
	}
	endpoints := o.Endpoints[p.ID]
	if len(endpoints) == 0 {
		for _, a := range exchangeAt {
			endpoints = append(endpoints, "https://"+a)
		}
	}
	listen := o.Listen[p.ID]
	if listen == "" {
		listen = p.Listen
	}
	var names []exchange.Name
	for _, lang := range p.Languages {
		names = append(names, exchange.Name{Lang: lang, Text: p.Names[lang]})
	}
	n, err := node.Init(ctx, dir, node.New{
		Config: node.Config{Party: p.ID, Listen: listen, Exchange: exchangeAt[0], Zone: p.Zone, Database: o.Databases[p.ID], Offices: o.offices},
		Names:  names, Languages: p.Languages, Endpoints: endpoints, Now: time.Now(),
	}, log)
	if err != nil {
		return nil, err
	}
	for i, at := range exchangeAt[1:] {
		if err := beside(n.Home, fmt.Sprintf("%s-%d", dir, i+2), at); err != nil {
			return nil, errors.Join(err, n.Close())
		}
	}
	return n, nil
}

// beside makes the home of another process that serves the same city: the same keys and database, other addresses.
func beside(h *node.Home, dir, exchangeAt string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil { // before anything is in it: copies can be read by all
		return err
	}
	if err := os.CopyFS(dir, os.DirFS(h.Dir)); err != nil {
		return err
	}
	twin := &node.Home{Dir: dir, Config: h.Config}
	twin.Config.Listen, twin.Config.Exchange = "127.0.0.1:0", exchangeAt
	return twin.Save()
}

// freeAddresses are addresses of this machine on which nobody listens now. They lie below the ports that the system gives
// to outgoing connections: such a one must not sit on the address of a node that is just being started again.
func freeAddresses(n int) (out []string, err error) {
	for try := 0; len(out) < n; try++ {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 10_000+rand.N(20_000)))
		if err != nil && try < 100 {
			continue
		}
		if err != nil {
			return nil, err
		}
		defer l.Close()
		out = append(out, l.Addr().String())
	}
	return out, nil
}

// shareCards gives each city the other's card: the step at which two real cities compare fingerprints.
func (d *Demo) shareCards(ctx context.Context) error {
	for _, from := range d.Cities {
		_, file, err := from.Card(ctx)
		if err != nil {
			return err
		}
		for _, to := range d.Cities {
			if to == from {
				continue
			}
			if _, _, err := to.Links.AddCard(ctx, file); err != nil {
				return err
			}
		}
	}
	return nil
}

// signTerms has both cities sign the demo's terms, as of today, and keep them.
func (d *Demo) signTerms(ctx context.Context, files fs.FS) error {
	text, err := fs.ReadFile(files, d.spec.Terms)
	if err != nil {
		return err
	}
	return d.Sign(ctx, text)
}

// Sign has both cities sign an instrument, as of today, and keep it.
func (d *Demo) Sign(ctx context.Context, text []byte) error {
	in, err := agreement.Read(text)
	if err != nil {
		return err
	}
	// The keys are as old as the demo, so its terms are dated on the day it is made.
	file := bytes.Replace(text, []byte(in.Date.String()), []byte(time.Now().UTC().Format(time.DateOnly)), 1)
	kept := d.keptTerms(ctx, in.ID)
	if kept == nil {
		for _, c := range d.Cities {
			if file, err = agreement.Sign(file, signed.Signer(c.party.ID, c.Keys.Identity)); err != nil {
				return err
			}
		}
		kept = file
	}
	for _, c := range d.Cities {
		if _, _, err := c.Register(ctx, kept); err != nil {
			return err
		}
	}
	return nil
}

// keptTerms returns the signed terms if a set-up before this one has come so far.
func (d *Demo) keptTerms(ctx context.Context, id string) (file []byte) {
	for _, c := range d.Cities {
		_ = c.DB.View(ctx, func(tx *db.Tx) error {
			k, err := instrument.Get(ctx, tx, id)
			if err == nil {
				file = k.File
			}
			return err
		})
	}
	return file
}

// firstRecords stores the records each city has at the start. The same seed gives the same ones, so that storing them
// again changes nothing.
func (d *Demo) firstRecords(ctx context.Context) error {
	for _, c := range d.Cities {
		var have []store.Total
		if err := c.DB.View(ctx, func(tx *db.Tx) (err error) { have, err = store.Totals(ctx, tx); return err }); err != nil {
			return err
		}
		if len(have) > 0 {
			continue
		}
		if _, err := c.Simulate(ctx, d.spec.Seed, d.spec.Records); err != nil {
			return err
		}
	}
	return nil
}

// Simulate draws n records and stores them as the city's own; the serving node sends what may leave.
func (c *City) Simulate(ctx context.Context, seed uint64, n int) (stored int, err error) {
	p := c.party.Params
	ds, ok := all.Lookup(p.Dataset, p.Version)
	if !ok {
		return 0, fault.New(fault.Internal, "demo", "its generator is for a dataset that is not known", "report this")
	}
	records, err := simulate.Records(p, ds, seed, n, time.Now())
	if err != nil {
		return 0, err
	}
	err = c.DB.Update(ctx, func(tx *db.Tx) error {
		w := store.NewWriter(ctx, tx, ds, store.Source{Origin: c.party.ID, Name: "simulation"})
		var row []byte
		for i := range records {
			row = record.AppendRow(row[:0], ds, &records[i])
			if err := w.Put(&records[i], row); err != nil {
				return err
			}
		}
		count, err := w.Close()
		stored = count.Fresh + count.Changed
		return err
	})
	return stored, err
}

// WriteCards writes both cards into dir and returns their files, for whoever checks receipts.
func (d *Demo) WriteCards(ctx context.Context) (files []string, err error) {
	for _, c := range d.Cities {
		_, card, err := c.Card(ctx)
		if err != nil {
			return nil, err
		}
		path := filepath.Join(d.Dir, c.party.ID+".card")
		if err := file.Write(path, "card file", 0o644, card); err != nil {
			return nil, err
		}
		files = append(files, path)
	}
	return files, nil
}

// Names lists the parties for messages.
func (d *Demo) Names() string {
	var ids []string
	for _, c := range d.Cities {
		ids = append(ids, c.party.ID)
	}
	return strings.Join(ids, " and ")
}
