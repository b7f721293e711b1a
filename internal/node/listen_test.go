package node_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"accord/internal/account"
	"accord/internal/fault"
	"accord/internal/node"
	"accord/internal/who"
)

// TestPagesBeyondThisMachine: only by https, and only by names that were chosen.
func TestPagesBeyondThisMachine(t *testing.T) {
	names := []string{"accord.example.org"}
	for _, c := range []struct {
		config node.Config
		words  string
	}{
		{node.Config{Listen: "127.0.0.1:1"}, ""},
		{node.Config{Listen: "[::1]:1"}, ""},
		{node.Config{Listen: "localhost:1"}, ""},
		{node.Config{Listen: "nowhere"}, "not an address"},
		{node.Config{Listen: "0.0.0.0:1"}, "in the clear"},
		{node.Config{Listen: ":1"}, "in the clear"},
		{node.Config{Listen: "10.0.0.1:1", Names: names}, "in the clear"},
		{node.Config{Listen: "10.0.0.1:1", BehindProxy: true}, "no name"},
		{node.Config{Listen: "127.0.0.1:1", BehindProxy: true}, "no name"},
		{node.Config{Listen: "10.0.0.1:1", BehindProxy: true, Names: names}, ""},
		{node.Config{Listen: "10.0.0.1:1", TLSCertificate: "c", TLSKey: "k"}, "no name"},
		{node.Config{Listen: "10.0.0.1:1", TLSCertificate: "c", TLSKey: "k", Names: names}, ""},
		{node.Config{Listen: "10.0.0.1:1", TLSCertificate: "c", Names: names}, "belong together"},
		{node.Config{Listen: "10.0.0.1:1", TLSKey: "k", Names: names}, "belong together"},
		{node.Config{Listen: "10.0.0.1:1", TLSCertificate: "c", TLSKey: "k", BehindProxy: true, Names: names}, "keep behind_proxy"},
		{node.Config{Listen: "10.0.0.1:1", BehindProxy: true, Names: []string{"https://x"}}, "not a host name"},
		{node.Config{Listen: "10.0.0.1:1", BehindProxy: true, Names: []string{"x:443"}}, "not a host name"},
		{node.Config{Listen: "10.0.0.1:1", BehindProxy: true, Names: []string{"10.0.0.1"}}, ""},
	} {
		err := c.config.CheckPages()
		if (err == nil) != (c.words == "") || err != nil && !strings.Contains(err.Error(), c.words) {
			t.Errorf("%+v: %v", c.config, err)
		}
	}
}

// certify writes a certificate for a name and its key.
func certify(t *testing.T, dir, name string) (certificate, key string, roots *x509.CertPool) {
	t.Helper()
	priv, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &priv.PublicKey, priv)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(priv)
	if err != nil {
		t.Fatal(err)
	}
	certificate, key = filepath.Join(dir, "pages.crt"), filepath.Join(dir, "pages.key")
	for path, block := range map[string]*pem.Block{certificate: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	roots = x509.NewCertPool()
	roots.AddCert(func() *x509.Certificate { leaf, _ := x509.ParseCertificate(der); return leaf }())
	return certificate, key, roots
}

// TestPagesByTLS serves the pages with a certificate: the cookie is sent by https only and belongs to this host alone, and a
// name that was not chosen gets nothing.
func TestPagesByTLS(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "home")
	n := create(t, dir, "alpha", "")
	addPerson(t, n, "kim", who.Reader)
	c := &n.Home.Config
	var roots *x509.CertPool
	c.TLSCertificate, c.TLSKey, roots = certify(t, t.TempDir(), "accord.example.org")
	c.Listen, c.Names = "0.0.0.0:0", []string{"accord.example.org"}
	if err := n.Home.CheckTLS(); err != nil {
		t.Error(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	at, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- n.Serve(ctx, func(pages string) { at <- pages }) }()
	var listening string
	select {
	case listening = <-at:
	case err := <-ended:
		t.Fatal(err)
	}
	port := listening[strings.LastIndex(listening, ":"):]
	if got := n.PagesURL(listening); got != "https://accord.example.org"+port+"/" {
		t.Errorf("the pages are at %s", got)
	}
	client := &http.Client{
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: "accord.example.org"}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	defer client.CloseIdleConnections()
	ask := func(host string) *http.Response {
		t.Helper()
		r, err := http.NewRequestWithContext(ctx, "POST", "https://127.0.0.1"+port+"/sign-in", strings.NewReader(url.Values{"id": {"kim"}, "password": {testPassword}}.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res
	}
	if res := ask("evil.example"); res.StatusCode != 403 || len(res.Cookies()) > 0 {
		t.Errorf("another name gets %d", res.StatusCode)
	}
	res := ask("accord.example.org")
	if res.StatusCode != 303 || len(res.Cookies()) != 1 {
		t.Fatalf("status %d, cookies %v", res.StatusCode, res.Cookies())
	}
	if k := res.Cookies()[0]; k.Name != "__Host-accord-alpha" || !k.Secure || !k.HttpOnly || k.Path != "/" || k.Domain != "" || k.SameSite != http.SameSiteLaxMode {
		t.Errorf("%+v", k)
	}
	if res.Header.Get("Strict-Transport-Security") == "" {
		t.Error("the browser is not told to stay with https")
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestShownPasswordsStayHome: a node with accounts of the demo does not listen beyond this machine.
func TestShownPasswordsStayHome(t *testing.T) {
	n := create(t, filepath.Join(t.TempDir(), "home"), "alpha", "")
	by := who.Person{ID: "demo", Role: who.Administrator}
	if _, err := n.People.Add(t.Context(), by, account.Wanted{ID: "reader", Role: who.Reader, Unit: "demo", Shown: true}); err != nil {
		t.Fatal(err)
	}
	n.Home.Config.Listen, n.Home.Config.BehindProxy, n.Home.Config.Names = "0.0.0.0:0", true, []string{"accord.example.org"}
	err := n.Serve(t.Context(), func(string) { t.Error("it serves") })
	refused(t, err, fault.Refused, "accounts of the demo")
}
