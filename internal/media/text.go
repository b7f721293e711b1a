package media

import (
	"bufio"
	"bytes"
	stdcsv "encoding/csv"
	"errors"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// legacy are the encodings in which text may come besides UTF-8.
var legacy = []encoding.Encoding{korean.EUCKR, japanese.ShiftJIS, japanese.EUCJP}

// markup is how text begins that a browser would take for a page, or another program for its own.
var markup = regexp.MustCompile(`(?i)^\s*(<!doctype|<html|<head|<body|<script|<svg|<iframe|<\?xml|<\?php|<!--|%PDF-|\{\\rtf|MIME-Version:|#!)`)

// text wants characters and no control among them.
func text(f *file) error { return f.lines(func(io.Reader) error { return nil }) }

// lines decodes the file as text, checks all of it, and hands it on.
func (f *file) lines(each func(r io.Reader) error) error {
	head, err := f.head(4096)
	if err != nil {
		return err
	}
	if program(head) || markup.Match(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))) {
		return f.is(false, "plain text: it begins as something else")
	}
	if bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")) {
		if err = f.decoded(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), each); errors.Is(err, errCharacters) {
			return f.is(false, "text in UTF-16, as its mark says")
		}
		return err
	}
	if err = f.decoded(encoding.Nop, each); !errors.Is(err, errCharacters) {
		return err
	}
	for _, e := range legacy {
		if err = f.decoded(e, each); !errors.Is(err, errCharacters) {
			return err
		}
	}
	return f.is(false, "text in UTF-8, UTF-16 with its mark, EUC-KR, Shift_JIS or EUC-JP")
}

// errCharacters: the bytes are not characters in the encoding that was tried.
var errCharacters = errors.New("not in this encoding")

// decoded reads the whole file in one encoding.
func (f *file) decoded(e encoding.Encoding, each func(r io.Reader) error) error {
	read := func() io.Reader { return transform.NewReader(io.NewSectionReader(f, 0, f.size), e.NewDecoder()) }
	in := bufio.NewReaderSize(read(), 64<<10)
	for first := true; ; first = false {
		r, n, err := in.ReadRune()
		switch {
		case errors.Is(err, io.EOF):
			return each(read())
		case err != nil:
			return unread(err)
		case r == utf8.RuneError && (n == 1 || e != encoding.Nop):
			return errCharacters
		case r == 0xfeff && first, r == '\t', r == '\n', r == '\r', r == '\f':
		case r < 0x20 || r == 0x7f || r >= 0x80 && r < 0xa0:
			if e == encoding.Nop && r >= 0x80 {
				return errCharacters
			}
			return f.is(false, "plain text: it holds a control character")
		}
	}
}

// formula is how a cell begins that a spreadsheet computes; call what makes it more than a number written oddly.
var (
	formula = regexp.MustCompile("^[\\s'\"\ufeff]*[=+\\-@]")
	call    = regexp.MustCompile("^[\\s'\"\ufeff]*=|[(|!]")
)

// csv wants text, and no cell that a spreadsheet would run.
func csv(f *file) error {
	return f.lines(func(r io.Reader) error {
		in := stdcsv.NewReader(r)
		in.FieldsPerRecord, in.LazyQuotes, in.ReuseRecord = -1, true, true
		for {
			row, err := in.Read()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return f.is(false, "a table with separated values")
			}
			for _, cell := range row {
				for _, c := range strings.FieldsFunc(cell, func(r rune) bool { return r == ';' || r == '\t' }) { // what else may separate cells
					if formula.MatchString(c) && call.MatchString(c) {
						return f.refused("a cell of it is a formula, which a spreadsheet would run: " + clip(strings.ToValidUTF8(c, "?")))
					}
				}
			}
		}
	})
}
