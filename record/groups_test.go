package record

import (
	"encoding/json"
	"os"
	"strings"
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

// TestVectorsOnward: a batch of another's records says so in its head, in one form, and every other is refused.
func TestVectorsOnward(t *testing.T) {
	d := things(t)
	o := &Origin{Party: "east", Instrument: "T1", Clause: "C1", Purpose: []Purpose{{"ko", "방법의 \"비교\""}, {"en", "Comparison"}}}
	body, err := EncodeOnward(d, []Record{{Key: "a"}}, o)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("testdata/vectors/onward.txt", body, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want := vector(t, "onward.txt"); want != string(body) {
		t.Errorf("%s\nwant\n%s", body, want)
	}
	b, err := DecodeBatch(body, lookup(d))
	if err != nil || b.Origin == nil || b.Origin.Party != "east" || len(b.Origin.Purpose) != 2 {
		t.Fatalf("%+v, %v", b, err)
	}
	for name, c := range map[string][2]string{
		"no party":        {`"party":"east"`, `"party":""`},
		"party as path":   {`"party":"east"`, `"party":"east/west"`},
		"capital":         {`"party":"east"`, `"party":"East"`},
		"no clause":       {`"clause":"C1"`, `"clause":""`},
		"space":           {`"clause":"C1"`, `"clause": "C1"`},
		"order":           {`"instrument":"T1","clause":"C1"`, `"clause":"C1","instrument":"T1"`},
		"more":            {`"clause":"C1"`, `"clause":"C1","x":1`},
		"null purpose":    {`"purpose":[`, `"purpose":null,"x":[`},
		"no language":     {`"lang":"ko"`, `"lang":""`},
		"escape":          {`Comparison`, `\u0043omparison`},
		"upper-case name": {`"party"`, `"Party"`},
		"null":            {`{"party":"east","instrument":"T1","clause":"C1","purpose":`, `null,"x":{"a":`},
		"twice":           {`,"origin":`, `,"origin":{},"origin":`},
		"no end":          {`]}}`, `]}`},
	} {
		bad := strings.Replace(string(body), c[0], c[1], 1)
		if bad == string(body) {
			t.Fatalf("%s: nothing was changed", name)
		}
		if _, err := DecodeBatch([]byte(bad), lookup(d)); err == nil {
			t.Errorf("%s is read", name)
		}
	}
	long := *o
	for range 17 {
		long.Purpose = append(long.Purpose, Purpose{"en", "x"})
	}
	for _, bad := range []*Origin{{}, &long, {Party: "east", Instrument: "T1", Clause: "C1"}} {
		if _, err := EncodeOnward(d, []Record{{Key: "a"}}, bad); err == nil {
			t.Errorf("%+v is written", bad)
		}
	}
}
