package match

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"kexin"
)

var customer = kexin.Builtin().Object(kexin.Customer)

// headers are the labels of a shop's file.
func headers(id kexin.FieldID) string {
	return map[kexin.FieldID]string{kexin.CustName: "姓名", kexin.CustAddress: "地址", kexin.CustWeChat: "微信"}[id]
}

// TestFill lists what a row adds to a record.
func TestFill(t *testing.T) {
	str, items := kexin.Str, kexin.Items
	there := Values{
		kexin.CustName: str("王女士"), kexin.CustSalut: str("ms"), kexin.CustPhone: str("+8613800000001"), kexin.CustNeed: items("tile"),
		kexin.CustRegion: str("330300"), kexin.CustAddress: str("御景公馆"), kexin.CustRemark: str("老客户介绍"), kexin.CustGender: str("f"), kexin.CustWeChat: str("wang_1"),
	}
	for name, c := range map[string]struct{ row, want Values }{
		"nothing":              {Values{}, Values{}},
		"the same":             {there, Values{}},
		"empty field":          {Values{kexin.CustEmail: str("a@b.cn")}, Values{kexin.CustEmail: str("a@b.cn")}},
		"full name":            {Values{kexin.CustName: str("王秀英")}, Values{kexin.CustName: str("王秀英")}},
		"another name":         {Values{kexin.CustName: str("陈建国")}, Values{kexin.CustRemark: str("老客户介绍；姓名：陈建国")}},
		"another choice":       {Values{kexin.CustGender: str("m")}, Values{}},
		"second phone":         {Values{kexin.CustPhone: str("+8613800000002"), kexin.CustPhones: items("+8613800000001")}, Values{kexin.CustPhones: items("+8613800000002")}},
		"needs united":         {Values{kexin.CustNeed: items("cabinet", "tile")}, Values{kexin.CustNeed: items("tile", "cabinet")}},
		"remark":               {Values{kexin.CustRemark: str("要环保；老客户介绍")}, Values{kexin.CustRemark: str("老客户介绍；要环保")}},
		"remark that is there": {Values{kexin.CustRemark: str("介绍")}, Values{}},
		"flat in the estate":   {Values{kexin.CustRegion: str("330382"), kexin.CustAddress: str("学院东路399号御景公馆11-1-1003")}, Values{kexin.CustRegion: str("330382"), kexin.CustAddress: str("学院东路399号御景公馆11-1-1003")}},
		"another estate":       {Values{kexin.CustRegion: str("330382"), kexin.CustAddress: str("金色花园1-1-101")}, Values{kexin.CustRemark: str("老客户介绍；地址：浙江省温州市乐清市金色花园1-1-101")}},
		"another town":         {Values{kexin.CustRegion: str("440106"), kexin.CustAddress: str("御景公馆11-1-1003")}, Values{kexin.CustRemark: str("老客户介绍；地址：广东省广州市天河区御景公馆11-1-1003")}},
		"a district more":      {Values{kexin.CustRegion: str("330382")}, Values{kexin.CustRegion: str("330382")}},
		"another WeChat":       {Values{kexin.CustWeChat: str("wang_2")}, Values{kexin.CustRemark: str("老客户介绍；微信：wang_2")}},
		"computed and owner":   {Values{kexin.CustSum: kexin.Num(5), kexin.CustOwner: kexin.Num(7)}, Values{}},
	} {
		got, ok := Fill(customer, there, c.row, headers)
		if !ok || !maps.Equal(got, c.want) {
			t.Errorf("%s: %v %v", name, got, ok)
		}
	}
	fuller := Apply(there, Values{kexin.CustAddress: str("御景公馆11-1-1003")})
	for _, less := range []string{"御景公馆", "御景公馆11栋1003"} {
		if got, _ := Fill(customer, fuller, Values{kexin.CustAddress: str(less)}, headers); len(got) != 0 {
			t.Errorf("%s says less than what is there, and changed %v", less, got)
		}
	}
	long := Values{kexin.CustRemark: str(strings.Repeat("长", 1999))}
	if got, ok := Fill(customer, long, Values{kexin.CustRemark: str("还有")}, headers); ok || len(got) != 0 {
		t.Errorf("a remark without room: %v %v", got, ok)
	}
}

// anyValues draws a customer out of few values.
func anyValues(t *rapid.T, label string) Values {
	out := Values{}
	pick := func(id kexin.FieldID, of ...string) {
		if s := rapid.SampledFrom(append(of, "")).Draw(t, label+customer.Name); s != "" {
			out[id] = kexin.Str(s)
		}
	}
	pick(kexin.CustName, "王秀英", "王秀瑛", "王女士", "陈建国")
	pick(kexin.CustPhone, "+8613800000001", "+8613800000002")
	pick(kexin.CustWeChat, "wang_1", "wang_2")
	pick(kexin.CustRegion, "330382", "330300", "440106")
	pick(kexin.CustAddress, "御景公馆", "御景公馆11-1-1003", "学院路1号御景公馆11-1003", "金色花园", "某处")
	pick(kexin.CustGender, "f", "m")
	pick(kexin.CustBirthday, "1980-01-02", "1981-01-02")
	pick(kexin.CustRemark, "甲", "甲；乙", "乙丙", "丁；甲")
	if v := kexin.Items(rapid.SliceOfN(rapid.SampledFrom([]string{"+8613800000003", "+8613800000004"}), 0, 2).Draw(t, label+"phones")...); !v.Empty() {
		out[kexin.CustPhones] = v
	}
	if v := kexin.Items(rapid.SliceOfNDistinct(rapid.SampledFrom(kexin.Needs[:4]), 0, 3, rapid.ID[string]).Draw(t, label+"need")...); !v.Empty() {
		out[kexin.CustNeed] = v
	}
	return out
}

// TestFillProperties: filling twice changes nothing more; no number, need or
// part of a remark is lost; and nothing that was there is replaced by
// something that does not hold it.
func TestFillProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		there, row := anyValues(t, "there"), anyValues(t, "row")
		before := maps.Clone(there)
		changed, ok := Fill(customer, there, row, headers)
		if !ok || !maps.Equal(before, there) {
			t.Fatalf("%v: what was there has changed to %v", before, there)
		}
		after := Apply(there, changed)
		if again, _ := Fill(customer, after, row, headers); len(again) != 0 {
			t.Fatalf("%v + %v = %v, and then %v", there, row, after, again)
		}
		for _, vals := range []Values{there, row} {
			keeps(t, vals, after)
		}
		for id, v := range there {
			switch id {
			case kexin.CustName, kexin.CustAddress, kexin.CustRegion, kexin.CustRemark, kexin.CustNeed, kexin.CustPhones:
			default:
				if after[id] != v {
					t.Fatalf("field %d: %v was overwritten with %v", id, v, after[id])
				}
			}
		}
		if !strings.HasPrefix(after[kexin.CustRemark].S, there[kexin.CustRemark].S) {
			t.Fatalf("remark %q became %q", there[kexin.CustRemark].S, after[kexin.CustRemark].S)
		}
	})
}

// keeps checks that nothing of vals is missing afterwards.
func keeps(t *rapid.T, vals, after Values) {
	phones := append(after[kexin.CustPhone].Strings(), after[kexin.CustPhones].Strings()...)
	for _, p := range append(vals[kexin.CustPhone].Strings(), vals[kexin.CustPhones].Strings()...) {
		if !slices.Contains(phones, p) {
			t.Fatalf("phone lost: %v of %v", p, after)
		}
	}
	for _, n := range vals[kexin.CustNeed].Strings() {
		if !slices.Contains(after[kexin.CustNeed].Strings(), n) {
			t.Fatalf("need lost: %s of %v", n, after)
		}
	}
	for _, id := range []kexin.FieldID{kexin.CustName, kexin.CustWeChat, kexin.CustBirthday} {
		v := vals[id].S
		held := after[id].S == v || strings.Contains(after[kexin.CustRemark].S, v)
		if id == kexin.CustName {
			held = held || strings.HasPrefix(after[id].S, v[:min(3, len(v))]) && utf8.RuneCountInString(v) <= 3
		}
		if v != "" && !held {
			t.Fatalf("%d: %s lost: %v", id, v, after)
		}
	}
	for _, p := range strings.Split(vals[kexin.CustRemark].S, between) {
		if !strings.Contains(after[kexin.CustRemark].S, p) {
			t.Fatalf("remark lost: %s of %v", p, after)
		}
	}
}

// FuzzEstate: whatever stands in an address, its facts and keys can be made,
// and a row is itself.
func FuzzEstate(f *testing.F) {
	f.Add("王秀英", "学院东路399号御景公馆11-1-1003")
	f.Add("欧阳 女士", "２期３幢——101室")
	f.Fuzz(func(t *testing.T, name, address string) {
		facts := FactsOf(Values{kexin.CustName: kexin.Str(name), kexin.CustAddress: kexin.Str(address), kexin.CustPhone: kexin.Str("+8613800000001")})
		Keys(facts)
		if d := Decide(facts, []Facts{facts}); d.Verdict != Same {
			t.Errorf("not the same as itself: %+v", d)
		}
	})
}
