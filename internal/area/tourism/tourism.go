// Package tourism gives meaning to what cities tell each other about those who visit them: for now, how many come to a country.
package tourism

import (
	"embed"

	"accord/internal/area"
	"accord/record"
)

//go:embed words
var files embed.FS

// Area is the area of tourism.
func Area() area.Area {
	return area.Area{Name: "tourism", Datasets: []*record.Dataset{&arrivals, &facility, &attraction, &toilet, &hotel, &arrivalsByAge, &attractionVisitors}, Files: files}
}
