package exchange_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/tlog"

	"accord/exchange"
	"accord/internal/date"
)

var update = flag.Bool("update", false, "write testdata/vectors anew; only for a new version of the protocol")

// vector returns the file of that name after comparing it with got, byte for byte.
func vector(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata/vectors", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (-want +got):\n%s", name, cmp.Diff(string(want), string(got)))
	}
}

// TestVectors makes every document of the protocol from fixed keys and compares its bytes with the files another
// implementation is checked with.
func TestVectors(t *testing.T) {
	east, west := newCity(t, "east"), newCity(t, "west")
	keys := map[string]map[string]string{}
	for _, c := range []*city{east, west} {
		keys[c.name] = map[string]string{"sealing": c.sealing.String()}
		for name, k := range map[string]ed25519.PrivateKey{"identity": c.identity, "log": c.log, "mirror": c.mirror} {
			keys[c.name][name] = hex.EncodeToString(k.Seed())
		}
		vector(t, c.name+".card", c.file)
		vector(t, c.name+".fingerprint", []byte(c.card.Fingerprint()+"\n"))
	}
	b, err := json.MarshalIndent(keys, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	vector(t, "keys.json", append(b, '\n'))

	next := *east.card
	next.Serial, next.Previous, next.ValidFrom = 2, east.card.Hash(), start.Add(48*time.Hour)
	next.Identity = pub(seed("east identity 2"))
	second, err := exchange.SignCard(&next, seed("east identity 2"), east.identity)
	if err != nil {
		t.Fatal(err)
	}
	vector(t, "east-2.card", second)
	revoking := *east.card
	revoking.Serial, revoking.Previous, revoking.ValidFrom, revoking.Revokes = 2, east.card.Hash(), start.Add(48*time.Hour), true
	revoking.Log, revoking.Mirror, revoking.Sealing, revoking.TLS = pub(seed("east log 2")), pub(seed("east mirror 2")), west.card.Sealing, west.card.TLS
	revoked, err := exchange.SignCard(&revoking, east.identity, east.identity)
	if err != nil {
		t.Fatal(err)
	}
	vector(t, "east-2-revokes.card", revoked)
	if c, err := exchange.OpenCard(revoked, east.card); err != nil || !c.Revokes {
		t.Errorf("%+v, %v", c, err)
	}
	request := exchange.NewRequest(east.card, "/accord/v1/bundle", []byte("sealed"), start)
	fields := request.Digest() + "\n" + request.Input() + "\n" + request.Sign(east.log) + "\n"
	vector(t, "east.request", []byte(fields))
	f := strings.Split(fields, "\n")
	if again, err := exchange.ParseRequest("/accord/v1/bundle", f[0], f[1]); err != nil || again.Verify(f[2], east.card) != nil || again.Verify(f[2], west.card) == nil {
		t.Errorf("%+v, %v", again, err)
	}
	if _, err := exchange.OpenCard(second, east.card); err != nil {
		t.Error(err)
	}
	action, err := (&exchange.Action{Action: exchange.ActionSuspended, Instrument: "demo", Date: date.NewDay(2026, 11, 24), Hash: strings.Repeat("ab", 32), Why: "flood <&> 홍수"}).Encode()
	if err != nil {
		t.Fatal(err)
	}
	vector(t, "suspended.action", action)
	if _, err := exchange.ParseAction(action); err != nil {
		t.Error(err)
	}

	for name, a := range map[string]exchange.Action{
		"ended.action":      {Action: exchange.ActionEnded, At: start.Add(90 * time.Hour), Why: "the need is over"},
		"superseded.action": {Action: exchange.ActionSuperseded, At: start.Add(90 * time.Hour), By: "demo-2"},
		"renewed.action":    {Action: exchange.ActionRenewed, Until: date.NewDay(2028, 11, 24)},
	} {
		a.Instrument, a.Date, a.Hash = "demo", date.NewDay(2026, 11, 24), strings.Repeat("ab", 32)
		body, err := a.Encode()
		if err != nil {
			t.Fatal(err)
		}
		vector(t, name, body)
		if _, err := exchange.ParseAction(body); err != nil {
			t.Error(name, err)
		}
	}

	for name, p := range map[string]exchange.Purge{
		"asked.purge":      {Log: "east/link/east.west", Entries: []exchange.Span{{2, 3}, {5, 9}}, Basis: exchange.BasisAsked, Why: "a name stood in it: 홍길동"},
		"retention.purged": {Log: "east/link/east.west", Entries: []exchange.Span{{0, 4}}, Basis: exchange.BasisRetention},
	} {
		body, err := p.Encode()
		if err != nil {
			t.Fatal(err)
		}
		vector(t, name, body)
		if _, err := exchange.ParsePurge(body); err != nil {
			t.Error(name, err)
		}
	}
	taken, err := (&exchange.Withdrawal{Dataset: "safety/subsidence", Version: 1, Keys: []string{"20180001", "땅 1"}}).Encode()
	if err != nil {
		t.Fatal(err)
	}
	vector(t, "records.withdrawal", taken)
	if _, err := exchange.ParseWithdrawal(taken); err != nil {
		t.Error(err)
	}

	log, other := newHistory(t, east, west, 5), newHistory(t, west, east, 3)
	var entries bytes.Buffer
	for _, e := range log.entries {
		fmt.Fprintf(&entries, "%x\n%x\n%s\n", e.Salt, e.Body, e.Raw)
	}
	vector(t, "east.entries", entries.Bytes())
	vector(t, "east.checkpoint", log.checkpoint(t, 5))
	vector(t, "east.cosigned", log.cosigned(t, 5))
	vector(t, "east-3.receipt", log.receipt(t, 5, 3))
	plain, err := log.bundle(t, 2, 5, other, 3).Encode()
	if err != nil {
		t.Fatal(err)
	}
	vector(t, "east-west-2-5.plain", plain)

	// West was restored, has one entry of its own log left and asks; east gives back the second of three.
	asking := other.bundle(t, 1, 1, log, 0)
	asking.Asks, asking.Has = fmt.Sprintf("%032x", 0xa5c5), 1
	west.sign(t, asking)
	question, err := asking.Encode()
	if err != nil {
		t.Fatal(err)
	}
	vector(t, "west-east-asks.plain", question)
	answering := log.bundle(t, 5, 5, other, 3)
	answering.Answers, answering.Back, answering.Until, answering.Returned = asking.Asks, 1, 2, other.entries[1:2]
	if answering.BackProof, err = tlog.ProveTree(3, 2, other); err != nil {
		t.Fatal(err)
	}
	east.sign(t, answering)
	answer, err := answering.Encode()
	if err != nil {
		t.Fatal(err)
	}
	vector(t, "east-west-answers.plain", answer)
	for _, plain := range [][]byte{question, answer} {
		b, err := exchange.DecodeBundle(plain)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := b.Encode(); err != nil || !bytes.Equal(again, plain) {
			t.Errorf("it is written otherwise (%v)", err)
		}
	}
}

// TestSealedVector opens a bundle that was sealed once: sealing is random, opening is not.
func TestSealedVector(t *testing.T) {
	east, west := newCity(t, "east"), newCity(t, "west")
	path := "testdata/vectors/east-west-2-5.accord"
	plain, err := os.ReadFile("testdata/vectors/east-west-2-5.plain")
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		sealed, err := exchange.Seal(plain, west.card)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, sealed, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	sealed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got, err := exchange.Unseal(sealed, west.sealing)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, plain) {
		t.Error("the sealed vector does not hold the plain one")
	}
	if _, err := exchange.Unseal(sealed, east.sealing); err == nil {
		t.Error("a bundle opened with a key it is not sealed to")
	}
}
