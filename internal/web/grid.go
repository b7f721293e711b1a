package web

// The rows and columns of the grid. An area or a level outside them gets its own row or column at the end, so that
// nothing is left out in silence.
var (
	levels = []string{"head", "bureau", "working", "museum", "citizen", "council"}
	areas  = []string{"governance", "safety", "environment", "welfare", "sports", "tourism", "culture", "advisers"}
)

// stateOrder is the order of the legend and of the summary: from what lives to what is over.
var stateOrder = []string{
	"alive", "as needed", "fulfilled", "one-sided", "disputed", "late", "quiet", "dormant",
	"no evidence", "proposed only", "not yet", "lapsed", "suspended", "ended",
}

// stateID is a state as it stands in keys, class names and shapes.
func stateID(state string) string {
	b := []byte(state)
	for i, c := range b {
		if c == ' ' || c == '-' {
			b[i] = '_'
		}
	}
	return string(b)
}

type gridRow struct {
	Level string
	Cells []gridCell
	Empty bool
}

type gridCell struct {
	Area    string
	Clauses []Clause
}

// grid lays clauses out as levels by areas.
func grid(clauses []Clause) (columns []string, rows []gridRow) {
	columns = withOthers(areas, clauses, func(c Clause) string { return c.Area })
	for _, level := range withOthers(levels, clauses, func(c Clause) string { return c.Level }) {
		row := gridRow{Level: level, Empty: true}
		for _, area := range columns {
			cell := gridCell{Area: area}
			for _, c := range clauses {
				if c.Area == area && c.Level == level {
					cell.Clauses = append(cell.Clauses, c)
					row.Empty = false
				}
			}
			row.Cells = append(row.Cells, cell)
		}
		rows = append(rows, row)
	}
	return columns, rows
}

func withOthers[T any](known []string, items []T, of func(T) string) []string {
	out := append([]string(nil), known...)
	seen := map[string]bool{}
	for _, k := range known {
		seen[k] = true
	}
	for _, c := range items {
		if k := of(c); !seen[k] {
			seen[k] = true
			out = append(out, k)
		}
	}
	return out
}

type stateCount struct {
	State string
	N     int
}

// counts says how many clauses are in each state, in the order of the legend; states with none are left out.
func counts(clauses []Clause) []stateCount {
	n := map[string]int{}
	for _, c := range clauses {
		n[c.State]++
	}
	var out []stateCount
	for _, s := range stateOrder {
		if n[s] > 0 {
			out = append(out, stateCount{s, n[s]})
		}
	}
	return out
}
