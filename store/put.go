package store

import (
	"context"
	"strconv"

	"kexin"
	"kexin/gate"
	"kexin/kind"
	"kexin/ledger"
	"kexin/vault"
)

// Values are a record's values by field. A missing field is left alone when
// editing and empty when creating.
type Values map[kexin.FieldID]kexin.Value

// A base is what every record has beside its fields.
type base struct {
	id, owner, parent, by, batch kexin.ID
	state                        int64
}

// baseCols are the columns of base in every record's table.
var baseCols = []string{"org_id", "id", "subject_id", "owner_id", "state", "rev", "made_at", "edited_at", "made_by", "batch_id"}

const madeAt, editedAt = 6, 7 // in baseCols

// fieldCols are the fields that have a column of their own beside base.
func fieldCols(o *kexin.ObjectDef) []*kexin.Field {
	out := make([]*kexin.Field, 0, len(o.Fields))
	for _, f := range o.Fields {
		if column(f) != "owner_id" {
			out = append(out, f)
		}
	}
	return out
}

// arg is what is bound for a field: plain, or sealed under the person's key.
func (s *Subject) arg(f *kexin.Field, record kexin.ID, v kexin.Value) any {
	if !f.Sealed {
		return plainArg(f, v)
	}
	if v.Empty() {
		return nil
	}
	return vault.SealCell(s.data, vault.CellAddr{Object: f.Object, Field: f.ID, Record: record}, []byte(sealText(v)))
}

// flagged reports whether a searched free text holds contact data.
func flagged(o *kexin.ObjectDef, vals Values) bool {
	for _, f := range o.Fields {
		if gate.Searched(f) && kind.HoldsContact(vals[f.ID].S) {
			return true
		}
	}
	return false
}

// A Ready is a new customer made before the transaction that stores her: her
// keys, sealed cells, indexes and tokens cost as much as writing them, and the
// writer is one for all.
type Ready struct {
	ring    *vault.Ring
	base    base
	subject *Subject
	person  subjectRows // nothing where the record is about somebody known
	row     []any
	keys    [][]any
	tokens  [][]any
	digest  [32]byte
}

// Ready makes a customer for by's Create.
func (s *Store) Ready(ctx context.Context, org, owner, by kexin.ID, vals Values) (*Ready, error) {
	ring, err := s.rings.Ring(ctx, org)
	if err != nil {
		return nil, err
	}
	m, at, o := &Mill{org: org, ring: ring, ids: s.ids, forms: s.forms}, s.now(), s.schema.Object(kexin.Customer)
	who, rows, err := m.person(human(vals), at)
	if err != nil {
		return nil, err
	}
	return m.ready(o, base{id: m.ids.next(at), owner: owner, by: by}, who, rows, vals, at), nil
}

// human reports whether a record of a person of its own is about a person, and
// no company.
func human(vals Values) bool { return vals[kexin.CustType].S != "company" }

func (m *Mill) ready(o *kexin.ObjectDef, b base, who *Subject, rows subjectRows, vals Values, at kexin.Instant) *Ready {
	f := m.forms[o.Object]
	r := &Ready{ring: m.ring, base: b, subject: who, person: rows, row: m.row(f, b, who, vals, at)}
	r.keys, r.tokens = m.keys(nil, o, b.id, vals), m.tokenRows(o, b.id, b.owner, vals)
	r.digest = m.digest(f, b.id, r.row)
	return r
}

// Create writes a new record that a permit allows. parent is the record it
// belongs to, 0 for a customer or a free task.
func (tx *Tx) Create(p *gate.Permit, owner, parent kexin.ID, vals Values) (kexin.ID, error) {
	return tx.CreateReady(p, owner, parent, vals, nil)
}

// CreateReady is Create of what was made ready of the same values. Where it was
// made for another owner, or under keys that have been changed since, it is made
// anew.
func (tx *Tx) CreateReady(p *gate.Permit, owner, parent kexin.ID, vals Values, r *Ready) (kexin.ID, error) {
	if err := tx.checkWrite(p, kexin.ActCreate, vals); err != nil {
		return 0, err
	}
	o, by := p.Object(), p.Actor().User
	if r == nil || r.ring != tx.ring || r.base.owner != owner || r.base.by != by || o.Object != kexin.Customer {
		who, rows, err := tx.subjectFor(o, parent, vals)
		if err != nil {
			return 0, err
		}
		r = tx.mill().ready(o, base{id: tx.NewID(), owner: owner, parent: parent, by: by}, who, rows, vals, tx.Now)
	}
	if err := tx.insert(o, r); err != nil {
		return 0, err
	}
	id, s := r.base.id, r.subject
	marked, err := tx.heed(o, s.ID, vals)
	if err != nil {
		return 0, err
	}
	if o.Object == kexin.Customer {
		if err := tx.addOrigin(id, "manual", tx.day(), vals[kexin.CustSource].S, by, 0); err != nil {
			return 0, err
		}
	}
	if err := tx.carry(o.Object, id, parent, vals); err != nil {
		return 0, err
	}
	if o.Object == kexin.Visit || o.Object == kexin.Task {
		if err := tx.noted(by, s.ID); err != nil {
			return 0, err
		}
	}
	s.fresh = r.person.subject != nil && !marked
	facts := &ledger.RecordCreated{Object: o.Object, Fields: filled(o, vals), Way: wayOf(p.Actor())}
	return id, tx.logWrite(p, s, facts, id, [32]byte{}, r.digest, ownedBy(owner))
}

// insert writes the rows of a new record, made at the time of the transaction.
func (tx *Tx) insert(o *kexin.ObjectDef, r *Ready) error {
	r.row[madeAt], r.row[editedAt] = tx.Now, tx.Now
	if r.person.subject != nil {
		r.person.subject[subjectMade] = tx.Now
		if err := tx.Bulk("subject", subjectCols, [][]any{r.person.subject}); err != nil {
			return err
		}
		if err := tx.Bulk("subject_key", subjectKeyCols, r.person.keys); err != nil {
			return err
		}
	}
	if err := tx.Bulk(tables[o.Object], tx.s.forms[o.Object].cols, [][]any{r.row}); err != nil {
		return err
	}
	if err := tx.Bulk("record_key", keyCols, r.keys); err != nil {
		return err
	}
	return tx.Bulk("name_token", tokenCols, r.tokens)
}

// filled are the fields that have a value, in the order of the schema.
func filled(o *kexin.ObjectDef, vals Values) (out []kexin.FieldID) {
	for _, f := range o.Fields {
		if v, ok := vals[f.ID]; ok && !v.Empty() {
			out = append(out, f.ID)
		}
	}
	return out
}

// checkWrite holds the values of one record against its permit.
func (tx *Tx) checkWrite(p *gate.Permit, act kexin.Act, vals Values) error {
	return permits{}.check(tx, p, act, vals)
}

// subjectFor finds whose person a new record is about: its own, with the rows
// that make it one, for customers and contacts, the parent's for everything
// else, the merchant's own holder for a task about nobody.
func (tx *Tx) subjectFor(o *kexin.ObjectDef, parent kexin.ID, vals Values) (s *Subject, rows subjectRows, err error) {
	if o.Person {
		return tx.mill().person(human(vals), tx.Now)
	}
	if parent == 0 {
		s, err = tx.subjectOf(tx.Org)
		return s, rows, err
	}
	of := kexin.Customer
	if o.Object == kexin.OrderLine {
		of = kexin.Order
	}
	f, err := tx.Facts(of, parent)
	if err != nil {
		return nil, rows, err
	}
	if f == nil {
		return nil, rows, &kexin.Error{Op: "store.put", Code: kexin.NotFound}
	}
	s, err = tx.subjectOf(f.Subject)
	return s, rows, err
}

// Edit changes the fields a permit names, if the record still has the
// revision that was read. It gives the new revision: the same one where nothing
// has changed, but for fields that the permit shows masked, of which it does not
// say whether they had this value (security.md A4). Errors: conflict.
func (tx *Tx) Edit(p *gate.Permit, rev int64, vals Values) (int64, error) {
	if err := tx.checkWrite(p, kexin.ActEdit, vals); err != nil {
		return 0, err
	}
	o, id := p.Object(), p.Record()
	old, err := tx.stored(o, id)
	if err != nil {
		return 0, err
	}
	if old.rev != rev {
		return 0, &kexin.Error{Op: "store.edit", Code: kexin.Conflict, Key: "error.changed"}
	}
	changed := old.diff(vals)
	for i := range p.Cells() {
		f := p.Field(i)
		if v, given := vals[f.ID]; given && !p.Clear(i, p.Owns(), gate.Searched(f) && flagged(o, old.vals)) {
			changed[f.ID] = v
		}
	}
	if len(changed) == 0 {
		return rev, nil
	}
	if _, amount := changed[kexin.OrdAmount]; amount {
		if err := tx.unlined(id); err != nil {
			return 0, err
		}
	}
	if err := tx.update(o, old, changed); err != nil {
		return 0, err
	}
	after, err := tx.digestOf(o, id)
	if err != nil {
		return 0, err
	}
	facts := &ledger.RecordEdited{Object: o.Object, Fields: touched(o, changed), Rev: rev + 1, Way: wayOf(p.Actor())}
	return rev + 1, tx.logWrite(p, old.subject, facts, id, old.digest, after)
}

// Tick marks a customer's task done; one that is done stays as it is. Errors:
// invalid for a task of somebody else's.
func (tx *Tx) Tick(p *gate.Permit, customer kexin.ID) error {
	old, err := tx.stored(p.Object(), p.Record())
	if err != nil {
		return err
	}
	if old.parent != customer {
		return &kexin.Error{Op: "store.tick", Code: kexin.Invalid, Key: "error.fields", Fields: []kexin.FieldError{{Path: "task", Key: "error.field_bad"}}}
	}
	if !old.vals[kexin.TaskDoneAt].Empty() {
		return nil
	}
	_, err = tx.Edit(p, old.rev, Values{kexin.TaskDoneAt: kexin.Num(int64(tx.Now))})
	return err
}

// touched are the changed fields in the order of the schema.
func touched(o *kexin.ObjectDef, vals Values) (out []kexin.FieldID) {
	for _, f := range o.Fields {
		if _, ok := vals[f.ID]; ok {
			out = append(out, f.ID)
		}
	}
	return out
}

// digestOf is cellDigest of a record as it is stored now.
func (tx *Tx) digestOf(o *kexin.ObjectDef, id kexin.ID) ([32]byte, error) {
	var s stmt
	var ids []kexin.FieldID
	var dest []any
	for _, f := range fieldCols(o) {
		if f.Sealed {
			if len(ids) > 0 {
				s.add(",")
			}
			s.add(column(f))
			ids, dest = append(ids, f.ID), append(dest, new([]byte))
		}
	}
	q := "SELECT " + s.b.String() + " FROM " + tables[o.Object] + " WHERE org_id=$1 AND id=$2"
	if err := tx.Row(q, tx.Org, id).Scan(dest...); err != nil {
		return [32]byte{}, err
	}
	cells := make([][]byte, len(dest))
	for i, d := range dest {
		cells[i] = *d.(*[]byte)
	}
	return cellDigest(id, ids, cells), nil
}

// update writes changed values over a stored record and everything that hangs
// on them.
func (tx *Tx) update(o *kexin.ObjectDef, old *stored, changed Values) error {
	var s stmt
	s.add("UPDATE " + tables[o.Object] + " SET rev=rev+1,edited_at=").arg(tx.Now)
	for _, f := range o.Fields {
		v, ok := changed[f.ID]
		if !ok {
			continue
		}
		s.add("," + column(f) + "=").arg(old.subject.arg(f, old.id, v))
		old.vals[f.ID] = v
	}
	if flaggedTables[o.Object] {
		s.add(",flagged=").arg(flagged(o, old.vals))
	}
	s.add(" WHERE org_id=").arg(tx.Org).add(" AND id=").arg(old.id).add(" AND rev=").arg(old.rev)
	n, err := tx.Exec(s.b.String(), s.args...)
	if err != nil {
		return err
	}
	if n != 1 {
		return &kexin.Error{Op: "store.edit", Code: kexin.Conflict, Key: "error.changed"}
	}
	if err := tx.rekey(o, old, changed); err != nil {
		return err
	}
	return tx.carry(o.Object, old.id, old.parent, old.vals)
}

// A stored record is one read whole, clear, for work inside the store.
type stored struct {
	id, owner, parent kexin.ID
	rev, state        int64
	subject           *Subject
	digest            [32]byte
	before            Values // as it was read
	vals              Values
}

// diff are the given values that differ from the stored ones.
func (r *stored) diff(vals Values) Values {
	out := Values{}
	for id, v := range vals {
		if r.vals[id] != v {
			out[id] = v
		}
	}
	return out
}

// stored reads a record whole. It is for writing inside the store: nothing of
// it is returned to a caller.
func (tx *Tx) stored(o *kexin.ObjectDef, id kexin.ID) (*stored, error) {
	var s stmt
	parent := parents[o.Object]
	if parent == "" {
		parent = "0"
	}
	s.add("SELECT rev,state,owner_id,subject_id," + parent)
	c := columnsOf(fieldCols(o))
	for _, f := range c.fields {
		s.add("," + column(f))
	}
	s.add(" FROM " + tables[o.Object] + " WHERE org_id=").arg(tx.Org).add(" AND id=").arg(id)
	r := &stored{id: id}
	var subject kexin.ID
	if err := tx.Row(s.b.String(), s.args...).Scan(c.dest(&r.rev, &r.state, &r.owner, &subject, &r.parent)...); err != nil {
		return nil, err
	}
	var err error
	if r.subject, err = tx.subjectOf(subject); err != nil {
		return nil, err
	}
	return r, r.fill(c)
}

func (r *stored) unseal(f *kexin.Field, ct []byte) (kexin.Value, error) {
	if len(ct) == 0 {
		return kexin.Value{}, nil
	}
	clear, err := vault.OpenCell(r.subject.data, vault.CellAddr{Object: f.Object, Field: f.ID, Record: r.id}, ct)
	return unsealText(f, string(clear)), misplaced(tables[f.Object], r.id, err)
}

// addOrigin notes where a customer comes from; the same again is nothing new.
func (tx *Tx) addOrigin(customer kexin.ID, kind string, day kexin.Day, way string, staff, batch kexin.ID) error {
	_, err := tx.Exec("INSERT INTO origin(org_id,customer_id,kind,day,way,staff_id,batch_id) VALUES($1,$2,$3,$4,$5,$6,$7) ON CONFLICT(org_id,customer_id,kind,day,way) DO NOTHING",
		tx.Org, customer, kind, string(day), way, staff, batch)
	return err
}

// day is today in the merchant's zone.
func (tx *Tx) day() kexin.Day { return kexin.DayOf(tx.Now.Time().In(tx.Zone)) }

// Delete takes a child record out of every scope. Customers are not deleted here: that is erasure.
func (tx *Tx) Delete(p *gate.Permit, rev int64) error {
	if err := tx.checkWrite(p, kexin.ActEdit, nil); err != nil {
		return err
	}
	o := p.Object()
	if o.Object == kexin.Customer {
		return &kexin.Error{Op: "store.delete", Code: kexin.Invalid, Key: "error.delete_customer"}
	}
	old, err := tx.stored(o, p.Record())
	if err != nil {
		return err
	}
	n, err := tx.Exec("UPDATE "+tables[o.Object]+" SET state="+strconv.FormatInt(gate.Gone, 10)+",rev=rev+1,edited_at=$1 WHERE org_id=$2 AND id=$3 AND rev=$4",
		tx.Now, tx.Org, old.id, rev)
	if err != nil {
		return err
	}
	if n != 1 {
		return &kexin.Error{Op: "store.delete", Code: kexin.Conflict, Key: "error.changed"}
	}
	if err := tx.carry(o.Object, old.id, old.parent, nil); err != nil {
		return err
	}
	return tx.logWrite(p, old.subject, &ledger.RecordEdited{Object: o.Object, Rev: rev + 1, Way: wayOf(p.Actor())}, old.id, old.digest, old.digest)
}
