package intake

import (
	"strings"
	"unicode/utf8"
)

// A place is an address taken apart as far as the Detector needs it: which
// estate, which building, which flat. It is for comparing rows of one file,
// not for storing.
type place struct {
	estate string // name of the estate, or of whatever stands before the numbers
	house  string // building and unit, "" for none
	floor  int    // 0 where there is no flat
	flat   int    // its number on the floor
}

// A mark is a number in an address and the word behind it.
type mark struct {
	number string
	after  string
}

// placeOf reads 锦绣华庭1栋1单元101, 锦绣华庭1-1-101, 锦绣华庭A座1203室 and
// what stands before it.
func placeOf(address string) place {
	if len(address) > 400 {
		return place{}
	}
	rest, marks := cutMarks(narrow(address))
	p := place{estate: estateOf(rest)}
	if len(marks) == 0 {
		return p
	}
	last := marks[len(marks)-1]
	if len(marks) == 1 && last.after == "号" {
		return place{} // a number in a street
	}
	floor, flat, ok := flatOf(last.number)
	if !ok || strings.ContainsAny(last.after, "栋幢座") {
		p.house = joinMarks(marks)
		return p
	}
	p.house, p.floor, p.flat = joinMarks(marks[:len(marks)-1]), floor, flat
	return p
}

// joinMarks makes building and unit one comparable text.
func joinMarks(marks []mark) string {
	var b strings.Builder
	for _, m := range marks {
		b.WriteString(m.number + "-")
	}
	return b.String()
}

// narrow drops spaces, makes digits and capitals half-width and small and all
// dashes one.
func narrow(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		case r >= 'Ａ' && r <= 'Ｚ':
			return r - 'Ａ' + 'a'
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		case strings.ContainsRune("—–－~～#＃/_、.，,", r):
			return '-'
		case r == ' ' || r == '\t' || r == '　':
			return -1
		}
		return r
	}, s)
}

// unitWords stand behind the numbers of a flat; the longest first.
var unitWords = []string{"号楼", "单元", "栋", "幢", "座", "楼", "层", "室", "户", "房", "号", "期", "区", "-"}

// cutMarks takes up to five marks off the end of an address.
func cutMarks(s string) (rest string, marks []mark) {
	for len(marks) < 5 {
		before, word := s, ""
		for _, w := range unitWords {
			if b, ok := strings.CutSuffix(s, w); ok {
				before, word = b, w
				break
			}
		}
		n := numberLen(before, word)
		if n == 0 {
			break
		}
		number := before[len(before)-n:]
		s = before[:len(before)-n]
		marks = append([]mark{{number, word}}, marks...)
		if word == "" && !strings.HasSuffix(s, "-") && !endsWithWord(s) {
			break // digits with nothing before them: the first number
		}
	}
	return s, marks
}

// endsWithWord: another number may stand before this word.
func endsWithWord(s string) bool {
	for _, w := range unitWords {
		if strings.HasSuffix(s, w) {
			return true
		}
	}
	return false
}

// numberLen is the length of the number at the end of s: digits, one letter,
// or Chinese numerals where a word follows them.
func numberLen(s, word string) int {
	n := 0
	for n < len(s) && s[len(s)-1-n] >= '0' && s[len(s)-1-n] <= '9' {
		n++
	}
	if n > 0 {
		return n
	}
	if word == "" {
		return 0
	}
	if len(s) > 0 && s[len(s)-1] >= 'a' && s[len(s)-1] <= 'z' {
		return 1
	}
	if word == "-" {
		return 0
	}
	for {
		r, size := utf8.DecodeLastRuneInString(s[:len(s)-n])
		if !strings.ContainsRune("一二三四五六七八九十", r) || size < 3 {
			return n
		}
		n += size
	}
}

// flatOf reads 101, 1203 or 0302 as floor and number on the floor.
func flatOf(number string) (floor, flat int, ok bool) {
	n, ok := smallInt([]byte(number))
	if !ok || len(number) < 3 || len(number) > 4 {
		return 0, 0, false
	}
	floor, flat = n/100, n%100
	return floor, flat, floor >= 1 && floor <= 60 && flat >= 1 && flat <= 40
}

// estateOf drops region, road and house number before an estate's name.
func estateOf(s string) string {
	s = strings.TrimRight(s, "-")
	for i, r := range s {
		after := s[i+utf8.RuneLen(r):]
		if strings.ContainsRune("省市区县镇乡道路街号村巷弄", r) && utf8.RuneCountInString(after) >= 2 {
			return estateOf(after)
		}
	}
	return s
}
