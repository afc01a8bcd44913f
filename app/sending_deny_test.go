package app

import (
	"strings"
	"testing"
	"unicode/utf8"

	"kexin"
	"kexin/i18n"
	"kexin/store"
)

// TestDenyOffered: a code's text offers to answer N where answers are taken, by SMS
// alone; it is no longer for that, and a provider's template gets no new parameter.
func TestDenyOffered(t *testing.T) {
	for _, act := range []string{CodeProve, CodeMine, CodeCopy, CodeStop} {
		said := map[bool]string{}
		for _, c := range []struct {
			replies bool
			over    kexin.Channel
			want    bool
		}{{false, kexin.BySMS, false}, {true, kexin.ByEmail, false}, {true, kexin.BySMS, true}} {
			params := map[string]string{"sign": "晴窗窗帘", "shop": "晴窗窗帘店", "need": "curtain", "code": "482913"}
			m := (&App{replies: c.replies}).saying(store.Message{Channel: c.over}, "code."+act, i18n.Chinese, params)
			if offered := strings.Contains(m.Text, "非本人操作回复 N。"); offered != c.want || strings.Contains(m.Text, "非本人操作请不要理会。") == c.want || m.Params["deny"] != "" || strings.Contains(m.Text, "{") {
				t.Errorf("%s, replies %v over %s: %s %v", act, c.replies, c.over, m.Text, m.Params)
			}
			said[c.want] = m.Text
		}
		if utf8.RuneCountInString(said[true]) > utf8.RuneCountInString(said[false]) {
			t.Errorf("%s is longer", act)
		}
	}
}
