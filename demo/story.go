package demo

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"kexin"
	"kexin/app"
	"kexin/internal/sample"
	"kexin/store"
)

// A customer is one of those that the tour is about.
type customer struct {
	shop, staff       string
	name, gender      string
	age               int // 0 = she did not say
	salut             string
	phone             string
	address           string
	days              int // ago, when she came
	source            string
	need, stage, note string
}

// customers are the invented people of the tour by number (the twelve of the
// script that a single shop can know of).
var customers = map[int]customer{
	1:  {"shiyu", "陈晓雯", "王秀兰", "f", 62, "aunt", "+8613857700501", "乐清市映荷苑3幢502", 40, "store", "", "won", ""},
	2:  {"shiyu", "陈晓雯", "李建国", "m", 45, "mr", "+8613857700502", "乐清市清和湾7幢1201", 60, "store", "tile", "won", ""},
	3:  {"shiyu", "马骏", "陈美珍", "f", 38, "ms", "+8613857700503", "乐清市清和湾2幢803", 30, "wechat", "tile", "quoted", ""},
	4:  {"shiyu", "陈晓雯", "张伟", "m", 33, "mr", "+8613857700504", "乐清市映荷苑9幢1402", 45, "store", "tile", "measured", ""},
	5:  {"shiyu", "马骏", "赵阿香", "f", 71, "aunt", "+8613857700505", "乐清市柳市镇湖头村16号", 120, "store", "tile", "won", "耳朵不太好，电话说慢一点"},
	6:  {"shiyu", "陈晓雯", "吴晓峰", "m", 0, "mr", "+8613857700506", "乐清市云上城5幢301", 80, "store", "tile", "talking", ""},
	7:  {"shiyu", "马骏", "吴晓锋", "m", 0, "mr", "+8613857700506", "乐清市云上城5幢301", 20, "wechat", "tile", "talking", ""},
	8:  {"muhe", "刘志强", "刘慧", "f", 41, "ms", "+8613857700508", "乐清市清和湾11幢602", 90, "online", "cabinet", "talking", "只微信，勿打电话"},
	9:  {"muhe", "孙婷", "郑凯", "m", 36, "mr", "+8613857700509", "乐清市云上城8幢1501", 150, "store", "cabinet\nwardrobe", "won", ""},
	10: {"muhe", "丁宁", "蔡文静", "f", 34, "ms", "+8613857700510", "乐清市映荷苑6幢904", 70, "store", "cabinet", "measured", ""},
	11: {"muhe", "李想", "胡志远", "m", 50, "uncle", "+8613857700511", "乐清市清和湾3幢402", 210, "store", "cabinet", "talking", ""},
	13: {"shiyu", "陈晓雯", "郑美玲", "f", 0, "ms", "+8613857700513", "乐清市云上城2幢902", 386, "store", "tile", "won", ""},
	12: {"shiyu", "马骏", "何秀英", "f", 66, "aunt", "+8613857700512", "乐清市虹桥镇溪西路9号", 100, "phone", "tile", "talking", ""},
}

// An event of the town's past.
type event struct {
	days, hour, minute int
	do                 func() error
}

// play has events happen in their order.
func (t *town) play(all []event) error {
	slices.SortStableFunc(all, func(a, b event) int {
		if a.days != b.days {
			return b.days - a.days
		}
		return (a.hour*60 + a.minute) - (b.hour*60 + b.minute)
	})
	for _, e := range all {
		t.on(e.days, e.hour, e.minute)
		if err := t.app.MindClocks(t.ctx); err != nil { // what was due by then
			return err
		}
		if err := e.do(); err != nil {
			return fmt.Errorf("%d days ago, %02d:%02d: %w", e.days, e.hour, e.minute, err)
		}
	}
	return nil
}

// past writes the past of the tour's people, until the shops' lists.
func (t *town) past() error {
	t.say("demo.building_past")
	var all []event
	for n, c := range customers {
		all = append(all, event{c.days, 10, n, func() (err error) { t.ids[n], err = t.came(c); return err }})
	}
	order := func(n, days int, no string, amount int64, item string, qty, price int64) func() error {
		return func() error { return t.order(customers[n], t.ids[n], no, t.ago(days), amount, item, qty, price) }
	}
	visit := func(n int, way, note string, next int) func() error {
		return func() error { return t.visited(customers[n], t.ids[n], way, note, next) }
	}
	all = append(all,
		event{34, 15, 0, order(1, 34, "SY260101", 18_600_00, "客厅地砖 800×800", 62, 300_00)},
		event{34, 16, 0, visit(1, "store", "瓷砖定了，瓦工下周进场", 20)},
		event{20, 17, 0, visit(1, "call", "瓦工完工了，约 3 周后要看窗帘，到时再联系", 0)},
		event{55, 11, 0, order(2, 55, "SY260088", 12_400_00, "厨卫墙砖 300×600", 155, 80_00)},
		event{25, 14, 0, visit(3, "wechat", "报价发了，等她家里商量", -1)},
		event{30, 9, 30, visit(4, "home", "量过尺寸，嫌灰色太冷，要看暖色", 1)},
		event{110, 10, 0, order(5, 110, "SY260021", 5_800_00, "阳台砖 400×400", 50, 116_00)},
		event{31, 9, 0, visit(8, "wechat", "回了一句在忙，只微信，勿打电话", -1)},
		event{140, 9, 0, order(9, 140, "MH25117", 46_800_00, "厨房地柜整套", 1, 46_800_00)},
		event{384, 11, 0, order(13, 384, "SY250007", 9_200_00, "厨房墙砖 300×600", 92, 100_00)},
		event{6, 11, 0, visit(10, "call", "门锁密码 2580，周末不在家", 2)},
		event{4, 16, 0, visit(11, "call", "问怎么有我电话，已说明是去年到店登记的", 1)},
		event{20, 9, 0, t.audit},
		event{20, 14, 0, func() error { return t.joins("mingdeng") }},
		event{12, 15, 0, t.friends},
		event{5, 17, 0, t.leaves},
	)
	return t.play(slices.Concat(all, t.shared(), t.stopped()))
}

// friends is the day on which the owner tried the list that a friend sent.
func (t *town) friends() error {
	list, err := ownersList(sample.New(seedOf("friends"), t.day))
	if err != nil {
		return err
	}
	a := t.owner("shiyu")
	x, err := t.app.DeclareImport(t.ctx, a, app.Manifest{Source: kexin.FromVisit, Collected: "staff", Accept: true})
	if err != nil {
		return err
	}
	if _, err := t.app.ReceiveImport(t.ctx, a, x.ID, bytes.NewReader(list), int64(len(list))); err != nil {
		return err
	}
	_, err = t.until(t.shops["shiyu"], x.ID, "refused")
	return err
}

// leaves is the day on which a clerk of the company gave notice.
func (t *town) leaves() error {
	last := t.ago(-14)
	_, err := t.app.ChangeMember(t.ctx, t.owner("muhe"), t.shops["muhe"].staff["刘志强"], app.MemberChange{Leaving: &last})
	return err
}

// came makes a customer on the day she came. Who is known by her number
// already is another person: families share phones, and so do slips of the pen.
func (t *town) came(c customer) (kexin.ID, error) {
	s := t.shops[c.shop]
	v := store.Values{kexin.CustName: kexin.Str(c.name), kexin.CustGender: kexin.Str(c.gender), kexin.CustSalut: kexin.Str(c.salut), kexin.CustPhone: kexin.Str(c.phone), kexin.CustAddress: kexin.Str(c.address),
		kexin.CustSource: kexin.Str(c.source), kexin.CustSourceOn: kexin.Str(string(t.ago(c.days))), kexin.CustStage: kexin.Str(c.stage)}
	if c.need != "" {
		v[kexin.CustNeed] = kexin.Items(strings.Split(c.need, "\n")...)
	}
	if c.age > 0 {
		v[kexin.CustBirthday] = kexin.Str(t.day.AddDate(-c.age, -c.days%11, -c.days%28).Format(time.DateOnly))
	}
	if c.note != "" {
		v[kexin.CustRemark] = kexin.Str(c.note)
	}
	d := app.Draft{Object: kexin.Customer, Values: v}
	id, err := t.app.Create(t.ctx, t.as(s, c.staff), d)
	if kexin.LawOf(err) == "E_MAYBE_SAME" {
		d.Shared = true
		id, err = t.app.Create(t.ctx, t.as(s, c.staff), d)
	}
	return id, err
}

// order writes an order with one line.
func (t *town) order(c customer, id kexin.ID, no string, on kexin.Day, amount int64, item string, qty, price int64) error {
	a := t.as(t.shops[c.shop], c.staff)
	order, err := t.app.Create(t.ctx, a, app.Draft{Object: kexin.Order, Parent: id, Values: store.Values{
		kexin.OrdNo: kexin.Str(no), kexin.OrdOn: kexin.Str(string(on)), kexin.OrdStatus: kexin.Str("delivered"), kexin.OrdAmount: kexin.Num(amount)}})
	if err != nil {
		return err
	}
	_, err = t.app.Create(t.ctx, a, app.Draft{Object: kexin.OrderLine, Parent: order, Values: store.Values{kexin.LineItem: kexin.Str(item), kexin.LineQty: kexin.Num(qty), kexin.LinePrice: kexin.Num(price)}})
	return err
}

// visited writes a follow-up; next is the day of the next contact, in days
// before today, -1 for none.
func (t *town) visited(c customer, id kexin.ID, way, note string, next int) error {
	v := store.Values{kexin.VisitWay: kexin.Str(way), kexin.VisitNote: kexin.Str(note), kexin.VisitAt: kexin.Num(int64(kexin.At(t.clock.Now())))}
	if next >= 0 {
		v[kexin.VisitNextAt] = kexin.Num(int64(kexin.At(t.day.AddDate(0, 0, -next).Add(10 * 3600e9))))
	}
	_, err := t.app.Create(t.ctx, t.as(t.shops[c.shop], c.staff), app.Draft{Object: kexin.Visit, Parent: id, Values: v})
	return err
}
