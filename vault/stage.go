package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"

	"kexin"
)

// A stage file holds an upload until it is imported or refused (A14), so that
// the disk never sees it in clear:
//
//	"KXSTAGE" | 01 | suite | 0 0 0 0 0 0 0 | salt 16 | chunks
//
// Each chunk is 64 KiB of text, the last one shorter or full, with a tag of
// 16 behind it, sealed by AES-256-GCM under HKDF-SHA-256(batch key, salt,
// "kexin/stage/1" ‖ header) with the nonce u88 chunk number ‖ u8 last. That is
// the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015): chunks
// cannot be cut off, added, exchanged or taken from another file.
const (
	stageMagic  = "KXSTAGE"
	stageHead   = 32
	stageChunk  = 64 << 10
	stageSealed = stageChunk + tagSize
)

var errStageClosed = errors.New("stage file is closed")

// A StageWriter encrypts what is written to it. Close writes the last chunk;
// without it the file does not open.
type StageWriter struct {
	w     io.Writer
	aead  cipher.AEAD
	buf   []byte // text of the current chunk
	out   []byte
	chunk uint64
	err   error
}

// NewStageWriter writes the header and gives the writer. key is the batch's
// own, of KeySize bytes; keep it sealed by SealOrg and delete it first when
// the batch is refused or done.
func NewStageWriter(w io.Writer, key []byte) (*StageWriter, error) {
	head := make([]byte, stageHead)
	copy(head, stageMagic)
	head[len(stageMagic)], head[len(stageMagic)+1] = version, byte(INTL)
	rand.Read(head[16:])
	a, err := stageAEAD(key, head)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(head); err != nil {
		return nil, stageIO(err)
	}
	return &StageWriter{w: w, aead: a, buf: make([]byte, 0, stageChunk), out: make([]byte, 0, stageSealed)}, nil
}

func stageAEAD(key, head []byte) (cipher.AEAD, error) {
	if len(key) != KeySize {
		return nil, fail("stage", ErrFormat)
	}
	sub, err := hkdf.Key(sha256.New, key, head[16:], "kexin/stage/1"+string(head[:16]), KeySize)
	if err != nil {
		return nil, fail("stage", err)
	}
	defer clear(sub)
	block, err := aes.NewCipher(sub)
	if err != nil {
		return nil, fail("stage", err)
	}
	return cipher.NewGCM(block)
}

// Write encrypts p. Errors: unavailable, as of the writer below.
func (s *StageWriter) Write(p []byte) (int, error) {
	n := 0
	for len(p) > 0 && s.err == nil {
		if len(s.buf) == stageChunk { // more follows, so this one is not the last
			s.flush(false)
			continue
		}
		k := min(len(p), stageChunk-len(s.buf))
		s.buf = append(s.buf, p[:k]...)
		p, n = p[k:], n+k
	}
	return n, s.err
}

// Close writes the last chunk. It does not close the writer below.
func (s *StageWriter) Close() error {
	if s.err != nil {
		return s.err
	}
	s.flush(true)
	err := s.err
	if err == nil {
		s.err = errStageClosed
	}
	return err
}

func (s *StageWriter) flush(last bool) {
	nonce := stageNonce(s.chunk, last)
	s.out = s.aead.Seal(s.out[:0], nonce[:], s.buf, nil)
	clear(s.buf)
	s.buf, s.chunk = s.buf[:0], s.chunk+1
	if _, err := s.w.Write(s.out); err != nil {
		s.err = stageIO(err)
	}
}

func stageNonce(chunk uint64, last bool) (n [nonceSize]byte) {
	binary.BigEndian.PutUint64(n[3:], chunk)
	if last {
		n[nonceSize-1] = 1
	}
	return n
}

func stageIO(err error) error {
	return &kexin.Error{Op: "vault.stage", Code: kexin.Unavailable, Err: err}
}
