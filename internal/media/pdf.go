package media

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"errors"
	"io"
	"regexp"
)

// active are the names in a PDF that make a reader do something, or hide what it does.
var active = map[string]string{
	"JavaScript": "it holds JavaScript", "Launch": "it starts a program", "EmbeddedFile": "a file is embedded in it", "EmbeddedFiles": "files are embedded in it",
	"RichMedia": "it holds media that a player runs", "XFA": "it holds a form that runs scripts", "SubmitForm": "it sends a form away", "ImportData": "it reads files of its reader",
	"GoToR": "it opens another file", "GoToE": "it opens an embedded file", "Rendition": "it plays media", "Movie": "it plays media", "Encrypt": "it is encrypted, so that nobody can look into it",
}

// odd are filters that are not undone here. Together with objects in streams they could hide anything.
var odd = map[string]bool{"ASCIIHexDecode": true, "AHx": true, "ASCII85Decode": true, "A85": true, "LZWDecode": true, "LZW": true, "RunLengthDecode": true, "Crypt": true}

// maxInflated is how much the streams of one file may inflate to.
const maxInflated = 1 << 30

// perStream is what looking at one stream costs beside what it inflates to: the words before it, a reader for it. A small file
// may be full of beginnings of streams.
const perStream = 8 << 10

// window is how much of a file is looked at at once; the overlap is longer than any name or dictionary that matters.
const (
	window  = 1 << 20
	overlap = 8 << 10
)

// pdf wants a PDF from its first byte to its last whose objects, also those in compressed streams, do nothing. Every byte is
// looked at, wherever the file says its objects are: a reader may find them anywhere.
func pdf(f *file) error {
	head, err := f.head(8)
	if err != nil {
		return err
	}
	tail, err := f.tail(1024)
	if err != nil {
		return err
	}
	end := bytes.LastIndex(tail, []byte("%%EOF"))
	if !bytes.HasPrefix(head, []byte("%PDF-1.")) && !bytes.HasPrefix(head, []byte("%PDF-2.")) || end < 0 || len(bytes.Trim(tail[end+5:], "\r\n \t\x00")) > 0 {
		return f.is(false, "a PDF from its first byte to its last")
	}
	s := &pdfScan{file: f, left: maxInflated}
	if err := s.names(io.NewSectionReader(f, 0, f.size), true); err != nil {
		return err
	}
	if s.objects && s.odd {
		return f.refused("it holds objects in streams that nobody can look into")
	}
	return nil
}

// A pdfScan looks through one PDF.
type pdfScan struct {
	*file
	left    int64         // how much may still be inflated
	objects bool          // it has objects in streams
	odd     bool          // it has filters that are not undone here
	inner   *bufio.Reader // of the stream that is looked into
}

// names looks at every name in what r gives. In the file itself, not in a stream, it also looks into every stream.
func (s *pdfScan) names(r io.Reader, outer bool) error {
	in := s.inner
	if outer || in == nil {
		in = bufio.NewReaderSize(r, window)
	}
	if !outer {
		in.Reset(r)
		s.inner = in
	}
	var at int64
	for {
		b, err := in.Peek(window)
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
			return unread(err)
		}
		last := err != nil
		upto := len(b)
		if !last {
			upto -= overlap
		}
		if why := s.look(b, upto); why != "" {
			return s.refused(why)
		}
		if outer {
			if err := s.streams(b, upto, at); err != nil {
				return err
			}
		}
		if last {
			return nil
		}
		n, _ := in.Discard(upto)
		at += int64(n)
	}
}

// look says why a name that begins before upto is not let through.
func (s *pdfScan) look(b []byte, upto int) string {
	for i := 0; ; {
		n := bytes.IndexByte(b[i:upto], '/')
		if n < 0 {
			return ""
		}
		i += n + 1
		name := pdfName(b[i:])
		switch {
		case active[name] != "":
			return active[name]
		case name == "OpenAction":
			if rest := bytes.TrimLeft(afterName(b[i:]), "\x00\t\n\f\r "); len(rest) > 0 && rest[0] != '[' { // a place to begin at is no action
				return "it does something when it is opened"
			}
		case name == "ObjStm" || name == "XRefStm" || name == "XRef":
			s.objects = true
		case odd[name]:
			s.odd = true
		}
		if i >= upto {
			return ""
		}
	}
}

// pdfName reads a name after its slash, with #xx undone; at most 40 bytes of it.
func pdfName(b []byte) string {
	var name []byte
	for i := 0; i < len(b) && len(name) < 40 && regular(b[i]); i++ {
		c := b[i]
		if c == '#' && i+2 < len(b) {
			if hi, lo := hexDigit(b[i+1]), hexDigit(b[i+2]); hi >= 0 && lo >= 0 {
				c, i = byte(hi<<4|lo), i+2
			}
		}
		name = append(name, c)
	}
	return string(name)
}

// afterName is what follows a name.
func afterName(b []byte) []byte {
	for i, c := range b {
		if !regular(c) {
			return b[i:]
		}
	}
	return nil
}

// regular says whether a byte can stand in a name.
func regular(c byte) bool { return bytes.IndexByte([]byte("\x00\t\n\f\r ()<>[]{}/%"), c) < 0 }

func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

var (
	streamForm = regexp.MustCompile(`stream(\r\n|\n|\r)`)
	objectForm = regexp.MustCompile(`\d+\s+\d+\s+obj\b`)
)

// streams looks into every stream that begins before upto. at is where b lies in the file.
func (s *pdfScan) streams(b []byte, upto int, at int64) error {
	for _, m := range streamForm.FindAllIndex(b, -1) {
		if m[0] >= upto || bytes.HasSuffix(b[:m[0]], []byte("end")) {
			continue
		}
		if s.left -= perStream; s.left <= 0 {
			return s.refused("it holds more streams than can be looked into")
		}
		if why := s.dictionary(b[max(0, m[0]-overlap):m[0]]); why != "" {
			return s.refused(why)
		}
		if err := s.inflate(at + int64(m[1])); err != nil {
			return err
		}
	}
	return nil
}

// dictionary looks at what stands before a stream. One of objects must be deflated and nothing else, or their names would not
// show.
func (s *pdfScan) dictionary(before []byte) string {
	if !bytes.Contains(before, []byte("/ObjStm")) && !bytes.Contains(before, []byte("/First")) {
		return "" // most: it is dear to find where the object begins
	}
	if all := objectForm.FindAllIndex(before, -1); len(all) > 0 {
		before = before[all[len(all)-1][0]:]
	}
	holds := func(name string) bool { return bytes.Contains(before, []byte("/"+name)) }
	if !holds("ObjStm") && !(holds("First") && holds("N")) {
		return ""
	}
	s.objects = true
	if holds("Predictor") || bytes.Count(before, []byte("<<")) != bytes.Count(before, []byte(">>")) || bytes.Contains(before, []byte("#")) {
		return "it holds objects in a stream that nobody can look into"
	}
	return ""
}

// inflate looks at the names in a stream that is deflated. One that is not shows them as it is.
func (s *pdfScan) inflate(at int64) error {
	z, err := zlib.NewReader(bufio.NewReader(io.NewSectionReader(s.file, at, s.size-at)))
	if err != nil {
		return nil
	}
	counted := &counting{r: z, left: &s.left}
	err = s.names(counted, false)
	switch {
	case counted.over:
		return s.refused("it inflates to far more than it is")
	case counted.broken: // a stream that ends badly was looked at as far as a reader would get
		return nil
	}
	return err
}

// counting reads on while something is left, and ends where the stream is broken.
type counting struct {
	r            io.Reader
	left         *int64
	over, broken bool
}

func (c *counting) Read(p []byte) (int, error) {
	if *c.left <= 0 {
		c.over = true
		return 0, io.EOF
	}
	n, err := c.r.Read(p[:min(int64(len(p)), *c.left)])
	*c.left -= int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		c.broken, err = true, io.EOF
	}
	return n, err
}
