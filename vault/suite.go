package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"hash"
)

// A Suite names a set of algorithms (SEC-01). The numbers stand in
// ciphertexts: never reuse one.
type Suite uint8

// The suites. GM is reserved: it is refused until its engine is built.
const (
	INTL Suite = 1 // AES-256-GCM, SHA-256, Ed25519
	GM   Suite = 2 // SM4-GCM, SM3, SM2 国密
)

// version is the first byte of everything sealed.
const version = 1

const (
	nonceSize = 12
	tagSize   = 16
	overhead  = nonceSize + tagSize
)

// An Engine is what a suite does. Adding a suite means one Engine and one line
// in Suite.Engine.
type Engine interface {
	// AEAD makes a cipher that draws its own random nonce: NonceSize is 0, the
	// output is nonce 12 | ciphertext | tag 16. key has KeySize bytes.
	AEAD(key []byte) (cipher.AEAD, error)
	// MAC makes a keyed hash of 32 bytes.
	MAC(key []byte) hash.Hash
}

// Engine gives the suite's algorithms, or an Internal error for a suite this
// program does not know.
func (s Suite) Engine() (Engine, error) {
	if s == INTL {
		return intl{}, nil
	}
	return nil, fail("suite", ErrFormat)
}

type intl struct{}

// AEAD is AES-256-GCM with a random 96-bit nonce (NIST SP 800-38D). One key
// must seal fewer than 2³² times; a person's key stays far below.
func (intl) AEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fail("suite", ErrFormat)
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// MAC is HMAC-SHA-256 (RFC 2104).
func (intl) MAC(key []byte) hash.Hash { return hmac.New(sha256.New, key) }

// envelope is the two bytes before everything that names its suite.
func envelope(s Suite) [2]byte { return [2]byte{version, byte(s)} }

// openEnvelope checks the two bytes and the least length, and gives the
// engine and what follows the bytes.
func openEnvelope(b []byte) (Engine, []byte, error) {
	if len(b) < 2+overhead || b[0] != version {
		return nil, nil, fail("open", ErrFormat)
	}
	e, err := Suite(b[1]).Engine()
	return e, b[2:], err
}

// sealWith seals plain under key: version | suite | nonce | ct | tag, with the
// two leading bytes in the AAD too.
func sealWith(s Suite, key, aad, plain []byte) ([]byte, error) {
	e, err := s.Engine()
	if err != nil {
		return nil, err
	}
	a, err := e.AEAD(key)
	if err != nil {
		return nil, err
	}
	head := envelope(s)
	return a.Seal(head[:], nil, plain, bound(head[:], aad)), nil
}

// openWith opens what sealWith sealed.
func openWith(key, aad, sealed []byte) ([]byte, error) {
	e, rest, err := openEnvelope(sealed)
	if err != nil {
		return nil, err
	}
	a, err := e.AEAD(key)
	if err != nil {
		return nil, err
	}
	plain, err := a.Open(nil, nil, rest, bound(sealed[:2], aad))
	if err != nil {
		return nil, fail("open", ErrTampered)
	}
	return plain, nil
}

func bound(head, aad []byte) []byte {
	return append(append(make([]byte, 0, len(head)+len(aad)), head...), aad...)
}
