package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func gen(t *testing.T, dir, in string, args ...string) error {
	t.Helper()
	return run(dir, args, strings.NewReader(in), io.Discard)
}

func content(t *testing.T, dir, lang string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, lang+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestAdd(t *testing.T) {
	dir := t.TempDir()
	if err := gen(t, dir, "# note\n\nb.two\t「二」<{n}>\t“two” <{n}>\r\na.one\t一\tone\n", "add", "-"); err != nil {
		t.Fatal(err)
	}
	if err := gen(t, dir, "", "add", "a.zero", "零", "zero"); err != nil {
		t.Fatal(err)
	}
	want := "{\n  \"a.one\": \"一\",\n  \"a.zero\": \"零\",\n  \"b.two\": \"「二」<{n}>\"\n}\n"
	if got := content(t, dir, "zh-CN"); got != want {
		t.Errorf("got %s", got)
	}
	if err := gen(t, dir, "", "add", "a.one", "一", "one"); err != nil {
		t.Errorf("the same words again: %v", err)
	}
	if gen(t, dir, "", "add", "a.one", "壹", "one") == nil {
		t.Error("other words under an old key were accepted")
	}
	if err := gen(t, dir, "", "set", "a.one", "壹", "one"); err != nil {
		t.Error(err)
	}
	if err := gen(t, dir, "", "rm", "a.zero", "b.two"); err != nil {
		t.Error(err)
	}
	if got := content(t, dir, "en"); got != "{\n  \"a.one\": \"one\"\n}\n" {
		t.Errorf("got %s", got)
	}
}

// TestRefused: a command that fails writes nothing, whatever came before the
// fault in it.
func TestRefused(t *testing.T) {
	dir := t.TempDir()
	if err := gen(t, dir, "", "add", "a.one", "一", "one"); err != nil {
		t.Fatal(err)
	}
	before := content(t, dir, "zh-CN") + content(t, dir, "en")
	for _, bad := range []struct {
		in   string
		args []string
	}{
		{"", nil},
		{"", []string{"add"}},
		{"", []string{"add", "x"}},
		{"", []string{"sort", "x"}},
		{"", []string{"rm"}},
		{"", []string{"rm", "a.one", "b.none"}},
		{"", []string{"add", "a.two", "二,", ""}},
		{"a.two\t二\ttwo\na.three\t授权\tconsent\n", []string{"add", "-"}},
		{"a.two\t二\ttwo\na.three\t三\n", []string{"set", "-"}},
	} {
		if gen(t, dir, bad.in, bad.args...) == nil {
			t.Errorf("%v %q was accepted", bad.args, bad.in)
		}
	}
	if after := content(t, dir, "zh-CN") + content(t, dir, "en"); after != before {
		t.Errorf("a refused command changed the files: %s", after)
	}
	if _, err := os.Stat(filepath.Join(dir, ".lock")); err == nil {
		t.Error("the lock was left")
	}
}

func TestSortChecks(t *testing.T) {
	dir := t.TempDir()
	for name, s := range map[string]string{"zh-CN.json": `{"b.b":"乙","a.a":"甲"}`, "en.json": `{"a.a":"a","b.b":"b"}`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := gen(t, dir, "", "sort"); err != nil {
		t.Fatal(err)
	}
	if got := content(t, dir, "zh-CN"); !strings.HasPrefix(got, "{\n  \"a.a\"") {
		t.Errorf("not sorted: %s", got)
	}
	if err := os.WriteFile(filepath.Join(dir, "en.json"), []byte(`{"a.a":"a","b.b":"b","c.c":"c"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if gen(t, dir, "", "sort") == nil {
		t.Error("a key in English only was accepted")
	}
	if err := os.WriteFile(filepath.Join(dir, "en.json"), []byte(`{"a.a"`), 0o600); err != nil {
		t.Fatal(err)
	}
	if gen(t, dir, "", "sort") == nil {
		t.Error("a broken file was accepted")
	}
}

// TestTogether: many at once lose nothing.
func TestTogether(t *testing.T) {
	dir := t.TempDir()
	var all sync.WaitGroup
	const n = 12
	for i := range n {
		all.Go(func() {
			if err := gen(t, dir, "", "add", fmt.Sprintf("k.n%d", i), "好", "ok"); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	c, err := read(dir)
	if err != nil || len(c.zh) != n || len(c.en) != n {
		t.Errorf("%d and %d keys of %d, %v", len(c.zh), len(c.en), n, err)
	}
}

func TestStaleLock(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, ".lock")
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-2 * stale)
	if err := os.Chtimes(name, old, old); err != nil {
		t.Fatal(err)
	}
	if err := gen(t, dir, "", "add", "a.one", "一", "one"); err != nil {
		t.Error(err)
	}
}

func TestFindDir(t *testing.T) {
	dir, err := findDir()
	if err != nil || filepath.Base(dir) != "i18n" {
		t.Errorf("%s %v", dir, err)
	}
}
