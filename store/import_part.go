package store

import (
	"cmp"
	"maps"
	"slices"

	"kexin"
	"kexin/gate"
	"kexin/kind"
)

// A KnownPart is a record that hangs on a customer, read whole for an import: a
// contact, an order, a deal, a follow-up or a task. It never leaves the import.
type KnownPart struct {
	gate.Facts
	Of     kexin.ID // the customer
	Vals   Values
	Lines  []Values // of an order
	stored *stored
}

// Parts reads what customers have of an object, the oldest first, an order with
// its lines. It is for matching, without a person's permit: the leave names the
// fields.
func (tx *Tx) Parts(sys gate.System, object kexin.Object, of []kexin.ID) (out []*KnownPart, err error) {
	if len(of) == 0 {
		return nil, nil
	}
	if err := tx.leaves(sys, object); err != nil {
		return nil, err
	}
	at := map[kexin.ID]*KnownPart{}
	var orders []kexin.ID
	err = tx.wholeRows(tx.s.schema.Object(object), parents[object], of, gate.Active, func(r *stored) {
		p := &KnownPart{Facts: r.facts(), Of: r.parent, Vals: r.vals, stored: r}
		out, at[p.ID], orders = append(out, p), p, append(orders, p.ID)
	})
	slices.SortFunc(out, func(a, b *KnownPart) int { return cmp.Compare(a.ID, b.ID) })
	if err != nil || object != kexin.Order || len(orders) == 0 {
		return out, err
	}
	if err := tx.leaves(sys, kexin.OrderLine); err != nil {
		return nil, err
	}
	return out, tx.wholeRows(tx.s.schema.Object(kexin.OrderLine), parents[kexin.OrderLine], orders, gate.Active, func(r *stored) {
		at[r.parent].Lines = append(at[r.parent].Lines, r.vals)
	})
}

// leaves refuses a leave that does not name every sealed field.
func (tx *Tx) leaves(sys gate.System, o kexin.Object) error {
	for _, f := range fieldCols(tx.s.schema.Object(o)) {
		if f.Sealed && !sys.Allows(f.ID) {
			return &kexin.Error{Op: "store.parts", Code: kexin.Internal, Key: "error.permit"}
		}
	}
	return nil
}

// A PartStep is what one step makes of a record that hangs on a customer, or
// adds to one.
type PartStep struct {
	Of      *Known
	Object  kexin.Object
	Part    *KnownPart // the one that is there; nil where it is made
	Owner   kexin.ID
	Permit  *gate.Permit // to create it, or to edit it
	Vals    Values       // all of a new one, or what changes
	Line    *gate.Permit // to create lines; nil where there are none
	Lines   []Values
	Origins []Origin // of what a list says of a contact; they stand under the contact's id
	ID      kexin.ID // of the record, once it is stored
	person  kexin.ID // of a new one that is about a person of its own
}

// A partBasket gathers the rows of a step's parts by table.
type partBasket struct {
	subjects, keys, parts, lines, index, tokens, origins [][]any
	leaves                                               []leaf
}

// storeParts stores the records of a step that hang on customers, and what
// those keep of them: sums, the last contact, the next one where none is set.
func (tx *Tx) storeParts(m *Mill, s *ImportStep) (*partBasket, error) {
	b := &partBasket{}
	if len(s.Parts) == 0 {
		return b, nil
	}
	ok := permits{}
	for _, p := range s.Parts {
		if p.Part == nil {
			if err := tx.makePart(m, s, p, b, ok); err != nil {
				return nil, err
			}
		} else if p.ID = p.Part.ID; len(p.Vals) > 0 && p.Permit.Record() != p.ID {
			return nil, &kexin.Error{Op: "store.import", Code: kexin.Internal, Key: "error.permit"}
		} else {
			for _, x := range p.Origins {
				if err := tx.addOrigin(p.ID, x.Kind, x.Day, x.Way, x.Staff, s.Batch); err != nil {
					return nil, err
				}
			}
		}
		if err := tx.makeLines(m, s, p, b, ok); err != nil {
			return nil, err
		}
	}
	if err := b.insert(tx, m, s.Parts[0].Object); err != nil {
		return nil, err
	}
	for _, p := range s.Parts {
		if p.person == 0 {
			continue
		}
		if _, err := tx.heed(tx.s.schema.Object(p.Object), p.person, p.Vals); err != nil {
			return nil, err
		}
	}
	if err := tx.changeParts(s, ok); err != nil {
		return nil, err
	}
	return b, tx.carryParts(s)
}

// makePart makes one, with a person of its own where it is about another.
func (tx *Tx) makePart(m *Mill, s *ImportStep, p *PartStep, b *partBasket, ok permits) error {
	if err := ok.check(tx, p.Permit, kexin.ActImport, p.Vals); err != nil {
		return err
	}
	o, subject := tx.s.schema.Object(p.Object), p.Of.stored.subject
	if o.Person {
		fresh, rows, err := m.holder(tx.NewID(), true, newTag(), tx.Now)
		if err != nil {
			return err
		}
		subject, p.person = fresh, fresh.ID
		b.subjects, b.keys = append(b.subjects, rows.subject), append(b.keys, rows.keys...)
	}
	p.ID = tx.NewID()
	f := m.forms[p.Object]
	row := m.row(f, base{id: p.ID, owner: p.Owner, parent: p.Of.ID, by: s.Actor.User, batch: s.Batch}, subject, p.Vals, tx.Now)
	b.parts = append(b.parts, row)
	b.leaves = append(b.leaves, leaf{p.ID, p.Owner, m.digest(f, p.ID, row)})
	b.index, b.tokens = m.keys(b.index, o, p.ID, p.Vals), append(b.tokens, m.tokenRows(o, p.ID, p.Owner, p.Vals)...)
	for _, x := range p.Origins {
		b.origins = append(b.origins, originRow(tx.Org, p.ID, s.Batch, x))
	}
	return nil
}

// makeLines makes the lines of an order, each with its amount.
func (tx *Tx) makeLines(m *Mill, s *ImportStep, p *PartStep, b *partBasket, ok permits) error {
	f := m.forms[kexin.OrderLine]
	for _, vals := range p.Lines {
		if err := ok.check(tx, p.Line, kexin.ActImport, vals); err != nil {
			return err
		}
		n, fits := kind.Times(vals[kexin.LineQty].N, vals[kexin.LinePrice].N)
		if !fits {
			return lineLarge()
		}
		whole := Values{kexin.LineAmount: kexin.Num(n)}
		for id, v := range vals {
			whole[id] = v
		}
		id, owner := tx.NewID(), p.Owner
		row := m.row(f, base{id: id, owner: owner, parent: p.ID, by: s.Actor.User, batch: s.Batch}, p.Of.stored.subject, whole, tx.Now)
		b.lines = append(b.lines, row)
		b.leaves = append(b.leaves, leaf{id, owner, m.digest(f, id, row)})
	}
	return nil
}

// insert writes everything, parents before children.
func (b *partBasket) insert(tx *Tx, m *Mill, object kexin.Object) error {
	for _, t := range []struct {
		table string
		cols  []string
		rows  [][]any
	}{
		{"subject", subjectCols, b.subjects}, {"subject_key", subjectKeyCols, b.keys}, {tables[object], m.forms[object].cols, b.parts},
		{"order_line", m.forms[kexin.OrderLine].cols, b.lines}, {"record_key", keyCols, b.index}, {"name_token", tokenCols, b.tokens}, {"origin", originCols, b.origins},
	} {
		if err := tx.Bulk(t.table, t.cols, t.rows); err != nil {
			return err
		}
	}
	return nil
}

// changeParts adds to records that are there, each with an entry of its own.
func (tx *Tx) changeParts(s *ImportStep, ok permits) error {
	var events []Event
	for _, p := range s.Parts {
		if p.Part == nil || len(p.Vals) == 0 {
			continue
		}
		if err := ok.check(tx, p.Permit, kexin.ActEdit, p.Vals); err != nil {
			return err
		}
		o, old := p.Permit.Object(), p.Part.stored
		if err := tx.update(o, old, p.Vals); err != nil {
			return err
		}
		e, err := tx.editedByImport(s, o, old, p.Vals)
		if err != nil {
			return err
		}
		events = append(events, *e)
	}
	return tx.logAll(events)
}

// carryParts keeps the heavy numbers of the customers, and of orders the sum of
// their lines.
func (tx *Tx) carryParts(s *ImportStep) error {
	type last struct{ at, next int64 }
	var customers, lined []kexin.ID
	visits := map[kexin.ID]last{}
	for _, p := range s.Parts {
		switch p.Object {
		case kexin.Order:
			customers = append(customers, p.Of.ID)
			if len(p.Lines) > 0 {
				lined = append(lined, p.ID)
			}
		case kexin.Visit:
			if at := p.Vals[kexin.VisitAt].N; at > visits[p.Of.ID].at {
				visits[p.Of.ID] = last{at, p.Vals[kexin.VisitNextAt].N}
			}
		}
	}
	if err := tx.sumOrder(distinct(lined)...); err != nil {
		return err
	}
	if err := tx.sumOrders(distinct(customers)...); err != nil {
		return err
	}
	for id, v := range visits {
		// an old list sets a next contact where none is set; it clears none
		if v.next > int64(tx.Now) {
			if _, err := tx.Exec("UPDATE customer SET next_at=$3 WHERE org_id=$1 AND id=$2 AND next_at=0 AND last_at<=$4", tx.Org, id, v.next, v.at); err != nil {
				return err
			}
		}
	}
	return tx.rebuildLast(slices.Sorted(maps.Keys(visits))...)
}

func distinct(ids []kexin.ID) []kexin.ID {
	slices.Sort(ids)
	return slices.Compact(ids)
}
