package app

import (
	"slices"
	"strings"

	"kexin"
	"kexin/gate"
	"kexin/kind"
	"kexin/match"
	"kexin/store"
)

// importRules are what the importer may do, asked of the gate once for each
// owner of records.
type importRules struct {
	state    *gate.State
	actor    kexin.Actor
	act      kexin.Act // an import, or an act of the judge alone
	customer *kexin.ObjectDef
	fields   []kexin.FieldID // of a customer that an import may write
	orders   []kexin.FieldID
	create   map[kexin.ID]*gate.Permit
	order    map[kexin.ID]*gate.Permit
	list     kexin.Object                               // what the list holds
	parts    map[kexin.Object]map[kexin.ID]*gate.Permit // of a list of what hangs on customers
	seq      int                                        // of people made so far
}

func newRules(s *gate.State, a kexin.Actor) *importRules {
	r := &importRules{state: s, actor: a, act: kexin.ActImport, list: kexin.Customer, customer: s.Schema.Object(kexin.Customer), create: map[kexin.ID]*gate.Permit{}, order: map[kexin.ID]*gate.Permit{}}
	r.fields = writable(r.customer)
	r.orders = writable(s.Schema.Object(kexin.Order))
	return r
}

// writable are the fields that people fill: no sums, no links.
func writable(o *kexin.ObjectDef) (out []kexin.FieldID) {
	for _, f := range o.Fields {
		if !f.Computed && f.Kind != kexin.KindRef {
			out = append(out, f.ID)
		}
	}
	return out
}

// matching is the leave under which rows are compared with records: without a
// person, on the fields a customer is known by and those that are filled.
func (r *importRules) matching() gate.System {
	fields := append(slices.Clone(r.fields), kexin.OrdNo)
	if r.list != kexin.Customer {
		fields = slices.Concat(fields, writable(r.state.Schema.Object(r.list)), writable(r.state.Schema.Object(kexin.OrderLine)))
	}
	return gate.ForSystem(gate.Matching, fields...)
}

// owner is whom a new record may be given to: the one named, where the gate
// lets the importer, else the importer himself.
func (r *importRules) owner(id kexin.ID) kexin.ID {
	if p := r.createFor(id); p != nil {
		return id
	}
	return r.actor.User
}

// createFor is the permit to make customers of an owner, nil for none.
func (r *importRules) createFor(owner kexin.ID) *gate.Permit {
	return r.permit(r.create, kexin.Customer, r.fields, owner)
}

// orderFor is the permit to make orders of an owner's customers.
func (r *importRules) orderFor(owner kexin.ID) *gate.Permit {
	return r.permit(r.order, kexin.Order, r.orders, owner)
}

func (r *importRules) permit(of map[kexin.ID]*gate.Permit, o kexin.Object, fields []kexin.FieldID, owner kexin.ID) *gate.Permit {
	if p, ok := of[owner]; ok {
		return p
	}
	var out *gate.Permit
	if p, err := gate.Create(r.state, r.actor, kexin.Query{Act: r.act, Object: o, Fields: fields}, owner); err == nil {
		out = &p
	}
	of[owner] = out
	return out
}

// edit is the permit to add to a record; outside says that there is none: the
// record lies outside the importer's scope, is not his to change, or is
// restricted by law.
func (r *importRules) edit(k *store.Known) (p *gate.Permit, outside bool) {
	got, err := gate.One(r.state, r.actor, kexin.Query{Act: kexin.ActEdit, Object: kexin.Customer, Record: k.ID, Fields: r.fields}, &k.Facts)
	if err != nil || r.orderFor(k.Owner) == nil {
		return nil, true
	}
	return &got, false
}

// next numbers the people made by this import.
func (r *importRules) next() int {
	r.seq++
	return r.seq
}

// codeOutside marks a row whose person is known outside the importer's scope.
const codeOutside = "outside"

// A ruling is what became of one line.
type ruling struct {
	line    *line
	outcome kexin.Outcome
	code    string
	person  *person // whom it went to, or the candidate
	score   int
	mark    bool  // the row is to be known again by its mark
	part    *part // what it made or added to, of a list of what hangs on customers
}

// judge decides what becomes of a line. It changes the people in the book as
// the import will change the records.
func (b *book) judge(l *line, canon func(*line) string, label func(kexin.FieldID) string) (ruling, error) {
	out := ruling{line: l}
	switch {
	case l.refused != "":
		out.outcome, out.code = kexin.OutRefused, l.refused
		return out, nil
	case l.aside != "":
		out.outcome, out.code = kexin.OutAside, l.aside
		return out, nil
	}
	people, err := b.candidates(l)
	if err != nil {
		return out, err
	}
	p, d := decide(l, people)
	switch {
	case d.Verdict != match.New && p.outside:
		out.outcome, out.code, out.person, out.score = kexin.OutSame, codeOutside, p, d.Score
		return out, nil
	case d.Verdict == match.Same:
		return b.same(out, b.whoHas(l, people, p, label), label), nil
	}
	if d.Verdict == match.Review || !l.strong {
		seen, err := b.marked(canon(l))
		if err != nil || seen {
			out.outcome = kexin.OutUnchanged
			return out, err
		}
		out.mark = true
	}
	if d.Verdict == match.Review {
		out.outcome, out.code, out.person, out.score = kexin.OutReview, whyCode(d.Why), p, d.Score
		return out, nil
	}
	out.outcome, out.person = kexin.OutNew, b.add(l, b.rules.next())
	return out, nil
}

// whoHas is the one of those whom a line is about that has all of it already:
// where two records are of one person, a row that comes again goes to the one
// it went to before. Else it is p.
func (b *book) whoHas(l *line, people []*person, p *person, label func(kexin.FieldID) string) *person {
	if len(people) < 2 || b.has(p, l, label) {
		return p
	}
	for _, q := range people {
		if q != p && !q.outside && b.has(q, l, label) && match.Decide(l.facts, []match.Facts{q.facts}).Verdict == match.Same {
			return q
		}
	}
	return p
}

// has reports a person to whom a line adds nothing.
func (b *book) has(p *person, l *line, label func(kexin.FieldID) string) bool {
	if !slices.Contains(p.origins, store.Origin{Kind: l.origin.Kind, Day: l.origin.Day, Way: l.origin.Way}) {
		return false
	}
	for _, o := range l.orders {
		x := knownOrder(o)
		if !slices.ContainsFunc(p.orders, func(y store.KnownOrder) bool { return sameOrder(x, y) }) {
			return false
		}
	}
	diff, ok := match.Fill(b.rules.customer, p.vals, l.vals, label)
	return ok && len(diff) == 0
}

// decide asks match, first about records that the importer may change: a
// colleague's customer is the answer only where no own one is.
func decide(l *line, people []*person) (*person, match.Decision) {
	inside := make([]*person, 0, len(people))
	for _, p := range people {
		if !p.outside {
			inside = append(inside, p)
		}
	}
	d := match.Decide(l.facts, factsOf(inside))
	if d.Verdict != match.Same && len(inside) < len(people) {
		inside = people
		d = match.Decide(l.facts, factsOf(people))
	}
	if d.At < 0 {
		return nil, d
	}
	return inside[d.At], d
}

func factsOf(people []*person) []match.Facts {
	out := make([]match.Facts, len(people))
	for i, p := range people {
		out[i] = p.facts
	}
	return out
}

// same adds the line to the person it is about.
func (b *book) same(out ruling, p *person, label func(kexin.FieldID) string) ruling {
	changed, ok := b.fill(p, out.line, label)
	switch {
	case !ok:
		out.outcome, out.code, out.person = kexin.OutRefused, kind.CodeTextLong, p
		return out
	case changed:
		out.outcome = kexin.OutSame
	default:
		out.outcome = kexin.OutUnchanged
	}
	out.person = p
	return out
}

// marked reports whether the same row was taken in before, by this import or
// another, and remembers it.
func (b *book) marked(canon string) (bool, error) {
	mark := string(b.tx.Mark(canon))
	if b.marks[mark] {
		return true, nil
	}
	if b.note != nil {
		if _, ok := b.note.marks[mark]; ok {
			return true, nil
		}
	}
	found, err := b.tx.Marked([][]byte{[]byte(mark)})
	if err != nil || found[mark] {
		return true, err
	}
	b.marks[mark] = true
	return false, nil
}

// whyCode and whysOf keep the reasons of a question in the row's code.
func whyCode(why []match.Why) string {
	parts := make([]string, len(why))
	for i, w := range why {
		parts[i] = string(w)
	}
	return strings.Join(parts, " ")
}

func whysOf(code string) []match.Why {
	var out []match.Why
	for _, s := range strings.Fields(code) {
		out = append(out, match.Why(s))
	}
	return out
}
