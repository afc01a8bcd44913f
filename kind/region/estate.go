package region

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Estate takes the name of the estate 小区, compound or village and the room
// out of an address below the district: 学院东路399号御景公馆11-1-1003 gives
// 御景公馆 and 11-1-1003, 香榭一品22幢2单元201室 gives 香榭一品 and 22-2-201.
// Town and street are dropped when an estate follows them; a street and number
// alone stand for themselves. The name is without blanks and brackets, in
// lower case, and without 小区 at the end, so that two spellings compare equal;
// the text should be NFKC. Both are "" where nothing is named.
func Estate(rest string) (estate, room string) {
	estate, tail := estateOf(rest)
	return estate, rooms(tail)
}

// EstateName is the estate of Estate alone.
func EstateName(rest string) string {
	name, _ := estateOf(rest)
	return name
}

// estateOf gives the estate's name and the text of building, unit and room.
func estateOf(rest string) (name, tail string) {
	s := plain(rest)
	road := roadEnd(s)
	at := road + building(s[road:])
	name = cutKnown(s[:at]) // a street and number with nothing after it
	if at > road {
		name = cutRoad(cutKnown(s[road:at]))
	}
	if short, ok := strings.CutSuffix(name, "小区"); ok && utf8.RuneCountInString(short) >= 2 {
		name = short
	}
	name = strings.Trim(name, edges)
	if utf8.RuneCountInString(name) < 2 {
		return "", ""
	}
	return name, s[at:]
}

// plain drops blanks, brackets and punctuation at the edges, and lowers Latin
// letters.
func plain(s string) string {
	clean := true
	for _, r := range s {
		if r <= ')' || 'A' <= r && r <= 'Z' || r == '[' || r == ']' || r == '（' || r == '）' || r == '【' || r == '】' {
			clean = false
			break
		}
	}
	if !clean {
		s = strings.Map(func(r rune) rune {
			switch {
			case r <= ')' && r != '#' || strings.ContainsRune("（）[]【】", r):
				return -1
			case 'A' <= r && r <= 'Z':
				return r + 'a' - 'A'
			}
			return r
		}, s)
	}
	return strings.Trim(s, edges)
}

const edges = "-,，、.。·/;；:："

// The parts of an address below the estate.
var units = [...]string{"号楼", "单元", "幢", "栋", "座", "楼", "室", "层", "户", "号", "房", "门", "期", "区", "组", "梯", "铺", "#", "-", "—", "–", "~", "、", ",", "/"}

// building is where the building, unit and room begin: the first place from
// which only numbers, letters and units follow up to the end.
func building(s string) int {
	for i := 0; i < len(s); {
		if n := number(s[i:]); n > 0 {
			if only(s[i:]) {
				return i
			}
			i += n
			continue
		}
		_, n := utf8.DecodeRuneInString(s[i:])
		i += n
	}
	return len(s)
}

// only reports whether s is nothing but numbers and units, with a digit or a
// unit that is more than a number in Chinese: 一品 is a name.
func only(s string) bool {
	last := 0 // bytes of the number just read, 0 after a unit
	for len(s) > 0 {
		if n := number(s); n > 0 && last == 0 {
			if s[0] >= utf8.RuneSelf && unit(s[n:]) == 0 {
				return false // a Chinese number needs its unit
			}
			last, s = n, s[n:]
			continue
		}
		n := unit(s)
		if n == 0 {
			if n = letter(s); n == 0 {
				return false
			}
		}
		last, s = 0, s[n:]
	}
	return true
}

// number is the length of a number at the head of s: digits, or one Latin
// letter before a digit or a unit, or a number in Chinese.
func number(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	if n > 0 {
		return n
	}
	if letter(s) == 1 && len(s) > 1 && (s[1] >= '0' && s[1] <= '9' || s[1] == '-' || unit(s[1:]) > 0) {
		return 1
	}
	for n < len(s) {
		r, m := utf8.DecodeRuneInString(s[n:])
		if numeral(r) < 0 {
			break
		}
		n += m
	}
	return n
}

// numeral is the value of a Chinese numeral, -1 for another character. 甲 to 丁
// count buildings, like letters.
func numeral(r rune) int {
	switch r {
	case '零', '〇':
		return 0
	case '一', '二', '三', '四', '五', '六', '七', '八', '九':
		return strings.IndexRune("零一二三四五六七八九", r) / 3
	case '十':
		return 10
	case '百':
		return 100
	case '甲', '乙', '丙', '丁':
		return 1000
	}
	return -1
}

// letter is 1 where s begins with a small Latin letter, as plain leaves them.
func letter(s string) int {
	if len(s) > 0 && s[0] >= 'a' && s[0] <= 'z' {
		return 1
	}
	return 0
}

// unit is the length of one of units at the head of s.
func unit(s string) int {
	for _, u := range units {
		if strings.HasPrefix(s, u) {
			return len(u)
		}
	}
	return 0
}

// rooms writes building, unit and room as numbers joined by "-"; a phase 期
// keeps its sign, for building 3 of phase 2 is another than building 3.
func rooms(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		n := number(s)
		if n == 0 {
			n = max(letter(s), unit(s))
			if n == 1 && letter(s) == 1 {
				b.WriteByte(s[0])
			}
			s = s[max(n, 1):]
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('-')
		}
		b.WriteString(digitsOf(s[:n]))
		s = s[n:]
		if strings.HasPrefix(s, "期") {
			b.WriteString("期")
		}
	}
	return b.String()
}

// digitsOf writes a number in Chinese with digits, and drops leading zeros.
func digitsOf(s string) string {
	if s[0] < utf8.RuneSelf {
		if t := strings.TrimLeft(s, "0"); t != "" {
			return t
		}
		return s
	}
	total, cur := 0, 0
	for _, r := range s {
		switch n := numeral(r); {
		case n == 1000:
			return s
		case n >= 10:
			total, cur = total+max(cur, 1)*n, 0
		default:
			cur = cur*10 + n
		}
	}
	return strconv.Itoa(total + cur)
}

// roadEnd is where a street with its number ends: 学院东路399号, 花园路145弄2号.
func roadEnd(s string) int {
	end := 0
	for i, r := range s {
		switch r {
		case '路', '街', '道', '巷', '弄', '线':
		default:
			continue
		}
		if i < end {
			continue
		}
		j := i + utf8.RuneLen(r)
		for n := j; n < len(s); {
			k := n
			for k < len(s) && (s[k] >= '0' && s[k] <= '9' || s[k] == '-') {
				k++
			}
			m := roadNo(s[k:])
			if k == n || m == 0 {
				break
			}
			n = k + m
			end = n
		}
	}
	return end
}

// roadNo is the length of the sign after a street number.
func roadNo(s string) int {
	for _, u := range [...]string{"号院", "号", "弄", "#"} {
		if strings.HasPrefix(s, u) && !strings.HasPrefix(s, "号楼") {
			return len(u)
		}
	}
	return 0
}

// cutRoad drops a street without number before an estate of at least three
// characters: 学院东路御景公馆.
func cutRoad(s string) string {
	for _, w := range [...]string{"大道", "东路", "西路", "南路", "北路", "中路", "大街", "路"} {
		i := strings.LastIndex(s, w)
		if i > 0 && utf8.RuneCountInString(s[i+len(w):]) >= 3 {
			return s[i+len(w):]
		}
	}
	return s
}

// cutKnown drops a town's name before the estate.
func cutKnown(s string) string {
	cut := cutTown(s)
	if utf8.RuneCountInString(cut) < 2 {
		return s
	}
	return cut
}
