package node

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"slices"

	"accord/internal/fault"
)

// hostForm is a name by which pages are reached, without a port.
var hostForm = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`)

// secure says whether the pages are reached by https.
func (c *Config) secure() bool { return c.TLSCertificate != "" || c.BehindProxy }

// CheckPages says whether the pages may be where the configuration puts them. Beyond this machine a password would cross a
// network, so that there they are reached by https or not at all, and by names that somebody has chosen.
func (c *Config) CheckPages() error {
	bad := func(kind fault.Kind, what, why, do string) error { return fault.New(kind, what, why, do) }
	alone, err := loopback(c.Listen)
	if err != nil {
		return err
	}
	if (c.TLSCertificate == "") != (c.TLSKey == "") {
		return bad(fault.Invalid, "tls_certificate", "it and tls_key belong together, and one is missing", "name both files, or neither")
	}
	if c.TLSCertificate != "" && c.BehindProxy {
		return bad(fault.Invalid, "behind_proxy", "the node has a certificate of its own too", "keep behind_proxy or tls_certificate")
	}
	for _, n := range c.Names {
		if _, err := netip.ParseAddr(n); err != nil && (!hostForm.MatchString(n) || len(n) > 253) {
			return bad(fault.Invalid, "names", fmt.Sprintf("%q is not a host name", n), "write it in small letters, without https:// and without a port")
		}
	}
	if alone && !c.BehindProxy {
		return nil
	}
	if !c.secure() {
		return bad(fault.Refused, "listen", fmt.Sprintf("%s is not an address of this machine alone, and passwords would cross the network in the clear", c.Listen),
			"name tls_certificate and tls_key in accord.toml, or set behind_proxy = true where a proxy speaks TLS, or listen on 127.0.0.1")
	}
	if len(c.Names) == 0 {
		return bad(fault.Invalid, "names", "no name is given by which the pages are reached", `write names = ["accord.example.org"] into accord.toml`)
	}
	return nil
}

// CheckListen says whether addr is an address of this machine alone.
func CheckListen(addr string) error {
	alone, err := loopback(addr)
	if err == nil && !alone {
		err = fault.New(fault.Refused, "listen", fmt.Sprintf("%s is not an address of this machine alone", addr), "listen on 127.0.0.1 or [::1]")
	}
	return err
}

// loopback says whether an address is of this machine alone.
func loopback(addr string) (bool, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false, fault.New(fault.Invalid, "listen", fmt.Sprintf("%q is not an address", addr), "write it as 127.0.0.1:8401")
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback(), nil
}

// listenLoopback listens on an address of this machine alone.
func listenLoopback(addr string) (net.Listener, error) {
	if err := CheckListen(addr); err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, busy(addr, err)
	}
	return l, nil
}

// listenPages listens where the pages are to be.
func (n *Node) listenPages(ctx context.Context) (net.Listener, error) {
	c := &n.Home.Config
	if err := c.CheckPages(); err != nil {
		return nil, err
	}
	if err := n.checkShown(ctx); err != nil {
		return nil, err
	}
	certificate, err := n.Home.certificate()
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return nil, busy(c.Listen, err)
	}
	if certificate == nil {
		return l, nil
	}
	return tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{*certificate}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}), nil
}

// certificate is that of the pages; nil where the configuration names none.
func (h *Home) certificate() (*tls.Certificate, error) {
	if h.Config.TLSCertificate == "" {
		return nil, nil
	}
	c, err := tls.LoadX509KeyPair(h.secretPath(h.Config.TLSCertificate), h.secretPath(h.Config.TLSKey))
	if err != nil {
		return nil, fault.New(fault.Invalid, "tls_certificate", "it cannot be used: "+err.Error(), "name a certificate and its key as PEM files that this node can read").Because(err)
	}
	return &c, nil
}

// checkShown keeps a node with the demo's accounts, whose passwords everybody reads, on this machine.
func (n *Node) checkShown(ctx context.Context) error {
	alone, err := loopback(n.Home.Config.Listen)
	if err != nil || alone && !n.Home.Config.BehindProxy {
		return err
	}
	all, err := n.People.List(ctx)
	if err != nil {
		return err
	}
	for _, k := range all {
		if k.Shown != "" {
			return fault.New(fault.Refused, "listen", "this node has accounts of the demo, whose passwords its front page shows", "serve it on this machine only, or close those accounts: accord account close "+k.ID)
		}
	}
	return nil
}

// PagesURL is where the pages are, given the address they listen on.
func (n *Node) PagesURL(listening string) string {
	c := &n.Home.Config
	if !c.secure() {
		return "http://" + listening + "/"
	}
	if len(c.Names) > 0 && c.BehindProxy {
		return "https://" + c.Names[0] + "/"
	}
	if _, port, err := net.SplitHostPort(listening); err == nil && len(c.Names) > 0 {
		return "https://" + net.JoinHostPort(c.Names[0], port) + "/"
	}
	return "https://" + listening + "/"
}

// CheckTLS says whether the certificate of the pages can be used and holds the names by which they are reached.
func (h *Home) CheckTLS() error {
	c, err := h.certificate()
	if err != nil || c == nil {
		return err
	}
	var all error
	for _, name := range slices.Clone(h.Config.Names) {
		if err := c.Leaf.VerifyHostname(name); err != nil {
			all = errors.Join(all, fault.New(fault.Invalid, "tls_certificate", "it is not one for "+name, "have one made that names it").Because(err))
		}
	}
	return all
}
