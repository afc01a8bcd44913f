package ledger

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"kexin"

	"golang.org/x/mod/sumdb/note"
)

// addMax is the longest request body, in bytes; 63 proof lines and a
// checkpoint with many signatures stay far below.
const addMax = 64 << 10

var errAdd = errors.New("not an add-checkpoint request")

// An AddCheckpoint is the request of c2sp.org/tlog-witness: please cosign this
// checkpoint; here is the proof that it goes on from the one you know.
type AddCheckpoint struct {
	Old        int64
	Proof      []Hash
	Checkpoint string // signed note
}

// Body writes the request.
func (a AddCheckpoint) Body() []byte {
	b := fmt.Appendf(nil, "old %d\n", a.Old)
	for _, h := range a.Proof {
		b = fmt.Appendf(b, "%s\n", h)
	}
	return append(append(b, '\n'), a.Checkpoint...)
}

// ParseAddCheckpoint reads a request body. Errors: invalid.
func ParseAddCheckpoint(body []byte) (AddCheckpoint, error) {
	head, rest, ok := bytes.Cut(body, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	size, isOld := strings.CutPrefix(lines[0], "old ")
	old, ok2 := decimal(size)
	if len(body) > addMax || !ok || !isOld || !ok2 || len(lines) > 64 {
		return AddCheckpoint{}, invalid("add", errAdd)
	}
	a := AddCheckpoint{Old: old, Checkpoint: string(rest)}
	for _, line := range lines[1:] {
		h, ok := parseHash(line)
		if !ok {
			return AddCheckpoint{}, invalid("add", errAdd)
		}
		a.Proof = append(a.Proof, h)
	}
	return a, nil
}

// A WitnessState keeps the latest checkpoint of each log that was cosigned.
// Put must not return before it is safe on disk.
type WitnessState interface {
	Get(Origin) (Tree, bool)
	Put(Origin, Tree) error
}

// A Witness 见证 watches logs: it cosigns a checkpoint only if it goes on from
// the last one, so that no log can show different people different pasts.
// Safe for concurrent use.
type Witness struct {
	name  string
	key   ed25519.PrivateKey
	logs  func(Origin) []string
	now   func() kexin.Instant
	mu    sync.Mutex
	state WitnessState
}

// NewWitness makes a witness. logs gives the verifier keys of a log it
// watches, none for a log it does not know.
func NewWitness(name string, key ed25519.PrivateKey, state WitnessState, logs func(Origin) []string, now func() kexin.Instant) (*Witness, error) {
	if !keyName(name) {
		return nil, invalid("witness", errVKey)
	}
	return &Witness{name: name, key: key, logs: logs, now: now, state: state}, nil
}

// VKey is the witness's verifier key.
func (w *Witness) VKey() string { return WitnessVKey(w.name, w.key.Public().(ed25519.PublicKey)) }

// The HTTP status codes of the protocol.
const (
	AddOK       = 200 // body: cosignature lines
	AddBad      = 400 // not a request, or old is larger than the checkpoint
	AddUnsigned = 403 // no signature by a key of the log
	AddUnknown  = 404 // not a log that this witness watches
	AddConflict = 409 // old is not what was cosigned last; body: that size
	AddNoProof  = 422 // the proof does not hold
	AddFailed   = 500 // the state could not be written; nothing was cosigned
)

// SizeType is the Content-Type of a 409 answer.
const SizeType = "text/x.tlog.size"

// Add answers a request: the status and the body. It has written its state
// before it answers 200.
func (w *Witness) Add(body []byte) (status int, answer string) {
	a, err := ParseAddCheckpoint(body)
	if err != nil {
		return AddBad, ""
	}
	text, _, _ := strings.Cut(a.Checkpoint, "\n\n")
	c, err := ParseCheckpoint(text + "\n")
	if err != nil {
		return AddBad, ""
	}
	keys := w.logs(c.Origin)
	if len(keys) == 0 {
		return AddUnknown, ""
	}
	if !signedBy(a.Checkpoint, keys) {
		return AddUnsigned, ""
	}
	if a.Old > c.Size {
		return AddBad, ""
	}
	return w.advance(c, a)
}

// signedBy reports whether at least one of a log's keys signed the note.
// Wrong signatures of other names or keys do not matter.
func signedBy(msg string, keys []string) bool {
	for _, k := range keys {
		v, err := newVerifier(k)
		if err != nil {
			continue
		}
		if _, err := note.Open([]byte(msg), note.VerifierList(v)); err == nil {
			return true
		}
	}
	return false
}

// advance compares with the state and moves it: one request at a time.
func (w *Witness) advance(c Checkpoint, a AddCheckpoint) (int, string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	last, ok := w.state.Get(c.Origin)
	if !ok {
		last = Tree{0, emptyRoot()}
	}
	size := fmt.Sprintf("%d\n", last.Size)
	switch {
	case a.Old != last.Size, a.Old == c.Size && c.Root != last.Root:
		return AddConflict, size
	case a.Old == c.Size && len(a.Proof) > 0, CheckGrowth(a.Proof, c.Tree, last) != nil:
		return AddNoProof, ""
	}
	if !ok || c.Size > last.Size {
		if err := w.state.Put(c.Origin, c.Tree); err != nil {
			return AddFailed, ""
		}
	}
	line, err := Cosign(w.name, w.key, c.Text(), int64(w.now())/1000)
	if err != nil {
		return AddFailed, ""
	}
	return AddOK, line
}

// witnessKey names the key that NewWitnessKey made and ParseWitnessKey reads.
const witnessKey = "KEXIN-WITNESS-KEY"

// FormatWitnessKey writes a witness's private key for its key file:
// "KEXIN-WITNESS-KEY+<name>+<base64 of the seed>".
func FormatWitnessKey(name string, key ed25519.PrivateKey) string {
	return witnessKey + "+" + name + "+" + base64.StdEncoding.EncodeToString(key.Seed())
}

// ParseWitnessKey reads it. Errors: invalid, without the text.
func ParseWitnessKey(s string) (name string, key ed25519.PrivateKey, err error) {
	parts := strings.SplitN(strings.TrimSpace(s), "+", 3)
	if len(parts) != 3 || parts[0] != witnessKey || !keyName(parts[1]) {
		return "", nil, invalid("witness", errVKey)
	}
	seed, err := base64.StdEncoding.Strict().DecodeString(parts[2])
	if err != nil || len(seed) != ed25519.SeedSize {
		return "", nil, invalid("witness", errVKey)
	}
	return parts[1], ed25519.NewKeyFromSeed(slices.Clone(seed)), nil
}
