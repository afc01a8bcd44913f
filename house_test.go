package kexin_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// layers is the house: a package imports only lower layers, and the neighbours
// that neighbours names.
var layers = map[string]int{
	"kexin": 0, "kexin/i18n": 0, "kexin/internal/shareddata": 0, "kexin/internal/disk": 0,
	"kexin/kind": 1, "kexin/kind/region": 1, "kexin/kind/pinyin": 1, "kexin/kind/similar": 1,
	"kexin/law": 1, "kexin/consent": 1, "kexin/share": 1, "kexin/auth": 1, "kexin/ledger": 1, "kexin/vault": 1,
	"kexin/intake": 2, "kexin/match": 2, "kexin/gate": 2,
	"kexin/internal/db": 3, "kexin/internal/db/lite": 3, "kexin/internal/db/dbtest": 3, "kexin/internal/pgtest": 3, "kexin/store": 3, "kexin/store/storetest": 3,
	"kexin/job": 4,
	"kexin/app": 5, "kexin/app/apptest": 5, "kexin/outbound": 5,
	"kexin/internal/front": 6, "kexin/demo": 6, "kexin/internal/front/fronttest": 7, "kexin/api": 6, "kexin/portal": 6, "kexin/web": 6,
	"kexin/internal/site": 7, "kexin/internal/sitetest": 7, "kexin/cmd/kexin": 7,
}

// neighbours are imports inside one layer, with the reason.
var neighbours = map[string]string{
	"kexin/kind kexin/kind/region":                   "a part of it",
	"kexin/kind kexin/kind/pinyin":                   "a part of it",
	"kexin/kind/similar kexin/kind/pinyin":           "names that sound alike",
	"kexin/internal/db kexin/internal/db/lite":       "the SQLite driver below database/sql",
	"kexin/internal/db/dbtest kexin/internal/db":     "tests on both engines",
	"kexin/internal/db/dbtest kexin/internal/pgtest": "tests on both engines",
	"kexin/store kexin/internal/db":                  "its one neighbour",
	"kexin/store/storetest kexin/store":              "tests on both engines",
	"kexin/store/storetest kexin/internal/db":        "tests on both engines",
	"kexin/store/storetest kexin/internal/db/dbtest": "tests on both engines",
	"kexin/store/storetest kexin/internal/pgtest":    "tests on both engines",
	"kexin/consent kexin/law":                        "numbers and refusals",
	"kexin/share kexin/law":                          "numbers and refusals",
	"kexin/auth kexin/law":                           "numbers of codes",
	"kexin/consent kexin/i18n":                       "the notice's words",
	"kexin/consent kexin/ledger":                     "receipts are canonical JSON and speak of the log",
	"kexin/api kexin/internal/front":                 "the front desk before every request",
	"kexin/portal kexin/internal/front":              "the front desk before every request",
	"kexin/app kexin/outbound":                       "the one client",
	"kexin/app/apptest kexin/app":                    "several parties for tests",
	"kexin/cmd/kexin kexin/internal/site":            "the faces put together",
	"kexin/internal/sitetest kexin/internal/site":    "tests of the whole server",
}

// forbidden are imports that layers would allow and the house does not.
var forbidden = map[string][]string{
	"kexin/api":            {"kexin/internal/db"},
	"kexin/portal":         {"kexin/store", "kexin/internal/db", "kexin/gate"},
	"kexin/web":            {"kexin/store"},
	"kexin/internal/front": {"kexin/store", "kexin/internal/db"},
}

type pkg struct {
	ImportPath string
	Imports    []string
}

func packages(t *testing.T) []pkg {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func TestImportsGoDown(t *testing.T) {
	for _, p := range packages(t) {
		if strings.HasSuffix(p.ImportPath, "/gen") || strings.HasPrefix(p.ImportPath, "kexin/bench") || strings.HasPrefix(p.ImportPath, "kexin/internal/sample") || strings.HasPrefix(p.ImportPath, "kexin/lawtest") {
			continue
		}
		at, known := layers[p.ImportPath]
		if !known {
			t.Errorf("%s has no layer: add it to the table", p.ImportPath)
			continue
		}
		for _, i := range p.Imports {
			if i != "kexin" && !strings.HasPrefix(i, "kexin/") {
				continue
			}
			below := layers[i]
			if slices.Contains(forbidden[p.ImportPath], i) {
				t.Errorf("%s must never import %s", p.ImportPath, i)
			}
			if below > at || below == at && neighbours[p.ImportPath+" "+i] == "" {
				t.Errorf("%s (layer %d) imports %s (layer %d)", p.ImportPath, at, i, below)
			}
		}
	}
}

// banned are names that no code outside tests may use, with the places that may:
// what reaches the outside goes through package outbound, but for the door of the
// running server, a socket in its own data directory, and ACME's client, whose
// transport is outbound's.
var banned = map[string]string{
	"http.DefaultClient": "", "http.Get": "", "http.Post": "", "http.PostForm": "", "http.Head": "", "http.DefaultTransport": "", "http.Client": "outbound cmd/kexin/certificate.go internal/front/fronttest", "http.Transport": "outbound cmd/kexin/door.go",
	"net.Dial": "outbound", "net.Dialer": "outbound", "net.DialTimeout": "cmd/kexin/door.go", "net.DialTCP": "", "net.DialUDP": "", "net.DialUnix": "", "tls.Dial": "", "tls.Dialer": "", "tls.DialWithDialer": "", "smtp.Dial": "", "smtp.SendMail": "",
	"ParseMultipartForm": "", "FormFile": "",
	"gate.ForSystem": "see systemCalls",
}

// systemCalls are all places that may work without a person, with what for.
var systemCalls = map[string]string{
	"app/import_judge.go matching": "an import compares its rows with who is there; what it may say of them is the gate's",
	"app/refigure.go rebuild":      "kept counts and sums are worked out again from their rows; nothing of it is shown",
	"app/keys.go keyrotation":      "persons' keys are wrapped anew; no cell is read",
	"app/herdata.go subjectcopy":   "her own page shows her what is held of her, behind her link and code",
	"app/address.go subjectcopy":   "codes, links, receipts and what she must know go to her own number or address, which no member of staff sees; her stop and her not me hold for it",
	"app/recommend.go subjectcopy": "a child is not asked",
}

func TestBannedNames(t *testing.T) {
	eachSource(t, func(path string, f *ast.File) {
		for _, i := range f.Imports {
			if p := strings.Trim(i.Path.Value, `"`); (p == "text/template" || p == "math/rand" || p == "math/rand/v2") && path != "internal/db/postgres.go" && path != "job/run.go" { // there: jitter of retries
				t.Errorf("%s imports %s", path, p)
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			name := s.Sel.Name
			if x, ok := s.X.(*ast.Ident); ok {
				name = x.Name + "." + name
			}
			where, no := banned[name]
			if !no {
				where, no = banned[s.Sel.Name]
			}
			if no && (where != "see systemCalls" && !slices.ContainsFunc(strings.Fields(where), func(at string) bool { return strings.HasPrefix(path, at) })) {
				t.Errorf("%s uses %s", path, name)
			}
			return true
		})
	})
}

// TestAPIHoldsTypes: of package store the API knows what the use-cases hand it,
// and nothing by which it could read or write itself.
func TestAPIHoldsTypes(t *testing.T) {
	types := 0
	eachSource(t, func(path string, f *ast.File) {
		if !strings.HasPrefix(path, "api/") {
			return
		}
		ast.Inspect(f, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, ok := s.X.(*ast.Ident); ok && x.Name == "store" {
				if types++; slices.Contains([]string{"Store", "Tx", "Open"}, s.Sel.Name) {
					t.Errorf("%s has store.%s", path, s.Sel.Name)
				}
			}
			return true
		})
	})
	if types == 0 {
		t.Error("api has nothing of store: forbid the import instead")
	}
}

// TestSystemCalls: every place that takes leave without a person stands in the
// list, and what stands there does.
func TestSystemCalls(t *testing.T) {
	seen := map[string]bool{}
	eachSource(t, func(path string, f *ast.File) {
		ast.Inspect(f, func(n ast.Node) bool {
			c, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			s, ok := c.Fun.(*ast.SelectorExpr)
			if !ok || s.Sel.Name != "ForSystem" {
				return true
			}
			job := "by a variable"
			if j, ok := c.Args[0].(*ast.SelectorExpr); ok {
				job = strings.ToLower(j.Sel.Name)
			}
			seen[path+" "+job] = true
			if why := systemCalls[path+" "+job]; why == "" {
				t.Errorf("%s works without a person (%s) and stands in no list", path, job)
			} else {
				t.Logf("%s: %s", path, why)
			}
			return true
		})
	})
	for call := range systemCalls {
		if !seen[call] {
			t.Errorf("%s stands in the list and nowhere else", call)
		}
	}
}

// eachSource parses every Go file that is not a test and not a generator.
func eachSource(t *testing.T, f func(path string, file *ast.File)) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "bench" || d.Name() == "gen" || strings.HasPrefix(d.Name(), ".") && path != ".") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "test/") || strings.HasPrefix(path, "internal/sample") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		f(filepath.ToSlash(path), file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestSecurityPage: every promise of docs/security.md names what shows it, and
// that is there: a test of this repository, or a requirement of which docs/law.md
// says that it holds at least in part.
func TestSecurityPage(t *testing.T) {
	page, err := os.ReadFile("docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	requirements, err := os.ReadFile("docs/law.md")
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]bool{}
	if err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		b, err := os.ReadFile(path)
		for _, m := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllStringSubmatch(string(b), -1) {
			tests[m[1]] = true
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "| shown by |")
	table, _, _ = strings.Cut(table, "\n## ")
	rows := strings.Split(strings.TrimSpace(table), "\n")[1:]
	if len(rows) < 15 {
		t.Fatalf("%d promises", len(rows))
	}
	for _, row := range rows {
		cells := strings.Split(row, "|")
		for _, name := range strings.Split(cells[len(cells)-2], ",") {
			name = strings.TrimSpace(name)
			held := regexp.MustCompile(`(?m)^\| ` + name + ` \|.*\| (holds|partly) \|`).Match(requirements)
			if name == "" || !tests[name] && !held {
				t.Errorf("%s is shown by %q, which is not there", cells[1], name)
			}
		}
	}
}

// TestSharedIsTold: docs/tests.md names every package whose tests need what lies
// beside the repository, and no test looks for it in a way of its own.
func TestSharedIsTold(t *testing.T) {
	doc, err := os.ReadFile("docs/tests.md")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	err = filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && (d.Name() == "node_modules" || strings.HasPrefix(d.Name(), ".") && p != ".") {
			return cmp.Or(err, map[bool]error{true: filepath.SkipDir}[err == nil])
		}
		dir := filepath.ToSlash(filepath.Dir(p))
		if !strings.HasSuffix(p, ".go") || dir == "internal/shareddata" || dir == "." {
			return nil
		}
		b, err := os.ReadFile(p)
		if strings.Contains(string(b), "KEXIN_SHARED") {
			t.Errorf("%s looks for shared data by itself: package shareddata does", p)
		}
		if strings.Contains(string(b), `"kexin/internal/shareddata"`) {
			seen++
			if !strings.HasSuffix(p, "_test.go") {
				t.Errorf("%s is no test", p)
			}
			if !strings.Contains(string(doc), "`"+dir+"`") {
				t.Errorf("docs/tests.md does not name %s", dir)
			}
		}
		return err
	})
	if err != nil || seen < 8 {
		t.Errorf("%d files seen: %v", seen, err)
	}
}
