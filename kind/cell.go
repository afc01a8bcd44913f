package kind

import (
	"strings"
	"unicode/utf8"

	"kexin"
)

// readPhone reads the numbers in a cell: 18663968497、15273404414, with any
// separators, prefixes, extensions and remarks. Numbers stand in the value in
// the order of the cell; text besides them is left over.
func readPhone(f *kexin.Field, raw string, _ Env) reading {
	s := tidy(raw)
	if isMobile(s) && digitsOnly(s) {
		return reading{v: phones(f, []string{"+86" + s})}
	}
	s = strings.TrimLeft(s, "'`’")
	if nothing(s) {
		return reading{}
	}
	if whole, lost, ok := scientific(s); ok {
		if lost {
			return reading{left: s, code: CodePhoneLost, hard: true}
		}
		s = whole
	}
	c := cell{s: s}
	c.scan()
	r := reading{left: c.left, chat: c.chat}
	if c.n == 0 {
		r.code, r.hard = c.fault()
		if r.code != "" && r.left == "" {
			r.left = s
		}
		return r
	}
	r.v = phones(f, c.nums[:c.n])
	return r
}

// scientific reads 1.3690512345E+10 as the digits it stands for; lost says
// that the sheet kept fewer digits than the number has. 1.38123456E10, without
// a plus and with more digits than a sheet shows, is how Java programs write
// the whole number 13812345600: nothing is lost.
func scientific(s string) (digits string, lost, ok bool) {
	mantissa, exp, ok := strings.Cut(s, "E")
	if !ok {
		mantissa, exp, ok = strings.Cut(s, "e")
	}
	exp, shown := strings.CutPrefix(exp, "+")
	if !ok || !digitsOnly(exp) || len(exp) > 2 {
		return "", false, false
	}
	whole, frac, _ := strings.Cut(mantissa, ".")
	if len(whole) != 1 || !digitsOnly(whole) || frac != "" && !digitsOnly(frac) {
		return "", false, false
	}
	n := 0
	for i := range len(exp) {
		n = n*10 + int(exp[i]-'0')
	}
	if !shown && len(frac) >= 7 && len(frac) < n && n <= 12 {
		frac += strings.Repeat("0", n-len(frac))
	}
	if len(frac) != n {
		return "", true, true
	}
	return whole + frac, false, true
}

// digitsOnly reports one or more ASCII digits and nothing else.
func digitsOnly(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// Limits of one cell: more is left over as text.
const (
	mostNumbers = 16
	mostGroups  = 24
)

// A group is a run of digits in a cell.
type group struct {
	from, to int  // bytes
	sep      byte // what stood before it: a space for any soft separator
	plus     bool // + before it
	ext      bool // 转, 分机, ext before it
}

// A cell is a phone cell while it is read.
type cell struct {
	s      string
	groups [mostGroups]group
	g      int // groups since the last hard separator
	nums   [mostNumbers]string
	n      int
	unread string // digits of the longest piece that is no number
	left   string
	chat   string
}

// scan goes through the cell once: digits gather in groups, hard separators
// and words end them.
func (c *cell) scan() {
	sep, plus, ext := byte(0), false, false
	for i := 0; i < len(c.s); {
		b := c.s[i]
		switch {
		case b >= '0' && b <= '9':
			j := i
			for j < len(c.s) && c.s[j] >= '0' && c.s[j] <= '9' {
				j++
			}
			c.add(group{i, j, sep, plus, ext})
			sep, plus, ext = 0, false, false
			i = j
			continue
		case b == '+':
			plus = true
		}
		n, soft, marks := separator(c.s[i:])
		switch {
		case marks:
			ext = true
		case n == 0:
			n = c.word(i)
		case !soft:
			c.flush()
		case b != '+':
			sep = b
		}
		i += n
	}
	c.flush()
}

// separator is the length of a separator at the head of s: a soft one may
// stand inside a number; marks says that an extension follows. 0: a word.
func separator(s string) (n int, soft, marks bool) {
	if n := extension(s); n > 0 {
		return n, true, true
	}
	switch s[0] {
	case ' ', '-', '.', '(', ')', '+', '_', '~':
		return 1, true, false
	case ',', '/', ';', '|', '\\', '&', '\n', ':', '"', '\'', '#', '*':
		return 1, false, false
	}
	r, size := utf8.DecodeRuneInString(s)
	switch r {
	case '–', '—', '―', '‐', '‑', '‒', '−', '·', '•':
		return size, true, false
	case '、', '。', '或', '和', '及', '“', '”':
		return size, false, false
	}
	return 0, false, false
}

// extension is the length of what announces an extension, up to its digits.
func extension(s string) int {
	switch s[0] {
	case ';', 'e', 'E', 'x', 'X', "转"[0], "分"[0]:
	default:
		return 0
	}
	for _, w := range [...]string{"转分机", "转", "分机", ";ext=", "ext", "Ext", "EXT", "x", "X"} {
		if rest, ok := strings.CutPrefix(s, w); ok {
			rest = strings.TrimLeft(rest, " .:")
			if rest != "" && rest[0] >= '0' && rest[0] <= '9' {
				return len(s) - len(rest)
			}
		}
	}
	return 0
}

// add takes a group of digits. The .0 of a number that a sheet wrote with
// decimals belongs to it.
func (c *cell) add(g group) {
	if c.g > 0 && g.sep == '.' && strings.Trim(c.s[g.from:g.to], "0") == "" && g.to-g.from <= 2 {
		if last := &c.groups[c.g-1]; last.to-last.from >= 10 {
			return
		}
	}
	if c.g == mostGroups || g.plus {
		c.flush()
	}
	c.groups[c.g] = g
	c.g++
}

// flush makes numbers of the groups gathered so far. Where they cannot all be
// read, only a group that is a whole number by itself counts: 138 1234 5678 9
// must not become a phone that was never typed.
func (c *cell) flush() {
	g := c.groups[:c.g]
	c.g = 0
	if len(g) == 0 || c.cut(g) {
		return
	}
	read := false
	for i := range g {
		if d := c.s[g[i].from:g[i].to]; len(d) >= 10 && canon(d, g[i].plus) != "" {
			c.keep(canon(d, g[i].plus))
			read = true
		} else {
			c.leave(d)
		}
	}
	if !read {
		c.miss(c.digits(g))
	}
}

// cut reads all groups as numbers, each of the fewest groups that leave the
// others readable.
func (c *cell) cut(g []group) bool {
	if len(g) == 0 {
		return true
	}
	var buf [24]byte
	d := buf[:0]
	n := c.n
	for i := range g {
		if i > 0 && (g[i].plus || g[i].ext) || len(d)+g[i].to-g[i].from > 20 {
			break
		}
		d = append(d, c.s[g[i].from:g[i].to]...)
		if len(d) < 8 {
			continue
		}
		num := canon(string(d), g[0].plus)
		if num == "" {
			continue
		}
		rest := g[i+1:]
		if fixed(num) && len(rest) > 0 && c.extends(rest[0]) {
			c.keep(num + ";ext=" + c.s[rest[0].from:rest[0].to])
			if c.cut(rest[1:]) {
				return true
			}
			c.n = n
		}
		c.keep(num)
		if c.cut(rest) {
			return true
		}
		c.n = n
	}
	return c.twice(g)
}

// extends reports whether a group can be the extension of a landline.
func (c *cell) extends(g group) bool {
	return g.to-g.from <= 6 && (g.ext || g.sep == '-' && g.to-g.from <= 5)
}

// twice reads two mobile numbers without anything between them, as a sheet
// shows them after a line break was lost.
func (c *cell) twice(g []group) bool {
	d := c.s[g[0].from:g[0].to]
	if len(d) != 22 || !isMobile(d[:11]) || !isMobile(d[11:]) || !c.cut(g[1:]) {
		return false
	}
	c.keep("+86" + d[:11])
	c.keep("+86" + d[11:])
	return true
}

// fixed reports a number of China that is no mobile.
func fixed(num string) bool {
	d, ok := strings.CutPrefix(num, "+86")
	return ok && !isMobile(d)
}

// keep takes a number once.
func (c *cell) keep(num string) {
	for _, s := range c.nums[:c.n] {
		if s == num {
			return
		}
	}
	if c.n == mostNumbers {
		c.leave(num)
		return
	}
	c.nums[c.n] = num
	c.n++
}

// leave notes text that is no number.
func (c *cell) leave(s string) {
	if c.left != "" {
		c.left += " "
	}
	c.left += s
}

// digits joins the digits of groups, for telling how many there are.
func (c *cell) digits(g []group) string {
	var b strings.Builder
	for i := range g {
		b.WriteString(c.s[g[i].from:g[i].to])
	}
	return b.String()
}

// miss notes digits that are no number.
func (c *cell) miss(d string) {
	if len(d) > len(c.unread) {
		c.unread = d
	}
}

// fault says why a cell without a number has none: by the number of digits of
// its longest unread piece, without the country code.
func (c *cell) fault() (code string, hard bool) {
	d := c.unread
	for _, p := range []string{"0086", "86"} {
		if cut, ok := strings.CutPrefix(d, p); ok && len(d) >= 12 {
			d = cut
			break
		}
	}
	switch {
	case d == "" && c.left == "":
		return "", false
	case d == "":
		return CodePhoneNone, false
	case len(d) == 7 || len(d) == 8:
		return CodePhoneArea, true
	case len(d) == 11:
		return CodePhoneInvalid, true
	}
	return CodePhoneLength, true
}

// word takes text up to the next digit or separator: 微信同号 behind a number
// makes it the WeChat id too, labels say nothing, the rest is left over.
func (c *cell) word(from int) int {
	to := from
	for to < len(c.s) && (c.s[to] < '0' || c.s[to] > '9') && c.s[to] != '+' {
		n, soft, marks := separator(c.s[to:])
		if marks || n > 0 && !soft {
			break
		}
		_, size := utf8.DecodeRuneInString(c.s[to:])
		to += size
	}
	c.flush()
	text := strings.ToLower(strings.Trim(c.s[from:to], " ()-._~"))
	switch {
	case text == "":
	case isChat(text) && c.mobile() != "":
		c.chat = c.mobile()
	case !isLabel(text):
		c.leave(strings.Trim(c.s[from:to], " ()-._~"))
	}
	return to - from
}

// mobile is the last mobile number of China read so far, "" for none.
func (c *cell) mobile() string {
	for i := c.n - 1; i >= 0; i-- {
		if strings.HasPrefix(c.nums[i], "+86") && !fixed(c.nums[i]) {
			return c.nums[i]
		}
	}
	return ""
}

// isChat reports the ways to say that a number is the WeChat id too.
func isChat(s string) bool {
	switch strings.ReplaceAll(s, " ", "") {
	case "微信同号", "同微信号", "同微信", "微信同", "微信号同", "微信号", "微信", "微信手机同号", "手机微信同号", "电话微信同号", "同号",
		"加微信", "v", "vx", "wx", "v信", "vx同号", "wx同号", "v同号", "v信同号", "vx同", "wx同", "v同", "weixin", "wechat", "微信同步":
		return true
	}
	return false
}

// isLabel reports words that only say "phone".
func isLabel(s string) bool {
	switch strings.Trim(s, " :.()") {
	case "手机", "手机号", "手机号码", "电话", "电话号码", "联系电话", "联系方式", "号码", "座机", "固话", "本人", "本人电话",
		"tel", "phone", "mobile", "mob", "cell", "t", "m", "tel no", "电", "":
		return true
	}
	return false
}
