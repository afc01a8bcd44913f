package main

import (
	"net"
	"os"
	"syscall"
)

// samePerson reports whether the other end of a Unix socket is this process's
// own user, or root.
func samePerson(c net.Conn) bool {
	u, ok := c.(*net.UnixConn)
	if !ok {
		return false
	}
	raw, err := u.SyscallConn()
	if err != nil {
		return false
	}
	var peer *syscall.Ucred
	if e := raw.Control(func(fd uintptr) {
		peer, err = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	}); e != nil || err != nil {
		return false
	}
	return int(peer.Uid) == os.Getuid() || peer.Uid == 0
}
