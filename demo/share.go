package demo

import (
	"fmt"
	"net/netip"
	"strings"

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
	"jiahe": {"家和电器", "厨电、中央空调", []string{"appliance", "aircon"}}, "anju": {"安居联盟秘书处", "联盟的日常事务", []string{"other"}},
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
	return t.app.VerifyMember(t.ctx, t.owner("anju"), t.shops[key].org, store.Verified)
}

// asked recommends the curtain shop to a customer of the tile shop, and opens
// the link on her own phone.
func (t *town) asked(customer kexin.ID, n int) (app.Visit, app.Intro, error) {
	r, err := t.app.Recommend(t.ctx, t.as(t.shops["shiyu"], "陈晓雯"), app.Recommendation{Customer: customer, Need: "curtain", Shops: []kexin.ID{t.shops["qingchuang"].org}, Said: "store", Way: app.WayCopy})
	if err != nil {
		return app.Visit{}, app.Intro{}, err
	}
	phone, _ := auth.NewDevice()
	from := app.From{Addr: netip.AddrFrom4([4]byte{198, 51, 100, byte(n)}), Label: "WeChat", Lang: "zh-CN", Visitor: phone.Text()}
	cookie, err := t.app.Enter(t.ctx, from, strings.TrimPrefix(r.Path.Text(), "/l/"), false)
	if err != nil {
		return app.Visit{}, app.Intro{}, err
	}
	v, err := t.app.VisitOf(t.ctx, from, cookie.Text(), app.Seat{})
	if err != nil {
		return v, app.Intro{}, err
	}
	in, err := t.app.Intro(t.ctx, v)
	return v, in, err
}

// declined is a customer who did not want it this time.
func (t *town) declined(customer kexin.ID) error {
	v, in, err := t.asked(customer, 4)
	if err != nil {
		return err
	}
	if err := t.app.Decline(t.ctx, v, in.Choices[0].Referral); err != nil {
		return err
	}
	return t.app.Deliver(t.ctx)
}

// introduced is a customer who sent her own number to the curtain shop, which
// accepted and proved by the pair of words that it is herself.
func (t *town) introduced(customer kexin.ID, c customer, called *kexin.ID) error {
	v, in, err := t.asked(customer, 2)
	if err != nil {
		return err
	}
	choice := in.Choices[0]
	sent, err := t.app.Submit(t.ctx, v, app.Giving{Referral: choice.Referral, Shop: choice.Shop.Org, Name: "李先生", Phone: c.phone, Channel: kexin.ByCall, Tell: true, Lang: "zh-CN"})
	if err != nil {
		return err
	}
	if err := t.app.Deliver(t.ctx); err != nil {
		return err
	}
	receipt, err := t.app.VisitOf(t.ctx, app.From{Visitor: ""}, sent.Visit.Text(), app.Seat{})
	if err != nil {
		return err
	}
	has, err := t.app.HerReceipt(t.ctx, receipt)
	if err != nil {
		return err
	}
	lei := t.as(t.shops["qingchuang"], "黄蕾")
	if *called, err = t.app.AcceptReferral(t.ctx, lei, sent.Referral); err != nil {
		return err
	}
	if _, err := t.app.Contact(t.ctx, lei, kexin.Customer, *called, kexin.ByCall); err != nil {
		return err
	}
	if right, _, err := t.app.AnswerWord(t.ctx, lei, sent.Referral, has.Pair.Answer); err != nil || !right {
		return fmt.Errorf("the second word is not right: %w", err)
	}
	return t.app.Deliver(t.ctx)
}

// won is the order that came of it.
func (t *town) won(customer kexin.ID) error {
	lei := t.as(t.shops["qingchuang"], "黄蕾")
	if _, err := t.app.Create(t.ctx, lei, app.Draft{Object: kexin.Order, Parent: customer, Values: store.Values{
		kexin.OrdNo: kexin.Str("QC260311"), kexin.OrdOn: kexin.Str(string(t.ago(3))), kexin.OrdStatus: kexin.Str("paid"), kexin.OrdAmount: kexin.Num(6_280_00)}}); err != nil {
		return err
	}
	all, _, err := t.app.Inbox(t.ctx, lei)
	if err != nil {
		return err
	}
	for _, a := range all {
		if a.Customer == customer {
			if err := t.app.WinReferral(t.ctx, lei, a.ID); err != nil {
				return err
			}
		}
	}
	return t.app.Deliver(t.ctx)
}
