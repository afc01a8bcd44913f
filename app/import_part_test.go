package app

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/ledger"
	"kexin/store"
)

// The files below are invented. They are written as small shops keep such
// lists: dates and phones in several forms, words of their own for closed
// lists, rows that a person must mend.

// A listCase is a file of what hangs on customers, with the truth of each row.
type listCase struct {
	object string
	file   string
	want   string            // outcomes
	codes  map[int]string    // of refused rows and those set aside
	made   map[string]string // what is there afterwards: customer → its records in short
}

var listCases = []listCase{
	{object: "contact", file: `客户,客户电话,联系人,职务,手机,微信,登记方式,登记日期
宏远装饰公司,13800000001,李敏,采购经理,139 0000 1001,limin_buy,到店登记,2025-03-02
宏远装饰公司,138-0000-0001,老赵师傅,木工,,,到店登记,2025/3/2
宏远装饰公司,13800000001,李敏,,+86 13900001001,,到店登记,2025.3.2
王秀英,13800000002,王阿姨的儿子,家人,13900001002,,来电,2025年4月1日
王秀英,13800000002,,家人,13900001003,,来电,2025-04-01
陌生人,13800009999,张三,,13900001004,,到店登记,2025-04-01
王秀英,13800000002,刘工,工长,1390000100,,到店登记,2025-04-01
宏远装饰公司,13800000001,周会计,财务,13900001005,,,
宏远装饰公司,13800000001,吴总,老板,13900001006,,物业给的名单,2025-04-01
`,
		want:  "new new unchanged new refused refused refused aside refused",
		codes: map[int]string{5: "name_empty", 6: "whose_none", 7: "phone_length", 8: "nothing", 9: "unlawful_way"},
		made:  map[string]string{"宏远装饰公司": "李敏 buyer +8613900001001|老赵 other ", "王秀英": "王阿姨的儿子 family +8613900001002"},
	},
	{object: "order", file: `订单号,客户姓名,电话,下单日期,品名,规格,数量,单价,小计,订单金额,状态,导购,备注
XS2025-0001,王秀英,13800000002,2025-05-01,玻化砖,800x800,40,32.50,1300.00,1480,已付款,陈晓雯,周六送
XS2025-0001,王秀英,13800000002,2025-05-01,踢脚线,,12,15,180,1480,,,
XS2025-0001,王秀英,13800000002,2025-05-01,踢脚线,,12,15,180,1480,,,
XS2025-0002,李正,138 0000 0003,2025/5/9,马桶,,1,"2,300元",,,待付款,,
XS2025-0002,李正,138 0000 0003,2025/5/9,安装费,,,,200,,,,
XS2025-0003,李正,13800000003,2025-05-10,,,,,,5600,已完成,,只有总价
XS2025-0004,李正,13800000003,2025-05-11,花洒,,2,300,500,,,,
XS2025-0005,李正,13800000003,2025-05-11,五金,,3,,100,,,,
,李正,13800000003,2025-05-11,灯,,1,80,,,,,
XS2025-0006,李正,13800000003,,灯,,1,80,,,,,
XS2025-0007,王小明,13800000003,2025-05-12,灯,,1,80,,,,,
合计,,,,,,,,4160,,,,
`,
		want:  "new same same new same new refused refused refused refused review",
		codes: map[int]string{7: "line_sum", 8: "line_price", 9: "missing_no", 10: "missing_ordered_on", 11: "same_phone name_differs"},
		made: map[string]string{
			"王秀英": "XS2025-0001 2025-05-01 paid 1660.00 [玻化砖 800x800 40x32.50=1300.00, 踢脚线 12x15.00=180.00, 踢脚线 12x15.00=180.00] 导购：陈晓雯；周六送",
			"李正":  "XS2025-0002 2025-05-09 open 2500.00 [马桶 1x2300.00=2300.00, 安装费 1x200.00=200.00] |XS2025-0003 2025-05-10 done 5600.00 [] 只有总价",
		},
	},
	{object: "deal", file: `客户名称,客户电话,商机,阶段,预计金额,预计成交日期,备注
王秀英,13800000002,窗帘,已报价,8000,2027-03-01,要遮光
王秀英,13800000002,"瓷砖、地板",洽谈,1.2万,2027/5/1,
李正,13800000003,阳台茶室,签约,,,
李正,13800000003,窗帘,不知道,3000,2027-03-01,
王秀英,13800000002,窗帘,已签约,8000,2027-03-01,要遮光
,,窗帘,已报价,8000,2027-03-01,
`,
		want:  "new new new refused unchanged refused",
		codes: map[int]string{4: "missing_stage", 5: "kept stage", 6: "whose_missing"},
		made: map[string]string{
			"王秀英": "curtain quote 8000.00 2027-03-01 要遮光|tile|floor need 12000.00 2027-05-01 ",
			"李正":  "other sign 0.00  商机：阳台茶室",
		},
	},
	{object: "visit", file: `客户,电话,跟进时间,跟进方式,跟进内容,下次跟进,跟进人
王秀英,13800000002,2025-06-01 10:30,电话,问了价，嫌贵,2025-06-08,陈晓雯
王秀英,13800000002,2025/6/8,到店,带先生来看样,,
王秀英,13800000002,2025-06-01 10:30,电话,问了价，嫌贵,2025-06-08,陈晓雯
李正,13800000003、13800000013,2025-06-02,视频会议,看了方案,,
李正,13800000003,,电话,没写日期,,
李正,13800000003,2025-02-30,电话,没有这一天,,
全家,13800000004,2025-06-02,电话,一家两个客户,,
孙芳,13800000004,2025-06-02,电话,一家两个客户,,
`,
		want:  "new new unchanged new refused refused review new",
		codes: map[int]string{5: "missing_at", 6: "date_invalid", 7: "same_phone name_differs"},
		made: map[string]string{
			"王秀英": "2025-06-01 call 问了价，嫌贵；跟进人：陈晓雯|2025-06-08 store 带先生来看样",
			"李正":  "2025-06-02 other 跟进方式：视频会议；看了方案", "孙芳": "2025-06-02 call 一家两个客户",
		},
	},
	{object: "task", file: `任务,客户电话,截止日期,是否完成,负责人
量尺,13800000002,2027-01-05,否,rep
送样板,13800000002,2025-06-01,是,
送样板,13800000002,2025-06-01,2025-06-03,
,13800000002,2027-01-05,,
回电话,13800000004,2027-01-05,,没这个人
催尾款,13800000003,2027-01-05,,没这个人
`,
		want:  "new new unchanged refused review new",
		codes: map[int]string{4: "missing_title", 5: "same_phone"},
		made:  map[string]string{"王秀英": "量尺 2027-01-05 |送样板 2025-06-01 2025-06-01", "李正": "催尾款；负责人：没这个人 2027-01-05 "},
	},
}

// households are the customers whom the files speak of.
func (b *bench) households() map[string]kexin.ID {
	out := map[string]kexin.ID{}
	for _, c := range [][3]string{{"宏远装饰公司", "+8613800000001", "company"}, {"王秀英", "+8613800000002", "person"}, {"李正", "+8613800000003", "person"},
		{"孙芳", "+8613800000004", "person"}, {"周伟", "+8613800000004", "person"}} {
		out[c[0]] = b.Customer("rep", store.Values{kexin.CustName: kexin.Str(c[0]), kexin.CustPhone: kexin.Str(c[1]), kexin.CustType: kexin.Str(c[2])})
	}
	return out
}

// manifestOf is the manifest of such a list.
func manifestOf(object string) Manifest {
	m := declared()
	m.Object = object
	return m
}

// TestLists: each kind of list against the truth of its rows; the dry run said
// so too, the same file again changes nothing, and the log verifies.
func TestLists(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		who := b.households()
		for _, c := range listCases {
			x := b.takeAs(b.stepped("owner"), manifestOf(c.object), []byte(c.file))
			var got []string
			for i, r := range b.rows(x.ID, x.Rows) {
				got = append(got, string(r.Outcome))
				if r.Code != c.codes[i+1] {
					t.Errorf("%s row %d: code %q, want %q", c.object, i+1, r.Code, c.codes[i+1])
				}
				taken := r.Outcome == kexin.OutNew || r.Outcome == kexin.OutSame || r.Outcome == kexin.OutUnchanged
				if asked := r.Outcome == kexin.OutReview; (taken || asked) != (r.Record != 0) || taken == (r.Cells != nil) || taken != (r.Part != 0) {
					t.Errorf("%s row %d %s: went to %v, cells kept: %v", c.object, i+1, r.Outcome, r.Record, r.Cells != nil)
				}
			}
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("%s: %s\nwant %s", c.object, s, c.want)
			}
			for name, want := range c.made {
				if got := b.short(c.object, who[name]); got != want {
					t.Errorf("%s of %s:\n%s\nwant\n%s", c.object, name, got, want)
				}
			}
			all := slices.Collect(maps.Values(who))
			before := b.short(c.object, all...)
			again := b.takeAs(b.stepped("owner"), manifestOf(c.object), []byte(c.file))
			if again.Outcomes[kexin.OutNew]+again.Outcomes[kexin.OutSame] != 0 || again.Outcomes[kexin.OutUnchanged] != x.Outcomes[kexin.OutNew]+x.Outcomes[kexin.OutSame]+x.Outcomes[kexin.OutUnchanged]+x.Outcomes[kexin.OutReview] {
				t.Errorf("%s again: %v, was %v", c.object, again.Outcomes, x.Outcomes)
			}
			if after := b.short(c.object, all...); after != before {
				t.Errorf("%s again:\n%s\nwas\n%s", c.object, after, before)
			}
		}
		b.figures(t, who)
		b.verified(t)
	})
}

// short says in short what customers have of an object.
func (b *bench) short(object string, of ...kexin.ID) string {
	var out []string
	zone := b.zone()
	b.View(func(tx *store.Tx) error {
		rules := newRules(tx.State, b.Staff["owner"])
		rules.list, _ = listOf(tx.State.Schema, object)
		all, err := tx.Parts(rules.matching(), rules.list, of)
		for _, x := range all {
			out = append(out, inShort(rules.list, x, zone))
		}
		return err
	})
	return strings.Join(out, "|")
}

func inShort(o kexin.Object, x *store.KnownPart, zone *time.Location) string {
	day := func(f kexin.FieldID) string {
		if x.Vals[f].Empty() {
			return ""
		}
		return string(kexin.DayOf(kexin.Instant(x.Vals[f].N).Time().In(zone)))
	}
	text := func(f kexin.FieldID) string { return strings.ReplaceAll(x.Vals[f].S, "\n", "|") }
	money := func(v kexin.Value) string { return kexin.Money(v.N).String() }
	switch o {
	case kexin.Contact:
		return text(kexin.ContName) + " " + text(kexin.ContTitle) + " " + text(kexin.ContPhone)
	case kexin.Order:
		var lines []string
		for _, l := range x.Lines {
			lines = append(lines, fmt.Sprintf("%s %dx%s=%s", l[kexin.LineItem].S, l[kexin.LineQty].N, money(l[kexin.LinePrice]), money(l[kexin.LineAmount])))
		}
		return fmt.Sprintf("%s %s %s %s [%s] %s", text(kexin.OrdNo), text(kexin.OrdOn), text(kexin.OrdStatus), money(x.Vals[kexin.OrdAmount]), strings.Join(lines, ", "), text(kexin.OrdRemark))
	case kexin.Deal:
		return fmt.Sprintf("%s %s %s %s %s", text(kexin.DealNeed), text(kexin.DealStage), money(x.Vals[kexin.DealAmount]), text(kexin.DealCloseOn), text(kexin.DealRemark))
	case kexin.Visit:
		return day(kexin.VisitAt) + " " + text(kexin.VisitWay) + " " + text(kexin.VisitNote)
	}
	return text(kexin.TaskTitle) + " " + day(kexin.TaskDueAt) + " " + day(kexin.TaskDoneAt)
}

// figures checks what customers keep of what hangs on them, and that everything
// has the customer's owner and the batch; a contact has a source of its own.
func (b *bench) figures(t *testing.T, who map[string]kexin.ID) {
	t.Helper()
	for name, want := range map[string]map[string]string{
		"李正":  {"orders": "2", "sum": "810000", "first_on": "2025-05-09", "last_on": "2025-05-10"},
		"王秀英": {"orders": "1", "sum": "166000"},
	} {
		r, err := b.app.Get(context.Background(), b.Staff["owner"], kexin.Customer, who[name])
		b.must(err)
		for i, f := range r.Fields {
			v := r.View.Cells[i].Value
			got := v.S
			if v.T == kexin.Number {
				got = fmt.Sprint(v.N)
			}
			if w, ok := want[f.Name]; ok && got != w {
				t.Errorf("%s %s: %q, want %q", name, f.Name, got, w)
			}
			if f.ID == kexin.CustLastAt && kexin.DayOf(kexin.Instant(v.N).Time().In(b.zone())) != map[string]kexin.Day{"李正": "2025-06-02", "王秀英": "2025-06-08"}[name] {
				t.Errorf("%s was last contacted %v", name, kexin.Instant(v.N).Time())
			}
		}
	}
	b.View(func(tx *store.Tx) error {
		rep := b.Staff["rep"].User
		for _, table := range []string{"contact", "sale_order", "order_line", "deal", "visit"} {
			var n, wrong int64
			if err := tx.Row("SELECT COUNT(*),COALESCE(SUM(CASE WHEN owner_id<>$2 OR batch_id=0 OR made_by<>$3 THEN 1 ELSE 0 END),0) FROM "+table+" WHERE org_id=$1", tx.Org, rep, b.Staff["owner"].User).Scan(&n, &wrong); err != nil {
				return err
			}
			if n < 3 || wrong > 0 {
				t.Errorf("%d of %d rows of %s are not the customer's owner's", wrong, n, table)
			}
		}
		var origins int64
		err := tx.Row("SELECT COUNT(*) FROM origin g JOIN contact c ON c.org_id=g.org_id AND c.id=g.customer_id WHERE g.org_id=$1 AND g.way<>'' AND g.day<>''", tx.Org).Scan(&origins)
		if origins != 3 {
			t.Errorf("%d contacts say where they come from", origins)
		}
		return err
	})
}

// verified checks the log and what is stored by it.
func (b *bench) verified(t *testing.T) {
	t.Helper()
	_, err := b.app.store.Seal(context.Background(), b.Org)
	b.must(err)
	v, err := b.app.store.Verify(context.Background(), b.Org, ledger.VerifyOptions{Strict: true}, true)
	b.must(err)
	if v.Status == ledger.Invalid {
		t.Errorf("%+v", v)
	}
}

// TestOwnerListOfContacts: a list of home owners is refused whatever it is called
// (law IMP-03).
func TestOwnerListOfContacts(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		b.households()
		var s strings.Builder
		s.WriteString("客户,客户电话,小区,栋,单元,室,业主,电话\n")
		for i := range 120 {
			fmt.Fprintf(&s, "宏远装饰公司,13800000001,云栖花园,%d,1,%d0%d,业主%c,139%08d\n", i/40+1, i/4%10+1, i%4+1, '一'+rune(i), 10_000_000+i)
		}
		before := b.tables()
		x := b.upload(b.Staff["owner"], manifestOf("contact"), []byte(s.String()))
		if x.State != impRefused || x.Law != "E_IMP_OWNER_LIST" {
			t.Errorf("%s %s", x.State, x.Fault)
		}
		if after := b.tables(); strings.ReplaceAll(after, "import_batch=1", "import_batch=0") != before {
			t.Errorf("%s, was %s", after, before)
		}
	})
}

// TestContactsAnswered: contacts without a source are asked about once, and come
// in when it is said how they came (law IMP-05).
func TestContactsAnswered(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		who := b.households()
		a := b.stepped("owner")
		x := b.upload(a, manifestOf("contact"), []byte("客户电话,联系人,手机\n13800000001,李敏,13900001001\n13800000001,周会计,13900001002\n"))
		if len(x.Groups) != 1 || x.Groups[0].N != 2 || x.Outcomes[kexin.OutAside] != 2 {
			t.Fatalf("%+v %v", x.Groups, x.Outcomes)
		}
		_, err := b.app.ChangeImport(context.Background(), a, x.ID, ImportChange{Answers: map[string]string{x.Groups[0].ID: "store"}})
		b.must(err)
		if y := b.confirm(a, b.work(a, x.ID)); y.Outcomes[kexin.OutNew] != 2 || b.short("contact", who["宏远装饰公司"]) != "李敏  +8613900001001|周会计  +8613900001002" {
			t.Errorf("%v %s", y.Outcomes, b.short("contact", who["宏远装饰公司"]))
		}
	})
}

// TestListMended: the file handed back before the import holds the rows that
// would not be taken in, also those that only a comparison finds; mended it is
// taken in.
func TestListMended(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		who := b.households()
		a := b.stepped("owner")
		x := b.upload(a, manifestOf("visit"), []byte("客户电话,跟进时间,跟进内容\n13800000002,2025-06-01,记一笔\n13899999999,2025-06-02,号码写错了\n"))
		now := b.refused(a, x.ID)
		b.confirm(a, x)
		if then := b.refused(a, x.ID); then != now || strings.Count(now, "\n") != 2 || !strings.Contains(now, refusedNobody) {
			t.Fatalf("%s\n%s", now, then)
		}
		y := b.takeAs(a, manifestOf("visit"), []byte(strings.ReplaceAll(now, "13899999999", "13800000002")))
		if y.Outcomes[kexin.OutNew] != 1 || b.short("visit", who["王秀英"]) != "2025-06-01 other 记一笔|2025-06-02 other 号码写错了" {
			t.Errorf("%v %s", y.Outcomes, b.short("visit", who["王秀英"]))
		}
		for col, code := range map[int]string{0: "customer.email", 1: "visit.owner", 2: "customer.last_at"} {
			z := b.upload(a, manifestOf("visit"), []byte("客户电话,跟进时间,跟进内容\n13800000002,2025-06-01,记一笔\n"))
			if _, err := b.app.ChangeImport(context.Background(), a, z.ID, ImportChange{Targets: map[int]string{col: code}}); keyOf(err) != "intake.map_field" {
				t.Errorf("%s is written: %v", code, err)
			}
		}
	})
}

// TestRefusedLineCounts: a line of an order that was refused, or waits to be
// judged, is none that stands before an equal one: the file again adds
// nothing, whatever became of its rows.
func TestRefusedLineCounts(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		who := b.households()["李正"]
		a := b.stepped("owner")
		file := []byte("订单号,客户姓名,电话,下单日期,品名,数量,单价\n" +
			"XS1,李正,13800000003,,灯,1,80\nXS1,李正,13800000003,2025-05-11,灯,1,80\n" +
			"XS2,王小明,13800000003,2025-05-12,灯,1,80\nXS2,李正,13800000003,2025-05-12,灯,1,80\nXS2,李正,13800000003,2025-05-12,灯,1,80\n")
		const want = "XS1 2025-05-11  80.00 [灯 1x80.00=80.00] |XS2 2025-05-12  160.00 [灯 1x80.00=80.00, 灯 1x80.00=80.00] "
		for i := range 3 {
			if x := b.takeAs(a, manifestOf("order"), file); x.Outcomes[kexin.OutRefused] != 1 || x.Outcomes[kexin.OutReview] != 1-min(i, 1) || (x.Outcomes[kexin.OutUnchanged] == 4) != (i > 0) {
				t.Errorf("time %d: %v", i+1, x.Outcomes)
			}
			if got := b.short("order", who); got != want {
				t.Fatalf("time %d: %s\nwant %s", i+1, got, want)
			}
		}
	})
}

// TestTaskOwner: a task that names nobody is the customer's owner's, whoever
// imports it; one that names a colleague is his.
func TestTaskOwner(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		who := b.households()
		b.takeAs(b.stepped("owner"), manifestOf("task"), []byte("任务,客户电话,截止日期,负责人\n量尺,13800000002,2027-01-05,\n送样板,13800000002,2027-01-06,没这个人\n催尾款,13800000002,2027-01-07,rep2\n"))
		b.View(func(tx *store.Tx) error {
			rules := newRules(tx.State, b.Staff["owner"])
			rules.list = kexin.Task
			all, err := tx.Parts(rules.matching(), kexin.Task, []kexin.ID{who["王秀英"]})
			if len(all) != 3 {
				t.Fatalf("%d tasks", len(all))
			}
			for i, want := range []string{"rep", "rep", "rep2"} {
				if all[i].Owner != b.Staff[want].User {
					t.Errorf("%s is not %s's", all[i].Vals[kexin.TaskTitle].S, want)
				}
			}
			return err
		})
	})
}

// TestLinesOfAnAmount: an order that has an amount and no lines takes lines that
// come to it, and none that do not, whichever of the file's rows they are; so
// does one that the file itself brings.
func TestLinesOfAnAmount(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		who := b.households()["李正"]
		a := b.stepped("owner")
		b.takeAs(a, manifestOf("order"), []byte("订单号,电话,下单日期,订单金额\nXS1,13800000003,2025-05-10,5600\nXS2,13800000003,2025-05-11,5600\n"))
		const head = "订单号,电话,下单日期,品名,数量,单价,订单金额\n"
		file := []byte(head +
			"XS1,13800000003,2025-05-10,灯,1,80,\nXS1,13800000003,2025-05-10,花洒,2,300,\n" +
			"XS2,13800000003,2025-05-11,马桶,1,2300,\nXS2,13800000003,2025-05-11,浴缸,1,3300,\n" +
			"XS3,13800000003,2025-05-12,,,,900\nXS3,13800000003,2025-05-12,灯,1,80,\n")
		const want = "XS1 2025-05-10  5600.00 [] |XS2 2025-05-11  5600.00 [马桶 1x2300.00=2300.00, 浴缸 1x3300.00=3300.00] |XS3 2025-05-12  900.00 [] "
		for i := range 2 {
			x := b.takeAs(a, manifestOf("order"), file)
			if x.Refusals[refusedDiffers] != 3 || x.Outcomes[kexin.OutRefused] != 3 {
				t.Errorf("time %d: %v %v", i+1, x.Outcomes, x.Refusals)
			}
			if got := b.short("order", who); got != want {
				t.Fatalf("time %d: %s\nwant %s", i+1, got, want)
			}
		}
	})
}

// TestContactOrigins: each list that adds something to a contact says where it
// has it from, as with customers (IMP-05).
func TestContactOrigins(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		b.households()
		m := declared()
		m.Object = "contact"
		take := func(rows ...string) Batch {
			t.Helper()
			b.Clock.Move(time.Minute)
			return b.takeAs(b.stepped("owner"), m, []byte("客户电话,联系人,手机,微信,登记方式,登记日期\n"+strings.Join(rows, "\n")+"\n"))
		}
		days := func() (out []string) {
			b.View(func(tx *store.Tx) error {
				out = nil
				rows, err := tx.Query("SELECT g.day FROM origin g JOIN contact c ON c.org_id=g.org_id AND c.id=g.customer_id WHERE g.org_id=$1 ORDER BY g.day", tx.Org)
				if err != nil {
					return err
				}
				defer rows.Close()
				for rows.Next() {
					var d string
					if err := rows.Scan(&d); err != nil {
						return err
					}
					out = append(out, d)
				}
				return rows.Err()
			})
			return out
		}
		take("13800000002,王先生,13800000021,,到店登记,2024-05-06")
		take("13800000002,王先生,13800000021,wxwang,到店登记,2024-06-07")
		take("13800000002,王先生,13800000021,wxwang,到店登记,2024-07-08") // adds nothing
		if got := strings.Join(days(), " "); got != "2024-05-06 2024-06-07" {
			t.Errorf("%s", got)
		}
		b.verified(t)
	})
}
