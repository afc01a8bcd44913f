package app_test

import (
	"testing"

	"kexin"
	"kexin/app"
	"kexin/app/apptest"
	"kexin/store"
)

// TestClosedAccountDoesNothing: a request that had passed the door before its
// member was put out, or was given another position, does nothing any more
// (ACC-04).
func TestClosedAccountDoesNothing(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile := p.Shops["tile"]
		rep := p.As(tile.Rep)
		id := rep.Knows("王秀兰", hers)
		boss := tile.Owner
		boss.StepUp = p.Clock.Instant()
		clerk, off, on, back := kexin.Marketing, false, true, kexin.Rep
		for what, c := range map[string][2]app.MemberChange{
			"put out":   {{Active: &off}, {Active: &on}},
			"elsewhere": {{Position: &clerk}, {Position: &back}},
		} {
			_, err := p.App.ChangeMember(ctx, boss, tile.Rep.User, c[0])
			p.Must(err)
			p.Quiet()
			before := p.Rows(tile)
			_, reveal := p.App.Reveal(ctx, tile.Rep, kexin.Customer, id, kexin.CustPhone, "check")
			_, open := p.App.Get(ctx, tile.Rep, kexin.Customer, id)
			_, list := p.App.Find(ctx, tile.Rep, kexin.Query{Act: kexin.ActList, Object: kexin.Customer})
			_, made := p.App.Create(ctx, tile.Rep, app.Draft{Object: kexin.Customer, Values: store.Values{kexin.CustName: kexin.Str("新人")}})
			_, call := rep.Calls(id, kexin.ByCall)
			_, ask := rep.TryRecommend(id, "curtain", "curtain")
			for act, err := range map[string]error{"reveal": reveal, "open": open, "list": list, "create": made, "call": call, "recommend": ask} {
				if kexin.CodeOf(err) != kexin.Unauthorized {
					t.Errorf("%s: %s: %v", what, act, err)
				}
			}
			p.Quiet()
			if now := p.Rows(tile); now != before {
				t.Errorf("%s: rows changed:\n%s\n%s", what, now, before)
			}
			_, err = p.App.ChangeMember(ctx, boss, tile.Rep.User, c[1])
			p.Must(err)
			if _, err := p.App.Get(ctx, tile.Rep, kexin.Customer, id); err != nil {
				t.Errorf("%s, and back: %v", what, err)
			}
		}
	})
}
