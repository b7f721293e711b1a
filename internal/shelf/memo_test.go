package shelf_test

import (
	"testing"

	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/dbtest"
	"accord/internal/shelf"
	"accord/internal/store"
)

// TestWhatWasCountedIsCountedAgainAfterAWrite: also where another handle, as another process has one, wrote.
func TestWhatWasCountedIsCountedAgainAfterAWrite(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var memo shelf.Memo
		other := dbtest.Beside(t, d)
		look := func(want int64, what string) {
			t.Helper()
			for range 2 { // counted, then remembered
				s := shelfOf(d)
				s.Memo = &memo
				held, err := s.Held(t.Context(), holes)
				if err != nil || len(held) != 1 || held[0].Records != want {
					t.Errorf("%s: %+v %v, want %d", what, held, err, want)
				}
				months, err := s.Months(t.Context(), holes.Name, date.NewDay(2024, 1, 1), date.NewDay(2024, 12, 31))
				if n := months["east"][date.NewDay(2024, 1, 1)]; err != nil || n != want {
					t.Errorf("%s: %d in the month, %v, want %d", what, n, err, want)
				}
			}
		}
		put(t, d, "east", hole(t, "a", "2024-01-02", "x"))
		look(1, "one")
		put(t, other, "east", hole(t, "b", "2024-01-03", "x"))
		look(2, "another process adds one")
		err := other.Update(t.Context(), func(tx *db.Tx) error {
			_, err := store.Delete(t.Context(), tx, holes.Name, "east", "a", "test")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		look(1, "another process deletes one")
	})
}
