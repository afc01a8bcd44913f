// Package auth proves who somebody is: passwords, second factors, tokens and
// links, and how long a session lives. It is pure: it keeps nothing, knows no
// clock and no request; callers hand in counters and times and store what
// they get back. Parameters are those of security.md A10.
package auth

import (
	"crypto/sha256"
	"log/slog"

	"kexin"
)

// A Secret is text that only its holder may see. It prints, logs and marshals
// as "[secret]"; Text is the one way to the real text.
type Secret string

// Text is the secret itself.
func (s Secret) Text() string { return string(s) }

// String hides the secret from fmt.
func (s Secret) String() string { return "[secret]" }

// GoString hides it from %#v.
func (s Secret) GoString() string { return "[secret]" }

// MarshalText hides it from JSON.
func (s Secret) MarshalText() ([]byte, error) { return []byte("[secret]"), nil }

// LogValue hides it from slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue("[secret]") }

// A Digest is the SHA-256 of a secret's text: what is stored in its place.
// That is enough for secrets of 80 random bits and more, and only for those.
type Digest [sha256.Size]byte

func digest(text string) Digest { return sha256.Sum256([]byte(text)) }

// fault is the error of this package: a code and the catalogue key of its
// sentence.
func fault(op string, c kexin.Code, key string) *kexin.Error {
	return &kexin.Error{Op: "auth." + op, Code: c, Key: key}
}
