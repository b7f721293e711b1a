package demo_test

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"accord/internal/demo"
	"accord/internal/fault"
)

// TestDiskFullAndReadOnly fills the disk of one city while both store records and exchange, frees it, and makes it
// read-only. What is refused is refused as unavailable, with what to do; nothing accepted is lost, and the node goes on by
// itself once there is room.
func TestDiskFullAndReadOnly(t *testing.T) {
	dir := t.TempDir()
	first := "seoul"
	if spec, _, err := demo.Read(); err != nil {
		t.Fatal(err)
	} else {
		first = spec.Parties[0].ID
	}
	disk := filepath.Join(dir, first)
	remount := mount(t, disk, "size=16m")
	d := setupIn(t, dir, demo.Options{})
	program := build(t)
	served := serveAll(t, d, program)

	stored := []int{0, 0}
	store := func(wanted fault.Kind, times int) {
		t.Helper()
		for n := range times {
			for i, c := range d.Cities {
				fresh, err := c.Simulate(t.Context(), uint64(time.Now().UnixNano())+uint64(n), 20)
				switch {
				case err == nil:
					stored[i] += fresh
				case i == 0 && wanted == fault.Unavailable && fault.KindOf(err) == wanted:
				default:
					t.Fatalf("%s: %v", c.Home.Config.Party, err)
				}
			}
		}
	}
	store("", 10)
	settle(t, d)

	ballast := fill(t, disk)
	before := stored[0]
	store(fault.Unavailable, 20)
	if stored[0]-before == 20*20 {
		t.Error("the full disk took everything")
	}
	time.Sleep(2 * time.Second) // the partner's records find no room either
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	store("", 5)
	settle(t, d)
	for _, s := range served {
		s.kill(t)
	}

	// A command on a disk that cannot be written to is refused in one line; nothing is half done.
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	remount("ro")
	out, err := exec.Command(program, "import", "--home", disk, "--json", records(t)).CombinedOutput()
	if _, refused := errors.AsType[*exec.ExitError](err); !refused || strings.Count(string(out), "\n") != 1 || !strings.Contains(string(out), "writable") {
		t.Errorf("on a read-only disk: %v %s", err, out)
	}
	remount("rw")
	d = setupIn(t, dir, demo.Options{})
	serveAll(t, d, program)
	store("", 5)
	settle(t, d)
	check(t, d, stored)
}

func serveAll(t *testing.T, d *demo.Demo, program string) (all []*served) {
	t.Helper()
	for _, c := range d.Cities {
		s := serve(t, program, c.Home.Dir)
		t.Cleanup(func() { s.cmd.Process.Kill(); s.cmd.Wait() })
		all = append(all, s)
	}
	return all
}

// mount makes a disk of its own at dir until the test ends. The system may not let it; then the test is skipped.
func mount(t *testing.T, dir, options string) (remount func(mode string)) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("none", dir, "tmpfs", 0, options); err != nil {
		t.Skipf("NOT TESTED: no disk can be mounted here, which takes root: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return func(mode string) {
		flags := uintptr(syscall.MS_REMOUNT)
		if mode == "ro" {
			flags |= syscall.MS_RDONLY
		}
		if err := syscall.Mount("none", dir, "tmpfs", flags, options); err != nil {
			t.Fatal(err)
		}
	}
}

// fill takes all room on the disk of dir.
func fill(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "ballast")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := io.Copy(f, endless{}); !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	return path
}

type endless struct{}

func (endless) Read(b []byte) (int, error) { return len(b), nil }

// records is a file that any node can take in.
func records(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", "cmd", "accord", "testdata", "files", "three.csv"))
	if err != nil {
		t.Fatal(err)
	}
	return path
}
