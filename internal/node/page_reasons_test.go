package node

import (
	"strings"
	"testing"

	"accord/internal/fault"
	"accord/internal/gate"
	"accord/internal/text"
)

// Reasons are stored in English; pages say those that are known in the reader's language, with what they name, and show all others as
// they stand.
func TestReasonIn(t *testing.T) {
	for _, c := range []struct{ stored, ko string }{
		{fault.New(fault.Refused, "entry", "no clause in force here lets west send a/b under T1 C1", "x").Error(), "이곳에는 T1 C1에 따라 west가 a/b 자료를 보낼 수 있게 하는 유효한 조항이 없습니다."},
		{fault.New(fault.Refused, "entry", `this version does not know entries of the kind "kite"`, "x").Error(), "kite"},
		{fault.New(fault.NotFound, "instrument T1", "it is not kept on this node", "x").Error(), "T1 문서가 이곳에 없습니다."},
		{fault.New(fault.Refused, "instrument T1", "it is suspended by east and west", "x").Error(), "정지되어"},
		{fault.New(fault.Refused, "received record", gate.Explain("en", gate.Reason{Key: "gate.fields.extra", Args: []string{"field", "name"}}), "set it aside").At("gate.fields.extra").Error(), gate.Explain("ko", gate.Reason{Key: "gate.fields.extra", Args: []string{"field", "name"}})},
		{fault.New(fault.Refused, "received record", gate.Explain("en", gate.Reason{Key: "gate.place.finer", Args: []string{"grid", "250"}}), "set it aside").At("gate.place.finer").Error(), gate.Explain("ko", gate.Reason{Key: "gate.place.finer", Args: []string{"grid", "250"}})},
		{fault.New(fault.Refused, "withdrawal", "the dataset a/b version 3 is not known here", "x").Error(), "a/b 자료 제3판"},
		{fault.New(fault.Invalid, "claim", "not in its one form", "x").Error(), "형식이 아닙니다"},
	} {
		got := reasonIn(text.Korean, c.stored)
		if !strings.Contains(got.Text, c.ko) || got.Do == "" || got.Original != c.stored || strings.Contains(got.Text+got.Do, "⟦") {
			t.Errorf("%q: %+v", c.stored, got)
		}
	}
	for _, s := range []string{"", "something else", "received record (gate.nothing): x; y", "received record (gate.fields.extra): another sentence", "a (gate.: ): ("} {
		if got := reasonIn(text.Japanese, s); got.Text != "" || got.Original != s {
			t.Errorf("%q: %+v", s, got)
		}
	}
	for _, l := range text.Langs() {
		for _, f := range reasonForms {
			var args []any
			for _, name := range f.form.SubexpNames() {
				args = append(args, name, "x")
			}
			if said := text.In(l).T("aside."+f.key, args...) + text.In(l).T("aside_do."+f.key, args...); strings.Contains(said, "⟦") {
				t.Errorf("%s: %s: %s", l, f.key, said)
			}
		}
	}
}
