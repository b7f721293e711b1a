package demo_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"accord/internal/fault"

	"accord/internal/demo"
)

// fake is a program that writes its process id beside its home, and does what then says.
func fake(t *testing.T, then string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fake")
	if err := os.WriteFile(path, []byte("#!/bin/sh\necho $$ > \"$3/pid\"\n"+then+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// pid waits for the process id that a fake has written.
func pid(t *testing.T, home string) int {
	t.Helper()
	for range 500 {
		b, _ := os.ReadFile(filepath.Join(home, "pid"))
		if n, err := strconv.Atoi(strings.TrimSpace(string(b))); err == nil {
			return n
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("no process has started")
	return 0
}

// gone waits until no process of that id runs. One that has ended and that nobody has waited for does not run.
func gone(t *testing.T, pid int) {
	t.Helper()
	for range 500 {
		stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
		if _, after, _ := strings.Cut(string(stat), ") "); err != nil || strings.HasPrefix(after, "Z") {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("process %d still runs", pid)
}

func onLinux(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("looks into /proc")
	}
}

// TestStartLeavesNothing: a start that is given up, or that fails, leaves no process.
func TestStartLeavesNothing(t *testing.T) {
	onLinux(t)
	d := setup(t, demo.Options{})
	home := d.Cities[0].Home.Dir
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		pid(t, home)
		cancel()
	}()
	if _, err := d.Start(ctx, fake(t, "exec sleep 600"), os.Stderr); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	gone(t, pid(t, home))
	os.Remove(filepath.Join(home, "pid"))
	if _, err := d.Start(t.Context(), fake(t, "exec >&-; exec sleep 600"), os.Stderr); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("%v", err)
	}
	gone(t, pid(t, home))
}

// TestNodeThatEndsIsNoticed: a demo with one node is none.
func TestNodeThatEndsIsNoticed(t *testing.T) {
	onLinux(t)
	d := setup(t, demo.Options{})
	stop, err := d.Start(t.Context(), fake(t, "echo ready; exec sleep 600"), os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	p, err := os.FindProcess(pid(t, d.Cities[1].Home.Dir))
	if err != nil {
		t.Fatal(err)
	}
	p.Kill()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	err = d.Live(ctx, time.Hour)
	if fault.KindOf(err) != fault.Unavailable || !strings.Contains(err.Error(), "the node of "+d.Cities[1].Home.Config.Party+" has ended by itself: signal: killed") {
		t.Errorf("%v", err)
	}
	stop()
	gone(t, pid(t, d.Cities[0].Home.Dir))
}

// TestNodesEndWithTheDemo kills the demo with -9: its nodes end too.
func TestNodesEndWithTheDemo(t *testing.T) {
	onLinux(t)
	program := build(t)
	var errs bytes.Buffer
	cmd := exec.Command(program, "demo", "--dir", t.TempDir(), "--listen", "seoul=127.0.0.1:0", "--listen", "tokyo=127.0.0.1:0")
	cmd.Stderr = &errs
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil { // it says that both are ready
		t.Fatalf("%v: %s", err, errs.String())
	}
	time.Sleep(300 * time.Millisecond) // its threads may come and go
	var nodes []int
	processes, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, p := range processes {
		stat, _ := os.ReadFile(p)
		_, after, _ := strings.Cut(string(stat), ") ")
		if f := strings.Fields(after); len(f) > 1 && f[1] == strconv.Itoa(cmd.Process.Pid) {
			n, _ := strconv.Atoi(filepath.Base(filepath.Dir(p)))
			nodes = append(nodes, n)
		}
	}
	if len(nodes) != 2 {
		t.Errorf("the demo has processes %v", nodes)
	}
	cmd.Process.Kill()
	for _, n := range nodes {
		gone(t, n)
	}
	cmd.Wait()
}
