package demo

import (
	"strconv"

	"kexin"
	"kexin/app"
	"kexin/store"
)

// A merchant is one of the town. Credit codes pass their check digit and spell
// MAKXDM, so that nobody takes them for real.
type merchant struct {
	key     string
	name    string
	uscc    string
	size    kexin.Size
	phone   string // fixed line, of the range that no subscriber has
	address string
	depts   []string
	people  []person // the first is the owner
	pio     string   // "" = the owner
	more    int      // further clerks
	own     int      // customers in the list
}

type person struct {
	name     string
	position kexin.Position
	dept     string
}

var merchants = []merchant{
	{key: "shiyu", name: "石语瓷砖店", uscc: "92330382MAKXDM012G", size: kexin.Shop, phone: "0577-62500001", address: "乐清市柳市镇后街村 88 号", own: 474,
		people: []person{{"林国栋", kexin.Owner, ""}, {"陈晓雯", kexin.Rep, ""}, {"马骏", kexin.Rep, ""}}},
	{key: "muhe", name: "木合橱柜定制有限公司", uscc: "91330382MAKXDM020E", size: kexin.Company, phone: "0577-62500002", address: "乐清市城南街道宁康西路 210 号", own: 6195,
		depts: []string{"门店一部", "门店二部", "工程部", "设计部", "售后部"}, pio: "温静", more: 15,
		people: []person{{"徐海峰", kexin.Owner, ""}, {"孙婷", kexin.Leader, "门店一部"}, {"刘志强", kexin.Rep, "门店一部"}, {"李想", kexin.Rep, "门店一部"},
			{"赵一鸣", kexin.Leader, "门店二部"}, {"丁宁", kexin.Rep, "门店二部"}, {"何佳", kexin.Rep, "工程部"}, {"苏舟", kexin.Rep, "设计部"}, {"郑小燕", kexin.ServRep, "售后部"},
			{"谢依", kexin.Marketing, ""}, {"许言", kexin.Analyst, ""}, {"温静", kexin.PIO, ""}, {"方正明", kexin.Auditor, ""}}},
	{key: "qingchuang", name: "晴窗窗帘店", uscc: "92330382MAKXDM0398", size: kexin.Shop, phone: "0577-62500003", address: "乐清市乐成街道双雁路 36 号", own: 209,
		people: []person{{"叶丽萍", kexin.Owner, ""}, {"黄蕾", kexin.Rep, ""}}},
	{key: "mingdeng", name: "明灯照明店", uscc: "92330382MAKXDM055X", size: kexin.Shop, phone: "0577-62500005", address: "乐清市虹桥镇建强路 12 号", own: 60,
		people: []person{{"郭亮", kexin.Owner, ""}}},
	{key: "jiahe", name: "家和电器有限公司", uscc: "91330382MAKXDM0476", size: kexin.Company, phone: "0577-62500004", address: "乐清市北白象镇东大街 5 号", own: 120,
		people: []person{{"鲁平", kexin.Owner, ""}}},
	{key: "anju", name: "安居联盟秘书处", uscc: "51330382MAKXDM0630", size: kexin.Mall, phone: "0577-62500006", address: "乐清市城东街道良港东路 1 号",
		people: []person{{"周敏", kexin.Owner, ""}}},
}

// moreNames are the clerks that the company has besides.
var moreNames = []string{"王娜", "张磊", "陈静", "周涛", "吴敏", "徐芳", "朱伟", "林雪", "郑浩", "何丽", "高杰", "罗婷", "宋勇", "唐欣", "韩梅"}

// found makes the merchants and their people, and publishes their notices.
func (t *town) found() error {
	t.say("demo.building_shops")
	for i, m := range merchants {
		t.on(Days-1-i, 9, 0)
		s := &shop{plan: m, staff: map[string]kexin.ID{}, depts: map[string]kexin.ID{}, actors: map[string]kexin.Actor{}}
		t.shops[m.key] = s
		if err := t.open(s); err != nil {
			return err
		}
	}
	return nil
}

func (t *town) open(s *shop) error {
	m := s.plan
	link, _, err := t.app.CreateSetupLink(t.ctx)
	if err != nil {
		return err
	}
	owner := m.people[0].name
	in, err := t.app.Setup(t.ctx, t.from(), string(link), app.Founding{Size: m.size, Name: m.name, USCC: m.uscc, Contact: m.phone, Address: m.address,
		Owner: owner, Login: m.key + "-1", Password: secret(), Demo: true})
	if err != nil {
		return err
	}
	if err := t.sit(s, owner, in); err != nil {
		return err
	}
	for _, name := range m.depts {
		d, err := t.app.SaveDept(t.ctx, t.as(s, owner), store.Dept{Name: name})
		if err != nil {
			return err
		}
		s.depts[name] = d.ID
	}
	people := m.people[1:]
	for i := range m.more {
		people = append(people, person{moreNames[i], kexin.Rep, m.depts[i%len(m.depts)]})
	}
	for i, p := range people {
		if p.position == kexin.Auditor { // from outside, for a month
			continue
		}
		if err := t.hire(s, owner, p, m.key+"-"+strconv.Itoa(i+2)); err != nil {
			return err
		}
	}
	if m.pio != "" {
		if _, err := t.app.ChangeOrg(t.ctx, t.as(s, owner), app.OrgChange{PIO: &m.pio}); err != nil {
			return err
		}
	}
	_, err = t.app.PublishNotice(t.ctx, t.as(s, owner), "zh-CN")
	return err
}

// audit hires the company's auditor from outside until ten days from now.
func (t *town) audit() error {
	return t.hire(t.shops["muhe"], "徐海峰", person{"方正明", kexin.Auditor, ""}, "muhe-audit")
}

// hire invites a person, who joins.
func (t *town) hire(s *shop, owner string, p person, login string) error {
	v := app.Invitation{Name: p.name, Position: p.position, Dept: s.depts[p.dept]}
	if p.position == kexin.Auditor {
		v.Ends = t.ago(-10)
	}
	v2, err := t.app.Invite(t.ctx, t.as(s, owner), v)
	if err != nil {
		return err
	}
	in, err := t.app.Join(t.ctx, t.from(), string(v2.Secret), login, secret(), app.Own{})
	if err != nil {
		return err
	}
	return t.sit(s, p.name, in)
}

// from is a browser of the past.
func (t *town) from() app.From { return app.From{Label: "Chrome · Windows", Lang: "zh-CN"} }
