package app_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/app"
	"kexin/app/apptest"
	"kexin/auth"
	"kexin/consent"
	"kexin/ledger"
	"kexin/share"
	"kexin/store"
	"kexin/store/storetest"
)

// TestRevealReferred: the number of her who came by a referral is in no view of
// the shop beside the one contact that she asked for, before her number is
// proved; after "that is not me" it is in none; a stop takes it away again.
func TestRevealReferred(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, curtain := p.Shops["tile"], p.Shops["curtain"]
		reveal := func(a kexin.Actor, customer kexin.ID) (string, error) {
			v, err := p.App.Reveal(ctx, a, kexin.Customer, customer, kexin.CustPhone, "booked")
			return v.Value, err
		}
		comes := func(name, phone string) (*apptest.Her, kexin.ID) {
			t.Helper()
			her := p.Her("203.0.113.7")
			p.Must(her.Opens(p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows(name, phone), "curtain", "curtain")))
			her.Submits(name, phone)
			return her, p.As(curtain.Rep).Accepts()
		}
		her, customer := comes("王女士", hers)
		for _, a := range []kexin.Actor{curtain.Rep, curtain.Owner} {
			if v, err := reveal(a, customer); v != "" || kexin.CodeOf(err) != kexin.Forbidden {
				t.Errorf("before the one contact %s sees %q: %v", a.Position, v, err)
			}
		}
		if phone, err := p.As(curtain.Rep).Calls(customer, kexin.ByCall); err != nil || phone != hers {
			t.Fatalf("%q %v", phone, err)
		}
		if v, err := reveal(curtain.Rep, customer); v != "" || kexin.CodeOf(err) != kexin.Forbidden {
			t.Errorf("after the one contact: %q %v", v, err)
		}
		man, err := p.App.Create(ctx, curtain.Rep, app.Draft{Object: kexin.Contact, Parent: customer, Values: store.Values{kexin.ContName: kexin.Str("王先生"), kexin.ContPhone: kexin.Str("+8613812348888")}})
		p.Must(err)
		if _, err := p.App.Reveal(ctx, curtain.Rep, kexin.Contact, man, kexin.ContPhone, "booked"); kexin.CodeOf(err) != kexin.Forbidden {
			t.Errorf("a contact of hers: %v", err)
		}
		if s := p.As(curtain.Rep).Looks() + p.As(curtain.Owner).Looks(); storetest.Stands(s, strings.TrimPrefix(hers, "+86")) {
			t.Error("a view of the shop holds her number")
		}
		p.Must(her.Proves(app.CodeProve, hers))
		if v, err := reveal(curtain.Rep, customer); err != nil || v != hers {
			t.Errorf("once it is proved: %q %v", v, err)
		}
		p.Must(p.App.NotMe(ctx, her.Visit()))
		if v, err := reveal(curtain.Rep, customer); v != "" || kexin.LawOf(err) != "E_IDENTITY_DISPUTE" {
			t.Errorf("after \"not me\": %q %v", v, err)
		}
		again, other := comes("赵女士", "+8613812345679")
		p.Must(again.Proves(app.CodeProve, "+8613812345679"))
		p.Must(p.App.LoseReferral(ctx, curtain.Rep, p.As(curtain.Rep).Inbox()[0].ID))
		if v, err := reveal(curtain.Rep, other); v != "" || kexin.LawOf(err) != "E_PURPOSE" {
			t.Errorf("once nothing came of it: %q %v", v, err)
		}
		own := p.As(curtain.Rep).Knows("自来", "+8613812345670") // a customer who came otherwise
		if v, err := reveal(curtain.Rep, own); err != nil || v != "+8613812345670" {
			t.Errorf("an own customer: %q %v", v, err)
		}
	})
}

// TestStopInStaffBrowser: a stop protects her, so it holds whoever presses it;
// pressed in a browser of staff the log does not say that she did, and nothing
// is erased before a day is over, though a code was right in that browser.
func TestStopInStaffBrowser(t *testing.T) {
	for name, who := range map[string]string{"of the receiver": "curtain", "of another shop": "lamp"} {
		t.Run(name, func(t *testing.T) {
			parties(t, func(t *testing.T, p *apptest.Party) {
				tile, curtain, shop := p.Shops["tile"], p.Shops["curtain"], p.Shops[who]
				her := p.Her("203.0.113.7")
				p.Must(her.Opens(p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("王秀兰", hers), "curtain", "curtain")))
				her.Submits("王女士", hers)
				customer := p.As(curtain.Rep).Accepts()
				p.Must(her.Proves(app.CodeMine, hers))
				before, err := p.App.Ledger(ctx, curtain.Owner, 0)
				p.Must(err)
				had := map[kexin.ID]bool{}
				for _, e := range before.Entries {
					had[e.ID] = true
				}
				her.Seat = app.Seat{Org: shop.Org, Member: shop.Rep.User, Actor: shop.Rep}
				p.Must(her.Stops(app.StopShop))
				if _, err := p.App.Get(ctx, curtain.Rep, kexin.Customer, customer); kexin.CodeOf(err) != kexin.NotFound {
					t.Errorf("it is not stopped: %v", err)
				}
				after, err := p.App.Ledger(ctx, curtain.Owner, 0)
				p.Must(err)
				staff := 0
				for _, e := range after.Entries {
					switch {
					case had[e.ID]:
					case e.Actor.Kind == ledger.ByCustomer:
						t.Errorf("the log says that she did it herself: %s %+v", e.Type(), e.Facts)
					case e.Actor.Kind == ledger.ByStaff:
						staff++
						if known := e.Actor.Ref != 0; known != (shop == curtain) || known && e.Actor.Ref != shop.Rep.User {
							t.Errorf("%s by %+v", e.Type(), e.Actor)
						}
					}
				}
				if staff == 0 {
					t.Error("the log names no staff")
				}
				p.Ticks()
				her.Seat = app.Seat{}
				if her.Has().Erased {
					t.Error("erased at once")
				}
			})
		})
	}
}

// TestCodeInStaffBrowser: a browser of staff gets no code and takes none, and the log
// has that it was tried, by whom as far as he is of that shop.
func TestCodeInStaffBrowser(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		curtain := p.Shops["curtain"]
		s := submitted(p)
		s.receipt.Seat = app.Seat{Org: curtain.Org, Member: curtain.Rep.User, Actor: curtain.Rep}
		for act, event := range map[string]ledger.Why{app.CodeProve: "submit", app.CodeMine: "", app.CodeCopy: "", app.CodeStop: "withdraw"} {
			for name, try := range map[string]func() error{
				"sent":  func() error { return p.App.SendCode(ctx, s.receipt.Visit(), act, kexin.BySMS) },
				"tried": func() error { return p.App.TryCode(ctx, s.receipt.Visit(), act, kexin.BySMS, "000000") },
			} {
				mark, _ := s.refusals("curtain", 0)
				if err := try(); kexin.LawOf(err) != "E_ONLY_SUBJECT" {
					t.Errorf("%s %s: %v", act, name, err)
				}
				if _, got := s.refusals("curtain", mark); len(got) != 1 || got[0].Event != event || got[0].Law != "E_ONLY_SUBJECT" {
					t.Errorf("%s %s: recorded %+v", act, name, got)
				}
			}
		}
	})
}

// TestSignedOutStaffBrowser: a browser in which a member of staff, of any shop, signed in
// once answers nothing for a customer after he signed out: it is known by its own cookie.
func TestSignedOutStaffBrowser(t *testing.T) {
	for _, key := range []string{"tile", "curtain", "lamp"} {
		t.Run(key, func(t *testing.T) {
			parties(t, func(t *testing.T, p *apptest.Party) {
				s := asked(p)
				cookie, digest := auth.NewDevice()
				p.Must(p.Store.Update(ctx, p.Shops[key].Org, func(tx *store.Tx) error {
					return tx.SaveDevice(p.Shops[key].Rep.User, store.Device{Digest: digest[:], Label: "WeChat, Android"})
				}))
				s.ask.From.Device = cookie.Text()
				for name, act := range map[string]func() error{
					"yes":     func() error { return s.ask.Sends(s.ask.Giving("王女士", machinePhone)) },
					"no":      s.ask.Declines,
					"not me":  func() error { return p.App.NotMe(ctx, s.ask.Visit()) },
					"voucher": func() error { _, err := p.App.TakeVoucher(ctx, s.ask.Visit(), s.id, 0); return err },
				} {
					if err := act(); kexin.LawOf(err) != "E_ONLY_SUBJECT" {
						t.Errorf("%s: %v", name, err)
					}
				}
				if a, b := s.rowAt("tile").State, s.rowAt("curtain").ID; a != share.Awaiting || b != 0 {
					t.Errorf("it stands at %s, %d", a, b)
				}
				if _, got := s.refusals("tile", 0); len(got) != 4 {
					t.Errorf("recorded %+v", got)
				}
			})
		})
	}
}

// TestStopAsTold: what she says by telephone or at the counter stops her data as
// her own stop does, recorded as staff's word and told to her; offers alone, where
// she said no more; another's rep records nothing (CON-08, WDR-04).
func TestStopAsTold(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, curtain := p.Shops["tile"], p.Shops["curtain"]
		own := p.As(tile.Rep).Knows("王秀兰", hers)
		her := p.Her("203.0.113.7")
		p.Must(her.Opens(p.As(tile.Rep).Recommends(own, "curtain", "curtain")))
		her.Submits("王女士", hers, kexin.OwnSMS)
		p.Must(her.Proves(app.CodeProve, hers))
		came := p.As(curtain.Rep).Accepts()
		for _, a := range []kexin.Actor{curtain.Rep2, tile.Rep} {
			if err := p.App.StopAsTold(ctx, a, came, app.StopShop); kexin.CodeOf(err) != kexin.NotFound {
				t.Errorf("somebody else's rep: %v", err)
			}
		}
		box := len(p.Phone.Box(hers))
		p.Must(p.App.StopAsTold(ctx, curtain.Rep, came, app.StopAds))
		for _, w := range her.Has().Words {
			if want := map[bool]consent.State{true: consent.Withdrawn, false: consent.Given}[w.Purpose == kexin.OwnSMS]; w.State != want {
				t.Errorf("no offers, as told: %s is %s, not %s", w.Purpose, w.State, want)
			}
		}
		if r := her.Has(); r.State != share.Accepted {
			t.Errorf("no offers, as told: %+v", r)
		}
		p.Must(p.App.StopAsTold(ctx, curtain.Rep, came, app.StopShop))
		for _, w := range her.Has().Words {
			if w.State != consent.Withdrawn {
				t.Errorf("%s is %s", w.Purpose, w.State)
			}
		}
		if r := her.Has(); r.State != share.Revoking || r.Erased {
			t.Errorf("%+v", r)
		}
		if _, err := p.App.Get(ctx, curtain.Rep, kexin.Customer, came); kexin.CodeOf(err) != kexin.NotFound {
			t.Errorf("the rep still opens her: %v", err)
		}
		log, err := p.App.Ledger(ctx, curtain.Owner, 0)
		p.Must(err)
		n := 0
		for _, e := range log.Entries {
			if _, ok := e.Facts.(*ledger.ConsentWithdrawn); !ok {
				continue
			}
			if n++; e.Actor.Kind != ledger.ByStaff || e.Actor.Ref != curtain.Rep.User {
				t.Errorf("withdrawn by %+v", e.Actor)
			}
		}
		if n == 0 {
			t.Error("the log has no withdrawal")
		}
		if got := p.Arrives(p.Phone, hers, box+1)[box:]; len(got) != 1 || !strings.Contains(got[0], "已按您说的停用") {
			t.Errorf("she is told %q", got)
		}
		p.Clock.Move(24 * time.Hour)
		p.Ticks()
		if !func() bool {
			again := p.Her("203.0.113.7")
			p.Must(again.Opens(her.Receipt))
			return again.Has().Erased
		}() {
			t.Error("not erased after a day")
		}
		p.Must(p.App.StopAsTold(ctx, tile.Rep, own, app.StopShop)) // who came to her own shop by herself
		if _, err := p.As(tile.Rep).Calls(own, kexin.ByCall); kexin.CodeOf(err) != kexin.Forbidden {
			t.Errorf("her own shop calls her: %v", err)
		}
		if _, err := p.App.Get(ctx, tile.Rep, kexin.Customer, own); err != nil {
			t.Errorf("her own shop's record: %v", err)
		}
	})
}

// TestChosenWay walks the main path over each way that she may choose: the shop
// reaches her that way and no other, once, and by her consent after that; the
// pair of words holds on each.
func TestChosenWay(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, curtain := p.Shops["tile"], p.Shops["curtain"]
		for i, ch := range app.HerChannels {
			phone := "+861381234567" + strconv.Itoa(i)
			her := p.Her("203.0.113.7")
			p.Must(her.Opens(p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("王秀兰", phone), "curtain", "curtain")))
			g := her.Giving("王女士", phone)
			g.Channel = ch
			address := phone
			if ch == kexin.ByEmail {
				address = "wang.xiulan@example.com"
				g.Email = address
			}
			p.Must(her.Sends(g))
			customer := p.As(curtain.Rep).Accepts()
			reach := func(when string, want kexin.Code) {
				t.Helper()
				for _, other := range app.HerChannels {
					if v, err := p.As(curtain.Rep).Calls(customer, other); other != ch && (v != "" || kexin.CodeOf(err) != kexin.Forbidden) {
						t.Errorf("%s: she chose %s, and by %s: %q %v", when, ch, other, v, err)
					} else if other == ch && (kexin.CodeOf(err) != want || want == "" && v != address) {
						t.Errorf("%s: %s, which she chose: %q %v", when, ch, v, err)
					}
				}
			}
			offered := func() (out kexin.Channel) {
				today, err := p.App.Today(ctx, curtain.Rep)
				p.Must(err)
				for _, d := range today.Due {
					if d.Customer == customer && d.Call.OK {
						out = d.Call.Channel
					}
				}
				return out
			}
			if got := offered(); got != ch {
				t.Errorf("today offers %q, she chose %s", got, ch)
			}
			reach("first", "")
			reach("again before any proof", kexin.RateLimited)
			if got := offered(); got != "" {
				t.Errorf("today offers %q after the one contact", got)
			}
			if right, _, err := p.App.AnswerWord(ctx, curtain.Rep, p.As(curtain.Rep).Inbox()[0].ID, her.Has().Pair.Answer); err != nil || !right {
				t.Fatal(right, err)
			}
			reach("once it is proved", "")
		}
	})
}
