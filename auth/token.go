package auth

import (
	"bytes"
	"crypto/rand"
	"hash/crc32"
	"math/big"
	"strings"

	"kexin"
)

// A form is how one kind of token is written: a prefix, so many random bytes
// in base62 at fixed width, and for tokens that scanners should find, a
// checksum.
type form struct {
	op     string
	prefix string
	bytes  int
	width  int // base62 characters of the random part
	check  bool
	bad    kexin.Code // of a text that is not of this form
	key    string
}

// checkWidth is the width of a CRC-32 in base62.
const checkWidth = 6

var (
	sessionForm = form{op: "session", bytes: 32, width: 43, bad: kexin.Unauthorized, key: "error.unauthorized"}
	deviceForm  = form{op: "device", bytes: 32, width: 43, bad: kexin.Unauthorized, key: "error.unauthorized"}
	apiForm     = form{op: "token", prefix: "kxt_", bytes: 32, width: 43, check: true, bad: kexin.Unauthorized, key: "error.token"}
	inviteForm  = form{op: "invite", bytes: 32, width: 43, bad: kexin.NotFound, key: "error.link"}
	linkForm    = form{op: "link", bytes: 16, width: 22, bad: kexin.NotFound, key: "error.link"}
)

// NewSession makes the secret of a session cookie, 32 random bytes, and the
// digest to store.
func NewSession() (Secret, Digest) { return sessionForm.make() }

// ParseSession gives the digest to look a cookie up by. What is no session
// secret is unauthorized.
func ParseSession(s string) (Digest, error) { return sessionForm.parse(s) }

// NewDevice makes the secret of a trusted device's cookie, 32 random bytes.
func NewDevice() (Secret, Digest) { return deviceForm.make() }

// ParseDevice is ParseSession for a device's cookie.
func ParseDevice(s string) (Digest, error) { return deviceForm.parse(s) }

// NewAPIToken makes a token for programs: "kxt_", 32 random bytes, and a
// checksum by which scanners of published code tell it from noise.
func NewAPIToken() (Secret, Digest) { return apiForm.make() }

// ParseAPIToken gives the digest to look a token up by. What is no token, or
// has a wrong checksum, is unauthorized.
func ParseAPIToken(s string) (Digest, error) { return apiForm.parse(s) }

// NewInvite makes the secret of a setup, invitation or demo link, 32 random
// bytes.
func NewInvite() (Secret, Digest) { return inviteForm.make() }

// ParseInvite gives the digest to look a setup or invitation link up by. What
// is none is not found, like one that has expired.
func ParseInvite(s string) (Digest, error) { return inviteForm.parse(s) }

// NewLink makes the token of a customer's link, 16 random bytes in 22
// characters (security.md A6).
func NewLink() (Secret, Digest) { return linkForm.make() }

// ParseLink gives the digest to look a customer's link up by. What is none is
// not found, like one that has expired.
func ParseLink(s string) (Digest, error) { return linkForm.parse(s) }

func (f form) make() (Secret, Digest) {
	b := make([]byte, f.bytes)
	rand.Read(b) // never fails: the runtime stops the program instead
	text := f.write(b)
	return Secret(text), digest(text)
}

func (f form) write(b []byte) string {
	body := base62(b, f.width)
	if f.check {
		return f.prefix + body + checksum(body)
	}
	return f.prefix + body
}

// parse accepts exactly the texts that write makes, so each token has one
// text and one digest.
func (f form) parse(s string) (Digest, error) {
	body, ok := strings.CutPrefix(s, f.prefix)
	if f.check {
		body, ok = cutChecksum(body, ok)
	}
	if !ok || !f.fits(body) {
		return Digest{}, fault(f.op, f.bad, f.key)
	}
	return digest(s), nil
}

// cutChecksum takes the checksum off; ok is false where it is missing or wrong.
func cutChecksum(s string, ok bool) (string, bool) {
	n := len(s) - checkWidth
	if !ok || n < 0 {
		return "", false
	}
	return s[:n], checksum(s[:n]) == s[n:]
}

// checksum is CRC-32 (IEEE) in base62.
func checksum(body string) string {
	n := crc32.ChecksumIEEE([]byte(body))
	return base62([]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}, checkWidth)
}

const digits62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// base62 writes bytes as one big number, filled with zeros to width.
func base62(b []byte, width int) string {
	n, rest, base := new(big.Int).SetBytes(b), new(big.Int), big.NewInt(62)
	out := make([]byte, width)
	for i := width - 1; i >= 0; i-- {
		n.DivMod(n, base, rest)
		out[i] = digits62[rest.Int64()]
	}
	return string(out)
}

// fits reports whether s is base62 of a number of at most so many bytes. The
// digits stand in the order of their codes, so that texts of one width are
// compared as their numbers.
func (f form) fits(s string) bool {
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return len(s) == f.width && s <= most[f.bytes]
}

// most is the largest number of so many bytes, as it is written.
var most = map[int]string{
	32: base62(bytes.Repeat([]byte{0xff}, 32), 43),
	16: base62(bytes.Repeat([]byte{0xff}, 16), 22),
}
