package app_test

import (
	"errors"
	"fmt"
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

// TestStopToldOnce: repeating a stop writes to nobody; one number is told once a
// day by a shop and so many times in all, whoever types it; receipts for one
// network are few.
func TestStopToldOnce(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		curtain := p.Shops["curtain"]
		path := p.As(p.Shops["tile"].Owner).Counter()
		send := func(addr, phone string) *apptest.Her {
			h := p.Her(addr)
			p.Must(h.Opens(path))
			p.Must(h.Sends(app.Giving{Shop: curtain.Org, Need: "curtain", Name: "甲", Phone: phone, Channel: kexin.ByCall, Lang: "zh-CN"}))
			return h
		}
		stops := func(box []string) (n int) {
			for _, s := range box {
				if strings.Contains(s, "停用") {
					n++
				}
			}
			return n
		}
		for i := range 4 {
			h := send(fmt.Sprintf("198.51.%d.9", i), others)
			for range 5 {
				p.Must(h.Stops(app.StopShop))
			}
		}
		if box := p.Arrives(p.Phone, others, 4); stops(box) != 1 || len(box) != 4 { // three receipts
			t.Errorf("%q", box)
		}
		p.Quiet() // what is queued is sent now
		n := 0
		for i := range 33 {
			to := fmt.Sprintf("+861371111%04d", i)
			send("203.0.115.9", to)
			p.Settle()
			n += len(p.Phone.Box(to))
		}
		if n != 30 {
			t.Errorf("%d receipts for one network in a day", n)
		}
	})
}

// TestNotMeKeepsErasure: "that is not me" by another link of hers, and another
// stop, leave her stop and the day on which her data goes as they are.
func TestNotMeKeepsErasure(t *testing.T) {
	for name, act := range map[string]func(p *apptest.Party, h *apptest.Her){
		"not me": func(p *apptest.Party, h *apptest.Her) { p.Must(p.App.NotMe(ctx, h.Visit())) },
		"another's stop": func(p *apptest.Party, h *apptest.Her) {
			h.Submits("李某", others)
			p.Must(h.Stops(app.StopAll))
		},
	} {
		t.Run(name, func(t *testing.T) {
			parties(t, func(t *testing.T, p *apptest.Party) {
				tile := p.Shops["tile"]
				rep := p.As(tile.Rep)
				customer := rep.Knows("王秀兰", hers)
				her, other := p.Her("203.0.113.7"), p.Her("198.51.100.9")
				p.Must(her.Opens(rep.Recommends(customer, "curtain", "curtain")))
				her.Submits("王女士", hers)
				p.Must(her.Proves(app.CodeMine, hers))
				p.Must(other.Opens(rep.Recommends(customer, "lamp", "lamp")))
				p.Must(her.Stops(app.StopAll))
				act(p, other)
				if _, err := p.As(tile.Owner).Calls(customer, kexin.ByCall); err == nil {
					t.Error("she may be contacted")
				}
				for range 17 {
					p.Clock.Move(day)
					p.Ticks()
				}
				if !gone(p, tile, customer) {
					t.Error("her data is not erased")
				}
				follows(t, p)
			})
		})
	}
}

// TestStopReachesTwins: a stop by her proved number reaches every record of that
// number at the shop: what is queued is not sent, what she gave by another
// enquiry is withdrawn and goes.
func TestStopReachesTwins(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		curtain := p.Shops["curtain"]
		her, first := withOffers(p)
		path := p.As(p.Shops["tile"].Owner).Counter()
		two := p.Her("203.0.113.8")
		p.Must(two.Opens(path))
		p.Must(two.Sends(app.Giving{Shop: curtain.Org, Need: "curtain", Name: "王女士", Phone: hers, Channel: kexin.ByCall, Wants: []kexin.PurposeCode{kexin.OwnSMS}, Lang: "zh-CN"}))
		p.Clock.Move(2 * time.Minute)
		p.Must(two.Proves(app.CodeProve, hers))
		second := p.As(curtain.Rep).Accepts()
		twin := twin(p, curtain.Rep2)
		p.Quiet()
		p.Phone.Fails(errors.New("down"))
		p.Must(p.Store.Update(ctx, curtain.Org, func(tx *store.Tx) error {
			for _, id := range []kexin.ID{second, twin} {
				f, err := tx.Facts(kexin.Customer, id)
				if err != nil {
					return err
				}
				if _, err := tx.Queue(store.Message{Subject: f.Subject, Channel: kexin.BySMS, Kind: "told", To: hers, Text: "排着队的", At: tx.Now.Add(time.Minute), Ends: tx.Now.Add(14 * day)}); err != nil {
					return err
				}
			}
			return nil
		}))
		p.Must(her.Stops(app.StopShop))
		p.Phone.Fails(nil)
		for _, h := range []*apptest.Her{her, two} {
			r := h.Has()
			if r.State != share.Revoking {
				t.Errorf("an enquiry of hers is %s", r.State)
			}
			for _, w := range r.Words {
				if w.State != consent.Withdrawn {
					t.Errorf("%s is %s", w.Purpose, w.State)
				}
			}
		}
		if _, err := p.As(curtain.Rep2).Calls(twin, kexin.ByCall); err == nil {
			t.Error("the other record of her number is called")
		}
		p.Clock.Move(25 * time.Hour)
		p.Ticks()
		if box := strings.Join(p.Phone.Box(hers), "\n"); strings.Contains(box, "排着队的") {
			t.Error("what was queued was sent")
		}
		if !gone(p, curtain, first) || !gone(p, curtain, second) || gone(p, curtain, twin) {
			t.Errorf("erased: %v %v %v", gone(p, curtain, first), gone(p, curtain, second), gone(p, curtain, twin))
		}
		follows(t, p)
	})
}

// TestStopClosesAsks: told to stop, her own shop's open questions are answered
// with no, and their links are dead.
func TestStopClosesAsks(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile := p.Shops["tile"]
		rep := p.As(tile.Rep)
		customer := rep.Knows("王秀兰", hers)
		link := rep.Recommends(customer, "curtain", "curtain")
		p.Must(p.App.StopAsTold(ctx, tile.Rep, customer, app.StopShop))
		if s := rep.Sent()[0].Sight; s != share.SeeDeclined {
			t.Errorf("the question is %s", s)
		}
		if err := p.Her("203.0.113.8").Opens(link); kexin.CodeOf(err) != kexin.NotFound {
			t.Errorf("the link opens: %v", err)
		}
	})
}

// TestUnprovedStopKeepsMore: where more hangs on a record than the enquiry that
// was sent, a stop by the link alone ends the enquiry and marks her; it neither
// hides nor erases the rest.
func TestUnprovedStopKeepsMore(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, curtain := p.Shops["tile"], p.Shops["curtain"]
		her := p.Her("203.0.113.7")
		p.Must(her.Opens(p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("王秀兰", hers), "curtain", "curtain")))
		her.Submits("王女士", hers)
		id := p.As(curtain.Rep).Accepts()
		_, err := p.App.Create(ctx, curtain.Rep, app.Draft{Object: kexin.Deal, Parent: id, Values: store.Values{kexin.DealNeed: kexin.Items("curtain"), kexin.DealStage: kexin.Str("quote")}})
		p.Must(err)
		p.Must(her.Stops(app.StopAll))
		p.Clock.Move(25 * time.Hour)
		p.Ticks()
		if _, err := p.App.Get(ctx, curtain.Rep, kexin.Customer, id); err != nil || gone(p, curtain, id) {
			t.Errorf("the record: %v", err)
		}
		if _, err := p.As(curtain.Rep).Calls(id, kexin.ByCall); err == nil {
			t.Error("she is called")
		}
		again := p.Her("203.0.113.7")
		p.Must(again.Opens(her.Receipt))
		if r := again.Has(); r.State != share.Revoked {
			t.Errorf("the enquiry is %s", r.State)
		}
		follows(t, p)
	})
}
