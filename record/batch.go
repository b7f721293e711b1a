package record

import (
	"bytes"
	"fmt"
	"strconv"

	"accord/internal/fault"
)

// The bounds of a batch.
const (
	MaxRows  = 10_000  // rows of one batch
	MaxBatch = 4 << 20 // bytes of one batch's body
)

// A Batch is records of one dataset that travel together. Its body is a head line and one canonical row per line, each
// line ended by a newline:
//
//	{"dataset":"safety/subsidence","version":1,"rows":2}
//	{"key":"20180001",…}
//	{"key":"20180002",…}
type Batch struct {
	Dataset *Dataset
	Records []Record
	Rows    [][]byte // the canonical row of each record, parts of the body
	Origin  *Origin  // whose records they are, where not the sender's own
}

// EncodeBatch writes the body of a batch with these records, in this order. A batch has 1 to MaxRows records, no key
// twice, and at most MaxBatch bytes.
func EncodeBatch(d *Dataset, records []Record) ([]byte, error) { return encodeBatch(d, records, nil) }

func encodeBatch(d *Dataset, records []Record, o *Origin) ([]byte, error) {
	if d.Kind != Records {
		return nil, batchFault("%s holds no records", d.Name)
	}
	if len(records) == 0 || len(records) > MaxRows {
		return nil, batchFault("it would have %d rows, not between 1 and %d", len(records), MaxRows)
	}
	b := appendHead(nil, d, len(records), o)
	keys := make(map[string]int, len(records))
	for i := range records {
		r := &records[i]
		if problems := d.check(r); problems != nil {
			return nil, batchFault("%s", problems[0]).At(rowName(i))
		}
		if first, twice := keys[r.Key]; twice {
			return nil, batchFault("its key is also that of %s", rowName(first)).At(rowName(i))
		}
		keys[r.Key] = i
		if b = append(AppendRow(b, d, r), '\n'); len(b) > MaxBatch {
			return nil, batchFault("it would be longer than %d bytes", MaxBatch).At(rowName(i))
		}
	}
	return b, nil
}

// DecodeBatch reads a body that another wrote. It refuses everything that EncodeBatch would not have written, and a
// dataset that lookup does not know; the fault names the row.
func DecodeBatch(body []byte, lookup Lookup) (*Batch, error) {
	if len(body) > MaxBatch {
		return nil, batchFault("it is longer than %d bytes", MaxBatch)
	}
	head, rest, ok := bytes.Cut(body, []byte{'\n'})
	if !ok {
		return nil, batchFault("its head line has no end")
	}
	d, n, origin, err := parseHead(head, lookup)
	if err != nil {
		return nil, err
	}
	if got := bytes.Count(rest, []byte{'\n'}); got != n || len(rest) == 0 || rest[len(rest)-1] != '\n' {
		return nil, batchFault("its head says %d rows and it has %d whole lines", n, got)
	}
	batch := &Batch{Dataset: d, Records: make([]Record, n), Rows: make([][]byte, n), Origin: origin}
	keys := make(map[string]int, n)
	for i := range n {
		batch.Rows[i], rest, _ = bytes.Cut(rest, []byte{'\n'})
		r := &batch.Records[i]
		if why := parseRow(d, batch.Rows[i], r); why != "" {
			return nil, batchFault("%s", why).At(rowName(i))
		}
		if first, twice := keys[r.Key]; twice {
			return nil, batchFault("its key is also that of %s", rowName(first)).At(rowName(i))
		}
		keys[r.Key] = i
	}
	return batch, nil
}

func appendHead(b []byte, d *Dataset, rows int, o *Origin) []byte {
	b = append(append(b, `{"dataset":"`...), d.Name...)
	b = strconv.AppendInt(append(b, `","version":`...), int64(d.Version), 10)
	b = strconv.AppendInt(append(b, `,"rows":`...), int64(rows), 10)
	return append(o.append(b), "}\n"...)
}

// parseHead reads the head line and finds its dataset.
func parseHead(head []byte, lookup Lookup) (*Dataset, int, *Origin, error) {
	plain, origin, why := cutOrigin(head)
	if why != "" {
		return nil, 0, nil, batchFault("%s", why)
	}
	p := parser{b: plain}
	p.want(`{"dataset":`)
	name := p.text()
	p.want(`,"version":`)
	version, _ := strconv.Atoi(string(p.digits()))
	p.want(`,"rows":`)
	rows, _ := strconv.Atoi(string(p.digits()))
	if p.want("}"); p.why != "" || p.i != len(plain) || !isDatasetName(name) {
		return nil, 0, nil, batchFault("its head line is not a head line")
	}
	if rows < 1 || rows > MaxRows {
		return nil, 0, nil, batchFault("its head does not say between 1 and %d rows", MaxRows)
	}
	d, err := find(lookup, name, version, Records)
	if err != nil {
		return nil, 0, nil, err
	}
	if !bytes.Equal(append(head[:len(head):len(head)], '\n'), appendHead(nil, d, rows, origin)) {
		return nil, 0, nil, batchFault("its head line is not in canonical form")
	}
	return d, rows, origin, nil
}

// find returns the description that a batch of a kind names.
func find(lookup Lookup, name string, version int, kind Kind) (*Dataset, error) {
	d, ok := lookup(name, version)
	if !ok || d.Name != name || d.Version != version {
		return nil, fault.New(fault.NotFound, "batch", fmt.Sprintf("dataset %s version %d is not known here", clip(name), version),
			"update the node, then read the batch again")
	}
	if d.Kind != kind {
		return nil, batchFault("dataset %s does not hold what it brings", d.Name)
	}
	return d, nil
}

func batchFault(format string, args ...any) *fault.Fault {
	return fault.New(fault.Invalid, "batch", fmt.Sprintf(format, args...), "have the sender make it again")
}

func rowName(i int) string { return "row " + strconv.Itoa(i+1) }
