package agreement

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"

	"accord/internal/fault"
)

// sigStart is where the signatures begin: an empty line, then the dash of the first.
var sigStart = []byte("\n\n— ")

// Split parts a file into the text and the signature lines. A file without signatures is all text.
func Split(file []byte) (text, signatures []byte) {
	i := bytes.Index(file, sigStart)
	if i < 0 {
		return file, nil
	}
	return file[:i+1], file[i+2:]
}

// Hash is the SHA-256 of the text of a file, in hex. Signatures do not change it.
func Hash(file []byte) string {
	text, _ := Split(file)
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// A sigLine is one signature line that is well written.
type sigLine struct {
	name string
	hash uint32
	sig  []byte
}

func readLines(lines []byte) ([]sigLine, error) {
	var out []sigLine
	for n := 1; len(lines) > 0; n++ {
		bad := func(why string) error {
			return fault.New(fault.Invalid, "instrument", why, "ask the sender for the file as it was signed").At(fmt.Sprintf("signature line %d", n))
		}
		line, rest, ended := bytes.Cut(lines, []byte("\n"))
		body, dash := strings.CutPrefix(string(line), "— ")
		name, b64, two := strings.Cut(body, " ")
		if !ended || !dash || !two || !partyForm.MatchString(name) {
			return nil, bad("it is not a dash, a party and a signature in one line")
		}
		if n > maxParties {
			return nil, bad("there are more signatures than an instrument can have parties")
		}
		raw, err := base64.StdEncoding.DecodeString(b64)
		if err != nil || base64.StdEncoding.EncodeToString(raw) != b64 || len(raw) < 5 {
			return nil, bad("the signature is not written in the one form of base64")
		}
		out = append(out, sigLine{name, binary.BigEndian.Uint32(raw), raw[4:]})
		lines = rest
	}
	return out, nil
}
