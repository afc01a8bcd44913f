package kind

import (
	"strings"
	"unicode/utf8"
)

// HoldsContact reports whether a free text holds what must be treated as
// contact data: a phone number, a citizen's id number, a bank card, an e-mail
// address, or the code of a door.
func HoldsContact(s string) bool {
	if !hasDigit(s) {
		return strings.Contains(s, "@") && holdsEmail(s)
	}
	s = fold(s)
	return holdsNumber(s) || holdsDoorCode(s) || strings.Contains(s, "@") && holdsEmail(s)
}

// hasDigit reports an ASCII or full-width digit.
func hasDigit(s string) bool {
	for i := range len(s) {
		if s[i] >= '0' && s[i] <= '9' || s[i] == 0xBC && i+1 < len(s) && s[i+1] >= 0x90 && s[i+1] <= 0x99 {
			return true
		}
	}
	return false
}

// holdsNumber looks at groups of digits with at most one blank, hyphen or dot
// between them.
func holdsNumber(s string) bool {
	c := cell{s: s}
	for i := 0; i < len(s); {
		if s[i] < '0' || s[i] > '9' {
			i++
			continue
		}
		j := i + digitRun(s[i:])
		if card(s[i:]) || c.phone(group{from: i, to: j, plus: i > 0 && s[i-1] == '+'}) {
			return true
		}
		i = j
	}
	return false
}

// phone reports whether a group ends a phone number: alone, or with the groups
// before it.
func (c *cell) phone(g group) bool {
	if c.g > 0 {
		last := c.groups[c.g-1].to
		if between := c.s[last:g.from]; len(between) > 1 && between != ") " || !strings.Contains(" -.)", between[:1]) {
			c.g = 0
		}
	}
	if c.g == mostGroups {
		c.g = 0
	}
	c.groups[c.g] = g
	c.g++
	var buf [24]byte
	for from := c.g - 1; from >= 0 && from > c.g-6; from-- {
		d := buf[:0]
		for _, x := range c.groups[from:c.g] {
			if len(d)+x.to-x.from > len(buf) {
				return false
			}
			d = append(d, c.s[x.from:x.to]...)
		}
		if len(d) >= 10 && canon(string(d), c.groups[from].plus) != "" && !dated(c, c.groups[from:c.g]) {
			return true
		}
	}
	return false
}

// dated reports groups that are a date, not a number: 0571-2024... never
// begins with a year, but 0 may begin a time of day.
func dated(c *cell, g []group) bool {
	return len(g) > 2 && g[0].to-g[0].from <= 2
}

// card reports a citizen's id number (GB 11643: eighteen digits, the last one
// a check) or a bank card (Luhn, sixteen to nineteen digits) at the head of s.
func card(s string) bool {
	n := digitRun(s)
	if n == 18 && citizen(s[:18]) || n == 17 && len(s) > 17 && (s[17] == 'X' || s[17] == 'x') && citizen(s[:18]) {
		return true
	}
	return n >= 16 && n <= 19 && (s[0] == '6' || s[0] == '4' || s[0] == '5') && luhn(s[:n])
}

// citizen checks the birthday and the check digit, ISO 7064 MOD 11-2.
func citizen(id string) bool {
	y, m, d := atoi(id[6:10]), atoi(id[10:12]), atoi(id[12:14])
	if id[0] == '0' || y < 1900 || y > 2100 || m < 1 || m > 12 || d < 1 || d > daysIn(y, m) {
		return false
	}
	sum, weight := 0, 1 // weight 2^(17-i) mod 11
	for i := 16; i >= 0; i-- {
		weight = weight * 2 % 11
		sum += int(id[i]-'0') * weight
	}
	return "10X98765432"[sum%11] == strings.ToUpper(id[17:])[0]
}

// luhn checks the last digit of a card, ISO/IEC 7812-1.
func luhn(d string) bool {
	sum := 0
	for i := range len(d) {
		n := int(d[len(d)-1-i] - '0')
		if i%2 == 1 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return sum%10 == 0
}

// doorWords are what stands before the code of a door.
var doorWords = [...]string{"密码", "门禁", "门锁", "锁码", "开锁", "门卡", "暗号", "door code", "passcode", "password", "pin"}

// nearby is how many characters may lie between the word and the code.
const nearby = 12

// holdsDoorCode looks for three digits or more behind such a word.
func holdsDoorCode(s string) bool {
	low := lower(s)
	for _, w := range doorWords {
		for from := 0; ; {
			i := strings.Index(low[from:], w)
			if i < 0 {
				break
			}
			from += i + len(w)
			if codeFollows(low[from:]) {
				return true
			}
		}
	}
	return false
}

// codeFollows looks for three digits in a row within a few characters.
func codeFollows(s string) bool {
	for n := 0; n < nearby && s != ""; n++ {
		if digitRun(s) >= 3 {
			return true
		}
		_, size := utf8.DecodeRuneInString(s)
		s = s[size:]
	}
	return false
}

// holdsEmail looks at the words around each @.
func holdsEmail(s string) bool {
	for w := range strings.FieldsFuncSeq(lower(s), func(r rune) bool {
		return r != '@' && r != '.' && !localRune(r) || r >= utf8.RuneSelf
	}) {
		if isEmail(strings.Trim(w, ".-_+")) {
			return true
		}
	}
	return false
}
