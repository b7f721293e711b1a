// Package seismic holds the methods by which earthquakes and their effects are compared: the instrumental intensity of a
// waveform and fragility of structures. There is no official relation between the intensity scales of two countries: they
// meet in a measured quantity, with its spread.
package seismic

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/dsp/fourier"

	"accord/internal/fault"
)

// An Intensity is the instrumental seismic intensity of the Japan Meteorological Agency, after its notice no. 4 of 1996-02-15.
type Intensity struct {
	Acceleration float64 // the one that was reached or passed for 0.3 s in all, gal
	Value        float64 // 2 log10 of it + 0.94
	Published    float64 // Value rounded to hundredths, then cut to tenths
	Scale        string  // 0 to 4, 5-, 5+, 6-, 6+, 7
}

// Gain is the filter of the notice at a frequency in hertz.
func Gain(hz float64) float64 {
	if hz <= 0 {
		return 0
	}
	y := hz / 10
	y2 := y * y
	high := 1 + y2*(0.694+y2*(0.241+y2*(0.0557+y2*(0.009664+y2*(0.00134+y2*0.000155)))))
	return math.Sqrt(1/hz) / math.Sqrt(high) * math.Sqrt(-math.Expm1(-math.Pow(hz/0.5, 3)))
}

// bounds of a record: a minute at least of what makes the filter's lowest frequencies is not asked for, but something is.
const (
	fewestSamples = 16
	mostSamples   = 1 << 22
	strongFor     = 0.3 // seconds
)

// Measure returns the intensity of three components at right angles in gal, sampled every so many seconds.
func Measure(northSouth, eastWest, upDown []float64, every float64) (Intensity, error) {
	n := len(northSouth)
	switch {
	case len(eastWest) != n || len(upDown) != n:
		return Intensity{}, unfit("its three components have different lengths")
	case n < fewestSamples || n > mostSamples:
		return Intensity{}, unfit(fmt.Sprintf("it has %d samples; from %d to %d are read", n, fewestSamples, mostSamples))
	case !(every > 0) || float64(n)*every <= strongFor:
		return Intensity{}, unfit(fmt.Sprintf("%g seconds are no interval between its samples", every))
	}
	fft := fourier.NewFFT(n)
	strength := make([]float64, n)
	for _, component := range [][]float64{northSouth, eastWest, upDown} {
		c := fft.Coefficients(nil, component)
		for i := range c {
			c[i] *= complex(Gain(fft.Freq(i)/every), 0)
		}
		for i, v := range fft.Sequence(nil, c) {
			v /= float64(n) // the library does not scale back
			strength[i] += v * v
		}
	}
	slices.Sort(strength)
	a := math.Sqrt(strength[n-int(math.Round(strongFor/every))])
	if math.IsNaN(a) || math.IsInf(a, 0) {
		return Intensity{}, unfit("a sample is not a number")
	}
	return Of(a), nil
}

// Of returns the intensity that an acceleration in gal stands for.
func Of(acceleration float64) Intensity {
	i := Intensity{Acceleration: acceleration, Value: 2*math.Log10(acceleration) + 0.94}
	i.Published = Publish(i.Value)
	i.Scale = ScaleOf(i.Published)
	return i
}

// Publish rounds an intensity as the agency does: half up to hundredths, then down to tenths. So 4.995 is 5.0 and 4.994 is 4.9.
func Publish(value float64) float64 {
	hundredths := math.Floor(value*100 + 0.5 + 1e-9) // a decimal half is not exact in binary
	return math.Floor(hundredths/10+1e-9) / 10
}

// ScaleOf is the class of a published intensity.
func ScaleOf(published float64) string {
	for _, c := range []struct {
		below float64
		name  string
	}{{0.5, "0"}, {1.5, "1"}, {2.5, "2"}, {3.5, "3"}, {4.5, "4"}, {5.0, "5-"}, {5.5, "5+"}, {6.0, "6-"}, {6.5, "6+"}} {
		if published < c.below {
			return c.name
		}
	}
	return "7"
}

func unfit(why string) error {
	return fault.New(fault.Invalid, "waveform", why, "give three components of acceleration in gal at one interval")
}
