package vault

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"strings"

	"kexin"
)

// crockford is Douglas Crockford's base 32 alphabet: no I, L, O, U.
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

const (
	recoverySum   = 2  // bytes of checksum
	recoveryGroup = 5  // characters in a group
	recoveryChars = 55 // ⌈8·(32+2)/5⌉
)

func recoveryAlphabet() *base32.Encoding {
	return base32.NewEncoding(crockford).WithPadding(base32.NoPadding)
}

// RecoveryCode writes a master key for paper 恢复码: 32 bytes and 2 of
// checksum as eleven groups of five characters, "XXXXX-XXXXX-…".
func RecoveryCode(key [KeySize]byte) string {
	sum := recoveryCheck(key)
	text := recoveryAlphabet().EncodeToString(append(key[:], sum[:]...))
	groups := make([]string, 0, recoveryChars/recoveryGroup)
	for i := 0; i < len(text); i += recoveryGroup {
		groups = append(groups, text[i:i+recoveryGroup])
	}
	return strings.Join(groups, "-")
}

// ParseRecovery reads a recovery code as people type it: any case, blanks and
// hyphens anywhere, O for 0, I or L for 1, full-width letters and digits. A
// wrong character is found by the checksum, but for one case in 65,536.
// Errors: invalid, without the code in it.
func ParseRecovery(s string) (key [KeySize]byte, err error) {
	text, ok := foldRecovery(s)
	raw, derr := recoveryAlphabet().DecodeString(text)
	if !ok || derr != nil || len(raw) != KeySize+recoverySum {
		return key, badRecovery()
	}
	copy(key[:], raw)
	sum := recoveryCheck(key)
	// The last character carries three bits too many; they must be zero.
	if subtle.ConstantTimeCompare(sum[:], raw[KeySize:]) != 1 || recoveryAlphabet().EncodeToString(raw) != text {
		return [KeySize]byte{}, badRecovery()
	}
	return key, nil
}

// foldRecovery drops what separates and writes each character in the
// alphabet; false where the length is wrong.
func foldRecovery(s string) (string, bool) {
	var b strings.Builder
	for _, r := range s {
		if b.Len() > recoveryChars {
			return "", false
		}
		if r = foldRune(r); r > 0 {
			b.WriteRune(r)
		}
	}
	return b.String(), b.Len() == recoveryChars
}

// foldRune is r in the alphabet's form, 0 for a separator.
func foldRune(r rune) rune {
	if r >= '！' && r <= '～' { // full-width forms of ASCII
		r -= '！' - '!'
	}
	if r >= 'a' && r <= 'z' {
		r -= 'a' - 'A'
	}
	switch r {
	case ' ', '\t', '\n', '\r', '-', '–', '—', '　', '\uFEFF':
		return 0
	case 'O':
		return '0'
	case 'I', 'L':
		return '1'
	}
	return r
}

func recoveryCheck(key [KeySize]byte) [recoverySum]byte {
	sum := sha256.Sum256(append([]byte("kexin/recovery/1"), key[:]...))
	return [recoverySum]byte(sum[:recoverySum])
}

func badRecovery() error {
	return &kexin.Error{Op: "vault.recovery", Code: kexin.Invalid, Key: "error.recovery_code"}
}

// SameGroup compares one group of a recovery code with how a person typed it
// from paper.
func SameGroup(typed, group string) bool {
	var b strings.Builder
	for _, r := range typed {
		if r = foldRune(r); r > 0 {
			b.WriteRune(r)
		}
	}
	return subtle.ConstantTimeCompare([]byte(b.String()), []byte(group)) == 1
}

// TwoGroups picks two of n groups of a code, which are typed again as a proof
// that it was written down: from 0, the same for one text each time.
func TwoGroups(of string, n int) [2]int {
	sum := sha256.Sum256([]byte(of))
	a, b := int(sum[0])%n, int(sum[1])%(n-1)
	if b >= a {
		b++
	}
	return [2]int{min(a, b), max(a, b)}
}
