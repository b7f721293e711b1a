package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"accord/agreement"
	"accord/internal/area"
	"accord/internal/date"
	"accord/internal/export"
	"accord/internal/fault"
	"accord/internal/text"
	"accord/internal/who"
	"accord/record"
)

// Boards is what the common views of both cities' data show.
type Boards struct {
	List   func(lang text.Lang) ([]BoardLine, error)
	Board  func(ctx context.Context, by who.Person, id string, ask BoardAsk, lang text.Lang) (*Board, error)
	Method func(area, id string, lang text.Lang) (*Method, error)
}

// BoardLine is a board in the list.
type BoardLine struct{ ID, Name, About string }

// BoardAsk is what a reader asks of a board: on which scale, and what time it is about.
type BoardAsk struct {
	Lens        string
	From, Until date.Day
}

// Board is a board as it was made.
type Board struct {
	ID        string
	Area      string
	Words     area.Words
	Sides     []Party
	Simulated []bool // of each side: some of it was made by a generator
	Closed    bool   // the reader sees of this city's data only what may leave by itself
	Event     bool   // the reader may choose the time that it is about
	Lens      string
	Lenses    []Lens
	Figures   []area.Figure
	Empty     bool // nothing is here of what the board looks at
	Grounds   []MapGround
}

// Lens is a scale on which a board can be read.
type Lens struct {
	ID   string
	Name agreement.Texts
}

// Method is how a figure is computed.
type Method struct{ Name, What, After, Checked string }

type boardsPage struct {
	chrome
	All []BoardLine
}

type boardPage struct {
	chrome
	*Board
	Ask BoardAsk
}

type methodPage struct {
	chrome
	*Method
}

// Boards lists the boards.
func (s *Site) Boards(w http.ResponseWriter, r *http.Request, by who.Person) error {
	lang := reader(r, by)
	all, err := s.source.Boards.List(lang)
	if err != nil {
		return err
	}
	p := text.In(lang)
	return render(w, r, by, http.StatusOK, "boards", &boardsPage{chrome: chrome{P: p, By: by, Title: p.T("boards.title"), Path: "/boards", Purpose: p.T("boards.lead")}, All: all})
}

// Board shows one.
func (s *Site) Board(w http.ResponseWriter, r *http.Request, by who.Person) error {
	page, err := s.board(r, by)
	if err != nil {
		return err
	}
	return render(w, r, by, http.StatusOK, "board", page)
}

func (s *Site) board(r *http.Request, by who.Person) (*boardPage, error) {
	lang := reader(r, by)
	ask, err := askOfBoard(r.URL.Query())
	if err != nil {
		return nil, err
	}
	id := r.PathValue("area") + "/" + r.PathValue("board")
	b, err := s.source.Boards.Board(r.Context(), by, id, ask, lang)
	if err != nil {
		return nil, err
	}
	return &boardPage{chrome: chrome{P: text.In(lang), By: by, Title: b.Words.Word(id), Path: "/boards/" + id, Purpose: b.Words.Word(id + ".about"), Up: &up{"/boards", text.In(lang).T("boards.title")}}, Board: b, Ask: ask}, nil
}

func askOfBoard(q url.Values) (ask BoardAsk, err error) {
	ask.Lens = q.Get("lens")
	for name, day := range map[string]*date.Day{"from": &ask.From, "until": &ask.Until} {
		if s := q.Get(name); s != "" {
			if *day, err = date.ParseDay(s); err != nil {
				return ask, fault.New(fault.Invalid, name, err.Error(), "write the day as 2020-08-01").Because(err)
			}
		}
	}
	return ask, nil
}

// Figure is a figure of a board as a file: its table as csv or xlsx, its picture as svg, a map as geojson.
func (s *Site) Figure(w http.ResponseWriter, r *http.Request, by who.Person) error {
	page, err := s.board(r, by)
	if err != nil {
		return err
	}
	id, format := r.PathValue("figure"), r.PathValue("format")
	for i := range page.Figures {
		if page.Figures[i].ID != id {
			continue
		}
		if f := &page.Figures[i]; format == "geojson" && f.Shape == area.Map {
			return s.layer(w, r, page.layerFile(f, r.URL.Query().Get("side")))
		}
		name := strings.ReplaceAll(page.ID, "/", "-") + "-" + id + "." + format
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", name))
		h.Set("Content-Security-Policy", sandbox)
		if format == "svg" {
			return page.writePicture(w, &page.Figures[i])
		}
		return page.writeTable(w, &page.Figures[i], format)
	}
	return fault.New(fault.NotFound, "figure", "the board has none of this name", "take the link on the board's page")
}

func (p *boardPage) writeTable(w http.ResponseWriter, f *area.Figure, format string) error {
	if format != "csv" && format != "xlsx" {
		return fault.New(fault.NotFound, "figure", "it is not written in this format", "take csv, xlsx or svg")
	}
	kind, err := export.Find(format)
	if err != nil {
		return err
	}
	head := &export.Head{Title: p.Say(f.ID), Source: p.sourceLines(f), Plain: true}
	for _, c := range f.Columns {
		head.Columns = append(head.Columns, export.Column{Label: p.Heading(c), Unit: c.Unit})
	}
	w.Header().Set("Content-Type", kind.Media)
	out, err := kind.Open(w, head)
	if err != nil {
		return err
	}
	for _, row := range f.Rows {
		line := &export.Row{}
		for _, c := range row {
			v := record.TextOf(p.cellText(c))
			if c.Kind == area.IsNumber {
				v = record.NumberOf(c.Number)
			}
			line.Values = append(line.Values, v)
		}
		if err := out.Row(line); err != nil {
			return err
		}
	}
	return out.Close()
}

// sourceLines are what a file of a figure says below its rows.
func (p *boardPage) sourceLines(f *area.Figure) []string {
	lines := []string{p.Title + " – " + p.Say(f.ID), p.Say(f.ID + ".about")}
	for i, side := range p.Sides {
		name := p.name(side)
		if p.Simulated[i] {
			name += " (" + p.P.T("boards.simulated") + ")"
		}
		lines = append(lines, p.P.T("boards.data_of", "city", name))
	}
	for _, n := range f.Notes {
		lines = append(lines, p.Note(n))
	}
	for _, x := range f.Parameters {
		lines = append(lines, p.Parameter(x))
	}
	for _, s := range f.Sources {
		lines = append(lines, p.P.T("boards.source", "source", s))
	}
	return lines
}

// Method says how a figure is computed.
func (s *Site) Method(w http.ResponseWriter, r *http.Request, by who.Person) error {
	lang := reader(r, by)
	m, err := s.source.Boards.Method(r.PathValue("area"), r.PathValue("method"), lang)
	if err != nil {
		return err
	}
	path := "/methods/" + r.PathValue("area") + "/" + r.PathValue("method")
	return render(w, r, by, http.StatusOK, "method", &methodPage{chrome: chrome{P: text.In(lang), By: by, Title: m.Name, Path: path, Purpose: text.In(lang).T("boards.method_lead"), Up: &up{"/boards", text.In(lang).T("boards.title")}}, Method: m})
}

// Say is a word of the board.
func (p *boardPage) Say(word string) string { return p.Words.Word(p.ID + "." + word) }

// Note is a sentence of the board with its numbers.
func (p *boardPage) Note(n area.Say) string {
	s := area.Fill(p.Say(n.Word), n.Numbers, func(x float64) string { return p.P.Decimal(x, 6) })
	if n.Side > 0 && n.Side <= len(p.Sides) {
		s = p.P.T("boards.about_side", "city", p.name(p.Sides[n.Side-1]), "note", s)
	}
	return s
}

// Parameter is a number that a method was used with.
func (p *boardPage) Parameter(x area.Parameter) string {
	s := p.Say(x.Word) + " " + p.P.Decimal(x.Number, 6)
	if x.Unit != "" {
		s += " " + p.unit(x.Unit)
	}
	return s
}

// unit writes a UCUM unit as people read it.
func (p *boardPage) unit(u string) string {
	switch u {
	case "a", "d", "h":
		return p.P.Word("boards_unit", u)
	case "/a":
		return p.P.T("boards.unit.per_a")
	}
	return strings.NewReplacer("10*6.", "10⁶ ", "m3", "m³", "m2", "m²", "s2", "s²", "Cel", "°C").Replace(u)
}

func (p *boardPage) name(side Party) string { return choose(p.P.Lang(), side.Name).Text }

// Heading is the name of a column.
func (p *boardPage) Heading(c area.Column) string {
	switch {
	case c.Side == 0:
		return p.Say(c.Word)
	case c.Word == "":
		return p.name(p.Sides[c.Side-1])
	}
	return p.name(p.Sides[c.Side-1]) + ", " + p.Say(c.Word)
}

// Unit is a column's unit as people read it.
func (p *boardPage) Unit(c area.Column) string { return p.unit(c.Unit) }

// cellText is a cell as the reader's language writes it.
func (p *boardPage) cellText(c area.Cell) string {
	switch c.Kind {
	case area.IsWord:
		return p.Words.Word(c.Word)
	case area.IsSaid:
		return choose(p.P.Lang(), c.Said).Text
	case area.IsText:
		return c.Text
	case area.IsDate:
		return p.P.Date(c.Date)
	case area.IsNumber:
		return p.P.Decimal(c.Number, c.Digits)
	}
	return ""
}

// Cell is a cell as the page shows it.
func (p *boardPage) Cell(c area.Cell) boardCell {
	out := boardCell{Text: p.cellText(c), Number: c.Kind == area.IsNumber}
	if c.Kind == area.IsSaid {
		if s := choose(p.P.Lang(), c.Said); s.Foreign {
			out.Lang = s.Lang
		}
	}
	return out
}

// Numbers says whether a column is of numbers.
func (p *boardPage) Numbers(f area.Figure, column int) bool {
	for _, row := range f.Rows {
		if k := row[column].Kind; k != area.Blank {
			return k == area.IsNumber
		}
	}
	return false
}

type boardCell struct {
	Text, Lang string
	Number     bool
}

// File is the address of a figure as a file.
func (p *boardPage) File(figure, format string) string {
	q := url.Values{"lang": {string(p.P.Lang())}}
	if p.Ask.Lens != "" {
		q.Set("lens", p.Ask.Lens)
	}
	if !p.Ask.From.IsZero() {
		q.Set("from", p.Ask.From.String())
	}
	if !p.Ask.Until.IsZero() {
		q.Set("until", p.Ask.Until.String())
	}
	return "/boards/" + p.ID + "/" + figure + "/" + format + "?" + q.Encode()
}
