package app

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"kexin"
	"kexin/gate"
	"kexin/kind"
	"kexin/store"
)

// A Draft is a record as a person typed it: values by field, the record it
// belongs to, and who shall own it (0 = the person himself).
type Draft struct {
	Object kexin.Object
	Parent kexin.ID
	Owner  kexin.ID
	Values store.Values
	Shared bool // after E_MAYBE_SAME: another person who shares the number
	Once   store.Once
	Task   kexin.ID // of a follow-up: the customer's task that is done with it
}

// ErrSame says that a value is known: it may be the same person. It carries
// what the gate allows to be said.
type ErrSame struct {
	Looked
	Field string // whose value is known
}

// Error and Unwrap make it the conflict E_MAYBE_SAME.
func (e *ErrSame) Error() string { return e.Unwrap().Error() }

// Unwrap gives the error that codes are read from.
func (e *ErrSame) Unwrap() error {
	return &kexin.Error{Op: "app.same", Code: kexin.Conflict, Law: "E_MAYBE_SAME", Key: "error.maybe_same", Field: e.Field}
}

// Create makes a record by hand. A phone that is known answers E_MAYBE_SAME,
// which is a lookup and counted as one. A request that was carried out already
// gives the record it made. Errors: E_OTHER_BODY.
func (a *App) Create(ctx context.Context, actor kexin.Actor, d Draft) (id kexin.ID, err error) {
	if err := a.clean(ctx, actor, &d); err != nil {
		return 0, err
	}
	if d.Once.Key != "" {
		end, err := a.turns.take(ctx, actor.User.String()+d.Once.Key) // else twins would ask after each other, and each count as a lookup
		if err != nil {
			return 0, err
		}
		defer end()
		if id, err := a.made(ctx, actor, d.Once); id != 0 || err != nil {
			return id, err
		}
	}
	if err := a.maybeSame(ctx, actor, d, 0); err != nil {
		return 0, err
	}
	var ready *store.Ready // the writer is one for all: what can be made beside it is
	if d.Object == kexin.Customer {
		if ready, err = a.store.Ready(ctx, actor.Org, cmp.Or(d.Owner, actor.User), actor.User, d.Values); err != nil {
			return 0, err
		}
	}
	err = a.store.Update(ctx, actor.Org, func(tx *store.Tx) error {
		made, err := tx.Earlier(actor.User, d.Once)
		if id = made.Record; id != 0 || err != nil {
			return err
		}
		owner, err := a.ownerOf(tx, actor, d)
		if err != nil {
			return err
		}
		if owner != actor.User && d.Parent == 0 {
			if err := mayOwn(tx, owner, "owner"); err != nil {
				return err
			}
		}
		q := kexin.Query{Act: kexin.ActCreate, Object: d.Object, Fields: keysOf(d.Values)}
		p, err := gate.Create(tx.State, actor, q, owner)
		if err != nil {
			return err
		}
		if err := stillFree(tx, d, 0); err != nil {
			return err
		}
		if id, err = tx.CreateReady(&p, owner, d.Parent, d.Values, ready); err != nil {
			return err
		}
		if err := a.tick(tx, actor, d); err != nil {
			return err
		}
		return tx.KeepMade(actor.User, d.Once, store.Made{Record: id})
	})
	if errors.Is(err, errTaken) {
		return 0, cmp.Or(a.maybeSame(ctx, actor, d, 0), err)
	}
	return id, err
}

// errTaken says that a number which was free when it was asked for is another
// record's by now.
var errTaken = &kexin.Error{Op: "app.same", Code: kexin.Conflict, Key: "error.changed"}

// stillFree asks once more, in the transaction that writes a customer, whether a number
// or code is free: of two requests at one moment one is told of the other's record.
func stillFree(tx *store.Tx, d Draft, self kexin.ID) error {
	for _, u := range uniqueKeys {
		if d.Object != kexin.Customer || d.Shared || d.Values[u.field].Empty() {
			continue
		}
		canon, err := kind.Canon(u.kind, d.Values[u.field].Strings()[0])
		if err != nil {
			return err
		}
		hits, err := tx.HitsAlone(u.kind, canon)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(hits, func(h gate.Hit) bool { return h.ID != self }) {
			return errTaken
		}
	}
	return nil
}

// tick marks the task of a follow-up done, in the transaction that stores it.
// One that is done stays as it is. Errors: invalid for another customer's.
func (a *App) tick(tx *store.Tx, actor kexin.Actor, d Draft) error {
	if d.Task == 0 {
		return nil
	}
	p, err := a.one(tx, actor, kexin.Query{Act: kexin.ActEdit, Object: kexin.Task, Record: d.Task, Fields: []kexin.FieldID{kexin.TaskDoneAt}})
	if err != nil {
		return err
	}
	return tx.Tick(&p, d.Parent)
}

// clean checks every value against its kind and the required ones for being
// there; faults are told by field.
func (a *App) clean(ctx context.Context, actor kexin.Actor, d *Draft) error {
	o := a.store.Schema().Object(d.Object)
	var faults []kexin.FieldError
	for _, f := range o.Fields {
		v, given := d.Values[f.ID]
		if !given || v.Empty() {
			if f.Rule.Required && f.Kind != kexin.KindRef {
				faults = append(faults, kexin.FieldError{Path: f.Name, Key: "error.required"})
			}
			continue
		}
		if err := kind.Check(f, v); err != nil {
			faults = append(faults, faultOf(f, err))
		}
	}
	if len(faults) > 0 {
		return &kexin.Error{Op: "app.create", Code: kexin.Invalid, Key: "error.fields", Fields: faults}
	}
	return a.normalise(ctx, actor, d)
}

// normalise does for a record by hand what import does for a row: an address
// gives its district, "王阿姨" a salutation, several phones go where they
// belong.
func (a *App) normalise(ctx context.Context, actor kexin.Actor, d *Draft) error {
	o := a.store.Schema().Object(d.Object)
	if !o.Person {
		return nil
	}
	given := keysOf(d.Values)
	x := kexin.Draft{Object: d.Object, Values: d.Values}
	kind.Normalise(a.store.Schema(), &x, a.Env(ctx, actor.Org))
	d.Values = x.Values
	var faults []kexin.FieldError
	for _, i := range x.Issues {
		if i.Fatal && slices.Contains(given, i.Field) { // a change need not send what is there already
			faults = append(faults, kexin.FieldError{Path: a.store.Schema().Field(i.Field).Name, Key: "issue." + i.Code})
		}
	}
	if len(faults) > 0 {
		return &kexin.Error{Op: "app.normalise", Code: kexin.Invalid, Key: "error.fields", Fields: faults}
	}
	return nil
}

func faultOf(f *kexin.Field, err error) kexin.FieldError {
	key := "error.field_bad"
	if e, ok := err.(*kexin.Error); ok && e.Key != "" {
		key = e.Key
	}
	return kexin.FieldError{Path: f.Name, Key: key}
}

// ownerOf is who owns a new record: for what hangs on a customer, the
// customer's owner; the person himself or the one he names otherwise.
func (a *App) ownerOf(tx *store.Tx, actor kexin.Actor, d Draft) (kexin.ID, error) {
	owner := d.Owner
	if owner == 0 {
		owner = actor.User
	}
	if d.Parent == 0 {
		return owner, nil
	}
	of := kexin.Customer
	if d.Object == kexin.OrderLine {
		of = kexin.Order
	}
	f, err := tx.Facts(of, d.Parent)
	if err != nil {
		return 0, err
	}
	if _, err := gate.One(tx.State, actor, kexin.Query{Act: kexin.ActGet, Object: of, Record: d.Parent}, f); err != nil {
		return 0, err
	}
	if d.Object == kexin.Task {
		return owner, nil
	}
	if d.Owner != 0 && d.Owner != f.Owner {
		return 0, fieldError("owner", "error.owner_follows")
	}
	return f.Owner, nil
}

// uniqueKeys are the fields by which a customer may be known already.
var uniqueKeys = []struct {
	field kexin.FieldID
	kind  kexin.KeyKind
}{{kexin.CustPhone, kexin.KeyPhone}, {kexin.CustUSCC, kexin.KeyUSCC}}

// maybeSame asks the one door whether a customer's number or code is known.
// self is the record that is changed, 0 for a new one.
func (a *App) maybeSame(ctx context.Context, actor kexin.Actor, d Draft, self kexin.ID) error {
	for _, u := range uniqueKeys {
		if d.Object != kexin.Customer || d.Shared || d.Values[u.field].Empty() {
			continue
		}
		ans, err := a.lookup(ctx, actor, u.kind, d.Values[u.field].Strings()[0], self)
		if err != nil {
			return err
		}
		if ans.Known {
			return &ErrSame{ans, a.store.Schema().Field(u.field).Name}
		}
	}
	return a.maybeStopped(ctx, actor, d, self)
}

// maybeStopped counts as lookups the numbers of a draft that nobody asked the door
// for: where one was stopped in this shop, the record would tell by its mark 勿扰
// (security.md A4). What the same person asked within a day is not counted again.
func (a *App) maybeStopped(ctx context.Context, actor kexin.Actor, d Draft, self kexin.ID) error {
	var ask []kexin.Key
	if err := a.store.View(ctx, actor.Org, func(tx *store.Tx) (err error) {
		ask, err = tx.Unasked(actor.User, d.Object, d.Values)
		return err
	}); err != nil {
		return err
	}
	for _, k := range ask {
		if _, err := a.lookup(ctx, actor, k.Kind, k.Canon, self); err != nil {
			return err
		}
	}
	return nil
}

func keysOf(v store.Values) []kexin.FieldID {
	out := make([]kexin.FieldID, 0, len(v))
	for id := range v {
		out = append(out, id)
	}
	return out
}

// Edit changes fields of a record that still has the revision read.
func (a *App) Edit(ctx context.Context, actor kexin.Actor, id kexin.ID, rev int64, d Draft) (newRev int64, err error) {
	if err := a.checkEdit(d); err != nil {
		return 0, err
	}
	cleared := map[kexin.FieldID]bool{}
	for f, v := range d.Values {
		cleared[f] = v.Empty()
	}
	if err := a.normalise(ctx, actor, &d); err != nil {
		return 0, err
	}
	if _, given := cleared[kexin.CustRemark]; !given && d.Object == kexin.Customer && !d.Values[kexin.CustRemark].Empty() {
		// a part of some value belongs into the remark, which was not sent:
		// writing it would overwrite what is there
		return 0, &kexin.Error{Op: "app.edit", Code: kexin.Invalid, Key: "error.fields"}
	}
	for f, empty := range cleared {
		if _, ok := d.Values[f]; empty && !ok {
			d.Values[f] = kexin.Value{} // clearing a field is a change too
		}
	}
	may := func(tx *store.Tx) (gate.Permit, error) {
		return a.one(tx, actor, kexin.Query{Act: kexin.ActEdit, Object: d.Object, Record: id, Fields: keysOf(d.Values)})
	}
	if a.store.Schema().Object(d.Object).Person { // whose number it is would be told by a record that he may not change
		if err := a.store.View(ctx, actor.Org, func(tx *store.Tx) error { _, err := may(tx); return err }); err != nil {
			return 0, err
		}
	}
	if err := a.maybeSame(ctx, actor, d, id); err != nil {
		return 0, err
	}
	err = a.store.Update(ctx, actor.Org, func(tx *store.Tx) error {
		p, err := may(tx)
		if err != nil {
			return err
		}
		if err := stillFree(tx, d, id); err != nil {
			return err
		}
		newRev, err = tx.Edit(&p, rev, d.Values)
		return err
	})
	if errors.Is(err, errTaken) {
		err = cmp.Or(a.maybeSame(ctx, actor, d, id), err)
	}
	return newRev, err
}

// fixed refuses what a change cannot reach: whose a record is, and what it
// hangs on. A customer is moved by an act of its own.
func (a *App) fixed(d Draft) (faults []kexin.FieldError) {
	for _, f := range a.store.Schema().Object(d.Object).Fields {
		switch {
		case f.Kind != kexin.KindRef:
		case f.Name != "owner":
			if d.Parent != 0 {
				faults = append(faults, kexin.FieldError{Path: f.Name, Key: "error.parent_fixed"})
			}
		case d.Owner == 0:
		case d.Object == kexin.Customer:
			faults = append(faults, kexin.FieldError{Path: f.Name, Key: "error.owner_move"})
		default:
			faults = append(faults, kexin.FieldError{Path: f.Name, Key: "error.owner_fixed"})
		}
	}
	return faults
}

func (a *App) checkEdit(d Draft) error {
	s := a.store.Schema()
	faults := a.fixed(d)
	for id, v := range d.Values {
		f := s.Field(id)
		switch {
		case v.Empty() && f.Rule.Required:
			faults = append(faults, kexin.FieldError{Path: f.Name, Key: "error.required"})
		case v.Empty():
		default:
			if err := kind.Check(f, v); err != nil {
				faults = append(faults, faultOf(f, err))
			}
		}
	}
	if len(faults) > 0 {
		return &kexin.Error{Op: "app.edit", Code: kexin.Invalid, Key: "error.fields", Fields: faults}
	}
	return nil
}

// one loads the facts and asks the gate for one record.
func (a *App) one(tx *store.Tx, actor kexin.Actor, q kexin.Query) (gate.Permit, error) {
	f, err := tx.Facts(q.Object, q.Record)
	if err != nil {
		return gate.Permit{}, err
	}
	return gate.One(tx.State, actor, q, f)
}

// Delete takes a child record away. The page offers to make it again.
func (a *App) Delete(ctx context.Context, actor kexin.Actor, o kexin.Object, id kexin.ID, rev int64) error {
	return a.store.Update(ctx, actor.Org, func(tx *store.Tx) error {
		p, err := a.one(tx, actor, kexin.Query{Act: kexin.ActEdit, Object: o, Record: id})
		if err != nil {
			return err
		}
		return tx.Delete(&p, rev)
	})
}

// Move gives a customer to another owner: somebody who is here, works with
// customers and stands inside the mover's scope. Errors: invalid.
func (a *App) Move(ctx context.Context, actor kexin.Actor, id, to kexin.ID) error {
	return a.store.Update(ctx, actor.Org, func(tx *store.Tx) error {
		p, err := a.one(tx, actor, kexin.Query{Act: kexin.ActMove, Object: kexin.Customer, Record: id})
		if err != nil {
			return err
		}
		if err := mayOwn(tx, to, "owner"); err != nil {
			return err
		}
		return tx.Move(&p, to)
	})
}

// mayOwn refuses an owner who is not of this merchant, not active, or of a
// position that works with no customers. field is where it was named.
func mayOwn(tx *store.Tx, id kexin.ID, field string) error {
	m, err := tx.Member(id)
	if kexin.CodeOf(err) == kexin.NotFound || err == nil && (!m.Active || !tx.State.May(m.Position, kexin.ActContact)) {
		return fieldError(field, "error.owner")
	}
	return err
}
