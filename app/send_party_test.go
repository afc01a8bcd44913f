package app_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/app"
	"kexin/app/apptest"
	"kexin/auth"
	"kexin/consent"
	"kexin/ledger"
	"kexin/store"
)

// bought is a customer of the curtain shop who came by a referral, said by code
// that she may be written to there, and bought something.
func bought(t *testing.T, p *apptest.Party, g func(*apptest.Her) app.Giving) (*apptest.Her, kexin.ID) {
	t.Helper()
	tile, curtain := p.Shops["tile"], p.Shops["curtain"]
	her := p.Her("203.0.113.7")
	p.Must(her.Opens(p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("王秀兰", hers), "curtain", "curtain")))
	form := g(her)
	p.Must(her.Sends(form))
	id := p.As(curtain.Rep).Accepts()
	_, err := p.As(curtain.Rep).Calls(id, form.Channel)
	p.Must(err)
	for _, k := range []string{form.Phone, form.Email} {
		if k != "" {
			p.Must(her.Proves(app.CodeProve, k))
			p.Clock.Move(time.Minute)
		}
	}
	order(p, curtain.Rep, id)
	p.Must(p.App.WinReferral(ctx, curtain.Rep, p.As(curtain.Rep).Inbox()[0].ID))
	p.Settle()
	return her, id
}

// bySMS and byPhone are her forms: to be written to, or only called.
func bySMS(h *apptest.Her) app.Giving {
	g := h.Giving("王女士", hers, kexin.OwnSMS)
	g.Channel = kexin.BySMS
	return g
}
func byPhone(h *apptest.Her) app.Giving { return h.Giving("王女士", hers) }

// sends has the server send her the card of the lamp shop.
func sends(p *apptest.Party, customer kexin.ID) (app.Recommended, error) {
	return p.App.Recommend(ctx, p.Shops["curtain"].Rep, app.Recommendation{Customer: customer, Need: "lamp", Shops: []kexin.ID{p.Shops["lamp"].Org}, Said: "store", Way: app.WaySend})
}

// zone is the merchants'.
var zone = time.FixedZone("CST", 8*3600)

// links are the messages with a link to a question.
func links(box []string) (out []string) {
	for _, s := range box {
		if strings.Contains(s, "您说的那家店的名片在这里") {
			out = append(out, s)
		}
	}
	return out
}

// TestServerSends: where she said that she may be written to, the server sends
// the link to the number on file; no member of staff ever sees it, and what she
// then sends has the grade of a link that went to her alone.
func TestServerSends(t *testing.T) {
	for name, x := range map[string]struct {
		form func(*apptest.Her) app.Giving
		box  func(*apptest.Party) []string
	}{
		"sms":   {bySMS, func(p *apptest.Party) []string { return p.Arrives(p.Phone, hers, 3) }}, // receipt, code, link
		"email": {func(h *apptest.Her) app.Giving { return byMail(h, herMail, kexin.OwnEmail) }, func(p *apptest.Party) []string { return p.Arrives(p.Mail, herMail, 3) }},
	} {
		t.Run(name, func(t *testing.T) {
			parties(t, func(t *testing.T, p *apptest.Party) {
				curtain, lamp := p.Shops["curtain"], p.Shops["lamp"]
				_, id := bought(t, p, x.form)
				r, err := sends(p, id)
				p.Must(err)
				if r.Path != "" || strings.Contains(r.Words, "/l/") {
					t.Errorf("staff are given the link: %+v", r)
				}
				got := links(x.box(p))
				if len(got) != 1 {
					t.Fatalf("%d links", len(got))
				}
				_, link, _ := strings.Cut(got[0], "https://kexin.example")
				link = link[:len("/l/")+22]
				seen := p.As(curtain.Rep).Looks() + p.As(curtain.Owner).Looks() + p.As(lamp.Rep).Looks() + p.As(curtain.Owner).Log()
				if strings.Contains(seen, link[3:]) {
					t.Error("a member of staff can see the link")
				}
				again := p.Her("203.0.113.8")
				p.Must(again.Opens(link))
				p.Must(again.Sends(x.form(again)))
				if in := p.As(lamp.Rep).Inbox(); len(in) != 1 || in[0].Grade != consent.Link {
					t.Errorf("grade %v", in[0].Grade)
				}
				verifies(t, p)
			})
		})
	}
}

// TestServerSendsNot: without her word for that channel, after she took it back,
// or at night the server sends nothing, makes no question and counts no ask; a
// second question within the cool-down is refused as any other.
func TestServerSendsNot(t *testing.T) {
	refused := func(t *testing.T, p *apptest.Party, id kexin.ID, law kexin.Law) {
		t.Helper()
		before := p.Rows(p.Shops["lamp"])
		if _, err := sends(p, id); kexin.LawOf(err) != law {
			t.Errorf("%v, want %s", err, law)
		}
		p.Settle()
		if n := len(p.As(p.Shops["curtain"].Rep).Sent()); n != 0 {
			t.Errorf("%d questions were made", n)
		}
		if got := links(p.Phone.Box(hers)); len(got) != 0 {
			t.Errorf("sent: %q", got)
		}
		if p.Rows(p.Shops["lamp"]) != before {
			t.Error("the other shop learned of it")
		}
	}
	t.Run("missing", func(t *testing.T) {
		parties(t, func(t *testing.T, p *apptest.Party) {
			_, id := bought(t, p, byPhone)
			refused(t, p, id, "E_NO_CHANNEL_CONSENT")
			_, err := p.App.Recommend(ctx, p.Shops["curtain"].Rep, app.Recommendation{Customer: id, Need: "lamp", Shops: []kexin.ID{p.Shops["lamp"].Org}, Said: "store", Way: app.WayCopy})
			p.Must(err) // what staff show her needs none
		})
	})
	t.Run("withdrawn", func(t *testing.T) {
		parties(t, func(t *testing.T, p *apptest.Party) {
			her, id := bought(t, p, bySMS)
			p.Must(her.Stops(app.StopAds))
			if _, err := sends(p, id); err == nil {
				t.Error("sent after she took it back")
			}
			p.Settle()
			if got := links(p.Phone.Box(hers)); len(got) != 0 {
				t.Errorf("sent: %q", got)
			}
		})
	})
	t.Run("hours", func(t *testing.T) {
		parties(t, func(t *testing.T, p *apptest.Party) {
			_, id := bought(t, p, bySMS)
			for _, hour := range []int{20, 3, 8, 13} {
				for p.Clock.Now().In(zone).Hour() != hour {
					p.Clock.Move(30 * time.Minute)
				}
				refused(t, p, id, "E_QUIET_HOURS")
			}
			p.Clock.Move(time.Hour) // past two
			if _, err := sends(p, id); err != nil {
				t.Errorf("at the hour for it: %v", err)
			}
		})
	})
	t.Run("cool-down", func(t *testing.T) {
		parties(t, func(t *testing.T, p *apptest.Party) {
			_, id := bought(t, p, bySMS)
			_, err := sends(p, id)
			p.Must(err)
			link := links(p.Arrives(p.Phone, hers, 3))[0]
			_, link, _ = strings.Cut(link, "https://kexin.example")
			no := p.Her("203.0.113.8")
			p.Must(no.Opens(link[:25]))
			p.Must(no.Declines())
			p.Settle()
			if _, err := sends(p, id); kexin.LawOf(err) != "E_REASK_COOLDOWN" {
				t.Errorf("asked again after a no: %v", err)
			}
			if got := links(p.Phone.Box(hers)); len(got) != 1 {
				t.Errorf("%d links", len(got))
			}
		})
	})
}

// TestLinkWaitsForMorning: a link that could not go out in the hours for it waits
// for the next ones; her stop before that cancels it.
func TestLinkWaitsForMorning(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		p.Must(p.App.Halt(ctx)) // the test sends
		her, id := bought(t, p, bySMS)
		for p.Clock.Now().In(zone).Hour() != 19 {
			p.Clock.Move(30 * time.Minute)
		}
		p.Phone.Fails(errors.New("down"))
		_, err := sends(p, id)
		p.Must(err)
		p.Settle()
		p.Phone.Fails(nil)
		p.Clock.Move(time.Hour)
		p.Settle()
		if got := links(p.Phone.Box(hers)); len(got) != 0 {
			t.Errorf("sent at %s: %q", p.Clock.Now().In(zone), got)
		}
		p.Clock.Move(13 * time.Hour)
		p.Settle()
		if got := links(p.Phone.Box(hers)); len(got) != 1 {
			t.Errorf("%d links in the morning", len(got))
		}
		_ = her
	})
}

// TestStopBeforeSending: her stop, and taking the question back, cancels a link
// that waits; while one of its shops can still be answered it goes. The sender
// sees which.
func TestStopBeforeSending(t *testing.T) {
	for name, c := range map[string]struct {
		shops []string
		act   func(p *apptest.Party, her *apptest.Her, r app.Recommended) error
		link  string
	}{
		"she stops offers": {[]string{"lamp"}, func(_ *apptest.Party, her *apptest.Her, _ app.Recommended) error { return her.Stops(app.StopAds) }, "cancelled_by_withdrawal"},
		"taken back": {[]string{"lamp"}, func(p *apptest.Party, _ *apptest.Her, r app.Recommended) error {
			return p.App.CancelReferral(ctx, p.Shops["curtain"].Rep, r.Referrals[0])
		}, "cancelled"},
		"taken back at one of two": {[]string{"lamp", "tile"}, func(p *apptest.Party, _ *apptest.Her, r app.Recommended) error {
			return p.App.CancelReferral(ctx, p.Shops["curtain"].Rep, r.Referrals[0])
		}, "sent"},
		"no at one, taken back at the other": {[]string{"lamp", "tile"}, func(p *apptest.Party, _ *apptest.Her, r app.Recommended) error {
			no := p.Her("203.0.113.8") // with another link to the same question
			no.Cookie = visits(p, p.Shops["curtain"], r.Ask)
			if err := p.App.Decline(ctx, no.Visit(), r.Referrals[0]); err != nil {
				return err
			}
			return p.App.CancelReferral(ctx, p.Shops["curtain"].Rep, r.Referrals[1])
		}, "cancelled"},
	} {
		t.Run(name, func(t *testing.T) {
			parties(t, func(t *testing.T, p *apptest.Party) {
				p.Must(p.App.Halt(ctx))
				curtain, tile := p.Shops["curtain"], p.Shops["tile"]
				p.Must(p.App.SaveCard(ctx, tile.Owner, app.CardDraft{Shown: "石语瓷砖", Address: "建材市场 2 栋", Phone: "0577-62520001", Needs: []string{"tile", "lamp"}}))
				her, id := bought(t, p, bySMS)
				p.Phone.Fails(errors.New("down"))
				w := app.Recommendation{Customer: id, Need: "lamp", Said: "store", Way: app.WaySend}
				for _, k := range c.shops {
					w.Shops = append(w.Shops, p.Shops[k].Org)
				}
				r, err := p.App.Recommend(ctx, curtain.Rep, w)
				p.Must(err)
				p.Settle()
				if got := p.As(curtain.Rep).Sent()[0].Link; got != "queued" {
					t.Errorf("while it waits the sender sees %s", got)
				}
				p.Must(c.act(p, her, r))
				p.Phone.Fails(nil)
				p.Clock.Move(10 * time.Minute)
				p.Settle()
				if got := links(p.Phone.Box(hers)); (len(got) == 1) != (c.link == "sent") {
					t.Errorf("sent: %q", got)
				}
				if got := p.As(curtain.Rep).Sent()[0].Link; got != c.link {
					t.Errorf("the sender sees %s", got)
				}
			})
		})
	}
}

// visits begins a visit to a question, as if by another link to it.
func visits(p *apptest.Party, s *apptest.Shop, ask kexin.ID) auth.Secret {
	p.TB.Helper()
	secret, digest := auth.NewSession()
	p.Must(p.Store.Update(ctx, s.Org, func(tx *store.Tx) error {
		return tx.AddPortalSession(store.PortalSession{Digest: digest[:], Kind: store.AskLink, Ref: ask, Ends: tx.Now.Add(time.Hour)})
	}))
	return secret
}

// TestCancelWhileSending: a message that the gateway has taken while it was
// being cancelled is said to be sent: what is recorded is true.
func TestCancelWhileSending(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		p.Must(p.App.Halt(ctx))
		curtain := p.Shops["curtain"]
		_, id := bought(t, p, bySMS)
		r, err := sends(p, id)
		p.Must(err)
		p.Must(p.Store.Update(ctx, curtain.Org, func(tx *store.Tx) error {
			list, err := tx.ToSend(10)
			if err != nil || len(list) != 1 {
				t.Fatalf("%+v %v", list, err)
			}
			if mine, err := tx.Claim(list[0].ID, tx.Now.Add(time.Minute)); !mine || err != nil {
				t.Fatal(mine, err)
			}
			s, err := tx.Subject(list[0].Subject)
			if err != nil {
				return err
			}
			if err := tx.CancelLink(s, r.Ask, ledger.Who(curtain.Rep)); err != nil {
				return err
			}
			list[0].State = "sent"
			return tx.Sent(list[0])
		}))
		if got := p.As(curtain.Rep).Sent()[0].Link; got != "sent" {
			t.Errorf("the sender sees %s", got)
		}
	})
}
