package vault

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"time"

	"kexin"
)

// execLimit is how long a keeper program may take for one answer.
const execLimit = 5 * time.Second

// execMax is the longest answer of a keeper program, in bytes.
const execMax = 64 << 10

var errTooLong = errors.New("keeper program: answer too long")

// An ExecKeeper is a master key that a program holds, which speaks to a key
// service or a hardware module. The program is started for each call, reads one
// JSON object on standard input and writes one on standard output; bytes are
// base64.
//
//	{"op":"ids"}                                        → {"ids":["alias/8","alias/7"]}
//	{"op":"wrap","id":"alias/8","aad":"…","key":"…"}       → {"wrapped":"…"}
//	{"op":"unwrap","id":"alias/7","aad":"…","wrapped":"…"} → {"key":"…"}
//
// A non-zero exit, other output or more than five seconds is an unavailable
// error. What it writes to standard error is dropped: it could be a secret.
type ExecKeeper struct {
	id    string
	argv  []string
	limit time.Duration
}

type execAsk struct {
	Op      string `json:"op"`
	ID      string `json:"id,omitempty"`
	AAD     []byte `json:"aad,omitempty"`
	Key     []byte `json:"key,omitempty"`
	Wrapped []byte `json:"wrapped,omitempty"`
}

type execAnswer struct {
	IDs     []string `json:"ids"`
	Key     []byte   `json:"key"`
	Wrapped []byte   `json:"wrapped"`
}

// execPrefix tells the keys of programs from others.
const execPrefix = "exec:"

// OpenExecKeepers asks the program argv which keys it has, the newest first.
func OpenExecKeepers(ctx context.Context, argv ...string) ([]*ExecKeeper, error) {
	if len(argv) == 0 {
		return nil, &kexin.Error{Op: "vault.exec", Code: kexin.Invalid, Key: "error.keeper_program"}
	}
	k := ExecKeeper{argv: argv, limit: execLimit}
	a, err := k.ask(ctx, execAsk{Op: "ids"})
	if err != nil {
		return nil, err
	}
	var out []*ExecKeeper
	for _, id := range a.IDs {
		if id == "" || len(id) > 200 {
			return nil, k.unavailable(errors.New("keeper program: a bad id"))
		}
		k.id = execPrefix + id
		one := k
		out = append(out, &one)
	}
	if len(out) == 0 {
		return nil, k.unavailable(errors.New("keeper program: no id"))
	}
	return out, nil
}

// ID is the program's own name of the key, after "exec:".
func (k *ExecKeeper) ID() string { return k.id }

// Wrap has the program seal key.
func (k *ExecKeeper) Wrap(ctx context.Context, aad, key []byte) ([]byte, error) {
	a, err := k.ask(ctx, execAsk{Op: "wrap", ID: strings.TrimPrefix(k.id, execPrefix), AAD: aad, Key: key})
	if err != nil {
		return nil, err
	}
	if len(a.Wrapped) == 0 {
		return nil, k.unavailable(errors.New("keeper program: nothing wrapped"))
	}
	return a.Wrapped, nil
}

// Unwrap has the program open a wrapped key.
func (k *ExecKeeper) Unwrap(ctx context.Context, aad, wrapped []byte) ([]byte, error) {
	a, err := k.ask(ctx, execAsk{Op: "unwrap", ID: strings.TrimPrefix(k.id, execPrefix), AAD: aad, Wrapped: wrapped})
	if err != nil {
		return nil, err
	}
	if len(a.Key) == 0 {
		return nil, k.unavailable(errors.New("keeper program: no key"))
	}
	return a.Key, nil
}

func (k *ExecKeeper) ask(ctx context.Context, q execAsk) (execAnswer, error) {
	ctx, cancel := context.WithTimeout(ctx, k.limit)
	defer cancel()
	in, err := json.Marshal(q)
	if err != nil {
		return execAnswer{}, k.unavailable(err)
	}
	out := limitedBuffer{}
	cmd := exec.CommandContext(ctx, k.argv[0], k.argv[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.WaitDelay = bytes.NewReader(in), &out, time.Second
	if err := cmd.Run(); err != nil {
		return execAnswer{}, k.unavailable(err)
	}
	return k.decode(out.buf)
}

func (k *ExecKeeper) decode(out []byte) (a execAnswer, err error) {
	d := json.NewDecoder(bytes.NewReader(out))
	d.DisallowUnknownFields()
	if err := d.Decode(&a); err != nil {
		// The decoder's text may quote the answer.
		return a, k.unavailable(errors.New("keeper program: answer is not the JSON asked for"))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return a, k.unavailable(errors.New("keeper program: more than one answer"))
	}
	return a, nil
}

func (k *ExecKeeper) unavailable(cause error) error {
	return &kexin.Error{Op: "vault.exec", Code: kexin.Unavailable, Key: "error.keeper_program", Err: cause}
}

// A limitedBuffer refuses to grow past execMax. It does not embed a
// bytes.Buffer: its ReadFrom would go round the limit.
type limitedBuffer struct{ buf []byte }

func (b *limitedBuffer) Write(p []byte) (int, error) {
	if len(b.buf)+len(p) > execMax {
		return 0, errTooLong
	}
	b.buf = append(b.buf, p...)
	return len(p), nil
}
