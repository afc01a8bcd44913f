package intake

import (
	"slices"
	"strings"
	"testing"

	"kexin"

	"pgregory.net/rapid"
)

// What Drafts promises of any row under any mapping that passes the check.
func TestDraftProperties(t *testing.T) {
	s := kexin.Builtin()
	var pool []Target
	for _, target := range places {
		pool = append(pool, target)
	}
	slices.SortFunc(pool, func(a, b Target) int { return int(a.Field)*10 + len(a.Unit) - int(b.Field)*10 - len(b.Unit) })
	values := []string{"", "  ", "无", "王芳", "13800000000", "女", "窗帘、榻榻米", "到店登记", "业主群", "SO1", "2024/5/6", "2023-02-30", "12,800", "地推", "锦绣华庭", "3", "VIP", "x\ny"}
	rapid.Check(t, func(t *rapid.T) {
		row := Row{N: rapid.IntRange(1, 9).Draw(t, "n")}
		var targets []Target
		for i := range rapid.IntRange(0, 10).Draw(t, "columns") {
			target := rapid.SampledFrom(pool).Draw(t, "target")
			target.Column, target.Label = i, "列"+columnName(i)
			targets = append(targets, target)
			row.Cells = append(row.Cells, rapid.SampledFrom(values).Draw(t, "cell"))
			if rapid.IntRange(0, 9).Draw(t, "note") == 0 {
				row.Notes = append(row.Notes, Note{i, rapid.SampledFrom([]string{NoteError, NoteMerged, NoteEncoding}).Draw(t, "code")})
			}
		}
		c, o, ev := Drafts(row, targets, s, fakeParse)
		checkDraft(t, s, row, c, kexin.Customer)
		if o != nil {
			checkDraft(t, s, row, *o, kexin.Order)
			if o.Values[kexin.OrdNo].Empty() && o.Values[kexin.OrdAmount].Empty() {
				t.Fatalf("an order of nothing: %+v", o)
			}
		}
		checkEvidence(t, o, ev)
	})
}

func checkDraft(t *rapid.T, s *kexin.Schema, row Row, d kexin.Draft, of kexin.Object) {
	if d.Object != of || d.Row != row.N {
		t.Fatalf("%+v", d)
	}
	for id, v := range d.Values {
		if f := s.Field(id); f == nil || f.Object != of || f.Computed || f.Kind == kexin.KindRef || v.Empty() {
			t.Fatalf("field %d: %+v", id, v)
		}
	}
	for _, i := range d.Issues {
		if i.Fatal || i.Field == 0 || i.Code == "" {
			t.Fatalf("%+v", i)
		}
	}
}

func checkEvidence(t *rapid.T, o *kexin.Draft, ev Evidence) {
	dated := ev.On != "" && ev.On.Valid()
	ok := false
	switch ev.Kind {
	case EvidenceOrder:
		ok = ev.OrderNo != "" && o != nil || ev.Way == "order" && dated
	case EvidenceVisit:
		ok = ev.Way == "store" && dated
	case EvidenceEnquiry:
		ok = slices.Contains(kexin.Ways, ev.Way) && dated
	case EvidenceNone:
		ok = ev.OrderNo == "" && (ev.Way == "" || !dated)
	}
	if !ok || (ev.Way != "") && ev.WayRaw == "" {
		t.Fatalf("%+v", ev)
	}
}

// A choice of several knows all its separators.
func TestChoicesSeparated(t *testing.T) {
	s := kexin.Builtin()
	target := []Target{{Column: 0, Field: kexin.CustNeed, Role: RoleField, Label: "需求"}}
	for _, sep := range []string{"、", ",", "，", ";", "；", "/", "／", "|", "+", "＋", "&", "\n", " ", "　", "、 "} {
		c, _, _ := Drafts(Row{N: 1, Cells: []string{"窗帘" + sep + "榻榻米" + sep + "瓷砖" + sep + "窗帘"}}, target, s, fakeParse)
		if got := c.Values[kexin.CustNeed]; got != kexin.Items("curtain", "tile") {
			t.Errorf("%q: %+v", sep, got)
		}
		if got := c.Values[kexin.CustRemark].S; got != "需求：榻榻米" {
			t.Errorf("%q: %q", sep, got)
		}
	}
}

// Two columns of needs make one value.
func TestChoicesOfTwoColumns(t *testing.T) {
	targets := []Target{{Column: 0, Field: kexin.CustNeed, Role: RoleField, Label: "需求"}, {Column: 1, Field: kexin.CustNeed, Role: RoleField, Label: "产品"}}
	c, _, _ := Drafts(Row{N: 1, Cells: []string{"窗帘", "瓷砖、砖"}}, targets, kexin.Builtin(), fakeParse)
	if c.Values[kexin.CustNeed] != kexin.Items("curtain", "tile") || c.Values[kexin.CustRemark].S != "产品：砖" {
		t.Errorf("%+v", c.Values)
	}
}

// An unknown state of an order is said in the customer's remark, because that
// is where people look.
func TestOrderStatus(t *testing.T) {
	targets := []Target{{Column: 0, Field: kexin.OrdNo, Role: RoleOrder}, {Column: 1, Field: kexin.OrdStatus, Role: RoleOrder, Label: "订单状态"}}
	for raw, want := range map[string]string{"已付款": "paid", "打样中": ""} {
		c, o, _ := Drafts(Row{N: 1, Cells: []string{"SO1", raw}}, targets, kexin.Builtin(), fakeParse)
		if o == nil || o.Values[kexin.OrdStatus].S != want {
			t.Errorf("%s: %+v", raw, o)
		}
		if got := c.Values[kexin.CustRemark].S; (got == "订单状态：打样中") != (want == "") {
			t.Errorf("%s: %q", raw, got)
		}
	}
}

// The day of an order is its own, else the day she came; the day of the
// evidence is when she came, else when she bought.
func TestDays(t *testing.T) {
	targets := []Target{{Column: 0, Field: kexin.OrdNo, Role: RoleOrder}, {Column: 1, Field: kexin.OrdOn, Role: RoleOrder}, {Column: 2, Field: kexin.CustSourceOn, Role: RoleWhen}}
	for _, c := range []struct{ bought, came, order, evidence string }{
		{"2024/5/6", "2024/4/1", "2024/5/6", "2024-04-01"}, {"", "2024/4/1", "2024/4/1", "2024-04-01"}, {"2024/5/6", "", "2024/5/6", "2024-05-06"}, {"", "", "", ""}, {"x", "2024/4/1", "x", "2024-04-01"}, {"2024/5/6", "2023-02-30", "2024/5/6", "2024-05-06"},
	} {
		_, o, ev := Drafts(Row{N: 1, Cells: []string{"SO1", c.bought, c.came}}, targets, kexin.Builtin(), fakeParse)
		if o == nil || o.Values[kexin.OrdOn].S != c.order || string(ev.On) != c.evidence {
			t.Errorf("%+v: %+v %+v", c, o, ev)
		}
	}
	_, o, ev := Drafts(Row{N: 1, Cells: []string{"", "2024/5/6", ""}}, targets, kexin.Builtin(), fakeParse)
	if o != nil || ev.Kind != EvidenceNone {
		t.Errorf("a day alone is no order: %+v %+v", o, ev)
	}
}

// The remark holds each thing once, in the order of the columns.
func TestRemark(t *testing.T) {
	targets := []Target{{Column: 0, Field: kexin.CustRemark, Role: RoleField}, {Column: 1, Field: kexin.CustRemark, Role: RoleField, Label: "户型"}, {Column: 2, Field: kexin.CustRemark, Role: RoleField}, {Column: 3, Field: kexin.CustRemark, Role: RoleField}}
	c, _, _ := Drafts(Row{N: 1, Cells: []string{" 急 ", "三室", "急", "上午"}}, targets, kexin.Builtin(), fakeParse)
	if got := c.Values[kexin.CustRemark].S; got != "急；户型：三室；上午" {
		t.Errorf("%q", got)
	}
}

func TestJoinPlace(t *testing.T) {
	for _, c := range []struct {
		parts []string
		units []string
		want  string
	}{
		{[]string{"锦绣华庭", "3", "2", "1203"}, []string{"", "栋", "单元", "室"}, "锦绣华庭3栋2单元1203室"},
		{[]string{"锦绣华庭", "3栋", "２", "1203室"}, []string{"", "栋", "单元", "室"}, "锦绣华庭3栋2单元1203室"},
		{[]string{"浙江省", "浙江省"}, []string{"", ""}, "浙江省"},
		{[]string{"锦绣华庭", "学院路1号锦绣华庭3栋"}, []string{"", ""}, "学院路1号锦绣华庭3栋"},
		{[]string{"1", "1"}, []string{"栋", "单元"}, "1栋1单元"},
	} {
		var parts []string
		for i, p := range c.parts {
			parts = joinPlace(parts, p, c.units[i])
		}
		if got := strings.Join(parts, ""); got != c.want {
			t.Errorf("%q: %q, want %q", c.parts, got, c.want)
		}
	}
}
