package intake

import (
	"strings"
	"testing"

	"kexin"
)

// TestListHeaders: what headers that shops write mean in each list. A word may
// mean something else in another one: 项目 is an item of an order and a deal.
func TestListHeaders(t *testing.T) {
	s := kexin.Builtin()
	for _, c := range []struct {
		o    kexin.Object
		want string // header=field, in order
	}{
		{kexin.Contact, "客户=customer.name 客户电话=customer.phone 联系人=contact.name 职务=contact.title 手机=contact.phone 微信=contact.wechat 登记方式=customer.source 登记日期=customer.source_on 身份证=skip 备注=skip"},
		{kexin.Contact, "公司=customer.name 客户编号=contact.customer 姓名=contact.name 电话=contact.phone 备用电话=skip"},
		{kexin.Order, "单号=order.no 客户=customer.name 手机=customer.phone 日期=order.ordered_on 商品=order_line.item 规格=order_line.item 数量=order_line.qty 单价=order_line.price 小计=order_line.amount 单位=skip 订单金额=order.amount 订单状态=order.status 导购=order.remark"},
		{kexin.Deal, "客户名称=customer.name 电话=customer.phone 项目=deal.need 阶段=deal.stage 预计金额=deal.amount 预计成交日期=deal.close_on 备注=deal.remark"},
		{kexin.Visit, "姓名=customer.name 电话=customer.phone 日期=visit.at 方式=visit.way 内容=visit.note 下次联系=visit.next_at 跟进人=visit.note 累计金额=skip"},
		{kexin.Task, "标题=task.title 客户电话=customer.phone 截止=task.due_at 完成=task.done_at 状态=skip 负责人=task.owner 备注=task.title"},
	} {
		var g Guess
		var want []string
		for i, pair := range strings.Fields(c.want) {
			header, code, _ := strings.Cut(pair, "=")
			g.Columns, want = append(g.Columns, Column{header, i}), append(want, code)
		}
		targets := Map(g, s, c.o)
		for i, x := range targets {
			got := "skip"
			if x.Role != RoleSkip {
				f := s.Field(x.Field)
				got = s.Object(f.Object).Name + "." + f.Name
			}
			if got != want[i] {
				t.Errorf("list of %s, %s: %s, want %s", s.Object(c.o).Name, g.Columns[i].Name, got, want[i])
			}
		}
		if err := CheckMap(g, targets, s, c.o); err != nil {
			t.Error(err)
		}
	}
}

// TestListNeedsCustomer: a list whose rows do not say whose they are is refused
// as a mapping, and so is a field that no list of this kind fills.
func TestListNeedsCustomer(t *testing.T) {
	s := kexin.Builtin()
	g := Guess{Columns: []Column{{"标题", 0}, {"客户", 1}, {"电话", 2}}}
	title, name := own(kexin.TaskTitle), Target{Role: RoleOf, Field: kexin.CustName, Column: 1}
	wantFault(t, CheckMap(g, []Target{title, name}, s, kexin.Task), "columns", keyMapWhose)
	for _, bad := range []Target{own(kexin.CustPhone), own(kexin.TaskOwner), own(kexin.VisitNote), line(kexin.LineItem), {Role: RoleOf, Field: kexin.DealCustomer}, {Role: RoleWay, Field: kexin.CustSource}} {
		bad.Column = 2
		wantFault(t, CheckMap(g, []Target{title, {Role: RoleOf, Field: kexin.CustPhone, Column: 1}, bad}, s, kexin.Task), "columns.2", keyMapField)
	}
}

// TestParts: what a row says, and what is kept where a closed list does not know
// a word.
func TestParts(t *testing.T) {
	s := kexin.Builtin()
	row := func(o kexin.Object, header string, cells ...string) Part {
		var g Guess
		for i, h := range strings.Fields(header) {
			g.Columns = append(g.Columns, Column{h, i})
		}
		return Parts(Row{N: 1, Cells: cells}, Map(g, s, o), s, o, fakeParse)
	}
	v := row(kexin.Visit, "客户 电话 日期 内容 方式 备注", "王芳", "138 0000 0000", "2025-05-01", "看样", "视频会议", "带先生")
	if v.Of != (Whose{Phone: "138 0000 0000", Name: "王芳"}) || v.Own.Values[kexin.VisitNote].S != "看样；方式：视频会议；带先生" || v.Own.Values[kexin.VisitWay].S != "other" || v.Line != nil {
		t.Errorf("%+v", v)
	}
	c := row(kexin.Contact, "客户编号 联系人 职务 来源 登记日期", "12３", "李工", "木工", "物业给的", "2025-05-01")
	if c.Of.No != "123" || c.Own.Values[kexin.ContTitle].S != "other" || len(c.Own.Issues) != 2 || c.Own.Issues[0].Code != IssueOther || c.Own.Issues[1].Code != IssueUnlawful {
		t.Errorf("%+v", c)
	}
	if _, there := c.Own.Values[kexin.CustSource]; there || c.Way != "" {
		t.Errorf("a contact has the customer's fields: %+v", c.Own.Values)
	}
	for said, want := range map[string]struct {
		done bool
		text string
	}{"是": {true, ""}, "Done": {true, ""}, "否": {}, "处理中": {}, "": {}, "2025-05-02": {false, "2025-05-02"}} {
		if p := row(kexin.Task, "任务 电话 完成", "量尺", "13800000000", said); p.Done != want.done || p.Own.Values[kexin.TaskDoneAt].S != want.text {
			t.Errorf("%q: %+v", said, p)
		}
	}
	o := row(kexin.Order, "订单号 电话 品名 颜色 数量", "A1", "13800000000", "砖", "白", "3")
	if o.Line == nil || o.Line.Values[kexin.LineItem].S != "砖 白" || o.Line.Values[kexin.LineQty].S != "3" || o.Own.Values[kexin.OrdNo].S != "A1" {
		t.Errorf("%+v", o)
	}
	if o = row(kexin.Order, "订单号 电话 品名 数量", "A1", "13800000000", "", "3"); o.Line != nil {
		t.Errorf("a line of nothing: %+v", o)
	}
}

// TestNumbersLikeCards: numbers of records that happen to look like those of
// cards are read as what the header says they are, and as nothing else.
func TestNumbersLikeCards(t *testing.T) {
	s := kexin.Builtin()
	const number = "4242424242424242" // passes the check of cards
	g := Guess{Columns: []Column{{"客户编号", 0}, {"内容", 1}, {"备注", 2}}}
	for range 5 {
		g.Sample = append(g.Sample, []string{number, "量尺", number})
	}
	targets := Map(g, s, kexin.Task)
	if targets[0].Role != RoleOf || targets[2].Role != RoleSkip {
		t.Fatalf("%+v", targets)
	}
	if err := CheckMap(g, targets, s, kexin.Task); err != nil {
		t.Error(err)
	}
	targets[0] = own(kexin.TaskTitle)
	wantFault(t, CheckMap(g, targets[:2], s, kexin.Task), "columns.0", keyMapSensitive)
	if c := Map(g, s, kexin.Customer)[0]; c.Role != RoleSkip {
		t.Errorf("in a list of customers: %+v", c)
	}
}
