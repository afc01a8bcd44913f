package portal_test

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"kexin/app/apptest"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
	"kexin/share"
)

// changing is what differs between two loads of one page.
var changing = regexp.MustCompile(`/l/[0-9A-Za-z]{22}|name="nonce" value="[^"]*"`)

// TestLinkTellsNothing: whoever holds her link, her clerk too, sees in another
// browser the pages of a question that nobody answered, whatever she answered
// and whatever became of it; her own browser shows what she said. Who sends
// something through a link that was used gets the page of a link that never was
// (security.md A6).
func TestLinkTellsNothing(t *testing.T) {
	p, browser := hers(t, dbtest.SQLite)
	tile, curtain := p.Shops["tile"], p.Shops["curtain"]
	number := 0
	asks := func() string {
		number++
		p.Clock.Move(13 * time.Second) // numbers are looked up five times a minute
		return p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("王秀兰", "+861381234567"+string(rune('0'+number))), "curtain", "curtain")
	}
	// sees is everything that a browser without a history is shown, up to the form.
	sees := func(link string) string {
		b := browser()
		out := b.get(link)
		_, body := b.click(link)
		out += body
		_, body = b.click("/p/intro", "i", "0", "answer", "yes")
		return changing.ReplaceAllString(out+body, "")
	}
	sends := func(b *phone, more ...string) (int, string) {
		b.get("/p/form?i=0")
		return b.click("/p/form", append([]string{"i", "0", "answer", "yes", "name", "王女士", "phone", "13812345678", "channel", "call"}, more...)...)
	}
	want := sees(asks())
	answers := map[string]func(*phone){
		"no":         func(b *phone) { b.click("/p/intro", "i", "0", "answer", "no") },
		"yes":        func(b *phone) { sends(b) },
		"yes, told":  func(b *phone) { sends(b, "tell", "1") },
		"a voucher":  func(b *phone) { b.click("/p/intro", "i", "0", "answer", "voucher") },
		"no and yes": func(b *phone) { b.click("/p/intro", "i", "0", "answer", "no"); sends(b) },
	}
	for what, does := range answers {
		link := asks()
		her := browser()
		her.opens(link)
		does(her)
		p.Settle()
		if got := sees(link); got != want {
			t.Errorf("after %s another browser sees\n%s\nand not\n%s", what, text(got), text(want))
		}
		if strings.HasPrefix(what, "yes") || what == "no and yes" {
			p.As(curtain.Rep).Accepts()
			if got := sees(link); got != want {
				t.Errorf("after %s was accepted another browser sees %s", what, text(got))
			}
			if _, body := her.opens(link); !strings.Contains(body, "您已经答复过") {
				t.Errorf("her own browser does not know of %s: %s", what, text(body))
			}
			if _, body := sends(her); !strings.Contains(body, "已办好") {
				t.Errorf("sent once more from her browser: %s", text(body))
			}
			usedLink(t, p, browser, link, sends)
		}
		if what == "no" {
			if _, body := her.opens(link); !strings.Contains(body, "您上次说不需要") {
				t.Errorf("her own browser does not know of her no: %s", text(body))
			}
		}
	}
}

// usedLink: another browser sends its own and gets the page of a link that
// never was; its no is answered like any other, and neither changes anything.
func usedLink(t *testing.T, p *apptest.Party, browser func() *phone, link string, sends func(*phone, ...string) (int, string)) {
	t.Helper()
	curtain := p.Shops["curtain"]
	arrived := len(p.As(curtain.Rep).Inbox())
	other, never, fresh := browser(), browser(), browser()
	other.opens(link)
	status, body := sends(other)
	if gone := never.get("/l/0000000000000000000000"); status != http.StatusOK || text(body) != text(gone) {
		t.Errorf("a used link answers %d %s", status, text(body))
	}
	fresh.opens(link)
	if _, body := fresh.click("/p/intro", "i", "0", "answer", "no"); !strings.Contains(body, "这次什么都没交出去") {
		t.Errorf("a no through a used link: %s", text(body))
	}
	p.Settle()
	in := p.As(curtain.Rep).Inbox()
	if len(in) != arrived || in[0].State != share.Accepted {
		t.Errorf("%d arrivals, %d before; %s", len(in), arrived, in[0].State)
	}
	if err := p.App.Deliver(context.Background()); err != nil {
		t.Error(err)
	}
}

// TestBrowserIsBound: who writes into the database without its keys cannot make
// the answer of another browser his own, not even with the code of one that is.
func TestBrowserIsBound(t *testing.T) {
	p, browser := hers(t, dbtest.SQLite)
	tile, curtain := p.Shops["tile"], p.Shops["curtain"]
	answers := func(number string) (*phone, string) {
		p.Clock.Move(13 * time.Second)
		link := p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("王秀兰", number), "curtain", "curtain")
		b := browser()
		b.opens(link)
		b.get("/p/form?i=0")
		b.click("/p/form", "i", "0", "answer", "yes", "name", "王女士", "phone", "13812345678", "channel", "call")
		return b, link
	}
	her, link := answers("+8613812345671")
	his, own := answers("+8613812345672")
	p.Settle()
	knows := func(b *phone, link string) bool {
		_, body := b.opens(link)
		return strings.Contains(body, "您已经答复过")
	}
	if !knows(her, link) || !knows(his, own) || knows(his, link) {
		t.Fatal("before: a browser does not know what was sent in it, or knows another's")
	}
	if err := p.DB.Update(context.Background(), func(tx *db.Tx) error {
		_, err := tx.Exec(dbtest.Past+"UPDATE referral SET browser=(SELECT x.browser FROM referral x WHERE x.org_id=$1 AND x.browser IS NOT NULL ORDER BY x.id DESC LIMIT 1) WHERE org_id=$1", curtain.Org)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if knows(his, link) || !knows(his, own) {
		t.Error("a code that was copied to her row shows her answer")
	}
}
