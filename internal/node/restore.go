package node

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/file"
)

// RestoreHome makes a home from a backup once everything in it holds. There is a home afterwards or there is none.
// Every link is marked: the node says nothing new on it until the partner has shown that it knows of nothing newer.
func RestoreHome(ctx context.Context, path, dir string, how Restore, log *slog.Logger) (_ *Checked, err error) {
	if _, err := os.Lstat(dir); err == nil {
		return nil, fault.New(fault.Conflict, "home", "there is such a folder already", "restore into one that does not exist, and keep this one until the restored node works").At(dir)
	}
	stage, err := makeStage(dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(stage)) }()
	checked, err := stageBackup(ctx, path, stage, how, log)
	if err != nil {
		return nil, err
	}
	if !checked.Clean {
		return nil, fault.New(fault.Conflict, "backup", "it is whole, but what the node had stored does not hold", "see accord verify --backup, and restore the backup before").At(path)
	}
	h, err := OpenHome(stage)
	if err != nil {
		return nil, err
	}
	if err := restoreKeys(h, how, checked.Keys); err != nil {
		return nil, err
	}
	if err := placeDatabase(ctx, path, h, how, checked); err != nil {
		return nil, err
	}
	if err := errors.Join(h.MarkPlace(), h.Save()); err != nil {
		return nil, err
	}
	if err := markRestored(ctx, h, log); err != nil {
		return nil, err
	}
	for _, sub := range []string{keysDir, ""} {
		if err := file.SyncDir(filepath.Join(stage, sub)); err != nil {
			return nil, err
		}
	}
	if err := os.Rename(stage, dir); err != nil {
		return nil, fault.New(fault.Unavailable, "home", "it cannot be put in its place: "+err.Error(), "check the folder above it").At(dir).Because(err)
	}
	return checked, file.SyncDir(filepath.Dir(dir))
}

const stageMark = ".restoring-"

// makeStage makes the folder beside dir in which the home is put together, and takes away what restores that were killed
// have left.
func makeStage(dir string) (string, error) {
	prefix := "." + filepath.Base(dir) + stageMark
	old, err := os.ReadDir(filepath.Dir(dir))
	if err != nil {
		return "", fault.New(fault.Unavailable, "home", "the folder above it cannot be read", "make it first").At(dir).Because(err)
	}
	for _, e := range old {
		pid, ours := strings.CutPrefix(e.Name(), prefix)
		if p, err := strconv.Atoi(pid); ours && err == nil && !errors.Is(syscall.Kill(p, 0), nil) {
			os.RemoveAll(filepath.Join(filepath.Dir(dir), e.Name()))
		}
	}
	stage := filepath.Join(filepath.Dir(dir), prefix+strconv.Itoa(os.Getpid()))
	if err := os.Mkdir(stage, 0o700); err != nil {
		return "", fault.New(fault.Unavailable, "home", "the folder cannot be made: "+err.Error(), "check permissions and space").At(dir).Because(err)
	}
	return stage, nil
}

// restoreKeys puts the keys into a staged home where the backup was without them.
func restoreKeys(h *Home, how Restore, inside bool) error {
	if inside && how.Keys != "" {
		return fault.New(fault.Refused, "keys", "the backup holds the keys, and others are named", "leave them out")
	}
	if inside {
		return nil
	}
	if how.Keys == "" {
		return fault.New(fault.Refused, "keys", "the backup is without them", "name the folder in which they are kept: --keys-from DIR")
	}
	to := filepath.Join(h.Dir, keysDir)
	return filepath.WalkDir(how.Keys, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return badKey(path, "it cannot be read").Because(err)
		}
		name, err := filepath.Rel(how.Keys, path)
		switch {
		case err != nil:
			return err
		case d.IsDir():
			return os.MkdirAll(filepath.Join(to, name), 0o700)
		case !d.Type().IsRegular() || name == filepath.Base(secretDatabase):
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return badKey(path, "it cannot be read").Because(err)
		}
		return file.Write(filepath.Join(to, name), "key", 0o600, b)
	})
}

// placeDatabase moves the tables to a server where one is named: read from the backup once more, into an empty database.
func placeDatabase(ctx context.Context, path string, h *Home, how Restore, checked *Checked) error {
	if how.Database == "" {
		return nil
	}
	// Opened anew by each attempt: the engine may have to give one up.
	if err := db.Fill(ctx, how.Database, checked.manifest.Tables, time.Now, func(tx *db.Tx) error {
		r, f, err := openBackup(path, how)
		if err != nil {
			return err
		}
		defer f.Close()
		defer r.Close()
		item, err := r.Next()
		for err == nil && item.File() {
			item, err = r.Next()
		}
		if err == nil {
			err = fill(ctx, tx, r, item, how)
		}
		if err == nil && (r.Manifest.Head != checked.manifest.Head || !slices.Equal(r.Manifest.Parts, checked.manifest.Parts)) {
			err = fault.New(fault.Conflict, "backup", "another file was put into its place while it was read", "leave it alone and restore again").At(path)
		}
		return err
	}); err != nil {
		return err
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(filepath.Join(h.Dir, databaseFile+suffix)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	h.Config.Database = how.Database
	return h.hideDatabase()
}

// markRestored opens the staged node as it will be opened later, with its keys, and marks its links.
func markRestored(ctx context.Context, h *Home, log *slog.Logger) error {
	n, err := Open(ctx, h, log)
	if err != nil {
		return err
	}
	return errors.Join(n.DB.Update(ctx, func(tx *db.Tx) error { return n.Links.Restored(ctx, tx) }), n.Close())
}
