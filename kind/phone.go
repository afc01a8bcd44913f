package kind

import (
	"strings"

	"kexin"
)

// A phone number's canonical form is E.164, +8613812345678, with the extension
// of RFC 3966 where it has one: +8657762520000;ext=801. The numbers of China:
// mobile 1[3-9] and nine digits; landlines with area code 0xx or 0xxx and seven
// or eight digits; 400 and 800 with ten.

// canon is the canonical form of joined digits, "" for what is no number. plus
// says that a + stood before them.
func canon(d string, plus bool) string {
	switch {
	case strings.HasPrefix(d, "0086") && !plus:
		return china164(strings.TrimPrefix(d, "0086"), true)
	case strings.HasPrefix(d, "00") && !plus:
		return abroad(d[2:])
	case plus && !strings.HasPrefix(d, "86"):
		return abroad(d)
	case strings.HasPrefix(d, "86") && (plus || len(d) >= 12):
		return china164(d[2:], true)
	}
	return china164(d, false)
}

// abroad takes what E.164 allows: 8 to 15 digits with the country.
func abroad(d string) string {
	if len(d) < 8 || len(d) > 15 || d[0] == '0' {
		return ""
	}
	if strings.HasPrefix(d, "86") {
		return china164(d[2:], true)
	}
	return "+" + d
}

// china164 reads a national number. Behind +86 the 0 of the area code may be
// missing; without +86 it may not: ten digits may be a mobile number cut short.
func china164(d string, international bool) string {
	switch {
	case isMobile(d):
		return "+86" + d
	case len(d) == 12 && d[0] == '0' && isMobile(d[1:]):
		return "+86" + d[1:]
	case len(d) == 16 && isMobile(d[5:]) && (d[:5] == "17951" || d[:5] == "17911" || d[:5] == "12593"):
		return "+86" + d[5:] // carriers' call prefixes
	case len(d) == 10 && (d[:3] == "400" || d[:3] == "800"):
		return "+86" + d
	case len(d) > 1 && d[0] == '0' && isLandline(d[1:]):
		return "+86" + d[1:]
	case international && isLandline(d):
		return "+86" + d
	}
	return ""
}

// isMobile takes eleven digits, 13 to 19 at the head: every range that the
// ministry gives out, so that new ones need no change.
func isMobile(d string) bool {
	return len(d) == 11 && d[0] == '1' && d[1] >= '3' && d[1] <= '9'
}

// isLandline takes area code, without its 0, and number.
func isLandline(d string) bool {
	switch {
	case len(d) == 10 && (d[:2] == "10" || d[0] == '2'):
		return d[2] >= '2'
	case (len(d) == 10 || len(d) == 11) && d[0] >= '3':
		return d[3] >= '2'
	}
	return false
}

// checkPhone takes one canonical number, or a list of several.
func checkPhone(f *kexin.Field, v kexin.Value) string {
	items := v.Strings()
	if len(items) == 0 || v != phones(f, items) {
		return CodePhoneInvalid
	}
	for _, s := range items {
		if r := readPhone(&kexin.Field{}, s, Env{}); r.v != kexin.Str(s) || r.left != "" {
			return CodePhoneInvalid
		}
	}
	return ""
}

// phones makes the value: one number is text, several are a list; field
// customer.phones is always a list.
func phones(f *kexin.Field, nums []string) kexin.Value {
	if len(nums) == 1 && f.ID != kexin.CustPhones {
		return kexin.Str(nums[0])
	}
	return kexin.Items(nums...)
}

// phoneKeys are the numbers without extension.
func phoneKeys(out []kexin.Key, f *kexin.Field, v kexin.Value) []kexin.Key {
	if v.T == kexin.Text {
		return append(out, phoneKey(f, v.S))
	}
	for _, s := range v.Strings() {
		out = append(out, phoneKey(f, s))
	}
	return out
}

// phoneKey is one number without its extension: a switchboard is one key.
func phoneKey(f *kexin.Field, s string) kexin.Key {
	s, _, _ = strings.Cut(s, ";")
	return kexin.Key{Kind: kexin.KeyPhone, Canon: s, Field: f.ID}
}

// Tail is the last four digits of a number without its extension, "" where it
// has fewer than seven digits.
func Tail(phone string) string {
	phone, _, _ = strings.Cut(phone, ";")
	var tail [4]byte
	n := 0
	for i := len(phone) - 1; i >= 0; i-- {
		if phone[i] < '0' || phone[i] > '9' {
			continue
		}
		if n < len(tail) {
			tail[len(tail)-1-n] = phone[i]
		}
		if n++; n == 7 {
			return string(tail[:])
		}
	}
	return ""
}

// maskPhone shows the last four digits behind seven stars, for every number.
func maskPhone(v kexin.Value) kexin.Value {
	if v.T == kexin.Text {
		return kexin.Str("*******" + Tail(v.S))
	}
	items := v.Strings()
	for i, s := range items {
		items[i] = "*******" + Tail(s)
	}
	return kexin.Items(items...)
}

// formatPhone writes numbers as they are dialled inside China: 13812345678,
// 0577-62520000转801, 400-820-8820; others as E.164.
func formatPhone(v kexin.Value, _ Env) string {
	items := v.Strings()
	for i, s := range items {
		items[i] = national(s)
	}
	return strings.Join(items, "、")
}

// national writes one canonical number as it is dialled inside China.
func national(s string) string {
	num, ext, has := strings.Cut(s, ";ext=")
	d, ok := strings.CutPrefix(num, "+86")
	switch {
	case !ok:
		d = num
	case isMobile(d):
	case len(d) == 10 && (d[:3] == "400" || d[:3] == "800"):
		d = d[:3] + "-" + d[3:6] + "-" + d[6:]
	case isLandline(d):
		area := 3
		if d[:2] == "10" || d[0] == '2' {
			area = 2
		}
		d = "0" + d[:area] + "-" + d[area:]
	default:
		d = num
	}
	if has {
		d += "转" + ext
	}
	return d
}
