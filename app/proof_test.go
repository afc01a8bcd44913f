package app_test

import (
	"fmt"
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

// others is the number of somebody who answers a link that is not his.
const others = "+8613900009999"

// secretYes is a customer of the tile shop who sent her data to the curtain shop,
// which her own shop is not to know, and proved her number; and a link to the
// lamp shop that was made from the same record and is in somebody else's hands.
func secretYes(p *apptest.Party) (her, other *apptest.Her, customer, there kexin.ID) {
	p.TB.Helper()
	rep := p.As(p.Shops["tile"].Rep)
	customer = rep.Knows("王秀兰", hers)
	her, other = p.Her("203.0.113.7"), p.Her("198.51.100.9")
	p.Must(her.Opens(rep.Recommends(customer, "curtain", "curtain")))
	her.Submits("王女士", hers)
	p.Must(her.Proves(app.CodeProve, hers))
	there = p.As(p.Shops["curtain"].Rep).Accepts()
	p.Must(other.Opens(rep.Recommends(customer, "lamp", "lamp")))
	return her, other, customer, there
}

// about counts the open alerts of a kind at a shop.
func about(p *apptest.Party, s *apptest.Shop, code string) (n int) {
	p.TB.Helper()
	all, err := p.App.Alerts(ctx, s.Owner)
	p.Must(err)
	for _, a := range all {
		if a.Code == code && a.Done == 0 {
			n++
		}
	}
	return n
}

// gone reports whether what a shop had in a record is erased.
func gone(p *apptest.Party, s *apptest.Shop, record kexin.ID) (yes bool) {
	p.TB.Helper()
	p.Must(p.Store.View(ctx, s.Org, func(tx *store.Tx) error {
		f, err := tx.Facts(kexin.Customer, record)
		if err == nil {
			yes, err = tx.Erased(f.Subject)
		}
		return err
	}))
	return yes
}

// twin is a second record with her number, of another member's or his own.
func twin(p *apptest.Party, a kexin.Actor) kexin.ID {
	p.TB.Helper()
	id, err := p.App.Create(ctx, a, app.Draft{Object: kexin.Customer, Shared: true, Values: store.Values{kexin.CustName: kexin.Str("王秀兰"), kexin.CustPhone: kexin.Str(hers)}})
	p.Must(err)
	return id
}

// follows checks that what every shop's rows say follows from its log.
func follows(t *testing.T, p *apptest.Party) {
	t.Helper()
	verifies(t, p)
	for key, s := range p.Shops {
		if v, err := p.Store.Verify(ctx, s.Org, ledger.VerifyOptions{}, true); err != nil || len(v.Faults) > 0 {
			t.Errorf("%s: the rows do not follow from the log: %+v %v", key, v.Faults, err)
		}
	}
}

// TestForwardedLinkReadsNothing: who answers a forwarded link and proves a number
// of his own sees what he sent himself, and nothing of her for whom the link was
// made: not her own shop, not the shops to which she said yes, not what they have.
// She, who proves the number that they have, sees all of them.
func TestForwardedLinkReadsNothing(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, curtain, lamp := p.Shops["tile"], p.Shops["curtain"], p.Shops["lamp"]
		her, other, _, _ := secretYes(p)
		other.Submits("李某", others)
		p.Must(other.Proves(app.CodeMine, others))
		m, err := p.App.Holders(ctx, other.Visit())
		if err != nil || !m.Proved || len(m.Holders) != 1 || m.Holders[0].Org != lamp.Org {
			t.Errorf("%+v %v", m, err)
		}
		for _, s := range []*apptest.Shop{tile, curtain} {
			if d, err := p.App.HerData(ctx, other.Visit(), s.Org, true); kexin.CodeOf(err) != kexin.NotFound {
				t.Errorf("he reads what %s has: %+v %v", s.Name, d.Fields, err)
			}
		}
		if d, err := p.App.HerData(ctx, other.Visit(), lamp.Org, true); err != nil || len(d.Fields) == 0 {
			t.Errorf("what he sent himself: %+v %v", d.Fields, err)
		}
		p.Clock.Move(2 * time.Minute)
		p.Must(her.Proves(app.CodeMine, hers))
		if m, err = p.App.Holders(ctx, her.Visit()); err != nil || len(m.Holders) != 2 { // he sent the lamp shop's under his number
			t.Errorf("she sees %+v %v", m.Holders, err)
		}
	})
}

// TestHolderOfThirdShop: her page of a third shop shows what that shop has.
func TestHolderOfThirdShop(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		one, two, _, _, _ := twoShops(p)
		two.Submits("王女士", hers)
		p.As(p.Shops["lamp"].Rep).Accepts()
		p.Must(one.Proves(app.CodeMine, hers))
		for _, key := range []string{"tile", "curtain", "lamp"} {
			d, err := p.App.HerData(ctx, one.Visit(), p.Shops[key].Org, true)
			if err != nil || len(d.Fields) == 0 || d.Clear != (key == "curtain") {
				t.Errorf("%s: clear %v, %+v %v", key, d.Clear, d.Fields, err)
			}
		}
	})
}

// TestStaffNumberProvesNothing: a number of staff's, noted before or after it was
// sent, proves nothing of a customer's: no data is shown by a code to it.
func TestStaffNumberProvesNothing(t *testing.T) {
	for name, after := range map[string]bool{"noted before": false, "noted after": true} {
		t.Run(name, func(t *testing.T) {
			parties(t, func(t *testing.T, p *apptest.Party) {
				tile := p.Shops["tile"]
				_, other, _, _ := secretYes(p)
				note := func() { p.Must(p.App.SetOwn(ctx, tile.Rep, app.Own{Phone: others})) }
				if !after {
					note()
				}
				other.Submits("李某", others)
				if after {
					note()
				}
				if err := other.Proves(app.CodeMine, others); err != nil && kexin.CodeOf(err) != kexin.Invalid {
					t.Error(err)
				}
				if m, err := p.App.Holders(ctx, other.Visit()); err != nil || m.Proved || len(m.Holders) != 1 || len(m.Codes) != 0 {
					t.Errorf("%+v %v", m, err)
				}
				if _, err := p.App.HerData(ctx, other.Visit(), p.Shops["lamp"].Org, true); kexin.CodeOf(err) != kexin.Unauthorized {
					t.Errorf("data by a number of staff's: %v", err)
				}
			})
		})
	}
}

// TestForwardedStopErasesNothing: who answers a forwarded link with a number of
// his own and stops "at every shop" ends what he sent. Her record at her own shop
// is marked as not to be contacted, and stays; the officer and she herself are
// told; what she gave another shop is untouched, and her own stop still works.
func TestForwardedStopErasesNothing(t *testing.T) {
	for name, proved := range map[string]bool{"by the link alone": false, "his number proved": true} {
		t.Run(name, func(t *testing.T) {
			parties(t, func(t *testing.T, p *apptest.Party) {
				tile, curtain := p.Shops["tile"], p.Shops["curtain"]
				her, other, customer, there := secretYes(p)
				other.Submits("李某", others)
				if proved {
					p.Must(other.Proves(app.CodeProve, others))
				}
				had := len(p.Phone.Box(hers))
				p.Must(other.Stops(app.StopAll))
				for _, x := range []struct {
					s  *apptest.Shop
					id kexin.ID
				}{{tile, customer}, {curtain, there}} {
					if _, err := p.App.Get(ctx, x.s.Rep, kexin.Customer, x.id); err != nil {
						t.Errorf("%s does not open her any more: %v", x.s.Name, err)
					}
				}
				if _, err := p.As(tile.Rep).Calls(customer, kexin.ByCall); err == nil {
					t.Error("her own shop may still call")
				}
				if _, err := p.As(curtain.Rep).Calls(there, kexin.ByCall); err != nil {
					t.Errorf("the shop to which she said yes: %v", err)
				}
				if n := about(p, tile, "stop_unproved"); n != 1 {
					t.Errorf("%d alerts at her own shop", n)
				}
				if box := p.Arrives(p.Phone, hers, had+1)[had:]; len(box) != 1 || !strings.Contains(box[0], "石语瓷砖") || !strings.Contains(box[0], "不再联系") || !strings.Contains(box[0], "0577-62520001") {
					t.Errorf("she is told %q", box)
				}
				if err := other.Stops(app.StopAll); err != nil || about(p, tile, "stop_unproved") != 1 {
					t.Errorf("stopped again: %v", err)
				}
				for range 18 {
					p.Clock.Move(day)
					p.Ticks()
				}
				if gone(p, tile, customer) || gone(p, curtain, there) {
					t.Error("her data is erased")
				}
				again := p.Her("203.0.113.7")
				p.Must(again.Opens(her.Receipt))
				p.Must(again.Proves(app.CodeMine, hers))
				p.Must(again.Stops(app.StopAll))
				for range 18 {
					p.Clock.Move(day)
					p.Ticks()
				}
				if !gone(p, tile, customer) || !gone(p, curtain, there) {
					t.Error("her own stop, proved, does not erase")
				}
				follows(t, p)
			})
		})
	}
}

// TestTypedNumberStopsNobody: who types somebody's number at a counter, and proves
// nothing, ends by stop, "no advertising" and "not me" what he sent and nothing of
// the customer's who has that number; the officer is told once. Once he proves it,
// the customer's is stopped as well.
func TestTypedNumberStopsNobody(t *testing.T) {
	for how, act := range map[string]func(p *apptest.Party, h *apptest.Her) error{
		"stop":   func(_ *apptest.Party, h *apptest.Her) error { return h.Stops(app.StopShop) },
		"all":    func(_ *apptest.Party, h *apptest.Her) error { return h.Stops(app.StopAll) },
		"ads":    func(_ *apptest.Party, h *apptest.Her) error { return h.Stops(app.StopAds) },
		"not me": func(p *apptest.Party, h *apptest.Her) error { return p.App.NotMe(ctx, h.Visit()) },
	} {
		t.Run(how, func(t *testing.T) {
			parties(t, func(t *testing.T, p *apptest.Party) {
				curtain := p.Shops["curtain"]
				her, customer := withOffers(p)
				path := p.As(p.Shops["lamp"].Owner).Counter()
				send := func(addr string) *apptest.Her {
					h := p.Her(addr)
					p.Must(h.Opens(path))
					p.Must(h.Sends(app.Giving{Shop: curtain.Org, Need: "curtain", Name: "甲", Phone: hers, Channel: kexin.ByCall, Wants: []kexin.PurposeCode{kexin.OwnSMS}, Lang: "zh-CN"}))
					return h
				}
				holds := func(want bool) {
					t.Helper()
					if _, err := p.As(curtain.Rep).Calls(customer, kexin.ByCall); (err == nil) != want {
						t.Errorf("she is called: %v", err)
					}
					for _, w := range her.Has().Words {
						if (w.State == consent.Given) != want && (how != "ads" || w.Purpose != kexin.FollowUp) {
							t.Errorf("%s is %s", w.Purpose, w.State)
						}
					}
				}
				for i := range 2 {
					evil := send(fmt.Sprintf("198.51.%d.9", i))
					p.Must(act(p, evil))
					for _, w := range evil.Has().Words {
						if (w.State == consent.Requested) != (how == "ads" && w.Purpose == kexin.FollowUp) {
							t.Errorf("what he sent: %s is %s", w.Purpose, w.State)
						}
					}
					if n := about(p, curtain, "stop_unproved"); n != 1 {
						t.Errorf("%d alerts", n)
					}
				}
				holds(true)
				p.Must(p.Store.View(ctx, curtain.Org, func(tx *store.Tx) error {
					shut, err := tx.OffersShut(kexin.KeyPhone, hers)
					if shut {
						t.Error("her number is marked")
					}
					return err
				}))
				if how == "not me" {
					return
				}
				p.Clock.Move(2 * time.Minute)
				mine := send("203.0.114.9")
				p.Must(act(p, mine))
				if r := mine.Has(); !slices.Equal(r.Whole, []kexin.Channel{kexin.BySMS}) {
					t.Errorf("a code to make it whole goes over %v", r.Whole)
				}
				p.Must(mine.Proves(app.CodeStop, hers))
				if r := mine.Has(); len(r.Whole) != 0 {
					t.Error("it is whole, and a code is offered still")
				}
				if how != "ads" {
					holds(false)
				}
				for _, w := range her.Has().Words {
					if w.State != consent.Withdrawn && (how != "ads" || w.Purpose != kexin.FollowUp) {
						t.Errorf("after the code %s is %s", w.Purpose, w.State)
					}
				}
				follows(t, p)
			})
		})
	}
}

// withOffers is a customer of the curtain shop who came by a recommendation, was
// accepted, proved her number and ticked offers.
func withOffers(p *apptest.Party) (*apptest.Her, kexin.ID) {
	p.TB.Helper()
	rep, her := p.As(p.Shops["tile"].Rep), p.Her("203.0.113.7")
	p.Must(her.Opens(rep.Recommends(rep.Knows("王秀兰", hers), "curtain", "curtain")))
	her.Submits("王女士", hers, kexin.OwnSMS)
	p.Must(her.Proves(app.CodeProve, hers))
	return her, p.As(p.Shops["curtain"].Rep).Accepts()
}

// TestDisputeSettledForAll: a dispute of a number ends, when the officer settled
// it, for everybody whom it suspended; what was sent with it may be accepted.
// Three people's disputes are three alerts.
func TestDisputeSettledForAll(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		curtain := p.Shops["curtain"]
		her, customer := withOffers(p)
		twin := twin(p, curtain.Rep)
		p.Must(p.App.NotMe(ctx, her.Visit()))
		boss := curtain.Owner
		call := func(want string) {
			t.Helper()
			for _, id := range []kexin.ID{customer, twin} {
				_, err := p.As(curtain.Rep).Calls(id, kexin.ByCall)
				if got := string(kexin.LawOf(err)); got != want && (want != "" || got == "E_IDENTITY_DISPUTE") {
					t.Errorf("called: %v", err)
				}
			}
		}
		call("E_IDENTITY_DISPUTE")
		all, err := p.App.Alerts(ctx, boss)
		p.Must(err)
		for _, a := range all {
			boss.StepUp = p.Clock.Instant()
			p.Must(p.App.CloseAlert(ctx, boss, a.ID))
		}
		call("")
		follows(t, p)
		path := p.As(p.Shops["tile"].Owner).Counter()
		for i := range 3 {
			h := p.Her(fmt.Sprintf("198.51.%d.9", i))
			p.Must(h.Opens(path))
			p.Must(h.Sends(app.Giving{Shop: curtain.Org, Need: "curtain", Name: "甲", Phone: fmt.Sprintf("+861371111%04d", i), Channel: kexin.ByCall, Lang: "zh-CN"}))
			for range 2 {
				p.Must(p.App.NotMe(ctx, h.Visit()))
			}
		}
		if n := about(p, curtain, "number_disputed"); n != 3 {
			t.Errorf("%d alerts for three people", n)
		}
		in := p.As(curtain.Rep).Inbox()[0]
		if _, err := p.App.AcceptReferral(ctx, curtain.Rep, in.ID); kexin.LawOf(err) != "E_IDENTITY_DISPUTE" {
			t.Errorf("accepted while it is disputed: %v", err)
		}
		if all, err = p.App.Alerts(ctx, boss); err != nil {
			t.Fatal(err)
		}
		for _, a := range all {
			boss.StepUp = p.Clock.Instant()
			p.Must(p.App.CloseAlert(ctx, boss, a.ID))
		}
		if _, err := p.App.AcceptReferral(ctx, curtain.Rep, in.ID); err != nil {
			t.Errorf("settled: %v", err)
		}
	})
}

// TestSecondAddressReadsNothing: who typed her number and a mailbox of his own is
// shown nothing of what the shop has, nor given a copy, by a code to the mailbox;
// by one to the number at which she is contacted she is.
func TestSecondAddressReadsNothing(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		curtain := p.Shops["curtain"]
		path := p.As(p.Shops["tile"].Owner).Counter()
		h := p.Her("198.51.100.9")
		p.Must(h.Opens(path))
		p.Must(h.Sends(app.Giving{Shop: curtain.Org, Need: "curtain", Name: "赵女士", Phone: hers, Email: herMail, Channel: kexin.ByCall, Lang: "zh-CN"}))
		p.As(curtain.Rep).Accepts()
		for _, act := range []string{app.CodeMine, app.CodeCopy} {
			if err := p.App.SendCode(ctx, h.Visit(), act, kexin.ByEmail); kexin.CodeOf(err) != kexin.Invalid {
				t.Errorf("a code for %s to the mailbox: %v", act, err)
			}
		}
		if r := h.Has(); !slices.Equal(r.Codes, []kexin.Channel{kexin.BySMS}) {
			t.Errorf("codes over %v", r.Codes)
		}
		p.Must(h.Proves(app.CodeMine, hers))
		if d, err := p.App.HerData(ctx, h.Visit(), curtain.Org, true); err != nil || !d.Clear {
			t.Errorf("by the number: %v", err)
		}
	})
}
