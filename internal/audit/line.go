// Package audit keeps the log of deeds: who did what, when, and what came of it, one line each, in a Merkle log of the
// city's own that is only ever added to. A line holds no secret and no content.
package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/tlog"

	"accord/internal/who"
)

// A Line is one deed. Its fields are in the order of its text.
type Line struct {
	Accord string   `json:"accord"` // always "audit/1"
	Time   string   `json:"time"`   // UTC, to the microsecond, by the node's clock
	Who    string   `json:"who"`    // id of an account; of a command line, "os:" and the name of the system's user
	Role   who.Role `json:"role"`   // that the person had then; empty on a command line and where nobody signed in
	Deed   string   `json:"deed"`   // a word of the closed list of the keeper or command that does it, as "approve release"
	What   string   `json:"what"`   // what it was done to: an id, a number, a file's name
	Result Result   `json:"result"` // done or refused
	Why    string   `json:"why"`    // of a refusal: the kind of fault; otherwise empty
}

// A Result is what came of a deed.
type Result string

// The results.
const (
	Done    Result = "done"
	Refused Result = "refused"
)

const (
	format     = "audit/1"
	timeLayout = "2006-01-02T15:04:05.000000Z"
	// MaxLine is the longest line in bytes; MaxPart the longest of each of its texts.
	MaxLine = 2 << 10
	MaxPart = 200
)

// By is a line about a deed of a person; the log sets its time.
func By(by who.Person, deed, what string) Line {
	return Line{Who: clip(by.ID), Role: by.Role, Deed: deed, What: clip(what), Result: Done}
}

// Refused is the line of a deed that was refused, with the kind of fault.
func (l Line) Refused(why string) Line {
	l.Result, l.Why = Refused, clip(why)
	return l
}

// clip keeps a part short and in one line, whatever it was made of.
func clip(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == utf8.RuneError {
			return '?'
		}
		return r
	}, s)
	for len(s) > MaxPart {
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	return s
}

// Text is the one form of the line; its hash is the leaf.
func (l *Line) Text() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(l); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// Parse reads the one form of a line and refuses every other.
func Parse(text []byte) (*Line, error) {
	if len(text) > MaxLine {
		return nil, fmt.Errorf("longer than %d bytes", MaxLine)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	l := new(Line)
	if err := d.Decode(l); err != nil {
		return nil, err
	}
	if again, err := l.Text(); err != nil || !bytes.Equal(again, text) {
		return nil, errors.New("not in its one form")
	}
	return l, l.check()
}

func (l *Line) check() error {
	at, err := time.Parse(timeLayout, l.Time)
	switch {
	case l.Accord != format:
		return fmt.Errorf("not a line of the form %s", format)
	case err != nil || at.Format(timeLayout) != l.Time:
		return errors.New("its time is not written as one")
	case l.Who == "" || l.Deed == "":
		return errors.New("it does not say who did what")
	case l.Result != Done && l.Result != Refused || (l.Result == Done) != (l.Why == ""):
		return errors.New("its result is wrong")
	}
	for _, part := range []string{l.Who, string(l.Role), l.Deed, l.What, l.Why} {
		if clip(part) != part {
			return errors.New("one of its parts is too long or has a sign that does not belong into it")
		}
	}
	return nil
}

func leaf(text []byte) tlog.Hash { return tlog.RecordHash(text) }
