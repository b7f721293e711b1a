package file

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"accord/internal/fault"
)

func TestWriteKeepsTheMode(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		name        string
		before      fs.FileMode // 0: the file is new
		asked, want fs.FileMode
	}{
		{"new", 0, 0o644, 0o644}, {"private", 0, 0o600, 0o600},
		{"shared", 0o664, 0o600, 0o664}, {"kept private", 0o600, 0o644, 0o600}, {"read only", 0o444, 0o644, 0o444},
	} {
		path := filepath.Join(dir, c.name)
		if c.before != 0 {
			if err := os.WriteFile(path, []byte("old"), c.before); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, c.before); err != nil {
				t.Fatal(err)
			}
		}
		if err := Write(path, "text", c.asked, []byte("new")); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != c.want {
			t.Errorf("%s: %v, %v", c.name, info.Mode(), err)
		}
		if b, err := os.ReadFile(path); err != nil || string(b) != "new" {
			t.Errorf("%s: %q, %v", c.name, b, err)
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 5 {
		t.Errorf("%d files are left: %v", len(left), err)
	}
}

// TestWriteSaysWhat: the error names what was to be written, and nothing is left behind.
func TestWriteSaysWhat(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(dir, "no", "such", "folder"), filepath.Join(dir, "folder")} {
		err := Write(path, "receipt file", 0o644, nil)
		if f, ok := err.(*fault.Fault); !ok || f.Kind != fault.Unavailable || f.What != "receipt file" || f.Where != path {
			t.Errorf("%v", err)
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("%d files are left: %v", len(left), err)
	}
}

// TestWriteSyncsTheFolder: the folder is synced once the file has its name.
func TestWriteSyncsTheFolder(t *testing.T) {
	real := syncDir
	t.Cleanup(func() { syncDir = real })
	path := filepath.Join(t.TempDir(), "x")
	synced := ""
	syncDir = func(dir string) error {
		b, err := os.ReadFile(path)
		synced = dir + " " + string(b)
		return errors.Join(err, real(dir))
	}
	if err := Write(path, "text", 0o644, []byte("content")); err != nil {
		t.Fatal(err)
	}
	if synced != filepath.Dir(path)+" content" {
		t.Errorf("synced %q", synced)
	}
	syncDir = func(string) error { return errors.New("the disk is gone") }
	if err := Write(path, "text", 0o644, nil); err == nil || !strings.Contains(err.Error(), "the disk is gone") {
		t.Errorf("%v", err)
	}
}
