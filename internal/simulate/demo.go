package simulate

import (
	"fmt"
	"io/fs"
	"net/netip"

	"github.com/BurntSushi/toml"

	"accord/internal/date"
	"accord/internal/fault"
)

// A Demo is the two linked cities that a person can try without anything of their own.
type Demo struct {
	Terms   string   `toml:"terms"`   // file of the instrument under which records flow
	Seed    uint64   `toml:"seed"`    // the same seed gives the same records
	Records int      `toml:"records"` // of each party at the start
	Parties []Party  `toml:"party"`
	Letters []Letter `toml:"letter"`
	// Offices are the names of the offices that the demo's instruments name, by id and language.
	Offices map[string]map[string]string `toml:"offices"`
}

// A Letter is a document that a party has sent at the start.
type Letter struct {
	From     string        `toml:"from"`
	In       string        `toml:"instrument"`
	Clause   string        `toml:"clause"`
	Kind     string        `toml:"kind"` // as in exchange.DocumentKind
	Title    string        `toml:"title"`
	Language string        `toml:"language"`
	Grade    string        `toml:"grade"`
	File     string        `toml:"file"`
	Due      date.Interval `toml:"due"` // after the day it is sent, for a question
	Text     []byte        `toml:"-"`   // what the file says
}

// A Party is one city of the demo.
type Party struct {
	ID        string            `toml:"id"`
	Names     map[string]string `toml:"names"`  // per language
	Listen    string            `toml:"listen"` // default address, on loopback
	Languages []string          `toml:"languages"`
	Zone      string            `toml:"zone"`   // IANA time zone
	File      string            `toml:"params"` // file of its generator's parameters
	Params    *Params           `toml:"-"`      // what that file says
}

// ReadDemo reads demo.toml in fsys and the files that it names.
func ReadDemo(fsys fs.FS) (*Demo, error) {
	d := &Demo{}
	if err := readTOML(fsys, "demo.toml", d); err != nil {
		return nil, err
	}
	if len(d.Parties) != 2 || d.Records < 1 || d.Terms == "" {
		return nil, bad("demo.toml", "it needs terms, records and two parties")
	}
	for i := range d.Parties {
		p := &d.Parties[i]
		if at, err := netip.ParseAddrPort(p.Listen); err != nil || !at.Addr().IsLoopback() {
			return nil, bad("demo.toml", fmt.Sprintf("%s listens on %q, which is not an address of this machine alone", p.ID, p.Listen))
		}
		p.Params = &Params{}
		if err := readTOML(fsys, p.File, p.Params); err != nil {
			return nil, err
		}
		if why := p.Params.problem(); why != "" {
			return nil, bad(p.File, why)
		}
		if p.Params.Party != p.ID {
			return nil, bad(p.File, fmt.Sprintf("it is for party %q, not for %q", p.Params.Party, p.ID))
		}
	}
	for i := range d.Letters {
		l := &d.Letters[i]
		var err error
		if l.Text, err = fs.ReadFile(fsys, l.File); err != nil {
			return nil, bad(l.File, "it cannot be read")
		}
		if l.From != d.Parties[0].ID && l.From != d.Parties[1].ID {
			return nil, bad("demo.toml", fmt.Sprintf("a letter is from %q, which is no party", l.From))
		}
	}
	return d, nil
}

func readTOML(fsys fs.FS, name string, into any) error {
	meta, err := toml.DecodeFS(fsys, name, into)
	if err != nil {
		return bad(name, fmt.Sprintf("it cannot be read: %v", err))
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return bad(name, fmt.Sprintf("it has the unknown key %s", unknown[0]))
	}
	return nil
}

func bad(file, why string) error {
	return fault.New(fault.Invalid, "demo", why, "correct the file").At(file)
}
