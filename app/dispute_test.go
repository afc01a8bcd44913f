package app_test

import (
	"slices"
	"testing"
	"time"

	"kexin"
	"kexin/app"
	"kexin/app/apptest"
)

// TestNotMeTwoAddresses: "that is not me" suspends what reaches her at either
// address; a code to one brings back what reaches her there and nothing else, a
// code to the other the rest; what no code brought back within fifteen days does
// not hold (CON-13).
func TestNotMeTwoAddresses(t *testing.T) {
	call, mail := "crm.followup call ", "marketing.own.email email "
	for name, c := range map[string]struct {
		prove       []string
		days        int
		call, mail  string
		calls, mays bool
	}{
		"none":           {nil, 0, "SUSPENDED", "SUSPENDED", false, false},
		"none, 15 days":  {nil, 15, "INVALIDATED", "INVALIDATED", false, false},
		"number":         {[]string{hers}, 0, "GIVEN E3", "SUSPENDED", true, true},
		"number, 15 d":   {[]string{hers}, 15, "GIVEN E3", "INVALIDATED", true, false},
		"mailbox":        {[]string{herMail}, 0, "SUSPENDED", "GIVEN E3", false, true},
		"number, then":   {[]string{hers, herMail}, 0, "GIVEN E3", "GIVEN E3", true, false},
		"mailbox, then":  {[]string{herMail, hers}, 0, "GIVEN E3", "GIVEN E3", true, false},
		"both, 15 days":  {[]string{hers, herMail}, 15, "GIVEN E3", "GIVEN E3", true, false},
		"mailbox, 15 d.": {[]string{herMail}, 15, "INVALIDATED", "GIVEN E3", false, false},
	} {
		t.Run(name, func(t *testing.T) {
			parties(t, func(t *testing.T, p *apptest.Party) {
				tile, curtain := p.Shops["tile"], p.Shops["curtain"]
				p.Quiet()
				her := p.Her("203.0.113.7")
				p.Must(her.Opens(p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("王秀兰", hers), "curtain", "curtain")))
				g := her.Giving("王女士", hers, kexin.OwnEmail)
				g.Email = herMail
				p.Must(her.Sends(g))
				customer := p.As(curtain.Rep).Accepts()
				for _, k := range []string{hers, herMail} {
					p.Must(her.Proves(app.CodeProve, k))
				}
				if got := states(her); !slices.Equal(got, []string{call + "GIVEN E3", mail + "GIVEN E3"}) {
					t.Fatal(got)
				}
				p.Must(p.App.NotMe(ctx, her.Visit()))
				for _, k := range c.prove {
					p.Clock.Move(2 * time.Minute)
					p.Must(her.Proves(app.CodeProve, k))
				}
				p.Clock.Move(time.Duration(c.days) * day)
				p.Ticks()
				again := p.Her("203.0.113.7")
				p.Must(again.Opens(her.Receipt))
				if got := states(again); !slices.Equal(got, []string{call + c.call, mail + c.mail}) {
					t.Error(got)
				}
				if _, err := p.As(curtain.Rep).Calls(customer, kexin.ByCall); (err == nil) != c.calls && c.days == 0 {
					t.Errorf("called: %v", err)
				}
				if got := len(again.Has().Prove) > 0; got != c.mays && len(c.prove) > 0 && c.days == 0 {
					t.Errorf("a code is offered: %v", got)
				}
			})
		})
	}
}
