package ledger

import (
	"strconv"
	"strings"

	"kexin"
)

// A Signature is an Ed25519 signature (RFC 8032).
type Signature [64]byte

// An Origin names one log: "kexin.<installation>/<merchant>/<epoch>". A log
// that was shortened by a restore goes on under the next epoch.
type Origin string

// NewOrigin joins the parts. installation is 1–32 characters of a–z and 0–9,
// drawn when the server was set up; merchant 0 is the server's own log.
// Errors: invalid.
func NewOrigin(installation string, org kexin.ID, epoch int64) (Origin, error) {
	o := "kexin." + installation + "/" + strconv.FormatInt(int64(org), 10) + "/" + strconv.FormatInt(epoch, 10)
	if !originForm(o) {
		return "", invalid("origin", errForm)
	}
	return Origin(o), nil
}

// Split gives the parts of a well-formed origin.
func (o Origin) Split() (installation string, org kexin.ID, epoch int64) {
	parts := strings.Split(strings.TrimPrefix(string(o), "kexin."), "/")
	if len(parts) != 3 {
		return "", 0, 0
	}
	n, err1 := strconv.ParseInt(parts[1], 10, 64)
	e, err2 := strconv.ParseInt(parts[2], 10, 64)
	if err1 != nil || err2 != nil {
		return "", 0, 0
	}
	return parts[0], kexin.ID(n), e
}

// SameLog reports whether two origins are epochs of one merchant's log.
func (o Origin) SameLog(p Origin) bool {
	i, j := strings.LastIndexByte(string(o), '/'), strings.LastIndexByte(string(p), '/')
	return i > 0 && j > 0 && o[:i] == p[:j]
}

func originForm(s string) bool {
	rest, ok := strings.CutPrefix(s, "kexin.")
	parts := strings.Split(rest, "/")
	if !ok || len(parts) != 3 || len(parts[0]) == 0 || len(parts[0]) > 32 {
		return false
	}
	for _, c := range []byte(parts[0]) {
		if (c < 'a' || c > 'z') && c-'0' > 9 {
			return false
		}
	}
	org, ok1 := decimal(parts[1])
	epoch, ok2 := decimal(parts[2])
	return ok1 && ok2 && org >= 0 && epoch >= 1
}

// decimal reads a number from 0 that is written in the one way: no sign, no
// leading zero.
func decimal(s string) (int64, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n >= 0 && strconv.FormatInt(n, 10) == s
}
