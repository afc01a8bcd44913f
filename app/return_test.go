package app_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/app"
	"kexin/app/apptest"
	"kexin/consent"
	"kexin/ledger"
	"kexin/store"
)

// returns is a customer who comes to the curtain shop by the counter of the lamp
// shop: a form that she has not sent yet.
func returns(p *apptest.Party, path, name, phone string, wants ...kexin.PurposeCode) (*apptest.Her, app.Giving) {
	p.TB.Helper()
	h := p.Her("203.0.113.20")
	p.Must(h.Opens(path))
	return h, app.Giving{Shop: p.Shops["curtain"].Org, Need: "curtain", Name: name, Phone: phone, Channel: kexin.ByCall, Wants: wants, Lang: "zh-CN"}
}

// newest is the customer of the newest arrival, once it is accepted.
func newest(p *apptest.Party) kexin.ID {
	p.TB.Helper()
	in := p.As(p.Shops["curtain"].Rep).Inbox()[0]
	id, err := p.App.AcceptReferral(ctx, p.Shops["curtain"].Rep, in.ID)
	p.Must(err)
	p.Settle()
	return id
}

// lifted are the entries of the curtain shop's log that say that a stop was
// lifted.
func lifted(p *apptest.Party) int {
	p.TB.Helper()
	return strings.Count(p.As(p.Shops["curtain"].Owner).Log(), `"type":"consent.lifted"`)
}

// deep checks the curtain shop's log against every row.
func deep(t *testing.T, p *apptest.Party) {
	t.Helper()
	verifies(t, p)
	v, err := p.Store.Verify(ctx, p.Shops["curtain"].Org, ledger.VerifyOptions{Strict: true}, true)
	if err != nil || v.Status == ledger.Invalid {
		t.Errorf("verify --deep: %+v %v", v.Faults, err)
	}
}

// TestReturn: who stopped a shop, by any way, and asks it for something anew is
// contacted again once a code proved her number, and not before: not by
// whoever types that number, not by the word of a receipt. Offers stay stopped
// unless she ticked them; what she had there before stays stopped. The log and
// her receipt say it, and an earlier stop that comes late changes nothing.
func TestReturn(t *testing.T) {
	for name, stops := range map[string]func(p *apptest.Party, her *apptest.Her, customer kexin.ID) error{
		"this shop": func(_ *apptest.Party, her *apptest.Her, _ kexin.ID) error { return her.Stops(app.StopShop) },
		"all shops": func(_ *apptest.Party, her *apptest.Her, _ kexin.ID) error { return her.Stops(app.StopAll) },
		"as told": func(p *apptest.Party, _ *apptest.Her, id kexin.ID) error {
			return p.App.StopAsTold(ctx, p.Shops["curtain"].Rep, id, app.StopShop)
		},
	} {
		t.Run(name, func(t *testing.T) {
			parties(t, func(t *testing.T, p *apptest.Party) {
				curtain := p.Shops["curtain"]
				p.Quiet()
				counter := p.As(p.Shops["lamp"].Owner).Counter()
				her, old := bought(t, p, bySMS)
				first := p.As(curtain.Rep).Inbox()[0].ID
				p.Clock.Move(time.Minute)
				p.Must(stops(p, her, old))
				p.Settle()
				said := p.Clock.Instant()
				p.Clock.Move(24 * time.Hour)
				p.Ticks()

				// Somebody types her number.
				other, form := returns(p, counter, "赵先生", hers)
				p.Must(other.Sends(form))
				stranger := newest(p)
				refused := func(who string, id kexin.ID) {
					t.Helper()
					rec, err := p.App.Get(ctx, curtain.Rep, kexin.Customer, id)
					p.Must(err)
					for _, m := range rec.Mays {
						if m.OK || m.Channel == kexin.ByCall && m.Reason != "suppressed" {
							t.Errorf("%s: the record says %s %v, %s", who, m.Channel, m.OK, m.Reason)
						}
					}
					if v, err := p.As(curtain.Rep).Calls(id, kexin.ByCall); v != "" || kexin.CodeOf(err) != kexin.Forbidden {
						t.Errorf("%s is called: %q %v", who, v, err)
					}
				}
				refused("who typed her number", stranger)
				if got := p.As(curtain.Rep).Inbox()[0].Said; got != "" {
					t.Errorf("the shop is to say %s", got)
				}
				id := p.As(curtain.Rep).Inbox()[0].ID
				if right, _, err := p.App.AnswerWord(ctx, curtain.Rep, id, other.Has().Pair.Answer); right || kexin.CodeOf(err) != kexin.Forbidden {
					t.Errorf("the word of his receipt: %v %v", right, err)
				}
				if r := other.Has(); r.Stop.At != 0 || r.Proved || strings.Contains(string(r.File), "lifted\":1") || !slices.Equal(states(other), []string{"crm.followup call REQUESTED"}) {
					t.Errorf("his receipt says %+v %v", r.Stop, states(other))
				}
				if box := p.Phone.Box(hers); !strings.Contains(box[len(box)-1], "您以前叫停过") {
					t.Errorf("she is told %q", box[len(box)-1])
				}
				if lifted(p) != 0 {
					t.Error("the log says that the stop is lifted")
				}

				// She herself.
				p.Clock.Move(2 * time.Minute)
				again, form := returns(p, counter, "王女士", hers)
				p.Must(again.Sends(form))
				now := newest(p)
				refused("she, before a code", now)
				p.Must(again.Proves(app.CodeProve, hers))
				r := again.Has()
				if r.Stop.Lifted == 0 || r.Stop.At == 0 || r.Stop.At > said || r.Stop.Scope != app.StopAds || !r.Proved {
					t.Errorf("her receipt says %+v", r.Stop)
				}
				if _, err := consent.CheckReceipt(r.File, nil); err != nil || !strings.Contains(string(r.File), `"stop":{"at":`) {
					t.Errorf("%v %s", err, r.File)
				}
				if v, err := p.As(curtain.Rep).Calls(now, kexin.ByCall); err != nil || v != hers {
					t.Errorf("she is not called: %q %v", v, err)
				}
				refused("who typed her number", stranger)
				if lifted(p) != 1 {
					t.Errorf("the log says %d times that the stop is lifted", lifted(p))
				}
				if shut, err := offersShut(p); !shut || err != nil {
					t.Errorf("offers are open again: %v", err)
				}

				// An earlier stop that comes late, about what she had before.
				p.Clock.Move(time.Minute)
				p.Must(p.Store.Update(ctx, p.Shops["tile"].Org, func(tx *store.Tx) error {
					return tx.Post(store.Letter{Kind: "consent.withdrawn", To: curtain.Org, Ref: first, Word: app.StopAll, N: 1 << 31, Said: said})
				}))
				p.Settle()
				if _, err := p.As(curtain.Rep).Calls(now, kexin.ByCall); err != nil {
					t.Errorf("an earlier stop that came late: %v", err)
				}
				p.Must(p.Store.Update(ctx, p.Shops["tile"].Org, func(tx *store.Tx) error { // nor does an old yes
					return tx.Post(store.Letter{Kind: "referral.moved", To: curtain.Org, Ref: first, Word: "submit", Told: true})
				}))
				p.Settle()
				refused("who typed her number", stranger)
				deep(t, p)

				// She stops again, and that counts.
				p.Must(again.Stops(app.StopShop))
				if _, err := p.As(curtain.Rep).Calls(now, kexin.ByCall); err == nil {
					t.Error("she is called after she stopped it again")
				}
				third, form := returns(p, counter, "王女士", hers, kexin.OwnSMS)
				p.Clock.Move(24 * time.Hour)
				p.Must(third.Opens(counter))
				p.Must(third.Sends(form))
				last := newest(p)
				refused("she, before another code", last)
				p.Must(third.Proves(app.CodeProve, hers))
				if _, err := p.As(curtain.Rep).Calls(last, kexin.ByCall); err != nil {
					t.Errorf("she is not called: %v", err)
				}
				if shut, err := offersShut(p); shut || err != nil || third.Has().Stop.Scope != "" {
					t.Errorf("offers that she ticked are shut: %v, her receipt says %+v", err, third.Has().Stop)
				}
				deep(t, p)
			})
		})
	}
}

func offersShut(p *apptest.Party) (shut bool, err error) {
	err = p.Store.View(ctx, p.Shops["curtain"].Org, func(tx *store.Tx) (err error) { shut, err = tx.OffersShut(kexin.KeyPhone, hers); return err })
	return shut, err
}

// TestReturnFirst: the code may come before the shop accepts; and where she
// typed an address that she had stopped and did not prove, that one stays
// stopped.
func TestReturnFirst(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		curtain := p.Shops["curtain"]
		p.Quiet()
		counter := p.As(p.Shops["lamp"].Owner).Counter()
		her, form := returns(p, counter, "王女士", hers)
		form.Email = herMail
		p.Must(her.Sends(form))
		newest(p)
		p.Must(her.Stops(app.StopShop))
		for _, k := range []string{hers, herMail} {
			p.Must(her.Proves(app.CodeStop, k))
		}
		p.Clock.Move(24 * time.Hour)
		p.Ticks()
		again, form := returns(p, counter, "王女士", hers)
		form.Email = herMail
		p.Must(again.Sends(form))
		p.Must(again.Proves(app.CodeProve, hers))
		now := newest(p)
		if v, err := p.As(curtain.Rep).Calls(now, kexin.ByCall); err != nil || v != hers {
			t.Errorf("she is not called: %q %v", v, err)
		}
		order(p, curtain.Rep, now)
		p.Must(p.App.WinReferral(ctx, curtain.Rep, p.As(curtain.Rep).Inbox()[0].ID))
		if v, err := p.As(curtain.Rep).Calls(now, kexin.ByEmail); v != "" || kexin.CodeOf(err) != kexin.Forbidden {
			t.Errorf("at the mailbox that she stopped: %q %v", v, err)
		}
		deep(t, p)
	})
}

// TestStopAdsReceipt: a stop of offers stands on her receipt with its time,
// though she had ticked none; what she asked is still answered.
func TestStopAdsReceipt(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, curtain := p.Shops["tile"], p.Shops["curtain"]
		her := p.Her("203.0.113.7")
		p.Must(her.Opens(p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("王秀兰", hers), "curtain", "curtain")))
		her.Submits("王女士", hers)
		if r := her.Has(); r.Stop != (consent.Stopped{}) {
			t.Fatalf("%+v", r.Stop)
		}
		before := p.Clock.Instant()
		p.Must(her.Stops(app.StopAds))
		r := her.Has()
		if r.Stop.Scope != app.StopAds || r.Stop.At <= before || r.Stop.At >= p.Clock.Instant() || r.Stop.Lifted != 0 || r.Stopped {
			t.Errorf("her receipt says %+v", r.Stop)
		}
		c, err := consent.CheckReceipt(r.File, nil)
		if err != nil || c.Stop() != r.Stop {
			t.Errorf("the file says %+v %v", c.Stop(), err)
		}
		customer := p.As(curtain.Rep).Accepts()
		if _, err := p.As(curtain.Rep).Calls(customer, kexin.ByCall); err != nil {
			t.Errorf("what she asked is not answered: %v", err)
		}
		p.Must(her.Proves(app.CodeProve, hers))
		if r := her.Has(); r.Stop.Scope != app.StopAds || r.Stop.At <= before {
			t.Errorf("after a code it says %+v", r.Stop)
		}
		p.Must(her.Stops(app.StopShop))
		if r := her.Has(); r.Stop.Scope != app.StopShop || !r.Stopped || !strings.Contains(string(r.File), `"state":"WITHDRAWN"`) {
			t.Errorf("then %+v", r.Stop)
		}
		deep(t, p)
	})
}
