package search

import (
	"fmt"
	"math/bits"
)

// perBlock is how many documents stand in one block.
const perBlock = 4096

// A set is some documents of one block.
type set [perBlock / 64]uint64

func (s *set) add(slot int)      { s[slot/64] |= 1 << (slot % 64) }
func (s *set) has(slot int) bool { return s[slot/64]&(1<<(slot%64)) != 0 }

func (s *set) and(o *set) {
	for i := range s {
		s[i] &= o[i]
	}
}

func (s *set) or(o *set) {
	for i := range s {
		s[i] |= o[i]
	}
}

func (s *set) count() (n int) {
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

// sets are some documents, by block.
type sets map[int64]*set

func (a sets) and(b sets) sets {
	for k, s := range a {
		if o := b[k]; o != nil {
			s.and(o)
		} else {
			delete(a, k)
		}
	}
	return a
}

func (a sets) or(b sets) sets {
	for k, s := range b {
		if have := a[k]; have != nil {
			have.or(s)
		} else {
			c := *s
			a[k] = &c
		}
	}
	return a
}

func (a sets) clone() sets { return sets{}.or(a) }

func (a sets) count() (n int) {
	for _, s := range a {
		n += s.count()
	}
	return n
}

// both is how many documents are in both.
func (a sets) both(b sets) (n int) {
	for k, s := range a {
		if o := b[k]; o != nil {
			for i := range s {
				n += bits.OnesCount64(s[i] & o[i])
			}
		}
	}
	return n
}

// Numbers are written in letters, so that both engines put them one behind the other by the same words.
const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

var digits = func() (d [256]uint8) {
	for i := range d {
		d[i] = 255
	}
	for i := range len(letters) {
		d[letters[i]] = uint8(i)
	}
	return d
}()

// perSlot is how many letters one document takes in the list of a gram.
const perSlot = 2

func appendSlot(b []byte, slot int) []byte { return append(b, letters[slot>>6], letters[slot&63]) }

func slotAt(list string, i int) (int, error) {
	a, b := digits[list[i]], digits[list[i+1]]
	if a > 63 || b > 63 {
		return 0, fmt.Errorf("list of documents %.20q cannot be read", list)
	}
	return int(a)<<6 | int(b), nil
}

// read adds what a list names.
func (s *set) read(list string) error {
	if len(list)%perSlot != 0 {
		return fmt.Errorf("list of documents %.20q ends in the middle", list)
	}
	for i := 0; i < len(list); i += perSlot {
		slot, err := slotAt(list, i)
		if err != nil {
			return err
		}
		s.add(slot)
	}
	return nil
}

// without is a list without the documents of a set.
func without(list string, gone *set) (string, error) {
	out := make([]byte, 0, len(list))
	for i := 0; i+perSlot <= len(list); i += perSlot {
		slot, err := slotAt(list, i)
		if err != nil {
			return "", err
		}
		if !gone.has(slot) {
			out = append(out, list[i:i+perSlot]...)
		}
	}
	return string(out), nil
}

// perTime is how many letters the time of one document takes: minutes, which are 30 bits for a thousand years to come.
const perTime = 5

func appendTime(b []byte, minute uint32) []byte {
	for shift := 24; shift >= 0; shift -= 6 {
		b = append(b, letters[minute>>shift&63])
	}
	return b
}

func timeAt(times string, slot int) (minute uint32, err error) {
	if (slot+1)*perTime > len(times) {
		return 0, fmt.Errorf("times of a block end before document %d", slot)
	}
	for i := slot * perTime; i < (slot+1)*perTime; i++ {
		d := digits[times[i]]
		if d > 63 {
			return 0, fmt.Errorf("times of a block cannot be read at document %d", slot)
		}
		minute = minute<<6 | uint32(d)
	}
	return minute, nil
}
