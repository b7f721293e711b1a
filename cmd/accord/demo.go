package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"accord/internal/demo"
)

type demoCmd struct {
	Dir    string            `help:"Where the homes are made." default:"./accord-demo" type:"path"`
	Listen map[string]string `help:"Address of a party's pages, as seoul=127.0.0.1:8431." mapsep:"none"`
	Once   bool              `help:"Stop after the first mutual receipt and print both receipts as JSON."`
}

func (c *demoCmd) Run(r *run) (err error) {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	d, err := demo.Setup(r.ctx, c.Dir, c.Listen, r.log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if err := d.Accounts(r.ctx); err != nil {
		return err
	}
	if err := d.Sets(r.ctx); err != nil {
		return err
	}
	if err := d.Claims(r.ctx); err != nil {
		return err
	}
	if err := d.Letters(r.ctx); err != nil {
		return err
	}
	stop, err := d.Start(r.ctx, program, r.err)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	if c.Once {
		return c.once(r, d, stop)
	}
	if err := r.print(c.addresses(d), func(w io.Writer) { c.write(w, d) }); err != nil {
		return err
	}
	return d.Live(r.ctx, 15*time.Second)
}

// once stops both nodes after the first mutual receipt and prints the receipts.
func (c *demoCmd) once(r *run, d *demo.Demo, stop func() error) error {
	ctx, cancel := context.WithTimeout(r.ctx, time.Minute)
	defer cancel()
	receipts, err := d.FirstReceipts(ctx)
	if err != nil {
		return err
	}
	if err := stop(); err != nil {
		return err
	}
	r.cli.JSON = true // what a script asks for
	return r.print(map[string]any{"receipts": receipts}, nil)
}

func (c *demoCmd) addresses(d *demo.Demo) any {
	type node struct {
		Party string `json:"party"`
		Pages string `json:"pages"`
		Home  string `json:"home"`
	}
	nodes := []node{}
	for _, city := range d.Cities {
		nodes = append(nodes, node{city.Home.Config.Party, "http://" + city.Home.Config.Listen + "/", city.Home.Dir})
	}
	return map[string]any{"nodes": nodes}
}

func (c *demoCmd) write(w io.Writer, d *demo.Demo) {
	fmt.Fprintf(w, "Two linked nodes, %s, with simulated flows and the sample history:\n\n", d.Names())
	for _, city := range d.Cities {
		fmt.Fprintf(w, "  %-8s http://%s/   home %s\n", city.Home.Config.Party, city.Home.Config.Listen, city.Home.Dir)
	}
	fmt.Fprintf(w, "\nThe front page of each shows an account per role to sign in with.\nEach home is a node of its own: try  accord --home %s verify\nStop with Ctrl-C.\n", d.Cities[0].Home.Dir)
}
