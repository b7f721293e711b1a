// Package sports gives meaning to what cities tell each other about games and where they are played: for now, parks, and the
// Olympic games that both held.
package sports

import (
	"embed"

	"accord/internal/area"
	"accord/record"
)

//go:embed words
var files embed.FS

// Area is the area of sports.
func Area() area.Area {
	return area.Area{Name: "sports", Datasets: []*record.Dataset{&park, &hostCity, &medal, &medalTable, &athlete, &entries}, Files: files}
}
