package intake

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"kexin"
)

// The table of headers is one literal with a list per concept; a word in two
// of them would be decided by chance.
func TestHeaderWordsAreClear(t *testing.T) {
	total := 0
	for _, list := range headerLists {
		total += len(strings.Fields(list))
		for _, w := range strings.Fields(list) {
			if plain(w) != w {
				t.Errorf("%q is not as plain makes it: %q", w, plain(w))
			}
		}
	}
	if total != len(headerWords) {
		seen := map[string]bool{}
		for _, list := range headerLists {
			for _, w := range strings.Fields(list) {
				if seen[w] {
					t.Errorf("%q stands twice", w)
				}
				seen[w] = true
			}
		}
	}
	for w, c := range headerWords {
		if got := conceptOf(w); got != c {
			t.Errorf("%q means %d, listed under %d", w, got, c)
		}
	}
}

// Every part of a header can decide something: none is hidden behind an
// earlier one.
func TestHeaderPartsReachable(t *testing.T) {
	for i, p := range headerParts {
		for _, earlier := range headerParts[:i] {
			if !slices.ContainsFunc(earlier.parts, func(s string) bool { return !strings.Contains(strings.Join(p.parts, "某"), s) }) {
				t.Errorf("%v is hidden by %v", p.parts, earlier.parts)
			}
		}
		for _, s := range p.parts {
			if plain(s) != s {
				t.Errorf("%q is not plain", s)
			}
		}
	}
	for _, s := range sensitiveParts {
		if plain(s) != s || conceptOf("客户"+s) != cSensitive {
			t.Errorf("%q", s)
		}
	}
}

// Every concept goes to a field that exists and may be imported, or is skipped
// for a reason with a sentence.
func TestPlacesExist(t *testing.T) {
	s := kexin.Builtin()
	for _, o := range Lists {
		for c, target := range placesIn(o) {
			if target.Role == RoleSkip {
				if !slices.Contains(Reasons(), target.Why) {
					t.Errorf("%d: %q", c, target.Why)
				}
				continue
			}
			if f := s.Field(target.Field); f == nil || !fits(target.Role, f, o) {
				t.Errorf("list of %d, concept %d: field %d cannot be imported", o, c, target.Field)
			}
		}
	}
	for c := cName; c < cCode; c++ {
		if _, ok := places[c]; !ok {
			t.Errorf("concept %d goes nowhere", c)
		}
	}
}

func TestPlain(t *testing.T) {
	for in, want := range map[string]string{
		"客户姓名": "客户姓名", " 姓 名 ": "姓名", "手机号*": "手机号", "手机号（必填）": "手机号", "金额(元)": "金额", "【联系】电话": "电话", "E-Mail": "email", "ＴＥＬ": "tel",
		"Order_No.": "orderno", "姓名/称呼": "姓名称呼", "(全部)": "", "": "", "电话1": "电话1", "电话①": "电话1", "a(b(c)d)e": "ae", "a)b": "ab", strings.Repeat("长", 100): "",
	} {
		if got := plain(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// Sensitive headers are known in every disguise of writing, and harmless ones
// that share a character are not taken for them.
func TestSensitiveHeaders(t *testing.T) {
	for _, h := range []string{"身份证", "身份证号码", "客户身份证", "身 份 证", "证件号", "银行卡号", "开户行", "孩子姓名", "小孩年龄", "子女情况", "ID Card No", "Passport", "健康状况", "家庭收入", "门禁密码", "婚姻状况"} {
		if conceptOf(h) != cSensitive {
			t.Errorf("%s", h)
		}
	}
	for _, h := range []string{"身份", "会员卡号", "银色橱柜", "收货地址", "照明需求", "医院", "备注"} {
		if c := conceptOf(h); c == cSensitive && h != "医院" {
			t.Errorf("%s", h)
		}
	}
}

// The keys are distinct and of the catalogue's form.
func TestKeys(t *testing.T) {
	form := regexp.MustCompile(`^intake\.[a-z][a-z0-9_]*$`)
	seen := map[string]bool{}
	for _, k := range append(Keys(), Reasons()...) {
		if seen[k] || !form.MatchString(k) {
			t.Errorf("%s", k)
		}
		seen[k] = true
	}
}
