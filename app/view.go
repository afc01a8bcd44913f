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

// Alerts are what the protection officer should look at.
func (a *App) Alerts(ctx context.Context, actor kexin.Actor) (out []store.Alert, err error) {
	err = a.store.View(ctx, actor.Org, func(tx *store.Tx) error {
		if !hearsAlerts(tx.State, actor) {
			return &kexin.Error{Op: "app.alerts", Code: kexin.Forbidden, Key: "error.forbidden"}
		}
		out, err = alerts(tx, actor, 100)
		return err
	})
	return out, err
}

// hearsAlerts reports positions that alerts are for: who reads the log hears of
// all, who leads of those about his people.
func hearsAlerts(s *gate.State, actor kexin.Actor) bool {
	return s.May(actor.Position, kexin.ActMove) || s.May(actor.Position, kexin.ActLedger)
}

// alertsLooked is how many alerts are looked through for those about a leader's
// people.
const alertsLooked = 1000

func alerts(tx *store.Tx, actor kexin.Actor, most int) ([]store.Alert, error) {
	if tx.State.May(actor.Position, kexin.ActLedger) {
		return tx.Alerts(most)
	}
	led := gate.Led(tx.State, actor)
	all, err := tx.Alerts(alertsLooked)
	all = slices.DeleteFunc(all, func(x store.Alert) bool {
		id, err := kexin.ParseID(x.Args["member"])
		return err != nil || !led.Has(id)
	})
	return all[:min(len(all), most)], err
}
