// Package culture gives meaning to what cities tell each other about what they keep and show: for now, where the past lies in the ground.
package culture

import (
	"embed"

	"accord/internal/area"
	"accord/record"
)

//go:embed words
var files embed.FS

// Area is the area of culture.
func Area() area.Area {
	return area.Area{Name: "culture", Datasets: []*record.Dataset{&site, &venue, &programme, &statue, &property, &object}, Files: files}
}
