package kind

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"kexin"
	"kexin/kind/pinyin"
)

// Tokens are what a name is searched by: before they are stored they are
// hashed with the merchant's token key. The first letter says what a token is:
//
//	b: two neighbouring Han characters     w: a word of other letters
//	p: letters that can be cut into pinyin  i: other letters that can be initials
//
// There are no tokens of single characters: they would give the surnames away.
// A word of letters has exactly one token, made by latin both when it is stored
// and when it is asked for, so that one token finds it: zhangwei and zw of
// 张伟, and Linda, which can be cut into lin and da.

// NameTokens are the tokens of a name, without doubles: Han bigrams, its pinyin
// and initials in every likely reading, Latin words.
func NameTokens(name string) []string {
	key := NameKey(name)
	if key == "" {
		return nil
	}
	out := make([]string, 0, 12)
	hans := pairs(nil, key)
	if len(hans) == 0 {
		hans = pairs(nil, compact(name)) // 舒女士 is found by 舒女士
	}
	out = append(out, hans...)
	full, initials := pinyin.Name(onlyHan(key))
	for _, s := range full {
		out = append(out, latin(s))
	}
	for _, s := range initials {
		if len(s) >= 2 {
			out = append(out, latin(s))
		}
	}
	words := latinWords(key)
	for _, w := range words {
		out = append(out, latin(w))
	}
	if len(words) > 1 {
		out = append(out, latin(strings.Join(words, "")))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// QueryTokens are the tokens that a name must all have to be found by q: the
// bigrams of Han text, or the one token of each word of letters. Several words
// that are all pinyin are one: zhang wei. A q of one character is refused with
// key "search.two_characters".
func QueryTokens(q string) (all []string, err error) {
	key := NameKey(q)
	all = pairs(nil, key)
	if len(all) == 0 && utf8.RuneCountInString(onlyHan(key)) == 1 {
		all = pairs(nil, compact(q))
	}
	words := latinWords(key)
	if len(words) > 1 && !slices.ContainsFunc(words, func(w string) bool { return !pinyin.Spelled(w) }) {
		words = []string{strings.Join(words, "")}
	}
	for _, w := range words {
		all = append(all, latin(w))
	}
	if len(all) == 0 {
		return nil, &kexin.Error{Op: "kind.query", Code: kexin.Invalid, Key: "search.two_characters", Field: "search"}
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// Han reports whether q is Han characters alone as they stand in names: then a
// name found by its bigrams must also contain it. A salutation is not in the
// name that 张小伟先生 finds.
func Han(q string) bool {
	return allHan(q) && NameKey(q) == q
}

// compact is a name without blanks, in small letters, with its salutation.
func compact(name string) string {
	return lower(strings.ReplaceAll(cleanName(name), " ", ""))
}

// pairs appends the bigrams of neighbouring Han characters.
func pairs(out []string, s string) []string {
	last := -1 // where the last Han character begins
	for i, r := range s {
		if !isHan(r) {
			last = -1
			continue
		}
		if last >= 0 {
			out = append(out, "b:"+s[last:i+utf8.RuneLen(r)])
		}
		last = i
	}
	return out
}

// onlyHan drops everything but Han characters.
func onlyHan(s string) string {
	if allHan(s) && !strings.Contains(s, "·") {
		return s
	}
	return strings.Map(func(r rune) rune {
		if isHan(r) {
			return r
		}
		return -1
	}, s)
}

// latinWords are the words of at least two letters or digits that are not Han.
func latinWords(key string) []string {
	words := strings.FieldsFunc(key, func(r rune) bool {
		return isHan(r) || !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	return slices.DeleteFunc(words, func(w string) bool { return utf8.RuneCountInString(w) < 2 })
}

// latin is the one token of a word. lü is typed lv, and written lyu in passports.
func latin(w string) string {
	w = spellings.Replace(w)
	switch {
	case pinyin.Spelled(w):
		return "p:" + w
	case initials(w):
		return "i:" + w
	}
	return "w:" + w
}

var spellings = strings.NewReplacer("ü", "v", "lyu", "lv")

// initials reports whether every letter can begin a syllable.
func initials(w string) bool {
	if len(w) > 8 {
		return false
	}
	for i := range len(w) {
		if w[i] < 'a' || w[i] > 'z' || w[i] == 'i' || w[i] == 'u' || w[i] == 'v' {
			return false
		}
	}
	return true
}
