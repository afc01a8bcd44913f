package app_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kexin"
	"kexin/app"
	"kexin/app/apptest"
	"kexin/store"
)

// TestOnceAsk: a recommendation that is sent again, also at the same time, is
// made once: the same link comes back, and it opens. Under another body the
// key is refused.
func TestOnceAsk(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile := p.Shops["tile"]
		w := app.Recommendation{Customer: p.As(tile.Rep).Knows("王秀兰", hers), Need: "curtain", Said: "store", Way: app.WayCopy, Shops: []kexin.ID{p.Shops["curtain"].Org},
			Once: store.Once{Key: "key-of-one-sheet", What: "ask", Body: []byte("curtain")}}
		all := make([]app.Recommended, 6)
		var wait sync.WaitGroup
		for i := range all {
			wait.Go(func() {
				var err error
				if all[i], err = p.App.Recommend(ctx, tile.Rep, w); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		rows := func() []string { // but for what a member may do in a day: each request counts
			return slices.DeleteFunc(strings.Split(p.Rows(tile), "\n"), func(row string) bool { return strings.HasPrefix(row, "spent ") })
		}
		before := rows()
		again, err := p.App.Recommend(ctx, tile.Rep, w)
		for _, r := range append(all, again) {
			if r.Ask != all[0].Ask || r.Path != all[0].Path || r.Words != all[0].Words || r.Ends != all[0].Ends || !slices.Equal(r.Referrals, all[0].Referrals) || r.Path == "" {
				t.Errorf("%+v and %+v (%v)", r, all[0], err)
			}
		}
		if !slices.Equal(rows(), before) {
			t.Error("asking again wrote something")
		}
		if n := len(p.As(tile.Rep).Sent()); n != 1 {
			t.Errorf("%d referrals", n)
		}
		if err := p.Her("203.0.113.7").Opens(again.Path.Text()); err != nil {
			t.Error(err)
		}
		p.Clock.Move(9 * time.Minute)
		p.Ticks()
		if r, err := p.App.Recommend(ctx, tile.Rep, w); err != nil || r.Path != again.Path {
			t.Errorf("nine minutes later: %v", err)
		}
		p.Clock.Move(2 * time.Minute)
		if _, err := p.App.Recommend(ctx, tile.Rep, w); kexin.CodeOf(err) != kexin.Conflict {
			t.Errorf("eleven minutes later: %v", err)
		}
		p.Ticks()
		kept := counted(p, "FROM once WHERE org_id=$1 AND link_c IS NOT NULL", tile.Org)
		if n := len(p.As(tile.Rep).Sent()); kept != 0 || n != 1 {
			t.Errorf("%d links kept, %d referrals", kept, n)
		}
		w.Once.Body = []byte("lamp")
		if _, err := p.App.Recommend(ctx, tile.Rep, w); kexin.LawOf(err) != "E_OTHER_BODY" {
			t.Error(err)
		}
	})
}
