package main

import (
	"encoding/json"
	"flag"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kexin/i18n"
)

func page(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile("../../" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestReadmeSettings: the table of settings of both READMEs has every flag of
// kexin serve and no other, and names every other command.
func TestReadmeSettings(t *testing.T) {
	c, _ := find("serve")
	fs, _ := c.flagSet(newOptions(io.Discard, io.Discard))
	var flags []string
	fs.VisitAll(func(f *flag.Flag) { flags = append(flags, "--"+f.Name) })
	for _, name := range []string{"README.md", "README.zh-CN.md"} {
		text := page(t, name)
		var told []string
		for _, row := range regexp.MustCompile("(?m)^\\| (`--[^|]*)\\|").FindAllStringSubmatch(text, -1) {
			told = append(told, regexp.MustCompile(`--[a-z-]+`).FindAllString(row[1], -1)...)
		}
		slices.Sort(told)
		if !slices.Equal(told, flags) {
			t.Errorf("%s tells of %v, and there are %v", name, told, flags)
		}
		for _, c := range commands() {
			if c.name != "help" && !strings.Contains(text, "`"+c.name+"`") && !strings.Contains(text, "kexin "+c.name) {
				t.Errorf("%s does not name kexin %s", name, c.name)
			}
		}
	}
}

// TestPagesSayWhatIsThere: a word of a button or a menu on the pages is one that
// the program says, in the page's language, and a command is one that there is.
func TestPagesSayWhatIsThere(t *testing.T) {
	marks := map[string]*regexp.Regexp{i18n.Chinese: regexp.MustCompile(`「([^」]+)」`), i18n.English: regexp.MustCompile(`[^*]\*([^*\n]+)\*[^*]`)}
	pages := map[string]string{"README.zh-CN.md": i18n.Chinese, "README.md": i18n.English, "docs/operations.md": i18n.English, "docs/security.md": i18n.English, "docs/verify.md": i18n.English}
	for name, lang := range pages {
		said := map[string]bool{}
		for _, k := range i18n.Keys() {
			said[i18n.T(lang, k, nil)] = true
		}
		text, n := page(t, name), 0
		for _, m := range marks[lang].FindAllStringSubmatch(text, -1) {
			for _, word := range strings.Split(m[1], " → ") {
				if n++; !said[word] {
					t.Errorf("%s: nothing is called %s", name, word)
				}
			}
		}
		if n == 0 && strings.HasPrefix(name, "README") {
			t.Errorf("%s: no word found", name)
		}
		for _, m := range regexp.MustCompile("[`(\n] *kexin ([a-z]+)").FindAllStringSubmatch(text, -1) {
			if _, ok := find(m[1]); !ok {
				t.Errorf("%s: there is no kexin %s", name, m[1])
			}
		}
	}
}

// TestDependenciesAreTold: docs/dependencies.md names by its whole path every
// module that go.mod and the one of bench/peer require directly, with a row of
// the table exactly where the program links it, and every package of the
// workbench by its name.
func TestDependenciesAreTold(t *testing.T) {
	text := page(t, "docs/dependencies.md")
	told := func(name string) bool {
		return regexp.MustCompile(`(?m)(^|[\s(|` + "`" + `])` + regexp.QuoteMeta(name) + `([\s),:;|` + "`" + `]|\.?$)`).MatchString(text)
	}
	direct := func(file string, least int) (out []string) {
		mods, _, _ := strings.Cut(page(t, file), ")")
		for _, m := range regexp.MustCompile(`(?m)^\t(\S+) v`).FindAllStringSubmatch(mods, -1) {
			if out = append(out, m[1]); !told(m[1]) {
				t.Errorf("%s: nothing tells why there is %s", file, m[1])
			}
		}
		if len(out) < least {
			t.Fatalf("%s: %d modules", file, len(out))
		}
		return out
	}
	mods := direct("go.mod", 15)
	direct("bench/peer/go.mod", 3)
	deps, err := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", "kexin/cmd/kexin").Output()
	if err != nil {
		t.Fatal(err)
	}
	var linked, rows []string
	for _, m := range mods {
		if slices.Contains(strings.Fields(string(deps)), m) {
			linked = append(linked, m)
		}
	}
	for _, row := range regexp.MustCompile(`(?m)^\| (\S+\.\S+) \|`).FindAllStringSubmatch(text, -1) {
		rows = append(rows, row[1])
	}
	slices.Sort(linked)
	slices.Sort(rows)
	if !slices.Equal(linked, rows) {
		t.Errorf("the program links\n%q, the table has\n%q", linked, rows)
	}
	var web struct{ Dependencies, DevDependencies map[string]string }
	if err := json.Unmarshal([]byte(page(t, "web/package.json")), &web); err != nil {
		t.Fatal(err)
	}
	for _, list := range []map[string]string{web.Dependencies, web.DevDependencies} {
		if len(list) < 5 {
			t.Fatalf("%d packages", len(list))
		}
		for name := range list {
			if !strings.Contains(text, "`"+name+"`") {
				t.Errorf("nothing tells why the workbench has %s", name)
			}
		}
	}
}
