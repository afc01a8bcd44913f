package auth

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"kexin"
)

// The length of a password, in characters after normalisation.
const (
	MinPassword = 10
	MaxPassword = 128
)

// maxBytes bounds the work before anything is normalised.
const maxBytes = 4 * MaxPassword

//go:embed common.txt
var commonFile string

// common are the most frequent passwords (see NOTICE), lower case.
var common = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for line := range strings.Lines(commonFile) {
		m[strings.ToLower(strings.TrimRight(line, "\n"))] = true
	}
	return m
})

// normal is the form in which passwords are judged and hashed: NFKC, so that
// one typed with a Chinese keyboard's full-width letters is the same.
func normal(password string) string { return norm.NFKC.String(password) }

// CheckPassword judges a new password: 10 to 128 characters, none of the
// commonest even with a few digits behind, not digits only, and not the
// shop's or the person's own name with a little beside it. own are these
// names: Chinese, and in pinyin too, since that is how they are typed. The
// error is invalid, with the field "password".
func CheckPassword(password string, own ...string) error {
	key := ""
	p := normal(password)
	n := utf8.RuneCountInString(p)
	switch {
	case len(password) > maxBytes || n > MaxPassword:
		key = "error.password_long"
	case !utf8.ValidString(password) || strings.ContainsFunc(p, unicode.IsControl):
		key = "error.password_text"
	case n < MinPassword:
		key = "error.password_short"
	case isCommon(strings.ToLower(p)):
		key = "error.password_common"
	case isOwn(p, own):
		key = "error.password_own"
	default:
		return nil
	}
	e := fault("password", kexin.Invalid, key)
	e.Field = "password"
	return e
}

// tail is how many digits or signs behind a common password leave it common.
const tail = 4

// fewest is the least number of different characters.
const fewest = 5

// isCommon judges a lower-case password.
func isCommon(p string) bool {
	core := strings.TrimRightFunc(p, func(r rune) bool { return !unicode.IsLetter(r) })
	cut := utf8.RuneCountInString(p) - utf8.RuneCountInString(core)
	return common()[p] || core == "" && digitsOnly(p) || cut <= tail && common()[core] || different(p) < fewest
}

func digitsOnly(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsDigit(r) })
}

func different(s string) int {
	seen := map[rune]bool{}
	for _, r := range s {
		seen[r] = true
	}
	return len(seen)
}

// beside is how many characters must stand beside an own name.
const beside = 8

// isOwn reports whether so much of the password is a piece of an own name
// that what is left is too little to be one.
func isOwn(password string, own []string) bool {
	p := bare(password)
	names := make([]string, 0, len(own))
	for _, s := range own {
		names = append(names, string(bare(s)))
	}
	left, found := 0, false
	for i := 0; i < len(p); {
		n := piece(p[i:], names)
		if n == 0 {
			left, i = left+1, i+1
			continue
		}
		found, i = true, i+n
	}
	return found && left < beside
}

// bare is lower-case letters and digits only.
func bare(s string) []rune {
	var out []rune
	for _, r := range strings.ToLower(normal(s)) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			out = append(out, r)
		}
	}
	return out
}

// piece is the length of the longest start of p that stands in a name, 0
// where it is shorter than two Chinese or four other characters.
func piece(p []rune, names []string) int {
	longest := 0
	for _, name := range names {
		n := longest + 1
		for n <= len(p) && strings.Contains(name, string(p[:n])) {
			longest, n = n, n+1
		}
	}
	least := 4
	if longest > 0 && unicode.Is(unicode.Han, p[0]) {
		least = 2
	}
	if longest < least {
		return 0
	}
	return longest
}
