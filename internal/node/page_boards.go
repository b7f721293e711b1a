package node

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"accord/content"
	"accord/internal/area"
	"accord/internal/area/all"
	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/scale"
	"accord/internal/series"
	"accord/internal/shelf"
	"accord/internal/store"
	"accord/internal/text"
	"accord/internal/web"
	"accord/internal/who"
	"accord/record"
)

// boards makes the boards of all areas from what the node holds. A board that was made is kept until something was stored: the
// key of what is kept names the newest record and value.
type boards struct {
	pages  *pages
	scales *scale.Book
	shelf  *shelf.Shelf

	mu   sync.Mutex
	made map[string]*web.Board
}

const (
	keptBoards = 64      // made boards that are kept
	mostRows   = 200_000 // records of a dataset and party that a board looks at
)

func newBoards(p *pages) (*web.Boards, error) {
	scales, err := scale.Read(content.FS)
	if err != nil {
		return nil, err
	}
	n := p.node
	b := &boards{pages: p, scales: scales, made: map[string]*web.Board{},
		shelf: &shelf.Shelf{DB: n.DB, Party: n.Home.Config.Party, Zone: n.Home.Zone, Lookup: all.Lookup}}
	return &web.Boards{List: b.list, Board: b.board, Method: b.method}, nil
}

func (b *boards) list(lang text.Lang) (out []web.BoardLine, err error) {
	for _, a := range all.Areas() {
		if len(a.Boards) == 0 {
			continue
		}
		words, err := a.Words(string(lang))
		if err != nil {
			return nil, err
		}
		for _, one := range a.Boards {
			out = append(out, web.BoardLine{ID: one.ID, Name: words.Word(one.ID), About: words.Word(one.ID + ".about")})
		}
	}
	return out, nil
}

// find returns a board and its area.
func find(id string) (area.Area, area.Board, error) {
	for _, a := range all.Areas() {
		for _, one := range a.Boards {
			if one.ID == id {
				return a, one, nil
			}
		}
	}
	return area.Area{}, area.Board{}, fault.New(fault.NotFound, "board", "there is none of this name", "choose one from the list")
}

func (b *boards) method(in, id string, lang text.Lang) (*web.Method, error) {
	for _, a := range all.Areas() {
		for _, m := range a.Methods {
			if a.Name != in || m.ID != id {
				continue
			}
			words, err := a.Words(string(lang))
			if err != nil {
				return nil, err
			}
			w := m.Words(a.Name)
			return &web.Method{Name: words.Word(w[0]), What: words.Word(w[1]), After: m.After, Checked: words.Word(w[2])}, nil
		}
	}
	return nil, fault.New(fault.NotFound, "method", "there is none of this name", "take the link on a board")
}

func (b *boards) board(ctx context.Context, by who.Person, id string, ask web.BoardAsk, lang text.Lang) (*web.Board, error) {
	a, one, err := find(id)
	if err != nil {
		return nil, err
	}
	words, err := a.Words(string(lang))
	if err != nil {
		return nil, err
	}
	key, err := b.key(ctx, by, id, ask)
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	made := b.made[key]
	b.mu.Unlock()
	if made == nil {
		if made, err = b.make(ctx, by, a, one, ask); err != nil {
			return nil, err
		}
		b.keep(key, made)
	}
	out := *made
	out.Words = words
	if slices.ContainsFunc(out.Figures, func(f area.Figure) bool { return f.Shape == area.Map }) {
		if out.Grounds, err = b.pages.mapGrounds(ctx, by, lang); err != nil {
			return nil, err
		}
	}
	return &out, nil
}

// key names a board as it would be made now.
func (b *boards) key(ctx context.Context, by who.Person, id string, ask web.BoardAsk) (key string, err error) {
	err = b.pages.node.DB.View(ctx, func(tx *db.Tx) error {
		records, err := store.Newest(ctx, tx)
		if err != nil {
			return err
		}
		values, err := series.Newest(ctx, tx)
		key = fmt.Sprint(id, ask, by.May(who.SeeContent), b.pages.node.Today(), records, values)
		return err
	})
	return key, err
}

func (b *boards) keep(key string, made *web.Board) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.made) >= keptBoards {
		clear(b.made)
	}
	b.made[key] = made
}

func (b *boards) make(ctx context.Context, by who.Person, a area.Area, one area.Board, ask web.BoardAsk) (*web.Board, error) {
	lenses := b.scales.Family(one.Lens)
	if ask.Lens != "" && !slices.Contains(lenses, ask.Lens) {
		return nil, fault.New(fault.Invalid, "lens", "the board cannot be read on this scale", "choose one from its list")
	}
	partners, err := b.pages.node.Links.Partners(ctx)
	if err != nil {
		return nil, err
	}
	sight := shelf.Sight{Whole: by.May(who.SeeContent), Partners: partners}
	in := &area.Input{Scales: b.scales, Lens: ask.Lens, Today: b.pages.node.Today(), From: ask.From, Until: ask.Until, Datasets: map[string]*record.Dataset{}}
	for _, name := range one.Needs {
		if d, ok := all.Lookup(name, 1); ok {
			in.Datasets[name] = d
		}
	}
	out := &web.Board{ID: one.ID, Area: a.Name, Closed: !sight.Whole, Event: one.Event, Lens: ask.Lens, Empty: true}
	for _, party := range append([]string{b.shelf.Party}, partners[:min(len(partners), 1)]...) {
		side, err := b.side(ctx, in, party, sight)
		if err != nil {
			return nil, err
		}
		shown, err := b.pages.party(ctx, party)
		if err != nil {
			return nil, err
		}
		side.Name = shown.Name
		in.Sides, out.Sides, out.Simulated = append(in.Sides, side), append(out.Sides, shown), append(out.Simulated, side.Simulated)
		out.Empty = out.Empty && len(side.Records) == 0 && len(side.Series) == 0
	}
	for _, id := range lenses {
		s, err := b.scales.Scale(id)
		if err != nil {
			return nil, err
		}
		out.Lenses = append(out.Lenses, web.Lens{ID: id, Name: s.Name.Texts()})
	}
	out.Figures, err = one.Make(in)
	return out, err
}

// side reads what is here of one city.
func (b *boards) side(ctx context.Context, in *area.Input, party string, sight shelf.Sight) (area.Side, error) {
	side := area.Side{Party: party, Records: map[string][]record.Record{}, Series: map[string][]record.Run{}}
	for name, d := range in.Datasets {
		if d.Kind == record.Series {
			if err := b.runs(ctx, &side, d, sight); err != nil {
				return side, err
			}
			continue
		}
		rows := 0
		err := b.shelf.Each(ctx, name, shelf.Filter{Party: party}, sight, func(r *shelf.Row) error {
			if rows++; rows > mostRows {
				return fault.New(fault.Invalid, "board", fmt.Sprintf("there are more than %d records of %s", mostRows, name), "take the file of the dataset, or ask for less")
			}
			if r.Dataset.Version != d.Version {
				return nil
			}
			side.Records[name] = append(side.Records[name], r.Record)
			side.Simulated = side.Simulated || r.Record.Simulated
			return nil
		})
		if err != nil {
			return side, err
		}
	}
	return side, nil
}

func (b *boards) runs(ctx context.Context, side *area.Side, d *record.Dataset, sight shelf.Sight) error {
	all, err := b.shelf.Series(ctx, d, shelf.Filter{Party: side.Party}, sight)
	if err != nil {
		return err
	}
	for _, e := range all {
		if e.Version != d.Version {
			continue
		}
		kept, points, err := b.shelf.Points(ctx, d, e.ID, math.MinInt64, math.MaxInt64, sight)
		if err != nil {
			return err
		}
		run := kept.Run
		run.Points = points
		side.Series[d.Name] = append(side.Series[d.Name], run)
		side.Simulated = side.Simulated || kept.Simulated
	}
	slices.SortFunc(side.Series[d.Name], func(a, b record.Run) int { return strings.Compare(a.Key, b.Key) })
	return nil
}
