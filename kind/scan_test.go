package kind

import "testing"

// Numbers here are invented; the id numbers have right check digits.
func TestHoldsContact(t *testing.T) {
	for _, s := range []string{
		"老公电话13812345678", "１３８１２３４５６７８", "138-1234-5678 晚上打", "打138 1234 5678", "+86 138 1234 5678", "座机0577-62520000", "(0577) 62520000",
		"身份证11010519491231002X", "身份证 110105194912310021, 不对; 440524188001010014", "卡号6222021234567890128", "门锁密码1234#", "密码是 888888", "门禁码：2580", "开锁 0099",
		"door code 4711", "邮箱zhang@qq.com", "发zhang.wei@example.com.cn", "有两个号13812345678/13912345678",
	} {
		if !HoldsContact(s) {
			t.Errorf("%s: nothing found", s)
		}
	}
	for _, s := range []string{
		"", "老客户介绍", "价格敏感 VIP", "要求\"环保E0\",\n下午联系", "已量房; 等报价", "2026-01-15 14:00 量房", "订单SO26012712", "尺寸 3200x2400x600", "预算5-6万", "89.5平 3室2厅",
		"2026-01-15 14:00:05 到 2026-01-16", "单号 20260115140005", "密码忘了", "@老板", "定金 20000 尾款 42900", "1个月后联系", "身份证110105194912310021",
	} {
		if HoldsContact(s) {
			t.Errorf("%s: found something", s)
		}
	}
}

func TestCitizen(t *testing.T) {
	for s, want := range map[string]bool{
		"11010519491231002X": true,
		"11010519491231002x": true,
		"440524188001010014": false, // the year is before 1900
		"110105194912310021": false,
		"110105194913310026": false,
		"010105194912310020": false,
	} {
		if citizen(s) != want {
			t.Errorf("%s", s)
		}
	}
	if !luhn("79927398713") || luhn("79927398710") {
		t.Error("luhn")
	}
}

// FuzzContact looks for panics.
func FuzzContact(f *testing.F) {
	f.Add("密码 1 2 3 13812345678@qq.com")
	f.Add("0577-62520000-0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0")
	f.Fuzz(func(_ *testing.T, s string) { HoldsContact(s) })
}
