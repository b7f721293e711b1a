// Package all is the list of areas, and the only place that knows them all.
package all

import (
	"slices"

	"accord/internal/area"
	"accord/internal/area/culture"
	"accord/internal/area/environment"
	"accord/internal/area/places"
	"accord/internal/area/safety"
	"accord/internal/area/sports"
	"accord/internal/area/tourism"
	"accord/internal/area/welfare"
	"accord/record"
)

// areas holds one line per area.
var areas = []area.Area{
	safety.Area(),
	environment.Area(),
	welfare.Area(),
	culture.Area(),
	sports.Area(),
	tourism.Area(),
	places.Area(),
}

// Areas returns every area, in the order in which screens list them.
func Areas() []area.Area { return slices.Clone(areas) }

// Lookup finds a dataset by name and version, and the groups of each; it is a record.Lookup.
func Lookup(name string, version int) (*record.Dataset, bool) {
	return record.WithGroups(lookup)(name, version)
}

func lookup(name string, version int) (*record.Dataset, bool) {
	for _, a := range areas {
		for _, d := range a.Datasets {
			if d.Name == name && d.Version == version {
				return d, true
			}
		}
	}
	return nil, false
}

// Of finds the area that a dataset belongs to.
func Of(d *record.Dataset) (area.Area, bool) {
	for _, a := range areas {
		if slices.Contains(a.Datasets, d) {
			return a, true
		}
	}
	return area.Area{}, false
}
