package ledger

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// literals are all string literals of this package's own code and of package
// kexin: every code that a closed list can hold is among them.
func literals(t testing.TB) []string {
	seen := map[string]bool{}
	for _, f := range append(parse(t, "."), parse(t, "..")...) {
		ast.Inspect(f, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				s, err := strconv.Unquote(lit.Value)
				if err != nil {
					t.Fatal(err)
				}
				seen[s] = true
			}
			return true
		})
	}
	out := make([]string, 0, len(seen))
	for s := range seen {
		if s != "" && len(s) < 60 {
			out = append(out, s)
		}
	}
	return out
}

// constants are the values of the string constants of one type of package
// kexin.
func constants(t testing.TB, typ string) []string {
	var out []string
	for _, f := range parse(t, "..") {
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.CONST {
				continue
			}
			for _, spec := range g.Specs {
				v := spec.(*ast.ValueSpec)
				if id, ok := v.Type.(*ast.Ident); !ok || id.Name != typ {
					continue
				}
				s, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				out = append(out, s)
			}
		}
	}
	return out
}

func parse(t testing.TB, dir string) []*ast.File {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(names) == 0 {
		t.Fatal("no source", dir, err)
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, src, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	return files
}

// The lists in sets.go have every constant of package kexin and no other.
func TestSetsAreWhole(t *testing.T) {
	same(t, "Size", sizes)
	same(t, "Position", positions)
	same(t, "Via", vias)
	same(t, "Channel", channels)
	same(t, "Scene", scenes)
	same(t, "Code", codes)
	same(t, "SourceKind", sources)
	same(t, "Act", acts)
}

func same[T ~string](t *testing.T, typ string, have []T) {
	want := map[string]bool{}
	for _, s := range constants(t, typ) {
		want[s] = true
	}
	for _, s := range have {
		if !want[string(s)] {
			t.Errorf("%s %q is not a constant of kexin", typ, s)
		}
		delete(want, string(s))
	}
	for s := range want {
		t.Errorf("%s %q is missing", typ, s)
	}
}
