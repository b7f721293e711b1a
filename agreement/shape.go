package agreement

import (
	"bytes"
	"fmt"
)

// Limits of shape. Real instruments nest five deep and hold a few hundred tables and lists; a parser's cost grows with the
// square of a dotted key's parts.
const (
	maxNesting  = 16
	maxDots     = 8
	maxBrackets = 8192 // that open; a table of a list has two
)

// checkShape bounds the number and nesting of brackets and the parts of dotted keys, and refuses a line that could be taken for a
// signature. It follows strings and comments just far enough not to count what stands in them.
func checkShape(text []byte) error {
	if i := bytes.Index(append([]byte("\n"), text...), []byte("\n— ")); i >= 0 {
		return bad(fmt.Sprintf("line %d", 1+bytes.Count(text[:i], []byte("\n"))), "a line begins like a signature", "begin the line with another character")
	}
	line, depth, dots, opened := 1, 0, 0, 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '\n':
			line, dots = line+1, 0
		case '#':
			for i+1 < len(text) && text[i+1] != '\n' {
				i++
			}
		case '"', '\'':
			end := stringEnd(text, i)
			line += bytes.Count(text[i:end], []byte("\n"))
			i = end - 1
		case '[', '{':
			depth++
			opened++
		case ']', '}':
			depth--
		case '.':
			dots++
		}
		if depth > maxNesting || dots > maxDots {
			return bad(fmt.Sprintf("line %d", line), "it is nested deeper than any instrument needs", "write it flatter")
		}
		if opened > maxBrackets {
			return bad(fmt.Sprintf("line %d", line), "it holds more tables and lists than any instrument needs", "divide the text")
		}
	}
	return nil
}

// stringEnd returns where the TOML string that begins at i ends; at the end of its line when it is not closed.
func stringEnd(text []byte, i int) int {
	quote := text[i]
	delim := []byte{quote}
	if i+2 < len(text) && text[i+1] == quote && text[i+2] == quote {
		delim = []byte{quote, quote, quote}
	}
	for j := i + len(delim); j < len(text); j++ {
		switch {
		case quote == '"' && text[j] == '\\':
			j++
		case len(delim) == 1 && text[j] == '\n':
			return j
		case bytes.HasPrefix(text[j:], delim):
			j += len(delim)
			for n := 0; len(delim) == 3 && n < 2 && j < len(text) && text[j] == quote; n++ {
				j++ // up to two quotes may stand before the closing three
			}
			return j
		}
	}
	return len(text)
}
