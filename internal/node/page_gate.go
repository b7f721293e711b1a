package node

import (
	"slices"
	"strings"

	"accord/internal/area"
	"accord/internal/gate"
	"accord/record"
)

// named are the arguments of the gate's sentences that are names of fields, one or several.
var named = []string{"field", "leave", "stay", "by", "sums"}

// labelled is a reason with the labels of fields and codes instead of their names, as an area words them.
func labelled(why gate.Reason, d *record.Dataset, words area.Words) gate.Reason {
	out := gate.Reason{Key: why.Key, Args: slices.Clone(why.Args)}
	field := ""
	for i := 0; i+1 < len(out.Args); i += 2 {
		name, value := out.Args[i], out.Args[i+1]
		switch {
		case slices.Contains(named, name):
			if field = value; d.Index(value) >= 0 {
				out.Args[i+1] = words.Field(d, value)
			} else {
				out.Args[i+1] = each(value, func(s string) string { return fieldLabel(d, words, s) })
			}
		case name == "value" && d.Index(field) >= 0 && d.Fields[d.Index(field)].Type == record.Code:
			out.Args[i+1] = each(value, func(s string) string { return words.Code(d, field, s) })
		}
	}
	for _, p := range why.Parts {
		out.Parts = append(out.Parts, labelled(p, d, words))
	}
	return out
}

func fieldLabel(d *record.Dataset, words area.Words, name string) string {
	if d.Index(name) < 0 {
		return name
	}
	return words.Field(d, name)
}

// each puts every member of a list into other words.
func each(list string, say func(string) string) string {
	all := strings.Split(list, ", ")
	for i := range all {
		all[i] = say(all[i])
	}
	return strings.Join(all, ", ")
}
