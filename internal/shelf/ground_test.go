package shelf_test

import (
	"fmt"
	"testing"

	"accord/internal/area"
	"accord/internal/db"
	"accord/internal/dbtest"
	"accord/internal/shelf"
	"accord/internal/store"
	"accord/record"
)

var wards = &record.Dataset{Name: "safety/wards", Version: 1, Fields: []record.Field{{Name: "name", Type: record.Text}, {Name: "outline", Type: record.Geometry}}}

var ground = &area.Ground{Dataset: wards, Outline: "outline", Name: "name", Level: func(r *record.Record) string { return r.Key[:1] }}

func wardAt(key string, lon float64) record.Record {
	f := record.Figure{Shape: record.Polygon, Parts: [][][]record.Vertex{{{{Lon: lon, Lat: 37}, {Lon: lon + 1, Lat: 37}, {Lon: lon + 1, Lat: 38}, {Lon: lon, Lat: 37}}}}}
	return record.Record{Key: key, Values: []record.Value{record.TextOf("ward " + key), record.GeometryOf(f)}}
}

func putWards(t *testing.T, d *db.DB, origin string, records ...record.Record) {
	t.Helper()
	err := d.Update(t.Context(), func(tx *db.Tx) error {
		w := store.NewWriter(t.Context(), tx, wards, store.Source{Origin: origin, Name: "wards.geojson"})
		for i := range records {
			if err := w.Put(&records[i], record.AppendRow(nil, wards, &records[i])); err != nil {
				return err
			}
		}
		_, err := w.Close()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestOutlines: everybody's outlines with their levels; those that have none are left out; of our own, who may not see them whole sees
// none that no clause lets out; what is kept in memory is what is there.
func TestOutlines(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		memo := &shelf.Memo{}
		look := func(sight shelf.Sight) string {
			sh := shelfOf(d)
			sh.Memo = memo
			sh.Lookup = func(name string, version int) (*record.Dataset, bool) {
				return wards, name == wards.Name && version == 1
			}
			all, err := sh.Outlines(t.Context(), ground, sight)
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			for _, o := range all {
				got[o.Key] = fmt.Sprint(o.Level, " ", o.Name, " ", o.Figure.Parts[0][0][0].Lon)
			}
			return fmt.Sprint(got)
		}
		putWards(t, d, "east", wardAt("a1", 126), record.Record{Key: "a2", Values: []record.Value{record.TextOf("no outline"), {}}})
		putWards(t, d, "west", wardAt("b1", 139))
		const both = "map[a1:a ward a1 126 b1:b ward b1 139]"
		if got := look(whole); got != both {
			t.Errorf("%s", got)
		}
		if got := look(shelf.Sight{Partners: []string{"west"}}); got != "map[b1:b ward b1 139]" {
			t.Errorf("who sees ours through no clause sees %s", got)
		}
		putWards(t, d, "east", wardAt("a1", 127))
		if got := look(whole); got != "map[a1:a ward a1 127 b1:b ward b1 139]" {
			t.Errorf("after a change: %s", got)
		}
	})
}
