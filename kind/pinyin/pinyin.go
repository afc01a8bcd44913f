// Package pinyin reads Han characters in Latin letters without tones, with the
// readings that surnames and given names have: 单 is shan in front of a name
// and dan elsewhere. ü is written v, as people type it.
//
// The table comes from pinyin-data (MIT, see NOTICE); gen writes it. The
// surname and given-name readings in names.go are our own list.
package pinyin

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

//go:embed readings.txt
var readings string

// The block of characters that has an array; the others are in a map.
const (
	first = 0x4E00
	last  = 0x9FFF
)

// A table holds the readings; about 400 kB, made at first use.
type table struct {
	sets   [][]string // set 0 is empty
	block  [last - first + 1]uint16
	others map[rune]uint16
	front  map[rune][]string // readings of surnames, the surname's first
	spell  map[string]bool   // every syllable
}

var load = sync.OnceValue(read)

// read decodes readings.txt, which gen wrote and a test checks.
func read() *table {
	t := &table{sets: make([][]string, 1, 4096), others: map[rune]uint16{}, front: make(map[rune][]string, len(surnames)), spell: make(map[string]bool, 512)}
	for line := range strings.Lines(readings) {
		names, chars, _ := strings.Cut(line[:len(line)-1], " ")
		set := strings.Split(names, ",")
		for _, s := range set {
			t.spell[s] = true
		}
		n := uint16(len(t.sets))
		t.sets = append(t.sets, set)
		for _, r := range chars {
			if r >= first && r <= last {
				t.block[r-first] = n
			} else {
				t.others[r] = n
			}
		}
	}
	for r, s := range surnames {
		rest := slices.DeleteFunc(slices.Clone(t.of(r)), func(x string) bool { return x == s })
		t.front[r] = append([]string{s}, rest...)
	}
	for _, s := range []string{"m", "n", "ng", "hm", "hng"} {
		delete(t.spell, s) // sighs, not syllables of names
	}
	return t
}

// of is the readings of a character as the table has them, the usual one first.
func (t *table) of(r rune) []string {
	if r >= first && r <= last {
		return t.sets[t.block[r-first]]
	}
	return t.sets[t.others[r]]
}

// Readings are the readings of a character, the likeliest in a name first and
// at most four besides the surname's; nil for what is no Han character. The
// slice is shared: do not change it.
func Readings(r rune) []string {
	t := load()
	if s, ok := t.front[r]; ok {
		return s
	}
	return t.of(r)
}

// Surname is the surname 姓 at the head of a Han name: two characters where
// they are a compound surname 复姓 (欧阳), else one. "" for no Han name.
func Surname(name string) string {
	a, n := utf8.DecodeRuneInString(name)
	_, m := utf8.DecodeRuneInString(name[n:])
	if m > 0 {
		if _, ok := compounds[name[:n+m]]; ok {
			return name[:n+m]
		}
	}
	if len(Readings(a)) == 0 {
		return ""
	}
	return name[:n]
}

// longestName is how many bytes a name may have to be spelled: 40 characters.
const longestName = 120

// widest is how many spellings of one name are given.
const widest = 8

// Name spells a Han name as one word, and its initials: 曾乐 gives zengle,
// zengyue and zl, zy … The likeliest comes first; there are at most eight of
// each. Characters without a reading are left out; both are nil where none
// has one, and for a text longer than any name.
func Name(name string) (full, initials []string) {
	t := load()
	if len(name) > longestName {
		return nil, nil
	}
	surname := Surname(name)
	spelled := [][]string{}
	if s := compounds[surname]; s != "" {
		spelled = append(spelled, strings.Fields(s)[:1], strings.Fields(s)[1:])
		name = name[len(surname):]
	}
	for i, r := range name {
		if s := t.within(r, i == 0 && len(spelled) == 0); len(s) > 0 {
			spelled = append(spelled, s)
		}
	}
	if len(spelled) == 0 {
		return nil, nil
	}
	full = join(spelled, func(s string) string { return s })
	return full, join(spelled, func(s string) string { return s[:1] })
}

// within gives the readings that a character of a name may have: as a surname
// its own and the usual one, as a given name those of our list or the usual.
func (t *table) within(r rune, front bool) []string {
	if s, ok := t.front[r]; ok && front {
		return s[:min(2, len(s))]
	}
	if s, ok := given[r]; ok {
		return s
	}
	s := t.of(r)
	return s[:min(1, len(s))]
}

// join makes the words of one choice per character, without doubles.
func join(spelled [][]string, part func(string) string) []string {
	out := []string{""}
	for _, options := range spelled {
		next := make([]string, 0, len(out)*len(options))
		for _, head := range out {
			for _, o := range options {
				if w := head + part(o); len(next) < widest && !slices.Contains(next, w) {
					next = append(next, w)
				}
			}
		}
		out = next
	}
	return out
}

// longest is the length of the longest syllable, zhuang.
const longest = 6

// Spelled reports whether a word of small letters can be cut into syllables:
// zhangwei can, smith cannot.
func Spelled(word string) bool {
	t := load()
	if word == "" || len(word) > 64 {
		return false
	}
	var ends [65]bool
	ends[0] = true
	for i := range len(word) {
		if !ends[i] {
			continue
		}
		for n := 1; n <= longest && i+n <= len(word); n++ {
			if t.spell[word[i:i+n]] {
				ends[i+n] = true
			}
		}
	}
	return ends[len(word)]
}
