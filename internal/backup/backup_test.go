package backup_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"
	"pgregory.net/rapid"

	"accord/exchange"
	"accord/internal/backup"
	"accord/internal/fault"
)

var seed = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))

// chain is the cards of a city with one card, which has the log key of seed.
func chain() exchange.Chain {
	return exchange.Chain{{Accord: "card/1", Party: "east", Serial: 1, Log: exchange.Key(seed.Public().(ed25519.PublicKey))}}
}

// A content is what a backup holds: files, and tables with their rows.
type content struct {
	files  map[string]string
	tables map[string][][]any
}

func head() backup.Head {
	return backup.NewHead("east", 1, time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC), 4, false)
}

func write(t testing.TB, c content, recipients ...age.Recipient) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := backup.NewWriter(&b, head(), seed, recipients...)
	for name, text := range c.files {
		err = errors.Join(err, w.File(name, 0o600, strings.NewReader(text)))
	}
	for name, rows := range c.tables {
		err = errors.Join(err, w.Table(name, []string{"a", "b", "c"}))
		for _, row := range rows {
			err = errors.Join(err, w.Row(row))
		}
	}
	if err == nil {
		_, err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// read reads a backup to its end, as whoever restores it does.
func read(b []byte, identities ...age.Identity) (c content, err error) {
	r, err := backup.NewReader(bytes.NewReader(b), int64(len(b)), identities...)
	if err != nil {
		return c, err
	}
	defer r.Close()
	c = content{map[string]string{}, map[string][][]any{}}
	for {
		item, err := r.Next()
		if errors.Is(err, io.EOF) {
			return c, r.Manifest.Open(chain())
		}
		if err != nil {
			return c, err
		}
		if item.File() {
			var text bytes.Buffer
			if _, err := r.WriteTo(&text); err != nil {
				return c, err
			}
			c.files[item.Name] = text.String()
			continue
		}
		c.tables[item.Name] = nil
		for {
			row, err := r.Row(nil)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return c, err
			}
			c.tables[item.Name] = append(c.tables[item.Name], row)
		}
	}
}

var small = content{
	files:  map[string]string{"accord.toml": "party = 'east'", "rejected/a.csv": ""},
	tables: map[string][][]any{"card": {{int64(1), "x", []byte{0, 1}}, {nil, "", []byte{}}}, "empty": nil, "odd": {{1.5, true, false}}},
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	value := rapid.OneOf(rapid.Just[any](nil), rapid.Map(rapid.Int64(), func(v int64) any { return v }), rapid.Map(rapid.String(), func(v string) any { return v }),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 3000), func(v []byte) any { return append([]byte{}, v...) }), rapid.Map(rapid.Float64(), func(v float64) any { return v }), rapid.Map(rapid.Bool(), func(v bool) any { return v }))
	rows := rapid.SliceOfN(rapid.SliceOfN(value, 3, 3), 1, 300)
	rapid.Check(t, func(rt *rapid.T) {
		c := content{map[string]string{"a/b": rapid.String().Draw(rt, "file")}, map[string][][]any{"t": rows.Draw(rt, "rows"), "u": rows.Draw(rt, "more")}}
		got, err := read(write(t, c))
		if err != nil || !reflect.DeepEqual(got, c) {
			rt.Fatalf("%v: %v, not %v", err, got, c)
		}
	})
}

// TestEveryByteCounts: a flipped bit anywhere, a cut anywhere and anything after the end is refused.
func TestEveryByteCounts(t *testing.T) {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	for name, whole := range map[string][]byte{"open": write(t, small), "sealed": write(t, small, identity.Recipient())} {
		t.Run(name, func(t *testing.T) {
			if got, err := read(whole, identity); err != nil || !reflect.DeepEqual(got, small) {
				t.Fatalf("%v %v", got, err)
			}
			refused := func(b []byte, how string) {
				t.Helper()
				if _, err := read(b, identity); err == nil {
					t.Errorf("%s: not noticed", how)
				} else if k := fault.KindOf(err); k != fault.Invalid && k != fault.Refused {
					t.Errorf("%s: %v", how, err)
				}
			}
			for i := range whole {
				b := bytes.Clone(whole)
				b[i] ^= 1 << (i % 8)
				refused(b, fmt.Sprintf("bit of byte %d flipped", i))
				refused(whole[:i], fmt.Sprintf("cut at %d", i))
			}
			refused(append(bytes.Clone(whole), 0), "one byte more")
			refused(append(bytes.Clone(whole), whole...), "twice")
		})
	}
}

func TestSealed(t *testing.T) {
	mine, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	other, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	b := write(t, small, mine.Recipient())
	if bytes.Contains(b, []byte("east")) {
		t.Error("its content can be read")
	}
	for _, ids := range [][]age.Identity{nil, {other}} {
		if _, err := read(b, ids...); fault.KindOf(err) != fault.Refused {
			t.Errorf("%v", err)
		}
	}
}

// TestAnotherKey: whoever makes a backup anew cannot sign it.
func TestAnotherKey(t *testing.T) {
	var b bytes.Buffer
	w, err := backup.NewWriter(&b, head(), ed25519.NewKeyFromSeed(bytes.Repeat([]byte{8}, ed25519.SeedSize)))
	if err == nil {
		_, err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := read(b.Bytes()); err == nil || !strings.Contains(err.Error(), "signature") {
		t.Errorf("%v", err)
	}
}

// TestUnsafeNames: a backup may not write outside the home it makes; what no reader would take is not written either.
func TestUnsafeNames(t *testing.T) {
	for _, name := range []string{"../x", "/etc/x", "a/../../x", ".hidden", "a/.b/c", "", ".", `a\b`, "a\x00b", "\xbc\xad.csv", strings.Repeat("x", 1001)} {
		w, err := backup.NewWriter(io.Discard, head(), seed)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.File(name, 0o600, strings.NewReader("x")); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q was written: %v", name, err)
		}
		text, err := json.Marshal(map[string]any{"name": name, "mode": 0o600})
		if err != nil {
			t.Fatal(err)
		}
		if utf8.ValidString(name) { // JSON has no other names
			_, err = read(raw(t, block('F', text), block('D', []byte("x"))))
			if err == nil || !strings.Contains(err.Error(), "names a file that no home has") {
				t.Errorf("%q was read: %v", name, err)
			}
		}
	}
}

// block is a block as it stands in a backup.
func block(kind byte, content []byte) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{kind}, uint32(len(content))), content...)
}

// raw is a backup that begins with the head and goes on with blocks that the writer may refuse to write.
func raw(t *testing.T, blocks ...[]byte) []byte {
	t.Helper()
	text, err := json.Marshal(head())
	if err != nil {
		t.Fatal(err)
	}
	zip, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	whole := zip.EncodeAll(append(block('H', text), bytes.Join(blocks, nil)...), []byte("accord-backup/1\n"))
	sum := sha256.Sum256(whole)
	return append(whole, sum[:]...)
}

// TestForeignBlocks: blocks that no writer makes are refused for what they are, whatever the hash at the end says.
func TestForeignBlocks(t *testing.T) {
	table := block('T', []byte(`{"name":"t","columns":["a"]}`))
	for name, c := range map[string]struct {
		blocks [][]byte
		why    string
	}{
		"data before any part":       {[][]byte{block('D', []byte{0})}, "stands where none belongs"},
		"a second head":              {[][]byte{table, block('H', []byte("{}"))}, "stands where none belongs"},
		"an unknown kind":            {[][]byte{block('X', nil)}, "stands where none belongs"},
		"longer than any":            {[][]byte{append([]byte{'D'}, 0xff, 0xff, 0xff, 0xff)}, "larger than any"},
		"half a row":                 {[][]byte{block('T', []byte(`{"name":"t","columns":["a","b"]}`)), block('D', []byte{0})}, "ends too early"},
		"a text longer than its row": {[][]byte{table, block('D', []byte{2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 'x'})}, "ends too early"},
		"a table without columns":    {[][]byte{block('T', []byte(`{"name":"t","columns":[]}`))}, "without columns"},
		"a long name of a table":     {[][]byte{block('T', []byte(`{"name":"`+strings.Repeat("t", 1001)+`","columns":["a"]}`))}, "too long a name"},
		"no manifest":                {[][]byte{table}, "cut off"},
		"a manifest of nobody":       {[][]byte{block('M', []byte("{}"))}, "not signed"},
	} {
		if _, err := read(raw(t, c.blocks...)); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSkipped: what the reader does not look at is checked all the same.
func TestSkipped(t *testing.T) {
	b := write(t, small)
	r, err := backup.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for err == nil {
		_, err = r.Next()
	}
	if !errors.Is(err, io.EOF) || r.Manifest.Rows() != 3 {
		t.Errorf("%v %+v", err, r.Manifest)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(write(f, small))
	f.Add(write(f, content{}))
	for _, c := range []content{{files: map[string]string{"a/b": "x"}}, {tables: map[string][][]any{"t": {{int64(-1), "x", 0.5}, {nil, true, []byte{}}}}}} {
		b := write(f, c)
		f.Add(b[:len(b)-1])
		f.Add(b[:len(b)/2])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := read(b); err != nil && fault.KindOf(err) == fault.Internal {
			t.Errorf("not a fault: %v", err)
		}
	})
}
