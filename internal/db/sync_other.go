//go:build !linux

package db

import "os"

// syncData returns when the contents and the length of f are on disk.
func syncData(f *os.File) error { return f.Sync() }
