package app_test

import (
	"testing"

	"kexin/app/apptest"
	"kexin/share"
	"kexin/store"
)

// TestWaitsBehindMany: who waits to be answered is in the inbox, however many came
// after her and are over.
func TestWaitsBehindMany(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, curtain := p.Shops["tile"], p.Shops["curtain"]
		her := p.Her("203.0.113.7")
		p.Must(her.Opens(p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("王秀兰", hers), "curtain", "curtain")))
		her.Submits("王女士", hers)
		waits := p.As(curtain.Rep).Inbox()[0]
		p.Must(p.Store.Update(ctx, curtain.Org, func(tx *store.Tx) error {
			for range 250 {
				if _, err := tx.AddReferral(store.Referral{Side: store.Receiving, Peer: tile.Org, Subject: curtain.Org, Need: "curtain", State: share.Closed}); err != nil {
					return err
				}
			}
			return nil
		}))
		list := p.As(curtain.Rep).Inbox()
		if n := len(list); n == 0 || list[n-1].ID != waits.ID || list[n-1].State != share.Submitted {
			t.Errorf("of %d listed the oldest is no longer who waits", n)
		}
		_, err := p.App.AcceptReferral(ctx, curtain.Rep, waits.ID)
		p.Must(err)
	})
}
