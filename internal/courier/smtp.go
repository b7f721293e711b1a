package courier

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"accord/internal/fault"
)

// A Mail is how a city exchanges bundles by mail: the part [mail] of accord.toml.
type Mail struct {
	Server       string            `toml:"server"`                  // SMTP server that takes what goes out, HOST:PORT; empty: nothing is sent by mail
	TLS          string            `toml:"tls,omitempty"`           // "starttls" (when empty), "tls" from the first byte, or "none" inside one machine
	Authority    string            `toml:"authority,omitempty"`     // file with the certificate of the authority that vouches for the server; the system's when empty
	User         string            `toml:"user,omitempty"`          // name at the server; empty where it asks for none
	PasswordFile string            `toml:"password_file,omitempty"` // file with nothing but the password; a relative path is one from the home
	From         string            `toml:"from"`                    // address of this node
	Maildir      string            `toml:"maildir,omitempty"`       // folder into which the city's mail server puts what comes for it; empty: nothing is read
	After        string            `toml:"after,omitempty"`         // how long to wait for HTTPS before a mail is sent to a partner that has an address there too, as "30m"; 10m when empty
	Partners     map[string]string `toml:"partners"`                // address of each partner's node: west = "accord@west.example"
}

// Check says whether the settings can be used. Nothing is dialled.
func (m *Mail) Check() error {
	bad := func(key, why, do string) error {
		return fault.New(fault.Invalid, "configuration", why, do).At("[mail] " + key)
	}
	if m.Server == "" && m.Maildir == "" {
		return bad("server", "there is neither a server nor a maildir", "name at least one, or remove [mail]")
	}
	if m.Server != "" {
		if host, port, err := net.SplitHostPort(m.Server); err != nil || host == "" || !number(port) {
			return bad("server", "it is not an address", "write it as mail.city.example:587")
		}
		if err := mail.NewMsg().From(m.From); err != nil {
			return bad("from", "it is not a mail address", "write the address of this node")
		}
	}
	switch m.TLS {
	case "", "starttls", "tls":
	case "none":
		if m.User != "" {
			return bad("tls", "a password would cross the network in the clear", `use "starttls" or "tls"`)
		}
	default:
		return bad("tls", "it is not known", `write "starttls", "tls" or "none"`)
	}
	if m.After != "" {
		if d, err := time.ParseDuration(m.After); err != nil || d < 0 {
			return bad("after", "it is not a length of time", `write it as "30m"`)
		}
	}
	for partner, to := range m.Partners {
		if err := mail.NewMsg().To(to); err != nil {
			return bad("partners."+partner, "it is not a mail address", "write the address of the partner's node")
		}
	}
	return nil
}

func number(s string) bool { n, err := strconv.ParseUint(s, 10, 16); return err == nil && n > 0 }

// letter is the mail that carries a bundle. Nothing in it says what the bundle holds.
func (m *Mail) letter(to string, sealed []byte) (*mail.Msg, error) {
	msg := mail.NewMsg()
	if err := msg.From(m.From); err != nil {
		return nil, err
	}
	if err := msg.To(to); err != nil {
		return nil, err
	}
	msg.Subject("Accord")
	msg.SetDate()
	msg.SetMessageID()
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // so that nobody's absence answers
	msg.SetBodyString(mail.TypeTextPlain, "The attachment is for the node of the partner city. A person cannot read it.\nWhere mail reaches no node, save it to a stick and have it read there: accord bundle read FILE\n")
	return msg, msg.AttachReader("bundle"+fileEnd, bytes.NewReader(sealed), mail.WithFileContentType(mail.ContentType(MediaType)))
}

// send gives a mail to the server. home is where relative paths begin.
func (m *Mail) send(ctx context.Context, msg *mail.Msg, path func(string) string) error {
	host, port, err := net.SplitHostPort(m.Server)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return err
	}
	settings, err := m.tls(host, path)
	if err != nil {
		return err
	}
	options := []mail.Option{mail.WithPort(n), mail.WithTimeout(time.Minute), mail.WithTLSConfig(settings), mail.WithTLSPolicy(mail.TLSMandatory)}
	switch m.TLS {
	case "tls":
		options = append(options, mail.WithSSL())
	case "none":
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	}
	if m.User != "" {
		password, err := m.password(path)
		if err != nil {
			return err
		}
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(m.User), mail.WithPassword(password))
	}
	client, err := mail.NewClient(host, options...)
	if err != nil {
		return err
	}
	if err := client.DialAndSendWithContext(ctx, msg); err != nil {
		return fault.New(fault.Unavailable, "mail server", "it did not take the mail: "+oneLine(err), "check server, tls, user and password in [mail]; nothing is lost, it is tried again").At(m.Server).Because(err)
	}
	return nil
}

func oneLine(err error) string {
	s := strings.Join(strings.Fields(err.Error()), " ")
	return s[:min(len(s), 300)]
}

func (m *Mail) tls(host string, path func(string) string) (*tls.Config, error) {
	c := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if m.Authority == "" {
		return c, nil
	}
	b, err := os.ReadFile(path(m.Authority))
	if err != nil {
		return nil, fault.New(fault.NotFound, "authority of the mail server", "its file cannot be read", "check authority in [mail]").At(path(m.Authority)).Because(err)
	}
	c.RootCAs = x509.NewCertPool()
	if !c.RootCAs.AppendCertsFromPEM(b) {
		return nil, fault.New(fault.Invalid, "authority of the mail server", "there is no certificate in its file", "write it there in PEM").At(path(m.Authority))
	}
	return c, nil
}

func (m *Mail) password(path func(string) string) (string, error) {
	b, err := os.ReadFile(path(m.PasswordFile))
	if err != nil {
		return "", fault.New(fault.NotFound, "password of the mail server", "its file cannot be read", "check password_file in [mail]").At(path(m.PasswordFile)).Because(err)
	}
	return strings.TrimRight(string(b), "\r\n"), nil
}
