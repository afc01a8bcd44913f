// Package similar compares two names or words by characters, not bytes: what
// package match weighs when it asks whether two records are one person.
//
// Both measures are symmetric and take any text. Text should be normalised
// before (kind.NameKey). Names of up to 64 characters cost no memory.
package similar

import (
	"slices"

	"kexin/kind/pinyin"
)

// short is the length up to which work is done on the stack.
const short = 64

// Distance is the Damerau–Levenshtein distance: how many characters must be
// put in, taken out, replaced or swapped with a neighbour to make one of the
// other. A swapped pair may be edited again (Damerau 1964, Lowrance and
// Wagner 1975), so it is a metric: CA and ABC are 2 apart.
func Distance(a, b string) int {
	var bufA, bufB [short]rune
	x, y := runes(bufA[:0], a), runes(bufB[:0], b)
	for len(x) > 0 && len(y) > 0 && x[0] == y[0] {
		x, y = x[1:], y[1:]
	}
	for len(x) > 0 && len(y) > 0 && x[len(x)-1] == y[len(y)-1] {
		x, y = x[:len(x)-1], y[:len(y)-1]
	}
	if len(x) == 0 || len(y) == 0 {
		return len(x) + len(y)
	}
	return distance(x, y)
}

// distance fills the matrix of Lowrance and Wagner, one row and column wider
// on each side than the words.
func distance(a, b []rune) int {
	w := len(b) + 2
	var buf [1024]int
	var d []int
	if need := (len(a) + 2) * w; need > len(buf) {
		d = make([]int, need)
	} else {
		d = buf[:need]
	}
	far := len(a) + len(b)
	d[0] = far
	for i := 0; i <= len(a); i++ {
		d[(i+1)*w], d[(i+1)*w+1] = far, i
	}
	for j := 0; j <= len(b); j++ {
		d[j+1], d[w+j+1] = far, j
	}
	for i := 1; i <= len(a); i++ {
		left := 0 // last column of this row where the characters were equal
		for j := 1; j <= len(b); j++ {
			up, at, cost := lastRow(a[:i-1], b[j-1]), left, 1
			if a[i-1] == b[j-1] {
				cost, left = 0, j
			}
			d[(i+1)*w+j+1] = min(d[i*w+j]+cost, d[(i+1)*w+j]+1, d[i*w+j+1]+1,
				d[up*w+at]+(i-up-1)+1+(j-at-1))
		}
	}
	return d[(len(a)+1)*w+len(b)+1]
}

// lastRow is the last place of r in a, from 1; 0 for none.
func lastRow(a []rune, r rune) int {
	for i := len(a); i > 0; i-- {
		if a[i-1] == r {
			return i
		}
	}
	return 0
}

// SamePinyin reports whether two Han names can be read alike: 吴晓峰 and
// 吴晓锋, 曾 read zeng in both. Names without a Han character are not.
func SamePinyin(a, b string) bool {
	x, _ := pinyin.Name(a)
	y, _ := pinyin.Name(b)
	return slices.ContainsFunc(x, func(s string) bool { return slices.Contains(y, s) })
}

// runes puts the characters of s into buf, and beyond it where s is long.
func runes(buf []rune, s string) []rune {
	for _, r := range s {
		buf = append(buf, r)
	}
	return buf
}
