package web

import (
	"html/template"

	"accord/internal/text"
)

// components are the functions that pages make parts with; /styles shows what each looks like.
func components(p *text.Printer) template.FuncMap {
	return template.FuncMap{
		"told":  func(kind, head, body string) told { return told{kind, head, body} },
		"blank": func(what, do, href, label string) blank { return blank{what, do, href, label} },
		"tabs":  func(label string, all []tab) tabList { return tabList{label, all} },
	}
}

// told is a notice: good, warn, wrong, or neither. The sign before it says which, beside the colour.
type told struct{ Kind, Head, Body string }

// Sign is the shape that stands before the words.
func (t told) Sign() string {
	switch t.Kind {
	case "good":
		return "●"
	case "warn":
		return "▲"
	case "wrong":
		return "✕"
	default:
		return ""
	}
}

// Role is how urgently the notice is read out.
func (t told) Role() string {
	if t.Kind == "wrong" {
		return "alert"
	}
	return "status"
}

// blank is what stands where there is nothing yet: what is missing, and what to do about it.
type blank struct{ What, Do, Href, Label string }

// tab is one of several views of the same thing; each is a page of its own.
type tab struct {
	Name, Href string
	Current    bool
	Count      int // how many there are; none is told when it is negative
}

type tabList struct {
	Label string
	All   []tab
}

// slip is a receipt as it is shown.
type slip struct {
	Writer, Clause, Href, Check string
	Index, Size                 int64
	Bytes                       int64
}
