package demo

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"time"

	"kexin"
	"kexin/app"
	"kexin/auth"
	"kexin/store"
)

// cards are what the merchants sell, and the sentence on their cards.
var cards = map[string]struct {
	shown, about string
	needs        []string
}{
	"shiyu": {"石语瓷砖", "瓷砖、岩板，看得见的铺贴样板", []string{"tile"}}, "muhe": {"木合橱柜", "橱柜衣柜定制，自己的工厂", []string{"cabinet", "wardrobe"}},
	"qingchuang": {"晴窗窗帘", "布艺窗帘，上门量尺", []string{"curtain", "soft"}}, "mingdeng": {"明灯照明", "全屋灯光设计", []string{"lamp"}},
	"jiahe": {"家和电器", "厨电、中央空调", []string{"appliance", "aircon"}}, "anju": {"安居联盟秘书处", "联盟的日常事务", nil},
}

// ally gives every merchant its card and founds the alliance.
func (t *town) ally() error {
	for _, m := range merchants {
		c := cards[m.key]
		if err := t.app.SaveCard(t.ctx, t.owner(m.key), app.CardDraft{Shown: c.shown, Address: m.address, Phone: m.phone, About: c.about, Needs: c.needs}); err != nil {
			return fmt.Errorf("card of %s: %w", m.key, err)
		}
	}
	if _, err := t.app.FoundAlliance(t.ctx, t.owner("anju"), "安居联盟"); err != nil {
		return err
	}
	for _, key := range []string{"shiyu", "muhe", "qingchuang", "jiahe"} {
		if err := t.joins(key); err != nil {
			return err
		}
	}
	return nil
}

func (t *town) owner(key string) kexin.Actor {
	s := t.shops[key]
	return t.as(s, s.plan.people[0].name)
}

// joins brings a merchant into the alliance and has it verified.
func (t *town) joins(key string) error {
	link, _, err := t.app.InviteToAlliance(t.ctx, t.owner("anju"))
	if err != nil {
		return err
	}
	if err := t.app.JoinAlliance(t.ctx, t.owner(key), link.Text()); err != nil {
		return err
	}
	return t.app.VerifyMember(t.ctx, t.owner("anju"), t.shops[key].org, store.Verified, cards[key].shown)
}

// A her is a customer with her own phone and what she does on it.
type her struct {
	t       *town
	number  string
	from    app.From
	cookie  auth.Secret
	link    string   // the question that she was sent
	last    kexin.ID // the referral that she sent
	receipt string   // its link
}

func (t *town) her(number string, n int) *her {
	phone, _ := auth.NewDevice()
	return &her{t: t, number: number, from: app.From{Addr: netip.AddrFrom4([4]byte{198, 51, 100, byte(n)}), Label: "WeChat", Lang: "zh-CN", Visitor: phone.Text()}}
}

// asked recommends a shop to a customer: the words are pasted to her, and she
// opens the link.
func (t *town) asked(c customer, id kexin.ID, need, to string, n int) (*her, error) {
	r, err := t.app.Recommend(t.ctx, t.as(t.shops[c.shop], c.staff), app.Recommendation{Customer: id, Need: need, Shops: []kexin.ID{t.shops[to].org}, Said: "store", Way: app.WayCopy})
	if err != nil {
		return nil, err
	}
	h := t.her(c.phone, n)
	h.link = r.Path.Text()
	if err := h.gets(strings.ReplaceAll(r.Words, "{link}", h.link)); err != nil {
		return nil, err
	}
	return h, h.opens(h.link)
}

// gets puts words on her phone.
func (h *her) gets(words string) error {
	for _, p := range h.t.phones.All() {
		if p.Number == typed(h.number) {
			return h.t.phones.Paste(p.ID, words)
		}
	}
	return nil
}

// opens follows a link and begins a visit.
func (h *her) opens(path string) (err error) {
	h.cookie, err = h.t.app.Enter(h.t.ctx, h.from, strings.TrimPrefix(path, "/l/"), false)
	return err
}

func (h *her) visit() (app.Visit, error) {
	return h.t.app.VisitOf(h.t.ctx, h.from, h.cookie.Text(), app.Seat{})
}

// choice is a shop of the question, the only one or the one with this name.
func (h *her) choice(to string) (v app.Visit, c app.Choice, err error) {
	if v, err = h.visit(); err != nil {
		return v, c, err
	}
	in, err := h.t.app.Intro(h.t.ctx, v)
	for _, c := range in.Choices {
		if c.Shop.Org == h.t.shops[to].org {
			return v, c, err
		}
	}
	if err == nil {
		err = fmt.Errorf("%s is not on her page", to)
	}
	return v, c, err
}

// declines says no.
func (h *her) declines(to string) error {
	v, c, err := h.choice(to)
	if err != nil {
		return err
	}
	if err := h.t.app.Decline(h.t.ctx, v, c.Referral); err != nil {
		return err
	}
	return h.t.app.Deliver(h.t.ctx)
}

// sends gives her name and number, and keeps the receipt on her phone.
func (h *her) sends(to, need, name string, tell bool, wants ...kexin.PurposeCode) (app.Receipted, error) {
	v, c, err := h.choice(to)
	if err != nil {
		return app.Receipted{}, err
	}
	out, err := h.t.app.Submit(h.t.ctx, v, app.Giving{Referral: c.Referral, Shop: c.Shop.Org, Need: need, Name: name, Phone: h.number, Channel: kexin.ByCall, Wants: wants, Tell: tell, Lang: "zh-CN"})
	if err != nil {
		return app.Receipted{}, err
	}
	h.cookie, h.last = out.Visit, out.Referral
	if err := h.t.app.Deliver(h.t.ctx); err != nil {
		return app.Receipted{}, err
	}
	has, err := h.has()
	if err != nil {
		return has, err
	}
	h.receipt = has.Path
	return has, h.gets("（" + cards[to].shown + "的回执，截图）" + has.Path)
}

func (h *her) has() (app.Receipted, error) {
	v, err := h.visit()
	if err != nil {
		return app.Receipted{}, err
	}
	return h.t.app.HerReceipt(h.t.ctx, v)
}

var digits = regexp.MustCompile(`\d{6}`)

// proves has a code sent, reads it from her phone and types it.
func (h *her) proves(act string) error {
	v, err := h.visit()
	if err != nil {
		return err
	}
	if err := h.t.app.SendCode(h.t.ctx, v, act, kexin.BySMS); err != nil {
		return err
	}
	for range 500 { // the server may be sending it by itself at this moment
		if _, err := h.t.app.SendDue(h.t.ctx); err != nil {
			return err
		}
		if m, ok := h.t.phones.last(h.number, "code"); ok && h.t.clock.Now().Sub(m.At.Time()) < time.Minute {
			return h.t.app.TryCode(h.t.ctx, v, act, kexin.BySMS, digits.FindString(m.Text))
		}
		time.Sleep(10 * time.Millisecond)
	}
	return fmt.Errorf("no code came")
}

// stops withdraws.
func (h *her) stops(scope string) error {
	v, err := h.visit()
	if err != nil {
		return err
	}
	if err := h.t.app.Withdraw(h.t.ctx, v, scope); err != nil {
		return err
	}
	return h.t.app.Deliver(h.t.ctx)
}

// accepts takes what she sent, calls her and hears her word.
func (t *town) accepts(shop, staff string, h *her, answer string) (kexin.ID, error) {
	a := t.as(t.shops[shop], staff)
	id, err := t.app.AcceptReferral(t.ctx, a, h.last)
	if err != nil || answer == "" {
		return id, err
	}
	if _, err := t.app.Contact(t.ctx, a, kexin.Customer, id, kexin.ByCall); err != nil {
		return id, err
	}
	if right, _, err := t.app.AnswerWord(t.ctx, a, h.last, answer); err != nil || !right {
		return id, fmt.Errorf("the second word is not right: %w", err)
	}
	return id, t.app.Deliver(t.ctx)
}

// won is the order that came of it.
func (t *town) won(shop, staff string, id, referral kexin.ID, no string, days int, amount int64) error {
	a := t.as(t.shops[shop], staff)
	if _, err := t.app.Create(t.ctx, a, app.Draft{Object: kexin.Order, Parent: id, Values: store.Values{
		kexin.OrdNo: kexin.Str(no), kexin.OrdOn: kexin.Str(string(t.ago(days))), kexin.OrdStatus: kexin.Str("paid"), kexin.OrdAmount: kexin.Num(amount)}}); err != nil {
		return err
	}
	if err := t.app.WinReferral(t.ctx, a, referral); err != nil {
		return err
	}
	return t.app.Deliver(t.ctx)
}

// walked is somebody who took a voucher at the counter of one shop and used it
// at another: nobody knows who.
func (t *town) walked(h *her, to string) error {
	v, c, err := h.choice(to)
	if err != nil {
		return err
	}
	ticket, err := t.app.TakeVoucher(t.ctx, v, c.Referral, c.Shop.Org)
	if err != nil {
		return err
	}
	_, _, err = t.app.RedeemVoucher(t.ctx, t.as(t.shops[to], "黄蕾"), ticket.Code)
	return err
}
