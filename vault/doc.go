// Package vault keeps what a reader of the database must not read 密钥与加密:
// the keys of a merchant and of a person, encrypted cells, blind indexes and
// keyed search tokens, row codes of authority rows, staged uploads and sealed
// cursors.
//
//	Keeper (master, outside the database)
//	  wraps OrgKey  (one random key per merchant, use and version) → Ring
//	    wraps WrappedKey (two per person: data, evidence)          → SubjectKey
//	      opens the cells of that person
//
// The package is pure: no SQL, no HTTP. Keeper alone takes a context, because
// a master key may live in another program; nothing else here waits.
//
// Every failure to open is a kexin.Internal error that wraps ErrTampered or
// ErrFormat; nothing ever falls back to plain text.
package vault

import (
	"errors"

	"kexin"
)

// KeySize is the length of every secret key in this package, in bytes.
const KeySize = 32

// What went wrong with something sealed; test with errors.Is.
var (
	// ErrTampered: the bytes do not open with this key at this place. Either
	// they were changed or moved, or the key is another one.
	ErrTampered = errors.New("does not open")
	// ErrFormat: the version, suite or length is not one this program knows.
	ErrFormat = errors.New("unknown format")
	// ErrNoKey: the ring holds no key of that use and version.
	ErrNoKey = errors.New("no such key")
)

// fail makes the package's error: a defect or an attack, never the user's
// fault, so the public sentence is the one of Internal.
func fail(op string, cause error) error {
	return &kexin.Error{Op: "vault." + op, Code: kexin.Internal, Err: cause}
}
