package agreement

import (
	"accord/internal/date"
)

// An Action is something done to a text on a day. Texts are never edited: what was in force on a day follows from the
// actions up to that day.
type Action struct {
	Action     ActionKind
	Instrument string
	Date       date.Date
	By         []string // party ids
	Clause     string   // the one clause it is about; empty for the whole text
}

// An ActionKind is what can be done to a text.
type ActionKind string

const (
	ActProposed   ActionKind = "proposed"
	ActSigned     ActionKind = "signed"
	ActAnnexed    ActionKind = "annexed" // an annex was added
	ActRenewed    ActionKind = "renewed"
	ActSuspended  ActionKind = "suspended" // nothing is owed and nothing leaves
	ActResumed    ActionKind = "resumed"
	ActSuperseded ActionKind = "superseded" // another text has taken its place
	ActEnded      ActionKind = "ended"
)
