package demo

import (
	"fmt"
	"time"

	"kexin"
	"kexin/app"
	"kexin/share"
	"kexin/store"
)

// shared are the events between two shops and one customer.
func (t *town) shared() []event {
	var mei, lee, he *her
	counter, tickets := "", []event{}
	for i := range 6 { // six walked in with a voucher: enough to be told the number
		tickets = append(tickets, event{9 - i, 15, i, func() error {
			h := t.her("", 20+i)
			if err := h.opens(counter); err != nil {
				return err
			}
			return t.walked(h, "qingchuang")
		}})
	}
	return append(tickets,
		event{390, 9, 0, t.ally},
		// 郑美玲's consents ran out two weeks ago
		event{380, 10, 0, func() (err error) {
			mei, err = t.asked(customers[13], t.ids[13], "curtain", "qingchuang", 13)
			return err
		}},
		event{380, 10, 20, func() error {
			if _, err := mei.sends("qingchuang", "", "郑女士", true, kexin.OwnSMS, kexin.OwnWeChat); err != nil {
				return err
			}
			return mei.proves(app.CodeProve)
		}},
		event{380, 14, 0, func() error {
			id, err := t.accepts("qingchuang", "黄蕾", mei, "")
			if err != nil {
				return err
			}
			if _, err := t.app.Contact(t.ctx, t.as(t.shops["qingchuang"], "黄蕾"), kexin.Customer, id, kexin.ByCall); err != nil {
				return err
			}
			return t.won("qingchuang", "黄蕾", id, mei.last, "QC250012", 370, 3_150_00)
		}},
		// 张伟 did not want it this time
		event{15, 10, 0, func() error {
			h, err := t.asked(customers[4], t.ids[4], "curtain", "qingchuang", 4)
			if err != nil {
				return err
			}
			return h.declines("qingchuang")
		}},
		// 李建国 sent his number, proved it by a code, and ordered
		event{9, 10, 30, func() (err error) { lee, err = t.asked(customers[2], t.ids[2], "curtain", "qingchuang", 2); return err }},
		event{9, 10, 40, func() error {
			if _, err := lee.sends("qingchuang", "", "李先生", true, kexin.OwnSMS); err != nil {
				return err
			}
			return lee.proves(app.CodeProve)
		}},
		event{9, 14, 0, func() (err error) {
			if t.lee, err = t.accepts("qingchuang", "黄蕾", lee, ""); err != nil {
				return err
			}
			_, err = t.app.Contact(t.ctx, t.as(t.shops["qingchuang"], "黄蕾"), kexin.Customer, t.lee, kexin.ByCall)
			return err
		}},
		event{3, 9, 0, func() error { return t.won("qingchuang", "黄蕾", t.lee, lee.last, "QC260311", 3, 6_280_00) }},
		// 何秀英 answered that it was not her
		event{4, 9, 40, func() (err error) {
			he, err = t.asked(customers[12], t.ids[12], "curtain", "qingchuang", 12)
			return err
		}},
		event{4, 10, 0, func() error { _, err := he.sends("qingchuang", "", "何阿姨", false); t.he = he; return err }},
		event{4, 14, 30, func() error { _, err := t.accepts("qingchuang", "叶丽萍", he, ""); return err }},
		// the code on the tile shop's counter
		event{60, 9, 30, func() error {
			path, _, err := t.app.NewCounter(t.ctx, t.owner("shiyu"))
			counter, t.counter = path.Text(), path.Text()
			return err
		}},
	)
}

// stopped is 赵阿香, who gave her number to two shops and stopped everywhere.
func (t *town) stopped() []event {
	var zhao, zhaoToo *her
	return []event{
		{41, 10, 0, func() (err error) { zhao, err = t.asked(customers[5], t.ids[5], "cabinet", "muhe", 5); return err }},
		{41, 10, 20, func() error {
			r, err := zhao.sends("muhe", "", "赵阿姨", false)
			if err != nil {
				return err
			}
			_, err = t.accepts("muhe", "孙婷", zhao, r.Pair.Answer)
			return err
		}},
		{40, 10, 0, func() (err error) {
			zhaoToo, err = t.asked(customers[5], t.ids[5], "appliance", "jiahe", 5)
			return err
		}},
		{40, 10, 20, func() error {
			r, err := zhaoToo.sends("jiahe", "", "赵阿姨", false)
			if err != nil {
				return err
			}
			_, err = t.accepts("jiahe", "鲁平", zhaoToo, r.Pair.Answer)
			return err
		}},
		{16, 9, 40, func() error {
			if err := zhao.opens(zhao.receipt); err != nil {
				return err
			}
			if err := zhao.proves(app.CodeMine); err != nil {
				return err
			}
			return zhao.stops(app.StopAll)
		}},
		{16, 12, 30, func() error { return t.app.Deliver(t.ctx) }}, // three hours later it is deleted
		{16, 12, 40, func() error { return t.silent("jiahe", zhaoToo.last) }},
	}
}

// silent lets a shop leave a stop lying. Shops of one server answer by
// themselves; here one shows what follows where a shop does not: fifteen days
// later nobody is recommended to it.
func (t *town) silent(key string, referral kexin.ID) error {
	return t.store.Update(t.ctx, t.shops[key].org, func(tx *store.Tx) error {
		r, err := tx.Referral(referral)
		if err != nil {
			return err
		}
		if r.State != share.Revoking {
			return fmt.Errorf("%s has not got her stop: %s", key, r.State)
		}
		r.Due = 0
		return tx.SaveReferral(r.State, r)
	})
}

// since is what happened after the shops' lists came in.
func (t *town) since() error {
	t.say("demo.building_today")
	var chen *her
	all := []event{
		// 陈美珍 sent her number to the cabinet maker before she went to work: twenty
		// hours are left to answer
		{3, 17, 0, func() (err error) { chen, err = t.asked(customers[3], t.ids[3], "cabinet", "muhe", 3); return err }},
		{2, 5, 30, func() error {
			if err := chen.opens(chen.link); err != nil {
				return err
			}
			_, err := chen.sends("muhe", "", "陈女士", true)
			return err
		}},
		{2, 11, 0, t.notHer},
		{2, 14, 0, t.sms},
		{1, 14, 30, func() error {
			return t.app.VerifyMember(t.ctx, t.owner("anju"), t.shops["jiahe"].org, store.Suspended, "")
		}},
		{1, 16, 20, t.scanned},
		{1, 17, 0, t.tooMany},
	}
	if err := t.play(all); err != nil {
		return err
	}
	return t.today()
}

// notHer is the answer of whoever has 何秀英's number now: everything stands
// still until a code proves the number.
func (t *town) notHer() error {
	if err := t.he.opens(t.he.receipt); err != nil {
		return err
	}
	v, err := t.he.visit()
	if err != nil {
		return err
	}
	return t.app.NotMe(t.ctx, v)
}

// sms is a link that the server sent: he had agreed to SMS of that shop.
func (t *town) sms() error {
	_, err := t.app.Recommend(t.ctx, t.as(t.shops["qingchuang"], "黄蕾"), app.Recommendation{Customer: t.lee, Need: "lamp", Shops: []kexin.ID{t.shops["mingdeng"].org}, Said: "call", Way: app.WaySend})
	if err == nil {
		_, err = t.app.SendDue(t.ctx)
	}
	return err
}

// scanned is a woman who scanned the code on the tile shop's counter: it knows
// nothing of her, and the curtain shop what she typed.
func (t *town) scanned() error {
	h := t.her("+8613857700530", 30)
	if err := h.opens(t.counter); err != nil {
		return err
	}
	if _, err := h.sends("qingchuang", "curtain", "吴小姐", false); err != nil {
		return err
	}
	_, err := t.accepts("qingchuang", "黄蕾", h, "")
	return err
}

// tooMany is the day before: a clerk who has given notice calls one customer
// after the other, until the breaker stops full numbers.
func (t *town) tooMany() error {
	a := t.as(t.shops["muhe"], "刘志强")
	list, err := t.app.Find(t.ctx, a, kexin.Query{Object: kexin.Customer, Scene: kexin.Mine, Fields: []kexin.FieldID{kexin.CustName}, Limit: 50})
	if err != nil {
		return err
	}
	for _, r := range list.Rows {
		_, err := t.app.Contact(t.ctx, a, kexin.Customer, r.ID, kexin.ByCall)
		if kexin.LawOf(err) == "E_BREAKER" {
			return nil
		}
	}
	return fmt.Errorf("nothing stopped him in %d customers", len(list.Rows))
}

// today gives everybody something to do.
func (t *town) today() error {
	t.on(1, 17, 30)
	for _, x := range []struct {
		shop, who, title string
		hour             int
	}{
		{"shiyu", "林国栋", "看一眼上周的导入，4 位要判断", 10}, {"shiyu", "林国栋", "柜台的码重新贴一张", 15}, {"shiyu", "马骏", "给湖头村送样砖", 11},
		{"qingchuang", "叶丽萍", "和石语对一下到店券的笔数", 14}, {"qingchuang", "黄蕾", "把布样按色号理好", 16},
		{"muhe", "徐海峰", "看提醒：刘志强昨天联系客户太多", 10}, {"muhe", "孙婷", "晨会：三位客户等报价", 10}, {"muhe", "刘志强", "把手上的客户写好交接", 11}, {"muhe", "李想", "胡志远问怎么有他电话，回他一句", 11},
		{"muhe", "赵一鸣", "排周末量尺的人", 10}, {"muhe", "丁宁", "蔡文静家复尺", 14}, {"muhe", "何佳", "清和湾 11 幢上门看台面", 15}, {"muhe", "苏舟", "出两套衣柜方案", 16},
		{"muhe", "郑小燕", "回访上周安装的六家", 10},
		{"mingdeng", "郭亮", "试一次推荐", 10}, {"jiahe", "鲁平", "问秘书处为什么暂停", 10}, {"anju", "周敏", "核对各家登记名称", 10},
	} {
		at := t.day.Add(time.Duration(x.hour) * time.Hour)
		if _, err := t.app.Create(t.ctx, t.as(t.shops[x.shop], x.who), app.Draft{Object: kexin.Task, Values: store.Values{kexin.TaskTitle: kexin.Str(x.title), kexin.TaskDueAt: kexin.Num(int64(kexin.At(at)))}}); err != nil {
			return fmt.Errorf("a task for %s: %w", x.who, err)
		}
	}
	return nil
}
