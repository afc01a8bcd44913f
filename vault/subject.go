package vault

import (
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"

	"kexin"
)

// A Part says which of a person's two keys: one that dies at erasure, one that
// keeps what the law obliges to keep. There is no third.
type Part uint8

// The parts. The numbers stand in ciphertexts: never reuse one.
const (
	Data     Part = 1 // 资料: dies when the person is erased
	Evidence Part = 2 // 凭证: consent proof, provision record, ledger bodies; dies at its floor (law.md §6)
	orgPart  Part = 3 // not a person's: sealed under the merchant's org key
)

// WrappedSize is the length of a wrapped key of a person: nonce, key, tag.
const WrappedSize = overhead + KeySize

// A WrappedKey is one row of subject_key. Deleting it makes everything that it
// opened unreadable: that is erasure 删除.
type WrappedKey struct {
	Org     kexin.ID
	Subject kexin.ID
	Part    Part
	Gen     uint8 // from 1; a rekey makes the next
	WrapVer Version
	Wrapped []byte // WrappedSize bytes
}

// A SubjectKey opens the cells of one person, part and generation. It lives
// for one request and is never cached, so that an erased person is unreadable
// at once on every node. It holds scratch room: not for concurrent use.
type SubjectKey struct {
	aead cipher.AEAD
	room room // the first cellAADSize bytes: label, header, org and subject are fixed
}

// A room holds a bare key and the AAD of its wrapping, or later the AAD of a
// cell: what would otherwise be allocated for every row of a page.
type room [KeySize + wrapAADSize]byte

// NewSubjectKey draws a key for a person and wraps it with the ring's active
// wrap key.
func NewSubjectKey(r *Ring, subject kexin.ID, part Part, gen uint8) (WrappedKey, *SubjectKey, error) {
	w := WrappedKey{Org: r.org, Subject: subject, Part: part, Gen: gen}
	if err := w.check(r); err != nil {
		return WrappedKey{}, nil, err
	}
	k := &SubjectKey{}
	key := k.room[:KeySize]
	rand.Read(key)
	w.wrap(r, key)
	err := k.arm(r.suite, r.engine, w, key)
	return w, k, err
}

// OpenSubjectKey unwraps a row. Errors: internal.
func OpenSubjectKey(r *Ring, w WrappedKey) (*SubjectKey, error) {
	k := &SubjectKey{}
	if err := k.Open(r, &w); err != nil {
		return nil, err
	}
	return k, nil
}

// Open is OpenSubjectKey in the place of another person's key, which is gone
// whatever comes of it.
func (k *SubjectKey) Open(r *Ring, w *WrappedKey) error {
	*k = SubjectKey{}
	key, err := w.unwrap(r, &k.room)
	if err != nil {
		return err
	}
	return k.arm(r.suite, r.engine, *w, key)
}

// RewrapSubjectKey wraps the same key with the ring's active wrap key: what
// the job of a rotation does, row by row. Cells stay as they are.
func RewrapSubjectKey(r *Ring, w WrappedKey) (WrappedKey, error) {
	var in room
	key, err := w.unwrap(r, &in)
	if err != nil {
		return WrappedKey{}, err
	}
	w.wrap(r, key)
	clear(in[:])
	return w, nil
}

func (w *WrappedKey) check(r *Ring) error {
	if w.Org != r.org || w.Subject <= 0 || w.Gen == 0 || w.Part != Data && w.Part != Evidence {
		return fail("subject", ErrFormat)
	}
	return nil
}

func (w *WrappedKey) wrap(r *Ring, key []byte) {
	k := r.active[UseWrap]
	w.WrapVer = k.ver
	aad := wrapAAD(uint8(w.Part), uint32(w.Gen), w.Org, w.Subject)
	w.Wrapped = k.aead.Seal(make([]byte, 0, WrappedSize), nil, key, aad)
}

// unwrap opens the row into the first half of in.
func (w *WrappedKey) unwrap(r *Ring, in *room) ([]byte, error) {
	if err := w.check(r); err != nil {
		return nil, err
	}
	if len(w.Wrapped) != WrappedSize {
		return nil, fail("subject", ErrFormat)
	}
	k, err := r.find(UseWrap, w.WrapVer)
	if err != nil {
		return nil, err
	}
	aad := appendWrapAAD(in[KeySize:KeySize], uint8(w.Part), uint32(w.Gen), w.Org, w.Subject)
	key, err := k.aead.Open(in[:0:KeySize], nil, w.Wrapped, aad)
	if err != nil {
		return nil, fail("subject", ErrTampered)
	}
	return key, nil
}

// arm makes the cipher, wipes the key and lays down the fixed part of the AAD.
// key may lie in k.room.
func (k *SubjectKey) arm(s Suite, e Engine, w WrappedKey, key []byte) error {
	var err error
	if k.aead, err = e.AEAD(key); err != nil {
		return err
	}
	clear(key)
	b := append(k.room[:0], cellLabel...)
	b = append(b, version, byte(s), byte(w.Part), w.Gen)
	b = binary.BigEndian.AppendUint64(b, uint64(w.Org))
	binary.BigEndian.AppendUint64(b, uint64(w.Subject))
	return nil
}
