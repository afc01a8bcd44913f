package match

import (
	"slices"
	"strings"

	"kexin/kind/region"
)

// A Why is one reason for or against, with a sentence in the catalogue under
// "why.<code>".
type Why string

// The reasons, in the order in which they are given.
const (
	SamePhone    Why = "same_phone"
	SameWeChat   Why = "same_wechat"
	SameEmail    Why = "same_email"
	SameUSCC     Why = "same_uscc"
	SameOrder    Why = "same_order"
	SameName     Why = "same_name"
	Homophone    Why = "homophone"     // names read alike
	SameSurname  Why = "same_surname"  // a surname with a salutation
	NameClose    Why = "name_close"    // names differ in one character
	NameDiffers  Why = "name_differs"  // clearly other names
	SameEstate   Why = "same_estate"   // the same estate
	SameRoom     Why = "same_room"     // and the same flat
	RoomDiffers  Why = "room_differs"  // the same estate, another flat
	PhoneDiffers Why = "phone_differs" // both have numbers, and none in common
)

// Reasons are all reasons, for the test of the catalogue.
var Reasons = [...]Why{SamePhone, SameWeChat, SameEmail, SameUSCC, SameOrder, SameName, Homophone, SameSurname, NameClose, NameDiffers,
	SameEstate, SameRoom, RoomDiffers, PhoneDiffers}

// The weights of the score. They were set by hand so that what is certain
// passes 80, and a full name in the right estate lies about the threshold.
const (
	weightNumber   = 55  // a number or address in common
	weightUSCC     = 80  // a credit code
	weightLong     = 35  // a name of three characters or more
	weightName     = 25  // a name of two
	weightSound    = 25  // read alike
	weightSurname  = 15  // a surname that fits
	weightClose    = 10  // one character differs
	weightEstate   = 15  // the estate
	weightDistrict = 10  // and its district
	weightRoom     = 25  // and the flat
	weightNoPhone  = 5   // nothing speaks against: one has no number
	againstName    = -25 // another name
	againstRoom    = -25 // another flat
	againstPhone   = -25 // other numbers

	// askFrom is the score from which a name in an estate is worth a question.
	askFrom = 60
)

// A comparer compares one row with candidates.
type comparer struct {
	row  Facts
	name name
}

// Weigh compares a row with one record that it may be about whatever they have
// in common, because something else has led to it.
func Weigh(row, there Facts) Decision {
	c := comparer{row: row, name: nameOf(row)}
	return c.judge(there)
}

// judge weighs one candidate.
func (c *comparer) judge(there Facts) Decision {
	d := Decision{}
	found := c.numbers(there, &d)
	like := c.name.like(nameOf(there))
	c.names(like, &d)
	room := c.places(there, &d)
	d.Score = min(max(d.Score, 0), 100)
	switch {
	case found == byNumber && like.fits(), found == byOrder && like >= sounds:
		d.Verdict = Same
	case found == byNumber, found == byOrder && (like != differs || !c.otherPhone(there)):
		d.Verdict = Review
	default:
		d.Verdict = c.byPlace(there, like, room, d.Score)
	}
	return d
}

// A finding is what identifies a person by itself.
type finding uint8

const (
	byNothing finding = iota
	byOrder           // an order number alone: two branches may have given it twice
	byNumber          // a phone, an account or a credit code
)

// common reports a phone that both have.
func (c *comparer) common(there Facts) bool {
	return slices.ContainsFunc(c.row.Phones, func(p string) bool { return slices.Contains(there.Phones, p) })
}

// otherPhone reports numbers on both sides and none in common.
func (c *comparer) otherPhone(there Facts) bool {
	return len(c.row.Phones) > 0 && len(there.Phones) > 0 && !c.common(there)
}

// numbers looks for what identifies a person by itself.
func (c *comparer) numbers(there Facts, d *Decision) (found finding) {
	hit := func(yes bool, by finding, why Why, weight int) {
		if !yes {
			return
		}
		if found == byNothing {
			d.Score += weight
		}
		found = max(found, by)
		d.Why = append(d.Why, why)
	}
	hit(c.row.USCC != "" && c.row.USCC == there.USCC, byNumber, SameUSCC, weightUSCC)
	hit(c.common(there), byNumber, SamePhone, weightNumber)
	hit(c.row.WeChat != "" && c.row.WeChat == there.WeChat, byNumber, SameWeChat, weightNumber)
	hit(c.row.Email != "" && c.row.Email == there.Email, byNumber, SameEmail, weightNumber)
	hit(slices.ContainsFunc(c.row.Orders, func(no string) bool { return len(no) >= orderLen && slices.Contains(there.Orders, no) }), byOrder, SameOrder, weightNumber)
	switch {
	case c.otherPhone(there):
		d.Score += againstPhone
		d.Why = append(d.Why, PhoneDiffers)
	case len(c.row.Phones) == 0 || len(there.Phones) == 0:
		d.Score += weightNoPhone
	}
	return found
}

func (c *comparer) names(like likeness, d *Decision) {
	add := func(why Why, weight int) { d.Why, d.Score = append(d.Why, why), d.Score+weight }
	switch like {
	case equal:
		if weight := weightLong; len(c.name.key) > 6 {
			add(SameName, weight)
		} else {
			add(SameName, weightName)
		}
	case sounds:
		add(Homophone, weightSound)
	case surname:
		add(SameSurname, weightSurname)
	case variant:
		add(NameClose, weightClose)
	case differs:
		add(NameDiffers, againstName)
	}
}

// A nearness says how two homes stand to each other.
type nearness uint8

const (
	apart   nearness = iota // other estates, or not known
	near                    // the same estate; the flat is not known
	another                 // the same estate, another flat
	home                    // the same flat
)

func (c *comparer) places(there Facts, d *Decision) nearness {
	if c.row.Estate == "" || c.row.Estate != there.Estate || !sameRegion(c.row.Region, there.Region) {
		return apart
	}
	d.Why, d.Score = append(d.Why, SameEstate), d.Score+weightEstate
	if c.row.Region != "" && there.Region != "" && region.Level(c.row.Region) == region.District && region.Level(there.Region) == region.District {
		d.Score += weightDistrict
	}
	n := flats(c.row.Room, there.Room)
	switch n {
	case home:
		d.Why, d.Score = append(d.Why, SameRoom), d.Score+weightRoom
	case another:
		d.Why, d.Score = append(d.Why, RoomDiffers), d.Score+againstRoom
	}
	return n
}

// sameRegion reports regions that do not contradict each other.
func sameRegion(a, b string) bool {
	return a == "" || b == "" || region.Within(a, b) || region.Within(b, a)
}

// flats compares rooms. People leave the unit out: 28-802 and 28-1-802 are
// one flat. A building alone is no flat.
func flats(a, b string) nearness {
	x, y := strings.Split(a, "-"), strings.Split(b, "-")
	if len(x) < 2 || len(y) < 2 {
		if a != "" && b != "" && x[0] != y[0] {
			return another
		}
		return near
	}
	if x[0] != y[0] || x[len(x)-1] != y[len(y)-1] || len(x) == len(y) && a != b {
		return another
	}
	return home
}

// byPlace decides without any number in common.
func (c *comparer) byPlace(there Facts, like likeness, n nearness, score int) Verdict {
	noPhone := len(c.row.Phones) == 0 || len(there.Phones) == 0
	full := like == equal && !c.name.bare && fullName(there.Name)
	long := like == sounds && len(c.name.key) > 6 // two given characters read alike
	switch {
	case n == apart || n == another:
		return New
	case n == home && noPhone && (full || long):
		return Same
	case n == home && (full || like == sounds):
		return Review
	case full && score >= askFrom:
		return Review
	}
	return New
}
