package web

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"accord/exchange"
	"accord/internal/date"
	"accord/internal/fault"
	"accord/internal/text"
)

// problems are what is wrong with a form, by the name of the field; what belongs to no field stands under "".
type problems map[string]*fault.Fault

// Has says whether something is wrong with a field.
func (p problems) Has(field string) bool { return p[field] != nil }

// faults returns what a person can mend in the form it was sent with; nil for everything else, which has a page of its own.
func faults(err error) problems {
	f, ok := errors.AsType[*fault.Fault](err)
	if !ok || f.Kind == fault.Internal || f.Kind == fault.NotFound {
		return nil
	}
	if strings.HasPrefix(f.Key, "fault.file_") { // where it was found is the file's own name
		return problems{"file": f}
	}
	return problems{f.Where: f}
}

// message says what is wrong in the language of the page where there are words for it, else in English.
type message struct {
	Text string
	Lang string // of the text where it is not the page's
}

func tell(p *text.Printer, f *fault.Fault) message {
	switch {
	case f == nil:
		return message{}
	case inWords(p, f) != "":
		return message{Text: inWords(p, f)}
	}
	s := f.Why
	if f.Do != "" {
		s += "; " + f.Do
	}
	if p.Lang() == text.English {
		return message{Text: s + "."}
	}
	return message{Text: s + ".", Lang: string(text.English)}
}

// inWords is a fault in the language of the page; empty where there are no words for it.
func inWords(p *text.Printer, f *fault.Fault) string {
	if f.Key == "" || !text.Has(f.Key) {
		return ""
	}
	return p.T(f.Key, f.Args...)
}

// a wrong is what the page says of one field.
type wrong struct {
	Name string
	message
}

// wrongs returns what is said of a field, or of the fields that have none of their own where name is empty.
func wrongs(p *text.Printer) func(all problems, names ...string) wrong {
	return func(all problems, names ...string) wrong {
		for _, n := range names {
			if f, ok := all[n]; ok {
				return wrong{names[0], tell(p, f)}
			}
		}
		return wrong{Name: names[0]}
	}
}

// elsewhere returns what belongs to none of the fields that a form has.
func elsewhere(p *text.Printer) func(all problems, fields ...string) message {
	return func(all problems, fields ...string) message {
		for where, f := range all {
			known := false
			for _, n := range fields {
				known = known || n == where
			}
			if !known {
				return tell(p, f)
			}
		}
		return message{}
	}
}

// pair hands two things to a part of a page.
type pair struct{ A, B any }

// dayOf writes a day that is stored as text.
func dayOf(p *text.Printer, s string) string {
	d, err := date.ParseDay(s)
	if err != nil {
		return s
	}
	return p.Day(d)
}

// endings are the endings of files that cross, as a field for a file names them.
func endings() string {
	return "." + strings.Join(slices.Sorted(maps.Keys(exchange.Media)), ",.")
}

// newField is an input with what is wrong with it: words of the page, or what was told of a fault.
func newField(name, label string, problem any) field {
	t, ok := problem.(message)
	if words, is := problem.(string); is && !ok {
		t.Text = words
	}
	return field{name, label, t}
}
