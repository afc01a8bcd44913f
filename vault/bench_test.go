package vault

import (
	"bytes"
	"io"
	"testing"

	"kexin"
)

func BenchmarkSealCell(b *testing.B) {
	_, k := newSubject(b, newRing(b, 1), 2, Data, 1)
	plain, dst := make([]byte, 64), make([]byte, 0, 64+CellOverhead)
	for b.Loop() {
		dst = AppendSealed(dst[:0], k, CellAddr{kexin.Customer, kexin.CustName, 3}, plain)
	}
}

func BenchmarkOpenCell(b *testing.B) {
	_, k := newSubject(b, newRing(b, 1), 2, Data, 1)
	a := CellAddr{kexin.Customer, kexin.CustName, 3}
	cell, dst := SealCell(k, a, make([]byte, 64)), make([]byte, 0, 64)
	for b.Loop() {
		var err error
		if dst, err = AppendOpened(dst[:0], k, a, cell); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNewSubjectKey(b *testing.B) {
	r := newRing(b, 1)
	for b.Loop() {
		if _, _, err := NewSubjectKey(r, 2, Data, 1); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpenSubjectKey(b *testing.B) {
	r := newRing(b, 1)
	w, _ := newSubject(b, r, 2, Data, 1)
	for b.Loop() {
		if _, err := OpenSubjectKey(r, w); err != nil {
			b.Fatal(err)
		}
	}
}

// A page of 50 persons with five sealed cells each, as a list scans it.
func BenchmarkPage50(b *testing.B) {
	r := newRing(b, 1)
	var rows [50]WrappedKey
	var cells [50][5][]byte
	for i := range rows {
		w, k := newSubject(b, r, kexin.ID(i+1), Data, 1)
		rows[i] = w
		for f := range cells[i] {
			cells[i][f] = SealCell(k, CellAddr{kexin.Customer, kexin.FieldID(1000 + f), kexin.ID(i + 1)}, []byte("浙江省温州市乐清市柳市镇"))
		}
	}
	dst := make([]byte, 0, 256)
	for b.Loop() {
		for i := range rows {
			k, err := OpenSubjectKey(r, rows[i])
			if err != nil {
				b.Fatal(err)
			}
			for f := range cells[i] {
				if dst, err = AppendOpened(dst[:0], k, CellAddr{kexin.Customer, kexin.FieldID(1000 + f), kexin.ID(i + 1)}, cells[i][f]); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
}

func BenchmarkIndex(b *testing.B) {
	r := newRing(b, 1)
	for b.Loop() {
		Index(r, kexin.KeyPhone, "+8613800138000")
	}
}

func BenchmarkToken(b *testing.B) {
	r := newRing(b, 1)
	for b.Loop() {
		Token(r, "王芳")
	}
}

func BenchmarkRowMAC(b *testing.B) {
	r, row, leaf := newRing(b, 1), NewRow("consent").ID(1).ID(2).Text("marketing.own.sms").Int(3), [32]byte{1}
	code := RowMAC(r, row, leaf)
	for b.Loop() {
		if !CheckRow(r, row, leaf, code[:]) {
			b.Fatal()
		}
	}
}

func BenchmarkStageWrite(b *testing.B) {
	key, part := NewKey(), text(32<<10)
	w, err := NewStageWriter(io.Discard, key[:])
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(part)))
	for b.Loop() {
		if _, err := w.Write(part); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkStageRead(b *testing.B) {
	key := NewKey()
	file := stageOf(b, key[:], text(1<<20))
	s, err := OpenStage(bytes.NewReader(file), int64(len(file)), key[:])
	if err != nil {
		b.Fatal(err)
	}
	p := make([]byte, 4096)
	b.SetBytes(4096)
	var off int64
	for b.Loop() {
		if _, err := s.ReadAt(p, off); err != nil {
			b.Fatal(err)
		}
		off = (off + 4096) % (1 << 20)
	}
}
