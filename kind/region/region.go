// Package region knows the divisions of China 行政区划 down to the district,
// finds them at the head of an address as people write it, and takes the name
// of the estate 小区 out of what follows.
//
// The codes are the six digits of GB/T 2260: 330000 a province, 330300 a
// city, 330382 a district, county or county-level city. Development zones
// have the code that the statistics office gives them (321071). The tables
// come from the gazetteer named in NOTICE; gen writes them.
package region

import (
	_ "embed"
	"strings"
	"sync"
	"unicode/utf8"
)

//go:embed regions.txt
var regions string

//go:embed towns.bin
var towns string

// The levels of a place.
const (
	None     = 0
	Province = 1 // 省, 自治区, 直辖市
	City     = 2 // 地级市, 地区, 自治州, 盟
	District = 3 // 区, 县, 县级市, 旗
)

// A place is one name of one division. Its strings are parts of the embedded
// table, so the whole list costs about 150 kB and is read at first use.
type place struct {
	code  string
	name  string
	stem  uint8 // bytes of name without 省, 市, 县 …; the whole where there is no shorter form
	level uint8
	zone  bool  // a development zone, or another name of one
	also  bool  // another name: counts only after its city
	is    int16 // the row of the place itself, which other names point to
	up    int16 // row of the place above; -1 for a province
}

// A table is the list with its indexes.
type table struct {
	places []place
	rows   []int16          // row in the file without other names → row in places
	code   map[string]int16 // code → row
	heads  []bucket         // open hash table: first two characters → part of order
	order  []int16          // rows by first two characters
}

// A bucket is a key, never 0, and a part of order.
type bucket struct {
	key      uint64
	from, to int16
}

var load = sync.OnceValue(read)

// read decodes regions.txt, which gen wrote and a test checks; a fault in it
// would be a fault in the program.
func read() *table {
	n := strings.Count(regions, "\n")
	t := &table{places: make([]place, 0, n), code: make(map[string]int16, n), heads: make([]bucket, 8192)}
	for line := range strings.Lines(regions) {
		line = line[:len(line)-1]
		if name, ok := strings.CutPrefix(line, "= "); ok {
			p := t.places[t.rows[len(t.rows)-1]]
			p.name, p.stem, p.also = name, uint8(len(name)), true
			t.places = append(t.places, p)
			continue
		}
		p := place{code: line[:6], name: line[9:], zone: line[4] == '7' && line[5] > '0'}
		p.stem = uint8(bytesOf(p.name, int(line[7]-'0')))
		if line[8] != ' ' { // two digits: a zone without a stem
			p.name = line[10:]
			p.stem = uint8(len(p.name))
		}
		p.level, p.up = t.above(p.code)
		p.is = int16(len(t.places))
		t.code[p.code] = int16(len(t.places))
		t.rows = append(t.rows, int16(len(t.places)))
		t.places = append(t.places, p)
	}
	t.index()
	return t
}

// above gives the level that a code's zeros tell and the row of what it lies
// in: districts of a municipality lie in the province.
func (t *table) above(code string) (uint8, int16) {
	switch {
	case code[2:] == "0000":
		return Province, -1
	case code[4:] == "00":
		return City, t.code[code[:2]+"0000"]
	}
	if city, ok := t.code[code[:4]+"00"]; ok {
		return District, city
	}
	return District, t.code[code[:2]+"0000"]
}

// index fills heads and order by counting.
func (t *table) index() {
	for i := range t.places {
		t.bucket(head(t.places[i].name)).to++
	}
	t.order = make([]int16, len(t.places))
	var at int16
	for i := range t.heads {
		b := &t.heads[i]
		n := b.to
		b.from, b.to = at, at
		at += n
	}
	for i := range t.places {
		b := t.bucket(head(t.places[i].name))
		t.order[b.to] = int16(i)
		b.to++
	}
}

// bucket finds the bucket of a key, or the free one where it goes. The table
// is less than half full.
func (t *table) bucket(key uint64) *bucket {
	mask := uint64(len(t.heads) - 1)
	i := (key * 0x9E3779B97F4A7C15 >> 40) & mask
	for t.heads[i].key != key && t.heads[i].key != 0 {
		i = (i + 1) & mask
	}
	t.heads[i].key = key
	return &t.heads[i]
}

// named gives the rows of places whose names begin with the first two
// characters of s.
func (t *table) named(s string) []int16 {
	key := head(s)
	mask := uint64(len(t.heads) - 1)
	for i := (key * 0x9E3779B97F4A7C15 >> 40) & mask; t.heads[i].key != 0; i = (i + 1) & mask {
		if t.heads[i].key == key {
			return t.order[t.heads[i].from:t.heads[i].to]
		}
	}
	return nil
}

// head is the first two characters as a number, 0 where there are fewer.
func head(s string) uint64 {
	a, n := utf8.DecodeRuneInString(s)
	b, m := utf8.DecodeRuneInString(s[n:])
	if m == 0 {
		return 0
	}
	return uint64(a)<<32 | uint64(b)
}

// bytesOf is the length of the first n characters.
func bytesOf(s string, n int) int {
	for i := range s {
		if n == 0 {
			return i
		}
		n--
	}
	return len(s)
}

// within reports whether a lies in b or is b.
func (t *table) within(a, b int16) bool {
	a, b = t.places[a].is, t.places[b].is
	for a >= 0 && a != b {
		a = t.places[a].up
	}
	return a >= 0
}

// Full is the name with all that is above it, 浙江省温州市乐清市, "" for an
// unknown code. Split gives the code back.
func Full(code string) string {
	t := load()
	i, ok := t.code[code]
	s := ""
	for ok && i >= 0 {
		s = t.places[i].name + s
		i = t.places[i].up
	}
	return s
}

// Level is the level of a code, None for an unknown one.
func Level(code string) int {
	t := load()
	if i, ok := t.code[code]; ok {
		return int(t.places[i].level)
	}
	return None
}

// Within reports whether code is outer or lies in it.
func Within(code, outer string) bool {
	t := load()
	a, ok := t.code[code]
	b, known := t.code[outer]
	return ok && known && t.within(a, b)
}
