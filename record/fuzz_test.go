package record

import (
	"bytes"
	"strings"
	"testing"
)

func seeds(f *testing.F) {
	for _, name := range []string{"rows.txt", "broken.txt"} {
		for line := range strings.Lines(vector(f, name)) {
			f.Add([]byte(strings.TrimSuffix(line, "\n")))
		}
	}
}

// FuzzParseRow: what is read is what AppendRow writes, byte for byte.
func FuzzParseRow(f *testing.F) {
	d := things(f)
	seeds(f)
	f.Fuzz(func(t *testing.T, row []byte) {
		var r Record
		if ParseRow(d, row, &r) != nil {
			return
		}
		if again := AppendRow(nil, d, &r); !bytes.Equal(again, row) {
			t.Errorf("%s\nis written again as\n%s", row, again)
		}
		if p := d.check(&r); p != nil {
			t.Errorf("%s is read with problems: %v", row, p)
		}
	})
}

// FuzzDecodeBatch: what is read is what EncodeBatch writes, byte for byte.
func FuzzDecodeBatch(f *testing.F) {
	d := things(f)
	f.Add([]byte(vector(f, "batch.txt")))
	f.Add([]byte(vector(f, "onward.txt")))
	f.Add([]byte(`{"dataset":"test/things","version":3,"rows":1}` + "\n" + `{"key":"a","values":{}}` + "\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		b, err := DecodeBatch(body, lookup(d))
		if err != nil {
			return
		}
		if again, err := encodeBatch(b.Dataset, b.Records, b.Origin); err != nil || !bytes.Equal(again, body) {
			t.Errorf("%s\nis written again as\n%s (%v)", body, again, err)
		}
	})
}
