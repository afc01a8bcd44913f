package kind

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"kexin"
	"kexin/kind/pinyin"
)

// readName cleans a name: NFKC, no hidden characters, no blanks between Han
// characters, one dot · in names of other peoples, no punctuation at the ends.
// Latin keeps its case. No name is an issue that refuses the row.
func readName(f *kexin.Field, raw string, _ Env) reading {
	s := cleanName(raw)
	if nothing(s) {
		return reading{code: CodeNameEmpty, hard: true, left: s}
	}
	return limited(f, raw, s, maxName)
}

// nameEdges are no part of a name at its ends.
const nameEdges = " ,，、;；:：-—_|/\\*·.。'\"`"

// cleanName is the name as readName stores it, "" for none.
func cleanName(raw string) string {
	s := tidy(raw)
	for _, r := range s {
		if r < 0x4E00 || r > 0x9FFF {
			return spelledName(s)
		}
	}
	return s // Han characters alone, the usual case
}

// spelledName cleans a tidy name that is not Han characters alone: blanks stay
// between words of letters, and go between Han characters.
func spelledName(s string) string {
	s = strings.Trim(s, nameEdges)
	var b strings.Builder
	b.Grow(len(s))
	last, gap := rune(0), false
	for _, r := range s {
		switch r {
		case ' ':
			gap = true
			continue
		case '•', '‧', '・', '∙', '⋅', '●':
			r = '·'
		}
		if gap && !(isHan(r) && isHan(last)) {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
		last, gap = r, false
	}
	return strings.Trim(b.String(), nameEdges)
}

// A salutation is what people put behind a surname 称呼.
type salutation struct {
	word   string
	code   string // of field salutation, "" for a title that has none
	gender string // "" where it does not tell
}

// salutations, longer words before the shorter ones they end in.
var salutations = [...]salutation{
	{"女士", "ms", "f"}, {"小姐", "ms", "f"}, {"太太", "ms", "f"}, {"夫人", "ms", "f"}, {"大姐", "ms", "f"}, {"姐姐", "ms", "f"}, {"嫂子", "ms", "f"},
	{"先生", "mr", "m"}, {"大哥", "mr", "m"}, {"小哥", "mr", "m"},
	{"阿姨", "aunt", "f"}, {"大妈", "aunt", "f"}, {"大婶", "aunt", "f"}, {"奶奶", "aunt", "f"},
	{"叔叔", "uncle", "m"}, {"大叔", "uncle", "m"}, {"伯伯", "uncle", "m"}, {"大伯", "uncle", "m"}, {"大爷", "uncle", "m"}, {"爷爷", "uncle", "m"},
	{"老师", "teacher", ""}, {"老板娘", "boss", "f"}, {"老板", "boss", ""}, {"老总", "boss", ""},
	{"经理", "", ""}, {"师傅", "", ""}, {"医生", "", ""}, {"主任", "", ""}, {"律师", "", ""}, {"校长", "", ""}, {"院长", "", ""}, {"同学", "", ""},
	{"姐", "ms", "f"}, {"嫂", "ms", "f"}, {"哥", "mr", "m"}, {"姨", "aunt", "f"}, {"婶", "aunt", "f"}, {"叔", "uncle", "m"}, {"总", "boss", ""},
}

// cutSalutation takes the salutation off a clean Han name. base is the rest;
// ok is false where there is none, or nothing but the salutation.
func cutSalutation(name string) (base string, s salutation, ok bool) {
	if len(name) < 6 || name[len(name)-1] < utf8.RuneSelf {
		return name, salutation{}, false
	}
	switch r, _ := utf8.DecodeLastRuneInString(name); r {
	case '士', '姐', '太', '人', '子', '生', '哥', '姨', '妈', '婶', '奶', '叔', '伯', '爷', '师', '娘', '板', '总', '理', '傅', '任', '长', '学', '嫂':
	default:
		return name, salutation{}, false
	}
	for _, s := range salutations {
		base, ok := strings.CutSuffix(name, s.word)
		if !ok || base == "" || !allHan(base) {
			continue
		}
		if len(s.word) == 3 && utf8.RuneCountInString(base) > 3 {
			continue // 一路发总: a word, not a person
		}
		return base, s, true
	}
	return name, salutation{}, false
}

// surnameOnly reports a base that is no full name: 舒 of 舒女士, 欧阳 of
// 欧阳先生.
func surnameOnly(base string) bool {
	return utf8.RuneCountInString(base) == 1 || pinyin.Surname(base) == base
}

// allHan reports Han characters, and dots between them, alone.
func allHan(s string) bool {
	for _, r := range s {
		if !isHan(r) && r != '·' {
			return false
		}
	}
	return s != ""
}

// NameKey is a name made ready to be compared: cleaned, small letters, without
// salutation, title, remarks in brackets, blanks between Han characters and
// dots. 张伟先生, 张 伟 and 张伟(老客户) have one key. What is only a
// salutation keeps it.
func NameKey(name string) string {
	s := cleanName(name)
	if cut, _, ok := strings.Cut(s, "("); ok && cut != "" {
		s = cleanName(cut)
	}
	if base, _, ok := cutSalutation(s); ok {
		s = base
	}
	if strings.Contains(s, "·") {
		s = strings.ReplaceAll(s, "·", "")
	}
	return lower(s)
}

// lower makes letters small, without allocating for Han text.
func lower(s string) string {
	for i := range len(s) {
		if s[i] >= 'A' && s[i] <= 'Z' {
			return strings.ToLower(s)
		}
	}
	for _, r := range s {
		if r >= utf8.RuneSelf && (r < 0x2E80 || r > 0xFAFF) && unicode.IsUpper(r) {
			return strings.ToLower(s)
		}
	}
	return s
}

// maskName shows the first character and two stars, whatever the length and
// whether the surname has one character or two.
func maskName(v kexin.Value) kexin.Value {
	r, n := utf8.DecodeRuneInString(v.S)
	if n == 0 || r == utf8.RuneError {
		return kexin.Str("**")
	}
	return kexin.Str(v.S[:n] + "**")
}
