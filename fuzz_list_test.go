package kexin_test

import (
	"go/ast"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// fuzzed are the parsers of what comes from outside, each with the fuzz target
// that feeds it, or the reason why it needs none.
var fuzzed = map[string]string{
	"kexin.ParseID":             "FuzzParseID",
	"auth.ParseSession":         "auth.FuzzTokens",
	"auth.ParseDevice":          "auth.FuzzTokens",
	"auth.ParseAPIToken":        "auth.FuzzTokens",
	"auth.ParseInvite":          "auth.FuzzTokens",
	"auth.ParseLink":            "auth.FuzzTokens",
	"auth.ParseRecoveryCode":    "auth.FuzzRecoveryCode",
	"kind.Parse":                "kind.FuzzNormalise",
	"intake.Look":               "intake.FuzzLook",
	"vault.OpenToken":           "vault.FuzzOpenToken",
	"vault.ParseRecovery":       "vault.FuzzRecoveryCode",
	"vault.ParseHeader":         "vault.FuzzCell",
	"vault.OpenCell":            "vault.FuzzCell",
	"vault.OpenStage":           "vault.FuzzStage",
	"vault.OpenOrg":             "vault.FuzzCell",
	"vault.OpenKeyFile":         "- a file of the server's own, a key in one line",
	"vault.OpenKeyFiles":        "- files of the server's own, a key in one line",
	"vault.ParseUse":            "- one word of a closed list",
	"vault.ParseState":          "- one word of a closed list",
	"consent.ParseGrade":        "- one word of a closed list",
	"ledger.ParseAddCheckpoint": "ledger.FuzzAddCheckpoint",
	"ledger.ParseWitnessKey":    "- a line of the witness's own file",
	"ledger.ParseEvidence":      "ledger.FuzzEvidence",
	"ledger.ParsePolicy":        "ledger.FuzzPolicy",
	"ledger.ParseJCS":           "ledger.FuzzJCS",
	"ledger.ParseCheckpoint":    "ledger.FuzzCheckpoint",
	"ledger.ParseLine":          "ledger.FuzzCheckpoint",
	"ledger.Open":               "ledger.FuzzCheckpoint",
	"ledger.OpenStateFile":      "ledger.FuzzStateFile",
	"ledger.Decode":             "ledger.FuzzLeaf",
	"ledger.VerifyEvidence":     "ledger.FuzzEvidence",
	"ledger.ParseKnown":         "ledger.FuzzKnown",
	"ledger.ParseReceipt":       "ledger.FuzzReceipt",
	"store.ReadDump":            "store.FuzzReadDump",
	"store.OpenCells":           "vault.FuzzCell",
	"store.ReadLetter":          "store.FuzzLetter",
	"store.OpenToken":           "vault.FuzzCell",
	"app.ParseWitness":          "app.FuzzParseWitness",
	"outbound.ParseAllow":       "outbound.FuzzParseAllow",
	"consent.CheckReceipt":      "consent.FuzzCheckReceipt",
	"consent.ReadReply":         "consent.FuzzReadReply",
	"consent.ParseKeys":         "consent.FuzzParseKeys",
}

var parserName = regexp.MustCompile(`^(Parse|Decode|Read|Open|Look|CheckReceipt|VerifyEvidence)([A-Z]\w*)?$`)

// TestParsersAreFuzzed: every function that reads bytes or text of others
// stands in the list, and its fuzz target exists.
func TestParsersAreFuzzed(t *testing.T) {
	seen := map[string]bool{}
	eachSource(t, func(path string, f *ast.File) {
		dir := filepath.ToSlash(filepath.Dir(path))
		switch {
		case dir == ".":
			dir = "kexin"
		case strings.HasPrefix(dir, "internal/db") || strings.HasSuffix(dir, "/gen") || strings.HasSuffix(dir, "test"):
			return // engines, writers of tables, tests
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || !parserName.MatchString(fn.Name.Name) || !takesText(fn.Type) || fn.Recv != nil && (dir != "store" || fn.Name.Name == "Open") {
				continue
			}
			name := dir + "." + fn.Name.Name
			seen[name] = true
			target := fuzzed[name]
			switch {
			case target == "":
				t.Errorf("%s (%s) reads what others wrote and no fuzz target feeds it", name, path)
			case !strings.HasPrefix(target, "- ") && !hasTarget(t, target):
				t.Errorf("%s: there is no %s", name, target)
			}
		}
	})
	for name := range fuzzed {
		if !seen[name] {
			t.Errorf("%s stands in the list and nowhere else", name)
		}
	}
	if len(seen) < 25 {
		t.Errorf("only %d parsers seen", len(seen))
	}
}

// takesText reports whether a function takes bytes, text or a reader.
func takesText(f *ast.FuncType) bool {
	for _, p := range f.Params.List {
		switch x := p.Type.(type) {
		case *ast.Ident:
			if x.Name == "string" || x.Name == "File" {
				return true
			}
		case *ast.ArrayType:
			if e, ok := x.Elt.(*ast.Ident); ok && x.Len == nil && e.Name == "byte" {
				return true
			}
		case *ast.SelectorExpr:
			if strings.HasPrefix(x.Sel.Name, "Reader") {
				return true
			}
		}
	}
	return false
}

// hasTarget reports whether a fuzz target exists: "FuzzX" here, "pkg.FuzzX"
// there.
func hasTarget(t *testing.T, target string) bool {
	t.Helper()
	dir, name, ok := strings.Cut(target, ".")
	if !ok {
		dir, name = ".", target
	}
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(b), "func "+name+"(f *testing.F)") {
			return true
		}
	}
	return false
}
