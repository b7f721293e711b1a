package exchange

import (
	"fmt"
	"time"

	"accord/internal/date"
	"accord/internal/fault"
)

// A Chain is the cards of one city in their order, the first one first.
type Chain []*Card

// At returns the card in force at t: the last one whose ValidFrom is not later.
func (ch Chain) At(t time.Time) (*Card, error) {
	for i := len(ch) - 1; i >= 0; i-- {
		if !ch[i].ValidFrom.After(t) {
			return ch[i], nil
		}
	}
	if len(ch) == 0 {
		return nil, fault.New(fault.NotFound, "card", "no card of this city is known here", "add its card first: accord card add FILE")
	}
	return nil, fault.New(fault.Refused, "card of "+ch[0].Party,
		fmt.Sprintf("no card was in force at %s; the first is valid from %s", t.UTC().Format(time.RFC3339), ch[0].ValidFrom.Format(time.RFC3339)),
		"check the date of the text, or ask the city for the card of that date")
}

// Around returns the cards that are in force at some moment within d of t: two clocks are never the same. A card whose keys
// the next one revokes ends when that begins, to the second.
func (ch Chain) Around(t time.Time, d time.Duration) (out []*Card) {
	for i, c := range ch {
		if c.ValidFrom.After(t.Add(d)) {
			break
		}
		if i+1 < len(ch) {
			until := ch[i+1].ValidFrom
			if !ch[i+1].Revokes {
				until = until.Add(d)
			}
			if !until.After(t) {
				continue
			}
		}
		out = append(out, c)
	}
	return out
}

// On returns the card in force at the end of day d in UTC.
func (ch Chain) On(d date.Day) (*Card, error) { return ch.At(d.AddDays(1).Time().Add(-time.Second)) }

// Last returns the newest card.
func (ch Chain) Last() *Card { return ch[len(ch)-1] }
