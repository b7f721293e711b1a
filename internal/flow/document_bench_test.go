package flow_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite" // the bare engine to compare with

	"accord/exchange"
	"accord/internal/dbtest"
	"accord/internal/link"
)

// BenchmarkDocument64MiB sends a document of 64 MiB from one city's file into the other's store, looked into on both sides, in
// sealed bundles with receipts, and compares with what the bare engine takes to write the same bytes durably, once.
func BenchmarkDocument64MiB(b *testing.B) {
	east, west := newCity(b, dbtest.Open(b), "east"), newCity(b, dbtest.Open(b), "west")
	east.know(west)
	west.know(east)
	agree(b, east, west, text("T1", terms()))
	content := long(64 << 20)
	b.SetBytes(int64(len(content)))
	var sending, bare time.Duration
	for b.Loop() {
		begin := time.Now()
		id := east.send(draft(content))
		for east.line(id).State != "delivered" {
			if _, err := east.flow.Offer(context.Background(), false); err != nil {
				b.Fatal(err)
			}
			w, err := east.links.Write(context.Background(), "west", link.OneAtATime)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := west.links.Read(context.Background(), w.Sealed, link.ByHand); err != nil {
				b.Fatal(err)
			}
			if w, err = west.links.Write(context.Background(), "east", link.OneAtATime); err == nil {
				_, err = east.links.Read(context.Background(), w.Sealed, link.ByHand)
			}
			if err != nil {
				b.Fatal(err)
			}
		}
		west.state(id, "received")
		sending += time.Since(begin)
		b.StopTimer()
		bare += writeBare(b, content)
		b.StartTimer()
	}
	b.ReportMetric(64*float64(b.N)/bare.Seconds(), "bare-MiB/s")
	b.ReportMetric(bare.Seconds()/sending.Seconds(), "of-bare")
}

// writeBare writes the bytes into the bare engine as it is set up for a node, a part a row and four parts a transaction.
func writeBare(b *testing.B, content string) time.Duration {
	b.Helper()
	d, err := sql.Open("sqlite", "file:"+filepath.Join(b.TempDir(), "bare.db")+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate")
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	if _, err := d.Exec(`CREATE TABLE part (n INTEGER PRIMARY KEY, body BLOB)`); err != nil {
		b.Fatal(err)
	}
	begin := time.Now()
	in := strings.NewReader(content)
	for in.Len() > 0 {
		tx, err := d.Begin()
		if err != nil {
			b.Fatal(err)
		}
		for range 4 {
			part := make([]byte, min(exchange.PartSize, in.Len()))
			in.Read(part)
			if _, err := tx.Exec(`INSERT INTO part (body) VALUES (?)`, part); err != nil {
				b.Fatal(err)
			}
		}
		if err := tx.Commit(); err != nil {
			b.Fatal(err)
		}
	}
	return time.Since(begin)
}
