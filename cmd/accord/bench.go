package main

import (
	"context"
	"io"
	"os"
	"time"

	"accord/internal/bench"
	"accord/internal/fault"
)

type benchCmd struct {
	Intake   benchIntakeCmd   `cmd:"" help:"Files of records and of observations into the store."`
	Exchange benchExchangeCmd `cmd:"" help:"Records from one city's database into the other's, with receipts."`
	Lag      benchLagCmd      `cmd:"" help:"How long records are on their way at 5,000 a second."`
	Pulse    benchPulseCmd    `cmd:"" help:"The state of every clause on a date."`
	Query    benchQueryCmd    `cmd:"" help:"Searching 100,000 documents in three languages."`
}

// A server is where databases on PostgreSQL are made for a measurement, and dropped after it.
type server struct {
	Database string `help:"URL of a PostgreSQL server, to measure on it too." env:"TEST_POSTGRES"`
}

type benchIntakeCmd struct{ server }

func (c *benchIntakeCmd) Run(r *run) error {
	ctx, cancel := context.WithTimeout(r.ctx, 5*time.Minute)
	defer cancel()
	figures, err := bench.Intake(ctx, c.Database)
	return show(r, figures, err)
}

type benchExchangeCmd struct {
	server
	Observations bool `help:"Only what concerns observations."`
}

func (c *benchExchangeCmd) Run(r *run) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.ctx, 5*time.Minute)
	defer cancel()
	measure := bench.Exchange
	if c.Observations {
		measure = bench.Observations
	}
	figures, err := measure(ctx, program, c.Database)
	return show(r, figures, err)
}

type benchLagCmd struct{}

func (c *benchLagCmd) Run(r *run) error {
	ctx, cancel := context.WithTimeout(r.ctx, 2*time.Minute)
	defer cancel()
	figures, err := bench.Lag(ctx)
	return show(r, figures, err)
}

type benchPulseCmd struct{}

func (c *benchPulseCmd) Run(r *run) error {
	ctx, cancel := context.WithTimeout(r.ctx, 5*time.Minute)
	defer cancel()
	figures, err := bench.Pulse(ctx)
	return show(r, figures, err)
}

type benchQueryCmd struct {
	server
	Documents int `help:"How many documents." default:"100000"`
}

func (c *benchQueryCmd) Run(r *run) error {
	ctx, cancel := context.WithTimeout(r.ctx, 20*time.Minute)
	defer cancel()
	figures, err := bench.Query(ctx, c.Database, c.Documents)
	return show(r, figures, err)
}

func show(r *run, figures []bench.Figure, err error) error {
	if err != nil {
		return err
	}
	if err := r.print(figures, func(w io.Writer) { bench.Write(w, figures) }); err != nil {
		return err
	}
	for _, f := range figures {
		if f.Met != nil && !*f.Met {
			return fault.New(fault.Unavailable, "bench", f.Name+" does not meet its goal", "look at what else runs on this machine, then at a profile")
		}
	}
	return nil
}
