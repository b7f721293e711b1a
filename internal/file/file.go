// Package file writes a file whole or not at all.
package file

import (
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"accord/internal/fault"
)

// Write writes a file so that it is there whole or not at all, also after a power cut. what names it for people. A file that
// is there keeps its mode; a new one gets mode, as far as the process's umask lets it: 0o644, or 0o600 for what is private.
func Write(path, what string, mode fs.FileMode, content []byte) error {
	return Stream(path, what, mode, func(w io.Writer) error { _, err := w.Write(content); return err })
}

// Stream is Write for content that is larger than memory: f writes it. When f fails there is no file, and a fault of f is
// returned as it is.
func Stream(path, what string, mode fs.FileMode, f func(w io.Writer) error) error {
	err := write(path, mode, f)
	if _, ok := errors.AsType[*fault.Fault](err); err == nil || ok {
		return err
	}
	return fault.New(fault.Unavailable, what, "it cannot be written: "+err.Error(), "check the folder, its permissions and its space").At(path).Because(err)
}

func write(path string, mode fs.FileMode, content func(w io.Writer) error) (err error) {
	dir := filepath.Dir(path)
	name := filepath.Join(dir, ".accord-"+rand.Text())
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode.Perm())
	if err != nil {
		return err
	}
	if old, here := os.Stat(path); here == nil {
		err = f.Chmod(old.Mode().Perm())
	}
	if err == nil {
		err = content(f)
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(name, path)
	}
	if err != nil {
		os.Remove(name)
		return err
	}
	return syncDir(dir)
}

// SyncDir makes what a folder lists durable, as Write does for the file it writes.
func SyncDir(dir string) error { return syncDir(dir) }

// syncDir makes what a folder lists durable: without it a power cut may take the new name back.
var syncDir = func(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) { // some file systems cannot, and need not
		err = nil
	}
	return errors.Join(err, d.Close())
}
