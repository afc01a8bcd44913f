package kind

import "strconv"

// ValidUSCC reports whether s is a unified social credit code 统一社会信用代码 with
// the right check digit (GB 32100-2015).
func ValidUSCC(s string) bool { return isUSCC(s) }

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
