package node

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"accord/internal/area/all"
	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/instrument"
	"accord/internal/link"
	"accord/internal/store"
	"accord/record"
)

// Receipt is the receipt of one entry on the link with partner; of this city's own entries when writer is empty.
func (n *Node) Receipt(ctx context.Context, partner, writer string, index int64) ([]byte, error) {
	self := n.Home.Config.Party
	switch writer {
	case "", self:
		return n.Links.Receipt(ctx, self, partner, index)
	case partner:
		return n.Links.Receipt(ctx, partner, self, index)
	}
	return nil, fault.New(fault.NotFound, "receipt", fmt.Sprintf("%q writes no log on the link with %s", writer, partner), "name this city or the partner")
}

// A Verification is the outcome of checking everything a node has stored.
type Verification struct {
	Clean       bool         `json:"clean"`
	Logs        []link.Check `json:"logs"`
	Records     int64        `json:"records"`     // versions of records checked
	Instruments int          `json:"instruments"` // texts checked with their signatures
	Faults      []string     `json:"faults"`      // what does not hold, beside the faults of the logs
}

// Write says it in words.
func (v *Verification) Write(w io.Writer) {
	for _, l := range v.Logs {
		fmt.Fprintf(w, "log %s: %d entries, %d cosigned checkpoints\n", l.Log, l.Entries, l.Cosigned)
		for _, f := range l.Faults {
			fmt.Fprintf(w, "  does not hold: %s\n", f)
		}
	}
	fmt.Fprintf(w, "%d records, %d instruments\n", v.Records, v.Instruments)
	for _, f := range v.Faults {
		fmt.Fprintf(w, "  does not hold: %s\n", f)
	}
	if v.Clean {
		fmt.Fprintln(w, "everything holds")
	}
}

// Verify checks every log, checkpoint, instrument and stored record of the node.
func (n *Node) Verify(ctx context.Context) (*Verification, error) {
	v := &Verification{Clean: true, Faults: []string{}}
	var err error
	if v.Logs, err = n.Links.Verify(ctx); err != nil {
		return nil, err
	}
	for i, l := range v.Logs {
		if v.Clean = v.Clean && len(l.Faults) == 0; l.Faults == nil {
			v.Logs[i].Faults = []string{}
		}
	}
	err = n.DB.View(ctx, func(tx *db.Tx) error {
		kept, err := instrument.All(ctx, tx)
		if err != nil {
			return err
		}
		v.Instruments = len(kept)
		for _, k := range kept {
			if again, err := instrument.Check(ctx, tx, k.File); err != nil {
				v.Faults = append(v.Faults, fmt.Sprintf("instrument %s: %v", k.ID, err))
			} else if again.Hash != k.Hash {
				v.Faults = append(v.Faults, fmt.Sprintf("instrument %s: its text is not the one that was kept", k.ID))
			}
		}
		if err := v.records(ctx, tx); err != nil {
			return err
		}
		return v.sources(ctx, tx)
	})
	v.Clean = v.Clean && len(v.Faults) == 0
	return v, err
}

// records checks that every stored version is canonical, has its key and is the bytes that were hashed.
func (v *Verification) records(ctx context.Context, tx *db.Tx) error {
	var r record.Record
	return store.Each(ctx, tx, func(seq int64, dataset string, version int, key string, row, sum []byte) error {
		v.Records++
		got := record.Sum(row)
		d, ok := all.Lookup(dataset, version)
		switch {
		case !bytes.Equal(got[:], sum):
			v.Faults = append(v.Faults, fmt.Sprintf("record %d: its bytes are not those that were stored", seq))
		case !ok:
			v.Faults = append(v.Faults, fmt.Sprintf("record %d: dataset %s version %d is not known", seq, dataset, version))
		default:
			if err := record.ParseRow(d, row, &r); err != nil {
				v.Faults = append(v.Faults, fmt.Sprintf("record %d: %v", seq, err))
			} else if r.Key != key {
				v.Faults = append(v.Faults, fmt.Sprintf("record %d: stored under another key than its own", seq))
			}
		}
		return nil
	})
}

// sources checks that every record that came stands, byte for byte, in the entry that brought it.
func (v *Verification) sources(ctx context.Context, tx *db.Tx) error {
	var log, idx int64 = -1, -1
	var rows map[string]bool
	return tx.Rows(ctx, `SELECT r.seq, r.row, r.log, r.idx, e.body FROM record r LEFT JOIN entry e ON e.log = r.log AND e.idx = r.idx
		WHERE r.log IS NOT NULL ORDER BY r.log, r.idx, r.seq`, nil, func(s db.Scanner) error {
		var seq, l, i int64
		var row, body []byte
		if err := s.Scan(&seq, &row, &l, &i, &body); err != nil {
			return err
		}
		if l != log || i != idx {
			log, idx, rows = l, i, map[string]bool{}
			for line := range bytes.Lines(body) {
				rows[string(bytes.TrimSuffix(line, []byte("\n")))] = true
			}
		}
		if !rows[string(row)] {
			v.Faults = append(v.Faults, fmt.Sprintf("record %d: entry %d, which brought it, does not hold it", seq, i))
		}
		return nil
	})
}
