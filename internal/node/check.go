package node

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/observe"
)

// A Finding is one thing that Check looked at.
type Finding struct {
	What    string `json:"what"`
	OK      bool   `json:"ok"`
	Warning bool   `json:"warning,omitempty"` // the node works, but somebody should look
	Why     string `json:"why,omitempty"`
	Do      string `json:"do,omitempty"`
}

// A checker goes through a home as far as it can: what cannot be opened ends only what needs it.
type checker struct {
	home     *Home
	ring     *Ring
	node     *Node
	log      *slog.Logger
	findings []Finding
}

func (c *checker) add(what string, err error) {
	f := Finding{What: what, OK: err == nil}
	if fa, ok := errors.AsType[*fault.Fault](err); ok {
		f.Why, f.Do = fa.Why, fa.Do
		if fa.Where != "" {
			f.Why = fa.Where + ": " + f.Why
		}
	} else if err != nil {
		f.Why, f.Do = err.Error(), "see the log"
	}
	c.findings = append(c.findings, f)
}

// warn adds what the node works with, though somebody should look.
func (c *checker) warn(what string, err error) {
	c.add(what, err)
	if last := &c.findings[len(c.findings)-1]; !last.OK {
		last.OK, last.Warning = true, true
	}
}

// Check looks for everything that keeps the node of a home from working, or will before long. It needs no node that can be
// opened, dials the partners' addresses, and changes nothing but tables of an older version.
func Check(ctx context.Context, dir string, log *slog.Logger) []Finding {
	c := &checker{log: log}
	var err error
	c.home, err = OpenHome(dir)
	if c.add("configuration", err); err != nil {
		return c.findings
	}
	c.add("keys and passwords are readable by their owner only", c.private())
	c.addresses()
	c.mail()
	c.add("space on the disk", diskSpace(dir))
	c.warn("this home is where it was made", c.home.checkPlace())
	c.ring, err = c.home.OpenRing()
	c.add("keys", err)
	c.openDatabase(ctx)
	if c.node == nil {
		return c.findings
	}
	defer c.node.Close()
	c.add("keys are those on the card", c.node.checkKeys(ctx))
	if k, err := c.node.keysInForce(ctx); err == nil {
		c.node.Keys = k
	} else if c.node.Keys, err = c.home.OpenKeys(); err != nil {
		return c.findings
	}
	c.add("clock", c.node.clockSane(ctx))
	c.partners(ctx)
	c.warn("backups", c.node.backupsFresh(ctx))
	return c.findings
}

// openDatabase opens the database, as a node does or, where keys are missing, without them.
func (c *checker) openDatabase(ctx context.Context) {
	at, err := c.home.Database()
	if err == nil && !db.IsURL(at) {
		if _, missing := os.Stat(at); errors.Is(missing, fs.ErrNotExist) {
			err = fault.New(fault.NotFound, "database", "it is missing from the home", "restore the node from its backup; do not make another database").At(at)
		}
	}
	var d *db.DB
	if err == nil {
		d, err = db.Open(ctx, at, time.Now)
	}
	if err != nil {
		c.add("database", err)
		return
	}
	if c.ring == nil {
		c.add("database", d.Close())
		return
	}
	n := assemble(c.home, c.ring, d, c.log)
	err = n.ownCard(ctx)
	if c.add("database", err); err != nil {
		d.Close()
		return
	}
	c.node = n
}

func (c *checker) private() error {
	files, err := c.home.Secrets()
	if err != nil {
		return fault.New(fault.Unavailable, "keys", "the folder cannot be read", "check its permissions, or restore the node from its backup").Because(err)
	}
	for _, f := range append(files, filepath.Join(c.home.Dir, keysDir)) {
		info, err := os.Stat(f)
		if err != nil {
			return fault.New(fault.Unavailable, "secret", "it cannot be read", "check its permissions").At(f).Because(err)
		}
		if info.Mode().Perm()&0o077 != 0 {
			return fault.New(fault.Refused, "secret", fmt.Sprintf("others can read it (%s)", info.Mode().Perm()), "chmod go= "+f).At(f)
		}
	}
	return nil
}

// diskSpace is spaceLeft for a folder.
func diskSpace(dir string) error {
	if free, known := observe.Disk(dir); known && free < spaceNeeded {
		return fault.New(fault.Unavailable, "disk", fmt.Sprintf("%d MiB are left where the home lies", free>>20), "make room: move old backups and rejected rows to another disk")
	}
	return nil
}

// addresses looks at every address that is configured: well written, and free or held by this very node.
func (c *checker) addresses() {
	pages := func(at string) error {
		if err := CheckListen(at); err != nil {
			return err
		}
		return free(at, func() error { return asksHealth(at, c.home.Config.Party) })
	}
	c.add("address of the pages "+c.home.Config.Listen, c.pagesAddress())
	if c.home.Config.TLSCertificate != "" {
		c.add("certificate of the pages", c.home.CheckTLS())
	}
	if at := c.home.Config.Metrics; at != "" {
		c.add("address of the metrics "+at, pages(at))
	}
	if at := c.home.Config.Exchange; at != "" {
		c.add("address for partners "+at, c.exchangeAddress(at))
	}
}

func (c *checker) pagesAddress() error {
	if err := c.home.Config.CheckPages(); err != nil {
		return err
	}
	return free(c.home.Config.Listen, func() error {
		if c.home.Config.TLSCertificate != "" {
			return nil // who holds it can be asked by its name only, which may lead elsewhere from here
		}
		return asksHealth(c.home.Config.Listen, c.home.Config.Party)
	})
}

func (c *checker) exchangeAddress(at string) error {
	if _, port, err := net.SplitHostPort(at); err != nil || port == "" {
		return fault.New(fault.Invalid, "exchange", fmt.Sprintf("%q is not an address", at), "write it as 10.0.0.5:8441, or as :8441 for every address of this machine")
	}
	return free(at, func() error {
		ring, err := c.home.OpenRing()
		if err != nil {
			return nil // said elsewhere
		}
		for _, n := range ring.numbers() {
			if err = holdsKey(at, ring.sets[n]); err == nil {
				return nil
			}
		}
		return err
	})
}

// free says whether an address can be listened on, or ours says that this node is served there.
func free(addr string, ours func() error) error {
	l, err := net.Listen("tcp", addr)
	if err == nil {
		return l.Close()
	}
	if asked := ours(); asked == nil {
		return nil
	}
	return fault.New(fault.Unavailable, "address", "it cannot be listened on, and what answers there is not this node: "+err.Error(), "stop the program that uses it (ss -ltnp names it), or name another address in accord.toml").Because(err)
}

// backupsOlder is the age from which a backup is too old.
const backupsOlder = 7 * 24 * time.Hour

func (n *Node) backupsFresh(ctx context.Context) error {
	at, ever, err := n.LastBackup(ctx)
	if err != nil {
		return err
	}
	do := "write one every night to another disk: accord backup FILE --to RECIPIENT"
	if !ever {
		return fault.New(fault.NotFound, "backup", "none was ever written here", do)
	}
	if age := n.now().Sub(at); age > backupsOlder {
		return fault.New(fault.Unavailable, "backup", fmt.Sprintf("the newest is %d days old", int(age.Hours()/24)), do)
	}
	return nil
}
