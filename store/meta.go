package store

import (
	"cmp"
	"slices"

	"kexin"
	"kexin/gate"
	"kexin/internal/db"
)

// A Meta is what is kept of every record beside its fields.
type Meta struct {
	Made, Edited kexin.Instant
	By           kexin.ID
	Batch        kexin.ID
	BatchBy      kexin.ID // whose import it was
	Source       string   // the batch's kind of source, "" for by hand
	Origins      []Origin // of a customer and of a contact
}

// An Origin is one enquiry, visit or order that a customer came by.
type Origin struct {
	Kind  string // order, enquiry, visit, answered, manual
	Day   kexin.Day
	Way   string
	Staff kexin.ID
	Batch kexin.ID
	By    kexin.ID // whose import it was; where it is read
}

// origins reads those of a customer or a contact, by day. There are few: they
// are sorted here, and whose import one came by is known of the record's own.
func (tx *Tx) origins(id kexin.ID, m *Meta) error {
	err := tx.Each("SELECT o.kind,o.day,o.way,o.staff_id,o.batch_id FROM origin o WHERE o.org_id=$1 AND o.customer_id=$2", []any{tx.Org, id}, func(r *db.Rows) error {
		var g Origin
		var day string
		err := r.Scan(&g.Kind, &day, &g.Way, &g.Staff, &g.Batch)
		g.Day = kexin.Day(day)
		m.Origins = append(m.Origins, g)
		return err
	})
	if err != nil {
		return err
	}
	slices.SortFunc(m.Origins, func(a, b Origin) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Way, b.Way))
	})
	for i := range m.Origins {
		o := &m.Origins[i]
		switch o.Batch {
		case 0:
		case m.Batch:
			o.By = m.BatchBy
		default:
			err := tx.Row("SELECT by_id FROM import_batch WHERE org_id=$1 AND id=$2", tx.Org, o.Batch).Scan(&o.By)
			if err != nil && kexin.CodeOf(err) != kexin.NotFound {
				return err
			}
		}
	}
	return nil
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
	s.add(withKey)
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
	return out, tx.Each(s.b.String(), s.args, func(r *db.Rows) error {
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
	err = tx.Each(s.b.String(), s.args, func(r *db.Rows) error {
		var g Sum
		err := r.Scan(&g.Key, &g.N, &g.Sum)
		out = append(out, g)
		return err
	})
	return out, err
}
