// Package who says who acts: a person of the city, the one role the person has, and the closed table of what each role may
// do. Roles are not a line in which one is above the other: an auditor sees everything and acts on nothing.
package who

import (
	"slices"

	"accord/internal/fault"
)

// A Person is somebody who acts for a unit of the city. The zero Person is nobody.
type Person struct {
	ID   string // as the person signs in, and as deeds are recorded
	Name string // as others read it
	Unit string // the office the person acts for today, as east/flood
	Role Role
	Lang string // language of the person's pages
}

// Nobody says whether this is nobody in particular: a reader of the public pages.
func (p Person) Nobody() bool { return p.ID == "" }

// A Role is what a person is here for. Everybody has exactly one: two accounts of one person would be two voices where a
// clause asks for two persons.
type Role string

// The roles.
const (
	Reader        Role = "reader"        // reads what has crossed the link
	Staff         Role = "staff"         // works in a bureau: also sees what waits
	Officer       Role = "officer"       // answers for the clause: also sees the content of what waits, and speaks for the city
	Releaser      Role = "releaser"      // decides what leaves
	Auditor       Role = "auditor"       // sees everything, acts on nothing
	Administrator Role = "administrator" // keeps accounts; sees no content that waits
)

// Roles are all roles, in the order in which lists show them.
func Roles() []Role { return []Role{Reader, Staff, Officer, Releaser, Auditor, Administrator} }

// A Right is one thing that a person may or may not do. The zero Right is one that nobody has.
type Right string

// The rights.
const (
	Public      Right = "public"       // also for nobody in particular
	Self        Right = "self"         // one's own account
	See         Right = "see"          // what has crossed the link, and its receipts
	SeeWaiting  Right = "see waiting"  // that something waits for a person
	SeeContent  Right = "see content"  // the very rows that wait
	SeeOwn      Right = "see own"      // the city's own records whole, not only what a clause lets out of them
	Keep        Right = "keep"         // the lists that the city writes by hand
	Speak       Right = "speak"        // for the city: letters, answers, a word on evidence
	Decide      Right = "decide"       // what leaves and what does not
	SeeAccounts Right = "see accounts" // who has which role
	Manage      Right = "manage"       // accounts
	SeeAudit    Right = "see audit"    // the log of deeds
)

// table is who may do what. What does not stand here nobody may.
var table = map[Right][]Role{
	Self:        Roles(),
	See:         Roles(),
	SeeWaiting:  {Staff, Officer, Releaser, Auditor},
	SeeContent:  {Officer, Releaser, Auditor},
	SeeOwn:      {Staff, Officer, Releaser, Auditor},
	Keep:        {Staff, Officer},
	Speak:       {Officer, Releaser},
	Decide:      {Releaser},
	SeeAccounts: {Auditor, Administrator},
	Manage:      {Administrator},
	SeeAudit:    {Auditor},
}

// Rights are all rights.
func Rights() []Right {
	return []Right{Public, Self, See, SeeWaiting, SeeContent, SeeOwn, Keep, Speak, Decide, SeeAccounts, Manage, SeeAudit}
}

// May says whether the person may do what the right stands for.
func (p Person) May(r Right) bool {
	if r == Public {
		return true
	}
	return !p.Nobody() && slices.Contains(table[r], p.Role)
}

// Holders are the roles that have a right.
func Holders(r Right) []Role { return slices.Clone(table[r]) }

// ParseRole reads a role from its name.
func ParseRole(s string) (Role, error) {
	if r := Role(s); slices.Contains(Roles(), r) {
		return r, nil
	}
	return "", fault.New(fault.Invalid, "role", "there is none of this name", "take reader, staff, officer, releaser, auditor or administrator").At("role").Says("fault.person_role")
}
