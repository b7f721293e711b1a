// Package backup is the form of one file that holds a whole node: its tables, row by row and the same from both engines, and
// the files of its home. It knows the form and nothing of what the tables mean.
//
// A file begins with the magic line and ends with the SHA-256 of everything before. Between them stands one zstd stream,
// sealed with age where a backup is sealed. In it are blocks, each a kind, a length and so many bytes: a head, then parts (a file
// or a table: what it is, then its bytes or rows), and last the manifest: the head again and every part with its hash, as a
// note that the node has signed with its log key. Nothing is to be believed before the manifest was read.
package backup

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"accord/exchange"
	"accord/internal/fault"
	"accord/internal/signed"
)

const magic = "accord-backup/1\n"

// Limits of what a reader takes.
const (
	maxBlock   = 16 << 20 // bytes of one block; a row stands in one
	maxParts   = 100_000
	maxColumns = 256
	maxName    = 1000      // bytes of the name of a file or table: all of them are kept until the manifest is read
	fullBlock  = 256 << 10 // a block of rows or bytes is closed at about this size
)

// A Head says whose node it was and when.
type Head struct {
	Accord string `json:"accord"` // backup/1
	Party  string `json:"party"`
	Card   int    `json:"card"` // serial of the card whose log key signs the manifest
	Time   string `json:"time"`
	Tables int64  `json:"tables"` // number of the last migration
	Keys   bool   `json:"keys"`   // the private keys are in it
}

// NewHead is the head of a backup that is taken at a time.
func NewHead(party string, card int, at time.Time, tables int64, keys bool) Head {
	return Head{Accord: "backup/1", Party: party, Card: card, Time: at.UTC().Format(time.RFC3339), Tables: tables, Keys: keys}
}

// A Manifest is the head and what follows it.
type Manifest struct {
	Head
	Parts []Part `json:"parts"`
}

// A Part is one file or one table as the manifest lists it.
type Part struct {
	Name  string `json:"name"`
	Rows  int64  `json:"rows"`
	Bytes int64  `json:"bytes"` // of its blocks
	Sum   string `json:"sha256"`
}

// Rows is how many rows there are in all.
func (m *Manifest) Rows() (n int64) {
	for _, p := range m.Parts {
		n += p.Rows
	}
	return n
}

// signer is the name that the log key signs manifests under. No checkpoint is signed under it.
func signer(party string) string { return party + "/backup" }

// text is the one form of a manifest.
func (m *Manifest) text() ([]byte, error) {
	b, err := json.MarshalIndent(m, "", " ")
	return append(b, '\n'), err
}

// A Signed is a manifest as it was read: its own word until Open has been asked with the card of the city.
type Signed struct {
	Manifest
	note []byte
}

// Open says whether the city with these cards has signed it.
func (s *Signed) Open(chain exchange.Chain) error {
	if s.Card < 1 || s.Card > len(chain) {
		return damaged(fmt.Sprintf("it is signed with card %d of %s, which is not in it", s.Card, s.Party))
	}
	card := chain[s.Card-1]
	if card.Party != s.Party {
		return damaged("it is signed by another city than it says")
	}
	if _, err := signed.Open(s.note, signed.Verifier(signer(s.Party), []byte(card.Log))); err != nil {
		return damaged("its signature does not hold").Because(err)
	}
	return nil
}

func readManifest(b []byte) (*Signed, error) {
	text, err := signed.Text(b)
	if err != nil {
		return nil, damaged("its manifest is not signed")
	}
	s := &Signed{note: b}
	if err := strictly(text, &s.Manifest); err != nil {
		return nil, err
	}
	again, err := s.text()
	if err != nil || !bytes.Equal(again, text) {
		return nil, damaged("its manifest is not in the form that is written")
	}
	return s, nil
}

// strictly reads JSON that may not have other members.
func strictly(b []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return damaged("what it says of itself cannot be read").Because(err)
	}
	return nil
}

func (h Head) check() error {
	if h.Accord != "backup/1" {
		return fault.New(fault.Invalid, "backup", fmt.Sprintf("its form is %q", clip(h.Accord)), "use the accord that wrote it, or a newer one")
	}
	if h.Tables < 1 {
		return damaged("it does not say of which version its tables are")
	}
	if _, err := time.Parse(time.RFC3339, h.Time); err != nil {
		return damaged("its time cannot be read")
	}
	return exchange.CheckParty(h.Party)
}

func clip(s string) string { return strings.ToValidUTF8(s[:min(len(s), 40)], "?") }

func damaged(why string) *fault.Fault {
	return fault.New(fault.Invalid, "backup", why, "do not restore from it: copy the file again from where it is kept, or take the backup before")
}

// sign signs a manifest.
func (m *Manifest) sign(key note.Signer) ([]byte, error) {
	text, err := m.text()
	if err != nil {
		return nil, err
	}
	return note.Sign(&note.Note{Text: string(text)}, key)
}
