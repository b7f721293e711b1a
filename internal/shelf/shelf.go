// Package shelf reads the datasets of a node as one person may see them: page by page, one record with its versions, all of
// a dataset for a download; and it lets people keep the small lists that a city writes by hand. It narrows, and shows nothing
// that its reader may not see; how it looks on a page is not its matter.
package shelf

import (
	"context"
	"slices"
	"time"

	"accord/agreement"
	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/gate"
	"accord/internal/geo"
	"accord/internal/instrument"
	"accord/internal/store"
	"accord/record"
)

// A Shelf is the datasets of a node.
type Shelf struct {
	DB     *db.DB
	Party  string // whose node it is
	Zone   *time.Location
	Lookup record.Lookup
	Memo   *Memo // may be nil; a shelf with one is for one request

	seen string // what the memo is held to
}

// A Sight says how much of the city's own records a person sees. What came from a partner has left it: whoever may look at
// datasets sees it as it came.
type Sight struct {
	Whole    bool     // the city's own records as they are; otherwise only what a clause lets out of them by itself
	Partners []string // to whom a clause may let them out
}

// A Filter says which records of a dataset are looked for. The zero Filter is all of them, from the newest.
type Filter struct {
	Party       string   // whose records; empty for everybody's
	Text        string   // stands in the key, in a text or in a code, whatever its case
	From, Until date.Day // the record's time began on these days or between them; the zero Day is no bound
	Box         *geo.Box // lies within it, as the reader sees it; nil is everywhere, whether or not a place is known
	At          int64    // what was current when this was the newest number; 0 is now
	After       *store.Mark
	Placed      bool // After is of a page that is Placed
}

// A Row is one record as the reader may see it.
type Row struct {
	store.Listed
	Origin  string
	Dataset *record.Dataset // as the record describes itself
	Record  record.Record

	mark store.Mark // its place in the list that is read
}

// A Page is some rows and how to go on.
type Page struct {
	Rows   []Row       // the newest first, or by their place
	Placed bool        // by their place, near ones together
	At     int64       // give this back in the filter of the next page
	After  *store.Mark // with this, and with Placed; nil where nothing follows
	Looked int         // rows that were looked at for a text
}

// PageRows is how many rows a page has.
const PageRows = 50

// maxLook is how many records are looked at for one page when a text is looked for: the reader goes on from there.
const maxLook = 2000

// Page returns the rows of a filter, PageRows at most.
func (s *Shelf) Page(ctx context.Context, dataset string, f Filter, sight Sight) (page *Page, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		page, err = s.page(ctx, tx, dataset, f, sight, PageRows, maxLook)
		return err
	})
	return page, err
}

// page returns rows of a filter until it has some or has looked at as many as it may.
func (s *Shelf) page(ctx context.Context, tx *db.Tx, dataset string, f Filter, sight Sight, rows, look int) (*Page, error) {
	r, err := s.reading(ctx, tx, dataset, f, sight)
	if err != nil {
		return nil, err
	}
	page := &Page{At: r.at, Placed: r.cover != nil}
	for len(page.Rows) < rows && page.Looked < look && !r.done {
		some, err := r.next(ctx, tx, min(r.portion(rows-len(page.Rows)), look-page.Looked))
		if err != nil {
			return nil, err
		}
		for i := range some {
			row := &some[i]
			page.Looked++
			mark := row.mark
			ok, err := r.admit(row)
			if err != nil {
				return nil, err
			}
			if ok {
				page.Rows = append(page.Rows, *row)
			}
			page.After = &mark
			if len(page.Rows) == rows {
				return page, r.more(ctx, tx, page)
			}
		}
	}
	if r.done {
		page.After = nil
	}
	return page, nil
}

// A reading goes through what the parties have of a dataset, the newest first.
type reading struct {
	shelf   *Shelf
	dataset string
	filter  Filter
	sight   Sight
	origins []string
	at      int64
	after   *store.Mark
	done    bool
	look    *needle
	doors   []door
	now     time.Time
	cover   *geo.Cover // where the index of places is asked; then a mark is a cell and a number
}

func (s *Shelf) reading(ctx context.Context, tx *db.Tx, dataset string, f Filter, sight Sight) (*reading, error) {
	r := &reading{shelf: s, dataset: dataset, filter: f, sight: sight, at: f.At, after: f.After, now: tx.Now, look: newNeedle(f.Text)}
	newest, err := store.Newest(ctx, tx)
	if err != nil {
		return nil, err
	}
	if r.at <= 0 || r.at > newest {
		r.at = newest
	}
	if r.origins, err = store.Origins(ctx, tx, dataset); err != nil {
		return nil, err
	}
	if f.Party != "" {
		r.origins = slices.DeleteFunc(r.origins, func(o string) bool { return o != f.Party })
	}
	if !sight.Whole {
		if r.doors, err = s.doors(ctx, tx, dataset, sight.Partners); err != nil {
			return nil, err
		}
		if len(r.doors) == 0 {
			r.origins = slices.DeleteFunc(r.origins, func(o string) bool { return o == s.Party })
		}
	}
	if f.Box != nil {
		if err := r.place(ctx, tx); err != nil {
			return nil, err
		}
	}
	if f.After != nil && f.Placed != (r.cover != nil) {
		return nil, fault.New(fault.Conflict, "page", "the list it goes on with is in another order now", "begin with the first page again").At("after")
	}
	return r, nil
}

// A door is a gate with the terms it was made of.
type door struct {
	*gate.Gate
	terms agreement.Terms
}

// doors are the gates through which our own records of a dataset leave by themselves at present. Who may not see them whole
// sees what has left through these or is about to.
func (s *Shelf) doors(ctx context.Context, tx *db.Tx, dataset string, partners []string) (out []door, err error) {
	for _, partner := range partners {
		all, err := instrument.Sending(ctx, tx, s.Party, partner)
		if err != nil {
			return nil, err
		}
		for _, p := range all {
			d, ok := s.Lookup(p.Terms.Dataset, p.Terms.Version)
			if !ok || p.Terms.Dataset != dataset {
				continue
			}
			g, err := gate.Compile(p.Terms, d)
			if err != nil {
				return nil, err
			}
			if !g.Grouped() && g.Decision() == gate.Leaves {
				out = append(out, door{g, p.Terms})
			}
		}
	}
	return out, nil
}

// next reads at most n records of all origins together.
func (r *reading) next(ctx context.Context, tx *db.Tx, n int) (out []Row, err error) {
	if r.cover != nil {
		return r.nextPlaced(ctx, tx, n)
	}
	from, to := r.bounds()
	for _, origin := range r.origins {
		some, err := store.List(ctx, tx, store.Slice{Dataset: r.dataset, Origin: origin, Until: r.at, From: from, To: to, After: r.after}, n)
		if err != nil {
			return nil, err
		}
		for _, l := range some {
			out = append(out, Row{Listed: l, Origin: origin, mark: l.Mark()})
		}
	}
	slices.SortFunc(out, func(a, b Row) int { return b.mark.Compare(a.mark) })
	if len(out) < n {
		r.done = true
	}
	out = out[:min(len(out), n)]
	if len(out) > 0 {
		mark := out[len(out)-1].mark
		r.after = &mark
	}
	return out, nil
}

// bounds are those of the first moments of records that can be within the filter's days: fourteen hours wider on one side and
// twelve on the other, as clocks on earth are.
func (r *reading) bounds() (from, to int64) {
	from, to = store.AllFrom, store.AllTo
	if !r.filter.From.IsZero() {
		from = db.Micros(r.filter.From.Time().Add(-14 * time.Hour))
	}
	if !r.filter.Until.IsZero() {
		to = db.Micros(r.filter.Until.Time().Add(36 * time.Hour))
		from = max(from, store.Timeless)
	}
	return from, to
}

// admit reads a row, narrows it to what the reader may see, and says whether it is one of those looked for.
func (r *reading) admit(row *Row) (bool, error) {
	d, ok := r.shelf.Lookup(r.dataset, row.Version)
	if !ok {
		return false, fault.New(fault.NotFound, "dataset "+r.dataset, "a version of it is not known to this program", "use the program that stored it, or a newer one")
	}
	row.Dataset = d
	if err := record.ParseRow(d, row.Row, &row.Record); err != nil {
		return false, err
	}
	if row.Origin == r.shelf.Party && !r.sight.Whole && !r.narrow(row) {
		return false, nil
	}
	return r.inDays(&row.Record) && r.look.in(d, &row.Record) && (r.filter.Box == nil || r.filter.Box.Has(d, &row.Record)), nil
}

// narrow leaves of one of our own records what the first door that lets it out lets out of it.
func (r *reading) narrow(row *Row) bool {
	for _, g := range r.doors {
		if g.Dataset().Version != row.Version {
			continue
		}
		if out, v := g.Apply(row.Record, r.now); v.Decision == gate.Leaves {
			row.Record, row.Row, row.Source = out, nil, ""
			return true
		}
	}
	return false
}

func (r *reading) inDays(x *record.Record) bool {
	if r.filter.From.IsZero() && r.filter.Until.IsZero() {
		return true
	}
	if x.When.IsZero() {
		return false
	}
	day := x.When.Date().First()
	return (r.filter.From.IsZero() || !day.Before(r.filter.From)) && (r.filter.Until.IsZero() || !day.After(r.filter.Until))
}

// more looks whether anything follows a full page, so that no page leads to an empty one unless a text is looked for.
func (r *reading) more(ctx context.Context, tx *db.Tx, page *Page) error {
	if r.look != nil {
		return nil
	}
	r.after = page.After
	if r.filter.Box != nil {
		return r.moreInBox(ctx, tx, page)
	}
	rest, err := r.next(ctx, tx, 1)
	if err == nil && len(rest) == 0 {
		page.After = nil
	}
	return err
}

// Each calls f with every row of a filter, some hundred a transaction, so that a slow reader holds nobody up. It is what was
// there when it began, whatever is written meanwhile.
func (s *Shelf) Each(ctx context.Context, dataset string, f Filter, sight Sight, each func(*Row) error) error {
	for {
		var page *Page
		err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
			page, err = s.page(ctx, tx, dataset, f, sight, 1000, 20*maxLook)
			return err
		})
		if err != nil {
			return err
		}
		for i := range page.Rows {
			if err := each(&page.Rows[i]); err != nil {
				return err
			}
		}
		if page.After == nil {
			return nil
		}
		f.At, f.After, f.Placed = page.At, page.After, page.Placed
	}
}
