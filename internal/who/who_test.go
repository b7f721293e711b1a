package who_test

import (
	"fmt"
	"strings"
	"testing"

	"accord/internal/who"
)

// want is the table as docs/decisions/0011 shows it, written a second time by hand.
const want = `
              reader staff officer releaser auditor administrator
public        x      x     x       x        x       x
self          x      x     x       x        x       x
see           x      x     x       x        x       x
see waiting   -      x     x       x        x       -
see content   -      -     x       x        x       -
see own       -      x     x       x        x       -
keep          -      x     x       -        -       -
speak         -      -     x       x        -       -
decide        -      -     -       x        -       -
see accounts  -      -     -       -        x       x
manage        -      -     -       -        -       x
see audit     -      -     -       -        x       -
`

func TestTable(t *testing.T) {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%-14s%s\n", "", "reader staff officer releaser auditor administrator")
	for _, right := range who.Rights() {
		line := fmt.Sprintf("%-14s", right)
		for _, role := range who.Roles() {
			mark := "-"
			if (who.Person{ID: "kim", Role: role}).May(right) {
				mark = "x"
			}
			line += fmt.Sprintf("%-*s", len(role)+1, mark)
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	if b.String() != want {
		t.Errorf("the table is\n%s", b.String())
	}
}

func TestDefaultIsNo(t *testing.T) {
	for _, p := range []who.Person{{}, {Role: who.Releaser}, {ID: "kim"}, {ID: "kim", Role: "king"}} {
		for _, right := range append(who.Rights(), "", "fly") {
			if got := p.May(right); got != (right == who.Public) {
				t.Errorf("%+v may %q: %v", p, right, got)
			}
		}
	}
	for _, role := range who.Roles() {
		if p := (who.Person{ID: "kim", Role: role}); p.May("") || p.May("fly") {
			t.Errorf("a %s may what does not stand in the table", role)
		}
	}
}

// An auditor sees all that can be seen and can do nothing; nobody but a releaser decides; who keeps accounts sees nothing
// that waits.
func TestSeparation(t *testing.T) {
	acts := []who.Right{who.Keep, who.Speak, who.Decide, who.Manage}
	for _, r := range acts {
		if (who.Person{ID: "a", Role: who.Auditor}).May(r) {
			t.Errorf("an auditor may %s", r)
		}
	}
	for _, r := range []who.Right{who.See, who.SeeWaiting, who.SeeContent, who.SeeOwn, who.SeeAccounts, who.SeeAudit} {
		if !(who.Person{ID: "a", Role: who.Auditor}).May(r) {
			t.Errorf("an auditor may not %s", r)
		}
	}
	if h := who.Holders(who.Decide); len(h) != 1 || h[0] != who.Releaser {
		t.Errorf("%v decide", h)
	}
	if (who.Person{ID: "a", Role: who.Administrator}).May(who.SeeContent) {
		t.Error("an administrator sees what waits")
	}
}

func TestParseRole(t *testing.T) {
	for _, r := range who.Roles() {
		if got, err := who.ParseRole(string(r)); err != nil || got != r {
			t.Errorf("%s: %s %v", r, got, err)
		}
	}
	for _, s := range []string{"", "king", "Reader", "reader ", "\x00"} {
		if _, err := who.ParseRole(s); err == nil {
			t.Errorf("%q is a role", s)
		}
	}
}
