package app

import (
	"context"

	"kexin"
	"kexin/auth"
	"kexin/ledger"
	"kexin/store"
)

// An OrgChange is what to change of the merchant; nil leaves it alone.
type OrgChange struct {
	Size    *kexin.Size
	Contact *string
	Address *string
	PIO     *string
	Mutual  *bool
}

// ChangeOrg changes the merchant's settings. Whether clerks see each other's
// customers is a change of the matrix, and becoming a shop spares the second
// factor for a month at a time: both need it shown.
func (a *App) ChangeOrg(ctx context.Context, actor kexin.Actor, c OrgChange) (o store.Org, err error) {
	err = a.admin(ctx, actor, func(tx *store.Tx) error {
		was, err := tx.Merchant()
		if err != nil {
			return err
		}
		if o, err = withChange(was, c); err != nil {
			return err
		}
		if o == was && !was.Forged {
			return nil
		}
		if o.Mutual != was.Mutual || auth.DeviceTrust(o.Size) > auth.DeviceTrust(was.Size) || was.Forged { // a row written past the program is mended by saving it
			if err := stepUp(actor, tx.Now); err != nil {
				return err
			}
		}
		if err := tx.SaveMerchant(o); err != nil {
			return err
		}
		return logSettings(tx, actor, was, o)
	})
	return o, err
}

func withChange(o store.Org, c OrgChange) (store.Org, error) {
	if c.Size != nil {
		if o.Size = *c.Size; o.Size != kexin.Shop && o.Size != kexin.Company && o.Size != kexin.Mall {
			return o, fieldError("size", "error.size")
		}
	}
	for _, x := range []struct {
		field string
		text  *string
		to    *string
		max   int
	}{{"contact", c.Contact, &o.Contact, 40}, {"address", c.Address, &o.Address, 200}, {"pio", c.PIO, &o.PIO, 80}} {
		if x.text == nil {
			continue
		}
		*x.to = tidy(*x.text)
		if key := badLine(*x.to, x.max); key != "" {
			return o, fieldError(x.field, key)
		}
	}
	if c.Contact != nil && !telephone(o.Contact) {
		return o, fieldError("contact", "error.shop_phone")
	}
	if c.Mutual != nil {
		o.Mutual = *c.Mutual
	}
	return o, nil
}

// logSettings writes one entry for each setting that has another value.
func logSettings(tx *store.Tx, actor kexin.Actor, was, now store.Org) error {
	for _, x := range []struct {
		setting ledger.Setting
		changed bool
	}{
		{"size", was.Size != now.Size},
		{"matrix", was.Mutual != now.Mutual},
		{"codes", was.Forged},
		{"name", was.Contact != now.Contact || was.Address != now.Address || was.PIO != now.PIO},
	} {
		if !x.changed {
			continue
		}
		if err := tx.Log(event(actor, &ledger.SettingsChanged{Setting: x.setting, Version: tx.State.Version + 1})); err != nil {
			return err
		}
	}
	return nil
}

// Org reads the merchant as its staff see it.
func (a *App) Org(ctx context.Context, actor kexin.Actor) (o store.Org, err error) {
	err = a.store.View(ctx, actor.Org, func(tx *store.Tx) error {
		o, err = tx.Merchant()
		return err
	})
	return o, err
}

// deepest is how many departments may stand under each other.
const deepest = 10

// SaveDept makes a department (ID 0), renames it or moves it. Errors: invalid
// where it would stand under itself, or too deep.
func (a *App) SaveDept(ctx context.Context, actor kexin.Actor, d store.Dept) (store.Dept, error) {
	d.Name = tidy(d.Name)
	if key := badLine(d.Name, 40); key != "" {
		return d, fieldError("name", key)
	}
	err := a.admin(ctx, actor, func(tx *store.Tx) error {
		change, err := placeDept(tx, actor, d)
		if err != nil {
			return err
		}
		id := d.ID
		if id == 0 {
			id, err = tx.AddDept(d)
		} else {
			err = tx.SaveDept(d)
		}
		if err != nil {
			return err
		}
		d.ID = id
		if err := tx.Log(event(actor, &ledger.DeptChanged{Change: change, Dept: id, Parent: d.Parent})); err != nil {
			return err
		}
		return tx.Changed()
	})
	return d, err
}

// placeDept checks where a department is to stand, and says what changes.
func placeDept(tx *store.Tx, actor kexin.Actor, d store.Dept) (ledger.Why, error) {
	if err := checkDept(tx, d.Parent); err != nil {
		return "", renamed(err, "parent")
	}
	if deep, err := tooDeep(tx, d.Parent); err != nil || deep {
		return "", orField(err, "parent", "error.dept_deep")
	}
	if d.ID == 0 {
		return "made", nil
	}
	was, err := tx.Dept(d.ID)
	if isForged(err) { // written past the program: saving it says anew where it stands
		return "moved", stepUp(actor, tx.Now)
	}
	if err != nil || was.Parent == d.Parent {
		return "renamed", err
	}
	if tx.State.Tree.Loops(d.ID, d.Parent) {
		return "", fieldError("parent", "error.dept_loop")
	}
	return "moved", stepUp(actor, tx.Now)
}

// tooDeep reports whether nothing more may stand under a department.
func tooDeep(tx *store.Tx, id kexin.ID) (bool, error) {
	all, err := tx.Depts()
	if err != nil {
		return false, err
	}
	parent := map[kexin.ID]kexin.ID{}
	for _, d := range all {
		parent[d.ID] = d.Parent
	}
	n := 0
	for ; id != 0 && n < deepest; n++ {
		id = parent[id]
	}
	return n >= deepest, nil
}

// orField is err, or the fault of a field where there is none.
func orField(err error, field, key string) error {
	if err != nil {
		return err
	}
	return fieldError(field, key)
}

// DropDept closes an empty department. Errors: conflict where it is not.
func (a *App) DropDept(ctx context.Context, actor kexin.Actor, id kexin.ID) error {
	return a.admin(ctx, actor, func(tx *store.Tx) error {
		d, err := tx.Dept(id)
		if err != nil && !isForged(err) {
			return err
		}
		if err := tx.DropDept(id); err != nil {
			return err
		}
		if err := tx.Log(event(actor, &ledger.DeptChanged{Change: "closed", Dept: id, Parent: d.Parent})); err != nil {
			return err
		}
		return tx.Changed()
	})
}
