package app_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/app"
	"kexin/app/apptest"
	"kexin/consent"
	"kexin/share"
	"kexin/store"
)

const herMail = "wang.xiulan+home@example.com"

// byMail is her form with an e-mail address and no telephone.
func byMail(h *apptest.Her, address string, wants ...kexin.PurposeCode) app.Giving {
	g := h.Giving("王女士", "", wants...)
	g.Email, g.Channel = address, kexin.ByEmail
	return g
}

// states are her consents, as purpose channel state grade.
func states(h *apptest.Her) (out []string) {
	for _, w := range h.Has().Words {
		s := string(w.Purpose) + " " + string(w.Channel) + " " + string(w.State)
		if w.State == consent.Given {
			s += " " + w.Grade.String()
		}
		out = append(out, s)
	}
	slices.Sort(out)
	return out
}

// TestMailOnly walks the main path of a customer who gives an e-mail address and
// no telephone: receipt and code come by e-mail, what she ticked is given by the
// code alone, the shop contacts her by e-mail and by nothing else, she sees what
// is held and stops it.
func TestMailOnly(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, curtain := p.Shops["tile"], p.Shops["curtain"]
		link := p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("王秀兰", hers), "curtain", "curtain")
		her := p.Her("203.0.113.7")
		p.Must(her.Opens(link))
		p.Must(her.Sends(byMail(her, " Wang.Xiulan+Home@ＥＸＡＭＰＬＥ.com ", kexin.OwnEmail)))
		if got := states(her); !slices.Equal(got, []string{"crm.followup email REQUESTED", "marketing.own.email email REQUESTED"}) {
			t.Fatal(got)
		}
		if box := p.Arrives(p.Mail, herMail, 1); len(box) != 1 || !strings.Contains(box[0], her.Receipt) {
			t.Errorf("the receipt by e-mail: %q", box)
		}
		if r := her.Has(); !slices.Equal(r.Prove, []kexin.Channel{kexin.ByEmail}) || !slices.Equal(r.Codes, []kexin.Channel{kexin.ByEmail}) {
			t.Errorf("codes over %v, proof over %v", r.Codes, r.Prove)
		}
		if err := p.App.SendCode(ctx, her.Visit(), app.CodeProve, kexin.BySMS); kexin.CodeOf(err) != kexin.Invalid {
			t.Errorf("a code by SMS without a number: %v", err)
		}
		new := p.As(curtain.Rep).Accepts()
		for _, ch := range []kexin.Channel{kexin.ByCall, kexin.BySMS, kexin.ByWeChat} {
			if v, err := p.As(curtain.Rep).Calls(new, ch); err == nil {
				t.Errorf("%s gave %q", ch, v)
			}
		}
		if v, err := p.As(curtain.Rep).Calls(new, kexin.ByEmail); err != nil || v != herMail {
			t.Fatalf("by e-mail: %q %v", v, err)
		}
		p.Must(her.Proves(app.CodeProve, herMail))
		if got := states(her); !slices.Equal(got, []string{"crm.followup email GIVEN E3", "marketing.own.email email GIVEN E3"}) {
			t.Error(got)
		}
		if r := her.Has(); !r.Proved || len(r.Prove) != 0 || !strings.Contains(string(r.File), `"pii_information":["salutation","email","need"]`) {
			t.Errorf("%+v %s", r.Prove, r.File)
		}
		hits := 0
		p.Must(p.Store.View(ctx, curtain.Org, func(tx *store.Tx) error {
			all, err := tx.Hits(kexin.KeyEmail, herMail)
			hits = len(all)
			return err
		}))
		if hits != 1 {
			t.Errorf("%d records are found by the address", hits)
		}
		p.Must(her.Proves(app.CodeMine, herMail))
		d, err := p.App.HerData(ctx, her.Visit(), curtain.Org, false)
		p.Must(err)
		for _, f := range d.Fields {
			if f.Field.ID == kexin.CustEmail && f.Cell.Value.S != "***@***" || strings.Contains(strings.Join(f.Cell.Value.Strings(), ""), "xiulan") {
				t.Errorf("before she asks: %+v", f.Cell)
			}
		}
		if d, err = p.App.HerData(ctx, her.Visit(), curtain.Org, true); err != nil || !slices.ContainsFunc(d.Fields, func(f app.HerField) bool { return f.Cell.Value.S == herMail }) {
			t.Errorf("asked: %+v %v", d.Fields, err)
		}
		p.Must(her.Stops(app.StopShop))
		if s := her.Has().State; s != share.Revoking {
			t.Errorf("stopped: %s", s)
		}
		p.Must(p.Store.View(ctx, curtain.Org, func(tx *store.Tx) error {
			since, err := tx.Suppressed(kexin.KeyEmail, herMail)
			if since == 0 {
				t.Error("her address is not marked")
			}
			return err
		}))
		if len(p.Phone.Box(hers)) != 0 {
			t.Errorf("somebody's telephone got %q", p.Phone.Box(hers))
		}
		verifies(t, p)
	})
}

// TestMailBeside: a code proves the address that it went to and no other; each
// consent needs the proof of the address that it speaks of.
func TestMailBeside(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, curtain := p.Shops["tile"], p.Shops["curtain"]
		link := p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("王秀兰", hers), "curtain", "curtain")
		her := p.Her("203.0.113.7")
		p.Must(her.Opens(link))
		g := her.Giving("王女士", hers, kexin.OwnSMS, kexin.OwnEmail)
		g.Email = herMail
		p.Must(her.Sends(g))
		if got := her.Has().Prove; !slices.Equal(got, []kexin.Channel{kexin.BySMS, kexin.ByEmail}) {
			t.Errorf("proof over %v", got)
		}
		p.Must(her.Proves(app.CodeProve, herMail))
		if got := states(her); !slices.Equal(got, []string{"crm.followup call REQUESTED", "marketing.own.email email GIVEN E3", "marketing.own.sms sms REQUESTED"}) {
			t.Error(got)
		}
		if r := her.Has(); r.Proved || !slices.Equal(r.Prove, []kexin.Channel{kexin.BySMS}) {
			t.Errorf("the number is proved by a code to another address: %v", r.Prove)
		}
		p.Must(p.App.SendCode(ctx, her.Visit(), app.CodeProve, kexin.BySMS))
		p.Arrives(p.Phone, hers, 2) // after the receipt
		if err := p.App.TryCode(ctx, her.Visit(), app.CodeProve, kexin.ByEmail, apptest.CodeIn(p.Phone.Box(hers))); kexin.CodeOf(err) != kexin.Invalid {
			t.Errorf("the code of the telephone for the herMail: %v", err)
		}
		if err := p.App.TryCode(ctx, her.Visit(), app.CodeProve, kexin.BySMS, apptest.CodeIn(p.Phone.Box(hers))); err != nil {
			t.Fatal(err)
		}
		if got := states(her); !slices.Equal(got, []string{"crm.followup call GIVEN E3", "marketing.own.email email GIVEN E3", "marketing.own.sms sms GIVEN E3"}) {
			t.Error(got)
		}
		in := p.As(curtain.Rep).Inbox()
		if !in[0].Proved || in[0].Grade != consent.Code {
			t.Errorf("%+v", in[0])
		}
		verifies(t, p)
	})
}

// TestWordLeavesMail: the word answered at the call proves the telephone; offers
// by e-mail wait for the code to the herMail.
func TestWordLeavesMail(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, curtain := p.Shops["tile"], p.Shops["curtain"]
		her := p.Her("203.0.113.7")
		p.Must(her.Opens(p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("王秀兰", hers), "curtain", "curtain")))
		g := her.Giving("王女士", hers, kexin.OwnEmail)
		g.Email = herMail
		p.Must(her.Sends(g))
		new := p.As(curtain.Rep).Accepts()
		_, err := p.As(curtain.Rep).Calls(new, kexin.ByCall)
		p.Must(err)
		right, _, err := p.App.AnswerWord(ctx, curtain.Rep, p.As(curtain.Rep).Inbox()[0].ID, her.Has().Pair.Answer)
		if err != nil || !right {
			t.Fatal(right, err)
		}
		if got := states(her); !slices.Equal(got, []string{"crm.followup call GIVEN E2", "marketing.own.email email REQUESTED"}) {
			t.Error(got)
		}
		ticked := func(given, waits int) {
			t.Helper()
			on, ok, err := p.App.ArrivalOf(ctx, curtain.Rep, new)
			p.Must(err)
			for _, in := range append(p.As(curtain.Rep).Inbox(), on) {
				if !ok || !in.Proved || len(in.Given) != given || len(in.Waits) != waits {
					t.Errorf("her shop reads %v agreed to, %v ticked", in.Given, in.Waits)
				}
			}
		}
		ticked(0, 1)
		p.Must(her.Proves(app.CodeProve, herMail))
		ticked(1, 0)
		p.Must(her.Stops(app.StopAds))
		ticked(0, 0)
	})
}

// TestMailForm: what she chose must be reachable by what she gave.
func TestMailForm(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile := p.Shops["tile"]
		her := p.Her("203.0.113.7")
		p.Must(her.Opens(p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("王秀兰", hers), "curtain", "curtain")))
		for _, c := range []struct {
			phone, email string
			channel      kexin.Channel
			want         kexin.PurposeCode
			field        string
		}{
			{"", "", kexin.ByCall, "", "phone"}, {"", "", "", "", "phone channel"}, {"", herMail, kexin.ByCall, "", "phone"}, {hers, "", kexin.ByEmail, "", "email"},
			{hers, "", kexin.ByCall, kexin.OwnEmail, "email"}, {"", herMail, kexin.ByEmail, kexin.OwnSMS, "phone"}, {hers, "wang at example.com", kexin.ByCall, "", "email"},
			{hers, "a@example.com, b@example.com", kexin.ByCall, "", "email"},
		} {
			g := her.Giving("王女士", c.phone)
			g.Email, g.Channel = c.email, c.channel
			if c.want != "" {
				g.Wants = []kexin.PurposeCode{c.want}
			}
			var got []string
			for _, f := range faultsOf(her.Sends(g)) {
				got = append(got, f.Path)
			}
			slices.Sort(got)
			want := strings.Fields(c.field)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("%+v: %v", c, got)
			}
		}
	})
}

func faultsOf(err error) []kexin.FieldError {
	if e, ok := err.(*kexin.Error); ok {
		return e.Fields
	}
	return nil
}

// TestMailRates: codes by e-mail keep the bounds of those by SMS (A7): a minute
// between two, five an hour, ten a day, five tries, five minutes.
func TestMailRates(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile := p.Shops["tile"]
		her := p.Her("203.0.113.7")
		p.Must(her.Opens(p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("王秀兰", hers), "curtain", "curtain")))
		p.Must(her.Sends(byMail(her, herMail)))
		send := func() error { return p.App.SendCode(ctx, her.Visit(), app.CodeProve, kexin.ByEmail) }
		try := func(code string) error {
			return p.App.TryCode(ctx, her.Visit(), app.CodeProve, kexin.ByEmail, code)
		}
		p.Must(send())
		if kexin.CodeOf(send()) != kexin.RateLimited {
			t.Error("a second one within a minute")
		}
		code := apptest.CodeIn(p.Arrives(p.Mail, herMail, 2)) // after the receipt
		for range 5 {
			if kexin.CodeOf(try("000000x")) != kexin.Invalid {
				t.Fatal("a wrong code")
			}
		}
		if kexin.CodeOf(try(code)) != kexin.Invalid {
			t.Error("right at the sixth try")
		}
		p.Clock.Move(61 * time.Second)
		p.Must(send())
		code = apptest.CodeIn(p.Arrives(p.Mail, herMail, 3))
		p.Clock.Move(5 * time.Minute)
		if kexin.CodeOf(try(code)) != kexin.Invalid {
			t.Error("right after five minutes")
		}
		sent := 3 // with the refused one
		for kexin.CodeOf(send()) == "" {
			if sent++; sent > 5 {
				t.Fatal("more than five in an hour")
			}
			p.Clock.Move(61 * time.Second)
		}
		if sent != 5 {
			t.Errorf("%d in an hour", sent)
		}
	})
}

// TestOwnAddress: a member of staff who answers for the customer at a number or
// e-mail address of his own, in a private browser, ends with no given consent and
// no credit, by code and by word: whether he noted it before, or after he sent, or
// replaced it lately.
func TestOwnAddress(t *testing.T) {
	const phone, email = "+8613911112222", "chen@example.cn"
	own := app.Own{Phone: "139 1111 2222", Email: "Chen@Example.cn"}
	for _, c := range []struct {
		name string
		to   string
		note func(p *apptest.Party, sent bool)
	}{
		{"number before", phone, func(p *apptest.Party, sent bool) {
			if !sent {
				p.Must(p.App.SetOwn(ctx, p.Shops["tile"].Rep, own))
			}
		}},
		{"address with a tag", "chen+1@example.cn", func(p *apptest.Party, sent bool) {
			if !sent {
				p.Must(p.App.SetOwn(ctx, p.Shops["tile"].Rep, own))
			}
		}},
		{"address before", email, func(p *apptest.Party, sent bool) {
			if !sent {
				p.Must(p.App.SetOwn(ctx, p.Shops["tile"].Rep, own))
			}
		}},
		{"address of the receiver's rep, after", email, func(p *apptest.Party, sent bool) {
			if sent {
				p.Must(p.App.SetOwn(ctx, p.Shops["curtain"].Rep, app.Own{Email: own.Email}))
			}
		}},
		{"address replaced", email, func(p *apptest.Party, sent bool) {
			if !sent {
				p.Must(p.App.SetOwn(ctx, p.Shops["tile"].Rep, own))
				p.Clock.Move(time.Minute)
				p.Must(p.App.SetOwn(ctx, p.Shops["tile"].Rep, app.Own{Email: "chen2@example.cn"}))
				p.Clock.Move(179 * 24 * time.Hour)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			parties(t, func(t *testing.T, p *apptest.Party) {
				tile, curtain := p.Shops["tile"], p.Shops["curtain"]
				c.note(p, false)
				him := p.Her("203.0.113.10")
				p.Must(him.Opens(p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("王秀兰", hers), "curtain", "curtain")))
				to, g := c.to, him.Giving("王女士", phone, kexin.OwnSMS)
				if to != phone {
					g = byMail(him, to, kexin.OwnEmail)
				}
				p.Must(him.Sends(g))
				c.note(p, true)
				p.Must(him.Proves(app.CodeProve, to))
				new := p.As(curtain.Rep).Accepts()
				_, err := p.As(curtain.Rep).Calls(new, g.Channel)
				p.Must(err)
				in := p.As(curtain.Rep).Inbox()[0]
				if right, _, err := p.App.AnswerWord(ctx, curtain.Rep, in.ID, him.Has().Pair.Answer); err != nil || !right {
					t.Fatal(right, err)
				}
				for _, s := range states(him) {
					if strings.Contains(s, "GIVEN") {
						t.Errorf("given by a rep: %s", s)
					}
				}
				if in = p.As(curtain.Rep).Inbox()[0]; in.Proved || in.Doubt != "staff_number" {
					t.Errorf("%+v", in)
				}
				order(p, curtain.Rep, new)
				p.Must(p.App.WinReferral(ctx, curtain.Rep, in.ID))
				p.Settle()
				if lines, err := p.App.Credits(ctx, curtain.Owner); err != nil || len(lines) != 0 {
					t.Errorf("credited: %+v %v", lines, err)
				}
			})
		})
	}
}

// TestOwnGivenUp: what a member replaced half a year ago may be a customer's by
// now; what gave a consent before it was noted is told to the officer.
func TestOwnGivenUp(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, curtain := p.Shops["tile"], p.Shops["curtain"]
		p.Must(p.App.SetOwn(ctx, curtain.Rep, app.Own{Email: herMail}))
		p.Must(p.App.SetOwn(ctx, curtain.Rep, app.Own{Email: "new@example.cn"}))
		p.Clock.Move(181 * 24 * time.Hour)
		her := p.Her("203.0.113.7")
		p.Must(her.Opens(p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("王秀兰", hers), "curtain", "curtain")))
		p.Must(her.Sends(byMail(her, herMail)))
		p.Must(her.Proves(app.CodeProve, herMail))
		if got := states(her); !slices.Equal(got, []string{"crm.followup email GIVEN E3"}) {
			t.Error(got)
		}
		p.As(curtain.Rep).Accepts()
		gave := func() bool {
			alerts, err := p.App.Alerts(ctx, curtain.Owner)
			p.Must(err)
			return slices.ContainsFunc(alerts, func(a app.Alert) bool { return a.Code == "own_address_gave" })
		}
		if gave() {
			t.Error("an alert before anybody notes it")
		}
		p.Must(p.App.SetOwn(ctx, curtain.Rep2, app.Own{Email: herMail}))
		if !gave() {
			t.Error("an address that gave a consent was noted, and nobody is told")
		}
		for i := range 5 {
			err := p.App.SetOwn(ctx, tile.Rep2, app.Own{Email: fmt.Sprintf("ma%d@example.cn", i)})
			if want := map[bool]kexin.Code{true: kexin.RateLimited}[i > 3]; kexin.CodeOf(err) != want {
				t.Errorf("change %d: %v", i, err)
			}
			p.Clock.Move(time.Minute)
		}
		if log := p.As(tile.Owner).Log(); !strings.Contains(log, "own_address") || strings.Contains(log, "ma0@") {
			t.Error("the log does not say that an own address was noted, or says which")
		}
		for _, bad := range []app.Own{{Phone: "123"}, {Email: "a@b"}} {
			if err := p.App.SetOwn(ctx, curtain.Rep, bad); len(faultsOf(err)) != 1 {
				t.Errorf("%+v: %v", bad, err)
			}
		}
	})
}

// TestMailNotMe: whoever holds her link and says "that is not me" stops what was
// given at the mailbox, for everybody who has it; a code to it, and nothing less,
// brings it back.
func TestMailNotMe(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, curtain := p.Shops["tile"], p.Shops["curtain"]
		her := p.Her("203.0.113.7")
		p.Must(her.Opens(p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("王秀兰", hers), "curtain", "curtain")))
		p.Must(her.Sends(byMail(her, herMail, kexin.OwnEmail)))
		p.Must(her.Proves(app.CodeProve, herMail))
		new := p.As(curtain.Rep).Accepts()
		p.Must(p.App.NotMe(ctx, her.Visit()))
		if got := states(her); !slices.Equal(got, []string{"crm.followup email SUSPENDED", "marketing.own.email email SUSPENDED"}) {
			t.Error(got)
		}
		if v, err := p.As(curtain.Rep).Calls(new, kexin.ByEmail); err == nil {
			t.Errorf("written to at %q while it is disputed", v)
		}
		p.Clock.Move(2 * time.Minute)
		p.Must(her.Proves(app.CodeProve, herMail))
		if got := states(her); !slices.Equal(got, []string{"crm.followup email GIVEN E3", "marketing.own.email email GIVEN E3"}) {
			t.Error(got)
		}
	})
}

// TestProofGoesWhereTyped: the code that gives what she sent goes to what she
// typed, whatever the shop has written into her record since.
func TestProofGoesWhereTyped(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, curtain := p.Shops["tile"], p.Shops["curtain"]
		her := p.Her("203.0.113.7")
		p.Must(her.Opens(p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("王秀兰", hers), "curtain", "curtain")))
		her.Submits("王女士", hers)
		new := p.As(curtain.Rep).Accepts()
		rec, err := p.App.Get(ctx, curtain.Rep, kexin.Customer, new)
		p.Must(err)
		_, err = p.App.Edit(ctx, curtain.Rep, new, rec.View.Rev, app.Draft{Object: kexin.Customer, Values: store.Values{kexin.CustPhone: kexin.Str("+8613911112222"), kexin.CustEmail: kexin.Str("rep@example.cn")}})
		p.Must(err)
		if err := p.App.SendCode(ctx, her.Visit(), app.CodeProve, kexin.ByEmail); kexin.CodeOf(err) != kexin.Invalid {
			t.Errorf("a code to an address that she did not type: %v", err)
		}
		p.Must(her.Proves(app.CodeProve, hers))
		if got := states(her); !slices.Equal(got, []string{"crm.followup call GIVEN E3"}) {
			t.Error(got)
		}
		if got := p.Phone.Box("+8613911112222"); len(got) != 0 {
			t.Errorf("the number in the record got %q", got)
		}
	})
}
