package area

import (
	"fmt"
	"strconv"
	"strings"

	"accord/agreement"
	"accord/internal/date"
	"accord/internal/scale"
	"accord/record"
)

// A Board is a common view of both cities' data. It is made of figures; each says what is comparable and what is not.
// A board has words under its id (its name) and id.about, and of everything that it Says.
type Board struct {
	ID    string   // area/noun, as safety/sinkholes
	Needs []string // datasets that it looks at
	Event bool     // it looks at a time that a reader may choose
	Lens  string   // family of scales on one of which a reader may have it; empty where there is nothing to choose
	Says  []string // words under its id that its figures use
	Make  func(*Input) ([]Figure, error)
}

// A Side is one city with what is known of it at the node.
type Side struct {
	Party     string
	Name      agreement.Texts
	Records   map[string][]record.Record // by dataset, as they are now
	Series    map[string][]record.Run    // by dataset
	Simulated bool                       // some of it was made by a generator
}

// An Input is what a board is made from. Sides has the node's own city first.
type Input struct {
	Sides       []Side
	Scales      *scale.Book
	Datasets    map[string]*record.Dataset
	Lens        string   // a scale of the board's family, or empty for the first
	Today       date.Day // counting back begins here
	From, Until date.Day // what the reader asked for; unset: the board chooses
}

// Field is the place of a dataset's field; -1 where the node knows no such dataset.
func (in *Input) Field(dataset, field string) int {
	d := in.Datasets[dataset]
	if d == nil {
		return -1
	}
	return d.Index(field)
}

// A Shape is how a figure is drawn beside its table.
type Shape string

// The shapes. Lines and Bars draw the columns after the first against the first.
const (
	Table Shape = "table"
	Lines Shape = "lines"
	Bars  Shape = "bars"
	Map   Shape = "map"
)

// A Figure is a table, with a picture where one helps. Its words are under its board's id: ID (the title), ID.about, and
// those of its columns.
type Figure struct {
	ID         string
	Shape      Shape
	Columns    []Column
	Rows       [][]Cell
	Comparable bool  // the columns of the two cities may be read beside each other
	Notes      []Say // why, or why not; what was left out
	Method     string
	Parameters []Parameter
	Layers     []Layer  // for a map: one a side
	Sources    []string // of scales and standards that were used
}

// A Column has a word of the board, or the name of a side.
type Column struct {
	Word string
	Side int    // 1 and 2: the column is that side's; 0: it is neither's
	Unit string // UCUM
}

// A Cell is one value of a table.
type Cell struct {
	Word   string          // a word, by its whole path
	Said   agreement.Texts // or a text of content
	Text   string          // or a text as it is
	Date   date.Date       // or a date
	Number float64         // or a number
	Digits int             // with so many decimals
	Kind   CellKind
}

// A CellKind says which of a cell's members holds.
type CellKind int

// The kinds of cells. The zero Cell is blank: not known.
const (
	Blank CellKind = iota
	IsWord
	IsSaid
	IsText
	IsDate
	IsNumber
)

// Word, Said, Plain, On and Number make cells.
func Word(path string) Cell { return Cell{Kind: IsWord, Word: path} }

// Said is a text of content in its languages.
func Said(t agreement.Texts) Cell { return Cell{Kind: IsSaid, Said: t} }

// Plain is a text that stands as it is in every language.
func Plain(s string) Cell { return Cell{Kind: IsText, Text: s} }

// On is a date.
func On(d date.Date) Cell { return Cell{Kind: IsDate, Date: d} }

// Number is a number with so many decimals.
func Number(x float64, digits int) Cell { return Cell{Kind: IsNumber, Number: x, Digits: digits} }

// Count is a whole number.
func Count(n int) Cell { return Number(float64(n), 0) }

// A Say is a sentence of the board with numbers in it: {name} stands for each.
type Say struct {
	Word    string
	Side    int // 1 and 2: it is about that side; 0: about both
	Numbers map[string]float64
}

// A Parameter is a number that a method was used with.
type Parameter struct {
	Word   string
	Number float64
	Unit   string
}

// A Layer is what a map shows of one side.
type Layer struct {
	Side    int
	Dataset string // whose records the points are; empty where they are none
	Points  []Point
	Cells   []MapCell
}

// A Point is a place on a map. Group tells clusters apart; 0 is in none.
type Point struct {
	Lon, Lat float64
	Group    int
	Key      string
}

// A MapCell is a coloured rectangle. Level runs from 1 to 5.
type MapCell struct {
	West, South, East, North float64
	Value                    float64
	Level                    int
}

// A Method is how a figure is computed. Its words are NAME (a title), NAME.what (what it computes) and NAME.checked (how
// that was checked), under the area and "method".
type Method struct {
	ID    string // as dbscan; its words are under area/method.ID
	After string // whom it follows, as literature is cited; empty where it is our own
}

// Words under which a method is described.
func (m Method) Words(area string) []string {
	base := area + "/method." + m.ID
	return []string{base, base + ".what", base + ".checked"}
}

// Words are all paths of a board's words.
func (b Board) Words() []string {
	all := []string{b.ID, b.ID + ".about"}
	for _, s := range b.Says {
		all = append(all, b.ID+"."+s)
	}
	return all
}

// Fill puts numbers into a sentence: {name} is replaced by what write makes of it.
func Fill(sentence string, numbers map[string]float64, write func(float64) string) string {
	for name, x := range numbers {
		sentence = strings.ReplaceAll(sentence, "{"+name+"}", write(x))
	}
	return sentence
}

// Problems are what is wrong with a figure that a board has made; a test of the board looks at them.
func (b Board) Problems(f *Figure) (all []string) {
	known := map[string]bool{}
	for _, w := range b.Words() {
		known[w] = true
	}
	need := func(word string) {
		if !known[b.ID+"."+word] {
			all = append(all, fmt.Sprintf("%s.%s says %q, which the board does not list", b.ID, f.ID, word))
		}
	}
	need(f.ID)
	need(f.ID + ".about")
	for _, c := range f.Columns {
		if c.Side == 0 || c.Word != "" {
			need(c.Word)
		}
	}
	for _, n := range f.Notes {
		need(n.Word)
	}
	for _, p := range f.Parameters {
		need(p.Word)
	}
	for i, row := range f.Rows {
		if len(row) != len(f.Columns) {
			all = append(all, fmt.Sprintf("%s.%s: row %d has %d cells for %d columns", b.ID, f.ID, i+1, len(row), len(f.Columns)))
		}
		for _, c := range row {
			if word, own := strings.CutPrefix(c.Word, b.ID+"."); own {
				need(word)
			}
		}
	}
	return all
}

// Key is a short name for the n-th of things that a method tells apart.
func Key(n int) string { return strconv.Itoa(n) }
