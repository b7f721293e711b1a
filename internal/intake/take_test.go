package intake

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"accord/internal/area/all"
	"accord/internal/db"
	"accord/internal/dbtest"
	"accord/internal/fault"
	"accord/internal/store"
	"accord/record"
)

const koreanHeader = "no,sagoNo,sagoDate,sagoLat,sagoLon,sido,sigungu,dong,addr,sinkWidth,sinkExtend,sinkDepth,grdKind,sagoDetail,deathCnt,injuryCnt,vehicleCnt,trStatus,trMethod,trAmt,trFnDate,daStDate\n"

// A desk is a place where files are taken in.
type desk struct {
	*Take
	t      *testing.T
	source string // folder of the files
}

func newDesk(t *testing.T, d *db.DB) *desk {
	t.Helper()
	home := t.TempDir()
	return &desk{t: t, source: t.TempDir(), Take: &Take{DB: d, Origin: "east", Lookup: all.Lookup, Recipes: recipes(t), Rejected: filepath.Join(home, "rejected")}}
}

// line is one row; width is a cell as it stands in the file.
func line(key, width string) string {
	return fmt.Sprintf("1,%s,20180301,37.51,127.05,,북구,,,%s,2,1.5,기타,,0,0,0,복구완료,,100,20180305,20180401\n", key, width)
}

func (d *desk) file(name string, lines ...string) string {
	d.t.Helper()
	path := filepath.Join(d.source, name)
	if err := os.WriteFile(path, []byte(koreanHeader+strings.Join(lines, "")), 0o644); err != nil {
		d.t.Fatal(err)
	}
	return path
}

// take takes a file in, wants these counts, and that they add up.
func (d *desk) take(path string, want Taken) *Taken {
	d.t.Helper()
	got, err := d.File(d.t.Context(), path)
	if err != nil {
		d.t.Fatal(err)
	}
	want.File, want.Recipe, want.Dataset, want.Encoding = path, "kr-subsidence-accident", "safety/subsidence", "utf-8"
	if diff := cmp.Diff(&want, got, cmpopts.IgnoreFields(Taken{}, "RejectedFile", "Problems")); diff != "" {
		d.t.Errorf("-want +got\n%s", diff)
	}
	if got.Rows != got.Accepted+got.Rejected+got.Unchanged || got.Flagged > got.Accepted {
		d.t.Errorf("%d rows, but %d + %d + %d, %d flagged", got.Rows, got.Accepted, got.Rejected, got.Unchanged, got.Flagged)
	}
	return got
}

// stored is every version of every record, and how many records are current.
func (d *desk) stored() (rows []string, current int64) {
	d.t.Helper()
	err := d.DB.View(context.Background(), func(tx *db.Tx) error {
		totals, err := store.Totals(context.Background(), tx)
		for _, x := range totals {
			current += x.Records
		}
		if err != nil {
			return err
		}
		return store.Each(context.Background(), tx, func(_ int64, _ string, _ int, _ string, row, _ []byte) error {
			rows = append(rows, string(row))
			return nil
		})
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return rows, current
}

// files lists a folder, also what is hidden; one that is absent is empty.
func (d *desk) files(dir string) (names []string) {
	d.t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		d.t.Fatal(err)
	}
	for _, f := range list {
		names = append(names, f.Name())
	}
	return names
}

// nothing wants that nothing at all was kept.
func (d *desk) nothing() {
	d.t.Helper()
	if rows, _ := d.stored(); len(rows) > 0 {
		d.t.Errorf("stored: %q", rows)
	}
	if left := d.files(d.Rejected); len(left) > 0 {
		d.t.Errorf("left in the folder of rejected rows: %q", left)
	}
}

// refuse wants a fault of this kind with these words that names the file, and nothing kept.
func (d *desk) refuse(path string, kind fault.Kind, words string) {
	d.t.Helper()
	taken, err := d.File(d.t.Context(), path)
	if taken != nil || fault.KindOf(err) != kind || err == nil || !strings.Contains(err.Error(), words) || !strings.Contains(err.Error(), path) {
		d.t.Errorf("expected %s with %q, got %v, %v", kind, words, taken, err)
	}
	d.nothing()
}

func each(t *testing.T, f func(t *testing.T, d *desk)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) { f(t, newDesk(t, d)) })
}

func TestTakeCounts(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		path := d.file("mixed.csv", line("1", "3"), line("2", "1200"), line("3", "wide"), line("1", "3"), line("1", "4"), line("4", "5"))
		first := d.take(path, Taken{Rows: 6, Accepted: 3, Rejected: 2, Unchanged: 1, Flagged: 1})
		if len(first.Problems) != 2 {
			t.Errorf("problems %q", first.Problems)
		}
		// A flagged row that is here already is unchanged, so it is flagged no more.
		d.take(path, Taken{Rows: 6, Rejected: 2, Unchanged: 4})
		// One row of three is another than before, and the flagged one is the same.
		d.take(d.file("later.csv", line("1", "3"), line("2", "1200"), line("4", "6")), Taken{Rows: 3, Accepted: 1, Unchanged: 2})
		d.take(d.file("flagged.csv", line("2", "1300"), line("4", "6")), Taken{Rows: 2, Accepted: 1, Unchanged: 1, Flagged: 1})
		rows, current := d.stored()
		if len(rows) != 5 || current != 3 {
			t.Errorf("%d versions of %d records: %q", len(rows), current, rows)
		}
		d.take(d.file("none.csv"), Taken{})
	})
}

func TestTakeRejectedRows(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		var lines []string
		for i := range 20 {
			lines = append(lines, line(fmt.Sprint(i), "wide"))
		}
		got := d.take(d.file("all bad *.csv", lines...), Taken{Rows: 20, Rejected: 20})
		if len(got.Problems) != shownProblems || filepath.Dir(got.RejectedFile) != d.Rejected {
			t.Errorf("%d problems are shown, %s", len(got.Problems), got.RejectedFile)
		}
		text, err := os.ReadFile(got.RejectedFile)
		if err != nil || strings.Count(string(text), "\n") != 21 || !strings.Contains(string(text), "\n21,sinkWidth: it is not a number,1,19,") {
			t.Errorf("%v, %s", err, text)
		}
		again := d.take(d.file("all bad *.csv", lines...), Taken{Rows: 20, Rejected: 20})
		if again.RejectedFile == got.RejectedFile {
			t.Error("a second import wrote over the rejected rows of the first")
		}
		if left := d.files(d.source); len(left) != 1 {
			t.Errorf("beside the source: %q", left)
		}
		// The name of a file may be as long as a name can be.
		long := d.take(d.file(strings.Repeat("행", 80)+".csv", line("1", "wide")), Taken{Rows: 1, Rejected: 1})
		if _, err := os.Stat(long.RejectedFile); err != nil {
			t.Error(err)
		}
		for _, name := range []string{`a\b.csv`, "\xbc\xad\xbf\xef.csv", ".hidden.csv", "a\nb.csv"} { // each can come from a publisher
			got := filepath.Base(d.take(d.file(name, line("1", "wide")), Taken{Rows: 1, Rejected: 1}).RejectedFile)
			if !fs.ValidPath(got) || strings.HasPrefix(got, ".") || strings.ContainsAny(got, "\\\n") {
				t.Errorf("%q became %q, which no backup holds", name, got)
			}
		}
	})
}

func TestTakeDryRun(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		d.DryRun = true
		got := d.take(d.file("mixed.csv", line("1", "3"), line("2", "1200"), line("3", "wide"), line("1", "3")), Taken{Rows: 4, Accepted: 2, Rejected: 1, Unchanged: 1, Flagged: 1})
		if got.RejectedFile != "" || len(got.Problems) != 1 {
			t.Errorf("%+v", got)
		}
		d.nothing()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := d.File(ctx, d.file("one.csv", line("1", "3"))); !errors.Is(err, context.Canceled) {
			t.Errorf("a dry run went on after it was cancelled: %v", err)
		}
	})
}

// recipe is the one of a name.
func (d *desk) recipe(name string) *Recipe {
	d.t.Helper()
	r, err := Find(d.Recipes, name)
	if err != nil {
		d.t.Fatal(err)
	}
	return r
}

func TestTakeRefusesWhole(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		good, bad := line("1", "3"), line("2", "wide")
		d.refuse(filepath.Join(d.source, "missing.csv"), fault.NotFound, "there is no such file")
		d.refuse(d.source, fault.Unavailable, "it cannot be read")
		d.refuse(d.file("cut.csv", good, bad, "1,3,2018"), fault.Invalid, "line 4): its last record has fewer cells")
		d.refuse(d.file("quote.csv", good, bad, `1,3,"2018`), fault.Invalid, "a quote")
		// What is wrong stands far behind what was already stored and rejected.
		many := strings.Repeat(bad, 3) + strings.Repeat(good, 60_000)
		d.refuse(d.file("late.csv", many, "\xff\n"), fault.Invalid, "encoding")

		page := filepath.Join(d.source, "page.csv")
		if err := os.WriteFile(page, []byte("<html>"), 0o644); err != nil {
			t.Fatal(err)
		}
		d.refuse(page, fault.Invalid, "it is a web page")

		path := d.file("good.csv", good)
		d.Dataset = "safety/weather"
		d.refuse(path, fault.Invalid, "reads it as safety/subsidence, not as safety/weather")
		d.Dataset, d.Recipe = "", "no-such"
		d.refuse(path, fault.NotFound, "there is none of this name")
		d.Recipe, d.Lookup = "", func(string, int) (*record.Dataset, bool) { return nil, false }
		d.refuse(path, fault.Internal, "does not know")
		d.Lookup = all.Lookup

		d.Recipes = append(d.Recipes, func() *Recipe { r := *d.recipe("kr-subsidence-accident"); r.Name = "twin"; return &r }())
		d.refuse(path, fault.Conflict, "kr-subsidence-accident, twin")
		d.Recipe, d.Dataset = "kr-subsidence-accident", "safety/subsidence"
		d.take(path, Taken{Rows: 1, Accepted: 1})
	})
}

// TestTakeFailsInTheMiddle: the folder of rejected rows cannot be made, or the context ends while rows are stored.
func TestTakeFailsInTheMiddle(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		rejected := d.Rejected
		d.Rejected = filepath.Join(d.file("a-file"), "rejected")
		if _, err := d.File(t.Context(), d.file("mixed.csv", line("1", "3"), line("2", "wide"), line("3", "3"))); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("rejected rows were lost without a word: %v", err)
		}
		d.Rejected = rejected
		d.nothing()

		var lines []string
		for i := range 5000 {
			lines = append(lines, line(fmt.Sprint(i), "3"), line(fmt.Sprint(i), "3"), line(fmt.Sprint("bad", i), "wide"))
		}
		path := d.file("long.csv", lines...)
		ctx := new(endsAfter)
		ctx.Context, ctx.end = context.WithCancel(t.Context())
		ctx.looks.Store(1000)
		if _, err := d.File(ctx, path); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
		d.nothing()
		d.take(path, Taken{Rows: 15_000, Accepted: 5000, Rejected: 5000, Unchanged: 5000})
	})
}

// endsAfter is a context that ends when somebody has asked so many times whether it has.
type endsAfter struct {
	context.Context
	end   context.CancelFunc
	looks atomic.Int64
}

func (c *endsAfter) Err() error {
	if c.looks.Add(-1) < 0 {
		c.end()
	}
	return c.Context.Err()
}

// TestTakeConcurrently: whoever takes the same file at the same time, each record is here once.
func TestTakeConcurrently(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		var lines []string
		for i := range 300 {
			lines = append(lines, line(fmt.Sprint(i), "3"))
		}
		lines = append(lines, line("bad", "wide"))
		path := d.file("same.csv", lines...)
		var mu sync.Mutex
		var accepted, unchanged int
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				got, err := d.File(context.Background(), path)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				defer mu.Unlock()
				accepted, unchanged = accepted+got.Accepted, unchanged+got.Unchanged
			})
		}
		wg.Wait()
		rows, current := d.stored()
		if accepted != 300 || unchanged != 7*300 || len(rows) != 300 || current != 300 {
			t.Errorf("%d accepted, %d unchanged, %d versions of %d records", accepted, unchanged, len(rows), current)
		}
		if left := d.files(d.Rejected); len(left) != 8 {
			t.Errorf("rejected rows: %q", left)
		}
	})
}
