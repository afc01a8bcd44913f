package intake

import "math"

// A Verdict is what the Detector thinks of a list. It has counts and shares
// only and may be kept (law IMP-03: features, score, hash of the file, 5 years).
type Verdict struct {
	Refuse   bool
	Score    float64 // 0 … 1; from 0.45 on a person should look even where Refuse is false
	Features []Feature
}

// A Feature is one measure behind a verdict.
type Feature struct {
	Name  string
	Value float64
}

// The thresholds of the verdict. 0.6 and three estates are the law's own.
const (
	minOwners     = 10   // rows without dealings, below which nothing is concluded
	concentrated  = 0.6  // of them in the three largest estates
	inFlats       = 0.6  // of them down to the flat
	nextDoor      = 0.5  // of those in flats, have a neighbour in the list
	nextDoorAlone = 0.7  // where estates are many
	minAlone      = 60   // rows
	partOfList    = 0.3  // rows without dealings, of all; or
	partAbsolute  = 100  // so many of them
	manyDays      = 5.0  // days that a column must vary over to be per row
	worthALook    = 0.45 // score
)

// A shape is where the persons of some rows live, as shares of the rows.
type shape struct {
	rows       int
	top3       float64 // in the three largest estates
	flats      float64 // with a number of a flat
	neighbours float64 // of those in flats: the next flat or floor is in the list too
}

// Verdict judges the rows so far. A row with dealings is one with an order
// number, a day, or way and staff, where that column varies from row to row; a
// constant filled down shows nothing, nor does a day that all of a building
// share, as the day of handover does. The list is refused for what the other
// rows look like.
func (d *Detector) Verdict() Verdict {
	d.understand()
	days, ways := effective(d.rows, func(t trace) uint64 { return t.day }), effective(d.rows, func(t trace) uint64 { return t.way })
	staff := effective(d.rows, func(t trace) uint64 { return t.staff })
	orders := effective(d.rows, func(t trace) uint64 { return t.order })
	byDay := days.varied >= min(manyDays, float64(days.filled)/6) && days.filled > 1 && d.perBuilding() >= 2
	byOrder := orders.filled > 1 && float64(orders.distinct) >= 0.3*float64(orders.filled)
	byStaff := ways.varied >= 1.5 && staff.varied >= 1.5
	var bare []trace
	for _, t := range d.rows {
		if byOrder && t.order != 0 || byDay && t.day != 0 || byStaff && t.way != 0 && t.staff != 0 {
			continue
		}
		bare = append(bare, t)
	}
	all, without := shapeOf(d.rows), shapeOf(bare)
	v := Verdict{Refuse: d.refuse(without), Score: d.score(all, without)}
	if v.Refuse {
		v.Score = max(v.Score, 0.9)
	}
	v.Features = []Feature{
		{"rows", float64(all.rows)}, {"without_dealings", float64(without.rows)},
		{"top3_estates", without.top3}, {"flats", without.flats}, {"neighbours", without.neighbours},
		{"all_top3_estates", all.top3}, {"all_flats", all.flats}, {"all_neighbours", all.neighbours},
		{"owner_header", bit(d.holder)}, {"home_headers", float64(d.homes)}, {"unlawful_ways", float64(d.strange)},
		{"days_varied", days.varied}, {"ways_varied", ways.varied}, {"staff_varied", staff.varied}, {"orders_distinct", float64(orders.distinct)},
	}
	return v
}

// bit is 1 for true: features are numbers.
func bit(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// refuse applies the rules to the rows without dealings.
func (d *Detector) refuse(s shape) bool {
	if s.rows < minOwners || float64(s.rows) < partOfList*float64(len(d.rows)) && s.rows < partAbsolute {
		return false
	}
	few := s.top3 >= concentrated
	sequential := s.flats >= inFlats && s.neighbours >= nextDoor
	switch {
	case few && sequential: // by what is in it
	case few && d.holder: // by its headers: 小区, 业主, 电话
	case few && d.homes >= 4: // 小区, 栋, 单元, 室, whoever the person is called
	case s.flats >= inFlats && s.neighbours >= nextDoorAlone && s.rows >= minAlone: // many estates, each complete
	default:
		return false
	}
	return true
}

// score is half what the whole list looks like, half what is without dealings.
func (d *Detector) score(all, without shape) float64 {
	if all.rows == 0 {
		return 0
	}
	looks := (all.top3 + all.flats*all.neighbours + max(bit(d.holder), min(float64(d.homes)/4, 1))) / 3
	return looks/2 + looks*float64(without.rows)/float64(all.rows)/2
}

// A spread is how the values of a column are distributed over the rows.
type spread struct {
	filled, distinct int
	varied           float64 // effective number of values: 1 ÷ Σp², 1 for a constant
}

// effective measures how a column varies; of gives a row's value, 0 for none.
func effective(rows []trace, of func(trace) uint64) spread {
	count := map[uint64]int{}
	s := spread{}
	for _, t := range rows {
		if v := of(t); v != 0 {
			count[v]++
			s.filled++
		}
	}
	s.distinct = len(count)
	sum := 0.0
	for _, n := range count {
		p := float64(n) / float64(s.filled)
		sum += p * p
	}
	if sum > 0 {
		s.varied = 1 / sum
	}
	return s
}

// perBuilding is the effective number of days within a building, on average
// over the rows of buildings with six or more; infinite where there is none.
func (d *Detector) perBuilding() float64 {
	groups := map[uint64][]trace{}
	for _, t := range d.rows {
		if t.building != 0 && t.day != 0 {
			groups[t.building] = append(groups[t.building], t)
		}
	}
	rows, sum := 0, 0.0
	for _, g := range groups {
		if len(g) >= 6 {
			rows += len(g)
			sum += float64(len(g)) * effective(g, func(t trace) uint64 { return t.day }).varied
		}
	}
	if rows == 0 || rows*2 < len(d.rows) {
		return math.Inf(1)
	}
	return sum / float64(rows)
}

// A door is one flat.
type door struct {
	house       uint64
	floor, flat int32
}

// shapeOf measures where the persons of rows live.
func shapeOf(rows []trace) shape {
	s := shape{rows: len(rows)}
	estates := map[uint64]int{}
	doors := map[door]bool{}
	flats := 0
	for _, t := range rows {
		if t.estate != 0 {
			estates[t.estate]++
		}
		if t.floor > 0 {
			flats++
			doors[door{t.house, t.floor, t.flat}] = true
		}
	}
	if len(rows) == 0 {
		return s
	}
	s.top3 = float64(largest(estates, 3)) / float64(len(rows))
	s.flats = float64(flats) / float64(len(rows))
	if flats > 0 {
		s.neighbours = float64(withNeighbour(rows, doors)) / float64(flats)
	}
	return s
}

// withNeighbour counts the rows whose next flat, or the one above or below it,
// is in the list too. Lists of owners are complete, customers are scattered.
func withNeighbour(rows []trace, doors map[door]bool) (n int) {
	for _, t := range rows {
		if t.floor == 0 {
			continue
		}
		at := door{t.house, t.floor, t.flat}
		for _, step := range [4][2]int32{{1, 0}, {-1, 0}, {0, 1}, {0, -1}} {
			if doors[door{at.house, at.floor + step[0], at.flat + step[1]}] {
				n++
				break
			}
		}
	}
	return n
}

// largest sums the k largest counts.
func largest(count map[uint64]int, k int) (sum int) {
	top := make([]int, k+1)
	for _, n := range count {
		top[k] = n
		for i := k; i > 0 && top[i] > top[i-1]; i-- {
			top[i], top[i-1] = top[i-1], top[i]
		}
	}
	for _, n := range top[:k] {
		sum += n
	}
	return sum
}
