package app_test

import (
	"strings"
	"testing"

	"kexin"
	"kexin/app"
	"kexin/app/apptest"
	"kexin/i18n"
)

// TestWordsInHerLanguage: the words to copy are in the language in which she wrote to the
// shop before, else in the one in which the rep works, and in the other one beside; both
// say the same, and neither more than her surname.
func TestWordsInHerLanguage(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, curtain := p.Shops["tile"], p.Shops["curtain"]
		says := func(lang, words string) {
			t.Helper()
			want := []string{"王阿姨", "我是石语瓷砖的陈晓雯", "要看窗帘", "晴窗窗帘的名片", "{link}"}
			if lang == i18n.English {
				want = []string{"Auntie Wang,", "this is 陈晓雯 of 石语瓷砖", "about curtains", "card of 晴窗窗帘", "{link}"}
			}
			for _, w := range want {
				if !strings.Contains(words, w) {
					t.Errorf("%s: %q lacks %q", lang, words, w)
				}
			}
			if strings.Contains(words, "秀兰") || strings.Contains(words, "xiulan") {
				t.Errorf("%q holds her name", words)
			}
		}
		asks := func(lang, phone string) app.Recommended {
			t.Helper()
			rep := tile.Rep
			rep.Lang = lang
			r, err := p.As(rep).TryRecommend(p.As(tile.Rep).Knows("王秀兰", phone), "curtain", "curtain")
			p.Must(err)
			return r
		}
		for i, lang := range []string{"", i18n.Chinese, i18n.English} {
			r := asks(lang, "+861380000000"+string(rune('1'+i)))
			first, second := i18n.Chinese, i18n.English
			if lang == i18n.English {
				first, second = second, first
			}
			if r.Lang != first {
				t.Errorf("a rep who works in %q is given %s", lang, r.Lang)
			}
			says(first, r.Words)
			says(second, r.Other)
		}

		// What she sent to a shop in English is answered in English: also when it recommends her.
		path := p.As(p.Shops["lamp"].Owner).Counter()
		her := p.Her("203.0.113.7")
		her.From.Lang = i18n.English
		p.Must(her.Opens(path))
		p.Must(her.Sends(app.Giving{Shop: curtain.Org, Need: "curtain", Name: "Ms Lee", Phone: hers, Channel: kexin.ByCall, Lang: i18n.English}))
		customer := p.As(curtain.Rep).Accepts()
		_, err := p.As(curtain.Rep).Calls(customer, kexin.ByCall)
		p.Must(err)
		order(p, curtain.Rep, customer)
		p.Must(p.App.WinReferral(ctx, curtain.Rep, p.As(curtain.Rep).Inbox()[0].ID))
		r, err := p.As(curtain.Rep).TryRecommend(customer, "lamp", "lamp")
		p.Must(err)
		if r.Lang != i18n.English || !strings.HasPrefix(r.Words, "Hello, this is") || !strings.HasPrefix(r.Other, "您好，我是") {
			t.Errorf("%s: %q, %q", r.Lang, r.Words, r.Other)
		}
	})
}
