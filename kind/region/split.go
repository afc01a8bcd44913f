package region

import (
	"strings"
	"unicode/utf8"
)

// A form is how much of a name was written.
type form uint8

const (
	stemOnly form = iota + 1 // 乐清
	renamed                  // 奉化市 for what is 奉化区 now, 凉山州
	whole                    // 乐清市
)

// A path is a way to read the head of a text as places, each within the one
// before: its last place, the one before it (-1 for none), where it ends.
type path struct {
	last, prev int16
	form       form
	end        int
}

// A search holds the paths found in s, on the stack.
type search struct {
	t     *table
	s     string
	paths [24]path
	n     int
}

// Split finds the division at the head of an address. rest is what follows,
// code the six digits and level one of Province, City, District.
//
// It reads full forms, a missing province (资阳市安岳县…), missing suffixes
// (江苏盐城建湖县…), a district alone (沐川县…), names from before a county
// became a district, and repeated heads. A name that several places share is
// decided by the town after it, or else gives what they have in common, or
// nothing: a shorter code, never a guessed one. The same goes for two heads
// that contradict each other. Without a place, code is "", level None, and
// rest the trimmed text.
func Split(raw string) (code, rest string, level int) {
	t := load()
	s := skipNoise(raw)
	found, end := t.find(s)
	if found < 0 {
		found, end = t.afterTown(s)
	}
	rest = s[end:]
	for range 3 { // 浙江省温州市温州市乐清市
		next := skipNoise(rest)
		again, n := t.find(next)
		if found < 0 || again < 0 || n == 0 {
			break
		}
		switch {
		case t.within(again, found):
			found = again
		case !t.within(found, again):
			found, n, next = t.common(found, again), 0, s
		}
		rest = next[n:]
	}
	rest = strings.TrimSpace(rest[skip(rest):])
	if found < 0 {
		return "", rest, None
	}
	p := t.places[found]
	return p.code, rest, int(p.level)
}

// find gives the place at the head of s, -1 for none, and where it ends. A
// town after a city says which district is meant.
func (t *table) find(s string) (int16, int) {
	m := search{t: t, s: s}
	m.walk(0, -1, 0)
	best, end := m.best()
	if best < 0 || t.places[best].level != City && t.places[best].code[2:] != "0000" {
		return best, end
	}
	if d, ok := t.only(townAt(s[end+skip(s[end:]):]), best); ok {
		return d, end
	}
	return best, end
}

// afterTown reads 金城镇江苏省常州市金坛市金城镇: the town's name before the
// division it lies in.
func (t *table) afterTown(s string) (int16, int) {
	w := townAt(s)
	if w.end == 0 {
		return -1, 0
	}
	found, n := t.find(s[w.end:])
	if found < 0 || n == 0 || !t.has(w, found) {
		return -1, 0
	}
	return found, w.end + n
}

// common is the smallest place that has both, -1 for none.
func (t *table) common(a, b int16) int16 {
	if b < 0 {
		return -1
	}
	for a >= 0 && !t.within(b, a) {
		a = t.places[a].up
	}
	return a
}

// walk tries every place at pos that lies within prev.
func (m *search) walk(pos int, prev int16, depth int) {
	pos += skip(m.s[pos:])
	at := m.s[pos:]
	if depth > 4 {
		return
	}
	for _, i := range m.t.named(at) {
		p := &m.t.places[i]
		if prev >= 0 && !m.t.within(i, prev) || p.also && (prev < 0 || m.t.places[prev].level != City) {
			continue
		}
		if strings.HasPrefix(at, p.name) {
			m.step(path{i, prev, whole, pos + len(p.name)}, depth)
			continue
		}
		if int(p.stem) == len(p.name) || p.stem < 6 || !strings.HasPrefix(at, p.name[:p.stem]) {
			continue
		}
		if n := suffix(p, at[p.stem:]); n > 0 {
			m.step(path{i, prev, renamed, pos + int(p.stem) + n}, depth)
		}
		m.step(path{i, prev, stemOnly, pos + int(p.stem)}, depth)
	}
}

// step notes a path and walks on from it.
func (m *search) step(p path, depth int) {
	if m.n == len(m.paths) {
		return
	}
	if p.form == whole && strings.HasPrefix(m.s[p.end:], "区") && strings.HasSuffix(m.s[:p.end], "市") {
		p.end += len("区") // 温州市区
	}
	m.paths[m.n] = p
	m.n++
	m.walk(p.end, p.last, depth+1)
}

// suffix is the length of another ending than the name's own after the stem.
func suffix(p *place, after string) int {
	var endings [4]string
	switch p.level {
	case Province:
		endings = [4]string{"省", "市", "自治区"}
	case City:
		endings = [4]string{"市", "州", "地区", "盟"}
	case District:
		endings = [4]string{"县", "区", "市", "旗"}
	}
	for _, e := range endings {
		if e != "" && strings.HasPrefix(after, e) {
			return len(e)
		}
	}
	return 0
}

// best chooses among the sure paths the one that reads furthest; several
// places that do so equally well are told apart by the town that follows, or
// give what they have in common.
func (m *search) best() (int16, int) {
	var top [8]int16
	n, end, f := 0, 0, form(0)
	for _, p := range m.paths[:m.n] {
		if !m.sure(p) {
			continue
		}
		if p.end > end || p.end == end && p.form > f {
			n, end, f = 0, p.end, p.form
		}
		if p.end == end && p.form == f && n < len(top) {
			top[n] = p.last
			n++
		}
	}
	if n == 0 {
		return -1, 0
	}
	return m.agree(top[:n], end)
}

// agree gives the one place of several that end at the same point.
func (m *search) agree(all []int16, end int) (int16, int) {
	t, common := m.t, m.t.places[all[0]].is
	for _, i := range all[1:] {
		common = t.common(common, t.places[i].is)
	}
	if common == t.places[all[0]].is && len(all) == 1 {
		return common, end
	}
	w := townAt(m.s[end:])
	found, here := int16(-1), 0
	for _, i := range all {
		if i = t.places[i].is; i != found && t.places[i].level == District && t.has(w, i) {
			found = i
			here++
		}
	}
	switch {
	case here == 1:
		return found, end
	case common < 0:
		return -1, 0
	case common == t.places[all[0]].is:
		return common, end
	}
	return common, m.endOf(common)
}

// endOf is where the text that names the place ends, 0 where it is not named.
func (m *search) endOf(i int16) int {
	end := 0
	for _, p := range m.paths[:m.n] {
		if p.last == i && p.end > end && (p.form > stemOnly || m.sure(p)) {
			end = p.end
		}
	}
	return end
}

// sure reports whether the path's last place is meant: a whole name always
// is, a stem only where something besides says so.
func (m *search) sure(p path) bool {
	pl := &m.t.places[p.last]
	rest := m.s[p.end:]
	alone := p.prev < 0
	cut := rest == "" || skip(rest) > 0
	if p.form > stemOnly && (strings.HasPrefix(rest, "场") || strings.HasPrefix(rest, "民广场") || strings.HasPrefix(rest, "民中心")) {
		return false // 昆山市场
	}
	switch {
	case !alone && p.form == stemOnly && pl.is == m.t.places[p.prev].is:
		return false // 大丰区大丰常州高新区: the town's name begins again
	case p.form == whole:
		return !alone || pl.level != District || !vague(pl.name)
	case p.form == renamed:
		return !alone || m.stillOnly(p.last)
	case pl.level == Province:
		return cut || !alone
	case pl.zone:
		return false
	}
	if w := townAt(rest); w.end > 0 && m.t.has(w, p.last) {
		return true
	}
	if common, _, _ := strings.Cut(pl.name, "区"); strings.Contains(landmarks, common) {
		return cut && !alone
	}
	return !alone && (cut || proper(rest)) || cut && !strings.HasSuffix(pl.name, "区")
}

// landmarks are districts whose stem also names lakes, gates, squares and
// streets elsewhere in their city: 杭州西湖文化广场 is not in 西湖区.
const landmarks = "西湖 东湖 南湖 玄武 鼓楼 钟楼 朝阳 和平 新华 新城 长安 滨江 滨海 滨湖 江北 江东 江南 河东 河西 河北 南岸 城东 天桥 白云 南山 海港 新兴 东方"

// vague are names that mean a part of any town when they stand alone.
func vague(name string) bool {
	switch name {
	case "东区", "西区", "城区", "郊区", "矿区", "新县":
		return true
	}
	return false
}

// stillOnly reports whether no other place has the stem of a renamed one: then
// 奉化市 can only be 奉化区.
func (m *search) stillOnly(row int16) bool {
	pl := &m.t.places[row]
	for _, i := range m.t.named(pl.name) {
		q := &m.t.places[i]
		if q.code != pl.code && q.stem == pl.stem && q.name[:q.stem] == pl.name[:pl.stem] {
			return false
		}
	}
	return true
}

// What makes a road or an estate of the place name before it: 温州 in
// 温州大道, 建湖 in 建湖花园, 余杭 in 余杭塘路.
var (
	atOnce = strings.Fields(`道 东路 西路 南路 北路 中路 东街 西街 南街 北街 中街 东大 西大 新城 公馆 酒店 宾馆 饭店
		商贸 名邸 名苑 雅苑 华庭 苑 府 庭 城 园 湾 山 村 里 站 桥 湖 江 河 港 镇 乡 门 人家 一品 一号`)
	near = strings.Fields(`路 街 巷 弄 大道 大街 花园 花苑 家园 公寓 小区 新村 广场 大厦 国际 商城 商场 市场`)
)

// proper reports whether what follows a stem does not make one name with it.
func proper(rest string) bool {
	_, n := utf8.DecodeRuneInString(rest)
	return !begins(rest, atOnce) && !begins(rest, near) && !begins(rest[n:], near)
}

// begins reports one of words at the head of s.
func begins(s string, words []string) bool {
	for _, w := range words {
		if strings.HasPrefix(s, w) {
			return true
		}
	}
	return false
}

// gaps are words of address forms that say nothing.
var gaps = [...]string{"null", "市辖区", "其它区", "其他区", "省直辖县级行政区划", "省直辖行政单位"}

// skip is the length of what separates the parts of an address.
func skip(s string) int {
	pos := 0
	for pos < len(s) {
		r, n := utf8.DecodeRuneInString(s[pos:])
		switch r {
		case ' ', '\u3000', '\t', '\n', ',', '，', '、', '-', '/', '|', '>', '.', '·', '_', '。', ';', '；', ':', '：', '?':
		case 'n', '市', '其', '省':
			if n = gap(s[pos:]); n == 0 {
				return pos
			}
		default:
			return pos
		}
		pos += n
	}
	return pos
}

// gap is the length of one of gaps at the head of s.
func gap(s string) int {
	for _, w := range gaps {
		if strings.HasPrefix(s, w) {
			return len(w)
		}
	}
	return 0
}

// skipNoise drops what people write before an address.
func skipNoise(s string) string {
	for {
		was := len(s)
		s = s[skip(s):]
		switch r, _ := utf8.DecodeRuneInString(s); r {
		case '中', '收', '家', '详', '地':
			for _, w := range [...]string{"中华人民共和国", "中国", "收货地址", "家庭地址", "详细地址", "地址"} {
				if cut, ok := strings.CutPrefix(s, w); ok && cut != "" {
					s = cut
				}
			}
		}
		if len(s) > 6 && digits(s[:6]) && !digits(s[6:7]) && s[6] >= utf8.RuneSelf {
			s = s[6:] // a postal code
		}
		if len(s) == was {
			return s
		}
	}
}

// digits reports that s is ASCII digits alone; also where it is empty.
func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
