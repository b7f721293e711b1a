package node_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"accord/internal/db"
	"accord/internal/demo"
	"accord/internal/node"
	"accord/internal/observe"
)

// A shared buffer takes what several servers log.
type shared struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *shared) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(b)
}

func (s *shared) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// serveBoth serves both cities of a demo, with metrics, and returns the addresses of their pages and metrics.
func serveBoth(t *testing.T, d *demo.Demo, log *slog.Logger) (pages, metrics []string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	t.Cleanup(func() { cancel(); wg.Wait() })
	for _, c := range d.Cities {
		h, err := node.OpenHome(c.Home.Dir)
		if err != nil {
			t.Fatal(err)
		}
		h.Config.Metrics = freeAddress(t)
		n, err := node.Open(t.Context(), h, log)
		if err != nil {
			t.Fatal(err)
		}
		ready := make(chan string, 1)
		wg.Go(func() {
			defer n.Close()
			if err := n.Serve(ctx, func(at string) { ready <- at }); err != nil {
				t.Error(err)
			}
		})
		pages, metrics = append(pages, <-ready), append(metrics, h.Config.Metrics)
	}
	return pages, metrics
}

// serveHome serves a home as it is configured.
func serveHome(t *testing.T, dir string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	n := reopen(t, dir)
	ready, done := make(chan string, 1), make(chan error, 1)
	go func() { done <- n.Serve(ctx, func(at string) { ready <- at }) }()
	<-ready
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	eventuallyWithin(t, 20*time.Second, what, f)
}

func eventuallyWithin(t *testing.T, within time.Duration, what string, f func() bool) {
	t.Helper()
	for deadline := time.Now().Add(within); !f(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s never happened", what)
		}
	}
}

// TestMetricsOfAServedNode: the numbers follow what happens, on an address of their own, and name nobody.
func TestMetricsOfAServedNode(t *testing.T) {
	eachDemo(t, func(t *testing.T, d *demo.Demo) {
		pages, metrics := serveBoth(t, d, quiet)
		get(t, "http://"+pages[0]+"/")
		other := d.Cities[1].Home.Config.Party
		eventually(t, "an exchange", func() bool {
			_, text := get(t, "http://"+metrics[0]+"/metrics")
			return strings.Contains(text, `accord_bundles_total{direction="in",outcome="ok"}`) && strings.Contains(text, `accord_log_cosigned_age_seconds{partner="`+other+`",writer="`+other)
		})
		_, text := get(t, "http://"+metrics[0]+"/metrics")
		for _, want := range []string{"accord_state_ok 1", `accord_http_requests_total{listener="pages",route="GET /{$}",status="200"} 1`, "accord_database_bytes ", "accord_disk_free_bytes ",
			"accord_releases_waiting ", `accord_entries_aside{partner="` + other + `"} 0`, `accord_transaction_seconds_count{kind="write",outcome="ok"}`, "go_goroutines ", "process_resident_memory_bytes "} {
			if !strings.Contains(text, want) {
				t.Errorf("%s is missing", want)
			}
		}
		if status, _ := get(t, "http://"+pages[0]+"/metrics"); status != http.StatusNotFound {
			t.Errorf("the pages show the metrics: %d", status)
		}
	})
}

// TestHealth: alive says so while the database is busy; ready says what is missing.
func TestHealth(t *testing.T) {
	eachDemo(t, func(t *testing.T, d *demo.Demo) {
		pages, metrics := serveBoth(t, d, quiet)
		ready := func(address string) (v node.Ready, status int) {
			status, body := get(t, "http://"+address+"/readyz")
			if err := json.Unmarshal([]byte(body), &v); err != nil {
				t.Fatalf("%v: %s", err, body)
			}
			return v, status
		}
		for _, at := range []string{pages[0], metrics[0]} {
			if v, status := ready(at); !v.Ready || status != 200 || len(v.Checks) != 4 {
				t.Errorf("%d %+v", status, v)
			}
		}
		if err := d.Cities[0].DB.Update(t.Context(), func(tx *db.Tx) error { // the only writer is busy
			status, body := get(t, "http://"+pages[0]+"/healthz")
			var v node.Alive
			if err := json.Unmarshal([]byte(body), &v); err != nil || status != 200 || v.Status != "alive" || v.Party != d.Cities[0].Home.Config.Party {
				t.Errorf("%d %s", status, body)
			}
			_, err := tx.Exec(t.Context(), `UPDATE cosigned SET at = at + $1`, (2 * time.Hour).Microseconds())
			return err
		}); err != nil {
			t.Fatal(err)
		}
	})
}

// TestNotReady: a clock before what was stored, a missing database and keys of another node are each named, with what to do.
func TestNotReady(t *testing.T) {
	d := exchanged(t)
	c := d.Cities[0]
	if err := c.DB.Update(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), `UPDATE cosigned SET at = at + $1`, (2 * time.Hour).Microseconds())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	c.Ring = d.Cities[1].Ring
	bad := map[string]bool{}
	v := c.Ready(t.Context())
	for _, one := range v.Checks {
		if bad[one.What] = !one.OK; !one.OK && (one.Why == "" || one.Do == "") {
			t.Errorf("without a reason: %+v", one)
		}
	}
	if v.Ready || !bad["clock"] || !bad["keys"] || bad["database"] || bad["disk"] {
		t.Errorf("%+v", v)
	}
	if err := c.DB.Close(); err != nil {
		t.Fatal(err)
	}
	if v := c.Ready(t.Context()); v.Ready || v.Checks[0].OK {
		t.Errorf("%+v", v)
	}
}

// TestNothingSecretIsLogged runs both cities at the most talkative level, gives them marked records, passwords, tokens and
// bodies in every way they can come, and looks for the marks and the keys in what they log.
func TestNothingSecretIsLogged(t *testing.T) {
	eachDemo(t, func(t *testing.T, d *demo.Demo) {
		out := new(shared)
		pages, metrics := serveBoth(t, d, observe.NewLog(out, "json", slog.LevelDebug))
		const mark = "markedsecret"
		send := func(method, url, body string) {
			r, err := http.NewRequest(method, url, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Cookie", "session="+mark)
			r.Header.Set("Authorization", "Bearer "+mark)
			r.Header.Set("X-Request-Id", mark+" not well formed")
			r.Header.Set("User-Agent", mark)
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if res, err := http.DefaultClient.Do(r); err == nil {
				res.Body.Close()
			}
		}
		for _, at := range append(pages, metrics...) {
			for _, path := range []string{"/", "/" + mark, "/receipts/" + mark + "/0", "/healthz?" + mark, "/?as_of=" + mark + "&lang=" + mark} {
				send("GET", "http://"+at+path, "")
				send("POST", "http://"+at+path, "password="+mark)
			}
		}
		if _, err := d.Cities[0].Simulate(t.Context(), 99, 20); err != nil {
			t.Fatal(err)
		}
		eventually(t, "an exchange", func() bool {
			return strings.Contains(out.String(), `"msg":"answer read"`) || strings.Contains(out.String(), `"msg":"bundle read"`)
		})
		text := out.String()
		if !strings.Contains(text, `"request":"`) || !strings.Contains(text, `"msg":"answered"`) {
			t.Errorf("nothing was logged: %s", text)
		}
		for what, secret := range secrets(t, d) {
			if strings.Contains(text, secret) {
				t.Errorf("%s is in the log", what)
			}
		}
		if strings.Contains(strings.ToLower(text), mark) {
			i := strings.Index(strings.ToLower(text), mark)
			t.Errorf("a mark is in the log: %s", text[max(0, i-200):min(len(text), i+100)])
		}
	})
}

// secrets are the keys of both homes in every form they have, the passwords of their databases, and rows of their records.
func secrets(t *testing.T, d *demo.Demo) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, c := range d.Cities {
		keys, err := os.ReadDir(filepath.Join(c.Home.Dir, "keys"))
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range keys {
			b, err := os.ReadFile(filepath.Join(c.Home.Dir, "keys", k.Name()))
			if err != nil {
				t.Fatal(err)
			}
			name := c.Home.Config.Party + " " + k.Name()
			if block, _ := pem.Decode(b); block != nil {
				all[name] = base64.StdEncoding.EncodeToString(block.Bytes[len(block.Bytes)-32:])
				all[name+" in its file"] = base64.StdEncoding.EncodeToString(block.Bytes)
				continue
			}
			all[name] = strings.TrimSpace(string(b))
		}
		if err := c.DB.View(t.Context(), func(tx *db.Tx) error {
			return tx.Rows(t.Context(), `SELECT row FROM record WHERE origin = $1 ORDER BY seq LIMIT 50`, []any{c.Home.Config.Party}, func(r db.Scanner) error {
				var row []byte
				err := r.Scan(&row)
				all["row "+string(row[:20])] = string(row[8:40])
				return err
			})
		}); err != nil {
			t.Fatal(err)
		}
	}
	return all
}
