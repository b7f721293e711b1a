// Package places gives meaning to what cities tell each other about the places they are made of: municipalities, districts and neighbourhoods with their codes.
package places

import (
	"embed"

	"accord/internal/area"
	"accord/record"
)

//go:embed words
var files embed.FS

// Area is the area of places.
func Area() area.Area {
	return area.Area{Name: "places", Datasets: []*record.Dataset{&unit, &boundary}, Files: files,
		Ground: &area.Ground{Dataset: &boundary, Outline: "outline", Name: "name", Level: level}}
}
