package auth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"strings"

	"golang.org/x/text/unicode/norm"

	"kexin"
)

// Time-based one-time codes 动态码 (RFC 6238): SHA-1, six digits, 30 seconds,
// what every authenticator app understands.
const (
	totpSize   = 20 // bytes of seed, the size of SHA-1 (RFC 4226 4)
	totpPeriod = 30_000
	totpDigits = 6
	totpSkew   = 1 // steps early or late
)

// NewSeed makes the seed of a person's authenticator. Store it encrypted.
func NewSeed() []byte {
	seed := make([]byte, totpSize)
	rand.Read(seed)
	return seed
}

// SeedText is a seed as a person types it, in base32.
func SeedText(seed []byte) Secret {
	return Secret(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(seed))
}

// SeedURL is the otpauth address that an authenticator reads from a QR code.
// It contains the seed.
func SeedURL(issuer, account string, seed []byte) Secret {
	// Blanks are %20: authenticators show a + as it is.
	esc := func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
	return Secret(fmt.Sprintf("otpauth://totp/%s:%s?secret=%s&issuer=%s&algorithm=SHA1&digits=%d&period=%d",
		esc(issuer), esc(account), SeedText(seed).Text(), esc(issuer), totpDigits, totpPeriod/1000))
}

// VerifyTOTP checks a code typed at now, one step of 30 seconds early or late
// allowed. last is the step of the last code that passed, 0 for none: that
// one and earlier ones do not pass again. On success it gives the step to
// store as the next last. Full-width digits and blanks are accepted.
func VerifyTOTP(seed []byte, code string, now kexin.Instant, last int64) (step int64, ok bool) {
	code = cleanCode(code)
	at := int64(now) / totpPeriod
	for s := at - totpSkew; s <= at+totpSkew; s++ { // all of them, whatever comes
		same := subtle.ConstantTimeCompare([]byte(totp(seed, s)), []byte(code)) == 1
		if same && s > last && !ok {
			step, ok = s, true
		}
	}
	return step, ok
}

// cleanCode is the code without blanks and hyphens, digits in ASCII.
func cleanCode(code string) string {
	if len(code) > 64 {
		return ""
	}
	return strings.NewReplacer(" ", "", "-", "").Replace(norm.NFKC.String(code))
}

// totp is the code of a step: HOTP (RFC 4226 5.3) with the step as counter.
func totp(seed []byte, step int64) string {
	m := hmac.New(sha1.New, seed)
	m.Write(binary.BigEndian.AppendUint64(nil, uint64(step)))
	sum := m.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	n := binary.BigEndian.Uint32(sum[at:at+4]) & 0x7fffffff
	return fmt.Sprintf("%0*d", totpDigits, n%1_000_000)
}
