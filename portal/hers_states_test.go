package portal_test

import (
	"context"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/app"
	"kexin/app/apptest"
	"kexin/i18n"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
	"kexin/share"
	"kexin/store"
)

// one is the form that she sends to the first shop.
var one = []string{"i", "0", "answer", "yes", "name", "王女士", "phone", "13812345678", "channel", "call"}

// TestReceiptSaysWhatComes: her receipt says in each state what comes next and by
// when, and the pair of words stands there only as long as the shop may use it.
func TestReceiptSaysWhatComes(t *testing.T) {
	p, browser := hers(t, dbtest.SQLite)
	tile, curtain := p.Shops["tile"], p.Shops["curtain"]
	ctx := context.Background()
	says := func(page, key, by string) {
		t.Helper()
		said := i18n.T(i18n.Chinese, key, map[string]string{"shop": "晴窗窗帘", "at": by})
		if !strings.Contains(page, said) {
			t.Errorf("%s: not %q in %s", key, said, text(page))
		}
	}
	number := "+8613812345678"
	links := 0
	sends := func() (her *phone, receipt, link string) {
		p.Clock.Move(13 * time.Second)
		her = browser()
		her.opens(p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("王秀兰", "+861381234560"+string(rune('0'+links))), "curtain", "curtain"))
		her.get("/p/form?i=0")
		_, receipt = her.click("/p/form", one...)
		links++
		box := p.Arrives(p.Phone, number, links)
		return her, receipt, urlOf.FindString(box[len(box)-1])
	}
	later := func(link string) string {
		_, page := browser().opens(link)
		return page
	}
	due := func() string {
		return p.As(curtain.Rep).Inbox()[0].Due.Time().In(time.FixedZone("CST", 8*3600)).Format("2006 年 1 月 2 日 15:04")
	}
	pair := i18n.T(i18n.Chinese, "hers.receipt.they", nil)

	her, receipt, link := sends()
	says(receipt, "hers.next.self_submitted", due())
	if !strings.Contains(receipt, pair) {
		t.Errorf("no pair of words: %s", text(receipt))
	}
	customer := p.As(curtain.Rep).Accepts()
	says(her.get("/p/receipt"), "hers.next.accepted", due())
	_, err := p.As(curtain.Rep).Calls(customer, "call")
	p.Must(err)
	says(her.get("/p/receipt"), "hers.next.contacted", due())
	p.Must(p.App.LoseReferral(ctx, curtain.Rep, p.As(curtain.Rep).Inbox()[0].ID))
	page := her.get("/p/receipt")
	says(page, "hers.next.lost", due())
	if strings.Contains(page, pair) || !strings.Contains(page, "这件事已经结束") {
		t.Errorf("lost: %s", text(page))
	}
	p.Clock.Move(share.DeleteWithin)
	p.Ticks()
	says(later(link), "hers.next.over", "")

	her, _, link = sends()
	p.Must(p.App.RejectReferral(ctx, curtain.Rep, p.As(curtain.Rep).Inbox()[0].ID))
	says(her.get("/p/receipt"), "hers.next.rejected", "")
	if page := her.get("/p/receipt"); strings.Contains(page, i18n.T(i18n.Chinese, "hers.word.requested", nil)) {
		t.Errorf("what is erased still waits for her number: %s", text(page))
	}

	_, _, silent := sends()
	p.Clock.Move(share.AnswerWithin)
	p.Ticks()
	for _, l := range []string{link, silent} {
		says(later(l), "hers.next.rejected", "")
	}

	p.Clock.Move(24 * time.Hour) // three receipts a day go to one number
	her, _, link = sends()
	her.get("/p/notme")
	her.click("/p/notme", "answer", "yes")
	says(later(link), "hers.next.disputed", "")
}

// TestBackFromReceipt: who goes back to the question, or sends its old page once
// more, is led to the receipt, and not told that the link is dead.
func TestBackFromReceipt(t *testing.T) {
	p, browser := hers(t, dbtest.SQLite)
	tile, curtain := p.Shops["tile"], p.Shops["curtain"]
	her := browser()
	her.opens(p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("王秀兰", "+8613812345678"), "curtain", "curtain"))
	her.get("/p/form?i=0")
	old := her.forms
	her.click("/p/form", one...)
	for _, path := range []string{"/p/intro", "/p/form?i=0", "/p/declined?i=0"} {
		if page := her.get(path); !strings.Contains(page, "已办好") {
			t.Errorf("%s: %s", path, text(page))
		}
	}
	her.forms = old
	if status, page := her.click("/p/form", one...); status != http.StatusOK || !strings.Contains(page, "已办好") {
		t.Errorf("sent once more: %d %s", status, text(page))
	}
	if n := len(p.As(curtain.Rep).Inbox()); n != 1 {
		t.Errorf("%d arrivals", n)
	}
}

var backTo = regexp.MustCompile(`<a class="btn line" href="([^"]*)"`)

// TestOtherCards: a link with several cards leads on from each answer to those
// that wait.
func TestOtherCards(t *testing.T) {
	p, browser := hers(t, dbtest.SQLite)
	tile, curtain := p.Shops["tile"], p.Shops["curtain"]
	p.Must(p.App.SaveCard(t.Context(), p.Shops["lamp"].Owner, app.CardDraft{Shown: "明灯照明", Address: "建材市场 3 栋", Phone: "0577-62520003", Needs: []string{"lamp", "curtain"}}))
	more, others := i18n.T(i18n.Chinese, "hers.receipt.more", nil), i18n.T(i18n.Chinese, "hers.declined.others", nil)
	link := p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("王秀兰", "+8613812345678"), "curtain", "curtain", "lamp")
	her := browser()
	her.opens(link)
	if _, page := her.click("/p/intro", "i", "1", "answer", "no"); !strings.Contains(page, others) {
		t.Errorf("after a no: %s", text(page))
	}
	her.get("/p/intro")
	her.get("/p/form?i=0")
	if _, page := her.click("/p/form", one...); !strings.Contains(page, "已办好") || strings.Contains(page, more) {
		t.Errorf("after both: %s", text(page))
	}
	again := browser()
	again.opens(p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("李建国", "+8613812345679"), "curtain", "curtain", "lamp"))
	again.get("/p/form?i=0")
	if _, page := again.click("/p/form", one...); !strings.Contains(page, more) {
		t.Errorf("after one of two: %s", text(page))
	}
	if n := len(p.As(curtain.Rep).Inbox()); n != 2 {
		t.Errorf("%d arrivals", n)
	}
}

// TestCounterChangesMind: at a counter a no is told to nobody, and she may change
// her mind on its page.
func TestCounterChangesMind(t *testing.T) {
	p, browser := hers(t, dbtest.SQLite)
	path := p.As(p.Shops["tile"].Owner).Counter()
	her := browser()
	her.opens(path)
	her.click("/p/intro", "i", "0", "answer", "no")
	if _, page := her.click("/p/intro", "i", "0", "answer", "back"); !strings.Contains(page, "怎么称呼您") {
		t.Error(text(page))
	}
}

// TestFrozenLinks: after too many wrong links from one network its door is shut
// for a minute, which the page says in words for her; then her link works.
func TestFrozenLinks(t *testing.T) {
	p, browser := hers(t, dbtest.SQLite)
	tile := p.Shops["tile"]
	link := p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("王秀兰", "+8613812345678"), "curtain", "curtain")
	her := browser()
	for range 20 {
		her.get("/l/0000000000000000000000")
	}
	status, page, h := her.do(http.MethodGet, link, nil)
	if status != http.StatusTooManyRequests || h.Get("Retry-After") != "60" || !strings.Contains(page, "您的链接没有坏") || strings.Contains(page, "晴窗") {
		t.Errorf("%d %s", status, text(page))
	}
	if to := backTo.FindStringSubmatch(page); to == nil || to[1] != link {
		t.Errorf("the way back: %v", to)
	}
	p.Clock.Move(time.Minute)
	if page := her.get(link); !strings.Contains(page, "晴窗") {
		t.Error(text(page))
	}
}

// TestManyShops: at the counter of a large alliance the names stand first, and
// each leads to its card.
func TestManyShops(t *testing.T) {
	p, browser := hers(t, dbtest.SQLite)
	tile := p.Shops["tile"]
	path := p.As(tile.Owner).Counter()
	card := i18n.T(i18n.Chinese, "hers.card.where", nil)
	her := browser()
	if door := her.get(path); strings.Count(door, card) != 2 {
		t.Errorf("two shops: %s", text(door))
	}
	for code, name := range map[string]string{"91330382MAKXDM020E": "木合橱柜店", "51330382MAKXDM0630": "安居门窗店"} {
		s := p.Founds("door", name, code, "0577-62520009")
		link, _, err := p.App.InviteToAlliance(t.Context(), tile.Owner)
		p.Must(err)
		p.Must(p.App.JoinAlliance(t.Context(), s.Owner, link.Text()))
		p.Verifies(tile.Owner, s.Org)
	}
	if door := her.get(path); strings.Contains(door, card) || !strings.Contains(door, "木合橱柜") {
		t.Errorf("the door: %s", text(door))
	}
	_, intro := her.opens(path)
	for i := range 4 {
		if n := strconv.Itoa(i); !strings.Contains(intro, `href="#shop-`+n+`"`) || !strings.Contains(intro, `id="shop-`+n+`"`) {
			t.Errorf("no way to card %d: %s", i, text(intro))
		}
	}
}

// TestMineAfterStop: her page of who has her data says how her stop stands at each
// holder that she came to by this path: in use, locked, erased, not got it for
// fifteen days, no answer for fifteen days.
func TestMineAfterStop(t *testing.T) {
	p, browser := hers(t, dbtest.SQLite)
	ctx, number := t.Context(), "+8613812345678"
	tile, curtain, lamp := p.Shops["tile"], p.Shops["curtain"], p.Shops["lamp"]
	rep := p.As(tile.Rep)
	customer := rep.Knows("王秀兰", number)
	sends := func(shop string) *phone {
		her := browser()
		her.opens(rep.Recommends(customer, shop, shop))
		her.get("/p/form?i=0")
		her.click("/p/form", one...)
		return her
	}
	her := sends("curtain")
	sends("lamp")
	asked := p.As(lamp.Rep).Inbox()[0].ID
	bought := p.As(curtain.Rep).Accepts() // it keeps her number, and so the way to a code
	_, err := p.As(curtain.Rep).Calls(bought, "call")
	p.Must(err)
	_, err = p.App.Create(ctx, curtain.Rep, app.Draft{Object: kexin.Order, Parent: bought, Values: store.Values{kexin.OrdNo: kexin.Str("SO1"), kexin.OrdOn: kexin.Str("2026-03-02"), kexin.OrdAmount: kexin.Num(628000), kexin.OrdStatus: kexin.Str("open")}})
	p.Must(err)
	p.Must(p.App.WinReferral(ctx, curtain.Rep, p.As(curtain.Rep).Inbox()[0].ID))
	link := urlOf.FindString(p.Arrives(p.Phone, number, 1)[0])
	p.Must(p.App.Halt(ctx))
	proves := func() {
		t.Helper()
		her.get("/p/mine")
		her.click("/p/code/send", "act", "mine")
		p.Settle()
		her.click("/p/code", "act", "mine", "code", apptest.CodeIn(p.Phone.Box(number)))
	}
	says := func(when string, used, locked, erased, silent, undelivered int) {
		t.Helper()
		page := her.get("/p/mine")
		for key, want := range map[string]int{"used": used, "locked": locked, "erased": erased, "silent": silent, "undelivered": undelivered} {
			if n := strings.Count(page, i18n.T(i18n.Chinese, "hers.mine."+key, map[string]string{"tel": "0577-62520003"})); n != want {
				t.Errorf("%s: %s stands there %d times, want %d: %s", when, key, n, want, text(page))
			}
		}
	}
	set := func(q string, args ...any) {
		t.Helper()
		p.Must(p.DB.Update(ctx, func(x *db.Tx) error { _, err := x.Exec(q, args...); return err }))
	}
	later := func(days int) {
		t.Helper()
		for range days {
			p.Clock.Move(24 * time.Hour)
			p.Ticks()
		}
		her.opens(link)
		proves()
	}
	proves()
	says("before", 3, 0, 0, 0, 0)
	var code []byte
	p.Must(p.DB.View(ctx, func(x *db.Tx) error {
		return x.Row("SELECT mac FROM referral WHERE org_id=$1 AND id=$2", lamp.Org, asked).Scan(&code)
	}))
	set("UPDATE referral SET mac=$3 WHERE org_id=$1 AND id=$2", lamp.Org, asked, []byte("not its code")) // it cannot take her stop
	her.get("/p/withdraw")
	her.click("/p/withdraw", "scope", "all", "answer", "yes")
	p.Settle()
	says("stopped", 0, 2, 0, 0, 0)
	later(17)
	says("not delivered", 0, 1, 1, 0, 1)
	if status, page, _ := her.do(http.MethodGet, "/p/holder/"+tile.Org.String(), nil); status != http.StatusOK || strings.Contains(page, "王秀兰") {
		t.Errorf("what her own shop has left: %d %s", status, text(page))
	}
	set("UPDATE referral SET mac=$3 WHERE org_id=$1 AND id=$2", lamp.Org, asked, code)
	set("UPDATE outbox SET next_at=0 WHERE org_id=$1 AND sent_at=0", tile.Org)
	p.Settle()
	set("UPDATE referral SET due_at=0 WHERE org_id=$1", lamp.Org) // it does nothing about it
	says("delivered", 0, 2, 1, 0, 0)
	later(16)
	says("not answered", 0, 2, 0, 1, 0) // her own shop's part is closed
}
