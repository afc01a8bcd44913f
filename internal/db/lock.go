package db

import (
	"errors"
	"os"
	"path/filepath"

	"kexin"
)

// LockDir takes DIR/lock for this process, so that no second one opens the
// SQLite file in DIR. A conflict error says that another process has it. The
// lock ends with the process, whatever ends that.
func LockDir(dir string) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fail("db.lock", kexin.Unavailable, KeyDown, err)
	}
	if err := lockFile(f); err != nil {
		_ = f.Close()
		if errors.Is(err, errLocked) {
			return nil, fail("db.lock", kexin.Conflict, "db.locked", nil)
		}
		return nil, fail("db.lock", kexin.Unavailable, KeyDown, err)
	}
	return func() { _ = f.Close() }, nil
}

var errLocked = errors.New("locked by another process")
