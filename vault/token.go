package vault

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"

	"kexin"
)

// A Sealer makes short sealed texts that go out to a browser and come back:
// list cursors and the like. What is inside cannot be read or changed there.
// Safe for concurrent use.
type Sealer struct {
	suite Suite
	aead  cipher.AEAD
}

// NewSealer makes a sealer of a key of KeySize bytes.
func NewSealer(s Suite, key []byte) (*Sealer, error) {
	e, err := s.Engine()
	if err != nil {
		return nil, err
	}
	a, err := e.AEAD(key)
	if err != nil {
		return nil, err
	}
	return &Sealer{suite: s, aead: a}, nil
}

// Sealer makes a sealer for one label out of the ring's active org key
// (HKDF-SHA-256, RFC 5869), the same each time. Use the server's own ring, org 0,
// for cursors.
func (r *Ring) Sealer(label Label) (*Sealer, error) {
	if s, ok := r.sealers.Load(label); ok {
		return s.(*Sealer), nil
	}
	s, err := r.newSealer(label)
	if err == nil {
		r.sealers.Store(label, s)
	}
	return s, err
}

func (r *Ring) newSealer(label Label) (*Sealer, error) {
	key, err := hkdf.Key(sha256.New, r.active[UseOrg].key[:], nil, "kexin/token/1/"+string(label), KeySize)
	if err != nil {
		return nil, fail("sealer", err)
	}
	defer clear(key)
	return NewSealer(r.suite, key)
}

// SealToken seals plain for whoever shows the same aad: for a cursor the
// actor, the query's digest and the schema version. URL-safe, unpadded.
func SealToken(s *Sealer, aad, plain []byte) string {
	head := envelope(s.suite)
	sealed := s.aead.Seal(head[:], nil, plain, bound(head[:], aad))
	return base64.RawURLEncoding.EncodeToString(sealed)
}

// OpenToken opens what SealToken made with the same aad. Errors: invalid, for
// the text comes from outside.
func OpenToken(s *Sealer, aad []byte, token string) ([]byte, error) {
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(sealed) < 2+overhead || sealed[0] != version || Suite(sealed[1]) != s.suite {
		return nil, &kexin.Error{Op: "vault.token", Code: kexin.Invalid, Key: "error.token", Err: ErrFormat}
	}
	plain, err := s.aead.Open(nil, nil, sealed[2:], bound(sealed[:2], aad))
	if err != nil {
		return nil, &kexin.Error{Op: "vault.token", Code: kexin.Invalid, Key: "error.token", Err: ErrTampered}
	}
	return plain, nil
}
