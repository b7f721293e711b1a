package shelf

import (
	"context"
	"errors"
	"fmt"

	"accord/internal/area"
	"accord/record"
)

// An Outline is the outline of a unit, for maps to draw under what they show.
type Outline struct {
	Level  string // those of one level lie beside each other
	Name   string
	Key    string // of the record it stands in
	Figure record.Figure
}

// The outlines that a map may have under it: the newest, until one of these is reached.
const (
	mostOutlines = 5000
	mostCorners  = 400_000
)

// Outlines are those of a ground that a reader may see. They are shared: nobody changes them.
func (s *Shelf) Outlines(ctx context.Context, g *area.Ground, sight Sight) ([]Outline, error) {
	if !sight.Whole { // what a clause lets out changes without anything being stored
		return s.outlines(ctx, g, sight)
	}
	return remember(ctx, s, fmt.Sprint("outlines ", g.Dataset.Name), func() ([]Outline, error) { return s.outlines(ctx, g, sight) })
}

func (s *Shelf) outlines(ctx context.Context, g *area.Ground, sight Sight) (out []Outline, err error) {
	corners := 0
	err = s.Some(ctx, g.Dataset.Name, Filter{}, sight, func(r *Row) (enough bool, err error) {
		outline := r.Record.Value(r.Dataset.Index(g.Outline))
		if outline.IsAbsent() {
			return false, nil
		}
		f, err := record.ParseFigure(outline.Text)
		if err != nil {
			return false, err
		}
		for _, part := range f.Parts {
			for _, ring := range part {
				corners += len(ring)
			}
		}
		if len(out) == mostOutlines || corners > mostCorners {
			return true, nil
		}
		out = append(out, Outline{Level: g.Level(&r.Record), Name: r.Record.Value(r.Dataset.Index(g.Name)).Text, Key: r.Key, Figure: f})
		return false, nil
	})
	return out, err
}

var errEnough = errors.New("enough was read")

// Some calls each with the rows of a filter until it says that it has enough.
func (s *Shelf) Some(ctx context.Context, dataset string, f Filter, sight Sight, each func(*Row) (enough bool, err error)) error {
	err := s.Each(ctx, dataset, f, sight, func(r *Row) error {
		enough, err := each(r)
		if err == nil && enough {
			err = errEnough
		}
		return err
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}
