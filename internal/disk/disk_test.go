package disk_test

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"kexin/internal/disk"
)

// TestGlob: what stands for something in a pattern stands for itself in the
// name of a directory.
func TestGlob(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a pattern quotes nothing there")
	}
	dir := filepath.Join(t.TempDir(), `a* [1]? \b`)
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	want := filepath.Join(dir, "x.kxb")
	for _, f := range []string{want, filepath.Join(dir, "x.kxk")} {
		if err := os.WriteFile(f, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := disk.Glob(dir+string(filepath.Separator), "*.kxb"); err != nil || !slices.Equal(got, []string{want}) {
		t.Errorf("%q %v, want %q", got, err, want)
	}
}
