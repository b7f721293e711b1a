package simulate

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"accord/agreement"
	"accord/internal/area/all"
	"accord/internal/date"
	"accord/internal/fault"
	"accord/internal/gate"
	"accord/record"
)

const folder = "../../content/demo"

var now = time.Date(2026, 11, 24, 3, 0, 0, 0, time.UTC)

func demo(tb testing.TB) *Demo {
	tb.Helper()
	d, err := ReadDemo(os.DirFS(folder))
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

func dataset(tb testing.TB, p *Params) *record.Dataset {
	tb.Helper()
	d, ok := all.Lookup(p.Dataset, p.Version)
	if !ok {
		tb.Fatalf("no dataset %s", p.Dataset)
	}
	return d
}

func draw(tb testing.TB, p *Params, seed uint64, n int) []record.Record {
	tb.Helper()
	r, err := Records(p, dataset(tb, p), seed, n, now)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// TestRecordsArePlausible: every record passes the area's rules, is marked, lies near its district and not in the future.
func TestRecordsArePlausible(t *testing.T) {
	for _, party := range demo(t).Parties {
		p := party.Params
		d := dataset(t, p)
		records := draw(t, p, 1, 2000)
		keys := map[string]bool{}
		perMonth := [12]int{}
		for i := range records {
			r := &records[i]
			if problems := d.Validate(r); problems != nil {
				t.Fatalf("%s: %v", r.Key, problems)
			}
			if !r.Simulated || keys[r.Key] || !r.Place.Known || r.When.Date().Last().Time().After(now) {
				t.Fatalf("%+v", r)
			}
			keys[r.Key] = true
			perMonth[r.When.Date().First().Month()-1]++
			if i > 0 && r.When.Date().First().Before(records[i-1].When.Date().First()) {
				t.Fatal("the records are not in the order of their days")
			}
			if done, ok := r.Value(d.Index("repaired_on")).Date(); ok && done.First().Before(r.When.Date().First()) {
				t.Fatalf("%s is repaired before it happened", r.Key)
			}
			if name := r.Value(d.Index("district")).Text; !near(p, name, r.Place) {
				t.Fatalf("%s lies far from %s: %v", r.Key, name, r.Place)
			}
		}
		if perMonth[7] < 2*perMonth[0] {
			t.Errorf("%s: August %d, January %d: the rainy season does not show", party.ID, perMonth[7], perMonth[0])
		}
		years := now.Sub(records[0].When.First()).Hours() / 24 / 365.25
		if rate := 2000 / years; rate < 0.9*p.PerYear || rate > 1.1*p.PerYear {
			t.Errorf("%s: %.1f a year, want about %.0f", party.ID, rate, p.PerYear)
		}
	}
}

func near(p *Params, district string, at record.Place) bool {
	for _, d := range p.Districts {
		if d.Name == district {
			return (at.Lat-d.Lat)*111_320 < 2*d.Spread && (at.Lon-d.Lon)*111_320 < 3*d.Spread
		}
	}
	return false
}

func TestSameSeedSameRecords(t *testing.T) {
	d := demo(t)
	a, b := d.Parties[0].Params, d.Parties[1].Params
	if !reflect.DeepEqual(draw(t, a, 7, 50), draw(t, a, 7, 50)) {
		t.Error("the same seed gives other records")
	}
	if reflect.DeepEqual(draw(t, a, 7, 50), draw(t, a, 8, 50)) {
		t.Error("another seed gives the same records")
	}
	if draw(t, a, 7, 1)[0].Place == draw(t, b, 7, 1)[0].Place {
		t.Error("two parties draw the same")
	}
}

// TestDemoGate: every simulated record leaves under the demo terms, at once and by itself, without a word of free text and
// with no place finer than agreed; the other side admits it.
func TestDemoGate(t *testing.T) {
	d := demo(t)
	text, err := os.ReadFile(filepath.Join(folder, d.Terms))
	if err != nil {
		t.Fatal(err)
	}
	in, err := agreement.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if !in.Simulated || len(in.Parties) != 2 {
		t.Errorf("the terms are of %v, simulated %v", in.Parties, in.Simulated)
	}
	terms := in.Clause("D1").Terms[0]
	for _, party := range d.Parties {
		ds := dataset(t, party.Params)
		g, err := gate.Compile(terms, ds)
		if err != nil {
			t.Fatal(err)
		}
		var out []record.Record
		for _, r := range draw(t, party.Params, d.Seed, d.Records) {
			left, v := g.Apply(r, now)
			if v.Decision != gate.Leaves || left.Place.Grid != 250 || !left.Simulated {
				t.Fatalf("%+v: %+v", v, left)
			}
			for _, field := range []string{"description", "address", "repair_method"} {
				if !left.Value(ds.Index(field)).IsAbsent() {
					t.Fatalf("%s leaves", field)
				}
			}
			if err := g.Admits(left, now); err != nil {
				t.Fatal(err)
			}
			out = append(out, left)
		}
		if _, err := record.EncodeBatch(ds, out); err != nil {
			t.Error(err)
		}
	}
}

func TestBadDemo(t *testing.T) {
	whole := fstest.MapFS{}
	for _, name := range []string{"demo.toml", "seoul.toml", "tokyo.toml"} {
		data, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		whole[name] = &fstest.MapFile{Data: data}
	}
	for _, c := range []struct{ file, old, new string }{
		{"demo.toml", "127.0.0.1:8431", "0.0.0.0:8431"},
		{"demo.toml", "records = 120", "records = 0"},
		{"demo.toml", "seed ", "sead "},
		{"demo.toml", `params    = "seoul.toml"`, `params    = "tokyo.toml"`},
		{"demo.toml", `params    = "seoul.toml"`, `params    = "kyoto.toml"`},
		{"seoul.toml", "per_year = 30.0", "per_year = 0.0"},
		{"seoul.toml", "[3, 2, 4,", "[3, 2,"},
		{"seoul.toml", "weight = 42", "weight = -1"},
		{"seoul.toml", "max    = 15.0", "max    = 0.0"},
	} {
		fsys := fstest.MapFS{}
		for name, f := range whole {
			fsys[name] = f
		}
		text := strings.Replace(string(whole[c.file].Data), c.old, c.new, 1)
		if text == string(whole[c.file].Data) {
			t.Fatalf("%s has no %q", c.file, c.old)
		}
		fsys[c.file] = &fstest.MapFile{Data: []byte(text)}
		if _, err := ReadDemo(fsys); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: error %v", c.new, err)
		}
	}
}

func TestRecordsRefuses(t *testing.T) {
	p := *demo(t).Parties[0].Params
	d := dataset(t, &p)
	p.Version = 2
	if _, err := Records(&p, d, 1, 1, now); err == nil {
		t.Error("parameters for another version are taken")
	}
	p.Version, p.Province = 1, strings.Repeat("x", record.MaxText+1)
	if _, err := Records(&p, d, 1, 1, now); err == nil {
		t.Error("a record that the dataset does not allow is drawn")
	}
}

// What is drawn for the further sets is allowed by its datasets, the same for the same seed, and nothing of it lies ahead.
func TestSets(t *testing.T) {
	s, err := ReadSets(os.DirFS(folder))
	if err != nil {
		t.Fatal(err)
	}
	look := func(name string) *record.Dataset {
		d, ok := all.Lookup(name, 1)
		if !ok {
			t.Fatalf("no dataset %s", name)
		}
		return d
	}
	today := date.Of(now)
	for _, c := range s.Cities {
		d := look("safety/condition")
		found := c.Inspections(d, 7, today)
		if !reflect.DeepEqual(found, c.Inspections(d, 7, today)) || reflect.DeepEqual(found, c.Inspections(d, 8, today)) {
			t.Errorf("%s: inspections do not follow the seed", c.Party)
		}
		keys := map[string]bool{}
		for i := range found {
			for _, p := range d.Validate(&found[i]) {
				t.Errorf("%s: %s: %s", c.Party, found[i].Key, p)
			}
			if !found[i].Simulated || keys[found[i].Key] || found[i].When.Date().First().After(today) {
				t.Errorf("%s: %s is not simulated, there twice or ahead", c.Party, found[i].Key)
			}
			keys[found[i].Key] = true
		}
		if len(found) < c.Conditions.Structures {
			t.Errorf("%s: %d inspections of %d structures", c.Party, len(found), c.Conditions.Structures)
		}
		for _, run := range []record.Run{c.Days(look("environment/weather"), 7, today), c.Levels(look("safety/river"), 7, now)} {
			checkRun(t, c.Party, &run)
		}
	}
}

func checkRun(t *testing.T, party string, run *record.Run) {
	t.Helper()
	if run.Field < 0 || !run.Simulated || len(run.Points) < 1000 {
		t.Fatalf("%s: %s has %d points, simulated %v", party, run.Key, len(run.Points), run.Simulated)
	}
	for i, p := range run.Points {
		if i > 0 && p.At <= run.Points[i-1].At || p.At > now.UnixMicro() {
			t.Fatalf("%s: %s: point %d is out of order or ahead", party, run.Key, i)
		}
	}
}
