package main

import (
	"testing"

	"kexin/internal/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }
