package intake

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding"

	"accord/internal/fault"
)

// lost is U+FFFD, which stands where a byte was not of the encoding.
var lost = []byte("\ufffd")

// The bounds of what a file can make the reader hold.
const (
	headSize  = 1 << 20  // bytes by which the encoding is chosen
	maxRecord = 1 << 20  // bytes of one record, quoted line ends included
	maxCell   = 64 << 10 // bytes of one cell
	maxCells  = 1024     // cells of one record
)

// refuse makes the fault of a file that is refused whole.
func refuse(why, do string) *fault.Fault { return fault.New(fault.Invalid, "file", why, do) }

const (
	doDownload = "get the file from its publisher again"
	doExport   = "save it as CSV in UTF-8 and import that"
)

// checkHead refuses what is no text table at all, before anything is made of it.
func checkHead(head []byte) error {
	text := bytes.TrimLeft(bytes.TrimPrefix(head, bom), " \t\r\n")
	switch {
	case len(text) == 0:
		return refuse("it is empty", doDownload)
	case bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")):
		return refuse("it is UTF-16", doExport)
	case bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0")):
		return refuse("it is a workbook or an archive, not CSV", doExport)
	case text[0] == '<':
		return refuse("it is a web page or XML, not CSV", "get the file itself: a portal often answers with a page when a link is old or asks to sign in")
	case bytes.IndexByte(head, 0) >= 0:
		return refuse("it has NUL bytes, so it is not text", doDownload)
	}
	return nil
}

// A guard passes decoded text on and stops at what must not get further: a NUL, a byte that was not of the encoding, or
// a record without an end in sight. A quote that is never closed would otherwise make one cell of the rest of the file.
type guard struct {
	r      io.Reader
	strict bool // U+FFFD stands for a byte that was not of the encoding
	quoted bool
	line   int // line ends so far
	length int // bytes of the record so far
	tail   [2]byte
}

func (g *guard) Read(p []byte) (int, error) {
	n, err := g.r.Read(p)
	if why := g.check(p[:n]); why != nil {
		return 0, why
	}
	if errors.Is(err, encoding.ErrInvalidUTF8) {
		err = errEncoding().At(lineName(g.line + 1))
	}
	return n, err
}

func (g *guard) check(b []byte) error {
	if bytes.IndexByte(b, 0) >= 0 {
		return refuse("it has NUL bytes, so it is not text", doDownload).At(lineName(g.line + 1))
	}
	// U+FFFD may lie across two reads; the last two bytes of the one before are kept for that. Its bytes are looked for, not
	// its rune: a letter that lies across two reads is no rune in either.
	if g.strict && (bytes.Contains(b, lost) || bytes.Contains(append(g.tail[:], b[:min(2, len(b))]...), lost)) {
		return errEncoding().At(lineName(g.line + 1))
	}
	if n := len(b); n >= 2 {
		g.tail = [2]byte(b[n-2:])
	} else if n == 1 {
		g.tail = [2]byte{g.tail[1], b[0]}
	}
	for len(b) > 0 {
		i := bytes.IndexAny(b, "\"\n")
		if i < 0 {
			g.length += len(b)
			break
		}
		g.length += i + 1
		if b[i] == '"' {
			g.quoted = !g.quoted
		} else {
			g.line++
			if !g.quoted {
				g.length = 0
			}
		}
		b = b[i+1:]
	}
	if g.length > maxRecord {
		why := fmt.Sprintf("a record is longer than %d bytes; a quote may never be closed", maxRecord)
		return refuse(why, doDownload).At(lineName(g.line + 1))
	}
	return nil
}

func errEncoding() *fault.Fault {
	return refuse("it has bytes that are not of its encoding, or its letters were damaged by a wrong conversion",
		"get it from its publisher again and do not open and save it in between")
}

func lineName(n int) string { return fmt.Sprintf("line %d", n) }

// Foreign are names that a file gives, cut and in quotes, as they may be shown to a person.
func Foreign(list []string) (all []string) {
	for _, n := range list {
		all = append(all, fmt.Sprintf("%.60q", n))
	}
	return all
}

// names lists names, not more than a person reads.
func names(list []string) string {
	const most = 12
	if len(list) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(list[:most], ", "), len(list)-most)
	}
	return strings.Join(list, ", ")
}
