package intake

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// What a cell looks like, judged by its characters alone: enough to tell a
// header from data and to name a column whose header says nothing. Parsing is
// package kind's work.

// digitsOf gives the digits of s in half width, and whether everything else is
// one of the characters in between that numbers are written with.
func digitsOf(s, between string) (string, bool) {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case r >= '０' && r <= '９':
			b.WriteRune(r - '０' + '0')
		case unicode.IsSpace(r) || strings.ContainsRune(between, r):
		default:
			return b.String(), false
		}
	}
	return b.String(), true
}

// phoneLike: a mobile number of mainland China, with what people write around
// and behind it, or two of them.
func phoneLike(s string) bool {
	if len(s) > 120 {
		return false
	}
	first := s
	if i := strings.IndexAny(s, "、/;,（(；，"); i > 0 {
		first = s[:i]
	}
	d, ok := digitsOf(first, "+-－—.·")
	d = strings.TrimPrefix(strings.TrimPrefix(d, "00"), "86")
	return ok && len(d) == 11 && d[0] == '1' && d[1] >= '3'
}

// dateLike: a year from 1900 to 2099 with month and day in one of the usual
// forms.
func dateLike(s string) bool {
	s = strings.TrimSpace(s)
	if len(s) < 8 || len(s) > 32 {
		return false
	}
	d, ok := digitsOf(s, "-/.年月日: TZ+时分秒")
	if !ok || len(d) < 6 || len(d) > 17 || (d[:2] != "19" && d[:2] != "20") {
		return false
	}
	return len(d) == 8 && len(s) == 8 || strings.ContainsAny(s, "-/.年")
}

// emailLike: something, an @, a dot behind it, and no second address.
func emailLike(s string) bool {
	at := strings.IndexByte(s, '@')
	return at > 0 && strings.LastIndexByte(s, '.') > at && !strings.ContainsAny(strings.TrimSpace(s), " ,;")
}

// genderLike: one of the few words for it.
func genderLike(s string) bool {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "男", "女", "先生", "女士", "m", "f", "male", "female":
		return true
	}
	return false
}

// numberLike: a number or an amount.
func numberLike(s string) bool {
	d, ok := digitsOf(s, "+-.,，¥￥元万%eE")
	return ok && d != ""
}

// valueLike: something that stands in data and hardly in a header.
func valueLike(s string) bool {
	if numberLike(s) || dateLike(s) || emailLike(s) {
		return true
	}
	digits := 0
	for _, r := range s {
		if r >= '0' && r <= '9' || r >= '０' && r <= '９' {
			digits++
		}
	}
	return digits >= 5
}

// nameLike: two to four Chinese characters that begin with a common surname.
func nameLike(s string) bool {
	s = strings.TrimSpace(s)
	n := utf8.RuneCountInString(s)
	if n < 2 || n > 4 {
		return false
	}
	for i, r := range s {
		if !unicode.Is(unicode.Han, r) || i == 0 && !strings.ContainsRune(surnames, r) {
			return false
		}
	}
	return true
}

// surnames are the most common ones (the ministry's yearly report), with the
// first characters of double ones.
const surnames = "欧司上诸王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓冯韩曹曾彭萧肖蔡潘田董袁于余叶蒋杜苏魏程吕丁沈任姚卢傅钟姜崔谭廖范汪陆金石戴贾韦夏邱方侯邹熊孟秦白江阎薛尹段雷黎史龙陶贺顾毛郝龚邵万钱严赖覃洪武莫孔汤向常温康施文牛樊葛邢安"

// addressLike: at least two of the characters that addresses are built with.
func addressLike(s string) bool {
	n := 0
	for _, part := range []string{"省", "市", "区", "县", "镇", "路", "街", "道", "号", "栋", "幢", "单元", "室", "村", "弄"} {
		if strings.Contains(s, part) {
			n++
		}
	}
	return n >= 2
}

// idLike: a resident identity number that passes its check digit (GB 11643).
func idLike(s string) bool {
	s = strings.ToUpper(strings.TrimSpace(s))
	if len(s) != 18 {
		return false
	}
	weights := [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i, w := range weights {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
		sum += int(s[i]-'0') * w
	}
	return "10X98765432"[sum%11] == s[17]
}

// cardLike: a bank card number that passes its check digit (ISO/IEC 7812).
func cardLike(s string) bool {
	d, ok := digitsOf(s, "-")
	if !ok || len(d) < 16 || len(d) > 19 || d[0] < '3' || d[0] > '6' {
		return false
	}
	sum := 0
	for i := range len(d) {
		n := int(d[len(d)-1-i] - '0')
		if i%2 == 1 {
			n *= 2
		}
		sum += n/10 + n%10
	}
	return sum%10 == 0
}

// share is the part of the cells of one column that are like something, of
// those that hold anything; 0 where fewer than three do.
func share(sample [][]string, column int, like func(string) bool) float64 {
	filled, hits := 0, 0
	for _, row := range sample {
		if column >= len(row) || strings.TrimSpace(row[column]) == "" {
			continue
		}
		filled++
		if like(row[column]) {
			hits++
		}
	}
	if filled < 3 {
		return 0
	}
	return float64(hits) / float64(filled)
}
