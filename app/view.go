package app

import (
	"context"
	"slices"

	"kexin"
	"kexin/gate"
	"kexin/i18n"
	"kexin/store"
)

// A SchemaView is the schema as one person may use it.
type SchemaView struct {
	Schema  *kexin.Schema
	Members []store.Member
	Depts   []store.Dept
	state   *gate.State
	pos     kexin.Position
}

// Levels tells what the person sees of a field on own and on others' records.
func (v SchemaView) Levels(f *kexin.Field) (own, other kexin.Level) {
	return v.state.Levels(v.pos, f)
}

// SchemaView reads the schema with the staff that owner fields point to.
func (a *App) SchemaView(ctx context.Context, actor kexin.Actor) (v SchemaView, err error) {
	err = a.store.View(ctx, actor.Org, func(tx *store.Tx) error {
		v = SchemaView{Schema: tx.State.Schema, state: tx.State, pos: actor.Position}
		if v.Members, err = tx.Members(); err != nil {
			return err
		}
		v.Depts, err = tx.Depts()
		return err
	})
	return v, err
}

// May refuses an act that is on no record to who may not do it.
func (a *App) May(ctx context.Context, actor kexin.Actor, act kexin.Act) error {
	return a.store.View(ctx, actor.Org, func(tx *store.Tx) error { return gate.Check(tx.State, actor, act) })
}

// MemberName gives a function from id to name of a merchant's staff; an
// unknown one has none.
func (a *App) MemberName(ctx context.Context, org kexin.ID) func(kexin.ID) string {
	var names map[kexin.ID]string
	if err := a.store.View(ctx, org, func(tx *store.Tx) error { names = tx.StaffNames(); return nil }); err != nil {
		a.log.Error("names of staff not read", "err", err.Error())
	}
	return func(id kexin.ID) string { return names[id] }
}

// ChoiceLabel is what a code of a choice field is called.
func ChoiceLabel(lang string, o *kexin.ObjectDef, f *kexin.Field, code string) string {
	if key := i18n.ChoiceKey(o.Name, f.Name, code); i18n.Has(key) {
		return i18n.T(lang, key, nil)
	}
	return code
}

// An Alert is one with its term and whom it is about.
type Alert struct {
	store.Alert
	Due   kexin.Instant // by when it should be dealt with; 0 = no term
	Late  bool          // it is open after that
	About []Named       // customers, as far as the actor may see them
}

// A Named is a record by its name.
type Named struct {
	ID   kexin.ID
	Name kexin.Cell
}

// Alerts are what the protection officer should look at.
func (a *App) Alerts(ctx context.Context, actor kexin.Actor) (out []Alert, err error) {
	var seen sight
	err = a.store.View(ctx, actor.Org, func(tx *store.Tx) error {
		if !hearsAlerts(tx.State, actor) {
			return &kexin.Error{Op: "app.alerts", Code: kexin.Forbidden, Key: "error.forbidden"}
		}
		if out, err = alerts(tx, actor, 100); err != nil {
			return err
		}
		seen, err = a.name(tx, actor, out)
		return err
	})
	if err == nil {
		a.pages.all(actor, []sight{seen})
	}
	return out, err
}

// name fills in whom open alerts are about: what else would the officer act on?
// Nobody but who may see the record is told.
func (a *App) name(tx *store.Tx, actor kexin.Actor, list []Alert) (seen sight, err error) {
	about := make([][]kexin.ID, len(list))
	var all []kexin.ID
	for i, x := range list {
		if x.Done == 0 {
			if about[i], err = tx.Records(x.Alert); err != nil {
				return seen, err
			}
			all = append(all, about[i]...)
		}
	}
	if len(all) == 0 {
		return seen, nil
	}
	names, seen, err := a.customerNames(tx, actor, all)
	if code := kexin.CodeOf(err); code == kexin.Forbidden || code == kexin.Withheld { // who reads the log, and sees no customer
		return sight{}, nil
	}
	for i := range list {
		for _, id := range about[i] {
			if name, in := names[id]; in {
				list[i].About = append(list[i].About, Named{id, name})
			}
		}
	}
	return seen, err
}

// hearsAlerts reports positions that alerts are for: who reads the log hears of
// all, who leads of those about his people.
func hearsAlerts(s *gate.State, actor kexin.Actor) bool {
	return s.May(actor.Position, kexin.ActMove) || s.May(actor.Position, kexin.ActLedger)
}

// alertsLooked is how many alerts are looked through.
const alertsLooked = 1000

// alerts are the newest that the actor hears of, with their terms: first those
// whose term is over, then the other open ones.
func alerts(tx *store.Tx, actor kexin.Actor, most int) ([]Alert, error) {
	list, err := tx.Alerts(alertsLooked)
	if err != nil {
		return nil, err
	}
	whole, led := tx.State.May(actor.Position, kexin.ActLedger), gate.Led(tx.State, actor)
	out := make([]Alert, 0, len(list))
	for _, x := range list {
		if id, err := kexin.ParseID(x.Args["member"]); !whole && (err != nil || !led.Has(id)) {
			continue
		}
		v := Alert{Alert: x}
		if x.Code == store.AlertDisputed || x.Code == alertUnproved {
			v.Due = x.At.Add(disputeLife)
			v.Late = x.Done == 0 && v.Due <= tx.Now
		}
		out = append(out, v)
	}
	slices.SortStableFunc(out, func(x, y Alert) int {
		switch {
		case x.Late == y.Late:
			return 0
		case x.Late:
			return -1
		}
		return 1
	})
	return out[:min(len(out), most)], nil
}
