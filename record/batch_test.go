package record

import (
	"strconv"
	"strings"
	"testing"

	"accord/internal/fault"
)

func TestDecodeBatchRefuses(t *testing.T) {
	d := things(t)
	body := `{"dataset":"test/things","version":3,"rows":2}` + "\n" + `{"key":"a","values":{}}` + "\n" + `{"key":"b","values":{}}` + "\n"
	if b, err := DecodeBatch([]byte(body), lookup(d)); err != nil || string(b.Rows[1]) != `{"key":"b","values":{}}` || b.Records[1].Key != "b" {
		t.Fatalf("%v, %v", b, err)
	}
	for name, c := range map[string]struct{ old, new, why string }{
		"nothing":           {body, "", "no end"},
		"no head":           {`{"dataset"`, `{"data"`, "head line"},
		"space in the head": {`,"version"`, `, "version"`, "head line"},
		"more in the head":  {`"rows":2}`, `"rows":2,"x":1}`, "head line"},
		"rows as a text":    {`"rows":2`, `"rows":"2"`, "head line"},
		"leading zero":      {`"version":3`, `"version":03`, "canonical"},
		"other dataset":     {"test/things", "test/other", "not known"},
		"hostile dataset":   {"test/things", "../../etc", "head line"},
		"other version":     {`"version":3`, `"version":4`, "not known"},
		"no rows":           {`"rows":2`, `"rows":0`, "between 1"},
		"too many rows":     {`"rows":2`, `"rows":10001`, "between 1"},
		"one row less":      {`"rows":2`, `"rows":3`, "says 3 rows"},
		"one row more":      {`"rows":2`, `"rows":1`, "says 1 rows"},
		"no newline at end": {"{}}\n" + `{"key":"b","values":{}}` + "\n", "{}}\n" + `{"key":"b","values":{}}`, "whole lines"},
		"key twice":         {`"key":"b"`, `"key":"a"`, "row 2"},
		"broken row":        {`"key":"b"`, `"key": "b"`, "row 2"},
		"empty line":        {"\n" + `{"key":"b"`, "\n\n" + `{"key":"b"`, "whole lines"},
	} {
		bad := strings.Replace(body, c.old, c.new, 1)
		if bad == body {
			t.Fatalf("%s: nothing was changed", name)
		}
		if _, err := DecodeBatch([]byte(bad), lookup(d)); err == nil || !strings.Contains(err.Error(), c.why) || fault.KindOf(err) == fault.Internal {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if _, err := DecodeBatch(make([]byte, MaxBatch+1), lookup(d)); err == nil || !strings.Contains(err.Error(), "longer") {
		t.Errorf("an over-long body: %v", err)
	}
}

func TestEncodeBatchRefuses(t *testing.T) {
	d := things(t)
	many := make([]Record, MaxRows+1)
	for i := range many {
		many[i].Key = strconv.Itoa(i)
	}
	long := make([]Record, 4000)
	for i := range long {
		long[i] = Record{Key: strconv.Itoa(i), Values: []Value{TextOf(strings.Repeat("x", MaxText))}}
	}
	for name, records := range map[string][]Record{
		"nothing": nil, "too many": many, "too long": long, "a bad record": {{Key: "a"}, {}}, "key twice": {{Key: "a"}, {Key: "a"}},
	} {
		if _, err := EncodeBatch(d, records); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: error %v", name, err)
		}
	}
	body, err := EncodeBatch(d, many[:MaxRows])
	if err != nil {
		t.Fatal(err)
	}
	if b, err := DecodeBatch(body, lookup(d)); err != nil || len(b.Rows) != MaxRows {
		t.Errorf("a full batch: %v", err)
	}
}
