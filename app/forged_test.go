package app_test

import (
	"bytes"
	"slices"
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

// forge writes another code into a shop's row of a referral, past the program;
// mend makes it right again.
func forge(p *apptest.Party, s *apptest.Shop, referral kexin.ID) (mend func()) {
	p.TB.Helper()
	var code []byte
	p.Must(p.DB.View(ctx, func(x *db.Tx) error {
		return x.Row("SELECT mac FROM referral WHERE org_id=$1 AND id=$2", s.Org, referral).Scan(&code)
	}))
	bad := bytes.Clone(code)
	bad[0] ^= 1
	write := func(code []byte) {
		raw(p, "UPDATE referral SET mac=$3 WHERE org_id=$1 AND id=$2", s.Org, referral, code)
	}
	write(bad)
	return func() { write(code) }
}

func alertsOf(p *apptest.Party, s *apptest.Shop) (out []string) {
	p.TB.Helper()
	list, err := p.App.Alerts(ctx, s.Owner)
	p.Must(err)
	for _, a := range list {
		out = append(out, a.Code)
	}
	return out
}

// stateOf is a referral as a shop has it; the zero State where it has none.
func stateOf(p *apptest.Party, s *apptest.Shop, referral kexin.ID) (r store.Referral) {
	p.TB.Helper()
	p.Must(p.Store.View(ctx, s.Org, func(tx *store.Tx) (err error) {
		if r, err = tx.Referral(referral); kexin.CodeOf(err) == kexin.NotFound {
			err = nil
		}
		return err
	}))
	return r
}

// TestHerPageBesideForged: where one shop's row was written past the program,
// her pages show the other shops, and that shop's owner is alerted. The list of
// who has her data says that it cannot be read there.
func TestHerPageBesideForged(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		rep, lamp := p.As(p.Shops["tile"].Rep), p.Shops["lamp"]
		p.Must(p.App.SaveCard(ctx, lamp.Owner, app.CardDraft{Shown: "明灯照明", Address: "建材市场 3 栋", Phone: "0577-62520003", Needs: []string{"curtain", "lamp"}}))
		link := rep.Recommends(rep.Knows("王秀兰", hers), "curtain", "curtain", "lamp")
		her := p.Her("203.0.113.7")
		shops := func() (out []string) {
			p.Must(her.Opens(link))
			for _, c := range her.Sees().Choices {
				out = append(out, c.Shop.Legal)
			}
			return out
		}
		both := shops()
		if len(both) != 2 {
			t.Fatalf("asked about %v", both)
		}
		for i := range both {
			p.Must(her.Opens(link))
			g, c := her.Giving("王女士", hers), her.Sees().Choices[i]
			g.Referral, g.Shop = c.Referral, c.Shop.Org
			p.Must(her.Sends(g))
		}
		sent := p.As(lamp.Rep).Inbox()[0].ID
		mend := forge(p, lamp, sent)
		if now := shops(); len(now) != 1 || now[0] == lamp.Name {
			t.Errorf("one row is forged: %v", now)
		}
		if a := alertsOf(p, lamp); !slices.Contains(a, "row_forged") {
			t.Errorf("its shop is not alerted: %v", a)
		}
		curtain := p.Her("203.0.113.8")
		curtain.From.Visitor = her.From.Visitor
		p.Must(curtain.Opens(link))
		c := curtain.Sees().Choices[0]
		p.Must(curtain.Sends(app.Giving{Referral: c.Referral, Shop: c.Shop.Org, Name: "王女士", Phone: hers, Channel: kexin.ByCall, Lang: "zh-CN"})) // her receipt again
		p.Must(curtain.Proves(app.CodeMine, hers))
		m, err := p.App.Holders(ctx, curtain.Visit())
		p.Must(err)
		i := slices.IndexFunc(m.Holders, func(h app.Holder) bool { return h.Org == lamp.Org })
		if len(m.Holders) != 3 || i < 0 || !m.Holders[i].Unread || m.Holders[i].Shop.Legal != lamp.Name {
			t.Errorf("who has her data: %+v", m.Holders)
		}
		mend()
		if now := shops(); !slices.Equal(now, both) {
			t.Errorf("the row is right again: %v", now)
		}
		m, err = p.App.Holders(ctx, curtain.Visit())
		p.Must(err)
		if slices.ContainsFunc(m.Holders, func(h app.Holder) bool { return h.Unread }) {
			t.Errorf("who has her data, the row is right again: %+v", m.Holders)
		}
	})
}

// TestLetterAboutForged: letters about a row that was written past the program
// are set aside with an alert and hold up no other; once the row is right they
// are taken in their order.
func TestLetterAboutForged(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, curtain := p.Shops["tile"], p.Shops["curtain"]
		p.Must(p.App.Halt(ctx))
		told(p, "王秀兰", hers)
		p.Settle()
		first := p.As(tile.Rep).Sent()[0].ID
		mend := forge(p, tile, first)
		customer := p.As(curtain.Rep).Accepts()
		p.Clock.Move(2 * time.Minute)
		if _, err := p.As(curtain.Rep).Calls(customer, kexin.ByCall); err != nil {
			t.Fatal(err)
		}
		p.Settle()
		told(p, "张伟", "+8613812345679")
		p.Settle()
		second := p.As(tile.Rep).Sent()[0].ID
		if second == first || stateOf(p, tile, second).State != share.Submitted {
			t.Errorf("a letter about another row is held up: %s", stateOf(p, tile, second).State)
		}
		if a := alertsOf(p, tile); !slices.Contains(a, "row_forged") {
			t.Errorf("nobody is alerted: %v", a)
		}
		if log := p.As(tile.Owner).LogOf(first); !strings.Contains(log, "aside") {
			t.Errorf("the log does not say it: %s", log)
		}
		back := p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("李敏", "+8613812345688"), "curtain", "curtain")
		her := p.Her("203.0.113.9")
		p.Must(her.Opens(back))
		her.Submits("李女士", "+8613812345688")
		p.Clock.Move(10 * time.Minute)
		p.Settle()
		p.As(curtain.Rep).Accepts() // what was set aside does not count as late
		mend()
		for range 3 {
			p.Clock.Move(7 * time.Hour)
			p.Settle()
		}
		if s := stateOf(p, tile, first); s.State != share.Contacted {
			t.Errorf("the row is right again: %s", s.State)
		}
		if open := counted(p, "FROM outbox WHERE org_id=$1 AND sent_at=0", curtain.Org); open != 0 {
			t.Errorf("%d letters open", open)
		}
	})
}

// TestStopNotDelivered: a shop that did not get her stop for fifteen days is not
// said to be silent: her own shop and she are told what is so. One that could
// not be asked and holds nothing of her answers, and is waited for no more.
func TestStopNotDelivered(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, lamp := p.Shops["tile"], p.Shops["lamp"]
		one, two, _, _, asked := twoShops(p)
		p.Must(p.App.Halt(ctx))
		two.Submits("王女士", hers)
		p.Must(one.Proves(app.CodeMine, hers))
		mend := forge(p, lamp, asked)
		p.Must(one.Stops(app.StopAll))
		for range 17 {
			p.Clock.Move(24 * time.Hour)
			p.Ticks()
		}
		a := alertsOf(p, tile)
		if !slices.Contains(a, store.AlertUndelivered) || slices.Contains(a, store.AlertSilent) {
			t.Errorf("alerts: %v", a)
		}
		if box := strings.Join(p.Phone.Box(hers), "\n"); strings.Contains(box, "没有答复您的叫停") || !strings.Contains(box, "还没能送进明灯照明店") {
			t.Errorf("she is told: %s", box)
		}
		rep := p.As(tile.Rep)
		if _, err := rep.TryRecommend(rep.Knows("李建国", "+8613812345670"), "lamp", "lamp"); kexin.CodeOf(err) != kexin.Forbidden {
			t.Errorf("recommended meanwhile: %v", err)
		}
		mend()
		p.Must(p.DB.Update(ctx, func(x *db.Tx) error { // it gets it, and its own clock does not run
			_, err := x.Exec("UPDATE outbox SET next_at=0 WHERE org_id=$1 AND sent_at=0", tile.Org)
			return err
		}))
		p.Settle()
		if s := stateOf(p, lamp, asked).State; s != share.Revoking {
			t.Fatalf("taken there: %s", s)
		}
		raw(p, "UPDATE referral SET due_at=0 WHERE org_id=$1", lamp.Org)
		raw(p, "UPDATE referral SET due_at=1 WHERE org_id=$1 AND id=$2", tile.Org, asked)
		p.Clock.Move(14 * 24 * time.Hour)
		p.Ticks()
		if a := alertsOf(p, tile); slices.Contains(a, store.AlertSilent) {
			t.Errorf("fourteen days after it got it: %v", a)
		}
		p.Clock.Move(25 * time.Hour)
		p.Ticks()
		if a := alertsOf(p, tile); !slices.Contains(a, store.AlertSilent) {
			t.Errorf("fifteen days after it got it: %v", a)
		}
	})
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, lamp := p.Shops["tile"], p.Shops["lamp"]
		_, _, _, _, asked := twoShops(p)
		p.Must(p.Store.Update(ctx, tile.Org, func(tx *store.Tx) error { // as it is where that shop cannot be asked
			r, err := tx.Referral(asked)
			if err != nil {
				return err
			}
			was := r.State
			r.State, r.Due = share.Revoking, share.Due(share.Revoking, tx.Now)
			if err := tx.SaveReferral(was, r); err != nil {
				return err
			}
			return tx.Post(store.Letter{Kind: "consent.withdrawn", To: lamp.Org, Ref: asked, Word: app.StopAll, N: 1 << 31})
		}))
		p.Settle()
		p.Clock.Move(16 * 24 * time.Hour)
		p.Ticks()
		if r := stateOf(p, tile, asked); r.State != share.Revoked || r.Outcome != "ANSWERED" {
			t.Errorf("it holds nothing: %s %s", r.State, r.Outcome)
		}
		if a := alertsOf(p, tile); slices.Contains(a, store.AlertSilent) || slices.Contains(a, store.AlertUndelivered) {
			t.Errorf("alerts: %v", a)
		}
	})
}
