//go:build !linux

package pgtest

import "syscall"

// attributes are none: run the tests as an ordinary user.
func attributes(string) (*syscall.SysProcAttr, error) { return nil, nil }
