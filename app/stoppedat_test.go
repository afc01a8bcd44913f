package app_test

import (
	"testing"
	"time"

	"kexin"
	"kexin/app"
	"kexin/app/apptest"
)

// A stands is what her page says of one holder.
type stands struct {
	locked, erased bool
	waits          string
}

// stand holds her page of who has her data against what it should say, holder by
// holder.
func stand(t *testing.T, p *apptest.Party, her *apptest.Her, want map[string]stands) {
	t.Helper()
	m, err := p.App.Holders(ctx, her.Visit())
	p.Must(err)
	got := map[string]stands{}
	for _, h := range m.Holders {
		for key, s := range p.Shops {
			if s.Org == h.Org {
				got[key] = stands{h.Locked, h.Erased, h.Waits}
			}
		}
	}
	if len(got) != len(want) {
		t.Errorf("holders: %+v, want %+v", got, want)
	}
	for key, w := range want {
		if got[key] != w {
			t.Errorf("her page says of %s %+v, want %+v", key, got[key], w)
		}
	}
}

// TestLockedAtOnce: her stop locks in its own transaction: before any letter is
// carried and any clock looked at, nobody of the shop finds her record, and no
// channel to her is opened.
func TestLockedAtOnce(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, curtain := p.Shops["tile"], p.Shops["curtain"]
		her := p.Her("203.0.113.7")
		p.Must(her.Opens(p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("王秀兰", hers), "curtain", "curtain")))
		her.Submits("王女士", hers, kexin.OwnSMS)
		p.Must(her.Proves(app.CodeProve, hers))
		customer := p.As(curtain.Rep).Accepts()
		p.Quiet()
		if _, err := p.App.Get(ctx, curtain.Rep, kexin.Customer, customer); err != nil {
			t.Fatalf("before she stops: %v", err)
		}
		p.Must(p.App.Withdraw(ctx, her.Visit(), app.StopShop))
		for _, a := range []kexin.Actor{curtain.Rep, curtain.Rep2, curtain.Owner} {
			if _, err := p.App.Get(ctx, a, kexin.Customer, customer); kexin.CodeOf(err) != kexin.NotFound {
				t.Errorf("%s opens her: %v", a.Position, err)
			}
			if l, err := p.App.Find(ctx, a, kexin.Query{Object: kexin.Customer}); err != nil || len(l.Rows) != 0 {
				t.Errorf("%s lists her: %d %v", a.Position, len(l.Rows), err)
			}
		}
		if _, err := p.As(curtain.Rep).Calls(customer, kexin.ByCall); kexin.CodeOf(err) != kexin.NotFound {
			t.Errorf("called: %v", err)
		}
	})
}

// TestSilentOnHerPage: of another holder she came to by this path her page says how
// her stop stands there: not got it for fifteen days, got it and locked, no answer
// for fifteen days. What she bought keeps her number, and so the code, at the shop of
// her receipt.
func TestSilentOnHerPage(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, curtain, lamp := p.Shops["tile"], p.Shops["curtain"], p.Shops["lamp"]
		one, two, _, _, asked := twoShops(p)
		p.Must(p.App.Halt(ctx))
		two.Submits("王女士", hers)
		bought := p.As(curtain.Rep).Accepts()
		_, err := p.As(curtain.Rep).Calls(bought, kexin.ByCall)
		p.Must(err)
		order(p, curtain.Rep, bought)
		p.Must(p.App.WinReferral(ctx, curtain.Rep, p.As(curtain.Rep).Inbox()[0].ID))
		p.Settle()
		p.Must(one.Proves(app.CodeMine, hers))
		stand(t, p, one, map[string]stands{"curtain": {}, "tile": {}, "lamp": {}})
		mend := forge(p, lamp, asked)
		p.Must(one.Stops(app.StopAll))
		stand(t, p, one, map[string]stands{"curtain": {locked: true}, "tile": {locked: true}, "lamp": {}}) // it cannot be read there
		later := func(days int) {
			t.Helper()
			for range days {
				p.Clock.Move(24 * time.Hour)
				p.Ticks()
			}
			p.Must(one.Opens(one.Receipt)) // a visit is half an hour, and a code is for one visit
			p.Must(one.Proves(app.CodeMine, hers))
		}
		later(17)
		stand(t, p, one, map[string]stands{"curtain": {locked: true}, "tile": {erased: true}, "lamp": {waits: "undelivered"}})
		mend()
		raw(p, "UPDATE outbox SET next_at=0 WHERE org_id=$1 AND sent_at=0", tile.Org) // it gets it, and its own clock does not run
		p.Settle()
		raw(p, "UPDATE referral SET due_at=0 WHERE org_id=$1", lamp.Org)
		stand(t, p, one, map[string]stands{"curtain": {locked: true}, "tile": {erased: true}, "lamp": {locked: true}})
		later(16) // by now her own shop's part is closed
		stand(t, p, one, map[string]stands{"curtain": {locked: true}, "lamp": {locked: true, waits: "silent"}})
	})
}
