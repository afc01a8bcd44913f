package kexin_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"kexin/i18n"
)

// composed are the sentences whose keys are put together from codes: the key
// with * for each code. A code that no string of the sources is explains none.
// Every other key stands whole in the sources.
var composed = strings.Fields(`
actor.* alert.* bench.bare.* bench.goal.* bench.goal.*_growth bench.goal.added_* bench.goal.added_sql_* bench.goal.peer_* bench.op.* channel.* choice.*.* class.* cli.doctor.*_ok cli.doctor.no_*
cli.help.* cli.self_* cli.self_*_not credit.* demo.building_list_* demo.hall.* demo.step.*.do demo.step.*.see demo.step.*.title demo.step.*.why error.*
field.*.* grade.* hers.channel.* hers.channel_more.* hers.from.* hers.gave.* hers.mine.* hers.next.* hers.mine.code_go.* hers.origin.* hers.purpose.* hers.receipt.prove.*
hers.receipt.whole_go.* hers.receipt.words.* hers.stop.* hers.stop.now_* hers.want.* hers.where.* hers.word.* hers.word.*_email import.* import.group_*
import.part_* import.part_*_kept import.row_* import.row_aside_* introduce.task.* issue.* issue.missing_* law.* ledger.* ledger.reason.* notice.missing.*
object.* outcome.* portal.fail.* portal.fail.*_more portal.field.* portal.verify.* position.* purpose.* reason.* reason.*_only reason.may_* referral.sight.*
referral.state.* retention.* size.* sms.* source.*.label source.*.why timeline.* todo.* verify.* verify.fault.* verify.proves.* verify.silent.* web.acts.*
web.backup.state_* web.change.* web.consent.state_* web.contact.* web.empty.* web.fault.* web.filter.* web.follow.next_* web.import.answer_*
web.import.collected_* web.import.list_* web.import.list_note_* web.import.out_* web.import.out_*_part web.import.state_* web.import.step_* web.import.way_*
web.keys.state_* web.keys.use_* web.ledger.fact_* web.ledger.grade_* web.may.told_* web.may.told_*_ask web.nav.* web.new.* web.own.* web.part.* web.record.tab_* web.related.* web.reopen.field_*
web.reveal.* web.scene.* web.share.card_* web.share.how_* web.share.link_* web.share.log_* web.share.member_* web.share.no_shops_* web.source.basis_*
web.source.evidence_* web.theme.* web.timeline.* web.why.* why.*
`)

// keyCalls are the functions one of whose arguments is a key.
var keyCalls = []string{"T", "t", "words", "print", "bad", "warn", "ok", "note", "ask", "askHidden", "yes", "list", "say", "line"}

var (
	wholeKey = regexp.MustCompile(`^[a-z][a-z_]*(\.[A-Za-z0-9_]+)+$`)
	errorKey = regexp.MustCompile(`^error\.[a-z0-9_]*[a-z0-9]$`)
	quoted   = regexp.MustCompile("\"([a-z][^\"\n]*)\"|'([a-z][^'\n]*)'|`([a-z][^`$\n]*)[`$]")
	named    = regexp.MustCompile(`\bnamed\('([a-z_.]+)'`)
	inHTML   = regexp.MustCompile(`(?:\bt "|"hint=)([^"]+)"`)
)

// A wordUse is what the sources say of the catalogue.
type wordUse struct {
	whole map[string]bool   // strings that stand whole, and beginnings of templates
	asked map[string]string // keys that are asked for whole → where
}

// TestWords: the catalogue has every sentence that the sources ask for, and
// none that they do not.
func TestWords(t *testing.T) {
	u := wordUse{whole: map[string]bool{}, asked: map[string]string{}}
	u.read(t)
	for k, where := range u.asked {
		if !i18n.Has(k) {
			t.Errorf("%s asks for %s, which is nowhere", where, k)
		}
	}
	used := map[string]bool{}
	for _, pattern := range composed {
		before, _, _ := strings.Cut(pattern, "*")
		if !u.begins(before) {
			t.Errorf("nothing puts %s together", pattern)
		}
		is, n := regexp.MustCompile("^"+strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, "(.+)")+"$"), 0
		for _, k := range i18n.Keys() {
			codes := is.FindStringSubmatch(k)
			if codes != nil && !slices.ContainsFunc(codes[1:], func(c string) bool { return !u.code(c) }) {
				used[k] = true
				if !u.whole[k] {
					n++
				}
			}
		}
		if n == 0 {
			t.Errorf("%s explains no key", pattern)
		}
	}
	for _, k := range i18n.Keys() {
		one, isOne := strings.CutSuffix(k, "_one") // tn of the workbench
		if !used[k] && !u.whole[k] && !(isOne && u.whole[one]) {
			t.Errorf("nobody says %s", k)
		}
	}
}

// TestFactWords: the page of the log has a word for every fact that an entry may
// state, and for no other.
func TestFactWords(t *testing.T) {
	b, err := os.ReadFile("ledger/testdata/events.golden")
	if err != nil {
		t.Fatal(err)
	}
	facts := regexp.MustCompile(`(?m)^\t(\w+) `).FindAllStringSubmatch(string(b), -1)
	if len(facts) < 100 {
		t.Errorf("%d facts", len(facts))
	}
	stated := map[string]bool{}
	for _, f := range facts {
		if stated[f[1]] = true; !i18n.Has("web.ledger.fact_" + f[1]) {
			t.Errorf("there is no web.ledger.fact_%s", f[1])
		}
	}
	for _, k := range i18n.Keys() {
		if f, ok := strings.CutPrefix(k, "web.ledger.fact_"); ok && !stated[f] {
			t.Errorf("no entry states %s", k)
		}
	}
}

// begins reports whether a key's beginning stands in the sources, whole or in
// two pieces.
func (u *wordUse) begins(before string) bool {
	for i := range len(before) {
		if u.whole[before[i:]] && (i == 0 || u.whole[before[:i]]) {
			return true
		}
	}
	return false
}

// code reports whether a code stands in the sources, part by part where it has
// dots; states of the law are written in capitals there.
func (u *wordUse) code(c string) bool {
	return u.whole[c] || !slices.ContainsFunc(strings.Split(c, "."), func(c string) bool { return !u.whole[c] && !u.whole[strings.ToUpper(c)] })
}

// read reads the sources that speak: Go, templates, the workbench.
func (u *wordUse) read(t *testing.T) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if slices.Contains([]string{"node_modules", "dist", "gen", "e2e", "testdata"}, d.Name()) || strings.HasPrefix(d.Name(), ".") && path != "." {
				return filepath.SkipDir
			}
			return nil
		}
		ext := filepath.Ext(path)
		if !slices.Contains([]string{".go", ".ts", ".tsx", ".html"}, ext) || strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, "schema.d.ts") {
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if ext == ".go" {
			return u.goFile(filepath.ToSlash(path), b)
		}
		for _, m := range quoted.FindAllStringSubmatch(string(b), -1) {
			u.whole[m[1]+m[2]+m[3]] = true
		}
		for _, m := range named.FindAllStringSubmatch(string(b), -1) {
			u.whole[m[1]+"."] = true
		}
		if ext == ".html" {
			for _, m := range inHTML.FindAllStringSubmatch(string(b), -1) {
				u.asked[m[1]], u.whole[m[1]] = path, true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// goFile finds the strings of a file of Go, and those that are asked for.
func (u *wordUse) goFile(path string, b []byte) error {
	f, err := parser.ParseFile(token.NewFileSet(), path, b, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	key := func(e ast.Expr) {
		if lit, ok := e.(*ast.BasicLit); ok {
			if s, err := strconv.Unquote(lit.Value); err == nil && wholeKey.MatchString(s) {
				u.asked[s] = path
			}
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			if s, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING {
				u.whole[s] = true
				if errorKey.MatchString(s) { // always a key, wherever it stands
					u.asked[s] = path
				}
			}
		case *ast.KeyValueExpr:
			if x, ok := n.Key.(*ast.Ident); ok && x.Name == "Key" {
				key(n.Value)
			}
		case *ast.ValueSpec:
			for i, x := range n.Names {
				if strings.HasPrefix(strings.ToLower(x.Name), "key") && i < len(n.Values) {
					key(n.Values[i])
				}
			}
		case *ast.CallExpr:
			name := ""
			switch x := n.Fun.(type) {
			case *ast.Ident:
				name = x.Name
			case *ast.SelectorExpr:
				name = x.Sel.Name
			}
			if slices.Contains(keyCalls, name) {
				for _, a := range n.Args {
					key(a)
				}
			}
		}
		return true
	})
	return nil
}
