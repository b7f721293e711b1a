package intake

import (
	"fmt"
	"strings"

	"accord/record"
)

// A plan is a recipe compiled against a dataset and the header of one file.
type plan struct {
	recipe   *Recipe
	dataset  *record.Dataset
	width    int // cells of the header
	key      column
	when     column // index -1 where the recipe names none
	lat, lon column
	fields   []column
	at       instantReading // of when, where it is an instant; else nil
	quantity column         // of a long table; index -1 where there is none
	value    column
	names    map[string]int // of a long table: the publisher's word to the field; -1 for one that is skipped
	flags    []flag
	unmapped []string // columns that the recipe does not name
}

// A column reads one cell of a row into one field.
type column struct {
	name  string // in the file
	index int    // in a row
	field int    // in the dataset
	read  reading
}

func compile(r *Recipe, d *record.Dataset, header []string) (*plan, error) {
	if err := r.fits(d); err != nil {
		return nil, err
	}
	p := &plan{recipe: r, dataset: d, width: len(header), when: column{index: -1}, lat: column{index: -1}, lon: column{index: -1}, quantity: column{index: -1}}
	if err := p.checkHeader(header); err != nil {
		return nil, err
	}
	p.key = column{name: r.Key.Column, index: columnIndex(header, r.Key.Column), read: readText}
	if r.When.Column != "" {
		p.when = column{name: r.When.Column, index: columnIndex(header, r.When.Column)}
		var err error
		if r.When.Offset != "" {
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
		number := (&Cell{}).orAbsent((&Cell{}).readNumber(record.Number))
		p.lat = column{name: r.Place.Lat, index: columnIndex(header, r.Place.Lat), read: number}
		p.lon = column{name: r.Place.Lon, index: columnIndex(header, r.Place.Lon), read: number}
	}
	if err := p.compileFields(header); err != nil {
		return nil, err
	}
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
		for _, o := range p.fields {
			if o.field == at {
				return p.recipe.bad(fmt.Sprintf("it reads field %s twice", c.Name))
			}
		}
		f := &p.dataset.Fields[at]
		read, err := c.read(f.Type, f.Codes)
		if err != nil {
			return p.recipe.bad(err.Error())
		}
		p.fields = append(p.fields, column{c.Column, columnIndex(header, c.Column), at, read})
	}
	return nil
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
	var missing []string
	for _, c := range p.recipe.columns() {
		if !seen[c] {
			missing = append(missing, c)
		}
		delete(seen, c)
	}
	if missing != nil {
		return refuse(fmt.Sprintf("its header misses columns that %s reads: %s", p.recipe.Name, names(missing)),
			"check that this is the right file, or name another recipe").At(lineName(1))
	}
	for _, h := range header {
		if h = strings.TrimSpace(h); seen[h] {
			p.unmapped = append(p.unmapped, h)
		}
	}
	return nil
}
