package db

import (
	"strconv"
	"strings"
)

// Among is the condition that a column has one of some values, written after its name, and the arguments it needs from
// $from on. On a server the values are one array, so that the plan of a long list costs no more than that of a short one;
// the embedded engine knows no arrays. At most Many values.
func Among[T string | int64](t *Tx, from int, values []T) (condition string, args []any) {
	if t.on.copies {
		return ` = ANY($` + strconv.Itoa(from) + `)`, []any{values}
	}
	n := 1
	for n < len(values) { // powers of two, so that there are few statements; the last value fills up
		n *= 2
	}
	var b strings.Builder
	b.WriteString(` IN (`)
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(from + i))
		args = append(args, values[min(i, len(values)-1)])
	}
	b.WriteByte(')')
	return b.String(), args
}

// Many is how many values one Among should have.
func (t *Tx) Many() int {
	if t.on.copies {
		return 8192
	}
	return t.on.batch
}
