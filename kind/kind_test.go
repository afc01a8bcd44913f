package kind

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kexin"
	"kexin/i18n"
	"kexin/kind/region"
)

func TestTable(t *testing.T) {
	all := []kexin.Kind{kexin.KindName, kexin.KindText, kexin.KindPhone, kexin.KindEmail, kexin.KindWeChat, kexin.KindRegion, kexin.KindAddress, kexin.KindDay,
		kexin.KindInstant, kexin.KindMoney, kexin.KindNumber, kexin.KindChoice, kexin.KindChoices, kexin.KindRef, kexin.KindUSCC}
	if len(kinds) != len(all) {
		t.Errorf("%d kinds", len(kinds))
	}
	for _, k := range all {
		b := kinds[k]
		if b == nil || b.read == nil || b.check == nil || b.format == nil {
			t.Errorf("%s is not whole", k)
		}
	}
}

func TestCodesHaveSentences(t *testing.T) {
	for _, lang := range i18n.Langs {
		for _, c := range Codes {
			if key := "issue." + c; i18n.T(lang, key, nil) == key {
				t.Errorf("%s has no sentence in %s", key, lang)
			}
		}
		if i18n.T(lang, "search.two_characters", nil) == "search.two_characters" {
			t.Errorf("search.two_characters has no sentence in %s", lang)
		}
	}
}

func TestUnknownKind(t *testing.T) {
	f := &kexin.Field{ID: 9001, Name: "x", Kind: "colour"}
	v, issues := Parse(f, "red", Env{})
	if !v.Empty() || len(issues) != 1 || issues[0].Code != CodeKindUnknown || !issues[0].Fatal {
		t.Errorf("%v %v", v, issues)
	}
	if Check(f, kexin.Str("red")) == nil || Check(f, kexin.Value{}) != nil || Keys(f, kexin.Str("red")) != nil || Format(f, kexin.Str("red"), Env{}) != "" || !Mask(f.Kind, kexin.Str("red")).Empty() {
		t.Error("an unknown kind does something")
	}
	if _, issues := Parse(field(kexin.KindName), strings.Repeat("a", longestCell+1), Env{}); len(issues) != 1 || issues[0].Code != CodeTextLong {
		t.Errorf("%v", issues)
	}
}

func TestMask(t *testing.T) {
	for _, c := range []struct {
		k    kexin.Kind
		v    kexin.Value
		want kexin.Value
	}{
		{kexin.KindPhone, kexin.Str("+8613812345678"), kexin.Str("*******5678")},
		{kexin.KindPhone, kexin.Str("+8657762520000;ext=801"), kexin.Str("*******0000")},
		{kexin.KindPhone, kexin.Items("+8613812345678", "+8613912340000"), kexin.Items("*******5678", "*******0000")},
		{kexin.KindPhone, kexin.Str("123"), kexin.Str("*******")},
		{kexin.KindName, kexin.Str("张伟"), kexin.Str("张**")},
		{kexin.KindName, kexin.Str("张"), kexin.Str("张**")},
		{kexin.KindName, kexin.Str("欧阳帅静"), kexin.Str("欧**")},
		{kexin.KindName, kexin.Str("John Smith"), kexin.Str("J**")},
		{kexin.KindName, kexin.Str("𬬭伟"), kexin.Str("𬬭**")},
		{kexin.KindName, kexin.Str("\xff"), kexin.Str("**")},
		{kexin.KindEmail, kexin.Str("zhang@qq.com"), kexin.Str("***@***")},
		{kexin.KindWeChat, kexin.Str("zhangwei88"), kexin.Value{}},
		{kexin.KindAddress, kexin.Str("后街村12号"), kexin.Value{}},
		{kexin.KindDay, kexin.Str("1990-01-01"), kexin.Value{}},
		{kexin.KindMoney, kexin.Num(5), kexin.Value{}},
		{kexin.KindText, kexin.Str("x"), kexin.Value{}},
		{kexin.KindRegion, kexin.Str("330382"), kexin.Value{}},
		{kexin.KindUSCC, kexin.Str("x"), kexin.Value{}},
		{kexin.KindInstant, kexin.Num(5), kexin.Value{}},
		{kexin.KindChoice, kexin.Str("f"), kexin.Value{}},
		{kexin.KindChoices, kexin.Items("tile"), kexin.Value{}},
		{kexin.KindRef, kexin.Num(5), kexin.Value{}},
		{kexin.KindNumber, kexin.Num(5), kexin.Value{}},
	} {
		if got := Mask(c.k, c.v); got != c.want {
			t.Errorf("%s %v: %v, want %v", c.k, c.v, got, c.want)
		}
	}
	for k := range kinds {
		if constant := Mask(k, kexin.Str("a")) == Mask(k, kexin.Str("b")); constant == Shows(k) && k != kexin.KindPhone {
			t.Errorf("%s: Shows is %v", k, Shows(k))
		}
	}
}

func TestKeys(t *testing.T) {
	for _, c := range []struct {
		id   kexin.FieldID
		v    kexin.Value
		want string
	}{
		{kexin.CustPhone, kexin.Str("+8613812345678"), "1 +8613812345678"},
		{kexin.CustPhones, kexin.Items("+8613812345678", "+8657762520000;ext=801"), "1 +8613812345678,1 +8657762520000"},
		{kexin.CustEmail, kexin.Str("a@b.cn"), "2 a@b.cn"},
		{kexin.CustWeChat, kexin.Str("zhangwei88"), "3 zhangwei88"},
		{kexin.CustUSCC, kexin.Str("91350100M000100Y43"), "4 91350100M000100Y43"},
		{kexin.OrdNo, kexin.Str("SO1"), "6 SO1"},
		{kexin.CustRemark, kexin.Str("SO1"), ""},
		{kexin.CustName, kexin.Str("张伟"), ""},
		{kexin.CustPhone, kexin.Value{}, ""},
		{kexin.CustAddress, kexin.Str("御景公馆3幢"), ""},
	} {
		var got []string
		for _, k := range Keys(schema.Field(c.id), c.v) {
			got = append(got, fmt.Sprintf("%d %s", k.Kind, k.Canon))
			if k.Field != c.id {
				t.Errorf("key of field %d", k.Field)
			}
		}
		if s := strings.Join(got, ","); s != c.want {
			t.Errorf("%v: %q, want %q", c.v, s, c.want)
		}
	}
}

func TestCanon(t *testing.T) {
	for _, c := range []struct {
		k         kexin.KeyKind
		raw, want string
	}{
		{kexin.KeyPhone, "138 1234 5678", "+8613812345678"},
		{kexin.KeyPhone, "１３８１２３４５６７８", "+8613812345678"},
		{kexin.KeyPhone, "0577-62520000转801", "+8657762520000"},
		{kexin.KeyEmail, "A@B.cn", "a@b.cn"},
		{kexin.KeyWeChat, "ZhangWei88", "zhangwei88"},
		{kexin.KeyUSCC, "91350100m000100y43", "91350100M000100Y43"},
		{kexin.KeyOrder, "so 26012712", "SO26012712"},
	} {
		if got, err := Canon(c.k, c.raw); err != nil || got != c.want {
			t.Errorf("%s: %q %v", c.raw, got, err)
		}
	}
	for _, c := range []struct {
		k          kexin.KeyKind
		raw, field string
	}{
		{kexin.KeyPhone, "", "value"},
		{kexin.KeyPhone, "1381234567", "value"},
		{kexin.KeyPhone, "13812345678 13912345678", "value"},
		{kexin.KeyPhone, "13812345678 老婆", "value"},
		{kexin.KeyEmail, "a", "value"},
		{kexin.KeyEstate, "御景公馆", "kind"},
		{0, "x", "kind"},
	} {
		_, err := Canon(c.k, c.raw)
		if e, ok := err.(*kexin.Error); !ok || e.Code != kexin.Invalid || e.Field != c.field || e.Key == "" {
			t.Errorf("%q: %v", c.raw, err)
		}
	}
}

// values draws a good value of a field.
func values(t *rapid.T, f *kexin.Field) kexin.Value {
	han := rapid.StringOfN(rapid.SampledFrom([]rune("张伟李娜欧阳锦绣名邸路街abcXYZ019 -、，;()·")), 1, 30, -1)
	mobile := rapid.Custom(func(t *rapid.T) string {
		return fmt.Sprintf("+861%d%09d", rapid.IntRange(3, 9).Draw(t, "second"), rapid.IntRange(0, 999_999_999).Draw(t, "rest"))
	})
	land := rapid.Custom(func(t *rapid.T) string {
		s := fmt.Sprintf("+86%d%d", rapid.IntRange(310, 999).Draw(t, "area"), rapid.OneOf(rapid.IntRange(2_000_000, 9_999_999), rapid.IntRange(20_000_000, 99_999_999)).Draw(t, "number"))
		if rapid.Bool().Draw(t, "extended") {
			s += fmt.Sprintf(";ext=%d", rapid.IntRange(0, 999999).Draw(t, "ext"))
		}
		return s
	})
	from, to := time.Date(1900, 1, 2, 0, 0, 0, 0, shanghai), time.Date(2200, 12, 30, 0, 0, 0, 0, shanghai)
	switch f.Kind {
	case kexin.KindPhone:
		return phones(f, rapid.SliceOfNDistinct(rapid.OneOf(mobile, mobile, land), 1, 5, rapid.ID).Draw(t, "phones"))
	case kexin.KindDay:
		n := rapid.Int64Range(from.Unix(), to.Unix()).Draw(t, "day")
		return kexin.Str(string(kexin.DayOf(time.Unix(n, 0).In(shanghai))))
	case kexin.KindInstant:
		return kexin.Num(rapid.Int64Range(from.UnixMilli(), to.UnixMilli()).Draw(t, "ms"))
	case kexin.KindMoney:
		return kexin.Num(rapid.Int64Range(-99_999_999_999_999, 99_999_999_999_999).Draw(t, "fen"))
	case kexin.KindNumber:
		return kexin.Num(rapid.Int64().Draw(t, "n"))
	case kexin.KindRef:
		return kexin.Num(rapid.Int64Range(1, 1<<62).Draw(t, "id"))
	case kexin.KindChoice:
		return kexin.Str(rapid.SampledFrom(f.Rule.Choices).Draw(t, "choice"))
	case kexin.KindChoices:
		set := rapid.SliceOfNDistinct(rapid.SampledFrom(f.Rule.Choices), 1, 4, rapid.ID).Draw(t, "choices")
		return kexin.Items(sorted(f, set)...)
	case kexin.KindRegion:
		code := fmt.Sprintf("%06d", rapid.IntRange(110000, 659999).Draw(t, "code"))
		for region.Level(code) == region.None {
			code = fmt.Sprintf("%06d", (atoi(code)+1)%1_000_000)
		}
		return kexin.Str(code)
	}
	v, issues := Parse(f, han.Draw(t, "text"), noon2026) // what Parse makes is good
	if len(issues) > 0 {
		return kexin.Value{}
	}
	return v
}

// What Format writes, Parse reads as the same value, for every field there is.
func TestParseFormat(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := schema.Objects()[rapid.IntRange(0, len(schema.Objects())-1).Draw(t, "object")]
		f := o.Fields[rapid.IntRange(0, len(o.Fields)-1).Draw(t, "field")]
		v := values(t, f)
		if v.Empty() || f.Kind == kexin.KindNumber && v.N == -1<<63 {
			return
		}
		if err := Check(f, v); err != nil {
			t.Fatalf("%s %v: %v", f.Name, v, err)
		}
		text := Format(f, v, noon2026)
		back, issues := Parse(f, text, noon2026)
		for _, i := range issues {
			if i.Fatal {
				t.Fatalf("%s %q: %v", f.Name, text, i)
			}
		}
		if back != v {
			t.Fatalf("%s: %v is written %q and read %v", f.Name, v, text, back)
		}
	})
}

// A mask does not depend on anything but what it shows: the last four digits
// of each phone, the first character of a name.
func TestMaskHides(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		for _, k := range []kexin.Kind{kexin.KindPhone, kexin.KindName, kexin.KindEmail, kexin.KindWeChat, kexin.KindAddress, kexin.KindDay, kexin.KindMoney, kexin.KindText} {
			f := &kexin.Field{ID: kexin.ContPhone, Kind: k}
			a := values(t, f)
			if a.Empty() {
				continue
			}
			m := Mask(k, a)
			shown := 0
			for _, s := range m.Strings() {
				shown += len([]rune(strings.Trim(s, "*@")))
			}
			switch k {
			case kexin.KindPhone:
				if len(m.Strings()) != len(a.Strings()) || shown != 4*len(a.Strings()) {
					t.Fatalf("%v", m)
				}
			case kexin.KindName:
				if shown != 1 || len([]rune(m.S)) != 3 {
					t.Fatalf("%v", m)
				}
			default:
				if shown != 0 || m != Mask(k, kexin.Str("b")) {
					t.Fatalf("%s: %v", k, m)
				}
			}
		}
	})
}

// A phone has the same keys however it is typed.
func TestKeysStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := fmt.Sprintf("1%d%09d", rapid.IntRange(3, 9).Draw(t, "second"), rapid.IntRange(0, 999_999_999).Draw(t, "rest"))
		sep := rapid.SampledFrom([]string{"", " ", "-", ".", "—", "\u00a0", " - "}).Draw(t, "separator")
		typed := rapid.SampledFrom([]string{"", "+86", "86-", "0086", "+86 ", "(+86)", "手机:", " "}).Draw(t, "prefix") + d[:3] + sep + d[3:7] + sep + d[7:] +
			rapid.SampledFrom([]string{"", " ", "（微信同号）", "、"}).Draw(t, "suffix")
		if rapid.Bool().Draw(t, "wide") {
			typed = strings.Map(func(r rune) rune {
				if r >= '0' && r <= '9' {
					return r - '0' + '０'
				}
				return r
			}, typed)
		}
		v, issues := Parse(phoneField, typed, Env{})
		keys := Keys(phoneField, v)
		if len(issues) > 0 || len(keys) != 1 || keys[0].Canon != "+86"+d {
			t.Fatalf("%q: %v %v", typed, issues, keys)
		}
	})
}
