package demo_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"accord/exchange"
	"accord/internal/peer"
)

// An echo stands before a node as a proxy does at which TLS ends, and repeats: it hands a request on once more, at once or
// long after later ones, and now and then loses an answer on its way back.
type echo struct {
	at       string
	targets  []string
	client   http.Client
	lasting  context.Context
	repeats  sync.WaitGroup
	repeated func(what string)
}

// newEcho returns a proxy with the node's own TLS key that hands on to the plain addresses in targets, until the test ends.
func newEcho(t *testing.T, key ed25519.PrivateKey, targets []string, repeated func(what string)) *echo {
	t.Helper()
	certificate, err := peer.Certificate(key)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	e := &echo{at: listener.Addr().String(), targets: targets, client: http.Client{Timeout: 2 * time.Minute}, lasting: ctx, repeated: repeated}
	server := &http.Server{Handler: e, ErrorLog: log.New(io.Discard, "", 0)}
	t.Cleanup(func() {
		cancel()
		server.Close()
		e.repeats.Wait()
		e.client.CloseIdleConnections()
	})
	go server.Serve(tls.NewListener(listener, &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{certificate}}))
	return e
}

func (e *echo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, exchange.MaxSealed))
	if err != nil {
		return
	}
	switch rand.IntN(6) {
	case 0:
		e.again(r, body, 0)
	case 1:
		e.again(r, body, rand.N(4*time.Second))
	}
	answer, err := e.hand(r.Context(), r, body)
	if err != nil {
		panic(http.ErrAbortHandler) // as if the node were away
	}
	defer answer.Body.Close()
	if rand.IntN(12) == 0 {
		io.Copy(io.Discard, answer.Body)
		e.repeated("answer lost")
		panic(http.ErrAbortHandler)
	}
	for name, values := range answer.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.StatusCode)
	io.Copy(w, answer.Body)
}

// again hands a request on once more after a while. Nobody hears the answer.
func (e *echo) again(r *http.Request, body []byte, after time.Duration) {
	r = r.Clone(e.lasting)
	e.repeats.Go(func() {
		pause(e.lasting, after)
		if answer, err := e.hand(e.lasting, r, body); err == nil {
			io.Copy(io.Discard, answer.Body)
			answer.Body.Close()
			e.repeated("request again")
		}
	})
}

// hand hands a request on to a process of the node that answers.
func (e *echo) hand(ctx context.Context, r *http.Request, body []byte) (answer *http.Response, err error) {
	for _, i := range rand.Perm(len(e.targets)) {
		req, failed := http.NewRequestWithContext(ctx, r.Method, "http://"+e.targets[i]+r.URL.RequestURI(), bytes.NewReader(body))
		if failed != nil {
			return nil, failed
		}
		req.Header, req.Host = r.Header.Clone(), r.Host
		if answer, err = e.client.Do(req); err == nil {
			return answer, nil
		}
	}
	return nil, err
}
