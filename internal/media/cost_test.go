package media_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"accord/internal/fault"
)

// TestAlwaysAFault: what is wrong with a file is a fault of the file. Any other error would say that its bytes could not be
// read, and whoever looks into all files that came would never get past this one.
func TestAlwaysAFault(t *testing.T) {
	for _, c := range []struct{ name, content string }{
		{"a.txt", "\xff\xfe\x00\xd8"}, {"a.csv", "\xff\xfe\x00\xd8"}, {"a.txt", "\xff\xfea"}, {"a.txt", "\xfe\xff\xdc\x00"}, {"a.csv", "\xfe\xffa"},
	} {
		err := check(c.name, []byte(c.content))
		f, ok := errors.AsType[*fault.Fault](err)
		if !ok || f.Kind != fault.Invalid && f.Kind != fault.Refused {
			t.Errorf("%s %q: %v is no fault of the file", c.name, c.content, err)
		}
	}
}

// TestManyStreams: a file of 6 MiB full of beginnings of streams is refused in about the time that one of its size takes.
func TestManyStreams(t *testing.T) {
	start := time.Now()
	err := check("a.pdf", pdf(catalog, strings.Repeat("stream\nx\x9c\x00", 600_000)))
	if err == nil || !strings.Contains(err.Error(), "more streams") {
		t.Error(err)
	}
	if took := time.Since(start); took > time.Minute {
		t.Errorf("it took %s", took)
	}
}
