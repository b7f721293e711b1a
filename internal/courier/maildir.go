package courier

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"accord/internal/fault"
	"accord/internal/file"
)

// Folders beside new/ and cur/, as mail programs show them. Nothing is ever deleted.
const (
	boxRead   = ".accord-read"   // bundles that were read
	boxFailed = ".accord-failed" // bundles that were refused; why/NAME.txt says why
	boxOther  = ".accord-other"  // what is no bundle
)

// perLook is how many mails are looked at in one round.
const perLook = 200

// A maildir is where the city's mail server puts what comes.
type maildir string

// fresh lists new mails, in the order in which they came as far as their names tell.
func (m maildir) fresh() ([]string, error) {
	d, err := os.Open(filepath.Join(string(m), "new"))
	if err != nil {
		kind := fault.Unavailable
		if errors.Is(err, fs.ErrNotExist) {
			kind = fault.NotFound
		}
		return nil, fault.New(kind, "maildir", "its folder new cannot be opened", "check maildir in accord.toml, and that the node's user may read and move mails there").At(string(m)).Because(err)
	}
	defer d.Close()
	var names []string
	for len(names) < 50*perLook {
		some, err := d.ReadDir(perLook)
		for _, e := range some {
			if e.Type().IsRegular() && !strings.HasPrefix(e.Name(), ".") { // no link, no pipe: nobody may point us elsewhere
				names = append(names, e.Name())
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	slices.Sort(names)
	return names[:min(len(names), perLook)], nil
}

func (m maildir) open(name string) (*os.File, error) {
	return os.Open(filepath.Join(string(m), "new", name))
}

// move puts a mail into one of the folders. Another process may have done so.
func (m maildir) move(name, box string) error {
	for _, sub := range []string{"cur", "new", "tmp"} {
		if err := os.MkdirAll(filepath.Join(string(m), box, sub), 0o700); err != nil {
			return m.cannotMove(err)
		}
	}
	to := name
	if !strings.Contains(to, ":2,") {
		to += ":2,S"
	}
	err := os.Rename(filepath.Join(string(m), "new", name), filepath.Join(string(m), box, "cur", to))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return m.cannotMove(err)
	}
	return nil
}

func (m maildir) cannotMove(err error) error {
	return fault.New(fault.Unavailable, "maildir", "a mail cannot be moved: "+err.Error(), "let the node's user write there: without that it reads the same mails again and again").At(string(m)).Because(err)
}

// fail puts a mail aside with its reason.
func (m maildir) fail(name string, why error) error {
	dir := filepath.Join(string(m), boxFailed, "why")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return m.cannotMove(err)
	}
	if err := file.Write(filepath.Join(dir, name+".txt"), "reason", 0o600, []byte(why.Error()+"\n")); err != nil {
		return err
	}
	return m.move(name, boxFailed)
}

// CheckMaildir says whether mails can be read and moved in a folder.
func CheckMaildir(path string) error {
	m := maildir(path)
	if _, err := m.fresh(); err != nil {
		return err
	}
	f, err := os.CreateTemp(path, ".accord-check-")
	if err != nil {
		return m.cannotMove(err)
	}
	f.Close()
	return os.Remove(f.Name())
}
