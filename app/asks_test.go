package app_test

import (
	"errors"
	"testing"
	"time"

	"kexin"
	"kexin/app"
	"kexin/app/apptest"
	"kexin/ledger"
	"kexin/share"
)

// TestSeventhAsk: a merchant asks a customer six times in 365 days, whichever shops
// it asks her about; the seventh is refused with the date from which it may (CON-05),
// and changes nothing.
func TestSeventhAsk(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile := p.Shops["tile"]
		p.Founds("cabinet", "木合橱柜店", "91330382MAKXDM020E", "0577-62520005")
		link, _, err := p.App.InviteToAlliance(ctx, tile.Owner)
		p.Must(err)
		for _, key := range []string{"bath", "cabinet"} {
			p.Must(p.App.JoinAlliance(ctx, p.Shops[key].Owner, link.Text()))
			p.Verifies(tile.Owner, p.Shops[key].Org)
		}
		rep := p.As(tile.Rep)
		customer := rep.Knows("王秀兰", hers)
		first := p.Clock.Now()
		for _, key := range []string{"curtain", "lamp", "bath", "curtain", "lamp", "bath"} {
			if _, err := rep.TryRecommend(customer, key, key); err != nil {
				t.Fatalf("%s: %v", key, err)
			}
			p.Clock.Move(15 * day) // her link is over
			p.Ticks()
		}
		p.Quiet()
		asks := counted(p, "FROM ask WHERE org_id=$1", tile.Org)
		_, err = rep.TryRecommend(customer, "cabinet", "cabinet")
		var e *kexin.Error
		if want := first.AddDate(1, 0, 0).In(zone).Format(time.DateOnly); !errors.As(err, &e) || e.Law != "E_REASK_COOLDOWN" || e.Args["date"] != want {
			t.Errorf("the seventh: %v, want %s", err, want)
		}
		if n := counted(p, "FROM ask WHERE org_id=$1", tile.Org); n != asks || len(rep.Sent()) != 6 {
			t.Errorf("%d asks where there were %d, %d questions", n, asks, len(rep.Sent()))
		}
		p.Clock.Move(275 * day)
		if _, err := rep.TryRecommend(customer, "cabinet", "cabinet"); err != nil {
			t.Errorf("365 days after the first: %v", err)
		}
	})
}

// TestTakenBackMayBeAsked: a no that she took back is none: once its link is over she may
// be asked about the same shop again, which after a no she may not (law.md 8.2, CON-05).
func TestTakenBackMayBeAsked(t *testing.T) {
	for name, back := range map[string]bool{"taken back": true, "a no": false} {
		t.Run(name, func(t *testing.T) {
			parties(t, func(t *testing.T, p *apptest.Party) {
				s := asked(p)
				s.does(s.ask.Declines)
				if back {
					s.does(func() error { return p.App.TakeBack(ctx, s.ask.Visit(), s.id) })
				}
				s.passes(15 * day)
				if _, err := p.As(p.Shops["tile"].Rep).TryRecommend(s.rowAt("tile").Customer, "curtain", "curtain"); (err == nil) != back {
					t.Error(err)
				}
			})
		})
	}
}

// TestWildcard: neither a question nor an answer names all shops or all purposes at
// once. What tries to is refused, changes nothing and is recorded with the state it was
// tried in; the question may be answered afterwards (CON-03).
func TestWildcard(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		s, tile := asked(p), p.Shops["tile"]
		_, err := p.App.Recommend(ctx, tile.Rep, app.Recommendation{Customer: s.rowAt("tile").Customer, Need: "curtain", Shops: []kexin.ID{0}, Said: "store", Way: app.WayCopy})
		if kexin.LawOf(err) != "E_WILDCARD" {
			t.Errorf("asked about every shop: %v", err)
		}
		none := stage{p: p} // of a question that was never made
		if _, got := none.refusals("tile", 0); len(got) != 1 || got[0] != (ledger.ReferralRefused{Event: ledger.Why(share.Create), Side: "sender", Code: kexin.Invalid, Law: "E_WILDCARD"}) {
			t.Errorf("recorded: %+v", got)
		}
		mark, _ := s.refusals("tile", 0)
		before := p.Rows(p.Shops["curtain"])
		for _, wants := range [][]kexin.PurposeCode{{"*"}, {"marketing.own.*"}, {kexin.OwnSMS, "share.provide.*"}} {
			if err := s.ask.Sends(s.ask.Giving("李女士", "13812345700", wants...)); kexin.LawOf(err) != "E_WILDCARD" {
				t.Errorf("%s: %v", wants, err)
			}
			newest, got := s.refusals("tile", mark)
			mark = newest
			if len(got) != 1 || got[0] != (ledger.ReferralRefused{Event: ledger.Why(share.Submit), State: ledger.Why(share.Awaiting), Side: "sender", Code: kexin.Invalid, Law: "E_WILDCARD"}) {
				t.Errorf("%s: recorded: %+v", wants, got)
			}
		}
		if p.Rows(p.Shops["curtain"]) != before {
			t.Error("the shop has something of what was refused")
		}
		s.ask.Submits("李女士", "13812345700")
	})
}
