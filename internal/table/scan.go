package table

import (
	"bytes"
	"encoding/json"
)

// A scanner steps over JSON. It checks all that it steps over, so what was located can be read without surprises.
type scanner struct {
	b     []byte
	i     int
	depth int
}

func (s *scanner) space() {
	for s.i < len(s.b) {
		switch s.b[s.i] {
		case ' ', '\t', '\r', '\n':
			s.i++
		default:
			return
		}
	}
}

// locate steps over a value and notes where rows can be: arrays whose first element is an object, and objects of plain values,
// neither of them in an array.
func (s *scanner) locate(path string, found *places) error {
	if s.depth++; s.depth > maxDepth {
		return s.bad("it is nested too deep")
	}
	defer func() { s.depth-- }()
	s.space()
	if s.i >= len(s.b) {
		return s.bad("it ends in the middle: it was cut")
	}
	switch s.b[s.i] {
	case '[':
		at := s.i
		s.i++
		if s.space(); s.i < len(s.b) && s.b[s.i] == '{' {
			found.arrays = append(found.arrays, spot{path, at, s.depth})
		}
		s.i = at
		return s.skipValue()
	case '{':
		at, plain := s.i, true
		err := s.each(func(name string) error {
			if s.space(); s.i < len(s.b) && (s.b[s.i] == '{' || s.b[s.i] == '[') {
				plain = false
			}
			return s.locate(join(path, name), found)
		})
		if plain && s.i-at > 2 {
			found.objects = append(found.objects, spot{path, at, s.depth})
		}
		return err
	}
	return s.skipValue()
}

// each calls f with every name of the object that begins here, at its value, which f steps over.
func (s *scanner) each(f func(name string) error) error {
	s.i++
	s.space()
	if s.i < len(s.b) && s.b[s.i] == '}' {
		s.i++
		return nil
	}
	for {
		s.space()
		if s.i >= len(s.b) || s.b[s.i] != '"' {
			return s.bad("the name of a value is expected")
		}
		name, err := s.scalar()
		if err != nil {
			return err
		}
		if s.space(); s.i >= len(s.b) || s.b[s.i] != ':' {
			return s.bad("a colon is expected")
		}
		s.i++
		if err := f(name); err != nil {
			return err
		}
		if s.space(); s.i < len(s.b) && s.b[s.i] == ',' {
			s.i++
			continue
		}
		if s.i < len(s.b) && s.b[s.i] == '}' {
			s.i++
			return nil
		}
		return s.bad("it ends in the middle, or a comma is missing")
	}
}

// skipValue steps over one value.
func (s *scanner) skipValue() error {
	if s.depth++; s.depth > maxDepth {
		return s.bad("it is nested too deep")
	}
	defer func() { s.depth-- }()
	s.space()
	if s.i >= len(s.b) {
		return s.bad("it ends in the middle: it was cut")
	}
	switch s.b[s.i] {
	case '{':
		return s.each(func(string) error { return s.skipValue() })
	case '[':
		s.i++
		if s.space(); s.i < len(s.b) && s.b[s.i] == ']' {
			s.i++
			return nil
		}
		for {
			if err := s.skipValue(); err != nil {
				return err
			}
			s.space()
			if s.i < len(s.b) && s.b[s.i] == ',' {
				s.i++
				continue
			}
			if s.i < len(s.b) && s.b[s.i] == ']' {
				s.i++
				return nil
			}
			return s.bad("it ends in the middle, or a comma is missing")
		}
	}
	_, err := s.token()
	return err
}

// ends are the bytes before which a number or a word ends.
var ends = []byte(",]} \t\r\n:\"{[")

// token steps over a string, a number or a word and returns its bytes.
func (s *scanner) token() ([]byte, error) {
	from := s.i
	if s.b[s.i] == '"' {
		for s.i++; s.i < len(s.b); s.i++ {
			switch c := s.b[s.i]; {
			case c == '"':
				s.i++
				return s.b[from:s.i], nil
			case c == '\\':
				s.i++
			case c < ' ':
				return nil, s.bad("a text has a control character")
			}
		}
		return nil, s.bad("it ends within a text: it was cut")
	}
	for s.i < len(s.b) && !bytes.ContainsRune(ends, rune(s.b[s.i])) {
		s.i++
	}
	word := s.b[from:s.i]
	if !json.Valid(word) {
		return nil, s.bad("a value is neither number nor word")
	}
	return word, nil
}

// scalar steps over a plain value and returns it as text: nothing for null, a number as its publisher wrote it.
func (s *scanner) scalar() (string, error) {
	w, err := s.token()
	if err != nil {
		return "", err
	}
	switch {
	case w[0] == '"':
		for _, c := range w {
			if c == '\\' {
				var text string
				if json.Unmarshal(w, &text) != nil {
					return "", s.bad("a text has an escape that there is not")
				}
				return text, nil
			}
		}
		return string(w[1 : len(w)-1]), nil
	case string(w) == "null":
		return "", nil
	}
	return string(w), nil
}
