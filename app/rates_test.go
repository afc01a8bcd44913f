package app_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"kexin"
	"kexin/app"
	"kexin/app/apptest"
	"kexin/auth"
	"kexin/consent"
	"kexin/store"
)

// arrives is one more customer who sent her number from an address.
func arrives(p *apptest.Party, n int, addr string) (*apptest.Her, string) {
	p.TB.Helper()
	phone := fmt.Sprintf("+86138577005%02d", n)
	link := p.As(p.Shops["tile"].Rep).Recommends(p.As(p.Shops["tile"].Rep).Knows(fmt.Sprintf("王秀%c", '一'+rune(n)), phone), "curtain", "curtain")
	her := p.Her(addr)
	p.Must(her.Opens(link))
	her.Submits("王女士", phone, kexin.OwnSMS)
	return her, phone
}

// asks has her ask for codes until one is refused, at most 30, a little more
// than a minute apart; it gives when they were sent and until when no more are.
func asks(p *apptest.Party, her *apptest.Her) (at []kexin.Instant, until kexin.Instant) {
	p.TB.Helper()
	for range 30 {
		err := p.App.SendCode(ctx, her.Visit(), app.CodeProve, kexin.BySMS)
		if e := (*kexin.Error)(nil); errors.As(err, &e) && e.Code == kexin.RateLimited {
			return at, e.Until
		}
		p.Must(err)
		at = append(at, p.Clock.Instant())
		p.Clock.Move(61 * time.Second)
	}
	return at, 0
}

// TestCodeRates: five codes an hour go to a number, wherever the hour begins,
// and ten a day; twenty an hour are asked for from a network; a merchant sends
// twice what is usual for him and a hundred (security.md A7). Until the moment
// that is told nothing is sent, and from then on it is.
func TestCodeRates(t *testing.T) {
	t.Run("number", func(t *testing.T) {
		parties(t, func(t *testing.T, p *apptest.Party) {
			her, _ := arrives(p, 1, "203.0.113.7")
			hour := time.Hour.Milliseconds()
			p.Clock.Move(time.Duration(hour-int64(p.Clock.Instant())%hour)*time.Millisecond - 3*time.Minute) // three minutes before a full hour
			var at []kexin.Instant
			for wait := time.Duration(0); wait < 2*time.Hour; {
				p.Clock.Move(wait)
				p.Must(her.Opens(her.Receipt)) // a visit is half an hour
				times, until := asks(p, her)
				if at = append(at, times...); len(at) < 5 || len(at) > 10 || until == 0 {
					t.Fatalf("%d codes", len(at))
				}
				wait = until.Sub(p.Clock.Instant())
			}
			if len(at) != 10 {
				t.Errorf("%d codes in a day", len(at))
			}
			for i := range len(at) - 5 {
				if at[i+5].Sub(at[i]) < time.Hour {
					t.Errorf("six codes within %v", at[i+5].Sub(at[i]))
				}
			}
		})
	})
	t.Run("network", func(t *testing.T) {
		parties(t, func(t *testing.T, p *apptest.Party) {
			sent := 0
			for n := range 5 {
				her, _ := arrives(p, n, fmt.Sprintf("203.0.113.%d", 7+n))
				got, _ := asks(p, her)
				sent += len(got)
			}
			if sent != 20 {
				t.Errorf("%d codes from one network within half an hour", sent)
			}
		})
	})
	t.Run("merchant", func(t *testing.T) {
		parties(t, func(t *testing.T, p *apptest.Party) {
			her, phone := arrives(p, 1, "203.0.113.7")
			curtain := p.Shops["curtain"]
			arrival := p.As(curtain.Rep).Inbox()[0].ID
			p.Must(p.Store.Update(ctx, curtain.Org, func(tx *store.Tx) error {
				r, err := tx.Referral(arrival)
				for range auth.MerchantOneTime(0) - 1 {
					if err == nil {
						_, err = tx.Queue(store.Message{Subject: r.Subject, Channel: kexin.BySMS, Kind: "code", To: phone, Text: "000000", Ends: tx.Now + 1})
					}
				}
				return err
			}))
			p.Must(p.App.SendCode(ctx, her.Visit(), app.CodeProve, kexin.BySMS))
			p.Clock.Move(61 * time.Second)
			if err := p.App.SendCode(ctx, her.Visit(), app.CodeProve, kexin.BySMS); kexin.CodeOf(err) != kexin.RateLimited {
				t.Errorf("code %d of a merchant who sends none: %v", auth.MerchantOneTime(0)+1, err)
			}
		})
	})
	t.Run("usual of a merchant", func(t *testing.T) {
		parties(t, func(t *testing.T, p *apptest.Party) {
			curtain := p.Shops["curtain"]
			known := p.As(curtain.Rep).Knows("赵敏", "+8613711112222")
			sends := func(n int) {
				p.Must(p.Store.Update(ctx, curtain.Org, func(tx *store.Tx) error {
					f, err := tx.Facts(kexin.Customer, known)
					for range n {
						if err == nil {
							_, err = tx.Queue(store.Message{Subject: f.Subject, Channel: kexin.BySMS, Kind: "code", To: "+8613711112222", Text: "000000", Ends: tx.Now + 1})
						}
					}
					return err
				}))
			}
			for range 8 { // of fourteen days: more than half
				sends(3)
				p.Clock.Move(day)
			}
			her, _ := arrives(p, 1, "203.0.113.7")
			sends(auth.MerchantOneTime(3) - 1)
			p.Must(p.App.SendCode(ctx, her.Visit(), app.CodeProve, kexin.BySMS))
			p.Clock.Move(61 * time.Second)
			if err := p.App.SendCode(ctx, her.Visit(), app.CodeProve, kexin.BySMS); kexin.CodeOf(err) != kexin.RateLimited {
				t.Errorf("code %d of a merchant who sends three a day: %v", auth.MerchantOneTime(3)+1, err)
			}
		})
	})
}

// TestDoubts: a browser, and a network, that gives for a third person within a day
// is reported to who answers for data, and what it gives stands; a number of more
// than four persons of the shop gives nothing.
func TestDoubts(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, curtain := p.Shops["tile"], p.Shops["curtain"]
		browser := p.Her("203.0.113.7").From.Visitor
		doubt := func() string { return p.As(curtain.Rep).Inbox()[0].Doubt }
		for n := range 3 {
			phone := fmt.Sprintf("+86138577006%02d", n)
			link := p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows(fmt.Sprintf("李秀%c", '一'+rune(n)), phone), "curtain", "curtain")
			her := p.Her(fmt.Sprintf("203.0.%d.7", 113+n))
			her.From.Visitor = browser
			p.Must(her.Opens(link))
			her.Submits("李女士", phone, kexin.OwnSMS)
			if got := doubt(); (got == "device_reuse") != (n == 2) {
				t.Errorf("person %d of one browser: %q", n+1, got)
			}
			if n == 2 {
				p.Must(her.Proves(app.CodeProve, phone))
				if w := her.Has().Words[0]; w.State != consent.Given {
					t.Errorf("a browser that is only reported gives %v", w.State)
				}
			}
			if got := slices.Contains(alertsOf(p, curtain), "referral_device_reuse"); got != (n == 2) {
				t.Errorf("person %d of one browser: reported %v", n+1, got)
			}
			p.Clock.Move(time.Minute)
		}
		const shared = "+8613857700699"
		for n := range 5 {
			_, err := p.App.Create(ctx, curtain.Rep, app.Draft{Object: kexin.Customer, Shared: true, Values: store.Values{
				kexin.CustName: kexin.Str(fmt.Sprintf("张秀%c", '一'+rune(n))), kexin.CustPhone: kexin.Str(shared)}})
			p.Must(err)
		}
		link := p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("张秀英", shared), "curtain", "curtain")
		her := p.Her("203.0.120.7")
		p.Must(her.Opens(link))
		her.Submits("张女士", shared, kexin.OwnSMS)
		if got := doubt(); got != "shared_number" {
			t.Errorf("a number of five persons: %q", got)
		}
		p.Must(her.Proves(app.CodeProve, shared))
		for _, w := range her.Has().Words {
			if w.State == consent.Given {
				t.Errorf("a shared number gives %s", w.Purpose)
			}
		}
	})
}

// TestDoubtsOfNetwork: three browsers that give for three persons within a day by one
// network are reported as one browser is; one of another network is not.
func TestDoubtsOfNetwork(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		curtain := p.Shops["curtain"]
		for n, c := range []struct {
			addr  string
			doubt string
		}{{"203.0.113.7", ""}, {"203.0.113.7", ""}, {"198.51.100.7", ""}, {"203.0.113.7", "device_reuse"}} {
			arrives(p, n, c.addr)
			if got := p.As(curtain.Rep).Inbox()[0].Doubt; got != c.doubt {
				t.Errorf("person %d: %q", n+1, got)
			}
			if got := slices.Contains(alertsOf(p, curtain), "referral_device_reuse"); got != (c.doubt != "") {
				t.Errorf("person %d: reported %v", n+1, got)
			}
			p.Clock.Move(time.Minute)
		}
	})
}

// TestCodeBound: a code is for the receipt at which it was asked for and for the text
// that stood there: at another receipt with the same number, and once the shop's
// notice is another one, it is worth nothing (security.md A7).
func TestCodeBound(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, curtain := p.Shops["tile"], p.Shops["curtain"]
		her, phone := arrives(p, 1, "203.0.113.7")
		counter := p.As(tile.Owner).Counter()
		other := p.Her("203.0.113.8")
		p.Must(other.Opens(counter))
		g := app.Giving{Shop: curtain.Org, Need: "curtain", Name: "王女士", Phone: phone, Channel: kexin.ByCall, Lang: "zh-CN"}
		p.Must(other.Sends(g))
		code := func() string {
			p.Settle()
			had := len(p.Phone.Box(phone))
			p.Must(p.App.SendCode(ctx, her.Visit(), app.CodeProve, kexin.BySMS))
			return apptest.CodeIn(p.Arrives(p.Phone, phone, had+1))
		}
		tried := func(h *apptest.Her, code string) error {
			return p.App.TryCode(ctx, h.Visit(), app.CodeProve, kexin.BySMS, code)
		}
		first := code()
		if err := tried(other, first); kexin.CodeOf(err) != kexin.Invalid {
			t.Errorf("at another receipt: %v", err)
		}
		p.Must(tried(her, first))
		p.Clock.Move(61 * time.Second)
		second := code()
		contact := "0577-62529999"
		_, err := p.App.ChangeOrg(ctx, curtain.Owner, app.OrgChange{Contact: &contact})
		p.Must(err)
		n, err := p.App.PublishNotice(ctx, curtain.Owner, "zh-CN")
		if err != nil || n.Version != 2 {
			t.Fatalf("version %d: %v", n.Version, err)
		}
		if err := tried(her, second); kexin.CodeOf(err) != kexin.Invalid {
			t.Errorf("under another notice: %v", err)
		}
	})
}
