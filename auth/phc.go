package auth

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"

	"kexin"
)

// Params are the cost of a password hash (argon2id, RFC 9106).
type Params struct {
	Memory  uint32 // KiB
	Time    uint32 // passes
	Threads uint8
}

// Standard is the cost of new hashes: 19 MiB, 2 passes, 1 lane; about 0.1 s.
var Standard = Params{Memory: 19 * 1024, Time: 2, Threads: 1}

const (
	saltSize = 16
	tagSize  = 32
)

// ceiling is what a stored hash may ask for at most, so that a row written by
// somebody else cannot make a sign-in eat the machine.
var ceiling = Params{Memory: 256 * 1024, Time: 10, Threads: 8}

// A phc is a parsed password hash.
type phc struct {
	params    Params
	salt, tag []byte
}

// String is the PHC form: $argon2id$v=19$m=19456,t=2,p=1$salt$tag.
func (p phc) String() string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		p.params.Memory, p.params.Time, p.params.Threads, b64.EncodeToString(p.salt), b64.EncodeToString(p.tag))
}

// parsePHC reads what String writes, within the ceiling. Anything else is an
// internal error: only this package writes hashes.
func parsePHC(s string) (phc, error) {
	bad := fault("phc", kexin.Internal, "")
	part := strings.Split(s, "$")
	if len(part) != 6 || part[0] != "" || part[1] != "argon2id" || part[2] != "v="+strconv.Itoa(argon2.Version) {
		return phc{}, bad
	}
	p, ok := parseParams(part[3])
	salt, err1 := base64.RawStdEncoding.DecodeString(part[4])
	tag, err2 := base64.RawStdEncoding.DecodeString(part[5])
	h := phc{params: p, salt: salt, tag: tag}
	if !ok || err1 != nil || err2 != nil || len(salt) < 8 || len(salt) > 64 || len(tag) < 16 || len(tag) > 64 || h.String() != s {
		return phc{}, bad
	}
	return h, nil
}

// parseParams reads "m=19456,t=2,p=1".
func parseParams(s string) (p Params, ok bool) {
	part := strings.Split(s, ",")
	if len(part) != 3 {
		return p, false
	}
	var n [3]uint64
	for i, name := range []string{"m=", "t=", "p="} {
		v, has := strings.CutPrefix(part[i], name)
		x, err := strconv.ParseUint(v, 10, 32)
		if !has || err != nil || x == 0 {
			return p, false
		}
		n[i] = x
	}
	if n[0] > uint64(ceiling.Memory) || n[1] > uint64(ceiling.Time) || n[2] > uint64(ceiling.Threads) || n[0] < 8*n[2] {
		return p, false
	}
	return Params{Memory: uint32(n[0]), Time: uint32(n[1]), Threads: uint8(n[2])}, true
}

func (p phc) derive(password string) []byte {
	return argon2.IDKey([]byte(password), p.salt, p.params.Time, p.params.Memory, p.params.Threads, uint32(len(p.tag)))
}

// Slots bound how many hashes are computed at a time; each takes 19 MiB.
type Slots chan struct{}

// AtOnce is the number of slots of a server.
const AtOnce = 2

// NewSlots makes n slots.
func NewSlots(n int) Slots { return make(Slots, n) }

// take gives a slot and how to hand it back; none free is unavailable.
func (s Slots) take() (release func(), err error) {
	select {
	case s <- struct{}{}:
		return func() { <-s }, nil
	default:
		return nil, fault("password", kexin.Unavailable, "error.unavailable")
	}
}

// Hash makes the hash of a password that CheckPassword let pass. When all
// slots are taken it is unavailable: answer 503, to be tried again in a second.
func Hash(s Slots, password string) (string, error) {
	release, err := s.take()
	if err != nil {
		return "", err
	}
	defer release()
	h := phc{params: Standard, salt: make([]byte, saltSize), tag: make([]byte, tagSize)}
	rand.Read(h.salt)
	h.tag = h.derive(normal(password))
	return h.String(), nil
}

// nobody is the hash of a random password that nobody knows: what a sign-in
// to an account that does not exist is compared with.
const nobody = "$argon2id$v=19$m=19456,t=2,p=1$HRF5KK05Lzgzn+jbogpGKg$PVItIzhq5hVTYClWNH1Rb4ELiJLLU5xlqccaVhnENuc"

// Verify compares a password with a stored hash. stored is "" for an account
// that does not exist, or has no password: the work is the same and the
// answer no. rehash reports that the right password should be hashed anew
// with the Standard cost. When all slots are taken it is unavailable.
func Verify(s Slots, stored, password string) (ok, rehash bool, err error) {
	known := stored != ""
	if !known {
		stored = nobody
	}
	h, err := parsePHC(stored)
	if err != nil {
		return false, false, err
	}
	release, err := s.take()
	if err != nil {
		return false, false, err
	}
	defer release()
	if len(password) > maxBytes {
		password = "" // no stored password is so long; the work stays the same
	}
	same := subtle.ConstantTimeCompare(h.derive(normal(password)), h.tag) == 1
	ok = same && known
	return ok, ok && h.params != Standard, nil
}
