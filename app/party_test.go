package app_test

import (
	"context"
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/app"
	"kexin/app/apptest"
	"kexin/consent"
	"kexin/internal/db"
	"kexin/share"
	"kexin/store"
	"kexin/store/storetest"
)

const hers = "+8613812345678"

var ctx = context.Background()

func parties(t *testing.T, f func(t *testing.T, p *apptest.Party)) {
	t.Helper()
	storetest.Opened(t, func(t *testing.T, open func(db.Config) *db.DB) {
		c := storetest.NewClock()
		f(t, apptest.New(t, open(db.Config{Clock: c.Now}), c))
	})
}

// shows reports whether a text holds a word of hers. One in thirty of these
// everyday words stands in the program's own sentences and the town's names too.
func shows(t *testing.T, text, word string) bool {
	t.Helper()
	own, err := os.ReadFile("../i18n/zh-CN.json")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Contains(text, word) && !strings.Contains(string(own)+"石语瓷砖晴窗窗帘店乐清", word)
}

// TestIntroduce walks the main path: recommended, opened, sent, accepted,
// called by a pair of words, given.
func TestIntroduce(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, curtain := p.Shops["tile"], p.Shops["curtain"]
		customer := p.As(tile.Rep).Knows("王秀兰", hers)
		link := p.As(tile.Rep).Recommends(customer, "curtain", "curtain")
		her := p.Her("203.0.113.7")
		if err := her.Opens(link); err != nil {
			t.Fatal(err)
		}
		if in := her.Sees(); in.Member != "陈晓雯" || in.From.Shown != "石语瓷砖" || in.Choices[0].Shop.Legal != "晴窗窗帘店" || in.Need != "curtain" {
			t.Fatalf("%+v", in)
		}
		if n := len(p.As(curtain.Rep).Inbox()); n != 0 {
			t.Fatal("the receiver sees something before she sends")
		}
		her.Submits("王女士", "138 1234 5678", kexin.OwnSMS)
		r := her.Has()
		if r.Pair.Said == "" || r.Pair.Answer == "" || r.State != share.Submitted || r.Proved || r.Path == "" {
			t.Fatalf("%+v", r)
		}
		for _, w := range r.Words {
			if w.State != consent.Requested {
				t.Errorf("%s %s is %s before any proof", w.Purpose, w.Channel, w.State)
			}
		}
		in := p.As(curtain.Rep).Inbox()
		if len(in) != 1 || in[0].State != share.Submitted || in[0].Said != "" || in[0].Name.Value.S != "" || in[0].Grade != consent.Handed {
			t.Fatalf("%+v", in)
		}
		if s := p.As(tile.Rep).Sent(); s[0].Sight != share.SeeWaiting {
			t.Errorf("the sender, who may not be told, sees %s", s[0].Sight)
		}
		new := p.As(curtain.Rep).Accepts()
		in = p.As(curtain.Rep).Inbox()
		if in[0].Said != r.Pair.Said || in[0].Name.Value.S != "王女士" {
			t.Errorf("%+v", in[0])
		}
		if shows(t, p.As(curtain.Rep).Looks()+p.As(curtain.Owner).Looks(), r.Pair.Answer) {
			t.Error("a screen of the shop shows her second word")
		}
		if box := strings.Join(p.Arrives(p.Phone, hers, 1), "\n"); !strings.Contains(box, r.Path) {
			t.Errorf("the message to her lacks the link of her receipt: %s", box)
		}
		for _, s := range p.Shops {
			for _, a := range []kexin.Actor{s.Owner, s.Rep, s.Rep2} {
				if seen := p.As(a).Looks() + p.As(s.Owner).Log(); strings.Contains(seen, strings.TrimPrefix(r.Path, "/l/")) {
					t.Errorf("%s of %s can see the link of her receipt", a.Position, s.Name)
				}
			}
		}
		ways := func() (out string) {
			rec, err := p.App.Get(ctx, curtain.Rep, kexin.Customer, new)
			p.Must(err)
			for _, m := range rec.Mays {
				if m.OK {
					out += string(m.Channel) + " "
				}
			}
			return out
		}
		if got := ways(); got != "call " { // what she chose, and nothing besides
			t.Errorf("her record offers %s", got)
		}
		if phone, err := p.As(curtain.Rep).Calls(new, kexin.ByCall); err != nil || phone != hers {
			t.Fatalf("%q %v", phone, err)
		}
		if got := ways(); got != "" {
			t.Errorf("after the one contact her record offers %s", got)
		}
		if _, err := p.As(curtain.Rep).Calls(new, kexin.ByCall); kexin.CodeOf(err) != kexin.RateLimited {
			t.Errorf("a second call before any proof: %v", err)
		}
		right, _, err := p.App.AnswerWord(ctx, curtain.Rep, in[0].ID, r.Pair.Answer)
		if err != nil || !right {
			t.Fatalf("%v %v", right, err)
		}
		for _, w := range her.Has().Words {
			if w.State != consent.Given || w.Grade != consent.Handed {
				t.Errorf("%s is %s %s after the word", w.Purpose, w.State, w.Grade)
			}
		}
		if got := ways(); got != "call " {
			t.Errorf("after her word her record offers %s", got)
		}
		if _, err := p.As(curtain.Rep).Calls(new, kexin.ByCall); err != nil {
			t.Errorf("a call by consent: %v", err)
		}
		if _, err := consent.CheckReceipt(her.Has().File, nil); err != nil {
			t.Errorf("receipt: %v", err)
		}
		verifies(t, p)
	})
}

// verifies checks the logs of all merchants.
func verifies(t *testing.T, p *apptest.Party) {
	t.Helper()
	for key, s := range p.Shops {
		for n := 1; n > 0; {
			var err error
			if n, err = p.Store.Seal(ctx, s.Org); err != nil {
				t.Fatalf("%s: %v", key, err)
			}
		}
	}
}

// TestCanaries: nothing of the first shop's customer reaches another shop
// before she sends; afterwards only what she typed; a third shop sees nothing
// ever.
func TestCanaries(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, curtain, third := p.Shops["tile"], p.Shops["curtain"], p.Shops["lamp"]
		canaries := []string{"金丝雀兰", "13899990001", "王秀兰的备注", "陈晓雯金丝"}
		holds := func(s, canary string) bool {
			return storetest.Stands(s, canary) || canary[0] > '9' && strings.Contains(s, canary)
		}
		customer, err := p.App.Create(ctx, tile.Rep, app.Draft{Object: kexin.Customer, Values: store.Values{kexin.CustName: kexin.Str("金丝雀兰"), kexin.CustPhone: kexin.Str("+8613899990001"), kexin.CustRemark: kexin.Str("王秀兰的备注"), kexin.CustSalut: kexin.Str("aunt")}})
		p.Must(err)
		before := p.Rows(curtain)
		link := p.As(tile.Rep).Recommends(customer, "curtain", "curtain")
		her := p.Her("203.0.113.7")
		p.Must(her.Opens(link))
		her.Sees()
		p.Settle()
		if now := p.Rows(curtain); now != before {
			t.Errorf("the receiver has another row before she sends:\n%s\n%s", before, now)
		}
		her.Submits("阿兰", "13700001111")
		p.As(curtain.Rep).Accepts()
		seen := p.As(curtain.Owner).Looks() + p.As(curtain.Rep).Looks()
		for _, c := range canaries {
			if holds(seen, c) {
				t.Errorf("the receiver sees %s", c)
			}
		}
		if !strings.Contains(seen, "阿兰") {
			t.Error("what she typed did not arrive")
		}
		if s := p.As(tile.Owner).Looks() + p.As(tile.Rep).Looks(); holds(s, "阿兰") || holds(s, "13700001111") {
			t.Error("the sender sees what she typed for the other shop")
		}
		for _, who := range []kexin.Actor{third.Owner, third.Rep, p.Shops["bath"].Owner} {
			s := p.As(who).Looks()
			for _, c := range append(canaries, "阿兰", "13700001111") {
				if holds(s, c) {
					t.Errorf("a third shop sees %s", c)
				}
			}
		}
	})
}

// TestDecline: her no reaches her own shop as declined and nobody else; she is
// not asked again for 180 days, and may take it back herself.
func TestDecline(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, curtain := p.Shops["tile"], p.Shops["curtain"]
		customer := p.As(tile.Rep).Knows("张伟", hers)
		link := p.As(tile.Rep).Recommends(customer, "curtain", "curtain")
		before := p.Rows(curtain)
		her := p.Her("203.0.113.7")
		p.Must(her.Opens(link))
		p.Must(her.Declines())
		p.Settle()
		if now := p.Rows(curtain); now != before {
			t.Errorf("the receiver learned of a no:\n%s\n%s", before, now)
		}
		s := p.As(tile.Rep).Sent()[0]
		if s.Sight != share.SeeDeclined || s.AgainAt == 0 {
			t.Errorf("%+v", s)
		}
		_, err := p.As(tile.Rep).TryRecommend(customer, "curtain", "curtain")
		var e *kexin.Error
		if !errors.As(err, &e) || e.Law != "E_REASK_COOLDOWN" || e.Args["date"] == "" {
			t.Errorf("asked again: %v", err)
		}
		p.Must(p.App.TakeBack(ctx, her.Visit(), her.Sees().Choices[0].Referral))
		her.Submits("张先生", hers)
		if len(p.As(curtain.Rep).Inbox()) != 1 {
			t.Error("taken back and sent, but nothing arrived")
		}
	})
}

// TestRepOpensOwnLink: in a browser with a staff session nothing counts; with
// his own number on another phone there is no GIVEN consent and no credit.
func TestRepOpensOwnLink(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, curtain := p.Shops["tile"], p.Shops["curtain"]
		customer := p.As(tile.Rep).Knows("王秀兰", hers)
		p.Must(p.App.SetOwn(ctx, tile.Rep, app.Own{Phone: "13911112222"}))
		link := p.As(tile.Rep).Recommends(customer, "curtain", "curtain")
		staff := p.Her("203.0.113.9")
		staff.Seat = app.Seat{Org: tile.Org, Member: tile.Rep.User, Actor: tile.Rep}
		p.Must(staff.Opens(link))
		if err := staff.Sends(staff.Giving("王女士", hers)); kexin.LawOf(err) != "E_ONLY_SUBJECT" {
			t.Errorf("with a staff session: %v", err)
		}
		if err := staff.Declines(); kexin.LawOf(err) != "E_ONLY_SUBJECT" {
			t.Errorf("declined with a staff session: %v", err)
		}
		own := p.Her("203.0.113.10") // a private browser
		p.Must(own.Opens(link))
		own.Submits("王女士", "13911112222", kexin.OwnSMS)
		if err := own.Proves(app.CodeProve, "+8613911112222"); err != nil {
			t.Fatal(err)
		}
		new := p.As(curtain.Rep).Accepts()
		_, _ = p.As(curtain.Rep).Calls(new, kexin.ByCall)
		in := p.As(curtain.Rep).Inbox()[0]
		if _, _, err := p.App.AnswerWord(ctx, curtain.Rep, in.ID, own.Has().Pair.Answer); err != nil {
			t.Fatal(err)
		}
		for _, w := range own.Has().Words {
			if w.State == consent.Given {
				t.Errorf("%s is given by a rep", w.Purpose)
			}
		}
		order(p, curtain.Rep, new)
		p.Must(p.App.WinReferral(ctx, curtain.Rep, in.ID))
		p.Settle()
		lines, err := p.App.Credits(ctx, curtain.Owner) // what counts for the tile shop
		if err != nil || len(lines) != 0 {
			t.Errorf("credited: %+v %v", lines, err)
		}
		alerts, err := p.App.Alerts(ctx, curtain.Owner)
		if err != nil || len(alerts) == 0 || alerts[0].Code != "referral_staff_number" {
			t.Errorf("%+v %v", alerts, err)
		}
	})
}

func order(p *apptest.Party, a kexin.Actor, customer kexin.ID) {
	p.TB.Helper()
	_, err := p.App.Create(ctx, a, app.Draft{Object: kexin.Order, Parent: customer, Values: store.Values{kexin.OrdNo: kexin.Str("SO1"), kexin.OrdOn: kexin.Str("2026-03-02"), kexin.OrdAmount: kexin.Num(628000), kexin.OrdStatus: kexin.Str("open")}})
	p.Must(err)
}

// TestCode: a code to her number gives what she sent, with grade E3; a wrong
// one, an old one and one for another act do not.
func TestCode(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile := p.Shops["tile"]
		link := p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("王秀兰", hers), "curtain", "curtain")
		her := p.Her("203.0.113.7")
		p.Must(her.Opens(link))
		her.Submits("王女士", hers, kexin.OwnSMS, kexin.OwnCall)
		p.Must(p.App.SendCode(ctx, her.Visit(), app.CodeMine, kexin.BySMS))
		p.Settle()
		if err := p.App.TryCode(ctx, her.Visit(), app.CodeProve, kexin.BySMS, apptest.CodeIn(p.Phone.Box(hers))); kexin.CodeOf(err) != kexin.Invalid {
			t.Errorf("a code for another act: %v", err)
		}
		p.Must(p.App.SendCode(ctx, her.Visit(), app.CodeProve, kexin.BySMS))
		p.Settle()
		if err := p.App.SendCode(ctx, her.Visit(), app.CodeProve, kexin.BySMS); kexin.CodeOf(err) != kexin.RateLimited {
			t.Errorf("again at once: %v", err)
		}
		code := apptest.CodeIn(p.Phone.Box(hers))
		for range 5 {
			if err := p.App.TryCode(ctx, her.Visit(), app.CodeProve, kexin.BySMS, "000000x"); kexin.CodeOf(err) != kexin.Invalid {
				t.Fatal(err)
			}
		}
		if err := p.App.TryCode(ctx, her.Visit(), app.CodeProve, kexin.BySMS, code); kexin.CodeOf(err) != kexin.Invalid {
			t.Error("a sixth try was right")
		}
		var sent []string // the older one is no good once there is a newer, with all tries left
		for n := range 2 {
			p.Clock.Move(61 * time.Second)
			p.Must(p.App.SendCode(ctx, her.Visit(), app.CodeProve, kexin.BySMS))
			sent = append(sent, apptest.CodeIn(p.Arrives(p.Phone, hers, 4+n)))
		}
		if err := p.App.TryCode(ctx, her.Visit(), app.CodeProve, kexin.BySMS, sent[0]); kexin.CodeOf(err) != kexin.Invalid && sent[0] != sent[1] {
			t.Errorf("the older of two codes: %v", err)
		}
		p.Must(p.App.TryCode(ctx, her.Visit(), app.CodeProve, kexin.BySMS, sent[1]))
		words := her.Has().Words
		if len(words) != 3 {
			t.Fatalf("%+v", words)
		}
		for _, w := range words {
			if w.State != consent.Given || w.Grade != consent.Code {
				t.Errorf("%+v", w)
			}
		}
		text := strings.Join(p.Phone.Box(hers), "\n")
		if !strings.Contains(text, "晴窗窗帘店") || !strings.Contains(text, "店员无权索要验证码") {
			t.Errorf("the message does not say what for: %s", text)
		}
	})
}

// TestWithdraw: one act locks at the receiver in its own transaction, stops what is
// queued, and her data is erased: at once by a code, after a day by the link
// alone.
func TestWithdraw(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, curtain := p.Shops["tile"], p.Shops["curtain"]
		link := p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("王秀兰", hers), "curtain", "curtain")
		her := p.Her("203.0.113.7")
		p.Must(her.Opens(link))
		her.Submits("王女士", hers, kexin.OwnSMS)
		p.Must(her.Proves(app.CodeProve, hers))
		new := p.As(curtain.Rep).Accepts()
		p.Phone.Fails(errors.New("down"))
		p.Clock.Move(2 * time.Minute)
		p.Must(p.App.SendCode(ctx, her.Visit(), app.CodeMine, kexin.BySMS))
		p.Must(her.Stops(app.StopShop))
		p.Phone.Fails(nil)
		p.Clock.Move(10 * time.Minute)
		box := len(p.Phone.Box(hers))
		p.Settle()
		if got := p.Phone.Box(hers)[box:]; len(got) != 1 || !strings.Contains(got[0], "停用") || !strings.Contains(got[0], "0577-62520002") { // what was queued is not sent; she is told that it is done
			t.Errorf("sent after she withdrew: %q", got)
		}
		if _, err := p.App.Get(ctx, curtain.Rep, kexin.Customer, new); kexin.CodeOf(err) != kexin.NotFound {
			t.Errorf("the rep still opens her: %v", err)
		}
		if strings.Contains(p.As(curtain.Rep).Looks(), "王女士") {
			t.Error("the rep still sees her name")
		}
		for _, w := range her.Has().Words {
			if w.State != consent.Withdrawn || w.Epoch != 2 {
				t.Errorf("%+v", w)
			}
		}
		if r := her.Has(); r.State != share.Revoking || r.Erased {
			t.Errorf("%+v", r)
		}
		p.Ticks()
		if her.Has().Erased {
			t.Error("erased before a day passed, by the link alone")
		}
		p.Clock.Move(24 * time.Hour)
		p.Ticks()
		again := p.Her("203.0.113.7")
		p.Must(again.Opens(her.Receipt))
		if r := again.Has(); r.State != share.Revoked || !r.Erased || r.Pair.Answer != "" {
			t.Errorf("%+v", r)
		}
	})
}

// TestWithdrawAll: stopping everywhere reaches every shop of the path, and no
// other.
func TestWithdrawAll(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile := p.Shops["tile"]
		customer := p.As(tile.Rep).Knows("王秀兰", hers)
		her, too := p.Her("203.0.113.7"), p.Her("203.0.113.7")
		link := p.As(tile.Rep).Recommends(customer, "curtain", "curtain")
		p.Must(her.Opens(link))
		her.Submits("王女士", hers)
		p.Must(too.Opens(p.As(tile.Rep).Recommends(customer, "lamp", "lamp")))
		too.Submits("王女士", hers)
		p.As(p.Shops["curtain"].Rep).Accepts()
		p.As(p.Shops["lamp"].Rep).Accepts()
		if m, err := p.App.Holders(ctx, her.Visit()); err != nil || len(m.Holders) != 1 || m.Proved {
			t.Fatalf("without a code: %+v %v", m, err)
		}
		p.Must(her.Proves(app.CodeMine, hers))
		m, err := p.App.Holders(ctx, her.Visit())
		if err != nil || len(m.Holders) != 3 {
			t.Fatalf("%+v %v", m, err)
		}
		d, err := p.App.HerData(ctx, her.Visit(), p.Shops["curtain"].Org, true)
		if err != nil || len(d.Fields) == 0 {
			t.Fatalf("%+v %v", d, err)
		}
		p.Must(her.Stops(app.StopAll))
		for _, key := range []string{"curtain", "lamp"} {
			if in := p.As(p.Shops[key].Rep).Inbox(); in[0].State != share.Revoking {
				t.Errorf("%s: %s", key, in[0].State)
			}
		}
		stand(t, p, her, map[string]stands{"curtain": {locked: true}, "tile": {locked: true}, "lamp": {locked: true}})
		p.Ticks()
		stand(t, p, her, map[string]stands{"curtain": {locked: true, erased: true}, "tile": {locked: true}, "lamp": {locked: true}}) // her number is gone, and how her stop stands elsewhere she sees still
		if r := her.Has(); r.State != share.Revoked {
			t.Errorf("with the code it is erased at once: %s", r.State)
		}
	})
}

// TestReceiptSent: the receipt's link goes to the number she typed, three times
// a day to one number and to no member of staff's; it leads to the receipt. A
// visit by it is told once a day to the address on file, and a no to the number
// on file.
func TestReceiptSent(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, curtain := p.Shops["tile"], p.Shops["curtain"]
		arrives := func(number string, n int) []string { t.Helper(); return p.Arrives(p.Phone, number, n) }
		typed := "+8613700001111"
		send := func(i int, phone string) *apptest.Her {
			h := p.Her("203.0.113." + strconv.Itoa(7+i))
			p.Must(h.Opens(p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("王秀兰", "+861381234567"+strconv.Itoa(i)), "curtain", "curtain")))
			h.Submits("王女士", phone)
			return h
		}
		first := send(0, typed)
		box := arrives(typed, 1)
		if len(box) != 1 || !strings.Contains(box[0], "https://kexin.example"+first.Receipt) || !strings.Contains(box[0], "晴窗窗帘") || strings.Contains(box[0], "王女士") {
			t.Fatalf("%q", box)
		}
		if r := first.Has(); shows(t, box[0], r.Pair.Answer) {
			t.Error("the message holds her word")
		}
		for i := range 4 {
			send(i+1, typed)
			arrives(typed, min(3, i+2))
			p.Clock.Move(61 * time.Second) // of looking numbers up at the first shop
		}
		if box = arrives(typed, 3); len(box) != 3 {
			t.Errorf("%d receipts to one number in a day", len(box))
		}
		p.Must(p.App.SetOwn(ctx, curtain.Rep, app.Own{Phone: "13911112222"}))
		send(6, "13911112222")
		if p.Settle(); len(p.Phone.Box("+8613911112222")) != 0 {
			t.Error("a receipt to a member of staff")
		}
		in := p.As(curtain.Rep).Inbox()
		customer, err := p.App.AcceptReferral(ctx, curtain.Rep, in[len(in)-1].ID)
		p.Must(err)
		rec, err := p.App.Get(ctx, curtain.Rep, kexin.Customer, customer)
		p.Must(err)
		_, err = p.App.Edit(ctx, curtain.Rep, customer, rec.View.Rev, app.Draft{Object: kexin.Customer, Values: store.Values{kexin.CustEmail: kexin.Str("lan@example.test")}})
		p.Must(err)
		for range 2 {
			p.Must(p.Her("203.0.113.99").Opens(first.Receipt))
		}
		if got := p.Arrives(p.Mail, "lan@example.test", 1); len(got) != 1 || !strings.Contains(got[0], "0577-62520002") {
			t.Errorf("%q", got)
		}
		no := p.Her("203.0.113.50")
		p.Must(no.Opens(p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("赵敏", "+8613812345699"), "lamp", "lamp")))
		p.Must(no.Declines())
		p.Must(p.App.TakeBack(ctx, no.Visit(), no.Sees().Choices[0].Referral))
		p.Must(no.Declines())
		if box := arrives("+8613812345699", 1); len(box) != 1 || !strings.Contains(box[0], "明灯照明") {
			t.Errorf("%q", box)
		}
	})
}
