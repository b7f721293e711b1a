package geo

import "math"

// order is how many terms of the series are taken: with six the error is below a nanometre within 40 degrees.
const order = 6

// mercator is a transverse Mercator projection with its series summed up for one ellipsoid.
type mercator struct {
	a           float64 // rectifying radius times scale
	lon0        float64 // central meridian, radians
	east, north float64 // added to easting and northing

	alpha, beta             terms // to the plane and back
	conformal, geographical terms // latitude to conformal latitude and back
}

// terms are the coefficients of a series; the one at 0 is not used.
type terms [order + 1]float64

// newMercator prepares the projection. lat0 and lon0 are in degrees.
func newMercator(el Ellipsoid, lat0, lon0, scale, falseEast, falseNorth float64) *mercator {
	n := el.F / (2 - el.F)
	n2 := n * n
	m := &mercator{lon0: lon0 * degree, east: falseEast}
	m.a = scale * el.A / (1 + n) * (1 + n2/4 + n2*n2/64 + n2*n2*n2/256)
	m.alpha, m.beta = series(n)
	m.conformal, m.geographical = latitudes(n)
	_, y := m.forward(lat0*degree, m.lon0)
	m.north = falseNorth - y
	return m
}

// series returns Krüger's coefficients, Karney's equations 35 and 36.
func series(n float64) (alpha, beta terms) {
	n2 := n * n
	n3, n4 := n2*n, n2*n2
	n5, n6 := n4*n, n3*n3
	alpha = terms{0,
		n/2 - n2*2/3 + n3*5/16 + n4*41/180 - n5*127/288 + n6*7891/37800,
		n2*13/48 - n3*3/5 + n4*557/1440 + n5*281/630 - n6*1983433/1935360,
		n3*61/240 - n4*103/140 + n5*15061/26880 + n6*167603/181440,
		n4*49561/161280 - n5*179/168 + n6*6601661/7257600,
		n5*34729/80640 - n6*3418889/1995840,
		n6 * 212378941 / 319334400,
	}
	beta = terms{0,
		n/2 - n2*2/3 + n3*37/96 - n4/360 - n5*81/512 + n6*96199/604800,
		n2/48 + n3/15 - n4*437/1440 + n5*46/105 - n6*1118711/3870720,
		n3*17/480 - n4*37/840 - n5*209/4480 + n6*5569/90720,
		n4*4397/161280 - n5*11/504 - n6*830251/7257600,
		n5*4583/161280 - n6*108847/3991680,
		n6 * 20648693 / 638668800,
	}
	return alpha, beta
}

// latitudes returns the coefficients that lead from the latitude to the conformal one and back, after Karney (2023), "On auxiliary
// latitudes".
func latitudes(n float64) (conformal, geographical terms) {
	n2 := n * n
	n3, n4 := n2*n, n2*n2
	n5, n6 := n4*n, n3*n3
	conformal = terms{0,
		-2*n + n2*2/3 + n3*4/3 - n4*82/45 + n5*32/45 + n6*4642/4725,
		n2*5/3 - n3*16/15 - n4*13/9 + n5*904/315 - n6*1522/945,
		-n3*26/15 + n4*34/21 + n5*8/5 - n6*12686/2835,
		n4*1237/630 - n5*12/5 - n6*24832/14175,
		-n5*734/315 + n6*109598/31185,
		n6 * 444337 / 155925,
	}
	geographical = terms{0,
		2*n - n2*2/3 - 2*n3 + n4*116/45 + n5*26/45 - n6*2854/675,
		n2*7/3 - n3*8/5 - n4*227/45 + n5*2704/315 + n6*2323/945,
		n3*56/15 - n4*136/35 - n5*1262/105 + n6*73814/2835,
		n4*4279/630 - n5*332/35 - n6*399572/14175,
		n5*4174/315 - n6*144838/6237,
		n6 * 601676 / 22275,
	}
	return conformal, geographical
}

// sum adds the series c[j] sin(2jx) cosh(2jy) and c[j] cos(2jx) sinh(2jy), by Clenshaw's recurrence in complex numbers.
func sum(c *terms, x, y float64) (dx, dy float64) {
	s, k := math.Sincos(2 * x)
	sh, ch := sinhcosh(2 * y)
	re, im := 2*k*ch, -2*s*sh // 2 cos(2z)
	var r1, i1, r2, i2 float64
	for j := order; j > 0; j-- {
		r1, i1, r2, i2 = c[j]+re*r1-im*i1-r2, re*i1+im*r1-i2, r1, i1
	}
	sr, si := s*ch, k*sh // sin(2z)
	return sr*r1 - si*i1, sr*i1 + si*r1
}

func sinhcosh(x float64) (sinh, cosh float64) {
	if math.Abs(x) < 0.1 { // where the difference of exponentials would lose digits
		return math.Sinh(x), math.Cosh(x)
	}
	e := math.Exp(x)
	return (e - 1/e) / 2, (e + 1/e) / 2
}

// along adds the series c[j] sin(2jx) for an x of whose double sine and cosine are given.
func along(c *terms, sin, cos float64) float64 {
	var r1, r2 float64
	for j := order; j > 0; j-- {
		r1, r2 = c[j]+2*cos*r1-r2, r1
	}
	return sin * r1
}

// forward projects a position in radians.
func (m *mercator) forward(lat, lon float64) (x, y float64) {
	s2, c2 := math.Sincos(2 * lat)
	sin, cos := math.Sincos(lat + along(&m.conformal, s2, c2))
	sl, cl := math.Sincos(lon - m.lon0)
	xi := math.Atan2(sin, cos*cl)
	eta := math.Asinh(cos * sl / math.Sqrt(sin*sin+cos*cos*cl*cl))
	dxi, deta := sum(&m.alpha, xi, eta)
	return m.east + m.a*(eta+deta), m.north + m.a*(xi+dxi)
}

// inverse returns the position in radians.
func (m *mercator) inverse(x, y float64) (lat, lon float64) {
	xi, eta := (y-m.north)/m.a, (x-m.east)/m.a
	dxi, deta := sum(&m.beta, xi, eta)
	s, c := math.Sincos(xi - dxi)
	sh := math.Sinh(eta - deta)
	h2 := sh*sh + c*c
	h := math.Sqrt(h2)
	chi, r := math.Atan2(s, h), 1/(s*s+h2)
	return chi + along(&m.geographical, 2*s*h*r, (h2-s*s)*r), m.lon0 + math.Atan2(sh, c)
}
