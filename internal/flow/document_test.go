package flow_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"accord/agreement"
	"accord/exchange"
	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/document"
	"accord/internal/fault"
	"accord/internal/flow"
	"accord/internal/link"
	"accord/internal/who"
)

var writer = who.Person{ID: "Kim", Role: who.Releaser}

// draft is a letter of east to west under C1 with this text.
func draft(text string) flow.Draft {
	return flow.Draft{To: "west", Clause: "C1", Kind: exchange.Letter, Title: "A letter", Language: "en", Standing: "official", Grade: agreement.Open, Unit: "east/office",
		Name: "letter.txt", File: strings.NewReader(text), Size: int64(len(text)), By: writer}
}

// long is a text of so many bytes, no two parts of it the same.
func long(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "line %d of a long letter\n", i)
	}
	return b.String()[:n]
}

func (c *city) send(d flow.Draft) string {
	c.Helper()
	k, err := c.flow.SendDocument(context.Background(), d)
	if err != nil {
		c.Fatal(err)
	}
	return k.Document.Document
}

func (c *city) line(id string) flow.DocumentLine {
	c.Helper()
	if _, err := c.flow.Settle(context.Background()); err != nil {
		c.Fatal(err)
	}
	l, err := c.flow.Document(context.Background(), id, date.Of(time.Now()))
	if err != nil {
		c.Fatal(err)
	}
	return l
}

func (c *city) state(id, want string) {
	c.Helper()
	if l := c.line(id); l.State != want {
		c.Fatalf("document %s is %s at %s (%s), not %s", id, l.State, c.name, l.Why, want)
	}
}

// read returns the file of a document as it is given out.
func (c *city) read(id string) (text string, err error) {
	_, err = c.flow.OpenDocument(context.Background(), id, c.name+"/archive", writer, func(_ *document.Kept, file io.WriterTo) error {
		var b bytes.Buffer
		_, err := file.WriteTo(&b)
		text = b.String()
		return err
	})
	return text, err
}

// exchange carries until nothing more waits on either side; it returns how many bundles of c it took.
func (c *city) exchange(other *city) (bundles int) {
	c.Helper()
	for ; bundles < 100; bundles++ {
		n, err := c.flow.Offer(context.Background(), false)
		if err != nil {
			c.Fatal(err)
		}
		w, err := c.links.Write(context.Background(), other.name, link.Everything)
		if err != nil {
			c.Fatal(err)
		}
		if _, err := other.links.Read(context.Background(), w.Sealed, link.ByHand); err != nil {
			c.Fatal(err)
		}
		other.carry(c)
		if n == 0 && w.Waiting == 0 && w.Start == w.End { // what has just left made room for more
			break
		}
	}
	return bundles
}

func refused(t testing.TB, err error, kind fault.Kind, says string) {
	t.Helper()
	if fault.KindOf(err) != kind || !strings.Contains(err.Error(), says) {
		t.Errorf("%v; expected %s: …%s…", err, kind, says)
	}
}

// TestDocumentsCross, small and over many bundles, and both sides say the same of them.
func TestDocumentsCross(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		_, err := east.flow.SendDocument(t.Context(), draft("no clause"))
		refused(t, err, fault.Refused, "no instrument in force")
		agree(t, east, west, text("T1", terms()))
		for _, size := range []int{1, exchange.PartSize, exchange.PartSize + 1, 7<<20 + 5} {
			id := east.send(draft(long(size)))
			if _, err := west.read(id); fault.KindOf(err) != fault.NotFound {
				t.Fatal(err)
			}
			bundles := east.exchange(west)
			if size > 6<<20 && bundles < 2 {
				t.Errorf("%d bytes went in %d bundles", size, bundles)
			}
			east.state(id, "delivered")
			west.state(id, "received")
			if got, err := west.read(id); err != nil || got != long(size) {
				t.Errorf("%d bytes came as %d, %v", size, len(got), err)
			}
			west.exchange(east)
			if l := east.line(id); len(l.Opened) != 1 || l.Opened[0].Unit != "west/archive" || l.Have != l.Parts {
				t.Errorf("%+v", l)
			}
		}
		if bodies := east.bodies(`SELECT body FROM document_part WHERE body IS NOT NULL`); len(bodies) > 0 {
			t.Errorf("%d parts are kept twice", len(bodies))
		}
		verified(t, east)
		verified(t, west)
	})
}

// verified wants everything that is kept of documents to hold.
func verified(t *testing.T, c *city) {
	t.Helper()
	if err := c.db.View(t.Context(), func(tx *db.Tx) error {
		_, _, faults, err := document.Verify(t.Context(), tx, c.name)
		if len(faults) > 0 {
			t.Errorf("%s: %q", c.name, faults)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// announce makes the entries of a document as a city that keeps to nothing would: the head, and each part.
func announce(t *testing.T, change func(d *exchange.Document), parts ...string) (head link.Waiting, bodies []link.Waiting) {
	t.Helper()
	all := strings.Join(parts, "")
	d := &exchange.Document{Document: exchange.NewID(), Kind: exchange.Letter, Title: "A letter", Language: "en", Standing: "official", Abstract: []exchange.Abstract{},
		Grade: "O", Unit: "east/office", Name: "letter.txt", Media: "text/plain", Size: int64(len(all)), Hash: fmt.Sprintf("%x", sha256.Sum256([]byte(all)))}
	for _, p := range parts {
		d.Parts = append(d.Parts, fmt.Sprintf("%x", sha256.Sum256([]byte(p))))
		bodies = append(bodies, link.Waiting{Kind: exchange.KindPart, Instrument: "T1", Clause: "C1", Unit: "east/office", Body: []byte(p)})
	}
	change(d)
	body, err := d.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return link.Waiting{Kind: exchange.KindDocument, Instrument: "T1", Clause: "C1", Unit: "east/office", Subject: d.Document, Body: body}, bodies
}

func same(*exchange.Document) {}

// TestPartsInAnyOrder: before their document, after it, twice, in one bundle or in many, cut between any two: the document is
// whole once every part has come, and not before.
func TestPartsInAnyOrder(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		agree(t, east, west, text("T1", terms()))
		full := long(3 << 20)
		one, two, three := full[:exchange.PartSize], full[exchange.PartSize:2*exchange.PartSize], full[2*exchange.PartSize:]
		for n, order := range [][]int{{0, 1, 2, 3}, {0, 3, 2, 1}, {1, 2, 3, 0}, {3, 0, 0, 1, 1, 2, 3}, {2, 2, 1, 0, 3}} {
			for _, at := range []bool{true, false} { // one bundle each, or all in one
				mark := fmt.Sprintf("%d %t", n, at)
				head, parts := announce(t, same, mark+one[len(mark):], two, three[len(mark):]+mark)
				entries := append([]link.Waiting{head}, parts...)
				seen := map[int]bool{}
				for _, i := range order {
					east.say(west, entries[i])
					if seen[i] = true; at {
						w, err := east.links.Write(t.Context(), "west", link.Everything)
						if err != nil {
							t.Fatal(err)
						}
						for range 2 { // the answer was lost, and it comes again
							if _, err := west.links.Read(t.Context(), w.Sealed, link.ByHand); err != nil {
								t.Fatal(err)
							}
						}
						west.carry(east)
					}
					if at && seen[0] && len(seen) < 4 {
						west.state(head.Subject, "incomplete")
						_, err := west.read(head.Subject)
						refused(t, err, fault.Unavailable, "have not come")
					}
				}
				for range 3 {
					east.carry(west)
					west.carry(east)
				}
				west.state(head.Subject, "received")
				if got, err := west.read(head.Subject); err != nil || got != mark+one[len(mark):]+two+three[len(mark):]+mark {
					t.Fatalf("%v: %d bytes, %v", order, len(got), err)
				}
			}
		}
		verified(t, west)
	})
}

// TestHostileDocuments: what a partner that keeps to nothing says is set aside or not opened, and never stops the link.
func TestHostileDocuments(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		agree(t, east, west, text("T1", terms()))
		letter := west.send(flow.Draft{To: "east", Clause: "C1", Kind: exchange.Letter, Title: "x", Language: "en", Standing: "official", Unit: "west/office", Name: "a.txt",
			File: strings.NewReader("hello"), Size: 5, By: writer})
		west.exchange(east)
		say := func(w link.Waiting) *link.Report {
			t.Helper()
			east.say(west, w)
			r := east.carry(west)
			west.carry(east)
			return r
		}
		aside := func(what string, w link.Waiting, says string) {
			t.Helper()
			if r := say(w); r.Aside != 1 || !strings.Contains(r.Asides[0].Why, says) {
				t.Errorf("%s: %+v, expected %q", what, r, says)
			}
		}
		head := func(change func(d *exchange.Document)) link.Waiting { h, _ := announce(t, change, "hello"); return h }
		aside("our id", head(func(d *exchange.Document) { d.Document = letter }), "another document is kept")
		aside("answer to nothing", head(func(d *exchange.Document) { d.Kind, d.Answers = exchange.Answer, exchange.NewID() }), "there is none with this id")
		aside("closed", head(func(d *exchange.Document) { d.Grade = "C" }), "grade")
		aside("another office", head(func(d *exchange.Document) { d.Unit = "east/other" }), "another office")
		other := head(same)
		other.Clause = "C9"
		aside("another clause", other, "no instrument in force")
		aside("not a document", link.Waiting{Kind: exchange.KindDocument, Instrument: "T1", Clause: "C1", Unit: "east/office", Body: []byte("{}")}, "document")
		opened := func(o exchange.Opened) link.Waiting {
			b, err := o.Encode()
			if err != nil {
				t.Fatal(err)
			}
			return link.Waiting{Kind: exchange.KindOpened, Instrument: "T1", Clause: "C1", Unit: "east/office", Body: b}
		}
		whole := fmt.Sprintf("%x", sha256.Sum256([]byte("hello")))
		aside("opened other bytes", opened(exchange.Opened{Document: letter, Unit: "east/office", Hash: strings.Repeat("0", 64)}), "not sent to east like this")
		aside("opened by another", opened(exchange.Opened{Document: letter, Unit: "east/other", Hash: whole}), "not sent to east like this")
		if r := say(opened(exchange.Opened{Document: letter, Unit: "east/office", Hash: whole})); r.Applied != 1 {
			t.Errorf("%+v", r)
		}

		for what, c := range map[string]struct {
			change func(d *exchange.Document)
			text   string
			says   string
		}{
			"a program":      {same, "MZ\x90\x00", "not plain text"},
			"a page":         {same, "<html><script>x</script>", "not plain text"},
			"another whole":  {func(d *exchange.Document) { d.Hash = strings.Repeat("0", 64) }, "hello", "do not make the file"},
			"another length": {func(d *exchange.Document) { d.Size = 4 }, "hello", "not the one that the document names"},
			"another type":   {func(d *exchange.Document) { d.Name, d.Media = "a.pdf", "application/pdf" }, "hello", "not a PDF"},
		} {
			h, parts := announce(t, c.change, c.text)
			say(h)
			say(parts[0])
			west.state(h.Subject, "unsafe")
			_, err := west.read(h.Subject)
			refused(t, err, fault.Refused, c.says)
			if t.Failed() {
				t.Fatal(what)
			}
		}
	})
}

// TestUnfinishedIsBounded: neither documents without their parts nor parts without their document pile up.
func TestUnfinishedIsBounded(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		agree(t, east, west, text("T1", terms()))
		for i := range 70 {
			head, _ := announce(t, same, fmt.Sprint("never comes ", i))
			east.say(west, head)
		}
		for i := range 520 {
			_, parts := announce(t, same, fmt.Sprint("nobody names it ", i))
			east.say(west, parts[0])
		}
		if r := east.carry(west); r.Aside != 6+8 || r.Applied != 64+512 {
			t.Errorf("%d applied, %d set aside", r.Applied, r.Aside)
		}
		west.carry(east)
		head, parts := announce(t, same, "never comes 0") // what makes room is let in, and the link goes on
		east.say(west, parts[0])
		if r := east.carry(west); r.Applied != 1 {
			t.Errorf("%+v", r)
		}
		east.say(west, head)
		if r := east.carry(west); r.Applied != 1 {
			t.Errorf("%+v", r)
		}
	})
}

// supervised are terms under which two persons must approve.
func supervised() string {
	return strings.ReplaceAll(string(text("T1", terms())), `grade = "O"`, "grade = \"S\"\napprovals = 2")
}

// TestDocumentsWaitForPersons: what two persons approve is what leaves, byte for byte; refused and withdrawn it never does.
func TestDocumentsWaitForPersons(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		agree(t, east, west, []byte(supervised()))
		d := draft(long(2 << 20))
		_, err := east.flow.SendDocument(t.Context(), d)
		refused(t, err, fault.Refused, "grades what leaves under it S")
		d.Grade = ""
		send := func() (id string, release int64) {
			t.Helper()
			id = east.send(d)
			all, err := east.flow.Releases(t.Context())
			if err != nil || len(all) != 1 || all[0].Document != id || all[0].Approvals != 2 {
				t.Fatalf("%+v, %v", all, err)
			}
			return id, all[0].ID
		}
		id, release := send()
		east.exchange(west)
		equal(t, "outbox", east.bodies(`SELECT body FROM outbox WHERE kind <> 'action'`))
		east.state(id, "waiting")
		_, shown, err := east.flow.Show(t.Context(), release)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := east.read(id); err != nil || got != long(2<<20) { // the file that is shown
			t.Fatal(err)
		}
		if state, err := east.flow.Approve(t.Context(), release, writer); err != nil || state != flow.Waiting {
			t.Fatal(state, err)
		}
		var wg sync.WaitGroup // all others at once: one decides, the rest is told
		var mu sync.Mutex
		approved := 0
		for i := range 8 {
			wg.Go(func() {
				state, err := east.flow.Approve(context.Background(), release, who.Person{ID: fmt.Sprint("person ", i), Role: who.Releaser})
				mu.Lock()
				defer mu.Unlock()
				if err == nil && state == flow.Approved {
					approved++
				} else if fault.KindOf(err) != fault.Conflict {
					t.Error(state, err)
				}
			})
		}
		wg.Wait()
		if approved != 1 {
			t.Errorf("%d approvals let it leave", approved)
		}
		east.exchange(west)
		west.state(id, "received")
		if got, err := west.read(id); err != nil || got != long(2<<20) {
			t.Error(err)
		}
		equal(t, "what left", east.bodies(`SELECT body FROM entry WHERE kind = 'document'`), string(shown))
		equal(t, "what came", west.bodies(`SELECT body FROM entry WHERE kind = 'document'`), string(shown))

		id, release = send()
		if err := east.flow.Refuse(t.Context(), release, writer, "a name in it"); err != nil {
			t.Fatal(err)
		}
		east.state(id, "refused")
		id, release = send()
		refused(t, east.flow.WithdrawDocument(t.Context(), id, who.Person{ID: "x", Role: who.Reader}, "y"), fault.Refused, "may not write")
		if err := east.flow.WithdrawDocument(t.Context(), id, writer, "a new version"); err != nil {
			t.Fatal(err)
		}
		_, err = east.flow.Approve(t.Context(), release, writer)
		refused(t, err, fault.Conflict, "")
		_, err = east.read(id)
		refused(t, err, fault.Refused, "not kept")
		east.exchange(west)
		equal(t, "what came", west.bodies(`SELECT body FROM entry WHERE kind = 'document'`), string(shown))
		verified(t, east)
	})
}

// TestDamagedDocumentStays: a part that is not what was approved does not leave.
func TestDamagedDocumentStays(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		agree(t, east, west, text("T1", terms()))
		id := east.send(draft("Dear colleagues"))
		east.update(func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), `UPDATE document_part SET body = $1 WHERE document = $2`, []byte("Dear enemies!!!"), id)
			return err
		})
		east.exchange(west)
		west.state(id, "incomplete")
		equal(t, "parts", west.bodies(`SELECT body FROM entry WHERE kind = 'part'`))
	})
}

// TestWithdrawBeforeItLeaves takes everything out of the outbox; after that it is too late.
func TestWithdrawBeforeItLeaves(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		agree(t, east, west, text("T1", terms()))
		id := east.send(draft("one"))
		if _, err := east.flow.Offer(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		if err := east.flow.WithdrawDocument(t.Context(), id, writer, "a mistake"); err != nil {
			t.Fatal(err)
		}
		equal(t, "outbox", east.bodies(`SELECT body FROM outbox`))
		east.state(id, "withdrawn")
		id = east.send(draft("two"))
		east.exchange(west)
		refused(t, east.flow.WithdrawDocument(t.Context(), id, writer, "a mistake"), fault.Refused, "it has left")
		refused(t, west.flow.WithdrawDocument(t.Context(), id, writer, "a mistake"), fault.Refused, "it is east's")
		east.state(id, "delivered")
	})
}

// TestSuspensionStopsDocuments in the middle of their parts, and after it they go on.
func TestSuspensionStopsDocuments(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		agree(t, east, west, text("T1", terms()))
		id := east.send(draft(long(9 << 20)))
		if _, err := east.flow.Offer(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		east.carry(west)
		west.carry(east)
		if err := east.flow.Suspend(t.Context(), "T1", "a flood"); err != nil {
			t.Fatal(err)
		}
		parts := len(east.bodies(`SELECT id FROM entry WHERE kind = 'part'`))
		east.exchange(west)
		if after := len(east.bodies(`SELECT id FROM entry WHERE kind = 'part'`)); after != parts || parts == 0 || parts > 6 {
			t.Errorf("%d parts had left, then %d", parts, after)
		}
		_, err := east.flow.SendDocument(t.Context(), draft("x"))
		refused(t, err, fault.Refused, "suspended by east")
		west.state(id, "incomplete")
		if _, err := east.flow.Resume(t.Context(), "T1", ""); err != nil {
			t.Fatal(err)
		}
		east.exchange(west)
		west.state(id, "received")
		if got, err := west.read(id); err != nil || got != long(9<<20) {
			t.Error(len(got), err)
		}
	})
}

// TestEndTakesDocumentsBack: what has not left when its clause ends stays, and nothing of it is lost.
func TestEndTakesDocumentsBack(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		agree(t, east, west, text("T1", terms()))
		half, none := east.send(draft(long(9<<20))), ""
		if _, err := east.flow.Offer(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		east.carry(west)
		west.carry(east)
		none = east.send(draft("too late"))
		if _, err := east.flow.End(t.Context(), "T1", "", date.Day{}, "over"); err != nil {
			t.Fatal(err)
		}
		east.exchange(west)
		east.state(none, "withdrawn")
		east.state(half, "leaving")
		west.state(half, "incomplete")
		equal(t, "outbox", east.bodies(`SELECT id FROM outbox`))
		verified(t, east)
	})
}

// TestManySendAtOnce from two processes while both offer: every document arrives whole, once.
func TestManySendAtOnce(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		agree(t, east, west, text("T1", terms()))
		beside, _ := east.another()
		var wg sync.WaitGroup
		var mu sync.Mutex
		sent := map[string]string{}
		for i := range 12 {
			f := []*flow.Flow{east.flow, beside}[i%2]
			wg.Go(func() {
				content := fmt.Sprint(i) + long(exchange.PartSize*(i%3)+i)
				k, err := f.SendDocument(context.Background(), draft(content))
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				sent[k.Document.Document] = content
				mu.Unlock()
			})
			wg.Go(func() {
				if _, err := f.Offer(context.Background(), false); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		east.exchange(west)
		if got := west.bodies(`SELECT id FROM document ORDER BY id`); len(got) != len(sent) {
			t.Errorf("%d documents came, %d were sent", len(got), len(sent))
		}
		for id, content := range sent {
			if got, err := west.read(id); err != nil || got != content {
				t.Errorf("%s: %d bytes, %v", id, len(got), err)
			}
		}
		for range 3 { // settling and opening at once
			wg.Go(func() {
				if _, err := west.flow.Settle(context.Background()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		verified(t, east)
		verified(t, west)
	})
}

// TestDocumentsAfterARestore: a node that lost what it had sent gets it back from its partner, and sends nothing twice.
func TestDocumentsAfterARestore(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		agree(t, east, west, text("T1", terms()))
		id := east.send(draft(long(3 << 20)))
		east.exchange(west)
		var given []*link.Came
		if err := east.db.View(t.Context(), func(tx *db.Tx) error {
			return tx.Rows(t.Context(), `SELECT idx, header, salt, body FROM entry ORDER BY idx`, nil, func(r db.Scanner) error {
				c := &link.Came{From: "east", Partner: "west", Entry: new(exchange.Entry)}
				if err := r.Scan(&c.Index, &c.Raw, &c.Salt, &c.Body); err != nil {
					return err
				}
				h, err := exchange.ParseHeader(c.Raw)
				if err == nil {
					c.Header = *h
					given = append(given, c)
				}
				return err
			})
		}); err != nil {
			t.Fatal(err)
		}
		// What the database held before it was lost: nothing of it.
		east.update(func(tx *db.Tx) error {
			for _, table := range []string{"document_opened", "document_part", "document"} {
				if _, err := tx.Exec(t.Context(), `DELETE FROM `+table); err != nil {
					return err
				}
			}
			for range 2 { // twice is once
				for _, c := range given {
					if aside, err := east.flow.Reapply(t.Context(), tx, c); err != nil || aside != nil {
						return fmt.Errorf("%v, %v", aside, err)
					}
				}
			}
			return nil
		})
		east.state(id, "delivered")
		before := east.bodies(`SELECT id FROM entry`)
		east.exchange(west)
		if after := east.bodies(`SELECT id FROM entry`); !slices.Equal(before, after) {
			t.Errorf("%d entries, then %d", len(before), len(after))
		}
		if got, err := east.read(id); err != nil || got != long(3<<20) {
			t.Error(len(got), err)
		}
		verified(t, east)
	})
}
