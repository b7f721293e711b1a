package record

import (
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the vectors anew; look at the difference before committing it")

func vector(tb testing.TB, name string) string {
	tb.Helper()
	data, err := os.ReadFile("testdata/vectors/" + name)
	if err != nil {
		tb.Fatal(err)
	}
	return string(data)
}

func things(tb testing.TB) *Dataset {
	tb.Helper()
	d := &Dataset{}
	if err := json.Unmarshal([]byte(vector(tb, "dataset.json")), d); err != nil {
		tb.Fatal(err)
	}
	if err := d.Check(); err != nil {
		tb.Fatal(err)
	}
	return d
}

func lookup(d *Dataset) Lookup {
	return func(name string, version int) (*Dataset, bool) { return d, name == d.Name && version == d.Version }
}

// cases are the records that rows.txt shows, made by hand and not by reading it.
func cases(tb testing.TB) []struct {
	what string
	r    Record
} {
	at := func(s string) Time {
		t, err := ParseTime(s)
		if err != nil {
			tb.Fatal(err)
		}
		return t
	}
	day := func(s string) Value { return Value{Type: Date, Text: s} }
	return []struct {
		what string
		r    Record
	}{
		{"only a key: what is absent is left out", Record{Key: "a"}},
		{"everything", Record{Key: "20180001", When: at("2018-03-01"), Place: Place{Known: true, Lon: 127.05, Lat: 37.51}, Simulated: true,
			Values: []Value{TextOf("강남구"), IntegerOf(3), NumberOf(1.5), day("2018-03"), CodeOf("open"), BoolOf(true)}}},
		{"a coarse place has the side of its cell", Record{Key: "b", Place: Place{Known: true, Lon: -0.5, Lat: -90, Grid: 250}}},
		{"an instant keeps its offset; a fraction has no zeros at its end", Record{Key: "c", When: at("2018-03-01T14:03:00.25+09:00")}},
		{"an instant in UTC is written with Z", Record{Key: "d", When: at("2018-03-01T05:03:00Z")}},
		{"an offset to the west, and one of half an hour", Record{Key: "e", When: at("2018-03-01T05:03:00-03:30")}},
		{"a year", Record{Key: "f", When: at("2018"), Values: []Value{{}, {}, {}, day("1988")}}},
		{"a month", Record{Key: "g", When: at("2018-03")}},
		{"only quote, backslash and control characters are escaped", Record{Key: `h"\`, Values: []Value{TextOf("\"a\\b/\t\n\r</é\u2028😀")}}},
		{"minus zero is zero, false is written", Record{Key: "i", Values: []Value{{}, {}, NumberOf(math.Copysign(0, -1)), {}, {}, BoolOf(false)}}},
		{"shortest digits", Record{Key: "j", Values: []Value{{}, IntegerOf(1<<53 - 1), NumberOf(0.1 + 0.2)}}},
		{"an exponent from 1e21 up", Record{Key: "k", Values: []Value{{}, {}, NumberOf(1e21)}}},
		{"no exponent below 1e21", Record{Key: "l", Values: []Value{{}, {}, NumberOf(1e20)}}},
		{"an exponent below 1e-6", Record{Key: "m", Values: []Value{{}, {}, NumberOf(-1.5e-7)}}},
	}
}

func TestVectorsRows(t *testing.T) {
	d := things(t)
	var got strings.Builder
	var records []Record
	for i, c := range cases(t) {
		row := AppendRow(nil, d, &c.r)
		fmt.Fprintf(&got, "%s# %s\n%s\n%x\n", strings.Repeat("\n", min(i, 1)), c.what, row, Sum(row))
		var back Record
		if err := ParseRow(d, row, &back); err != nil {
			t.Errorf("%s: %v", row, err)
		} else if again := AppendRow(nil, d, &back); string(again) != string(row) {
			t.Errorf("read and written again:\n%s\n%s", row, again)
		}
		records = append(records, c.r)
	}
	body, err := EncodeBatch(d, records)
	if err != nil {
		t.Fatal(err)
	}
	for name, have := range map[string]string{"rows.txt": got.String(), "batch.txt": string(body), "batch.sha256": fmt.Sprintf("%x\n", Sum(body))} {
		checkVector(t, name, have)
	}
	batch, err := DecodeBatch([]byte(vector(t, "batch.txt")), lookup(d))
	if err != nil || len(batch.Records) != len(records) {
		t.Errorf("batch.txt: %v", err)
	}
}

// checkVector compares with a vector, or writes it anew when told to.
func checkVector(t *testing.T, name, have string) {
	t.Helper()
	if *update {
		if err := os.WriteFile("testdata/vectors/"+name, []byte(have), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want := vector(t, name); have != want {
		t.Errorf("%s:\n%s\nwant\n%s", name, have, want)
	}
}

func TestVectorsBroken(t *testing.T) {
	d := things(t)
	blocks := strings.Split(strings.TrimSpace(vector(t, "broken.txt")), "\n\n")
	if len(blocks) < 40 {
		t.Fatalf("only %d broken rows", len(blocks))
	}
	for _, b := range blocks {
		lines := strings.Split(b, "\n")
		if len(lines) != 3 {
			t.Fatalf("a block has %d lines: %s", len(lines), b)
		}
		row := []byte(lines[2])
		if text, ok := strings.CutPrefix(lines[2], "hex:"); ok {
			text, err := strconv.Unquote(`"` + strings.ReplaceAll(text, `"`, `\"`) + `"`)
			if err != nil {
				t.Fatal(err)
			}
			row = []byte(text)
		}
		var r Record
		if err := ParseRow(d, row, &r); err == nil {
			t.Errorf("%s: it is read: %s", lines[0], lines[2])
		} else if !strings.Contains(err.Error(), lines[1]) {
			t.Errorf("%s: %q does not say %q", lines[0], err, lines[1])
		}
	}
}

func TestVectorsNumbers(t *testing.T) {
	for line := range strings.Lines(vector(t, "numbers.txt")) {
		bits, want, _ := strings.Cut(strings.TrimSpace(line), " ")
		raw, err := hex.DecodeString(bits)
		if err != nil || len(raw) != 8 {
			t.Fatal(line)
		}
		n, _ := strconv.ParseUint(bits, 16, 64)
		if got := appendNumber(nil, math.Float64frombits(n)); string(got) != want {
			t.Errorf("%s = %s, want %s", bits, got, want)
		}
	}
}
