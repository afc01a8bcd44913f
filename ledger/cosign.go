package ledger

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

var errCosig = errors.New("not a cosignature of this checkpoint")

// A Cosignature is a witness's statement: at this time, this checkpoint was
// the largest of its log that I saw, and it went on from all that I saw
// before (c2sp.org/tlog-cosignature, Ed25519).
type Cosignature struct {
	Witness string // the key's name
	VKey    string
	Time    int64 // seconds since 1970
}

// WitnessVKey is the verifier key of a witness: algorithm byte 4.
func WitnessVKey(name string, pub ed25519.PublicKey) string { return vkey(name, algCosig, pub) }

// CheckWitnessKey checks the form of a witness's verifier key. Errors: invalid.
func CheckWitnessKey(vk string) error {
	if _, alg, _, err := parseVKey(vk); err != nil || alg != algCosig {
		return invalid("vkey", errVKey)
	}
	return nil
}

// cosigned is what a witness signs.
func cosigned(text string, seconds int64) []byte {
	return fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", seconds, text)
}

// Cosign makes the note's signature line of a witness over a checkpoint's
// text, with its newline. Errors: invalid for a name that keys cannot have.
func Cosign(name string, key ed25519.PrivateKey, text string, seconds int64) (string, error) {
	if !keyName(name) || seconds <= 0 {
		return "", invalid("cosign", errVKey)
	}
	pub := key.Public().(ed25519.PublicKey)
	sig := binary.BigEndian.AppendUint32(nil, keyID(name, algCosig, pub))
	sig = binary.BigEndian.AppendUint64(sig, uint64(seconds))
	sig = append(sig, ed25519.Sign(key, cosigned(text, seconds))...)
	return "— " + name + " " + base64.StdEncoding.EncodeToString(sig) + "\n", nil
}

// A cosigVerifier checks cosignatures of one witness.
type cosigVerifier struct {
	name string
	pub  ed25519.PublicKey
}

func (v cosigVerifier) Name() string    { return v.name }
func (v cosigVerifier) KeyHash() uint32 { return keyID(v.name, algCosig, v.pub) }
func (v cosigVerifier) Verify(msg, sig []byte) bool {
	seconds, ok := cosigTime(sig)
	return ok && ed25519.Verify(v.pub, cosigned(string(msg), seconds), sig[8:])
}

// cosigTime reads the time in front of a cosignature.
func cosigTime(sig []byte) (int64, bool) {
	if len(sig) != 8+ed25519.SignatureSize {
		return 0, false
	}
	n := binary.BigEndian.Uint64(sig)
	return int64(n), n > 0 && n < 1<<63
}

// newVerifier makes the verifier of a log's or a witness's key.
func newVerifier(vk string) (note.Verifier, error) {
	name, alg, pub, err := parseVKey(vk)
	if err != nil {
		return nil, err
	}
	if alg == algCosig {
		return cosigVerifier{name, pub}, nil
	}
	v, err := note.NewVerifier(vk)
	if err != nil {
		return nil, invalid("vkey", errVKey)
	}
	return v, nil
}

// Cosignatures are the valid ones on a signed checkpoint by the given
// witnesses, in the order of the note. Lines of other keys are passed over; a
// wrong signature under one of these keys is an invalid error.
func Cosignatures(msg string, vkeys ...string) ([]Cosignature, error) {
	known := map[string]bool{}
	var list []note.Verifier
	byID := map[string]string{}
	for _, vk := range vkeys {
		v, err := newVerifier(vk)
		if _, cosig := v.(cosigVerifier); err != nil || !cosig {
			return nil, invalid("cosignature", errVKey)
		}
		if !known[vk] {
			known[vk], list = true, append(list, v)
			byID[fmt.Sprintf("%s+%08x", v.Name(), v.KeyHash())] = vk
		}
	}
	n, err := note.Open([]byte(msg), note.VerifierList(list...))
	var none *note.UnverifiedNoteError
	if errors.As(err, &none) {
		return nil, nil
	}
	if err != nil || !oneForm(n.Sigs) {
		return nil, invalid("cosignature", errCosig)
	}
	var out []Cosignature
	for _, s := range n.Sigs {
		raw, err := base64.StdEncoding.DecodeString(s.Base64)
		if err != nil || len(raw) < 12 {
			return nil, invalid("cosignature", errCosig)
		}
		seconds, _ := cosigTime(raw[4:])
		out = append(out, Cosignature{Witness: s.Name, VKey: byID[fmt.Sprintf("%s+%08x", s.Name, s.Hash)], Time: seconds})
	}
	return out, nil
}

// AddCosignatures appends a witness's answer to a signed checkpoint, after
// checking that each line is a valid cosignature by one of the given keys.
// Lines of other keys are dropped, as the protocol asks. Errors: invalid
// where no line is left.
func AddCosignatures(msg, answer string, vkeys ...string) (string, error) {
	text, _, ok := strings.Cut(msg, "\n\n")
	if !ok || len(answer) > 64<<10 {
		return "", invalid("cosignature", errCosig)
	}
	added := msg
	for line := range strings.Lines(answer) {
		got, err := Cosignatures(text+"\n\n"+line, vkeys...)
		if err != nil {
			return "", err
		}
		if len(got) == 1 && !strings.Contains(added, line) {
			added += line
		}
	}
	if added == msg {
		return "", invalid("cosignature", errCosig)
	}
	return added, nil
}
