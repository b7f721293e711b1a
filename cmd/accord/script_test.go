package main

import (
	"crypto/ed25519"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/unicode"

	"accord/exchange"
	"accord/internal/hashlog"
	"accord/internal/node"
)

// TestMain lets the scripts, and the nodes that the demo starts, run this program under its own name.
func TestMain(m *testing.M) { testscript.Main(m, map[string]func(){"accord": main}) }

// TestScripts runs testdata/script: a promise of the agreement each, told as a story between two cities. Besides the
// usual commands a script has those of commands below; testdata/files lies beside it.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds:                commands,
		Setup: func(e *testscript.Env) error {
			e.Setenv("GORACE", "atexit_sleep_ms=0") // a program built to find races otherwise sleeps a second at its end
			e.Setenv("TODAY", time.Now().UTC().Format(time.DateOnly))
			return os.CopyFS(e.WorkDir, os.DirFS(filepath.Join("testdata", "files")))
		},
	})
}

var commands = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	"today":          today,
	"fingerprint":    fingerprint,
	"fingerprint_of": fingerprintOf,
	"shown":          shown,
	"body":           body,
	"waits":          waits,
	"entries":        entries,
	"cities":         cities,
	"later_cards":    laterCards,
	"terms":          terms,
	"agree":          agree,
	"carry":          carry,
	"status":         status,
	"refuses":        refuses,
	"json":           oneJSON,
	"id":             keepID,
	"flip":           flip,
	"half":           half,
	"encode":         encode,
	"copy":           copyHome,
	"same":           same,
	"replaced":       replaced,
	"unsigned":       unsigned,
	"listen":         listen,
}

// cities makes the homes of the named cities; each knows the others' cards, NAME.card.
func cities(ts *testscript.TestScript, _ bool, names []string) {
	for _, n := range names {
		accord(ts, "init", "--home", n, "--party", n)
		accord(ts, "card", "--home", n, "show", "--out", n+".card")
	}
	for _, n := range names {
		for _, other := range names {
			if other != n {
				accord(ts, "card", "--home", n, "add", other+".card")
			}
		}
	}
}

// today FILE dates a text today.
func today(ts *testscript.TestScript, _ bool, args []string) {
	text := regexp.MustCompile(`(?m)^date *= .*$`).ReplaceAllString(ts.ReadFile(args[0]), `date = "`+ts.Getenv("TODAY")+`"`)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o644))
}

// fingerprint HOME card add FILE adds a card with the fingerprint that its own city reads out, without the spaces.
func fingerprint(ts *testscript.TestScript, _ bool, args []string) {
	from := strings.TrimSuffix(args[3], ".card")
	ts.Check(ts.Exec("accord", "--home", from, "--json", "card", "show"))
	var card struct{ Fingerprint string }
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &card))
	accord(ts, "--home", args[0], "card", "add", args[3], "--fingerprint", strings.ReplaceAll(card.Fingerprint, " ", ""))
}

// fingerprintOf FILE PATH HOME wants the value at a path of the JSON in a file to be the fingerprint of the home's card.
func fingerprintOf(ts *testscript.TestScript, _ bool, args []string) {
	var out any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &out))
	ts.Check(ts.Exec("accord", "--home", args[2], "--json", "card", "show"))
	var card struct{ Fingerprint string }
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &card))
	if got := member(out, strings.Split(args[1], ".")); got != card.Fingerprint || card.Fingerprint == "" {
		ts.Fatalf("%s is %v, not %s", args[1], got, card.Fingerprint)
	}
}

// laterCards HOME CARD writes the cards after CARD that the city signs with new identity keys: 2.card and 3.card; and
// other.card, a second card that follows another first one.
func laterCards(ts *testscript.TestScript, _ bool, args []string) {
	h, err := node.OpenHome(ts.MkAbs(args[0]))
	ts.Check(err)
	keys, err := h.OpenKeys()
	ts.Check(err)
	card, err := exchange.ReadCard([]byte(ts.ReadFile(args[1])))
	ts.Check(err)
	identity := keys.Identity
	next := func(name, previous string, from time.Duration) *exchange.Card {
		pub, priv, err := ed25519.GenerateKey(nil)
		ts.Check(err)
		c := *card
		c.Serial, c.Previous, c.ValidFrom, c.Identity = card.Serial+1, previous, card.ValidFrom.Add(from), exchange.Key(pub)
		text, err := exchange.SignCard(&c, priv, identity)
		ts.Check(err)
		ts.Check(os.WriteFile(ts.MkAbs(name), text, 0o644))
		if name != "other.card" {
			identity = priv
		}
		return &c
	}
	next("other.card", strings.Repeat("0", 64), time.Hour)
	card = next("2.card", card.Hash(), time.Hour)
	next("3.card", card.Hash(), time.Hour)
}

// terms FILE [KEY=VALUE]… writes terms between east and west, dated today. A key that the terms have is replaced, another one
// is added to the terms of the clause.
func terms(ts *testscript.TestScript, _ bool, args []string) {
	text := ts.ReadFile("terms.template")
	for _, change := range append([]string{"date=" + ts.Getenv("TODAY")}, args[1:]...) {
		key, value, _ := strings.Cut(change, "=")
		line := fmt.Sprintf("%s = %q", key, value)
		if strings.HasPrefix(value, "[") || regexp.MustCompile(`^\d+$`).MatchString(value) {
			line = key + " = " + value
		}
		if re := regexp.MustCompile(`(?m)^` + key + ` *= .*$`); re.MatchString(text) {
			text = re.ReplaceAllLiteralString(text, line)
		} else {
			text += line + "\n"
		}
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o644))
}

// agree FILE has east and west sign a text and register it.
func agree(ts *testscript.TestScript, _ bool, args []string) {
	for _, verb := range []string{"sign", "register"} {
		for _, city := range []string{"east", "west"} {
			accord(ts, "agree", "--home", city, verb, args[0])
		}
	}
}

// carry FROM TO… has each city write a bundle for the next, which reads it.
func carry(ts *testscript.TestScript, _ bool, args []string) {
	for i, from := range args[:len(args)-1] {
		to := args[i+1]
		accord(ts, "bundle", "--home", from, "write", "--to", to, "carried.accord")
		accord(ts, "bundle", "--home", to, "read", "carried.accord")
	}
}

func accord(ts *testscript.TestScript, args ...string) {
	if err := ts.Exec("accord", args...); err != nil {
		ts.Fatalf("accord %s: %v", strings.Join(args, " "), err)
	}
}

// status N ARGS… runs accord and wants this exit status.
func status(ts *testscript.TestScript, _ bool, args []string) {
	if got := exitStatus(ts, args[1:]); strconv.Itoa(got) != args[0] {
		ts.Fatalf("accord %s: status %d, not %s", strings.Join(args[1:], " "), got, args[0])
	}
}

func exitStatus(ts *testscript.TestScript, args []string) int {
	err := ts.Exec("accord", args...)
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode()
	}
	ts.Check(err)
	return 0
}

// refuses HOME ARGS… wants accord to refuse: status 1, nothing on standard output, one line on standard error that says
// what, why and what to do, and nothing changed in the home, neither a row of the database nor a file.
func refuses(ts *testscript.TestScript, _ bool, args []string) {
	home := ts.MkAbs(args[0])
	before := everything(ts, home)
	got := exitStatus(ts, append([]string{"--home", args[0]}, args[1:]...))
	if got != exitRefused {
		ts.Fatalf("status %d, not %d", got, exitRefused)
	}
	if out := ts.ReadFile("stdout"); out != "" && strings.TrimSpace(out) != "[]" { // import lists what it took: nothing
		ts.Fatalf("standard output is not empty: %s", out)
	}
	line := ts.ReadFile("stderr")
	if !regexp.MustCompile(`^accord: [^\n]+: [^\n]+; [^\n]+\n$`).MatchString(line) {
		ts.Fatalf("not one line that says what: why; what to do: %q", line)
	}
	if after := everything(ts, home); after != before {
		ts.Fatalf("something was stored. Before:\n%s\nAfter:\n%s", before, after)
	}
}

// everything is every row of the database and every file of a home, as one text; but for the log of deeds, in which what
// was refused stands too.
func everything(ts *testscript.TestScript, home string) string {
	var b strings.Builder
	ts.Check(filepath.WalkDir(home, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || err == nil && (d.IsDir() || strings.HasPrefix(d.Name(), "accord.db")) {
			return nil
		}
		if err == nil {
			var content []byte
			content, err = os.ReadFile(path)
			fmt.Fprintf(&b, "%s %x\n", path, content)
		}
		return err
	}))
	file := filepath.Join(home, "accord.db")
	if _, err := os.Stat(file); err != nil {
		return b.String()
	}
	d, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: file, RawQuery: "mode=ro"}).String())
	ts.Check(err)
	defer d.Close()
	var tables []string
	ts.Check(rows(d, `SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name`, func(v []any) { tables = append(tables, fmt.Sprint(v[0])) }))
	for _, t := range tables {
		if t == "audit" || t == "audit_size" {
			continue
		}
		ts.Check(rows(d, `SELECT * FROM "`+t+`"`, func(v []any) {
			if t != "hash_chunk" || v[0] != int64(hashlog.Deeds) {
				fmt.Fprintf(&b, "%s %v\n", t, v)
			}
		}))
	}
	return b.String()
}

func rows(d *sql.DB, query string, each func([]any)) error {
	r, err := d.Query(query)
	if err != nil {
		return err
	}
	defer r.Close()
	columns, err := r.Columns()
	if err != nil {
		return err
	}
	for r.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := r.Scan(into...); err != nil {
			return err
		}
		each(values)
	}
	return r.Err()
}

// json [PATH VALUE]… wants standard output to be exactly one JSON value, and in it these values: 0.applied 3. Without
// arguments only the first.
func oneJSON(ts *testscript.TestScript, _ bool, args []string) {
	d := json.NewDecoder(strings.NewReader(ts.ReadFile("stdout")))
	d.UseNumber()
	var v any
	ts.Check(d.Decode(&v))
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		ts.Fatalf("more than one JSON value")
	}
	for i := 0; i+1 < len(args); i += 2 {
		if got := fmt.Sprint(member(v, strings.Split(args[i], "."))); got != args[i+1] {
			ts.Fatalf("%s is %s, not %s", args[i], got, args[i+1])
		}
	}
}

// id NAME keeps the member id of the JSON that was printed in a variable.
func keepID(ts *testscript.TestScript, _ bool, args []string) {
	var v struct{ ID string }
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &v))
	if v.ID == "" {
		ts.Fatalf("no id was printed")
	}
	ts.Setenv(args[0], v.ID)
}

func member(v any, path []string) any {
	if len(path) == 0 {
		return v
	}
	switch x := v.(type) {
	case map[string]any:
		return member(x[path[0]], path[1:])
	case []any:
		if path[0] == "length" {
			return len(x)
		}
		if i, err := strconv.Atoi(path[0]); err == nil && i < len(x) {
			return member(x[i], path[1:])
		}
	}
	return "nothing"
}

// flip FILE N OUT [BIT] flips a bit, the lowest or the one named, of the N-th byte, from the end where N is negative.
func flip(ts *testscript.TestScript, _ bool, args []string) {
	b := []byte(ts.ReadFile(args[0]))
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	if n < 0 {
		n += len(b)
	}
	bit := 0
	if len(args) > 3 {
		bit, err = strconv.Atoi(args[3])
		ts.Check(err)
	}
	b[n] ^= 1 << bit
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), b, 0o644))
}

// half FILE OUT keeps the first half.
func half(ts *testscript.TestScript, _ bool, args []string) {
	b := ts.ReadFile(args[0])
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(b[:len(b)/2]), 0o644))
}

// encode NAME FILE OUT writes a UTF-8 file in another encoding.
func encode(ts *testscript.TestScript, _ bool, args []string) {
	to, ok := map[string]encoding.Encoding{
		"cp949": korean.EUCKR, "shift_jis": japanese.ShiftJIS, "utf-16": unicode.UTF16(unicode.LittleEndian, unicode.UseBOM),
	}[args[0]]
	if !ok {
		ts.Fatalf("encoding %s is not known", args[0])
	}
	b, err := encoding.ReplaceUnsupported(to.NewEncoder()).Bytes([]byte(ts.ReadFile(args[1])))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), b, 0o644))
}

// copy FROM TO replaces the folder TO by a copy of FROM: a backup, or one that is restored.
func copyHome(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(os.RemoveAll(ts.MkAbs(args[1])))
	ts.Check(os.CopyFS(ts.MkAbs(args[1]), os.DirFS(ts.MkAbs(args[0]))))
}

// shown HOME ID FILE writes exactly the bytes that a release shows.
func shown(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(ts.Exec("accord", "--home", args[0], "--json", "release", "show", args[1]))
	var v struct{ Body string }
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &v))
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(v.Body), 0o644))
}

// query reads a home's database as it lies there.
func query(ts *testscript.TestScript, home, text string, each func([]any)) {
	d, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: filepath.Join(ts.MkAbs(home), "accord.db"), RawQuery: "mode=ro"}).String())
	ts.Check(err)
	defer d.Close()
	ts.Check(rows(d, text, each))
}

// body HOME INSTRUMENT CLAUSE FILE writes the body of the one entry of records or observations under a clause that the home's logs hold.
func body(ts *testscript.TestScript, _ bool, args []string) {
	var found [][]byte
	query(ts, args[0], `SELECT instrument, clause, body FROM entry WHERE kind IN ('records', 'observations')`, func(v []any) {
		if v[0] == args[1] && v[1] == args[2] {
			found = append(found, v[2].([]byte))
		}
	})
	if len(found) != 1 {
		ts.Fatalf("%d entries, not one", len(found))
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[3]), found[0], 0o644))
}

// entries HOME INSTRUMENT KIND… wants the home's own log to hold entries of these kinds under an instrument, in this order.
func entries(ts *testscript.TestScript, _ bool, args []string) {
	got := []string{}
	query(ts, args[0], `SELECT l.writer, e.instrument, e.kind FROM entry e JOIN log l ON l.id = e.log ORDER BY e.log, e.idx`, func(v []any) {
		if v[0] == args[0] && v[1] == args[1] {
			got = append(got, v[2].(string))
		}
	})
	if !slices.Equal(got, args[2:]) {
		ts.Fatalf("%v, not %v", got, args[2:])
	}
}

// waits FILE N wants a list of releases, as printed with --json, to hold N rows in all, none twice.
func waits(ts *testscript.TestScript, _ bool, args []string) {
	var list []struct{ Rows int }
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &list))
	n := 0
	for _, l := range list {
		n += l.Rows
	}
	if strconv.Itoa(n) != args[1] {
		ts.Fatalf("%d rows wait, not %s", n, args[1])
	}
}

// same HOME OTHER wants two homes to hold the same.
func same(ts *testscript.TestScript, _ bool, args []string) {
	a, b := ts.MkAbs(args[0]), ts.MkAbs(args[1])
	if strings.ReplaceAll(everything(ts, a), a, "") != strings.ReplaceAll(everything(ts, b), b, "") {
		ts.Fatalf("%s and %s differ", args[0], args[1])
	}
}

// replaced FILE OLD NEW OUT writes the file with other words; \n in NEW begins a line.
func replaced(ts *testscript.TestScript, _ bool, args []string) {
	text := ts.ReadFile(args[0])
	if !strings.Contains(text, args[1]) {
		ts.Fatalf("%s does not hold %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[3]), []byte(strings.ReplaceAll(text, args[1], strings.ReplaceAll(args[2], `\n`, "\n"))), 0o644))
}

// unsigned FILE wants no signature in it.
func unsigned(ts *testscript.TestScript, _ bool, args []string) {
	if strings.Contains(ts.ReadFile(args[0]), "\n— ") {
		ts.Fatalf("%s is signed", args[0])
	}
}

// listen ADDR HOME sets the address of a node's pages.
func listen(ts *testscript.TestScript, _ bool, args []string) {
	file := filepath.Join(args[1], "accord.toml")
	text := regexp.MustCompile(`(?m)^listen *= .*$`).ReplaceAllString(ts.ReadFile(file), `listen = "`+args[0]+`"`)
	ts.Check(os.WriteFile(ts.MkAbs(file), []byte(text), 0o644))
}
