package demo

import (
	"context"
	"maps"
	"slices"

	"accord/agreement"
	"accord/exchange"
	"accord/internal/date"
	"accord/internal/evidence"
	"accord/internal/fault"
	"accord/internal/simulate"
)

// Claims has each city say what the demo begins with. What was said before is not said again.
func (d *Demo) Claims(ctx context.Context) error {
	sets, _, err := readSets()
	if err != nil {
		return err
	}
	for _, c := range d.Cities {
		for _, say := range sets.Claims {
			if say.Party != c.party.ID {
				continue
			}
			told := evidence.Told{Name: say.Name, Clause: say.Clause, Kind: agreement.EventKind(say.Kind), By: d.parties(),
				Start: date.OnDay(c.Today().AddDays(-say.Ago)), Sources: []exchange.ClaimSource{{Title: say.Source}}}
			for _, lang := range slices.Sorted(maps.Keys(say.What)) {
				told.What = append(told.What, exchange.ClaimText{Lang: lang, Standing: string(agreement.Official), Text: say.What[lang]})
			}
			if _, err := c.Book.Claim(ctx, evidence.Author{Person: clerk.ID}, told); err != nil && fault.KindOf(err) != fault.Conflict {
				return err
			}
		}
	}
	return nil
}

func (d *Demo) parties() (ids []string) {
	for _, c := range d.Cities {
		ids = append(ids, c.party.ID)
	}
	slices.Sort(ids)
	return ids
}

// answer gives the words on claims that have come over the link, and says whether none is left to give.
func (d *Demo) answer(ctx context.Context) (done bool, err error) {
	sets, _, err := readSets()
	if err != nil {
		return true, err
	}
	done = true
	for _, c := range d.Cities {
		for _, say := range sets.Claims {
			if say.Party == c.party.ID || say.Word == "" {
				continue
			}
			given, err := c.answerOne(ctx, say)
			if err != nil {
				return true, err
			}
			done = done && given
		}
	}
	return done, nil
}

// answerOne gives one word; false while the claim is not here yet.
func (c *City) answerOne(ctx context.Context, say simulate.Claim) (bool, error) {
	e, err := c.Book.Show(ctx, say.Party+"/"+say.Name)
	if fault.KindOf(err) == fault.NotFound {
		return false, nil
	}
	if err != nil || e.Standing != evidence.Unanswered {
		return true, err
	}
	deed := evidence.Deed{Author: evidence.Author{Person: clerk.ID}, Event: e.ID, Seen: e.Version, Why: say.Why}
	_, err = c.Book.Say(ctx, deed, say.Word, false)
	return err == nil, err
}
