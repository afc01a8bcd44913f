package vault

import (
	"encoding/binary"

	"kexin"
)

// A cell's ciphertext is
//
//	01 | suite | part | gen | nonce 12 | ct | tag 16
//
// and its additional data, which binds it to its place,
//
//	"kexin/cell/1" | header 4 | u64 org | u64 subject | u32 object | u32 field | u64 record
//
// big endian. A ciphertext moved to another merchant, person, record or field
// does not open. Putting back an older value of the same cell does: the
// ledger finds that, not the cipher.
const (
	cellLabel   = "kexin/cell/1"
	headerSize  = 4
	addrAt      = len(cellLabel) + headerSize + 8 + 8
	cellAADSize = addrAt + 4 + 4 + 8
)

// CellOverhead is how much longer a sealed cell is than its text, in bytes.
const CellOverhead = headerSize + overhead

// A CellAddr is where a cell stands inside the rows of the key's person.
type CellAddr struct {
	Object kexin.Object
	Field  kexin.FieldID
	Record kexin.ID
}

// A Header is what a ciphertext says of itself, before any key is used.
type Header struct {
	Suite Suite
	Part  Part
	Gen   uint8
}

// ParseHeader reads a cell's header, to choose the key that opens it. Errors:
// internal for an unknown version, suite or part.
func ParseHeader(sealed []byte) (Header, error) {
	if len(sealed) < CellOverhead || sealed[0] != version {
		return Header{}, fail("cell", ErrFormat)
	}
	h := Header{Suite: Suite(sealed[1]), Part: Part(sealed[2]), Gen: sealed[3]}
	if _, err := h.Suite.Engine(); err != nil {
		return Header{}, err
	}
	if h.Part != Data && h.Part != Evidence || h.Gen == 0 {
		return Header{}, fail("cell", ErrFormat)
	}
	return h, nil
}

// Part and Gen say which key of the person this is.
func (k *SubjectKey) Part() Part { return Part(k.header()[2]) }

// Gen is the generation of the key.
func (k *SubjectKey) Gen() uint8 { return k.header()[3] }

func (k *SubjectKey) header() []byte { return k.room[len(cellLabel) : len(cellLabel)+headerSize] }

// at completes the additional data.
func (k *SubjectKey) at(a CellAddr) []byte {
	binary.BigEndian.PutUint32(k.room[addrAt:], uint32(a.Object))
	binary.BigEndian.PutUint32(k.room[addrAt+4:], uint32(a.Field))
	binary.BigEndian.PutUint64(k.room[addrAt+8:], uint64(a.Record))
	return k.room[:cellAADSize]
}

// SealCell encrypts a value for one place.
func SealCell(k *SubjectKey, a CellAddr, plain []byte) []byte {
	return AppendSealed(make([]byte, 0, CellOverhead+len(plain)), k, a, plain)
}

// AppendSealed is SealCell into dst.
func AppendSealed(dst []byte, k *SubjectKey, a CellAddr, plain []byte) []byte {
	return k.aead.Seal(append(dst, k.header()...), nil, plain, k.at(a))
}

// OpenCell decrypts the value of one place. Errors: internal, wrapping
// ErrFormat for an unknown version or suite and ErrTampered for anything that
// does not open with this key there.
func OpenCell(k *SubjectKey, a CellAddr, sealed []byte) ([]byte, error) {
	n := max(0, len(sealed)-CellOverhead)
	return AppendOpened(make([]byte, 0, n), k, a, sealed)
}

// AppendOpened is OpenCell into dst; on error dst comes back as it was.
func AppendOpened(dst []byte, k *SubjectKey, a CellAddr, sealed []byte) ([]byte, error) {
	if len(sealed) < CellOverhead || string(sealed[:headerSize]) != string(k.header()) {
		return dst, k.foreign(sealed)
	}
	out, err := k.aead.Open(dst, nil, sealed[headerSize:], k.at(a))
	if err != nil {
		return dst, fail("cell", ErrTampered)
	}
	return out, nil
}

// foreign says why a header is not this key's.
func (k *SubjectKey) foreign(sealed []byte) error {
	if _, err := ParseHeader(sealed); err != nil {
		return err
	}
	return fail("cell", ErrTampered)
}
