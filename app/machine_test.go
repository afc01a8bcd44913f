package app_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/app"
	"kexin/app/apptest"
	"kexin/ledger"
	"kexin/share"
	"kexin/store"
	"kexin/store/storetest"
)

// A stage is a referral in one state, brought there by what people do.
type stage struct {
	p        *apptest.Party
	id       kexin.ID
	link     string
	ask      *apptest.Her // with her visit to the question
	receipt  *apptest.Her // with her visit to the receipt, once she sent it
	customer kexin.ID     // the receiver's, once accepted
}

const machinePhone = "+8613812345678"

func asked(p *apptest.Party) *stage {
	rep := p.As(p.Shops["tile"].Rep)
	s := &stage{p: p, ask: p.Her("203.0.113.7")}
	s.link = rep.Recommends(rep.Knows("王秀兰", machinePhone), "curtain", "curtain")
	s.id = rep.Sent()[0].ID
	p.Must(s.ask.Opens(s.link))
	return s
}

func submitted(p *apptest.Party) *stage {
	s := asked(p)
	s.receipt = p.Her("203.0.113.7")
	p.Must(s.receipt.Opens(s.link))
	g := s.receipt.Giving("王女士", machinePhone)
	g.Tell = true
	p.Must(s.receipt.Sends(g))
	return s
}

func accepted(p *apptest.Party) *stage {
	s := submitted(p)
	s.customer = p.As(p.Shops["curtain"].Rep).Accepts()
	return s
}

func contacted(p *apptest.Party) *stage {
	s := accepted(p)
	_, err := p.As(p.Shops["curtain"].Rep).Calls(s.customer, kexin.ByCall)
	p.Must(err)
	p.Settle()
	return s
}

func (s *stage) does(act func() error) *stage {
	s.p.TB.Helper()
	s.p.Must(act())
	s.p.Settle()
	return s
}

// passes lets time go by; her visits are begun anew where her links still open.
func (s *stage) passes(d time.Duration) *stage {
	s.p.TB.Helper()
	s.p.Clock.Move(d)
	s.p.Ticks()
	if s.receipt != nil {
		h := s.p.Her("203.0.113.7")
		s.p.Must(h.Opens(s.receipt.Receipt))
		h.Receipt, s.receipt = s.receipt.Receipt, h
	}
	if h := s.p.Her("203.0.113.7"); h.Opens(s.link) == nil {
		s.ask = h
	}
	return s
}

func (s *stage) rep() kexin.Actor { return s.p.Shops["curtain"].Rep }

func won(p *apptest.Party) *stage {
	s := contacted(p)
	order(p, s.rep(), s.customer)
	return s.does(func() error { return p.App.WinReferral(ctx, s.rep(), s.id) })
}

// forced is a question whose row stands in a state in which no act leaves one that
// has a link: no link is made of what the check blocked.
func forced(state share.State) func(p *apptest.Party) *stage {
	return func(p *apptest.Party) *stage {
		s := asked(p)
		p.Must(p.Store.Update(ctx, p.Shops["tile"].Org, func(tx *store.Tx) error {
			r, err := tx.Referral(s.id)
			if err != nil {
				return err
			}
			was := r.State
			r.State = state
			return tx.SaveReferral(was, r)
		}))
		return s
	}
}

const linkEnd = 14*24*time.Hour - 10*time.Minute

// stages reach every state of the machine.
var stages = map[share.State]func(p *apptest.Party) *stage{
	share.Draft:     forced(share.Draft),
	share.Blocked:   forced(share.Blocked),
	share.Awaiting:  asked,
	share.Declined:  func(p *apptest.Party) *stage { s := asked(p); return s.does(s.ask.Declines) },
	share.Expired:   func(p *apptest.Party) *stage { return asked(p).passes(linkEnd).passes(10 * time.Minute) },
	share.Submitted: submitted,
	share.Rejected: func(p *apptest.Party) *stage {
		s := submitted(p)
		return s.does(func() error { return p.App.RejectReferral(ctx, s.rep(), s.id) })
	},
	share.Accepted:  accepted,
	share.Contacted: contacted,
	share.Won:       won,
	share.Lost: func(p *apptest.Party) *stage {
		s := accepted(p)
		return s.does(func() error { return p.App.LoseReferral(ctx, s.rep(), s.id) })
	},
	share.Revoking: func(p *apptest.Party) *stage {
		s := accepted(p)
		return s.does(func() error { return s.receipt.Stops(app.StopShop) })
	},
	share.Revoked: func(p *apptest.Party) *stage {
		s := accepted(p)
		return s.does(func() error { return s.receipt.Stops(app.StopShop) }).passes(25 * time.Hour)
	},
	share.Closed: func(p *apptest.Party) *stage {
		s := asked(p)
		return s.does(func() error { return p.App.CancelReferral(ctx, p.Shops["tile"].Rep, s.id) })
	},
}

// rowAt is a merchant's row of the referral; the zero one where he has none.
func (s *stage) rowAt(shop string) (r store.Referral) {
	s.p.TB.Helper()
	err := s.p.Store.View(ctx, s.p.Shops[shop].Org, func(tx *store.Tx) (err error) { r, err = tx.Referral(s.id); return err })
	if err != nil && kexin.CodeOf(err) != kexin.NotFound {
		s.p.TB.Fatal(err)
	}
	return r
}

// An attempt is one event tried by one party. shop is whose row it is about,
// and who is the role by which the machine knows him there; "" is nobody whom
// it knows.
type attempt struct {
	name  string
	shop  string
	kind  share.Kind
	who   share.Role
	try   func() error
	quiet bool // what he is answered does not say that it was refused
}

func (s *stage) attempts() (out []attempt) {
	p, a := s.p, s.p.App
	tile, curtain, lamp := p.Shops["tile"], p.Shops["curtain"], p.Shops["lamp"]
	moves := []struct {
		kind share.Kind
		do   func(kexin.Actor) error
	}{
		{share.Cancel, func(x kexin.Actor) error { return a.CancelReferral(ctx, x, s.id) }},
		{share.Accept, func(x kexin.Actor) error { _, err := a.AcceptReferral(ctx, x, s.id); return err }},
		{share.Reject, func(x kexin.Actor) error { return a.RejectReferral(ctx, x, s.id) }},
		{share.Order, func(x kexin.Actor) error { return a.WinReferral(ctx, x, s.id) }},
		{share.NoDeal, func(x kexin.Actor) error { return a.LoseReferral(ctx, x, s.id) }},
	}
	for _, m := range moves {
		for _, w := range []struct {
			name, shop string
			actor      kexin.Actor
			who        share.Role
		}{{"sender's rep", "tile", tile.Rep, share.Sender}, {"receiver's rep", "curtain", curtain.Rep, share.Receiver}, {"receiver's owner", "curtain", curtain.Owner, share.Receiver}, {"third shop", "lamp", lamp.Owner, ""}} {
			who := w.who
			if (m.kind == share.Cancel) != (who == share.Sender) {
				who = "" // the act of the other side
			}
			out = append(out, attempt{name: w.name, shop: w.shop, kind: m.kind, who: who, try: func() error { return m.do(w.actor) }, quiet: m.kind == share.Cancel && w.shop == "tile"})
		}
	}
	seat := app.Seat{Org: tile.Org, Member: tile.Rep.User, Actor: tile.Rep}
	staff := *s.ask
	staff.Seat = seat
	stranger := p.Her("203.0.113.66") // with a link of her own
	p.Must(stranger.Opens(p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("张伟", "+8613812345699"), "curtain", "curtain")))
	for name, h := range map[string]*apptest.Her{"customer": s.ask, "staff's browser": &staff, "another's link": stranger} {
		who := share.Role("")
		if h == s.ask {
			who = share.Customer
		}
		out = append(out,
			attempt{name: name, shop: "tile", kind: share.Decline, who: who, try: func() error { return a.Decline(ctx, h.Visit(), s.id) }, quiet: h == s.ask},
			attempt{name: name, shop: "tile", kind: share.TakeBack, who: who, try: func() error { return a.TakeBack(ctx, h.Visit(), s.id) }},
			attempt{name: name, shop: "tile", kind: share.Submit, who: who, try: func() error {
				_, err := a.Submit(ctx, h.Visit(), app.Giving{Referral: s.id, Shop: curtain.Org, Name: "李女士", Phone: "+8613812345700", Channel: kexin.ByCall, Lang: "zh-CN"})
				return err
			}})
	}
	if s.customer != 0 && s.rowAt("curtain").State != share.Won && s.rowAt("curtain").State != share.Contacted { // further calls are no moves
		out = append(out, attempt{name: "receiver's rep", shop: "curtain", kind: share.Contact, who: share.Receiver, try: func() error { _, err := p.As(curtain.Rep).Calls(s.customer, kexin.ByCall); return err }})
	}
	if s.receipt != nil {
		out = append(out, attempt{name: "customer", shop: "curtain", kind: share.Withdraw, who: share.Customer, try: func() error { return s.receipt.Stops(app.StopShop) }, quiet: true})
	}
	for _, k := range share.Kinds {
		out = append(out, s.letter("curtain", "tile", "referral.moved", k), s.letter("tile", "curtain", "referral.moved", k), s.letter("lamp", "tile", "referral.moved", k), s.letter("lamp", "curtain", "referral.moved", k))
	}
	for _, from := range []string{"lamp", "curtain"} {
		out = append(out, s.letter(from, "tile", "consent.outcome", share.Outcome))
	}
	return append(out, s.letter("lamp", "tile", "consent.withdrawn", share.Withdraw), s.letter("lamp", "curtain", "consent.withdrawn", share.Withdraw),
		attempt{name: "not me in staff's browser", shop: "tile", kind: share.Decline, try: func() error { return a.NotMe(ctx, staff.Visit()) }},
		attempt{name: "not me", shop: "tile", kind: share.Decline, who: share.Customer, try: func() error { return a.NotMe(ctx, s.ask.Visit()) }, quiet: true})
}

// letter is an event told by a letter, signed by who sends it.
func (s *stage) letter(from, to, kind string, k share.Kind) attempt {
	word, who := string(k), share.Role("")
	switch kind {
	case "consent.outcome":
		word = "DELETED"
	case "consent.withdrawn":
		word = app.StopAll
	}
	if from == "curtain" && to == "tile" && (k.Told() || kind == "consent.outcome") { // the receiver tells of what happened there
		if t, ok := share.TransitionOf(s.rowAt(to).State, k); ok {
			who = t.By[0]
		}
	}
	return attempt{name: "letter of " + from, shop: to, kind: k, who: who, quiet: true, try: func() error {
		s.p.Must(s.p.Store.Update(ctx, s.p.Shops[from].Org, func(tx *store.Tx) error {
			return tx.Post(store.Letter{Kind: kind, To: s.p.Shops[to].Org, Ref: s.id, Word: word, N: 1, Told: true})
		}))
		s.p.Settle()
		return nil
	}}
}

// listed reports whether the machine lets a party do it: those are the scripts'.
func (s *stage) listed(x attempt) bool {
	state := s.rowAt(x.shop).State
	if x.kind == share.Submit && x.who == share.Customer && state == share.Declined {
		return true // takes her no back
	}
	if strings.HasPrefix(x.name, "letter of curtain") && x.shop == "tile" && (state == share.Declined && x.kind == share.Submit ||
		x.kind == share.Withdraw && (state == share.Revoking || state == share.Revoked) || x.kind == share.Outcome && state == share.Revoked) {
		return true // the same, told twice
	}
	t, ok := share.TransitionOf(state, x.kind)
	return ok && x.who != "" && slices.Contains(t.By, x.who)
}

// refusals are the log's entries about the referral, newer than after, of what
// was tried and not done.
func (s *stage) refusals(shop string, after kexin.ID) (newest kexin.ID, out []ledger.ReferralRefused) {
	s.p.TB.Helper()
	newest = after
	page, err := s.p.App.Ledger(ctx, s.p.Shops[shop].Owner, 0)
	s.p.Must(err)
	for _, e := range page.Entries {
		newest = max(newest, e.ID)
		if f, ok := e.Facts.(*ledger.ReferralRefused); ok && e.ID > after && e.Refs.Referral == s.id {
			out = append(out, *f)
		}
		for _, personal := range []string{"王秀兰", "王女士", "李女士", "13812345678", "13812345700"} {
			if leaf := string(e.Leaf); personal[0] > '9' && strings.Contains(leaf, personal) || storetest.Stands(leaf, personal) {
				s.p.TB.Errorf("the log holds %s: %s", personal, e.Leaf)
			}
		}
	}
	return newest, out
}

// TestRefusedAndRecorded: in every state, every event that the machine does not
// list for a party changes neither row and is written in the log of the merchant
// whose row it was tried on, with the state, the event and nothing of a person.
func TestRefusedAndRecorded(t *testing.T) {
	if len(stages) != len(share.States) {
		t.Fatal("a state is not reached")
	}
	for _, state := range share.States {
		t.Run(string(state), func(t *testing.T) {
			parties(t, func(t *testing.T, p *apptest.Party) {
				s := stages[state](p)
				if got := s.rowAt("tile").State; got != state {
					t.Fatalf("brought to %s", got)
				}
				for _, x := range s.attempts() {
					if s.listed(x) {
						continue
					}
					had := [2]store.Referral{s.rowAt("tile"), s.rowAt("curtain")}
					where := x.shop
					if had[0].State != share.None && x.shop == "curtain" && had[1].State == share.None || x.shop == "lamp" {
						where = "" // he has no row: it is as if there were none
					}
					if x.kind == share.Submit && x.shop == "tile" && x.name != "another's link" && had[1].State != share.None && !strings.HasPrefix(x.name, "letter") {
						where = "curtain" // sent a second time: judged where she sent it
					}
					var mark kexin.ID
					if where != "" {
						mark, _ = s.refusals(where, 0)
					}
					err := x.try()
					if err == nil && !x.quiet {
						t.Errorf("%s %s: not refused", x.name, x.kind)
					}
					if now := [2]store.Referral{s.rowAt("tile"), s.rowAt("curtain")}; now[0].State != had[0].State || now[1].State != had[1].State || now[0].Due != had[0].Due || now[1].Due != had[1].Due {
						t.Fatalf("%s %s: moved from %s, %s to %s, %s", x.name, x.kind, had[0].State, had[1].State, now[0].State, now[1].State)
					}
					if where == "" {
						continue
					}
					at, side := had[0], "sender"
					if where == "curtain" {
						at, side = had[1], "receiver"
					}
					if _, got := s.refusals(where, mark); !slices.ContainsFunc(got, func(f ledger.ReferralRefused) bool {
						return string(f.Event) == string(x.kind) && string(f.State) == string(at.State) && string(f.Side) == side && f.Code != ""
					}) {
						t.Errorf("%s %s at %s (%v): not recorded, but %+v", x.name, x.kind, where, err, got)
					}
				}
				if _, got := s.refusals("lamp", 0); len(got) > 0 {
					t.Errorf("a shop without a row has %+v", got)
				}
			})
		})
	}
}
