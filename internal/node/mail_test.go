package node_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"accord/internal/courier"
	"accord/internal/db"
	"accord/internal/demo"
	"accord/internal/fault"
	"accord/internal/link"
	"accord/internal/node"
)

// A postOffice is a mail server that puts each mail into the maildir of whom it is for.
type postOffice struct {
	t    *testing.T
	at   string
	mu   sync.Mutex
	sent int
	down bool // refuses everything
	lose int  // takes so many mails and loses them
	dirs map[string]string
}

const mailPassword = "marked-mail-password"

func (o *postOffice) NewSession(*smtp.Conn) (smtp.Session, error) { return &session{office: o}, nil }

type session struct {
	office *postOffice
	known  bool
	to     []string
}

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }
func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if s.known = user == "node" && password == mailPassword; !s.known {
			return smtp.ErrAuthFailed
		}
		return nil
	}), nil
}
func (s *session) Reset()        { s.to = nil }
func (s *session) Logout() error { return nil }
func (s *session) Mail(string, *smtp.MailOptions) error {
	if !s.known {
		return smtp.ErrAuthRequired
	}
	return nil
}
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error { s.to = append(s.to, to); return nil }

func (s *session) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	return s.office.deliver(s.to, b)
}

func (o *postOffice) deliver(to []string, b []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.down {
		return errors.New("closed today")
	}
	o.sent++
	if o.lose > 0 {
		o.lose--
		return nil
	}
	for _, who := range to {
		dir, ok := o.dirs[who]
		if !ok {
			return errors.New("nobody of that name")
		}
		name := fmt.Sprintf("%d.M%06d.host", time.Now().UnixNano(), o.sent)
		if err := os.WriteFile(filepath.Join(dir, "tmp", name), b, 0o600); err != nil {
			return err
		}
		if err := os.Rename(filepath.Join(dir, "tmp", name), filepath.Join(dir, "new", name)); err != nil {
			return err
		}
	}
	return nil
}

func (o *postOffice) count() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.sent
}

// authority makes a certificate for 127.0.0.1 that vouches for itself.
func authority(t *testing.T) (tls.Certificate, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// openOffice starts a mail server with STARTTLS and passwords, and sets up mail between the cities of a demo.
func openOffice(t *testing.T, d *demo.Demo, after string) (*postOffice, []*courier.Post) {
	t.Helper()
	certificate, vouched := authority(t)
	o := &postOffice{t: t, dirs: map[string]string{}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o.at = l.Addr().String()
	server := smtp.NewServer(o)
	server.Domain, server.TLSConfig, server.MaxMessageBytes = "localhost", &tls.Config{Certificates: []tls.Certificate{certificate}}, 20<<20
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
	for _, c := range d.Cities {
		dir := t.TempDir()
		for _, sub := range []string{"new", "cur", "tmp"} {
			if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		o.dirs[address(c.Node)] = dir
	}
	var posts []*courier.Post
	for i, c := range d.Cities {
		other := d.Cities[1-i].Node
		for name, text := range map[string]string{"mail.password": mailPassword + "\n", "authority.pem": string(vouched)} {
			if err := os.WriteFile(filepath.Join(c.Home.Dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		c.Home.Config.Mail = &courier.Mail{Server: o.at, Authority: "authority.pem", User: "node", PasswordFile: "mail.password", From: address(c.Node), Maildir: o.dirs[address(c.Node)],
			After: after, Partners: map[string]string{other.Home.Config.Party: address(other)}}
		if err := c.Home.Config.Mail.Check(); err != nil {
			t.Fatal(err)
		}
		posts = append(posts, c.Post(func() {}))
	}
	return o, posts
}

func address(n *node.Node) string { return "node@" + n.Home.Config.Party + ".example" }

// round has every city send and read, until nobody sends any more.
func round(t *testing.T, o *postOffice, posts []*courier.Post) {
	t.Helper()
	for range 40 {
		before := o.count()
		for _, p := range posts {
			if _, err := p.Send(t.Context(), true); err != nil {
				t.Fatal(err)
			}
		}
		for _, p := range posts {
			got, err := p.Read(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, g := range got {
				if g.What != "read" {
					t.Errorf("%+v", g)
				}
			}
		}
		if o.count() == before {
			return
		}
	}
	t.Fatal("they write to each other for ever")
}

// agree wants both cities to hold the same logs, all of it delivered, and to verify.
func agree(t *testing.T, d *demo.Demo) {
	t.Helper()
	sizes := map[string]string{}
	for _, c := range d.Cities {
		v, err := c.Verify(t.Context())
		if err != nil || !v.Clean {
			t.Errorf("%s: %+v %v", c.Home.Config.Party, v, err)
		}
		for _, l := range v.Logs {
			state := fmt.Sprint(l.Entries, l.Delivered)
			if was, ok := sizes[l.Log]; ok && was != state || l.Entries != l.Delivered || l.Entries == 0 {
				t.Errorf("%s: %s and %s", l.Log, was, state)
			}
			sizes[l.Log] = state
		}
		rowsTwice(t, c.Node)
	}
}

// TestLinkByMailOnly: two cities exchange by mail alone. Nothing is said twice, lost mails are made good, and idle nodes write nothing.
func TestLinkByMailOnly(t *testing.T) {
	eachDemo(t, func(t *testing.T, d *demo.Demo) {
		o, posts := openOffice(t, d, "0s")
		round(t, o, posts)
		agree(t, d)
		quietly := o.count()
		round(t, o, posts)
		if o.count() != quietly {
			t.Errorf("idle nodes have written %d mails", o.count()-quietly)
		}

		// A mail is lost. The same is not sent again before its time; then it is, and everything arrives once.
		if _, err := d.Cities[0].Simulate(t.Context(), 5, 20); err != nil {
			t.Fatal(err)
		}
		o.lose = 1
		round(t, o, posts)
		if n := o.count() - quietly; n != 1 {
			t.Errorf("%d mails, not the one that was lost", n)
		}
		later(t, d.Cities[0].Node)
		round(t, o, posts)
		agree(t, d)

		// The answer is lost: the repetition brings it.
		if _, err := d.Cities[1].Simulate(t.Context(), 6, 20); err != nil {
			t.Fatal(err)
		}
		if _, err := posts[1].Send(t.Context(), true); err != nil {
			t.Fatal(err)
		}
		if _, err := posts[0].Read(t.Context()); err != nil {
			t.Fatal(err)
		}
		o.lose = 1
		round(t, o, posts)
		later(t, d.Cities[1].Node)
		round(t, o, posts)
		agree(t, d)
	})
}

// later has the time come at which the same may be said again.
func later(t *testing.T, n *node.Node) {
	t.Helper()
	if err := n.DB.Update(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), `UPDATE mailed SET next = 0`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// TestMixedCarriers: HTTPS, then a cut and a file, then mail, then HTTPS again, out of order and twice; both logs agree.
func TestMixedCarriers(t *testing.T) {
	eachDemo(t, func(t *testing.T, d *demo.Demo) {
		o, posts := openOffice(t, d, "0s")
		feed := func(seed uint64) {
			t.Helper()
			for _, c := range d.Cities {
				if _, err := c.Simulate(t.Context(), seed, 15); err != nil {
					t.Fatal(err)
				}
			}
		}
		feed(11)
		t.Run("https", func(t *testing.T) {
			serveBoth(t, d, quiet)
			eventually(t, "rest", func() bool { return atRest(t, d) })
		})
		agree(t, d)
		feed(12)
		w, err := d.Cities[0].Send(t.Context(), d.Cities[1].Home.Config.Party)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Cities[1].Links.Read(t.Context(), w.Sealed, link.ByHand); err != nil {
			t.Fatal(err)
		}
		feed(13)
		round(t, o, posts)
		agree(t, d)
		if _, err := d.Cities[1].Links.Read(t.Context(), w.Sealed, link.ByHand); err != nil { // the stick turns up once more
			t.Fatal(err)
		}
		feed(14)
		t.Run("https again", func(t *testing.T) {
			serveBoth(t, d, quiet)
			eventually(t, "rest", func() bool { return atRest(t, d) })
		})
		agree(t, d)
		before := o.count()
		round(t, o, posts)
		if o.count() != before {
			t.Errorf("%d mails about what HTTPS has said", o.count()-before)
		}
	})
}

func atRest(t *testing.T, d *demo.Demo) bool {
	t.Helper()
	for i, c := range d.Cities {
		pending, err := c.Flow.Offer(t.Context(), false) // first: what a serving node offers meanwhile is then due
		if err != nil {
			t.Fatal(err)
		}
		due, err := c.Links.Due(t.Context(), d.Cities[1-i].Home.Config.Party)
		if err != nil {
			t.Fatal(err)
		}
		if due || pending > 0 {
			return false
		}
	}
	return true
}

// TestMailThatIsNotOurs: nothing is deleted; a bundle that fails stays with its reason; a gap is asked for and waits.
func TestMailThatIsNotOurs(t *testing.T) {
	d := exchanged(t)
	o, posts := openOffice(t, d, "0s")
	round(t, o, posts)
	dir := o.dirs[address(d.Cities[0].Node)]
	put := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, "new", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("1.letter", "From: a@b\r\nSubject: hello\r\n\r\nmarked text\r\n")
	put("2.forged", "From: a@b\r\nContent-Type: application/vnd.accord.bundle\r\n\r\nnot sealed\r\n")
	got, err := posts[0].Read(t.Context())
	if err != nil || len(got) != 2 || got[0].What != "other" || got[1].What != "failed" || got[1].Why == "" {
		t.Errorf("%+v %v", got, err)
	}
	for _, path := range []string{".accord-other/cur/1.letter:2,S", ".accord-failed/cur/2.forged:2,S", ".accord-failed/why/2.forged.txt"} {
		if b, err := os.ReadFile(filepath.Join(dir, path)); err != nil || len(b) == 0 {
			t.Errorf("%s: %v", path, err)
		}
	}
	// One mail is held up on its way; the next one comes first.
	from, to := d.Cities[1], posts[0]
	for seed := range uint64(2) {
		if _, err := from.Simulate(t.Context(), 30+seed, 10); err != nil {
			t.Fatal(err)
		}
		o.lose = 1 - int(seed)
		if _, err := posts[1].Send(t.Context(), true); err != nil {
			t.Fatal(err)
		}
		if seed == 0 { // as if another carrier had proved it delivered
			if err := from.DB.Update(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Exec(t.Context(), `UPDATE log SET delivered = size WHERE writer = $1`, from.Home.Config.Party)
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
	got, err = to.Read(t.Context())
	if err != nil || len(got) != 1 || got[0].What != "waits" || !strings.Contains(got[0].Why, "are missing before it") {
		t.Errorf("%+v %v", got, err)
	}
	if sent, err := to.Send(t.Context(), true); err != nil || len(sent) != 1 || !sent[0].Sent {
		t.Errorf("what is missing is not asked for: %+v %v", sent, err)
	}
	if left, err := os.ReadDir(filepath.Join(dir, "new")); err != nil || len(left) != 1 {
		t.Errorf("%v %v", left, err)
	}
	if _, err := posts[1].Read(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := posts[1].Send(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	round(t, o, posts)
	agree(t, d)
	if left, err := os.ReadDir(filepath.Join(dir, "new")); err != nil || len(left) != 0 {
		t.Errorf("%v %v", left, err)
	}
}

// TestMailServerThatRefuses: what cannot be sent is told and tried again, and no password is part of the message.
func TestMailServerThatRefuses(t *testing.T) {
	d := exchanged(t)
	o, posts := openOffice(t, d, "0s")
	if _, err := d.Cities[0].Simulate(t.Context(), 40, 10); err != nil {
		t.Fatal(err)
	}
	m := d.Cities[0].Home.Config.Mail
	for name, c := range map[string]struct {
		spoil, mend func()
		kind        fault.Kind
	}{
		"down":              {func() { o.down = true }, func() { o.down = false }, fault.Unavailable},
		"wrong password":    {func() { m.PasswordFile = "authority.pem" }, func() { m.PasswordFile = "mail.password" }, fault.Unavailable},
		"no password":       {func() { m.PasswordFile = "none" }, func() { m.PasswordFile = "mail.password" }, fault.NotFound},
		"unknown authority": {func() { m.Authority = "" }, func() { m.Authority = "authority.pem" }, fault.Unavailable},
		"nobody there":      {func() { m.Server = "127.0.0.1:1" }, func() { m.Server = o.at }, fault.Unavailable},
		"unknown recipient": {func() { m.Partners[d.Cities[1].Home.Config.Party] = "x@y.example" }, func() { m.Partners[d.Cities[1].Home.Config.Party] = address(d.Cities[1].Node) }, fault.Unavailable},
	} {
		c.spoil()
		_, err := posts[0].Send(t.Context(), true)
		if fault.KindOf(err) != c.kind || strings.Contains(err.Error(), mailPassword) {
			t.Errorf("%s: %v", name, err)
		}
		c.mend()
	}
	round(t, o, posts)
	agree(t, d)
}

// TestServedByMail: served nodes without any address find each other by mail.
func TestServedByMail(t *testing.T) {
	d := exchanged(t)
	openOffice(t, d, "0s")
	for _, c := range d.Cities {
		c.Home.Config.Exchange = ""
		if err := c.Home.Save(); err != nil {
			t.Fatal(err)
		}
	}
	serveBoth(t, d, quiet)
	if _, err := d.Cities[0].Simulate(t.Context(), 50, 10); err != nil {
		t.Fatal(err)
	}
	eventuallyWithin(t, 60*time.Second, "rest by mail", func() bool {
		o, err := d.Cities[0].Links.Owed(t.Context(), d.Cities[1].Home.Config.Party)
		if err != nil {
			t.Fatal(err)
		}
		return o.Size == o.Delivered && o.Waiting == 0 && o.Size > 1
	})
}
