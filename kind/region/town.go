package region

import (
	"sort"
	"strings"
	"unicode/utf8"
)

// townLen is the size of a record of towns.bin: four bytes hash, two bytes row.
const townLen = 6

// longestTown is how many bytes a town's name may have.
const longestTown = 48

// fnv is FNV-1a, 32 bit, as gen used it.
func fnv(h uint32, s string) uint32 {
	for i := range len(s) {
		h = (h ^ uint32(s[i])) * 16777619
	}
	return h
}

// record reads record i of towns.bin.
func record(i int) (hash uint32, row int) {
	b := towns[i*townLen : i*townLen+townLen]
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3]), int(b[4])<<8 | int(b[5])
}

// townsNamed is the range of records with this hash. A text that is no town
// hits one of the 33,000 hashes once in 130,000 times.
func townsNamed(hash uint32) (from, to int) {
	n := len(towns) / townLen
	from = sort.Search(n, func(i int) bool { h, _ := record(i); return h >= hash })
	for to = from; to < n; to++ {
		if h, _ := record(to); h != hash {
			break
		}
	}
	return from, to
}

// A town is a name of a town 乡镇街道 at the head of a text and the records
// that have it.
type town struct{ end, from, to int }

// townAt finds the shortest town name at the head of s; end is 0 where there
// is none.
func townAt(s string) town {
	h := uint32(2166136261)
	at := 0
	for i, r := range s {
		if i >= longestTown {
			break
		}
		switch r {
		case '镇', '乡', '道', '场', '区', '木', '园', '处', '团':
		default:
			continue
		}
		end := i + utf8.RuneLen(r)
		h = fnv(h, s[at:end])
		at = end
		if end <= 2*utf8.RuneLen(r) {
			continue // 小镇, 水乡 are no names
		}
		if from, to := townsNamed(h); from < to {
			return town{end, from, to}
		}
	}
	return town{}
}

// only gives the one district within outer (-1 for the country) that has the
// town; ok is false where there is none or more than one.
func (t *table) only(w town, outer int16) (district int16, ok bool) {
	for i := w.from; i < w.to; i++ {
		_, row := record(i)
		d := t.rows[row]
		if outer >= 0 && !t.within(d, outer) {
			continue
		}
		if ok && d != district {
			return 0, false
		}
		district, ok = d, true
	}
	return district, ok
}

// has reports whether a district in place p, or p itself, has the town.
func (t *table) has(w town, p int16) bool {
	for i := w.from; i < w.to; i++ {
		if _, row := record(i); t.within(t.rows[row], p) {
			return true
		}
	}
	return false
}

// cutTown takes a town's name off the head of s.
func cutTown(s string) string {
	if w := townAt(s); w.end > 0 {
		return s[w.end:]
	}
	if i := strings.Index(s, "街道"); i > 0 && i <= longestTown {
		return s[i+len("街道"):]
	}
	return s
}
