package kind

import (
	"strings"
	"testing"

	"kexin"
)

var moneyField = &kexin.Field{ID: kexin.OrdAmount, Name: "amount", Kind: kexin.KindMoney}

func TestMoney(t *testing.T) {
	for _, c := range []reads{
		// the forms of the shop exports
		{"2300元", "2300.00", ""},
		{"¥62,900.00", "62900.00", ""},
		{"85,800", "85800.00", ""},
		{"44300", "44300.00", ""},
		{"4万", "40000.00", ""},
		{"6.59万", "65900.00", ""},
		{"8.1万", "81000.00", ""},
		{"0.83万", "8300.00", ""},
		// others
		{"1.2万元", "12000.00", ""},
		{"￥2,300", "2300.00", ""},
		{"２３００．５０元", "2300.50", ""},
		{"RMB 2300", "2300.00", ""},
		{"2300 CNY", "2300.00", ""},
		{"人民币2300元整", "2300.00", ""},
		{"2300块钱", "2300.00", ""},
		{"-500", "-500.00", ""},
		{"¥-500", "-500.00", ""},
		{"-¥500", "-500.00", ""},
		{"−500", "-500.00", ""},
		{"(500)", "-500.00", ""},
		{"(¥1,500.00)", "-1500.00", ""},
		{"0", "0.00", ""},
		{"0.5", "0.50", ""},
		{"2300.5", "2300.50", ""},
		{"1,0000", "10000.00", ""},
		{"1,234,567.89", "1234567.89", ""},
		{"3万5千", "35000.00", ""},
		{"3万5", "35000.00", ""},
		{"3万5000", "35000.00", ""},
		{"3万500", "30500.00", ""},
		{"3千5", "3500.00", ""},
		{"5w", "50000.00", ""},
		{"5.5W", "55000.00", ""},
		{"3k", "3000.00", ""},
		{"1.5亿", "150000000.00", ""},
		{"1亿2千万", "120000000.00", ""},
		{"五万", "50000.00", ""},
		{"两万三", "23000.00", ""},
		{"三千五百", "3500.00", ""},
		{"三千零五十", "3050.00", ""},
		{"十万", "100000.00", ""},
		{"十五", "15.00", ""},
		{"十二万", "120000.00", ""},
		{"二十", "20.00", ""},
		{"5角", "0.50", ""},
		{"3元5角", "3.50", ""},
		{"3块5", "3.50", ""},
		{"3元5角2分", "3.52", ""},
		{"2 300 元", "2300.00", ""},
		{"29999.999999999996", "30000.00", ""},
		{"0.30000000000000004", "0.30", ""},
		{"2300.500000000", "2300.50", ""},
		{"999999999999.99", "999999999999.99", ""},
		{"", "", ""},
		{"无", "", ""},
		{"-", "", ""},
		// refused
		{"12.345", "", CodeMoneyInvalid},
		{"5-6万", "", CodeMoneyInvalid},
		{"约5万", "", CodeMoneyInvalid},
		{"5万左右", "", CodeMoneyInvalid},
		{"$500", "", CodeMoneyInvalid},
		{"USD 500", "", CodeMoneyInvalid},
		{"1,23", "", CodeMoneyInvalid},
		{"1,2345,678", "", CodeMoneyInvalid},
		{"62.900,00", "", CodeMoneyInvalid},
		{"1e5", "", CodeMoneyInvalid},
		{"1.91393E+06", "", CodeMoneyInvalid},
		{"面议", "", CodeMoneyInvalid},
		{"元", "", CodeMoneyInvalid},
		{"万", "", CodeMoneyInvalid},
		{"¥", "", CodeMoneyInvalid},
		{"3万5万", "", CodeMoneyInvalid},
		{"3千5万5亿", "", CodeMoneyInvalid},
		{"5千3千", "", CodeMoneyInvalid},
		{"1.2万5", "", CodeMoneyInvalid},
		{"3万5.5", "", CodeMoneyInvalid},
		{"4万元元", "", CodeMoneyInvalid},
		{"5角5", "", CodeMoneyInvalid},
		{"0.001角", "", CodeMoneyInvalid},
		{"1000000000000", "", CodeMoneyInvalid},
		{"99999亿", "", CodeMoneyInvalid},
		{strings.Repeat("1", 65), "", CodeMoneyInvalid},
		{"--500", "", CodeMoneyInvalid},
		{"5.", "", CodeMoneyInvalid},
		{".5", "", CodeMoneyInvalid},
	} {
		c.check(t, moneyField, Env{})
	}
}

func TestNumber(t *testing.T) {
	f := field(kexin.KindNumber)
	for _, c := range []reads{
		{"3", "3", ""},
		{"1,200", "1200", ""},
		{"3.0", "3", ""},
		{"３套", "3", ""},
		{"12 平方米", "12", ""},
		{"89㎡", "89", ""},
		{"-2", "-2", ""},
		{"+2", "2", ""},
		{"", "", ""},
		{"2.5", "", CodeNumberInvalid},
		{"三", "", CodeNumberInvalid},
		{"12号", "", CodeNumberInvalid},
		{"99999999999999999999", "", CodeNumberInvalid},
		{"套", "", CodeNumberInvalid},
	} {
		c.check(t, f, Env{})
	}
}

func TestRef(t *testing.T) {
	f := field(kexin.KindRef)
	for _, c := range []reads{{"1234567890123456789", "1234567890123456789", ""}, {"", "", ""}, {"陈晓雯", "", CodeRefUnknown}, {"0", "", CodeRefUnknown}, {"-1", "", CodeRefUnknown}} {
		c.check(t, f, Env{})
	}
	for _, v := range []kexin.Value{kexin.Num(0), kexin.Str("1")} {
		if Check(f, v) == nil {
			t.Errorf("%v is good", v)
		}
	}
}

func TestMoneyCheck(t *testing.T) {
	for _, v := range []kexin.Value{kexin.Str("5"), kexin.Num(1 << 60), kexin.Num(-1 << 60)} {
		if Check(moneyField, v) == nil {
			t.Errorf("%v is good", v)
		}
	}
}

func TestYuan(t *testing.T) {
	for n, want := range map[int64]string{8880000: "88,800", 5: "0.05", -123456789: "-1,234,567.89", 0: "0", 100: "1"} {
		if got := Yuan(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}

// FuzzMoney looks for panics, lost text, and amounts that are read back
// differently.
func FuzzMoney(f *testing.F) {
	for _, s := range []string{"¥62,900.00", "1.2万元", "3万5千", "三千零五十", "1亿2千万", "(500)", "0.30000000000000004", "5角"} {
		f.Add(s)
	}
	n := field(kexin.KindNumber)
	f.Fuzz(func(t *testing.T, s string) {
		for _, k := range []*kexin.Field{moneyField, n} {
			v, issues := Parse(k, s, Env{})
			if v.Empty() && len(issues) == 0 && !nothing(tidy(s)) {
				t.Fatalf("%q is lost", s)
			}
			if err := Check(k, v); err != nil {
				t.Fatalf("%q: %v", s, err)
			}
			if back, _ := Parse(k, Format(k, v, Env{}), Env{}); back != v {
				t.Fatalf("%q: %v, back %v", s, v, back)
			}
		}
	})
}
