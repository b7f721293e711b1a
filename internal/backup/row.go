package backup

import (
	"encoding/binary"
	"fmt"
	"math"
	"unicode/utf8"
)

// Kinds of values.
const (
	isNull byte = iota
	isInt
	isText
	isBytes
	isFloat
	isFalse
	isTrue
)

// appendValue appends a value of a row as it is written.
func appendValue(b []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(b, isNull), nil
	case int64:
		return binary.AppendVarint(append(b, isInt), v), nil
	case string:
		b = binary.AppendUvarint(append(b, isText), uint64(len(v)))
		return append(b, v...), nil
	case []byte:
		b = binary.AppendUvarint(append(b, isBytes), uint64(len(v)))
		return append(b, v...), nil
	case float64:
		return binary.BigEndian.AppendUint64(append(b, isFloat), math.Float64bits(v)), nil
	case bool:
		if v {
			return append(b, isTrue), nil
		}
		return append(b, isFalse), nil
	}
	return nil, fmt.Errorf("a column holds a %T, which a backup has no form for", v)
}

// readValue reads one value from b and returns what follows. Bytes are copied.
func readValue(b []byte) (v any, rest []byte, err error) {
	if len(b) == 0 {
		return nil, nil, damaged("a row ends too early")
	}
	kind, b := b[0], b[1:]
	switch kind {
	case isNull:
		return nil, b, nil
	case isFalse, isTrue:
		return kind == isTrue, b, nil
	case isInt:
		n, size := binary.Varint(b)
		if size <= 0 {
			return nil, nil, damaged("a number in a row cannot be read")
		}
		return n, b[size:], nil
	case isFloat:
		if len(b) < 8 {
			return nil, nil, damaged("a row ends too early")
		}
		return math.Float64frombits(binary.BigEndian.Uint64(b)), b[8:], nil
	case isText, isBytes:
		n, size := binary.Uvarint(b)
		if size <= 0 || n > uint64(len(b)-size) {
			return nil, nil, damaged("a row ends too early")
		}
		b, rest = b[size:size+int(n)], b[size+int(n):]
		if kind == isBytes {
			return append([]byte{}, b...), rest, nil
		}
		if !utf8.Valid(b) {
			return nil, nil, damaged("a text in it is not UTF-8")
		}
		return string(b), rest, nil
	}
	return nil, nil, damaged("a row holds a value of no known kind")
}
