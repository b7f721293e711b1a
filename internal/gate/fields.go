package gate

import (
	"fmt"
	"strings"
	"time"

	"accord/agreement"
	"accord/record"
)

var fieldsCondition = condition{label: "gate.fields", compile: compileFields}

// fields cuts a record to the fields that the terms name. Key, time and place are not fields: a record without its key
// could not be corrected later.
type fields struct {
	dataset *record.Dataset
	allowed []bool // by the dataset's order
}

func compileFields(t *agreement.Terms, d *record.Dataset) (check, error) {
	f := fields{d, make([]bool, len(d.Fields))}
	for _, name := range t.Fields {
		i := d.Index(name)
		if i < 0 {
			return nil, unfit(t, fmt.Sprintf("%s has no field %q", d.Name, name))
		}
		if f.allowed[i] {
			return nil, unfit(t, fmt.Sprintf("they name field %s twice", name))
		}
		f.allowed[i] = true
		if d.Fields[i].Type == record.Geometry && t.Place != "exact" {
			return nil, unfit(t, fmt.Sprintf("field %s says exactly where something is, so it leaves only where the place is exact", name))
		}
	}
	return f, nil
}

func (f fields) narrow(r *record.Record, _ time.Time, _ *Verdict) {
	for i := range r.Values {
		if i >= len(f.allowed) || !f.allowed[i] {
			r.Values[i] = record.Value{}
		}
	}
}

func (f fields) admits(r *record.Record, _ time.Time) Reason {
	for i := range r.Values {
		if r.Values[i].IsAbsent() {
			continue
		}
		if i >= len(f.allowed) {
			return Reason{Key: "gate.fields.extra", Args: []string{"field", fmt.Sprint(i)}}
		}
		if !f.allowed[i] {
			return Reason{Key: "gate.fields.extra", Args: []string{"field", f.dataset.Fields[i].Name}}
		}
	}
	return Reason{}
}

func (f fields) explain() Reason {
	var leave, stay []string
	for i, ok := range f.allowed {
		if ok {
			leave = append(leave, f.dataset.Fields[i].Name)
		} else {
			stay = append(stay, f.dataset.Fields[i].Name)
		}
	}
	return Reason{Key: "gate.fields.only", Args: []string{"leave", orDash(leave), "stay", orDash(stay)}}
}

func orDash(names []string) string {
	if len(names) == 0 {
		return "–"
	}
	return strings.Join(names, ", ")
}
