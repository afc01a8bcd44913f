package i18n_test

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"kexin"
	"kexin/i18n"
)

// entries reads one file in the order it stands, so that a duplicate, which a
// map would hide, is seen.
func entries(t *testing.T, lang string) (keys []string, m map[string]string) {
	t.Helper()
	b, err := os.ReadFile(lang + ".json")
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	m = map[string]string{}
	if _, err := d.Token(); err != nil {
		t.Fatal(err)
	}
	for d.More() {
		k, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		v, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		text, ok := v.(string)
		if !ok {
			t.Fatalf("%s: %s is not a string: the catalogue is flat", lang, k)
		}
		keys, m[k.(string)] = append(keys, k.(string)), text
	}
	return keys, m
}

func TestFiles(t *testing.T) {
	zhKeys, zh := entries(t, i18n.Chinese)
	enKeys, en := entries(t, i18n.English)
	if !slices.Equal(zhKeys, enKeys) {
		t.Error("the two files do not have the same keys in the same order")
	}
	for lang, keys := range map[string][]string{"zh-CN": zhKeys, "en": enKeys} {
		if !slices.IsSorted(keys) {
			t.Errorf("%s is not sorted: go run ./i18n/gen sort", lang)
		}
		if n := len(slices.Compact(slices.Clone(keys))); n != len(keys) {
			t.Errorf("%s has %d keys twice", lang, len(keys)-n)
		}
	}
	for k := range zh {
		if err := i18n.Check(k, zh[k], en[k]); err != nil {
			t.Error(err)
		}
	}
	if !slices.Equal(i18n.Keys(), zhKeys) {
		t.Error("Keys differs from the file")
	}
}

// TestBuiltin: each word of the vocabulary has its name in both languages.
func TestBuiltin(t *testing.T) {
	var want []string
	for _, c := range []kexin.Code{kexin.Invalid, kexin.Conflict, kexin.NotFound, kexin.Withheld, kexin.Forbidden,
		kexin.Unauthorized, kexin.RateLimited, kexin.Unavailable, kexin.Internal} {
		want = append(want, "error."+string(c))
	}
	for _, c := range kexin.Classes {
		want = append(want, "class."+c.String())
	}
	for _, p := range kexin.Positions {
		want = append(want, "position."+string(p))
	}
	for _, s := range []kexin.Size{kexin.Shop, kexin.Company, kexin.Mall} {
		want = append(want, "size."+string(s))
	}
	for _, o := range kexin.Outcomes {
		want = append(want, "outcome."+string(o))
	}
	for _, o := range kexin.Builtin().Objects() {
		want = append(want, "object."+o.Name)
		for _, f := range o.Fields {
			want = append(want, "field."+o.Name+"."+f.Name, "retention."+string(f.Retention))
			for _, c := range f.Rule.Choices {
				want = append(want, i18n.ChoiceKey(o.Name, f.Name, c))
			}
		}
	}
	for _, k := range want {
		if !i18n.Has(k) {
			t.Errorf("%s is missing", k)
		}
	}
}

// TestChoices: no choice sentence stands under a list that no field has.
func TestChoices(t *testing.T) {
	used := map[string]bool{}
	for _, o := range kexin.Builtin().Objects() {
		for _, f := range o.Fields {
			for _, c := range f.Rule.Choices {
				used[i18n.ChoiceKey(o.Name, f.Name, c)] = true
			}
		}
	}
	for _, k := range i18n.Keys() {
		if strings.HasPrefix(k, "choice.") && !used[k] {
			t.Errorf("%s belongs to no field", k)
		}
	}
}

func TestT(t *testing.T) {
	args := map[string]string{"date": "{date}5月8日"}
	if got := i18n.T("zh-CN", "law.E_FREQ", args); got != "这位客户近期联系已够多，建议 {date}5月8日 后再联系。" {
		t.Errorf("an argument was filled twice or not at all: %q", got)
	}
	if got := i18n.T("fr", "class.basic", nil); got != "基本资料" {
		t.Errorf("unknown language: %q", got)
	}
	if got := i18n.T("en", "no.such_key", nil); got != "no.such_key" {
		t.Errorf("missing key: %q", got)
	}
	if got := i18n.T("en", "law.E_FREQ", nil); !strings.Contains(got, "{date}") {
		t.Errorf("a missing parameter must show: %q", got)
	}
	if i18n.Has("no.such_key") || !i18n.Has("class.basic") {
		t.Error("Has")
	}
}

func TestParams(t *testing.T) {
	for s, want := range map[string][]string{
		"":                   nil,
		"{b} {a} {b}":        {"a", "b"},
		"{}{A}{ x }{":        nil,
		"{{name}}":           {"name"},
		"text } {not closed": nil,
		"{a}{b_2}，结束{not 名}": {"a", "b_2"},
	} {
		if got := i18n.Params(s); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", s, got, want)
		}
	}
}

func TestMatch(t *testing.T) {
	for header, want := range map[string]string{
		"":                                  "zh-CN",
		"en":                                "en",
		"EN-gb;q=0.7":                       "en",
		"zh-CN,zh;q=0.9,en;q=0.8":           "zh-CN",
		"en-US,en;q=0.9,zh-CN;q=0.8":        "en",
		"fr,en;q=0.3,zh;q=0.2":              "en",
		"fr":                                "zh-CN",
		"zh-Hant-TW":                        "zh-CN",
		"en;q=0":                            "zh-CN",
		"en;q=0, zh;q=0":                    "zh-CN",
		"*;q=0.5, en;q=0.4":                 "zh-CN",
		"en;q=nonsense":                     "zh-CN",
		"en;q=NaN, zh;q=0.1":                "zh-CN",
		"en;q=2":                            "zh-CN",
		" en ; q = 0.9 , zh;q=0.1":          "en",
		strings.Repeat("x,", 10_000) + "en": "en",
		"zh;q=0.5;ignored=1,en;q=0.4":       "zh-CN",
		"english":                           "zh-CN",
		"en;level=1":                        "en",
	} {
		if got := i18n.Match(header); got != want {
			t.Errorf("%.40q: %s, want %s", header, got, want)
		}
	}
}

func TestCheck(t *testing.T) {
	if err := i18n.Check("a.b", "10:42 已办好（{n} 位），详见 https://x.cn/a?b=c。", "Done at 10:42 ({n})."); err != nil {
		t.Error(err)
	}
	for name, e := range map[string][3]string{
		"one word":           {"error", "好", "ok"},
		"capitals":           {"Error.a", "好", "ok"},
		"no Chinese":         {"a.b", "", "ok"},
		"no English":         {"a.b", "好", ""},
		"space around":       {"a.b", "好 ", "ok"},
		"parameters":         {"a.b", "{n} 位", "{m} persons"},
		"Chinese in English": {"a.b", "好", "好"},
		"bare 授权":            {"a.b", "已授权", "given"},
		"half comma":         {"a.b", "好,的", "ok"},
		"half comma before":  {"a.b", "{n},好", "{n}, ok"},
		"half stop":          {"a.b", "好了.", "ok"},
		"half brackets":      {"a.b", "好(的", "ok"},
		"half quote":         {"a.b", "点'好", "ok"},
		"glossary":           {"a.b", "号码已脱敏", "masked"},
	} {
		if i18n.Check(e[0], e[1], e[2]) == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func FuzzMatch(f *testing.F) {
	f.Add("zh-CN,zh;q=0.9,en;q=0.8")
	f.Add("en;q=,;;=,*")
	f.Fuzz(func(t *testing.T, header string) {
		if got := i18n.Match(header); !slices.Contains(i18n.Langs[:], got) {
			t.Errorf("%q is no language", got)
		}
	})
}

// FuzzParams: filling every parameter with nothing leaves no parameter, and
// leaves all else as it was.
func FuzzParams(f *testing.F) {
	f.Add("{a}{{b}}{")
	f.Fuzz(func(t *testing.T, s string) {
		for _, name := range i18n.Params(s) {
			if !strings.Contains(s, "{"+name+"}") {
				t.Errorf("%q is not in the sentence", name)
			}
		}
	})
}
