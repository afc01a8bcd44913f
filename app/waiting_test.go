package app_test

import (
	"testing"
	"time"

	"kexin"
	"kexin/app"
	"kexin/app/apptest"
)

// TestWaiting: who answers customers is told since when the first of them waits, whoever of
// the shop looks, until she is answered; a question that she has not answered waits for nobody.
func TestWaiting(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, curtain := p.Shops["tile"], p.Shops["curtain"]
		tells := func(n int64, since kexin.Instant) {
			t.Helper()
			for _, a := range []kexin.Actor{curtain.Owner, curtain.Rep} {
				if me, err := p.App.Me(ctx, app.Seat{Actor: a, Org: a.Org, Member: a.User}, false); err != nil || me.Arrivals != n || me.Waiting != since {
					t.Errorf("%d wait since %d, want %d, %d (%v)", me.Arrivals, me.Waiting, n, since, err)
				}
			}
		}
		var made []kexin.Instant
		for i, number := range []string{hers, others} {
			her := p.Her("203.0.113.7")
			p.Must(her.Opens(p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("王秀兰", number), "curtain", "curtain")))
			if i == 0 {
				tells(0, 0)
			}
			her.Submits("王女士", number)
			made = append(made, p.As(curtain.Rep).Inbox()[0].Made)
			p.Clock.Move(2 * time.Hour)
		}
		tells(2, made[0])
		first := p.As(curtain.Rep).Inbox()[1].ID
		_, err := p.App.AcceptReferral(ctx, curtain.Rep, first)
		p.Must(err)
		tells(1, made[1])
		p.As(curtain.Rep).Accepts()
		tells(0, 0)
	})
}
