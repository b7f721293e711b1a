package exchange_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"accord/exchange"
	"accord/internal/date"
	"accord/internal/fault"
)

// someClaim is a claim with every field in use; someWord a dispute of it.
func someClaim(t testing.TB) *exchange.Claim {
	t.Helper()
	month, err := date.Parse("2026-09")
	if err != nil {
		t.Fatal(err)
	}
	return &exchange.Claim{
		Event: "east/7f0a91c2", Version: 1, Action: exchange.ClaimMade, Time: start.Add(time.Minute),
		Instrument: "A14", Text: strings.Repeat("ab", 32), Clause: "U3",
		Kind: "drill", Level: "working", By: []string{"east", "west"}, Start: month, Until: date.OnDay(date.NewDay(2026, 10, 2)),
		What: []exchange.ClaimText{
			{Lang: "ko", Standing: "official", Text: "합동 훈련\n<둘째 날> & 평가"},
			{Lang: "zh-Hant", Standing: "machine", Text: "聯合演習"},
		},
		Sources: []exchange.ClaimSource{{Title: "Report of the drill", URL: "https://example.org/drill?no=1&year=2026"}, {Title: "Minutes, kept by the office"}},
	}
}

// next is a version after a claim.
func next(t testing.TB, c *exchange.Claim, action string) *exchange.Claim {
	t.Helper()
	n := *c
	n.Version, n.Action, n.Previous, n.Why = c.Version+1, action, exchange.ClaimHash(encoded(t, c)), "the day was wrong"
	if action == exchange.ClaimWithdrawn {
		n.Kind, n.Level, n.By, n.Start, n.Until, n.What, n.Sources = "", "", nil, date.Date{}, date.Date{}, nil, nil
	}
	return &n
}

func someWord(t testing.TB) *exchange.Word {
	t.Helper()
	c := someClaim(t)
	return &exchange.Word{
		Event: c.Event, Number: 1, Claim: exchange.ClaimHash(encoded(t, c)), Time: start.Add(time.Hour),
		Instrument: c.Instrument, Text: c.Text, Clause: c.Clause, Word: exchange.WordDisputed, Why: "we had no part in it <&> 우리는 없었다",
	}
}

func encoded(t testing.TB, v interface{ Encode() ([]byte, error) }) []byte {
	t.Helper()
	b, err := v.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestClaimVectors(t *testing.T) {
	c := someClaim(t)
	for name, c := range map[string]*exchange.Claim{
		"claimed.claim": c, "corrected.claim": next(t, c, exchange.ClaimCorrected), "withdrawn.claim": next(t, c, exchange.ClaimWithdrawn),
	} {
		b := encoded(t, c)
		vector(t, name, b)
		got, err := exchange.ParseClaim(b)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if !bytes.Equal(encoded(t, got), b) {
			t.Errorf("%s is written otherwise after it was read", name)
		}
	}
	w := someWord(t)
	for _, name := range []string{exchange.WordDisputed, exchange.WordConfirmed, exchange.WordTakenBack} {
		w.Word = name
		b := encoded(t, w)
		vector(t, name+".word", b)
		if _, err := exchange.ParseWord(b); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		w.Number, w.Why = w.Number+1, ""
	}
}

// TestEveryFlippedBit: no changed byte is taken for the same claim or word, and most are no claim at all.
func TestEveryFlippedBitOfAClaim(t *testing.T) {
	b := encoded(t, someClaim(t))
	hash := exchange.ClaimHash(b)
	for i := range b {
		for bit := range 8 {
			flipped := bytes.Clone(b)
			flipped[i] ^= 1 << bit
			if c, err := exchange.ParseClaim(flipped); err != nil {
				mustBeFault(t, err)
			} else if again := encoded(t, c); !bytes.Equal(again, flipped) || exchange.ClaimHash(again) == hash {
				t.Fatalf("byte %d, bit %d: another claim passes for this one", i, bit)
			}
		}
	}
}

func TestWrongClaims(t *testing.T) {
	long := strings.Repeat("x", 2001)
	for name, change := range map[string]func(c *exchange.Claim){
		"event without a party":   func(c *exchange.Claim) { c.Event = "7f0a91c2" },
		"event of two slashes":    func(c *exchange.Claim) { c.Event = "east/a/b" },
		"version nought":          func(c *exchange.Claim) { c.Version = 0 },
		"second version, claimed": func(c *exchange.Claim) { c.Version, c.Previous, c.Why = 2, c.Text, "x" },
		"first version after one": func(c *exchange.Claim) { c.Previous = c.Text },
		"first version with why":  func(c *exchange.Claim) { c.Why = "x" },
		"no action":               func(c *exchange.Claim) { c.Action = "" },
		"fraction of a second":    func(c *exchange.Claim) { c.Time = c.Time.Add(time.Millisecond) },
		"no clause":               func(c *exchange.Claim) { c.Clause = "" },
		"no text of instrument":   func(c *exchange.Claim) { c.Text = "AB" + c.Text[2:] },
		"kind with a space":       func(c *exchange.Claim) { c.Kind = "a drill" },
		"no level":                func(c *exchange.Claim) { c.Level = "" },
		"nobody":                  func(c *exchange.Claim) { c.By = nil },
		"out of order":            func(c *exchange.Claim) { c.By = []string{"west", "east"} },
		"twice":                   func(c *exchange.Claim) { c.By = []string{"east", "east"} },
		"no date":                 func(c *exchange.Claim) { c.Start = date.Date{} },
		"ends before":             func(c *exchange.Claim) { c.Until = date.OnDay(date.NewDay(2026, 8, 31)) },
		"ends as it begins":       func(c *exchange.Claim) { c.Until = c.Start },
		"no words":                func(c *exchange.Claim) { c.What = nil },
		"language twice":          func(c *exchange.Claim) { c.What[1].Lang = "ko" },
		"no language":             func(c *exchange.Claim) { c.What[0].Lang = "Korean" },
		"authentic":               func(c *exchange.Claim) { c.What[0].Standing = "authentic" },
		"empty text":              func(c *exchange.Claim) { c.What[0].Text = " \n" },
		"long text":               func(c *exchange.Claim) { c.What[0].Text = long },
		"hidden character":        func(c *exchange.Claim) { c.What[0].Text = "a\u202eb" },
		"tab":                     func(c *exchange.Claim) { c.What[0].Text = "a\tb" },
		"no source":               func(c *exchange.Claim) { c.Sources = nil },
		"source without a title":  func(c *exchange.Claim) { c.Sources[0].Title = "" },
		"address of a script":     func(c *exchange.Claim) { c.Sources[0].URL = "javascript:alert(1)" },
		"address with a password": func(c *exchange.Claim) { c.Sources[0].URL = "https://a:b@example.org/" },
		"source twice":            func(c *exchange.Claim) { c.Sources[1] = c.Sources[0] },
	} {
		c := someClaim(t)
		change(c)
		if _, err := exchange.ParseClaim(encoded(t, c)); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	withdrawn := next(t, someClaim(t), exchange.ClaimWithdrawn)
	withdrawn.Kind = "drill"
	if _, err := exchange.ParseClaim(encoded(t, withdrawn)); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a withdrawal that says something: %v", err)
	}
	for old, other := range map[string]string{
		`"version":1`:         `"version":1.0`,
		`{"event"`:            `{ "event"`,
		`"by":["east",`:       `"by":["east","east",`,
		`"previous":"",`:      ``,
		`"why":""}`:           `"why":"","more":1}`,
		`,"why":""}`:          `,"why":""}{}`,
		`"version":1,`:        `"version":1,"version":1,`,
		`T00:01:00Z`:          `T00:01:00+00:00`,
		`"start":"2026-09"`:   `"start":"2026-9"`,
		`"event":"east/7f0a9`: `"Event":"east/7f0a9`,
	} {
		text := string(encoded(t, someClaim(t)))
		if !strings.Contains(text, old) {
			t.Fatalf("%s is not in %s", old, text)
		}
		if _, err := exchange.ParseClaim([]byte(strings.Replace(text, old, other, 1))); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s for %s: %v", other, old, err)
		}
	}
}

func TestWrongWords(t *testing.T) {
	for name, change := range map[string]func(w *exchange.Word){
		"no event":             func(w *exchange.Word) { w.Event = "" },
		"number nought":        func(w *exchange.Word) { w.Number = 0 },
		"no version":           func(w *exchange.Word) { w.Claim = "" },
		"dispute without why":  func(w *exchange.Word) { w.Why = "" },
		"another word":         func(w *exchange.Word) { w.Word = "perhaps" },
		"no clause":            func(w *exchange.Word) { w.Clause = "" },
		"no instrument":        func(w *exchange.Word) { w.Instrument = "" },
		"a reason without end": func(w *exchange.Word) { w.Why = strings.Repeat("x", exchange.MaxWhy+1) },
		"no time":              func(w *exchange.Word) { w.Time = time.Time{} },
	} {
		w := someWord(t)
		change(w)
		if _, err := exchange.ParseWord(encoded(t, w)); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParseClaim(f *testing.F) {
	seeds(f, "claimed.claim", "corrected.claim", "withdrawn.claim")
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := exchange.ParseClaim(data)
		if err != nil {
			mustBeFault(t, err)
		} else if !bytes.Equal(encoded(t, c), data) {
			t.Errorf("accepted %q, which is written otherwise", data)
		}
	})
}

func FuzzParseWord(f *testing.F) {
	seeds(f, "confirmed.word", "disputed.word", "taken_back.word")
	f.Fuzz(func(t *testing.T, data []byte) {
		w, err := exchange.ParseWord(data)
		if err != nil {
			mustBeFault(t, err)
		} else if !bytes.Equal(encoded(t, w), data) {
			t.Errorf("accepted %q, which is written otherwise", data)
		}
	})
}
