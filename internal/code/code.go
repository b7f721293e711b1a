// Package code reads codes of places together with the system they belong to, checks their form and check digit, and finds the
// code of the same place in another system. Which systems and places there are is content.
package code

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"accord/internal/fault"
)

// A System is a set of codes that one office gives.
type System struct {
	ID           string `toml:"id"`
	Name         string `toml:"name"`
	Giver        string `toml:"giver"`
	Jurisdiction string `toml:"jurisdiction"` // ISO 3166-1; empty for everywhere
	Form         string `toml:"form"`         // regular expression of a whole code
	Check        []int  `toml:"check"`        // weights of the digits before a check digit modulo 11; none where there is none

	form *regexp.Regexp
}

// A Place has a code in one or several systems.
type Place struct {
	Names map[string]string `toml:"names"` // by language
	Codes map[string]string `toml:"codes"` // by system
}

// Codes are the systems and places known to a node.
type Codes struct {
	systems map[string]*System
	order   []string
	places  []*Place
	find    map[[2]string]*Place
}

// Read reads systems and places. Unknown keys, codes of no system, codes that do not check and codes given twice are refused.
func Read(file []byte) (*Codes, error) {
	var f struct {
		Systems []*System `toml:"system"`
		Places  []*Place  `toml:"place"`
	}
	meta, err := toml.Decode(string(file), &f)
	if err != nil {
		return nil, unfit(err.Error())
	}
	if left := meta.Undecoded(); len(left) > 0 {
		return nil, unfit(fmt.Sprintf("unknown key %q", left[0]))
	}
	c := &Codes{systems: map[string]*System{}, places: f.Places, find: map[[2]string]*Place{}}
	for _, s := range f.Systems {
		if s.ID == "" || c.systems[s.ID] != nil {
			return nil, unfit(fmt.Sprintf("a system needs an id of its own, not %q", s.ID))
		}
		if s.form, err = regexp.Compile("^(?:" + s.Form + ")$"); err != nil || s.Form == "" {
			return nil, unfit(fmt.Sprintf("system %s has no form", s.ID))
		}
		c.systems[s.ID], c.order = s, append(c.order, s.ID)
	}
	for _, p := range f.Places {
		for system, value := range p.Codes {
			if err := c.Check(system, value); err != nil {
				return nil, err
			}
			if c.find[[2]string{system, value}] != nil {
				return nil, unfit(fmt.Sprintf("%s %s is given to two places", system, value))
			}
			c.find[[2]string{system, value}] = p
		}
	}
	return c, nil
}

func unfit(why string) error {
	return fault.New(fault.Invalid, "codes of places", why, "correct the content")
}

// Systems lists the systems in the order of their description.
func (c *Codes) Systems() (out []System) {
	for _, id := range c.order {
		out = append(out, *c.systems[id])
	}
	return out
}

// Check says whether a code can be one of a system: its form, and its check digit where it has one. That a place has it is not
// said by that, nor that it is not another system's code.
func (c *Codes) Check(system, value string) error {
	s := c.systems[system]
	if s == nil {
		return fault.New(fault.NotFound, "code system "+system, "it is not described", "known are "+strings.Join(c.order, ", "))
	}
	bad := func(why, do string) error {
		return fault.New(fault.Invalid, fmt.Sprintf("code %.40q", value), why, do).At(system)
	}
	if !s.form.MatchString(value) {
		return bad("it is not written as "+s.Name, "codes are texts: look whether zeros in front were lost")
	}
	if len(s.Check) > 0 && len(value) == len(s.Check)+1 && CheckDigit(value[:len(s.Check)], s.Check) != value[len(s.Check)] {
		return bad("its check digit is wrong", "compare with the giver's list")
	}
	return nil
}

// CheckDigit is the last digit of 11 minus the weighted sum modulo 11, as a character. digits has as many digits as there are
// weights.
func CheckDigit(digits string, weights []int) byte {
	sum := 0
	for i, w := range weights {
		sum += w * int(digits[i]-'0')
	}
	return '0' + byte((11-sum%11)%10)
}

// Find returns the place of a code.
func (c *Codes) Find(system, value string) (Place, bool) {
	p := c.find[[2]string{system, value}]
	if p == nil {
		return Place{}, false
	}
	return *p, true
}

// Same returns the code of the same place in another system; none where the place or its other code is not known. It is never
// made from the digits.
func (c *Codes) Same(system, value, other string) (string, bool) {
	p, ok := c.Find(system, value)
	out := p.Codes[other]
	return out, ok && out != ""
}

// Fitting lists the systems that a value could be a code of. More than one is a reason to ask, not to choose.
func (c *Codes) Fitting(value string) (systems []string) {
	for _, id := range c.order {
		if c.Check(id, value) == nil {
			systems = append(systems, id)
		}
	}
	slices.Sort(systems)
	return systems
}
