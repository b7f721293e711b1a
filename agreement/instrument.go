// Package agreement holds what two governments agree on, byte for byte: instruments, their clauses and terms, the actions on
// them, and their signatures. An instrument is a TOML text that people read; the very bytes that were read are what the keys
// sign, as a C2SP signed note. Nothing is canonicalised.
//
// The package knows no network, no store and no clock. Whether the fields that terms name exist is for the gate to say.
package agreement

import (
	"accord/internal/date"
)

// Format is the version of the text that this package reads.
const Format = 1

// MaxFile is the largest file of an instrument in bytes, signatures included.
const MaxFile = 256 << 10

// An Instrument is a text between parties. Its fields are the keys of the TOML.
type Instrument struct {
	Format     int           `toml:"format"`     // always 1
	ID         string        `toml:"id"`         // A14
	Kind       Kind          `toml:"kind"`       // what sort of text it is
	Standing   Standing      `toml:"standing"`   // where its binding form lies
	Simulated  bool          `toml:"simulated"`  // made for a demonstration: binds nobody
	Date       date.Date     `toml:"date"`       // when it was signed or declared; unset only for a programme
	Until      date.Day      `toml:"until"`      // the last day on which it is in force; unset is without end
	Notice     date.Interval `toml:"notice"`     // how long before its end one party must say so; unset is at once
	Supersedes []string      `toml:"supersedes"` // instruments whose place it takes
	Place      Texts         `toml:"place"`      // where
	Parties    []string      `toml:"parties"`    // party ids, each once
	Units      []Actor       `toml:"units"`      // the units that concluded it, where units did
	Names      Texts         `toml:"names"`      // its titles; a language may have several
	Authentic  []string      `toml:"authentic"`  // languages in which the text binds equally
	Originals  Texts         `toml:"originals"`  // how many copies there are and who keeps them

	Signatories []Signatory `toml:"signatories"` // who signed or declared it
	BuildsOn    []string    `toml:"builds_on"`   // instruments it continues
	Implements  []string    `toml:"implements"`  // instruments it makes concrete
	Sources     []string    `toml:"sources"`     // ids of the sources of what is said here
	Conflicts   []Conflict  `toml:"conflicts"`   // where sources say something else
	Notes       Texts       `toml:"notes"`       // remarks of ours, not part of what was agreed

	Annexes []Annex  `toml:"annexes"` // its annexes, oldest first
	Clauses []Clause `toml:"clauses"` // its numbered items, in the order of the text
}

// A Kind is a sort of instrument.
type Kind string

const (
	Affiliation             Kind = "affiliation"              // founds the tie between the cities
	Agreement               Kind = "agreement"                // heads agree on fields and duties
	AnnexText               Kind = "annex"                    // details of an agreement
	Declaration             Kind = "declaration"              // heads declare together
	AdministrativeAgreement Kind = "administrative_agreement" // units agree on their work
	TermsText               Kind = "terms"                    // what data may cross
	Programme               Kind = "programme"                // one party's own programme; no agreement at all
)

// A Standing says where the binding form of an instrument lies.
type Standing string

const (
	Registered Standing = "registered" // on paper elsewhere; our text is a summary and lets nothing out
	SignedHere Standing = "signed"     // in this very text, signed by the parties' keys
)

// An Actor is a unit that acts for a party.
type Actor struct {
	Party string `toml:"party"`
	Unit  string `toml:"unit"` // id of the unit, as seoul/urban-safety
}

// A Signatory is a person who signed or declared an instrument in office.
type Signatory struct {
	Party string `toml:"party"`
	Names Texts  `toml:"names"`
	Role  Texts  `toml:"role"`
}

// A Conflict is what one source says against the others.
type Conflict struct {
	Source string `toml:"source"` // id of the source
	Says   string `toml:"says"`   // what it says, in short
	Taken  bool   `toml:"taken"`  // whether we follow it
}

// An Annex is one version of an instrument's annex.
type Annex struct {
	Version date.Date     `toml:"version"` // the day of this version
	Renewal date.Interval `toml:"renewal"` // how often it is to be renewed; unset is never
	Sources []string      `toml:"sources"`
	Lines   []Line        `toml:"lines"`
}

// A Line is one line of an annex. It may carry a clause, or none that anybody has made of it yet.
type Line struct {
	ID     string `toml:"id"`
	Area   Area   `toml:"area"`
	Clause string `toml:"clause"` // id of the clause made of it; empty when there is none
	Texts  Texts  `toml:"texts"`
}

// Clause returns the clause with the given id, or nil.
func (in *Instrument) Clause(id string) *Clause {
	for i := range in.Clauses {
		if in.Clauses[i].ID == id {
			return &in.Clauses[i]
		}
	}
	return nil
}
