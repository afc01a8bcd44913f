package sample

import (
	"io"
	"testing"
)

func BenchmarkList(b *testing.B) {
	s := New(1, today)
	for b.Loop() {
		if err := s.WriteList(io.Discard, 1000, []string{"陈晓雯"}); err != nil {
			b.Fatal(err)
		}
	}
}
