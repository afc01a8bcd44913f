package app_test

import (
	"errors"
	"fmt"
	"log/slog"
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

// letters are the envelopes that one shop sent another, in their order.
func letters(p *apptest.Party, from, to *apptest.Shop) (out [][]byte) {
	p.TB.Helper()
	p.Must(p.DB.View(ctx, func(t *db.Tx) error {
		out = nil
		rows, err := t.Query("SELECT envelope FROM outbox WHERE org_id=$1 AND peer_id=$2 ORDER BY seq", from.Org, to.Org)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var b []byte
			if err := rows.Scan(&b); err != nil {
				return err
			}
			out = append(out, b)
		}
		return rows.Err()
	}))
	return out
}

func raw(p *apptest.Party, q string, args ...any) {
	p.TB.Helper()
	p.Must(p.DB.Update(ctx, func(t *db.Tx) error { _, err := t.Exec(q, args...); return err }))
}

// counted is how many rows there are.
func counted(p *apptest.Party, from string, args ...any) (n int64) {
	p.TB.Helper()
	p.Must(p.DB.View(ctx, func(t *db.Tx) error { return t.Row("SELECT COUNT(*) "+from, args...).Scan(&n) }))
	return n
}

// told is a referral that she sent and of which the sender may be told.
func told(p *apptest.Party, name, phone string) (*apptest.Her, string) {
	p.TB.Helper()
	link := p.As(p.Shops["tile"].Rep).Recommends(p.As(p.Shops["tile"].Rep).Knows(name, phone), "curtain", "curtain")
	her := p.Her("203.0.113.7")
	p.Must(her.Opens(link))
	g := her.Giving("王女士", phone)
	g.Tell = true
	p.Must(her.Sends(g))
	return her, link
}

// TestLettersOnce: a letter that comes twice, also after its sender died before
// noting the answer, is taken once; one that was changed is refused.
func TestLettersOnce(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, curtain := p.Shops["tile"], p.Shops["curtain"]
		told(p, "王秀兰", hers)
		if s := p.As(tile.Rep).Sent(); s[0].Sight != share.SeeDone {
			t.Fatalf("%s", s[0].Sight)
		}
		all := letters(p, curtain, tile)
		before := p.Rows(tile)
		ack, err := p.App.Receive(ctx, curtain.Org, tile.Org, all[0])
		p.Must(err)
		again, err := p.App.Receive(ctx, curtain.Org, tile.Org, all[0])
		if err != nil || string(ack) != string(again) {
			t.Errorf("another answer to the same letter: %v", err)
		}
		raw(p, "UPDATE outbox SET sent_at=0,next_at=0 WHERE org_id=$1", curtain.Org)
		p.Settle()
		if now := p.Rows(tile); now != before {
			t.Errorf("taken twice:\n%s\n%s", before, now)
		}
		bad := append([]byte(nil), all[0]...)
		bad[len(bad)-2] ^= 1
		if _, err := p.App.Receive(ctx, curtain.Org, tile.Org, bad); kexin.CodeOf(err) != kexin.Unauthorized {
			t.Errorf("a changed letter: %v", err)
		}
		if _, err := p.App.Receive(ctx, p.Shops["lamp"].Org, tile.Org, all[0]); kexin.CodeOf(err) != kexin.Unauthorized {
			t.Errorf("a letter under another name: %v", err)
		}
		if _, err := p.App.Receive(ctx, curtain.Org, p.Shops["lamp"].Org, all[0]); kexin.CodeOf(err) != kexin.Conflict {
			t.Errorf("a letter to another: %v", err)
		}
	})
}

// TestLettersOrder: a letter before its turn waits, a withdrawal does not; in
// the end each was taken once.
func TestLettersOrder(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, curtain := p.Shops["tile"], p.Shops["curtain"]
		her, _ := told(p, "王秀兰", hers)
		p.As(curtain.Rep).Accepts()
		p.Must(her.Stops(app.StopAll))
		all := letters(p, curtain, tile)
		if len(all) < 4 { // submit, accept, withdraw (told), withdrawn
			t.Fatalf("%d letters", len(all))
		}
		raw(p, "DELETE FROM inbox WHERE org_id=$1", tile.Org)
		raw(p, "DELETE FROM consent_state WHERE org_id=$1", tile.Org)
		if _, err := p.App.Receive(ctx, curtain.Org, tile.Org, all[1]); kexin.CodeOf(err) != kexin.Conflict {
			t.Errorf("the second before the first: %v", err)
		}
		if _, err := p.App.Receive(ctx, curtain.Org, tile.Org, all[3]); err != nil {
			t.Errorf("a withdrawal waits: %v", err)
		}
		for _, i := range []int{0, 1, 2, 3} {
			if _, err := p.App.Receive(ctx, curtain.Org, tile.Org, all[i]); err != nil {
				t.Errorf("letter %d: %v", i+1, err)
			}
		}
		if n := counted(p, "FROM inbox WHERE org_id=$1", tile.Org); n != 4 {
			t.Errorf("%d letters taken", n)
		}
	})
}

// TestStoppedBetween: a server that dies after the receiver's commit has lost
// nothing: the letter goes out later, and she cannot send a second time.
func TestStoppedBetween(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, curtain := p.Shops["tile"], p.Shops["curtain"]
		link := p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("王秀兰", hers), "curtain", "curtain")
		her := p.Her("203.0.113.7")
		p.Must(her.Opens(link))
		g := her.Giving("王女士", hers)
		dying := app.New(app.Config{Store: p.Store, Log: slog.New(slog.DiscardHandler), Now: p.Clock.Now, Data: t.TempDir()}) // delivers nothing
		v := her.Visit()
		g.Tell = true
		one, err := dying.Submit(ctx, v, g)
		p.Must(err)
		if two, err := dying.Submit(ctx, v, g); err != nil || two.Referral != one.Referral {
			t.Errorf("her second tap does not bring the receipt: %v", err)
		}
		other := p.Her("203.0.113.8")
		p.Must(other.Opens(link))
		if _, err := dying.Submit(ctx, other.Visit(), g); kexin.CodeOf(err) != kexin.NotFound {
			t.Errorf("sent again from another browser: %v", err)
		}
		p.Settle()
		if n := len(p.As(curtain.Rep).Inbox()); n != 1 {
			t.Errorf("%d arrivals", n)
		}
		if s := p.As(tile.Rep).Sent(); s[0].Sight != share.SeeDone {
			t.Errorf("%s", s[0].Sight)
		}
	})
}

// TestClocks: what nobody answers ends by itself, and what is over is erased.
func TestClocks(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, curtain := p.Shops["tile"], p.Shops["curtain"]
		silent, _ := told(p, "王秀兰", hers)
		p.Clock.Move(72 * time.Hour)
		p.Ticks()
		later := p.Her("203.0.113.7")
		p.Must(later.Opens(silent.Receipt))
		if p.As(curtain.Rep).Inbox()[0].State != share.Rejected || !later.Has().Erased {
			t.Errorf("after 72 hours: %s", p.As(curtain.Rep).Inbox()[0].State)
		}
		if s := p.As(tile.Rep).Sent(); s[0].Sight != share.SeeLost {
			t.Errorf("the sender, who may be told, sees %s", s[0].Sight)
		}
		if _, err := p.App.AcceptReferral(ctx, curtain.Rep, p.As(curtain.Rep).Inbox()[0].ID); kexin.CodeOf(err) != kexin.Conflict {
			t.Errorf("accepted after that: %v", err)
		}
		told(p, "张伟", "+8613812345679")
		new := p.As(curtain.Rep).Accepts()
		p.Clock.Move(7 * 24 * time.Hour)
		p.Ticks()
		if s := p.As(curtain.Rep).Inbox()[0].State; s != share.Lost {
			t.Errorf("after 7 days without contact: %s", s)
		}
		p.Clock.Move(30 * 24 * time.Hour)
		p.Ticks()
		if _, err := p.App.Get(ctx, curtain.Rep, kexin.Customer, new); kexin.CodeOf(err) != kexin.NotFound {
			t.Errorf("after 30 days: %v", err)
		}
		link := p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("李建国", "+8613812345670"), "lamp", "lamp")
		p.Clock.Move(14 * 24 * time.Hour)
		p.Ticks()
		if err := p.Her("203.0.113.8").Opens(link); kexin.CodeOf(err) != kexin.NotFound {
			t.Errorf("a link of 14 days: %v", err)
		}
		if s := p.As(tile.Rep).Sent()[0]; s.Sight != share.SeeClosed {
			t.Errorf("%s", s.Sight)
		}
	})
}

// TestOpenAsks: no more than twenty questions of one member wait at a time
// (SHR-12), and each has its need.
func TestOpenAsks(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile := p.Shops["tile"]
		rep := p.As(tile.Rep)
		ids := make([]kexin.ID, 21)
		for i := range ids {
			actor := tile.Rep
			actor.Via = kexin.ViaCLI
			id, err := p.App.Create(ctx, actor, app.Draft{Object: kexin.Customer, Values: store.Values{kexin.CustName: kexin.Str(fmt.Sprint("客户", i))}})
			p.Must(err)
			ids[i] = id
		}
		for _, id := range ids[:17] {
			rep.Recommends(id, "curtain", "curtain")
		}
		at, done := make(chan bool), make(chan error)
		for _, id := range ids[17:] { // four at once, and there is room for three
			go func() {
				<-at
				_, err := rep.TryRecommend(id, "curtain", "curtain")
				done <- err
			}()
		}
		close(at)
		made := 0
		for range ids[17:] {
			if err := <-done; err == nil {
				made++
			} else if kexin.CodeOf(err) != kexin.RateLimited {
				t.Error(err)
			}
		}
		if made != 3 {
			t.Errorf("%d of four at once were made", made)
		}
		if _, err := rep.TryRecommend(ids[20], "curtain", "curtain"); kexin.CodeOf(err) != kexin.RateLimited {
			t.Errorf("a 21st: %v", err)
		}
		if _, err := rep.TryRecommend(ids[20], "", "curtain"); kexin.CodeOf(err) != kexin.Invalid {
			t.Errorf("without a need: %v", err)
		}
		if _, err := rep.TryRecommend(ids[20], "bath", "bath"); kexin.CodeOf(err) != kexin.Forbidden {
			t.Errorf("a shop outside the alliance: %v", err)
		}
	})
}

// TestCounterAndVoucher: by the counter's code and by a voucher the first shop
// has no record and is credited by count, told from five on.
func TestCounterAndVoucher(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, curtain := p.Shops["tile"], p.Shops["curtain"]
		her := p.Her("203.0.113.7")
		path := p.As(tile.Owner).Counter()
		p.Must(her.Opens(path))
		in := her.Sees()
		i := 0
		for in.Choices[i].Shop.Org != curtain.Org {
			i++
		}
		before := p.Rows(tile)
		p.Must(her.Sends(app.Giving{Shop: curtain.Org, Need: "curtain", Name: "王女士", Phone: hers, Channel: kexin.ByCall, Tell: true})) // which no page at a counter offers
		none := func() {
			t.Helper()
			p.Settle()
			if now := p.Rows(tile); now != before {
				t.Errorf("the first shop has a record:\n%s\n%s", before, now)
			}
		}
		none()
		if a := p.As(curtain.Rep).Inbox()[0]; !a.Counter || a.From != "石语瓷砖" {
			t.Errorf("%+v", a)
		}
		p.As(curtain.Rep).Accepts()
		none()
		for n := range 5 {
			walk := p.Her("203.0.113.9")
			p.Must(walk.Opens(path))
			v, err := p.App.TakeVoucher(ctx, walk.Visit(), 0, curtain.Org)
			p.Must(err)
			before := p.As(tile.Owner).Log()
			if _, _, err := p.App.RedeemVoucher(ctx, curtain.Rep, v.Code); err != nil {
				t.Fatalf("voucher %d: %v", n, err)
			}
			p.Settle()
			if told := p.As(tile.Owner).Log() != before; told != (n == 4) {
				t.Errorf("after voucher %d of 5 the first shop was told: %v", n+1, told)
			}
			if _, _, err := p.App.RedeemVoucher(ctx, curtain.Rep, v.Code); kexin.CodeOf(err) != kexin.NotFound {
				t.Errorf("used twice: %v", err)
			}
		}
		p.Settle()
		lines, err := p.App.Credits(ctx, tile.Owner)
		p.Must(err)
		if len(lines) != 1 || lines[0].Kind != "voucher" || lines[0].N != 5 || !lines[0].Mine {
			t.Errorf("%+v", lines)
		}
	})
}

// TestVouchersOfADay: a browser gets three vouchers for one shop in a day, and takes
// none from whoever scans the same code after it; all of a counter's are bounded.
func TestVouchersOfADay(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, curtain := p.Shops["tile"], p.Shops["curtain"]
		path := p.As(tile.Owner).Counter()
		take := func(h *apptest.Her) string {
			_, err := p.App.TakeVoucher(ctx, h.Visit(), 0, curtain.Org)
			var e *kexin.Error
			if err != nil && (!errors.As(err, &e) || e.Code != kexin.RateLimited) {
				t.Fatal(err)
			}
			if err == nil {
				return ""
			}
			return e.Key
		}
		greedy := p.Her("203.0.113.9")
		for i, want := range []string{"", "", "", "error.voucher_many"} {
			p.Must(greedy.Opens(path))
			if got := take(greedy); got != want {
				t.Errorf("voucher %d of one browser: %q", i+1, got)
			}
		}
		given := 3
		for last := ""; last == "" && given <= 300; {
			p.Clock.Move(time.Minute / 2) // twenty links a minute from one address
			walk := p.Her("203.0.113.9")
			p.Must(walk.Opens(path))
			if last = take(walk); last == "" {
				given++
			} else if last != "error.voucher_gone" {
				t.Errorf("the first of another browser: %s", last)
			}
		}
		if given != 200 {
			t.Errorf("%d of one counter in a day", given)
		}
		p.Clock.Move(24 * time.Hour)
		p.Must(greedy.Opens(path))
		if got := take(greedy); got != "" {
			t.Errorf("the next day: %s", got)
		}
	})
}

// TestAnswerOrExpiry: two questions of one day, one answered and not to be told
// of, one not; whatever the receiver does with it, the sender's pages, the
// number of his open questions, his log with both evidence files, every row of
// his and the link itself are the same at every moment.
func TestAnswerOrExpiry(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, curtain := p.Shops["tile"], p.Shops["curtain"]
		rep := p.As(tile.Rep)
		ask := func(name, phone string) (string, kexin.ID) {
			link := rep.Recommends(rep.Knows(name, phone), "curtain", "curtain")
			return link, rep.Sent()[0].ID
		}
		yes, answered := ask("王秀兰", hers)
		quietLink, quiet := ask("张伟", "+8613812345679")
		yes2, answered2 := ask("李建国", "+8613812345670")
		quiet2Link, quiet2 := ask("赵敏", "+8613812345671")
		same := func(when string, a, b kexin.ID) {
			t.Helper()
			var x, y app.SentReferral
			for _, s := range rep.Sent() {
				switch s.ID {
				case a:
					x = s
				case b:
					y = s
				}
			}
			if x.ID == 0 || y.ID == 0 {
				t.Fatalf("%s: not listed", when)
			}
			x.ID, x.Customer, x.Name, x.Made, x.Ends = y.ID, y.Customer, y.Name, y.Made, x.Ends/60_000
			y.Ends /= 60_000
			if fmt.Sprintf("%+v", x) != fmt.Sprintf("%+v", y) {
				t.Errorf("%s:\n%+v\n%+v", when, x, y)
			}
		}
		open := func() (n int) {
			p.Must(p.Store.View(ctx, tile.Org, func(tx *store.Tx) (err error) { n, err = tx.OpenAsks(tile.Rep.User); return err }))
			return n
		}
		for _, link := range []string{quietLink, quiet2Link, yes, yes2} { // all four are looked at
			p.Must(p.Her("203.0.113.7").Opens(link))
		}
		p.Settle()
		entries, rows := p.As(tile.Owner).Log(), p.Rows(tile)
		for _, link := range []string{yes, yes2} {
			h := p.Her("203.0.113.7")
			p.Must(h.Opens(link))
			h.Submits("王女士", hers)
		}
		if now := p.As(tile.Owner).Log(); now != entries {
			t.Errorf("the sender's log after her yes:\n%s\n%s", now, entries)
		}
		if now := p.Rows(tile); now != rows {
			t.Errorf("the sender's rows after her yes:\n%s\n%s", now, rows)
		}
		same("sent", answered, quiet)
		if n := open(); n != 4 {
			t.Errorf("%d questions open, 4 are seen", n)
		}
		customer := p.As(curtain.Rep).Accepts()
		p.Settle()
		same("accepted", answered, quiet)
		p.Must(p.App.CancelReferral(ctx, tile.Rep, answered2))
		p.Must(p.App.CancelReferral(ctx, tile.Rep, quiet2))
		same("taken back", answered2, quiet2)
		for _, link := range []string{yes2, quiet2Link} {
			if err := p.Her("203.0.113.9").Opens(link); kexin.CodeOf(err) != kexin.NotFound {
				t.Errorf("the link after that: %v", err)
			}
		}
		for day := range 16 {
			p.Clock.Move(24 * time.Hour)
			p.Ticks()
			same(fmt.Sprintf("day %d", day+1), answered, quiet)
			if s := rep.Sent()[3]; (s.Sight == share.SeeWaiting) != (day < 13) {
				t.Errorf("day %d: %s", day+1, s.Sight)
			}
			if day == 1 {
				if _, err := p.As(curtain.Rep).Calls(customer, kexin.ByWeChat); kexin.CodeOf(err) == kexin.NotFound {
					t.Error(err)
				}
			}
		}
		if n := open(); n != 0 {
			t.Errorf("%d questions open at the end", n)
		}
		var told []string
		for _, id := range []kexin.ID{answered, quiet} {
			told = append(told, p.As(tile.Owner).LogOf(id))
		}
		if told[0] != told[1] || !strings.Contains(told[0], "EXPIRED") {
			t.Errorf("the log of the answered one:\n%s\nof the other:\n%s", told[0], told[1])
		}
		if _, err := p.App.Get(ctx, tile.Rep, kexin.Customer, rep.Sent()[3].Customer); err != nil {
			t.Errorf("the sender's own customer: %v", err)
		}
	})
}
