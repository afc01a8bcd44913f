package lawtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/app"
	"kexin/app/apptest"
	"kexin/consent"
	"kexin/i18n"
	"kexin/internal/db"
	"kexin/share"
	"kexin/store"
	"kexin/store/storetest"
	"kexin/vault"
)

// parties is a proof among several shops and a customer, on each engine, below
// HTTP.
func parties(id, says string, f func(t *testing.T, p *apptest.Party), ways ...app.Transport) proof {
	p := bare(id, says, func(t *testing.T) {
		storetest.Opened(t, func(t *testing.T, open func(db.Config) *db.DB) {
			c := storetest.NewClock()
			f(t, apptest.NewWith(t, open(db.Config{Clock: c.Now}), c, vault.Keepers{vault.NewMasterKeeper(vault.NewKey())}, ways...))
		})
	})
	p.below = true
	return p
}

// introduceProofs are those of one customer between two shops.
var introduceProofs = []proof{
	parties("I1", "What a shop knows of its customer reaches no other shop: before she sends no row of the other one changes, afterwards there is only what she typed, and a third shop has nothing ever.", onlyWhatSheTyped),
	parties("I2", "Recommending hands nothing over: she opens a link, sees the other shop's card with its legal name and sends her own data to it, once.", linkHoldsNothing),
	parties("I4", "What she sends stays REQUESTED until a code or her word proves the number; a browser of staff answers nothing for her, a number or e-mail address of staff's gives nothing, and a code to one address gives nothing that speaks of the other.", onlyHerAct),
	parties("I6", "Stopping locks the shop's copy in the same transaction and reaches every other shop of her path that has the address she proved by signed letters.", stopsEverywhere).lacks("merchants on other servers"),
	inTown("CON-02", "No act of staff gives a consent: the API has no way to, who tries is told E_ONLY_SUBJECT and the log has it, her pages refuse a browser of staff alike, and a number of staff's gives nothing; a code to the number she typed does, and the grade says so.", staffGivesNothing),
	inTown("CON-03", "Asked about three shops she sends to one, and exactly one has anything; of what she may tick each is its own consent, one ticked gives one, and \"*\", for purposes or for shops, is E_WILDCARD and recorded.", oneTickOneConsent),
	parties("CON-05", "After her no the same shop is not asked for again for 180 days, with the date; she herself may come back at any time.", noNotAgain),
	parties("CON-06", "A request that is not confirmed in 14 days lapses.", lapses),
	parties("CON-08", "She stops from her receipt without signing in; the consents are WITHDRAWN when the answer comes.", stopsFromReceipt),
	parties("CON-08", "Answering a text message with 撤回, 退订, TD or another of the words stops the same at the shop that wrote it: WITHDRAWN when the provider's request is answered; what is erased waits a day, and she is told once.", stopsByReply),
	parties("CON-08", "Told by telephone or at the counter, staff record it on her page and it stops the same.", stopsByTelling),
	parties("MKT-04", "An answer with R, T, TD, 退订, 拒收 or 不要 stops every contact of the shop that wrote before the provider's request is answered; one message confirms it, and offers nothing.", stopsByReply).lacks("N under an offer, which is not sent yet"),
	parties("CON-10", "A consent stops by itself at its end.", expires),
	inTown("CON-11", "The receipt that her page gives is signed with the merchant's receipt key and checks without the server; the verify page, given nothing else, names shop, credit code and key, says what that does not prove, and shows one changed byte.", receiptChecks),
	parties("SHR-04", "Her pages hold no name and no number of hers, and the words that staff paste her surname at most; until she sends the other shop has no row, no count and no message. Sent a second time, from another browser, is not_found, and the link dies after 14 days.", linkHoldsNothing),
	parties("SHR-06", "A customer who came by a recommendation cannot be recommended on: E_ONWARD.", noOnward),
	inTown("SHR-07", "Four shops for one need are refused, at once or one after the other: E_FANOUT_CAP; three are three questions, each answered for itself.", fanOut).lacks("releases, which come with PROVIDE"),
	inTown("SHR-12", "Twenty-one questions without a need, or without how it was talked about, are all refused, and the need that lacks is recorded; with both no member has more than twenty open.", needFirst),
	parties("WDR-01", "Stopping cancels what is queued to her: the message stands as cancelled_by_withdrawal and is not sent.", cancelsQueue).lacks("grants and releases, which come later"),
	parties("STD-04", "Sec-GPC of the visit is recorded, and an offer she did not tick is no consent.", gpcRecorded),
}

const her = "+8613812345678"

var bg = context.Background()

func asked(p *apptest.Party) (string, *apptest.Her) {
	tile := p.As(p.Shops["tile"].Rep)
	link := tile.Recommends(tile.Knows("金丝雀兰", "+8613899990001"), "curtain", "curtain")
	h := p.Her("203.0.113.7")
	p.Must(h.Opens(link))
	return link, h
}

func onlyWhatSheTyped(t *testing.T, p *apptest.Party) {
	before := p.Rows(p.Shops["curtain"])
	_, h := asked(p)
	p.Settle()
	if p.Rows(p.Shops["curtain"]) != before {
		t.Error("a row of the receiver before she sends")
	}
	h.Submits("阿兰", "13700001111")
	p.As(p.Shops["curtain"].Rep).Accepts()
	seen := p.As(p.Shops["curtain"].Owner).Looks()
	if strings.Contains(seen, "金丝雀") || storetest.Stands(seen, "13899990001") || storetest.Stands(seen, "99990001") || !strings.Contains(seen, "阿兰") {
		t.Error("the receiver has other than what she typed")
	}
	if s := p.As(p.Shops["lamp"].Owner).Looks(); strings.Contains(s, "金丝雀") || strings.Contains(s, "阿兰") {
		t.Error("a third shop sees her")
	}
}

func linkHoldsNothing(t *testing.T, p *apptest.Party) {
	tile, curtain := p.As(p.Shops["tile"].Rep), p.Shops["curtain"]
	before := p.Rows(curtain)
	asked, err := tile.TryRecommend(tile.Knows("金丝雀兰", "+8613899990001"), "curtain", "curtain")
	p.Must(err)
	link, h := asked.Path.Text(), p.Her("203.0.113.7")
	door, err := p.App.OpenLink(bg, h.From, strings.TrimPrefix(link, "/l/"))
	p.Must(err)
	p.Must(h.Opens(link))
	page := h.Sees()
	if len(page.Choices) != 1 || page.Choices[0].Shop.Legal != curtain.Name || page.Choices[0].Shop.Org != curtain.Org || len(door.To) != 1 || door.To[0].Legal != curtain.Name {
		t.Errorf("she does not see the other shop's card: %+v", page)
	}
	for where, text := range map[string]string{"words": asked.Words, "other words": asked.Other, "door": fmt.Sprintf("%+v", door), "page": fmt.Sprintf("%+v", page)} {
		if text == "" || strings.Contains(text, "丝雀") || storetest.Stands(text, "13899990001") || storetest.Stands(text, "99990001") {
			t.Errorf("the %s: %q holds what her own shop knows", where, text)
		}
	}
	if p.Rows(curtain) != before || len(p.As(curtain.Rep).Inbox()) != 0 {
		t.Error("something of her before she sends")
	}
	h.Submits("阿兰", "13700001111")
	other := p.Her("203.0.113.8")
	p.Must(other.Opens(link))
	if err := other.Sends(other.Giving("阿花", "13700002222")); kexin.CodeOf(err) != kexin.NotFound {
		t.Errorf("sent a second time, from another browser: %v", err)
	}
	if in := p.As(curtain.Rep).Inbox(); len(in) != 1 {
		t.Errorf("%d arrived", len(in))
	}
	p.Clock.Move(14*24*time.Hour - time.Minute)
	p.Must(p.Her("203.0.113.9").Opens(link))
	p.Clock.Move(time.Minute)
	if err := p.Her("203.0.113.10").Opens(link); kexin.CodeOf(err) != kexin.NotFound {
		t.Errorf("after 14 days: %v", err)
	}
}

func onlyHerAct(t *testing.T, p *apptest.Party) {
	if _, err := consent.Apply(consent.Requested, consent.Event{Kind: consent.Give, By: consent.Staff}); kexin.LawOf(err) != "E_ONLY_SUBJECT" {
		t.Errorf("staff gives: %v", err)
	}
	noConsentRoute(t)
	tile := p.Shops["tile"]
	p.Must(p.App.SetOwn(bg, tile.Rep, app.Own{Phone: "13911112222", Email: "chen@example.cn"}))
	_, h := asked(p)
	h.Seat = app.Seat{Org: tile.Org, Member: tile.Rep.User}
	if err := h.Sends(h.Giving("王女士", her)); kexin.LawOf(err) != "E_ONLY_SUBJECT" {
		t.Errorf("a browser of staff: %v", err)
	}
	h.Seat = app.Seat{}
	g := h.Giving("王女士", "13911112222", kexin.OwnEmail)
	g.Email = "chen@example.cn"
	p.Must(h.Sends(g))
	for _, to := range []string{"+8613911112222", "chen@example.cn"} {
		p.Must(h.Proves(app.CodeProve, to))
	}
	for _, w := range h.Has().Words {
		if w.State != consent.Requested {
			t.Errorf("an address of staff's gives %s %s", w.Channel, w.State)
		}
	}
	h = p.Her("203.0.113.8")
	p.Must(h.Opens(p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("张伟", "+8613899990002"), "curtain", "curtain")))
	g = h.Giving("王女士", her, kexin.OwnEmail)
	g.Email = "wang@example.com"
	p.Must(h.Sends(g))
	p.Must(h.Proves(app.CodeProve, "wang@example.com"))
	for _, w := range h.Has().Words {
		if given := w.State == consent.Given; given != (w.Channel == kexin.ByEmail) || given && w.Grade != consent.Code {
			t.Errorf("a code by e-mail: %s %s %s", w.Channel, w.State, w.Grade)
		}
	}
}

func noNotAgain(t *testing.T, p *apptest.Party) {
	tile := p.As(p.Shops["tile"].Rep)
	id := tile.Knows("张伟", her)
	h := p.Her("203.0.113.7")
	p.Must(h.Opens(tile.Recommends(id, "curtain", "curtain")))
	p.Must(h.Declines())
	p.Clock.Move(24 * time.Hour)
	_, err := tile.TryRecommend(id, "curtain", "curtain")
	var e *kexin.Error
	if !errors.As(err, &e) || e.Law != "E_REASK_COOLDOWN" || e.Args["date"] == "" {
		t.Errorf("asked again: %v", err)
	}
	p.Clock.Move(180 * 24 * time.Hour)
	if _, err := tile.TryRecommend(id, "curtain", "curtain"); err != nil {
		t.Errorf("after 180 days: %v", err)
	}
}

func lapses(t *testing.T, p *apptest.Party) {
	_, h := asked(p)
	h.Submits("王女士", her, kexin.OwnSMS)
	p.As(p.Shops["curtain"].Rep).Accepts()
	p.Clock.Move(14 * 24 * time.Hour)
	p.Ticks()
	again := p.Her("203.0.113.7")
	p.Must(again.Opens(h.Receipt))
	for _, w := range again.Has().Words {
		if w.State != consent.Lapsed {
			t.Errorf("%s is %s", w.Purpose, w.State)
		}
	}
}

func stopsFromReceipt(t *testing.T, p *apptest.Party) {
	_, h := asked(p)
	h.Submits("王女士", her, kexin.OwnSMS)
	p.Must(h.Proves(app.CodeProve, her))
	p.Must(h.Stops(app.StopShop))
	for _, w := range h.Has().Words {
		if w.State != consent.Withdrawn {
			t.Errorf("%s is %s", w.Purpose, w.State)
		}
	}
}

// proved is a customer whom the curtain shop took and to whose number a code went.
func proved(p *apptest.Party, number string) (h *apptest.Her, customer kexin.ID) {
	p.TB.Helper()
	tile := p.As(p.Shops["tile"].Rep)
	h = p.Her("203.0.113.7")
	p.Must(h.Opens(tile.Recommends(tile.Knows("王秀兰", number), "curtain", "curtain")))
	h.Submits("王女士", number, kexin.OwnSMS)
	p.Must(h.Proves(app.CodeProve, number))
	return h, p.As(p.Shops["curtain"].Rep).Accepts()
}

func stopsByReply(t *testing.T, p *apptest.Party) {
	for i, word := range []string{"撤回", "“退订”", "td", "Ｒ", "T", "拒收", "不要"} {
		number := fmt.Sprintf("+861381234%04d", i)
		h, customer := proved(p, number)
		rep, before := p.As(p.Shops["curtain"].Rep), len(p.Phone.Box(number))
		p.Must(p.App.Reply(bg, app.Reply{ID: number, From: number, Text: word}))
		for _, w := range h.Has().Words {
			if w.State != consent.Withdrawn {
				t.Errorf("%q: %s is %s", word, w.Purpose, w.State)
			}
		}
		if _, err := rep.Calls(customer, kexin.ByCall); err == nil {
			t.Errorf("%q: called", word)
		}
		if told := p.Arrives(p.Phone, number, before+1); len(told) != before+1 {
			t.Errorf("%q: told %q", word, told[before:])
		}
		p.Clock.Move(2 * time.Minute) // five lookups a minute
	}
}

func stopsByTelling(t *testing.T, p *apptest.Party) {
	_, h := asked(p)
	h.Submits("王女士", her, kexin.OwnSMS)
	p.Must(h.Proves(app.CodeProve, her))
	rep := p.Shops["curtain"].Rep
	p.Must(p.App.StopAsTold(t.Context(), rep, p.As(rep).Accepts(), app.StopShop))
	for _, w := range h.Has().Words {
		if w.State != consent.Withdrawn {
			t.Errorf("%s is %s", w.Purpose, w.State)
		}
	}
}

func expires(t *testing.T, p *apptest.Party) {
	_, h := asked(p)
	h.Submits("王女士", her, kexin.OwnSMS)
	p.Must(h.Proves(app.CodeProve, her))
	rows := h.Has().Words
	now := p.Clock.Instant()
	if !consent.Allows(rows, kexin.OwnSMS, kexin.BySMS, 0, now).OK {
		t.Error("not allowed while it holds")
	}
	if d := consent.Allows(rows, kexin.OwnSMS, kexin.BySMS, 0, now.Add(366*24*time.Hour)); d.OK || d.Reason != "consent_expired" {
		t.Errorf("%+v", d)
	}
	p.Clock.Move(366 * 24 * time.Hour)
	p.Ticks()
	again := p.Her("203.0.113.7")
	p.Must(again.Opens(h.Receipt))
	words := again.Has().Words
	for _, w := range words {
		if w.State != consent.Expired {
			t.Errorf("%s is %s", w.Purpose, w.State)
		}
	}
	if len(words) != 2 {
		t.Errorf("%d words", len(words))
	}
}

func receiptChecks(t *testing.T, w *town) {
	p := w.p
	w.walk()
	file := []byte(w.get("/p/receipt.json"))
	bad := bytes.Replace(file, []byte("92330382MAKXDM0398"), []byte("92330382MAKXDM0399"), 1) // still a document of the right form
	p.Must(p.Store.View(bg, p.Shops["curtain"].Org, func(tx *store.Tx) error {
		keys, err := tx.ReceiptKeys()
		if err != nil {
			return err
		}
		key := keys[0]
		if _, err := consent.CheckReceipt(file, key); err != nil {
			t.Error(err)
		}
		args := map[string]string{"key": consent.KeyID(key), "shop": p.Shops["curtain"].Name, "code": "92330382MAKXDM0398", "time": p.Clock.Now().UTC().Format("2006-01-02 15:04 UTC")}
		good := w.verifies(file)
		for _, k := range []string{"verify.proves.receipt_signed", "verify.proves.receipt_key", "verify.silent.key_list", "verify.silent.receipt_log"} {
			if !strings.Contains(good, i18n.T(i18n.Chinese, k, args)) {
				t.Errorf("not said: %s\n%s", i18n.T(i18n.Chinese, k, args), good)
			}
		}
		if s := w.verifies(bad); !strings.Contains(s, says("verify.fault.receipt_signature")) || strings.Contains(s, args["key"]) {
			t.Errorf("a changed byte, on the page: %s", s)
		}
		if _, err := consent.CheckReceipt(bad, key); kexin.LawOf(err) != "E_RCPT_SIG" {
			t.Errorf("a changed byte: %v", err)
		}
		return nil
	}))
}

func noOnward(t *testing.T, p *apptest.Party) {
	_, h := asked(p)
	h.Submits("王女士", her)
	rep := p.As(p.Shops["curtain"].Rep)
	if _, err := rep.TryRecommend(rep.Accepts(), "lamp", "lamp"); kexin.LawOf(err) != "E_ONWARD" {
		t.Errorf("recommended on: %v", err)
	}
}

func cancelsQueue(t *testing.T, p *apptest.Party) {
	_, h := asked(p)
	h.Submits("王女士", her)
	r := h.Has().Referral
	p.Must(p.Store.Update(bg, p.Shops["curtain"].Org, func(tx *store.Tx) error {
		x, err := tx.Referral(r)
		if err != nil {
			return err
		}
		_, err = tx.Queue(store.Message{Subject: x.Subject, Channel: kexin.BySMS, Kind: "told", To: her, Text: "queued", At: tx.Now.Add(time.Hour)})
		return err
	}))
	p.Must(h.Stops(app.StopShop))
	p.Settle()
	p.Clock.Move(2 * time.Hour)
	p.Settle()
	if box := p.Phone.Box(her); len(box) != 2 || !strings.Contains(box[0], "回执") || !strings.Contains(box[1], "停用") { // her receipt came before; she is told that it is done
		t.Errorf("sent after she stopped: %q", box)
	}
	p.Must(p.Store.View(bg, p.Shops["curtain"].Org, func(tx *store.Tx) error {
		x, err := tx.Referral(r)
		if err != nil {
			return err
		}
		list, err := tx.SendingOf(x.Subject)
		if err == nil && (len(list) != 3 || list[1].State != "cancelled_by_withdrawal" || list[2].State != "sent") {
			t.Errorf("%+v", list)
		}
		return err
	}))
}

func gpcRecorded(t *testing.T, p *apptest.Party) {
	tile := p.As(p.Shops["tile"].Rep)
	h := p.Her("203.0.113.7")
	h.GPC = true
	p.Must(h.Opens(tile.Recommends(tile.Knows("王秀兰", her), "curtain", "curtain")))
	h.Submits("王女士", her)
	r := h.Has()
	if !bytes.Contains(r.File, []byte(`"gpc":true`)) || len(r.Words) != 1 || r.Words[0].Purpose != kexin.FollowUp {
		t.Errorf("%+v", r.Words)
	}
}

func stopsEverywhere(t *testing.T, p *apptest.Party) {
	tile := p.As(p.Shops["tile"].Rep)
	id := tile.Knows("王秀兰", her)
	one, two := p.Her("203.0.113.7"), p.Her("203.0.113.7")
	p.Must(one.Opens(tile.Recommends(id, "curtain", "curtain")))
	one.Submits("王女士", her)
	p.Must(two.Opens(tile.Recommends(id, "lamp", "lamp")))
	two.Submits("王女士", her)
	new := p.As(p.Shops["curtain"].Rep).Accepts()
	p.Must(one.Proves(app.CodeMine, her))
	p.Must(one.Stops(app.StopAll))
	if _, err := p.App.Get(bg, p.Shops["curtain"].Rep, kexin.Customer, new); kexin.CodeOf(err) != kexin.NotFound {
		t.Errorf("still open: %v", err)
	}
	if s := p.As(p.Shops["lamp"].Rep).Inbox()[0].State; s != share.Revoking {
		t.Errorf("the other shop's row is %s", s)
	}
}
