package match

import (
	"strings"
	"unicode/utf8"

	"kexin/kind"
	"kexin/kind/pinyin"
	"kexin/kind/similar"
)

// A name is a name made ready to be compared.
type name struct {
	raw    string
	key    string // kind.NameKey
	bare   bool   // a surname and nothing more: 舒 of 舒女士
	gender string // that the salutation tells, "" for none
	firm   bool
}

func nameOf(f Facts) name {
	n := name{raw: f.Name, key: kind.NameKey(f.Name), firm: f.Company}
	n.bare = !n.firm && bare(n.key)
	switch f.Salutation {
	case "ms", "aunt":
		n.gender = "f"
	case "mr", "uncle":
		n.gender = "m"
	}
	return n
}

// bare reports a key that is a surname alone.
func bare(key string) bool {
	return utf8.RuneCountInString(key) == 1 || key != "" && pinyin.Surname(key) == key
}

// sound is the likeliest pinyin of the name, or the name where it has none.
func (n name) sound() string {
	if full, _ := pinyin.Name(n.key); len(full) > 0 {
		return full[0]
	}
	return n.key
}

// A likeness says how two names stand to each other.
type likeness uint8

const (
	differs  likeness = iota // clearly other names
	variant                  // one character, or one part: 李建国, 李建军
	surname                  // one is a surname with a salutation: 舒女士, 舒勇绍
	sounds                   // read alike: 杨浩英, 杨皓英
	equal                    // the same name
	nameless                 // one has none
)

// fits reports names that one person may well have been written down under.
func (l likeness) fits() bool { return l >= surname }

func (n name) like(m name) likeness {
	switch {
	case n.key == "" || m.key == "":
		return nameless
	case n.firm != m.firm:
		return differs
	case n.bare || m.bare:
		return n.likeSurname(m)
	case n.key == m.key:
		return equal
	case n.firm:
		return n.likeFirm(m)
	}
	return n.likePerson(m)
}

// likeSurname compares where at least one is a surname only. 王女士 and 王先生
// on one number are two people more often than one.
func (n name) likeSurname(m name) likeness {
	if n.bare && m.bare {
		switch {
		case n.key != m.key:
			return differs
		case n.gender != "" && m.gender != "" && n.gender != m.gender:
			return variant
		}
		return equal
	}
	if m.bare {
		n, m = m, n
	}
	s := pinyin.Surname(m.key)
	if s == n.key || strings.HasPrefix(m.key, n.key) || similar.SamePinyin(s, n.key) {
		return surname
	}
	return differs
}

// likePerson compares full names. A name read alike has as many characters; a
// close one differs in a single character of three or more, or is part of the
// other, and has the same surname.
func (n name) likePerson(m name) likeness {
	a, b := utf8.RuneCountInString(n.key), utf8.RuneCountInString(m.key)
	if a == b && similar.SamePinyin(n.key, m.key) {
		return sounds
	}
	if turned(n.key, m.key) {
		return equal
	}
	if pinyin.Surname(n.key) != pinyin.Surname(m.key) {
		return differs
	}
	if min(a, b) >= 2 && similar.Distance(n.key, m.key) == 1 && max(a, b) >= 3 {
		return variant
	}
	return differs
}

// turned reports Latin names with the same words in another order.
func turned(a, b string) bool {
	x, y := strings.Fields(a), strings.Fields(b)
	if len(x) != len(y) || len(x) < 2 {
		return false
	}
	for _, w := range x {
		found := false
		for i, v := range y {
			if v == w {
				y[i], found = "\x00", true
				break
			}
		}
		if !found {
			return false
		}
	}
	return true
}

// firmEnds are the ends of a company's name that people leave out.
var firmEnds = [...]string{"股份有限公司", "有限责任公司", "有限公司", "集团", "公司", "co.,ltd.", "ltd.", "ltd", "inc"}

// likeFirm compares companies: the same name without its legal form is close.
func (n name) likeFirm(m name) likeness {
	if short(n.key) == short(m.key) {
		return variant
	}
	return differs
}

func short(firm string) string {
	for _, end := range firmEnds {
		if s, ok := strings.CutSuffix(firm, end); ok && s != "" {
			return strings.TrimSpace(s)
		}
	}
	return firm
}
