package app_test

import (
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/app/apptest"
	"kexin/internal/db"
	"kexin/ledger"
	"kexin/store"
)

// TestAllianceLog: an alliance has a log of its own, of entries that members'
// signed letters brought, sealed under its own key and checked like any other;
// a change in it, and a membership put back behind its back, are named; who may
// not say a thing is not heard.
func TestAllianceLog(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, curtain, lamp := p.Shops["tile"], p.Shops["curtain"], p.Shops["lamp"]
		says := func(s *apptest.Shop) string {
			t.Helper()
			p.Settle()
			_, list, err := p.App.AllianceLog(ctx, s.Rep)
			p.Must(err)
			var out []string
			for _, e := range list {
				out = append([]string{e.By + " " + string(e.Change) + " " + e.Member}, out...)
			}
			return strings.Join(out, "; ")
		}
		const founded = "石语瓷砖 founded 石语瓷砖; 晴窗窗帘 joined 晴窗窗帘; 石语瓷砖 verified 晴窗窗帘; 明灯照明 joined 明灯照明; 石语瓷砖 verified 明灯照明"
		if got := says(lamp); got != founded {
			t.Errorf("the log says %s", got)
		}
		if _, _, err := p.App.AllianceLog(ctx, p.Shops["bath"].Owner); kexin.CodeOf(err) != kexin.NotFound {
			t.Errorf("a stranger reads it: %v", err)
		}
		own, err := p.App.Alliance(ctx, tile.Owner)
		p.Must(err)
		p.Must(p.Store.Update(ctx, lamp.Org, func(tx *store.Tx) error { // a member that verifies itself
			return tx.Post(store.Letter{Kind: "alliance.member", To: own.ID, Ref: lamp.Org, Word: "verified"})
		}))
		if got := says(lamp); got != founded {
			t.Errorf("it heard who may not say it: %s", got)
		}
		if err := p.App.LeaveAlliance(ctx, tile.Owner); kexin.CodeOf(err) != kexin.Forbidden {
			t.Errorf("the founder leaves: %v", err)
		}
		if err := p.App.LeaveAlliance(ctx, lamp.Rep); kexin.CodeOf(err) != kexin.Forbidden {
			t.Errorf("a clerk leaves for his shop: %v", err)
		}
		customer := p.As(tile.Rep).Knows("王秀兰", hers)
		link := p.As(tile.Rep).Recommends(customer, "lamp", "lamp")
		p.Must(p.App.LeaveAlliance(ctx, lamp.Owner))
		if got := says(curtain); got != founded+"; 明灯照明 left 明灯照明" {
			t.Errorf("after leaving it says %s", got)
		}
		if _, err := p.As(tile.Rep).TryRecommend(customer, "lamp", "lamp"); err == nil {
			t.Error("a shop that left is recommended")
		}
		her := p.Her("203.0.113.7")
		p.Must(her.Opens(link))
		if err := her.Sends(her.Giving("王女士", hers)); kexin.CodeOf(err) != kexin.Forbidden {
			t.Errorf("she sends to a shop that left: %v", err)
		}
		holders, err := p.Store.Holders(ctx)
		p.Must(err)
		merchants, err := p.Store.Merchants(ctx)
		p.Must(err)
		if len(holders) != len(merchants)+1 || len(merchants) != len(p.Shops) {
			t.Errorf("%d holders of a log, %d merchants", len(holders), len(merchants))
		}
		allianceVerifies(t, p, own.ID, curtain)
	})
}

// allianceVerifies checks the log of an alliance, and that what is changed in
// it or beside it shows.
func allianceVerifies(t *testing.T, p *apptest.Party, id kexin.ID, member *apptest.Shop) {
	t.Helper()
	p.Clock.Move(time.Hour) // letters are not on their way any more
	for n := 1; n > 0; {
		var err error
		n, err = p.Store.Seal(ctx, id)
		p.Must(err)
	}
	verify := func() ledger.Verdict {
		v, err := p.Store.Verify(ctx, id, ledger.VerifyOptions{Strict: true}, true)
		p.Must(err)
		return v
	}
	if v := verify(); v.Status != ledger.Unwitnessed || len(v.Faults) > 0 {
		t.Fatalf("%+v", v)
	}
	page, _, err := p.App.AllianceLog(ctx, member.Rep)
	p.Must(err)
	if v, err := p.Store.Verify(ctx, id, ledger.VerifyOptions{Strict: true, Known: []string{page.Line}}, true); err != nil || v.Status == ledger.Invalid || page.Size == 0 || page.Key == "" {
		t.Errorf("held against the member's line: %+v %v", v, err)
	}
	raw := func(q string, args ...any) {
		p.Must(p.DB.Update(ctx, func(x *db.Tx) error { _, err := x.Exec(q, args...); return err }))
	}
	var was []byte
	p.Must(p.DB.View(ctx, func(x *db.Tx) error {
		return x.Row("SELECT leaf FROM ledger_entry WHERE org_id=$1 AND type='alliance.member' AND idx=(SELECT MAX(idx) FROM ledger_entry WHERE org_id=$1 AND type='alliance.member')", id).Scan(&was)
	}))
	changed := []byte(strings.Replace(string(was), `"left"`, `"joined"`, 1))
	raw("UPDATE ledger_entry SET leaf=$2 WHERE org_id=$1 AND leaf=$3", id, changed, was)
	if v := verify(); v.Status != ledger.Invalid || string(changed) == string(was) {
		t.Errorf("a changed entry: %+v", v)
	}
	raw("UPDATE ledger_entry SET leaf=$2 WHERE org_id=$1 AND leaf=$3", id, was, changed)
	if v := verify(); v.Status != ledger.Unwitnessed {
		t.Fatalf("put right again: %+v", v)
	}
	p.Must(p.Store.Update(ctx, member.Org, func(tx *store.Tx) error { // with a right code, past the alliance's log
		_, all, err := tx.AllianceOf(id)
		for _, m := range all {
			if m.Org == member.Org {
				m.State = store.Suspended
				err = tx.SetMembership(m)
			}
		}
		return err
	}))
	p.Clock.Move(time.Hour)
	if v := verify(); v.Status != ledger.Invalid || !strings.Contains(v.Faults[0].Key, "row_old") {
		t.Errorf("a membership that the log does not know: %+v", v)
	}
}

// TestAllianceLogRead: reading the log of an alliance that is older than these
// logs makes nothing; it begins with the next change.
func TestAllianceLogRead(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		bath, lamp := p.Shops["bath"], p.Shops["lamp"]
		p.Must(p.App.LeaveAlliance(ctx, lamp.Owner))
		id := p.Store.NewID(p.Clock.Instant())
		p.Must(p.Store.Update(ctx, bath.Org, func(tx *store.Tx) error { _, err := tx.AddAlliance(id, "旧联盟"); return err }))
		holders := func() int {
			all, err := p.Store.Holders(ctx)
			p.Must(err)
			return len(all)
		}
		before := holders()
		for range 2 {
			page, list, err := p.App.AllianceLog(ctx, bath.Owner)
			if p.Must(err); page.Size != 0 || len(list) != 0 {
				t.Errorf("a log that nobody began: %+v %+v", page, list)
			}
		}
		if n := holders(); n != before {
			t.Errorf("reading made %d logs", n-before)
		}
		link, _, err := p.App.InviteToAlliance(ctx, bath.Owner)
		p.Must(err)
		p.Must(p.App.JoinAlliance(ctx, lamp.Owner, link.Text()))
		p.Settle()
		if _, list, err := p.App.AllianceLog(ctx, bath.Owner); err != nil || len(list) != 1 || list[0].Change != "joined" {
			t.Errorf("after a change: %+v %v", list, err)
		}
	})
}
