package all

import (
	"slices"
	"testing"
)

func TestLookup(t *testing.T) {
	d, ok := Lookup("safety/subsidence", 1)
	if !ok {
		t.Fatal("safety/subsidence version 1 is not found")
	}
	if a, ok := Of(d); !ok || a.Name != "safety" {
		t.Errorf("Of = %q, %v", a.Name, ok)
	}
	for _, v := range []int{0, 2} {
		if _, ok := Lookup("safety/subsidence", v); ok {
			t.Errorf("version %d is found", v)
		}
	}
	if _, ok := Lookup("safety/nothing", 1); ok {
		t.Error("a dataset that no area has is found")
	}
}

func TestNamesAreUnique(t *testing.T) {
	var names []string
	for _, a := range Areas() {
		if slices.Contains(names, a.Name) {
			t.Errorf("area %s is listed twice", a.Name)
		}
		names = append(names, a.Name)
	}
}

// TestVersionsHaveNoGap: whoever looks through the versions of a dataset begins with 1 and stops at the first that there is not.
func TestVersionsHaveNoGap(t *testing.T) {
	for _, a := range Areas() {
		for _, d := range a.Datasets {
			if _, ok := Lookup(d.Name, d.Version-1); d.Version > 1 && !ok {
				t.Errorf("%s has a version %d, but none before", d.Name, d.Version)
			}
		}
	}
}
