package agreement_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"accord/agreement"
	"accord/internal/fault"
)

// hostile are texts of the largest size that say the same small thing as often as it fits.
func hostile(tb testing.TB) map[string][]byte {
	good := string(vector(tb, "text.toml"))
	head := good[:strings.Index(good, "[[clauses]]")]
	fill := func(before, each string) []byte {
		return []byte(before + strings.Repeat(each, (agreement.MaxFile-len(before)-64)/len(each)))
	}
	numbered := func(before, each string) []byte {
		var b strings.Builder
		b.WriteString(before)
		for i := 0; b.Len() < agreement.MaxFile-256; i++ {
			fmt.Fprintf(&b, each, i)
		}
		return []byte(b.String())
	}
	clause := good[strings.Index(good, "[[clauses]]"):]
	return map[string][]byte{
		"clauses":          fill(head, "[[clauses]]\n"),
		"clauses alone":    fill("", "[[clauses]]\n"),
		"clauses by name":  numbered(head, "[[clauses]]\nid = \"C%d\"\n"),
		"terms":            fill(good, "[[clauses.terms]]\n"),
		"texts":            fill(good, "[[clauses.texts]]\n"),
		"names":            fill(head, "[[names]]\n"),
		"annexes":          fill(head, "[[annexes]]\n"),
		"lines":            fill(head+"[[annexes]]\nversion = \"2020\"\n", "[[annexes.lines]]\n"),
		"lines of annexes": fill(head, "[[annexes]]\n[[annexes.lines]]\n"),
		"inline clauses":   fill("clauses=[", "{},\n"),
		"inline texts":     fill("names=[", "{},"),
		"kinds":            fill(head+clause+"[[clauses]]\nkinds=[", "'data',"),
	}
}

// TestHostileTextsCostLittle: a file from anywhere is refused before it costs anybody anything.
func TestHostileTextsCostLittle(t *testing.T) {
	for name, text := range hostile(t) {
		if !strings.HasSuffix(string(text), "\n") {
			text = append(text, '\n')
		}
		best := time.Hour
		var err error
		for range 5 { // the best of some: the machine does other things too
			start := time.Now()
			_, err = agreement.Parse(text)
			best = min(best, time.Since(start))
		}
		wantFault(t, err, fault.Invalid, "")
		limit := 20 * time.Millisecond
		if racing {
			limit *= 15 // the race detector costs as much
		}
		if best > limit {
			t.Errorf("%s: %d bytes cost %v", name, len(text), best)
		}
		t.Logf("%s: %v: %v", name, best, err)
	}
}
