package main

import (
	"os"
	"testing"

	"kexin/job"
	"kexin/store/storetest"
)

func TestMain(m *testing.M) {
	if os.Getenv(child) != "" {
		soft, hard := signals()
		os.Exit(runUntil(soft, hard, os.Args[1:], os.Stdout, os.Stderr))
	}
	storetest.Main(m, job.Untenanted)
}
