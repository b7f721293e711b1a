package intake

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/text/encoding/korean"

	"accord/internal/fault"
)

// FuzzRead: whatever the bytes, reading ends with counts that add up or with a fault in our words.
func FuzzRead(f *testing.F) {
	r, d := subsidence(f)
	cp949, _ := korean.EUCKR.NewEncoder().String(header + plain("a"))
	for _, s := range []string{"", header, header + plain("a") + plain("a"), "\ufeff" + header + with("a", 12, "\"x\r\ny\""), cp949,
		header + plain("a")[:40], header + "\"", "<html>", header + "\x00", header + with("a", width, "1e9"), header + "\xff\xfe"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		n := 0
		sum, err := Read(r, d, bytes.NewReader(data), func(row Row) error {
			n++
			if (row.Status == Rejected) != (row.Problems != nil) || row.Line < 2 {
				t.Errorf("%+v", row)
			}
			if row.Status != Rejected {
				if p := d.Validate(&row.Record); p != nil {
					t.Errorf("accepted with %v", p)
				}
			}
			return nil
		})
		if n != sum.Rows || sum.Rows != sum.Accepted+sum.Rejected+sum.Unchanged || sum.Flagged > sum.Accepted {
			t.Errorf("%d rows, %+v", n, sum)
		}
		if k := fault.KindOf(err); err != nil && k != fault.Invalid {
			t.Errorf("%v (%s)", err, k)
		}
		Detect([]*Recipe{r}, data)
	})
}

func BenchmarkRead(b *testing.B) {
	r, d := subsidence(b)
	var text strings.Builder
	text.WriteString(header)
	const rows = 10_000
	for i := range rows {
		text.WriteString(plain(fmt.Sprintf("2018%06d", i)))
	}
	b.SetBytes(int64(text.Len()))
	b.ReportAllocs()
	for b.Loop() {
		sum, err := Read(r, d, strings.NewReader(text.String()), func(Row) error { return nil })
		if err != nil || sum.Accepted != rows {
			b.Fatal(sum, err)
		}
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
