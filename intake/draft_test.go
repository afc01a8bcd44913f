package intake

import (
	"slices"
	"strings"
	"testing"
	"time"

	"kexin"
)

// fakeParse stands in for kind.Parse: it knows some codes and days, and keeps
// other text.
func fakeParse(f *kexin.Field, raw string) (kexin.Value, []kexin.Issue) {
	if raw == "无" {
		return kexin.Value{}, nil
	}
	switch f.Kind {
	case kexin.KindChoice, kexin.KindChoices:
		code := map[string]string{"窗帘": "curtain", "瓷砖": "tile", "男": "m", "女": "f", "VIP": "vip", "已成交": "won", "已付款": "paid"}[raw]
		if code == "" {
			return kexin.Value{}, []kexin.Issue{{Code: "choice", Fatal: true}}
		}
		if f.Kind == kexin.KindChoices {
			return kexin.Items(code), nil
		}
		return kexin.Str(code), nil
	case kexin.KindDay:
		for _, layout := range []string{"2006-01-02", "2006/1/2", "2006年1月2日"} {
			if d, err := time.Parse(layout, raw); err == nil {
				return kexin.Str(string(kexin.DayOf(d))), nil
			}
		}
		return kexin.Value{}, []kexin.Issue{{Field: f.ID, Code: "day"}}
	case kexin.KindMoney:
		return kexin.Num(int64(len(raw))), nil
	}
	return kexin.Str(raw), nil
}

// draft reads one row under a header.
func draft(t *testing.T, names, cells string) (kexin.Draft, *kexin.Draft, Evidence) {
	t.Helper()
	g := look(t, text(names+"\n"+cells+"\n"), Options{Header: 1, Delimiter: ','})
	s := kexin.Builtin()
	targets := Map(g, s, kexin.Customer)
	if err := CheckMap(g, targets, s, kexin.Customer); err != nil {
		t.Fatalf("%s: %v", names, err)
	}
	return Drafts(rows(t, text(names+"\n"+cells+"\n"), g)[0], targets, s, fakeParse)
}

const shopHeader = "客户姓名,手机,性别,地址,需求,登记方式,订单号,登记日期,销售,成交金额,备注"

func TestDrafts(t *testing.T) {
	c, o, ev := draft(t, shopHeader, `王芳,13800000000,女,锦绣华庭1-1-101,窗帘、榻榻米,订单,SO1,2024/5/6,陈晓雯,"1,200",要快`)
	want := map[kexin.FieldID]kexin.Value{
		kexin.CustName: kexin.Str("王芳"), kexin.CustPhone: kexin.Str("13800000000"), kexin.CustGender: kexin.Str("f"),
		kexin.CustAddress: kexin.Str("锦绣华庭1-1-101"), kexin.CustNeed: kexin.Items("curtain"), kexin.CustSource: kexin.Str("order"),
		kexin.CustSourceOn: kexin.Str("2024/5/6"), kexin.CustRemark: kexin.Str("需求：榻榻米；要快"),
	}
	if len(c.Values) != len(want) || c.Row != 1 || c.Object != kexin.Customer {
		t.Errorf("%+v", c)
	}
	for id, v := range want {
		if c.Values[id] != v {
			t.Errorf("%d: %+v, want %+v", id, c.Values[id], v)
		}
	}
	if len(c.Issues) != 1 || c.Issues[0] != (kexin.Issue{Field: kexin.CustNeed, Code: IssueToRemark}) {
		t.Errorf("%+v", c.Issues)
	}
	if o == nil || o.Values[kexin.OrdNo].S != "SO1" || o.Values[kexin.OrdAmount].S != "1,200" || o.Values[kexin.OrdOn].S != "2024/5/6" || o.Object != kexin.Order || o.Row != 1 {
		t.Errorf("%+v", o)
	}
	if ev != (Evidence{Way: "order", WayRaw: "订单", On: "2024-05-06", OrderNo: "SO1", Staff: "陈晓雯", Kind: EvidenceOrder}) {
		t.Errorf("%+v", ev)
	}
}

func TestEvidence(t *testing.T) {
	for _, c := range []struct {
		way, no, on, amount string
		want                EvidenceKind
		code                string
		order               bool
	}{
		{"到店登记", "", "2024/5/6", "", EvidenceVisit, "store", false},
		{"线上咨询", "", "2024/5/6", "", EvidenceEnquiry, "online", false},
		{"来电", "", "2024/5/6", "", EvidenceEnquiry, "phone", false},
		{"老客户介绍", "", "2024/5/6", "", EvidenceEnquiry, "referral", false},
		{"地推", "", "2024/5/6", "", EvidenceEnquiry, "other", false},
		{"到店登记", "", "", "", EvidenceNone, "store", false},
		{"到店登记", "", "2023-02-30", "", EvidenceNone, "store", false},
		{"", "", "2024/5/6", "", EvidenceNone, "", false},
		{"", "SO1", "", "", EvidenceOrder, "", true},
		{"到店登记", "SO1", "2024/5/6", "", EvidenceOrder, "store", true},
		{"订单", "", "2024/5/6", "300", EvidenceOrder, "order", true},
		{"", "", "", "300", EvidenceNone, "", true},
		{"小区业主群", "", "2024/5/6", "", EvidenceNone, "", false},
		{"物业给的名单", "", "2024/5/6", "", EvidenceNone, "", false},
		{"", "", "", "", EvidenceNone, "", false},
		{"无", "无", "2024/5/6", "无", EvidenceNone, "", false},
	} {
		d, o, ev := draft(t, "姓名,手机,来源,订单号,登记日期,金额", strings.Join([]string{"王芳,13800000000", c.way, c.no, c.on, c.amount}, ","))
		if ev.Kind != c.want || ev.Way != c.code || (o != nil) != c.order {
			t.Errorf("%+v: %+v, order %v", c, ev, o)
		}
		if d.Values[kexin.CustSource].S != c.code {
			t.Errorf("%+v: source %q", c, d.Values[kexin.CustSource].S)
		}
		if lost := c.code == "other" || len(c.way) > 3 && c.code == ""; lost != strings.Contains(d.Values[kexin.CustRemark].S, c.way) && c.way != "" {
			t.Errorf("%+v: remark %q", c, d.Values[kexin.CustRemark].S)
		}
	}
}

func TestDraftParts(t *testing.T) {
	c, _, _ := draft(t, "业主姓名,联系电话,备用电话,固定电话,省,市,小区,楼栋,单元,房号,装修进度,跟进记录,标签", "王芳,13800000000,13900000000,0571-88888888,浙江省,杭州市,锦绣华庭,3,2单元,1203,水电,周三来过,VIP 爱砍价")
	for id, want := range map[kexin.FieldID]string{
		kexin.CustRegion: "浙江省杭州市", kexin.CustAddress: "锦绣华庭3栋2单元1203室", kexin.CustPhones: "13900000000、0571-88888888",
		kexin.CustRemark: "装修进度：水电；跟进记录：周三来过；标签：爱砍价", kexin.CustTags: "vip", kexin.CustName: "王芳",
	} {
		if got := c.Values[id].S; got != want {
			t.Errorf("%d: %q, want %q", id, got, want)
		}
	}
	c, _, _ = draft(t, "姓名,手机,小区,地址", "王芳,13800000000,锦绣华庭,学院路1号锦绣华庭")
	if got := c.Values[kexin.CustAddress].S; got != "学院路1号锦绣华庭" {
		t.Errorf("%q", got)
	}
	c, _, _ = draft(t, "姓名,手机,地址,小区", "王芳,13800000000,学院路1号锦绣华庭,锦绣华庭")
	if got := c.Values[kexin.CustAddress].S; got != "学院路1号锦绣华庭" {
		t.Errorf("%q", got)
	}
}

func TestDraftNotes(t *testing.T) {
	s := kexin.Builtin()
	row := Row{N: 7, Cells: []string{"王芳", "", "x"}, Notes: []Note{{1, NoteError}, {9, NoteExtra}}}
	targets := []Target{{Column: 0, Field: kexin.CustName, Role: RoleField}, {Column: 1, Field: kexin.CustPhone, Role: RoleField}, {Column: 2, Role: RoleSkip}, {Column: 12, Field: kexin.CustRemark, Role: RoleField}}
	c, o, _ := Drafts(row, targets, s, fakeParse)
	if o != nil || !slices.Equal(c.Issues, []kexin.Issue{{Field: kexin.CustPhone, Code: NoteError}}) || len(c.Values) != 1 {
		t.Errorf("%+v", c)
	}
}

func TestWays(t *testing.T) {
	for raw, want := range map[string]string{
		"到店": "store", "自然进店": "store", "抖音": "online", "美团团购": "online", "微信": "wechat", "小程序预约": "form", "扫码登记": "form",
		"朋友推荐": "referral", "老带新": "referral", "电话咨询": "phone", "订单": "order", "store": "store", "Walk-in": "store", "买来的名单": unlawfulWay,
		"业主群": unlawfulWay, "": "", "1": "", "不记得": "",
	} {
		if got := wayOf(raw); got != want {
			t.Errorf("%s: %q, want %q", raw, got, want)
		}
	}
	for _, w := range wayWords {
		if w.way != unlawfulWay && !slices.Contains(kexin.Ways, w.way) {
			t.Errorf("%s is no way", w.way)
		}
	}
}

// Every cell of a mapped column ends up somewhere: in a value, in the remark,
// in the evidence, or the row has an issue.
func TestNothingLost(t *testing.T) {
	f := sharedFile(t, "cabinet-utf8bom.csv")
	g := look(t, f, Options{})
	s := kexin.Builtin()
	targets := Map(g, s, kexin.Customer)
	active, n := 0, 0
	keep := func(f *kexin.Field, raw string) (kexin.Value, []kexin.Issue) {
		if f.Kind == kexin.KindDay {
			return kexin.Str("2024-05-06"), nil
		}
		return kexin.Str(raw), nil
	}
	for _, r := range rows(t, f, g) {
		c, o, ev := Drafts(r, targets, s, keep)
		all := ev.WayRaw + "\n" + ev.Staff
		for _, v := range c.Values {
			all += "\n" + v.S
		}
		if o != nil {
			for _, v := range o.Values {
				all += "\n" + v.S
			}
		}
		for i, cell := range r.Cells {
			if cell = strings.TrimSpace(cell); !strings.Contains(all, cell) {
				t.Fatalf("row %d: column %d is lost", r.N, i)
			}
		}
		if n++; ev.Kind != EvidenceNone {
			active++
		}
	}
	if float64(active) < 0.92*float64(n) {
		t.Errorf("%d of %d rows have evidence", active, n)
	}
}
