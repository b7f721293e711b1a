package media

import (
	stdzip "archive/zip"
	"bytes"
	"fmt"
	"io"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"accord/exchange"
)

// Bounds of an archive: what a person's programs can take without harm.
const (
	maxEntries  = 10_000
	maxUnpacked = 1 << 30  // of all entries
	maxInner    = 64 << 20 // of one that is looked into itself
	maxRatio    = 200      // how many times larger than the archive, beyond the first 16 MiB
	maxDepth    = 2        // archives within archives: a document in an archive, its own parts
)

// An archive is a ZIP file whose every entry was unpacked once and is what its header says.
type archive struct {
	*file
	entries []*stdzip.File
	names   map[string]*stdzip.File
}

// open wants a ZIP archive from the first byte of the file to its last: nothing before, nothing after, nothing encrypted,
// nothing that leads out of the folder it is unpacked in, and no more in it than a person's machine can take.
func (f *file) open(what string) (*archive, error) {
	head, err := f.head(4)
	if err != nil {
		return nil, err
	}
	tail, err := f.tail(22)
	if err != nil {
		return nil, err
	}
	if string(head) != "PK\x03\x04" || !bytes.HasPrefix(tail, []byte("PK\x05\x06")) || tail[20] != 0 || tail[21] != 0 {
		return nil, f.is(false, what)
	}
	z, err := stdzip.NewReader(f, f.size)
	if err != nil {
		return nil, f.is(false, what)
	}
	if len(z.File) == 0 || len(z.File) > maxEntries {
		return nil, f.refused(fmt.Sprintf("it holds %d files; 1 to %d cross", len(z.File), maxEntries))
	}
	a := &archive{f, z.File, map[string]*stdzip.File{}}
	var packed, unpacked uint64
	for _, e := range z.File {
		if err := a.entry(e); err != nil {
			return nil, err
		}
		packed, unpacked = packed+e.CompressedSize64, unpacked+e.UncompressedSize64
		if packed > uint64(f.size) || unpacked > maxUnpacked || unpacked > 16<<20 && unpacked > maxRatio*uint64(f.size) {
			return nil, f.refused("it unpacks to far more than it is")
		}
	}
	return a, a.unpackAll()
}

// entry looks at the header of an entry.
func (a *archive) entry(e *stdzip.File) error {
	name := e.Name
	switch {
	case e.Flags&(1|1<<6|1<<13) != 0:
		return a.refused("it is encrypted, so that nobody can look into it")
	case e.Method != stdzip.Store && e.Method != stdzip.Deflate:
		return a.refused("a file in it is packed in a way that nobody can look into")
	case !e.Mode().IsRegular() && !e.Mode().IsDir():
		return a.refused("it holds a link or a device")
	case name == "" || len(name) > 1024 || strings.HasPrefix(name, "/") || strings.Contains(name, ":") || leadsOut(name):
		return a.refused("the name of a file in it leads out of its folder: " + clip(strings.ToValidUTF8(name, "?")))
	case strings.ContainsFunc(name, func(r rune) bool { return unicode.IsControl(r) || r != utf8.RuneError && unicode.Is(unicode.Cf, r) }):
		return a.refused("the name of a file in it holds an invisible character")
	case !e.NonUTF8 && strings.Contains(name, `\`):
		return a.refused("the name of a file in it leads out of its folder")
	}
	key := strings.ToLower(path.Clean(name))
	if a.names[key] != nil {
		return a.refused("two files in it have the same name")
	}
	a.names[key] = e
	return nil
}

// leadsOut says whether a name has a step upwards, by either sign for one.
func leadsOut(name string) bool {
	for _, step := range strings.FieldsFunc(name, func(r rune) bool { return r == '/' || r == '\\' }) {
		if step == ".." {
			return true
		}
	}
	return false
}

// unpackAll reads every entry to its end: it is as long as its header says, with the sum it says, and not a program.
func (a *archive) unpackAll() error {
	for _, e := range a.entries {
		r, err := e.Open()
		if err != nil {
			return a.broken("a file in it cannot be unpacked")
		}
		head := make([]byte, 64)
		n, err := io.ReadFull(r, head)
		if err == nil {
			_, err = io.Copy(io.Discard, r)
		}
		r.Close()
		switch {
		case err != nil && err != io.EOF && err != io.ErrUnexpectedEOF, err == io.ErrUnexpectedEOF && uint64(n) != e.UncompressedSize64:
			return a.broken("a file in it cannot be unpacked: " + clip(err.Error()))
		case program(head[:n]) || runs[exchange.Ending(e.Name)]:
			return a.refused("a file in it is a program: " + clip(strings.ToValidUTF8(e.Name, "?")))
		}
	}
	return nil
}

// runs are endings of files that a machine runs.
var runs = map[string]bool{"exe": true, "dll": true, "com": true, "bat": true, "cmd": true, "ps1": true, "vbs": true, "vbe": true, "js": true, "jse": true, "wsf": true,
	"wsh": true, "hta": true, "scr": true, "pif": true, "lnk": true, "msi": true, "msp": true, "jar": true, "reg": true, "cpl": true, "sh": true, "py": true, "app": true,
	"html": true, "htm": true, "xhtml": true, "mht": true, "chm": true, "url": true, "desktop": true, "iso": true, "img": true, "vhd": true}

// get returns the content of an entry that is looked into; nothing when there is none.
func (a *archive) get(name string) ([]byte, error) {
	e := a.names[strings.ToLower(name)]
	if e == nil {
		return nil, nil
	}
	if e.UncompressedSize64 > maxInner {
		return nil, a.refused("a file in it is too large to be looked into: " + clip(strings.ToValidUTF8(e.Name, "?")))
	}
	r, err := e.Open()
	if err != nil {
		return nil, a.broken("a file in it cannot be unpacked")
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, maxInner+1))
	if err != nil {
		return nil, a.broken("a file in it cannot be unpacked")
	}
	return b, nil
}

// first wants the entry at the very beginning to be a file of that name and content, stored as it is.
func (a *archive) first(name, content string) (bool, error) {
	e := a.entries[0]
	if e.Name != name || e.Method != stdzip.Store {
		return false, nil
	}
	b, err := a.get(name)
	return strings.TrimSpace(string(b)) == content, err
}

// zip wants an archive of files that may cross by themselves, none of them another archive of files.
func zip(f *file) error {
	a, err := f.open("a ZIP archive alone")
	if err != nil {
		return err
	}
	for _, e := range a.entries {
		if e.FileInfo().IsDir() {
			continue
		}
		if err := a.inner(e); err != nil {
			return err
		}
	}
	return nil
}

// inner looks into a file that lies in an archive.
func (a *archive) inner(e *stdzip.File) error {
	ending := exchange.Ending(e.Name)
	if ending == "zip" || a.depth+1 >= maxDepth {
		return a.refused("it holds an archive in an archive")
	}
	if inspects(ending) == nil {
		return a.refused("it holds a file of a type that does not cross: " + clip(strings.ToValidUTF8(e.Name, "?")))
	}
	b, err := a.get(e.Name)
	if err != nil {
		return err
	}
	return check(&file{bytes.NewReader(b), int64(len(b)), path.Base(strings.ToValidUTF8(e.Name, "?")), a.depth + 1})
}
