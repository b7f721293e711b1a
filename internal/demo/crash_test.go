package demo_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"accord/internal/db"
	"accord/internal/dbtest"
	"accord/internal/demo"
	"accord/internal/store"
)

// TestKilledAtRandomMoments kills both nodes with -9 again and again while records flow in both directions, and then asks
// for everything: nothing accepted lost, nothing twice, logs that agree, a clean verification.
// ACCORD_KILLS sets how often; the seed of the moments is printed.
func TestKilledAtRandomMoments(t *testing.T) {
	random, kills := moments(t, 100)
	program := build(t)
	d := setup(t, demo.Options{})
	killSome(t, d, random, kills, program, func(c *demo.City) []string { return []string{c.Home.Dir} })
}

// TestTwoProcessesOfACityKilled is the same with two processes for each city on one database: one may go at any time.
func TestTwoProcessesOfACityKilled(t *testing.T) {
	random, kills := moments(t, 20)
	databases := map[string]string{}
	spec, _, err := demo.Read()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range spec.Parties {
		databases[p.ID] = dbtest.Server(t)
	}
	program := build(t)
	d := setup(t, demo.Options{Databases: databases, Processes: 2})
	killSome(t, d, random, kills, program, func(c *demo.City) []string { return []string{c.Home.Dir, c.Home.Dir + "-2"} })
}

// moments returns how often to kill and the randomness of when.
func moments(t *testing.T, kills int) (*rand.Rand, int) {
	t.Helper()
	if testing.Short() {
		kills = 10
	}
	if s := os.Getenv("ACCORD_KILLS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		kills = n
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("%d kills, seed %d", kills, seed)
	return rand.New(rand.NewPCG(seed, 0)), kills
}

// killSome serves every city from its homes while records are written, kills one or two processes at a time, and checks
// what is left.
func killSome(t *testing.T, d *demo.Demo, random *rand.Rand, kills int, program string, homesOf func(*demo.City) []string) {
	t.Helper()
	var homes []string
	for _, c := range d.Cities {
		homes = append(homes, homesOf(c)...)
	}
	served := make([]*served, len(homes))
	for i, home := range homes {
		served[i] = serve(t, program, home)
	}
	stop := write(t, d)
	for killed := 0; killed < kills; {
		time.Sleep(time.Duration(random.IntN(120)) * time.Millisecond)
		which := random.Perm(len(homes))[:1+random.IntN(2)]
		for _, i := range which {
			served[i].kill(t)
			killed++
		}
		for _, i := range which {
			served[i] = serve(t, program, homes[i])
		}
	}
	stored := stop()
	settle(t, d)
	for _, s := range served {
		s.kill(t)
	}
	check(t, d, stored)
}

func build(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "accord")
	cmd := exec.Command("go", "build", "-o", program, "accord/cmd/accord")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

func setup(t *testing.T, o demo.Options) *demo.Demo {
	t.Helper()
	return setupIn(t, t.TempDir(), o)
}

// setupIn is setup in a folder, for a second time after the first demo is closed.
func setupIn(t *testing.T, dir string, o demo.Options) *demo.Demo {
	t.Helper()
	spec, _, err := demo.Read()
	if err != nil {
		t.Fatal(err)
	}
	o.Listen = map[string]string{}
	for _, p := range spec.Parties {
		o.Listen[p.ID] = "127.0.0.1:0"
	}
	d, err := demo.SetupWith(t.Context(), dir, o, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// A served is a node in a process of its own.
type served struct {
	cmd    *exec.Cmd
	stderr bytes.Buffer
}

func serve(t *testing.T, program, home string) *served {
	t.Helper()
	s := &served{cmd: exec.Command(program, "serve", "--home", home)}
	s.cmd.Stderr = &s.stderr
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if !bufio.NewScanner(out).Scan() {
		s.cmd.Wait()
		t.Fatalf("the node in %s does not start again:\n%s", home, s.stderr.String())
	}
	return s
}

func (s *served) kill(t *testing.T) {
	t.Helper()
	if err := s.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	s.cmd.Wait()
}

// write stores records in both cities until stop is called, which returns how many were accepted in each.
func write(t *testing.T, d *demo.Demo) (stop func() []int) {
	ctx, cancel := context.WithCancel(t.Context())
	stored := make([]int, len(d.Cities))
	var wg sync.WaitGroup
	for i, c := range d.Cities {
		wg.Go(func() {
			for seed := uint64(1_000_000); ctx.Err() == nil; seed++ {
				n, err := c.Simulate(context.Background(), seed, 1+int(seed%5))
				if err != nil {
					t.Error(err)
					return
				}
				stored[i] += n
				time.Sleep(3 * time.Millisecond)
			}
		})
	}
	return func() []int {
		cancel()
		wg.Wait()
		return stored
	}
}

// settle waits until both nodes have nothing left to say.
func settle(t *testing.T, d *demo.Demo) {
	t.Helper()
	for deadline := time.Now().Add(90 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		idle := true
		for i, c := range d.Cities {
			pending, err := c.Flow.Offer(t.Context(), false)
			if err != nil {
				t.Fatal(err)
			}
			due, err := c.Links.Due(t.Context(), d.Cities[1-i].Home.Config.Party)
			if err != nil {
				t.Fatal(err)
			}
			idle = idle && !due && pending == 0
		}
		if idle {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the nodes do not come to rest")
		}
	}
}

func check(t *testing.T, d *demo.Demo, stored []int) {
	t.Helper()
	logs := map[string][]string{}
	for i, c := range d.Cities {
		self := c.Home.Config.Party
		at := func(where *demo.City) int64 { return count(t, where, self) }
		if own, there := at(c), at(d.Cities[1-i]); own != there || own < int64(stored[i]) {
			t.Errorf("%s accepted %d records more, holds %d, its partner holds %d", self, stored[i], own, there)
		}
		v, err := c.Verify(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !v.Clean {
			t.Errorf("%s does not verify: %v %v", self, v.Faults, v.Logs)
		}
		for _, l := range v.Logs {
			logs[l.Log] = append(logs[l.Log], fmt.Sprint(l.Entries))
		}
		noneTwice(t, c)
	}
	for origin, sizes := range logs {
		if len(sizes) != 2 || sizes[0] != sizes[1] {
			t.Errorf("the logs of %s do not agree: %v", origin, sizes)
		}
		t.Logf("%s: %s entries", origin, sizes[0])
	}
}

func count(t *testing.T, c *demo.City, origin string) (n int64) {
	t.Helper()
	err := c.DB.View(t.Context(), func(tx *db.Tx) error {
		totals, err := store.Totals(t.Context(), tx)
		for _, s := range totals {
			if s.Origin == origin {
				n = s.Records
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// noneTwice looks for a row that two entries of one log carry.
func noneTwice(t *testing.T, c *demo.City) {
	t.Helper()
	seen := map[string]bool{}
	err := c.DB.View(t.Context(), func(tx *db.Tx) error {
		return tx.Rows(t.Context(), `SELECT log, body FROM entry WHERE kind = 'records'`, nil, func(r db.Scanner) error {
			var log int64
			var body []byte
			if err := r.Scan(&log, &body); err != nil {
				return err
			}
			head := true
			for row := range bytes.Lines(body) {
				key := fmt.Sprint(log, string(row))
				if !head && seen[key] {
					t.Errorf("%s: a row stands in two entries: %s", c.Home.Config.Party, row)
				}
				seen[key], head = true, false
			}
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
}
