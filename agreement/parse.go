package agreement

import (
	"errors"
	"fmt"
	"regexp"
	"unicode"
	"unicode/utf8"

	"github.com/BurntSushi/toml"

	"accord/internal/fault"
)

// keyForm is how keys are written. The decoder folds letters, so it would take ID, and even a long s, for the key it
// resembles; a reader would not.
var keyForm = regexp.MustCompile(`^[a-z_]{1,32}$`)

// Parse reads the text of an instrument without signatures. It is strict: a key, a value or a character that the format
// does not know is an error, never ignored, because a person who signs must not have signed what nobody reads.
func Parse(text []byte) (*Instrument, error) {
	if err := checkBytes(text); err != nil {
		return nil, err
	}
	in := new(Instrument)
	meta, err := toml.Decode(string(text), in)
	if err != nil {
		return nil, decodeFault(err)
	}
	for _, k := range meta.Keys() {
		if !keyForm.MatchString(k[len(k)-1]) {
			return nil, bad(fmt.Sprintf("key %.80q", k), "keys are written in lower-case letters without accents", "write the key as the format documents it")
		}
	}
	if un := meta.Undecoded(); len(un) > 0 {
		return nil, bad(fmt.Sprintf("key %.80q", un[0]), "it is not a key of this format", "remove it, or correct its spelling")
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	return in, nil
}

// Read parses the text of a file, with or without signatures. Signature lines must be well written, and a registered text
// has none; whether they are right only Verify says.
func Read(file []byte) (*Instrument, error) {
	text, lines := Split(file)
	in, err := Parse(text)
	if err != nil {
		return nil, err
	}
	if _, err := readLines(lines); err != nil {
		return nil, err
	}
	if len(lines) > 0 && in.Standing != SignedHere {
		return nil, bad("", "it is registered, but signature lines follow its text", "remove them: its paper was signed elsewhere")
	}
	return in, nil
}

// bad is the fault of a text that cannot be an instrument.
func bad(where, why, do string) *fault.Fault {
	return fault.New(fault.Invalid, "instrument", why, do).At(where)
}

func decodeFault(err error) error {
	where, why := "", err
	if p, ok := errors.AsType[toml.ParseError](err); ok {
		where = fmt.Sprintf("line %d", p.Position.Line)
		if p.Message != "" {
			why = errors.New(p.Message)
		}
	}
	return bad(where, fmt.Sprintf("it is not the TOML of this format: %.200s", why), "correct the file").Because(err)
}

// checkBytes refuses, before anything parses it, a text that is too large, that a person cannot see as it is, or that would
// cost a parser more than it is worth.
func checkBytes(text []byte) error {
	switch {
	case len(text) > MaxFile:
		return bad("", fmt.Sprintf("it has %d bytes; the most is %d", len(text), MaxFile), "move long content into documents")
	case len(text) == 0 || text[len(text)-1] != '\n':
		return bad("", "it does not end with a newline", "end the last line")
	case len(text) > 1 && text[len(text)-2] == '\n':
		return bad("", "it ends with an empty line", "end the text with exactly one newline")
	}
	line := 1
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size == 1 {
			return bad(fmt.Sprintf("line %d", line), "it is not UTF-8", "save the file as UTF-8")
		}
		if r != '\n' && hidden(r) {
			return bad(fmt.Sprintf("line %d", line), fmt.Sprintf("it holds the invisible character U+%04X", r), "remove it; lines end with a newline alone, and spaces make the indent")
		}
		if r == '\n' {
			line++
		}
		i += size
	}
	return checkShape(text)
}

// hidden says whether a person cannot see r in a text, or sees the text in another order because of it.
func hidden(r rune) bool {
	switch {
	case unicode.IsControl(r), r == 0x2028, r == 0x2029, r == 0xfeff: // controls, line and paragraph separators, byte order mark
		return true
	case r == 0x200b, r == 0x200e, r == 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069: // no width, and direction
		return true
	}
	return false
}
