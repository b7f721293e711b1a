package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"filippo.io/age"

	"accord/exchange"
	"accord/internal/backup"
	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/file"
	"accord/internal/link"
)

// A Restore says how a backup is to be read.
type Restore struct {
	Identities []age.Identity   // open one that is sealed
	Keys       string           // folder with the private keys, where the backup is without them
	Database   string           // URL of an empty database on a server; a file in the home when empty
	Cards      []*exchange.Card // of its city, if given: one of them must be in it
}

// A Checked says what a backup is and whether all in it holds.
type Checked struct {
	Backed
	Fingerprint string `json:"fingerprint"` // of the newest card of its city
	*Verification
	manifest *backup.Manifest
}

// CheckBackup reads a whole backup into a folder that is taken away again, and verifies the node in it as Verify does.
func CheckBackup(ctx context.Context, path string, how Restore, log *slog.Logger) (*Checked, error) {
	stage, err := os.MkdirTemp("", "accord-verify-")
	if err != nil {
		return nil, fault.New(fault.Unavailable, "backup", "there is no room to unpack it: "+err.Error(), "name a folder with space in TMPDIR").Because(err)
	}
	defer os.RemoveAll(stage)
	return stageBackup(ctx, path, stage, how, log)
}

// openBackup opens a backup's file.
func openBackup(path string, how Restore) (*backup.Reader, *os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, fault.New(fault.NotFound, "backup", "the file cannot be opened", "check the name and permissions").At(path).Because(err)
	}
	info, err := f.Stat()
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	r, err := backup.NewReader(f, info.Size(), how.Identities...)
	if err != nil {
		return nil, nil, errors.Join(placed(err, path), f.Close())
	}
	return r, f, nil
}

func placed(err error, path string) error {
	if f, ok := errors.AsType[*fault.Fault](err); ok && f.Where == "" {
		return f.At(path)
	}
	return err
}

// stageBackup reads a backup into a folder, checks every byte of it and verifies the node.
func stageBackup(ctx context.Context, path, stage string, how Restore, log *slog.Logger) (*Checked, error) {
	r, f, err := openBackup(path, how)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	defer r.Close()
	first, err := readFiles(r, stage)
	if err != nil {
		return nil, placed(err, path)
	}
	at := filepath.Join(stage, databaseFile)
	checked := &Checked{Backed: Backed{Party: r.Head.Party, Time: r.Head.Time, Sealed: r.Sealed, Keys: r.Head.Keys}}
	if err := db.Fill(ctx, at, r.Head.Tables, time.Now, func(tx *db.Tx) error {
		return fill(ctx, tx, r, first, how)
	}); err != nil {
		return nil, placed(err, path)
	}
	if info, err := f.Stat(); err == nil {
		checked.Bytes = info.Size()
	}
	checked.manifest = &r.Manifest.Manifest
	checked.Rows, checked.Parts = r.Manifest.Rows(), len(r.Manifest.Parts)
	if err := stagedConfig(stage, r.Head.Party); err != nil {
		return nil, placed(err, path)
	}
	return checked, checked.verify(ctx, stage, log)
}

// stagedConfig has the staged node use the database that lies beside its configuration, whatever it used before.
func stagedConfig(stage, party string) error {
	h, err := OpenHome(stage)
	if err != nil {
		return err
	}
	if h.Config.Party != party {
		return fault.New(fault.Invalid, "backup", "its configuration is of "+h.Config.Party+", the rest of "+party, "take the backup before")
	}
	h.Config.Database, h.Config.DatabaseFile = "", ""
	return h.Save()
}

// verify looks at a staged node without its keys.
func (c *Checked) verify(ctx context.Context, stage string, log *slog.Logger) error {
	h, err := OpenHome(stage)
	if err != nil {
		return err
	}
	d, err := db.Open(ctx, filepath.Join(stage, databaseFile), time.Now)
	if err != nil {
		return err
	}
	n := assemble(h, nil, d, log)
	c.Verification, err = n.Verify(ctx)
	if err == nil {
		var card *exchange.Card
		if card, _, err = n.Card(ctx); err == nil {
			c.Fingerprint = card.Fingerprint()
		}
	}
	return errors.Join(err, n.Close())
}

// readFiles writes the files of a backup into a folder, up to its first table, which it returns.
func readFiles(r *backup.Reader, stage string) (*backup.Item, error) {
	for {
		item, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil, fault.New(fault.Invalid, "backup", "there is no table in it", "take the backup before")
		}
		if err != nil || !item.File() {
			return item, err
		}
		if strings.HasPrefix(item.Name, databaseFile) {
			return nil, fault.New(fault.Invalid, "backup", "it names a file that no backup holds", "take the backup before")
		}
		path := filepath.Join(stage, filepath.FromSlash(item.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, err
		}
		if err := file.Stream(path, "restored file", item.Mode&0o644, func(w io.Writer) error { _, err := r.WriteTo(w); return err }); err != nil {
			return nil, err
		}
	}
}

// fill puts the tables of a backup into a database whose transaction is undone unless the manifest holds.
func fill(ctx context.Context, tx *db.Tx, r *backup.Reader, first *backup.Item, how Restore) error {
	tables, err := tx.Tables(ctx)
	if err != nil {
		return err
	}
	left := map[string]db.Table{}
	for _, t := range tables {
		left[t.Name] = t
	}
	for item := first; ; {
		t, ok := left[item.Name]
		if delete(left, item.Name); !ok || item.File() || !sameColumns(t.Columns, item.Columns) {
			return fault.New(fault.Invalid, "backup", fmt.Sprintf("table %q is not one of that version, or comes twice", item.Name), "use the accord that wrote it")
		}
		if err := fillTable(ctx, tx, r, db.Table{Name: t.Name, Columns: item.Columns}); err != nil {
			return err
		}
		if item, err = r.Next(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
	}
	if len(left) > 0 {
		return fault.New(fault.Invalid, "backup", fmt.Sprintf("%d tables are missing from it", len(left)), "take the backup before")
	}
	chain, err := link.Chain(ctx, tx, r.Head.Party)
	if err != nil {
		return err
	}
	if err := r.Manifest.Open(chain); err != nil {
		return err
	}
	return vouched(chain, how.Cards)
}

// vouched says whether a chain holds one of the cards that somebody vouches for, if anybody does.
func vouched(chain exchange.Chain, cards []*exchange.Card) error {
	for _, named := range cards {
		if !slices.ContainsFunc(chain, func(c *exchange.Card) bool { return c.Hash() == named.Hash() }) {
			return fault.New(fault.Refused, "backup", "the card that was named is not in it", "it is of another node: compare the fingerprints")
		}
	}
	return nil
}

func sameColumns(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// perInsert bounds the bytes of one statement.
const perInsert = 1 << 20

func fillTable(ctx context.Context, tx *db.Tx, r *backup.Reader, t db.Table) error {
	most := min(tx.Batch(), 30_000/len(t.Columns)) * len(t.Columns)
	var values []any
	size := 0
	for {
		before := len(values)
		var err error
		values, err = r.Row(values)
		done := errors.Is(err, io.EOF)
		if err != nil && !done {
			return err
		}
		for _, v := range values[before:] {
			switch v := v.(type) {
			case []byte:
				size += len(v)
			case string:
				size += len(v)
			}
		}
		if len(values) > 0 && (done || len(values) >= most || size >= perInsert) {
			if err := tx.Insert(ctx, t, values); err != nil {
				return err
			}
			values, size = values[:0], 0
		}
		if done {
			return nil
		}
	}
}
