package auth

import (
	"crypto/rand"
	"encoding/base32"
	"strings"

	"golang.org/x/text/unicode/norm"

	"kexin"
)

// Recovery codes: what stands on paper for the day the phone is lost. Ten, of
// 80 random bits each, good once.
const (
	RecoveryCodes = 10
	recoveryBytes = 10
	recoveryGroup = 4
	recoveryChars = 16
)

// crockford is base32 without I, L, O and U, which are misread on paper.
var crockford = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// NewRecoveryCodes makes ten codes as they are printed, XXXX-XXXX-XXXX-XXXX,
// and the digests to store.
func NewRecoveryCodes() (codes []Secret, digests []Digest) {
	for range RecoveryCodes {
		b := make([]byte, recoveryBytes)
		rand.Read(b)
		text := crockford.EncodeToString(b)
		codes, digests = append(codes, Secret(grouped(text))), append(digests, digest(text))
	}
	return codes, digests
}

func grouped(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i += recoveryGroup {
		if i > 0 {
			b.WriteByte('-')
		}
		b.WriteString(text[i : i+recoveryGroup])
	}
	return b.String()
}

// misread turns what people write for what is printed.
var misread = strings.NewReplacer(" ", "", "-", "", "O", "0", "I", "1", "L", "1")

// ParseRecoveryCode gives the digest of a code as somebody typed it: letters
// of either size, with or without hyphens, O for 0 and I or L for 1. Anything
// else is unauthorized.
func ParseRecoveryCode(s string) (Digest, error) {
	bad := fault("recovery", kexin.Unauthorized, "error.recovery")
	if len(s) > 128 {
		return Digest{}, bad
	}
	text := misread.Replace(strings.ToUpper(norm.NFKC.String(s)))
	if len(text) != recoveryChars {
		return Digest{}, bad
	}
	if _, err := crockford.DecodeString(text); err != nil {
		return Digest{}, bad
	}
	return digest(text), nil
}
