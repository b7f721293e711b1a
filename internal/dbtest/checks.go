package dbtest

import (
	"flag"
	"os"
	"testing"
)

// Few lets the properties of a test be looked at 15 times instead of rapid's hundred: each look is a world of its own in a
// database. ACCORD_LONG=1, which make soak sets, has them all.
func Few(t *testing.T) {
	t.Helper()
	checks := flag.Lookup("rapid.checks")
	if checks == nil || os.Getenv("ACCORD_LONG") != "" {
		return
	}
	before := checks.Value.String()
	if err := flag.Set("rapid.checks", "15"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = flag.Set("rapid.checks", before) })
}

// Times is how often a test does what takes long: few times, or with ACCORD_LONG=1 many.
func Times(few, many int) int {
	if os.Getenv("ACCORD_LONG") != "" {
		return many
	}
	return few
}
