package kind

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"kexin"
)

// Amounts are counted in millionths of a yuan while they are read, in int64
// and without floats; the result must be whole 分.
const (
	micro   = 1_000_000
	fen     = micro / 100
	maxYuan = 999_999_999_999 // twelve digits: more is a slip
)

// readMoney reads an amount of yuan exactly, in 分: 2300元, ¥62,900.00,
// "85,800", 4万, 6.59万, 1.2万元, 3万5, 五万, 5角, -500, (500). Another
// currency, a range or an unclear grouping refuses the row.
func readMoney(_ *kexin.Field, raw string, _ Env) reading {
	s := tidy(raw)
	if nothing(s) {
		return reading{}
	}
	if n, ok := parseMoney(s); ok {
		return reading{v: kexin.Num(n)}
	}
	return reading{left: s, code: CodeMoneyInvalid, hard: true}
}

// longestAmount is how many bytes of text an amount may have.
const longestAmount = 64

// parseMoney gives 分.
func parseMoney(s string) (int64, bool) {
	if len(s) > longestAmount {
		return 0, false
	}
	s, negative := sign(s)
	s = strings.ToLower(s)
	for _, cut := range [...]string{"人民币", "rmb", "cny", "¥", "￥"} {
		if rest, ok := strings.CutPrefix(s, cut); ok {
			s = strings.TrimLeft(rest, " :")
			break
		}
	}
	if !negative {
		s, negative = sign(s)
	}
	for _, cut := range [...]string{"人民币", "rmb", "cny", "整", "正", "钱"} {
		s = strings.TrimRight(strings.TrimSuffix(s, cut), " ")
	}
	sum, ok := amount(strings.ReplaceAll(s, " ", ""))
	if !ok || sum%fen != 0 || sum/micro > maxYuan {
		return 0, false
	}
	if negative {
		sum = -sum
	}
	return sum / fen, true
}

// sign takes off a minus or the brackets of bookkeepers.
func sign(s string) (string, bool) {
	for _, m := range [...]string{"-", "−", "–", "负"} {
		if rest, ok := strings.CutPrefix(s, m); ok {
			return strings.TrimLeft(rest, " "), true
		}
	}
	if strings.HasPrefix(s, "(") && strings.HasSuffix(s, ")") && len(s) > 2 {
		return s[1 : len(s)-1], true
	}
	return s, false
}

// unitOf is the value of a unit in 分, 0 for none.
func unitOf(r rune) int64 {
	switch r {
	case '亿':
		return 1e10
	case '万', '萬', 'w':
		return wan
	case '千', '仟', 'k':
		return 1e5
	case '百', '佰':
		return 1e4
	case '十', '拾':
		return ten
	case '元', '块', '圆':
		return yuan
	case '角', '毛':
		return 10
	case '分':
		return 1
	}
	return 0
}

const (
	wan  = 1e6 // in 分
	ten  = 1e3
	yuan = 100
	none = 1 << 62
)

// A count adds numbers and units that fall: 3万5千 is 3·10⁴ + 5·10³. 万 and 亿
// take all that was counted since the one before.
type count struct {
	total, section int64 // millionths of a yuan
	last, big      int64 // the last unit, and the last of 万 and 亿; none at first
	any            bool  // a number was there
	frac           bool  // one of them had decimals
}

// amount reads numbers and units.
func amount(s string) (int64, bool) {
	c := count{last: none, big: none}
	for s != "" {
		num, n := readNum(s)
		s = s[n:]
		if s == "" {
			return c.total + c.section + c.rest(num), c.last > 10 && num.ok && c.rest(num) >= 0
		}
		r, size := utf8.DecodeRuneInString(s)
		if s = s[size:]; !c.add(num, r) {
			return 0, false
		}
	}
	return c.total + c.section, c.any
}

// add takes a number and its unit.
func (c *count) add(num num, r rune) bool {
	unit := unitOf(r)
	c.frac = c.frac || num.frac
	switch {
	case unit == 0:
		return false
	case unit == ten && !num.ok:
		num.v, num.ok = micro, true // 十万
	case unit >= wan:
		return (num.ok || c.section > 0) && c.fold(num.v, unit)
	case !num.ok:
		again := unit >= c.last
		c.last = unit
		return unit == yuan && c.any && !again // 1.2万元
	}
	if unit >= c.last || num.v > maxYuan*micro/unit || num.v*unit%yuan != 0 {
		return false
	}
	c.section += num.v * unit / yuan
	c.last, c.any = unit, true
	return true
}

// fold takes 万 or 亿.
func (c *count) fold(v, unit int64) bool {
	v += c.section
	if unit >= c.big || v > maxYuan*micro/(unit/yuan) {
		return false
	}
	c.total, c.section = c.total+v*(unit/yuan), 0
	c.last, c.big, c.any = unit, unit, true
	return true
}

// rest values a number without unit at the end: alone, or behind 零, it is
// yuan; one digit behind a unit is of the next lower one (3万5, 3块5); -1 for
// what cannot be.
func (c *count) rest(n num) int64 {
	switch {
	case c.last == none, c.last == ten:
		return n.v
	case n.frac, n.single && c.frac:
		return -1 // 3万5.5, 1.2万5
	case n.single:
		return n.v * (c.last / 10) / yuan
	case c.last > yuan && n.v < micro*(c.last/yuan):
		return n.v
	}
	return -1
}

// A num is a number as written.
type num struct {
	v      int64 // millionths
	ok     bool
	frac   bool // with decimals
	single bool // one digit or numeral
}

// readNum reads a number with comma groups and decimals, or a Chinese numeral;
// n is its length.
func readNum(s string) (out num, n int) {
	if r, size := utf8.DecodeRuneInString(s); size > 1 {
		switch v := strings.IndexRune("零一二三四五六七八九", r); {
		case v == 0: // 三千零五十
			out, n = readNum(s[size:])
			out.single = false
			return out, n + size
		case v > 0:
			return num{v: int64(v/3) * micro, ok: true, single: true}, size
		case r == '两':
			return num{v: 2 * micro, ok: true, single: true}, size
		}
		return num{}, 0
	}
	whole, n := groups(s)
	if n == 0 || len(whole) > 12 {
		return num{}, 0
	}
	out = num{v: int64(atoi(whole)) * micro, ok: true, single: n == 1}
	k := 0
	if n < len(s) && s[n] == '.' {
		k = digitRun(s[n+1:])
	}
	if k > 0 {
		f, ok := decimals(s[n+1 : n+1+k])
		if !ok {
			return num{}, 0
		}
		return num{v: out.v + f, ok: true, frac: true}, n + 1 + k
	}
	return out, n
}

// groups reads digits, with commas every three or every four of them; it gives
// the digits alone.
func groups(s string) (string, int) {
	n := digitRun(s)
	if n == 0 || n >= len(s) || s[n] != ',' {
		return s[:n], n
	}
	digits := s[:n]
	size := digitRun(s[n+1:])
	if n > size || size != 3 && size != 4 {
		return "", 0
	}
	for n < len(s) && s[n] == ',' {
		if digitRun(s[n+1:]) != size {
			return "", 0
		}
		digits += s[n+1 : n+1+size]
		n += 1 + size
	}
	return digits, n
}

// decimals reads digits behind the point in millionths. More than six are the
// noise of a sheet's floats (0.30000000000000004, 29.999999999999996) and must
// lie within a millionth of a whole 分.
func decimals(d string) (int64, bool) {
	if len(d) <= 6 {
		return int64(atoi((d + "000000")[:6])), true
	}
	n := int64(atoi(d[:6]))
	switch over := n % fen; {
	case strings.Trim(d[6:], "0") == "":
		return n, true
	case len(d) < 10:
		return 0, false
	case over == 0:
		return n, true
	case over == fen-1:
		return n + 1, true
	}
	return 0, false
}

// checkMoney takes what readMoney can read.
func checkMoney(_ *kexin.Field, v kexin.Value) string {
	if _, ok := Times(v.N, 1); ok && v.T == kexin.Number {
		return ""
	}
	return CodeMoneyInvalid
}

// Times is n times an amount in 分; false where that is more than an amount
// can be.
func Times(n, fen int64) (int64, bool) {
	const most = maxYuan*100 + 99
	if n == 0 || fen == 0 {
		return 0, true
	}
	p := n * fen
	return p, p >= -most && p <= most && p/n == fen
}

// formatMoney writes yuan with two decimals.
func formatMoney(v kexin.Value, _ Env) string {
	u := uint64(v.N)
	minus := ""
	if v.N < 0 {
		u, minus = -u, "-"
	}
	return minus + strconv.FormatUint(u/100, 10) + "." + strconv.Itoa(int(u/10%10)) + strconv.Itoa(int(u%10))
}

// readNumber reads a whole number: 3, 1,200, 3.0, 2套. A part of one refuses
// the row.
func readNumber(_ *kexin.Field, raw string, _ Env) reading {
	s := tidy(raw)
	if nothing(s) {
		return reading{}
	}
	n, ok := parseWhole(s)
	if !ok {
		return reading{left: s, code: CodeNumberInvalid, hard: true}
	}
	return reading{v: kexin.Num(n)}
}

// counters are words of quantity that a number may have behind it.
const counters = " 个件套台张扇樘块箱把组支只条片卷盒包桶双对根米平方㎡次人"

// parseWhole is readNumber without the issue.
func parseWhole(s string) (int64, bool) {
	if len(s) > longestAmount {
		return 0, false
	}
	s, negative := sign(s)
	d, n := groups(strings.TrimPrefix(s, "+"))
	rest := strings.TrimPrefix(s, "+")[n:]
	if after, ok := strings.CutPrefix(rest, "."); ok {
		k := digitRun(after)
		if k == 0 || strings.Trim(after[:k], "0") != "" {
			return 0, false
		}
		rest = after[k:]
	}
	if strings.Trim(strings.TrimSuffix(rest, "m2"), counters) != "" || n == 0 {
		return 0, false
	}
	v, err := strconv.ParseInt(d, 10, 64)
	if negative {
		v = -v
	}
	return v, err == nil
}

// formatNumber writes digits, with a minus where it is below zero.
func formatNumber(v kexin.Value, _ Env) string { return strconv.FormatInt(v.N, 10) }

// readRef reads an id. Names of staff are looked up by the caller before.
func readRef(_ *kexin.Field, raw string, _ Env) reading {
	s := tidy(raw)
	if nothing(s) {
		return reading{}
	}
	id, err := kexin.ParseID(s)
	if err != nil {
		return reading{left: s, code: CodeRefUnknown}
	}
	return reading{v: kexin.Num(int64(id))}
}

// checkRef takes an id.
func checkRef(_ *kexin.Field, v kexin.Value) string {
	if v.T == kexin.Number && v.N > 0 {
		return ""
	}
	return CodeRefUnknown
}

// Yuan writes minor units for a sentence: 8880000 → "88,800", 5 → "0.05".
func Yuan(minor int64) string {
	neg := minor < 0
	if neg {
		minor = -minor
	}
	s := strconv.FormatInt(minor/100, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	if c := minor % 100; c != 0 {
		s += "." + string(rune('0'+c/10)) + string(rune('0'+c%10))
	}
	if neg {
		s = "-" + s
	}
	return s
}
