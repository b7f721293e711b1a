package exchange_test

import (
	"bytes"
	"os"
	"testing"

	"accord/exchange"
	"accord/internal/fault"
)

// Every fuzz target asks the same: no panic, no error that is not a fault, and what is accepted is written again the same.

func seeds(f *testing.F, names ...string) {
	for _, n := range names {
		b, err := os.ReadFile("testdata/vectors/" + n)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
}

func mustBeFault(t *testing.T, err error) {
	if fault.KindOf(err) == fault.Internal {
		t.Errorf("not a fault: %v", err)
	}
}

func FuzzOpenCard(f *testing.F) {
	seeds(f, "east.card", "west.card")
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := exchange.OpenCard(data, nil); err != nil {
			mustBeFault(t, err)
		}
		if _, err := exchange.ReadCard(data); err != nil {
			mustBeFault(t, err)
		}
	})
}

func FuzzParseHeader(f *testing.F) {
	east, west := newCity(f, "east"), newCity(f, "west")
	for _, e := range newHistory(f, east, west, 3).entries {
		f.Add(e.Raw)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		h, err := exchange.ParseHeader(data)
		if err != nil {
			mustBeFault(t, err)
		} else if !bytes.Equal(h.Encode(), data) {
			t.Errorf("accepted %q, which is written %q", data, h.Encode())
		}
	})
}

func FuzzDecodeBundle(f *testing.F) {
	seeds(f, "east-west-2-5.plain", "west-east-asks.plain", "east-west-answers.plain")
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := exchange.DecodeBundle(data)
		if err != nil {
			mustBeFault(t, err)
			return
		}
		if again, err := b.Encode(); err != nil || !bytes.Equal(again, data) {
			t.Errorf("accepted bytes that are written otherwise (%v)", err)
		}
	})
}

func FuzzOpenReceipt(f *testing.F) {
	seeds(f, "east-3.receipt")
	east, west := newCity(f, "east"), newCity(f, "west")
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := exchange.OpenReceipt(data, cards(east, west)); err != nil {
			mustBeFault(t, err)
		}
	})
}

func FuzzOpenCheckpoint(f *testing.F) {
	seeds(f, "east.checkpoint", "east.cosigned")
	east, west := newCity(f, "east"), newCity(f, "west")
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := exchange.OpenCheckpoint(data, east.card, "west"); err != nil {
			mustBeFault(t, err)
		}
		if _, _, err := exchange.OpenCosigned(data, exchange.Chain{east.card}, exchange.Chain{west.card}); err != nil {
			mustBeFault(t, err)
		}
	})
}

func FuzzUnseal(f *testing.F) {
	seeds(f, "east-west-2-5.accord")
	west := newCity(f, "west")
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := exchange.Unseal(data, west.sealing); err != nil {
			mustBeFault(t, err)
		}
	})
}

func FuzzParseAction(f *testing.F) {
	seeds(f, "ended.action", "superseded.action", "renewed.action")
	f.Add([]byte(`{"action":"signed","instrument":"demo","date":"2026-11-24","hash":"abababababababababababababababababababababababababababababababab","why":"","file":"x"}`))
	f.Add([]byte(`{"action":"suspended","instrument":"demo","date":"2026-11-24","hash":"abababababababababababababababababababababababababababababababab","why":"flood","file":""}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := exchange.ParseAction(data); err != nil {
			mustBeFault(t, err)
		}
	})
}

func FuzzParseDocument(f *testing.F) {
	seeds(f, "question.document", "opened.opened")
	f.Fuzz(func(t *testing.T, data []byte) {
		if d, err := exchange.ParseDocument(data); err != nil {
			mustBeFault(t, err)
		} else if again, err := d.Encode(); err != nil || !bytes.Equal(again, data) {
			t.Errorf("accepted %q, which is written %q", data, again)
		}
		if o, err := exchange.ParseOpened(data); err != nil {
			mustBeFault(t, err)
		} else if again, err := o.Encode(); err != nil || !bytes.Equal(again, data) {
			t.Errorf("accepted %q, which is written %q", data, again)
		}
	})
}

func FuzzParseRequest(f *testing.F) {
	b, err := os.ReadFile("testdata/vectors/east.request")
	if err != nil {
		f.Fatal(err)
	}
	lines := bytes.Split(b, []byte("\n"))
	f.Add(string(lines[0]), string(lines[1]), string(lines[2]))
	east := newCity(f, "east")
	f.Fuzz(func(t *testing.T, digest, input, signature string) {
		r, err := exchange.ParseRequest("/accord/v1/bundle", digest, input)
		if err != nil {
			mustBeFault(t, err)
			return
		}
		if r.Digest() != digest || r.Input() != input {
			t.Error("accepted fields that are written otherwise")
		}
		if err := r.Verify(signature, east.card); err != nil {
			mustBeFault(t, err)
		}
	})
}
