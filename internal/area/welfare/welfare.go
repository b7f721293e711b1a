// Package welfare gives meaning to what cities tell each other about health and births: for now, notifiable diseases, births and who lives in a place.
package welfare

import (
	"embed"

	"accord/internal/area"
	"accord/record"
)

//go:embed words
var files embed.FS

// Area is the area of welfare.
func Area() area.Area {
	return area.Area{Name: "welfare", Datasets: []*record.Dataset{&disease, &birth, &population, &hospital, &influenza, &covidCluster, &covidCount, &covidPatient, &region, &vital, &indicator, &survey, &populationByAge}, Files: files}
}
