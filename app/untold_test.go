package app_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/app"
	"kexin/app/apptest"
	"kexin/internal/db"
	"kexin/share"
	"kexin/store"
)

// twoShops: she has sent something to the curtain shop, and opened the link by
// which she is asked about the lamp shop.
func twoShops(p *apptest.Party) (one, two *apptest.Her, customer kexin.ID, link string, asked kexin.ID) {
	rep := p.As(p.Shops["tile"].Rep)
	customer = rep.Knows("王秀兰", hers)
	one, two = p.Her("203.0.113.7"), p.Her("203.0.113.8")
	p.Must(one.Opens(rep.Recommends(customer, "curtain", "curtain")))
	one.Submits("王女士", hers)
	link = rep.Recommends(customer, "lamp", "lamp")
	asked = rep.Sent()[0].ID
	p.Must(two.Opens(link))
	return one, two, customer, link, asked
}

// TestStopReachesUntold: a stop at every shop reaches one of whose yes her own
// shop was never told, whatever that one's row had come to look like; the
// answer comes back, and nobody is taken for silent. A shop to which she never
// sent anything hears nothing, and none that holds nothing any more is waited
// for.
func TestStopReachesUntold(t *testing.T) {
	for what, c := range map[string]struct {
		between func(p *apptest.Party, two *apptest.Her, link string, asked kexin.ID)
		sent    bool        // she sent it to the second shop
		looks   share.State // the second row before the stop, at her own shop
		at      share.State // then, there
		after   share.State // and at the second shop
	}{
		"waiting": {func(*apptest.Party, *apptest.Her, string, kexin.ID) {}, true, share.Awaiting, share.Revoking, share.Revoking},
		"taken back": {func(p *apptest.Party, _ *apptest.Her, _ string, asked kexin.ID) {
			p.Must(p.App.CancelReferral(ctx, p.Shops["tile"].Rep, asked))
		}, true, share.Closed, share.Revoking, share.Revoking},
		"no by somebody else with the link": {func(p *apptest.Party, _ *apptest.Her, link string, _ kexin.ID) {
			other := p.Her("203.0.113.40")
			p.Must(other.Opens(link))
			p.Must(other.Declines())
		}, true, share.Declined, share.Revoking, share.Revoking},
		"stopped there before": {func(p *apptest.Party, two *apptest.Her, _ string, _ kexin.ID) { p.Must(two.Stops(app.StopShop)) },
			true, share.Awaiting, share.Revoking, share.Revoking},
		"refused by that shop": {func(p *apptest.Party, _ *apptest.Her, _ string, asked kexin.ID) {
			p.Must(p.App.RejectReferral(ctx, p.Shops["lamp"].Rep, asked))
		}, true, share.Awaiting, share.Declined, share.Rejected},
		"never sent": {func(*apptest.Party, *apptest.Her, string, kexin.ID) {}, false, share.Awaiting, share.Declined, share.None},
	} {
		t.Run(what, func(t *testing.T) {
			parties(t, func(t *testing.T, p *apptest.Party) {
				tile, lamp := p.Shops["tile"], p.Shops["lamp"]
				one, two, _, link, asked := twoShops(p)
				if c.sent {
					two.Submits("王女士", hers)
				}
				c.between(p, two, link, asked)
				row := func(s *apptest.Shop) (r store.Referral) {
					p.Must(p.Store.View(ctx, s.Org, func(tx *store.Tx) (err error) {
						if r, err = tx.Referral(asked); kexin.CodeOf(err) == kexin.NotFound {
							err = nil
						}
						return err
					}))
					return r
				}
				if s := row(tile).State; s != c.looks {
					t.Errorf("before, her own shop's row is %s", s)
				}
				p.Quiet()
				rows := p.Rows(lamp)
				p.Must(one.Proves(app.CodeMine, hers))
				p.Must(one.Stops(app.StopAll))
				if here, there := row(tile).State, row(lamp).State; here != c.at || there != c.after {
					t.Errorf("stopped: %s here, %s there", here, there)
				}
				if !c.sent && p.Rows(lamp) != rows {
					t.Error("a shop to which she sent nothing heard of it")
				}
				p.Clock.Move(25 * time.Hour)
				p.Ticks()
				if x := row(tile); c.at == share.Revoking && (x.State != share.Revoked || x.Outcome != "ANSWERED") {
					t.Errorf("a day later: %s %s", x.State, x.Outcome)
				}
				p.Clock.Move(16 * 24 * time.Hour)
				p.Ticks()
				alerts, err := p.App.Alerts(ctx, tile.Owner)
				p.Must(err)
				for _, a := range alerts {
					if a.Code == store.AlertSilent {
						t.Errorf("taken for silent: %+v", a)
					}
				}
			})
		})
	}
}

// TestStopPastForged: a row at a third shop that was written past the program
// does not keep her stop from her own shop, nor from the shops that can be
// asked; it goes to the third as well, and is taken there once the row is right.
func TestStopPastForged(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, lamp := p.Shops["tile"], p.Shops["lamp"]
		one, two, customer, _, asked := twoShops(p)
		two.Submits("王女士", hers)
		var code []byte
		p.Must(p.DB.View(ctx, func(x *db.Tx) error {
			return x.Row("SELECT mac FROM referral WHERE org_id=$1 AND id=$2", lamp.Org, asked).Scan(&code)
		}))
		write := func(code []byte) {
			p.Must(p.DB.Update(ctx, func(x *db.Tx) error {
				_, err := x.Exec("UPDATE referral SET mac=$3 WHERE org_id=$1 AND id=$2", lamp.Org, asked, code)
				return err
			}))
		}
		forged := bytes.Clone(code)
		forged[0] ^= 1
		write(forged)
		p.Must(one.Proves(app.CodeMine, hers))
		p.Must(one.Stops(app.StopAll))
		if _, err := p.App.Get(ctx, tile.Rep, kexin.Customer, customer); kexin.CodeOf(err) != kexin.NotFound {
			t.Errorf("her own shop still opens her: %v", err)
		}
		for _, s := range p.As(tile.Rep).Sent() {
			p.Must(p.Store.View(ctx, tile.Org, func(tx *store.Tx) error {
				r, err := tx.Referral(s.ID)
				if err == nil && r.State != share.Revoking {
					t.Errorf("her own shop's row of %s is %s", r.Need, r.State)
				}
				return err
			}))
		}
		write(code)
		p.Quiet() // the server may have the letter in its hands
		p.Clock.Move(2 * time.Hour)
		p.Ticks()
		p.Must(p.Store.View(ctx, lamp.Org, func(tx *store.Tx) error {
			r, err := tx.Referral(asked)
			if err == nil && r.State != share.Revoking {
				t.Errorf("the third shop, right again: %s", r.State)
			}
			return err
		}))
	})
}

// TestNoThenYes: what she sends after a no takes the no back at her own shop
// where she let it be told, and only once the other shop has it. Else her no
// stands there, with its 180 days, as if nothing had been sent.
func TestNoThenYes(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, curtain := p.Shops["tile"], p.Shops["curtain"]
		rep := p.As(tile.Rep)
		p.Must(p.App.Halt(ctx)) // what is due is sent by Settle alone
		declined := func(name, phone string) (*apptest.Her, kexin.ID) {
			her, customer := p.Her("203.0.113.7"), rep.Knows(name, phone)
			p.Must(her.Opens(rep.Recommends(customer, "curtain", "curtain")))
			p.Must(her.Declines())
			p.Settle()
			return her, customer
		}
		stands := func(when string, customer kexin.ID) {
			t.Helper()
			if s := rep.Sent()[0]; s.Sight != share.SeeDeclined || s.AgainAt == 0 {
				t.Errorf("%s: %+v", when, s)
			}
			var e *kexin.Error
			if _, err := rep.TryRecommend(customer, "curtain", "curtain"); !errors.As(err, &e) || e.Law != "E_REASK_COOLDOWN" {
				t.Errorf("%s, asked again: %v", when, err)
			}
		}
		her, customer := declined("张伟", hers)
		p.Quiet()
		rows, log := p.Rows(tile), p.As(tile.Owner).Log()
		her.Submits("张先生", hers)
		if len(p.As(curtain.Rep).Inbox()) != 1 {
			t.Error("sent after a no, but nothing arrived")
		}
		if now := p.Rows(tile); now != rows {
			t.Errorf("her own shop's rows:\n%s\n%s", now, rows)
		}
		if now := p.As(tile.Owner).Log(); now != log {
			t.Errorf("her own shop's log:\n%s\n%s", now, log)
		}
		stands("sent, not to be told", customer)
		p.As(curtain.Rep).Accepts()
		p.Settle()
		stands("accepted, not to be told", customer)

		her, customer = declined("李敏", "+8613812345699")
		g := her.Giving("李女士", "+8613812345699")
		g.Tell = true
		notices := func(from, to kexin.ID) { raw(p, "UPDATE notice SET org_id=$2 WHERE org_id=$1", from, to) }
		notices(curtain.Org, -curtain.Org)
		if err := her.Sends(g); kexin.CodeOf(err) == "" {
			t.Error("sent to a shop without a notice")
		}
		p.Settle()
		stands("refused by the other shop", customer)
		notices(-curtain.Org, curtain.Org)
		p.Must(her.Sends(g))
		if s := rep.Sent()[0]; s.Sight != share.SeeDone {
			t.Errorf("sent and told: %+v", s)
		}
		if log := p.As(tile.Owner).LogOf(rep.Sent()[0].ID); !strings.Contains(log, "take_back") {
			t.Errorf("the log of a no that was taken back: %s", log)
		}
	})
}

// TestStopHereTellsNobody: she stops the one shop that she sent something to, and had
// not allowed it to tell: no row of her own shop changes, then or when it is erased.
func TestStopHereTellsNobody(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		s := untold(p)
		p.As(p.Shops["curtain"].Rep).Accepts()
		p.Settle()
		p.Quiet()
		before := p.Rows(p.Shops["tile"])
		s.does(func() error { return s.receipt.Stops(app.StopShop) }).passes(25 * time.Hour)
		if got := s.rowAt("curtain").State; got != share.Revoked {
			t.Errorf("it stands at %s", got)
		}
		if now := p.Rows(p.Shops["tile"]); now != before {
			t.Errorf("her own shop has another row: %s where there was %s", now, before)
		}
	})
}

// TestStopCancelsKept: who bought keeps her record when she stops, and what is queued to
// her is cancelled all the same (WDR-01).
func TestStopCancelsKept(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		s := won(p)
		org, subject := p.Shops["curtain"].Org, s.rowAt("curtain").Subject
		var id kexin.ID
		p.Must(p.Store.Update(ctx, org, func(tx *store.Tx) (err error) {
			id, err = tx.Queue(store.Message{Subject: subject, Channel: kexin.BySMS, Kind: "told", To: machinePhone, Text: "queued", At: tx.Now.Add(time.Hour)})
			return err
		}))
		s.does(func() error { return s.receipt.Stops(app.StopShop) })
		p.Clock.Move(2 * time.Hour)
		p.Settle()
		if strings.Contains(strings.Join(p.Phone.Box(machinePhone), "\n"), "queued") {
			t.Error("sent after she stopped")
		}
		p.Must(p.Store.View(ctx, org, func(tx *store.Tx) error {
			list, err := tx.SendingOf(subject)
			for _, m := range list {
				if m.ID == id && m.State != "cancelled_by_withdrawal" {
					t.Errorf("it is %s", m.State)
				}
			}
			return err
		}))
	})
}
