package app_test

import (
	"testing"

	"kexin"
	"kexin/app/apptest"
)

// TestReferralUnseen: who may not answer what customers send is told the same of
// one that is there, of one whose shop is late with a letter, and of one that never
// was.
func TestReferralUnseen(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, curtain := p.Shops["tile"], p.Shops["curtain"]
		rep, her := p.As(tile.Rep), p.Her("203.0.113.7")
		p.Must(her.Opens(rep.Recommends(rep.Knows("王秀兰", hers), "curtain", "curtain")))
		her.Submits("王女士", hers)
		there := p.As(curtain.Rep).Inbox()[0].ID
		nobody := curtain.Rep
		nobody.Position = kexin.Analyst // who was put elsewhere since he signed in
		for what, act := range map[string]func(kexin.ID) error{
			"accept": func(id kexin.ID) error { _, err := p.App.AcceptReferral(ctx, nobody, id); return err },
			"word":   func(id kexin.ID) error { _, _, err := p.App.AnswerWord(ctx, nobody, id, "白鹭"); return err },
			"reject": func(id kexin.ID) error { return p.App.RejectReferral(ctx, nobody, id) },
		} {
			if is, never := act(there), act(there+1); is == nil || kexin.CodeOf(is) != kexin.CodeOf(never) {
				t.Errorf("%s: %v, of none %v", what, is, never)
			}
		}
	})
}
