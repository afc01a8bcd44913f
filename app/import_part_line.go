package app

import (
	"hash/maphash"
	"strings"

	"kexin"
	"kexin/intake"
	"kexin/kind"
	"kexin/kind/region"
	"kexin/match"
	"kexin/store"
)

// A partLine is what a row of such a list says besides the record's values.
type partLine struct {
	id     kexin.ID // of the customer, 0 where the row does not say
	name   string   // hers
	phones []string
	place  string       // hers, as it came
	nth    int          // how many equal lines of the order waited before it, of one that waits
	item   store.Values // a line of the order, nil for none
	order  uint64       // stands for the number of the order a line is of
	same   uint64       // stands for the line: equal ones of one order are told apart by how many were taken in
}

// who is what tells the customer, as one text.
func (l *partLine) who() string { return l.id.String() + strings.Join(l.phones, ",") + "\x1d" }

// part makes a line of a row of what hangs on customers.
func (r *lineReader) part(l *line, row intake.Row) *line {
	x := intake.Parts(row, r.targets, r.s, r.list, r.parse)
	l.part = &partLine{}
	if r.list == kexin.Task {
		r.staff(l, &x.Own, x.Staff, kexin.TaskTitle, kexin.TaskOwner)
	}
	kind.Normalise(r.s, &x.Own, r.env)
	l.vals, l.issues = x.Own.Values, x.Own.Issues
	if x.Line != nil {
		kind.Normalise(r.s, x.Line, r.env)
		l.part.item, l.issues = x.Line.Values, append(l.issues, x.Line.Issues...)
	}
	whose := r.whose(l, x.Of)
	if l.refused = fatal(l.issues); l.refused == "" {
		l.refused = whose
	}
	if l.refused == "" && l.part.item != nil {
		l.refused = r.item(l)
	}
	if x.Done && l.vals[kexin.TaskDoneAt].Empty() {
		l.vals[kexin.TaskDoneAt] = kexin.Num(doneAt(l.vals[kexin.TaskDueAt].N, int64(r.env.Now)))
	}
	if l.refused == "" {
		l.refused = r.lacks(l)
	}
	if l.refused == "" && r.list == kexin.Contact {
		r.source(l, x.Evidence)
	}
	return l
}

// doneAt is when a task was done that was done in time, as far as anybody can
// tell now.
func doneAt(due, now int64) int64 {
	if due == 0 || due > now {
		return now
	}
	return due
}

// whose reads what tells the customer, and gives why it cannot.
func (r *lineReader) whose(l *line, of intake.Whose) string {
	l.part.name = strings.TrimSpace(of.Name)
	if of.No != "" {
		id, err := kexin.ParseID(of.No)
		if err != nil {
			return refusedNumber
		}
		l.part.id = id
	}
	if of.Phone != "" {
		v, issues := kind.Parse(r.s.Field(kexin.CustPhone), of.Phone, r.env)
		l.part.phones = v.Strings()
		for _, i := range issues {
			i.Field, i.Fatal = kexin.CustPhone, i.Fatal || v.Empty()
			l.issues = append(l.issues, i)
		}
	}
	l.part.place = of.Place
	l.facts = match.Facts{Name: l.part.name, Phones: l.part.phones}
	code, rest, _ := region.Split(of.Place)
	l.facts.Region = code
	l.facts.Estate, l.facts.Room = region.Estate(rest)
	l.keys = match.Keys(l.facts)
	if l.part.id == 0 && len(l.keys) == 0 {
		return refusedWhose
	}
	return ""
}

// item settles a line: its price, and that it comes to what the row says.
func (r *lineReader) item(l *line) string {
	v := l.part.item
	sum, said := v[kexin.LineAmount]
	delete(v, kexin.LineAmount)
	delete(l.vals, kexin.OrdAmount) // the sum of the lines
	if v[kexin.LineQty].Empty() {
		v[kexin.LineQty] = kexin.Num(1)
	}
	qty := v[kexin.LineQty].N
	if v[kexin.LinePrice].Empty() {
		if !said || qty == 0 || sum.N%qty != 0 {
			return refusedPrice
		}
		v[kexin.LinePrice] = kexin.Num(sum.N / qty)
	}
	n, ok := kind.Times(qty, v[kexin.LinePrice].N)
	switch {
	case !ok:
		return refusedLarge
	case said && n != sum.N:
		return refusedSum
	case v[kexin.LineItem].Empty():
		return refusedLacks + "item"
	}
	l.part.order, l.part.same = maphash.String(r.seed, canonOf(kexin.OrdNo, l.vals[kexin.OrdNo]).S), r.hash(l)
	return ""
}

// hash stands for one line of one order of one customer.
func (r *lineReader) hash(l *line) uint64 {
	var h maphash.Hash
	h.SetSeed(r.seed)
	v := l.part.item
	for _, s := range []string{l.part.id.String(), strings.Join(l.part.phones, ","), l.vals[kexin.OrdNo].S, v[kexin.LineItem].S, kexin.Money(v[kexin.LineQty].N).String(), kexin.Money(v[kexin.LinePrice].N).String()} {
		h.WriteString(s + "\x1f")
	}
	return h.Sum64()
}

// lacks names the first field that must be filled and is not.
func (r *lineReader) lacks(l *line) string {
	for _, f := range r.own.Fields {
		if f.Rule.Required && f.Kind != kexin.KindRef && l.vals[f.ID].Empty() {
			return refusedLacks + f.Name
		}
	}
	return ""
}
