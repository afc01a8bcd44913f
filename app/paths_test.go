package app_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/app"
	"kexin/app/apptest"
	"kexin/ledger"
	"kexin/share"
	"kexin/store"
)

const day = 24 * time.Hour

// receiver does what a member of the receiver does with the referral.
func (s *stage) receiver(act func(*app.App, kexin.Actor, kexin.ID) error) *stage {
	s.p.TB.Helper()
	return s.does(func() error { return act(s.p.App, s.rep(), s.id) })
}

func reject(a *app.App, x kexin.Actor, id kexin.ID) error { return a.RejectReferral(ctx, x, id) }
func lose(a *app.App, x kexin.Actor, id kexin.ID) error   { return a.LoseReferral(ctx, x, id) }

// unopened is a question whose link nobody opened.
func unopened(p *apptest.Party) *stage {
	rep := p.As(p.Shops["tile"].Rep)
	s := &stage{p: p, link: rep.Recommends(rep.Knows("王秀兰", machinePhone), "curtain", "curtain")}
	s.id = rep.Sent()[0].ID
	return s
}

// stopped is a stage at which she stops at that shop.
func stopped(from func(*apptest.Party) *stage) func(*apptest.Party) *stage {
	return func(p *apptest.Party) *stage {
		s := from(p)
		return s.does(func() error { return s.receipt.Stops(app.StopShop) })
	}
}

// TestPaths walks the paths of the mode INTRODUCE (law.md 8.2) of which the
// sender may be told: how each ends in both rows, what the sender's staff see,
// whether the receiver still has anything of hers, and that no row of his changed where
// she sent nothing. Every transition of
// the machine is on one of them.
func TestPaths(t *testing.T) {
	walked := map[[2]string]bool{}
	for name, c := range map[string]struct {
		walk          func(p *apptest.Party) *stage
		tile, curtain share.State
		sight         share.Sight
		erased        bool // nothing of hers is left at the receiver
	}{
		"unopened, expired":        {func(p *apptest.Party) *stage { return unopened(p).passes(14 * day) }, share.Expired, share.None, share.SeeClosed, true},
		"opened, expired":          {func(p *apptest.Party) *stage { return asked(p).passes(14 * day) }, share.Expired, share.None, share.SeeClosed, true},
		"expired, closed":          {func(p *apptest.Party) *stage { return asked(p).passes(14 * day).passes(30 * day) }, share.Closed, share.None, share.SeeClosed, true},
		"declined":                 {func(p *apptest.Party) *stage { s := asked(p); return s.does(s.ask.Declines).passes(179 * day) }, share.Declined, share.None, share.SeeDeclined, true},
		"declined, closed":         {func(p *apptest.Party) *stage { s := asked(p); return s.does(s.ask.Declines).passes(180 * day) }, share.Closed, share.None, share.SeeClosed, true},
		"not me":                   {notHer, share.Declined, share.None, share.SeeDeclined, true},
		"taken back by the sender": {stages[share.Closed], share.Closed, share.None, share.SeeClosed, true},
		"refused by the receiver":  {stages[share.Rejected], share.Rejected, share.Rejected, share.SeeLost, true},
		"refused, closed":          {func(p *apptest.Party) *stage { return submitted(p).receiver(reject).passes(30 * day) }, share.Closed, share.Closed, share.SeeClosed, true},
		"silence of 72 hours":      {func(p *apptest.Party) *stage { return submitted(p).passes(3 * day) }, share.Rejected, share.Rejected, share.SeeLost, true},
		"silence, closed":          {func(p *apptest.Party) *stage { return submitted(p).passes(3 * day).passes(30 * day) }, share.Closed, share.Closed, share.SeeClosed, true},
		"accepted":                 {accepted, share.Accepted, share.Accepted, share.SeeAccepted, false},
		"7 days without a contact": {func(p *apptest.Party) *stage { return accepted(p).passes(7 * day) }, share.Lost, share.Lost, share.SeeLost, false},
		"accepted, no deal":        {func(p *apptest.Party) *stage { return accepted(p).receiver(lose) }, share.Lost, share.Lost, share.SeeLost, false},
		"contacted, no deal":       {func(p *apptest.Party) *stage { return contacted(p).receiver(lose) }, share.Lost, share.Lost, share.SeeLost, false},
		"contacted, 90 days":       {func(p *apptest.Party) *stage { return contacted(p).passes(90 * day) }, share.Lost, share.Lost, share.SeeLost, false},
		"no deal, closed":          {func(p *apptest.Party) *stage { return contacted(p).receiver(lose).passes(30 * day) }, share.Closed, share.Closed, share.SeeClosed, true},
		"won":                      {won, share.Won, share.Won, share.SeeWon, false},
		"won, closed":              {func(p *apptest.Party) *stage { return won(p).passes(365 * day) }, share.Closed, share.Closed, share.SeeClosed, false},
		"won, her number proved, closed": {func(p *apptest.Party) *stage {
			s := won(p)
			return s.does(func() error { return s.receipt.Proves(app.CodeProve, machinePhone) }).passes(365 * day)
		}, share.Closed, share.Closed, share.SeeClosed, false},
		"stopped before it was taken": {stopped(submitted), share.Revoking, share.Revoking, share.SeeClosed, false},
		"stopped, accepted":           {stopped(accepted), share.Revoking, share.Revoking, share.SeeClosed, false},
		"stopped, contacted":          {func(p *apptest.Party) *stage { return stopped(contacted)(p).passes(25 * time.Hour) }, share.Revoked, share.Revoked, share.SeeClosed, true},
		"stopped, won":                {func(p *apptest.Party) *stage { return stopped(won)(p).passes(25 * time.Hour) }, share.Revoked, share.Revoked, share.SeeClosed, false},
		"stopped, lost":               {func(p *apptest.Party) *stage { return stopped(stages[share.Lost])(p).passes(25 * time.Hour) }, share.Revoked, share.Revoked, share.SeeClosed, true},
		"stopped, closed":             {func(p *apptest.Party) *stage { return stopped(accepted)(p).passes(25 * time.Hour).passes(30 * day) }, share.Closed, share.Closed, share.SeeClosed, true},
		"won, closed, stopped": {func(p *apptest.Party) *stage {
			return stopped(func(p *apptest.Party) *stage { return won(p).passes(365 * day) })(p).passes(25 * time.Hour)
		}, share.Revoked, share.Revoked, share.SeeClosed, false},
		"declined, taken back by her": {func(p *apptest.Party) *stage {
			s := asked(p)
			return s.does(s.ask.Declines).does(func() error { return p.App.TakeBack(ctx, s.ask.Visit(), s.id) })
		}, share.Awaiting, share.None, share.SeeWaiting, true},
		"blocked":         {func(p *apptest.Party) *stage { return blocked(p) }, share.Blocked, share.None, share.SeeBlocked, true},
		"blocked again":   {func(p *apptest.Party) *stage { return blocked(p).recommended(false) }, share.Blocked, share.None, share.SeeBlocked, true},
		"blocked, let go": {func(p *apptest.Party) *stage { return blocked(p).cancelled() }, share.Closed, share.None, share.SeeClosed, true},
		"blocked, fixed":  {func(p *apptest.Party) *stage { return blocked(p).verified(store.Verified).recommended(true) }, share.Awaiting, share.None, share.SeeWaiting, true},
		"untold, stopped": {func(p *apptest.Party) *stage { return untold(p).stopsAll() }, share.Revoking, share.Revoking, "", false},
		"let go, stopped": {func(p *apptest.Party) *stage { return untold(p).cancelled().stopsAll() }, share.Revoking, share.Revoking, "", false},
		"another's no, stopped": {func(p *apptest.Party) *stage {
			s, other := untold(p), p.Her("203.0.113.40")
			p.Must(other.Opens(s.link))
			return s.does(other.Declines).stopsAll()
		}, share.Revoking, share.Revoking, "", false},
		"expired, stopped": {func(p *apptest.Party) *stage {
			s := untold(p)
			p.As(p.Shops["curtain"].Rep).Accepts()
			return s.passes(14 * day).stopsAll()
		}, share.Revoking, share.Revoking, "", false},
		"stopped, no answer": {func(p *apptest.Party) *stage {
			s := untold(p).stopsAll()
			raw(p, "UPDATE referral SET due_at=0 WHERE org_id=$1", p.Shops["curtain"].Org) // that shop does nothing about it
			return s.passes(16 * day)
		}, share.Revoking, share.Revoking, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			parties(t, func(t *testing.T, p *apptest.Party) {
				p.Quiet()
				before, unasked := p.Rows(p.Shops["lamp"]), p.Rows(p.Shops["curtain"])
				s := c.walk(p)
				if a, b := s.rowAt("tile").State, s.rowAt("curtain").State; a != c.tile || b != c.curtain {
					t.Errorf("it stands at %s, %s", a, b)
				}
				var sight share.Sight // none where she is locked there
				if sent := p.As(p.Shops["tile"].Rep).Sent(); len(sent) > 0 {
					sight = sent[0].Sight
				}
				if sight != c.sight {
					t.Errorf("the sender sees %s", sight)
				}
				if held := s.held(); held == c.erased {
					t.Errorf("held at the receiver: %v", held)
				}
				if s.receipt != nil {
					if r := s.receipt.Has(); r.Erased != c.erased || r.Stopped != strings.Contains(name, "stopped") {
						t.Errorf("her receipt says erased %v, stopped %v", r.Erased, r.Stopped)
					}
				}
				if now := p.Rows(p.Shops["lamp"]); now != before {
					t.Errorf("a third shop has another row: %s where there was %s", now, before)
				}
				if now := p.Rows(p.Shops["curtain"]); c.curtain == share.None && now != unasked {
					t.Errorf("the receiver has another row: %s where there was %s", now, unasked)
				}
				for _, m := range s.moves() {
					walked[m] = true
				}
			})
		})
	}
	t.Run("every transition", func(t *testing.T) {
		for _, x := range share.Transitions {
			// A draft is made and checked in one transaction: that it was made shows by what
			// the check found, and nobody can take it back before.
			if m := [2]string{string(x.From), string(x.Event)}; !walked[m] && m != [2]string{"", "create"} && m != [2]string{"DRAFT", "cancel"} {
				t.Errorf("no path goes from %s by %s", x.From, x.Event)
			}
		}
	})
}

// TestOnwardAfterOrder: who came by a recommendation and bought is the shop's own
// customer, also when the referral is closed, and may be recommended on (SHR-06).
func TestOnwardAfterOrder(t *testing.T) {
	for name, walk := range map[string]func(p *apptest.Party) *stage{"won": won, "closed": func(p *apptest.Party) *stage { return won(p).passes(365 * day) }} {
		t.Run(name, func(t *testing.T) {
			parties(t, func(t *testing.T, p *apptest.Party) {
				s := walk(p)
				if _, err := p.As(s.rep()).TryRecommend(s.customer, "lamp", "lamp"); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// moves are the transitions of the referral that both merchants' logs hold.
func (s *stage) moves() (out [][2]string) {
	s.p.TB.Helper()
	for _, shop := range []string{"tile", "curtain"} {
		for after := kexin.ID(0); ; {
			page, err := s.p.App.Ledger(ctx, s.p.Shops[shop].Owner, after)
			s.p.Must(err)
			for _, e := range page.Entries {
				after = e.ID
				if f, ok := e.Facts.(*ledger.ReferralMoved); ok && e.Refs.Referral == s.id {
					out = append(out, [2]string{string(f.From), string(f.Event)})
				}
			}
			if !page.More {
				break
			}
		}
	}
	return out
}

// verified makes the curtain shop one that may be recommended, or none.
func (s *stage) verified(state store.MemberState) *stage {
	s.p.TB.Helper()
	return s.does(func() error {
		return s.p.App.VerifyMember(ctx, s.p.Shops["tile"].Owner, s.p.Shops["curtain"].Org, state, s.p.Shops["curtain"].Shown())
	})
}

// recommended recommends the same once more.
func (s *stage) recommended(passes bool) *stage {
	s.p.TB.Helper()
	if _, err := s.p.As(s.p.Shops["tile"].Rep).TryRecommend(s.rowAt("tile").Customer, "curtain", "curtain"); (err == nil) != passes {
		s.p.TB.Fatal(err)
	}
	if n := len(s.p.As(s.p.Shops["tile"].Rep).Sent()); n != 1 {
		s.p.TB.Errorf("%d rows of one recommendation", n)
	}
	return s
}

func (s *stage) cancelled() *stage {
	s.p.TB.Helper()
	return s.does(func() error { return s.p.App.CancelReferral(ctx, s.p.Shops["tile"].Rep, s.id) })
}

// blocked is a recommendation to a shop that may not be recommended now.
func blocked(p *apptest.Party) *stage {
	p.TB.Helper()
	s, rep := &stage{p: p}, p.As(p.Shops["tile"].Rep)
	customer := rep.Knows("王秀兰", machinePhone)
	s.verified(store.Suspended)
	if _, err := rep.TryRecommend(customer, "curtain", "curtain"); kexin.CodeOf(err) != kexin.Forbidden {
		p.TB.Fatal(err)
	}
	s.id = rep.Sent()[0].ID
	return s
}

// untold is submitted, without letting her own shop know.
func untold(p *apptest.Party) *stage {
	p.TB.Helper()
	s := asked(p)
	s.receipt = p.Her("203.0.113.7")
	p.Must(s.receipt.Opens(s.link))
	s.receipt.Submits("王女士", machinePhone)
	return s
}

// stopsAll is her stop at every shop, by a number that she proves.
func (s *stage) stopsAll() *stage {
	s.p.TB.Helper()
	s.p.Must(s.receipt.Proves(app.CodeMine, machinePhone))
	return s.does(func() error { return s.receipt.Stops(app.StopAll) })
}

// notHer is a question at which somebody says that it is not she.
func notHer(p *apptest.Party) *stage {
	s := asked(p)
	return s.does(func() error { return p.App.NotMe(ctx, s.ask.Visit()) })
}

// held reports whether the receiver can still read what she typed.
func (s *stage) held() (held bool) {
	s.p.TB.Helper()
	r := s.rowAt("curtain")
	if r.ID == 0 {
		return false
	}
	s.p.Must(s.p.Store.View(ctx, s.p.Shops["curtain"].Org, func(tx *store.Tx) error {
		gone, err := tx.Erased(r.Subject)
		held = !gone
		return err
	}))
	return held
}

// TestLateLetters: a letter about her yes that comes after the question is over
// changes nothing at the sender; what she gave stays good at the receiver, and
// her stop still reaches everybody.
func TestLateLetters(t *testing.T) {
	for name, over := range map[string]func(s *stage){
		"taken back": func(s *stage) { s.p.Must(s.p.App.CancelReferral(ctx, s.p.Shops["tile"].Rep, s.id)) },
		"expired":    func(s *stage) { s.passes(14 * day) },
		"closed":     func(s *stage) { s.passes(14 * day).passes(30 * day) },
	} {
		t.Run(name, func(t *testing.T) {
			parties(t, func(t *testing.T, p *apptest.Party) {
				tile, curtain := p.Shops["tile"], p.Shops["curtain"]
				s := asked(p)
				s.receipt = p.Her("203.0.113.7")
				p.Must(s.receipt.Opens(s.link))
				s.receipt.Submits("王女士", machinePhone) // the sender is not told: no letter is under way
				s.customer = p.As(curtain.Rep).Accepts()
				_, err := p.As(curtain.Rep).Calls(s.customer, kexin.ByCall)
				p.Must(err)
				order(p, curtain.Rep, s.customer)
				p.Must(p.App.WinReferral(ctx, curtain.Rep, s.id))
				over(s)
				was := s.rowAt("tile").State
				for _, k := range []share.Kind{share.Submit, share.Accept, share.Order} {
					p.Must(s.letter("curtain", "tile", "referral.moved", k).try())
				}
				if now := s.rowAt("tile"); now.State != was || now.Told {
					t.Errorf("from %s to %s", was, now.State)
				}
				if got := p.As(tile.Rep).Sent()[0].Sight; got != share.SeeClosed {
					t.Errorf("the sender sees %s", got)
				}
				if _, got := s.refusals("tile", 0); len(got) != 3 {
					t.Errorf("recorded: %+v", got)
				}
				if s.rowAt("curtain").State != share.Won {
					t.Errorf("the receiver's row is %s", s.rowAt("curtain").State)
				}
				h := p.Her("203.0.113.7")
				p.Must(h.Opens(s.receipt.Receipt))
				p.Must(h.Stops(app.StopAll))
				if a, b := s.rowAt("tile").State, s.rowAt("curtain").State; a != share.Revoking || b != share.Revoking {
					t.Errorf("after her stop: %s, %s", a, b)
				}
			})
		})
	}
}

// TestBlocked: who said "that is not me", or told the shop to stop, is not
// asked again; the refusal is recorded, no link is made and no shop learns of it.
func TestBlocked(t *testing.T) {
	for name, block := range map[string]func(p *apptest.Party, s *stage){
		"not me": func(p *apptest.Party, s *stage) { p.Must(p.App.NotMe(ctx, s.ask.Visit())) },
		"stop": func(p *apptest.Party, s *stage) {
			p.Must(p.App.StopAsTold(ctx, p.Shops["tile"].Rep, s.rowAt("tile").Customer, app.StopShop))
		},
	} {
		t.Run(name, func(t *testing.T) {
			parties(t, func(t *testing.T, p *apptest.Party) {
				rep := p.As(p.Shops["tile"].Rep)
				s := asked(p)
				block(p, s)
				p.Settle()
				p.Quiet()
				lamp, links := p.Rows(p.Shops["lamp"]), counted(p, "FROM portal_link WHERE org_id=$1", p.Shops["tile"].Org)
				for _, wait := range []time.Duration{0, 16 * day, 200 * day} { // longer than a dispute, and than a no
					p.Clock.Move(wait)
					p.Ticks()
					_, err := rep.TryRecommend(s.rowAt("tile").Customer, "lamp", "lamp")
					var e *kexin.Error
					if !errors.As(err, &e) || e.Key != "error.referral_shut" {
						t.Errorf("after %v: %v", wait, err)
					}
				}
				refused := 0
				page, err := p.App.Ledger(ctx, p.Shops["tile"].Owner, 0)
				p.Must(err)
				for _, x := range page.Entries {
					if f, ok := x.Facts.(*ledger.ReferralRefused); ok && f.Event == "create" && f.Code == kexin.Forbidden {
						refused++
					}
				}
				if refused != 3 {
					t.Errorf("%d refusals recorded", refused)
				}
				if p.Rows(p.Shops["lamp"]) != lamp || counted(p, "FROM portal_link WHERE org_id=$1", p.Shops["tile"].Org) > links {
					t.Error("a link was made, or the other shop learned of it")
				}
			})
		})
	}
}

// TestWonCredit: an order of a customer whose number is proved counts for who
// recommended her; he is told of five, and of nothing before.
func TestWonCredit(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, curtain := p.Shops["tile"], p.Shops["curtain"]
		for n := range 5 {
			phone := fmt.Sprintf("+861381234567%d", n)
			h := p.Her(fmt.Sprintf("203.0.%d.7", n))
			p.Must(h.Opens(p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("王秀兰", phone), "curtain", "curtain")))
			h.Submits("王女士", phone)
			customer := p.As(curtain.Rep).Accepts()
			_, err := p.As(curtain.Rep).Calls(customer, kexin.ByCall)
			p.Must(err)
			in := p.As(curtain.Rep).Inbox()[0]
			if err := p.App.WinReferral(ctx, curtain.Rep, in.ID); kexin.CodeOf(err) != kexin.Invalid {
				t.Errorf("won without an order: %v", err)
			}
			if right, _, err := p.App.AnswerWord(ctx, curtain.Rep, in.ID, h.Has().Pair.Answer); err != nil || !right {
				t.Fatal(right, err)
			}
			order(p, curtain.Rep, customer)
			p.Must(p.App.WinReferral(ctx, curtain.Rep, in.ID))
			p.Settle()
			lines, err := p.App.Credits(ctx, tile.Owner)
			p.Must(err)
			if told := len(lines) == 1 && lines[0].Kind == "order" && lines[0].N == 5 && lines[0].Mine; told != (n == 4) || !told && len(lines) != 0 {
				t.Errorf("after %d orders the first shop is told %+v", n+1, lines)
			}
			if err := p.App.WinReferral(ctx, curtain.Rep, in.ID); kexin.CodeOf(err) != kexin.Conflict {
				t.Errorf("won twice: %v", err)
			}
		}
	})
}

// TestVoucherWalk: with a voucher of her link she just walks in: no data moves,
// her question stays open, it counts for who recommended her, and it ends.
func TestVoucherWalk(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		curtain := p.Shops["curtain"]
		s := asked(p)
		p.Quiet()
		before := strings.Split(p.Rows(curtain), "\n")
		used, err := p.App.TakeVoucher(ctx, s.ask.Visit(), s.id, 0)
		p.Must(err)
		late, err := p.App.TakeVoucher(ctx, s.ask.Visit(), s.id, 0)
		p.Must(err)
		for i, row := range strings.Split(p.Rows(curtain), "\n") {
			if row != before[i] && !strings.HasPrefix(row, "voucher ") {
				t.Errorf("the receiver has %s, before %s", row, before[i])
			}
		}
		from, need, err := p.App.RedeemVoucher(ctx, curtain.Rep, used.Code)
		if err != nil || from.Shown != "石语瓷砖" || need != "curtain" {
			t.Errorf("%+v %s %v", from, need, err)
		}
		lines, err := p.App.Credits(ctx, curtain.Owner)
		if err != nil || len(lines) != 1 || lines[0].Kind != "voucher" || lines[0].N != 1 || lines[0].Mine {
			t.Errorf("%+v %v", lines, err)
		}
		if s.rowAt("tile").State != share.Awaiting || s.rowAt("curtain").ID != 0 {
			t.Error("the voucher moved her question")
		}
		p.Clock.Move(30 * day)
		if _, _, err := p.App.RedeemVoucher(ctx, curtain.Rep, late.Code); kexin.CodeOf(err) != kexin.NotFound {
			t.Errorf("a voucher of 30 days: %v", err)
		}
	})
}

// TestVoucherThenNo: a voucher that she took and did not use, and her no after it,
// show the other shop nothing: no entry in its log, no count and no row but the
// voucher's own, which no page reads.
func TestVoucherThenNo(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, curtain := p.Shops["tile"], p.Shops["curtain"]
		her := p.Her("203.0.113.7")
		p.Must(her.Opens(p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("张伟", hers), "curtain", "curtain")))
		p.Quiet()
		rows := func() string {
			return strings.Join(slices.DeleteFunc(strings.Split(p.Rows(curtain), "\n"), func(row string) bool { return strings.HasPrefix(row, "voucher ") }), "\n")
		}
		seen := func() string { return p.As(curtain.Owner).Glances() + p.As(curtain.Rep).Glances() }
		wasSeen, wasRows, wasLog := seen(), rows(), p.As(curtain.Owner).Log() // a look is logged: rows and log are read behind it, and before the next
		_, err := p.App.TakeVoucher(ctx, her.Visit(), her.Sees().Choices[0].Referral, 0)
		p.Must(err)
		p.Must(her.Declines())
		p.Settle()
		p.Ticks()
		if now := p.As(curtain.Owner).Log(); now != wasLog {
			t.Errorf("the receiver's log says\n%s\nwhere it said\n%s", now, wasLog)
		}
		if now := rows(); now != wasRows {
			t.Errorf("the receiver has another row:\n%s\n%s", wasRows, now)
		}
		if now := seen(); now != wasSeen {
			t.Errorf("the receiver's staff see\n%s\nwhere they saw\n%s", now, wasSeen)
		}
		verifies(t, p)
	})
}
