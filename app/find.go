package app

import (
	"context"
	"time"

	"kexin"
	"kexin/gate"
	"kexin/kind"
	"kexin/law"
	"kexin/store"
)

// A Listing is a page of records with what it was made of.
type Listing struct {
	kexin.Page
	Scene kexin.Scene
	More  bool
	Names map[kexin.ID]kexin.Cell // customers that the rows point to
}

// Find gives one page of records. A whole phone in the search box is a
// lookup: it is counted, and shows the record only if it is in scope.
func (a *App) Find(ctx context.Context, actor kexin.Actor, q kexin.Query) (Listing, error) {
	q.Act = kexin.ActList
	if q.Object == kexin.Customer && kind.WholePhone(q.Search) {
		return a.findPhone(ctx, actor, q)
	}
	var out Listing
	err := a.store.View(ctx, actor.Org, func(tx *store.Tx) (err error) {
		out, err = a.find(tx, actor, q)
		return err
	})
	if err != nil {
		return Listing{}, err
	}
	a.pages.seen(actor, q.Object, out)
	return out, nil
}

func (a *App) find(tx *store.Tx, actor kexin.Actor, q kexin.Query) (Listing, error) {
	p, err := gate.Authorize(tx.State, actor, q)
	if err != nil {
		return Listing{}, err
	}
	found, err := tx.Find(&p)
	if err != nil {
		return Listing{}, err
	}
	out := Listing{Scene: p.Scene(), More: found.More}
	out.Page = kexin.Page{Fields: p.Fields(), Reasons: p.Reasons(), Rows: found.Rows, Next: found.Next}
	out.Names, err = a.names(tx, actor, out.Page)
	return out, err
}

// names reads the names of the customers that child rows point to, through
// the gate like everything else.
func (a *App) names(tx *store.Tx, actor kexin.Actor, page kexin.Page) (map[kexin.ID]kexin.Cell, error) {
	at := -1
	for i, f := range page.Fields {
		if f.Kind == kexin.KindRef && f.Rule.Ref == kexin.Customer {
			at = i
		}
	}
	if at < 0 || len(page.Rows) == 0 {
		return nil, nil
	}
	p, err := gate.Authorize(tx.State, actor, kexin.Query{Act: kexin.ActList, Object: kexin.Customer, Fields: []kexin.FieldID{kexin.CustName}})
	if err != nil {
		return nil, err
	}
	ids := make([]kexin.ID, 0, len(page.Rows))
	for _, r := range page.Rows {
		if id := kexin.ID(r.Cells[at].Value.N); id != 0 {
			ids = append(ids, id)
		}
	}
	views, err := tx.Named(&p, ids)
	out := make(map[kexin.ID]kexin.Cell, len(views))
	for _, v := range views {
		out[v.ID] = v.Cells[0]
	}
	return out, err
}

// findPhone answers a search for a whole phone.
func (a *App) findPhone(ctx context.Context, actor kexin.Actor, q kexin.Query) (Listing, error) {
	ans, err := a.Lookup(ctx, actor, kexin.KeyPhone, q.Search)
	if err != nil {
		return Listing{}, err
	}
	var out Listing
	err = a.store.View(ctx, actor.Org, func(tx *store.Tx) error {
		p, err := gate.Authorize(tx.State, actor, kexin.Query{Act: kexin.ActList, Object: q.Object, Scene: q.Scene, Fields: q.Fields})
		if err != nil {
			return err
		}
		out = Listing{Scene: p.Scene(), Page: kexin.Page{Fields: p.Fields(), Reasons: p.Reasons()}}
		out.Rows, err = tx.Named(&p, ans.Records)
		return err
	})
	if err == nil {
		a.pages.seen(actor, q.Object, out)
	}
	return out, err
}

// A Record is one record as the actor may see it, with what may be done.
type Record struct {
	View    kexin.View
	Object  *kexin.ObjectDef
	Fields  []*kexin.Field
	Reasons []kexin.Reason
	Can     []kexin.Act
	Meta    store.Meta
	By      string // name of who made it
	Names   map[kexin.ID]kexin.Cell
	Mays    []May // a customer's channels
	Zone    *time.Location
	Kept    kexin.Day // until when it is kept by its retention; "" = an order keeps it
}

// Get opens one record. What was shown is in the log, on disk, before the answer
// leaves. It is read on a snapshot that is kept, beside other openings, where the
// transaction that logs it finds that what it read still holds; else in that
// transaction itself, since any other snapshot would have to be read from the
// disk's pages anew. Openings that come together are stored together.
func (a *App) Get(ctx context.Context, actor kexin.Actor, o kexin.Object, id kexin.ID) (Record, error) {
	var out opened
	var refused error
	read := func(tx *store.Tx) error {
		out, refused = a.open(tx, actor, o, id)
		if kexin.CodeOf(refused) == kexin.NotFound || kexin.CodeOf(refused) == kexin.Forbidden {
			return nil // nothing was written: no reason to undo what neighbours in the same commit did
		}
		return refused
	}
	seen, err := a.store.Steady(ctx, actor.Org, read)
	if err != nil {
		return Record{}, err
	}
	kept, keptRefused := out, refused
	err = a.store.Update(ctx, actor.Org, func(tx *store.Tx) error {
		out, refused = kept, keptRefused // not what an earlier run of this function has read
		if !tx.Holds(seen) {
			if err := read(tx); err != nil {
				return err
			}
		}
		if refused != nil {
			return nil
		}
		return tx.LogOpened(&out.whole, actor, out.clear)
	})
	if err == nil {
		err = refused
	}
	if err != nil {
		return Record{}, err
	}
	return out.Record, nil
}

// An opened record is one before its opening is logged.
type opened struct {
	Record
	whole store.Whole
	clear []kexin.FieldID // that it shows clear
}

func (a *App) open(tx *store.Tx, actor kexin.Actor, o kexin.Object, id kexin.ID) (opened, error) {
	p, w, err := tx.Open(o, id, func(f *gate.Facts) (gate.Permit, error) {
		return gate.One(tx.State, actor, kexin.Query{Act: kexin.ActGet, Object: o, Record: id}, f)
	})
	if err != nil {
		return opened{}, err
	}
	out := Record{View: w.View, Meta: w.Meta, Zone: tx.Zone, Object: p.Object(), Fields: p.Fields(), Reasons: p.Reasons()}
	out.By = tx.StaffName(out.Meta.By)
	leadsTo(tx, actor, &out.Meta)
	if out.Names, err = a.names(tx, actor, kexin.Page{Fields: out.Fields, Rows: []kexin.View{out.View}}); err != nil {
		return opened{}, err
	}
	out.Can = a.can(tx, actor, o, &w.Facts)
	if o == kexin.Customer {
		if out.Mays, out.Kept, err = standing(tx, w.Standing, id); err != nil {
			return opened{}, err
		}
	}
	return opened{out, w, clearFields(&p, out.View)}, nil
}

// leadsTo leaves of the imports that a record came by those that the actor may
// look at.
func leadsTo(tx *store.Tx, actor kexin.Actor, m *store.Meta) {
	reads := tx.State.May(actor.Position, kexin.ActLedger)
	imports := tx.State.May(actor.Position, kexin.ActImport)
	sees := func(by kexin.ID) bool { return reads || imports && gate.Led(tx.State, actor).Has(by) }
	if m.Batch != 0 && !sees(m.BatchBy) {
		m.Batch = 0
	}
	for i, o := range m.Origins {
		if o.Batch != 0 && !sees(o.By) {
			m.Origins[i].Batch = 0
		}
	}
}

// standing is the gate's answer for each channel and the day until which the
// record is kept: twelve months after the last dealing where there was no
// order (law.Retentions "enquiry").
func standing(tx *store.Tx, s *store.Standing, id kexin.ID) ([]May, kexin.Day, error) {
	out, err := mayAt(tx, s, channels...)
	if err != nil {
		return nil, "", err
	}
	if len(s.Rows) > 0 { // she gave something herself: perhaps by a recommendation
		r, err := tx.ReferralOf(id)
		if err != nil {
			return nil, "", err
		}
		for i := range out {
			out[i] = mayReferred(out[i], r, s.Rows, tx.Now)
		}
	}
	if s.Ordered {
		return out, "", nil
	}
	from := max(s.Enquired, s.Made)
	keep, err := law.RetentionOf(kexin.KeepEnquiry)
	if err != nil {
		return nil, "", err
	}
	return out, kexin.DayOf(keep.Period.From(from.Time().In(tx.Zone))), nil
}

// can lists the acts the gate would allow on this record.
func (a *App) can(tx *store.Tx, actor kexin.Actor, o kexin.Object, f *gate.Facts) (out []kexin.Act) {
	for _, act := range []kexin.Act{kexin.ActEdit, kexin.ActContact, kexin.ActReveal, kexin.ActMove} {
		if o != kexin.Customer && act != kexin.ActEdit && (o != kexin.Contact || act == kexin.ActMove) {
			continue
		}
		q := kexin.Query{Act: act, Object: o, Record: f.ID}
		if act == kexin.ActReveal {
			q.Fields = []kexin.FieldID{tx.State.Schema.Object(o).Field("phone").ID}
		}
		if _, err := gate.One(tx.State, actor, q, f); err == nil {
			out = append(out, act)
		}
	}
	return out
}

// clearFields are the fields shown clear: what the log of an opening holds.
func clearFields(p *gate.Permit, v kexin.View) (out []kexin.FieldID) {
	for i, c := range v.Cells {
		if f := p.Field(i); c.Level == kexin.Clear && !c.Value.Empty() && f.Sealed {
			out = append(out, f.ID)
		}
	}
	return out
}

// Count counts records by one field, without ids.
func (a *App) Count(ctx context.Context, actor kexin.Actor, q kexin.Query) (out []store.Group, rounded bool, err error) {
	q.Act = kexin.ActCount
	err = a.store.View(ctx, actor.Org, func(tx *store.Tx) error {
		p, err := gate.Authorize(tx.State, actor, q)
		if err != nil {
			return err
		}
		rounded = p.Rounded()
		out, err = tx.Count(&p)
		return err
	})
	if err == nil {
		a.pages.counted(actor, q)
	}
	return out, rounded, err
}
