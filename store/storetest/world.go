// Package storetest opens stores for tests and fills them: the same suite runs
// on SQLite and on PostgreSQL.
package storetest

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"kexin"
	"kexin/gate"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
	"kexin/store"
	"kexin/vault"
)

// A Clock is moved by tests.
type Clock struct{ at atomic.Int64 }

// NewClock starts in the morning of a working day in Shanghai.
func NewClock() *Clock {
	c := &Clock{}
	c.at.Store(time.Date(2026, 3, 2, 1, 30, 0, 0, time.UTC).UnixMilli())
	return c
}

// Now is the time; each look moves it by a millisecond, so that order shows.
func (c *Clock) Now() time.Time { return time.UnixMilli(c.at.Add(1)).UTC() }

// Instant is Now as an instant.
func (c *Clock) Instant() kexin.Instant { return kexin.At(c.Now()) }

// Move moves the clock.
func (c *Clock) Move(d time.Duration) { c.at.Add(d.Milliseconds()) }

// A World is a store with one merchant and his people.
type World struct {
	TB    testing.TB
	Store *store.Store
	DB    *db.DB
	Clock *Clock
	Keys  vault.Keepers
	Org   kexin.ID
	Depts []kexin.ID             // 0 = head office, 1 below it, 2 beside
	Staff map[string]kexin.Actor // by position, and rep2 (same department), rep3 (below), rep4 (beside)
}

// Both runs a test on both engines.
func Both(t *testing.T, f func(t *testing.T, w *World)) {
	Opened(t, func(t *testing.T, open func(db.Config) *db.DB) {
		f(t, New(t, open(db.Config{}), nil))
	})
}

// Opened runs fn on a database of each engine that has the newest schema and
// nothing in it. What tests the migrations themselves begins at dbtest.Both.
func Opened(t *testing.T, fn func(t *testing.T, open func(db.Config) *db.DB)) {
	t.Helper()
	dbtest.Migrated(t, store.Migrations(), "migrations", fn)
}

// Ready gives the opener of such a database.
func Ready(tb testing.TB, engine string) func(db.Config) *db.DB {
	tb.Helper()
	return dbtest.Ready(tb, engine, store.Migrations(), "migrations")
}

// New makes a world in an empty database. A nil clock makes one.
func New(tb testing.TB, d *db.DB, c *Clock) *World {
	tb.Helper()
	return NewWith(tb, d, c, vault.Keepers{vault.NewMasterKeeper(vault.NewKey())})
}

// NewWith makes one whose keys are wrapped by these master keys.
func NewWith(tb testing.TB, d *db.DB, c *Clock, keys vault.Keepers) *World {
	tb.Helper()
	if c == nil {
		c = NewClock()
	}
	w := &World{TB: tb, DB: d, Clock: c, Keys: keys, Staff: map[string]kexin.Actor{}}
	s, err := store.Open(context.Background(), d, w.Keys, c.Instant)
	if err != nil {
		tb.Fatal(err)
	}
	w.Store = s
	w.Org = w.Merchant("石语瓷砖店", kexin.Company)
	return w
}

// Merchant adds one and gives its id; its people are Staff only for the first.
func (w *World) Merchant(name string, size kexin.Size) kexin.ID {
	w.TB.Helper()
	ctx := context.Background()
	o, keys, err := w.Store.NewMerchant(ctx, store.Org{Name: name, USCC: "92330382MAKXDM012G", Size: size, Zone: "Asia/Shanghai", Contact: "0577-62500000"})
	if err != nil {
		w.TB.Fatal(err)
	}
	err = w.Store.Found(ctx, o, keys, func(tx *store.Tx) error {
		if w.Org == 0 {
			return w.people(tx)
		}
		return w.seat(tx, name, kexin.Owner, 0)
	})
	if err != nil {
		w.TB.Fatal(err)
	}
	return o.ID
}

func (w *World) people(tx *store.Tx) error {
	w.Depts = nil
	for i, name := range []string{"总店", "一部", "二部"} {
		parent := kexin.ID(0)
		if i == 1 {
			parent = w.Depts[0]
		}
		id, err := tx.AddDept(store.Dept{Name: name, Parent: parent})
		if err != nil {
			return err
		}
		w.Depts = append(w.Depts, id)
	}
	for _, p := range kexin.Positions {
		if err := w.seat(tx, string(p), p, w.Depts[0]); err != nil {
			return err
		}
	}
	for i, name := range []string{"rep2", "rep3", "rep4"} {
		if err := w.seat(tx, name, kexin.Rep, w.Depts[i]); err != nil {
			return err
		}
	}
	return tx.Changed()
}

func (w *World) seat(tx *store.Tx, name string, p kexin.Position, dept kexin.ID) error {
	id, err := tx.AddMember(store.Member{Name: name, Position: p, Dept: dept, Active: true, Told: tx.Now})
	if err != nil {
		return err
	}
	w.Staff[name] = kexin.Actor{Org: tx.Org, User: id, Position: p, Dept: dept, Purpose: gate.Default(false).Posts[p].Purposes[0], Via: kexin.ViaSession, Lang: "zh-CN"}
	return nil
}

// Update and View run in the world's merchant and end the test on error.
func (w *World) Update(f func(*store.Tx) error) {
	w.TB.Helper()
	if err := w.Store.Update(context.Background(), w.Org, f); err != nil {
		w.TB.Fatal(err)
	}
}

// View reads.
func (w *World) View(f func(*store.Tx) error) {
	w.TB.Helper()
	if err := w.Store.View(context.Background(), w.Org, f); err != nil {
		w.TB.Fatal(err)
	}
}

// Customer writes a customer owned by somebody and gives its id.
func (w *World) Customer(owner string, vals store.Values) (id kexin.ID) {
	w.TB.Helper()
	a := w.Staff[owner]
	w.Update(func(tx *store.Tx) error {
		fields := make([]kexin.FieldID, 0, len(vals))
		for f := range vals {
			fields = append(fields, f)
		}
		p, err := gate.Create(tx.State, a, kexin.Query{Act: kexin.ActCreate, Object: kexin.Customer, Fields: fields}, a.User)
		if err != nil {
			return err
		}
		id, err = tx.Create(&p, a.User, 0, vals)
		return err
	})
	return id
}

// Another is a second merchant on the same server, without people but its
// owner.
func (w *World) Another(name string) *World {
	w.TB.Helper()
	n := &World{TB: w.TB, Store: w.Store, DB: w.DB, Clock: w.Clock, Staff: map[string]kexin.Actor{}}
	ctx := context.Background()
	o, keys, err := w.Store.NewMerchant(ctx, store.Org{Name: name, USCC: "92330382MAKXDM012G", Size: kexin.Company, Zone: "Asia/Shanghai", Contact: "0577-62500000"})
	if err != nil {
		w.TB.Fatal(err)
	}
	n.Org = o.ID
	if err := w.Store.Found(ctx, o, keys, func(tx *store.Tx) error { return n.seat(tx, "owner", kexin.Owner, 0) }); err != nil {
		w.TB.Fatal(err)
	}
	return n
}

// Seat adds a member of staff in a department.
func (w *World) Seat(name string, p kexin.Position, dept kexin.ID) {
	w.TB.Helper()
	w.Update(func(tx *store.Tx) error {
		if err := w.seat(tx, name, p, dept); err != nil {
			return err
		}
		return tx.Changed()
	})
}

// Dept adds a department.
func (w *World) Dept(name string, parent kexin.ID) (id kexin.ID) {
	w.TB.Helper()
	w.Update(func(tx *store.Tx) (err error) {
		if id, err = tx.AddDept(store.Dept{Name: name, Parent: parent}); err != nil {
			return err
		}
		w.Depts = append(w.Depts, id)
		return tx.Changed()
	})
	return id
}

// Mutual lets the clerks see each other's customers.
func (w *World) Mutual() {
	w.TB.Helper()
	w.Update(func(tx *store.Tx) error {
		o, err := tx.Merchant()
		if err != nil {
			return err
		}
		o.Mutual = true
		return tx.SaveMerchant(o)
	})
}
