package media

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"io"
	"path"
	"regexp"
	"strings"

	"golang.org/x/text/encoding/unicode"
)

// idle is a script that does nothing: Hangul writes one into every file, with names of its own and empty handlers.
var (
	comment = regexp.MustCompile(`(?s)//[^\n\r]*|/\*.*?\*/`)
	idle    = regexp.MustCompile(`^(\s|;|var\s+\w+\s*=\s*\w+\s*;|function\s+\w+\s*\(\s*\)\s*\{\s*\})*$`)
)

// does says whether a script of Hangul does anything. It is UTF-16 or UTF-8.
func does(script []byte) bool {
	text := script
	if bytes.IndexByte(script, 0) >= 0 {
		u, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Bytes(script)
		if err != nil {
			return true
		}
		text = u
	}
	text = bytes.Trim(text, "\x00\xef\xbb\xbf \r\n\t")
	return !idle.Match(comment.ReplaceAll(text, []byte(" ")))
}

// foreign are endings of what other programs run when Hangul shows it.
var foreign = map[string]bool{"ole": true, "eps": true, "ps": true, "wmf": false}

// hwpx wants a document of Hangul in the open form, whose script does nothing.
func hwpx(f *file) error {
	a, err := f.open("a HWPX document")
	if err != nil {
		return err
	}
	if ok, err := a.first("mimetype", "application/hwp+zip"); err != nil || !ok {
		return errors.Join(err, f.is(false, "a HWPX document"))
	}
	if a.names["contents/content.hpf"] == nil {
		return f.is(false, "a HWPX document: it has no content")
	}
	for _, e := range a.entries {
		name := strings.ToLower(e.Name)
		switch {
		case strings.HasPrefix(name, "scripts/") && !e.FileInfo().IsDir():
			b, err := a.get(e.Name)
			if err != nil {
				return err
			}
			if does(b) {
				return f.refused("it holds a script")
			}
		case foreign[strings.TrimPrefix(path.Ext(name), ".")]:
			return f.refused("it holds an embedded object that a program runs")
		case strings.HasSuffix(name, ".xml") || strings.HasSuffix(name, ".hpf"):
			if err := a.walk(e.Name, odfElement); err != nil {
				return err
			}
		}
	}
	return nil
}

// hwpEncrypted are the properties of a HWP document that nobody can look into.
const hwpEncrypted = 1<<1 | 1<<2 | 1<<4 | 1<<8 | 1<<10 // password, for distribution, rights management

// hwp wants a document of Hangul 5 that is not encrypted, whose script does nothing, without objects of other programs.
func hwp(f *file) error {
	c, err := f.compound()
	if errors.Is(err, errCompound) {
		return f.is(false, "a HWP document of Hangul 5")
	}
	if err != nil {
		return err
	}
	seen := false
	for _, s := range c.streams {
		name := strings.ToLower(s.name)
		switch {
		case name == "fileheader":
			if err := c.hwpHeader(s); err != nil {
				return err
			}
			seen = true
		case strings.Contains(name, "vba") || strings.Contains(name, "macro"):
			return f.refused("it holds macros")
		case foreign[strings.TrimPrefix(path.Ext(name), ".")]:
			return f.refused("it holds an embedded object that a program runs")
		case name == "defaultjscript":
			if err := c.hwpScript(s); err != nil {
				return err
			}
		}
	}
	return f.is(seen, "a HWP document of Hangul 5")
}

// hwpHeader reads the stream that says the file is of Hangul, and whether it is encrypted.
func (c *compound) hwpHeader(s stream) error {
	b, err := c.read(s, 40)
	if err != nil || len(b) < 40 || !bytes.HasPrefix(b, []byte("HWP Document File\x00")) {
		return c.is(false, "a HWP document of Hangul 5")
	}
	if binary.LittleEndian.Uint32(b[36:])&hwpEncrypted != 0 {
		return c.refused("it is encrypted, so that nobody can look into it")
	}
	return nil
}

// hwpScript wants a script that does nothing. It is deflated or not: whichever it looks like, what it holds must be idle.
func (c *compound) hwpScript(s stream) error {
	raw, err := c.read(s, 1<<20)
	if err != nil {
		return c.broken("its script cannot be read")
	}
	text, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(raw)), 1<<20))
	if err != nil {
		text = raw
	}
	for _, piece := range hwpPieces(text) {
		if does(piece) {
			return c.refused("it holds a script")
		}
	}
	return nil
}

// hwpPieces are the header, the source and what follows in a script: each a count of characters and that many in UTF-16.
func hwpPieces(b []byte) (out [][]byte) {
	for len(b) >= 4 {
		n := uint64(binary.LittleEndian.Uint32(b)) * 2
		if n == 0xffffffff*2 { // its end
			return out
		}
		if n > uint64(len(b)-4) {
			return append(out, b)
		}
		out, b = append(out, b[4:4+n]), b[4+n:]
	}
	return append(out, b)
}
