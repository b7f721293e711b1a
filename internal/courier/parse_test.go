package courier

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"accord/exchange"
	"accord/internal/fault"
)

// wrapped is base64 in lines, as mail has it.
func wrapped(b []byte) string {
	s := base64.StdEncoding.EncodeToString(b)
	var out strings.Builder
	for len(s) > 76 {
		out.WriteString(s[:76] + "\r\n")
		s = s[76:]
	}
	return out.String() + s + "\r\n"
}

func part(header, body string) string { return "--b\r\n" + header + "\r\n\r\n" + body + "\r\n" }

func multipart(parts ...string) string {
	return "From: a@b\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Join(parts, "") + "--b--\r\n"
}

const ofBundle = "Content-Type: application/vnd.accord.bundle\r\nContent-Transfer-Encoding: base64"

func TestReadMail(t *testing.T) {
	want := bytes.Repeat([]byte{0, 1, 2, 255}, 1000)
	deep := func(n int, inside string) string {
		for i := range n {
			inside = fmt.Sprintf("Content-Type: multipart/mixed; boundary=d%d\r\n\r\n--d%d\r\n%s\r\n--d%d--\r\n", i, i, inside, i)
		}
		return "From: a@b\r\n" + inside
	}
	many := make([]string, 150)
	for i := range many {
		many[i] = part("Content-Type: text/plain", "x")
	}
	whole := part(ofBundle, wrapped(want))
	for name, c := range map[string]struct {
		mail  string
		found bool
		why   string // of the fault; empty when it is not ours
	}{
		"beside a text":               {multipart(part("Content-Type: text/plain; charset=utf-8", "hello"), whole), true, ""},
		"alone":                       {"Content-Type: application/vnd.accord.bundle\r\nContent-Transfer-Encoding: base64\r\n\r\n" + wrapped(want), true, ""},
		"renamed by a gateway":        {multipart(part("Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=\"bundle.accord\"\r\nContent-Transfer-Encoding: base64", wrapped(want))), true, ""},
		"named in the type":           {multipart(part("Content-Type: application/octet-stream; name=bundle.accord\r\nContent-Transfer-Encoding: base64", wrapped(want))), true, ""},
		"quoted-printable":            {multipart(part("Content-Type: application/vnd.accord.bundle\r\nContent-Transfer-Encoding: quoted-printable", strings.Repeat("=00=01=02=FF", 1))), true, ""},
		"unknown charset beside":      {multipart(part("Content-Type: text/plain; charset=x-klingon", "\xff\xfe"), whole), true, ""},
		"unknown encoding beside":     {multipart(part("Content-Type: text/plain\r\nContent-Transfer-Encoding: x-uuencode", "x"), whole), true, ""},
		"a forwarded mail":            {deep(3, strings.TrimPrefix(whole, "--b\r\n")), true, ""},
		"a plain text":                {"From: a@b\r\nSubject: Accord\r\n\r\nhello\r\n", false, ""},
		"a picture":                   {multipart(part("Content-Type: image/png\r\nContent-Transfer-Encoding: base64", wrapped(want))), false, ""},
		"another attachment":          {multipart(part("Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=virus.exe", "x")), false, ""},
		"empty":                       {"", false, ""},
		"no mail at all":              {"\x00\x01\x02", false, ""},
		"two bundles":                 {multipart(whole, whole), false, "more than one bundle"},
		"an empty bundle":             {multipart(part(ofBundle, "")), false, "empty"},
		"spoilt base64":               {multipart(part(ofBundle, "!!!!")), false, "spoilt on the way"},
		"too many parts":              {multipart(append(many, whole)...), false, ""},
		"too many parts after it":     {multipart(append([]string{whole}, many...)...), false, "more than 100 parts"},
		"too deep":                    {deep(40, strings.TrimPrefix(whole, "--b\r\n")), false, ""},
		"too large":                   {"Content-Type: application/vnd.accord.bundle\r\n\r\n" + strings.Repeat("x", maxMail), false, "larger than"},
		"larger than a bundle can be": {multipart(part("Content-Type: application/vnd.accord.bundle", strings.Repeat("x", exchange.MaxSealed+1))), false, "larger than one can be"},
		"an endless header":           {"X: " + strings.Repeat("x", 10*maxHeader) + "\r\n" + multipart(whole), false, ""},
		"cut in its attachment":       {multipart(whole)[:2000], false, "spoilt on the way"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := readMail(strings.NewReader(c.mail))
			switch {
			case c.found && name != "quoted-printable" && (err != nil || !bytes.Equal(got, want)):
				t.Errorf("%d bytes, %v", len(got), err)
			case c.found && err != nil:
				t.Error(err)
			case !c.found && c.why == "" && !errors.Is(err, errNotOurs):
				t.Errorf("taken as ours: %v", err)
			case c.why != "" && (fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), c.why)):
				t.Errorf("%v", err)
			}
		})
	}
}

// TestLetterIsRead: what this node writes, this node reads, and it says nothing of what is in it.
func TestLetterIsRead(t *testing.T) {
	want := bytes.Repeat([]byte("sealed "), 10_000)
	m := &Mail{Server: "mail.example:587", From: "accord@east.example"}
	msg, err := m.letter("accord@west.example", want)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := msg.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	if got, err := readMail(&b); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	for _, header := range []string{"Subject: Accord\r\n", "Auto-Submitted: auto-generated\r\n", "To: <accord@west.example>\r\n", "Content-Type: application/vnd.accord.bundle", "Message-ID: "} {
		if !strings.Contains(text, header) {
			t.Errorf("%q is missing from %s", header, text[:min(len(text), 1500)])
		}
	}
}

func FuzzReadMail(f *testing.F) {
	f.Add([]byte(multipart(part("Content-Type: text/plain", "x"), part(ofBundle, wrapped([]byte("abc"))))))
	f.Add([]byte("Content-Type: multipart/mixed; boundary=\r\n\r\n--\r\n"))
	f.Add([]byte("Content-Type: message/rfc822\r\n\r\nContent-Type: multipart/x; boundary=b\r\n\r\n--b\r\n\r\n--b--"))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := readMail(bytes.NewReader(b))
		if err == nil && (len(got) == 0 || len(got) > exchange.MaxSealed) {
			t.Errorf("%d bytes", len(got))
		}
		if err != nil && !errors.Is(err, errNotOurs) && fault.KindOf(err) != fault.Invalid {
			t.Errorf("neither ours nor a fault: %v", err)
		}
	})
}

// TestMaildir: links, folders and hidden files are no mail; nothing is lost when a mail is moved twice.
func TestMaildir(t *testing.T) {
	dir := t.TempDir()
	for _, sub := range []string{"new/folder", "cur", "tmp"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"2.b", "1.a", ".hidden"} {
		if err := os.WriteFile(filepath.Join(dir, "new", name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "new", "0.link")); err != nil {
		t.Fatal(err)
	}
	box := maildir(dir)
	if names, err := box.fresh(); err != nil || fmt.Sprint(names) != "[1.a 2.b]" {
		t.Errorf("%v %v", names, err)
	}
	for range 2 {
		if err := box.move("1.a", boxRead); err != nil {
			t.Error(err)
		}
	}
	if err := box.fail("2.b", errors.New("a reason")); err != nil {
		t.Error(err)
	}
	for _, name := range []string{boxRead + "/cur/1.a:2,S", boxFailed + "/cur/2.b:2,S", boxFailed + "/why/2.b.txt"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	if _, err := maildir(filepath.Join(dir, "no")).fresh(); fault.KindOf(err) != fault.NotFound {
		t.Errorf("%v", err)
	}
}
