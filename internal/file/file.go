// Package file writes a file whole or not at all.
package file

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"accord/internal/fault"
)

// Write writes a file so that it is there whole or not at all, also after a power cut. what names it for people. A file that
// is there keeps its mode; a new one gets mode, as far as the process's umask lets it: 0o644, or 0o600 for what is private.
func Write(path, what string, mode fs.FileMode, content []byte) error {
	if err := write(path, mode, content); err != nil {
		return fault.New(fault.Unavailable, what, "it cannot be written: "+err.Error(), "check the folder, its permissions and its space").At(path).Because(err)
	}
	return nil
}

func write(path string, mode fs.FileMode, content []byte) (err error) {
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
		_, err = f.Write(content)
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
