package apptest

import (
	"context"

	"kexin"
	"kexin/app"
	"kexin/gate"
	"kexin/store"
)

// Founds makes a merchant that sells what need names, in no alliance yet.
func (p *Party) Founds(need, name, code, phone string) *Shop {
	p.TB.Helper()
	ctx := context.Background()
	o, keys, err := p.Store.NewMerchant(ctx, store.Org{Name: name, USCC: code, Size: kexin.Shop, Zone: p.Zone, Contact: phone, Address: "乐清市伯乐东路 1 号", PIO: "店主，电话同上"})
	p.Must(err)
	s := &Shop{Org: o.ID, Name: name}
	p.Shops[need] = s
	p.Must(p.Store.Found(ctx, o, keys, func(tx *store.Tx) error {
		for _, m := range []struct {
			name string
			pos  kexin.Position
			to   *kexin.Actor
		}{{name + "店主", kexin.Owner, &s.Owner}, {"陈晓雯", kexin.Rep, &s.Rep}, {"马骏", kexin.Rep, &s.Rep2}} {
			id, err := tx.AddMember(store.Member{Name: m.name, Position: m.pos, Active: true, Told: tx.Now})
			if err != nil {
				return err
			}
			*m.to = kexin.Actor{Org: o.ID, User: id, Position: m.pos, Purpose: gate.Default(false).Posts[m.pos].Purposes[0], Via: kexin.ViaSession, Lang: "zh-CN"}
		}
		return nil
	}))
	_, err = p.App.PublishNotice(ctx, s.Owner, "zh-CN")
	p.Must(err)
	p.Must(p.App.SaveCard(ctx, s.Owner, app.CardDraft{Shown: s.Shown(), Address: "建材市场 2 栋", Phone: phone, Needs: []string{need}}))
	return s
}

// ally founds the alliance, joins curtain and lamp, and verifies them.
func (p *Party) ally() {
	ctx := context.Background()
	_, err := p.App.FoundAlliance(ctx, p.Shops["tile"].Owner, "安居联盟")
	p.Must(err)
	link, _, err := p.App.InviteToAlliance(ctx, p.Shops["tile"].Owner)
	p.Must(err)
	for _, key := range []string{"curtain", "lamp"} {
		p.Must(p.App.JoinAlliance(ctx, p.Shops[key].Owner, link.Text()))
		p.Verifies(p.Shops["tile"].Owner, p.Shops[key].Org)
	}
}

// Verifies has the founder verify a shop under the name that it has.
func (p *Party) Verifies(founder kexin.Actor, org kexin.ID) {
	p.TB.Helper()
	c, err := p.App.PublicCard(context.Background(), org)
	p.Must(err)
	p.Must(p.App.VerifyMember(context.Background(), founder, org, store.Verified, c.Shown))
}
