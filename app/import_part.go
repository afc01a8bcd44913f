package app

import (
	"context"
	"iter"
	"slices"

	"kexin"
	"kexin/gate"
	"kexin/intake"
	"kexin/kind"
	"kexin/match"
	"kexin/store"
)

// A list may hold what hangs on customers: contacts, orders with their lines,
// deals, follow-ups, tasks. Each row names a customer who is there; it makes or
// completes one record of hers, and never a customer.

// The causes of refusal of such rows. A colleague's customer is nobody: the
// answer tells no more than that she is not the importer's (security A4).
const (
	refusedWhose   = "whose_missing" // neither phone nor record number
	refusedNobody  = "whose_none"    // no customer of his has it
	refusedJudged  = "whose_judged"  // a person said that she is none of those found
	refusedDiffers = "record_differs"
	refusedPrice   = "line_price" // neither price nor sum, or no whole price
	refusedSum     = "line_sum"   // quantity by price is another sum
	refusedLarge   = "line_large"
	refusedNumber  = "ref_unknown"
	refusedLacks   = "missing_" // and the name of a field that must be filled
)

// listOf is what a list holds by its name, customers where none is given; ok is
// false where there is no such list.
func listOf(s *kexin.Schema, name string) (kexin.Object, bool) {
	if name == "" {
		return kexin.Customer, true
	}
	d := s.Named(name)
	if d == nil || !slices.Contains(intake.Lists, d.Object) {
		return 0, false
	}
	return d.Object, true
}

// A part is one record that hangs on a customer while an import decides about
// rows.
type part struct {
	known *store.KnownPart // nil for one that this import makes, and in the dry run
	at    gate.Facts       // zero for one that this import makes
	vals  store.Values
	lines []store.Values // of an order

	// What this step adds.
	changed  store.Values
	newLines []store.Values
	origins  []store.Origin // of what the list adds
	owner    kexin.ID       // of a new one
	step     *store.PartStep
}

func (x *part) fresh() bool { return x.at.ID == 0 }

// fetchParts reads what the customers of this step have of the list's object.
func (b *book) fetchParts() error {
	var ids []kexin.ID
	for id, p := range b.known {
		if p.slot < 0 {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	all, err := b.tx.Parts(b.sys, b.rules.list, ids)
	for _, k := range all {
		p := b.known[k.Of]
		p.parts = append(p.parts, &part{known: k, at: k.Facts, vals: k.Vals, lines: k.Lines})
	}
	return err
}

// from notes where a list has it from that it adds something to a contact
// (IMP-05).
func (x *part) from(list kexin.Object, o store.Origin) {
	same := func(have store.Origin) bool { return have.Kind == o.Kind && have.Day == o.Day && have.Way == o.Way }
	if list == kexin.Contact && !slices.ContainsFunc(x.origins, same) {
		x.origins = append(x.origins, o)
	}
}

// identities are the fields by which a record of a customer is the same.
var identities = map[kexin.Object][]kexin.FieldID{
	kexin.Order: {kexin.OrdNo},
	kexin.Deal:  {kexin.DealNeed, kexin.DealCloseOn},
	kexin.Visit: {kexin.VisitAt, kexin.VisitWay, kexin.VisitNote},
	kexin.Task:  {kexin.TaskTitle, kexin.TaskDueAt},
}

// part finds the record that a line is about, nil for none.
func (p *person) part(o kexin.Object, l *line) *part {
	if o == kexin.Contact {
		all := make([]match.Facts, len(p.parts))
		for i, x := range p.parts {
			all[i] = contactFacts(x.vals)
		}
		row := contactFacts(l.vals)
		if d := match.Decide(row, all); d.Verdict == match.Same {
			return p.parts[d.At]
		}
		for i, x := range p.parts { // of one customer, and nothing against it
			if kind.NameKey(all[i].Name) == kind.NameKey(row.Name) && (len(all[i].Phones) == 0 || len(row.Phones) == 0) {
				return x
			}
		}
		return nil
	}
	for _, x := range p.parts {
		if !slices.ContainsFunc(identities[o], func(f kexin.FieldID) bool { return canonOf(f, x.vals[f]) != canonOf(f, l.vals[f]) }) {
			return x
		}
	}
	return nil
}

// canonOf is a value as two spellings of one thing have it.
func canonOf(f kexin.FieldID, v kexin.Value) kexin.Value {
	if f == kexin.OrdNo {
		if no, err := kind.Canon(kexin.KeyOrder, v.S); err == nil {
			return kexin.Str(no)
		}
	}
	return v
}

// contactFacts are what a contact is known by.
func contactFacts(v store.Values) match.Facts {
	return match.Facts{Name: v[kexin.ContName].S, Phones: v[kexin.ContPhone].Strings(), WeChat: v[kexin.ContWeChat].S, Email: v[kexin.ContEmail].S}
}

// adds are the values of a line that a record lacks, and the names of the fields
// in which the two say different things. Those stay as they are, as a customer's
// do: what is there may be newer, and written by hand. Only a remark is added to.
func (b *book) adds(x *part, l *line) (diff store.Values, kept []string, code string) {
	diff = store.Values{}
	for _, f := range b.rules.state.Schema.Object(b.rules.list).Fields {
		was, v := x.vals[f.ID], l.vals[f.ID]
		switch {
		case v.Empty(), was == v, slices.Contains(identities[b.rules.list], f.ID), f.ID == kexin.ContName, f.ID == kexin.ContTitle && !was.Empty(), f.ID == kexin.TaskDoneAt && !was.Empty(), f.ID == kexin.OrdAmount && len(x.lines) > 0:
		case f.Kind == kexin.KindPhone:
			if u := union(was, v); u != was {
				diff[f.ID] = u
			}
		case was.Empty(), f.Kind == kexin.KindMoney && was.N == 0:
			diff[f.ID] = v
		case f.ID == kexin.OrdRemark || f.ID == kexin.DealRemark:
			if text := match.Remark(was.S, v.S); text != was.S {
				diff[f.ID] = kexin.Str(text)
			}
			if kind.Check(f, diff[f.ID]) != nil {
				return nil, nil, kind.CodeTextLong
			}
		default:
			kept = append(kept, f.Name)
		}
	}
	return diff, kept, ""
}

// complete adds to a record what a line knows besides; kept are the fields that
// stay as they are though the line says otherwise. It gives the cause where
// nothing can be added.
func (b *book) complete(x *part, l *line) (changed bool, kept []string, code string) {
	diff, kept, code := b.adds(x, l)
	if code != "" {
		return false, nil, code
	}
	item := l.part.item
	if item != nil && count(x.lines, item) > b.taken[l.part.same]+b.more[l.part.same] {
		item = nil // it is there
	}
	if item != nil {
		if was := x.vals[kexin.OrdAmount].N; was != 0 && len(x.lines) == 0 && b.sums[l.part.order] != was {
			return false, nil, refusedDiffers // an order of another sum, which its lines would replace
		}
		delete(diff, kexin.OrdAmount)
		if _, ok := kind.Times(sumOf(append(slices.Clone(x.lines), item)), 1); !ok {
			return false, nil, refusedLarge
		}
	}
	if len(diff) > 0 && !x.fresh() && b.rules.editPart(x) == nil {
		return false, nil, refusedDiffers
	}
	if len(diff) > 0 {
		x.vals, x.changed = match.Apply(x.vals, diff), match.Apply(x.changed, diff)
	}
	if item != nil {
		x.lines, x.newLines = append(x.lines, item), append(x.newLines, item)
	}
	return len(diff) > 0 || item != nil, kept, ""
}

func union(a, b kexin.Value) kexin.Value {
	out := a.Strings()
	for _, s := range b.Strings() {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return kexin.Items(out...)
}

// count is how many lines say the very same.
func count(lines []store.Values, item store.Values) (n int) {
	for _, x := range lines {
		if x[kexin.LineItem] == item[kexin.LineItem] && x[kexin.LineQty].N == item[kexin.LineQty].N && x[kexin.LinePrice].N == item[kexin.LinePrice].N {
			n++
		}
	}
	return n
}

// sumOf is what lines come to. None is larger than money can be.
func sumOf(lines []store.Values) (sum int64) {
	for _, x := range lines {
		n, _ := kind.Times(x[kexin.LineQty].N, x[kexin.LinePrice].N)
		sum += n
	}
	return sum
}

// partFor is the permit to make records of the list for an owner, or lines of
// orders; nil for none.
func (r *importRules) partFor(o kexin.Object, owner kexin.ID) *gate.Permit {
	if r.parts[o] == nil {
		if r.parts == nil {
			r.parts = map[kexin.Object]map[kexin.ID]*gate.Permit{}
		}
		r.parts[o] = map[kexin.ID]*gate.Permit{}
	}
	return r.permit(r.parts[o], o, writable(r.state.Schema.Object(o)), owner)
}

// editPart is the permit to complete a record, nil for none.
func (r *importRules) editPart(x *part) *gate.Permit {
	p, err := gate.One(r.state, r.actor, kexin.Query{Act: kexin.ActEdit, Object: r.list, Record: x.at.ID, Fields: writable(r.state.Schema.Object(r.list))}, &x.at)
	if err != nil {
		return nil
	}
	return &p
}

// refusedParts reads the rows that would not be taken in from the upload: of
// such a list that is known only once they are judged.
func (r *importRun) refusedParts(ctx context.Context, lang string, failed *error) iter.Seq[intake.Refused] {
	return func(yield func(intake.Refused) bool) {
		note, err := newNotebook(r.a.stageDir(r.actor.Org, r.b.ID))
		if *failed = err; err != nil {
			return
		}
		defer note.Close()
		for lines, err := range r.steps(ctx, 0, nil) {
			var rulings []ruling
			if err == nil {
				err = r.a.store.View(ctx, r.actor.Org, func(tx *store.Tx) error {
					b, out, err := r.judge(tx, lines, note)
					if rulings = out; err != nil {
						return err
					}
					return b.freeze()
				})
			}
			if *failed = err; err != nil {
				return
			}
			r.tookAll(rulings)
			for _, x := range rulings {
				code := x.code
				if x.outcome == kexin.OutAside {
					code = codeAside
				}
				if (x.outcome == kexin.OutRefused || x.outcome == kexin.OutAside) && !yield(refusedRow(lang, x.line.cells, code)) {
					return
				}
			}
		}
	}
}

// seesAll reports an importer whom no customer is hidden from: what he misses is
// not there.
func (r *importRules) seesAll() bool {
	p := r.partFor(r.list, r.actor.User)
	return p != nil && p.Scope().Every
}

// partOwner is whose a new record is: the customer's owner, of a task the
// colleague named where the gate lets the importer.
func (b *book) partOwner(p *person, named kexin.ID) kexin.ID {
	if b.rules.list == kexin.Task && named != 0 && b.rules.partFor(kexin.Task, named) != nil {
		return named
	}
	return p.owner
}

// partsInto puts what the book made and changed into a step.
func (b *book) partsInto(s *store.ImportStep) {
	for _, p := range b.touchedPeople() {
		for _, x := range p.parts {
			if !x.fresh() && len(x.changed)+len(x.newLines) == 0 {
				continue
			}
			x.step = &store.PartStep{Of: p.known, Object: b.rules.list, Part: x.known, Owner: x.at.Owner, Vals: x.changed, Lines: x.newLines, Origins: x.origins}
			if x.fresh() {
				x.step.Owner, x.step.Vals = x.owner, x.vals
				x.step.Permit = b.rules.partFor(b.rules.list, x.step.Owner)
			} else if len(x.changed) > 0 {
				x.step.Permit = b.rules.editPart(x)
			}
			if len(x.newLines) > 0 {
				x.step.Line = b.rules.partFor(kexin.OrderLine, x.step.Owner)
			}
			s.Parts = append(s.Parts, x.step)
		}
	}
}

// parts writes what hangs on a person for the notebook; readParts reads it.
func (c *coder) parts(all []*part) {
	c.num(int64(len(all)))
	for _, x := range all {
		c.num(int64(x.at.ID))
		c.num(int64(x.at.Owner))
		c.num(x.at.State)
		c.vals(x.vals)
		c.num(int64(len(x.lines)))
		for _, v := range x.lines {
			c.vals(v)
		}
	}
}

func (c *coder) readParts() (out []*part) {
	for range c.readNum() {
		x := &part{at: gate.Facts{ID: kexin.ID(c.readNum()), Owner: kexin.ID(c.readNum()), State: c.readNum()}}
		x.vals = c.readVals()
		for range c.readNum() {
			x.lines = append(x.lines, c.readVals())
		}
		out = append(out, x)
	}
	return out
}
