package kind

import (
	"testing"

	"kexin"
)

func TestRegion(t *testing.T) {
	for _, c := range []reads{
		{"330382", "浙江省温州市乐清市", ""},
		{"浙江省温州市乐清市", "浙江省温州市乐清市", ""},
		{"浙江/温州/乐清", "浙江省温州市乐清市", ""},
		{"乐清市", "浙江省温州市乐清市", ""},
		{"浙江 温州", "浙江省温州市", ""},
		{"３３０３８２", "浙江省温州市乐清市", ""},
		{"", "", ""},
		{"未知", "", ""},
		{"999999", "", CodeRegionUnknown},
		{"鼓楼区", "", CodeRegionUnknown},
		{"锦绣名邸", "", CodeRegionUnknown},
		{"乐清市柳市镇", "浙江省温州市乐清市", CodeTextLeft},
	} {
		c.check(t, field(kexin.KindRegion), Env{})
	}
	for _, v := range []kexin.Value{kexin.Str("999999"), kexin.Str("乐清市"), kexin.Num(330382)} {
		if Check(field(kexin.KindRegion), v) == nil {
			t.Errorf("%v is good", v)
		}
	}
}

func TestAddress(t *testing.T) {
	for _, c := range []reads{
		{" 学院东路３９９号　御景公馆11-1-1003 ", "学院东路399号 御景公馆11-1-1003", ""},
		{"柳市镇\n后街村", "柳市镇 后街村", ""},
		{"无", "", ""},
	} {
		c.check(t, field(kexin.KindAddress), Env{})
	}
}

func TestEstateKey(t *testing.T) {
	key := func(code, s string) string {
		k, ok := EstateKey(code, s)
		if ok && (k.Kind != kexin.KeyEstate || k.Field != kexin.CustAddress) {
			t.Errorf("%s: %+v", s, k)
		}
		return k.Canon
	}
	for in, want := range map[string]string{
		"香榭一品22幢2单元201室":        "330382|香榭一品",
		"学院东路399号御景公馆11-1-1003": "330382|御景公馆",
		"御景公馆小区3幢":              "330382|御景公馆",
		"SOHO公寓A座":              "330382|soho公寓",
		"12号":                   "",
		"":                      "",
	} {
		if got := key("330382", in); got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
	if key("", "锦绣名邸23栋1601") != "|锦绣名邸" {
		t.Error("an estate of unknown region has no key")
	}
}
