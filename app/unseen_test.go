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

// TestColleaguesReferrals: what waits is everybody's who answers customers; what a
// colleague took, or recommended, is his and that of who leads. Who may not answer
// sees no inbox.
func TestColleaguesReferrals(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, curtain := p.Shops["tile"], p.Shops["curtain"]
		s := submitted(p)
		see := func(want map[string]int, lists map[string]int) {
			t.Helper()
			for who, n := range want {
				if lists[who] != n {
					t.Errorf("%s sees %d, not %d", who, lists[who], n)
				}
			}
		}
		inboxes := func() map[string]int {
			return map[string]int{"rep": len(p.As(curtain.Rep).Inbox()), "colleague": len(p.As(curtain.Rep2).Inbox()), "owner": len(p.As(curtain.Owner).Inbox())}
		}
		see(map[string]int{"rep": 1, "colleague": 1, "owner": 1}, inboxes())
		_, err := p.App.AcceptReferral(ctx, curtain.Rep, s.id)
		p.Must(err)
		see(map[string]int{"rep": 1, "colleague": 0, "owner": 1}, inboxes())
		see(map[string]int{"rep": 1, "colleague": 0, "owner": 1}, map[string]int{"rep": len(p.As(tile.Rep).Sent()), "colleague": len(p.As(tile.Rep2).Sent()), "owner": len(p.As(tile.Owner).Sent())})
		analyst := curtain.Rep2
		analyst.Position = kexin.Analyst
		if _, _, err := p.App.Inbox(ctx, analyst); err == nil {
			t.Error("an analyst has an inbox")
		}
	})
}
