package web

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/tlog"

	"accord/exchange"
)

// A receiptCase is a receipt with the cards it is checked with, and what package exchange says of them. Files are named by their
// place in a list; Flip changes one bit of one of them.
type receiptCase struct {
	Name    string  `json:"name"`
	Receipt int     `json:"receipt"`
	Cards   []int   `json:"cards"`
	Flip    []int   `json:"flip"` // file (0 the receipt, then the cards), byte, bit; nothing is flipped when it is null
	Want    *proven `json:"want"` // nil where nothing is proved
}

// proven is what accord verify says of a receipt.
type proven struct {
	Writer    string `json:"writer"`
	Mirror    string `json:"mirror"`
	Index     int64  `json:"index"`
	Size      int64  `json:"size"`
	Kind      string `json:"kind"`
	Clause    string `json:"clause"`
	Unit      string `json:"unit"`
	Left      string `json:"left"`
	Delivered string `json:"delivered"`

	WriterFingerprint string `json:"writer_fingerprint"`
	MirrorFingerprint string `json:"mirror_fingerprint"`
}

// verdict checks a receipt as accord verify does: cards of one city follow each other, the first is vouched for.
func verdict(receipt []byte, files [][]byte) (*proven, error) {
	chains := map[string]exchange.Chain{}
	byCard := map[*exchange.Card][]byte{}
	for _, f := range files {
		c, err := exchange.ReadCard(f)
		if err != nil {
			return nil, err
		}
		byCard[c] = f
		chains[c.Party] = append(chains[c.Party], c)
	}
	for _, chain := range chains {
		slices.SortFunc(chain, func(a, b *exchange.Card) int { return a.Serial - b.Serial })
		for i := 1; i < len(chain); i++ {
			if _, err := exchange.OpenCard(byCard[chain[i]], chain[i-1]); err != nil {
				return nil, err
			}
		}
	}
	r, err := exchange.OpenReceipt(receipt, func(party string) (exchange.Chain, error) {
		if len(chains[party]) == 0 {
			return nil, errors.New("no card of " + party)
		}
		return chains[party], nil
	})
	if err != nil {
		return nil, err
	}
	p := &proven{Writer: r.Writer, Mirror: r.Mirror, Index: r.Index, Size: r.Size, Kind: string(r.Header.Kind), Clause: r.Header.Clause, Unit: r.Header.Unit,
		Left: r.Header.Time.Format(time.RFC3339), Delivered: r.Delivered.Format(time.RFC3339)}
	if r.Delivered.Year() > 9999 { // such a time is written as its seconds in a browser
		p.Delivered = strconv.FormatInt(r.Delivered.Unix(), 10)
	}
	if c, err := chains[r.Writer].At(r.Header.Time); err == nil {
		p.WriterFingerprint = c.Fingerprint()
	}
	if c, err := chains[r.Mirror].At(r.Delivered); err == nil {
		p.MirrorFingerprint = c.Fingerprint()
	}
	return p, nil
}

// receiptCases collects cases.
type receiptCases struct {
	t     *testing.T
	files [][]byte
	Cases []receiptCase
}

func (c *receiptCases) file(data []byte) int {
	c.files = append(c.files, data)
	return len(c.files) - 1
}

func (c *receiptCases) add(name string, receipt int, cards []int, flip ...int) bool {
	all := [][]byte{c.files[receipt]}
	for _, i := range cards {
		all = append(all, c.files[i])
	}
	if flip != nil {
		all[flip[0]] = slices.Clone(all[flip[0]])
		all[flip[0]][flip[1]] ^= 1 << flip[2]
	}
	want, _ := verdict(all[0], all[1:])
	c.Cases = append(c.Cases, receiptCase{name, receipt, cards, flip, want})
	return want != nil
}

func vectorFile(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "exchange", "testdata", "vectors", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func vectorKey(t *testing.T, party, name string) ed25519.PrivateKey {
	t.Helper()
	var keys map[string]map[string]string
	if err := json.Unmarshal(vectorFile(t, "keys.json"), &keys); err != nil {
		t.Fatal(err)
	}
	seed, err := hex.DecodeString(keys[party][name])
	if err != nil {
		t.Fatal(err)
	}
	return ed25519.NewKeyFromSeed(seed)
}

// TestReceiptInBrowser has receipt.js judge what package exchange has judged: the vectors, every receipt of logs of many
// sizes, cards that were replaced and revoked, receipts with lines left out, doubled, exchanged and added, and a real receipt and
// its cards with every bit flipped.
func TestReceiptInBrowser(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		missing(t, "node is not installed")
	}
	c := &receiptCases{t: t}
	receipt := c.file(vectorFile(t, "east-3.receipt"))
	east, west := c.file(vectorFile(t, "east.card")), c.file(vectorFile(t, "west.card"))
	next, revoking := c.file(vectorFile(t, "east-2.card")), c.file(vectorFile(t, "east-2-revokes.card"))
	if !c.add("vector", receipt, []int{east, west}) {
		t.Fatal("the vector proves nothing")
	}
	for name, cards := range map[string][]int{"the other order": {west, east}, "with the next card": {next, west, east}, "with the card that revokes": {east, revoking, west},
		"only the later card": {next, west}, "only the card that revokes": {revoking, west}, "two second cards": {east, next, revoking, west}, "a card twice": {east, east, west}, "one card": {east},
		"no cards": {}, "the same card twice": {west, west}} {
		c.add(name, receipt, cards)
	}
	c.flips(receipt, []int{east, west})
	c.lines(receipt, []int{east, west})
	c.logs(east, west, next, revoking)
	c.headers(east, west)
	run(t, node, c)
}

// flips flips every bit of the receipt, and of its cards one of each byte, another one each time.
func (c *receiptCases) flips(receipt int, cards []int) {
	for i := range c.files[receipt] {
		for bit := range 8 {
			if c.add(fmt.Sprintf("receipt, byte %d bit %d flipped", i, bit), receipt, cards, 0, i, bit) {
				c.t.Errorf("a receipt with bit %d of byte %d flipped holds", bit, i)
			}
		}
	}
	for k, card := range cards {
		for i := range c.files[card] {
			if c.add(fmt.Sprintf("card %d, byte %d flipped", k, i), receipt, cards, k+1, i, i%8) {
				c.t.Errorf("a card with byte %d flipped holds", i)
			}
		}
	}
}

// lines leaves out, doubles, and exchanges the lines of a receipt and of a card, and adds what belongs nowhere.
func (c *receiptCases) lines(receipt int, cards []int) {
	for which, file := range append([]int{receipt}, cards...) {
		lines := strings.SplitAfter(strings.TrimSuffix(string(c.files[file]), "\n"), "\n")
		lines[len(lines)-1] += "\n"
		try := func(name string, changed []string) {
			ids := append([]int{receipt}, cards...)
			ids[which] = c.file([]byte(strings.Join(changed, "")))
			c.add(fmt.Sprintf("file %d, %s", which, name), ids[0], ids[1:])
		}
		for i := range lines {
			try(fmt.Sprintf("without line %d", i), slices.Delete(slices.Clone(lines), i, i+1))
			try(fmt.Sprintf("line %d twice", i), slices.Insert(slices.Clone(lines), i, lines[i]))
			for _, more := range []string{"\n", " ", "\x00", "\r", "é", "\xff", "— x AAAAAAAA\n", "\ufeff"} {
				try(fmt.Sprintf("%q before line %d", more, i), slices.Insert(slices.Clone(lines), i, more))
			}
			if i > 0 {
				swapped := slices.Clone(lines)
				swapped[i], swapped[i-1] = swapped[i-1], swapped[i]
				try(fmt.Sprintf("lines %d and %d exchanged", i-1, i), swapped)
			}
		}
		whole := string(c.files[file])
		for name, s := range map[string]string{"with CRLF": strings.ReplaceAll(whole, "\n", "\r\n"), "without its end": strings.TrimSuffix(whole, "\n"), "twice": whole + whole,
			"without padding": strings.ReplaceAll(whole, "=\n", "\n"), "empty": "", "long": whole + strings.Repeat("x", 20_000), "in URL base64": strings.ReplaceAll(whole, "+", "-")} {
			try(name, []string{s})
		}
	}
}

// memory is a log in memory.
type memory []tlog.Hash

func (m memory) ReadHashes(at []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(at))
	for i, n := range at {
		out[i] = m[n]
	}
	return out, nil
}

var vectorStart = time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)

// signedLog has a log of east signed and cosigned at a time, and returns each entry's receipt.
func (c *receiptCases) signedLog(headers [][]byte, at time.Time) (out [][]byte) {
	var m memory
	for i, h := range headers {
		more, err := tlog.StoredHashesForRecordHash(int64(i), tlog.RecordHash(h), m)
		if err != nil {
			c.t.Fatal(err)
		}
		m = append(m, more...)
	}
	size := int64(len(headers))
	root, err := tlog.TreeHash(size, m)
	if err != nil {
		c.t.Fatal(err)
	}
	signed, err := exchange.SignCheckpoint(exchange.Checkpoint{Origin: exchange.Origin("east", "west"), Size: size, Root: root}, vectorKey(c.t, "east", "log"))
	if err == nil {
		signed, err = exchange.Cosign(signed, "west", vectorKey(c.t, "west", "mirror"), at)
	}
	if err != nil {
		c.t.Fatal(err)
	}
	for i, h := range headers {
		path, err := tlog.ProveRecord(size, int64(i), m)
		if err != nil {
			c.t.Fatal(err)
		}
		out = append(out, exchange.WriteReceipt(h, int64(i), path, signed))
	}
	return out
}

func vectorHeader(i int) exchange.Header {
	return exchange.Header{ID: fmt.Sprintf("%032x", i), Kind: exchange.KindRecords, Instrument: "demo", Clause: "D1", Unit: "east/roads", Time: vectorStart.Add(time.Duration(i) * time.Minute), Size: i}
}

// logs has receipts of whole logs of many sizes, at times before, within and after the cards.
func (c *receiptCases) logs(east, west, next, revoking int) {
	proved := 0
	for _, size := range []int{1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 31} {
		var headers [][]byte
		for i := range size {
			h := vectorHeader(i)
			headers = append(headers, h.Encode())
		}
		for i, r := range c.signedLog(headers, vectorStart.Add(time.Hour)) {
			if c.add(fmt.Sprintf("entry %d of %d", i, size), c.file(r), []int{east, west}) {
				proved++
			}
			c.add(fmt.Sprintf("entry %d of %d at another index", i, size), c.file(bytes.Replace(r, fmt.Appendf(nil, "\nindex %d\n", i), fmt.Appendf(nil, "\nindex %d\n", i+1), 1)), []int{east, west})
		}
	}
	if proved != 1+2+3+4+5+7+8+9+16+17+31 {
		c.t.Errorf("%d receipts of whole logs are proved", proved)
	}
	h := vectorHeader(0)
	for _, at := range []time.Time{{}, time.Unix(-1, 0), vectorStart.Add(-time.Second), vectorStart, vectorStart.Add(48*time.Hour - time.Second), vectorStart.Add(48 * time.Hour), vectorStart.Add(1e6 * time.Hour),
		time.Unix(1<<40, 0), time.Unix(1<<62, 0)} {
		r := c.file(c.signedLog([][]byte{h.Encode()}, at)[0])
		for _, cards := range [][]int{{east, west}, {east, next, west}, {east, revoking, west}, {next, west}} {
			c.add(fmt.Sprintf("cosigned at %d with cards %v", at.Unix(), cards), r, cards)
		}
	}
}

// headers has receipts whose signatures and proof hold, over headers that may not be.
func (c *receiptCases) headers(east, west int) {
	good := vectorHeader(1)
	try := func(name string, header []byte) {
		c.add("header "+name, c.file(c.signedLog([][]byte{header}, vectorStart.Add(time.Hour))[0]), []int{east, west})
	}
	for name, change := range map[string]func(h *exchange.Header){
		"good": func(*exchange.Header) {}, "without unit": func(h *exchange.Header) { h.Unit = "" }, "of another city's office": func(h *exchange.Header) { h.Unit = "west/roads" },
		"of a longer city's office": func(h *exchange.Header) { h.Unit = "eastern/roads" }, "without clause": func(h *exchange.Header) { h.Clause = "" }, "without instrument": func(h *exchange.Header) { h.Instrument = "" },
		"of a card": func(h *exchange.Header) { h.Kind = exchange.KindCard }, "of a card as it must be": func(h *exchange.Header) {
			h.Kind, h.Instrument, h.Clause, h.Unit = exchange.KindCard, "", "", ""
		},
		"of an unknown kind": func(h *exchange.Header) { h.Kind = "kite" }, "of no kind": func(h *exchange.Header) { h.Kind = "" }, "of a long kind": func(h *exchange.Header) { h.Kind = "aaaaaaaaaaaaaaaaa" },
		"before all cards": func(h *exchange.Header) { h.Time = vectorStart.Add(-time.Hour) }, "of 1999": func(h *exchange.Header) { h.Time = time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC) },
		"too large": func(h *exchange.Header) { h.Size = exchange.MaxBody + 1 }, "as large as can be": func(h *exchange.Header) { h.Size = exchange.MaxBody }, "negative": func(h *exchange.Header) { h.Size = -1 },
		"with a long clause": func(h *exchange.Header) { h.Clause = strings.Repeat("c", 17) }, "with a script": func(h *exchange.Header) { h.Clause = "<script>" }, "with an upper id": func(h *exchange.Header) { h.ID = strings.ToUpper("abcdef" + h.ID[6:]) },
	} {
		h := good
		change(&h)
		try(name, h.Encode())
	}
	text := string(good.Encode())
	for name, s := range map[string]string{"with a space": strings.Replace(text, ":", ": ", 1), "with a member more": strings.Replace(text, "}", `,"x":"y"}`, 1), "with an escape": strings.Replace(text, "demo", `dem\u006f`, 1),
		"of a day that is none": strings.Replace(text, "2026-11-24", "2026-02-30", 1), "at 24 o'clock": strings.Replace(text, "T00:01", "T24:01", 1), "with an offset": strings.Replace(text, "00Z", "00+00:00", 1),
		"with a fraction": strings.Replace(text, "00Z", "00.0Z", 1), "with a zero before its size": strings.Replace(text, `"size":1`, `"size":01`, 1), "with a leap second": strings.Replace(text, "01:00Z", "01:60Z", 1), "empty": "", "no JSON": "x"} {
		try(name, []byte(s))
	}
}

func run(t *testing.T, node string, c *receiptCases) {
	t.Helper()
	dir := t.TempDir()
	script, err := assetFiles.ReadFile("assets/receipt.js")
	if err != nil {
		t.Fatal(err)
	}
	cases, err := json.Marshal(struct {
		Files [][]byte      `json:"files"`
		Cases []receiptCase `json:"cases"`
	}{c.files, c.Cases})
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"receipt.mjs": script, "cases.json": cases} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.CommandContext(t.Context(), node, filepath.Join("..", "..", "web-tests", "receipt.mjs"), filepath.Join(dir, "receipt.mjs"), filepath.Join(dir, "cases.json")).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if want := fmt.Sprintf("%d cases\n", len(c.Cases)); string(out) != want {
		t.Errorf("it says %s, not %s", cmp.Diff(want, string(out)), want)
	}
	t.Logf("%d cases", len(c.Cases))
}
