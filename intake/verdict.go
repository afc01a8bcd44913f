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
	minOwners     = 10  // rows without dealings, below which nothing is concluded
	concentrated  = 0.6 // of them in the three largest estates
	inFlats       = 0.6 // of them down to the flat
	nextDoor      = 0.5 // of those in flats, have a neighbour in the list
	nextDoorAlone = 0.7 // where estates are many
	minAlone      = 60  // rows
	complete      = 0.8 // of an estate's rows in flats: have a neighbour, whatever else is in the file
	partOfList    = 0.3 // rows without dealings, of all that say where; or
	partAbsolute  = 100 // so many of them
	manyDays      = 5.0 // days that a column must vary over to be per row
)

// A shape is where the persons of some rows live, as shares of those rows that
// say where: others show nothing, however many there are.
type shape struct {
	rows       int     // that say where
	dense      int     // of them in estates that are complete
	top3       float64 // in the three largest estates
	flats      float64 // with a number of a flat
	neighbours float64 // of those in flats: the next flat or floor is in the list too
}

// withoutDealings are the rows of the window that live somewhere and show no
// dealings, with the numbers of all. A row with dealings is one with an order
// number, a day, or way and staff, where that column varies from row to row; a
// constant filled down shows nothing, nor does a day that all of a building
// share, as the day of handover does.
func (d *Detector) withoutDealings() (bare []trace, n tally) {
	days, ways := effective(d.rows, dayOf), effective(d.rows, wayIn)
	staff, orders := effective(d.rows, staffOf), effective(d.rows, func(t trace) uint64 { return t.order })
	byDay := days.varied >= min(manyDays, float64(days.filled)/6) && days.filled > 1 && d.perBuilding() >= 2
	byOrder := orders.filled > 1 && float64(orders.distinct) >= 0.3*float64(orders.filled)
	byStaff := ways.varied >= 1.5 && staff.varied >= 1.5
	n.rows = len(d.rows)
	for _, t := range d.rows {
		if t.estate != 0 {
			n.placed++
		}
		if byOrder && t.order != 0 || byDay && t.day != 0 || byStaff && t.way != 0 && t.staff != 0 {
			continue
		}
		n.bare++
		if t.estate != 0 {
			bare = append(bare, t)
		}
	}
	return bare, n
}

func dayOf(t trace) uint64   { return t.day }
func wayIn(t trace) uint64   { return t.way }
func staffOf(t trace) uint64 { return t.staff }

// Verdict judges the rows so far. The list is refused for what the rows without
// dealings look like.
func (d *Detector) Verdict() Verdict {
	d.close()
	bare, n := d.withoutDealings()
	n = d.before.plus(n)
	all, without := shapeOf(d.rows), shapeOf(append(bare, d.bare...))
	v := Verdict{Refuse: d.caught || d.refuse(without, n), Score: d.score(all, without, n)}
	if v.Refuse {
		v.Score = max(v.Score, 0.9)
	}
	v.Features = []Feature{
		{"rows", float64(n.rows)}, {"placed", float64(n.placed)}, {"without_dealings", float64(n.bare)}, {"of_them_placed", float64(without.rows)},
		{"top3_estates", without.top3}, {"flats", without.flats}, {"neighbours", without.neighbours}, {"in_complete_estates", float64(without.dense)},
		{"all_top3_estates", all.top3}, {"all_flats", all.flats}, {"all_neighbours", all.neighbours},
		{"owner_header", bit(d.holder)}, {"home_headers", float64(d.homes)}, {"unlawful_ways", float64(d.strange)},
		{"days_varied", effective(d.rows, dayOf).varied}, {"ways_varied", effective(d.rows, wayIn).varied}, {"staff_varied", effective(d.rows, staffOf).varied},
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

// refuse applies the rules to the rows that live somewhere and show no
// dealings.
func (d *Detector) refuse(s shape, n tally) bool {
	if s.rows < minOwners || float64(s.rows) < partOfList*float64(n.placed) && s.rows < partAbsolute {
		return false
	}
	few := s.top3 >= concentrated
	headers := few && (s.rows >= minAlone || float64(s.rows) >= concentrated*float64(n.bare))
	switch {
	case few && s.flats >= inFlats && s.neighbours >= nextDoor: // by what is in it
	case headers && d.holder: // by its headers: 小区, 业主, 电话
	case headers && d.homes >= 4: // 小区, 栋, 单元, 室, whoever the person is called
	case s.flats >= inFlats && s.neighbours >= nextDoorAlone && s.rows >= minAlone: // many estates, each complete
	case s.dense >= minAlone: // complete estates among others
	default:
		return false
	}
	return true
}

// score is half what the whole list looks like, half what is without dealings.
func (d *Detector) score(all, without shape, n tally) float64 {
	if n.placed == 0 {
		return 0
	}
	looks := (all.top3 + all.flats*all.neighbours + max(bit(d.holder), min(float64(d.homes)/4, 1))) / 3
	return looks/2 + looks*float64(without.rows)/float64(n.placed)/2
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
	var s shape
	estates, flats, near := map[uint64]int{}, map[uint64]int{}, map[uint64]int{}
	doors := map[door]bool{}
	for _, t := range rows {
		if t.estate == 0 {
			continue
		}
		s.rows++
		estates[t.estate]++
		if t.floor > 0 {
			flats[t.estate]++
			doors[door{t.house, t.floor, t.flat}] = true
		}
	}
	if s.rows == 0 {
		return s
	}
	for _, t := range rows {
		if hasNeighbour(t, doors) {
			near[t.estate]++
		}
	}
	inFlat, nextTo := 0, 0
	for e, n := range flats {
		inFlat, nextTo = inFlat+n, nextTo+near[e]
		if n >= minOwners && float64(near[e]) >= complete*float64(n) {
			s.dense += n
		}
	}
	s.top3, s.flats = float64(largest(estates, 3))/float64(s.rows), float64(inFlat)/float64(s.rows)
	if inFlat > 0 {
		s.neighbours = float64(nextTo) / float64(inFlat)
	}
	return s
}

// hasNeighbour reports a row whose next flat, or the one above or below it, is
// in the list too. Lists of owners are complete, customers are scattered.
func hasNeighbour(t trace, doors map[door]bool) bool {
	if t.floor == 0 {
		return false
	}
	for _, step := range [4][2]int32{{1, 0}, {-1, 0}, {0, 1}, {0, -1}} {
		if doors[door{t.house, t.floor + step[0], t.flat + step[1]}] {
			return true
		}
	}
	return false
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
