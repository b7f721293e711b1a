package node_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"accord/agreement"
	"accord/exchange"
	"accord/internal/account"
	"accord/internal/area/all"
	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/evidence"
	"accord/internal/flow"
	"accord/internal/link"
	"accord/internal/node"
	"accord/internal/signed"
	"accord/internal/store"
	"accord/internal/who"
	"accord/record"
)

// marked stands in every hostile text, so that the walk can tell whether it got through, and as what.
const marked = "xss7"

// hostile is a corpus of texts that people, partners and files may bring. What a keeper does not take in is refused there.
var hostile = []string{
	`<script>xss7()</script>`,
	`"><img src=x onerror=xss7()><xss7-a xss7=1>`,
	`' onmouseover='xss7()' autofocus onfocus='xss7()`,
	`</title></textarea></style></script><xss7-b><svg/onload=xss7()>`,
	`javascript:xss7()//`,
	`--><!--<xss7-c>--!><a href="javascript:xss7()">xss7</a>`,
	`{{.Party}} {{template "head"}} ${xss7} ⟪xss7⟫`,
	`=cmd|' /C calc'!xss7`,
	`+1+1;@SUM(xss7)`,
	"-2+3\txss7",
	"xss7 \u202egnp.exe\u202c \u2066\u2067\u2069 \u200f\u061c",
	"xss7\u0000\u0007\u001b[31m\u007f",
	"xss7" + strings.Repeat("W", 400),
	"xss7" + strings.Repeat("한", 120),
	"xss7 Z" + strings.Repeat("\u0301\u0327\u0489", 60),
	"xss7 \xed\xa0\x80 \xff\xfe lone surrogate",
	`xss7 \ud800 &lt;script&gt; &#x3c;script&#x3e; %3Cscript%3E`,
	"xss7 \u2028<b>\u2029\ufeff\ufffe",
	`xss7' OR '1'='1'; DROP TABLE entry; --`,
	`../../../xss7/../etc/passwd`,
}

// A hostileWorld is two cities that have linked, agreed on a text and said much to each other, all of it with hostile texts
// wherever their keepers took them in.
type hostileWorld struct {
	t          *testing.T
	east, west *node.Node
	taken      map[string]int // how many hostile texts each way took in
}

const longest = 150 // bytes of a name on a card

func newHostileWorld(t *testing.T) *hostileWorld {
	t.Helper()
	w := &hostileWorld{t: t, taken: map[string]int{}}
	w.east, w.west = w.city("east"), w.city("west")
	for _, pair := range [][2]*node.Node{{w.east, w.west}, {w.west, w.east}} {
		_, file, err := pair[0].Card(t.Context())
		if err == nil {
			_, _, err = pair[1].Links.AddCard(t.Context(), file)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	w.agree()
	for _, n := range []*node.Node{w.east, w.west} {
		w.people(n)
		w.records(n)
	}
	w.letters(w.east, "west")
	w.letters(w.west, "east")
	w.claims(w.east)
	w.claims(w.west)
	w.strange(w.west, "east")
	w.exchange()
	w.words(w.east)
	w.words(w.west)
	w.exchange()
	return w
}

// city makes a node whose card names it in many languages, each name hostile.
func (w *hostileWorld) city(party string) *node.Node {
	w.t.Helper()
	names := []exchange.Name{{Lang: "en", Text: party + " " + hostile[1]}, {Lang: "ko", Text: hostile[0]}, {Lang: "ja", Text: hostile[10]}}
	for i, s := range hostile {
		if len(names) < 18 && len(s) < longest && !strings.ContainsAny(s, "\x00\t\u2028") && json.Valid([]byte(`"`+strings.ReplaceAll(strings.ReplaceAll(s, `\`, ``), `"`, ``)+`"`)) && !strings.Contains(s, "\xff") {
			names = append(names, exchange.Name{Lang: fmt.Sprintf("x-%d", i), Text: s})
		}
	}
	n, err := node.Init(w.t.Context(), filepath.Join(w.t.TempDir(), party), node.New{Config: node.Config{Party: party, Listen: "127.0.0.1:0"}, Names: names,
		Languages: []string{"en", `"><xss7>`}, Endpoints: []string{}, Now: time.Now().Add(-time.Hour)}, slog.New(slog.DiscardHandler))
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { n.Close() })
	return n
}

// quoted is a text as TOML and JSON both write it.
func quoted(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		panic(err)
	}
	return strings.TrimSpace(b.String())
}

// agree has both cities sign a text whose every word is hostile, under which sites with their names leave by themselves.
func (w *hostileWorld) agree() {
	w.t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "format = 1\nid = \"EVIL\"\nkind = \"terms\"\nstanding = \"signed\"\nsimulated = true\ndate = %q\nparties = [\"east\", \"west\"]\nauthentic = [\"en\"]\n", time.Now().UTC().Format(time.DateOnly))
	text := func(table, standing string) {
		for i, lang := range []string{"en", "ko", "ja"} {
			fmt.Fprintf(&b, "\n[[%s]]\nlang = %q\n", table, lang)
			if standing != "" {
				fmt.Fprintf(&b, "standing = %q\n", map[bool]string{true: "authentic", false: standing}[lang == "en"])
			}
			fmt.Fprintf(&b, "text = %s\n", quoted(hostile[i]+" "+hostile[3+i]))
		}
	}
	text("names", "")
	for i, id := range []string{"E1", "E2"} {
		fmt.Fprintf(&b, "\n[[clauses]]\nid = %q\narea = \"culture\"\nlevel = \"working\"\nact = \"agreed\"\nkinds = [\"data\", \"document\", \"drill\", \"forum\"]\nsides = \"any\"\ncadence = \"P1M\"\n", id)
		text("clauses.texts", "working")
		text("clauses.alive_if", "")
		text("clauses.basis", "")
		for _, p := range []string{"east", "west"} {
			fmt.Fprintf(&b, "\n[[clauses.owners]]\nparty = %q\nunit = \"%s/x\"\nmark = \"assumed\"\n", p, p)
		}
		fmt.Fprintf(&b, "\n[[clauses.terms]]\ndataset = \"culture/site\"\nversion = 1\nfrom = [%q]\nfields = [\"name\", \"reading\", \"address\", \"period\", \"kind\", \"remains\", \"finds\"]\nplace = \"exact\"\ngrade = %q\n", []string{"west", "east"}[i], []string{"O", "S"}[i])
		text("clauses.terms.purpose", "")
	}
	file := []byte(b.String())
	for _, n := range []*node.Node{w.east, w.west} {
		var err error
		if file, err = agreement.Sign(file, signed.Signer(n.Home.Config.Party, n.Keys.Identity)); err != nil {
			w.t.Fatal(err)
		}
	}
	if _, _, err := w.east.Register(w.t.Context(), file); err != nil {
		w.t.Fatal(err)
	}
}

// people are one per role, and more whose names are hostile.
func (w *hostileWorld) people(n *node.Node) {
	w.t.Helper()
	by := who.Person{ID: "os:root", Role: who.Administrator}
	for _, r := range who.Roles() {
		addPerson(w.t, n, string(r), r)
	}
	for i, s := range hostile {
		_, err := n.People.Add(w.t.Context(), by, account.Wanted{ID: fmt.Sprintf("evil-%d", i), Name: s, Role: who.Officer, Unit: "x", Lang: "en", Password: testPassword})
		w.took("names of people", err)
		w.took("units of people", n.People.SetUnit(w.t.Context(), by, "reader", s, date.Day{}, date.Day{}))
		_, _, err = n.People.SignIn(w.t.Context(), s, s, "127.0.0.1")
		w.took("sign-ins", err)
		w.took("deeds", n.Note(w.t.Context(), who.Person{ID: s, Role: who.Role(s)}, s, s, nil))
		w.took("deeds", n.Note(w.t.Context(), by, "page", s, nil))
	}
}

// took counts what a keeper took in. A refusal is well.
func (w *hostileWorld) took(way string, err error) {
	if err == nil {
		w.taken[way]++
	}
}

func (w *hostileWorld) records(n *node.Node) {
	w.t.Helper()
	d, ok := all.Lookup("culture/site", 1)
	if !ok {
		w.t.Fatal("the dataset is not known")
	}
	for i, s := range hostile {
		r := record.Record{Key: fmt.Sprintf("k%d", i), When: record.OnDate(date.OnDay(n.Today())), Simulated: true}
		for range d.Fields {
			r.Values = append(r.Values, record.TextOf(strings.ToValidUTF8(s, "�")))
		}
		w.took("records", n.DB.Update(w.t.Context(), func(tx *db.Tx) error {
			writer := store.NewWriter(w.t.Context(), tx, d, store.Source{Origin: n.Home.Config.Party, Name: s})
			row := record.AppendRow(nil, d, &r)
			if err := writer.Put(&r, row); err != nil {
				return err
			}
			_, err := writer.Close()
			return err
		}))
	}
}

func (w *hostileWorld) letters(n *node.Node, to string) {
	w.t.Helper()
	if _, err := n.Flow.Offer(w.t.Context(), false); err != nil {
		w.t.Fatal(err)
	}
	by := who.Person{ID: "officer", Role: who.Officer, Unit: n.Home.Config.Party + "/x"}
	for i, s := range hostile {
		text := []byte("harmless\n")
		kind := exchange.DocumentKinds[i%2]
		_, err := n.Flow.SendDocument(w.t.Context(), flow.Draft{To: to, Clause: []string{"E1", "E2"}[i%2], Kind: kind, Title: s, Language: "en", Standing: "official",
			Abstract: []exchange.Abstract{{Lang: "en", Standing: "summary", Text: s}}, Name: strings.NewReplacer("/", "", "\x00", "").Replace(s[:min(len(s), 60)]) + ".txt", File: bytes.NewReader(text), Size: int64(len(text)), By: by})
		if err != nil { // the name of a file is held to more than its title
			_, err = n.Flow.SendDocument(w.t.Context(), flow.Draft{To: to, Clause: "E1", Kind: kind, Title: s, Language: "en", Standing: "official",
				Abstract: []exchange.Abstract{{Lang: "en", Standing: "summary", Text: s}}, Name: fmt.Sprintf("xss7-%d.txt", i), File: bytes.NewReader(text), Size: int64(len(text)), By: by})
		}
		w.took("documents", err)
	}
}

func (w *hostileWorld) claims(n *node.Node) {
	w.t.Helper()
	for i, s := range hostile {
		_, err := n.Book.Claim(w.t.Context(), evidence.Author{Person: s}, evidence.Told{Name: fmt.Sprintf("c%d", i), Instrument: "EVIL", Clause: "E1", Kind: "drill", Start: date.OnDay(n.Today()),
			What:    []exchange.ClaimText{{Lang: "en", Standing: "working", Text: s}},
			Sources: []exchange.ClaimSource{{Title: s, URL: "https://example.org/?" + marked + "=%22%3E"}}})
		w.took("claims", err)
	}
}

// words dispute what the other has claimed, and judge it.
func (w *hostileWorld) words(n *node.Node) {
	w.t.Helper()
	all, err := n.Book.List(w.t.Context(), "EVIL", "E1")
	if err != nil {
		w.t.Fatal(err)
	}
	for i, e := range all {
		s := hostile[i%len(hostile)]
		_, err := n.Book.Say(w.t.Context(), evidence.Deed{Author: evidence.Author{Person: s}, Event: e.ID, Seen: 1, Why: s}, exchange.WordDisputed, false)
		w.took("words", err)
	}
	w.took("suspensions", n.Flow.Suspend(w.t.Context(), "EVIL", hostile[0]))
	_, err = n.Flow.Resume(w.t.Context(), "EVIL", hostile[1])
	w.took("resumptions", err)
	_, err = n.Links.Read(w.t.Context(), []byte(hostile[0]), link.ByHand)
	w.took("bundles", err)
	w.took("failures", n.Links.Failed(w.t.Context(), map[string]string{"east": "west", "west": "east"}[n.Home.Config.Party], fmt.Errorf("%s", strings.Join(hostile, " ")), time.Hour))
}

// strange puts entries into the outbox that no node of ours would: kinds nobody knows, bodies of a kind that are none.
func (w *hostileWorld) strange(n *node.Node, to string) {
	w.t.Helper()
	for i, s := range hostile {
		for _, kind := range []exchange.Kind{exchange.KindRecords, exchange.KindAction, exchange.KindClaim, exchange.KindDocument, exchange.KindWithdrawal, exchange.KindCard, "xss7"} {
			e := link.Waiting{Partner: to, Kind: kind, Instrument: "EVIL", Clause: "E1", Unit: "west/x", Subject: strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), ""), Rows: i, Body: []byte(s)}
			if kind == exchange.KindCard {
				e.Instrument, e.Clause, e.Unit = "", "", ""
			}
			w.took("entries", n.DB.Update(w.t.Context(), func(tx *db.Tx) error { return n.Links.Put(w.t.Context(), tx, e) }))
		}
	}
}

// exchange carries bundles to and fro until nothing is left to say.
func (w *hostileWorld) exchange() {
	w.t.Helper()
	for range 4 {
		for _, pair := range [][2]*node.Node{{w.east, w.west}, {w.west, w.east}} {
			sent, err := pair[0].Send(w.t.Context(), pair[1].Home.Config.Party)
			if err == nil {
				_, err = pair[1].Links.Read(w.t.Context(), sent.Sealed, link.ByHand)
			}
			if err == nil {
				_, err = pair[1].Flow.Settle(w.t.Context())
			}
			if err != nil {
				w.t.Fatal(err)
			}
		}
	}
}
