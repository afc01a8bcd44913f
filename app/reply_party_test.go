package app_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/app"
	"kexin/app/apptest"
	"kexin/consent"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
	"kexin/share"
	"kexin/store"
)

// wrote is a customer of the curtain shop, which wrote to her: accepted there, and
// proved by a code to her number.
func wrote(p *apptest.Party) (her *apptest.Her, customer kexin.ID) {
	p.TB.Helper()
	tile, curtain := p.As(p.Shops["tile"].Rep), p.As(p.Shops["curtain"].Rep)
	her = p.Her("203.0.113.7")
	p.Must(her.Opens(tile.Recommends(tile.Knows("王秀兰", hers), "curtain", "curtain")))
	her.Submits("王女士", hers, kexin.OwnSMS)
	p.Must(her.Proves(app.CodeProve, hers))
	return her, curtain.Accepts()
}

// all reports whether every word of hers stands so.
func all(her *apptest.Her, want consent.State) bool {
	words := her.Has().Words
	return len(words) > 0 && !slices.ContainsFunc(words, func(w consent.Row) bool { return w.State != want })
}

// givens counts what is GIVEN anywhere on the server.
func givens(p *apptest.Party) (n int64) {
	p.TB.Helper()
	p.Must(p.DB.View(ctx, func(t *db.Tx) error {
		return t.Row(dbtest.Past + "SELECT COUNT(*) FROM consent_state WHERE state='GIVEN'").Scan(&n)
	}))
	return n
}

// TestReplyStops: who answers a message with one of the words has stopped when that
// is taken: her consents are withdrawn, nobody calls her, she is told once and can keep
// what would be erased; after a day it goes. A shop that has her number and never wrote
// to it knows nothing of it.
func TestReplyStops(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		her, customer := wrote(p)
		curtain := p.Shops["curtain"]
		p.As(p.Shops["bath"].Rep).Knows("同号", hers)
		p.Quiet()
		bath, before, given := p.Rows(p.Shops["bath"]), len(p.Phone.Box(hers)), givens(p)
		p.Must(p.Replies(hers, "退订"))
		if !all(her, consent.Withdrawn) {
			t.Errorf("after the answer: %v", states(her))
		}
		if _, err := p.As(curtain.Rep).Calls(customer, kexin.ByCall); err == nil {
			t.Error("called")
		}
		if p.Rows(p.Shops["bath"]) != bath {
			t.Error("a shop that never wrote to her is touched")
		}
		if n := givens(p); n >= given {
			t.Errorf("%d given before, %d after", given, n)
		}
		if log := p.As(curtain.Owner).Log(); !strings.Contains(log, `"actor":{"kind":"customer"}`) || !strings.Contains(log, `"way":"sms"`) {
			t.Errorf("the log does not say that she did it by a message:\n%s", log)
		}
		for range 3 {
			p.Must(p.Replies(hers, "TD"))
		}
		told := p.Phone.Box(hers)[before:]
		if len(told) != 1 || !strings.Contains(told[0], "已按您说的停用") || !strings.Contains(told[0], "/l/") {
			t.Errorf("told %q", told)
		}
		p.Clock.Move(23 * time.Hour)
		p.Ticks()
		if gone(p, curtain, customer) {
			t.Error("erased within a day")
		}
		p.Clock.Move(2 * time.Hour)
		p.Ticks()
		if !gone(p, curtain, customer) {
			t.Error("not erased")
		}
		follows(t, p)
	})
}

// TestReplyNotMe: "that is not me" suspends everything of the number at the shop that
// wrote, before it was accepted too, and answers an open question with no, until a code
// proves the number. The same message of the provider's does nothing a second time.
func TestReplyNotMe(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		her, customer := wrote(p)
		tile, curtain := p.Shops["tile"], p.As(p.Shops["curtain"].Rep)
		path := p.As(tile.Owner).Counter()
		two := p.Her("203.0.113.8")
		p.Must(two.Opens(path))
		p.Must(two.Sends(app.Giving{Shop: p.Shops["curtain"].Org, Need: "curtain", Name: "某人", Phone: hers, Channel: kexin.ByCall, Lang: "zh-CN"}))
		before, reply := len(p.Phone.Box(hers)), app.Reply{ID: "MO-X", From: "13812345678", Text: "【晴窗窗帘】 n"}
		p.Must(p.App.Reply(ctx, reply))
		p.Settle()
		if !all(her, consent.Suspended) || givens(p) != 0 {
			t.Errorf("after the answer: %v, %d given", states(her), givens(p))
		}
		if _, err := curtain.Calls(customer, kexin.ByCall); kexin.LawOf(err) != "E_IDENTITY_DISPUTE" {
			t.Errorf("called: %v", err)
		}
		for _, x := range curtain.Inbox() {
			if x.State != "SELF_SUBMITTED" {
				continue
			}
			if _, err := p.App.AcceptReferral(ctx, p.Shops["curtain"].Rep, x.ID); kexin.LawOf(err) != "E_IDENTITY_DISPUTE" {
				t.Errorf("accepted: %v", err)
			}
		}
		if told := p.Phone.Box(hers)[before:]; len(told) != 1 || !strings.Contains(told[0], "不是本人") {
			t.Errorf("told %q", told)
		}
		if s := p.As(p.Shops["curtain"].Owner).Glances(); !strings.Contains(s, store.AlertDisputed) {
			t.Error("the officer is not told")
		}
		if log := p.As(p.Shops["curtain"].Owner).Log(); !strings.Contains(log, `"why":"not_me_reply"`) {
			t.Errorf("the log does not say that it was a message:\n%s", log)
		}
		p.Clock.Move(2 * time.Minute)
		p.Must(her.Proves(app.CodeMine, hers))
		for range 2 {
			p.Must(p.App.Reply(ctx, reply))
			if !all(her, consent.Given) {
				t.Fatalf("the same message again: %v", states(her))
			}
		}
		p.Must(p.Replies(hers, "不是本人"))
		if !all(her, consent.Suspended) {
			t.Errorf("another message: %v", states(her))
		}
		follows(t, p)
	})
}

// TestReplyToQuestion: who answers the message with the link of a question has
// declined it, and her own shop contacts her no more.
func TestReplyToQuestion(t *testing.T) {
	for word, law := range map[string]string{"不要": "", "不是我": "E_IDENTITY_DISPUTE"} {
		t.Run(word, func(t *testing.T) {
			parties(t, func(t *testing.T, p *apptest.Party) {
				_, customer := wrote(p)
				curtain := p.Shops["curtain"]
				_, err := p.As(curtain.Rep).Calls(customer, kexin.ByCall)
				p.Must(err)
				_, err = p.App.Create(ctx, curtain.Rep, app.Draft{Object: kexin.Order, Parent: customer, Values: store.Values{kexin.OrdNo: kexin.Str("SO1"), kexin.OrdOn: kexin.Str("2026-03-02"), kexin.OrdAmount: kexin.Num(628000), kexin.OrdStatus: kexin.Str("open")}})
				p.Must(err)
				p.Must(p.App.WinReferral(ctx, curtain.Rep, p.As(curtain.Rep).Inbox()[0].ID))
				_, err = p.App.Recommend(ctx, curtain.Rep, app.Recommendation{Customer: customer, Need: "lamp", Shops: []kexin.ID{p.Shops["lamp"].Org}, Said: "store", Way: app.WaySend})
				p.Must(err)
				p.Settle()
				p.Must(p.Replies(hers, word))
				if sent := p.As(curtain.Rep).Sent(); len(sent) != 1 || sent[0].Sight != share.SeeDeclined {
					t.Errorf("%+v", sent)
				}
				if _, err := p.As(curtain.Rep).Calls(customer, kexin.ByCall); err == nil || law != "" && string(kexin.LawOf(err)) != law {
					t.Errorf("called: %v", err)
				}
				follows(t, p)
			})
		})
	}
}

// TestReplyChangesNothing: a word that is not known, a number that nobody has, and one
// to which no shop wrote change no row of anybody's; what is no reply is refused.
func TestReplyChangesNothing(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		wrote(p)
		p.As(p.Shops["bath"].Rep).Knows("别人", others)
		p.Quiet()
		rows := func() (out []string) {
			for _, key := range []string{"tile", "curtain", "lamp", "bath"} {
				out = append(out, p.Rows(p.Shops[key]))
			}
			return out
		}
		before, sent := rows(), len(p.Phone.Box(hers))
		for _, r := range [][2]string{{hers, "好的"}, {hers, "我不是不要"}, {hers, ""}, {others, "退订"}, {others, "N"}, {"+8613700001111", "退订"}, {"+447700900123", "STOP"}} {
			if err := p.Replies(r[0], r[1]); err != nil {
				t.Errorf("%q: %v", r, err)
			}
		}
		for _, r := range []app.Reply{{From: hers, Text: "TD"}, {ID: strings.Repeat("x", 129), From: hers, Text: "TD"}, {ID: "1", Text: "TD"}, {ID: "1", From: "1069", Text: "TD"}, {ID: "1", From: "her@example.cn", Text: "TD"}} {
			if err := p.App.Reply(ctx, r); kexin.CodeOf(err) != kexin.Invalid {
				t.Errorf("%+v: %v", r, err)
			}
		}
		p.Settle()
		if !slices.Equal(rows(), before) || len(p.Phone.Box(hers)) != sent {
			t.Error("something changed")
		}
		var err error
		for n := 0; err == nil && n < 30; n++ {
			err = p.Replies(hers, "好的")
		}
		if kexin.CodeOf(err) != kexin.RateLimited {
			t.Errorf("thirty replies: %v", err)
		}
	})
}

// TestReplyToWhom: it holds for every shop that wrote within the last seven days, or
// else for the last one that did.
func TestReplyToWhom(t *testing.T) {
	for name, c := range map[string]struct {
		between, after time.Duration
		curtain, lamp  bool
	}{
		"both lately":       {2 * day, day, true, true},
		"one lately":        {8 * day, day, false, true},
		"the last one":      {2 * day, 30 * day, false, true},
		"after half a year": {2 * day, 181 * day, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			parties(t, func(t *testing.T, p *apptest.Party) {
				one, _ := wrote(p)
				p.Clock.Move(c.between)
				tile := p.As(p.Shops["tile"].Rep)
				two := p.Her("203.0.113.9")
				p.Must(two.Opens(tile.Recommends(tile.Knows("李建国", others), "lamp", "lamp")))
				two.Submits("王女士", hers, kexin.OwnSMS)
				p.Must(two.Proves(app.CodeProve, hers))
				p.As(p.Shops["lamp"].Rep).Accepts()
				p.Clock.Move(c.after)
				p.Must(p.Replies(hers, "T"))
				for shop, stopped := range map[string]bool{"curtain": c.curtain, "lamp": c.lamp} {
					h := map[string]*apptest.Her{"curtain": one, "lamp": two}[shop]
					again := p.Her("203.0.113.7")
					p.Must(again.Opens(h.Receipt))
					if all(again, consent.Withdrawn) != stopped {
						t.Errorf("%s: %v", shop, states(again))
					}
				}
			})
		})
	}
}
