package app_test

import (
	"fmt"
	"testing"
	"time"

	"kexin"
	"kexin/app"
	"kexin/app/apptest"
)

// TestCounterCredit: five numbers that somebody typed at the counter's page
// count for nobody, though the shop took them; each counts once when it is
// proved, by a code before the shop takes it or after, or by the word.
func TestCounterCredit(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, curtain := p.Shops["tile"], p.Shops["curtain"]
		if _, _, err := p.App.NewCounter(ctx, p.Shops["bath"].Owner); kexin.CodeOf(err) != kexin.Forbidden {
			t.Errorf("a counter of a shop in no alliance: %v", err)
		}
		path := p.As(tile.Owner).Counter()
		counted := func() (n int64) {
			t.Helper()
			lines, err := p.App.Credits(ctx, curtain.Owner)
			p.Must(err)
			for _, l := range lines {
				if l.Kind != "counter" || l.Mine {
					t.Errorf("%+v", l)
				}
				n += l.N
			}
			return n
		}
		send := func(i int) (*apptest.Her, string) {
			t.Helper()
			phone := fmt.Sprintf("+861370000111%d", i)
			her := p.Her(fmt.Sprintf("203.0.%d.7", i))
			p.Must(her.Opens(path))
			p.Must(her.Sends(app.Giving{Shop: curtain.Org, Need: "curtain", Name: "王女士", Phone: phone, Channel: kexin.ByCall}))
			return her, phone
		}
		var hers []*apptest.Her
		var phones []string
		for i := range 5 {
			h, phone := send(i)
			p.As(curtain.Rep).Accepts()
			hers, phones = append(hers, h), append(phones, phone)
		}
		if n := counted(); n != 0 {
			t.Fatalf("%d counted for numbers that nobody proved", n)
		}
		for i := range 3 {
			p.Must(hers[i].Proves(app.CodeProve, phones[i]))
			if n := counted(); n != int64(i+1) {
				t.Errorf("%d counted for %d proved", n, i+1)
			}
		}
		p.Clock.Move(2 * time.Minute)
		p.Must(hers[0].Proves(app.CodeProve, phones[0])) // proved already
		in := p.As(curtain.Rep).Inbox()[0]               // the fifth, by the word
		if _, err := p.As(curtain.Rep).Calls(in.Customer, kexin.ByCall); err != nil {
			t.Fatal(err)
		}
		if right, _, err := p.App.AnswerWord(ctx, curtain.Rep, in.ID, hers[4].Has().Pair.Answer); err != nil || !right {
			t.Fatal(right, err)
		}
		if n := counted(); n != 4 {
			t.Errorf("%d counted for 4 proved", n)
		}
		early, phone := send(6)
		p.Must(early.Proves(app.CodeProve, phone))
		if n := counted(); n != 4 {
			t.Errorf("%d counted before the shop took it", n)
		}
		p.As(curtain.Rep).Accepts()
		if n := counted(); n != 5 {
			t.Errorf("%d counted for 5 proved and taken", n)
		}
		p.Settle()
		if lines, err := p.App.Credits(ctx, tile.Owner); err != nil || len(lines) != 1 || lines[0].Kind != "counter" || lines[0].N != 5 || !lines[0].Mine {
			t.Errorf("the shop of the counter is told %+v %v", lines, err)
		}
	})
}

// TestVoucherInStaffBrowser: who is signed in as staff, or was on that telephone,
// takes no voucher by a customer's link or at the counter, which would count for his
// shop; of a link the log has that he tried.
func TestVoucherInStaffBrowser(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, curtain := p.Shops["tile"], p.Shops["curtain"]
		s := asked(p)
		counter := p.As(tile.Owner).Counter()
		scans := p.Her("203.0.113.8")
		p.Must(scans.Opens(counter))
		for name, c := range map[string]struct {
			h        *apptest.Her
			referral kexin.ID
			recorded int
		}{"by her link": {s.ask, s.id, 1}, "at the counter": {scans, 0, 0}} {
			c.h.Seat = app.Seat{Org: tile.Org, Member: tile.Rep.User, Actor: tile.Rep}
			if _, err := p.App.TakeVoucher(ctx, c.h.Visit(), c.referral, curtain.Org); kexin.LawOf(err) != "E_ONLY_SUBJECT" {
				t.Errorf("%s: %v", name, err)
			}
			if n := counted(p, "FROM voucher WHERE org_id=$1", curtain.Org); n != 0 {
				t.Errorf("%s: %d vouchers", name, n)
			}
			if _, got := s.refusals("tile", 0); c.recorded > len(got) || len(got) > 0 && got[0].Law != "E_ONLY_SUBJECT" {
				t.Errorf("%s: recorded %+v", name, got)
			}
			c.h.Seat = app.Seat{}
			if _, err := p.App.TakeVoucher(ctx, c.h.Visit(), c.referral, curtain.Org); err != nil {
				t.Errorf("%s, herself: %v", name, err)
			}
			raw(p, "DELETE FROM voucher WHERE org_id=$1", curtain.Org)
		}
		p.As(tile.Owner).Counter()
		if err := p.Her("203.0.113.9").Opens(counter); kexin.CodeOf(err) != kexin.NotFound {
			t.Errorf("the counter's code before the new one: %v", err)
		}
	})
}

// TestVoucherGuesses: after twenty wrong vouchers within an hour a member takes none,
// nor a right one, until the next; a colleague does.
func TestVoucherGuesses(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		curtain := p.Shops["curtain"]
		s := asked(p)
		v, err := p.App.TakeVoucher(ctx, s.ask.Visit(), s.id, 0)
		p.Must(err)
		w, err := p.App.TakeVoucher(ctx, s.ask.Visit(), s.id, 0)
		p.Must(err)
		for n := range 20 {
			if _, _, err := p.App.RedeemVoucher(ctx, curtain.Rep, fmt.Sprintf("2222-33%02d", n)); kexin.CodeOf(err) != kexin.NotFound {
				t.Fatalf("guess %d: %v", n+1, err)
			}
		}
		if _, _, err := p.App.RedeemVoucher(ctx, curtain.Rep, v.Code); kexin.CodeOf(err) != kexin.RateLimited {
			t.Errorf("after twenty guesses: %v", err)
		}
		_, _, err = p.App.RedeemVoucher(ctx, curtain.Owner, w.Code)
		p.Must(err)
		p.Clock.Move(time.Hour)
		_, _, err = p.App.RedeemVoucher(ctx, curtain.Rep, v.Code)
		p.Must(err)
	})
}
