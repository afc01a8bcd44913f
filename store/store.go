// Package store holds the only SQL about records, people, keys and the ledger.
// Reading takes a gate's Permit and masks every cell while it is scanned, so a
// raw value never leaves the scan loop; writing takes a Permit that names the
// fields. Its one neighbour is internal/db.
package store

import (
	"context"
	"embed"
	"sync"
	"sync/atomic"
	"time"

	"kexin"
	"kexin/gate"
	"kexin/internal/db"
	"kexin/vault"
)

//go:embed migrations/*.sql
var migrations embed.FS

// A Store is an open database with its keys. It is safe for concurrent use.
type Store struct {
	db        *db.DB
	keepers   atomic.Pointer[vault.Keepers] // the first one wraps
	node      node
	rings     *vault.Cache
	ids       *ids
	schema    *kexin.Schema
	mu        sync.RWMutex
	merchants map[kexin.ID]*merchant
	server    Server
	now       func() kexin.Instant
	keyless   bool // opened for reading without keys
}

// A Server is the one row about this installation.
type Server struct {
	Installation string
	KeyEpoch     int64
}

// Open migrates the database, checks that the keepers open what they sealed,
// and leases a node number for ids. The store owns d from here on.
func Open(ctx context.Context, d *db.DB, keepers vault.Keepers, now func() kexin.Instant) (*Store, error) {
	s := &Store{db: d, schema: kexin.Builtin(), merchants: map[kexin.ID]*merchant{}, ids: &ids{}, now: now}
	s.rings = vault.NewCache(s.loadRing, now)
	s.keepers.Store(&keepers)
	if err := d.Migrate(ctx, migrations, "migrations"); err != nil {
		return nil, err
	}
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// DB is the database below, for the packages job and app that keep typed
// tables of their own there.
func (s *Store) DB() *db.DB { return s.db }

// Schema is the compiled schema.
func (s *Store) Schema() *kexin.Schema { return s.schema }

// Installation names this server in log origins.
func (s *Store) Installation() string { return s.server.Installation }

// Close closes the database.
func (s *Store) Close() error { return s.db.Close() }

// A Tx is a transaction on one merchant's rows, with his keys and the gate's
// snapshot.
type Tx struct {
	*db.Tx
	Org   kexin.ID
	State *gate.State
	Zone  *time.Location
	ring  *vault.Ring
	root  *vault.Ring // the server's own: codes of rows that several merchants read
	s     *Store
	epoch int64   // of the log
	met   *Forged // an authority row with a wrong code, passed over
	names map[kexin.ID]string
	late  bool // of Update: what it learns holds for others once it is stored
}

// View runs fn on a snapshot of one merchant.
func (s *Store) View(ctx context.Context, org kexin.ID, fn func(*Tx) error) error {
	return s.run(ctx, org, s.db.View, false, fn)
}

// Update runs fn in a transaction on one merchant and commits it. fn may run
// more than once.
func (s *Store) Update(ctx context.Context, org kexin.ID, fn func(*Tx) error) error {
	return s.run(ctx, org, s.db.Update, true, fn)
}

func (s *Store) run(ctx context.Context, org kexin.ID, in func(context.Context, func(*db.Tx) error) error, late bool, fn func(*Tx) error) error {
	ring, err := s.rings.Ring(ctx, org)
	if err != nil {
		return err
	}
	root, err := s.rings.Ring(ctx, 0)
	if err != nil {
		return err
	}
	var met *Forged
	err = in(ctx, func(t *db.Tx) error {
		tx := &Tx{Tx: t, Org: org, ring: ring, root: root, s: s, late: late}
		if err := tx.load(); err != nil {
			return err
		}
		err := fn(tx)
		met = tx.met
		return err
	})
	return s.watch(ctx, org, met, err)
}

// NewID makes an id in the order of time.
func (tx *Tx) NewID() kexin.ID { return tx.s.ids.next(tx.Now) }

// load gives the transaction the snapshot of the version that the merchant's
// row has now, building it where another one is at hand.
func (tx *Tx) load() error {
	var version int64
	var mutual bool
	var zone string
	if err := tx.Row("SELECT version,mutual,zone,epoch FROM org WHERE id=$1", tx.Org).Scan(&version, &mutual, &zone, &tx.epoch); err != nil {
		return err
	}
	s := tx.s
	s.mu.RLock()
	m := s.merchants[tx.Org]
	s.mu.RUnlock()
	if m == nil || m.state.Version != version {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			return &kexin.Error{Op: "store.zone", Err: err}
		}
		tree, names, err := loadTree(tx.Tx, tx.Org)
		if err != nil {
			return err
		}
		m = &merchant{gate.NewState(tx.Org, version, s.schema, gate.Default(mutual), tree), loc, names}
		tx.keep(m)
	}
	tx.State, tx.Zone, tx.names = m.state, m.zone, m.names
	return nil
}

// keep gives the snapshot to later transactions. One that was read behind a
// neighbour's change which is not stored yet waits until it is: should that be
// undone, its version could come again with something else in it.
func (tx *Tx) keep(m *merchant) {
	s := tx.s
	put := func() {
		s.mu.Lock()
		s.merchants[m.state.Org] = m
		s.mu.Unlock()
	}
	if tx.late {
		tx.AfterCommit(put)
		return
	}
	put()
}

// A merchant is what transactions share of one merchant until it changes.
type merchant struct {
	state *gate.State
	zone  *time.Location
	names map[kexin.ID]string // of all members
}

// StaffName is a member's name, "" for nobody's.
func (tx *Tx) StaffName(id kexin.ID) string { return tx.names[id] }

// StaffNames are the names of all members. The map is shared: read it only.
func (tx *Tx) StaffNames() map[kexin.ID]string { return tx.names }

// Changed makes the next transaction build the merchant's snapshot anew. It
// belongs into every change of members, departments and settings.
func (tx *Tx) Changed() error {
	_, err := tx.Exec("UPDATE org SET version=version+1 WHERE id=$1", tx.Org)
	return err
}

func loadTree(t *db.Tx, org kexin.ID) (*gate.Tree, map[kexin.ID]string, error) {
	var depts []gate.Dept
	err := each(t, "SELECT id,parent_id FROM dept WHERE org_id=$1", []any{org}, func(r *db.Rows) error {
		var d gate.Dept
		defer func() { depts = append(depts, d) }()
		return r.Scan(&d.ID, &d.Parent)
	})
	if err != nil {
		return nil, nil, err
	}
	var seats []gate.Seat
	names := map[kexin.ID]string{}
	err = each(t, "SELECT id,dept_id,name FROM member WHERE org_id=$1", []any{org}, func(r *db.Rows) error {
		var m gate.Seat
		var name string
		err := r.Scan(&m.Member, &m.Dept, &name)
		seats, names[m.Member] = append(seats, m), name
		return err
	})
	return gate.NewTree(depts, seats), names, err
}

// each runs f on every row of a query.
func each(t *db.Tx, q string, args []any, f func(*db.Rows) error) error {
	rows, err := t.Query(q, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
