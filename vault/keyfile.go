package vault

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"kexin"
	"kexin/internal/disk"
)

// Why a key file is refused.
var (
	errOpenToOthers = errors.New("key file is readable by group or others")
	errUnderData    = errors.New("key file is inside the data directory")
	errNotRegular   = errors.New("key file is not a regular file")
)

// OpenKeyFile reads a master key from a file that holds its recovery code
// 恢复码. It refuses a file that group or others may read, and one under
// dataDir, where a backup would take it along; dataDir "" skips that check
// (demo). Errors: not_found, forbidden, invalid.
func OpenKeyFile(path, dataDir string) (*MasterKeeper, error) {
	if err := outside(path, dataDir); err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &kexin.Error{Op: "vault.keyfile", Code: kexin.NotFound, Key: "error.keyfile_missing", Err: err}
	}
	if err != nil {
		return nil, refuse("error.keyfile_closed", err)
	}
	defer f.Close()
	if err := private(f); err != nil {
		return nil, err
	}
	return readKey(f)
}

func readKey(r io.Reader) (*MasterKeeper, error) {
	text, err := io.ReadAll(io.LimitReader(r, 4096))
	if err != nil {
		return nil, refuse("error.keyfile_closed", err)
	}
	key, err := ParseRecovery(string(text))
	if err != nil {
		return nil, err
	}
	return NewMasterKeeper(key), nil
}

// private looks at the opened file, not at its name, so that it cannot be
// exchanged in between. Windows has no such bits.
func private(f *os.File) error {
	st, err := f.Stat()
	if err != nil {
		return refuse("error.keyfile_closed", err)
	}
	if !st.Mode().IsRegular() {
		return refuse("error.keyfile_closed", errNotRegular)
	}
	if runtime.GOOS != "windows" && st.Mode().Perm()&0o077 != 0 {
		return refuse("error.keyfile_open", errOpenToOthers)
	}
	return nil
}

// CreateKeyFile draws a master key and writes it to a new file, 0600, synced
// to disk with its directory before it returns. An existing file is never
// touched. The second result is the recovery code, to be shown once.
// Errors: conflict (exists), forbidden (place), unavailable.
func CreateKeyFile(path, dataDir string) (*MasterKeeper, string, error) {
	key := NewKey()
	if err := store(path, dataDir, key); err != nil {
		return nil, "", err
	}
	return NewMasterKeeper(key), RecoveryCode(key), nil
}

// RestoreKeyFile writes the key of a recovery code to a new file: what a
// merchant does on a new machine with the paper in hand.
func RestoreKeyFile(path, dataDir, code string) (*MasterKeeper, error) {
	key, err := ParseRecovery(code)
	if err != nil {
		return nil, err
	}
	if err := store(path, dataDir, key); err != nil {
		return nil, err
	}
	return NewMasterKeeper(key), nil
}

func store(path, dataDir string, key [KeySize]byte) error {
	if err := outside(path, dataDir); err != nil {
		return err
	}
	err := os.MkdirAll(filepath.Dir(path), 0o700)
	if err == nil {
		err = writeNew(path, RecoveryCode(key)+"\n")
	}
	switch {
	case errors.Is(err, fs.ErrExist):
		return &kexin.Error{Op: "vault.keyfile", Code: kexin.Conflict, Key: "error.keyfile_exists", Err: err}
	case err != nil:
		return &kexin.Error{Op: "vault.keyfile", Code: kexin.Unavailable, Key: "error.keyfile_write", Err: err}
	}
	return nil
}

func writeNew(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.WriteString(f, text)
	return errors.Join(err, f.Sync(), f.Close(), disk.SyncDir(filepath.Dir(path)))
}

// outside refuses a path at or below dataDir, symbolic links resolved.
func outside(path, dataDir string) error {
	if dataDir == "" {
		return nil
	}
	file, err1 := resolve(path)
	data, err2 := resolve(dataDir)
	if err := errors.Join(err1, err2); err != nil {
		return refuse("error.keyfile_closed", err)
	}
	rel, err := filepath.Rel(data, file)
	if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return nil // another volume, or above
	}
	return refuse("error.keyfile_place", errUnderData)
}

// resolve is the absolute path with links followed as far as it exists.
func resolve(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("path: %w", err)
	}
	real, err := filepath.EvalSymlinks(abs)
	if err == nil {
		return real, nil
	}
	parent := filepath.Dir(abs)
	if !errors.Is(err, fs.ErrNotExist) || parent == abs {
		return "", err
	}
	if parent, err = resolve(parent); err != nil {
		return "", err
	}
	return filepath.Join(parent, filepath.Base(abs)), nil
}

func refuse(key string, cause error) error {
	return &kexin.Error{Op: "vault.keyfile", Code: kexin.Forbidden, Key: key, Err: cause}
}
