package lawtest

import (
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"kexin/internal/sitetest"
	"kexin/web"
)

// appendOnly: no statement of the program changes an entry of the log but to
// give it its place and hash, and none deletes one.
func appendOnly(t *testing.T) {
	t.Helper()
	seen := 0
	eachSource(t, func(path, text string) {
		for _, m := range regexp.MustCompile(`(?i)(DELETE FROM|UPDATE|REPLACE INTO|TRUNCATE( TABLE)?)\s+ledger_(entry|tile)[^"`+"`"+`]*`).FindAllString(text, -1) {
			seen++
			restored := path == "store/restore.go" && strings.HasSuffix(m, "idx IS NULL AND type='heads'") // commitments that were not sealed, of a copy
			if !restored && !regexp.MustCompile(`(?i)^UPDATE ledger_entry SET (idx|epoch|who_c|body_c|hash)`).MatchString(m) || strings.Contains(m, "leaf=") {
				t.Errorf("%s: %s", path, m)
			}
		}
	})
	if seen == 0 {
		t.Error("the sealer's statement was not found: the test looks at nothing")
	}
}

// eachSource reads every Go file of the program that is not a test.
func eachSource(t *testing.T, f func(path, text string)) {
	t.Helper()
	top := root(t)
	err := filepath.WalkDir(top, func(p string, d os.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == "bench" || d.Name() == "lawtest" || strings.HasPrefix(d.Name(), ".") && p != top):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go"):
			return nil
		}
		b, err := os.ReadFile(p)
		rel, _ := filepath.Rel(top, p)
		f(filepath.ToSlash(rel), string(b))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// claims are what must not be said of the product (密码法 26, 27).
var claims = regexp.MustCompile(`(?i)(通过|获得|取得|已获|符合)[^。；\n]{0,8}(密评|商用密码|密码应用安全性评估|等保)|(密评|商用密码[^。；\n]{0,4}(认证|检测)|等保[^。；\n]{0,4}(认证|测评))[^。；\n]{0,4}(通过|合格)|(is|are|been|fully) (certified|accredited) (under|by|according|for)`)

func noCertificate(t *testing.T) {
	top, seen := root(t), 0
	for _, pattern := range []string{"*.md", "docs/*.md", "i18n/*.json", "portal/html/*"} {
		files, err := filepath.Glob(filepath.Join(top, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			seen++
			for _, m := range claims.FindAllString(string(b), -1) {
				if !strings.Contains(string(b), "Nothing here "+m) {
					t.Errorf("%s claims %q", filepath.Base(f), m)
				}
			}
		}
	}
	if seen < 15 {
		t.Errorf("only %d files read", seen)
	}
	b, err := os.ReadFile(filepath.Join(top, "docs", "security.md"))
	if err != nil || !strings.Contains(string(b), "Nothing here is certified under Chinese commercial-cryptography rules") {
		t.Errorf("docs/security.md does not say that nothing is certified (%v)", err)
	}
	for claim, is := range map[string]bool{"本产品已通过密评": true, "获得商用密码产品认证": true, "Kexin is certified under GM/T": true, "通过短信登录": false} {
		if claims.MatchString(claim) != is {
			t.Errorf("%q: %v", claim, !is)
		}
	}
}

// loads finds what a page would have a browser fetch.
var loads = regexp.MustCompile(`(?i)(?:src|href|action|srcset|poster|data)\s*=\s*["']?\s*((?:https?:)?//[^"'\s>]+)|url\(\s*["']?((?:https?:)?//[^)"']+)|@import\s+["']?((?:https?:)?//[^"';]+)`)

func noForeignOrigin(t *testing.T, s *sitetest.Site) {
	pages := []string{"/", "/customers", "/login", "/verify", "/notice/" + s.Org.String(), "/welcome", "/invite/x", "/setup/x", "/portal.css"}
	for _, p := range pages {
		for _, who := range []string{"", "owner"} {
			r := s.As(who, http.MethodGet, p, nil)
			clean(t, p, r.Body)
			policy := r.Header.Get("Content-Security-Policy")
			if r.Status != http.StatusSeeOther && strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") && (!strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "://") || strings.Contains(policy, "*")) {
				t.Errorf("%s: policy %q", p, policy)
			}
		}
	}
	files, err := fs.ReadDir(web.FS, "assets")
	if err != nil || len(files) == 0 {
		t.Fatalf("no workbench: %v", err)
	}
	for _, f := range files {
		b, err := fs.ReadFile(web.FS, "assets/"+f.Name())
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(f.Name(), ".css") {
			clean(t, f.Name(), b)
		}
	}
	oneClient(t)
}

func clean(t *testing.T, page string, b []byte) {
	t.Helper()
	for _, m := range loads.FindAllSubmatch(b, -1) {
		target := string(m[1]) + string(m[2]) + string(m[3])
		if !strings.HasPrefix(target, sitetest.Address) {
			t.Errorf("%s loads %s", page, target)
		}
	}
}

// oneClient: only package outbound, and the witness's and the check's own
// command lines, may open a connection.
func oneClient(t *testing.T) {
	t.Helper()
	eachSource(t, func(path, text string) {
		for _, bad := range []string{"http.DefaultClient", "http.Get(", "http.Post(", "http.PostForm(", "net.Dial(", "tls.Dial(", "smtp.Dial("} {
			if strings.Contains(text, bad) && !strings.HasPrefix(path, "outbound/") {
				t.Errorf("%s uses %s", path, bad)
			}
		}
	})
}
