package kind

import (
	"strings"
	"testing"
	"unicode/utf8"

	"kexin"
)

var nameField = &kexin.Field{ID: kexin.CustName, Name: "name", Kind: kexin.KindName, Rule: kexin.Rule{Max: 100}}

func TestName(t *testing.T) {
	for _, c := range []struct{ in, out, code string }{
		{" 杨浩英　", "杨浩英", ""},
		{"张 伟", "张伟", ""},
		{"张　　伟", "张伟", ""},
		{"王𬬭", "王𬬭", ""},
		{"欧阳帅静", "欧阳帅静", ""},
		{"阿卜杜・热合曼", "阿卜杜·热合曼", ""},
		{"阿卜杜•热合曼", "阿卜杜·热合曼", ""},
		{"John  Smith", "John Smith", ""},
		{"Ｌｉｎｄａ", "Linda", ""},
		{"张\u200b伟", "张伟", ""},
		{"\u202e张伟\u202c", "张伟", ""},
		{"张\u00ad伟\ufeff", "张伟", ""},
		{"张伟\n", "张伟", ""},
		{"张伟，", "张伟", ""},
		{"石语瓷砖（温州）有限公司", "石语瓷砖(温州)有限公司", ""},
		{"李Amy", "李Amy", ""},
		{"㈱山田", "(株)山田", ""},
		{"张\ufffd伟", "张伟", CodeTextEncoding},
		{"张\xff伟", "张伟", CodeTextEncoding},
		{"", "", CodeNameEmpty},
		{" 　", "", CodeNameEmpty},
		{"无", "", CodeNameEmpty},
		{"\u200b", "", CodeNameEmpty},
		{"\u1160\u2800\u3164\uffa0", "", CodeNameEmpty},
		{"-", "", CodeNameEmpty},
		{strings.Repeat("张", 101), "", CodeTextLong},
	} {
		v, issues := Parse(nameField, c.in, Env{})
		code := ""
		if len(issues) > 0 {
			code = issues[0].Code
		}
		if v.S != c.out || code != c.code || len(issues) > 1 {
			t.Errorf("%q: %q %v, want %q %s", c.in, v.S, issues, c.out, c.code)
		}
	}
}

func TestSalutation(t *testing.T) {
	for _, c := range []struct{ in, base, code, gender string }{
		{"舒女士", "舒", "ms", "f"},
		{"王阿姨", "王", "aunt", "f"},
		{"李先生", "李", "mr", "m"},
		{"陈老师", "陈", "teacher", ""},
		{"赵总", "赵", "boss", ""},
		{"王老板", "王", "boss", ""},
		{"王老板娘", "王", "boss", "f"},
		{"张小姐", "张", "ms", "f"},
		{"张姐", "张", "ms", "f"},
		{"刘哥", "刘", "mr", "m"},
		{"欧阳女士", "欧阳", "ms", "f"},
		{"张伟先生", "张伟", "mr", "m"},
		{"李大叔", "李", "uncle", "m"},
		{"王师傅", "王", "", ""},
	} {
		base, s, ok := cutSalutation(c.in)
		if !ok || base != c.base || s.code != c.code || s.gender != c.gender {
			t.Errorf("%s: %q %+v %v", c.in, base, s, ok)
		}
	}
	for _, in := range []string{"张伟", "女士", "先生", "", "Linda", "总", "12先生", "天天向上一路发总"} {
		if base, s, ok := cutSalutation(in); ok {
			t.Errorf("%s: %q %+v", in, base, s)
		}
	}
}

func TestNameKey(t *testing.T) {
	for in, want := range map[string]string{
		"张伟":          "张伟",
		"张 伟":         "张伟",
		"张伟先生":        "张伟",
		"张伟(老客户)":     "张伟",
		"张伟（微信）":      "张伟",
		"舒女士":         "舒",
		"欧阳先生":        "欧阳",
		"John  SMITH": "john smith",
		"阿卜杜·热合曼":     "阿卜杜热合曼",
		"女士":          "女士",
		"":            "",
		"李师傅":         "李",
		"(张伟)":        "(张伟)",
		"ÉMILE":       "émile",
	} {
		if got := NameKey(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestNameTokens(t *testing.T) {
	for in, want := range map[string]string{
		"张伟":          "b:张伟 i:zw p:zhangwei",
		"张小伟":         "b:小伟 b:张小 i:zxw p:zhangxiaowei",
		"张伟先生":        "b:张伟 i:zw p:zhangwei",
		"舒女士":         "b:女士 b:舒女 p:shu",
		"单乐":          "b:单乐 i:dl i:dy i:sl i:sy p:danle p:danyue p:shanle p:shanyue",
		"马安":          "b:马安 p:ma p:maan", // initials ma can be cut as pinyin
		"欧阳帅静":        "b:帅静 b:欧阳 b:阳帅 i:oysj p:ouyangshuaijing",
		"Linda Smith": "p:linda w:lindasmith w:smith",
		"":            "",
	} {
		if got := strings.Join(NameTokens(in), " "); got != want {
			t.Errorf("%s: %s\n want %s", in, got, want)
		}
	}
}

func TestQueryTokens(t *testing.T) {
	for in, want := range map[string]string{
		"张伟":        "b:张伟",
		"张小伟":       "b:小伟 b:张小",
		" 张 伟 ":     "b:张伟",
		"zhangwei":  "p:zhangwei",
		"ZhangWei":  "p:zhangwei",
		"zhang wei": "p:zhangwei",
		"zw":        "i:zw",
		"舒女士":       "b:女士 b:舒女",
		"张伟先生":      "b:张伟",
		"Smith":     "w:smith",
		"Linda":     "p:linda",
		"Björk":     "w:björk",
		"lüqi":      "p:lvqi",
		"lyuqi":     "p:lvqi",
	} {
		got, err := QueryTokens(in)
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%s: %v %v, want %s", in, got, err, want)
		}
	}
	for _, in := range []string{"", " ", "张", "z", "张 z", "·", "张。"} {
		_, err := QueryTokens(in)
		if e, ok := err.(*kexin.Error); !ok || e.Code != kexin.Invalid || e.Key != "search.two_characters" {
			t.Errorf("%q: %v", in, err)
		}
	}
}

// A person is found by every way to ask for the name.
func TestFound(t *testing.T) {
	for name, queries := range map[string][]string{
		"张小伟":         {"张小", "小伟", "张小伟", "zhangxiaowei", "zxw", "张小伟先生", "zhang xiao wei"},
		"单于丹":         {"单于丹", "chanyudan", "cyd"},
		"曾乐":          {"zengle", "zengyue", "zl", "曾乐"},
		"吕布":          {"lvbu", "lübu", "lyubu", "lb"},
		"舒女士":         {"舒女士", "shu"},
		"马安":          {"ma", "maan"},
		"Linda Smith": {"linda", "Smith", "linda smith", "LINDA"},
		"王伟Amy":       {"王伟", "amy", "wangwei", "ww"},
		"张伟(老客户)":     {"张伟", "zw"},
	} {
		has := map[string]bool{}
		for _, tok := range NameTokens(name) {
			has[tok] = true
		}
		for _, q := range queries {
			all, err := QueryTokens(q)
			for _, tok := range all {
				if !has[tok] {
					t.Errorf("%s is not found by %s: %s is not in %v", name, q, tok, NameTokens(name))
				}
			}
			if err != nil {
				t.Errorf("%s: %v", q, err)
			}
		}
	}
}

func TestHan(t *testing.T) {
	for in, want := range map[string]bool{"张伟": true, "张小伟先生": false, "zw": false, "": false, "张 伟": false} {
		if Han(in) != want {
			t.Errorf("%q", in)
		}
	}
}

// FuzzName looks for panics, names that are not their own clean form, and
// tokens of single Han characters, which would give surnames away.
func FuzzName(f *testing.F) {
	for _, s := range []string{"舒女士", "张 伟", "阿卜杜・热合曼", "\xff\u200d张", "ﷺ", "e\u200b\u0301", "İ", "张\n伟(", "ǅ", "·张·"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, _ := Parse(nameField, s, Env{})
		if again, issues := Parse(nameField, v.S, Env{}); again != v || len(issues) > 0 && !v.Empty() {
			t.Fatalf("%q: %q, then %q %v", s, v.S, again.S, issues)
		}
		if err := Check(nameField, v); err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		if k := NameKey(s); NameKey(v.S) != k && !v.Empty() {
			t.Fatalf("%q: key %q, of the value %q", s, k, NameKey(v.S))
		}
		for _, tok := range NameTokens(s) {
			kind, word, _ := strings.Cut(tok, ":")
			if kind == "b" && utf8.RuneCountInString(word) != 2 || !strings.Contains("bwpi", kind) || word == "" {
				t.Fatalf("%q: token %q", s, tok)
			}
		}
		asked, _ := QueryTokens(s)
		for _, tok := range asked { // what is asked for is stored by a name that is written so
			kind, word, _ := strings.Cut(tok, ":")
			if kind == "w" && onlyHan(word) != "" || !strings.Contains("bwpi", kind) {
				t.Fatalf("%q: asked for %q", s, tok)
			}
		}
	})
}
