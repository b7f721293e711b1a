package file

import (
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"accord/internal/fault"
)

// New writes a file that is not there yet, whole or not at all, from what gives its content piece by piece. It replaces
// nothing: a name that a partner has chosen must not.
func New(path, what string, mode fs.FileMode, content io.WriterTo) error {
	taken := fault.New(fault.Conflict, what, "a file of this name is here already", "name another with --out").At(path)
	if _, err := os.Lstat(path); err == nil {
		return taken
	}
	tmp := filepath.Join(filepath.Dir(path), ".accord-"+rand.Text())
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode.Perm())
	if err != nil {
		return unwritten(path, what, err)
	}
	defer os.Remove(tmp)
	_, err = content.WriteTo(f)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		if why, ok := errors.AsType[*fault.Fault](err); ok {
			return why
		}
		return unwritten(path, what, err)
	}
	err = os.Link(tmp, path) // unlike a renaming it never replaces
	if errors.Is(err, fs.ErrExist) {
		return taken
	}
	if err != nil { // some file systems of sticks have no links
		err = os.Rename(tmp, path)
	}
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		return unwritten(path, what, err)
	}
	return nil
}

func unwritten(path, what string, err error) error {
	return fault.New(fault.Unavailable, what, "it cannot be written: "+err.Error(), "check the folder, its permissions and its space").At(path).Because(err)
}
