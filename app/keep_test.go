package app_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/app"
	"kexin/app/apptest"
	"kexin/share"
	"kexin/store"
)

var keepLink = regexp.MustCompile(`「先别删」：https://kexin\.example/l/(\S+)`)

// keepToken is the token of the link in the newest message to her that has one, by
// which she puts an erasure off.
func keepToken(p *apptest.Party) string {
	p.TB.Helper()
	m := keepLink.FindStringSubmatch(strings.Join(p.Arrives(p.Phone, hers, 1), "\n"))
	if m == nil {
		p.TB.Fatalf("no link to put the erasure off: %q", p.Phone.Box(hers))
	}
	return m[1]
}

// row is a shop's row of a referral.
func row(p *apptest.Party, s *apptest.Shop, id kexin.ID) (r store.Referral) {
	p.TB.Helper()
	p.Must(p.Store.View(ctx, s.Org, func(tx *store.Tx) (err error) { r, err = tx.Referral(id); return err }))
	return r
}

// TestPutsErasureOff: whoever stops by her link, or says that she told him, the message
// to her number has a link of its own. Opened it changes nothing; one tap keeps what
// would be erased, locked, for thirty days; the stop stands, the sender hears no more
// than she allowed, and without the tap it is erased after the day.
func TestPutsErasureOff(t *testing.T) {
	for name, c := range map[string]struct {
		stop func(s *stage) error
		tap  bool
	}{
		"by her link": {func(s *stage) error { return s.receipt.Stops(app.StopShop) }, true},
		"by her link, her number proved before": {func(s *stage) error {
			s.p.Must(s.receipt.Proves(app.CodeProve, hers))
			s.passes(time.Hour)
			return s.receipt.Stops(app.StopShop)
		}, true},
		"by her link, not kept": {func(s *stage) error { return s.receipt.Stops(app.StopShop) }, false},
		"as told": {func(s *stage) error {
			return s.p.App.StopAsTold(ctx, s.p.Shops["curtain"].Rep, s.customer, app.StopShop)
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			parties(t, func(t *testing.T, p *apptest.Party) {
				tile, curtain := p.Shops["tile"], p.Shops["curtain"]
				p.Quiet()
				s := accepted(p)
				p.Must(c.stop(s))
				token := keepToken(p)
				here, there := p.Rows(curtain), p.Rows(tile)
				for range 3 {
					d, err := p.App.OpenLink(ctx, s.ask.From, token)
					if err != nil || d.From.Org != curtain.Org || d.Erased != row(p, curtain, s.id).Due || d.Kept.Sub(d.Erased) < 28*day {
						t.Fatalf("%+v %v", d, err)
					}
				}
				if _, err := p.App.Enter(ctx, s.ask.From, token, false); kexin.CodeOf(err) != kexin.NotFound {
					t.Errorf("it opens a visit: %v", err)
				}
				if err := p.App.PutOffErasure(ctx, s.ask.From, token, app.Seat{Org: curtain.Org, Member: curtain.Rep.User, Actor: curtain.Rep}); kexin.LawOf(err) != "E_ONLY_SUBJECT" {
					t.Errorf("in a browser of staff: %v", err)
				}
				if err := p.App.PutOffErasure(ctx, s.ask.From, strings.TrimPrefix(s.link, "/l/"), app.Seat{}); kexin.CodeOf(err) != kexin.NotFound {
					t.Errorf("by another link: %v", err)
				}
				if p.Rows(curtain) != here || p.Rows(tile) != there {
					t.Error("before the tap something changed")
				}
				if c.tap {
					p.Must(p.App.PutOffErasure(ctx, s.ask.From, token, app.Seat{}))
					p.Settle()
				}
				s.passes(25 * time.Hour)
				if gone(p, curtain, s.customer) == c.tap {
					t.Errorf("after a day: erased %v", !c.tap)
				}
				if n := strings.Count(p.As(curtain.Owner).Log(), `"type":"erasure.put_off"`); n == 1 != c.tap || n > 1 {
					t.Errorf("%d entries in the log", n)
				}
				if r, want := row(p, tile, s.id), map[bool]string{true: "RESTRICTED", false: "DELETED"}[c.tap]; r.State != share.Revoked || r.Outcome != want {
					t.Errorf("its sender has %s %s", r.State, r.Outcome)
				}
				if _, err := p.App.Get(ctx, curtain.Rep, kexin.Customer, s.customer); kexin.CodeOf(err) != kexin.NotFound {
					t.Errorf("a rep opens her: %v", err)
				}
				if c.tap {
					p.Must(s.receipt.Stops(app.StopShop)) // by the link alone once more
					s.passes(25 * time.Hour)
					if gone(p, curtain, s.customer) {
						t.Error("her link alone erased what she kept")
					}
					s.passes(29 * day)
				}
				if !gone(p, curtain, s.customer) {
					t.Error("it is kept for ever")
				}
				if _, err := p.App.OpenLink(ctx, s.ask.From, token); kexin.CodeOf(err) != kexin.NotFound {
					t.Errorf("the link when nothing is left: %v", err)
				}
				follows(t, p)
			})
		})
	}
}

// TestKeptUntilACode: what she kept goes at once when she stops with a code.
func TestKeptUntilACode(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		p.Quiet()
		s := accepted(p)
		p.Must(s.receipt.Stops(app.StopShop))
		p.Must(p.App.PutOffErasure(ctx, s.ask.From, keepToken(p), app.Seat{}))
		p.Must(s.receipt.Proves(app.CodeMine, machinePhone))
		p.Must(s.receipt.Stops(app.StopShop))
		s.passes(time.Minute)
		if !gone(p, p.Shops["curtain"], s.customer) {
			t.Error("her own stop did not erase it")
		}
		follows(t, p)
	})
}

// TestPutsOffOnHerPath: a stop at every shop erases at her own shop and at the others
// by letter; each writes to her, and what she keeps at one is kept there alone. Who
// waits for an answer gets it, and she is not taken to be without one.
func TestPutsOffOnHerPath(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, curtain, lamp := p.Shops["tile"], p.Shops["curtain"], p.Shops["lamp"]
		p.Quiet()
		rep := p.As(tile.Rep)
		customer := rep.Knows("王秀兰", hers)
		one, two := p.Her("203.0.113.7"), p.Her("203.0.113.8")
		p.Must(one.Opens(rep.Recommends(customer, "curtain", "curtain")))
		one.Submits("王女士", hers)
		p.Must(one.Proves(app.CodeProve, hers))
		p.Must(two.Opens(rep.Recommends(customer, "lamp", "lamp")))
		two.Submits("王女士", hers)
		there := p.As(lamp.Rep).Accepts()
		asked, first := rep.Sent()[0].ID, rep.Sent()[1].ID
		p.Must(one.Opens(one.Receipt))
		p.Must(one.Stops(app.StopAll))
		p.Settle()
		tokens := map[kexin.ID]string{}
		for _, m := range keepLink.FindAllStringSubmatch(strings.Join(p.Phone.Box(hers), "\n"), -1) {
			d, err := p.App.OpenLink(ctx, one.From, m[1])
			p.Must(err)
			tokens[d.From.Org] = m[1]
		}
		if len(tokens) != 3 {
			t.Fatalf("%d shops wrote to her: %q", len(tokens), p.Phone.Box(hers))
		}
		for _, s := range []*apptest.Shop{tile, lamp} {
			p.Must(p.App.PutOffErasure(ctx, one.From, tokens[s.Org], app.Seat{}))
		}
		p.Settle()
		if r := row(p, tile, asked); r.State != share.Revoked || r.Outcome != "ANSWERED" {
			t.Errorf("her own shop waits for %s %s", r.State, r.Outcome)
		}
		for range 17 {
			p.Clock.Move(day)
			p.Ticks()
		}
		if gone(p, tile, customer) || gone(p, lamp, there) {
			t.Error("what she kept is erased")
		}
		if n := about(p, tile, store.AlertSilent); n != 0 {
			t.Errorf("%d shops are taken for silent", n)
		}
		if r := row(p, curtain, first); r.State != share.Revoked || r.Outcome != "DELETED" {
			t.Errorf("what she did not keep: %s %s", r.State, r.Outcome)
		}
		for range 14 {
			p.Clock.Move(day)
			p.Ticks()
		}
		if !gone(p, tile, customer) || !gone(p, lamp, there) {
			t.Error("it is kept for ever")
		}
		follows(t, p)
	})
}
