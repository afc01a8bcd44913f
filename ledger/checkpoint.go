package ledger

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"
)

var (
	errCheckpoint = errors.New("not a checkpoint")
	errSigned     = errors.New("no signature by a key that is trusted")
	errVKey       = errors.New("not a verifier key")
	errRotation   = errors.New("a key is not introduced by the one before")
)

// A Checkpoint 检查点 says what a log was at a size. Whoever holds one will
// notice if the log is rewritten below that size.
type Checkpoint struct {
	Origin Origin
	Tree
}

// Text is the note text of c2sp.org/tlog-checkpoint: origin, size and root on
// three lines, without extension lines.
func (c Checkpoint) Text() string { return fmt.Sprintf("%s\n%d\n%s\n", c.Origin, c.Size, c.Root) }

// Line is the checkpoint on one line, to be printed on receipts and sent to
// people: "kexin.<installation>/<merchant>/<epoch> <size> <root>".
func (c Checkpoint) Line() string { return fmt.Sprintf("%s %d %s", c.Origin, c.Size, c.Root) }

// ParseCheckpoint reads the note text. Errors: invalid.
func ParseCheckpoint(text string) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return Checkpoint{}, invalid("checkpoint", errCheckpoint)
	}
	return checkpointOf(lines[0], lines[1], lines[2])
}

func checkpointOf(origin, size, root string) (Checkpoint, error) {
	n, ok := decimal(size)
	h, ok2 := parseHash(root)
	if !ok || !ok2 || !originForm(origin) {
		return Checkpoint{}, invalid("checkpoint", errCheckpoint)
	}
	return Checkpoint{Origin(origin), Tree{n, h}}, nil
}

// parseHash reads standard base64 with padding, written in the one way.
func parseHash(s string) (Hash, bool) {
	b, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil || len(b) != hashSize || len(s) != base64.StdEncoding.EncodedLen(hashSize) {
		return Hash{}, false
	}
	return Hash(b), true
}

// ParseLine reads what people kept: a Line, or a whole signed checkpoint whose
// signatures are left unread, since it came from a trusted hand. Errors:
// invalid.
func ParseLine(s string) (Checkpoint, error) {
	s = strings.TrimSpace(s)
	if f := strings.Fields(s); len(f) == 3 {
		return checkpointOf(f[0], f[1], f[2])
	}
	text, _, found := strings.Cut(s, "\n\n")
	if !found {
		return Checkpoint{}, invalid("checkpoint", errCheckpoint)
	}
	return ParseCheckpoint(text + "\n")
}

const (
	algNote  = 1 // Ed25519 over the note text (c2sp.org/signed-note)
	algCosig = 4 // timestamped Ed25519 (c2sp.org/tlog-cosignature)
)

// keyID is SHA-256(name ‖ "\n" ‖ algorithm ‖ public key)[:4].
func keyID(name string, alg byte, pub ed25519.PublicKey) uint32 {
	sum := sha256.Sum256(slices.Concat([]byte(name+"\n"), []byte{alg}, pub))
	return binary.BigEndian.Uint32(sum[:])
}

func vkey(name string, alg byte, pub ed25519.PublicKey) string {
	raw := append([]byte{alg}, pub...)
	return fmt.Sprintf("%s+%08x+%s", name, keyID(name, alg, pub), base64.StdEncoding.EncodeToString(raw))
}

// VKey is the verifier key of a log: its origin and public key in one text.
func VKey(o Origin, pub ed25519.PublicKey) string { return vkey(string(o), algNote, pub) }

// parseVKey takes a verifier key apart and checks its id.
func parseVKey(s string) (name string, alg byte, pub ed25519.PublicKey, err error) {
	parts := strings.SplitN(s, "+", 3)
	if len(parts) != 3 || !keyName(parts[0]) {
		return "", 0, nil, invalid("vkey", errVKey)
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(parts[2])
	if err != nil || len(raw) != 1+ed25519.PublicKeySize || raw[0] != algNote && raw[0] != algCosig {
		return "", 0, nil, invalid("vkey", errVKey)
	}
	name, alg, pub = parts[0], raw[0], raw[1:]
	if vkey(name, alg, pub) != s {
		return "", 0, nil, invalid("vkey", errVKey)
	}
	return name, alg, pub, nil
}

// keyName reports whether s may be a key's name (c2sp.org/signed-note): not
// empty, no blanks, no plus, no controls.
func keyName(s string) bool {
	bad := func(r rune) bool { return r < ' ' || r == '+' || unicode.IsSpace(r) }
	return s != "" && utf8.ValidString(s) && !strings.ContainsFunc(s, bad)
}

// A signer signs notes with one key under one name and algorithm.
type signer struct {
	name string
	alg  byte
	key  ed25519.PrivateKey
}

// NewSigner signs checkpoints of a log.
func NewSigner(o Origin, key ed25519.PrivateKey) note.Signer {
	return signer{string(o), algNote, key}
}

func (s signer) Name() string                    { return s.name }
func (s signer) KeyHash() uint32                 { return keyID(s.name, s.alg, s.key.Public().(ed25519.PublicKey)) }
func (s signer) Sign(msg []byte) ([]byte, error) { return ed25519.Sign(s.key, msg), nil }

// Sign makes the signed note of a checkpoint. After a key's rotation both keys
// sign for 30 days.
func Sign(c Checkpoint, signers ...note.Signer) (string, error) {
	if !originForm(string(c.Origin)) || c.Size < 0 || len(signers) == 0 {
		return "", invalid("sign", errCheckpoint)
	}
	msg, err := note.Sign(&note.Note{Text: c.Text()}, signers...)
	if err != nil {
		return "", invalid("sign", err)
	}
	return string(msg), nil
}

// Open checks a signed checkpoint: at least one of the keys must have signed
// it, each under the checkpoint's own origin, and none of their signatures
// may be wrong. Errors: invalid.
func Open(msg string, vkeys ...string) (Checkpoint, error) {
	vkeys = slices.Clone(vkeys)
	var known []note.Verifier
	slices.Sort(vkeys)
	for _, k := range slices.Compact(vkeys) {
		v, err := note.NewVerifier(k)
		if err != nil {
			return Checkpoint{}, invalid("open", errVKey)
		}
		known = append(known, v)
	}
	n, err := note.Open([]byte(msg), note.VerifierList(known...))
	if err != nil {
		return Checkpoint{}, invalid("open", errSigned)
	}
	c, err := ParseCheckpoint(n.Text)
	if err != nil {
		return Checkpoint{}, err
	}
	if !oneForm(n.Sigs) || !slices.ContainsFunc(n.Sigs, func(s note.Signature) bool { return s.Name == string(c.Origin) }) {
		return Checkpoint{}, invalid("open", errSigned)
	}
	return c, nil
}

// oneForm reports whether signatures are written in the one way: the note
// package lets bits left over pass that are not zero.
func oneForm(sigs []note.Signature) bool {
	for _, s := range sigs {
		if _, err := base64.StdEncoding.Strict().DecodeString(s.Base64); err != nil {
			return false
		}
	}
	return true
}

// A LogKey is one key in the history of a log. The first stands for itself;
// each later one is introduced by the key before it.
type LogKey struct {
	VKey string
	Sig  Signature // of the key before over KeyStatement; zero for the first
}

// KeyStatement is what the old key signs to introduce a new one, which stands
// in a log.key entry:
//
//	"kexin-logkey/1\n" | new verifier key | "\n"
func KeyStatement(newVKey string) []byte { return []byte("kexin-logkey/1\n" + newVKey + "\n") }

// IntroduceKey signs the statement with the old key.
func IntroduceKey(old ed25519.PrivateKey, newVKey string) Signature {
	return Signature(ed25519.Sign(old, KeyStatement(newVKey)))
}

// CheckKeys checks that each key is introduced by the one before it. Errors:
// invalid.
func CheckKeys(keys []LogKey) error {
	var before ed25519.PublicKey
	for i, k := range keys {
		_, alg, pub, err := parseVKey(k.VKey)
		if err != nil || alg != algNote {
			return invalid("keys", errVKey)
		}
		if i == 0 && k.Sig != (Signature{}) || i > 0 && !ed25519.Verify(before, KeyStatement(k.VKey), k.Sig[:]) {
			return invalid("keys", errRotation)
		}
		before = pub
	}
	return nil
}
