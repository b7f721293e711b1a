package intake

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"accord/internal/area/all"
	"accord/internal/fault"
	"accord/internal/table"
	"accord/record"
)

// expected holds the counts of files that were also counted by a program that shares nothing with this one.
var expected = map[string]Summary{
	"seoul_subsidence_accident_detail.csv": {Encoding: "utf-8", Rows: 133, Accepted: 133, Flagged: 2},
	"korea_subsidence_accident_detail.csv": {Encoding: "utf-8", Rows: 1451, Accepted: 1451, Flagged: 21},
	"seoul_air_daily_2018_cp949.csv":       {Encoding: "cp949", Rows: 14637, Accepted: 14637},
	"seoul_air_daily_2024_utf8bom.csv":     {Encoding: "utf-8", Rows: 18300, Accepted: 18300},
	// Rows and distinct keys of what follows were counted by a script; the flags are of this program.
	"korea_subsidence_accident_list.csv":              {Encoding: "utf-8", Rows: 1451, Accepted: 1451},
	"korea_subsidence_risk_assessment_list.csv":       {Encoding: "utf-8", Rows: 10, Accepted: 10},
	"korea_underground_facility_inspections_list.csv": {Encoding: "utf-8", Rows: 6266, Accepted: 6266},
	"seoul_metro_stations.csv":                        {Encoding: "utf-8", Rows: 735, Accepted: 735},
	"seoul_metro_station_depth.csv":                   {Encoding: "utf-8", Rows: 61, Accepted: 61},
	"seoul_earthquake_indoor_shelters.csv":            {Encoding: "utf-8", Rows: 969, Accepted: 969, Flagged: 7},
	"tokyo_evacuation_centers.csv":                    {Encoding: "utf-8", Rows: 2636, Accepted: 2636},
	"usgs_japan_earthquakes_2001-2018.csv":            {Encoding: "utf-8", Rows: 14092, Accepted: 14092},
	"kma_asos_seoul_daily_2017-2026_cp949.csv":        {Encoding: "cp949", Rows: 3287, Accepted: 3287},
	"jma_tokyo_daily_20181020-20191019_sjis.csv":      {Encoding: "shift_jis", Rows: 365, Accepted: 365},
	"han_river_gauges_10min_2020.csv":                 {Encoding: "utf-8", Rows: 26496, Accepted: 26496},
	"han_river_rain_10min_2020.csv":                   {Encoding: "utf-8", Rows: 26496, Accepted: 26496},
	"japan_localgov_2019_sjis.csv":                    {Encoding: "shift_jis", Rows: 1916, Accepted: 1916},
	"seoul_dong_codes.csv":                            {Encoding: "utf-8", Rows: 424, Accepted: 424},
	"tokyo_archaeological_sites.csv":                  {Encoding: "utf-8", Rows: 5312, Accepted: 5312},
	"japan_air_stations_info.csv":                     {Encoding: "utf-8", Rows: 2021, Accepted: 2021},
	"seoul_sdot_sensor_locations.csv":                 {Encoding: "utf-8", Rows: 851, Accepted: 851},
	"tokyo_air_station_13101010_daily_2011-2018.csv":  {Encoding: "utf-8", Rows: 2920, Accepted: 2920, Flagged: 2917},
	"tokyo_air_station_13101520_daily_2011-2018.csv":  {Encoding: "utf-8", Rows: 2918, Accepted: 2918, Flagged: 2915},
	"korea_crude_birth_rate_by_dong_2021.csv":         {Encoding: "utf-8", Rows: 3491, Accepted: 3491},
	"tokyo_municipal_statistics_2019-2023.csv":        {Encoding: "utf-8", Rows: 310, Accepted: 310},
	"korea_foreign_arrivals_monthly.csv":              {Encoding: "utf-8", Rows: 132, Accepted: 132},
	"seoul_notifiable_diseases_by_gu_2020-2024.csv":   {Encoding: "utf-8", Rows: 10660, Accepted: 10659, Rejected: 1}, // where it was cut
	"korea_major_attraction_visitors.xlsx":            {Encoding: "utf-8", Rows: 826, Accepted: 826},
	// Of what follows the rows were counted by another program too, where it can read the file.
	"akiruno_tourist_toilets_2022.csv":               {Encoding: "utf-8", Rows: 37, Accepted: 37},
	"api_response_facility_info.json":                {Encoding: "utf-8", Rows: 43, Accepted: 1, Unchanged: 42},
	"api_response_facility_inspection_result.json":   {Encoding: "utf-8", Rows: 1, Accepted: 1},
	"api_response_safety_action.json":                {Encoding: "utf-8", Rows: 1, Accepted: 1},
	"api_response_subsidence_info.json":              {Encoding: "utf-8", Rows: 1, Accepted: 1},
	"api_response_subsidence_list.json":              {Encoding: "utf-8", Rows: 1, Accepted: 1},
	"cmoa_japanese_korean_objects.ndjson":            {Encoding: "utf-8", Rows: 500, Accepted: 500},
	"inundation_record_R4.dbf":                       {Encoding: "utf-8", Rows: 62, Accepted: 62},
	"inundation_record_R4.shp":                       {Encoding: "utf-8", Rows: 62, Accepted: 62},
	"japan_kosen_2021_co2.csv":                       {Encoding: "utf-8", Rows: 56, Accepted: 56},
	"japan_kosen_2021_energyinput.csv":               {Encoding: "utf-8", Rows: 56, Accepted: 56},
	"japan_kosen_2021_facilityarea.csv":              {Encoding: "utf-8", Rows: 56, Accepted: 56},
	"japan_vital_statistics_2020_sjis.csv":           {Encoding: "shift_jis", Rows: 71, Accepted: 71},
	"jma_VXSE51_20210217.xml":                        {Encoding: "utf-8", Rows: 4, Accepted: 4},
	"jma_VXSE52_20210217.xml":                        {Encoding: "utf-8", Rows: 1, Accepted: 1},
	"jma_VXSE53_20210217_small.xml":                  {Encoding: "utf-8", Rows: 301, Accepted: 301},
	"katsushika_tourism_recommended_dataset.csv":     {Encoding: "shift_jis", Rows: 3, Accepted: 3},
	"kdca_ili_weekly_by_season_cp949.csv":            {Encoding: "cp949", Rows: 12, Accepted: 12},
	"kma_korea_earthquakes_10y.xlsx":                 {Encoding: "utf-8", Rows: 1130, Accepted: 1130},
	"korea_births_tfr_change.xlsx":                   {Encoding: "utf-8", Rows: 4, Accepted: 4},
	"korea_covid_Case.csv":                           {Encoding: "utf-8", Rows: 112, Accepted: 112},
	"korea_covid_Region.csv":                         {Encoding: "utf-8", Rows: 244, Accepted: 244},
	"korea_covid_TimeAge.csv":                        {Encoding: "utf-8", Rows: 540, Accepted: 540},
	"korea_foreign_arrivals_by_age_nationality.xlsx": {Encoding: "utf-8", Rows: 6232, Accepted: 6232},
	"korea_subsidence_accident_list_api.json":        {Encoding: "utf-8", Rows: 1451, Accepted: 1451},
	"korea_tourist_hotels_localdata.csv":             {Encoding: "utf-8", Rows: 3317, Accepted: 3317},
	"nakano_library_iiif_collection.json":            {Encoding: "utf-8", Rows: 307, Accepted: 307},
	"olympic_host_city_locations.csv":                {Encoding: "utf-8", Rows: 52, Accepted: 52},
	"plateau_codelist_buildingStructureType.xml":     {Encoding: "utf-8", Rows: 8, Accepted: 8},
	"plateau_codelist_fireproofStructureType.xml":    {Encoding: "utf-8", Rows: 4, Accepted: 4},
	"plateau_tokyo_ota_buildings_53392642.gml":       {Encoding: "utf-8", Rows: 8, Accepted: 8},
	"seoul_attractions_multilingual.csv":             {Encoding: "cp949", Rows: 1913, Accepted: 1913},
	"seoul_cold_shelters.csv":                        {Encoding: "utf-8", Rows: 1450, Accepted: 1450},
	"seoul_cultural_spaces.csv":                      {Encoding: "utf-8", Rows: 835, Accepted: 833, Rejected: 2, Flagged: 14},
	"seoul_dong_kostat2013_simple.geojson":           {Encoding: "utf-8", Rows: 423, Accepted: 423},
	"seoul_emergency_rooms_2022.csv":                 {Encoding: "cp949", Rows: 68, Accepted: 68},
	"seoul_gu_juso2015_simple.geojson":               {Encoding: "utf-8", Rows: 25, Accepted: 25},
	"seoul_gu_kostat2013_simple.geojson":             {Encoding: "utf-8", Rows: 25, Accepted: 25},
	"seoul_heat_shelters_2023.csv":                   {Encoding: "utf-8", Rows: 4133, Accepted: 4132, Rejected: 1, Flagged: 5},
	"seoul_lowbirth_survey_2011.csv":                 {Encoding: "utf-8", Rows: 424, Accepted: 424},
	"seoul_major_parks.csv":                          {Encoding: "utf-8", Rows: 132, Accepted: 132},
	"seoul_metro_congestion_20221231.csv":            {Encoding: "cp949", Rows: 1658, Accepted: 1656, Unchanged: 2},
	"seoul_museum_of_art_collection.csv":             {Encoding: "utf-8", Rows: 5752, Accepted: 5752},
	"seoul_sdot_field_dictionary.csv":                {Encoding: "utf-8", Rows: 23, Accepted: 23},
	"seoul_statues.csv":                              {Encoding: "utf-8", Rows: 51, Accepted: 51},
	"summer_olympics_medals_1896-2012.csv":           {Encoding: "utf-8", Rows: 31165, Accepted: 31163, Unchanged: 2},
	"tokyo2020_Athletes.csv":                         {Encoding: "windows-1252", Rows: 11085, Accepted: 11084, Unchanged: 1},
	"tokyo2020_EntriesGender.csv":                    {Encoding: "utf-8", Rows: 46, Accepted: 46},
	"tokyo2020_Medals.csv":                           {Encoding: "utf-8", Rows: 93, Accepted: 93},
	"tokyo_area_railways.json":                       {Encoding: "utf-8", Rows: 179, Accepted: 179},
	"tokyo_area_stations.json":                       {Encoding: "utf-8", Rows: 2610, Accepted: 2610, Flagged: 6},
	"tokyo_covid_patients_20200404.csv":              {Encoding: "utf-8", Rows: 891, Accepted: 891},
	"tokyo_cultural_facility_programmes.csv":         {Encoding: "utf-8", Rows: 88, Accepted: 88},
	"tokyo_disaster_base_hospitals_20220101.csv":     {Encoding: "shift_jis", Rows: 87, Accepted: 84, Rejected: 3},
	"tokyo_municipalities_N03-21_13.geojson":         {Encoding: "utf-8", Rows: 63, Accepted: 63},
	"tokyo_public_facilities.csv":                    {Encoding: "utf-8", Rows: 136, Accepted: 130, Rejected: 6},
	"who_covid_korea_weekly.csv":                     {Encoding: "utf-8", Rows: 333, Accepted: 333},
	"xxxxxx_cultural_property.csv":                   {Encoding: "utf-8", Rows: 0},
	"xxxxxx_evacuation_space.csv":                    {Encoding: "utf-8", Rows: 0},
	"xxxxxx_event.csv":                               {Encoding: "utf-8", Rows: 0},
	"xxxxxx_hospital.csv":                            {Encoding: "utf-8", Rows: 0},
	"xxxxxx_population_yyyymmdd.csv":                 {Encoding: "utf-8", Rows: 0},
	"xxxxxx_public_facility.csv":                     {Encoding: "utf-8", Rows: 0},
	"xxxxxx_tourism.csv":                             {Encoding: "utf-8", Rows: 0},
}

// cut are files that end in the middle of a record. They are refused whole; what stands before that record is counted.
var cut = []string{"seoul_notifiable_diseases_by_gu_2020-2024.csv"}

// root is the folder of go.mod.
func root(tb testing.TB) string {
	tb.Helper()
	dir, err := os.Getwd()
	for ; err == nil; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	tb.Fatal("there is no go.mod above the test")
	return ""
}

func recipes(tb testing.TB) []*Recipe {
	tb.Helper()
	r, err := readOnce(root(tb))
	if err != nil {
		tb.Fatal(err)
	}
	return slices.Clone(r)
}

// readOnce reads the recipes of the program one time for all tests.
var readOnce = func() func(root string) ([]*Recipe, error) {
	var once sync.Once
	var all []*Recipe
	var err error
	return func(root string) ([]*Recipe, error) {
		once.Do(func() { all, err = Recipes(os.DirFS(filepath.Join(root, "content"))) })
		return all, err
	}
}()

// dataFiles returns every file of the data folder.
func dataFiles(tb testing.TB) []string {
	tb.Helper()
	dir := os.Getenv("ACCORD_DATA")
	if dir == "" {
		dir = filepath.Join(root(tb), "..", "shared", "data")
	}
	var files []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && filepath.Ext(path) != ".md" {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) == 0 {
		if os.Getenv("CI") == "true" {
			tb.Fatalf("no data files in %s: %v", dir, err)
		}
		tb.Skipf("NOT TESTED: no data files in %s; set ACCORD_DATA", dir)
	}
	return files
}

// TestRecipes reads every file that a recipe recognises, accounts for every row of it, and compares the counts of those
// that were counted independently.
func TestRecipes(t *testing.T) {
	known := recipes(t)
	for _, file := range dataFiles(t) {
		doc, f, err := OpenDocument(file)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		r, err := DetectDocument(known, doc)
		want, must := expected[filepath.Base(file)]
		if f, ok := errors.AsType[*fault.Fault](err); ok && f.Kind == fault.Conflict {
			t.Errorf("%s: %v", filepath.Base(file), err)
		}
		if err != nil && !must {
			continue // a file for which there is no recipe
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			if err != nil {
				t.Fatal(err)
			}
			if r, err = r.ForFile(filepath.Base(file)); err != nil {
				t.Fatal(err)
			}
			if slices.Contains(cut, filepath.Base(file)) {
				r = refusedAsCut(t, r, doc)
			}
			got := readAll(t, r, doc)
			if must && (got.Encoding != want.Encoding || got.Rows != want.Rows || got.Accepted != want.Accepted ||
				got.Rejected != want.Rejected || got.Unchanged != want.Unchanged || got.Flagged != want.Flagged) {
				t.Errorf("got %+v\nwant %+v", got, want)
			}
		})
	}
}

// refusedAsCut wants a file to be refused, and returns the recipe by which a person has what is whole in it taken.
func refusedAsCut(t *testing.T, r *Recipe, doc *table.Document) *Recipe {
	t.Helper()
	d, _ := all.Lookup(r.Dataset, r.Version)
	if _, err := ReadDocument(r, d, doc, func(Row) error { return nil }); err == nil || !strings.Contains(err.Error(), "cut") {
		t.Errorf("a file that ends in the middle of a record is read: %v", err)
	}
	whole := *r
	whole.CutAllowed = true
	return &whole
}

// readAll reads a file and checks what must hold for every file.
func readAll(t *testing.T, r *Recipe, doc *table.Document) Summary {
	t.Helper()
	d, ok := all.Lookup(r.Dataset, r.Version)
	if !ok {
		t.Fatalf("recipe %s is for a dataset that no area has", r.Name)
	}
	seen := Summary{}
	var row []byte
	var back record.Record
	sum, err := ReadDocument(r, d, doc, func(got Row) error {
		seen.Rows++
		switch got.Status {
		case Rejected:
			seen.Rejected++
		case Unchanged:
			seen.Unchanged++
		case Accepted:
			seen.Accepted++
			records := got.More
			if records == nil {
				records = []record.Record{got.Record}
			}
			for i := range records {
				row = record.AppendRow(row[:0], d, &records[i])
				if err := record.ParseRow(d, row, &back); err != nil {
					t.Errorf("line %d: %v", got.Line, err)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen.Rows != sum.Rows || seen.Rejected != sum.Rejected || seen.Unchanged != sum.Unchanged || seen.Accepted != sum.Accepted {
		t.Errorf("emitted %+v, counted %+v", seen, sum)
	}
	if sum.Rows != sum.Accepted+sum.Rejected+sum.Unchanged || sum.Flagged > sum.Accepted {
		t.Errorf("the counts do not add up: %+v", sum)
	}
	return sum
}

// TestRecipesFirstRow compares one real row with what a person reads in the file.
func TestRecipesFirstRow(t *testing.T) {
	for _, file := range dataFiles(t) {
		if filepath.Base(file) != "seoul_subsidence_accident_detail.csv" {
			continue
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		r, err := Detect(recipes(t), data)
		if err != nil {
			t.Fatal(err)
		}
		d, _ := all.Lookup(r.Dataset, r.Version)
		var lines []int
		var first string
		if _, err := Read(r, d, bytes.NewReader(data), func(row Row) error {
			if lines = append(lines, row.Line); len(lines) == 1 {
				first = string(record.AppendRow(nil, d, &row.Record))
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		const want = `{"key":"20180001","when":"2018-03-01","place":[127.055971939683,37.5132371585627],"values":{` +
			`"province":"서울특별시","district":"강남구","neighbourhood":"삼성동",` +
			`"address":"서울특별시 강남구 삼성동 147-2앞 (봉은사로 86길)","width":3,"length":4,"depth":1.5,` +
			`"description":"열수송관(D600mm) 노후 손상으로 함몰 발생\n(굴착복구 미흡분야로 관리)","deaths":0,"injuries":0,"vehicles":0,` +
			`"repair_status":"repaired","repair_method":"한국지역난방공사에서 복구완료","repair_cost":0,"repaired_on":"2018-03-06"}}`
		if first != want {
			t.Errorf("got  %s\nwant %s", first, want)
		}
		if lines[0] != 2 || lines[1] != 4 {
			t.Errorf("rows begin at lines %v", lines[:2])
		}
	}
}

// TestRecipesBuilding: a building's outline has its longitude first, although the file does not.
func TestRecipesBuilding(t *testing.T) {
	for _, file := range dataFiles(t) {
		if filepath.Ext(file) != ".gml" {
			continue
		}
		doc, f, err := OpenDocument(file)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		r, err := DetectDocument(recipes(t), doc)
		if err != nil {
			t.Fatal(err)
		}
		d, _ := all.Lookup(r.Dataset, r.Version)
		var rows []string
		if _, err := ReadDocument(r, d, doc, func(row Row) error {
			rows = append(rows, string(record.AppendRow(nil, d, &row.Record)))
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{`"number":"13111-bldg-147301"`, `"height":2.8`, `"area_code":"13111"`, `POLYGON((139.77765001365444 35.538511979563104,139.77761107976545 `} {
			if filepath.Base(file) == "plateau_tokyo_ota_buildings_53392642.gml" && !strings.Contains(rows[0], want) {
				t.Errorf("%s is not in %s", want, rows[0])
			}
		}
	}
}
