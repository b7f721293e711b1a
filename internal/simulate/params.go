package simulate

// Params say what the records of one party are drawn from. They are content: nothing about a city is in the code.
type Params struct {
	Party      string     `toml:"party"`
	Dataset    string     `toml:"dataset"`
	Version    int        `toml:"version"`
	Province   string     `toml:"province"`
	Key        string     `toml:"key"`      // keys are Key-seed-number
	PerYear    float64    `toml:"per_year"` // records
	Months     []float64  `toml:"months"`   // weight of each month, January first
	Width      Size       `toml:"width"`    // metres
	Length     Size       `toml:"length"`   // metres
	Depth      Size       `toml:"depth"`    // metres
	RepairDays Size       `toml:"repair_days"`
	Mean       Mean       `toml:"mean"`
	Causes     []Cause    `toml:"cause"`
	Grounds    []Ground   `toml:"ground"`
	Districts  []District `toml:"district"`
}

// A Size is a log-normal distribution, kept within bounds.
type Size struct {
	Median float64 `toml:"median"`
	Sigma  float64 `toml:"sigma"` // of the logarithm
	Min    float64 `toml:"min"`
	Max    float64 `toml:"max"`
}

// Mean is how many are to be expected per record.
type Mean struct {
	Deaths   float64 `toml:"deaths"`
	Injuries float64 `toml:"injuries"`
	Vehicles float64 `toml:"vehicles"`
}

// A Cause is why the ground gave way and how that is repaired, in the party's words.
type Cause struct {
	Text   string  `toml:"text"`
	Repair string  `toml:"repair"`
	Weight float64 `toml:"weight"`
}

// A Ground is a code of the dataset's field ground.
type Ground struct {
	Code   string  `toml:"code"`
	Weight float64 `toml:"weight"`
}

// A District is where records are drawn around a centre.
type District struct {
	Name   string   `toml:"name"`
	Lon    float64  `toml:"lon"`
	Lat    float64  `toml:"lat"`
	Spread float64  `toml:"spread"` // standard deviation in metres; no point is further away than twice that
	Weight float64  `toml:"weight"`
	Places []string `toml:"places"` // names of neighbourhoods
}

// problem is what would keep the generator from drawing.
func (p *Params) problem() string {
	switch {
	case p.Key == "" || p.Dataset == "" || p.Version < 1:
		return "it needs a key, a dataset and a version"
	case !(p.PerYear > 0) || p.PerYear > 1e6:
		return "per_year is not a number above 0"
	case len(p.Months) != 12 || !weights(p.Months, func(w float64) float64 { return w }):
		return "months are not twelve weights"
	case !weights(p.Causes, func(c Cause) float64 { return c.Weight }):
		return "it needs causes with weights"
	case !weights(p.Grounds, func(g Ground) float64 { return g.Weight }):
		return "it needs grounds with weights"
	case !weights(p.Districts, func(d District) float64 { return d.Weight }):
		return "it needs districts with weights"
	}
	for _, s := range []Size{p.Width, p.Length, p.Depth, p.RepairDays} {
		if !(s.Median > 0) || s.Sigma < 0 || s.Min < 0 || s.Max < s.Min {
			return "a size needs a median above 0 and bounds in order"
		}
	}
	return ""
}

// weights says whether there is something to choose from: no weight below zero, and one above.
func weights[T any](list []T, weight func(T) float64) bool {
	sum := 0.0
	for _, x := range list {
		if !(weight(x) >= 0) {
			return false
		}
		sum += weight(x)
	}
	return sum > 0
}
