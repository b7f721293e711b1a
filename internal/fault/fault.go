// Package fault is the one kind of error that people see: it says what went wrong, where, why, and what to do next.
//
// Machines read the Kind; people read the four sentences; the wrapped cause is for the log only. Everything that is not a
// fault is a defect of the program and is shown as such, without its text.
package fault

import (
	"errors"
	"strings"
)

// A Kind is what a machine needs to know of a fault: the exit status, the HTTP status and whether trying again can help.
type Kind string

const (
	Invalid     Kind = "invalid"     // the input is wrong; the same input will always be refused
	NotFound    Kind = "not found"   // the named thing is not here
	Refused     Kind = "refused"     // the input is right but not allowed: no clause, no permission, a wrong key
	Conflict    Kind = "conflict"    // it contradicts what is already stored
	Unavailable Kind = "unavailable" // something outside did not answer; trying again can help
	Internal    Kind = "internal"    // a defect of the program
)

// Fault is an error with words that are safe to show. Its fields never hold a secret or the content of a record.
type Fault struct {
	Kind  Kind
	What  string // the thing that failed: "card of tokyo", "bundle"
	Where string // file, line, entry or field; empty when What says it all
	Why   string // what is wrong with it
	Do    string // the next step for the person who reads this
	Key   string // names the message that says Why and Do in the languages of the pages; empty where there is none
	Args  []any  // what the message is filled with: name, value, name, value
	Err   error  // the cause, for the log
}

// New makes a fault from its kind and its three sentences.
func New(kind Kind, what, why, do string) *Fault {
	return &Fault{Kind: kind, What: what, Why: why, Do: do}
}

// At returns the fault with the place named.
func (f *Fault) At(where string) *Fault {
	c := *f
	c.Where = where
	return &c
}

// Says returns the fault with the message that pages show of it in each language, and what fills that message.
func (f *Fault) Says(key string, args ...any) *Fault {
	c := *f
	c.Key, c.Args = key, args
	return &c
}

// Because returns the fault with its cause kept for the log.
func (f *Fault) Because(err error) *Fault {
	c := *f
	c.Err = err
	return &c
}

// Error is one line: what (where): why; what to do.
func (f *Fault) Error() string {
	var b strings.Builder
	b.WriteString(f.What)
	if f.Where != "" {
		b.WriteString(" (" + f.Where + ")")
	}
	b.WriteString(": " + f.Why)
	if f.Do != "" {
		b.WriteString("; " + f.Do)
	}
	return strings.ReplaceAll(b.String(), "\n", " ")
}

// Unwrap returns the cause.
func (f *Fault) Unwrap() error { return f.Err }

// KindOf returns the kind of the first fault in err's chain, Internal for any other error and "" for nil.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	if f, ok := errors.AsType[*Fault](err); ok {
		return f.Kind
	}
	return Internal
}
