package peer

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"accord/exchange"
	"accord/internal/fault"
	"accord/internal/link"
	"accord/internal/observe"
)

// Underway says what is on its way between this process and its partners: bundles of ours in requests, and answers. It only
// saves work: without it the same entries would travel in a request and in an answer at once and be known twice, and each
// request would be met by one that says again what its answer says.
type Underway struct {
	mu       sync.Mutex
	busy     map[string]bool
	answers  map[string]int       // that are being made
	answered map[string]time.Time // when the last one was
}

// heard is how long an answer may take to be read: the next request says by its beginning that it was.
const heard = time.Second

// Busy says whether a request to partner is under way.
func (u *Underway) Busy(partner string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.busy[partner]
}

func (u *Underway) set(partner string, busy bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.busy == nil {
		u.busy = map[string]bool{}
	}
	u.busy[partner] = busy
}

// answering notes that a request of partner is answered, until done.
func (u *Underway) answering(partner string) (done func()) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.answers == nil {
		u.answers, u.answered = map[string]int{}, map[string]time.Time{}
	}
	u.answers[partner]++
	return func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		u.answers[partner]--
		u.answered[partner] = time.Now()
	}
}

// answer says whether an answer to partner is under way, which carries our cosignature.
func (u *Underway) answer(partner string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.answers[partner] > 0 || time.Since(u.answered[partner]) < heard
}

// A Client sends to one partner whenever there is reason to.
type Client struct {
	links    *link.Links
	partner  string
	own      Own
	underway *Underway
	log      *slog.Logger
	came     func()
	http     *http.Client
	lease    lease
}

// NewClient returns a client towards partner. came is called when an answer brought something new.
func NewClient(links *link.Links, partner string, own Own, underway *Underway, log *slog.Logger, came func()) *Client {
	c := &Client{links: links, partner: partner, own: own, underway: underway, log: log.With("partner", partner), came: came}
	c.lease = lease{links: links, partner: partner, holder: exchange.NewID()}
	c.http = &http.Client{
		Timeout: 2 * time.Minute,
		Transport: &http.Transport{
			TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS13, GetClientCertificate: c.certificate, InsecureSkipVerify: true, VerifyConnection: c.verify},
			MaxIdleConns:          2,
			IdleConnTimeout:       90 * time.Second,
			ResponseHeaderTimeout: time.Minute,
			DisableCompression:    true, // bundles are compressed and sealed
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c
}

// Within bounds a whole exchange, from the call to the last byte of the answer, instead of two minutes: a partner that
// answers slowly for ever holds up nobody but itself.
func (c *Client) Within(d time.Duration) { c.http.Timeout = d }

// certificate is what this end shows.
func (c *Client) certificate(r *tls.CertificateRequestInfo) (*tls.Certificate, error) {
	return c.own.forPartner(r.Context(), c.links, c.partner)
}

// verify replaces the check of names and authorities by the pin on the partner's card.
func (c *Client) verify(state tls.ConnectionState) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	chain, err := c.links.Chain(ctx, c.partner)
	if err != nil {
		return err
	}
	pin, err := pinOf(state)
	if err == nil && !pinned(chain, pin) {
		err = fault.New(fault.Refused, "node of "+c.partner, "the key at its address is not the one on its card", "ask the partner for its newest card; do not send until the keys agree")
	}
	return err
}

func (c *Client) card(ctx context.Context) (*exchange.Card, error) {
	chain, err := c.links.Chain(ctx, c.partner)
	if err != nil {
		return nil, err
	}
	return chain.At(time.Now())
}

// Exchange sends one bundle and reads the answer.
func (c *Client) Exchange(ctx context.Context) (*link.Report, error) {
	c.underway.set(c.partner, true)
	defer c.underway.set(c.partner, false)
	return c.exchange(ctx, 0)
}

// exchange sends one bundle and reads the answer, for which it lets the partner wait until it has something to say.
func (c *Client) exchange(ctx context.Context, wait time.Duration) (*link.Report, error) {
	card, err := c.card(ctx)
	if err != nil {
		return nil, err
	}
	if len(card.Endpoints) == 0 {
		return nil, fault.New(fault.Unavailable, "node of "+c.partner, "its card names no address", "exchange bundles as files: accord bundle write --to "+c.partner+" FILE")
	}
	written, err := c.links.Write(ctx, c.partner, link.OneAtATime)
	if err != nil {
		return nil, err
	}
	answer, err := c.post(ctx, card.Endpoints, written.Sealed, wait)
	if err != nil {
		c.http.CloseIdleConnections() // they may be of keys that are out of force
		return nil, err
	}
	if err := c.links.Told(ctx, c.partner, written.Cosigned); err != nil {
		return nil, err
	}
	report, err := c.links.Read(ctx, answer, link.Way{Asks: written.Start, Carrier: link.ByHTTPS, Trust: func(from *exchange.Card) error {
		if from.Party != c.partner {
			return fault.New(fault.Refused, "answer", "it is from "+from.Party+", not from "+c.partner, "call the partner: its node answers with what is not its own")
		}
		return nil
	}})
	if err != nil {
		return nil, err
	}
	logReport(ctx, c.log, "answer read", answer, report)
	return report, nil
}

// post tries the partner's addresses in their order.
func (c *Client) post(ctx context.Context, endpoints []string, sealed []byte, wait time.Duration) ([]byte, error) {
	var failed error
	for _, e := range endpoints {
		answer, err := c.postTo(ctx, strings.TrimSuffix(e, "/")+Path, sealed, wait)
		if err == nil {
			return answer, nil
		}
		failed = err
		if k := fault.KindOf(err); k != fault.Unavailable {
			break // it was reached and refused: another address of the same node will say the same
		}
	}
	return nil, failed
}

func (c *Client) postTo(ctx context.Context, url string, sealed []byte, wait time.Duration) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(sealed))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", mediaType)
	if id := observe.ID(ctx); id != "" {
		req.Header.Set(observe.Header, id)
	}
	if wait > 0 {
		req.Header.Set("Prefer", fmt.Sprintf("wait=%d", int(wait.Seconds())))
	}
	if err := c.sign(ctx, req, sealed); err != nil {
		return nil, err
	}
	res, err := c.http.Do(req)
	if err != nil {
		if f, ok := errors.AsType[*fault.Fault](err); ok {
			return nil, f
		}
		return nil, fault.New(fault.Unavailable, "node of "+c.partner, fmt.Sprintf("it cannot be reached at %s", url), "nothing is lost: it is tried again by itself").Because(err)
	}
	defer res.Body.Close()
	limit := int64(exchange.MaxSealed + 1)
	if res.StatusCode != http.StatusOK {
		limit = 16 << 10 // a problem is a few lines
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, limit))
	switch {
	case err != nil:
		return nil, fault.New(fault.Unavailable, "node of "+c.partner, "its answer was cut off", "nothing is lost: it is tried again by itself").Because(err)
	case res.StatusCode != http.StatusOK:
		return nil, parseProblem(c.partner, res.StatusCode, body)
	}
	return body, nil
}

// sign says who sends the request, for a partner whose proxy ends the connection.
func (c *Client) sign(ctx context.Context, req *http.Request, content []byte) error {
	card, err := c.links.OurCard(ctx, c.partner)
	if err != nil {
		return err
	}
	key, err := c.own.Log(card)
	if err != nil {
		return err
	}
	r := exchange.NewRequest(card, Path, content, time.Now())
	req.Header.Set("Content-Digest", r.Digest())
	req.Header.Set("Signature-Input", r.Input())
	req.Header.Set("Signature", r.Sign(key))
	return nil
}
