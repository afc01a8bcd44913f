package db

import (
	"os"
	"syscall"
)

// syncData returns when the contents and the length of f are on disk.
func syncData(f *os.File) error {
	c, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var e error
	err = c.Control(func(fd uintptr) {
		for {
			if e = syscall.Fdatasync(int(fd)); e != syscall.EINTR {
				return
			}
		}
	})
	if err != nil {
		return err
	}
	return e
}
