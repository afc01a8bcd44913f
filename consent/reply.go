package consent

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// A Reply is what a customer means by answering a text message.
type Reply int

// The meanings.
const (
	ReplyUnknown Reply = iota // nothing is done on a guess
	ReplyStop                 // 撤回, 退订: she withdraws (CON-08, MKT-04)
	ReplyNotMe                // 不是我: the number is not that person's (CON-13)
)

// replies are the words, as replyWord leaves them. N is "not me": our codes ask
// for it (security.md A7), and no offer goes out yet, under which it would be
// another way to say TD (MKT-04). Once offers do, what N means depends on the
// message it answers.
var replies = map[string]Reply{
	"R": ReplyStop, "T": ReplyStop, "TD": ReplyStop, "STOP": ReplyStop, "UNSUBSCRIBE": ReplyStop,
	"退订": ReplyStop, "退訂": ReplyStop, "拒收": ReplyStop, "拒绝": ReplyStop, "不要": ReplyStop, "不要了": ReplyStop, "不需要": ReplyStop,
	"撤回": ReplyStop, "撤回同意": ReplyStop, "撤销": ReplyStop, "停": ReplyStop, "停止": ReplyStop, "停用": ReplyStop, "叫停": ReplyStop, "别发了": ReplyStop, "不要发了": ReplyStop, "不要再发": ReplyStop,
	"N": ReplyNotMe, "NOTME": ReplyNotMe, "不是我": ReplyNotMe, "不是本人": ReplyNotMe, "非本人": ReplyNotMe, "非本人操作": ReplyNotMe, "不是我操作": ReplyNotMe, "不是本人操作": ReplyNotMe, "不是我本人": ReplyNotMe,
}

// replyMost is how many bytes are looked at: words are short, and what a phone
// quotes behind them is long.
const replyMost = 2000

// ReadReply is what the text of a reply means. Width, case, blanks, punctuation,
// the signature 【…】 of a quoted message and what follows it do not count; a
// sentence that merely holds one of the words is unknown.
func ReadReply(text string) Reply {
	if len(text) > replyMost {
		return ReplyUnknown
	}
	return replies[replyWord(text)]
}

// replyWord is a reply without what does not count.
func replyWord(text string) string {
	s := strings.TrimSpace(norm.NFKC.String(text))
	if rest, ok := strings.CutPrefix(s, "【"); ok {
		_, s, _ = strings.Cut(rest, "】")
	}
	s, _, _ = strings.Cut(s, "【")
	s = strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToUpper(r)
		}
		return -1
	}, s)
	for _, p := range []string{"回复", "回覆"} { // as our texts tell her to
		s = strings.TrimPrefix(s, p)
	}
	return s
}
