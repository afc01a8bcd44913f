package kind

import (
	"strings"
	"testing"

	"kexin"
)

func field(k kexin.Kind) *kexin.Field { return &kexin.Field{ID: 9999, Name: "x", Kind: k} }

// reads is one row of a table: a text, the value's text, the issue's code.
type reads struct{ in, out, code string }

// check compares Parse with a table, through Format.
func (c reads) check(t *testing.T, f *kexin.Field, env Env) {
	t.Helper()
	v, issues := Parse(f, c.in, env)
	code := ""
	if len(issues) > 0 {
		code = issues[0].Code
	}
	if got := Format(f, v, env); got != c.out || code != c.code {
		t.Errorf("%q: %q %v, want %q %s", c.in, got, issues, c.out, c.code)
	}
	if err := Check(f, v); err != nil {
		t.Errorf("%q: %v", c.in, err)
	}
}

// TestEmailKeys: however an address is written it has one key; another mailbox
// has another, as has one that its holder told apart by a plus.
func TestEmailKeys(t *testing.T) {
	for want, forms := range map[string][]string{
		"li@xn--fiq228c.com": {"li@中文.com", "LI@中文.COM", "ｌｉ＠中文．ｃｏｍ", "li@xn--fiq228c.com", "Li@XN--FIQ228C.com", "<li@中文。com>"},
		"li@example.com":     {"Li@Example.com", "mailto:li@example.com"}, "li+shop@example.com": {"Li+Shop@example.com"}, "l.i@example.com": {"l.i@example.com"},
	} {
		for _, s := range forms {
			if got, err := Canon(kexin.KeyEmail, s); err != nil || got != want {
				t.Errorf("%q: %q %v, want %q", s, got, err, want)
			}
		}
	}
}

func TestEmail(t *testing.T) {
	for _, c := range []reads{
		{"Zhang.Wei@QQ.com", "zhang.wei@qq.com", ""},
		{"ｚｈａｎｇ＠ｑｑ．ｃｏｍ", "zhang@qq.com", ""},
		{" zhang @ qq.com ", "zhang@qq.com", ""},
		{"zhang@qq。com", "zhang@qq.com", ""},
		{"mailto:zhang@qq.com", "zhang@qq.com", ""},
		{"张伟 <zhang@qq.com>", "zhang@qq.com", ""},
		{"12345@vip.163.com,", "12345@vip.163.com", ""},
		{"a+b_c-d@sub.example.co", "a+b_c-d@sub.example.co", ""},
		{"用户@例子.中国", "用户@例子.中国", ""},
		{"a@b.cn;c@d.cn", "a@b.cn", CodeTextLeft},
		{"zhang@qq.com 微信同号", "zhang@qq.com", CodeTextLeft},
		{"", "", ""},
		{"无", "", ""},
		{"N/A", "", ""},
		{"zhang", "", CodeEmailInvalid},
		{"zhang@", "", CodeEmailInvalid},
		{"@qq.com", "", CodeEmailInvalid},
		{"zhang@qq", "", CodeEmailInvalid},
		{"zhang..wei@qq.com", "", CodeEmailInvalid},
		{".zhang@qq.com", "", CodeEmailInvalid},
		{"zhang@-qq.com", "", CodeEmailInvalid},
		{"zhang@qq.1", "", CodeEmailInvalid},
		{"zhang@qq.com.", "", CodeEmailInvalid},
		{strings.Repeat("a", 65) + "@qq.com", "", CodeEmailInvalid},
	} {
		c.check(t, field(kexin.KindEmail), Env{})
	}
}

func TestWeChat(t *testing.T) {
	for _, c := range []reads{
		{"zhang_wei88", "zhang_wei88", ""},
		{"ZhangWei88", "zhangwei88", ""},
		{"wxid_a1b2c3d4e5f612", "wxid_a1b2c3d4e5f612", ""},
		{"微信：zhangwei88", "zhangwei88", ""},
		{"vx: zhangwei88", "zhangwei88", ""},
		{"13812345678", "13812345678", ""},
		{"+86 138-1234-5678", "13812345678", ""},
		{"１３８１２３４５６７８", "13812345678", ""},
		{"258741369", "258741369", ""}, // a QQ number
		{"-", "", ""},
		{"没有", "", ""},
		{"阳光小屋", "", CodeWeChatInvalid},
		{"abc", "", CodeWeChatInvalid},
		{"1abcdef", "", CodeWeChatInvalid},
		{"abc def", "", CodeWeChatInvalid},
		{strings.Repeat("a", 21), "", CodeWeChatInvalid},
		{"zhang.wei", "", CodeWeChatInvalid},
	} {
		c.check(t, field(kexin.KindWeChat), Env{})
	}
}

// The example of GB 32100-2015 and two published codes.
func TestUSCC(t *testing.T) {
	for _, c := range []reads{
		{"91350100M000100Y43", "91350100M000100Y43", ""},
		{"91330100799655058B", "91330100799655058B", ""},
		{"9144030071526726xg", "9144030071526726XG", ""},
		{"9135 0100 M000 100Y 43", "91350100M000100Y43", ""},
		{"", "", ""},
		{"91350100M000100Y44", "", CodeUSCCInvalid},
		{"91350100M000100Y4", "", CodeUSCCInvalid},
		{"91350100I000100Y43", "", CodeUSCCInvalid},
		{"330382000012345", "", CodeUSCCInvalid},
	} {
		c.check(t, field(kexin.KindUSCC), Env{})
	}
	if !isUSCC("91350100M000100Y43") || isUSCC("") {
		t.Error("isUSCC")
	}
}

func TestText(t *testing.T) {
	for _, c := range []reads{
		{" 要求\"环保E0\",\n下午联系 ", "要求\"环保E0\",\n下午联系", ""},
		{"好👨‍👩‍👧\u202e", "好👨‍👩‍👧", ""},
		{"a\r\nb\x00", "a\nb", ""},
		{"无", "无", ""},
		{"", "", ""},
		{"坏\xff", "坏", CodeTextEncoding},
		{strings.Repeat("字", 2001), "", CodeTextLong},
	} {
		c.check(t, field(kexin.KindText), Env{})
	}
	reads{"ｓｏ 2601-2712", "SO2601-2712", ""}.check(t, &kexin.Field{ID: kexin.OrdNo, Kind: kexin.KindText, Rule: kexin.Rule{Max: 40}}, Env{})
}

// FuzzEmail looks for panics and addresses that are not their own form.
func FuzzEmail(f *testing.F) {
	for _, s := range []string{"Zhang@QQ.com", "张 <a@b.cn>", "a@b.cn;c@d.cn", "İ@x.cn", "a@ß.de", "ﬀ@b.cn"} {
		f.Add(s)
	}
	e, w := field(kexin.KindEmail), field(kexin.KindWeChat)
	f.Fuzz(func(t *testing.T, s string) {
		for _, k := range []*kexin.Field{e, w} {
			v, issues := Parse(k, s, Env{})
			if back, again := Parse(k, Format(k, v, Env{}), Env{}); back != v || len(again) > 0 {
				t.Fatalf("%s %q: %v, back %v %v", k.Kind, s, v, back, again)
			}
			if v.Empty() && len(issues) == 0 && !nothing(tidy(s)) {
				t.Fatalf("%s %q is lost", k.Kind, s)
			}
		}
	})
}
