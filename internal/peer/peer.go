// Package peer carries bundles between two nodes over HTTPS: one POST gives ours and brings theirs. Both ends are pinned to
// each other's cards; no name and no authority is checked. Server and client live here together, because they change
// together.
package peer

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"strings"
	"time"
	"unicode"

	"accord/internal/fault"
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
