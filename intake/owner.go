package intake

import (
	"hash/maphash"
	"strings"

	"kexin"
)

// A Detector recognises a list of home owners 业主名单 (law IMP-03): most rows
// in a few estates, flat beside flat, and nothing per row that shows dealings
// with the shop. It looks at the columns that hold places, days, ways, staff
// and orders, by target, by header, or by content where both are mute or have
// been renamed. It keeps hashes and counts of the first 200,000 rows, no
// values.
type Detector struct {
	columns []Column
	targets []Target
	first   [][]string // rows kept until the columns are understood
	known   bool
	spots   []spot // by column index
	units   []string
	rows    []trace
	holder  bool // a header says 业主
	homes   int  // headers about flats
	strange int  // rows whose way is unlawful
	seed    maphash.Seed
}

// A spot is what the Detector reads in a column.
type spot uint8

const (
	spotNone spot = iota
	spotPlace
	spotDay
	spotWay
	spotStaff
	spotOrder
	spotOpen // not understood yet
)

// A trace is what is kept of a row; 0 stands for nothing.
type trace struct {
	estate, building, house uint64
	floor, flat             int32
	day, way, staff, order  uint64
}

const (
	firstRows = 256
	maxTraces = 200_000
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
	d.spots, d.units = make([]spot, width), make([]string, width)
	return d
}

// Add looks at one row. Rows of Skip are not data.
func (d *Detector) Add(row Row) {
	switch {
	case row.Skip != "":
	case d.known:
		d.trace(row.Cells)
	default:
		d.first = append(d.first, append([]string(nil), row.Cells...))
		if len(d.first) == firstRows {
			d.understand()
		}
	}
}

// understand decides what each column is and goes through the rows kept.
func (d *Detector) understand() {
	if d.known {
		return
	}
	d.known = true
	for _, c := range d.columns {
		d.spots[c.Index], d.units[c.Index] = d.claimed(c)
	}
	for _, c := range d.columns {
		if d.spots[c.Index] == spotOpen {
			d.spots[c.Index] = d.byContent(c.Index)
		}
	}
	d.findParts()
	for _, cells := range d.first {
		d.trace(cells)
	}
	d.first = nil
}

// claimed is what target and header say about a column.
func (d *Detector) claimed(c Column) (spot, string) {
	is := conceptOf(c.Name)
	for _, t := range d.targets {
		if t.Column != c.Index {
			continue
		}
		if s, ok := spotOfTarget(t); ok {
			return s, places[is].Unit
		}
	}
	switch is {
	case cEstate, cBuilding, cUnit, cRoom, cAddress:
		return spotPlace, places[is].Unit
	case cCameOn, cOrderOn:
		return spotDay, ""
	case cWay:
		return spotWay, ""
	case cStaff:
		return spotStaff, ""
	case cOrderNo:
		return spotOrder, ""
	case cName, cHolder, cPhone, cPhones, cWeChat, cEmail, cGender, cSalut, cBirthday, cHandover, cArea, cAmount, cComputed, cRegion, cNextAt, cSensitive:
		return spotNone, ""
	}
	return spotOpen, ""
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
	switch {
	case share(d.first, i, flatLike) >= 0.5:
		return spotPlace
	case share(d.first, i, dateLike) >= 0.8:
		return spotDay
	case share(d.first, i, knownWay) >= 0.8:
		return spotWay
	}
	return spotOpen
}

// flatLike: an address down to the flat, with something before the flat.
func flatLike(s string) bool {
	p := placeOf(s)
	return p.floor > 0 && (p.house != "" || p.estate != "") && !phoneLike(s) && !dateLike(s)
}

// findParts looks for flat, building and unit in columns of their own under
// headers that do not say so, or that say 订单号. Only together do they mean
// anything.
func (d *Detector) findParts() {
	var flat, small, names []int
	houses, rooms := false, false
	for _, c := range d.columns {
		i := c.Index
		houses = houses || d.spots[i] == spotPlace && d.units[i] != ""
		rooms = rooms || d.spots[i] == spotPlace && d.units[i] == "室"
		switch {
		case d.spots[i] != spotOpen && d.spots[i] != spotOrder:
		case share(d.first, i, bareFlat) >= 0.8:
			flat = append(flat, i)
		case d.spots[i] == spotOrder:
		case share(d.first, i, smallNumber) >= 0.8:
			small = append(small, i)
		case share(d.first, i, estateLike) >= 0.6:
			names = append(names, i)
		}
	}
	if len(names) > 0 {
		d.spots[names[0]] = spotPlace
	}
	if rooms || len(flat) == 0 || len(small) == 0 && !houses {
		return
	}
	d.spots[flat[0]], d.units[flat[0]] = spotPlace, "室"
	for n, i := range small[:min(len(small), 2)] {
		d.spots[i], d.units[i] = spotPlace, []string{"栋", "单元"}[n]
	}
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
		return
	}
	var t trace
	var where strings.Builder
	for i, s := range d.spots {
		if i >= len(cells) || s == spotNone || s == spotOpen {
			continue
		}
		raw := strings.TrimSpace(cells[i])
		switch {
		case raw == "":
		case s == spotPlace:
			where.WriteString(raw)
			if digitsOnly([]byte(narrow(raw))) {
				where.WriteString(d.units[i])
			}
		default:
			d.dealing(&t, s, raw)
		}
	}
	d.locate(&t, placeOf(where.String()))
	d.rows = append(d.rows, t)
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
// a flat under the header 订单号 is none.
func (d *Detector) dealing(t *trace, s spot, raw string) {
	switch s {
	case spotDay:
		if n, ok := smallInt([]byte(raw)); dateLike(raw) || ok && n > 30000 && n < 60000 {
			day, _, _ := strings.Cut(strings.ReplaceAll(raw, "T", " "), " ")
			t.day = d.hash(day)
		}
	case spotWay:
		switch way := wayOf(raw); {
		case way == unlawfulWay:
			d.strange++
		case way != "" || !numberLike(raw):
			t.way = d.hash(raw)
		}
	case spotStaff:
		if !numberLike(raw) {
			t.staff = d.hash(raw)
		}
	case spotOrder:
		if len(raw) >= 5 && !phoneLike(raw) && !dateLike(raw) && strings.ContainsAny(raw, "0123456789") {
			t.order = d.hash(raw)
		}
	}
}

// hash is never 0.
func (d *Detector) hash(s string) uint64 { return maphash.String(d.seed, s) | 1 }
