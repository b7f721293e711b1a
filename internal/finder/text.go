package finder

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
)

// plainText reads the beginning of a text file, in UTF-8 or in what offices in Korea and Japan wrote before; nothing where it is
// none of them. The last character may be cut.
func plainText(b []byte) string {
	b = bytes.TrimPrefix(b, []byte("\xEF\xBB\xBF"))
	for cut := range min(utf8.UTFMax, len(b)+1) {
		if utf8.Valid(b[:len(b)-cut]) {
			return string(b[:len(b)-cut])
		}
	}
	best, least := "", len(b)/50+2 // so few signs of another encoding may stand in it
	for _, e := range []encoding.Encoding{korean.EUCKR, japanese.ShiftJIS, japanese.EUCJP} {
		s, err := e.NewDecoder().Bytes(b)
		if n := strings.Count(string(s), "\uFFFD"); err == nil && n < least {
			best, least = string(s), n
		}
	}
	return best
}
