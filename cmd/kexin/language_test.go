package main

import (
	"context"
	"crypto/x509"
	"io"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"kexin"
	"kexin/app"
	"kexin/app/apptest"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
	"kexin/outbound"
	"kexin/store/storetest"
	"kexin/vault"
)

// newMailing is a party that sends through a real mail server.
func newMailing(t *testing.T, engine string) (*mailbox, *apptest.Party) {
	t.Helper()
	box, url := mailServer(t, t.TempDir())
	pem, err := os.ReadFile(os.Getenv("SSL_CERT_FILE"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	c := storetest.NewClock()
	o := newOptions(io.Discard, io.Discard)
	o.smtp, o.mailFrom, o.publicURL = url, "no-reply@example.cn", "https://kexin.example"
	ways, err := o.transports(outbound.New(outbound.Config{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, Roots: roots}))
	if err != nil {
		t.Fatal(err)
	}
	p := apptest.NewWith(t, storetest.Ready(t, engine)(db.Config{Clock: c.Now}), c, vault.Keepers{vault.NewMasterKeeper(vault.NewKey())}, ways...)
	p.Must(p.App.Halt(context.Background()))
	return box, p
}

// reads is a customer who reads pages in a language, with a link to the curtain
// shop open.
func reads(p *apptest.Party, lang, addr, phone string) *apptest.Her {
	p.TB.Helper()
	her := p.Her(addr)
	her.From.Lang = lang
	rep := p.As(p.Shops["tile"].Rep)
	p.Must(her.Opens(rep.Recommends(rep.Knows("王秀兰", phone), "curtain", "curtain")))
	return her
}

// TestHerLanguageBySMS: who sent what she sent on a page in English is written
// to in English from then on, under templates of their own; who read Chinese in
// Chinese; and where the provider has the Chinese texts alone, she gets those.
func TestHerLanguageBySMS(t *testing.T) {
	ctx := context.Background()
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			g, p := newGateway(t, engine)
			last := func() outbound.SMS {
				t.Helper()
				p.Settle()
				box, _ := g.box(herPhone)
				if len(box) == 0 {
					t.Fatal("nothing came")
				}
				return box[len(box)-1]
			}
			is := func(template, text string) {
				t.Helper()
				if x := last(); x.Template != template || !strings.Contains(x.Text, text) {
					t.Errorf("%s: %q", x.Template, x.Text)
				}
			}
			her := reads(p, "en", "203.0.113.7", herPhone)
			give := her.Giving("Mrs Wang", herPhone, kexin.OwnSMS)
			give.Channel, give.Lang = kexin.BySMS, "en"
			p.Must(her.Sends(give))
			is("receipt.en", "晴窗窗帘店 has your request about curtains. Your receipt")
			if x := last(); x.Params["need"] != "curtains" {
				t.Errorf("%+v", x.Params)
			}
			p.Must(p.App.SendCode(ctx, her.Visit(), app.CodeProve, kexin.BySMS))
			is("code.prove.en", "may contact you about curtains. Code ")
			p.Must(p.App.TryCode(ctx, her.Visit(), app.CodeProve, kexin.BySMS, last().Params["code"]))
			if r := her.Has(); !strings.Contains(string(r.File), `"language":"en"`) {
				t.Errorf("the receipt after the code: %s", r.File)
			}
			her.From.Lang = "zh-CN" // the page of this code alone
			p.Must(p.App.SendCode(ctx, her.Visit(), app.CodeMine, kexin.BySMS))
			is("code.mine", "您正在查看晴窗窗帘店存了您的哪些资料（窗帘）")
			p.Must(her.Stops(app.StopShop)) // and what she is told stays in hers
			is("stopped_keep.en", "your data is no longer used and will be deleted")

			no := reads(p, "en", "203.0.113.8", "+8613812345680")
			p.Must(no.Declines()) // at her own shop, which knows her page alone
			p.Settle()
			if box, _ := g.box("+8613812345680"); len(box) != 1 || box[0].Template != "declined.en" || !strings.Contains(box[0].Text, "need not contact you") {
				t.Errorf("%+v", box)
			}

			zh := reads(p, "zh-CN", "203.0.113.9", "+8613812345679")
			zh.Submits("王女士", "+8613812345679")
			p.Settle()
			if box, _ := g.box("+8613812345679"); len(box) != 1 || box[0].Template != "receipt" || !strings.Contains(box[0].Text, "为窗帘联系您") {
				t.Errorf("%+v", box)
			}

			g, p = newGateway(t, engine, "code.prove=SMS_1001:shop,need,code", "receipt.en=SMS_1002:link")
			her = reads(p, "en", "203.0.113.7", herPhone)
			give = her.Giving("Mrs Wang", herPhone)
			give.Lang = "en"
			p.Must(her.Sends(give))
			is("SMS_1002", "Your receipt")
			p.Must(p.App.SendCode(ctx, her.Visit(), app.CodeProve, kexin.BySMS))
			is("SMS_1001", "请晴窗窗帘店为窗帘联系您")
			if x := last(); !slices.Equal(x.Args, []string{"晴窗窗帘店", "窗帘", x.Params["code"]}) {
				t.Errorf("%+v", x)
			}
		})
	}
}

// TestHerLanguageByMail: the same by letters; where nobody knows her language, a
// letter says it in both.
func TestHerLanguageByMail(t *testing.T) {
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			box, p := newMailing(t, engine)
			for i, c := range []struct {
				lang           string
				chinese, other bool
			}{{"en", false, true}, {"zh-CN", true, false}, {"", true, true}} {
				mail := []string{"a@example.net", "b@example.net", "c@example.net"}[i]
				her := reads(p, c.lang, []string{"203.0.113.7", "203.0.113.8", "203.0.113.9"}[i], []string{herPhone, "+8613812345679", "+8613812345680"}[i])
				g := her.Giving("王女士", "")
				g.Email, g.Channel, g.Lang = mail, kexin.ByEmail, c.lang
				p.Must(her.Sends(g))
				p.Settle()
				letters := box.letters()
				to, letter, _ := strings.Cut(letters[len(letters)-1], " ")
				text := letterText(t, letter)
				if to != mail || strings.Contains(text, "随时可以叫停：https://kexin.example/l/") != c.chinese || strings.Contains(text, "stop it at any time: https://kexin.example/l/") != c.other {
					t.Errorf("%q to %s: %s", c.lang, to, text)
				}
			}
		})
	}
}
