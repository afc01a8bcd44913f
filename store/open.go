package store

import (
	"slices"
	"strings"

	"kexin"
	"kexin/gate"
)

// A Whole is one record as it was opened, with what stands beside its fields.
type Whole struct {
	View     kexin.View
	Facts    gate.Facts
	Meta     Meta
	Standing *Standing // of a customer; nil for other objects
	object   kexin.Object
	tag      sealedTag // for the log
}

// Open reads one record once: judge is told the facts, nil where there is no
// such record, and the row is masked by the permit that it gives. Nothing is
// decrypted before. The row is still open for judge, who asks the database for
// nothing. Errors: those of judge.
//
// Where there is no such record the next one is read and left: how long it takes
// to be refused does not tell whether there is one that may not be seen.
func (tx *Tx) Open(o kexin.Object, id kexin.ID, judge func(*gate.Facts) (gate.Permit, error)) (p gate.Permit, w Whole, err error) {
	fields := tx.State.Schema.Object(o).Fields
	var hers kexin.Instant
	w.object = o
	r := rowOf(1, fields, func(int) bool { return false }, append(w.tag.dest(), &hers, &w.Facts.State, &w.Meta.Made, &w.Meta.Edited, &w.Meta.By, &w.Meta.Batch, &w.Meta.Source, &w.Meta.BatchBy)...)
	rows, err := tx.Query(tx.s.opens[o], tx.Org, id)
	if err != nil {
		return p, w, err
	}
	defer rows.Close()
	if !rows.Next() {
		if err = rows.Err(); err == nil {
			p, err = judge(nil)
		}
		return p, w, err
	}
	if err = rows.Scan(r.dest...); err != nil {
		return p, w, err
	}
	if r.id != id {
		p, err = judge(nil)
		return p, Whole{}, err
	}
	w.Facts.ID, w.Facts.Owner, w.Facts.Subject = r.id, r.owner, r.subject
	if p, err = judge(&w.Facts); err != nil {
		return p, w, err
	}
	if err := tx.check(&p, "store.open"); err != nil {
		return p, w, err
	}
	if p.Record() != id || p.Object().Object != o {
		return p, w, &kexin.Error{Op: "store.open", Code: kexin.Internal, Key: "error.permit"}
	}
	if shown := p.Fields(); !slices.Equal(shown, fields) {
		for _, f := range shown {
			r.at = append(r.at, slices.Index(fields, f))
		}
	}
	if w.View, err = r.view(tx, &p); err != nil {
		return p, w, err
	}
	if err = rows.Close(); err != nil {
		return p, w, err
	}
	if p.Object().Person {
		if err = tx.origins(id, &w.Meta); err != nil {
			return p, w, err
		}
	}
	if o != kexin.Customer {
		return p, w, nil
	}
	w.Standing = &Standing{Subject: r.subject, Made: w.Meta.Made, Ordered: r.number(fields, kexin.CustOrders) > 0}
	w.Standing.Source, w.Standing.Zone = kexin.SourceKind(w.Meta.Source), tx.Zone
	w.Standing.Enquired = tx.enquired(r.plain(fields, kexin.CustSourceOn), r.plain(fields, kexin.CustLastOn), hers)
	return p, w, tx.consents(map[kexin.ID]*Standing{r.subject: w.Standing})
}

// plain and number are columns that are not sealed.
func (r *row) plain(fields []*kexin.Field, id kexin.FieldID) string {
	return r.cols[slices.IndexFunc(fields, func(f *kexin.Field) bool { return f.ID == id })].text
}

func (r *row) number(fields []*kexin.Field, id kexin.FieldID) int64 {
	return r.cols[slices.IndexFunc(fields, func(f *kexin.Field) bool { return f.ID == id })].num
}

// define takes a schema, with the statements that open one record of each
// object.
func (s *Store) define(x *kexin.Schema) {
	s.schema, s.opens, s.forms = x, map[kexin.Object]string{}, map[kexin.Object]*form{}
	for _, o := range x.Objects() {
		s.forms[o.Object] = formOf(o)
		s.opens[o.Object] = openSQL(o.Object, o.Fields)
	}
}

// openSQL is the statement for one record, or the next behind it: head, flag, the person's tag, what
// decides and what stands beside, and all fields.
func openSQL(o kexin.Object, fields []*kexin.Field) string {
	var b strings.Builder
	b.WriteString("SELECT " + head + flagOf(o) + "," + tagCols)
	if o == kexin.Customer {
		b.WriteString(",c.hers_at")
	} else {
		b.WriteString(",0")
	}
	b.WriteString(",c.state,c.made_at,c.edited_at,c.made_by,c.batch_id,COALESCE(b.source,''),COALESCE(b.by_id,0)")
	for _, f := range fields {
		b.WriteString(",c." + column(f))
	}
	b.WriteString(" FROM " + tables[o] + " c" + withKey + withTag)
	b.WriteString(" LEFT JOIN import_batch b ON b.org_id=c.org_id AND b.id=c.batch_id WHERE c.org_id=$1 AND c.id>=$2 ORDER BY c.id LIMIT 1")
	return b.String()
}
