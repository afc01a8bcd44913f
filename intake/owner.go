package intake

import (
	"hash/maphash"
	"slices"
	"strings"
	"unicode"

	"kexin"
)

// A Detector recognises a list of home owners 业主名单 (law IMP-03): most rows
// in a few estates, flat beside flat, and nothing per row that shows dealings
// with the shop. It looks at the columns that hold places, days, ways, staff
// and orders, by target, by header, or by content where both are mute or have
// been renamed: by content anew in every block of rows, so that the head of a
// column says nothing about the rest of it. Behind a block it keeps hashes and
// counts, no values: of 200,000 rows at a time all, of those before only what lives somewhere and shows no dealings, so that a
// list behind or among any number of other rows is still one.
type Detector struct {
	columns []Column
	targets []Target
	block   [][]string // rows kept until the columns are understood for them
	size    int        // bytes of them
	claims  []reading  // by column index: what target and header say
	spots   []reading  // and content, of the block or of one before
	rows    []trace    // of the window
	bare    []trace    // of windows before: with a place, without dealings
	before  tally      // of windows before
	caught  bool       // what was in bare once is a list of owners
	holder  bool       // a header says 业主
	homes   int        // headers about flats
	strange int        // rows whose way is unlawful
	seed    maphash.Seed
}

// A spot is what the Detector reads in a column.
type spot uint8

const (
	spotNone spot = iota
	spotPlace
	spotPart // numbers that make a place with other columns
	spotDay
	spotWay
	spotStaff
	spotOrder
	spotOpen  // not understood
	spotMaybe // not understood, but here and there a flat is in it
)

// A reading is what a column is read as, with the word that its numbers lack.
type reading struct {
	spot spot
	unit string
}

// A trace is what is kept of a row; 0 stands for nothing.
type trace struct {
	estate, building, house uint64
	floor, flat             int32
	day, way, staff, order  uint64
}

// A block is so many rows, or as many as hold so many bytes; of a cell no more
// is kept than placeOf reads. Of a column so many cells that hold anything,
// drawn from the block, say what it is.
const (
	blockRows  = 1024
	blockBytes = 1 << 20
	cellBytes  = 400
	drawn      = 64
	maxTraces  = 200_000
)

// NewDetector begins with the columns of a Guess and what they are mapped to.
func NewDetector(columns []Column, targets []Target) *Detector {
	d := &Detector{targets: targets, seed: maphash.MakeSeed()}
	width := 0
	for _, c := range columns {
		if !c.within(DefaultLimits().Columns) {
			continue
		}
		d.columns = append(d.columns, c)
		width = max(width, c.Index+1)
		switch conceptOf(c.Name) {
		case cHolder:
			d.holder = true
		case cEstate, cBuilding, cUnit, cRoom, cArea, cHandover:
			d.homes++
		}
		d.holder = d.holder || strings.Contains(c.Name, "业主") || strings.Contains(c.Name, "房主") || strings.Contains(c.Name, "户主")
	}
	d.claims, d.spots = make([]reading, width), make([]reading, width)
	for _, c := range d.columns {
		d.claims[c.Index] = d.claimed(c)
	}
	copy(d.spots, d.claims)
	return d
}

// Add looks at one row. Rows of Skip are not data.
func (d *Detector) Add(row Row) {
	if row.Skip != "" {
		return
	}
	cells := make([]string, min(len(row.Cells), len(d.claims)))
	for i, c := range row.Cells[:len(cells)] {
		if d.claims[i].spot == spotNone {
			continue
		}
		if len(c) > cellBytes {
			c = strings.Clone(c[:cellBytes+1])
		}
		cells[i], d.size = c, d.size+len(c)
	}
	d.block = append(d.block, cells)
	if len(d.block) == blockRows || d.size >= blockBytes {
		d.close()
	}
}

// close understands what each column is in this block and goes through its
// rows. A column of which the block says nothing stays what it was before.
func (d *Detector) close() {
	for i := len(d.block) - 1; i > 0; i-- { // nobody knows which rows will be looked at
		j := int(maphash.Comparable(d.seed, i) % uint64(i+1))
		d.block[i], d.block[j] = d.block[j], d.block[i]
	}
	now := slices.Clone(d.claims)
	for _, c := range d.columns {
		if now[c.Index].spot == spotOpen {
			now[c.Index].spot = d.byContent(c.Index)
		}
	}
	d.findParts(now)
	for i, r := range now {
		if r.spot != spotOpen {
			d.spots[i] = r
		}
	}
	for _, cells := range d.block {
		d.trace(cells)
	}
	clear(d.block)
	d.block, d.size = d.block[:0], 0
}

// claimed is what target and header say about a column.
func (d *Detector) claimed(c Column) reading {
	is := conceptOf(c.Name)
	for _, t := range d.targets {
		if t.Column != c.Index {
			continue
		}
		if s, ok := spotOfTarget(t); ok {
			return reading{s, places[is].Unit}
		}
	}
	switch is {
	case cEstate, cBuilding, cUnit, cRoom, cAddress:
		return reading{spotPlace, places[is].Unit}
	case cCameOn, cOrderOn:
		return reading{spot: spotDay}
	case cWay:
		return reading{spot: spotWay}
	case cStaff:
		return reading{spot: spotStaff}
	case cOrderNo:
		return reading{spot: spotOrder}
	case cName, cHolder, cPhone, cPhones, cWeChat, cEmail, cGender, cSalut, cBirthday, cHandover, cArea, cAmount, cComputed, cRegion, cNextAt, cSensitive:
		return reading{spot: spotNone}
	}
	return reading{spot: spotOpen}
}

// spotOfTarget follows the mapping for what is evidence and for addresses.
func spotOfTarget(t Target) (spot, bool) {
	switch {
	case t.Role == RoleWhen, t.Role == RoleOrder && t.Field == kexin.OrdOn:
		return spotDay, true
	case t.Role == RoleWay:
		return spotWay, true
	case t.Role == RoleOwner:
		return spotStaff, true
	case t.Role == RoleOrder && t.Field == kexin.OrdNo:
		return spotOrder, true
	case t.Role == RoleField && t.Field == kexin.CustAddress:
		return spotPlace, true
	}
	return spotNone, false
}

// byContent understands a column whose header says nothing of use.
func (d *Detector) byContent(i int) spot {
	flats := d.share(i, flatLike)
	switch {
	case flats >= 0.5:
		return spotPlace
	case d.share(i, dateLike) >= 0.8:
		return spotDay
	case d.share(i, knownWay) >= 0.8:
		return spotWay
	case flats > 0:
		return spotMaybe
	}
	return spotOpen
}

// share is the part of a column's cells in the block that are like something,
// of some that hold anything; 0 where fewer than three do.
func (d *Detector) share(column int, like func(string) bool) float64 {
	return d.shareOf(column, like, func(string) bool { return true })
}

// shareOf is share of the cells that count.
func (d *Detector) shareOf(column int, like, counts func(string) bool) float64 {
	filled, hits := 0, 0
	for _, cells := range d.block {
		if filled == drawn {
			break
		}
		if column >= len(cells) || strings.TrimSpace(cells[column]) == "" || !counts(cells[column]) {
			continue
		}
		filled++
		if like(cells[column]) {
			hits++
		}
	}
	if filled < 3 {
		return 0
	}
	return float64(hits) / float64(filled)
}

// address: flatLike with a word in it; the number of an order may look like
// building and flat.
func address(s string) bool {
	return strings.ContainsAny(s, "0123456789０１２３４５６７８９") && strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) }) && flatLike(s)
}

// flatLike: an address down to the flat, with something before the flat.
func flatLike(s string) bool {
	p := placeOf(s)
	return p.floor > 0 && (p.house != "" || p.estate != "") && !phoneLike(s) && !dateLike(s)
}

// findParts looks for flat, building and unit in columns of their own under
// headers that do not say so, or that say 订单号. Only together do they mean
// anything. Of a column only its numbers count: words between them hide nothing.
func (d *Detector) findParts(now []reading) {
	var flat, small, names []int
	houses, rooms := false, false
	for _, c := range d.columns {
		i := c.Index
		houses = houses || now[i].spot == spotPlace && now[i].unit != ""
		rooms = rooms || now[i].spot == spotPlace && now[i].unit == "室"
		switch {
		case now[i].spot != spotOpen && now[i].spot != spotOrder:
		case d.shareOf(i, bareFlat, startsWithDigit) >= 0.8:
			flat = append(flat, i)
		case now[i].spot == spotOrder:
		case d.shareOf(i, smallNumber, startsWithDigit) >= 0.8:
			small = append(small, i)
		case d.share(i, estateLike) >= 0.6:
			names = append(names, i)
		}
	}
	if len(names) > 0 {
		now[names[0]].spot = spotPlace
	}
	if rooms || len(flat) == 0 || len(small) == 0 && !houses {
		return
	}
	now[flat[0]] = reading{spotPart, "室"}
	for n, i := range small[:min(len(small), 2)] {
		now[i] = reading{spotPart, []string{"栋", "单元"}[n]}
	}
}

// startsWithDigit: a number, perhaps with a word behind it, and no day.
func startsWithDigit(s string) bool {
	s = narrow(s)
	return s != "" && s[0] >= '0' && s[0] <= '9' && !dateLike(s)
}

// bareFlat: 1203 or 1203室, a flat and nothing else.
func bareFlat(s string) bool {
	_, _, ok := flatOf(strings.TrimRight(strings.TrimSpace(s), "室户房号"))
	return ok
}

// smallNumber: the number of a building or unit, with its word or without.
func smallNumber(s string) bool {
	s = strings.TrimSpace(s)
	for _, w := range unitWords {
		s = strings.TrimSuffix(s, w)
	}
	n, ok := smallInt([]byte(s))
	return ok && n >= 1 && n <= 99
}

// estateLike: a short name with an ending that estates have.
func estateLike(s string) bool {
	s = strings.TrimSpace(s)
	if len(s) < 9 || len(s) > 45 {
		return false
	}
	for _, end := range []string{"花园", "苑", "府", "城", "庭", "家园", "邸", "湾", "里", "新村", "公馆", "小区", "广场", "一品", "名都", "国际", "半岛", "园", "居", "郡", "墅", "轩", "阁", "台", "院", "岸", "山庄", "华府", "豪庭", "期"} {
		if strings.HasSuffix(s, end) {
			return true
		}
	}
	return false
}

// trace keeps what one row says.
func (d *Detector) trace(cells []string) {
	if len(d.rows) == maxTraces {
		d.turn()
	}
	var t trace
	var where strings.Builder
	perhaps := ""
	for i, r := range d.spots {
		if i >= len(cells) || r.spot == spotNone || r.spot == spotOpen {
			continue
		}
		raw := strings.TrimSpace(cells[i])
		switch {
		case raw == "":
		case r.spot == spotPart && !bareFlat(raw) && !smallNumber(raw):
		case r.spot == spotPlace || r.spot == spotPart:
			where.WriteString(raw)
			if digitsOnly([]byte(narrow(raw))) {
				where.WriteString(r.unit)
			}
		case r.spot != spotMaybe && d.dealing(&t, r.spot, raw):
		case perhaps == "" && flatLike(raw):
			perhaps = raw
		}
	}
	if where.Len() == 0 {
		where.WriteString(perhaps)
	}
	d.locate(&t, placeOf(where.String()))
	d.rows = append(d.rows, t)
}

// A tally counts rows: all, those with a place, and those without dealings.
type tally struct{ rows, placed, bare int }

// turn closes a window: of its rows those stay that a list of owners could be
// made of.
func (d *Detector) turn() {
	bare, n := d.withoutDealings()
	d.before = d.before.plus(n)
	if len(d.bare)+len(bare) > 2*maxTraces {
		d.caught = d.caught || d.refuse(shapeOf(d.bare), d.before)
		d.bare = d.bare[:0]
	}
	d.bare, d.rows = append(d.bare, bare...), d.rows[:0]
}

func (n tally) plus(m tally) tally {
	return tally{n.rows + m.rows, n.placed + m.placed, n.bare + m.bare}
}

// locate keeps where a person lives: estate always, house and flat where the
// address goes down to them.
func (d *Detector) locate(t *trace, p place) {
	if p.estate == "" && p.house == "" {
		return
	}
	t.estate = d.hash(p.estate)
	if p.floor > 0 {
		building, _, _ := strings.Cut(p.house, "-")
		t.building, t.house = d.hash(p.estate+"/"+building), d.hash(p.estate+"/"+p.house)
		t.floor, t.flat = int32(p.floor), int32(p.flat)
	}
}

// dealing keeps a sign of dealings, if the cell really holds one: a number of
// a flat under the header 订单号 is none, nor is a whole address under any.
func (d *Detector) dealing(t *trace, s spot, raw string) bool {
	if s != spotDay && address(raw) {
		return false
	}
	switch s {
	case spotDay:
		if n, ok := smallInt([]byte(raw)); dateLike(raw) || ok && n > 30000 && n < 60000 {
			day, _, _ := strings.Cut(strings.ReplaceAll(raw, "T", " "), " ")
			t.day = d.hash(day)
		}
		return t.day != 0
	case spotWay:
		switch way := wayOf(raw); {
		case way == unlawfulWay:
			d.strange++
		case way != "" || !numberLike(raw):
			t.way = d.hash(raw)
		}
		return true
	case spotStaff:
		if !numberLike(raw) {
			t.staff = d.hash(raw)
		}
		return true
	case spotOrder:
		if len(raw) >= 5 && !phoneLike(raw) && !dateLike(raw) && strings.ContainsAny(raw, "0123456789") {
			t.order = d.hash(raw)
		}
	}
	return t.order != 0
}

// hash is never 0.
func (d *Detector) hash(s string) uint64 { return maphash.String(d.seed, s) | 1 }
