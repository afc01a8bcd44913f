package storetest

import "strings"

// Stands reports whether digits, or a short word, stand in a text by themselves:
// a few in a row occur in any id, digest or token by chance. The code of China may
// stand before a number.
func Stands(text, what string) bool {
	for rest, at := text, 0; ; {
		i := strings.Index(rest, what)
		if i < 0 {
			return false
		}
		at += i
		before, after := text[:at], text[at+len(what):]
		for _, code := range []string{"+86", "0086", "86", ""} {
			if b, ok := strings.CutSuffix(before, code); ok && (b == "" || !inToken(b[len(b)-1])) && (after == "" || !inToken(after[0])) {
				return true
			}
		}
		at++
		rest = text[at:]
	}
}

// inToken reports whether a byte may be part of an id, a digest or base64.
func inToken(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z' || strings.IndexByte("+/_-", b) >= 0
}
