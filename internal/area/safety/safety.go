// Package safety gives meaning to what cities tell each other about keeping people from harm: where the ground gave way,
// structures and their inspections, shelters, earthquakes and rivers.
package safety

import (
	"embed"

	"accord/internal/area"
	"accord/record"
)

//go:embed words
var files embed.FS

// Area is the area of safety.
func Area() area.Area {
	return area.Area{
		Name: "safety",
		Datasets: []*record.Dataset{
			&subsidence, &notice, &assessment, &inspection, &condition, &station, &shelter, &earthquake, &river, &contact, &equipment, &measure,
			&inundation, &facility, &inspectionResult, &safetyAction, &intensity, &congestion, &railway, &codeList, &refuge, &building,
		},
		Registers: []*record.Dataset{&contact, &equipment, &measure},
		Boards:    []area.Board{sinkholes, floods, structures},
		Methods:   methods,
		Files:     files,
	}
}

// methods are how the boards' figures are computed.
var methods = []area.Method{
	{ID: "dbscan", After: "Ester, Kriegel, Sander, Xu 1996, A density-based algorithm for discovering clusters; Diggle 1985, A kernel method for smoothing point process data"},
	{ID: "crosswalk"},
	{ID: "rates", After: "Kalbfleisch, Lawless 1985, The analysis of panel data under a Markov assumption; Jackson 2011, Multi-state models for panel data: the msm package for R"},
	{ID: "lmoments", After: "Hosking 1990, L-moments: analysis and estimation of distributions using linear combinations of order statistics"},
	{ID: "rise"},
	{ID: "intensity", After: "Worden, Gerstenberger, Rhoades, Wald 2012, Bulletin of the Seismological Society of America 102:204"},
}

// subsidence is one place where the ground gave way. Its fields follow the Korean reporting file (Act on underground
// safety), which reports an area of at least 1 m², a depth of at least 1 m, or anyone killed or hurt. Other countries report
// by other rules: two cities' counts compare only after the stricter rule is applied to both.
//
// description is free text. In the published file it names injured people with their age, sex and hospital, so terms that
// are meant to be harmless never let it out; address can be somebody's home.
//
// width and length are at the surface. repair_cost is in the currency of the city that publishes the record, and 0 is
// widely used for "not stated". Bounds are those of the possible, not of the plausible: the file has one of
// 1,200 m by 1,200 m.
var subsidence = record.Dataset{
	Name:    "safety/subsidence",
	Version: 1,
	Fields: []record.Field{
		{Name: "province", Type: record.Text},
		{Name: "district", Type: record.Text},
		{Name: "neighbourhood", Type: record.Text},
		{Name: "address", Type: record.Text},
		{Name: "width", Type: record.Number, Unit: "m", Min: new(0.0), Max: new(100_000.0)},
		{Name: "length", Type: record.Number, Unit: "m", Min: new(0.0), Max: new(100_000.0)},
		{Name: "depth", Type: record.Number, Unit: "m", Min: new(0.0), Max: new(1_000.0)},
		{Name: "ground", Type: record.Code, Codes: []string{
			"alluvium", "fill", "volcanic_ash", "granite", "schist", "banded_gneiss", "other"}},
		{Name: "description", Type: record.Text},
		{Name: "deaths", Type: record.Integer, Min: new(0.0)},
		{Name: "injuries", Type: record.Integer, Min: new(0.0)},
		{Name: "vehicles", Type: record.Integer, Min: new(0.0)},
		{Name: "repair_status", Type: record.Code, Codes: []string{"repaired", "temporary", "in_progress"}},
		{Name: "repair_method", Type: record.Text},
		{Name: "repair_cost", Type: record.Number, Min: new(0.0)},
		{Name: "repaired_on", Type: record.Date},
		{Name: "as_of", Type: record.Date},
	},
}
