package kind

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"kexin"
)

// readEmail reads one address, as <a@b> or mailto: too, and writes it in small
// letters. More than one leaves the others over.
func readEmail(_ *kexin.Field, raw string, _ Env) reading {
	s := strings.ToLower(tidy(raw))
	if nothing(s) {
		return reading{}
	}
	one := typedDots.Replace(s)
	if _, inner, ok := strings.Cut(one, "<"); ok {
		one, _, _ = strings.Cut(inner, ">")
	}
	one = strings.TrimPrefix(strings.Trim(one, " ,;:、"), "mailto:")
	if isEmail(one) {
		return reading{v: kexin.Str(one)}
	}
	words := strings.FieldsFunc(one, func(r rune) bool { return strings.ContainsRune(" ,;、/|", r) })
	for i, w := range words {
		if isEmail(w) {
			rest := append(words[:i:i], words[i+1:]...)
			return reading{v: kexin.Str(w), left: strings.Join(rest, " ")}
		}
	}
	return reading{left: s, code: CodeEmailInvalid}
}

// typedDots mends what an input method does to an address.
var typedDots = strings.NewReplacer("。", ".", " @ ", "@", " @", "@", "@ ", "@")

// isEmail takes what RFC 5321 allows without quotes, with letters of any
// script in small form: at most 64 and 254 bytes, a domain with a dot.
func isEmail(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	if !ok || local == "" || len(local) > 64 || len(s) > 254 || !dotted(local, localRune) || !strings.Contains(domain, ".") || !dotted(domain, domainRune) {
		return false
	}
	for label := range strings.SplitSeq(domain, ".") {
		if len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
	}
	top := domain[strings.LastIndexByte(domain, '.')+1:]
	return utf8.RuneCountInString(top) >= 2 && !digitsOnly(top)
}

// dotted reports non-empty parts of good characters between dots.
func dotted(s string, good func(rune) bool) bool {
	last := '.'
	for _, r := range s {
		if r == '.' && last == '.' || r != '.' && !good(r) {
			return false
		}
		last = r
	}
	return last != '.'
}

// localRune is a character of RFC 5322 atext, or a small letter of any script.
func localRune(r rune) bool {
	return domainRune(r) || strings.ContainsRune("!#$%&'*+/=?^_`{|}~", r)
}

// domainRune is a letter in small form, a digit or a hyphen, of any script.
func domainRune(r rune) bool {
	return r == '-' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9' ||
		r >= 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r)) && !unicode.IsUpper(r)
}

// emailKeys is the address, whose capitals and widths are gone already, with the
// domain as mail servers know it: written in its own script and as xn-- it is
// one. What stands before the @ is kept whole: who made a+shop@ apart from a@
// meant two addresses.
func emailKeys(out []kexin.Key, f *kexin.Field, v kexin.Value) []kexin.Key {
	canon := v.S
	if local, domain, ok := strings.Cut(canon, "@"); ok && strings.ContainsFunc(domain, func(r rune) bool { return r >= 0x80 }) {
		if ascii, err := idna.Lookup.ToASCII(domain); err == nil {
			canon = local + "@" + ascii
		}
	}
	return append(out, kexin.Key{Kind: kexin.KeyEmail, Canon: canon, Field: f.ID})
}

// maskEmail is the same for every address.
func maskEmail(kexin.Value) kexin.Value { return kexin.Str("***@***") }

// readWeChat reads a WeChat id: 6 to 20 letters, digits, _ and -, beginning
// with a letter; the longer wxid_ that WeChat gives; a mobile number; or the
// digits of a QQ number. Ids do not tell capitals from small letters.
func readWeChat(_ *kexin.Field, raw string, _ Env) reading {
	s := tidy(raw)
	if nothing(s) {
		return reading{}
	}
	for _, label := range []string{"微信号", "微信", "wechat", "weixin", "vx", "wx"} {
		cut := s
		if len(s) > len(label) && strings.EqualFold(s[:len(label)], label) {
			cut = s[len(label):]
		}
		if t := strings.TrimLeft(cut, " :："); t != cut {
			s = t
			break
		}
	}
	if num, ok := wechatPhone(s); ok {
		return reading{v: kexin.Str(num)}
	}
	if id := strings.ToLower(s); isWeChat(id) {
		return reading{v: kexin.Str(id)}
	}
	return reading{left: s, code: CodeWeChatInvalid}
}

// wechatPhone is the mobile number that stands for an id, as one types it in
// WeChat: without +86.
func wechatPhone(s string) (string, bool) {
	if digitsOnly(s) && !isMobile(s) && len(s) < 12 {
		return "", false
	}
	r := readPhone(&kexin.Field{}, s, Env{})
	d, ok := strings.CutPrefix(r.v.S, "+86")
	return d, ok && r.left == "" && r.v.T == kexin.Text && isMobile(d)
}

// isWeChat takes an id in small letters: see readWeChat for the forms.
func isWeChat(s string) bool {
	if digitsOnly(s) {
		return len(s) >= 5 && len(s) <= 11 && s[0] != '0'
	}
	if len(s) < 6 || len(s) > 20 && !(strings.HasPrefix(s, "wxid_") && len(s) <= 32) || s[0] < 'a' || s[0] > 'z' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && c != '-' {
			return false
		}
	}
	return true
}

// wechatKeys is the id, or the mobile number that stands for it: with the same
// number typed as +86 138… the key is the same.
func wechatKeys(out []kexin.Key, f *kexin.Field, v kexin.Value) []kexin.Key {
	return append(out, kexin.Key{Kind: kexin.KeyWeChat, Canon: v.S, Field: f.ID})
}

// readUSCC reads a unified social credit code 统一社会信用代码, with its check
// digit.
func readUSCC(_ *kexin.Field, raw string, _ Env) reading {
	s := strings.ToUpper(blanks.Replace(tidy(raw)))
	switch {
	case nothing(s):
		return reading{}
	case isUSCC(s):
		return reading{v: kexin.Str(s)}
	}
	return reading{left: tidy(raw), code: CodeUSCCInvalid}
}

var blanks = strings.NewReplacer(" ", "", "-", "")

// usccDigits are the 31 characters of GB 32100-2015, by value: no I, O, S, V, Z.
const usccDigits = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// isUSCC checks length, characters and the check digit: 31 less the sum of
// values by weights 3^i mod 31, mod 31.
func isUSCC(s string) bool {
	if len(s) != 18 {
		return false
	}
	sum, weight := 0, 1
	for i := range 17 {
		n := strings.IndexByte(usccDigits, s[i])
		if n < 0 {
			return false
		}
		sum += n * weight
		weight = weight * 3 % 31
	}
	return strings.IndexByte(usccDigits, s[17]) == (31-sum%31)%31
}

// usccKeys is the code in capitals.
func usccKeys(out []kexin.Key, f *kexin.Field, v kexin.Value) []kexin.Key {
	return append(out, kexin.Key{Kind: kexin.KeyUSCC, Canon: v.S, Field: f.ID})
}

// orderKeys is the shop's own order number; no other text is a key.
func orderKeys(out []kexin.Key, f *kexin.Field, v kexin.Value) []kexin.Key {
	if f.ID != kexin.OrdNo {
		return out
	}
	return append(out, kexin.Key{Kind: kexin.KeyOrder, Canon: v.S, Field: f.ID})
}
