package lawtest

import (
	"testing"
	"time"

	"kexin"
	"kexin/app"
	"kexin/app/apptest"
	"kexin/store"
)

// liftedByHer: her stop as staff recorded it at the counter, and what she and somebody
// else with her number send after it.
func liftedByHer(t *testing.T, p *apptest.Party) {
	curtain := p.Shops["curtain"]
	path := p.As(p.Shops["lamp"].Owner).Counter()
	sends := func(name string, wants ...kexin.PurposeCode) (*apptest.Her, kexin.ID) {
		t.Helper()
		h := p.Her("203.0.113.20")
		p.Must(h.Opens(path))
		p.Must(h.Sends(app.Giving{Shop: curtain.Org, Need: "curtain", Name: name, Phone: her, Channel: kexin.ByCall, Wants: wants, Lang: "zh-CN"}))
		return h, p.As(curtain.Rep).Accepts()
	}
	calls := func(who string, id kexin.ID, want bool) {
		t.Helper()
		if v, err := p.As(curtain.Rep).Calls(id, kexin.ByCall); (err == nil && v == her) != want {
			t.Errorf("%s is called: %q %v", who, v, err)
		}
	}
	_, had := sends("王女士")
	calls("a customer who stopped nothing", had, true)
	p.Must(p.App.StopAsTold(bg, curtain.Rep, had, app.StopShop))
	p.Clock.Move(25 * time.Hour)
	p.Ticks()
	_, stranger := sends("赵先生")
	again, id := sends("王女士")
	calls("she, before her code", id, false)
	boss := curtain.Owner
	boss.StepUp = p.Clock.Instant()
	if right, _, err := p.App.AnswerWord(bg, boss, p.As(curtain.Rep).Inbox()[0].ID, again.Has().Pair.Answer); right || kexin.CodeOf(err) != kexin.Forbidden {
		t.Errorf("the word of her receipt: %v %v", right, err)
	}
	p.Clock.Move(2 * time.Minute)
	p.Must(again.Proves(app.CodeProve, her))
	calls("she", id, true)
	calls("who typed her number", stranger, false)
	offers := func(want bool) {
		t.Helper()
		p.Must(p.Store.View(bg, curtain.Org, func(tx *store.Tx) error {
			shut, err := tx.OffersShut(kexin.KeyPhone, her)
			if shut == want {
				t.Errorf("offers to her number are stopped: %v", shut)
			}
			return err
		}))
	}
	offers(false)
	p.Clock.Move(25 * time.Hour)
	ticked, _ := sends("王女士", kexin.OwnSMS)
	p.Clock.Move(2 * time.Minute)
	p.Must(ticked.Proves(app.CodeProve, her))
	offers(true)
}

// liftedInShop is liftedByHer on a server that sends neither SMS nor e-mail.
func liftedInShop(t *testing.T, p *apptest.Party) {
	curtain := p.Shops["curtain"]
	path := p.As(p.Shops["lamp"].Owner).Counter()
	sends := func() (*apptest.Her, kexin.ID) {
		t.Helper()
		h := p.Her("203.0.113.20")
		p.Must(h.Opens(path))
		p.Must(h.Sends(app.Giving{Shop: curtain.Org, Need: "curtain", Name: "王女士", Phone: her, Channel: kexin.ByCall, Lang: "zh-CN"}))
		return h, p.As(curtain.Rep).Accepts()
	}
	_, had := sends()
	p.Must(p.App.StopAsTold(bg, curtain.Rep, had, app.StopShop))
	again, id := sends()
	in := p.As(curtain.Rep).Inbox()[0].ID
	word := again.Has().Pair.Answer
	boss := curtain.Owner
	boss.StepUp = p.Clock.Instant()
	for _, x := range []struct {
		who   string
		actor kexin.Actor
		word  string
		right bool
	}{{"a rep", curtain.Rep, word, false}, {"an owner without his second factor", curtain.Owner, word, false}, {"a wrong word", boss, "错词", false}, {"her word", boss, word, true}} {
		if right, _, err := p.App.AnswerWord(bg, x.actor, in, x.word); right != x.right {
			t.Errorf("%s: %v %v", x.who, right, err)
		}
		if _, err := p.As(curtain.Rep).Calls(id, kexin.ByCall); (err == nil) != x.right {
			t.Errorf("after %s she is called: %v", x.who, err)
		}
	}
}
