package record

import (
	"strconv"
	"testing"
)

func sample() Record {
	at, _ := ParseTime("2018-03-01")
	return Record{Key: "20180001", When: at, Place: Place{Known: true, Lon: 127.055971939683, Lat: 37.5132371585627},
		Values: []Value{TextOf("서울특별시 강남구 삼성동 147-2앞 (봉은사로 86길)"), IntegerOf(3), NumberOf(1.5), {Type: Date, Text: "2018-03-06"}, CodeOf("open"), BoolOf(true)}}
}

func BenchmarkAppendRow(b *testing.B) {
	d, r := things(b), sample()
	var row []byte
	b.ReportAllocs()
	for b.Loop() {
		row = AppendRow(row[:0], d, &r)
	}
	b.SetBytes(int64(len(row)))
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkParseRow(b *testing.B) {
	d, r := things(b), sample()
	row := AppendRow(nil, d, &r)
	var back Record
	b.SetBytes(int64(len(row)))
	b.ReportAllocs()
	for b.Loop() {
		if err := ParseRow(d, row, &back); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkDecodeBatch(b *testing.B) {
	d := things(b)
	records := make([]Record, MaxRows)
	for i := range records {
		records[i] = sample()
		records[i].Key = strconv.Itoa(i)
	}
	body, err := EncodeBatch(d, records)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := DecodeBatch(body, lookup(d)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*MaxRows/b.Elapsed().Seconds(), "rows/s")
}

func TestAppendRowDoesNotAllocate(t *testing.T) {
	d, r := things(t), sample()
	row := make([]byte, 0, 1024)
	if n := testing.AllocsPerRun(100, func() { row = AppendRow(row[:0], d, &r) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
