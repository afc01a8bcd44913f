//go:build !linux

package main

import "net"

// samePerson trusts the socket's mode and its directory's: this system does
// not say who is at the other end.
func samePerson(net.Conn) bool { return true }
