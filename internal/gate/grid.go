package gate

import (
	"math"

	"accord/record"
)

// minGrid is the smallest side of a cell. Below it the rounding to six decimals, some 0.1 m, would begin to matter.
const minGrid = 10

// degree is the length in metres of the shortest degree on the WGS84 ellipsoid, one of latitude at the equator. With it
// no cell is smaller than its name says, anywhere.
const degree = 110_574

// snap returns the centre of the cell of n metres that holds p. Cells lie in rows of equal height from the south pole and,
// in each row, in columns of equal width from 180° W:
//
//	rows    = floor(180 · degree / n), at least 1          height = 180° / rows
//	row     = floor((lat + 90°) / height)                  centre = −90° + (row + ½) · height
//	columns = floor(360 · degree · cos φ / n), at least 1  width  = 360° / columns
//	column  = floor((lon + 180°) / width)                  centre = −180° + (column + ½) · width
//
// with φ the latitude of the row's edge that is nearer to a pole, where its cells are narrowest. Both centres are rounded to
// six decimals. The columns follow from the row and not from the point, so every point of a cell, and its centre among
// them, has the same centre. A place that is already coarse moves with the centre it has.
func snap(p record.Place, n int) record.Place {
	side := float64(n)
	rows := max(1, math.Floor(180*degree/side))
	lat, row := centre(p.Lat+90, 180/rows, rows)
	edge := max(math.Abs(row*(180/rows)-90), math.Abs((row+1)*(180/rows)-90))
	columns := max(1, math.Floor(360*degree*math.Cos(edge*(math.Pi/180))/side))
	lon, _ := centre(p.Lon+180, 360/columns, columns)
	return record.Place{Known: true, Lon: sixDecimals(lon - 180), Lat: sixDecimals(lat - 90), Grid: n}
}

// centre finds the step of the given width that holds x, and its middle. The far end belongs to the last step.
func centre(x, width, steps float64) (middle, step float64) {
	step = min(math.Floor(x/width), steps-1)
	return (step + 0.5) * width, step
}

// sixDecimals rounds to the nearest millionth; adding zero turns -0 into 0, so that equal places are equal bytes.
func sixDecimals(x float64) float64 { return math.Round(x*1e6)/1e6 + 0 }
