package portal_test

import (
	"strings"
	"testing"

	"kexin"
	"kexin/app/apptest"
	"kexin/internal/db/dbtest"
	"kexin/store/storetest"
)

// TestHerMail: on her form an e-mail address stands behind one tap, open where
// something is wrong with it; the code goes to the mailbox or, by another button,
// to the telephone; no page says either before the code was right.
func TestHerMail(t *testing.T) {
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			p, browser := hers(t, engine)
			tile := p.Shops["tile"]
			her := browser()
			her.opens(p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("王秀兰", "+8613812345678"), "curtain", "curtain"))
			if form := her.get("/p/form?i=0"); !strings.Contains(form, "<details><summary>") || !strings.Contains(form, `name="email"`) || strings.Contains(form, " checked") {
				t.Error(text(form))
			}
			status, form := her.click("/p/form", "i", "0", "answer", "yes", "name", "王女士", "email", "", "channel", "email")
			if status != 422 || !strings.Contains(form, "<details open>") || !strings.Contains(form, "选了发邮件，请填邮箱") {
				t.Fatalf("%d %s", status, text(form))
			}
			status, form = her.click("/p/form", "i", "0", "answer", "yes", "name", "王女士", "phone", "13812345678", "email", "wang@", "channel", "call")
			if status != 422 || !strings.Contains(form, "邮箱不对") || !strings.Contains(form, `value="wang@"`) {
				t.Fatalf("%d %s", status, text(form))
			}
			_, receipt := her.click("/p/form", "i", "0", "answer", "yes", "name", "王女士", "phone", "13812345678", "email", "wang@example.com", "channel", "call", "want", "marketing.own.email")
			for _, s := range []string{"收短信", "收邮件", "等确认是您的号码", "等确认是您的邮箱", "称呼、手机号、邮箱、想买什么"} {
				if !strings.Contains(receipt, s) {
					t.Errorf("the receipt lacks %s: %s", s, text(receipt))
				}
			}
			p.Must(p.App.Halt(t.Context()))
			p.Mail.Fails(&kexin.Error{Op: "test", Code: kexin.Invalid})
			her.click("/p/code/send", "act", "prove", "to", "email")
			p.Settle()
			page := her.get("/p/code?act=prove&to=email")
			if !strings.Contains(page, "没送到") || !strings.Contains(page, "改发到手机") || !strings.Contains(page, "垃圾邮件") {
				t.Error(text(page))
			}
			p.Mail.Fails(nil)
			p.Clock.Move(61e9)
			her.click("/p/code/send", "act", "prove", "to", "email")
			p.Settle()
			if page = her.get("/p/code?act=prove&to=email"); strings.Contains(page, "没送到") {
				t.Error("said after one went out")
			}
			for _, s := range []string{"wang@", "example.com", "13812345678", "5678"} {
				if shown := receipt + page; s[0] > '9' && strings.Contains(shown, s) || storetest.Stands(shown, s) {
					t.Errorf("a page holds %s before the code", s)
				}
			}
			_, receipt = her.click("/p/code", "act", "prove", "to", "email", "code", apptest.CodeIn(p.Mail.Box("wang@example.com")))
			if strings.Contains(receipt, "收邮件") || !strings.Contains(receipt, "收短信") || !strings.Contains(receipt, "等确认是您的号码") {
				t.Error(text(receipt))
			}
		})
	}
}
