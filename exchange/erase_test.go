package exchange_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"accord/exchange"
)

// TestPurgeHasOneForm: what is written is read, and each other way to say the same is refused.
func TestPurgeHasOneForm(t *testing.T) {
	const good = `{"log":"east/link/east.west","entries":[[2,3],[5,9]],"basis":"asked","why":""}`
	if p, err := exchange.ParsePurge([]byte(good)); err != nil || !p.Holds(2) || p.Holds(3) || p.Holds(4) || !p.Holds(8) || p.Holds(9) || p.Last() != 8 {
		t.Error(p, err)
	}
	for _, entries := range []string{`[]`, `null`, `[[2,2]]`, `[[3,2]]`, `[[-1,2]]`, `[[2,3],[3,4]]`, `[[5,9],[2,3]]`, `[[2,5],[4,6]]`, `[[0,10001]]`,
		`[[0,6000],[7000,12000]]`, `[[2,3,4]]`, `[[2]]`, `[[2.0,3]]`, `[[0,9223372036854775807]]`} {
		if p, err := exchange.ParsePurge([]byte(fmt.Sprintf(`{"log":"east/link/east.west","entries":%s,"basis":"asked","why":""}`, entries))); err == nil {
			t.Errorf("%s: %v", entries, p)
		}
	}
	for _, body := range []string{"", "{}", good + " ", good + good, `{"log":"east/link/east.west","entries":[[2,3]],"basis":"mood","why":""}`,
		`{"log":"east","entries":[[2,3]],"basis":"asked","why":""}`, `{"entries":[[2,3]],"log":"east/link/east.west","basis":"asked","why":""}`} {
		if p, err := exchange.ParsePurge([]byte(body)); err == nil {
			t.Errorf("%s: %v", body, p)
		}
	}
}

// TestWithdrawalHasOneForm as well.
func TestWithdrawalHasOneForm(t *testing.T) {
	if _, err := exchange.ParseWithdrawal([]byte(`{"dataset":"a/b","version":1,"keys":["1","2"]}`)); err != nil {
		t.Error(err)
	}
	for _, body := range []string{`{"dataset":"a/b","version":1,"keys":["2","1"]}`, `{"dataset":"a/b","version":1,"keys":["1","1"]}`, `{"dataset":"a/b","version":1,"keys":[]}`,
		`{"dataset":"a/b","version":0,"keys":["1"]}`, `{"dataset":"","version":1,"keys":["1"]}`, `{"dataset":"a/b","version":1,"keys":[""]}`,
		`{"dataset":"a/b","version":1,"keys":["\u0031"]}`, "{\"dataset\":\"a/b\",\"version\":1,\"keys\":[\"\xff\"]}", `{"dataset":"a/b","version":1,"keys":["1"],"why":""}`} {
		if w, err := exchange.ParseWithdrawal([]byte(body)); err == nil {
			t.Errorf("%s: %v", body, w)
		}
	}
}

// TestSpans: ranges say exactly the indexes they were made of, and are written and read again.
func TestSpans(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		indexes := rapid.SliceOfNDistinct(rapid.Int64Range(0, 60), 1, 40, rapid.ID[int64]).Draw(r, "indexes")
		slices.Sort(indexes)
		p := exchange.Purge{Log: "east/link/east.west", Entries: exchange.Spans(indexes), Basis: exchange.BasisRetention}
		for i := range int64(62) {
			if p.Holds(i) != slices.Contains(indexes, i) {
				r.Fatal(i, indexes, p.Entries)
			}
		}
		body, err := p.Encode()
		if err != nil {
			r.Fatal(err)
		}
		again, err := exchange.ParsePurge(body)
		if err != nil || again.Last() != indexes[len(indexes)-1] {
			r.Fatal(again, err)
		}
	})
}

func FuzzParsePurge(f *testing.F) {
	seeds(f, "asked.purge", "retention.purged")
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := exchange.ParsePurge(data)
		if err != nil {
			mustBeFault(t, err)
		} else if again, err := p.Encode(); err != nil || !bytes.Equal(again, data) {
			t.Errorf("accepted %q, which is written %q (%v)", data, again, err)
		}
	})
}

func FuzzParseWithdrawal(f *testing.F) {
	seeds(f, "records.withdrawal")
	f.Fuzz(func(t *testing.T, data []byte) {
		w, err := exchange.ParseWithdrawal(data)
		if err != nil {
			mustBeFault(t, err)
		} else if again, err := w.Encode(); err != nil || !bytes.Equal(again, data) {
			t.Errorf("accepted %q, which is written %q (%v)", data, again, err)
		}
	})
}
