package chart

// A Ground is outlines that lie beside each other, such as the districts of one office's list. Of several that could lie under a
// map, those come into question that have about as much of what it shows on them as any, and of these the one with the fewest
// outlines is drawn: districts rather than their neighbourhoods, and the country rather than a scrap of it.
type Ground struct {
	ID    string
	Areas []Area
}

// A View is what a map shows, for who draws it again elsewhere: its middle, the metres from side to side, and the ID of the
// ground that lies under it, empty where none does.
type View struct {
	Middle Place
	Span   float64
	Ground string
}

// Views are what the maps show, one a map.
func (m *Maps) Views() []View {
	out := make([]View, len(m.Maps))
	for i, v := range m.views() {
		out[i] = View{v.middle, v.span, m.Maps[i].under(v).ID}
	}
	return out
}

// asked is how many places of a map are looked for on its grounds.
const asked = 60

// under is the ground of a map: of two with as many outlines the one that was named first.
func (m *Map) under(v view) (best Ground) {
	if len(m.Grounds) == 0 {
		return best
	}
	places := m.some(v)
	seen, on, most := make([]int, len(m.Grounds)), make([]int, len(m.Grounds)), 1
	for i, g := range m.Grounds {
		var inView []Area
		for _, a := range g.Areas {
			if v.sees(a) {
				inView = append(inView, a)
			}
		}
		seen[i], on[i] = len(inView), covered(inView, places)
		most = max(most, on[i])
	}
	fewest := 0
	for i, g := range m.Grounds {
		if on[i]*10 >= most*9 && (fewest == 0 || seen[i] < fewest) {
			best, fewest = g, seen[i]
		}
	}
	return best
}

// some are places that the map shows: some of its spots, or a grid over it where there are none.
func (m *Map) some(v view) (out []Place) {
	step := max(1, len(m.Spots)/asked)
	for i := 0; i < len(m.Spots); i += step {
		out = append(out, m.Spots[i].Place)
	}
	if len(out) > 0 || v.span == 0 {
		return out
	}
	const degree = 111_000 // metres of latitude, near enough for a grid
	for i := -3; i <= 3; i++ {
		for j := -3; j <= 3; j++ {
			out = append(out, Place{v.middle.Lon + float64(i)/7*v.span/degree/v.cos, v.middle.Lat + float64(j)/7*v.span*ratio/degree})
		}
	}
	return out
}

// covered is how many of the places lie on one of the areas.
func covered(areas []Area, places []Place) (n int) {
	type box struct{ w, s, e, n float64 }
	boxes := make([]box, len(areas))
	for i, a := range areas {
		boxes[i].w, boxes[i].s, boxes[i].e, boxes[i].n = a.box()
	}
	for _, p := range places {
		for i, a := range areas {
			if b := &boxes[i]; p.Lon >= b.w && p.Lon <= b.e && p.Lat >= b.s && p.Lat <= b.n && a.holds(p) {
				n++
				break
			}
		}
	}
	return n
}

// holds says whether a place lies on an area, by the even-odd rule.
func (a Area) holds(at Place) bool {
	inside := false
	for _, ring := range a.Rings {
		for i := range ring {
			p, q := ring[i], ring[(i+1)%len(ring)]
			if (p.Lat > at.Lat) != (q.Lat > at.Lat) && at.Lon < (q.Lon-p.Lon)*(at.Lat-p.Lat)/(q.Lat-p.Lat)+p.Lon {
				inside = !inside
			}
		}
	}
	return inside
}

// sees says whether the box around an area's outer ring and the drawing have something in common.
func (v view) sees(a Area) bool {
	if len(a.Rings) == 0 || len(a.Rings[0]) == 0 || v.span == 0 {
		return false
	}
	w, s, e, n := a.box()
	left, low, _ := v.at(Place{w, s})
	right, high, _ := v.at(Place{e, n})
	return left <= 1000 && right >= 0 && high <= 1000*ratio && low >= 0
}

// box is what an area's outer ring lies in.
func (a Area) box() (w, s, e, n float64) {
	w, s, e, n = 180, 90, -180, -90
	for _, p := range a.Rings[0] {
		w, s, e, n = min(w, p.Lon), min(s, p.Lat), max(e, p.Lon), max(n, p.Lat)
	}
	return w, s, e, n
}
