package safety

import (
	"cmp"
	"slices"

	"accord/internal/area"
	"accord/internal/area/safety/structure"
	"accord/internal/date"
	"accord/internal/scale"
	"accord/record"
)

var structures = area.Board{
	ID:    "safety/structures",
	Needs: []string{"safety/condition", "safety/earthquake"},
	Lens:  "condition",
	Says: []string{
		"actions", "actions.about", "grades", "grades.about", "ageing", "ageing.about", "quakes", "quakes.about", "shaking", "shaking.about",
		"class", "undetermined", "unread", "side", "value", "meaning", "count", "reading", "reason", "confidence",
		"high", "medium", "low", "sure", "own_words", "grade", "rate", "years", "pairs", "repairs", "when", "magnitude", "magnitude_type", "region", "depth",
		"pga", "intensity", "classes", "sigma",
		"populations", "latest", "intervals", "no_pairs", "magnitudes", "no_table", "undetermined_why", "unread_why",
	},
	Make: makeStructures,
}

// An inspected is a structure with all that inspections found of it, the oldest first.
type inspected struct {
	kind, scale string
	found       []found
}

type found struct {
	grade string
	on    date.Day
}

func (s inspected) latest() found { return s.found[len(s.found)-1] }

// inspectedOf sorts a side's inspections by structure. One that changed its scale begins anew: two scales make no pair.
func inspectedOf(all []record.Record) []inspected {
	by := map[string]*inspected{}
	var order []string
	records := slices.Clone(all)
	slices.SortStableFunc(records, func(a, b record.Record) int { return cmp.Compare(day(&a).String(), day(&b).String()) })
	for i := range records {
		r := &records[i]
		text := func(field string) string { return r.Value(condition.Index(field)).Text }
		id := text("structure")
		s := by[id]
		if s == nil || s.scale != text("scale") {
			if s == nil {
				order = append(order, id)
			}
			s = &inspected{kind: text("kind"), scale: text("scale")}
			by[id] = s
		}
		s.found = append(s.found, found{text("grade"), day(r)})
	}
	out := make([]inspected, 0, len(order))
	for _, id := range order {
		out = append(out, *by[id])
	}
	return out
}

// day is the first day that a record can be of.
func day(r *record.Record) date.Day {
	if d := r.When.Date(); !d.IsZero() {
		return d.First()
	}
	return date.Day{}
}

func makeStructures(in *area.Input) ([]area.Figure, error) {
	lens := in.Lens
	if family := in.Scales.Family("condition"); lens == "" && len(family) > 0 {
		lens = family[0]
	}
	to, err := in.Scales.Scale(lens)
	if err != nil {
		return nil, err
	}
	all := make([][]inspected, len(in.Sides))
	for i, side := range in.Sides {
		all[i] = inspectedOf(side.Records["safety/condition"])
	}
	quakes := quakesOf(in)
	shaking, err := shakingOf(in)
	if err != nil {
		return nil, err
	}
	return []area.Figure{actions(in, to, all), gradesRead(in, to, all), ageing(in, all), quakes, shaking}, nil
}

// read is what the latest grade of a structure says on another scale; its own scale reads itself.
func read(in *area.Input, to *scale.Scale, s inspected) (values []string, ok bool) {
	last := s.latest()
	if s.scale == to.ID {
		return []string{last.grade}, to.Index(last.grade) >= 0
	}
	r, err := in.Scales.Read(s.scale, last.grade, to.ID, s.kind, last.on)
	if err != nil {
		return nil, false
	}
	return r.Values(), true
}

// actions counts structures by what their latest grade asks for. A grade that may ask for one or another is undetermined.
func actions(in *area.Input, to *scale.Scale, all [][]inspected) area.Figure {
	fig := area.Figure{ID: "actions", Shape: area.Bars, Columns: sideColumns(in, "class", ""), Comparable: true, Method: "crosswalk",
		Notes: []area.Say{{Word: "latest"}, {Word: "undetermined_why"}, {Word: "unread_why"}, {Word: "populations"}}, Sources: []string{to.Source}}
	rows := len(to.Values) + 2
	counts := make([][]int, len(all))
	for i, structures := range all {
		counts[i] = make([]int, rows)
		for _, s := range structures {
			values, ok := read(in, to, s)
			switch {
			case !ok:
				counts[i][rows-1]++
			case len(values) > 1:
				counts[i][rows-2]++
			default:
				counts[i][to.Index(values[0])]++
			}
		}
	}
	for r := range rows {
		var row []area.Cell
		switch r {
		case rows - 1:
			row = append(row, area.Word("safety/structures.unread"))
		case rows - 2:
			row = append(row, area.Word("safety/structures.undetermined"))
		default:
			row = append(row, area.Said(to.Values[r].Name.Texts()))
		}
		for i := range all {
			row = append(row, area.Count(counts[i][r]))
		}
		fig.Rows = append(fig.Rows, row)
	}
	return fig
}

// gradesRead says of every grade in use what it is read as, and why.
func gradesRead(in *area.Input, to *scale.Scale, all [][]inspected) area.Figure {
	fig := area.Figure{ID: "grades", Shape: area.Table, Method: "crosswalk", Columns: []area.Column{{Word: "side"}, {Word: "value"}, {Word: "meaning"},
		{Word: "count"}, {Word: "reading"}, {Word: "reason"}, {Word: "confidence"}}, Comparable: true, Notes: []area.Say{{Word: "own_words"}}}
	for i, structures := range all {
		for _, id := range scalesOf(structures) {
			from, err := in.Scales.Scale(id)
			if err != nil {
				continue // its structures are counted as unread
			}
			fig.Sources = append(fig.Sources, from.Source)
			for _, v := range from.Values {
				n := 0
				for _, s := range structures {
					if s.scale == id && s.latest().grade == v.ID {
						n++
					}
				}
				row := []area.Cell{area.Said(in.Sides[i].Name), area.Said(v.Name.Texts()), area.Said(v.Meaning.Texts()), area.Count(n)}
				fig.Rows = append(fig.Rows, append(row, readingCells(in, from, v.ID, to)...))
			}
		}
	}
	return fig
}

func readingCells(in *area.Input, from *scale.Scale, value string, to *scale.Scale) []area.Cell {
	if from.ID == to.ID {
		return []area.Cell{area.Plain(value), {}, area.Word("safety/structures.sure")}
	}
	r, err := in.Scales.Read(from.ID, value, to.ID, "", in.Today)
	if err != nil {
		return []area.Cell{area.Word("safety/structures.unread"), {}, {}}
	}
	return []area.Cell{area.Said(joined(to, r.Values())), area.Said(r.Reason.Texts()), area.Word("safety/structures." + r.Confidence)}
}

// scalesOf are the scales that structures have, in order of their names.
func scalesOf(structures []inspected) (ids []string) {
	for _, s := range structures {
		if !slices.Contains(ids, s.scale) {
			ids = append(ids, s.scale)
		}
	}
	slices.Sort(ids)
	return ids
}

// ageing is how fast structures leave each grade, for inspections at any intervals.
func ageing(in *area.Input, all [][]inspected) area.Figure {
	fig := area.Figure{ID: "ageing", Shape: area.Table, Method: "rates", Comparable: true, Columns: []area.Column{{Word: "side"}, {Word: "grade"},
		{Word: "pairs"}, {Word: "rate", Unit: "/a"}, {Word: "years", Unit: "a"}, {Word: "repairs"}}, Notes: []area.Say{{Word: "intervals"}}}
	for i, structures := range all {
		for _, id := range scalesOf(structures) {
			from, err := in.Scales.Scale(id)
			if err != nil {
				continue
			}
			rows, ok := rateRows(in.Sides[i], from, structures)
			if !ok {
				fig.Notes = append(fig.Notes, area.Say{Word: "no_pairs", Side: i + 1})
			}
			fig.Rows = append(fig.Rows, rows...)
		}
	}
	return fig
}

func rateRows(side area.Side, from *scale.Scale, structures []inspected) (rows [][]area.Cell, ok bool) {
	var seen []structure.Seen
	pairs := make([]int, len(from.Values))
	for n, s := range structures {
		for k, f := range s.found {
			grade := from.Index(f.grade)
			if s.scale != from.ID || grade < 0 || f.on.IsZero() {
				continue
			}
			seen = append(seen, structure.Seen{Structure: area.Key(n), Years: float64(f.on.Sub(date.NewDay(1900, 1, 1))) / 365.25, Grade: grade})
			if k+1 < len(s.found) {
				pairs[grade]++
			}
		}
	}
	rates, err := structure.FitRates(len(from.Values), seen)
	if err != nil {
		return nil, false
	}
	for g, v := range from.Values[:len(from.Values)-1] {
		row := []area.Cell{area.Said(side.Name), area.Said(v.Name.Texts()), area.Count(pairs[g]), {}, {}, {}}
		if pairs[g] > 0 && rates.PerYear[g] > 1e-4 {
			row[3], row[4] = area.Number(rates.PerYear[g], 3), area.Number(1/rates.PerYear[g], 1)
		}
		if g == 0 {
			row[5] = area.Count(rates.Improved)
		}
		rows = append(rows, row)
	}
	return rows, true
}

// quakesOf are the strongest earthquakes that the two sides' catalogues know, of the last ten years.
func quakesOf(in *area.Input) area.Figure {
	fig := area.Figure{ID: "quakes", Shape: area.Map, Comparable: true, Columns: []area.Column{{Word: "when"}, {Word: "magnitude"}, {Word: "magnitude_type"},
		{Word: "region"}, {Word: "depth", Unit: "km"}}, Notes: []area.Say{{Word: "magnitudes"}}}
	var all []record.Record
	since := in.Today.AddMonths(-120)
	for i, side := range in.Sides {
		layer := area.Layer{Side: i + 1, Dataset: earthquake.Name}
		for _, r := range side.Records["safety/earthquake"] {
			if d := day(&r); d.Before(since) || r.Value(earthquake.Index("magnitude")).IsAbsent() {
				continue
			}
			all = append(all, r)
			if r.Place.Known {
				layer.Points = append(layer.Points, area.Point{Lon: r.Place.Lon, Lat: r.Place.Lat, Key: r.Key})
			}
		}
		if len(layer.Points) > 0 {
			fig.Layers = append(fig.Layers, layer)
		}
	}
	magnitude := func(r record.Record) float64 { return r.Value(earthquake.Index("magnitude")).Num }
	slices.SortStableFunc(all, func(a, b record.Record) int { return cmp.Compare(magnitude(b), magnitude(a)) })
	for _, r := range all[:min(len(all), 20)] {
		depth := area.Cell{}
		if v := r.Value(earthquake.Index("depth")); !v.IsAbsent() {
			depth = area.Number(v.Num, 0)
		}
		fig.Rows = append(fig.Rows, []area.Cell{dated(r.When.Date()), area.Number(magnitude(r), 1), area.Plain(r.Value(earthquake.Index("magnitude_type")).Text),
			area.Plain(r.Value(earthquake.Index("region")).Text), depth})
	}
	return fig
}

// shakingOf leads a few ground accelerations to the scales of intensity. No office relates those scales; they meet in what is measured.
func shakingOf(in *area.Input) (area.Figure, error) {
	fig := area.Figure{ID: "shaking", Shape: area.Table, Method: "intensity", Columns: []area.Column{{Word: "pga", Unit: "cm/s2"}, {Word: "intensity"},
		{Word: "sigma"}, {Word: "classes"}}, Comparable: true, Notes: []area.Say{{Word: "no_table"}}}
	for _, id := range in.Scales.ConversionsOf("pga") {
		rows, source, err := shakingRows(in, id)
		if err != nil {
			return fig, err
		}
		fig.Rows, fig.Sources = append(fig.Rows, rows...), append(fig.Sources, source)
	}
	return fig, nil
}

func shakingRows(in *area.Input, id string) (rows [][]area.Cell, source string, err error) {
	for _, pga := range []float64{10, 25, 50, 100, 200, 400, 800} {
		e, err := in.Scales.Convert(id, pga)
		if err != nil {
			return nil, "", err
		}
		to, err := in.Scales.Scale(e.Conversion.To)
		if err != nil {
			return nil, "", err
		}
		source = e.Conversion.Source
		rows = append(rows, []area.Cell{area.Number(pga, 0), area.Number(e.Value, 1), area.Number(e.Sigma, 2), area.Said(joined(to, e.Values))})
	}
	return rows, source, nil
}
