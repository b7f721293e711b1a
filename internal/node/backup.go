package node

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/BurntSushi/toml"

	"accord/internal/backup"
	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/file"
	"accord/internal/link"
)

// A Backup says how one is to be written.
type Backup struct {
	Recipients []age.Recipient // who can open it; nobody: it is not sealed
	Keys       bool            // put the private keys into it; only a sealed one should have them
}

// A Backed says what a backup holds.
type Backed struct {
	Party  string `json:"party"`
	Time   string `json:"time"`
	Rows   int64  `json:"rows"`
	Parts  int    `json:"parts"`
	Bytes  int64  `json:"bytes"` // of the file
	Sealed bool   `json:"sealed"`
	Keys   bool   `json:"keys"`
}

// Backup writes everything this node holds into one file: its tables as they are at one moment, and the files of its home.
// The node may be serving, here and elsewhere; nobody waits for it. The file is there whole or not at all.
func (n *Node) Backup(ctx context.Context, path string, how Backup) (*Backed, error) {
	if err := n.mayBackUp(path); err != nil {
		return nil, err
	}
	var m *backup.Manifest
	var counted counter
	err := file.Stream(path, "backup", 0o600, func(w io.Writer) error {
		counted.w = w
		return n.DB.View(ctx, func(tx *db.Tx) (err error) {
			m, err = n.writeBackup(ctx, tx, &counted, how)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	done := &Backed{Party: m.Party, Time: m.Time, Rows: m.Rows(), Parts: len(m.Parts), Bytes: counted.n, Sealed: len(how.Recipients) > 0, Keys: how.Keys}
	err = n.DB.Update(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO backup (at, rows, bytes, keys) VALUES ($1, $2, $3, $4) ON CONFLICT (at) DO NOTHING`, db.Micros(tx.Now), done.Rows, done.Bytes, bit(how.Keys))
		return err
	})
	if err != nil {
		n.log.Warn("a backup was written, but that it was is not noted", "error", err)
	}
	return done, nil
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// mayBackUp refuses a file that is there, and one inside the home, which would be part of the next.
func (n *Node) mayBackUp(path string) error {
	if _, err := os.Lstat(path); err == nil {
		return fault.New(fault.Conflict, "backup", "there is such a file already", "name another, with the date in it").At(path)
	}
	home, err := filepath.Abs(n.Home.Dir)
	if err != nil {
		return err
	}
	at, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	if rel, err := filepath.Rel(home, at); err == nil && filepath.IsLocal(rel) {
		return fault.New(fault.Refused, "backup", "it would lie in the home that it is of", "write it to another disk").At(path)
	}
	return nil
}

// writeBackup writes a backup from one view of the database.
func (n *Node) writeBackup(ctx context.Context, tx *db.Tx, w io.Writer, how Backup) (*backup.Manifest, error) {
	version, err := tx.Version(ctx)
	if err != nil {
		return nil, err
	}
	serial, err := n.signingCard(ctx, tx)
	if err != nil {
		return nil, err
	}
	b, err := backup.NewWriter(w, backup.NewHead(n.Home.Config.Party, serial, tx.Now, version, how.Keys), n.Keys.Log, how.Recipients...)
	if err != nil {
		return nil, err
	}
	if err := n.writeFiles(b, how.Keys); err != nil {
		return nil, err
	}
	tables, err := tx.Tables(ctx)
	if err != nil {
		return nil, err
	}
	for _, t := range tables {
		if err := b.Table(t.Name, t.Columns); err != nil {
			return nil, err
		}
		if err := tx.EachRow(ctx, t, b.Row); err != nil {
			return nil, err
		}
	}
	return b.Close()
}

// signingCard is the serial of the newest card that has our log key on it.
func (n *Node) signingCard(ctx context.Context, tx *db.Tx) (int, error) {
	chain, err := link.Chain(ctx, tx, n.Home.Config.Party)
	if err != nil {
		return 0, err
	}
	for _, c := range slices.Backward(chain) {
		if public(n.Keys.Log).Equal(asKey(c.Log)) {
			return c.Serial, nil
		}
	}
	return 0, fault.New(fault.Invalid, "log key", "it is on no card of this city", "run accord check")
}

// writeFiles writes the files of the home. The database is written otherwise, hidden files are unfinished ones.
func (n *Node) writeFiles(b *backup.Writer, keys bool) error {
	hidden, err := n.hidden(keys)
	if err != nil {
		return err
	}
	return filepath.WalkDir(n.Home.Dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) { // taken away meanwhile
			return nil
		}
		if err != nil {
			return err
		}
		name, err := filepath.Rel(n.Home.Dir, path)
		if err != nil || name == "." {
			return err
		}
		switch {
		case strings.HasPrefix(d.Name(), ".") || name == keysDir && !keys:
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case strings.HasPrefix(name, databaseFile), d.IsDir(), name == placeFile:
			return nil
		case name == configFile && hidden[name]:
			return n.writeConfig(b)
		case hidden[name]:
			return nil
		}
		f, err := os.Open(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil || !info.Mode().IsRegular() {
			return err
		}
		return b.File(filepath.ToSlash(name), info.Mode(), f)
	})
}

// hidden are the files of the home that do not go into the backup: where the database is, with its password, is never of
// use elsewhere; other secrets go with the keys.
func (n *Node) hidden(keys bool) (map[string]bool, error) {
	files, err := n.Home.Secrets()
	if err != nil {
		return nil, err
	}
	home, err := filepath.Abs(n.Home.Dir)
	if err != nil {
		return nil, err
	}
	hidden := map[string]bool{secretDatabase: true}
	for _, path := range files {
		full, err := filepath.Abs(path)
		if err != nil {
			return nil, err
		}
		name, err := filepath.Rel(home, full)
		if err != nil {
			return nil, err
		}
		hidden[name] = !keys || name == configFile || name == secretDatabase || path == n.Home.secretPath(n.Home.Config.DatabaseFile)
	}
	return hidden, nil
}

// writeConfig writes the configuration without the URL of the database, which holds a password.
func (n *Node) writeConfig(b *backup.Writer) error {
	config := n.Home.Config
	config.Database, config.DatabaseFile = "", ""
	var text bytes.Buffer
	if err := toml.NewEncoder(&text).Encode(config); err != nil {
		return err
	}
	return b.File(configFile, 0o600, &text)
}

// A counter counts what is written.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}

// LastBackup is when the newest backup of this node was written; false when none ever was.
func (n *Node) LastBackup(ctx context.Context) (at time.Time, ever bool, err error) {
	err = n.DB.View(ctx, func(tx *db.Tx) error {
		var us int64
		ever, err = tx.Row(ctx, `SELECT at FROM backup ORDER BY at DESC LIMIT 1`, nil, &us)
		at = db.Time(us)
		return err
	})
	return at, ever, err
}
