package main

import (
	"os"
	"testing"

	"kexin/job"
	"kexin/store/storetest"
)

func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == keeperWord {
		if err := (keyService{os.Args[2]}).answer(); err != nil {
			os.Exit(1)
		}
		return
	}
	if os.Getenv(child) != "" {
		onSmallDisk(os.Getenv(smallDisk))
		soft, hard := signals()
		os.Exit(runUntil(soft, hard, os.Args[1:], os.Stdout, os.Stderr))
	}
	storetest.Main(m, job.Untenanted)
}
