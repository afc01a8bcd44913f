package app_test

import (
	"slices"
	"testing"
	"time"

	"kexin"
	"kexin/app"
	"kexin/app/apptest"
	"kexin/gate"
	"kexin/internal/db"
	"kexin/share"
	"kexin/store"
	"kexin/store/storetest"
	"kexin/vault"
)

// mute is a party on each engine whose server sends no messages at all.
func mute(t *testing.T, f func(t *testing.T, p *apptest.Party)) {
	t.Helper()
	storetest.Opened(t, func(t *testing.T, open func(db.Config) *db.DB) {
		c := storetest.NewClock()
		f(t, apptest.NewWith(t, open(db.Config{Clock: c.Now}), c, vault.Keepers{vault.NewMasterKeeper(vault.NewKey())}, apptest.NewPhone(kexin.ByWeChat)))
	})
}

// atCounter sends something to the curtain shop by the lamp shop's counter.
func atCounter(p *apptest.Party, path, name, phone, mail string, over kexin.Channel) *apptest.Her {
	p.TB.Helper()
	h, form := returns(p, path, name, phone)
	form.Email, form.Channel = mail, over
	p.Must(h.Sends(form))
	return h
}

// says is what an owner, his second factor fresh or not, types as her second word.
func says(p *apptest.Party, who kexin.Actor, fresh bool, id kexin.ID, word string) (bool, error) {
	p.TB.Helper()
	if who.StepUp = 0; fresh {
		who.StepUp = p.Clock.Instant()
	}
	right, _, err := p.App.AnswerWord(ctx, who, id, word)
	return right, err
}

// TestComeBackInShop: where the server sends no messages, who stopped a shop comes
// back to it in the shop: she sends something of her own, and an owner, with his
// second factor, takes the second word of her receipt. Nobody else does, not who took
// what she sent while another owner is there, not with a wrong word; who typed her
// number stays stopped, and offers do.
func TestComeBackInShop(t *testing.T) {
	mute(t, func(t *testing.T, p *apptest.Party) {
		curtain := p.Shops["curtain"]
		p.Quiet()
		path := p.As(p.Shops["lamp"].Owner).Counter()
		her := atCounter(p, path, "王女士", hers, "", kexin.ByCall)
		first := newest(p)
		if right, err := says(p, curtain.Rep, false, p.As(curtain.Rep).Inbox()[0].ID, her.Has().Pair.Answer); !right || err != nil {
			t.Fatalf("the word at the first call: %v %v", right, err)
		}
		p.Must(her.Stops(app.StopShop))
		p.Clock.Move(25 * time.Hour)
		p.Ticks()
		if !gone(p, curtain, first) {
			t.Fatal("what she had there is not erased")
		}
		atCounter(p, path, "赵先生", hers, "", kexin.ByCall)
		stranger := newest(p)
		again := atCounter(p, path, "王女士", hers, "", kexin.ByCall)
		now := newest(p)
		calls := func(who string, id kexin.ID, want bool) {
			t.Helper()
			if v, err := p.As(curtain.Rep).Calls(id, kexin.ByCall); (err == nil && v == hers) != want {
				t.Errorf("%s is called: %q %v", who, v, err)
			}
		}
		calls("she, before", now, false)
		in := p.As(curtain.Rep).Inbox()[0]
		if in.Back != app.ReturnHere || in.Said != "" {
			t.Errorf("the inbox says %+v", in)
		}
		word := again.Has().Pair.Answer
		for who, x := range map[string]struct {
			actor kexin.Actor
			fresh bool
			code  kexin.Code
		}{"a rep": {curtain.Rep, true, kexin.Forbidden}, "the owner without his factor": {curtain.Owner, false, kexin.Unauthorized}, "another shop's owner": {p.Shops["lamp"].Owner, true, kexin.NotFound}} {
			if right, err := says(p, x.actor, x.fresh, in.ID, word); right || kexin.CodeOf(err) != x.code {
				t.Errorf("%s takes the word: %v %v", who, right, err)
			}
		}
		calls("she, before an owner took her word", now, false)
		if right, err := says(p, curtain.Owner, true, in.ID, "错词"); right || err != nil {
			t.Errorf("a wrong word: %v %v", right, err)
		}
		if lifted(p) != 0 {
			t.Error("lifted by a wrong word")
		}
		if right, err := says(p, curtain.Owner, true, in.ID, word); !right || err != nil {
			t.Fatalf("her word: %v %v", right, err)
		}
		calls("she", now, true)
		calls("who typed her number", stranger, false)
		if lifted(p) != 1 || p.As(curtain.Rep).Inbox()[0].Back != "" {
			t.Errorf("lifted %d times, the inbox says %q", lifted(p), p.As(curtain.Rep).Inbox()[0].Back)
		}
		if r := again.Has(); r.Stop.Lifted == 0 || r.Stop.Scope != app.StopAds || !r.Proved {
			t.Errorf("her receipt says %+v", r.Stop)
		}
		if got := states(again); !slices.Equal(got, []string{"crm.followup call GIVEN E2"}) {
			t.Error(got)
		}
		if shut, err := offersShut(p); !shut || err != nil {
			t.Errorf("offers are open again: %v", err)
		}
		deep(t, p)
		p.Must(again.Stops(app.StopShop))
		calls("she, after she stopped it again", now, false)
	})
}

// staff is one more member of a shop.
func staff(p *apptest.Party, s *apptest.Shop, pos kexin.Position) kexin.Actor {
	p.TB.Helper()
	a := s.Owner
	a.Position, a.Purpose = pos, gate.Default(false).Posts[pos].Purposes[0]
	p.Must(p.Store.Update(ctx, s.Org, func(tx *store.Tx) (err error) {
		a.User, err = tx.AddMember(store.Member{Name: "周启明", Position: pos, Active: true, Told: tx.Now})
		return err
	}))
	return a
}

// TestComeBackByAnother: the owner who took what she sent does not take her word as
// well while an officer is there.
func TestComeBackByAnother(t *testing.T) {
	mute(t, func(t *testing.T, p *apptest.Party) {
		curtain := p.Shops["curtain"]
		p.Quiet()
		path := p.As(p.Shops["lamp"].Owner).Counter()
		atCounter(p, path, "王女士", hers, "", kexin.ByCall)
		p.Must(p.App.StopAsTold(ctx, curtain.Rep, newest(p), app.StopShop))
		her := atCounter(p, path, "王女士", hers, "", kexin.ByCall)
		id := p.As(curtain.Rep).Inbox()[0].ID
		_, err := p.App.AcceptReferral(ctx, curtain.Owner, id)
		p.Must(err)
		other := staff(p, curtain, kexin.PIO)
		if right, err := says(p, curtain.Owner, true, id, her.Has().Pair.Answer); right || kexin.LawOf(err) != "E_SOD" {
			t.Errorf("who took her: %v %v", right, err)
		}
		if right, err := says(p, other, true, id, her.Has().Pair.Answer); !right || err != nil {
			t.Errorf("the officer: %v %v", right, err)
		}
	})
}

// TestComeBackByCodeAlone: where a code can go to her, no owner takes her word.
func TestComeBackByCodeAlone(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		curtain := p.Shops["curtain"]
		path := p.As(p.Shops["lamp"].Owner).Counter()
		atCounter(p, path, "王女士", hers, "", kexin.ByCall)
		p.Must(p.App.StopAsTold(ctx, curtain.Rep, newest(p), app.StopShop))
		her := atCounter(p, path, "王女士", hers, "", kexin.ByCall)
		newest(p)
		in := p.As(curtain.Rep).Inbox()[0]
		if right, err := says(p, curtain.Owner, true, in.ID, her.Has().Pair.Answer); in.Back != app.ReturnCode || right || kexin.CodeOf(err) != kexin.Forbidden {
			t.Errorf("%q, taken: %v %v", in.Back, right, err)
		}
	})
}

// tasks are the open tasks of a member.
func tasks(p *apptest.Party, a kexin.Actor) int {
	p.TB.Helper()
	l, err := p.App.Find(ctx, a, kexin.Query{Object: kexin.Task})
	p.Must(err)
	return len(l.Rows)
}

// TestNoTaskForStopped: who takes what a customer sent gets a task to contact her,
// but not one who stopped the shop.
func TestNoTaskForStopped(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		curtain := p.Shops["curtain"]
		path := p.As(p.Shops["lamp"].Owner).Counter()
		atCounter(p, path, "王女士", hers, "", kexin.ByCall)
		had := newest(p)
		if n := tasks(p, curtain.Rep); n != 1 {
			t.Fatalf("%d tasks", n)
		}
		p.Must(p.App.StopAsTold(ctx, curtain.Rep, had, app.StopShop))
		p.Clock.Move(25 * time.Hour)
		p.Ticks()
		n := tasks(p, curtain.Rep)
		atCounter(p, path, "王女士", hers, "", kexin.ByCall)
		newest(p)
		if got := tasks(p, curtain.Rep); got != n {
			t.Errorf("%d tasks where there were %d", got, n)
		}
		atCounter(p, path, "李某", others, "", kexin.ByCall)
		newest(p)
		if got := tasks(p, curtain.Rep); got != n+1 {
			t.Errorf("for another customer %d tasks where there were %d", got, n)
		}
	})
}

// TestMailboxStopped: a mailbox that was stopped is not written to; who has it
// beside a number that was not is called, and who has nothing else is stopped.
func TestMailboxStopped(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		curtain := p.Shops["curtain"]
		p.Quiet()
		path := p.As(p.Shops["lamp"].Owner).Counter()
		her := atCounter(p, path, "王女士", "", herMail, kexin.ByEmail)
		newest(p)
		p.Must(her.Proves(app.CodeMine, herMail))
		p.Must(her.Stops(app.StopShop))
		p.Clock.Move(25 * time.Hour)
		p.Ticks()
		both := atCounter(p, path, "王女士", hers, herMail, kexin.ByCall)
		id := newest(p)
		rec, err := p.App.Get(ctx, curtain.Rep, kexin.Customer, id)
		p.Must(err)
		for _, m := range rec.Mays {
			if m.Channel == kexin.ByCall && !m.OK || m.Channel == kexin.ByEmail && (m.OK || m.Reason != "suppressed") {
				t.Errorf("the record says %s %v %s", m.Channel, m.OK, m.Reason)
			}
		}
		if v, err := p.As(curtain.Rep).Calls(id, kexin.ByCall); err != nil || v != hers {
			t.Errorf("she is not called: %q %v", v, err)
		}
		p.Must(both.Proves(app.CodeProve, hers))
		if v, err := p.As(curtain.Rep).Calls(id, kexin.ByEmail); v != "" || kexin.CodeOf(err) != kexin.Forbidden {
			t.Errorf("the mailbox that was stopped: %q %v", v, err)
		}
		atCounter(p, path, "王女士", "", herMail, kexin.ByEmail)
		if v, err := p.As(curtain.Rep).Calls(newest(p), kexin.ByEmail); v != "" || kexin.CodeOf(err) != kexin.Forbidden {
			t.Errorf("who has the mailbox alone: %q %v", v, err)
		}
		deep(t, p)
	})
}

// TestStopReachesWaiting: her stop, by a number that she proved, ends what waits
// under it and nobody took yet, as what was taken; what somebody else sent waits on.
func TestStopReachesWaiting(t *testing.T) {
	for name, c := range map[string]struct {
		scope string
		state share.State
		words []string
	}{
		"stop":      {app.StopShop, share.Revoking, []string{"crm.followup call REFUSED", "marketing.own.sms sms REFUSED"}},
		"no offers": {app.StopAds, share.Submitted, []string{"crm.followup call REQUESTED", "marketing.own.sms sms REFUSED"}},
		"not me":    {"", share.Submitted, []string{"crm.followup call REFUSED", "marketing.own.sms sms REFUSED"}},
	} {
		t.Run(name, func(t *testing.T) {
			parties(t, func(t *testing.T, p *apptest.Party) {
				curtain := p.Shops["curtain"]
				p.Quiet()
				her, _ := withOffers(p)
				path := p.As(p.Shops["lamp"].Owner).Counter()
				send := func(name, phone string) *apptest.Her {
					h, form := returns(p, path, name, phone, kexin.OwnSMS)
					p.Must(h.Sends(form))
					return h
				}
				two, other := send("王女士", hers), send("李某", others)
				if c.scope != "" {
					p.Must(her.Stops(c.scope))
				} else {
					p.Must(p.App.NotMe(ctx, her.Visit()))
				}
				if r := two.Has(); r.State != c.state || !slices.Equal(states(two), c.words) {
					t.Errorf("what waited is %s: %v", r.State, states(two))
				}
				if r := other.Has(); r.State != share.Submitted || !slices.Equal(states(other), []string{"crm.followup call REQUESTED", "marketing.own.sms sms REQUESTED"}) {
					t.Errorf("another's is %s: %v", r.State, states(other))
				}
				if c.scope == app.StopShop {
					p.Clock.Move(25 * time.Hour)
					p.Ticks()
					late := p.Her("203.0.113.20")
					p.Must(late.Opens(two.Receipt))
					if r := late.Has(); r.State != share.Revoked || !r.Erased {
						t.Errorf("a day later it is %s, erased %v", r.State, r.Erased)
					}
				}
				if n := len(p.As(curtain.Rep).Inbox()); n != 3 {
					t.Errorf("%d arrivals", n)
				}
				follows(t, p)
			})
		})
	}
}

// TestStopAllBothAddresses: a stop at every shop reaches the shops that have the
// address that she proved; by a code to her other one, in the same visit, those that
// have that alone as well, though her own shop does not. Until then nothing is
// erased, and one that has her by a third address is not told.
func TestStopAllBothAddresses(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, curtain, lamp := p.Shops["tile"], p.Shops["curtain"], p.Shops["lamp"]
		p.Quiet()
		rep := p.As(tile.Rep)
		customer := rep.Knows("王秀兰", hers)
		give := func(shop, phone, mail string, over kexin.Channel) *apptest.Her {
			h := p.Her("203.0.113.7")
			p.Must(h.Opens(rep.Recommends(customer, shop, shop)))
			g := h.Giving("王女士", phone)
			g.Email, g.Channel = mail, over
			p.Must(h.Sends(g))
			return h
		}
		her, there := give("curtain", hers, herMail, kexin.ByCall), give("lamp", "", herMail, kexin.ByEmail)
		p.Must(her.Proves(app.CodeMine, hers))
		p.Must(her.Stops(app.StopAll))
		if s := there.Has().State; s != share.Submitted {
			t.Errorf("a shop with another address is %s", s)
		}
		p.Clock.Move(2 * time.Minute)
		p.Ticks()
		if r := her.Has(); r.State != share.Revoking || r.Erased || !slices.Equal(r.Whole, []kexin.Channel{kexin.ByEmail}) {
			t.Fatalf("before the second code: %s, erased %v, a code goes over %v", r.State, r.Erased, r.Whole)
		}
		p.Must(her.Proves(app.CodeStop, herMail))
		p.Settle()
		if s := there.Has().State; s != share.Revoking {
			t.Errorf("the shop with the mailbox is %s", s)
		}
		if r := her.Has(); len(r.Whole) != 0 {
			t.Errorf("a code is offered still over %v", r.Whole)
		}
		p.Ticks()
		if r := her.Has(); r.State != share.Revoked || !r.Erased {
			t.Errorf("both proved: %s, erased %v", r.State, r.Erased)
		}
		p.Clock.Move(25 * time.Hour)
		p.Ticks()
		for _, s := range []*apptest.Shop{curtain, lamp} {
			if in := p.As(s.Rep).Inbox()[0]; in.State != share.Revoked {
				t.Errorf("%s: %s", s.Name, in.State)
			}
		}
		follows(t, p)
	})
}

// TestStopAllThirdAddress: what she proved reaches no shop that has her by another
// address.
func TestStopAllThirdAddress(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		one, two, _, _, _ := twoShops(p)
		p.Quiet()
		two.Submits("王女士", others)
		p.Must(one.Proves(app.CodeMine, hers))
		p.Must(one.Stops(app.StopAll))
		if r := one.Has(); r.State != share.Revoking || len(r.Whole) != 0 {
			t.Errorf("%s, a code goes over %v", r.State, r.Whole)
		}
		if s := two.Has().State; s != share.Submitted {
			t.Errorf("the shop with another number is %s", s)
		}
	})
}

// TestAlertNames: the officer is led to the customers of whom a stop was not proved,
// and of whom a number is disputed; nobody hears of them who may not see them. The
// term of such an alert is fifteen days: then it is late, and stands before newer
// ones until he has dealt with it.
func TestAlertNames(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		curtain := p.Shops["curtain"]
		p.Quiet()
		her, customer := withOffers(p)
		path := p.As(p.Shops["lamp"].Owner).Counter()
		evil := atCounter(p, path, "甲", hers, "", kexin.ByCall)
		p.Must(evil.Stops(app.StopShop))
		find := func(code string) (out app.Alert, at int) {
			t.Helper()
			all, err := p.App.Alerts(ctx, curtain.Owner)
			p.Must(err)
			at = slices.IndexFunc(all, func(a app.Alert) bool { return a.Code == code })
			if at < 0 {
				t.Fatalf("no alert %s", code)
			}
			return all[at], at
		}
		a, _ := find("stop_unproved")
		if len(a.About) != 1 || a.About[0].ID != customer || a.About[0].Name.Value.S != "王女士" || a.Due != a.At.Add(15*day) || a.Late {
			t.Errorf("%+v", a)
		}
		if _, err := p.App.Alerts(ctx, curtain.Rep); kexin.CodeOf(err) != kexin.Forbidden {
			t.Errorf("a rep: %v", err)
		}
		auditor := staff(p, curtain, kexin.Auditor)
		if all, err := p.App.Alerts(ctx, auditor); err != nil || len(all[0].About) != 1 || all[0].About[0].Name.Level != kexin.Masked {
			t.Errorf("an auditor, who sees no name: %+v %v", all, err)
		}
		p.Must(p.App.NotMe(ctx, her.Visit()))
		a, _ = find("number_disputed")
		if len(a.About) != 1 || a.About[0].ID != customer {
			t.Errorf("%+v", a.About)
		}
		p.Clock.Move(15*day - time.Second)
		if a, _ = find("number_disputed"); a.Late {
			t.Error("late before its term")
		}
		p.Clock.Move(time.Second)
		p.Must(p.Store.Update(ctx, curtain.Org, func(tx *store.Tx) error { return tx.Alert("links_guessed", nil) }))
		if a, at := find("number_disputed"); !a.Late || at > 1 {
			t.Errorf("at its term it is late %v, at place %d", a.Late, at)
		}
		if _, at := find("links_guessed"); at < 2 {
			t.Errorf("a newer one stands at %d, before the late ones", at)
		}
		today, err := p.App.Today(ctx, curtain.Owner)
		if err != nil || len(today.Alerts) == 0 || !today.Alerts[0].Late {
			t.Errorf("his home page: %+v %v", today.Alerts, err)
		}
		boss := curtain.Owner
		boss.StepUp = p.Clock.Instant()
		p.Must(p.App.CloseAlert(ctx, boss, a.ID))
		if a, _ = find("number_disputed"); a.Late || len(a.About) > 0 {
			t.Errorf("dealt with: %+v", a)
		}
	})
}
