package flow_test

import (
	"encoding/json"
	"testing"
	"time"

	"accord/exchange"
	"accord/internal/db"
	"accord/internal/instrument"
	"accord/internal/link"
)

// TestNoByteStopsTheLink: text that one engine cannot keep is a fault of its entry, on every engine; what follows is applied.
func TestNoByteStopsTheLink(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		agree(t, east, west, text("T1", terms()))
		kept := east.bodies(`SELECT hash FROM instrument WHERE id = 'T1'`)
		for _, e := range []struct {
			kind exchange.Kind
			body string
		}{
			{exchange.KindWithdrawal, `{"dataset":"safety/subsidence","version":1,"keys":["a\u0000"]}`},
			{exchange.KindAction, `{"action":"suspended","instrument":"T1","date":"2026-11-24","hash":"` + kept[0] + `","why":"a\u0000","file":""}`},
			{exchange.KindAction, `{"action":"ended","instrument":"T1","date":"2026-11-24","hash":"` + kept[0] + `","why":"a\u0000","file":"","at":"` + time.Now().UTC().AddDate(1, 0, 0).Format(time.RFC3339) + `"}`},
			{exchange.KindPurge, `{"log":"east/link/east.west","entries":[[0,1]],"basis":"asked","why":"a\u0000"}`},
		} {
			if !json.Valid([]byte(e.body)) {
				t.Fatal(e.body)
			}
			clause := ""
			if e.kind == exchange.KindWithdrawal {
				clause = "C1"
			}
			east.say(west, link.Waiting{Kind: e.kind, Instrument: "T1", Clause: clause, Body: []byte(e.body)})
		}
		east.put(hole("a", 1, "x"))
		east.offer(1)
		if r := east.carry(west); r.Aside != 4 || len(west.from("east")) != 1 {
			t.Errorf("%+v, %d records", r, len(west.from("east")))
		}
	})
}

// TestSignedAgainRetriesNothing: a partner that says the same text again and again does not make this node look again, each
// time, at everything that is set aside.
func TestSignedAgainRetriesNothing(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		agree(t, east, west, text("T1", terms()))
		east.say(west, link.Waiting{Kind: exchange.KindRecords, Instrument: "T1", Clause: "C1", Unit: "east/u", Body: []byte("no batch")})
		east.carry(west)
		west.update(func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), `UPDATE entry SET aside = 'as it was' WHERE aside <> ''`)
			return err
		})
		east.update(func(tx *db.Tx) error {
			k, err := instrument.Get(t.Context(), tx, "T1")
			if err != nil {
				return err
			}
			return east.flow.Sign(t.Context(), tx, k)
		})
		if r := east.carry(west); r.Applied != 1 {
			t.Fatalf("%+v", r)
		}
		equal(t, "reason", west.bodies(`SELECT aside FROM entry WHERE aside <> ''`), "as it was")
	})
}
