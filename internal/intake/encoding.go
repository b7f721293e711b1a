package intake

import (
	"bytes"
	"io"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/transform"
)

// encodings are those that publishers in both countries use. CP949 contains EUC-KR; the Shift_JIS here is the one of
// Windows, CP932.
var encodings = map[string]encoding.Encoding{
	"utf-8":     encoding.Nop, // checked, not converted
	"cp949":     korean.EUCKR,
	"shift_jis": japanese.ShiftJIS,

	"windows-1252": charmap.Windows1252, // of Latin letters; nearly any bytes are of it, so a recipe names it last
}

// scripts are the letters by which a recipe tells text from mojibake.
var scripts = map[string][]*unicode.RangeTable{
	"Hangul":   {unicode.Hangul},
	"Japanese": {unicode.Han, unicode.Hiragana, unicode.Katakana},
}

var bom = []byte("\xef\xbb\xbf")

// chooseEncoding finds the first allowed encoding in which head is valid. A head that was cut may end within a letter.
func chooseEncoding(allowed []string, head []byte, cut bool) (string, bool) {
	if bytes.HasPrefix(head, bom) {
		// The mark is the publisher's word: damaged UTF-8 must not be taken for another encoding.
		return "utf-8", contains(allowed, "utf-8") && validUTF8(head, cut)
	}
	for _, name := range allowed {
		if name == "utf-8" && validUTF8(head, cut) || name != "utf-8" && validIn(name, head, cut) {
			return name, true
		}
	}
	return "", false
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

func validUTF8(b []byte, cut bool) bool {
	if cut {
		for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
			if start := len(b) - n; utf8.RuneStart(b[start]) {
				if !utf8.FullRune(b[start:]) {
					b = b[:start]
				}
				break
			}
		}
	}
	return utf8.Valid(b)
}

// validIn says whether b is text of a two-byte encoding. Damaged UTF-8 can be valid there by chance, so bytes that are
// mostly three-byte letters of UTF-8, as Korean and Japanese are, do not count.
func validIn(name string, b []byte, cut bool) bool {
	if looksUTF8(b) {
		return false
	}
	out, n, err := transform.Bytes(encodings[name].NewDecoder(), b)
	if err != nil || cut && n < len(b)-1 || !cut && n < len(b) {
		return false
	}
	if cut {
		out = bytes.TrimSuffix(out, []byte("\ufffd"))
	}
	return !bytes.ContainsRune(out, utf8.RuneError)
}

func looksUTF8(b []byte) bool {
	high, inLetters := 0, 0
	for i := 0; i < len(b); i++ {
		if b[i] < 0x80 {
			continue
		}
		high++
		if r, n := utf8.DecodeRune(b[i:]); n == 3 && r != utf8.RuneError {
			high += 2
			inLetters += 3
			i += 2
		}
	}
	return 2*inLetters > high
}

// decode turns the bytes of a file into UTF-8 without a mark. Bytes that are not of the encoding become an error, either
// at once or, for the two-byte encodings, as U+FFFD, which a guard finds.
func decode(name string, r io.Reader) io.Reader {
	if name == "utf-8" {
		return transform.NewReader(r, encoding.UTF8Validator)
	}
	return transform.NewReader(r, encodings[name].NewDecoder())
}

// letters counts what tells text from mojibake, over all cells of a file.
type letters struct {
	script  []*unicode.RangeTable
	found   bool // a letter of the script
	foreign bool // a letter that is neither ASCII nor of the script
}

func (l *letters) see(cell string) {
	if l.found || l.script == nil {
		return
	}
	for _, r := range cell {
		if r < utf8.RuneSelf {
			continue
		}
		if unicode.In(r, l.script...) {
			l.found = true
			return
		}
		l.foreign = l.foreign || unicode.IsLetter(r)
	}
}

func (l *letters) mojibake() bool { return l.script != nil && l.foreign && !l.found }
