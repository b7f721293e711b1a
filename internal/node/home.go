// Package node puts a city's node together: its home folder, its keeper, its deeds, its carriers and its faces. Nothing is
// decided here; everything is connected here.
package node

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/BurntSushi/toml"

	"accord/exchange"
	"accord/internal/courier"
	"accord/internal/fault"
	"accord/internal/file"
)

// A Config is HOME/accord.toml. Unknown keys are refused. The comments here are the manual of the file;
// docs/accord.toml.example says the same with an example of each.
type Config struct {
	Party string `toml:"party"` // id of the city whose node this is; it never changes
	// Address of the pages: HOST:PORT; beyond this machine only with TLS, see below.
	Listen string `toml:"listen"`
	// Address where partners' nodes connect, HOST:PORT, on any address of this machine; empty for a node that exchanges
	// files only. What partners dial stands on the card.
	Exchange string `toml:"exchange"`
	// IANA time zone of the city, as "Europe/Paris": which day is today. UTC when empty.
	Zone string `toml:"zone"`
	// Address of /metrics, /healthz and /readyz for the machine's own monitoring, on this machine only; empty for none.
	Metrics string `toml:"metrics,omitempty"`
	// TLS ends at a proxy in front of the exchange address, which then takes plain HTTP: requests are known by their signature.
	// The proxy has the node's own TLS key and certificate (accord card certificate), so that partners meet the key on the card.
	ExchangeBehindProxy bool `toml:"exchange_behind_proxy,omitempty"`
	// Where the tables are: by default a file in the home. Else the URL of a PostgreSQL database, which several processes
	// with copies of this home may share, or, so that no password stands here, the path of a file with nothing but the URL.
	Database     string `toml:"database,omitempty"`
	DatabaseFile string `toml:"database_file,omitempty"`

	// How the pages are reached from other machines: with a certificate and its key, PEM files, or through a proxy on the
	// way that speaks TLS; and by which names.
	TLSCertificate string   `toml:"tls_certificate,omitempty"`
	TLSKey         string   `toml:"tls_key,omitempty"`
	BehindProxy    bool     `toml:"behind_proxy,omitempty"`
	Names          []string `toml:"names,omitempty"`

	// What the pages call the offices of the cities: by id, a name per language. An office without a name here shows as its id.
	Offices map[string]map[string]string `toml:"offices,omitempty"`

	// Mail as a carrier, beside HTTPS and files; absent for none.
	Mail *courier.Mail `toml:"mail,omitempty"`
}

// A Home is a node's folder: configuration, keys, database, rejected rows.
type Home struct {
	Dir    string
	Config Config
	Zone   *time.Location
}

// Files and folders of a home.
const (
	configFile   = "accord.toml"
	databaseFile = "accord.db"
	keysDir      = "keys"
	rejectedDir  = "rejected"
)

// Rejected is the folder of rejected rows.
func (h *Home) Rejected() string { return filepath.Join(h.Dir, rejectedDir) }

// cardFile is where the city's first card is kept for partners; the node's chain of cards is in the database.
func (h *Home) cardFile() string { return filepath.Join(h.Dir, h.Config.Party+".card") }

// OpenHome reads an existing home.
func OpenHome(dir string) (*Home, error) {
	h := &Home{Dir: dir}
	path := filepath.Join(dir, configFile)
	meta, err := toml.DecodeFile(path, &h.Config)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.New(fault.NotFound, "home", "there is no node in "+dir, "make one with accord init --party ID --home "+dir+", or name another folder with --home or ACCORD_HOME")
	case err != nil:
		return nil, fault.New(fault.Invalid, "configuration", err.Error(), "correct it").At(path)
	case len(meta.Undecoded()) > 0:
		return nil, fault.New(fault.Invalid, "configuration", fmt.Sprintf("unknown key %q", meta.Undecoded()[0]), "remove it or correct its spelling").At(path)
	}
	if err := exchange.CheckParty(h.Config.Party); err != nil {
		return nil, err
	}
	if h.Config.Mail != nil {
		if err := h.Config.Mail.Check(); err != nil {
			return nil, err
		}
	}
	h.Zone = time.UTC
	if h.Config.Zone != "" {
		if h.Zone, err = time.LoadLocation(h.Config.Zone); err != nil {
			return nil, fault.New(fault.Invalid, "configuration", fmt.Sprintf("zone %q is not known", h.Config.Zone), `use an IANA name such as "Europe/Paris"`).At(path)
		}
	}
	return h, nil
}

// A New says what a new node is to be.
type New struct {
	Config    Config
	Names     []exchange.Name
	Languages []string
	Endpoints []string // where partners reach it; empty for files only
	Now       time.Time
}

// Create makes a home with new keys, the city's first card and an empty database. An existing home is left alone and
// refused.
func Create(ctx context.Context, dir string, n New) (*Home, error) {
	if err := exchange.CheckParty(n.Config.Party); err != nil {
		return nil, err
	}
	if err := n.Config.CheckPages(); err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(dir, configFile)); err == nil {
		return nil, fault.New(fault.Conflict, "home", "there is a node in "+dir+" already", "use it, or name another folder with --home")
	}
	if err := os.MkdirAll(filepath.Join(dir, keysDir), 0o700); err != nil {
		return nil, fault.New(fault.Unavailable, "home", "the folder cannot be made", "check permissions and space").At(dir).Because(err)
	}
	k, err := newKeys()
	if err != nil {
		return nil, err
	}
	card, err := k.firstCard(n)
	if err != nil {
		return nil, err
	}
	if err := writeKeys(filepath.Join(dir, keysDir), k); err != nil {
		return nil, err
	}
	h := &Home{Dir: dir, Config: n.Config}
	if err := file.Write(h.cardFile(), "card file", 0o644, card); err != nil {
		return nil, err
	}
	if err := h.hideDatabase(); err != nil {
		return nil, err
	}
	at, err := h.Database()
	if err != nil {
		return nil, err
	}
	if err := beginDatabase(ctx, at, n.Config.Party, card); err != nil {
		return nil, err
	}
	// The configuration comes last: a home without it was never finished and may be made again.
	if err := errors.Join(h.MarkPlace(), h.Save()); err != nil {
		return nil, err
	}
	return OpenHome(dir)
}

// Save writes the configuration, whole or not at all.
func (h *Home) Save() error {
	var b bytes.Buffer
	if err := toml.NewEncoder(&b).Encode(h.Config); err != nil {
		return err
	}
	return file.Write(filepath.Join(h.Dir, configFile), "configuration", 0o600, b.Bytes())
}

func (k *Keys) firstCard(n New) ([]byte, error) {
	c := &exchange.Card{
		Accord: "card/1", Party: n.Config.Party, Serial: 1, ValidFrom: n.Now.UTC().Truncate(time.Second),
		Names: n.Names, Languages: n.Languages, Endpoints: append([]string{}, n.Endpoints...),
	}
	if err := k.onCard(c); err != nil {
		return nil, err
	}
	return exchange.SignCard(c, k.Identity, nil)
}
