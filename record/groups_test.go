package record

import (
	"encoding/json"
	"os"
	"testing"
)

// TestVectorsGroups: what is said of groups is described as groups.json shows.
func TestVectorsGroups(t *testing.T) {
	g := things(t).Groups()
	if err := g.Check(); err != nil {
		t.Fatal(err)
	}
	got, err := json.MarshalIndent(g, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if got = append(got, '\n'); *update {
		if err := os.WriteFile("testdata/vectors/groups.json", got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want := vector(t, "groups.json"); want != string(got) {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}
