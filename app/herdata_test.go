package app_test

import (
	"testing"

	"kexin"
	"kexin/app"
	"kexin/app/apptest"
)

// TestNothingShownBeforeCode: what a shop holds of her, masked or not, and a copy of it
// want a code for just that: her receipt alone, and a code that proved her number for
// something else, show nothing (security.md A6).
func TestNothingShownBeforeCode(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		s := submitted(p)
		for proofs, first := range []func() error{func() error { return nil }, func() error { return s.receipt.Proves(app.CodeProve, machinePhone) }} {
			p.Must(first())
			for _, org := range []kexin.ID{p.Shops["curtain"].Org, p.Shops["tile"].Org} {
				for _, clear := range []bool{false, true} {
					d, err := p.App.HerData(ctx, s.receipt.Visit(), org, clear)
					if kexin.CodeOf(err) != kexin.Unauthorized || len(d.Fields) > 0 || d.Org != 0 {
						t.Errorf("%d proofs, clear %v: %v %+v", proofs, clear, err, d)
					}
				}
			}
		}
		if f, err := p.App.TakeCopy(ctx, s.receipt.Visit(), kexin.BySMS, "000000"); kexin.CodeOf(err) != kexin.Unauthorized || len(f) > 0 {
			t.Errorf("a copy: %v", err)
		}
		p.Must(s.receipt.Proves(app.CodeMine, machinePhone))
		if d, err := p.App.HerData(ctx, s.receipt.Visit(), p.Shops["curtain"].Org, true); err != nil || len(d.Fields) == 0 {
			t.Errorf("with the code: %v %+v", err, d)
		}
	})
}
