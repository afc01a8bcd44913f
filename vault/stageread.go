package vault

import (
	"crypto/cipher"
	"io"
	"sync"
)

// A Stage is an opened stage file: its clear text at any offset. Safe for
// concurrent use. It keeps one chunk decrypted, which makes reading forward
// cheap.
type Stage struct {
	r      io.ReaderAt
	aead   cipher.AEAD
	chunks int64
	last   int64 // length of the last chunk's text

	mu   sync.Mutex
	at   int64 // chunk in text, -1 for none
	text []byte
	in   []byte
}

// OpenStage opens a stage file of the given length. It decrypts the last
// chunk, so a file that was cut, continued or never closed is refused here;
// damage elsewhere is an error of the read that meets it. Errors: internal,
// and unavailable where r fails.
func OpenStage(r io.ReaderAt, size int64, key []byte) (*Stage, error) {
	chunks, last, ok := stageShape(size)
	if !ok {
		return nil, fail("stage", ErrFormat)
	}
	head := make([]byte, stageHead)
	if _, err := r.ReadAt(head, 0); err != nil && err != io.EOF {
		return nil, stageIO(err)
	}
	if err := checkStageHead(head); err != nil {
		return nil, err
	}
	a, err := stageAEAD(key, head)
	if err != nil {
		return nil, err
	}
	s := &Stage{r: r, aead: a, chunks: chunks, last: last, at: -1, text: make([]byte, 0, stageChunk), in: make([]byte, stageSealed)}
	return s, s.load(chunks - 1)
}

// stageShape is the number of chunks and the last one's text, by the size of
// the file. Only an empty file has an empty last chunk.
func stageShape(size int64) (chunks, last int64, ok bool) {
	body := size - stageHead
	if body < tagSize {
		return 0, 0, false
	}
	chunks = (body + stageSealed - 1) / stageSealed
	last = body - (chunks-1)*stageSealed - tagSize
	return chunks, last, last > 0 || last == 0 && chunks == 1
}

func checkStageHead(head []byte) error {
	n := len(stageMagic)
	if string(head[:n]) != stageMagic || head[n] != version || Suite(head[n+1]) != INTL {
		return fail("stage", ErrFormat)
	}
	for _, b := range head[n+2 : 16] {
		if b != 0 {
			return fail("stage", ErrFormat)
		}
	}
	return nil
}

// Size is the length of the clear text.
func (s *Stage) Size() int64 { return (s.chunks-1)*stageChunk + s.last }

// ReadAt reads clear text (io.ReaderAt). Besides io.EOF its errors are
// OpenStage's.
func (s *Stage) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, fail("stage", ErrFormat)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for n < len(p) && off < s.Size() {
		if err := s.load(off / stageChunk); err != nil {
			return n, err
		}
		k := copy(p[n:], s.text[off%stageChunk:])
		n, off = n+k, off+int64(k)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// load decrypts a chunk unless it is the one at hand.
func (s *Stage) load(chunk int64) error {
	if s.at == chunk {
		return nil
	}
	size, isLast := int64(stageChunk), chunk == s.chunks-1
	if isLast {
		size = s.last
	}
	in := s.in[:size+tagSize]
	if n, err := s.r.ReadAt(in, stageHead+chunk*stageSealed); n < len(in) {
		return stageIO(err)
	}
	s.at = -1
	nonce := stageNonce(uint64(chunk), isLast)
	text, err := s.aead.Open(s.text[:0], nonce[:], in, nil)
	if err != nil {
		return fail("stage", ErrTampered)
	}
	s.text, s.at = text, chunk
	return nil
}
