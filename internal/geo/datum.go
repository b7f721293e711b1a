package geo

import "math"

// shift moves positions from one ellipsoid to another through geocentric coordinates: a translation, or one with rotation and
// scale about a pivot. Both directions are exact inverses: the matrix is inverted, not its small angles negated.
type shift struct {
	from, to      Ellipsoid
	move, pivot   [3]float64
	matrix, undo  [3][3]float64
	onlyTranslate bool
}

// newShift prepares a shift. rotation is in arc seconds in the coordinate frame convention, ppm the scale.
func newShift(from, to Ellipsoid, move, rotation [3]float64, ppm float64, pivot [3]float64) *shift {
	rx, ry, rz := rotation[0]*second, rotation[1]*second, rotation[2]*second
	k := 1 + ppm*1e-6
	m := [3][3]float64{{k, k * rz, -k * ry}, {-k * rz, k, k * rx}, {k * ry, -k * rx, k}}
	return &shift{from: from, to: to, move: move, pivot: pivot, matrix: m, undo: inverse(m), onlyTranslate: rotation == [3]float64{} && ppm == 0}
}

// forward moves a position in radians at height 0.
func (s *shift) forward(lat, lon float64) (float64, float64) {
	p := geocentric(s.from, lat, lon)
	if !s.onlyTranslate {
		p = times(&s.matrix, minus(p, s.pivot))
		p = plus(p, s.pivot)
	}
	return geographic(s.to, plus(p, s.move))
}

// inverse moves it back.
func (s *shift) inverse(lat, lon float64) (float64, float64) {
	p := minus(geocentric(s.to, lat, lon), s.move)
	if !s.onlyTranslate {
		p = times(&s.undo, minus(p, s.pivot))
		p = plus(p, s.pivot)
	}
	return geographic(s.from, p)
}

func plus(a, b [3]float64) [3]float64  { return [3]float64{a[0] + b[0], a[1] + b[1], a[2] + b[2]} }
func minus(a, b [3]float64) [3]float64 { return [3]float64{a[0] - b[0], a[1] - b[1], a[2] - b[2]} }

func times(m *[3][3]float64, v [3]float64) (out [3]float64) {
	for i := range 3 {
		out[i] = m[i][0]*v[0] + m[i][1]*v[1] + m[i][2]*v[2]
	}
	return out
}

// inverse of a 3×3 matrix by its cofactors.
func inverse(m [3][3]float64) (out [3][3]float64) {
	var det float64
	for i := range 3 {
		for j := range 3 {
			a, b, c, d := (j+1)%3, (j+2)%3, (i+1)%3, (i+2)%3
			out[i][j] = m[a][c]*m[b][d] - m[a][d]*m[b][c]
		}
		det += m[0][i] * out[i][0]
	}
	for i := range 3 {
		for j := range 3 {
			out[i][j] /= det
		}
	}
	return out
}

// geocentric returns the earth-centred coordinates of a position at height 0.
func geocentric(e Ellipsoid, lat, lon float64) [3]float64 {
	s, c := math.Sincos(lat)
	sl, cl := math.Sincos(lon)
	n := e.A / math.Sqrt(1-e.e2()*s*s)
	return [3]float64{n * c * cl, n * c * sl, n * (1 - e.e2()) * s}
}

// geographic is its inverse by Bowring's formula. Near the surface its error is far below a millimetre.
func geographic(e Ellipsoid, p [3]float64) (lat, lon float64) {
	b := e.A * (1 - e.F)
	r := math.Hypot(p[0], p[1])
	s, c := p[2]*e.A, r*b
	h := math.Hypot(s, c)
	s, c = s/h, c/h
	e2 := e.e2()
	return math.Atan2(p[2]+e2/(1-e2)*b*s*s*s, r-e2*e.A*c*c*c), math.Atan2(p[1], p[0])
}
