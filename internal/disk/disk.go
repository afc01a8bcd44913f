// Package disk is what the standard library leaves out about files: to be there
// after a crash, and to be found by name whatever their directory is called.
package disk

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
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

// Glob gives the files whose path is start, taken as it is, and behind it what
// the pattern matches (filepath.Match).
func Glob(start, pattern string) ([]string, error) {
	if runtime.GOOS != "windows" { // there a backslash cannot quote
		start = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(start)
	}
	return filepath.Glob(start + pattern)
}
