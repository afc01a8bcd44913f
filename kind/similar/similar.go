// Package similar compares two names or words by characters, not bytes: what
// package match weighs when it asks whether two records are one person.
//
// Every measure is symmetric, lies between 0 (nothing in common) and 1 (equal)
// where it is a float64, and takes any text. Text should be normalised before
// (kind.NameKey). Names of up to 64 characters cost no memory.
package similar

import (
	"slices"

	"kexin/kind/pinyin"
)

// short is the length up to which work is done on the stack.
const short = 64

// Jaro is the similarity of Jaro (1989): the share of characters that match
// within half the longer length, and of those in order.
func Jaro(a, b string) float64 {
	var bufA, bufB [short]rune
	return jaro(runes(bufA[:0], a), runes(bufB[:0], b))
}

// JaroWinkler raises Jaro by a tenth of what is missing for each of up to four
// equal characters at the front (Winkler 1990), as in the original for every
// pair, without a threshold.
func JaroWinkler(a, b string) float64 {
	var bufA, bufB [short]rune
	x, y := runes(bufA[:0], a), runes(bufB[:0], b)
	n := 0
	for n < 4 && n < len(x) && n < len(y) && x[n] == y[n] {
		n++
	}
	j := jaro(x, y)
	return j + float64(n)*0.1*(1-j)
}

// jaro is Jaro on characters; two empty words are equal.
func jaro(a, b []rune) float64 {
	if len(a) == 0 && len(b) == 0 {
		return 1
	}
	var bufA, bufB [short]bool
	inA, inB := flags(bufA[:], len(a)), flags(bufB[:], len(b))
	reach := max(max(len(a), len(b))/2-1, 0)
	same := 0
	for i, r := range a {
		for j := max(0, i-reach); j < min(len(b), i+reach+1); j++ {
			if !inB[j] && b[j] == r {
				inA[i], inB[j] = true, true
				same++
				break
			}
		}
	}
	if same == 0 {
		return 0
	}
	m := float64(same)
	return (m/float64(len(a)) + m/float64(len(b)) + (m-float64(swapped(a, b, inA, inB))/2)/m) / 3
}

// swapped counts matching characters that stand in another order.
func swapped(a, b []rune, inA, inB []bool) int {
	n, j := 0, 0
	for i, r := range a {
		if !inA[i] {
			continue
		}
		for !inB[j] {
			j++
		}
		if b[j] != r {
			n++
		}
		j++
	}
	return n
}

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

// Close is 1 less Distance over the longer length.
func Close(a, b string) float64 {
	n := max(len([]rune(a)), len([]rune(b)))
	if n == 0 {
		return 1
	}
	return 1 - float64(Distance(a, b))/float64(n)
}

// Dice is twice the bigrams that both have over all their bigrams, counted
// with repetition (Dice 1945). Words of one character have no bigrams: equal
// is 1, else 0.
func Dice(a, b string) float64 {
	var bufA, bufB [short]rune
	x, y := runes(bufA[:0], a), runes(bufB[:0], b)
	if len(x) < 2 || len(y) < 2 {
		if slices.Equal(x, y) {
			return 1
		}
		return 0
	}
	var used [short]bool
	taken := flags(used[:], len(y)-1)
	both := 0
	for i := range len(x) - 1 {
		for j := range len(y) - 1 {
			if !taken[j] && x[i] == y[j] && x[i+1] == y[j+1] {
				taken[j] = true
				both++
				break
			}
		}
	}
	return 2 * float64(both) / float64(len(x)+len(y)-2)
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

// flags gives n cleared flags, in buf where they fit.
func flags(buf []bool, n int) []bool {
	if n > len(buf) {
		return make([]bool, n)
	}
	return buf[:n]
}
