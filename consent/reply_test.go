package consent

import (
	"strings"
	"testing"

	"golang.org/x/text/width"
)

// TestReadReply: the words of law.md MKT-04, CON-08 and CON-13, as phones send them,
// and what is left alone.
func TestReadReply(t *testing.T) {
	for want, texts := range map[Reply][]string{
		ReplyStop: {"R", "T", "TD", "td", " t d ", "ＴＤ", "退订", "退订。", "拒收", "回复R", "回覆TD", "不要", "不要！！", "“撤回”", "\"撤回\"", "撤　回", "停", "停止", "Stop", "TD【晴窗窗帘】您正在确认，验证码 482913",
			"【晴窗窗帘】TD", "【晴窗窗帘】 退订", "回复TD", "退訂", "拒收\r\n"},
		ReplyNotMe: {"N", "n", "Ｎ", "n.", "回复 N", "【石语】N", "不是我", "不是我。", "不是本人", "非本人", "非 本 人", "非本人操作", "Not me"},
		ReplyUnknown: {"", " ", "。", "好的", "收到", "Y", "NO", "不", "你是谁", "什么时候送货，不要下午", "不是我不想要，是太贵", "TD2", "NN", "RT", "我要退订以外的", "验证码 482913", "482913", "【晴窗窗帘】您正在确认，非本人操作回复 N。", "【TD", "【】", "\x00", "\xff\xfe",
			strings.Repeat("【", 400), "TD" + strings.Repeat(" ", replyMost)},
	} {
		for _, text := range texts {
			if got := ReadReply(text); got != want {
				t.Errorf("%q: %d, want %d", text, got, want)
			}
		}
	}
}

// FuzzReadReply: no text is too odd, what is added around it and how it is written
// changes nothing, and nothing long means anything.
func FuzzReadReply(f *testing.F) {
	for w := range replies {
		f.Add(w)
	}
	for _, s := range []string{"【晴窗】td", "回复 N", "ＴＤ【", "\xff", "ǅ", "ﬀ", "T\u200bD"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := ReadReply(s)
		word := replyWord(s)
		if got != ReplyUnknown && (len(s) > replyMost || len([]rune(word)) > 11) {
			t.Fatalf("%q is long and means %d", s, got)
		}
		if got == ReplyUnknown {
			return
		}
		for _, same := range []string{" " + s + "\n", "【晴窗】" + word, word + "【晴窗】您正在确认", width.Widen.String(word), strings.ToLower(word), word + "。"} {
			if len(same) <= replyMost && ReadReply(same) != got {
				t.Errorf("%q means %d, and %q %d", s, got, same, ReadReply(same))
			}
		}
	})
}
