package gate

import (
	"kexin"
	"kexin/law"
)

// An Answer is all that may be said to "is this value known?" (security.md
// A4): nothing, one's own records, or that there is one.
type Answer struct {
	Known   bool       // somewhere in this merchant
	Records []kexin.ID // those in the actor's scope
	Owners  []kexin.ID // who protects the others, for positions that may know
}

// A Spend is how much of a budget a person has used.
type Spend struct {
	Minute, Day, Month int
	DeptDay            int
	Frozen             bool // the detector closed the door; the PIO opens it
}

// MayLookup holds a lookup against the budgets of one person and department.
// Misses count as well. midnight is when the merchant's day ends: then the
// day's budget begins anew, and the 30 days' gives back what is oldest.
func MayLookup(s Spend, now, midnight kexin.Instant) error {
	key, until := "", midnight
	switch {
	case s.Frozen:
		return &kexin.Error{Op: "gate.lookup", Code: kexin.Forbidden, Key: "error.lookup_frozen"}
	case s.Minute >= law.LookupPerMinute:
		key, until = "error.lookup_minute", now+60_000
	case s.Day >= law.LookupPerDay, s.DeptDay >= law.LookupDeptPerDay:
		key = "error.lookup_budget"
	case s.Month >= law.LookupPer30Days:
		key = "error.lookup_month"
	default:
		return nil
	}
	return &kexin.Error{Op: "gate.lookup", Code: kexin.RateLimited, Key: key, Until: until}
}

// Left is how many lookups more a person may make today, 0 for none.
func (s Spend) Left() int {
	if s.Frozen {
		return 0
	}
	return max(0, min(law.LookupPerDay-s.Day, law.LookupPer30Days-s.Month, law.LookupDeptPerDay-s.DeptDay))
}

// Probing reports whether somebody walks through numbers: many different
// values with one tail or one head in 30 days.
func Probing(sameTail, sameHead int) bool {
	return sameTail >= law.DetectSameLast4 || sameHead >= law.DetectSameHead7
}

// A Hit is one record that has the value.
type Hit struct {
	Facts
	Object kexin.Object
}

// Lookup is the one door for equality 查重: whether asked by the search box,
// create, edit, import, merge, invite or upload. Hits outside the scope say
// only that there is something.
func Lookup(s *State, a kexin.Actor, hits []Hit) (Answer, error) {
	post, err := s.post(a, kexin.ActLookup)
	if err != nil {
		return Answer{}, err
	}
	var ans Answer
	for _, h := range hits {
		if h.State != Active && h.State != Restricted {
			continue
		}
		ans.Known = true
		in, _ := In(s, a, post, h.Facts)
		switch {
		case in && h.Object == kexin.Customer:
			ans.Records = append(ans.Records, h.ID)
		case post.Owners:
			ans.Owners = append(ans.Owners, h.Owner)
		}
	}
	return ans, nil
}

// Tells reports whether a colleague may know who protects a record and leads
// the person who asks: the one to turn to.
func Tells(s *State, colleague kexin.Actor, who kexin.ID) bool {
	p := s.Matrix.Posts[colleague.Position]
	return p != nil && p.Owners && s.Tree.scope(colleague, p.Ceiling).Has(who)
}

// Led are the members whose imports and alerts an actor may look at and act
// on: those in the scope of a position that moves records, else himself.
func Led(s *State, a kexin.Actor) Scope {
	if p := s.Matrix.Posts[a.Position]; p != nil && p.Acts[kexin.ActMove] {
		return s.Tree.scope(a, p.Ceiling)
	}
	return Scope{Owners: []kexin.ID{a.User}}
}

// MayReveal holds a reveal against the day's budget: more than it needs the
// second factor again, and somebody about to leave has fewer, until the
// merchant's midnight.
func MayReveal(day int, stepped, leaving bool, midnight kexin.Instant) error {
	limit := law.RevealPerDay
	if leaving {
		limit = law.LeavingPerDay
	}
	switch {
	case day < limit:
		return nil
	case leaving:
		return &kexin.Error{Op: "gate.reveal", Code: kexin.RateLimited, Key: "error.reveal_budget", Until: midnight}
	case !stepped:
		return &kexin.Error{Op: "gate.reveal", Code: kexin.Unauthorized, Law: "E_STEP_UP", Key: "error.step_up"}
	}
	return nil
}

// Contacts are a person's contacts of the day.
type Contacts struct {
	Today   int // different customers
	Median  int // of his own last 30 days, 0 while he has too few of them
	NoNote  int // of the last 24 hours without note, call or task
	Again   bool
	Leaving bool
}

// MayContact holds a call or opening against the breaker of ACC-03. A customer
// contacted already today is no further one. What a day stops goes on at the
// merchant's midnight; missing notes stop until they are written.
func MayContact(c Contacts, midnight kexin.Instant) error {
	if c.Again {
		return nil
	}
	key, until := "", midnight
	switch {
	case c.Leaving && c.Today >= law.LeavingPerDay:
		key = "error.contact_leaving"
	case c.Today >= law.ContactPerDay:
		key = "error.contact_day"
	case c.Median > 0 && c.Today >= law.ContactMedianTimes*c.Median:
		key = "error.contact_median"
	case c.NoNote >= law.ContactNoNote:
		key, until = "error.contact_notes", 0
	default:
		return nil
	}
	return &kexin.Error{Op: "gate.contact", Code: kexin.RateLimited, Law: "E_BREAKER", Key: key, Until: until}
}
