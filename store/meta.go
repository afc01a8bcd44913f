package store

import (
	"kexin"
	"kexin/gate"
	"kexin/internal/db"
)

// A Meta is what is kept of every record beside its fields.
type Meta struct {
	Made, Edited kexin.Instant
	By           kexin.ID
	Batch        kexin.ID
	Source       string // the batch's kind of source, "" for by hand
	Origins      []Origin
}

// An Origin is one enquiry, visit or order that a customer came by.
type Origin struct {
	Kind  string // order, enquiry, visit, answered, manual
	Day   kexin.Day
	Way   string
	Staff kexin.ID
	Batch kexin.ID
}

// Meta reads it for the record a permit names.
func (tx *Tx) Meta(p *gate.Permit) (m Meta, err error) {
	if err := tx.check(p, "store.meta"); err != nil {
		return m, err
	}
	o := p.Object().Object
	if err := tx.Row("SELECT made_at,edited_at,made_by,batch_id FROM "+tables[o]+" WHERE org_id=$1 AND id=$2", tx.Org, p.Record()).
		Scan(&m.Made, &m.Edited, &m.By, &m.Batch); err != nil {
		return m, err
	}
	if m.Batch != 0 {
		if err := tx.Row("SELECT source FROM import_batch WHERE org_id=$1 AND id=$2", tx.Org, m.Batch).Scan(&m.Source); err != nil {
			return m, err
		}
	}
	if o != kexin.Customer {
		return m, nil
	}
	err = each(tx.Tx, "SELECT kind,day,way,staff_id,batch_id FROM origin WHERE org_id=$1 AND customer_id=$2 ORDER BY day,kind", []any{tx.Org, p.Record()}, func(r *db.Rows) error {
		var g Origin
		var day string
		err := r.Scan(&g.Kind, &day, &g.Way, &g.Staff, &g.Batch)
		g.Day = kexin.Day(day)
		m.Origins = append(m.Origins, g)
		return err
	})
	return m, err
}

// Named gives those of the wanted records that the permit's scope holds, as
// the permit shows them.
func (tx *Tx) Named(p *gate.Permit, ids []kexin.ID) ([]kexin.View, error) {
	if err := tx.check(p, "store.named"); err != nil || len(ids) == 0 {
		return nil, err
	}
	f := &finder{p: p, org: tx.Org}
	var s stmt
	s.add("SELECT ")
	f.cells(&s)
	s.add(" FROM " + tables[p.Object().Object] + " c")
	f.keys(&s)
	f.where(&s)
	owners(&s, p.Scope(), "c.owner_id")
	s.add(" AND c.id IN ").list(ids)
	out, err := tx.scan(f, s.b.String(), s.args)
	return out.rows, err
}

// Parents are the records that these rows belong to, in their order.
func (tx *Tx) Parents(o kexin.Object, rows []kexin.View) ([]kexin.ID, error) {
	out := make([]kexin.ID, len(rows))
	if len(rows) == 0 {
		return out, nil
	}
	ids, at := make([]kexin.ID, len(rows)), map[kexin.ID]int{}
	for i, r := range rows {
		ids[i], at[r.ID] = r.ID, i
	}
	var s stmt
	s.add("SELECT id," + parents[o] + " FROM " + tables[o] + " WHERE org_id=").arg(tx.Org).add(" AND id IN ").list(ids)
	return out, each(tx.Tx, s.b.String(), s.args, func(r *db.Rows) error {
		var id, parent kexin.ID
		err := r.Scan(&id, &parent)
		out[at[id]] = parent
		return err
	})
}

// A Sum is one group of a count with its amount added up.
type Sum struct {
	Key    string
	N, Sum int64
}

// Sums counts by the permit's group and adds up its amount.
func (tx *Tx) Sums(p *gate.Permit) (out []Sum, err error) {
	if err := tx.check(p, "store.sums"); err != nil {
		return nil, err
	}
	if p.Group() == nil || p.Sum() == nil || p.Rounded() {
		return nil, &kexin.Error{Op: "store.sums", Code: kexin.Internal, Key: "error.permit"}
	}
	f := &finder{p: p, org: tx.Org}
	var s stmt
	s.add("SELECT c." + column(p.Group()) + ",COUNT(*),CAST(COALESCE(SUM(c." + column(p.Sum()) + "),0) AS BIGINT) FROM " + tables[p.Object().Object] + " c")
	f.where(&s)
	owners(&s, p.Scope(), "c.owner_id")
	s.add(" GROUP BY 1 ORDER BY 1")
	err = each(tx.Tx, s.b.String(), s.args, func(r *db.Rows) error {
		var g Sum
		err := r.Scan(&g.Key, &g.N, &g.Sum)
		out = append(out, g)
		return err
	})
	return out, err
}

// OpenReviews counts import rows that wait for a person to judge them: all of
// the merchant's for who may import for others, else his own batches'.
func (tx *Tx) OpenReviews(a kexin.Actor) (n int64, err error) {
	if !tx.State.May(a.Position, kexin.ActImport) {
		return 0, nil
	}
	q, args := "SELECT COUNT(*) FROM import_row r JOIN import_batch b ON b.org_id=r.org_id AND b.id=r.batch_id WHERE r.org_id=$1 AND r.outcome='review' AND b.state='done'", []any{tx.Org}
	if !tx.State.May(a.Position, kexin.ActMove) {
		q, args = q+" AND b.by_id=$2", append(args, a.User)
	}
	err = tx.Row(q, args...).Scan(&n)
	return n, err
}
