package kind

import (
	"slices"
	"strings"
	"testing"

	"kexin"
)

var schema = kexin.Builtin()

func TestChoice(t *testing.T) {
	for _, c := range []struct {
		id kexin.FieldID
		reads
	}{
		// the words of the shop exports
		{kexin.CustGender, reads{"女", "f", ""}},
		{kexin.CustGender, reads{"男", "m", ""}},
		{kexin.CustSource, reads{"到店登记", "store", ""}},
		{kexin.CustSource, reads{"线上咨询", "online", ""}},
		{kexin.CustSource, reads{"订单", "order", ""}},
		{kexin.CustNeed, reads{"窗帘", "curtain", ""}},
		{kexin.CustNeed, reads{"全屋定制", "wholehouse", ""}},
		{kexin.CustNeed, reads{"门窗", "door", ""}},
		{kexin.CustNeed, reads{"卫浴", "bath", ""}},
		{kexin.CustNeed, reads{"灯具", "lamp", ""}},
		{kexin.CustNeed, reads{"空调", "aircon", ""}},
		{kexin.CustNeed, reads{"瓷砖", "tile", ""}},
		{kexin.CustNeed, reads{"橱柜", "cabinet", ""}},
		{kexin.CustNeed, reads{"地板", "floor", ""}},
		{kexin.CustNeed, reads{"沙发", "sofa", ""}},
		// one word, another field
		{kexin.CustSource, reads{"电话", "phone", ""}},
		{kexin.VisitWay, reads{"电话", "call", ""}},
		{kexin.VisitWay, reads{"到店", "store", ""}},
		{kexin.CustSource, reads{"到店", "store", ""}},
		{kexin.CustStage, reads{"已报价", "quoted", ""}},
		{kexin.DealStage, reads{"报价", "quote", ""}},
		{kexin.CustStage, reads{"已成交", "won", ""}},
		{kexin.DealStage, reads{"签约", "sign", ""}},
		{kexin.OrdStatus, reads{"已完成", "done", ""}},
		{kexin.OrdStatus, reads{"已取消", "cancelled", ""}},
		{kexin.CustSalut, reads{"老师", "teacher", ""}},
		{kexin.ContTitle, reads{"老板", "boss", ""}},
		// codes and English
		{kexin.CustGender, reads{"F", "f", ""}},
		{kexin.CustGender, reads{"Male", "m", ""}},
		{kexin.CustNeed, reads{"Curtains", "curtain", ""}},
		{kexin.CustStage, reads{"new", "new", ""}},
		// several
		{kexin.CustNeed, reads{"窗帘、瓷砖", "tile、curtain", ""}},
		{kexin.CustNeed, reads{"瓷砖/窗帘/瓷砖", "tile、curtain", ""}},
		{kexin.CustNeed, reads{"瓷砖 窗帘", "tile、curtain", ""}},
		{kexin.CustNeed, reads{"瓷砖，榻榻米", "tile", CodeChoiceUnknown}},
		// none and unknown
		{kexin.CustGender, reads{"未知", "", ""}},
		{kexin.CustGender, reads{"", "", ""}},
		{kexin.CustNeed, reads{"无", "", ""}},
		{kexin.CustGender, reads{"保密", "", CodeChoiceUnknown}},
		{kexin.CustNeed, reads{"榻榻米", "", CodeChoiceUnknown}},
		{kexin.CustSource, reads{"call", "", CodeChoiceUnknown}},
	} {
		c.check(t, schema.Field(c.id), Env{})
	}
	_, issues := Parse(schema.Field(kexin.CustNeed), "榻榻米", Env{})
	if len(issues) != 1 || issues[0].Fatal {
		t.Errorf("an unknown choice refuses the row: %v", issues)
	}
	if r := read(schema.Field(kexin.CustNeed), "瓷砖，榻榻米、地暖", Env{}); r.left != "榻榻米 地暖" {
		t.Errorf("left %q", r.left)
	}
}

// A custom list is read by its codes; a list that has a built-in code has its
// labels too.
func TestChoiceCustom(t *testing.T) {
	f := &kexin.Field{ID: 9001, Kind: kexin.KindChoice, Rule: kexin.Rule{Choices: []string{"红木", "Oak", "other"}}}
	for _, c := range []reads{{"红木", "红木", ""}, {"oak", "Oak", ""}, {"其他", "other", ""}, {"松木", "", CodeChoiceUnknown}} {
		c.check(t, f, Env{})
	}
}

func TestChoiceCheck(t *testing.T) {
	one, many := schema.Field(kexin.CustGender), schema.Field(kexin.CustNeed)
	for _, c := range []struct {
		f    *kexin.Field
		v    kexin.Value
		good bool
	}{
		{one, kexin.Str("f"), true},
		{one, kexin.Str("女"), false},
		{one, kexin.Items("f"), false},
		{one, kexin.Num(1), false},
		{many, kexin.Items("tile", "curtain"), true},
		{many, kexin.Items("curtain", "tile"), false},
		{many, kexin.Items("tile", "tile"), false},
		{many, kexin.Str("tile"), false},
		{many, kexin.Items("x"), false},
	} {
		if (Check(c.f, c.v) == nil) != c.good {
			t.Errorf("%s %v", c.f.Name, c.v)
		}
	}
}

// Every built-in choice can be written in Chinese, and every label means a
// choice of some list.
func TestLabels(t *testing.T) {
	lists := [][]string{}
	for _, o := range schema.Objects() {
		for _, f := range o.Fields {
			if len(f.Rule.Choices) > 0 {
				lists = append(lists, f.Rule.Choices)
			}
		}
	}
	for _, list := range lists {
		for _, code := range list {
			found := false
			for word, codes := range labels {
				if i := slices.IndexFunc(codes, func(c string) bool { return slices.Contains(list, c) }); i >= 0 && codes[i] == code && word[0] >= 0x80 {
					found = true
				}
			}
			if !found {
				t.Errorf("%s of %v has no Chinese word", code, list)
			}
		}
	}
	for word, codes := range labels {
		if word != tidy(word) || word != lower(word) || strings.ContainsFunc(word, between) {
			t.Errorf("%q can never be met", word)
		}
		for _, code := range codes {
			if !slices.ContainsFunc(lists, func(l []string) bool { return slices.Contains(l, code) }) {
				t.Errorf("%s: no list has %s", word, code)
			}
		}
	}
}
