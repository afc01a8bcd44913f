package lawtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/app"
	"kexin/app/apptest"
	"kexin/consent"
	"kexin/internal/db"
	"kexin/law"
	"kexin/ledger"
	"kexin/share"
	"kexin/store"
	"kexin/store/storetest"
)

// outcomeProofs are those of what becomes of her no.
var outcomeProofs = []proof{
	parties("CON-13", "\"That is not me\" suspends every consent of the number at that shop where it was proved, and what was sent with it where it was not: no call, no word, no accepting until a code proves it within fifteen days; then nobody's yes stands.", notMe),
	parties("CON-13", "Answering a text message with N, 不是我 or 不是本人 suspends every consent of that number at the shop that wrote it: no call and no accepting, E_IDENTITY_DISPUTE, until a code proves it.", notMeByReply),
	parties("WDR-02", "Every shop of her path that has the address she proved gets a signed letter within the same second, with the epoch; one that cannot be reached is tried again for ever, and its answer stands in the sender's row.", fanOutAnswered).lacks("overdue alerts at 24 and 72 hours; merchants on other servers"),
	parties("WDR-03", "A shop answers DELETED, or OWN_BASIS where she has an order: then it keeps what the order needs, may not advertise, and the sender learns no more; whom she did not allow to be told learns only that it was answered.", legalOutcomes).lacks("RESTRICTED"),
	parties("WDR-04", "She chooses: this shop, all advertising, or every shop of the path, there by an address that she proved; of advertising it stops no answer to what she asked; all stops the rest, but for orders.", herScope).lacks("everything at a shop she did not come to by a recommendation"),
	parties("WDR-05", "Fifteen days without an answer: nobody is recommended to that shop, the officer has a case that cannot be closed before the answer, and she gets its number and where to complain.", silentShop).lacks("the incident file of law.md 8.6"),
	parties("WDR-06", "A stop ends by the customer's own act alone: she asks the shop for something anew and proves her number by a code. No word of a receipt, no owner and nobody who types her number ends it, and it ends for her alone; offers stay stopped unless she ticks them.", liftedByHer),
	parties("WDR-06", "Where no message goes out of the server, she ends it in the shop: she sends something anew, and an owner with his second factor, not who took it, takes the second word of her receipt, which no screen of the shop shows. A rep cannot, and a wrong word ends nothing.", liftedInShop, apptest.NewPhone(kexin.ByWeChat)),
	parties("MKT-05", "The first contact after a recommendation, over any channel, and every call later are refused before 9, from 12 to 14 and from 20 on, with the time at which it opens again.", quietHours).
		lacks("offers and campaigns, which are not sent yet; calls a day and a week"),
	parties("DSR-05", "Her copy, after a second code for it, holds every value, where it came from, what she agreed to with the proofs, who looked by position, and the notice; nothing of anybody else.", herCopy).lacks("a copy by staff on her request; the package of a customer who did not come by a recommendation"),
}

// toTwo is her path to two shops: the first may be told, the second not.
func toTwo(p *apptest.Party) (one, two *apptest.Her, customer kexin.ID) {
	p.TB.Helper()
	tile := p.As(p.Shops["tile"].Rep)
	customer = tile.Knows("王秀兰", her)
	one, two = p.Her("203.0.113.7"), p.Her("203.0.113.7")
	p.Must(one.Opens(tile.Recommends(customer, "curtain", "curtain")))
	g := one.Giving("王女士", her, kexin.OwnSMS)
	g.Tell = true
	p.Must(one.Sends(g))
	p.Must(two.Opens(tile.Recommends(customer, "lamp", "lamp")))
	two.Submits("王女士", her, kexin.OwnWeChat)
	return one, two, customer
}

// sending are the sender's rows, by the shop that received.
func sending(p *apptest.Party) map[string]store.Referral {
	p.TB.Helper()
	out := map[string]store.Referral{}
	p.Must(p.Store.View(bg, p.Shops["tile"].Org, func(tx *store.Tx) error {
		list, err := tx.ReferralsOn(store.Sending, 0, 100)
		for _, r := range list {
			for key, s := range p.Shops {
				if s.Org == r.Peer {
					out[key] = r
				}
			}
		}
		return err
	}))
	return out
}

func orders(p *apptest.Party, s *apptest.Shop, customer kexin.ID) {
	p.TB.Helper()
	_, err := p.App.Create(bg, s.Rep, app.Draft{Object: kexin.Order, Parent: customer, Values: store.Values{kexin.OrdNo: kexin.Str("货单-凭据-柒叁"), kexin.OrdOn: kexin.Str("2026-03-02"), kexin.OrdAmount: kexin.Num(62800731), kexin.OrdStatus: kexin.Str("open")}})
	p.Must(err)
}

func legalOutcomes(t *testing.T, p *apptest.Party) {
	one, _, mine := toTwo(p)
	customer := p.As(p.Shops["curtain"].Rep).Accepts()
	p.As(p.Shops["lamp"].Rep).Accepts()
	p.Must(one.Proves(app.CodeProve, her))
	orders(p, p.Shops["curtain"], customer)
	p.Must(one.Stops(app.StopAll))
	for key, r := range sending(p) {
		if r.State != share.Revoking {
			t.Errorf("%s: the sender waits in %s", key, r.State)
		}
	}
	if _, err := p.App.Get(bg, p.Shops["tile"].Rep, kexin.Customer, mine); kexin.CodeOf(err) != kexin.NotFound {
		t.Errorf("her own shop still opens her: %v", err)
	}
	p.Clock.Move(25 * time.Hour)
	p.Ticks()
	rows := sending(p)
	if r := rows["curtain"]; r.State != share.Revoked || r.Outcome != "OWN_BASIS" {
		t.Errorf("with an order: %s %s", r.State, r.Outcome)
	}
	if r := rows["lamp"]; r.State != share.Revoked || r.Outcome != "ANSWERED" {
		t.Errorf("not to be told: %s %s", r.State, r.Outcome)
	}
	if _, err := p.App.Get(bg, p.Shops["curtain"].Rep, kexin.Customer, customer); err != nil {
		t.Errorf("what the order needs is gone: %v", err)
	}
	rec, err := p.App.Get(bg, p.Shops["curtain"].Rep, kexin.Customer, customer)
	p.Must(err)
	for _, m := range rec.Mays {
		if m.OK && m.Purpose != kexin.AfterSales {
			t.Errorf("%s by %s is still allowed", m.Purpose, m.Channel)
		}
	}
	if s := p.As(p.Shops["tile"].Owner).Looks(); strings.Contains(s, "货单-凭据-柒叁") || storetest.Stands(s, "62800731") {
		t.Error("the sender sees the order")
	}
	p.Clock.Move(16 * 24 * time.Hour)
	p.Ticks()
	p.Must(p.Store.View(bg, p.Shops["tile"].Org, func(tx *store.Tx) error {
		if gone, err := tx.Erased(rows["lamp"].Subject); err != nil || !gone {
			t.Errorf("her own shop, which she had stopped and asked to delete, still holds her: %v", err)
		}
		return nil
	}))
}

func fanOutAnswered(t *testing.T, p *apptest.Party) {
	one, two, _ := toTwo(p)
	p.Must(one.Proves(app.CodeMine, her))
	p.Must(one.Stops(app.StopAll))
	if s := p.As(p.Shops["lamp"].Rep).Inbox()[0].State; s != share.Revoking {
		t.Errorf("the other shop's row is %s", s)
	}
	p.Clock.Move(25 * time.Hour)
	p.Ticks()
	rows := sending(p)
	if rows["curtain"].Outcome != "DELETED" || rows["lamp"].Outcome != "ANSWERED" {
		t.Errorf("%s, %s", rows["curtain"].Outcome, rows["lamp"].Outcome)
	}
	again := p.Her("203.0.113.7")
	p.Must(again.Opens(two.Receipt))
	if !again.Has().Erased {
		t.Error("the other shop still holds her")
	}
	// A letter that the other shop's server does not take stays and is tried again.
	p.Must(p.DB.Update(bg, func(x *db.Tx) error {
		_, err := x.Exec("UPDATE outbox SET sent_at=0,tries=3,next_at=0 WHERE org_id=$1 AND kind='consent.withdrawn'", p.Shops["tile"].Org)
		return err
	}))
	p.Settle()
	var open int64
	p.Must(p.DB.View(bg, func(x *db.Tx) error {
		return x.Row("SELECT COUNT(*) FROM outbox WHERE org_id=$1 AND sent_at=0", p.Shops["tile"].Org).Scan(&open)
	}))
	if open != 0 || sending(p)["lamp"].State != share.Revoked {
		t.Errorf("%d letters open", open)
	}
}

// noOffers: after her stop of offers none may be made to her at any shop of her
// path, over any channel, nor may another shop be offered.
func noOffers(t *testing.T, p *apptest.Party, mine kexin.ID, at ...*apptest.Her) {
	t.Helper()
	for _, h := range at {
		for _, w := range app.HerWants {
			u, err := law.PurposeOf(w)
			p.Must(err)
			if d := consent.MayContact(consent.Person{Rows: h.Has().Words}, w, u.Channel, kexin.At(p.Clock.Now()), false); d.OK {
				t.Errorf("%s is allowed", w)
			}
		}
	}
	if _, err := p.As(p.Shops["tile"].Rep).TryRecommend(mine, "lamp", "lamp"); kexin.CodeOf(err) != kexin.Forbidden || !errorHas(err, "error.referral_shut") {
		t.Errorf("her own shop offers another: %v", err)
	}
}

func errorHas(err error, key string) bool {
	var e *kexin.Error
	return errors.As(err, &e) && e.Key == key
}

// answered: the enquiry that she made herself is still answered after that: one
// contact before her word, which proves it, and her order is served.
func answered(t *testing.T, p *apptest.Party, s *apptest.Shop, h *apptest.Her) {
	t.Helper()
	rep := p.As(s.Rep)
	customer := rep.Accepts()
	today, err := p.App.Today(bg, s.Rep)
	p.Must(err)
	if len(today.Due) != 1 || !today.Due[0].Call.OK {
		t.Errorf("today's list: %+v", today.Due)
	}
	if v, err := rep.Calls(customer, kexin.ByCall); err != nil || v != her {
		t.Errorf("her enquiry is not answered: %q %v", v, err)
	}
	if _, err := rep.Calls(customer, kexin.ByCall); !errorHas(err, "error.referral_once") {
		t.Errorf("before her word, a second call: %v", err)
	}
	if right, _, err := p.App.AnswerWord(bg, s.Rep, rep.Inbox()[0].ID, h.Has().Pair.Answer); err != nil || !right {
		t.Errorf("her word: %v %v", right, err)
	}
	if _, err := rep.Calls(customer, kexin.ByCall); err != nil {
		t.Errorf("after her word: %v", err)
	}
	for _, w := range h.Has().Words {
		if want := map[bool]consent.State{true: consent.Given, false: consent.Refused}[w.Purpose == kexin.FollowUp]; w.State != want {
			t.Errorf("%s is %s after her word", w.Purpose, w.State)
		}
	}
	orders(p, s, customer)
	p.Must(p.App.WinReferral(bg, s.Rep, rep.Inbox()[0].ID))
	rec, err := p.App.Get(bg, s.Rep, kexin.Customer, customer)
	p.Must(err)
	for _, m := range rec.Mays {
		if m.Channel == kexin.BySMS && !m.OK {
			t.Errorf("her order is not served: %+v", m)
		}
	}
}

// afresh: what she ticks herself after that, and proves, holds again at that shop.
func afresh(t *testing.T, p *apptest.Party) {
	t.Helper()
	curtain := p.Shops["curtain"]
	shut := func() (shut bool) {
		p.Must(p.Store.View(bg, curtain.Org, func(tx *store.Tx) (err error) {
			shut, err = tx.OffersShut(kexin.KeyPhone, her)
			return err
		}))
		return shut
	}
	path := p.As(p.Shops["tile"].Owner).Counter()
	h := p.Her("203.0.113.7")
	p.Must(h.Opens(path))
	p.Must(h.Sends(app.Giving{Shop: curtain.Org, Need: "curtain", Name: "王女士", Phone: her, Channel: kexin.ByCall, Wants: []kexin.PurposeCode{kexin.OwnSMS}}))
	if !shut() {
		t.Error("what is not proved ends her no to offers")
	}
	p.Clock.Move(2 * time.Minute)
	p.Must(h.Proves(app.CodeProve, her))
	if d := consent.MayContact(consent.Person{Rows: h.Has().Words}, kexin.OwnSMS, kexin.BySMS, kexin.At(p.Clock.Now()), shut()); !d.OK {
		t.Errorf("what she ticked anew: %+v", d)
	}
}

func herScope(t *testing.T, p *apptest.Party) {
	one, two, mine := toTwo(p)
	p.Must(one.Proves(app.CodeProve, her))
	p.Must(one.Stops(app.StopAds))
	for _, w := range one.Has().Words {
		if ad := strings.HasPrefix(string(w.Purpose), "marketing."); ad != (w.State == consent.Withdrawn) {
			t.Errorf("%s is %s after stopping advertising", w.Purpose, w.State)
		}
	}
	if s := one.Has().State; s != share.Submitted {
		t.Errorf("the enquiry is %s", s)
	}
	noOffers(t, p, mine, one, two)
	answered(t, p, p.Shops["lamp"], two)
	noOffers(t, p, mine, one, two)
	afresh(t, p)
	marksFollow(t, p)
	p.Must(one.Stops(app.StopShop))
	if s := two.Has().State; s != share.Won || one.Has().State != share.Revoking {
		t.Errorf("only this shop: the other is %s", s)
	}
	p.Must(two.Stops(app.StopAll))
	for _, w := range two.Has().Words {
		if w.State == consent.Given || w.State == consent.Requested {
			t.Errorf("%s is %s after stopping all", w.Purpose, w.State)
		}
	}
}

func silentShop(t *testing.T, p *apptest.Party) {
	one, two, mine := toTwo(p)
	lamp, tile := p.Shops["lamp"], p.Shops["tile"]
	hold := func(due int64) { // the other shop's clock does not run, as if its server were down
		p.Must(p.DB.Update(bg, func(x *db.Tx) error {
			_, err := x.Exec("UPDATE referral SET due_at=$2 WHERE org_id=$1 AND side='receiver'", lamp.Org, due)
			return err
		}))
	}
	p.Must(one.Proves(app.CodeMine, her))
	p.Must(one.Stops(app.StopAll))
	hold(0)
	p.Clock.Move(14 * 24 * time.Hour)
	p.Ticks()
	other := p.As(tile.Rep).Knows("张伟", "+8613812345679")
	if _, err := p.As(tile.Rep).TryRecommend(other, "lamp", "lamp"); err != nil {
		t.Fatalf("before the fifteen days are over: %v", err)
	}
	p.Clock.Move(25 * time.Hour)
	p.Ticks()
	if _, err := p.As(tile.Rep).TryRecommend(p.As(tile.Rep).Knows("李建国", "+8613812345670"), "lamp", "lamp"); kexin.CodeOf(err) != kexin.Forbidden {
		t.Errorf("recommended to a silent shop: %v", err)
	}
	box := strings.Join(p.Phone.Box(her), "\n")
	if !strings.Contains(box, "0577-62520003") || !strings.Contains(box, "12315") {
		t.Errorf("she is not told: %s", box)
	}
	var theCase app.Alert
	list, err := p.App.Alerts(bg, tile.Owner)
	p.Must(err)
	for _, a := range list {
		if a.Code == store.AlertSilent {
			theCase = a
		}
	}
	if theCase.ID == 0 {
		t.Fatal("no case")
	}
	owner := tile.Owner
	owner.StepUp = kexin.At(p.Clock.Now())
	if err := p.App.CloseAlert(bg, owner, theCase.ID); kexin.CodeOf(err) != kexin.Conflict {
		t.Errorf("closed before the answer: %v", err)
	}
	hold(1)
	p.Ticks()
	owner.StepUp = kexin.At(p.Clock.Now())
	p.Must(p.App.CloseAlert(bg, owner, theCase.ID))
	if _, err := p.As(tile.Rep).TryRecommend(p.As(tile.Rep).Knows("赵敏", "+8613812345671"), "lamp", "lamp"); err != nil {
		t.Errorf("after the answer: %v", err)
	}
	_, _ = two, mine
}

func notMe(t *testing.T, p *apptest.Party) {
	_, h := asked(p)
	h.Submits("王女士", her, kexin.OwnSMS)
	p.Must(h.Proves(app.CodeProve, her))
	curtain := p.As(p.Shops["curtain"].Rep)
	customer := curtain.Accepts()
	p.Must(p.App.NotMe(bg, h.Visit()))
	for _, w := range h.Has().Words {
		if w.State != consent.Suspended {
			t.Errorf("%s is %s", w.Purpose, w.State)
		}
	}
	if _, err := curtain.Calls(customer, kexin.ByCall); kexin.LawOf(err) != "E_IDENTITY_DISPUTE" {
		t.Errorf("called: %v", err)
	}
	p.Clock.Move(2 * time.Minute)
	p.Must(h.Proves(app.CodeMine, her))
	for _, w := range h.Has().Words {
		if w.State != consent.Given {
			t.Errorf("after the code %s is %s", w.Purpose, w.State)
		}
	}
	if _, err := curtain.Calls(customer, kexin.ByCall); err != nil {
		t.Errorf("after the code: %v", err)
	}
	p.Must(p.App.NotMe(bg, h.Visit()))
	p.Clock.Move(15*24*time.Hour + time.Minute)
	p.Ticks()
	again := p.Her("203.0.113.7")
	p.Must(again.Opens(h.Receipt))
	for _, w := range again.Has().Words {
		if w.State != consent.Invalidated {
			t.Errorf("after fifteen days %s is %s", w.Purpose, w.State)
		}
	}
	if _, err := curtain.Calls(customer, kexin.ByCall); kexin.LawOf(err) != "E_IDENTITY_DISPUTE" {
		t.Errorf("called after that: %v", err)
	}
	notMeBefore(t, p)
	marksFollow(t, p)
}

// marksFollow: what every shop's rows say follows from its log.
func marksFollow(t *testing.T, p *apptest.Party) {
	t.Helper()
	for _, s := range p.Shops {
		org := s.Org
		for n := 1; n > 0; {
			var err error
			n, err = p.Store.Seal(bg, org)
			p.Must(err)
		}
		if v, err := p.Store.Verify(bg, org, ledger.VerifyOptions{}, true); err != nil || len(v.Faults) > 0 {
			t.Errorf("the marks do not follow from the log: %+v %v", v.Faults, err)
		}
	}
}

func notMeByReply(t *testing.T, p *apptest.Party) {
	for i, word := range []string{"N", "【晴窗窗帘】不是我。", "不是本人", "非本人"} {
		number := fmt.Sprintf("+861381234%04d", i)
		h, customer := proved(p, number)
		curtain := p.As(p.Shops["curtain"].Rep)
		p.Must(p.Replies(number, word))
		for _, w := range h.Has().Words {
			if w.State != consent.Suspended {
				t.Errorf("%q: %s is %s", word, w.Purpose, w.State)
			}
		}
		if _, err := curtain.Calls(customer, kexin.ByCall); kexin.LawOf(err) != "E_IDENTITY_DISPUTE" {
			t.Errorf("%q: called: %v", word, err)
		}
		p.Clock.Move(2 * time.Minute)
		p.Must(h.Proves(app.CodeMine, number))
		if _, err := curtain.Calls(customer, kexin.ByCall); err != nil {
			t.Errorf("%q: after the code: %v", word, err)
		}
	}
	marksFollow(t, p)
}

// notMeBefore: before anything is accepted, and at the shop that asks.
func notMeBefore(t *testing.T, p *apptest.Party) {
	tile := p.As(p.Shops["tile"].Rep)
	customer := tile.Knows("张伟", "+8613812345679")
	link := tile.Recommends(customer, "curtain", "curtain")
	h := p.Her("203.0.113.8")
	p.Must(h.Opens(link))
	h.Submits("张先生", "+8613812345679")
	p.Must(p.App.NotMe(bg, h.Visit()))
	in := p.As(p.Shops["curtain"].Rep).Inbox()
	if _, err := p.App.AcceptReferral(bg, p.Shops["curtain"].Rep, in[0].ID); kexin.LawOf(err) != "E_IDENTITY_DISPUTE" || in[0].Doubt != "not_me" {
		t.Errorf("accepted: %v", err)
	}
	asked := p.Her("203.0.113.9")
	p.Must(asked.Opens(tile.Recommends(tile.Knows("李建国", "+8613812345670"), "lamp", "lamp")))
	p.Must(p.App.NotMe(bg, asked.Visit()))
	if s := tile.Sent()[0].Sight; s != share.SeeDeclined {
		t.Errorf("the question is %s", s)
	}
	if _, err := tile.TryRecommend(tile.Sent()[0].Customer, "curtain", "curtain"); kexin.CodeOf(err) != kexin.Forbidden {
		t.Errorf("asked again: %v", err)
	}
}

func herCopy(t *testing.T, p *apptest.Party) {
	_, h := asked(p)
	h.Submits("王女士", her, kexin.OwnSMS)
	if _, err := p.App.TakeCopy(bg, h.Visit(), kexin.BySMS, "000000"); kexin.CodeOf(err) != kexin.Unauthorized {
		t.Errorf("without a code: %v", err)
	}
	p.Must(h.Proves(app.CodeMine, her))
	if _, err := p.App.TakeCopy(bg, h.Visit(), kexin.BySMS, apptest.CodeIn(p.Phone.Box(her))); kexin.CodeOf(err) != kexin.Invalid {
		t.Errorf("with the code for seeing: %v", err)
	}
	read := func() (out struct {
		Form string
		Data []struct {
			Field  string
			Values []string
		}
		Consents []struct {
			Event string
			Proof map[string]any
		}
		GivenTo []string `json:"given_to"`
		Came    struct{ Through string }
		Notice  struct{ Text []string }
		Keeping string
	}, text string) {
		t.Helper()
		p.Must(p.App.SendCode(bg, h.Visit(), app.CodeCopy, kexin.BySMS))
		file, err := p.App.TakeCopy(bg, h.Visit(), kexin.BySMS, apptest.CodeIn(p.Arrives(p.Phone, her, 1)))
		p.Must(err)
		p.Must(json.Unmarshal(file, &out))
		return out, string(file)
	}
	before, _ := read()
	if len(before.Data) != 2 {
		t.Errorf("before anybody accepted: %+v", before.Data)
	}
	p.As(p.Shops["curtain"].Rep).Accepts()
	p.Clock.Move(2 * time.Minute)
	c, text := read()
	values := ""
	for _, d := range c.Data {
		values += d.Field + "=" + strings.Join(d.Values, ",") + ";"
	}
	if !strings.Contains(values, "name=王女士") || !strings.Contains(values, "phone="+her) || len(c.Consents) < 4 || c.Came.Through != "石语瓷砖店" || len(c.Notice.Text) == 0 || c.Keeping == "" {
		t.Errorf("%s %+v", values, c)
	}
	if strings.Contains(text, "金丝雀") || strings.Contains(text, "陈晓雯") || len(c.GivenTo) != 0 {
		t.Error("the copy holds something of somebody else")
	}
}

func quietHours(t *testing.T, p *apptest.Party) {
	zone := time.FixedZone("CST", 8*3600)
	_, h := asked(p)
	h.Submits("王女士", her)
	curtain := p.As(p.Shops["curtain"].Rep)
	customer := curtain.Accepts()
	to := func(hour, minute int) {
		now := p.Clock.Now().In(zone)
		at := time.Date(now.Year(), now.Month(), now.Day(), hour, minute, 0, 0, zone)
		if !at.After(now) {
			at = at.AddDate(0, 0, 1)
		}
		p.Clock.Move(at.Sub(now))
	}
	for _, c := range []struct {
		hour, minute int
		opens        string
	}{{20, 1, " 09:00"}, {8, 59, " 09:00"}, {12, 30, " 14:00"}} {
		to(c.hour, c.minute)
		for _, ch := range []kexin.Channel{kexin.ByCall, kexin.BySMS} {
			_, err := curtain.Calls(customer, ch)
			var e *kexin.Error
			if !errors.As(err, &e) || e.Law != "E_QUIET_HOURS" && e.Law != "E_NO_CHANNEL_CONSENT" || ch == kexin.ByCall && !strings.HasSuffix(e.Args["time"], c.opens) {
				t.Errorf("%02d:%02d by %s: %v", c.hour, c.minute, ch, err)
			}
		}
	}
	to(14, 1)
	if _, err := curtain.Calls(customer, kexin.ByCall); err != nil {
		t.Errorf("at 14:01: %v", err)
	}
}
