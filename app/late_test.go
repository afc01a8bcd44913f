package app_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kexin"
	"kexin/app/apptest"
	"kexin/internal/db"
	"kexin/store"
	"kexin/store/storetest"
)

// TestNoContactBeforeLateLetters: while a letter of the shop that recommended
// her waits for more than five minutes, which may be her stop, she is neither
// taken nor called; a customer of one's own is.
func TestNoContactBeforeLateLetters(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, curtain := p.Shops["tile"], p.Shops["curtain"]
		p.Quiet()
		took := p.Her("203.0.113.7")
		p.Must(took.Opens(p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("王秀兰", hers), "curtain", "curtain")))
		took.Submits("王女士", hers)
		customer := p.As(curtain.Rep).Accepts()
		own := p.As(curtain.Rep).Knows("赵敏", "+8613711112222")
		waits := p.Her("203.0.113.8")
		p.Must(waits.Opens(p.As(tile.Rep2).Recommends(p.As(tile.Rep2).Knows("钱一", "+8613812340000"), "curtain", "curtain")))
		waits.Submits("钱女士", "+8613812340000")
		arrived := p.As(curtain.Rep).Inbox()[0].ID
		p.Must(p.Store.Update(ctx, tile.Org, func(tx *store.Tx) error {
			return tx.Post(store.Letter{Kind: "consent.withdrawn", To: curtain.Org, Ref: tx.NewID(), Word: "all", Told: true})
		}))
		p.Clock.Move(6 * time.Minute)
		if _, err := p.App.AcceptReferral(ctx, curtain.Rep, arrived); kexin.CodeOf(err) != kexin.Unavailable {
			t.Errorf("taken: %v", err)
		}
		if _, err := p.As(curtain.Rep).Calls(customer, kexin.ByCall); kexin.CodeOf(err) != kexin.Unavailable {
			t.Errorf("called: %v", err)
		}
		if _, err := p.As(curtain.Rep).Calls(own, kexin.ByCall); kexin.CodeOf(err) == kexin.Unavailable {
			t.Errorf("an own customer: %v", err)
		}
		p.Settle()
		if _, err := p.As(curtain.Rep).Calls(customer, kexin.ByCall); kexin.CodeOf(err) == kexin.Unavailable {
			t.Errorf("after the letter came: %v", err)
		}
	})
}

// TestPutOutWhileSheSends: a shop that is put out of the alliance after her link
// was read and before what she typed is stored gets nothing.
func TestPutOutWhileSheSends(t *testing.T) {
	storetest.Opened(t, func(t *testing.T, open func(db.Config) *db.DB) {
		c := storetest.NewClock()
		var between atomic.Pointer[func()]
		p := apptest.New(t, open(db.Config{Clock: c.Now, Trace: func(q string, _ time.Duration, _ int) {
			if strings.Contains(q, "FROM login WHERE name=") { // whether the number is staff's is asked in between
				if f := between.Swap(nil); f != nil {
					(*f)()
				}
			}
		}}), c)
		tile, curtain := p.Shops["tile"], p.Shops["curtain"]
		her := p.Her("203.0.113.7")
		p.Must(her.Opens(p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("王秀兰", hers), "curtain", "curtain")))
		put := make(chan error, 1)
		suspend := func() { // beside the reading transaction that is being traced
			done := make(chan struct{})
			go func() {
				defer close(done)
				put <- p.App.VerifyMember(ctx, tile.Owner, curtain.Org, store.Suspended, "")
			}()
			<-done
		}
		g := her.Giving("王女士", hers)
		p.Quiet()
		before := p.Rows(curtain)
		between.Store(&suspend)
		if err := her.Sends(g); kexin.CodeOf(err) != kexin.Forbidden {
			t.Errorf("sent: %v", err)
		}
		select {
		case err := <-put:
			p.Must(err)
		default:
			t.Fatal("nobody was put out meanwhile")
		}
		if now := p.Rows(curtain); now != before {
			t.Errorf("rows of the shop that was put out:\n%s\n%s", now, before)
		}
		s := &stage{p: p, id: g.Referral}
		if _, got := s.refusals("tile", 0); len(got) != 1 || got[0].Event != "submit" || got[0].Code != kexin.Forbidden {
			t.Errorf("recorded: %+v", got)
		}
	})
}
