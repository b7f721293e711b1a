package exchange

import (
	"fmt"
	"time"
)

// A Word is the body of an entry in which a city answers what another has claimed. It speaks of one version of the claim,
// named by its hash: after a correction the new version is unanswered until a new word.
type Word struct {
	Event  string    `json:"event"`
	Number int       `json:"number"` // 1 for the speaker's first word on the event, then one more each time
	Claim  string    `json:"claim"`  // ClaimHash of the version spoken of
	Time   time.Time `json:"time"`   // when it was said

	Instrument string `json:"instrument"` // as in the claim
	Text       string `json:"text"`
	Clause     string `json:"clause"`

	Word string `json:"word"` // confirmed, disputed, taken_back
	Why  string `json:"why"`  // the reason; a dispute always has one
}

// What a word can be.
const (
	WordConfirmed = "confirmed"
	WordDisputed  = "disputed"
	WordTakenBack = "taken_back" // the version is unanswered again
)

// MaxWord is the longest body of a word in bytes.
const MaxWord = 16 << 10

// Encode is the one form of the word.
func (w *Word) Encode() ([]byte, error) { return oneForm(w) }

// ParseWord reads the one form of a word and refuses every other.
func ParseWord(body []byte) (*Word, error) {
	w := new(Word)
	if err := parseOneForm("word", body, MaxWord, w); err != nil {
		return nil, err
	}
	return w, w.Check()
}

// Check looks at a word that is to be sent or has come.
func (w *Word) Check() error {
	bad := func(where, why, do string) error { return badBody("word", where, why, do) }
	switch {
	case !eventForm.MatchString(w.Event):
		return bad("event", "it names no event", "name the event by its id, as party/name")
	case w.Number < 1 || w.Number > maxVersions:
		return bad("number", fmt.Sprintf("number %d", w.Number), "settle it in another way")
	case !hexForm.MatchString(w.Claim):
		return bad("claim", "it does not say of which version it speaks", "name the version by its hash")
	case !wholeSecond(w.Time):
		return bad("time", "not a time to the second in UTC", "write it as 2026-11-24T00:50:03Z")
	case !textIDForm.MatchString(w.Instrument) || !hexForm.MatchString(w.Text) || !textIDForm.MatchString(w.Clause) || len(w.Clause) > 16:
		return bad("instrument", "it names no clause of an instrument", "name the clause that the claim names")
	case w.Word != WordConfirmed && w.Word != WordDisputed && w.Word != WordTakenBack:
		return bad("word", fmt.Sprintf("%.40q is no word", w.Word), "use confirmed, disputed or taken_back")
	}
	return checkText("word", "why", w.Why, MaxWhy, w.Word != WordDisputed)
}
