package main

import (
	"testing"

	"kexin/job"
	"kexin/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m, job.Untenanted) }
