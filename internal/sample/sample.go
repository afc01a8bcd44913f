// Package sample makes customers 客户样本 of a home shop for measuring and for
// tests: nobody in it exists. Names follow published frequencies, which stand
// in the source with where they come from; phones are drawn from the blocks
// given to the carriers; districts are those of package region. Shares for
// which nothing is published (who leaves an e-mail, what an order costs) are
// set by hand and said to be so.
//
// A person depends on the seed and her number alone, so that any part of a
// list can be made again, in any order.
package sample

import (
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"kexin/kind/region"
)

// A Person is one customer as a shop would know her: codes as in the schema,
// texts as people write them, "" for what is not known.
type Person struct {
	Name       string
	Gender     string // f, m
	Salutation string // ms, mr
	Phone      string // 11 digits
	Phones     string // a second number
	WeChat     string
	Email      string
	Region     string // six digits, GB/T 2260
	Address    string // below the district
	Birthday   string // YYYY-MM-DD
	Need       []string
	Stage      string
	Source     string
	SourceOn   string
	Tags       []string
	Remark     string
	NextOn     string // day of the next contact
	OrderNo    string // with OrderOn and Amount, or all three empty
	OrderOn    string
	Amount     int64 // of the order, in fen
}

// A Source makes persons. It is safe for concurrent use.
type Source struct {
	seed      uint64
	day       time.Time // today, as the list sees it
	surnames  wheel
	districts []string // of the whole country
	near      []string // of the shop's own city
}

// New makes a source. day is the day on which the list would be written: no
// date of the past lies behind it and no next contact before it.
func New(seed uint64, day time.Time) *Source {
	s := &Source{seed: seed, day: day.UTC().Truncate(24 * time.Hour), surnames: surnameWheel(), districts: allDistricts()}
	for _, d := range s.districts {
		if strings.HasPrefix(d, home) {
			s.near = append(s.near, d)
		}
	}
	return s
}

// Person makes number i, from 0. Two persons of one source never share a
// phone; up to 100 million they never share an order number either.
func (s *Source) Person(i int) Person {
	r := rand.New(rand.NewPCG(s.seed, uint64(i)))
	p := Person{Phone: phone(s.seed, uint64(i))}
	p.Gender, p.Salutation = "f", "ms"
	if r.IntN(2) == 0 {
		p.Gender, p.Salutation = "m", "mr"
	}
	p.Name = s.name(r, p.Gender)
	p.Region = s.district(r)
	p.Address = address(r)
	s.reach(r, &p, i)
	s.interest(r, &p)
	s.order(r, &p, i)
	return p
}

// Shares set by hand: in a hundred customers, how many leave what.
const (
	sharePhones   = 8
	shareWeChat   = 40
	shareEmail    = 12
	shareBirthday = 20
	shareRemark   = 50
	shareNext     = 45
	shareOrder    = 35
	shareTags     = 15
	shareAtHome   = 60 // live in the shop's own city
)

func chance(r *rand.Rand, percent int) bool { return r.IntN(100) < percent }

// reach fills how else she can be reached.
func (s *Source) reach(r *rand.Rand, p *Person, i int) {
	if chance(r, sharePhones) {
		p.Phones = phone(s.seed, uint64(i)+secondPhones)
	}
	if chance(r, shareWeChat) {
		p.WeChat = "wx" + letters(r, 4) + strconv.Itoa(10000+r.IntN(90000))
	}
	if chance(r, shareEmail) {
		p.Email = letters(r, 6) + strconv.Itoa(i) + "@example.com" // RFC 2606: nobody's
	}
	if chance(r, shareBirthday) {
		p.Birthday = s.before(20*365 + r.IntN(50*365))
	}
}

// interest fills what she wants and how far it is.
func (s *Source) interest(r *rand.Rand, p *Person) {
	p.Need = []string{needs[r.IntN(len(needs))]}
	if chance(r, 25) {
		if other := needs[r.IntN(len(needs))]; other != p.Need[0] {
			p.Need = append(p.Need, other)
		}
	}
	p.Stage, p.Source = stages[r.IntN(len(stages))], sources[r.IntN(len(sources))]
	p.SourceOn = s.before(r.IntN(5 * 365))
	if chance(r, shareNext) {
		p.NextOn = s.before(-1 - r.IntN(60))
	}
	if chance(r, shareRemark) {
		p.Remark = remarks[r.IntN(len(remarks))]
	}
	if chance(r, shareTags) {
		p.Tags = []string{tags[r.IntN(len(tags))]}
	}
}

// Orders are log-normal: half of them below orderMedian, two thirds within a
// factor of e. The shape is the usual one of sums of sale; both figures are
// set by hand.
const (
	orderMedian = 8_600_00 // fen
	orderSigma  = 1.0
)

func (s *Source) order(r *rand.Rand, p *Person, i int) {
	if !chance(r, shareOrder) {
		return
	}
	came, _ := time.Parse(time.DateOnly, p.SourceOn)
	since := int(s.day.Sub(came).Hours() / 24)
	p.OrderOn = s.before(r.IntN(since + 1))
	p.OrderNo = "XS" + strings.ReplaceAll(p.OrderOn[2:], "-", "") + pad(i, 8)
	p.Amount = int64(math.Exp(math.Log(orderMedian)+orderSigma*r.NormFloat64())) / 100 * 100
}

// before is the day so many days before today.
func (s *Source) before(days int) string { return s.day.AddDate(0, 0, -days).Format(time.DateOnly) }

func pad(n, width int) string {
	t := strconv.Itoa(n)
	return strings.Repeat("0", max(0, width-len(t))) + t
}

func letters(r *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('a' + r.IntN(26))
	}
	return string(b)
}

// home is the shop's own city: 温州.
const home = "3303"

// district is one of the shop's city, or any of the country's.
func (s *Source) district(r *rand.Rand) string {
	if chance(r, shareAtHome) {
		return s.near[r.IntN(len(s.near))]
	}
	return s.districts[r.IntN(len(s.districts))]
}

// allDistricts asks package region for every code there could be.
func allDistricts() (out []string) {
	for n := 110000; n < 660000; n++ {
		code := strconv.Itoa(n)
		if code[2:4] != "00" && code[4:] != "00" && region.Level(code) == region.District {
			out = append(out, code)
		}
	}
	return out
}
