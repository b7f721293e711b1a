package intake

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"accord/internal/geo"
	"accord/record"
)

// A plan is a recipe compiled against a dataset and the header of one file.
type plan struct {
	recipe   *Recipe
	dataset  *record.Dataset
	width    int // cells of the header
	key      column
	keys     []int          // cells of a key of several columns
	dated    []column       // those of them that are dates: field -1 for the record's time
	zone     *time.Location // of that time where it is an instant
	convert  *geo.Converter // of a place that is not WGS84; else nil
	groups   []group        // of a wide table; else nil
	when     column         // index -1 where the recipe names none
	lat, lon column
	iso      int                       // column of positions in one cell; -1 where there is none
	said     int                       // column that names the reference system of a row's position; -1 where there is none
	converts map[string]*geo.Converter // by what it says
	figures  *geo.Converter            // of a file's geometries and points that are not WGS84; else nil
	fields   []column
	at       instantReading // of when, where it is an instant; else nil
	quantity column         // of a long table; index -1 where there is none
	value    column
	names    map[string]int // of a long table: the publisher's word to the field; -1 for one that is skipped
	doubts   []doubt        // of a wide table whose publisher says how good its values are
	flags    []flag
	unmapped []string // columns that the recipe does not name
	unread   bool     // the header misses columns that would be ignored
}

// A column reads one cell of a row into one field.
type column struct {
	name  string // in the file
	index int    // in a row
	field int    // in the dataset
	read  reading
	mark  func(cell string, r *record.Record) // says why it is absent; nil for most
}

// compile makes the plan for a file whose header is known; system is the reference system that the file itself names.
func compile(r *Recipe, d *record.Dataset, header []string, system string) (*plan, error) {
	if err := r.fits(d); err != nil {
		return nil, err
	}
	p := &plan{recipe: r, dataset: d, width: len(header), when: column{index: -1}, lat: column{index: -1}, lon: column{index: -1}, quantity: column{index: -1}, iso: -1, said: -1}
	if err := p.checkHeader(header); err != nil {
		return nil, err
	}
	p.key = column{name: "key", index: -1}
	if r.Key.Column != "" { // an empty name would find a column without one
		p.key = column{name: r.Key.Column, index: wanted{Column: r.Key.Column, Also: r.Key.Also}.in(header), read: readText}
	}
	for _, c := range r.Key.Columns {
		p.keys = append(p.keys, columnIndex(header, c))
	}
	if r.When.Column != "" {
		p.when = column{name: r.When.Column, index: r.When.in(header)}
		var err error
		if r.When.Offset != "" || r.When.Zone != "" {
			p.at, err = r.When.instant()
		} else {
			p.when.read, err = r.When.read(record.Date, nil)
		}
		if err != nil {
			return nil, r.bad(err.Error())
		}
	}
	if err := p.compileSeries(header); err != nil {
		return nil, err
	}
	if r.Place.Lat != "" {
		p.lat = p.coordinate(r.Place.Lat, r.Place.AlsoLat, header, "NS")
		p.lon = p.coordinate(r.Place.Lon, r.Place.AlsoLon, header, "EW")
	}
	if err := p.compilePlace(header, system); err != nil {
		return nil, err
	}
	if err := p.compileFields(header); err != nil {
		return nil, err
	}
	if err := p.compileAcross(header); err != nil {
		return nil, err
	}
	p.compileKeyDates()
	var err error
	p.flags, err = compileFlags(r, d)
	return p, err
}

func (p *plan) compileFields(header []string) error {
	for i := range p.recipe.Fields {
		c := &p.recipe.Fields[i]
		at := p.dataset.Index(c.Name)
		if at < 0 {
			return p.recipe.bad(fmt.Sprintf("%s has no field %q", p.dataset.Name, c.Name))
		}
		index := c.in(header)
		if c.Always != "" {
			index = 0
		}
		if index < 0 && c.Optional {
			continue
		}
		for _, o := range p.fields {
			if o.field == at {
				return p.recipe.bad(fmt.Sprintf("it reads field %s twice", c.Name))
			}
		}
		col, err := p.column(c, at, index)
		if err != nil {
			return err
		}
		p.fields = append(p.fields, col)
	}
	return nil
}

// column compiles how one cell is read.
func (p *plan) column(c *Cell, field, index int) (column, error) {
	f := &p.dataset.Fields[field]
	read, err := c.read(f.Type, f.Codes)
	if c.Always != "" {
		read, err = c.always(f)
	}
	if f.Type == record.Geometry {
		read, err = c.orAbsent(p.readFigure), nil
	}
	if err != nil {
		return column{}, p.recipe.bad(err.Error())
	}
	if c.Fill {
		read = filled(read)
	}
	mark, err := p.mark(c)
	return column{c.Column, index, field, read, mark}, err
}

// mark compiles how a cell says in another field why it is absent.
func (p *plan) mark(c *Cell) (func(string, *record.Record), error) {
	if c.Mark == "" && len(c.Marks) == 0 {
		return nil, nil
	}
	at := p.dataset.Index(c.Mark)
	if at < 0 || p.dataset.Fields[at].Type != record.Code {
		return nil, p.recipe.bad(fmt.Sprintf("mark: %q is not a code field of %s", c.Mark, p.dataset.Name))
	}
	for said, code := range c.Marks {
		if !slices.Contains(p.dataset.Fields[at].Codes, code) || said != "" && !slices.Contains(c.Absent, said) {
			return nil, p.recipe.bad(fmt.Sprintf("marks: %q is not one of the codes of %s, or %q not a way to say nothing", code, c.Mark, said))
		}
	}
	return func(cell string, r *record.Record) {
		if code, ok := c.Marks[plainNumber(strings.TrimSpace(cell))]; ok {
			r.Values[at] = record.CodeOf(code)
		}
	}, nil
}

// isTotal says whether a row is the sum of others: its name is a word for that.
func (p *plan) isTotal(cells []string) bool {
	if p.recipe.Key.Totals {
		return false
	}
	at := p.key.index
	if at < 0 && len(p.keys) > 0 {
		at = p.keys[0]
	}
	if at < 0 {
		return false
	}
	name := strings.ToLower(strings.ReplaceAll(strings.ReplaceAll(cells[at], " ", ""), "\u3000", ""))
	return name != "" && slices.Contains(p.recipe.totals, name)
}

// shortened is a key that is made of cells and longer than one may be: its beginning, and a part of the hash of the whole.
func shortened(key string) string {
	if len(key) <= record.MaxKey {
		return key
	}
	const kept = record.MaxKey - 24
	sum := record.Sum([]byte(key))
	return fmt.Sprintf("%s…%x", strings.ToValidUTF8(key[:kept], ""), sum[:10])
}

// keyOf is the key of a row.
func (p *plan) keyOf(cells []string) string {
	switch {
	case p.key.index >= 0:
		if key := strings.TrimSpace(cells[p.key.index]); key != "" {
			return p.recipe.Key.Prefix + key
		}
		return ""
	case p.keys == nil:
		return p.recipe.named + p.recipe.Key.Text // a recipe has one of them
	}
	parts := make([]string, len(p.keys))
	for i, at := range p.keys {
		parts[i] = strings.TrimSpace(cells[at])
		for _, c := range p.dated {
			if c.index == at {
				parts[i] = p.datePart(c, cells[at], parts[i])
			}
		}
	}
	return shortened(p.recipe.Key.Prefix + strings.Join(parts, "|"))
}

// checkHeader refuses a header without a column of the recipe, or with one twice, and notes columns that are new.
func (p *plan) checkHeader(header []string) error {
	seen := map[string]bool{}
	for _, h := range header {
		if h = strings.TrimSpace(h); h == "" {
			continue
		}
		if seen[h] {
			return refuse(fmt.Sprintf("its header has column %.80q twice", h), doDownload).At(lineName(1))
		}
		seen[h] = true
	}
	_, missing, unread := p.recipe.among(header)
	p.unread = unread != nil
	p.unmapped = p.recipe.unknown(header)
	switch {
	case missing != nil && p.unmapped != nil:
		return refuse(fmt.Sprintf("its header misses columns that %s reads: %s; the recipe does not know %s", p.recipe.Name, names(missing), names(Foreign(p.unmapped))),
			"check that this is the right file; "+doRenamed).At(lineName(1))
	case missing != nil:
		return refuse(fmt.Sprintf("its header misses columns that %s reads: %s", p.recipe.Name, names(missing)),
			"check that this is the right file, or name another recipe").At(lineName(1))
	}
	return nil
}

// compileKeyDates finds the parts of a key that are dates: a file that writes them otherwise has the same records.
func (p *plan) compileKeyDates() {
	p.zone, _ = p.recipe.When.zoned()
	for _, at := range p.keys {
		if at == p.when.index && at >= 0 {
			p.dated = append(p.dated, column{index: at, field: -1})
			continue
		}
		for i, c := range p.fields {
			if c.index == at && p.dataset.Fields[c.field].Type == record.Date {
				p.dated = append(p.dated, column{index: at, field: i})
			}
		}
	}
}

// datePart is what a key says of a date; what the cell says where that is none.
func (p *plan) datePart(c column, cell, said string) string {
	if c.field >= 0 {
		f := p.fields[c.field]
		v, why := f.read(cell)
		if d, ok := v.Date(); ok && why == "" {
			return cmp.Or(p.layoutOf(f.name).keyed(record.OnDate(d), nil), said)
		}
		return said
	}
	if p.at != nil {
		at, _ := p.at(cell)
		return cmp.Or(p.recipe.When.keyed(at, p.zone), said)
	}
	v, why := p.when.read(cell)
	if d, ok := v.Date(); ok && why == "" {
		return cmp.Or(p.recipe.When.keyed(record.OnDate(d), nil), said)
	}
	return said
}

// layoutOf is the cell of the recipe that reads a column.
func (p *plan) layoutOf(column string) *Cell {
	for i := range p.recipe.Fields {
		if p.recipe.Fields[i].Column == column {
			return &p.recipe.Fields[i]
		}
	}
	return &p.recipe.When
}
