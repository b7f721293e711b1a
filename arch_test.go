package accord_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A tier is a row of the layout. Imports run one way: a package may import those of earlier rows, and of its own row
// only what beside says.
type tier struct {
	name     string
	why      string
	packages []string
	beside   map[string][]string // within the tier: package to what it may import
	pure     bool                // reaches no network, SQL or wall clock
}

// layout is the table. A package that stands in no row fails the test: decide where it belongs.
var layout = []tier{
	{
		name: "words", why: "everything may use them, they use nothing", pure: true,
		beside:   map[string][]string{"internal/who": {"internal/fault"}},
		packages: []string{"internal/fault", "internal/date", "internal/signed", "internal/who"},
	},
	{
		name: "treaty", why: "what two governments agree on byte for byte; an auditor imports it alone", pure: true,
		packages: []string{"agreement", "record", "exchange"},
	},
	{
		name: "logic", why: "algorithms without a world: the same input gives the same result", pure: true,
		packages: []string{"internal/text", "internal/geo", "internal/code", "internal/table", "internal/scale", "internal/suppress", "internal/gate", "internal/pulse", "internal/history", "internal/area", "internal/simulate", "internal/media", "internal/chart", "internal/export"},
		beside:   map[string][]string{"internal/history": {"internal/pulse"}, "internal/area": {"internal/scale"}, "internal/gate": {"internal/suppress"}},
	},
	{
		name: "content", why: "what is about particular cities: files, no logic", pure: true,
		packages: []string{"content"},
	},
	{
		name: "areas", why: "meaning only; nothing else knows an area by name", pure: true,
		packages: []string{"internal/area/safety", "internal/area/safety/flood", "internal/area/safety/sinkhole", "internal/area/safety/structure", "internal/area/safety/seismic", "internal/area/environment", "internal/area/welfare", "internal/area/culture", "internal/area/sports", "internal/area/tourism", "internal/area/places", "internal/area/areatest"},
		beside:   map[string][]string{"internal/area/safety": {"internal/area/safety/flood", "internal/area/safety/sinkhole", "internal/area/safety/structure"}},
	},
	{
		name: "list of areas", why: "one line per area", pure: true,
		packages: []string{"internal/area/all"},
	},
	{
		name: "plumbing", why: "knows engines and disks, not what the tables mean",
		packages: []string{"internal/vectortest", "internal/file", "internal/observe", "internal/db", "internal/hashlog", "internal/search", "internal/dbtest"},
		beside:   map[string][]string{"internal/hashlog": {"internal/db"}, "internal/search": {"internal/db"}, "internal/dbtest": {"internal/db"}},
	},
	{
		name: "lower keepers", why: "a noun with its tables",
		packages: []string{"internal/store", "internal/series", "internal/link", "internal/audit"},
	},
	{
		name: "upper keepers", why: "may use the lower ones",
		packages: []string{"internal/instrument", "internal/document", "internal/evidence", "internal/account"},
		beside:   map[string][]string{"internal/evidence": {"internal/instrument", "internal/document"}},
	},
	{
		name: "deeds", why: "rows in; out through gate, release and outbox; in by kind",
		packages: []string{"internal/intake", "internal/flow", "internal/shelf", "internal/backup", "internal/finder"},
		beside:   map[string][]string{"internal/finder": {"internal/flow"}},
	},
	{
		name: "carriers and faces", why: "thin; they never import each other",
		packages: []string{"internal/peer", "internal/courier", "internal/web"},
	},
	{
		name: "node", why: "puts it together",
		packages: []string{"internal/node", "internal/demo", "internal/bench"},
		beside:   map[string][]string{"internal/demo": {"internal/node"}, "internal/bench": {"internal/node", "internal/demo"}},
	},
	{
		name: "program", why: "one file per subcommand",
		packages: []string{"cmd/accord"},
	},
}

// worldly are the packages that a pure package must not import.
var worldly = []string{"net", "net/http", "database/sql", "os", "os/exec", "log", "log/slog", "math/rand", "syscall"}

// TestImports holds the code to the table.
func TestImports(t *testing.T) {
	place := map[string]int{}
	for i, row := range layout {
		for _, p := range row.packages {
			if _, twice := place[p]; twice {
				t.Errorf("%s stands in two rows", p)
			}
			place[p] = i
		}
	}
	for pkg, files := range goFiles(t) {
		if pkg == "." {
			continue
		}
		row, ok := place[pkg]
		if !ok {
			t.Errorf("%s stands in no row of the layout: decide where it belongs", pkg)
			continue
		}
		for _, f := range files {
			for _, imported := range imports(t, f) {
				ours, isOurs := strings.CutPrefix(imported, "accord/")
				if !isOurs {
					if layout[row].pure && slices.Contains(worldly, imported) {
						t.Errorf("%s imports %s: %s is pure (%s)", f, imported, layout[row].name, layout[row].why)
					}
					continue
				}
				to, ok := place[ours]
				if !ok || to > row || to == row && !slices.Contains(layout[row].beside[pkg], ours) {
					t.Errorf("%s imports %s: %s (%s) may not", f, ours, layout[row].name, layout[row].why)
				}
			}
		}
	}
}

// TestPureCodeReadsNoClock looks for calls of the wall clock in packages where time is an argument.
func TestPureCodeReadsNoClock(t *testing.T) {
	files := goFiles(t)
	for _, row := range layout {
		for _, pkg := range row.packages {
			for _, f := range files[pkg] {
				src, err := os.ReadFile(f)
				if err != nil {
					t.Fatal(err)
				}
				if row.pure && strings.Contains(string(src), "time.Now(") {
					t.Errorf("%s reads the clock; time is an argument there", f)
				}
			}
		}
	}
}

// TestPackagesBeginWithASentence wants "Package x …" or "Command x …" before each package clause.
func TestPackagesBeginWithASentence(t *testing.T) {
	for pkg, files := range goFiles(t) {
		documented := pkg == "."
		for _, f := range files {
			parsed, err := parser.ParseFile(token.NewFileSet(), f, nil, parser.PackageClauseOnly|parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			doc := parsed.Doc.Text()
			documented = documented || strings.HasPrefix(doc, "Package "+parsed.Name.Name+" ") || strings.HasPrefix(doc, "Command ")
		}
		if !documented {
			t.Errorf("%s begins without a sentence", pkg)
		}
	}
}

// TestNothingAboutParticularCitiesInCode: what is about Seoul and Tokyo is content.
func TestNothingAboutParticularCitiesInCode(t *testing.T) {
	for _, files := range goFiles(t) {
		for _, f := range files {
			src, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			for n, line := range strings.Split(string(src), "\n") {
				code, _, _ := strings.Cut(line, "//")
				if strings.Contains(code, "help:") || strings.Contains(code, "json:") { // an example in a help text is not logic
					continue
				}
				for _, city := range []string{"seoul", "tokyo", "서울", "東京", "도쿄", "ソウル"} {
					if strings.Contains(strings.ToLower(code), city) {
						t.Errorf("%s:%d names %s", f, n+1, city)
					}
				}
			}
		}
	}
}

// goFiles returns the project's Go files that are not tests, by folder.
func goFiles(t *testing.T) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules" || d.Name() == "testdata" || d.Name() == "bin") {
			return fs.SkipDir
		}
		if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			out[filepath.Dir(path)] = append(out[filepath.Dir(path)], path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func imports(t *testing.T, file string) (paths []string) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range parsed.Imports {
		p, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, p)
	}
	return paths
}
