package store

import (
	"kexin"
	"kexin/consent"
	"kexin/internal/db"
	"kexin/ledger"
)

// A consentLeaf is a row of consent_state with the entry that it names.
type consentLeaf struct {
	subject kexin.ID
	row     consent.Row
	sound   bool
	leaf    ledger.Hash
}

// consentRows recomputes the state of each consent from the entries about it:
// the row must name the last one, and say what that one says.
func (c *deepCheck) consentRows() error {
	var rows []consentLeaf
	err := c.tx.Each("SELECT "+consentCols+" FROM consent_state WHERE org_id=$1", []any{c.tx.Org}, func(r *db.Rows) error {
		var l consentLeaf
		var err error
		var leaf []byte
		l.subject, l.row, l.sound, leaf, err = c.tx.scanConsentLeaf(r)
		copy(l.leaf[:], leaf)
		rows = append(rows, l)
		return err
	})
	if err != nil {
		return err
	}
	claimed := map[ledger.Hash]bool{}
	for _, l := range rows {
		claimed[l.leaf] = true
	}
	for _, l := range rows {
		if l.sound && l.row.State == consent.Draft && l.leaf == (ledger.Hash{}) {
			continue // nothing was said yet
		}
		if !l.sound {
			c.fault("row", "table", "consent_state", "row", l.subject.String())
			continue
		}
		s, err := c.tx.subjectOf(l.subject)
		if kexin.CodeOf(err) == kexin.NotFound {
			continue // erased with his evidence
		}
		if err != nil {
			return err
		}
		if !c.agrees(l, ledger.Subj(s.Tag), claimed) {
			c.fault("consent", "row", l.subject.String())
			continue
		}
		c.checked++
	}
	return nil
}

// agrees reports whether a row says what the log says.
func (c *deepCheck) agrees(l consentLeaf, subj ledger.Subj, claimed map[ledger.Hash]bool) bool {
	e := c.consents[l.leaf]
	if e == nil || e.Subj != subj || c.outdated(e, l.row.Channel, claimed) {
		return false
	}
	if stateOf[e.Type()] != l.row.State || e.Refs.Purpose != l.row.Purpose || e.Refs.Receiver != l.row.Receiver {
		return false
	}
	switch f := e.Facts.(type) {
	case *ledger.ConsentGiven:
		return f.Channel == l.row.Channel && f.Epoch == int64(l.row.Epoch) && f.Until == l.row.Until && string(f.Grade) == l.row.Grade.String()
	case *ledger.ConsentWithdrawn:
		return f.Channel == l.row.Channel && f.Epoch == int64(l.row.Epoch)
	case *ledger.ConsentRequested:
		return f.Channel == l.row.Channel
	case *ledger.ConsentRefused:
		return f.Channel == l.row.Channel
	case *ledger.ConsentLifted:
		return f.Epoch == int64(l.row.Epoch)
	}
	return true
}

// outdated reports whether the log has a later entry about the same consent:
// one over the same channel, or one that names no channel where all the others
// were over this one and no row rests on it.
func (c *deepCheck) outdated(e *ledger.Entry, ch kexin.Channel, claimed map[ledger.Hash]bool) bool {
	later, one := false, true
	for _, h := range c.said[keyOfConsent(e)] {
		x := c.consents[h]
		at, says := channelOf(x.Facts)
		one = one && (!says || at == ch)
		if x.SSeq > e.SSeq && says && at == ch {
			return true
		}
		later = later || x.SSeq > e.SSeq && !says && !claimed[h]
	}
	return later && one
}

// channelOf is the channel that an entry about a consent names.
func channelOf(f ledger.Facts) (kexin.Channel, bool) {
	switch x := f.(type) {
	case *ledger.ConsentRequested:
		return x.Channel, true
	case *ledger.ConsentGiven:
		return x.Channel, true
	case *ledger.ConsentRefused:
		return x.Channel, true
	case *ledger.ConsentWithdrawn:
		return x.Channel, true
	}
	return "", false
}

// records compares every record's sealed values with what the log said last of
// them, and looks for records that are gone.
func (c *deepCheck) records() error {
	for _, o := range c.tx.s.schema.Objects() {
		if err := c.table(o); err != nil {
			return err
		}
	}
	for id := range c.cells {
		c.fault("lost", "row", id.String(), "table", "")
	}
	for id := range c.imported {
		c.fault("lost", "row", id.String(), "table", "customer")
	}
	return nil
}

// table compares the records of one object; what it finds it strikes off.
func (c *deepCheck) table(o *kexin.ObjectDef) error {
	var sealed []*kexin.Field
	q := "SELECT t.id,t.subject_id,t.batch_id,t.owner_id," + customersOwner(o)
	for _, f := range fieldCols(o) {
		if f.Sealed {
			sealed, q = append(sealed, f), q+",t."+column(f)
		}
	}
	table := tables[o.Object]
	ids, cells := make([]kexin.FieldID, len(sealed)), make([][]byte, len(sealed))
	for i, f := range sealed {
		ids[i] = f.ID
	}
	return c.tx.Each(q+" FROM "+table+" t WHERE t.org_id=$1", []any{c.tx.Org}, func(r *db.Rows) error {
		var id, subject, batch, owner, above kexin.ID
		dest := []any{&id, &subject, &batch, &owner, &above}
		for i := range cells {
			cells[i] = nil
			dest = append(dest, &cells[i])
		}
		if err := r.Scan(dest...); err != nil {
			return err
		}
		want, known := c.cells[id]
		made := c.imported[id]
		delete(c.cells, id)
		delete(c.imported, id)
		if !c.erased[subject] {
			c.owner(o, table, id, owner, above)
		}
		switch {
		case c.erased[subject]:
		case known && want != cellDigest(id, ids, cells), !known && !made && batch == 0:
			c.fault("cells", "table", table, "row", id.String())
		case !known:
			c.unread++
		default:
			c.checked++
		}
		return nil
	})
}

// customersOwner is whose the customer is that a record hangs on, 0 for none.
func customersOwner(o *kexin.ObjectDef) string {
	const of = "COALESCE((SELECT c.owner_id FROM customer c WHERE c.org_id=t.org_id AND c.id="
	switch o.Object {
	case kexin.Customer:
		return "0"
	case kexin.OrderLine:
		return of + "(SELECT s.customer_id FROM sale_order s WHERE s.org_id=t.org_id AND s.id=t.order_id)),0)"
	}
	return of + "t.customer_id),0)"
}

// owner compares whose a record is with the log. What hangs on a customer stays
// with whom it was made for, or goes with her; a leaver's tasks are handed on.
func (c *deepCheck) owner(o *kexin.ObjectDef, table string, id, now, above kexin.ID) {
	said, known := c.owners[id]
	delete(c.owners, id)
	switch {
	case !known:
		c.unowned++
	case now == said, above != 0 && now == above, o.Object == kexin.Task && c.left[said]:
	default:
		c.fault("owner", "table", table, "row", id.String())
	}
}
