// Package disk is what files need to be there after a crash.
package disk

import (
	"errors"
	"os"
	"runtime"
)

// SyncDir makes a new name in a directory durable. Windows cannot open
// directories for that and needs no such step.
func SyncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
