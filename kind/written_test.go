package kind

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kexin"
)

// What people write in many ways is one value: these properties write a random
// value in a random way and read it.

func TestDayWritten(t *testing.T) {
	ways := []func(y, m, d int) string{
		func(y, m, d int) string { return fmt.Sprintf("%d-%02d-%02d", y, m, d) },
		func(y, m, d int) string { return fmt.Sprintf("%d/%d/%d", y, m, d) },
		func(y, m, d int) string { return fmt.Sprintf("%d.%d.%d", y, m, d) },
		func(y, m, d int) string { return fmt.Sprintf("%d年%d月%d日", y, m, d) },
		func(y, m, d int) string { return fmt.Sprintf("%d年%d月%d号", y, m, d) },
		func(y, m, d int) string { return fmt.Sprintf("%d%02d%02d", y, m, d) },
		func(y, m, d int) string { return fmt.Sprintf("%d-%d-%d 14:00:05", y, m, d) },
		func(y, m, d int) string { return fmt.Sprintf(" %d-%d-%d 周三", y, m, d) },
		func(y, m, d int) string { return fmt.Sprintf("%d-%s-%d", d, months[m-1], y) },
		func(y, m, d int) string {
			return fmt.Sprint(int(time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC).Sub(time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)).Hours() / 24))
		},
	}
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(631152000, 1795000000).Draw(t, "unix"), 0).UTC() // 1990 to 2026
		way := rapid.IntRange(0, len(ways)-1).Draw(t, "way")
		text := ways[way](at.Year(), int(at.Month()), at.Day())
		v, issues := Parse(onField, text, noon2026)
		if v != kexin.Str(at.Format(time.DateOnly)) || len(issues) > 0 {
			t.Fatalf("%q: %v %v", text, v, issues)
		}
	})
}

func TestMoneyWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fen := rapid.Int64Range(0, 1_000_000_000_00).Draw(t, "fen")
		yuan, rest := fen/100, fen%100
		ways := []string{
			fmt.Sprintf("%d.%02d", yuan, rest),
			fmt.Sprintf("¥%d.%02d", yuan, rest),
			fmt.Sprintf("%s.%02d元", grouped(yuan), rest),
			fmt.Sprintf("￥%s.%02d", grouped(yuan), rest),
			fmt.Sprintf("人民币%d.%02d元整", yuan, rest),
			fmt.Sprintf("%d元%d角%d分", yuan, rest/10, rest%10),
			fmt.Sprintf("%d.%06d万", yuan/10000, yuan%10000*100+rest),
		}
		text := rapid.SampledFrom(ways).Draw(t, "text")
		if rapid.Bool().Draw(t, "negative") && fen > 0 {
			text, fen = "-"+text, -fen
		}
		v, issues := Parse(moneyField, text, Env{})
		if v != kexin.Num(fen) || len(issues) > 0 {
			t.Fatalf("%q: %v %v, want %d", text, v, issues, fen)
		}
	})
}

func grouped(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Several numbers in one cell are all read, in order, whatever stands between
// them.
func TestPhonesWritten(t *testing.T) {
	number := rapid.Custom(func(t *rapid.T) [2]string {
		d := fmt.Sprintf("1%d%09d", rapid.IntRange(3, 9).Draw(t, "second"), rapid.IntRange(0, 999_999_999).Draw(t, "rest"))
		land := fmt.Sprintf("%d", rapid.IntRange(20_000_000, 99_999_999).Draw(t, "number"))
		return rapid.SampledFrom([][2]string{
			{d, "+86" + d},
			{d[:3] + "-" + d[3:7] + "-" + d[7:], "+86" + d},
			{d[:3] + " " + d[3:7] + " " + d[7:], "+86" + d},
			{"+86 " + d, "+86" + d},
			{"0086" + d, "+86" + d},
			{"0577-" + land, "+86577" + land},
			{"(0577)" + land, "+86577" + land},
			{"010-" + land + "转12", "+8610" + land + ";ext=12"},
		}).Draw(t, "form")
	})
	rapid.Check(t, func(t *rapid.T) {
		var cell string
		var want []string
		for i, n := range rapid.SliceOfN(number, 1, 5).Draw(t, "numbers") {
			if i > 0 {
				cell += rapid.SampledFrom([]string{"、", "/", ",", "，", ";", "；", "\n", " / ", "或"}).Draw(t, "between")
			}
			cell += n[0]
			if !slices.Contains(want, n[1]) {
				want = append(want, n[1])
			}
		}
		v, issues := Parse(phoneField, cell, Env{})
		if !slices.Equal(v.Strings(), want) || len(issues) > 0 {
			t.Fatalf("%q: %v %v, want %v", cell, v.Strings(), issues, want)
		}
	})
}

// Every part of two or more characters of a Han name finds it, and so do its
// pinyin and initials, however the name is typed.
func TestNameFound(t *testing.T) {
	han := rapid.SampledFrom([]rune("王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂曾单仇区乐行长"))
	rapid.Check(t, func(t *rapid.T) {
		name := string(rapid.SliceOfN(han, 2, 4).Draw(t, "name"))
		typed := rapid.SampledFrom([]string{name, " " + name + "　", name + "先生", name + "(老客户)", strings.Join(strings.Split(name, ""), " ")}).Draw(t, "typed")
		has := NameTokens(typed)
		rs := []rune(name)
		from := rapid.IntRange(0, len(rs)-2).Draw(t, "from")
		to := rapid.IntRange(from+2, len(rs)).Draw(t, "to")
		for _, q := range []string{name, string(rs[from:to])} {
			all, err := QueryTokens(q)
			if err != nil {
				t.Fatal(err)
			}
			for _, tok := range all {
				if !slices.Contains(has, tok) {
					t.Fatalf("%s is not found by %s: %s", typed, q, tok)
				}
			}
		}
		for _, tok := range has {
			if q, ok := strings.CutPrefix(tok, "p:"); ok {
				if all, err := QueryTokens(q); err != nil || len(all) != 1 || all[0] != tok {
					t.Fatalf("%s: %v %v", q, all, err)
				}
			}
		}
	})
}
