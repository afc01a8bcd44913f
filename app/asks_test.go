package app_test

import (
	"errors"
	"testing"
	"time"

	"kexin"
	"kexin/app/apptest"
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
