package kind

import (
	"strings"
	"testing"

	"kexin"
)

var phoneField = &kexin.Field{ID: kexin.ContPhone, Name: "phone", Kind: kexin.KindPhone}

func TestPhone(t *testing.T) {
	for _, c := range []struct{ in, out string }{
		// the forms of the shop exports
		{"17157556184", "+8617157556184"},
		{"180-0629-0374", "+8618006290374"},
		{"158 0580 9608", "+8615805809608"},
		{"19991871168（微信同号）", "+8619991871168"},
		{"１５２７８９５５１８２", "+8615278955182"},
		{"+86 15792357296", "+8615792357296"},
		{"86-18296497833", "+8618296497833"},
		{"008617853268393", "+8617853268393"},
		{"18663968497、15273404414", "+8618663968497 +8615273404414"},
		// other ways to type them
		{"18663968497/15273404414", "+8618663968497 +8615273404414"},
		{"18663968497，15273404414", "+8618663968497 +8615273404414"},
		{"18663968497;15273404414", "+8618663968497 +8615273404414"},
		{"18663968497；15273404414", "+8618663968497 +8615273404414"},
		{"18663968497 15273404414", "+8618663968497 +8615273404414"},
		{"1866396849715273404414", "+8618663968497 +8615273404414"},
		{"18663968497或15273404414", "+8618663968497 +8615273404414"},
		{"18663968497\n15273404414", "+8618663968497 +8615273404414"},
		{"+8618663968497+8615273404414", "+8618663968497 +8615273404414"},
		{"13812345678、138 1234 5678", "+8613812345678"},
		{"138.1234.5678", "+8613812345678"},
		{"138—1234—5678", "+8613812345678"},
		{"(86)13812345678", "+8613812345678"},
		{"（+86）138 1234 5678", "+8613812345678"},
		{"013812345678", "+8613812345678"},
		{"1795113812345678", "+8613812345678"},
		{"\u202a13812345678\u202c", "+8613812345678"},
		{"'13812345678", "+8613812345678"},
		{"手机：13812345678", "+8613812345678"},
		{"电话13812345678", "+8613812345678"},
		{"13812345678.0", "+8613812345678"},
		{"13812345678.00", "+8613812345678"},
		{"1.3690512345E+10", "+8613690512345"},
		{"1.3690512345e10", "+8613690512345"},
		{"1.38123456E10", "+8613812345600"},
		// landlines, 400
		{"0577-62520000", "+8657762520000"},
		{"057762520000", "+8657762520000"},
		{"(0577)62520000", "+8657762520000"},
		{"0577 6252 0000", "+8657762520000"},
		{"+86 577 62520000", "+8657762520000"},
		{"+86 0577 62520000", "+8657762520000"},
		{"0086-577-62520000", "+8657762520000"},
		{"010-62520000", "+861062520000"},
		{"021 62520000", "+862162520000"},
		{"0991-1234567", ""},
		{"0991-2234567", "+869912234567"},
		{"0577-62520000转801", "+8657762520000;ext=801"},
		{"(0577) 6252 0000转801", "+8657762520000;ext=801"},
		{"0577-62520000-801", "+8657762520000;ext=801"},
		{"0577-62520000 分机801", "+8657762520000;ext=801"},
		{"0577-62520000 ext. 801", "+8657762520000;ext=801"},
		{"0577-62520000、13812345678", "+8657762520000 +8613812345678"},
		{"400-820-8820", "+864008208820"},
		{"4008208820转3", "+864008208820;ext=3"},
		// abroad
		{"+1 212 555 0100", "+12125550100"},
		{"0044 20 7946 0958", "+442079460958"},
		{"+852 9123 4567", "+85291234567"},
	} {
		v, issues := Parse(phoneField, c.in, Env{})
		if got := strings.Join(v.Strings(), " "); got != c.out || (c.out == "") != (len(issues) > 0) {
			t.Errorf("%q: %q %v, want %q", c.in, got, issues, c.out)
		}
	}
}

func TestPhoneIssues(t *testing.T) {
	for _, c := range []struct{ in, code string }{
		{"1.36905E+10", CodePhoneLost},
		{"1.87293e+10", CodePhoneLost},
		{"1.87293E10", CodePhoneLost},
		{"1.3812345E+10", CodePhoneLost},
		{"1876188842", CodePhoneLength},
		{"187618884212", CodePhoneLength},
		{"138 1234 5678 9", CodePhoneLength},
		{"138", CodePhoneLength},
		{"62520000", CodePhoneArea},
		{"6252 0000", CodePhoneArea},
		{"12345678901", CodePhoneInvalid},
		{"57762520000", CodePhoneInvalid}, // its 0 may be lost, or it is something else
		{"微信联系", CodePhoneNone},
		{"13812345678 老婆", CodeTextLeft},
		{"13812345678、1381234", CodeTextLeft},
		{"+999999999999999999", CodePhoneLength},
	} {
		_, issues := Parse(phoneField, c.in, Env{})
		if len(issues) != 1 || issues[0].Code != c.code || !issues[0].Fatal || issues[0].Field != phoneField.ID {
			t.Errorf("%q: %v, want %s", c.in, issues, c.code)
		}
	}
	for _, in := range []string{"", "  ", "无", "-", "N/A", "/", "电话"} {
		if v, issues := Parse(phoneField, in, Env{}); !v.Empty() || len(issues) > 0 {
			t.Errorf("%q: %v %v", in, v, issues)
		}
	}
}

// Text besides the numbers is left over, none of it lost.
func TestPhoneLeft(t *testing.T) {
	for _, c := range []struct{ in, left, chat string }{
		{"13812345678（微信同号）", "", "+8613812345678"},
		{"13812345678 vx同号", "", "+8613812345678"},
		{"18663968497（微信同号）、15273404414", "", "+8618663968497"},
		{"18663968497、15273404414（微信同号）", "", "+8615273404414"},
		{"张先生13812345678", "张先生", ""},
		{"13812345678(老婆) 13912345678(本人)", "老婆", ""},
		{"13812345678 不是微信", "不是微信", ""},
		{"13812345678 晚上打", "晚上打", ""},
	} {
		r := readPhone(phoneField, c.in, Env{})
		if r.left != c.left || r.chat != c.chat {
			t.Errorf("%q: left %q chat %q", c.in, r.left, r.chat)
		}
	}
}

func TestPhoneFormat(t *testing.T) {
	for in, want := range map[string]string{
		"+8613812345678":                "13812345678",
		"+8657762520000;ext=801":        "0577-62520000转801",
		"+861062520000":                 "010-62520000",
		"+864008208820":                 "400-820-8820",
		"+12125550100":                  "+12125550100",
		"+8613812345678\n+861062520000": "13812345678、010-62520000",
	} {
		if got := Format(phoneField, kexin.Items(strings.Split(in, "\n")...), Env{}); got != want {
			t.Errorf("%s: %s", in, got)
		}
	}
}

func TestTail(t *testing.T) {
	for in, want := range map[string]string{"+8613812345678": "5678", "+8657762520000;ext=801": "0000", "": "", "12345": "", "1234567": "4567"} {
		if got := Tail(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}

func TestPhoneCheck(t *testing.T) {
	list := &kexin.Field{ID: kexin.CustPhones, Name: "phones", Kind: kexin.KindPhone}
	for _, c := range []struct {
		f    *kexin.Field
		v    kexin.Value
		good bool
	}{
		{phoneField, kexin.Str("+8613812345678"), true},
		{phoneField, kexin.Items("+8613812345678", "+861062520000"), true},
		{phoneField, kexin.Items("+8613812345678"), false}, // one is text
		{list, kexin.Items("+8613812345678"), true},
		{list, kexin.Str("+8613812345678"), false},
		{phoneField, kexin.Str("13812345678"), false},
		{phoneField, kexin.Str("+86138"), false},
		{phoneField, kexin.Num(13812345678), false},
		{phoneField, kexin.Value{}, true},
	} {
		err := Check(c.f, c.v)
		if (err == nil) != c.good {
			t.Errorf("%v: %v", c.v, err)
		}
		if e, ok := err.(*kexin.Error); err != nil && (!ok || e.Code != kexin.Invalid || e.Field != c.f.Name || e.Key != "issue.phone_invalid") {
			t.Errorf("%v: %v", c.v, err)
		}
	}
}

func TestWholePhone(t *testing.T) {
	for q, want := range map[string]bool{
		"13812345678":             true,
		"+86 138 1234 5678":       true,
		"0577-62520000":           true,
		"5678":                    false,
		"张伟":                      false,
		"":                        false,
		"138abc45678":             false,
		"13812345678、13912345678": false,
		"1381234567":              false,
	} {
		if WholePhone(q) != want {
			t.Errorf("%q", q)
		}
	}
}

// FuzzPhone looks for panics, lost text, and numbers that Check refuses or
// that are read back differently.
func FuzzPhone(f *testing.F) {
	for _, s := range []string{"18663968497、15273404414", "0577-62520000转801", "1.36905E+10", "(86)138 1234 5678 老婆", "+1 212", "0 0 0 0 0 0 0 0 0 0 0 0 0 0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, issues := Parse(phoneField, s, Env{})
		if err := Check(phoneField, v); err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		if back, again := Parse(phoneField, Format(phoneField, v, Env{}), Env{}); back != v || len(again) > 0 {
			t.Fatalf("%q: %v, back %v %v", s, v, back, again)
		}
		if v.Empty() && len(issues) == 0 && strings.ContainsAny(s, "0123456789") {
			t.Fatalf("%q: digits were lost", s)
		}
	})
}
