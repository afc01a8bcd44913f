//go:build !linux

package main

const smallDisk = "KEXIN_TEST_SMALL_DISK"

func onSmallDisk(string) {}
