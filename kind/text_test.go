package kind

import (
	"testing"

	"golang.org/x/text/unicode/norm"
)

// fold gives what NFKC gives, for every character and beside others.
func TestFoldIsNFKC(t *testing.T) {
	for r := rune(0); r <= 0x2FFFF; r++ {
		if r >= 0xD800 && r < 0xE000 {
			continue
		}
		for _, s := range []string{string(r), "张" + string(r) + "1", "Ａ" + string(r)} {
			if fold(s) != norm.NFKC.String(s) {
				t.Fatalf("%U: %q, want %q", r, fold(s), norm.NFKC.String(s))
			}
		}
	}
}

func TestTidy(t *testing.T) {
	for in, want := range map[string]string{
		"":              "",
		" ":             "",
		"a":             "a",
		" a  b\u3000c ": "a b c",
		"a\u00a0b":      "a b",
		"a\nb\tc":       "a b c",
		"e\u200b\u0301": "é",
		"\ufeffa":       "a",
		"a\u0000b":      "ab",
		"\xffa":         "a",
		"１２３":           "123",
		"（）":            "()",
		"￥５":            "¥5",
		"①":             "1",
		"㎡":             "m2",
	} {
		if got := tidy(in); got != want || tidy(got) != got {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestNothing(t *testing.T) {
	for _, s := range []string{"", "-", "无", "N/A", "null", "NULL", "None", "#N/A", "/", "暂无", "未知"} {
		if !nothing(s) {
			t.Errorf("%q is something", s)
		}
	}
	for _, s := range []string{"a", "0", "nan", "张无", "n", "—a"} {
		if nothing(s) {
			t.Errorf("%q is nothing", s)
		}
	}
}

// FuzzTidy looks for texts that are not tidy after being tidied.
func FuzzTidy(f *testing.F) {
	for _, s := range []string{" a\u200b\u0301", "\u1100\u200b\u1161", "ﷺ", "\u00a8", "İ\u202e"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if a := tidy(s); tidy(a) != a || !isTidy(a) {
			t.Fatalf("%q: %q, then %q", s, a, tidy(a))
		}
		if a := prose(s); prose(a) != a {
			t.Fatalf("%q: %q, then %q", s, a, prose(a))
		}
	})
}
