package store

import (
	"cmp"
	"encoding/base64"
	"slices"
	"strconv"

	"kexin"
	"kexin/gate"
	"kexin/ledger"
)

// A Grown is a customer to whom a row adds something.
type Grown struct {
	Known   *Known
	Permit  *gate.Permit // to edit the changed fields; nil where none changes
	Order   *gate.Permit // to create her orders; nil where she has none
	Changed Values
	Orders  []Values
	Origins []Origin
}

// An ImportStep is some rows of a batch, decided: they are stored together or
// not at all.
type ImportStep struct {
	Batch       kexin.ID
	Actor       kexin.Actor
	Act         kexin.Act // that the permits are for, "" for an import
	First, Last int       // data rows, from 1
	New         []*NewPerson
	Grown       []*Grown
	Parts       []*PartStep // of a list of what hangs on customers
	Rows        []ImportRow
	Counts      string // JSON of the batch so far
}

func (s *ImportStep) act() kexin.Act { return cmp.Or(s.Act, kexin.ActImport) }

// Importing guards a step: nobody else stores rows for this merchant until it
// is committed, and the batch has got exactly as far as the caller thinks.
// Errors: conflict where it has not; stopped reports that it is to be
// cancelled. With hold who stops waits for the step; without, the step begins anew
// where somebody was stopped meanwhile, and would never end among many of them.
func (tx *Tx) Importing(batch kexin.ID, done int, hold bool) (stopped bool, err error) {
	if hold {
		if err := tx.Alone(stopping); err != nil {
			return false, err
		}
	}
	// Two steps cannot both look for a person and both make her (see
	// db.ForUpdate).
	if _, err := tx.Exec("INSERT INTO importing(org_id,steps) VALUES($1,1) ON CONFLICT(org_id) DO UPDATE SET steps=importing.steps+1", tx.Org); err != nil {
		return false, err
	}
	tx.importing = true
	var state string
	var at int64
	if err := tx.Row("SELECT state,done FROM import_batch WHERE org_id=$1 AND id=$2", tx.Org, batch).Scan(&state, &at); err != nil {
		return false, err
	}
	switch {
	case state == "stopping":
		return true, nil
	case state != "running" || at != int64(done):
		return false, &kexin.Error{Op: "store.import", Code: kexin.Conflict, Key: "error.changed"}
	}
	return false, nil
}

// ImportStep stores the rows of a step: new customers in bulk, additions to
// those there, the outcome of each row, how far the batch is, and one entry of
// the log with the Merkle root over the cells of every new record. Changes of
// records that were there have entries of their own.
func (tx *Tx) ImportStep(s ImportStep) error {
	leaves, err := tx.storeStep(s)
	if err != nil {
		return err
	}
	if err := tx.Bulk("import_row", importRowCols, tx.importRows(s.Batch, s.Rows)); err != nil {
		return err
	}
	if _, err := tx.Exec("UPDATE import_batch SET done=$3,counts=$4 WHERE org_id=$1 AND id=$2", tx.Org, s.Batch, s.Last, s.Counts); err != nil {
		return err
	}
	if err := tx.logStep(s, leaves); err != nil {
		return err
	}
	return tx.Alone(stopping) // at the end: as a rule nobody who stops waits for a whole step
}

// StoreJudged stores what a row that was judged adds, with its entry.
func (tx *Tx) StoreJudged(s ImportStep) error {
	leaves, err := tx.storeStep(s)
	if err != nil {
		return err
	}
	return tx.logStep(s, leaves)
}

// storeStep stores the records of a step and gives the leaves of its root.
func (tx *Tx) storeStep(s ImportStep) ([]leaf, error) {
	m := tx.mill()
	b, grown := basket{}, basket{}
	if err := tx.makeNew(m, &s, &b); err != nil {
		return nil, err
	}
	if err := b.insert(tx, m); err != nil {
		return nil, err
	}
	for _, p := range s.New {
		if _, err := tx.heed(m.forms[kexin.Customer].o, p.made.subject.subject[1].(kexin.ID), p.Vals); err != nil {
			return nil, err
		}
	}
	if err := tx.growAll(m, &s, &grown); err != nil {
		return nil, err
	}
	parts, err := tx.storeParts(m, &s)
	if err != nil {
		return nil, err
	}
	return slices.Concat(b.leaves, grown.leaves, parts.leaves), nil
}

// makeNew makes what was not made ahead, or under keys that have since been
// changed.
func (tx *Tx) makeNew(m *Mill, s *ImportStep, b *basket) error {
	ok := permits{}
	for _, p := range s.New {
		if err := ok.check(tx, p.Permit, s.act(), p.Vals); err != nil {
			return err
		}
		for _, o := range p.Orders {
			if err := ok.check(tx, p.Order, s.act(), o); err != nil {
				return err
			}
		}
		if p.made == nil || p.made.ring != tx.ring {
			if err := m.Make(p, s.Batch, tx.Now); err != nil {
				return err
			}
		}
		b.add(tx.Org, s.Batch, p)
	}
	return nil
}

// permits remembers what a permit names: a step has few permits and many rows.
type permits map[*gate.Permit]map[kexin.FieldID]bool

// check holds values against the fields a permit names.
func (ps permits) check(tx *Tx, p *gate.Permit, act kexin.Act, vals Values) error {
	wrong := &kexin.Error{Op: "store.put", Code: kexin.Internal, Key: "error.permit"}
	if p == nil || !p.Valid() || p.Actor().Org != tx.Org || p.Act() != act {
		return wrong
	}
	named := ps[p]
	if named == nil {
		named = map[kexin.FieldID]bool{}
		for _, f := range p.Writes() {
			named[f.ID] = true
		}
		ps[p] = named
	}
	for id := range vals {
		if !named[id] {
			return wrong
		}
	}
	return nil
}

// growAll adds to records that are there, and writes their entries.
func (tx *Tx) growAll(m *Mill, s *ImportStep, b *basket) error {
	if len(s.Grown) == 0 {
		return nil
	}
	ok := permits{}
	var events []Event
	for _, g := range s.Grown {
		e, err := tx.grow(m, s, g, b, ok)
		if err != nil {
			return err
		}
		if e != nil {
			events = append(events, *e)
		}
	}
	if err := b.insert(tx, m); err != nil {
		return err
	}
	var ordered []kexin.ID
	for _, g := range s.Grown {
		if len(g.Orders) > 0 {
			ordered = append(ordered, g.Known.ID)
		}
	}
	if err := tx.sumOrders(distinct(ordered)...); err != nil {
		return err
	}
	return tx.logAll(events)
}

// grow changes one record; its new orders go to the basket.
func (tx *Tx) grow(m *Mill, s *ImportStep, g *Grown, b *basket, ok permits) (*Event, error) {
	k := g.Known
	for _, x := range g.Orders {
		if err := ok.check(tx, g.Order, s.act(), x); err != nil {
			return nil, err
		}
		row := made{}
		row.order(m, k.stored.subject, base{id: k.ID, owner: k.Owner, by: s.Actor.User, batch: s.Batch}, x, tx.Now)
		b.orders, b.index, b.leaves = append(b.orders, row.orders...), append(b.index, row.keys...), append(b.leaves, row.leaves...)
	}
	for _, x := range g.Origins {
		if err := tx.addOrigin(k.ID, x.Kind, x.Day, x.Way, x.Staff, s.Batch); err != nil {
			return nil, err
		}
	}
	if len(g.Changed) == 0 {
		return nil, nil
	}
	if err := ok.check(tx, g.Permit, kexin.ActEdit, g.Changed); err != nil {
		return nil, err
	}
	if g.Permit.Record() != k.ID {
		return nil, &kexin.Error{Op: "store.import", Code: kexin.Internal, Key: "error.permit"}
	}
	o := g.Permit.Object()
	if err := tx.update(o, k.stored, g.Changed); err != nil {
		return nil, err
	}
	return tx.editedByImport(s, o, k.stored, g.Changed)
}

// editedByImport is the entry of a record that a row has changed.
func (tx *Tx) editedByImport(s *ImportStep, o *kexin.ObjectDef, old *stored, changed Values) (*Event, error) {
	after, err := tx.digestOf(o, old.id)
	if err != nil {
		return nil, err
	}
	return &Event{Actor: ledger.Who(s.Actor), Subject: old.subject, Refs: ledger.Refs{Purpose: s.Actor.Purpose, Batch: s.Batch},
		Facts: &ledger.RecordEdited{Object: o.Object, Fields: touched(o, changed), Rev: old.rev + 1, Way: "import"},
		Body: []ledger.Member{{Key: "record", Val: idText(old.id)}, {Key: "cells", Val: digestText(after)},
			{Key: "before", Val: digestText(old.digest)}}}, nil
}

// logAll writes entries about several persons, whose evidence keys it reads.
func (tx *Tx) logAll(events []Event) error {
	if len(events) == 0 {
		return nil
	}
	who := make([]kexin.ID, len(events))
	for i, e := range events {
		who[i] = e.Subject.ID
	}
	slices.Sort(who)
	who = slices.Compact(who)
	subjects, err := tx.subjectsOf(who)
	if err != nil {
		return err
	}
	heads, err := tx.heads(subjects)
	if err != nil {
		return err
	}
	rows := make([][]any, 0, len(events))
	for _, e := range events {
		e.Subject = subjects[e.Subject.ID]
		row, head, err := tx.entry(e, heads)
		if err != nil {
			return err
		}
		heads[head.Subj] = head
		rows = append(rows, row)
	}
	if err := tx.saveHeads(heads); err != nil {
		return err
	}
	return tx.Bulk("ledger_entry", entryCols, rows)
}

// logStep writes the one entry of a step. Its body holds the leaves of the root
// in their order: the new records, the digest of each one's cells, and whose
// each is, said where another than the one before has it.
func (tx *Tx) logStep(s ImportStep, leaves []leaf) error {
	ids, owners, sums, all := make([]ledger.Value, len(leaves)), make([]ledger.Value, len(leaves)), make([]ledger.Hash, len(leaves)), make([]byte, 0, len(leaves)*len(ledger.Hash{}))
	for i, l := range leaves {
		if owners[i] = ledger.Text(""); i == 0 || l.owner != leaves[i-1].owner {
			owners[i] = ledger.Text(strconv.FormatInt(int64(l.owner), 36))
		}
		ids[i], sums[i], all = ledger.Text(strconv.FormatInt(int64(l.id), 36)), l.sum, append(all, l.sum[:]...)
	}
	e := Event{Actor: ledger.Who(s.Actor), Refs: ledger.Refs{Purpose: s.Actor.Purpose, Batch: s.Batch},
		Facts: &ledger.ImportBatch{First: int64(s.First), Root: ledger.Root(sums), Rows: int64(s.Last - s.First + 1)}}
	if len(leaves) > 0 {
		e.Body = []ledger.Member{{Key: "cells", Val: ledger.Text(base64.RawURLEncoding.EncodeToString(all))}, {Key: "owners", Val: ledger.List(owners...)}, {Key: "records", Val: ledger.List(ids...)}}
	}
	return tx.Log(e)
}
