package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"accord/exchange"
	"accord/internal/demo"
)

// Sizes of the measurement: entries of one record each, and records whose way is timed one by one.
const (
	entries  = 10_000
	oneByOne = 200
	perTx    = 2000
)

// Exchange measures the way of records from one city's database into the other's, with receipts. program is the accord
// binary, for what only a process of its own can show.
func Exchange(ctx context.Context, program, server string) (figures []Figure, err error) {
	dir, err := os.MkdirTemp("", "accord-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	for _, measure := range []func(context.Context, string, string) ([]Figure, error){processes, throughput} {
		f, err := measure(ctx, dir, program)
		if err != nil {
			return figures, err
		}
		figures = append(figures, f...)
	}
	f, err := Observations(ctx, program, server)
	return append(figures, f...), err
}

// Observations measures the way of observations alone.
func Observations(ctx context.Context, program, server string) (figures []Figure, err error) {
	dir, err := os.MkdirTemp("", "accord-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	for _, e := range engines(dir, server) {
		f, err := observations(ctx, dir, program, e)
		figures = append(figures, f...)
		if err := errors.Join(err, e.drop(ctx)); err != nil {
			return figures, err
		}
	}
	return figures, nil
}

var quiet = slog.New(slog.DiscardHandler)

// addresses lets the pages of the measured demo listen anywhere.
func addresses() (map[string]string, error) {
	spec, _, err := demo.Read()
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, p := range spec.Parties {
		out[p.ID] = "127.0.0.1:0"
	}
	return out, nil
}

// processes measures what a person waits for: the first mutual receipt of a new demo, and the start of a node.
func processes(ctx context.Context, dir, program string) ([]Figure, error) {
	listen, err := addresses()
	if err != nil {
		return nil, err
	}
	begin := time.Now()
	d, err := demo.Setup(ctx, filepath.Join(dir, "first"), listen, quiet)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	stop, err := d.Start(ctx, program, io.Discard)
	if err != nil {
		return nil, err
	}
	receipts, err := d.FirstReceipts(ctx)
	first := time.Since(begin)
	if err := errors.Join(err, stop()); err != nil {
		return nil, err
	}
	figures := []Figure{atMost("first mutual receipt after the demo starts", first.Seconds(), "s", 3)}
	started, memory, err := coldStart(program, d.Cities[0].Home.Dir)
	if err != nil {
		return nil, err
	}
	figures = append(figures, atMost("cold start of a node", started.Seconds(), "s", 0.5), atMost("memory after start", memory, "MB", 60))
	text, err := os.ReadFile(receipts[0].File)
	if err != nil {
		return nil, err
	}
	cards := func(party string) (exchange.Chain, error) { return d.Cities[0].Links.Chain(ctx, party) }
	var times []float64
	for range 200 {
		begin := time.Now()
		if _, err := exchange.OpenReceipt(text, cards); err != nil {
			return nil, err
		}
		times = append(times, time.Since(begin).Seconds()*1000)
	}
	slices.Sort(times)
	return append(figures, atMost("receipt", float64(len(text)), "bytes", 2000),
		atMost("checking a receipt with both cards, median", times[len(times)/2], "ms", 5)), nil
}

// coldStart starts a node, waits until it is ready and reads how much memory it holds.
func coldStart(program, home string) (took time.Duration, megabytes float64, err error) {
	begin := time.Now()
	cmd := exec.Command(program, "serve", "--home", home)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, 0, err
	}
	if err := cmd.Start(); err != nil {
		return 0, 0, err
	}
	defer func() { cmd.Process.Signal(syscall.SIGTERM); cmd.Wait() }()
	if !bufio.NewScanner(out).Scan() {
		return 0, 0, fmt.Errorf("the node in %s did not start", home)
	}
	took = time.Since(begin)
	time.Sleep(time.Second) // until what a start begins has been done
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
	if err != nil {
		return took, 0, err
	}
	for line := range strings.Lines(string(status)) {
		if kb, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			n, err := strconv.ParseFloat(strings.Fields(kb)[0], 64)
			return took, n / 1024, err
		}
	}
	return took, 0, errors.New("the memory of a process cannot be read here")
}

// throughput measures entries of one record each from one city to the other over HTTPS, both nodes on this machine.
func throughput(ctx context.Context, dir, _ string) ([]Figure, error) {
	listen, err := addresses()
	if err != nil {
		return nil, err
	}
	d, err := demo.Setup(ctx, filepath.Join(dir, "through"), listen, quiet)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	from, to := d.Cities[0], d.Cities[1]
	if _, err := from.Flow.Offer(ctx, false); err != nil {
		return nil, err
	}
	begin := time.Now()
	if _, err := from.Simulate(ctx, 1, entries); err != nil {
		return nil, err
	}
	if _, err := from.Flow.Offer(ctx, true); err != nil { // before the node is served, so that each record is an entry
		return nil, err
	}
	stop := serve(ctx, d)
	defer stop()
	if err := delivered(ctx, from, to, entries, 20*time.Millisecond); err != nil {
		return nil, err
	}
	rate := entries / time.Since(begin).Seconds()
	directions, err := from.Links.Overview(ctx, to.Home.Config.Party, 1)
	if err != nil {
		return nil, err
	}
	limit, err := engineLimit(ctx, dir, entries, int(directions[0].Lines[0].Size)+300, perTx)
	if err != nil {
		return nil, err
	}
	lag, err := lags(ctx, from, to)
	if err != nil {
		return nil, err
	}
	return []Figure{
		atLeast("single-record entries end to end with receipts", rate, "entries/s", 1000, limit),
		{Name: "one record to its receipt, median", Value: lag[len(lag)/2], Unit: "ms"},
		{Name: "one record to its receipt, p99", Value: lag[len(lag)*99/100], Unit: "ms"},
	}, stop()
}

// serve serves both cities in this process until stop is called.
func serve(ctx context.Context, d *demo.Demo) (stop func() error) {
	ctx, cancel := context.WithCancel(ctx)
	errs := make(chan error, len(d.Cities))
	for _, c := range d.Cities {
		go func() { errs <- c.Serve(ctx, func(string) {}) }()
	}
	return sync.OnceValue(func() (err error) {
		cancel()
		for range d.Cities {
			err = errors.Join(err, <-errs)
		}
		return err
	})
}

// delivered waits until at least n entries of from are cosigned by to and none waits, looking once every pause.
func delivered(ctx context.Context, from, to *demo.City, n int64, pause time.Duration) error {
	for {
		v, err := from.Links.Overview(ctx, to.Home.Config.Party, 0)
		if err != nil {
			return err
		}
		if v[0].Delivered >= n && v[0].Waiting == 0 && v[0].Delivered == v[0].Size {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

// lags times records one by one, from storing one to holding its receipt.
func lags(ctx context.Context, from, to *demo.City) (ms []float64, err error) {
	for i := range oneByOne {
		v, err := from.Links.Overview(ctx, to.Home.Config.Party, 0)
		if err != nil {
			return nil, err
		}
		begin := time.Now()
		if _, err := from.Simulate(ctx, uint64(1000+i), 1); err != nil {
			return nil, err
		}
		if err := delivered(ctx, from, to, v[0].Delivered+1, time.Millisecond); err != nil {
			return nil, err
		}
		ms = append(ms, time.Since(begin).Seconds()*1000)
	}
	slices.Sort(ms)
	return ms, nil
}
