// Package shareddata finds the data and pages that lie beside the repository,
// for tests: shops' lists with the truth about them, gazetteers, the law page of
// the design.
package shareddata

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// Path is a file or folder of KEXIN_SHARED, or of ../shared beside the
// repository. Without it the test is skipped, and standard error says so too;
// with KEXIN_REQUIRE_SHARED=1 it fails.
func Path(tb testing.TB, parts ...string) string {
	tb.Helper()
	path := filepath.Join(append([]string{dir(tb)}, parts...)...)
	if _, err := os.Stat(path); err != nil {
		missing(tb, filepath.Join(parts...))
	}
	return path
}

// File is the content of one file there.
func File(tb testing.TB, parts ...string) []byte {
	tb.Helper()
	b, err := os.ReadFile(Path(tb, parts...))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func missing(tb testing.TB, what string) {
	tb.Helper()
	said := fmt.Sprintf("%s: NOT TESTED, shared/%s is not there: set KEXIN_SHARED", tb.Name(), what)
	if os.Getenv("KEXIN_REQUIRE_SHARED") == "1" {
		tb.Fatal(said)
	}
	fmt.Fprintln(os.Stderr, said)
	tb.Skip(said)
}

func dir(tb testing.TB) string {
	tb.Helper()
	if d := os.Getenv("KEXIN_SHARED"); d != "" {
		return d
	}
	d, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	for ; d != filepath.Dir(d); d = filepath.Dir(d) {
		if _, err := os.Stat(filepath.Join(d, "go.mod")); err == nil {
			break
		}
	}
	return filepath.Join(d, "..", "shared")
}
