package app_test

import (
	"testing"
	"time"

	"kexin"
	"kexin/app"
	"kexin/app/apptest"
)

// TestOthersWhenErasedHere: the shop of her receipt has erased her, and another holder
// of her path has not answered her stop: she sees how it stands there, in the visit in
// which a code was right before, and later by a code to the address that her own shop
// has, which nobody gets who has the link alone. A shop that has erased her as well is
// named as such.
func TestOthersWhenErasedHere(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		lamp, tile := p.Shops["lamp"], p.Shops["tile"]
		p.Must(p.App.Halt(ctx))
		one, two, _, _, asked := twoShops(p)
		two.Submits("王女士", hers)
		p.As(lamp.Rep).Accepts()
		p.Must(one.Proves(app.CodeMine, hers))
		p.Must(one.Stops(app.StopAll))
		raw(p, "UPDATE referral SET due_at=0 WHERE org_id=$1", lamp.Org) // that shop does nothing about it
		p.Clock.Move(time.Minute)
		p.Ticks()
		want := map[string]stands{"curtain": {erased: true}, "tile": {locked: true}, "lamp": {locked: true}}
		want["curtain"] = stands{locked: true, erased: true}
		stand(t, p, one, want)

		p.Clock.Move(time.Hour)
		other := p.Her("198.51.100.9")
		p.Must(other.Opens(one.Receipt))
		stand(t, p, other, map[string]stands{"curtain": want["curtain"]})
		if r := other.Has(); len(r.Codes) != 1 || r.Codes[0] != kexin.BySMS {
			t.Errorf("a code can go over %v", r.Codes)
		}
		if err := other.Proves(app.CodeMine, others); kexin.CodeOf(err) != kexin.Invalid {
			t.Errorf("another's code: %v", err)
		}
		stand(t, p, other, map[string]stands{"curtain": want["curtain"]})
		p.Clock.Move(2 * time.Minute)
		p.Must(one.Opens(one.Receipt))
		p.Must(one.Proves(app.CodeMine, hers))
		stand(t, p, one, want)

		raw(p, "UPDATE referral SET due_at=1 WHERE org_id=$1", lamp.Org)
		p.Ticks()
		want["lamp"] = stands{locked: true, erased: true}
		stand(t, p, one, want)
		if r := row(p, tile, asked); r.Outcome == "" {
			t.Errorf("its answer: %+v", r)
		}
		follows(t, p)
	})
}

// TestErasedHereTellsNobody: where her own shop is not to know of her answer and she
// stopped at the other one alone, no code goes out from there.
func TestErasedHereTellsNobody(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		p.Quiet()
		her, _, _, _ := secretYes(p)
		p.Must(her.Proves(app.CodeMine, hers))
		p.Must(her.Stops(app.StopShop))
		p.Clock.Move(time.Hour)
		p.Ticks()
		p.Must(her.Opens(her.Receipt))
		before := p.Rows(p.Shops["tile"])
		if r := her.Has(); !r.Erased || len(r.Codes) != 0 {
			t.Errorf("erased %v, codes over %v", r.Erased, r.Codes)
		}
		if err := p.App.SendCode(ctx, her.Visit(), app.CodeMine, kexin.BySMS); kexin.CodeOf(err) != kexin.NotFound {
			t.Errorf("a code: %v", err)
		}
		if p.Rows(p.Shops["tile"]) != before {
			t.Error("her own shop was told")
		}
	})
}
