package portal_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"kexin/internal/db"
	"kexin/internal/db/dbtest"
)

// TestFormNonce: without the nonce that this browser was given for this form,
// nothing that is posted to her pages does anything (security.md A6).
func TestFormNonce(t *testing.T) {
	p, browser := hers(t, dbtest.SQLite)
	tile := p.Shops["tile"]
	link := p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("王秀兰", "+8613812345678"), "curtain", "curtain")
	sessions := func() (n int64) {
		p.Must(p.DB.View(context.Background(), func(t *db.Tx) error { return t.Row("SELECT COUNT(*) FROM portal_session").Scan(&n) }))
		return n
	}
	her, thief := browser(), browser()
	her.get(link)
	thief.get(link)
	mine, his := her.forms[link], thief.forms[link]
	if mine == "" || his == "" || mine == his {
		t.Fatalf("nonces %q and %q", mine, his)
	}
	raw, err := base64.RawURLEncoding.DecodeString(mine)
	p.Must(err)
	changed := func(i int) string {
		b := append([]byte(nil), raw...)
		b[i] ^= 1
		return base64.RawURLEncoding.EncodeToString(b)
	}
	for name, nonce := range map[string]string{"none": "", "nonsense": "x", "another browser's": his, "another random part": changed(0), "another time": changed(15), "another code": changed(31),
		"cut": mine[:len(mine)-2], "longer": mine + "AA"} {
		her.forms[link] = nonce
		if status, body := her.click(link); status != http.StatusForbidden || !strings.Contains(body, "请回去再点一次") || sessions() != 0 {
			t.Errorf("%s: %d, %d visits: %s", name, status, sessions(), text(body))
		}
	}
	bare := browser() // knows the nonce and not the cookie
	bare.forms = map[string]string{link: mine}
	if status, _ := bare.click(link); status != http.StatusForbidden {
		t.Errorf("without the cookie: %d", status)
	}
	her.forms[link] = mine
	if status, body := her.click(link); status != http.StatusOK || sessions() != 1 {
		t.Fatalf("her own: %d %s", status, text(body))
	}
	her.forms["/p/form"] = her.forms["/p/intro"]
	if status, _ := her.click("/p/form", "i", "0", "answer", "yes", "name", "王女士", "phone", "13812345678", "channel", "call"); status != http.StatusForbidden {
		t.Errorf("the nonce of another form: %d", status)
	}
	if n := len(p.As(p.Shops["curtain"].Rep).Inbox()); n != 0 {
		t.Errorf("%d arrivals", n)
	}
	late := browser()
	late.get(link)
	p.Clock.Move(24*time.Hour + time.Minute)
	if status, _ := late.click(link); status != http.StatusForbidden {
		t.Errorf("a page of yesterday: %d", status)
	}
	if status, _ := late.opens(link); status != http.StatusOK {
		t.Errorf("after loading it again: %d", status)
	}
}

// TestLinkGuesser: who tries many links is slowed down by his network, GET and
// POST alike; many of everybody together raise one alarm; her own link works
// all the while.
func TestLinkGuesser(t *testing.T) {
	p, browser := hers(t, dbtest.SQLite)
	tile := p.Shops["tile"]
	link := p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("王秀兰", "+8613812345678"), "curtain", "curtain")
	wrong := func(n int) string { return fmt.Sprintf("/l/%022d", n) }
	guesser := browser()
	for i := range 20 {
		guesser.v6 = fmt.Sprintf("2001:db8:1:2::%x", i+1) // one network, many addresses
		if status, body, _ := guesser.do(http.MethodGet, wrong(i), nil); status != http.StatusOK || !strings.Contains(body, "这个链接不能用了") {
			t.Fatalf("guess %d: %d", i, status)
		}
	}
	for _, path := range []string{wrong(99), link} {
		if status, _, h := guesser.do(http.MethodGet, path, nil); status != http.StatusTooManyRequests || h.Get("Retry-After") == "" {
			t.Errorf("guess 21, %s: %d", path, status)
		}
	}
	her := browser()
	her.v6 = "2001:db8:9::1"
	if status, _ := her.opens(link); status != http.StatusOK {
		t.Errorf("her link meanwhile: %d", status)
	}
	alerts := func() (n int) {
		all, err := p.App.Alerts(context.Background(), tile.Owner)
		p.Must(err)
		for _, a := range all {
			if a.Code == "links_guessed" {
				n++
			}
		}
		return n
	}
	poster := browser()
	for i := range 10 {
		poster.v6 = "2001:db8:7::1"
		poster.get(link)
		poster.forms[wrong(i)] = ""
		poster.click(wrong(i))
	}
	if alerts() != 0 {
		t.Error("an alarm before there were many")
	}
	crowd := browser()
	for i := range 400 {
		crowd.v6 = fmt.Sprintf("2001:db8:%x::1", 0x100+i/10)
		crowd.get(wrong(1000 + i))
	}
	for range 6000 {
		if alerts() > 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if n := alerts(); n != 1 {
		t.Errorf("%d alarms", n)
	}
	if status, _ := her.opens(link); status != http.StatusOK {
		t.Errorf("her link after the alarm: %d", status)
	}
}
