package demo_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"accord/agreement"
	"accord/exchange"
	"accord/internal/date"
	"accord/internal/demo"
	"accord/internal/document"
	"accord/internal/flow"
	"accord/internal/who"
)

// TestDocumentsOutliveKills sends large files both ways over HTTPS while both nodes are killed with -9 between their parts
// again and again. Each arrives whole, and its receiver's opening comes back.
func TestDocumentsOutliveKills(t *testing.T) {
	random, kills := moments(t, 12)
	program := build(t)
	d := setup(t, demo.Options{})
	var nodes []*served
	for _, c := range d.Cities {
		nodes = append(nodes, serve(t, program, c.Home.Dir))
	}
	clerk := who.Person{ID: "clerk", Role: who.Releaser}
	sent := map[*demo.City]string{}
	contents := map[*demo.City][]byte{}
	for i, c := range d.Cities {
		contents[c] = []byte(strings.Repeat(fmt.Sprintf("letter %d\n", i), 1<<20) + "end")
		k, err := c.Flow.SendDocument(t.Context(), flow.Draft{To: d.Cities[1-i].Home.Config.Party, Clause: "D1", Kind: exchange.Letter, Title: "A letter", Language: "en", Standing: "official",
			Grade: agreement.Open, Unit: c.Home.Config.Party + "/office", Name: "letter.txt", File: bytes.NewReader(contents[c]), Size: int64(len(contents[c])), By: clerk})
		if err != nil {
			t.Fatal(err)
		}
		sent[c] = k.Document.Document
	}
	for range min(kills, 24) {
		time.Sleep(time.Duration(random.IntN(250)) * time.Millisecond)
		i := random.IntN(len(nodes))
		nodes[i].kill(t)
		nodes[i] = serve(t, program, d.Cities[i].Home.Dir)
	}
	for i, c := range d.Cities {
		other := d.Cities[1-i]
		until(t, "it has come", func() bool { return state(t, other, sent[c]) == "received" })
		var got bytes.Buffer
		if _, err := other.Flow.OpenDocument(t.Context(), sent[c], other.Home.Config.Party+"/archive", clerk, func(_ *document.Kept, from io.WriterTo) error {
			_, err := from.WriteTo(&got)
			return err
		}); err != nil || !bytes.Equal(got.Bytes(), contents[c]) {
			t.Errorf("%d of %d bytes, %v", got.Len(), len(contents[c]), err)
		}
		until(t, "its opening is known", func() bool {
			l, err := c.Flow.Document(context.Background(), sent[c], date.Of(time.Now()))
			return err == nil && l.State == "delivered" && len(l.Opened) == 1
		})
	}
	for _, s := range nodes {
		s.kill(t)
	}
	for _, c := range d.Cities {
		if v, err := c.Verify(t.Context()); err != nil || !v.Clean || v.Documents != 2 {
			t.Errorf("%+v, %v", v, err)
		}
	}
}

func state(t *testing.T, c *demo.City, id string) string {
	t.Helper()
	all, err := c.Flow.Documents(t.Context(), date.Of(time.Now()))
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range all {
		if l.ID == id {
			return l.State
		}
	}
	return ""
}

// until waits for something that comes by itself.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(90 * time.Second); !is(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 90 s: %s", what)
		}
	}
}
