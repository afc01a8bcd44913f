package app_test

import (
	"testing"
	"time"

	"kexin"
	"kexin/app"
	"kexin/app/apptest"
	"kexin/share"
)

// TestStopWidened: after a stop of one shop, or of offers, she stops every shop of her path
// from the same receipt, as if she had stopped all of them at first: by her link alone her own
// shop is told and does not contact her, by a code every shop that has her number stops too;
// also where the shop has erased her meanwhile. Nobody waits for an answer that does not come.
func TestStopWidened(t *testing.T) {
	for name, c := range map[string]struct {
		first  string
		code   bool
		passes time.Duration
	}{
		"this shop, by her link":         {app.StopShop, false, time.Minute},
		"this shop, by a code, erased":   {app.StopShop, true, time.Minute},
		"this shop, by her link, erased": {app.StopShop, false, 25 * time.Hour},
		"no offers, by her link":         {app.StopAds, false, time.Minute},
		"no offers, by a code":           {app.StopAds, true, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			parties(t, func(t *testing.T, p *apptest.Party) {
				tile, lamp := p.Shops["tile"], p.Shops["lamp"]
				rep := p.As(tile.Rep)
				customer := rep.Knows("王秀兰", hers)
				her, too := p.Her("203.0.113.7"), p.Her("203.0.113.7")
				p.Must(her.Opens(rep.Recommends(customer, "curtain", "curtain")))
				g := her.Giving("王女士", hers)
				g.Tell = true
				p.Must(her.Sends(g))
				p.Must(too.Opens(rep.Recommends(customer, "lamp", "lamp")))
				too.Submits("王女士", hers)
				if c.code {
					p.Must(her.Proves(app.CodeMine, hers))
				}
				if her.Has().Wider {
					t.Error("a stop that nobody made can be widened")
				}
				p.Must(her.Stops(c.first))
				p.Clock.Move(c.passes)
				p.Ticks()
				if !c.code {
					p.Must(her.Opens(her.Receipt))
				}
				erased := c.first == app.StopShop && (c.code || c.passes > time.Hour)
				if r := her.Has(); r.Wider != (c.first == app.StopShop) || r.Erased != erased {
					t.Errorf("her receipt says %+v, %v, erased %v", r.Stop, r.Wider, r.Erased)
				}
				p.Must(her.Stops(app.StopAll))
				if r := her.Has(); r.Stop.Scope != app.StopAll || r.Wider || !r.Stopped {
					t.Errorf("then it says %+v", r.Stop)
				}
				if _, err := p.As(tile.Owner).Calls(customer, kexin.ByCall); err == nil {
					t.Error("her own shop may call her")
				}
				want := share.Submitted
				if c.code {
					want = share.Revoking
				}
				if got := p.As(lamp.Owner).Inbox()[0].State; got != want {
					t.Errorf("the other shop: %s", got)
				}
				for range 17 {
					p.Clock.Move(day)
					p.Ticks()
				}
				if gone(p, tile, customer) != c.code {
					t.Error("her own shop has erased what she proved to be hers, and nothing else")
				}
				for _, s := range []*apptest.Shop{tile, p.Shops["curtain"], lamp} {
					all, err := p.App.Alerts(ctx, s.Owner)
					p.Must(err)
					for _, x := range all {
						if c.code || x.Code != "stop_unproved" {
							t.Errorf("%s is told %s", s.Name, x.Code)
						}
					}
				}
				follows(t, p)
			})
		})
	}
}
