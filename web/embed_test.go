package web

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"
)

// TestDist checks what the server counts on: the page is there, every script
// and style of it carries the nonce's placeholder, is in the bundle, and comes
// from this server and no other.
func TestDist(t *testing.T) {
	page, err := fs.ReadFile(FS, "index.html")
	if err != nil {
		t.Fatal(err)
	}
	tags := regexp.MustCompile(`<(script|link|style)\b[^>]*>`).FindAllString(string(page), -1)
	if len(tags) < 2 {
		t.Fatalf("index.html has %d script and link tags", len(tags))
	}
	address := regexp.MustCompile(`(?:src|href)="([^"]*)"`)
	for _, tag := range tags {
		if strings.HasPrefix(tag, "<script") && !strings.Contains(tag, `nonce="`+NoncePlaceholder+`"`) {
			t.Errorf("no nonce in %s", tag)
		}
		m := address.FindStringSubmatch(tag)
		if m == nil || !strings.HasPrefix(m[1], "/") || strings.HasPrefix(m[1], "//") {
			t.Errorf("not from this server: %s", tag)
			continue
		}
		if _, err := fs.Stat(FS, m[1][1:]); err != nil {
			t.Error(err)
		}
	}
}

// TestNoOtherOrigin checks that no built file loads anything from elsewhere:
// no address but this server's stands in a fetch, import, src or url().
func TestNoOtherOrigin(t *testing.T) {
	loads := regexp.MustCompile(`(?:fetch|import|importScripts)\(\s*["'` + "`" + `]https?://|url\(\s*["']?https?://|\bsrc=["']https?://`)
	files, err := fs.Glob(FS, "assets/*")
	if err != nil || len(files) == 0 {
		t.Fatalf("assets: %d files, %v", len(files), err)
	}
	for _, name := range files {
		b, err := fs.ReadFile(FS, name)
		if err != nil {
			t.Fatal(err)
		}
		if at := loads.FindIndex(b); at != nil {
			t.Errorf("%s loads from another origin: %.80s", name, b[at[0]:])
		}
	}
}
