package vault

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"kexin"

	"pgregory.net/rapid"
)

func stageOf(t testing.TB, key []byte, text []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := NewStageWriter(&out, key)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// readStage opens and reads everything, as an importer would.
func readStage(file, key []byte) ([]byte, error) {
	s, err := OpenStage(bytes.NewReader(file), int64(len(file)), key)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.NewSectionReader(s, 0, s.Size()))
}

func text(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i>>8)
	}
	return b
}

func TestStageSizes(t *testing.T) {
	key := NewKey()
	for _, n := range []int{0, 1, stageChunk - 1, stageChunk, stageChunk + 1, 3*stageChunk - 1, 3 * stageChunk, 3*stageChunk + 5} {
		file := stageOf(t, key[:], text(n))
		got, err := readStage(file, key[:])
		if err != nil || !bytes.Equal(got, text(n)) {
			t.Errorf("%d: %d bytes, %v", n, len(got), err)
		}
		if bytes.Contains(file, text(64)) && n > 64 {
			t.Error("clear text in the file")
		}
	}
}

// Reading at any offset gives what a plain reader would; writing in any
// pieces gives the same text.
func TestStageReadAt(t *testing.T) {
	key, want := NewKey(), text(2*stageChunk+777)
	rapid.Check(t, func(rt *rapid.T) {
		var out bytes.Buffer
		w, err := NewStageWriter(&out, key[:])
		if err != nil {
			rt.Fatal(err)
		}
		for rest := want; len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(rt, "piece")
			if k, err := w.Write(rest[:n]); k != n || err != nil {
				rt.Fatal(k, err)
			}
			rest = rest[n:]
		}
		if err := w.Close(); err != nil {
			rt.Fatal(err)
		}
		s, err := OpenStage(bytes.NewReader(out.Bytes()), int64(out.Len()), key[:])
		if err != nil || s.Size() != int64(len(want)) {
			rt.Fatal(err)
		}
		plain := bytes.NewReader(want)
		for range 5 {
			off := rapid.Int64Range(0, int64(len(want))+10).Draw(rt, "off")
			p := make([]byte, rapid.IntRange(0, stageChunk+100).Draw(rt, "len"))
			q := make([]byte, len(p))
			n, err := s.ReadAt(p, off)
			m, err2 := plain.ReadAt(q, off)
			if n != m || (err == io.EOF) != (err2 == io.EOF) && len(p) > 0 || !bytes.Equal(p[:n], q[:m]) {
				rt.Fatalf("at %d of %d: %d %v, want %d %v", off, len(p), n, err, m, err2)
			}
		}
	})
	s, err := OpenStage(bytes.NewReader(stageOf(t, key[:], want)), int64(len(stageOf(t, key[:], want))), key[:])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.ReadAt(make([]byte, 1), -1); err == nil {
		t.Error("read before the beginning")
	}
}

func TestStageTampered(t *testing.T) {
	key, other := NewKey(), NewKey()
	file := stageOf(t, key[:], text(3*stageChunk+100))
	chunk := func(i int) []byte {
		return file[stageHead+i*stageSealed : min(len(file), stageHead+(i+1)*stageSealed)]
	}
	join := func(parts ...[]byte) []byte { return bytes.Join(append([][]byte{file[:stageHead]}, parts...), nil) }
	second := stageOf(t, key[:], text(3*stageChunk+100))
	for name, bad := range map[string][]byte{
		"cut in a chunk":          file[:len(file)-1],
		"cut at a chunk":          file[:len(file)-len(chunk(3))],
		"cut to one chunk":        join(chunk(0)),
		"cut to the header":       file[:stageHead],
		"empty":                   nil,
		"only a tag":              file[:stageHead+tagSize],
		"exchanged":               join(chunk(1), chunk(0), chunk(2), chunk(3)),
		"repeated":                join(chunk(0), chunk(0), chunk(2), chunk(3)),
		"left out":                join(chunk(0), chunk(2), chunk(3)),
		"appended":                join(chunk(0), chunk(1), chunk(2), chunk(3), chunk(0)),
		"last chunk twice":        join(chunk(0), chunk(1), chunk(2), chunk(3), chunk(3)),
		"bytes appended":          append(bytes.Clone(file), 0),
		"from another file":       join(second[stageHead:stageHead+stageSealed], chunk(1), chunk(2), chunk(3)),
		"header of another file":  append(bytes.Clone(second[:stageHead]), file[stageHead:]...),
		"header: magic":           append([]byte("X"), file[1:]...),
		"header: version":         append(append([]byte(stageMagic), 2), file[8:]...),
		"header: suite":           append(append([]byte(stageMagic), 1, 2), file[9:]...),
		"header: room for more":   append(append([]byte(stageMagic), 1, 1, 1), file[10:]...),
		"full chunks but no last": join(chunk(0), chunk(1), chunk(2)),
	} {
		if _, err := readStage(bad, key[:]); kexin.CodeOf(err) != kexin.Internal {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := readStage(file, other[:]); !errors.Is(err, ErrTampered) {
		t.Error("another key:", err)
	}
	if _, err := readStage(file, key[:31]); !errors.Is(err, ErrFormat) {
		t.Error("short key:", err)
	}
	for i := 0; i < len(file); i += 997 {
		bad := bytes.Clone(file)
		bad[i] ^= 0x10
		if _, err := readStage(bad, key[:]); err == nil {
			t.Fatalf("byte %d was flipped and nobody saw it", i)
		}
	}
}

type brokenWriter struct{ left int }

func (w *brokenWriter) Write(p []byte) (int, error) {
	if w.left -= len(p); w.left < 0 {
		return 0, errors.New("disk full")
	}
	return len(p), nil
}

func TestStageWriteFails(t *testing.T) {
	key := NewKey()
	if _, err := NewStageWriter(&brokenWriter{left: 5}, key[:]); kexin.CodeOf(err) != kexin.Unavailable {
		t.Error(err)
	}
	if _, err := NewStageWriter(io.Discard, key[:5]); !errors.Is(err, ErrFormat) {
		t.Error(err)
	}
	w, err := NewStageWriter(&brokenWriter{left: stageHead + stageSealed + 10}, key[:])
	if err != nil {
		t.Fatal(err)
	}
	if n, err := w.Write(text(3 * stageChunk)); kexin.CodeOf(err) != kexin.Unavailable || n == 3*stageChunk {
		t.Error(n, err)
	}
	if err := w.Close(); kexin.CodeOf(err) != kexin.Unavailable {
		t.Error(err)
	}
	if w, err = NewStageWriter(io.Discard, key[:]); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if _, err := w.Write([]byte("x")); err == nil {
		t.Error("wrote after Close")
	}
	if err := w.Close(); err == nil {
		t.Error("closed twice")
	}
}

type brokenReader struct{ *bytes.Reader }

func (r brokenReader) ReadAt(p []byte, off int64) (int, error) {
	if off > stageHead && off < stageHead+2*stageSealed {
		return 0, errors.New("bad sector")
	}
	return r.Reader.ReadAt(p, off)
}

func TestStageReadFails(t *testing.T) {
	key := NewKey()
	file := stageOf(t, key[:], text(3*stageChunk))
	s, err := OpenStage(brokenReader{bytes.NewReader(file)}, int64(len(file)), key[:])
	if err != nil {
		t.Fatal(err)
	}
	p := make([]byte, 100)
	if n, err := s.ReadAt(p, stageChunk-10); n != 10 || kexin.CodeOf(err) != kexin.Unavailable {
		t.Error(n, err)
	}
	if n, err := s.ReadAt(p, 2*stageChunk); n != 100 || err != nil {
		t.Error("what can be read is not read:", n, err)
	}
}
