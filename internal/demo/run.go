package demo

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"

	"accord/exchange"
	"accord/internal/fault"
	"accord/internal/file"
)

// A process is one served node.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
	err  error         // how, once done is closed
}

// Start serves every city in a process of its own and returns when all are ready. program is the accord binary; what the
// processes log goes to logs. The processes end when stop is called, and on Linux with this process, however it ends. One
// that ends by itself is told by Ended.
func (d *Demo) Start(ctx context.Context, program string, logs io.Writer) (stop func() error, err error) {
	var running []*process
	stopping := make(chan struct{})
	stop = sync.OnceValue(func() error {
		close(stopping)
		var errs error
		for _, p := range running {
			p.cmd.Process.Signal(syscall.SIGTERM)
		}
		for _, p := range running {
			errs = errors.Join(errs, p.end(5*time.Second))
		}
		return errs
	})
	ended := make(chan error, len(d.Cities))
	d.ended = ended
	for _, c := range d.Cities {
		p, err := start(ctx, program, c.Home.Dir, logs)
		if err != nil {
			return nil, errors.Join(err, stop())
		}
		running = append(running, p)
		d.pids = append(d.pids, p.cmd.Process.Pid)
		go func() {
			select {
			case <-stopping:
			case <-p.done:
				ended <- fault.New(fault.Unavailable, "demo", fmt.Sprintf("the node of %s has ended by itself: %v", c.party.ID, p.cmd.ProcessState),
					"the lines above say why; run accord demo again, it goes on with the same homes").Because(p.err)
			}
		}()
	}
	return stop, nil
}

// Pids are the processes that serve, in the order of the cities.
func (d *Demo) Pids() []int { return d.pids }

// Ended yields a fault for each node that ends without being told to.
func (d *Demo) Ended() <-chan error { return d.ended }

// start starts a node and returns once it serves. With an error, no process is left.
func start(ctx context.Context, program, home string, logs io.Writer) (*process, error) {
	cmd := exec.Command(program, "serve", "--home", home)
	cmd.Stderr = logs
	cmd.SysProcAttr = tied()
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	started, ready := make(chan error, 1), make(chan bool, 1)
	p := &process{cmd: cmd, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		runtime.LockOSThread() // the child is tied to this thread, so the thread stays as long as the child
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		if started <- err; err != nil {
			return
		}
		lines := bufio.NewScanner(out)
		ready <- lines.Scan()
		for lines.Scan() { // nothing is expected; a full pipe would stop the node
		}
		p.err = cmd.Wait()
	}()
	if err := <-started; err != nil {
		return nil, fault.New(fault.Unavailable, "demo", "a node cannot be started: "+err.Error(), "check that the program can run itself").Because(err)
	}
	select {
	case ok := <-ready:
		if ok {
			return p, nil
		}
		err = fault.New(fault.Unavailable, "demo", "the node in "+home+" did not start", "the lines above say why; another program may use its address")
	case <-ctx.Done():
		err = ctx.Err()
	}
	p.cmd.Process.Kill()
	<-p.done
	return nil, err
}

// end waits for a process that was told to stop, and kills it when it does not.
func (p *process) end(patience time.Duration) error {
	select {
	case <-p.done:
		return p.err
	case <-time.After(patience):
		p.cmd.Process.Kill()
		<-p.done
		return fmt.Errorf("node %d did not stop and was killed: %w", p.cmd.Process.Pid, p.err)
	}
}

// A Receipt is one receipt that the demo has written to a file.
type Receipt struct {
	Writer string `json:"writer"`
	Index  int64  `json:"index"`
	Size   int64  `json:"size"` // of the log that the partner has cosigned
	Clause string `json:"clause"`
	File   string `json:"file"`
}

// FirstReceipts waits until each city has the other's receipt for records, and writes both receipts.
func (d *Demo) FirstReceipts(ctx context.Context) ([]Receipt, error) {
	out := make([]Receipt, 0, len(d.Cities))
	for i, c := range d.Cities {
		partner := d.Cities[1-i]
		for {
			r, err := c.firstReceipt(ctx, partner)
			if err != nil {
				return nil, err
			}
			if r != nil {
				out = append(out, *r)
				break
			}
			select {
			case <-ctx.Done():
				return nil, fault.New(fault.Unavailable, "demo", "no mutual receipt came in time", "look at the log above")
			case err := <-d.ended:
				return nil, err
			case <-time.After(20 * time.Millisecond):
			}
		}
	}
	return out, nil
}

// firstReceipt writes the receipt of the city's first delivered batch of records; nil while there is none.
func (c *City) firstReceipt(ctx context.Context, partner *City) (*Receipt, error) {
	directions, err := c.Links.Overview(ctx, partner.party.ID, 1000)
	if err != nil {
		return nil, err
	}
	lines := directions[0].Lines
	for i := len(lines) - 1; i >= 0; i-- {
		e := lines[i]
		if !e.Delivered || e.Kind != string(exchange.KindRecords) {
			continue
		}
		text, err := c.Links.Receipt(ctx, c.party.ID, partner.party.ID, e.Index)
		if err != nil {
			return nil, err
		}
		path := filepath.Join(c.Home.Dir, "receipts", fmt.Sprintf("%s-%d.receipt", c.party.ID, e.Index))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return nil, err
		}
		if err := file.Write(path, "receipt file", 0o644, text); err != nil {
			return nil, err
		}
		proved, err := exchange.OpenReceipt(text, func(party string) (exchange.Chain, error) { return c.Links.Chain(ctx, party) })
		if err != nil {
			return nil, err
		}
		return &Receipt{Writer: proved.Writer, Index: proved.Index, Size: proved.Size, Clause: proved.Header.Clause, File: path}, nil
	}
	return nil, nil
}

// Live goes on simulating, one record of one city every pause, until ctx ends. It returns a fault when a
// node ends before.
func (d *Demo) Live(ctx context.Context, pause time.Duration) error {
	answers := time.NewTicker(2 * time.Second)
	defer answers.Stop()
	next := time.After(pause)
	for i := 0; ; {
		select {
		case <-ctx.Done():
			return nil
		case <-answers.C:
			if done, err := d.answer(ctx); done {
				answers.Stop()
				if err != nil && ctx.Err() == nil {
					d.log.Warn("a claim could not be answered", "error", err)
				}
			}
		case err := <-d.ended:
			select {
			case <-ctx.Done(): // Ctrl-C reaches the nodes too, and may end one before we hear of it
				return nil
			case <-time.After(200 * time.Millisecond):
				return err
			}
		case at := <-next:
			next = time.After(pause)
			c := d.Cities[i%len(d.Cities)]
			i++
			if _, err := c.Simulate(ctx, uint64(at.Unix()), 1); err != nil && ctx.Err() == nil {
				d.log.Warn("a record could not be simulated", "party", c.party.ID, "error", err)
			}
		}
	}
}
