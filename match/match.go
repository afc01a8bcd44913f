// Package match decides whether two descriptions are one person: a row of an
// import and a record that is there, or two rows of one file. Exact keys find
// the candidates (Keys), and Decide weighs them. It is pure, gives the same
// answer for the same question, and says why in codes that the review page
// shows.
//
// What decides is exact: the same phone and a name that fits is the same
// person; the same phone and clearly another name is a question, because
// families share phones. Names and places alone decide only where no number
// can: the same full name in the same flat. Scores order the questions; they
// never merge anybody (Fellegi and Sunter 1969 call what lies between the two
// thresholds clerical review).
package match

import (
	"slices"
	"strings"

	"kexin"
	"kexin/kind"
	"kexin/kind/region"
)

// Facts are what a person or company is known by.
type Facts struct {
	Name       string
	Salutation string // code of field salutation
	Company    bool
	Phones     []string // E.164
	WeChat     string
	Email      string
	USCC       string
	Region     string // division code, "" where not known
	Estate     string // name as package region writes it
	Room       string // building, unit and room, joined by "-"
	Orders     []string
}

// FactsOf gathers them from a customer's values, and the shop's numbers of
// her orders.
func FactsOf(vals map[kexin.FieldID]kexin.Value, orders ...string) Facts {
	f := Facts{
		Name: vals[kexin.CustName].S, Salutation: vals[kexin.CustSalut].S, Company: vals[kexin.CustType].S == "company",
		Phones: append(vals[kexin.CustPhone].Strings(), vals[kexin.CustPhones].Strings()...),
		WeChat: vals[kexin.CustWeChat].S, Email: vals[kexin.CustEmail].S, USCC: vals[kexin.CustUSCC].S,
		Region: vals[kexin.CustRegion].S, Orders: orders,
	}
	f.Estate, f.Room = region.Estate(vals[kexin.CustAddress].S)
	return f
}

// KeyHome is the family of keys made of a full name's pinyin and an estate. It
// finds people who left no number.
const KeyHome kexin.KeyKind = 7

// orderLen is how long an order number must be to tell one shop's order from
// another's: running numbers such as 12 begin anew in every branch.
const orderLen = 6

// Keys are what candidates for these facts are found by, in canonical form,
// each once, those that decide first.
func Keys(f Facts) []kexin.Key {
	out := make([]kexin.Key, 0, len(f.Phones)+len(f.Orders)+3)
	add := func(k kexin.KeyKind, canon string, field kexin.FieldID) {
		if x := (kexin.Key{Kind: k, Canon: canon, Field: field}); canon != "" && !slices.Contains(out, x) {
			out = append(out, x)
		}
	}
	for _, p := range f.Phones {
		number, _, _ := strings.Cut(p, ";") // without extension
		add(kexin.KeyPhone, number, kexin.CustPhone)
	}
	add(kexin.KeyWeChat, f.WeChat, kexin.CustWeChat)
	add(kexin.KeyEmail, f.Email, kexin.CustEmail)
	add(kexin.KeyUSCC, f.USCC, kexin.CustUSCC)
	for _, no := range f.Orders {
		if len(no) >= orderLen {
			add(kexin.KeyOrder, no, kexin.OrdNo)
		}
	}
	if k, ok := Home(f); ok {
		out = append(out, k)
	}
	return out
}

// Home is the key of name and estate; ok is false without an estate or with
// no more than a surname.
func Home(f Facts) (k kexin.Key, ok bool) {
	if f.Estate == "" || f.Company {
		return k, false
	}
	n := nameOf(f)
	if n.key == "" || n.bare {
		return k, false
	}
	return kexin.Key{Kind: KeyHome, Canon: n.sound() + "|" + f.Estate, Field: kexin.CustAddress}, true
}

// A Verdict is what became of the question.
type Verdict uint8

// The verdicts.
const (
	New    Verdict = iota // nobody who is there
	Same                  // the candidate
	Review                // a person must judge
)

// A Decision is an answer with its reasons.
type Decision struct {
	Verdict Verdict
	At      int // index of the candidate; -1 for New
	Score   int // 0 to 100
	Why     []Why
}

// Decide compares a row with every candidate and takes the strongest answer:
// the same person before a question, the higher score before the lower, the
// earlier candidate before the later.
func Decide(row Facts, candidates []Facts) Decision {
	best := Decision{At: -1}
	if len(candidates) == 0 {
		return best
	}
	c := comparer{row: row, name: nameOf(row)}
	for i, there := range candidates {
		d := c.judge(there)
		if d.Verdict == New {
			continue
		}
		d.At = i
		if best.At < 0 || stronger(d, best) {
			best = d
		}
	}
	return best
}

func stronger(a, b Decision) bool {
	if a.Verdict != b.Verdict {
		return a.Verdict == Same
	}
	return a.Score > b.Score
}

// fullName reports whether a name has more than a surname; kind.NameKey has
// taken the salutation off.
func fullName(name string) bool { return !bare(kind.NameKey(name)) }
