package bench

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"accord/internal/intake"
	"accord/record"
)

// A file is a made file in the form that a recipe reads, with the same content for the same numbers.
type madeFile struct {
	recipe  *intake.Recipe
	dataset *record.Dataset
	rows    int
	keys    int // how many different keys; each has a row a day then
	first   int // number of the first key
}

// goLayouts are the layouts of a recipe as Go writes them.
var goLayouts = map[string]string{"yyyymmdd": "20060102", "yyyy-mm-dd": "2006-01-02", "yyyy.m.d": "2006.1.2", "yyyy/m/d": "2006/1/2"}

// write writes the file: every column that the recipe reads, with a value of its type.
func (f *madeFile) write(path string) error {
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	defer out.Close()
	buffered := bufio.NewWriterSize(out, 1<<20)
	w := csv.NewWriter(buffered)
	header := []string{f.recipe.Key.Column, f.recipe.When.Column}
	if f.recipe.Place.Lat != "" {
		header = append(header, f.recipe.Place.Lat, f.recipe.Place.Lon)
	}
	for i := range f.recipe.Fields {
		header = append(header, f.recipe.Fields[i].Column)
	}
	for c := range f.recipe.Ignored {
		header = append(header, c)
	}
	if err := w.Write(header); err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(1, uint64(f.first)))
	walk := make([]float64, f.keys*len(f.recipe.Fields))
	begin := time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range f.rows {
		key, day := i%f.keys, begin.AddDate(0, 0, i/f.keys)
		row := []string{fmt.Sprintf("%s%d", f.letters(), f.first+key), day.Format(goLayouts[f.recipe.When.Layout])}
		if f.recipe.Place.Lat != "" {
			row = append(row, fmt.Sprintf("%.6f", 35+r.Float64()), fmt.Sprintf("%.6f", 127+r.Float64()))
		}
		for k := range f.recipe.Fields {
			row = append(row, f.value(r, k, &walk[key*len(f.recipe.Fields)+k], day))
		}
		for range f.recipe.Ignored {
			row = append(row, "1")
		}
		if err := w.Write(row); err != nil {
			return err
		}
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return err
	}
	return buffered.Flush()
}

// letters are some of the recipe's script, so that the file is not taken for damaged.
func (f *madeFile) letters() string {
	if f.recipe.Script == "Hangul" {
		return "가"
	}
	return "漢"
}

func (f *madeFile) value(r *rand.Rand, k int, walk *float64, day time.Time) string {
	cell := &f.recipe.Fields[k]
	field := &f.dataset.Fields[f.dataset.Index(cell.Name)]
	switch field.Type {
	case record.Number:
		*walk = max(0, *walk+float64(r.IntN(200)-99)/10000)
		return strconv.FormatFloat(float64(int(*walk*10000))/10000, 'f', -1, 64)
	case record.Integer:
		return strconv.Itoa(r.IntN(10))
	case record.Date:
		return day.Format(goLayouts[cell.Layout])
	case record.Code:
		words := make([]string, 0, len(cell.Codes))
		for w := range cell.Codes {
			words = append(words, w)
		}
		slices.Sort(words)
		return words[r.IntN(len(words))]
	default:
		return strings.Repeat(f.letters(), 1+r.IntN(12))
	}
}
