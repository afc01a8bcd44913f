package kind

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"kexin"
)

// The longest values in characters where the field sets no Max.
const (
	maxName    = 100
	maxText    = 2000
	maxAddress = 300
)

// fold is NFKC: full-width digits and letters become narrow, compatibility
// characters what they stand for. Text of ASCII and common Han characters,
// nearly all there is, passes through; with full-width forms it is mapped here.
func fold(s string) string {
	wide := false
	for i := 0; i < len(s); {
		if s[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r >= 0x4E00 && r <= 0x9FFF, r == '、', r == '。', r == '—', r == '“', r == '”':
		case r == 0x3000, r >= 0xFF01 && r <= 0xFF5E, r == '￥':
			wide = true
		default:
			return norm.NFKC.String(s)
		}
		i += n
	}
	if !wide {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range s {
		switch {
		case r == 0x3000:
			r = ' '
		case r == '￥':
			r = '¥'
		case r >= 0xFF01 && r <= 0xFF5E:
			r -= 0xFF01 - '!'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// hidden reports characters that show nothing and mislead: controls, bidi and
// zero-width marks, soft hyphens, tags, variation selectors, letters that are
// drawn as nothing. Line breaks and
// tabs are spaces, not hidden.
func hidden(r rune) bool {
	switch {
	case r == '\n' || r == '\t' || r == '\r':
		return false
	case r < 0x20, r >= 0x7F && r < 0xA0, r == 0xAD, r == 0x034F, r == 0x061C, r == 0x115F, r == 0x1160, r == 0x17B4, r == 0x17B5, r == 0x180E, r == utf8.RuneError:
		return true
	case r < 0x200B:
		return false
	}
	return r <= 0x200F || r >= 0x202A && r <= 0x202E || r >= 0x2060 && r <= 0x206F || r == 0x2800 || r == 0x3164 || r == 0xFFA0 ||
		r >= 0xFE00 && r <= 0xFE0F || r == 0xFEFF || r >= 0xFFF9 && r <= 0xFFFB || r >= 0xE0000 && r <= 0xE0FFF
}

// tidy folds, drops what is hidden, makes every run of blanks one space and
// trims. It is its own fixed point.
func tidy(s string) string {
	s = fold(s)
	if isTidy(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	gap, dropped := false, false
	for _, r := range s {
		switch {
		case unicode.IsSpace(r):
			gap = true
		case hidden(r):
			dropped = true
		default:
			if gap && b.Len() > 0 {
				b.WriteByte(' ')
			}
			gap = false
			b.WriteRune(r)
		}
	}
	if dropped { // letters may have come together that fold further
		return norm.NFKC.String(b.String())
	}
	return b.String()
}

// isTidy reports what tidy would leave as it is, for folded text.
func isTidy(s string) bool {
	gap := true // a blank here is one too many
	for _, r := range s {
		switch {
		case r == ' ' && !gap:
			gap = true
		case r <= ' ' || r >= 0x7F && (hidden(r) || unicode.IsSpace(r)):
			return false
		default:
			gap = false
		}
	}
	return s == "" || !gap
}

// broken reports whether characters were lost before the text came here.
func broken(s string) bool {
	return strings.ContainsRune(s, utf8.RuneError)
}

// nothing reports the signs people write for "nothing" in a cell.
func nothing(s string) bool {
	switch s {
	case "", "-", "--", "---", "—", "——", "/", "\\", "*", "?", ".", "无", "暂无", "没有", "空", "未知", "不详", "未填", "待定":
		return true
	}
	if s[0] != 'n' && s[0] != 'N' && s[0] != '#' || len(s) > 4 {
		return false
	}
	switch strings.ToLower(s) {
	case "null", "none", "nil", "n/a", "#n/a", "na":
		return true
	}
	return false
}

// tooLong judges the length against the field's Max, or the kind's.
func tooLong(f *kexin.Field, s string, most int) bool {
	if f.Rule.Max > 0 {
		most = f.Rule.Max
	}
	return len(s) > most && utf8.RuneCountInString(s) > most
}

// limited makes the reading of a text value: too long is hard, lost characters
// are told.
func limited(f *kexin.Field, raw, s string, most int) reading {
	switch {
	case tooLong(f, s, most):
		return reading{left: s, code: CodeTextLong, hard: true}
	case broken(raw):
		return reading{v: kexin.Str(s), code: CodeTextEncoding}
	}
	return reading{v: kexin.Str(s)}
}

// readText keeps a free text as it was typed, line breaks and all, without
// hidden characters and blanks around it. An order number is one word in
// capitals.
func readText(f *kexin.Field, raw string, _ Env) reading {
	if f.ID == kexin.OrdNo {
		return limited(f, raw, strings.ToUpper(strings.ReplaceAll(tidy(raw), " ", "")), maxText)
	}
	return limited(f, raw, prose(raw), maxText)
}

// prose drops hidden characters but those that join emoji, and trims.
func prose(s string) string {
	dirty := false
	for _, r := range s {
		if r == '\r' || r != 0x200D && r != 0xFE0F && hidden(r) {
			dirty = true
			break
		}
	}
	if dirty {
		s = strings.Map(func(r rune) rune {
			if r == '\r' || r != 0x200D && r != 0xFE0F && hidden(r) {
				return -1
			}
			return r
		}, s)
	}
	return strings.TrimSpace(s)
}

// readAddress keeps the address below the district as one line.
func readAddress(f *kexin.Field, raw string, _ Env) reading {
	s := tidy(raw)
	if nothing(s) {
		return reading{}
	}
	return limited(f, raw, s, maxAddress)
}

// isHan reports a Han character.
func isHan(r rune) bool {
	return r >= 0x4E00 && r <= 0x9FFF || r == 0x3007 || r > 0x9FFF && unicode.Is(unicode.Han, r) || r >= 0x3400 && r < 0x4E00
}
