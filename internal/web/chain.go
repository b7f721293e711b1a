package web

import (
	"fmt"
	"slices"
)

// A chain is how instruments build on each other, as a drawing: the oldest at the top, a line from each to those it continues,
// makes concrete or replaces. It is as wide as a telephone; the list beside it says the same in words.
type chain struct {
	Height int
	Boxes  []chainBox
	Ties   []tie
}

type chainBox struct {
	TextLine
	Y       int
	Href    string
	Current bool
}

// A tie leads from a younger text to an older one.
type tie struct {
	Path string
	Kind string // builds_on, implements, supersedes
}

const (
	chainRow  = 74 // from one box to the next
	chainBoxY = 54 // height of a box
	chainLeft = 84 // where boxes begin
)

// newChain draws instruments in their order; nil when there is none.
func newChain(lines []TextLine, current string, href func(id string) string) *chain {
	if len(lines) == 0 {
		return nil
	}
	c := &chain{Height: len(lines)*chainRow + 4}
	at := map[string]int{}
	for i, l := range lines {
		at[l.ID] = i
		c.Boxes = append(c.Boxes, chainBox{l, i*chainRow + 2, href(l.ID), l.ID == current})
	}
	for i, l := range lines {
		drawn := map[string]bool{}
		for _, t := range []struct {
			kind string
			to   []string
		}{{"supersedes", l.Supersedes}, {"implements", l.Implements}, {"builds_on", l.BuildsOn}} {
			for n, id := range t.to {
				j, ok := at[id]
				if !ok || j == i || drawn[id] {
					continue
				}
				drawn[id] = true
				c.Ties = append(c.Ties, tie{bow(i, j, n), t.kind})
			}
		}
	}
	slices.SortStableFunc(c.Ties, func(a, b tie) int { return len(a.Path) - len(b.Path) })
	return c
}

// bow is a curve on the left of the boxes, from one row to another; the further, the wider.
func bow(from, to, n int) string {
	y1, y2 := from*chainRow+2+chainBoxY/2-6*n, to*chainRow+2+chainBoxY/2+8
	out := min(12+18*max(from-to, to-from)+6*n, chainLeft-6)
	return fmt.Sprintf("M%d %dC%d %d %d %d %d %d", chainLeft, y1, chainLeft-out, y1, chainLeft-out, y2, chainLeft-4, y2)
}
