package intake

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"

	"accord/internal/area/all"
	"accord/internal/fault"
	"accord/record"
)

const header = "sagoNo,sido,sigungu,dong,addr,sagoLat,sagoLon,sagoDate,sinkWidth,sinkExtend,sinkDepth,grdKind,sagoDetail," +
	"deathCnt,injuryCnt,vehicleCnt,trStatus,trMethod,trAmt,trFnDate,daStDate,no\n"

// cell numbers that tests change.
const (
	lat = iota + 5
	lon
	day
	width
)

// good returns the cells of a row without a problem.
func good(key string) []string {
	return strings.Split(key+",서울특별시,강남구,삼성동,삼성동 147,37.51,127.05,20180301,3.00,4.00,1.50,,관 파손,0,0,0,복구완료,메움,0,20180306,00010101,1", ",")
}

// with returns a row's line with one cell changed.
func with(key string, i int, cell string) string {
	c := good(key)
	c[i] = cell
	return strings.Join(c, ",") + "\n"
}

func plain(key string) string { return strings.Join(good(key), ",") + "\n" }

func subsidence(tb testing.TB) (*Recipe, *record.Dataset) {
	tb.Helper()
	r, err := Find(recipes(tb), "kr-subsidence-accident")
	if err != nil {
		tb.Fatal(err)
	}
	d, ok := all.Lookup(r.Dataset, r.Version)
	if !ok {
		tb.Fatal("no such dataset")
	}
	return r, d
}

func read(tb testing.TB, data string) ([]Row, Summary, error) {
	tb.Helper()
	r, d := subsidence(tb)
	var rows []Row
	sum, err := Read(r, d, strings.NewReader(data), func(row Row) error {
		row.Cells = append([]string(nil), row.Cells...)
		rows = append(rows, row)
		return nil
	})
	return rows, sum, err
}

// TestBadCell: one bad cell rejects its row, names its column, and leaves the rows beside it alone.
func TestBadCell(t *testing.T) {
	for _, c := range []struct {
		name, where string
		i           int
		cell        string
	}{
		{"no key", "key", 0, " "},
		{"long key", "key", 0, strings.Repeat("k", 200)},
		{"text for a number", "sinkWidth", width, "3m"},
		{"spreadsheet damage", "sinkWidth", width, "1.11401E+24"},
		{"decimal comma", "sinkWidth", width, `"3,5"`},
		{"infinity", "sinkWidth", width, "Inf"},
		{"hexadecimal", "sinkWidth", width, "0x10"},
		{"digits of another script", "sinkWidth", width, "٣"},
		{"below zero", "width", width, "-3"},
		{"above what is possible", "width", width, "1000000"},
		{"half a casualty", "deaths", 13, "0.5"},
		{"no date", "sagoDate", day, ""},
		{"date that means nothing", "sagoDate", day, "00010101"},
		{"day that is not", "sagoDate", day, "20180230"},
		{"day first", "sagoDate", day, "01-03-2018"},
		{"two digits of a year", "sagoDate", day, "18.3.1"},
		{"month for a day", "sagoDate", day, "2018-03"},
		{"one coordinate", "sagoLat", lat, ""},
		{"coordinates swapped", "place", lat, "127.05"},
		{"unknown word", "trStatus", 16, "복구예정"},
		{"unknown ground", "grdKind", 11, "granite"},
		{"lost letter", "sagoDetail", 12, "관\ufffd파손"},
		{"control character", "description", 12, "\x1b[31m"},
		{"over-long text", "description", 12, strings.Repeat("가", 2000)},
		{"too many cells", "row", 21, "1,1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			rows, sum, err := read(t, header+plain("a")+with("b", c.i, c.cell)+plain("c"))
			if err != nil {
				t.Fatal(err)
			}
			if sum.Rows != 3 || sum.Accepted != 2 || sum.Rejected != 1 {
				t.Fatalf("%+v", sum)
			}
			if p := rows[1].Problems; len(p) == 0 || p[0].Where != c.where {
				t.Errorf("problems %v, want one at %s", p, c.where)
			}
		})
	}
}

func TestAllProblemsOfARow(t *testing.T) {
	c := good("b")
	c[lat], c[width], c[day] = "north", "wide", "soon"
	rows, _, err := read(t, header+strings.Join(c, ",")+"\n")
	if err != nil || len(rows[0].Problems) != 3 {
		t.Errorf("%v, %v", rows[0].Problems, err)
	}
}

func TestDuplicates(t *testing.T) {
	rows, sum, err := read(t, header+plain("a")+plain("b")+plain("a")+with("b", width, "9")+plain("b"))
	if err != nil {
		t.Fatal(err)
	}
	if sum.Rows != 5 || sum.Accepted != 2 || sum.Unchanged != 2 || sum.Rejected != 1 {
		t.Errorf("%+v", sum)
	}
	if got := fmt.Sprint(rows[3].Problems); !strings.Contains(got, "lines 3 and 5") {
		t.Errorf("problems %s do not name both lines", got)
	}
}

// TestRejectedRowKeepsNoKey: a row that was rejected does not stand in the way of a later good one.
func TestRejectedRowKeepsNoKey(t *testing.T) {
	_, sum, err := read(t, header+with("a", width, "?")+plain("a"))
	if err != nil || sum.Accepted != 1 || sum.Rejected != 1 {
		t.Errorf("%+v, %v", sum, err)
	}
}

func TestFlagsKeepTheValue(t *testing.T) {
	busan := good("a")
	busan[lat], busan[lon] = "35.1", "129.0"
	rows, sum, err := read(t, header+strings.Join(busan, ",")+"\n"+with("b", width, "120")+with("c", 19, "20180228"))
	if err != nil || sum.Accepted != 3 || sum.Flagged != 3 {
		t.Fatalf("%+v, %v", sum, err)
	}
	for i, want := range []string{"place: it is outside Seoul", "width: it is outside what is plausible", "repaired_on: it is before the time of the record"} {
		if got := rows[i].Flags; len(got) != 1 || got[0].String() != want {
			t.Errorf("flags %v, want %s", got, want)
		}
	}
	if p := rows[0].Record.Place; p.Lat != 35.1 || p.Lon != 129 {
		t.Errorf("the flagged place was changed to %v", p)
	}
}

func TestBlankCoordinatesAreUnknown(t *testing.T) {
	c := good("a")
	c[lat], c[lon] = "", ""
	rows, _, err := read(t, header+strings.Join(c, ",")+"\n")
	if err != nil || rows[0].Status != Accepted || rows[0].Record.Place.Known {
		t.Errorf("%+v, %v", rows, err)
	}
}

func TestEncodings(t *testing.T) {
	text := header + plain("a") + plain("b")
	cp949, _ := korean.EUCKR.NewEncoder().String(text)
	for name, data := range map[string]string{"utf-8": text, "utf-8 ": "\ufeff" + text, "cp949": cp949} {
		rows, sum, err := read(t, data)
		if err != nil || sum.Accepted != 2 || sum.Encoding != strings.TrimSpace(name) {
			t.Errorf("%s: %+v, %v", name, sum, err)
			continue
		}
		if _, d := subsidence(t); rows[0].Record.Value(d.Index("district")).Text != "강남구" {
			t.Errorf("%s: the district is %q", name, rows[0].Record.Value(1).Text)
		}
	}
}

// TestRefusedWhole: what is damaged as a whole is refused as a whole, with a sentence that says why.
func TestRefusedWhole(t *testing.T) {
	sjis, _ := japanese.ShiftJIS.NewEncoder().String(header + with("a", 1, "東京都ポ") + with("c", 1, "ソ表能"))
	double := func(s string) string { // UTF-8 read as Latin-1 and saved again
		var b strings.Builder
		for _, c := range []byte(s) {
			b.WriteRune(rune(c))
		}
		return b.String()
	}
	rows := plain("a") + plain("b") + plain("c")
	for name, c := range map[string]struct{ data, why string }{
		"empty":             {"", "empty"},
		"white":             {"\ufeff \n\n", "empty"},
		"web page":          {"\n<!DOCTYPE html><html><body>login</body></html>", "web page"},
		"xml":               {"<?xml version=\"1.0\"?><response/>", "XML without"},
		"workbook":          {"PK\x03\x04rest", "archive"},
		"utf-16":            {"\xff\xfes\x00a\x00", "UTF-16"},
		"binary":            {header + "a\x00b\n", "NUL"},
		"binary later":      {header + strings.Repeat(rows, 3_500) + "a\x00", "NUL"},
		"wrong header":      {"a,b,c\n1,2,3\n", "misses columns"},
		"no daStDate":       {strings.Replace(header, ",daStDate", "", 1) + rows, "misses columns"},
		"column twice":      {strings.Replace(header, ",no\n", ",sido\n", 1) + rows, "twice"},
		"cut in a record":   {header + rows[:len(rows)-30], "cut"},
		"cut in quotes":     {header + plain("a") + with("b", 12, "\"관 파손\n그리고"), "quote"},
		"cut in a letter":   {header + plain("a") + plain("b")[:12], "encoding"},
		"bad byte":          {header + strings.Replace(rows, "삼성동", "삼성\xff동", 1), "encoding"},
		"bad byte and mark": {"\ufeff" + header + strings.Replace(rows, "삼성동", "삼성\xb5\xbf", 1), "encoding"},
		"bad byte later":    {header + strings.Repeat(rows, 3_500) + "\xff", "encoding"},
		"mojibake":          {header + double(rows), "letters were damaged"},
		"shift_jis":         {sjis, ""},
		"quote in a cell":   {header + plain("a") + with("b", 12, `관 "파손"`) + plain("c"), "quote"},
		"over-long cell":    {header + with("a", 12, strings.Repeat("가", 30_000)), "cell is longer"},
		"over-long line":    {header + with("a", 12, strings.Repeat("가", 600_000)), "record is longer"},
		"quote bomb":        {header + "\"" + strings.Repeat("x\n", 1<<21), "record is longer"},
		"many cells":        {header + strings.Repeat(",", 2000) + "\n", "cells"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := read(t, c.data)
			f, ok := errors.AsType[*fault.Fault](err)
			if !ok || f.Kind != fault.Invalid || f.Do == "" {
				t.Fatalf("error %v", err)
			}
			if !strings.Contains(f.Error(), c.why) {
				t.Errorf("%q does not say %q", f.Error(), c.why)
			}
		})
	}
}

func TestCutAnywhere(t *testing.T) {
	whole := header + with("a", 12, "\"하나\n둘\"") + with("b", 12, "\"하나\n둘\"")
	if _, _, err := read(t, whole); err != nil {
		t.Fatal(err)
	}
	end := len(header) + (len(whole)-len(header))/2
	for n := range len(whole) - 2 {
		_, got, err := read(t, whole[:n])
		// A file that ends exactly after a record, or within its last cell, is a whole file as far as anyone can tell.
		if err == nil && n != len(header)-1 && n != len(header) && (n < end-2 || n > end) {
			t.Errorf("cut at byte %d of %d: %+v", n, len(whole), got)
		}
	}
}

func TestNewColumnIsNamed(t *testing.T) {
	data := strings.ReplaceAll(header+plain("a"), "\n", ",")
	data = strings.Replace(data, ",no,", ",no,weather\n", 1) + "rain\n"
	_, sum, err := read(t, data)
	if err != nil || sum.Accepted != 1 || len(sum.Unmapped) != 1 || sum.Unmapped[0] != "weather" {
		t.Errorf("%+v, %v", sum, err)
	}
}

func TestEmitAndReadErrorsEndTheReading(t *testing.T) {
	r, d := subsidence(t)
	stop := errors.New("stop")
	n := 0
	if _, err := Read(r, d, strings.NewReader(header+plain("a")+plain("b")), func(Row) error { n++; return stop }); err != stop || n != 1 {
		t.Errorf("%v after %d rows", err, n)
	}
	broken := io.MultiReader(strings.NewReader(header+strings.Repeat(plain("a"), 20_000)), iotest.ErrReader(errors.New("disk")))
	if _, err := Read(r, d, broken, func(Row) error { return nil }); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("error %v", err)
	}
}

func TestOneByteAtATime(t *testing.T) {
	r, d := subsidence(t)
	text := header + plain("a") + with("b", 12, "\"하나\r\n둘\"")
	sum, err := Read(r, d, iotest.OneByteReader(strings.NewReader(text)), func(Row) error { return nil })
	if err != nil || sum.Accepted != 2 {
		t.Errorf("%+v, %v", sum, err)
	}
}

func TestDetect(t *testing.T) {
	known := recipes(t)
	head := []byte(header + plain("a"))
	r, err := Detect(known, head)
	if err != nil || r.Name != "kr-subsidence-accident" {
		t.Fatalf("%v, %v", r, err)
	}
	twin := *r
	twin.Name = "twin"
	if _, err := Detect(append(known, &twin), head); err == nil || !strings.Contains(err.Error(), "kr-subsidence-accident, twin") {
		t.Errorf("two that fit: %v", err)
	}
	if _, err := Detect(known, []byte("a,b\n1,2\n")); fault.KindOf(err) != fault.Invalid {
		t.Errorf("none that fits: %v", err)
	}
	if _, err := Detect(known, []byte(strings.Replace(header, "trAmt", "cost", 1))); err == nil || !strings.Contains(err.Error(), "trAmt") {
		t.Errorf("one column missing: %v", err)
	}
	if _, err := Detect(known, append(head, 0xff)); err == nil || !strings.Contains(err.Error(), "encoding") {
		t.Errorf("damaged: %v", err)
	}
}

func TestRejectedWriter(t *testing.T) {
	rows, _, err := read(t, header+plain("a")+with("b", 12, "\"둘, \"\"셋\"\"\n넷\x01\""))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := NewRejectedWriter(&out)
	if err := w.Flush(); err != nil || out.Len() != 0 {
		t.Errorf("without a row: %q, %v", out.String(), err)
	}
	if err := errors.Join(w.Write(rows[1]), w.Flush()); err != nil {
		t.Fatal(err)
	}
	want := "line,problems," + header + "3,description: it has a control character,b,서울특별시"
	if !strings.HasPrefix(out.String(), want) || !strings.Contains(out.String(), "\"둘, \"\"셋\"\"\n넷\x01\"") {
		t.Errorf("got %s", out.String())
	}
}

// TestLettersAcrossReads: a file whose letters lie across two reads of the decoder is whole.
func TestLettersAcrossReads(t *testing.T) {
	text := strings.Repeat("강남구,", 5000)
	for _, size := range []int{1, 2, 3, 4, 5, 4096} {
		g := &guard{r: bitByBit{strings.NewReader(text), size}, strict: true}
		if got, err := io.ReadAll(g); err != nil || string(got) != text {
			t.Errorf("%d bytes a read: %v", size, err)
		}
		g = &guard{r: bitByBit{strings.NewReader(text + "\ufffd"), size}, strict: true}
		if _, err := io.ReadAll(g); err == nil {
			t.Errorf("%d bytes a read: a lost letter is not seen", size)
		}
	}
}

// bitByBit reads a few bytes at a time.
type bitByBit struct {
	r io.Reader
	n int
}

func (r bitByBit) Read(p []byte) (int, error) { return r.r.Read(p[:min(r.n, len(p))]) }
