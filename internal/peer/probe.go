package peer

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"accord/exchange"
	"accord/internal/fault"
)

// Probe looks whether a partner's node answers at an address on its card, with the key on that card, and lets this node in.
// It returns how far the partner's clock is from ours. It sends nothing of the link.
func Probe(ctx context.Context, partner, endpoint string, card *exchange.Card, own tls.Certificate, within time.Duration) (skew time.Duration, err error) {
	bad := func(kind fault.Kind, why, do string) *fault.Fault {
		return fault.New(kind, "node of "+partner, why, do)
	}
	var other error
	client := &http.Client{Timeout: within, Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS13,
		Certificates: []tls.Certificate{own}, InsecureSkipVerify: true, VerifyConnection: func(state tls.ConnectionState) error {
			if pin, err := pinOf(state); err != nil || pin != card.TLS {
				other = bad(fault.Refused, "another key answers there than the one on its card", "ask the partner for its newest card, and compare the fingerprint by telephone; until then exchange by file")
				return other
			}
			return nil
		}}}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(endpoint, "/")+Path, nil)
	if err != nil {
		return 0, bad(fault.Invalid, "its card names an address that cannot be read", "ask the partner for a card with a right one")
	}
	res, err := client.Do(req)
	switch {
	case other != nil:
		return 0, other
	case err != nil:
		why, do := unreachable(err)
		return 0, bad(fault.Unavailable, why, do).Because(err)
	}
	defer res.Body.Close()
	io.Copy(io.Discard, io.LimitReader(res.Body, 16<<10))
	if at, err := http.ParseTime(res.Header.Get("Date")); err == nil {
		skew = time.Until(at)
	}
	return skew, nil
}

// unreachable says why a node did not answer, and what to do.
func unreachable(err error) (why, do string) {
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		return fmt.Sprintf("the name %s is not known here", clip(e.Name)), "put it into /etc/hosts or the city's name server, or ask the partner for an address in numbers"
	}
	if errors.Is(err, syscall.ECONNREFUSED) {
		return "nothing listens there", "ask the partner whether its node is served; nothing is lost meanwhile"
	}
	if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() {
		return "there is no answer", "a firewall on the way, here or there, may keep it out: let this machine out to that address and port; meanwhile exchange by file"
	}
	if strings.Contains(err.Error(), "remote error: tls") || strings.Contains(err.Error(), "certificate") {
		return "it does not let this node in", "the partner does not know this city's newest card: send it, accord card show --out FILE"
	}
	if strings.Contains(err.Error(), "first record does not look like a TLS handshake") || strings.Contains(err.Error(), "HTTP response to HTTPS") {
		return "something else than a node answers there", "check the address on the card with the partner, and proxies on the way"
	}
	return "it cannot be reached", "check the network; nothing is lost meanwhile"
}

// Holds says whether what answers at an address of this machine has the key with a pin. Nothing is sent.
func Holds(addr, pin string, within time.Duration) error {
	if host, port, err := net.SplitHostPort(addr); err == nil && host == "" {
		addr = net.JoinHostPort("127.0.0.1", port)
	}
	var seen string
	d := &net.Dialer{Timeout: within}
	conn, err := tls.DialWithDialer(d, "tcp", addr, &tls.Config{MinVersion: tls.VersionTLS13, InsecureSkipVerify: true, VerifyConnection: func(state tls.ConnectionState) (err error) {
		seen, err = pinOf(state)
		return err
	}})
	if conn != nil {
		conn.Close()
	}
	if seen == pin {
		return nil
	}
	return errors.Join(err, errors.New("another key answers there"))
}
