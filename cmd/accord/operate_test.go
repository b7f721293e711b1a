package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"accord/internal/dbtest"
	"accord/internal/node"
)

// A fence is a block of code in a document: what its first line says, and its text.
type fence struct{ info, text string }

func fences(t *testing.T, path string) (all []fence) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile("(?ms)^```([^\n]*)\n(.*?)^```$").FindAllStringSubmatch(string(b), -1) {
		all = append(all, fence{m[1], m[2]})
	}
	if len(all) == 0 {
		t.Fatal("no block of code")
	}
	return all
}

const operate = "../../docs/operate.md"

// TestOperateStory follows docs/operate.md alone: every block that is marked as part of the story is run as it stands, one after
// the other, in one shell. Only ports are exchanged for free ones.
func TestOperateStory(t *testing.T) {
	dir := t.TempDir()
	script := "set -eux\n"
	for _, f := range fences(t, operate) {
		name, isFile := strings.CutPrefix(f.info, "toml file=")
		switch {
		case isFile:
			script += "cat > " + name + " <<'END'\n" + f.text + "END\n"
		case f.info == "sh story":
			script += f.text
		}
	}
	for port := range map[string]bool{"8401": true, "8402": true, "8411": true, "8412": true, "8441": true, "8442": true} {
		script = strings.ReplaceAll(script, ":"+port, ":"+freePort(t))
	}
	header := "no,sagoNo,sagoDate,sagoLat,sagoLon,sido,sigungu,dong,addr,sinkWidth,sinkExtend,sinkDepth,grdKind,sagoDetail,deathCnt,injuryCnt,vehicleCnt,trStatus,trMethod,trAmt,trFnDate,daStDate\n"
	for file, keys := range map[string][]int{"records.csv": {1, 2, 3}, "more.csv": {4, 5}} {
		text := header
		for _, k := range keys {
			text += fmt.Sprintf("1,2019000%d,20190301,35.1,129.05,,,,,3,2,1.5,,,0,0,0,,,,,20190401\n", k)
		}
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	out := shell(t, dir, script)
	for _, city := range []string{"east", "west"} {
		h, err := node.OpenHome(filepath.Join(dir, city))
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		n, err := node.Open(t.Context(), h, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		defer n.Close()
		v, err := n.Verify(t.Context())
		if err != nil || !v.Clean || v.Records != 5 {
			t.Errorf("%s at the end of the story: %+v %v", city, v, err)
		}
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// shell runs a script with accord in its path.
func shell(t *testing.T, dir, script string, env ...string) string {
	t.Helper()
	bin := t.TempDir()
	if out, err := exec.Command("go", "build", "-o", filepath.Join(bin, "accord"), ".").CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-c", script)
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), env...), "PATH="+bin+":"+os.Getenv("PATH"))
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

// TestOperateOnAServer runs the blocks for PostgreSQL.
func TestOperateOnAServer(t *testing.T) {
	at := dbtest.ServerCalm(t)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "database.url"), []byte(at+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, f := range fences(t, operate) {
		if f.info == "sh postgres" {
			shell(t, dir, "set -eux\n"+f.text)
		}
	}
}

// TestOperateNamesCommandsThatExist: every line of every block that calls accord can be parsed, also in blocks that only an
// administrator can run; and so can commands in the text.
func TestOperateNamesCommandsThatExist(t *testing.T) {
	b, err := os.ReadFile(operate)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, m := range regexp.MustCompile("`accord ([a-z ]+)").FindAllStringSubmatch(string(b), -1) {
		found++
		words := strings.Fields(m[1])
		var c cli
		parser, err := kong.New(&c, kong.Name("accord"), kong.Writers(io.Discard, io.Discard), kong.Exit(func(int) {}))
		if err != nil {
			t.Fatal(err)
		}
		command := parser.Model.Node
		for _, w := range words {
			var next *kong.Node
			for _, child := range command.Children {
				if child.Name == w {
					next = child
				}
			}
			if next == nil {
				if len(command.Children) > 0 {
					t.Errorf("accord %s: there is no %q", m[1], w)
				}
				break
			}
			command = next
		}
	}
	if found < 10 {
		t.Errorf("only %d commands found", found)
	}
}

// TestOperateUnit has systemd read the unit, where it is installed.
func TestOperateUnit(t *testing.T) {
	path, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("NOT TESTED: systemd-analyze is not installed")
	}
	for _, f := range fences(t, operate) {
		if f.info != "ini unit" {
			continue
		}
		unit := filepath.Join(t.TempDir(), "accord.service")
		text := strings.Replace(f.text, "/usr/local/bin/accord", "/bin/true", 1)
		if err := os.WriteFile(unit, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(path, "verify", "--man=no", unit).CombinedOutput()
		for _, line := range strings.Split(string(out), "\n") {
			if strings.Contains(line, "accord.service") {
				t.Errorf("%s (%v)", line, err)
			}
		}
	}
}
