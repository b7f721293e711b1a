package fault_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"accord/internal/fault"
)

func TestOneLineThatSaysWhatWhereWhyAndWhatToDo(t *testing.T) {
	f := fault.New(fault.Invalid, "card", "its key\nis missing", "ask for it again").At("line 3")
	if got, want := f.Error(), "card (line 3): its key is missing; ask for it again"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestCauseIsKeptAndNotShown(t *testing.T) {
	cause := errors.New("password=hunter2")
	base := fault.New(fault.Refused, "x", "y", "z")
	f := base.Because(cause)
	if !errors.Is(f, cause) || strings.Contains(f.Error(), "hunter2") || base.Err != nil {
		t.Errorf("%q", f.Error())
	}
}

func TestKindOf(t *testing.T) {
	for want, err := range map[fault.Kind]error{
		"":             nil,
		fault.Internal: errors.New("x"),
		fault.NotFound: fmt.Errorf("outer: %w", fault.New(fault.NotFound, "x", "y", "z")),
	} {
		if got := fault.KindOf(err); got != want {
			t.Errorf("%v: %q, want %q", err, got, want)
		}
	}
}
