package intake

import (
	"strings"

	"kexin"
)

// Lists of what hangs on customers: contacts, orders with their lines, deals,
// follow-ups, tasks. A header means there what concept.go says, or what it
// says here, and goes to a field of the list's object, or tells whose it is.

const (
	cOfName  concept = 200 + iota // the customer's name, beside the record's own
	cOfPhone                      // her number
	cOfNo                         // her record's number in Kexin
	cTitle                        // what a contact is
	cText                         // the record in words
	cItem
	cQty
	cPrice
	cLineSum // what the line comes to
	cDone
)

// ofWords tell the customer of a record in every such list.
var ofWords = map[concept]string{
	cOfName:  "客户 客户姓名 客户名称 客户名 客户称呼 所属客户 顾客 顾客姓名 顾客名称 会员姓名 公司 公司名称 企业 企业名称 客户公司 customer customername client clientname company companyname",
	cOfPhone: "客户电话 客户手机 客户手机号 客户手机号码 客户号码 客户联系电话 所属客户电话 顾客电话 顾客手机 会员手机 会员电话 customerphone customermobile clientphone clientmobile",
	cOfNo:    "客户编号 客户号 客户id 客户记录编号 记录编号 记录号 customerid customerno recordid recordno",
}

// A partList is what is said in lists of one object only.
type partList struct {
	rest   kexin.FieldID // takes words that have no field of their own; 0 for none
	words  map[concept]string
	places map[concept]Target
}

var partLists = map[kexin.Object]partList{
	kexin.Contact: {
		words: map[concept]string{cTitle: "职务 职位 岗位 身份 角色 关系 与客户关系 和客户的关系 职称 jobtitle position role relation relationship"},
		places: map[concept]Target{
			cName: own(kexin.ContName), cHolder: own(kexin.ContName), cPhone: own(kexin.ContPhone), cPhones: own(kexin.ContPhone), cWeChat: own(kexin.ContWeChat),
			cEmail: own(kexin.ContEmail), cTitle: own(kexin.ContTitle), cSalut: own(kexin.ContTitle),
			cWay: {Role: RoleWay, Field: kexin.CustSource}, cCameOn: {Role: RoleWhen, Field: kexin.CustSourceOn},
		},
	},
	kexin.Order: {
		rest: kexin.OrdRemark,
		words: map[concept]string{
			cItem: "品名 商品 商品名称 商品名 产品 产品名称 产品名 货品 货品名称 项目 明细 名称 规格 型号 规格型号 颜色 item product goods description sku spec model",
			cQty:  "数量 件数 销售数量 购买数量 qty quantity count", cPrice: "单价 售价 成交单价 折后单价 销售单价 价格 price unitprice",
			cLineSum: "小计 行金额 明细金额 金额小计 商品金额 linetotal lineamount subtotal", cUnused: "单位 计量单位 unit",
		},
		places: map[concept]Target{
			cOrderNo: own(kexin.OrdNo), cOrderOn: own(kexin.OrdOn), cCameOn: own(kexin.OrdOn), cAmount: own(kexin.OrdAmount), cOrderStatus: own(kexin.OrdStatus), cStage: own(kexin.OrdStatus),
			cRemark: own(kexin.OrdRemark), cLog: own(kexin.OrdRemark), cStaff: own(kexin.OrdRemark), cItem: line(kexin.LineItem), cNeed: line(kexin.LineItem), cQty: line(kexin.LineQty),
			cPrice: line(kexin.LinePrice), cLineSum: line(kexin.LineAmount),
		},
	},
	kexin.Deal: {
		rest:  kexin.DealRemark,
		words: map[concept]string{cNeed: "商机 商机名称 机会 机会名称 项目 项目名称 deal dealname opportunity", cStage: "商机阶段 商机状态 dealstage", cOrderOn: "预计成交 预计成交日 预计签单 预计签单日 预计日期 预计时间 closedate expectedon expectedclose", cAmount: "预计 预算 expectedamount value"},
		places: map[concept]Target{
			cNeed: own(kexin.DealNeed), cStage: own(kexin.DealStage), cAmount: own(kexin.DealAmount), cOrderOn: own(kexin.DealCloseOn), cCameOn: own(kexin.DealCloseOn),
			cRemark: own(kexin.DealRemark), cLog: own(kexin.DealRemark), cStaff: own(kexin.DealRemark),
		},
	},
	kexin.Visit: {
		rest:  kexin.VisitNote,
		words: map[concept]string{cWay: "方式 类型 跟进方式 跟进类型 沟通方式 拜访方式 回访方式 type method", cText: "内容 跟进 结果 跟进结果 回访内容 拜访内容 拜访记录 note followup", cCameOn: "跟进日期 跟进时间 联系日期 联系时间 拜访日期 拜访时间 回访日期 回访时间 沟通时间 followedon"},
		places: map[concept]Target{
			cWay: own(kexin.VisitWay), cText: own(kexin.VisitNote), cLog: own(kexin.VisitNote), cRemark: own(kexin.VisitNote), cStaff: own(kexin.VisitNote),
			cCameOn: own(kexin.VisitAt), cNextAt: own(kexin.VisitNextAt),
		},
	},
	kexin.Task: {
		rest: kexin.TaskTitle,
		words: map[concept]string{cText: "任务 任务名称 任务内容 标题 事项 待办 待办事项 内容 主题 task title subject todo", cCameOn: "截止 截止日期 截止时间 到期 到期日期 到期时间 期限 计划日期 计划时间 due duedate dueon deadline",
			cDone: "完成 已完成 是否完成 完成日期 完成时间 完成情况 done completed finished"},
		places: map[concept]Target{
			cText: own(kexin.TaskTitle), cLog: own(kexin.TaskTitle), cRemark: own(kexin.TaskTitle), cCameOn: own(kexin.TaskDueAt), cNextAt: own(kexin.TaskDueAt), cDone: own(kexin.TaskDoneAt), cStage: own(kexin.TaskDoneAt),
			cStaff: {Role: RoleOwner, Field: kexin.TaskOwner},
		},
	},
}

func own(f kexin.FieldID) Target  { return Target{Role: RoleField, Field: f} }
func line(f kexin.FieldID) Target { return Target{Role: RoleLine, Field: f} }

// partWords are the words of ofWords and of each list, turned around.
var partWords = func() map[kexin.Object]map[string]concept {
	out := map[kexin.Object]map[string]concept{}
	for o, l := range partLists {
		out[o] = collect(ofWords)
		for word, c := range collect(l.words) {
			out[o][word] = c
		}
	}
	return out
}()

// conceptIn says what a header means in a list of o.
func conceptIn(o kexin.Object, header string) concept {
	is := conceptOf(header)
	if is == cSensitive {
		return is
	}
	if c, ok := partWords[o][plain(header)]; ok {
		return c
	}
	return is
}

// placesIn says where each concept goes in a list of o.
func placesIn(o kexin.Object) map[concept]Target {
	l, ok := partLists[o]
	if !ok {
		return places
	}
	out := map[concept]Target{
		cOfName: {Role: RoleOf, Field: kexin.CustName}, cCompany: {Role: RoleOf, Field: kexin.CustName},
		cOfPhone: {Role: RoleOf, Field: kexin.CustPhone}, cOfNo: {Role: RoleOf, Field: refOf[o]},
	}
	if o != kexin.Contact {
		out[cName], out[cHolder], out[cPhone] = out[cOfName], out[cOfName], out[cOfPhone]
	}
	for c, t := range places {
		switch {
		case t.Role == RoleSkip:
			out[c] = t
		case t.Field == kexin.CustAddress || t.Field == kexin.CustRegion:
			t.Role = RoleOf
			out[c] = t
		}
	}
	for c, t := range l.places {
		out[c] = t
	}
	return out
}

// refOf is the field by which a record hangs on its customer.
var refOf = map[kexin.Object]kexin.FieldID{kexin.Contact: kexin.ContCustomer, kexin.Order: kexin.OrdCustomer, kexin.Deal: kexin.DealCustomer,
	kexin.Visit: kexin.VisitCustomer, kexin.Task: kexin.TaskCustomer}

// A Part is what a row says of a record that hangs on a customer.
type Part struct {
	Own  kexin.Draft  // of the list's object
	Line *kexin.Draft // of the order; nil where the row has no item
	Of   Whose
	Done bool // of a task: done, on a day that the row does not say
	Evidence
}

// Whose is what a row says of the customer, as it came. The place is her region
// and address in one.
type Whose struct{ Phone, Name, No, Place string }

// Parts makes what a row of a list of o says. The values are texts as they
// came, ready for kind.Normalise, like those of Drafts. Where a closed list
// that must be filled has "other", words that it does not know, and none, are
// other.
func Parts(row Row, targets []Target, s *kexin.Schema, o kexin.Object, parse ParseFunc) Part {
	d := newDrafter(row, s, o, kexin.OrderLine, parse)
	d.rest = partLists[o].rest
	d.takeAll(targets)
	d.join(kexin.LineItem, d.items, " ")
	d.join(d.rest, d.said, "；")
	d.of.Place = strings.Join(d.region, "") + strings.Join(d.address, "")
	d.others()
	d.ev.On = d.day(kexin.CustSourceOn, kexin.Str(d.came))
	d.ev.Kind = d.kind()
	p := Part{Own: d.own, Of: d.of, Done: d.done, Evidence: d.ev}
	if d.has {
		p.Line = &d.second
	}
	return p
}

// others fills closed lists that must be filled.
func (d *drafter) others() {
	for _, f := range d.s.Object(d.own.Object).Fields {
		closed := f.Kind == kexin.KindChoice || f.Kind == kexin.KindChoices
		if closed && f.Rule.Required && d.own.Values[f.ID].Empty() && hasOther(f) {
			d.own.Values[f.ID] = otherOf(f)
		}
	}
}

func hasOther(f *kexin.Field) bool {
	for _, c := range f.Rule.Choices {
		if c == "other" {
			return true
		}
	}
	return false
}

func otherOf(f *kexin.Field) kexin.Value {
	if f.Kind == kexin.KindChoices {
		return kexin.Items("other")
	}
	return kexin.Str("other")
}

// whose reads what tells the customer.
func (d *drafter) whose(t Target, f *kexin.Field, raw string) {
	switch f.ID {
	case kexin.CustAddress:
		d.address = joinPlace(d.address, raw, t.Unit)
	case kexin.CustRegion:
		d.region = joinPlace(d.region, raw, "")
	case kexin.CustPhone:
		d.of.Phone = raw
	case kexin.CustName:
		d.of.Name = raw
	default:
		d.of.No = narrow(raw)
	}
}

// lineCell reads a field of the order's line. An item makes one.
func (d *drafter) lineCell(f *kexin.Field, raw string) {
	if f.ID == kexin.LineItem {
		d.has = true
		d.items = append(d.items, raw)
		return
	}
	d.second.Values[f.ID] = kexin.Str(raw)
}

// doneWords say that a task is done, and that it is not.
var doneWords = map[string]bool{"是": true, "已完成": true, "完成": true, "已办": true, "y": true, "yes": true, "true": true, "done": true, "completed": true, "1": true, "√": true, "✓": true,
	"否": false, "未完成": false, "未办": false, "没有": false, "n": false, "no": false, "false": false, "open": false, "0": false, "进行中": false, "待办": false, "×": false}

// doneCell reads when a task was done, or whether.
func (d *drafter) doneCell(f *kexin.Field, raw string) {
	switch done, ok := doneWords[strings.ToLower(raw)]; {
	case ok:
		d.done = d.done || done
	case strings.ContainsAny(narrow(raw), "0123456789"):
		d.own.Values[f.ID] = kexin.Str(raw)
	}
}
