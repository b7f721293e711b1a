package agreement_test

import (
	"testing"

	"accord/agreement"
)

func BenchmarkParse(b *testing.B) {
	text := vector(b, "text.toml")
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := agreement.Parse(text); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	w := newWorld(b)
	file := vector(b, "signed.accord")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := agreement.Verify(file, w.lookup); err != nil {
			b.Fatal(err)
		}
	}
}
