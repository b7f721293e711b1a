package node

import (
	"slices"
	"strings"
	"testing"

	"accord/agreement"
	"accord/internal/area/all"
	"accord/internal/gate"
	"accord/internal/text"
)

// What the gate does is said with the labels of fields, never with their names, in every language.
func TestGateWordsHaveLabels(t *testing.T) {
	d, ok := all.Lookup("safety/subsidence", 1)
	if !ok {
		t.Fatal("the dataset is not known")
	}
	terms := agreement.Terms{Dataset: d.Name, Version: 1, From: []string{"east"}, Fields: []string{"province", "repair_status", "ground"}, Place: "none", Grade: "O"}
	g, err := gate.Compile(terms, d)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range text.Langs() {
		words, err := datasetWords(d, l)
		if err != nil {
			t.Fatal(err)
		}
		for _, why := range g.Explain() {
			before, said := slices.Clone(why.Args), gate.Explain(string(l), labelled(why, d, words))
			for _, f := range d.Fields {
				if strings.Contains(f.Name, "_") && strings.Contains(said, f.Name) {
					t.Errorf("%s: %q names the field %s", l, said, f.Name)
				}
			}
			if why.Key == "gate.fields.only" && !strings.Contains(said, words.Field(d, "repair_status")) {
				t.Errorf("%s: %q lacks %q", l, said, words.Field(d, "repair_status"))
			}
			if !slices.Equal(before, why.Args) {
				t.Errorf("%s: the gate's own reason was changed", l)
			}
		}
	}
}
