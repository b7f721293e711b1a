// Package peer carries bundles between two nodes over HTTPS: one POST gives ours and brings theirs. Both ends are pinned to
// each other's cards; no name and no authority is checked. Server and client live here together, because they change
// together.
package peer

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"mime"
	"net/http"
	"strings"
	"time"
	"unicode"

	"accord/exchange"
	"accord/internal/fault"
	"accord/internal/link"
)

// Path is where a node takes bundles.
const Path = "/accord/v1/bundle"

const mediaType = "application/vnd.accord.bundle"

// Certificate makes the self-signed certificate of a TLS key. Partners look at its key only, so it may be made anew at
// every start.
func Certificate(key ed25519.PrivateKey) (tls.Certificate, error) {
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<33, 0)}
	der, err := x509.CreateCertificate(nil, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

// Pin is the hash of a TLS key as a card names it.
func Pin(public ed25519.PublicKey) (string, error) {
	der, err := x509.MarshalPKIXPublicKey(public)
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:]), err
}

// pinOf is the pin of the certificate at the other end.
func pinOf(state tls.ConnectionState) (string, error) {
	if len(state.PeerCertificates) == 0 {
		return "", errors.New("the other end showed no certificate")
	}
	sum := sha256.Sum256(state.PeerCertificates[0].RawSubjectPublicKeyInfo)
	return hex.EncodeToString(sum[:]), nil
}

// A problem is an RFC 9457 answer; kind maps it back to the same fault on the other side.
type problem struct {
	Title  string     `json:"title"`
	Status int        `json:"status"`
	Detail string     `json:"detail"`
	Kind   fault.Kind `json:"kind"`
	What   string     `json:"what"`
	Do     string     `json:"do"`
}

var statusOf = map[fault.Kind]int{
	fault.Invalid: http.StatusUnprocessableEntity, fault.NotFound: http.StatusNotFound, fault.Refused: http.StatusForbidden,
	fault.Conflict: http.StatusConflict, fault.Unavailable: http.StatusServiceUnavailable, fault.Internal: http.StatusInternalServerError,
}

// A Server answers partners.
type Server struct {
	links    *link.Links
	underway *Underway
	log      *slog.Logger
	came     func() // called when something new was stored
	room     chan struct{}
}

// NewServer returns the handler for partners and the TLS configuration that lets only them in.
func NewServer(links *link.Links, underway *Underway, log *slog.Logger, came func()) *Server {
	return &Server{links: links, underway: underway, log: log, came: came, room: make(chan struct{}, atOnce)}
}

// TLS is the configuration of the listener: TLS 1.3, our key, and a client key that a partner's card pins.
func (s *Server) TLS(own tls.Certificate) *tls.Config {
	return &tls.Config{
		MinVersion:   tls.VersionTLS13,
		Certificates: []tls.Certificate{own},
		ClientAuth:   tls.RequireAnyClientCert,
		VerifyConnection: func(state tls.ConnectionState) error {
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			defer cancel()
			_, err := s.partner(ctx, state)
			return err
		},
	}
}

// partner names the partner whose card pins the key at the other end.
func (s *Server) partner(ctx context.Context, state tls.ConnectionState) (string, error) {
	pin, err := pinOf(state)
	if err != nil {
		return "", err
	}
	parties, err := s.links.Partners(ctx)
	if err != nil {
		return "", err
	}
	for _, p := range parties {
		chain, err := s.links.Chain(ctx, p)
		if err != nil {
			return "", err
		}
		if card, err := chain.At(time.Now()); err == nil && card.TLS == pin {
			return p, nil
		}
	}
	return "", fault.New(fault.Refused, "connection", "the key of the other end is on no card known here", "exchange cards first")
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer, err := s.serve(w, r)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	w.Header().Set("Content-Type", mediaType)
	w.Write(answer)
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.URL.Path != Path || r.Method != http.MethodPost {
		return nil, fault.New(fault.NotFound, "request", "this address only takes bundles", "POST a bundle to "+Path)
	}
	r.Pattern = "POST " + Path // for whoever counts requests
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != mediaType {
		return nil, fault.New(fault.Invalid, "request", "its media type is not "+mediaType, "send a sealed bundle")
	}
	pin, err := pinOf(*r.TLS)
	if err != nil {
		return nil, err
	}
	release, err := s.enter(r.Context())
	if err != nil {
		return nil, err
	}
	defer release()
	sealed, err := io.ReadAll(http.MaxBytesReader(w, r.Body, exchange.MaxSealed))
	if err != nil {
		return nil, fault.New(fault.Invalid, "bundle", "it is too large or was cut off", "send it again").Because(err)
	}
	var from string
	report, err := s.links.Read(r.Context(), sealed, link.Way{Trust: func(card *exchange.Card) error {
		from = card.Party
		return pinned(card, pin)
	}})
	if errors.Is(err, link.ErrGap) { // our word alone says what is missing
		s.log.InfoContext(r.Context(), "bundle with a gap before it", "from", from, "error", err)
		written, err := s.links.Write(r.Context(), from, link.WordOnly)
		if err != nil {
			return nil, err
		}
		return written.Sealed, nil
	}
	if err != nil {
		return nil, err
	}
	logReport(r.Context(), s.log, "bundle read", sealed, report)
	if report.Applied+report.Aside+report.Delivered+report.Returned > 0 {
		s.came()
	}
	load := link.OneAtATime
	if s.underway.Busy(report.From) {
		load = link.WordOnly
	}
	written, err := s.links.Write(r.Context(), report.From, load)
	if err != nil {
		return nil, err
	}
	return written.Sealed, nil
}

// atOnce is how many bundles are read at a time: each may inflate to exchange.MaxPlain.
const atOnce = 2

// enter waits for room to read one more bundle.
func (s *Server) enter(ctx context.Context) (release func(), err error) {
	select {
	case s.room <- struct{}{}:
		return func() { <-s.room }, nil
	case <-ctx.Done():
		return nil, fault.New(fault.Unavailable, "request", "it was given up while it waited", "try again later").Because(ctx.Err())
	}
}

// pinned says whether the key at the other end is the one on the card of the city that wrote the bundle. Nobody carries
// another's bundles here: an answer is for the one who wrote.
func pinned(card *exchange.Card, pin string) error {
	if card.TLS != pin {
		return fault.New(fault.Refused, "bundle", "it is from "+card.Party+" and came by a connection that is not "+card.Party+"'s", "each city sends its own bundles")
	}
	return nil
}

func logReport(ctx context.Context, log *slog.Logger, what string, sealed []byte, r *link.Report) {
	level := slog.LevelDebug
	if r.Aside > 0 {
		level = slog.LevelWarn
	}
	log.Log(ctx, level, what, "bundle", link.SealedSum(sealed), "from", r.From, "applied", r.Applied,
		"known", r.Known, "aside", r.Aside, "delivered", r.Delivered)
}

func (s *Server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	kind := fault.KindOf(err)
	p := problem{Title: string(kind), Status: statusOf[kind], Kind: kind, What: "node", Detail: "this node failed", Do: "try again later"}
	switch f, ok := errors.AsType[*fault.Fault](err); {
	case !ok || kind == fault.Internal:
	case kind == fault.Unavailable && f.Err != nil: // what our database says is nobody else's affair
		p.Detail = "this node cannot do it now"
	default:
		p.What, p.Detail, p.Do = f.What, f.Why, f.Do
	}
	s.log.WarnContext(r.Context(), "bundle refused", "kind", kind, "error", err, "remote", r.RemoteAddr)
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	json.NewEncoder(w).Encode(p)
}

// parseProblem is the other half of refuse.
func parseProblem(partner string, status int, body []byte) error {
	var p problem
	if err := json.Unmarshal(bytes.TrimSpace(body), &p); err != nil || p.Kind == "" || statusOf[p.Kind] == 0 {
		return fault.New(fault.Unavailable, "node of "+partner, fmt.Sprintf("it answered with status %d and no reason", status), "look at the address on its card; something else may answer there")
	}
	return fault.New(p.Kind, "node of "+partner, clip(p.What)+": "+clip(p.Detail), clip(p.Do))
}

// clip keeps a foreign text short and printable.
func clip(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
	if r := []rune(s); len(r) > 200 {
		return string(r[:200]) + "…"
	}
	return s
}
