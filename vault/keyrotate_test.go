package vault_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kexin"
	"kexin/vault"
)

// A new master key takes the old one's place; both open, the newest first.
func TestNextKeyFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "keys[1]", "master.key")
	first, code, err := vault.CreateKeyFile(path, "")
	if err != nil {
		t.Fatal(err)
	}
	if first.Code() != code {
		t.Error("the key does not know its code")
	}
	if err := os.WriteFile(path+".new", []byte("left by a crash"), 0o600); err != nil {
		t.Fatal(err)
	}
	second, old, err := vault.NextKeyFile(path, "")
	if err != nil || old != path+".1" || second.ID() == first.ID() {
		t.Fatal(err, old)
	}
	third, old, err := vault.NextKeyFile(path, "")
	if err != nil || old != path+".2" {
		t.Fatal(err, old)
	}
	if err := os.Link(path, path+".7"); err != nil { // a crash between link and rename
		t.Fatal(err)
	}
	if err := os.WriteFile(path+".bak", []byte("not a key of ours"), 0o644); err != nil {
		t.Fatal(err)
	}
	all, err := vault.OpenKeyFiles(path, "")
	if err != nil || len(all) != 3 {
		t.Fatal(err, len(all))
	}
	for i, want := range []*vault.MasterKeeper{third, second, first} {
		if all[i].ID() != want.ID() {
			t.Errorf("key %d is %s", i, all[i].Path)
		}
	}
	for _, name := range []string{path, path + ".1", path + ".2"} {
		if st, err := os.Stat(name); err != nil || st.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := os.Chmod(path+".1", 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := vault.OpenKeyFiles(path, ""); kexin.CodeOf(err) != kexin.Forbidden {
		t.Errorf("an old key that others may read: %v", err)
	}
	if _, _, err := vault.NextKeyFile(filepath.Join(dir, "none"), ""); kexin.CodeOf(err) != kexin.NotFound {
		t.Errorf("no key to follow: %v", err)
	}
	if strings.Contains(third.ID(), third.Code()[:5]) {
		t.Error("the name tells the key")
	}
}
