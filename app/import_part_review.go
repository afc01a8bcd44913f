package app

import (
	"slices"

	"kexin"
	"kexin/gate"
	"kexin/kind"
	"kexin/store"
)

// A row of a list of what hangs on customers that waits is judged on the same
// page as one of customers: it is hers, and is stored as the import would have
// stored it; or it is not, and the next one who may be meant is asked about, until
// there is none and the row goes back to be mended. It never makes a customer.

// ofVals are what such a row says of the customer, as her own fields.
func (l *partLine) ofVals(r *lineReader) store.Values {
	out := store.Values{}
	put := func(id kexin.FieldID, s string) {
		if s != "" {
			out[id] = kexin.Str(s)
		}
	}
	put(kexin.CustName, l.name)
	if len(l.phones) > 0 {
		put(kexin.CustPhone, l.phones[0])
		if more := kexin.Items(l.phones[1:]...); !more.Empty() {
			out[kexin.CustPhones] = more
		}
	}
	if l.place != "" {
		d := kexin.Draft{Object: kexin.Customer, Values: map[kexin.FieldID]kexin.Value{kexin.CustAddress: kexin.Str(l.place)}}
		kind.Normalise(r.s, &d, r.env)
		put(kexin.CustRegion, d.Values[kexin.CustRegion].S)
		put(kexin.CustAddress, d.Values[kexin.CustAddress].S)
	}
	return out
}

// partBook is a book that knows a kept line's candidates, with those of its
// equals in the order that were judged before it.
func (r *importRun) partBook(tx *store.Tx, x store.ImportRow, l *line) (*book, error) {
	rules := newRules(tx.State, r.actor)
	rules.list = r.reader.list
	b := newBook(tx, rules.matching(), rules, nil)
	b.taken, b.more, b.sums = map[uint64]int{}, map[uint64]int{}, map[uint64]int64{}
	if err := b.fetch([]*line{l}, x.Record); err != nil || l.part.item == nil {
		return b, err
	}
	b.sums[l.part.order] = sumAfter(r.sealer, r.b.ID, x)
	for l.part.nth = 0; ; l.part.nth++ {
		o, err := tx.MarkOutcome(r.b.ID, tx.Mark(r.reader.canon(l)))
		switch {
		case err != nil:
			return nil, err
		case o == "":
			return b, nil
		case o == kexin.OutNew, o == kexin.OutSame, o == kexin.OutUnchanged:
			b.taken[l.part.same]++
		}
	}
}

// partSides are what a row says of the record, beside the one that the customer
// has already.
func (r *importRun) partSides(tx *store.Tx, actor kexin.Actor, x store.ImportRow, l *line) (out []ReviewSide, err error) {
	look := *r
	look.actor = actor
	b, err := look.partBook(tx, x, l)
	if err != nil {
		return nil, err
	}
	p := b.known[x.Record]
	if p == nil {
		return nil, nil
	}
	there := p.part(r.reader.list, l)
	had := store.Values{}
	if there != nil {
		had = there.vals
	}
	if out, err = r.besides(tx, actor, r.reader.own, l.vals, had, p.owner, out); err != nil || l.part.item == nil {
		return out, err
	}
	had = store.Values{}
	if there != nil && count(there.lines, l.part.item) > b.taken[l.part.same] {
		had = l.part.item
	}
	return r.besides(tx, actor, r.reader.s.Object(kexin.OrderLine), l.part.item, had, p.owner, out)
}

// besides puts values beside others, each as the actor sees those of the
// customer's owner.
func (r *importRun) besides(tx *store.Tx, actor kexin.Actor, o *kexin.ObjectDef, vals, had store.Values, owner kexin.ID, out []ReviewSide) ([]ReviewSide, error) {
	var fields []kexin.FieldID
	for _, f := range o.Fields {
		if !vals[f.ID].Empty() && f.Kind != kexin.KindRef {
			fields = append(fields, f.ID)
		}
	}
	if len(fields) == 0 {
		return out, nil
	}
	p, err := gate.Authorize(tx.State, actor, kexin.Query{Act: kexin.ActList, Object: o.Object, Fields: fields})
	if err != nil {
		return nil, err
	}
	for i, id := range fields {
		f := p.Field(i)
		cell := func(v kexin.Value) kexin.Cell {
			if v.Empty() {
				return kexin.Cell{Level: kexin.Clear}
			}
			return p.Cell(i, p.Own(owner), gate.Searched(f) && kind.HoldsContact(v.S), true, v)
		}
		side := ReviewSide{Field: f, Row: cell(vals[id]), There: cell(had[id])}
		if side.Same = side.Row.Value == side.There.Value; side.There.Level == kexin.Clear {
			side.Same = holdsAll(had[id], vals[id])
		}
		out = append(out, side)
	}
	return out, nil
}

// settlePart stores the row as what it was judged to be.
func (r *importRun) settlePart(tx *store.Tx, x store.ImportRow, l *line, same bool) error {
	b, err := r.partBook(tx, x, l)
	if err != nil {
		return err
	}
	if !same {
		return r.nextClaim(tx, b, x, l)
	}
	p := b.known[x.Record]
	if p == nil {
		return notFound("app.review")
	}
	if !b.mayHave(p) {
		return &kexin.Error{Op: "app.review", Code: kexin.Forbidden, Key: "error.edit_own"}
	}
	out := b.takePart(ruling{line: l}, p)
	if out.outcome == kexin.OutRefused {
		return &kexin.Error{Op: "app.review", Code: kexin.Invalid, Key: "issue." + out.code}
	}
	s := store.ImportStep{Batch: r.b.ID, Actor: r.actor, Act: r.act, First: x.N, Last: x.N}
	b.partsInto(&s)
	if err := tx.StoreJudged(s); err != nil {
		return err
	}
	was := x.Outcome
	x.Outcome, x.Code, x.Part, x.Step = out.outcome, out.code, out.part.at.ID, out.part.step
	if err := tx.Judged(r.b.ID, x); err != nil {
		return err
	}
	return r.recount(tx, was, x)
}

// nextClaim asks about the next customer who may be meant; where there is none,
// the row goes back.
func (r *importRun) nextClaim(tx *store.Tx, b *book, x store.ImportRow, l *line) error {
	all, err := b.claims(l)
	if err != nil {
		return err
	}
	was := x.Outcome
	i := slices.IndexFunc(all, func(c claim) bool { return c.p.id() == x.Record })
	if i < 0 || i == len(all)-1 {
		x.Outcome, x.Code, x.Record, x.Score = kexin.OutRefused, refusedJudged, 0, 0
	} else {
		c := all[i+1]
		x.Code, x.Record, x.Score = whyCode(c.d.Why), c.p.id(), c.d.Score
	}
	if err := tx.Judged(r.b.ID, x); err != nil || was == x.Outcome {
		return err
	}
	return r.recount(tx, was, x)
}
