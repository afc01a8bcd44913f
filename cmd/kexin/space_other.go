//go:build !linux && !darwin

package main

// freeSpace cannot be asked in the same way on this system.
func freeSpace(string) (uint64, bool) { return 0, false }
