package ledger

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"kexin"
	"kexin/i18n"
)

// TestWords: every sentence of a verdict and every kind of entry has its words
// in both languages, with all parameters filled.
func TestWords(t *testing.T) {
	for _, s := range []Status{Valid, Invalid, Unwitnessed} {
		if got := s.Title("en"); strings.HasPrefix(got, "verify.") {
			t.Errorf("%s", got)
		}
	}
	for _, typ := range Types() {
		e := &Entry{ID: 1, T: 1, Org: 1, Actor: Actor{Kind: ByStaff, Position: kexin.Rep, Ref: 7}, Facts: newFacts(typ), Refs: Refs{Purpose: "crm.followup"}}
		for _, lang := range i18n.Langs {
			for _, got := range []string{e.Sentence(lang), e.Who(lang), e.For(lang)} {
				if got == "" || strings.ContainsAny(got, "{}_") || strings.HasPrefix(got, "ledger.") || strings.HasPrefix(got, "purpose.") {
					t.Errorf("%s in %s: %q", typ, lang, got)
				}
			}
		}
	}
}

func TestSentence(t *testing.T) {
	e := &Entry{ID: 1, T: 1, Org: 1, Actor: Actor{Kind: ByStaff, Position: kexin.Rep, Ref: 7}, Refs: Refs{Purpose: "service.aftersales"},
		Facts: &ValueRevealed{Field: kexin.CustPhone, Object: kexin.Customer, Why: "aftersales"}}
	if got := e.Sentence("zh-CN"); got != "看了完整的手机，因为：售后" {
		t.Error(got)
	}
	if got := e.Who("zh-CN") + "/" + e.For("zh-CN"); got != "销售/售后和保修" && !strings.HasPrefix(got, "销售/") {
		t.Error(got)
	}
	e.Facts = &RecordOpened{Object: kexin.Customer, Fields: []kexin.FieldID{kexin.CustName, kexin.CustPhone}}
	if got := e.Sentence("en"); !strings.Contains(got, ", ") || !strings.HasPrefix(got, "Opened a record") {
		t.Error(got)
	}
}

func TestParseKnown(t *testing.T) {
	root := "bm90aGluZyBoZXJlIGJ1dCAzMiBieXRlcyBvZiBpdC4="
	line := "kexin.abc/5/1 12 " + root
	note := "kexin.abc/5/1\n12\n" + root + "\n\n— kexin.abc/5/1 AAAA\n"
	for text, want := range map[string][]string{
		line: {line}, "今天的一行：" + line + "。存好": {line}, line + "\r\n\r\n" + line + "\n": {line, line}, note: {line, "kexin.abc/5/1 AAAA "},
		"": nil, "hello\nworld 1 2": nil, "kexin.abc/5/1": {"kexin.abc/5/1"}, "kexin.abc/5/1 x y": {"kexin.abc/5/1 x y"},
	} {
		got := ParseKnown(text)
		if text == note {
			got, want = got[:1], want[:1]
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// FuzzKnown: whatever people paste, each line that is found is one line and
// can be judged.
func FuzzKnown(f *testing.F) {
	f.Add("kexin.abc/5/1 12 bm90aGluZyBoZXJlIGJ1dCAzMiBieXRlcyBvZiBpdC4=")
	f.Add("kexin.abc/5/1\n12\nbm90aGluZyBoZXJlIGJ1dCAzMiBieXRlcyBvZiBpdC4=\n\n— x y\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, line := range ParseKnown(text) {
			if strings.Contains(line, "\n") {
				t.Fatalf("%q", line)
			}
			if c, err := ParseLine(line); err == nil && c.Line() != line {
				if again, err := ParseLine(c.Line()); err != nil || again != c {
					t.Fatalf("%q: %v", line, err)
				}
			}
		}
	})
}

// FuzzReceipt: a receipt that is read has a log, a place and a leaf; the place
// may be the beginning.
func FuzzReceipt(f *testing.F) {
	h := strings.Repeat("A", 42) + "A"
	f.Add([]byte(`{"doc":{"log":{"origin":"kexin.abc/5/1","size":3,"root":"` + h + `","leaf":"` + h + `"}},"sig":"x"}`))
	f.Add([]byte(`{"origin":"kexin.abc/5/1","size":3,"root":"` + h + `=","leaf":"` + h + `"}`))
	f.Add([]byte(`{"doc":{"log":{"origin":"kexin.abc/5/1","size":0,"root":"","leaf":"` + h + `"}},"sig":"x"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ParseReceipt(b)
		if err == nil && (!originForm(string(r.Origin)) || r.Size < 0 || r.Size == 0 && r.Root != Hash{}) {
			t.Fatalf("%+v", r)
		}
	})
}

// Types are all types of event, sorted.
func Types() []Type { return slices.Sorted(maps.Keys(events)) }

// Statements are the catalogue keys of all sentences that a verdict can hold,
// sorted.
var Statements = sync.OnceValue(func() (out []string) {
	for _, k := range i18n.Keys() {
		for _, what := range []string{"proves", "silent", "fault"} {
			if strings.HasPrefix(k, "verify."+what+".") {
				out = append(out, k)
			}
		}
	}
	slices.Sort(out)
	return out
})

// TestStatementsSaid: every sentence that a source of the program puts into a
// verdict by its name is one of Statements, and each of those is somewhere a
// string of them.
func TestStatementsSaid(t *testing.T) {
	what := map[string]string{"fault": "fault", "Fails": "fault", "silent": "silent", "Silently": "silent", "prove": "proves", "Proved": "proves"}
	n, strs := 0, map[string]bool{}
	for _, dir := range []string{".", "../store", "../consent", "../cmd/kexin"} {
		names, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(f, func(x ast.Node) bool {
				if lit, ok := x.(*ast.BasicLit); ok && lit.Kind == token.STRING {
					strs[strings.Trim(lit.Value, "\"`")] = true
				}
				call, ok := x.(*ast.CallExpr)
				if !ok || len(call.Args) == 0 {
					return true
				}
				sel, _ := call.Fun.(*ast.SelectorExpr)
				key, named := call.Args[0].(*ast.BasicLit)
				if sel == nil || !named || what[sel.Sel.Name] == "" {
					return true
				}
				n++
				if k := "verify." + what[sel.Sel.Name] + "." + strings.Trim(key.Value, `"`); !slices.Contains(Statements(), k) {
					t.Errorf("%s says %s, which has no words", name, k)
				}
				return true
			})
		}
	}
	if n < 60 || len(Statements()) < 80 {
		t.Errorf("%d sentences are said, %d have words", n, len(Statements()))
	}
	for _, k := range Statements() {
		if !strs[k[strings.LastIndexByte(k, '.')+1:]] {
			t.Errorf("nothing says %s", k)
		}
	}
}
