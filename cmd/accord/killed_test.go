package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"accord/internal/db"
	"accord/internal/dbtest"
)

// TestKilledBetweenAnyTwoSteps kills what an office does with -9 at its first step that reaches the disk or the server, then
// at its second, and so on until it comes to its end, on both engines. After each it is done again, as a person would, and
// at the end nothing that was accepted is lost, nothing is there twice, and both cities verify. The steps are system calls;
// strace counts them and kills. ACCORD_KILLS=all takes every step instead of a part of them.
func TestKilledBetweenAnyTwoSteps(t *testing.T) {
	tracer, err := exec.LookPath("strace")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("CI is set but there is no strace: run scripts/setup")
		}
		t.Skip("NOT TESTED: no strace here; scripts/setup installs it")
	}
	program := filepath.Join(t.TempDir(), "accord")
	if out, err := exec.Command("go", "build", "-o", program, "accord/cmd/accord").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	dbtest.EachAt(t, func(t *testing.T, at string) {
		o := &office{T: t, dir: t.TempDir(), program: program, tracer: tracer, calls: "pwrite64,write,fsync,fdatasync,ftruncate,renameat,unlinkat"}
		databases := map[string]string{}
		if db.IsURL(at) {
			o.calls = "write,fsync,renameat,unlinkat" // a server is written to by its connection
			databases = map[string]string{"east": at, "west": dbtest.Server(t)}
		}
		o.begin(databases)
		for _, d := range deeds {
			o.disturb(d)
		}
		o.end()
	})
}

// A deed is one command of an office that is killed at each of its steps.
type deed struct {
	name    string
	prepare func(o *office)          // what it needs, undisturbed
	command func(o *office) []string //
	already string                   // what the command says when it finds itself done before; empty when it may be done twice
}

// deeds are in the order of a record's way.
var deeds = []deed{
	{name: "import", prepare: func(o *office) { o.file("east") }, command: func(o *office) []string {
		return []string{"--home", o.home("east"), "import", o.path("new.csv")}
	}},
	{name: "write", prepare: func(o *office) { o.take("east") }, command: func(o *office) []string {
		return []string{"--home", o.home("east"), "bundle", "write", "--to", "west", o.path("out.accord")}
	}},
	{name: "read", prepare: func(o *office) { o.take("east"); o.write("east", "west") }, command: func(o *office) []string {
		return []string{"--home", o.home("west"), "bundle", "read", o.path("out.accord")}
	}},
	{name: "approve", prepare: func(o *office) { o.take("west"); o.write("west", "east") }, command: func(o *office) []string {
		return []string{"--home", o.home("west"), "release", "approve", o.waiting("west"), "--person", "Kim"}
	}, already: `Kim has approved it`},
	{name: "suspend", prepare: func(o *office) { o.take("east"); o.run("--home", o.home("east"), "agree", "resume", "T1") }, command: func(o *office) []string {
		return []string{"--home", o.home("east"), "agree", "suspend", "T1"}
	}, already: `has suspended it already`},
	{name: "resume", prepare: func(o *office) { o.take("east"); o.run("--home", o.home("east"), "agree", "suspend", "T1") }, command: func(o *office) []string {
		return []string{"--home", o.home("east"), "agree", "resume", "T1"}
	}, already: `has not suspended it`},
}

// An office is two cities that exchange by file, and how many records each has accepted.
type office struct {
	*testing.T
	dir, program, tracer, calls string
	files                       int
	accepted                    map[string]int
	release                     string // the release that the deed at hand is about
}

func (o *office) path(name string) string { return filepath.Join(o.dir, name) }
func (o *office) home(city string) string { return o.path(city) }

// run runs a command undisturbed and returns what it prints. That it is refused is for the caller to say.
func (o *office) run(args ...string) (out string, refused string) {
	var stdout, stderr bytes.Buffer
	status := mainStatus(o.Context(), args, &stdout, &stderr)
	if status == exitUsage {
		o.Fatalf("accord %s: %s", strings.Join(args, " "), stderr.String())
	}
	if status != exitDone {
		return stdout.String(), stderr.String()
	}
	return stdout.String(), ""
}

// must runs a command that nothing may refuse.
func (o *office) must(args ...string) string {
	o.Helper()
	out, refused := o.run(args...)
	if refused != "" {
		o.Fatalf("accord %s: %s", strings.Join(args, " "), refused)
	}
	return out
}

// begin makes two cities with terms in force: what east sends leaves by itself, what west sends waits for a person.
func (o *office) begin(databases map[string]string) {
	o.accepted = map[string]int{}
	for _, c := range []string{"east", "west"} {
		args := []string{"--home", o.home(c), "init", "--party", c}
		if at := databases[c]; at != "" {
			args = append(args, "--database", at)
		}
		o.must(args...)
		o.must("--home", o.home(c), "card", "show", "--out", o.path(c+".card"))
	}
	text, err := os.ReadFile(filepath.Join("testdata", "files", "terms.template"))
	if err != nil {
		o.Fatal(err)
	}
	terms := regexp.MustCompile(`(?m)^date .*$`).ReplaceAllString(string(text), `date = "`+time.Now().UTC().Format(time.DateOnly)+`"`)
	before, own, _ := strings.Cut(terms, "[[clauses.terms]]")
	both := regexp.MustCompile(`from .*`)
	terms = before + "[[clauses.terms]]" + both.ReplaceAllString(own, `from = ["east"]`) +
		"\n[[clauses.terms]]" + strings.Replace(both.ReplaceAllString(own, `from = ["west"]`), `"O"`, `"S"`, 1)
	if err := os.WriteFile(o.path("terms.toml"), []byte(terms), 0o644); err != nil {
		o.Fatal(err)
	}
	for _, c := range [][2]string{{"east", "west"}, {"west", "east"}} {
		o.must("--home", o.home(c[0]), "card", "add", o.path(c[1]+".card"))
		o.must("--home", o.home(c[0]), "agree", "sign", o.path("terms.toml"))
	}
	for _, c := range []string{"east", "west"} {
		o.must("--home", o.home(c), "agree", "register", o.path("terms.toml"))
	}
}

const columns = "no,sagoNo,sagoDate,sagoLat,sagoLon,sido,sigungu,dong,addr,sinkWidth,sinkExtend,sinkDepth,grdKind,sagoDetail,deathCnt,injuryCnt,vehicleCnt,trStatus,trMethod,trAmt,trFnDate,daStDate\n"

// file writes a file with two records that nobody has seen, for city to take in.
func (o *office) file(city string) {
	o.files++
	rows := columns
	for i := range 2 {
		rows += fmt.Sprintf("%d,2018%04d,20180301,37.51,127.05,,북구,,,3,2,1.5,기타,,0,0,0,복구완료,,100,20180305,20180401\n", i+1, 2*o.files+i)
	}
	if err := os.WriteFile(o.path("new.csv"), []byte(rows), 0o644); err != nil {
		o.Fatal(err)
	}
	o.accepted[city] += 2
}

// take has city take in two new records.
func (o *office) take(city string) {
	o.file(city)
	o.must("--home", o.home(city), "import", o.path("new.csv"))
}

func (o *office) write(from, to string) {
	o.must("--home", o.home(from), "bundle", "write", "--to", to, o.path("out.accord"))
}

// carry brings what one city has to say to the other.
func (o *office) carry(from, to string) {
	o.write(from, to)
	o.must("--home", o.home(to), "bundle", "read", o.path("out.accord"))
}

// waiting is the first release of city that waits. It stays the same while one deed is killed and done again.
func (o *office) waiting(city string) string {
	if o.release != "" {
		return o.release
	}
	var list []struct{ ID int64 }
	if err := json.Unmarshal([]byte(o.must("--home", o.home(city), "--json", "release", "list")), &list); err != nil || len(list) == 0 {
		o.Fatalf("nothing waits: %v", err)
	}
	o.release = fmt.Sprint(list[0].ID)
	return o.release
}

// disturb kills a deed at its nth step for n from 1 until it is done before it comes so far, and does it again each time.
func (o *office) disturb(d deed) {
	stride := 10
	if os.Getenv("ACCORD_KILLS") == "all" {
		stride = 1
	}
	killed := 0
	for n := 1; ; n += stride {
		if n > 2000 {
			o.Fatalf("%s does not come to its end", d.name)
		}
		o.release = ""
		d.prepare(o)
		args := d.command(o)
		dead := o.kill(n, args)
		if dead {
			killed++
		}
		if _, refused := o.run(args...); refused != "" && (d.already == "" || !regexp.MustCompile(d.already).MatchString(refused)) {
			o.Fatalf("%s, killed at step %d, cannot be done again: %s", d.name, n, refused)
		}
		o.carry("east", "west")
		o.carry("west", "east")
		if !dead {
			break
		}
	}
	o.Logf("%s: killed at %d steps", d.name, killed)
	if killed == 0 {
		o.Errorf("%s was never killed", d.name)
	}
}

// kill runs a command that is killed at its nth step, and says whether it came so far.
func (o *office) kill(n int, args []string) bool {
	o.Helper()
	trace := []string{"-f", "-qq", "-o", os.DevNull, "-e", "trace=" + o.calls, "-e", fmt.Sprintf("inject=%s:signal=KILL:when=%d", o.calls, n), o.program}
	out, err := exec.Command(o.tracer, append(trace, args...)...).CombinedOutput()
	exit, failed := err.(*exec.ExitError)
	if err != nil && !failed {
		o.Fatal(err)
	}
	switch {
	case err == nil:
		return false
	case exit.ExitCode() == 128+9 || exit.ExitCode() == -1: // strace ends as its child does
		return true
	}
	o.Fatalf("accord %s: %v\n%s", strings.Join(args, " "), err, out)
	return false
}

// end carries everything over and looks whether each city holds what both have accepted, once.
func (o *office) end() {
	o.run("--home", o.home("east"), "agree", "resume", "T1")
	for range 3 {
		o.carry("east", "west")
		var list []struct{ ID int64 }
		if err := json.Unmarshal([]byte(o.must("--home", o.home("west"), "--json", "release", "list")), &list); err != nil {
			o.Fatal(err)
		}
		for _, r := range list {
			o.must("--home", o.home("west"), "release", "approve", fmt.Sprint(r.ID), "--person", "Lee")
		}
		o.carry("west", "east")
	}
	for _, c := range []string{"east", "west"} {
		var v struct {
			Clean   bool
			Records int
			Faults  []string
		}
		out := o.must("--home", o.home(c), "--json", "verify")
		if err := json.Unmarshal([]byte(out), &v); err != nil {
			o.Fatal(err)
		}
		if want := o.accepted["east"] + o.accepted["west"]; !v.Clean || v.Records != want {
			o.Errorf("%s: clean %v, %d records of %d: %s", c, v.Clean, v.Records, want, out)
		}
	}
}
