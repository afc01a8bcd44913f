package intake

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestShapes(t *testing.T) {
	for name, c := range map[string]struct {
		like    func(string) bool
		yes, no []string
	}{
		"phone": {phoneLike,
			[]string{"13812345678", "138-1234-5678", "138 1234 5678", "+86 13812345678", "008613812345678", "86-13812345678", "１３８１２３４５６７８", "13812345678、13912345678", "13812345678（微信同号）", "13812345678/0571-88888888"},
			[]string{"", "1381234567", "138123456789", "12812345678", "0571-88888888", "1.38E+10", "SO23036332", "2024-05-06", "王芳13812345678", "无"}},
		"date": {dateLike,
			[]string{"2024-05-06", "2024/5/6", "2024.5.6", "2024年5月6日", "20240506", "2024-05-06 14:00:05", "2024-05-06T14:00:05Z", "1999-1-1"},
			[]string{"", "45418", "13812345678", "2024", "5/6", "1204-05-06", "202405067", "明天", "2024年5月", "2024-05-06-2024-06-06-2024-07-07", "20 24 05"}},
		"email": {emailLike,
			[]string{"a@b.cn", "li.ming@example.com"},
			[]string{"", "@b.cn", "a@b", "a.b@c", "a@b.cn, c@d.cn", "微信"}},
		"gender": {genderLike, []string{"男", "女", " 女士 ", "M", "female"}, []string{"", "王", "未知", "男女"}},
		"number": {numberLike, []string{"1", "-1.5", "12,800", "¥58,700.00", "4.21万", "2300元", "50%", "1.5E+3", "１２"}, []string{"", "元", "a1", "12栋", "-"}},
		"name": {nameLike,
			[]string{"王芳", "欧阳修", "李先生", " 张伟 ", "陈陈陈陈"},
			[]string{"", "王", "王芳芳芳芳", "Li", "性别", "a王", "王a", "瓷砖"}},
		"address": {addressLike, []string{"浙江省杭州市学院路1号", "学院路335号", "3栋1单元101室"}, []string{"", "王芳", "锦绣华庭", "窗帘"}},
		"id": {idLike,
			[]string{"11010519491231002X", "11010519491231002x", " 440524188001010014 "},
			[]string{"", "110105194912310021", "13812345678", "11010519491231002", "A1010519491231002X"}},
		"card": {cardLike,
			[]string{"4111111111111111", "4111 1111 1111 1111", "5500-0000-0000-0004"},
			[]string{"", "4111111111111112", "411111111111111", "9111111111111111", "13812345678", "4111111111111111a"}},
		"count":  {countLike, []string{"3人", "1,551条", "20单"}, []string{"", "3", "人", "三人"}},
		"value":  {valueLike, []string{"13812345678", "2024-05-06", "SO23036332", "a@b.cn", "12"}, []string{"姓名", "手机1", "2024年", ""}},
		"way":    {knownWay, []string{"到店登记", "微信"}, []string{"", "要求下午联系", "客户说微信上再聊,先量房再报价,不着急"}},
		"flat":   {flatLike, []string{"锦绣华庭1-1-101", "3栋1203", "A座1203室"}, []string{"", "101", "1203室", "13812345678", "2024-05-06", "学院路335号"}},
		"bare":   {bareFlat, []string{"101", "1203", "0302", "302室"}, []string{"", "1", "100", "9901", "12345", "1-101"}},
		"small":  {smallNumber, []string{"1", "12", "3栋", "2单元"}, []string{"", "0", "100", "a", "栋"}},
		"estate": {estateLike, []string{"锦绣华庭", "绿城新村", "万和一品"}, []string{"", "瓷砖", "王芳", "到店登记"}},
	} {
		for _, s := range c.yes {
			if !c.like(s) {
				t.Errorf("%s: %q is one", name, s)
			}
		}
		for _, s := range c.no {
			if c.like(s) {
				t.Errorf("%s: %q is none", name, s)
			}
		}
	}
}

func TestShare(t *testing.T) {
	sample := [][]string{{"1", ""}, {"2", ""}, {"x", "1"}, {"", "2"}, {"4"}}
	if got := share(sample, 0, numberLike); got != 0.75 {
		t.Errorf("%v", got)
	}
	if got := share(sample, 1, numberLike); got != 0 {
		t.Errorf("two cells are too few: %v", got)
	}
	if got := share(sample, 9, numberLike); got != 0 {
		t.Errorf("%v", got)
	}
}

// Every serial from March 1900 to 2100 is the day that Go's calendar gives.
func TestSerialDays(t *testing.T) {
	day := time.Date(1900, 3, 1, 0, 0, 0, 0, time.UTC)
	for serial := 61; serial < 73_000; serial++ {
		got, ok := appendDate(nil, float64(serial), false, false)
		if !ok || string(got) != day.Format(time.DateOnly) {
			t.Fatalf("%d: %s, want %s", serial, got, day.Format(time.DateOnly))
		}
		got, ok = appendDate(nil, float64(serial-1462), false, true)
		if serial >= 1462 && (!ok || string(got) != day.Format(time.DateOnly)) {
			t.Fatalf("%d of 1904: %s", serial-1462, got)
		}
		day = day.AddDate(0, 0, 1)
	}
}

// Every second of a day survives the binary fraction.
func TestSerialSeconds(t *testing.T) {
	base := time.Date(2024, 7, 12, 0, 0, 0, 0, time.UTC)
	for s := 1; s < 86_400; s += 7 {
		got, _ := appendDate(nil, 45485+float64(s)/86_400, false, false)
		if want := base.Add(time.Duration(s) * time.Second).Format(time.DateTime); string(got) != want {
			t.Fatalf("%d: %s, want %s", s, got, want)
		}
	}
}

// A whole number of up to fifteen digits is shown digit by digit, however it
// is written.
func TestWholeNumbers(t *testing.T) {
	for n := int64(1); n < 1e15; n = n*7 + 3 {
		want := fmt.Sprint(n)
		for _, raw := range []string{want, want + ".0", fmt.Sprintf("%.17E", float64(n)), fmt.Sprintf("%e", float64(n))} {
			if raw == fmt.Sprintf("%e", float64(n)) && n >= 1e7 {
				continue // six digits are all it has
			}
			if got := string(numberFormat{}.show(nil, []byte(raw), false)); got != want {
				t.Errorf("%s: %s, want %s", raw, got, want)
			}
		}
	}
}

func TestPadding(t *testing.T) {
	for pad := 2; pad < 20; pad++ {
		f := customFormat(strings.Repeat("0", pad))
		for _, raw := range []string{"7", "571", "13812345678"} {
			want := raw
			if len(raw) < pad {
				want = strings.Repeat("0", pad-len(raw)) + raw
			}
			if got := string(f.show(nil, []byte(raw), false)); got != want {
				t.Errorf("%s in %d: %s", raw, pad, got)
			}
		}
	}
	if got := string(customFormat("0000").show(nil, []byte("-5"), false)); got != "-5" {
		t.Error(got)
	}
}
