//go:build linux || darwin

package main

import "syscall"

// freeSpace is how many bytes this user may still write in a directory's file
// system; false where it cannot be known.
func freeSpace(dir string) (uint64, bool) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, false
	}
	return s.Bavail * uint64(s.Bsize), true
}
