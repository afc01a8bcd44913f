package vault

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"kexin"
	"kexin/internal/disk"
)

// Code is the master key as its recovery code 恢复码: what its file holds, what
// stands on paper, and the passphrase of backups. It is shown to its owner
// once and never logged.
func (m *MasterKeeper) Code() string { return RecoveryCode(m.key) }

// newSuffix marks a key that is not in place yet.
const newSuffix = ".new"

// NextKeyFile draws a new master key in the place of the one in path. The old
// one stays beside it, as path.1 or the next number that is free, for as long
// as something needs it. Whenever it is interrupted, path holds one of the two
// and no key is lost. Errors: as OpenKeyFile, unavailable.
func NextKeyFile(path, dataDir string) (k *MasterKeeper, old string, err error) {
	if _, err := OpenKeyFile(path, dataDir); err != nil {
		return nil, "", err
	}
	key := NewKey()
	if err := os.Remove(path + newSuffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, "", keyWrite(err)
	}
	if err := writeNew(path+newSuffix, RecoveryCode(key)+"\n"); err != nil {
		return nil, "", keyWrite(err)
	}
	for n := 1; ; n++ {
		old = path + "." + strconv.Itoa(n)
		err := os.Link(path, old)
		if err == nil {
			break
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, "", keyWrite(err)
		}
	}
	if err := errors.Join(disk.SyncDir(filepath.Dir(path)), os.Rename(path+newSuffix, path), disk.SyncDir(filepath.Dir(path))); err != nil {
		return nil, "", keyWrite(err)
	}
	return NewMasterKeeper(key), old, nil
}

func keyWrite(err error) error {
	return &kexin.Error{Op: "vault.keyfile", Code: kexin.Unavailable, Key: "error.keyfile_write", Err: err}
}

// A KeyFile is a master key and the file it was read from.
type KeyFile struct {
	*MasterKeeper
	Path string
}

// OpenKeyFiles opens path and the older keys beside it, the newest first; a
// key that stands in two files counts once. Errors: as OpenKeyFile, for any of
// them.
func OpenKeyFiles(path, dataDir string) ([]KeyFile, error) {
	var out []KeyFile
	for _, p := range append([]string{path}, olderKeys(path)...) {
		k, err := OpenKeyFile(p, dataDir)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(out, func(x KeyFile) bool { return x.key == k.key }) {
			out = append(out, KeyFile{k, p})
		}
	}
	return out, nil
}

// olderKeys are path.1, path.2, …, the highest number first.
func olderKeys(path string) (out []string) {
	names, err := disk.Glob(path, ".*")
	if err != nil {
		return nil
	}
	n := func(s string) int {
		i, err := strconv.Atoi(strings.TrimPrefix(s, path+"."))
		if err != nil || i < 1 || strconv.Itoa(i) != strings.TrimPrefix(s, path+".") {
			return 0
		}
		return i
	}
	for _, s := range names {
		if n(s) > 0 {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b string) int { return n(b) - n(a) })
	return out
}
