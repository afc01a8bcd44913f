package app_test

import (
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kexin"
	"kexin/app"
	"kexin/app/apptest"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
	"kexin/ledger"
	"kexin/share"
	"kexin/store"
	"kexin/store/storetest"
)

// TestUnverifiedSender: a shop that joined an alliance recommends at once, to
// the very end; nobody is recommended to it, by a link or at a counter, before
// the founder has verified it, and neither when it is suspended.
func TestUnverifiedSender(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, curtain, bath := p.Shops["tile"], p.Shops["curtain"], p.Shops["bath"]
		link, _, err := p.App.InviteToAlliance(ctx, tile.Owner)
		p.Must(err)
		p.Must(p.App.JoinAlliance(ctx, bath.Owner, link.Text()))
		if state(t, p, bath) != store.Joined {
			t.Fatal("it is verified by joining")
		}

		// It sends, and is told of the end.
		h := p.Her("203.0.113.7")
		p.Must(h.Opens(p.As(bath.Rep).Recommends(p.As(bath.Rep).Knows("王秀兰", machinePhone), "curtain", "curtain")))
		if in := h.Sees(); in.From.Legal != "外人卫浴店" || in.Choices[0].Shop.Org != curtain.Org {
			t.Fatalf("%+v", in)
		}
		g := h.Giving("王女士", machinePhone)
		g.Tell = true
		p.Must(h.Sends(g))
		customer := p.As(curtain.Rep).Accepts()
		_, err = p.As(curtain.Rep).Calls(customer, kexin.ByCall)
		p.Must(err)
		in := p.As(curtain.Rep).Inbox()[0]
		if right, _, err := p.App.AnswerWord(ctx, curtain.Rep, in.ID, h.Has().Pair.Answer); err != nil || !right {
			t.Fatal(right, err)
		}
		order(p, curtain.Rep, customer)
		p.Must(p.App.WinReferral(ctx, curtain.Rep, in.ID))
		p.Settle()
		if s := p.As(bath.Rep).Sent()[0]; s.Sight != share.SeeWon {
			t.Errorf("the unverified sender sees %s", s.Sight)
		}
		if lines, err := p.App.Credits(ctx, curtain.Owner); err != nil || len(lines) != 1 || lines[0].Peer != bath.Org || lines[0].N != 1 {
			t.Errorf("credited: %+v %v", lines, err)
		}
		p.Must(h.Stops(app.StopAll))
		if s := p.As(bath.Rep).Sent(); len(s) != 0 {
			t.Errorf("after her stop everywhere it sees %+v", s)
		}

		// Nobody is recommended to it.
		client := p.As(tile.Rep).Knows("张伟", "+8613812345679")
		refused := func(when string) {
			t.Helper()
			_, err := p.As(tile.Rep).TryRecommend(client, "bath", "bath")
			var e *kexin.Error
			if !errors.As(err, &e) || e.Key != "error.referral_receiver" {
				t.Errorf("%s it is recommended: %v", when, err)
			}
			counter := p.As(tile.Owner).Counter()
			walk := p.Her("203.0.113.9")
			p.Must(walk.Opens(counter))
			if slices.ContainsFunc(walk.Sees().Choices, func(c app.Choice) bool { return c.Shop.Org == bath.Org }) {
				t.Errorf("%s it stands at the counter", when)
			}
			if err := walk.Sends(app.Giving{Shop: bath.Org, Need: "bath", Name: "王女士", Phone: machinePhone, Channel: kexin.ByCall}); kexin.CodeOf(err) != kexin.Forbidden {
				t.Errorf("%s it is sent something at the counter: %v", when, err)
			}
			if _, err := p.App.TakeVoucher(ctx, walk.Visit(), 0, bath.Org); kexin.CodeOf(err) != kexin.Forbidden {
				t.Errorf("%s it gives vouchers: %v", when, err)
			}
			if n := len(p.As(bath.Rep).Inbox()); n != 0 {
				t.Errorf("%s it has %d arrivals", when, n)
			}
		}
		refused("before it is verified")
		p.Verifies(tile.Owner, bath.Org)
		asked := p.Her("203.0.113.8")
		p.Must(asked.Opens(p.As(tile.Rep).Recommends(client, "bath", "bath")))
		p.Must(p.App.VerifyMember(ctx, tile.Owner, bath.Org, store.Suspended, ""))
		if err := asked.Sends(asked.Giving("张先生", "+8613812345679")); kexin.CodeOf(err) != kexin.Forbidden {
			t.Errorf("suspended after she was asked, it is sent something: %v", err)
		}
		if log := p.As(tile.Owner).LogOf(p.As(tile.Rep).Sent()[0].ID); !strings.Contains(log, "referral.refused") {
			t.Errorf("that she was refused is not recorded: %s", log)
		}
		refused("suspended")
		if _, err := p.As(bath.Rep).TryRecommend(p.As(bath.Rep).Knows("李建国", "+8613812345670"), "curtain", "curtain"); kexin.CodeOf(err) != kexin.Forbidden {
			t.Errorf("suspended, it recommends: %v", err)
		}
	})
}

// TestVerifiedUnderItsName: a shop that changes the name over its door after it was
// verified waits to be verified again, and the log of the alliance says so; what
// else it changes on its card takes nothing, and no change lets a suspended shop in.
func TestVerifiedUnderItsName(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, curtain := p.Shops["tile"], p.Shops["curtain"]
		card := app.CardDraft{Shown: "晴窗窗帘", Address: "建材市场 9 栋", Phone: "0577-62520009", About: "布艺", Needs: []string{"curtain"}}
		p.Must(p.App.SaveCard(ctx, curtain.Owner, card))
		if s := state(t, p, curtain); s != store.Verified {
			t.Errorf("with another address it is %s", s)
		}
		client := p.As(tile.Rep).Knows("张伟", "+8613812345679")
		asked := p.Her("203.0.113.8")
		p.Must(asked.Opens(p.As(tile.Rep).Recommends(client, "curtain", "curtain")))
		card.Shown = "明灯照明"
		p.Must(p.App.SaveCard(ctx, curtain.Owner, card))
		if s := state(t, p, curtain); s != store.Joined {
			t.Errorf("under another name it is %s", s)
		}
		if err := asked.Sends(asked.Giving("张先生", "+8613812345679")); kexin.CodeOf(err) != kexin.Forbidden {
			t.Errorf("under another name it is sent something: %v", err)
		}
		p.Settle()
		_, log, err := p.App.AllianceLog(ctx, tile.Owner)
		p.Must(err)
		if len(log) == 0 || log[0].Change != "renamed" || log[0].Member != "明灯照明" {
			t.Errorf("the log of the alliance: %+v", log)
		}
		own, err := p.App.Alliance(ctx, tile.Owner)
		p.Must(err)
		p.Clock.Move(time.Hour) // letters are not on their way any more
		for n := 1; n > 0; {
			n, err = p.Store.Seal(ctx, own.ID)
			p.Must(err)
		}
		if v, err := p.Store.Verify(ctx, own.ID, ledger.VerifyOptions{Strict: true}, true); err != nil || len(v.Faults) > 0 {
			t.Errorf("%+v %v", v.Faults, err)
		}

		p.Verifies(tile.Owner, curtain.Org)
		p.Must(p.App.SaveCard(ctx, curtain.Owner, card))
		if s := state(t, p, curtain); s != store.Verified {
			t.Errorf("verified under it, it is %s", s)
		}
		p.Must(p.App.VerifyMember(ctx, tile.Owner, curtain.Org, store.Suspended, ""))
		card.Shown = "晴窗"
		p.Must(p.App.SaveCard(ctx, curtain.Owner, card))
		if s := state(t, p, curtain); s != store.Suspended {
			t.Errorf("a suspended one is %s by another name", s)
		}
		p.Must(p.App.SaveCard(ctx, tile.Owner, app.CardDraft{Shown: "石语", Address: "建材市场 2 栋", Phone: "0577-62520001", Needs: []string{"tile"}}))
		if s := state(t, p, tile); s != store.Verified {
			t.Errorf("the founder is %s", s)
		}
	})
}

// TestVerifiedAsSeen: a shop that renamed itself after the founder looked is not
// verified under the name that he did not see; to suspend takes no name.
func TestVerifiedAsSeen(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, curtain := p.Shops["tile"], p.Shops["curtain"]
		renamed(t, p, "明灯照明")
		for _, seen := range []string{curtain.Shown(), ""} {
			err := p.App.VerifyMember(ctx, tile.Owner, curtain.Org, store.Verified, seen)
			var e *kexin.Error
			if !errors.As(err, &e) || e.Code != kexin.Conflict || e.Key != "error.alliance_renamed" {
				t.Errorf("seen as %q: %v", seen, err)
			}
		}
		if s := state(t, p, curtain); s != store.Joined {
			t.Errorf("it is %s", s)
		}
		p.Must(p.App.VerifyMember(ctx, tile.Owner, curtain.Org, store.Suspended, ""))
		p.Must(p.App.VerifyMember(ctx, tile.Owner, curtain.Org, store.Verified, "明灯照明"))
		if s := state(t, p, curtain); s != store.Verified {
			t.Errorf("verified under the name seen, it is %s", s)
		}
	})
}

// TestVerifiedWhileItRenames: on PostgreSQL, where two transactions run at once, the
// rename falls between what the founder's transaction reads and what it writes.
func TestVerifiedWhileItRenames(t *testing.T) {
	for _, state0 := range []store.MemberState{store.Joined, store.Suspended} {
		t.Run(string(state0), func(t *testing.T) {
			c := storetest.NewClock()
			var between atomic.Pointer[func()]
			p := apptest.New(t, storetest.Ready(t, dbtest.Postgres)(db.Config{Clock: c.Now, Trace: func(q string, _ time.Duration, _ int) {
				if strings.Contains(q, "FROM card WHERE") {
					if f := between.Swap(nil); f != nil {
						(*f)()
					}
				}
			}}), c)
			tile, curtain := p.Shops["tile"], p.Shops["curtain"]
			renamed(t, p, "晴窗")
			if state0 == store.Suspended {
				p.Must(p.App.VerifyMember(ctx, tile.Owner, curtain.Org, store.Suspended, ""))
			}
			ran := false
			other := func() {
				ran = true
				done := make(chan struct{})
				go func() { defer close(done); renamed(t, p, "明灯照明") }()
				<-done
			}
			between.Store(&other)
			if err := p.App.VerifyMember(ctx, tile.Owner, curtain.Org, store.Verified, "晴窗"); kexin.CodeOf(err) != kexin.Conflict || !ran {
				t.Errorf("verified under a name that is no more: %v", err)
			}
			if s := state(t, p, curtain); s != state0 {
				t.Errorf("it is %s", s)
			}
		})
	}
}

// renamed has the curtain shop change the name over its door.
func renamed(t *testing.T, p *apptest.Party, shown string) {
	t.Helper()
	if err := p.App.SaveCard(ctx, p.Shops["curtain"].Owner, app.CardDraft{Shown: shown, Address: "建材市场 2 栋", Phone: "0577-62520002", Needs: []string{"curtain"}}); err != nil {
		t.Error(err)
	}
}

// state is where a shop stands in its alliance.
func state(t *testing.T, p *apptest.Party, s *apptest.Shop) (out store.MemberState) {
	t.Helper()
	p.Must(p.Store.View(ctx, s.Org, func(tx *store.Tx) error {
		m, err := tx.Membership()
		out = m.State
		return err
	}))
	return out
}
