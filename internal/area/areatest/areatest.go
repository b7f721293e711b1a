// Package areatest holds the test that every area must pass.
package areatest

import (
	"slices"
	"strings"
	"testing"

	"accord/content"
	"accord/internal/area"
	"accord/internal/date"
	"accord/internal/scale"
	"accord/record"
)

// languages are those in which every label must exist.
var languages = []string{"en", "ko", "ja"}

// Run checks that an area's names are its own and unique, that its descriptions are valid, that every label exists in every
// language and none is left over, and that the demo records, if there are any, pass the area's own rules.
func Run(t *testing.T, a area.Area, demo map[string][]record.Record) {
	t.Helper()
	for i, d := range a.Datasets {
		if err := d.Check(); err != nil {
			t.Error(err)
		}
		if !strings.HasPrefix(d.Name, a.Name+"/") {
			t.Errorf("dataset %s is not named after area %s", d.Name, a.Name)
		}
		for _, e := range a.Datasets[:i] {
			if e.Name == d.Name && e.Version == d.Version {
				t.Errorf("dataset %s version %d is listed twice", d.Name, d.Version)
			}
		}
		for i := range demo[d.Name] {
			for _, p := range d.Validate(&demo[d.Name][i]) {
				t.Errorf("demo record %s of %s: %s", demo[d.Name][i].Key, d.Name, p)
			}
		}
	}
	for _, d := range a.Registers {
		register(t, a, d)
	}
	for _, b := range a.Boards {
		board(t, a, b)
	}
	if a.Ground != nil {
		ground(t, a)
	}
	for _, lang := range languages {
		t.Run("words "+lang, func(t *testing.T) { words(t, a, lang) })
	}
}

// register checks a list that people keep by hand: a form can be made of it, and nobody can write a line into a field.
func register(t *testing.T, a area.Area, d *record.Dataset) {
	if !slices.Contains(a.Datasets, d) {
		t.Errorf("register %s is not one of the area's datasets", d.Name)
	}
	if d.Kind != record.Records {
		t.Errorf("register %s holds no records", d.Name)
	}
	required := false
	for _, f := range d.Fields {
		required = required || f.Required
		if f.Type == record.Geometry {
			t.Errorf("register %s: nobody writes the geometry %s by hand", d.Name, f.Name)
		}
		if f.Name == "when" || f.Name == "place" || f.Name == "shown" {
			t.Errorf("register %s: the form has a field %s of its own", d.Name, f.Name)
		}
	}
	if !required {
		t.Errorf("register %s requires no field, so that an empty entry could be saved", d.Name)
	}
}

// ground checks that maps can read the dataset of outlines, whatever stands in a record.
func ground(t *testing.T, a area.Area) {
	g := a.Ground
	outline, name := g.Dataset.Index(g.Outline), g.Dataset.Index(g.Name)
	if !slices.Contains(a.Datasets, g.Dataset) || outline < 0 || name < 0 || g.Dataset.Fields[outline].Type != record.Geometry || g.Dataset.Fields[name].Type != record.Text {
		t.Errorf("the ground %s is not one of the area's datasets, or lacks its fields", g.Dataset.Name)
	}
	for _, key := range []string{"", ":", "a_b:123 x", "x/../y:1", "Ä:12", "12"} {
		level := g.Level(&record.Record{Key: key})
		if level == "" || strings.Trim(level, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			t.Errorf("the level of %q is %q, which is no word", key, level)
		}
	}
}

// board checks a board's name, and that it stands an empty node: figures without data say so, they do not fail.
func board(t *testing.T, a area.Area, b area.Board) {
	if !strings.HasPrefix(b.ID, a.Name+"/") {
		t.Errorf("board %s is not named after area %s", b.ID, a.Name)
	}
	for _, need := range b.Needs {
		if !strings.Contains(need, "/") {
			t.Errorf("board %s needs %q, which is no dataset", b.ID, need)
		}
	}
	book, err := scale.Read(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	figures, err := b.Make(&area.Input{Sides: []area.Side{{Party: "a"}, {Party: "b"}}, Scales: book, Today: date.NewDay(2026, 1, 1)})
	if err != nil {
		t.Errorf("board %s of an empty node: %v", b.ID, err)
	}
	for i := range figures {
		for _, p := range b.Problems(&figures[i]) {
			t.Error(p)
		}
	}
}

func words(t *testing.T, a area.Area, lang string) {
	have, err := a.Words(lang)
	if err != nil {
		t.Fatal(err)
	}
	want := paths(a)
	for path := range want {
		if strings.TrimSpace(have[path]) == "" {
			t.Errorf("%s has no label", path)
		}
	}
	for path := range have {
		if name, note, ok := strings.Cut(path, "~"); ok && want[name] && (note == area.Compare || note == area.About) {
			inEvery(t, a, path)
			continue
		}
		if !want[path] {
			t.Errorf("%s has a label and is not described", path)
		}
	}
}

// inEvery checks that a note that one language has is in all.
func inEvery(t *testing.T, a area.Area, path string) {
	for _, lang := range languages {
		if w, err := a.Words(lang); err != nil || strings.TrimSpace(w[path]) == "" {
			t.Errorf("%s is not said in %s", path, lang)
		}
	}
}

// paths returns everything in an area that needs a label.
func paths(a area.Area) map[string]bool {
	all := map[string]bool{a.Name: true}
	for _, d := range a.Datasets {
		all[d.Name] = true
		for _, f := range d.Fields {
			all[d.Name+"."+f.Name] = true
			for _, c := range f.Codes {
				all[d.Name+"."+f.Name+"."+c] = true
			}
		}
	}
	for _, b := range a.Boards {
		for _, path := range b.Words() {
			all[path] = true
		}
	}
	for _, m := range a.Methods {
		for _, path := range m.Words(a.Name) {
			all[path] = true
		}
	}
	return all
}
