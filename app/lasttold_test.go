package app_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"kexin/app"
	"kexin/app/apptest"
	"kexin/internal/db"
	"kexin/share"
	"kexin/store"
)

// kept is how many messages of a merchant still hold an address, and the states of
// those that told of an erasure.
func kept(p *apptest.Party, s *apptest.Shop) (n int64, states string) {
	p.TB.Helper()
	p.Must(p.DB.View(ctx, func(tx *db.Tx) error {
		n, states = 0, ""
		return tx.Each("SELECT state,kind,CASE WHEN to_c IS NULL AND text_c IS NULL THEN 0 ELSE 1 END FROM sending WHERE org_id=$1 ORDER BY id", []any{s.Org}, func(r *db.Rows) error {
			var state, kind string
			var holds int64
			err := r.Scan(&state, &kind, &holds)
			n += holds
			if kind == store.LastMessage {
				states = strings.TrimSpace(states + " " + state)
			}
			return err
		})
	}))
	return n, states
}

// TestToldOfErasure: whose request nobody took up within 72 hours, or the shop
// refused, is told so once, in her language, though her keys are gone by then
// (law.md 8.2); with the message goes her address.
func TestToldOfErasure(t *testing.T) {
	for name, end := range map[string]func(p *apptest.Party){
		"silence": func(p *apptest.Party) { p.Clock.Move(72 * time.Hour); p.Ticks() },
		"refused": func(p *apptest.Party) {
			rep := p.Shops["curtain"].Rep
			p.Must(p.App.RejectReferral(ctx, rep, p.As(rep).Inbox()[0].ID))
			p.Settle()
		},
	} {
		t.Run(name, func(t *testing.T) {
			parties(t, func(t *testing.T, p *apptest.Party) {
				tile, curtain := p.Shops["tile"], p.Shops["curtain"]
				her := p.Her("203.0.113.7")
				p.Must(her.Opens(p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("王秀兰", hers), "curtain", "curtain")))
				g := byMail(her, herMail)
				g.Phone, g.Lang = hers, "en"
				p.Must(her.Sends(g))
				p.Arrives(p.Mail, herMail, 1)
				end(p)
				if box := p.Arrives(p.Mail, herMail, 2); len(box) != 2 || !strings.Contains(box[1], "did not take up your request about curtains") {
					t.Errorf("%q", box)
				}
				later := p.Her("203.0.113.7")
				p.Must(later.Opens(her.Receipt))
				if !later.Has().Erased {
					t.Error("what she gave is still there")
				}
				if n, states := kept(p, curtain); n != 0 || states != "sent" {
					t.Errorf("%d messages hold an address; %s", n, states)
				}
				if len(p.Phone.Box(hers)) != 0 {
					t.Errorf("told twice: %q", p.Phone.Box(hers))
				}
				verifies(t, p)
			})
		})
	}
}

// TestErasureToldBriefly: the address of the last message is gone after a day
// though it could not be sent, and though the server sends nothing any more; a
// stop of hers meanwhile ends it at once; a doubted address is told nothing.
func TestErasureToldBriefly(t *testing.T) {
	for name, c := range map[string]struct {
		before, after func(p *apptest.Party, her *apptest.Her)
		state         string
	}{
		"never sent": {after: func(p *apptest.Party, _ *apptest.Her) {
			p.Clock.Move(24 * time.Hour)
			p.Settle()
		}, state: "failed"},
		"no way out any more": {after: func(p *apptest.Party, _ *apptest.Her) {
			silent := app.New(app.Config{Store: p.Store, Now: p.Clock.Now, Data: p.TB.TempDir()})
			_, err := silent.SendDue(ctx)
			p.Must(err)
			if n, states := kept(p, p.Shops["curtain"]); n == 0 || states != "queued" {
				p.TB.Errorf("forgotten before its time: %d, %s", n, states)
			}
			p.Clock.Move(24 * time.Hour)
			_, err = silent.SendDue(ctx)
			p.Must(err)
		}, state: "failed"},
		"stopped": {after: func(p *apptest.Party, her *apptest.Her) {
			p.Must(her.Opens(her.Receipt))
			p.Must(her.Stops(app.StopShop))
		}, state: "cancelled_by_withdrawal"},
		"damaged": {before: func(p *apptest.Party, her *apptest.Her) {
			p.Must(p.DB.Update(ctx, func(tx *db.Tx) error {
				_, err := tx.Exec("UPDATE referral SET given_c=$2 WHERE org_id=$1 AND side='receiver'", p.Shops["curtain"].Org, []byte("not what she gave"))
				return err
			}))
		}, state: ""},
		"not hers": {before: func(p *apptest.Party, her *apptest.Her) { p.Must(p.App.NotMe(ctx, her.Visit())) }, state: ""},
		"staff's": {before: func(p *apptest.Party, her *apptest.Her) {
			p.Must(p.App.SetOwn(ctx, p.Shops["curtain"].Rep, app.Own{Phone: hers}))
			p.Must(her.Proves(app.CodeProve, hers)) // which finds out
		}, state: ""},
	} {
		t.Run(name, func(t *testing.T) {
			parties(t, func(t *testing.T, p *apptest.Party) {
				tile, curtain := p.Shops["tile"], p.Shops["curtain"]
				her := p.Her("203.0.113.7")
				p.Must(her.Opens(p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("王秀兰", hers), "curtain", "curtain")))
				her.Submits("王女士", hers)
				p.Arrives(p.Phone, hers, 1)
				if c.before != nil {
					c.before(p, her)
				}
				p.Phone.Fails(errors.New("down"))
				p.Clock.Move(72 * time.Hour)
				p.Ticks()
				if s := p.As(curtain.Rep).Inbox()[0].State; s != share.Rejected {
					t.Errorf("after 72 hours: %s", s)
				}
				if n, states := kept(p, curtain); c.state != "" && (n != 1 || states != "queued") {
					t.Errorf("after 72 hours %d hold an address; %s", n, states)
				}
				if c.after != nil {
					c.after(p, her)
				}
				if n, states := kept(p, curtain); n != 0 || states != c.state {
					t.Errorf("%d messages hold an address; %q", n, states)
				}
				verifies(t, p)
			})
		})
	}
}
