package flow_test

import (
	"context"
	"testing"
	"time"

	"accord/internal/date"
	"accord/internal/db"
)

// TestOneDocumentKeepsNoOtherWaiting: a document that cannot be read is neither listed as harmless nor opened; lists only show how
// it stands, and every other document is looked into.
func TestOneDocumentKeepsNoOtherWaiting(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		agree(t, east, west, text("T1", terms()))
		broken := east.send(draft(long(1 << 10)))
		east.exchange(west)
		whole := east.send(draft(long(1 << 11)))
		east.exchange(west)
		west.update(func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), `UPDATE entry SET body = NULL WHERE kind = 'part' AND idx = (SELECT MIN(idx) FROM entry WHERE kind = 'part')`)
			return err
		})
		states := func() map[string]string {
			t.Helper()
			all, err := west.flow.Documents(context.Background(), date.Of(time.Now()))
			if err != nil {
				t.Fatal(err)
			}
			out := map[string]string{}
			for _, l := range all {
				out[l.ID] = l.State
			}
			return out
		}
		if s := states(); s[broken] != "unchecked" || s[whole] != "unchecked" {
			t.Fatalf("a list looks into documents: %v", s)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { west.flow.KeepSettled(ctx, nil, 10*time.Millisecond); close(done) }()
		for end := time.Now().Add(20 * time.Second); states()[whole] != "received" && time.Now().Before(end); {
			time.Sleep(20 * time.Millisecond)
		}
		stop()
		<-done
		if s := states(); s[broken] != "unchecked" || s[whole] != "received" {
			t.Errorf("%v", s)
		}
		if _, err := west.read(broken); err == nil {
			t.Error("it was opened unread")
		}
		if _, err := west.read(whole); err != nil {
			t.Error(err)
		}
	})
}
