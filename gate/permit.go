package gate

import (
	"kexin"
	"kexin/kind"
)

// A Permit is the gate's yes to one query: which rows, which cells and how
// clear, by which conditions and order. Its fields are unexported and only
// this package makes one; the store refuses the zero Permit.
type Permit struct {
	ok     bool
	actor  kexin.Actor
	act    kexin.Act
	object *kexin.ObjectDef
	record kexin.ID
	scene  kexin.Scene
	scope  Scope
	ended  bool // also restricted records (PIO, auditor)
	plan   *plan
	write  []*kexin.Field
	query  kexin.Query
	sort   *kexin.Field
	search Search
	group  *kexin.Field
	sum    *kexin.Field
	post   *Post
	own    bool // the one record is the actor's
}

// A Search is a search text made ready: tokens to be ANDed, a tail, or a number.
type Search struct {
	Tokens []string // of names, not yet keyed
	Tail   string   // last four digits of a phone
	Exact  string   // number of an order, canonical, not yet keyed
}

// Valid reports whether the gate made this permit.
func (p *Permit) Valid() bool { return p.ok }

// Actor is who was let through.
func (p *Permit) Actor() kexin.Actor { return p.actor }

// Act is what was allowed.
func (p *Permit) Act() kexin.Act { return p.act }

// Object is on which object.
func (p *Permit) Object() *kexin.ObjectDef { return p.object }

// Record is the one record allowed, 0 for queries.
func (p *Permit) Record() kexin.ID { return p.record }

// Scene is the scene that was used.
func (p *Permit) Scene() kexin.Scene { return p.scene }

// Scope is the owner set.
func (p *Permit) Scope() Scope { return p.scope }

// Restricted reports whether records restricted by law are inside.
func (p *Permit) Restricted() bool { return p.ended }

// Query is the judged query: conditions, cursor, limit, parent.
func (p *Permit) Query() kexin.Query { return p.query }

// Sort is the field to sort by, nil for the id.
func (p *Permit) Sort() *kexin.Field { return p.sort }

// Search is the search text made ready.
func (p *Permit) Search() Search { return p.search }

// Group is the field to count by, nil for a plain count.
func (p *Permit) Group() *kexin.Field { return p.group }

// Sum is the amount to add up, nil for none.
func (p *Permit) Sum() *kexin.Field { return p.sum }

// Rounded reports whether counts must be rounded and small ones hidden.
func (p *Permit) Rounded() bool { return p.post != nil && p.post.Rounded }

// Writes are the fields that may be written.
func (p *Permit) Writes() []*kexin.Field { return p.write }

// Cells is the number of cells of a row.
func (p *Permit) Cells() int { return len(p.plan.rules) }

// Field is the field of cell i.
func (p *Permit) Field(i int) *kexin.Field { return p.plan.rules[i].field }

// Fields are the fields of all cells.
func (p *Permit) Fields() []*kexin.Field {
	out := make([]*kexin.Field, len(p.plan.rules))
	for i := range p.plan.rules {
		out[i] = p.plan.rules[i].field
	}
	return out
}

// Reasons are what the cells' reason numbers point to.
func (p *Permit) Reasons() []kexin.Reason { return p.plan.reasons }

// Own reports whether a record with this owner is the actor's own.
func (p *Permit) Own(owner kexin.ID) bool { return owner == p.actor.User }

func (p *Permit) level(i int, own, flagged bool) level {
	r := &p.plan.rules[i]
	switch {
	case own && flagged:
		return r.flagOwn
	case own:
		return r.own
	case flagged:
		return r.flagOther
	}
	return r.other
}

// A Need says what the store must do to show a cell.
type Need uint8

// The needs.
const (
	Skip    Need = iota // nothing may be known
	Look                // whether there is something
	Decrypt             // the value
)

// Need tells how much of cell i must be read on a row. Whether the text is
// flagged counts only for fields that are searched.
func (p *Permit) Need(i int, own, flagged bool) Need {
	l := p.level(i, own, flagged)
	switch l.at {
	case no:
		return Skip
	case is:
		return Look
	case ma:
		if !kind.Shows(p.plan.rules[i].field.Kind) {
			return Look
		}
	}
	return Decrypt
}

// Cell masks one value while the row is scanned; the raw value goes no
// further. Present says that something is there where it was not decrypted.
func (p *Permit) Cell(i int, own, flagged, present bool, v kexin.Value) kexin.Cell {
	l := p.level(i, own, flagged)
	switch l.at {
	case cl:
		return kexin.Cell{Value: v, Level: cl}
	case ma:
		if !present {
			return kexin.Cell{Level: cl}
		}
		return kexin.Cell{Value: kind.Mask(p.plan.rules[i].field.Kind, v), Level: ma, Reason: l.reason}
	case is:
		if !present {
			return kexin.Cell{Level: cl}
		}
		return kexin.Cell{Level: is, Reason: l.reason}
	}
	return kexin.Cell{Level: no, Reason: l.reason}
}

// Owns reports whether the one record of the permit is the actor's own.
func (p *Permit) Owns() bool { return p.own }

// Clear reports whether cell i is clear on a row.
func (p *Permit) Clear(i int, own, flagged bool) bool { return p.level(i, own, flagged).at == cl }
