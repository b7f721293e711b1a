package demo_test

import (
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"accord/internal/demo"
	"accord/internal/node"
)

// TestKilledWhileBackingUpAndRestoring: kill -9 at any moment leaves a whole backup or none, a whole home or none, and the
// next attempt works.
func TestKilledWhileBackingUpAndRestoring(t *testing.T) {
	random, kills := moments(t, 40)
	program := build(t)
	d := setup(t, demo.Options{})
	for seed := range uint64(20) {
		if _, err := d.Cities[0].Simulate(t.Context(), seed, 100); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	good := filepath.Join(dir, "good")
	if _, err := d.Cities[0].Backup(t.Context(), good, node.Backup{Keys: true}); err != nil {
		t.Fatal(err)
	}
	quiet := slog.New(slog.DiscardHandler)
	var whole, homes int
	for i := range kills {
		file, home := filepath.Join(dir, "backup-"+strconv.Itoa(i)), filepath.Join(dir, "home")
		killed(t, time.Duration(random.IntN(120))*time.Millisecond, program, "--home", d.Cities[0].Home.Dir, "backup", file)
		if _, err := os.Stat(file); err == nil {
			whole++
			if checked, err := node.CheckBackup(t.Context(), file, node.Restore{}, quiet); err != nil || !checked.Clean {
				t.Errorf("half a backup: %+v %v", checked, err)
			}
			os.Remove(file)
		}
		killed(t, time.Duration(random.IntN(400))*time.Millisecond, program, "--home", home, "restore", good)
		if _, err := os.Stat(home); err == nil {
			homes++
			if out, err := exec.Command(program, "--home", home, "verify").CombinedOutput(); err != nil {
				t.Errorf("half a home: %v %s", err, out)
			}
			os.RemoveAll(home)
		}
	}
	t.Logf("of %d each, %d backups and %d restores were done before they were killed", kills, whole, homes)
	if out, err := exec.Command(program, "--home", filepath.Join(dir, "home"), "restore", good).CombinedOutput(); err != nil {
		t.Errorf("%v %s", err, out)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".home.restoring-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// killed runs a command and kills it after a while, if it is not done.
func killed(t *testing.T, after time.Duration, program string, args ...string) {
	t.Helper()
	cmd := exec.Command(program, args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(after, func() { cmd.Process.Kill() })
	cmd.Wait()
	timer.Stop()
}
