package exchange_test

import (
	"testing"

	"accord/exchange"
)

func BenchmarkOpenReceipt(b *testing.B) {
	east, west := newCity(b, "east"), newCity(b, "west")
	data := newHistory(b, east, west, 1000).receipt(b, 1000, 700)
	for b.Loop() {
		if _, err := exchange.OpenReceipt(data, cards(east, west)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(data)), "bytes")
}

func BenchmarkBundle(b *testing.B) {
	east, west := newCity(b, "east"), newCity(b, "west")
	log, other := newHistory(b, east, west, 1000), newHistory(b, west, east, 3)
	for b.Loop() {
		plain, err := log.bundle(b, 0, 1000, other, 3).Encode()
		if err != nil {
			b.Fatal(err)
		}
		sealed, err := exchange.Seal(plain, west.card)
		if err != nil {
			b.Fatal(err)
		}
		if plain, err = exchange.Unseal(sealed, west.sealing); err != nil {
			b.Fatal(err)
		}
		if _, err := exchange.DecodeBundle(plain); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(1000*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
}

func BenchmarkParseHeader(b *testing.B) {
	east, west := newCity(b, "east"), newCity(b, "west")
	raw := newHistory(b, east, west, 1).entries[0].Raw
	b.ReportAllocs()
	for b.Loop() {
		if _, err := exchange.ParseHeader(raw); err != nil {
			b.Fatal(err)
		}
	}
}
