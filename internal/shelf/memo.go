package shelf

import (
	"context"
	"fmt"
	"sync"

	"accord/internal/db"
)

// A Memo keeps what was counted until anything is written that could change it. It holds no authority: what it gives out is
// held to the numbers of the database each time, so that another process's writing is seen at once.
type Memo struct {
	mu   sync.Mutex
	kept map[string]remembered
}

type remembered struct {
	stamp string
	value any
}

// mostKept is how many answers are kept; then all are forgotten.
const mostKept = 500

// stamp changes with every version of a record and every value that is stored, and with everything that is erased.
func (s *Shelf) stamp(ctx context.Context) (string, error) {
	if s.Memo == nil || s.seen != "" {
		return s.seen, nil
	}
	var seen string
	err := s.DB.View(ctx, func(tx *db.Tx) error {
		seen = ""
		return tx.Rows(ctx, `SELECT name, n FROM counter WHERE name = 'record' OR name = 'tail' OR name = 'erased' ORDER BY name`, nil, func(r db.Scanner) error {
			var name string
			var n int64
			err := r.Scan(&name, &n)
			seen += fmt.Sprint(name, n, " ")
			return err
		})
	})
	s.seen = seen
	return seen, err
}

// remember gives what was counted under a key, or counts it. What was counted is not changed by who gets it.
func remember[T any](ctx context.Context, s *Shelf, key string, count func() (T, error)) (T, error) {
	stamp, err := s.stamp(ctx)
	if err != nil || s.Memo == nil {
		var none T
		if err != nil {
			return none, err
		}
		return count()
	}
	m := s.Memo
	m.mu.Lock()
	k, ok := m.kept[key]
	m.mu.Unlock()
	if ok && k.stamp == stamp {
		return k.value.(T), nil
	}
	// The stamp was read before the counting: what is written meanwhile is counted again next time.
	v, err := count()
	if err != nil {
		return v, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kept == nil || len(m.kept) >= mostKept {
		m.kept = map[string]remembered{}
	}
	m.kept[key] = remembered{stamp, v}
	return v, nil
}
