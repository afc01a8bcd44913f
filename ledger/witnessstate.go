package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"kexin"
	"kexin/internal/disk"
)

// stateHead is the first line of a witness's state file. Each further line is
// "origin size root crc32", the last of an origin counts.
const stateHead = "kexin-witness/1\n"

// stateMax is how many lines may stand for each log before the file is
// written anew when it is opened.
const stateMax = 64

var errState = errors.New("state file is damaged; a witness that lost its state must retire its key")

// A StateFile is a witness's memory on disk. Each step is appended and synced
// before the witness answers. One process at a time may use it.
type StateFile struct {
	f      *os.File
	trees  map[Origin]Tree
	failed error // a write failed, so the file's end is in doubt
}

// NewStateFile makes a new state file, which must not exist. Do this only
// together with a new key. Errors: conflict, unavailable.
func NewStateFile(path string) (*StateFile, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, &kexin.Error{Op: "ledger.state", Code: kexin.Conflict, Key: "error.witness_state_exists", Err: err}
	}
	if err != nil {
		return nil, stateErr(err)
	}
	_, err = f.WriteString(stateHead)
	if err = errors.Join(err, f.Sync(), disk.SyncDir(filepath.Dir(path))); err != nil {
		return nil, stateErr(errors.Join(err, f.Close()))
	}
	return &StateFile{f: f, trees: map[Origin]Tree{}}, nil
}

// OpenStateFile reads a state file. A last line that was cut off was never
// answered and is dropped; any other damage is an internal error. Errors:
// not_found, unavailable, internal.
func OpenStateFile(path string) (*StateFile, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &kexin.Error{Op: "ledger.state", Code: kexin.NotFound, Key: "error.witness_state_missing", Err: err}
	}
	if err != nil {
		return nil, stateErr(err)
	}
	trees, whole, err := parseState(text)
	if err != nil {
		return nil, broken("state", err)
	}
	if bytes.Count(text[:whole], []byte("\n")) > 1+stateMax*len(trees) {
		if err := rewriteState(path, trees); err != nil {
			return nil, stateErr(err)
		}
		whole = -1
	}
	return openState(path, trees, int64(whole))
}

// openState opens for appending behind the whole lines; -1 keeps the length.
func openState(path string, trees map[Origin]Tree, whole int64) (*StateFile, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, stateErr(err)
	}
	if whole >= 0 {
		if err := errors.Join(f.Truncate(whole), f.Sync()); err != nil {
			return nil, stateErr(errors.Join(err, f.Close()))
		}
	}
	return &StateFile{f: f, trees: trees}, nil
}

// parseState reads the lines and says how many bytes are whole.
func parseState(text []byte) (map[Origin]Tree, int, error) {
	rest, ok := bytes.CutPrefix(text, []byte(stateHead))
	if !ok {
		return nil, 0, errState
	}
	trees := map[Origin]Tree{}
	whole := len(stateHead)
	for len(rest) > 0 {
		line, after, found := bytes.Cut(rest, []byte("\n"))
		if !found {
			return trees, whole, nil
		}
		c, ok := parseStateLine(string(line))
		if !ok || c.Size < trees[c.Origin].Size {
			return nil, 0, errState
		}
		trees[c.Origin] = c.Tree
		whole, rest = whole+len(line)+1, after
	}
	return trees, whole, nil
}

func stateLine(c Checkpoint) string {
	return fmt.Sprintf("%s %08x\n", c.Line(), crc32.ChecksumIEEE([]byte(c.Line())))
}

func parseStateLine(line string) (Checkpoint, bool) {
	i := strings.LastIndexByte(line, ' ')
	if i < 0 {
		return Checkpoint{}, false
	}
	c, err := ParseLine(line[:i])
	return c, err == nil && stateLine(c) == line+"\n"
}

// rewriteState writes one line for each log to a new file and puts it in the
// old one's place.
func rewriteState(path string, trees map[Origin]Tree) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	var b strings.Builder
	b.WriteString(stateHead)
	for _, o := range slices.Sorted(maps.Keys(trees)) {
		b.WriteString(stateLine(Checkpoint{o, trees[o]}))
	}
	_, err = f.WriteString(b.String())
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return disk.SyncDir(filepath.Dir(path))
}

// Get is the tree that was cosigned last.
func (s *StateFile) Get(o Origin) (Tree, bool) {
	t, ok := s.trees[o]
	return t, ok
}

// Put notes a step and syncs it to disk. After an error the file's end is in
// doubt and every later Put fails: open it anew. Errors: unavailable.
func (s *StateFile) Put(o Origin, t Tree) error {
	if s.failed != nil {
		return s.failed
	}
	_, err := s.f.WriteString(stateLine(Checkpoint{o, t}))
	if err = errors.Join(err, s.f.Sync()); err != nil {
		s.failed = stateErr(err)
		return s.failed
	}
	s.trees[o] = t
	return nil
}

// Close closes the file.
func (s *StateFile) Close() error { return s.f.Close() }

func stateErr(err error) error {
	return &kexin.Error{Op: "ledger.state", Code: kexin.Unavailable, Key: "error.witness_state", Err: err}
}
