package app_test

import (
	"testing"
	"time"

	"kexin"
	"kexin/app"
	"kexin/app/apptest"
	"kexin/gate"
	"kexin/law"
	"kexin/ledger"
	"kexin/share"
	"kexin/store"
)

// TestTwinIsAskedAsShe: a second record with her number does not begin anew:
// her no, the way she came, and how many shops were asked hold for her number.
func TestTwinIsAskedAsShe(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, curtain := p.Shops["tile"], p.Shops["curtain"]
		twin := func(a kexin.Actor, phone string) kexin.ID {
			id, err := p.App.Create(ctx, a, app.Draft{Object: kexin.Customer, Shared: true, Values: store.Values{kexin.CustName: kexin.Str("王小妹"), kexin.CustPhone: kexin.Str(phone)}})
			p.Must(err)
			return id
		}
		rep, her := p.As(tile.Rep), p.Her("203.0.113.7")
		p.Must(her.Opens(rep.Recommends(rep.Knows("王秀兰", hers), "curtain", "curtain")))
		p.Must(her.Declines())
		other := twin(tile.Rep, hers)
		if _, err := rep.TryRecommend(other, "curtain", "curtain"); kexin.LawOf(err) != "E_REASK_COOLDOWN" {
			t.Errorf("asked again by a second record: %v", err)
		}
		p.Clock.Move(181 * 24 * time.Hour)
		if _, err := rep.TryRecommend(other, "curtain", "curtain"); err != nil {
			t.Errorf("after her no has run out: %v", err)
		}

		const second = "+8613812340000"
		her = p.Her("203.0.113.8")
		p.Must(her.Opens(rep.Recommends(rep.Knows("钱一", second), "curtain", "curtain")))
		her.Submits("钱女士", second)
		p.As(curtain.Rep).Accepts()
		if _, err := p.As(curtain.Rep).TryRecommend(twin(curtain.Rep, second), "lamp", "lamp"); kexin.LawOf(err) != "E_ONWARD" {
			t.Errorf("recommended on by a second record: %v", err)
		}
	})
}

// TestManyTwins: however many records have her number, her no holds for each, and a
// stop marks each: none is hidden behind the others.
func TestManyTwins(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile := p.Shops["tile"]
		const many = 60
		var ids []kexin.ID
		p.Must(p.Store.Update(ctx, tile.Org, func(tx *store.Tx) error {
			ids = ids[:0]
			for range many {
				v := store.Values{kexin.CustName: kexin.Str("王小妹"), kexin.CustPhone: kexin.Str(hers)}
				permit, err := gate.Create(tx.State, tile.Rep, kexin.Query{Act: kexin.ActCreate, Object: kexin.Customer, Fields: []kexin.FieldID{kexin.CustName, kexin.CustPhone}}, tile.Rep.User)
				if err != nil {
					return err
				}
				id, err := tx.Create(&permit, tile.Rep.User, 0, v)
				if err != nil {
					return err
				}
				ids = append(ids, id)
			}
			return nil
		}))
		rep, her := p.As(tile.Rep), p.Her("203.0.113.7")
		p.Must(her.Opens(rep.Recommends(ids[many-1], "curtain", "curtain")))
		p.Must(her.Declines())
		for _, i := range []int{0, many / 2, many - 2} {
			p.Clock.Move(time.Minute)
			if _, err := rep.TryRecommend(ids[i], "curtain", "curtain"); kexin.LawOf(err) != "E_REASK_COOLDOWN" {
				t.Errorf("asked again by record %d: %v", i, err)
			}
		}
		p.Must(p.Store.Update(ctx, tile.Org, func(tx *store.Tx) error {
			f, err := tx.Facts(kexin.Customer, ids[0])
			if err != nil {
				return err
			}
			marked, err := tx.Quieten(f.Subject, []kexin.Key{{Kind: kexin.KeyPhone, Canon: hers}}, tx.Now, 0, ledger.Who(tile.Rep), "")
			if len(marked) != many {
				t.Errorf("a stop marks %d of %d", len(marked), many)
			}
			return err
		}))
	})
}

// TestNoIsTakenBackWhereItWasSaid: in another browser, which is not told of her
// no, it cannot be taken back.
func TestNoIsTakenBackWhereItWasSaid(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		rep := p.As(p.Shops["tile"].Rep)
		customer := rep.Knows("王秀兰", hers)
		link := rep.Recommends(customer, "curtain", "curtain")
		her, other := p.Her("203.0.113.7"), p.Her("198.51.100.9")
		p.Must(her.Opens(link))
		p.Must(other.Opens(link))
		asked := her.Sees().Choices[0].Referral
		before := p.App.TakeBack(ctx, other.Visit(), asked)
		p.Must(her.Declines())
		if err := p.App.TakeBack(ctx, other.Visit(), asked); err == nil || kexin.CodeOf(err) != kexin.CodeOf(before) {
			t.Errorf("taken back elsewhere: %v; before there was a no: %v", err, before)
		}
		if s := rep.Sent()[0]; s.Sight != share.SeeDeclined {
			t.Errorf("her no has become %s", s.Sight)
		}
		p.Must(p.App.TakeBack(ctx, her.Visit(), asked))
		if s := rep.Sent()[0]; s.Sight != share.SeeWaiting {
			t.Errorf("taken back by her: %s", s.Sight)
		}
	})
}

// TestTwinIsALookup: a refusal that tells of a colleague's record with the same
// number is counted as a lookup, and tells nothing once there are none left.
func TestTwinIsALookup(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile := p.Shops["tile"]
		rep, her := p.As(tile.Rep), p.Her("203.0.113.7")
		p.Must(her.Opens(rep.Recommends(rep.Knows("王秀兰", hers), "curtain", "curtain")))
		p.Must(her.Declines())
		p.Clock.Move(time.Hour)
		id, err := p.App.Create(ctx, tile.Owner, app.Draft{Object: kexin.Customer, Shared: true, Values: store.Values{kexin.CustName: kexin.Str("王小妹"), kexin.CustPhone: kexin.Str(hers)}})
		p.Must(err)
		for i := range law.LookupPerMinute + 1 {
			_, err := p.As(tile.Owner).TryRecommend(id, "curtain", "curtain")
			if told := kexin.LawOf(err) == "E_REASK_COOLDOWN"; told != (i < law.LookupPerMinute) || kexin.CodeOf(err) != kexin.RateLimited {
				t.Errorf("refusal %d: %v", i+1, err)
			}
		}
	})
}
