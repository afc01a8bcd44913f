// Package store holds the only SQL about records, people, keys and the ledger.
// Reading takes a gate's Permit and masks every cell while it is scanned, so a
// raw value never leaves the scan loop; writing takes a Permit that names the
// fields. Its one neighbour is internal/db.
package store

import (
	"context"
	"embed"
	"io/fs"
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

// Migrations are the goose files, in the directory "migrations".
func Migrations() fs.FS { return migrations }

// A Store is an open database with its keys. It is safe for concurrent use.
type Store struct {
	db        *db.DB
	keepers   atomic.Pointer[vault.Keepers] // the first one wraps
	node      node
	rings     *vault.Cache
	ids       *ids
	schema    *kexin.Schema
	opens     map[kexin.Object]string // statements that open one record
	forms     map[kexin.Object]*form  // how records are written
	mu        sync.RWMutex
	merchants map[kexin.ID]*merchant
	server    Server
	now       func() kexin.Instant
	keyless   bool // opened for reading without keys
	staff     *db.Changes
	residue   atomic.Bool // somebody was erased, or may have been before this process
}

// Staff counts what changes of sessions, members and merchants' settings: who
// sits behind a session holds while the count stays. nil where it has to be
// asked each time.
func (s *Store) Staff() *db.Changes { return s.staff }

// A Server is the one row about this installation.
type Server struct {
	Installation string
	KeyEpoch     int64
}

// Open migrates the database, checks that the keepers open what they sealed,
// and leases a node number for ids. The store owns d from here on.
func Open(ctx context.Context, d *db.DB, keepers vault.Keepers, now func() kexin.Instant) (*Store, error) {
	s := &Store{db: d, merchants: map[kexin.ID]*merchant{}, ids: &ids{}, now: now}
	s.define(kexin.Builtin())
	s.rings = vault.NewCache(s.loadRing, now)
	s.keepers.Store(&keepers)
	s.residue.Store(true)
	s.staff = d.Watch("session", "member", "org")
	d.Quiet(quiet...)
	before, err := d.Version(ctx)
	if err != nil {
		return nil, err
	}
	if err := d.Migrate(ctx, migrations, "migrations"); err != nil {
		return nil, err
	}
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	if after, err := d.Version(ctx); err != nil {
		return nil, err
	} else if before > 0 && after > before {
		_ = d.Checkpoint(ctx) // the write-ahead log may be as long as a table; whoever reads beside us keeps it so for now
	}
	if before > 0 && before < codesFrom {
		return s, s.giveCodes(ctx)
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
	how   manner
	quiet *bool // whether any number is marked; nil = not asked yet

	importing bool // it stores a step of a list
}

// A manner is how a transaction runs.
type manner int

const (
	viewing  manner = iota
	steadily        // on a snapshot that is kept
	updating        // what it learns holds for others once it is stored
)

// quiet tables change all the time and hold nothing that is shown with a record:
// see db.Quiet.
var quiet = []string{"ledger_entry", "ledger_tile", "checkpoint", "cosignature", "subject_head", "session", "api_token", "throttle", "lease", "node", "job",
	"job_schedule", "spent", "touched", "once", "tally", "portal_session"}

// View runs fn on a snapshot of one merchant.
func (s *Store) View(ctx context.Context, org kexin.ID, fn func(*Tx) error) error {
	return s.run(ctx, org, s.db.View, viewing, fn)
}

// Steady is View where such a snapshot is at hand as db.Steady keeps; else fn
// does not run. By Holds an Update asks whether what fn read still holds.
func (s *Store) Steady(ctx context.Context, org kexin.ID, fn func(*Tx) error) (m db.Mark, err error) {
	err = s.run(ctx, org, func(ctx context.Context, f func(*db.Tx) error) (err error) {
		m, err = s.db.Steady(ctx, f)
		return err
	}, steadily, fn)
	return m, err
}

// Update runs fn in a transaction on one merchant and commits it. fn may run
// more than once.
func (s *Store) Update(ctx context.Context, org kexin.ID, fn func(*Tx) error) error {
	return s.run(ctx, org, s.db.Update, updating, fn)
}

func (s *Store) run(ctx context.Context, org kexin.ID, in func(context.Context, func(*db.Tx) error) error, how manner, fn func(*Tx) error) error {
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
		tx := &Tx{Tx: t, Org: org, ring: ring, root: root, s: s, how: how}
		if err := tx.load(); err != nil {
			return err
		}
		err := fn(tx)
		met = tx.met
		return err
	})
	return s.watch(ctx, org, met, err)
}

// Zone is the merchant's time zone, which stays as he was founded with it.
func (s *Store) Zone(ctx context.Context, org kexin.ID) (z *time.Location, err error) {
	s.mu.RLock()
	m := s.merchants[org]
	s.mu.RUnlock()
	if m != nil {
		return m.zone, nil
	}
	err = s.View(ctx, org, func(tx *Tx) error { z = tx.Zone; return nil })
	return z, err
}

// NewID makes an id in the order of time.
func (tx *Tx) NewID() kexin.ID { return tx.s.ids.next(tx.Now) }

// load gives the transaction the snapshot of the version that the merchant's
// row has now, building it where another one is at hand. An Update need not ask
// which that is while no commit has changed such a row, nor need one on a kept
// snapshot, which no such commit outlives.
func (tx *Tx) load() error {
	s := tx.s
	s.mu.RLock()
	m := s.merchants[tx.Org]
	s.mu.RUnlock()
	count, settled := tx.Settled(s.staff)
	asked := settled
	if tx.how == steadily {
		count, asked = s.staff.Count(), true
	}
	if m == nil || !asked || m.count != count {
		var version, epoch int64
		if err := tx.Row("SELECT version,epoch FROM org WHERE id=$1", tx.Org).Scan(&version, &epoch); err != nil {
			return err
		}
		read := merchant{epoch: epoch, count: -1}
		if settled {
			read.count = count
		}
		if m == nil || m.state.Version != version {
			if err := tx.build(&read, version); err != nil {
				return err
			}
		} else {
			read.state, read.zone, read.names = m.state, m.zone, m.names
		}
		if m == nil || m.state != read.state || settled {
			tx.keep(&read)
		}
		m = &read
	}
	tx.State, tx.Zone, tx.names, tx.epoch = m.state, m.zone, m.names, m.epoch
	return nil
}

func (tx *Tx) build(m *merchant, version int64) error {
	o, err := tx.Merchant()
	if err != nil {
		return err
	}
	if m.zone, err = time.LoadLocation(o.Zone); err != nil {
		return &kexin.Error{Op: "store.zone", Err: err}
	}
	tree, names, err := tx.loadTree()
	m.state, m.names = gate.NewState(tx.Org, version, tx.s.schema, gate.Default(o.Mutual), tree), names
	return err
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
	if tx.how == updating {
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
	epoch int64               // of his log
	count int64               // of Store.staff when this was read in an Update; -1 otherwise
}

// StaffName is a member's name, "" for nobody's.
func (tx *Tx) StaffName(id kexin.ID) string { return tx.names[id] }

// StaffNames are the names of all members. The map is shared: read it only.
func (tx *Tx) StaffNames() map[kexin.ID]string { return tx.names }

// Changed makes the next transaction build the merchant's snapshot anew. It
// belongs into every change of departments and settings; one of members has it.
func (tx *Tx) Changed() error {
	_, err := tx.Exec("UPDATE org SET version=version+1 WHERE id=$1", tx.Org)
	return err
}

// loadTree builds who belongs where from the rows that carry their code. A
// department with a wrong one is none: nobody above it sees what is below. A
// member with a wrong one sits in no department and at no work. The alert names one of them;
// kexin verify --deep and kexin doctor name all.
func (tx *Tx) loadTree() (*gate.Tree, map[kexin.ID]string, error) {
	var depts []gate.Dept
	err := tx.Each("SELECT id,parent_id,name,mac FROM dept WHERE org_id=$1", []any{tx.Org}, func(r *db.Rows) error {
		var d Dept
		var code []byte
		if err := r.Scan(&d.ID, &d.Parent, &d.Name, &code); err != nil {
			return err
		}
		if tx.genuine(d.row(tx.Org), code, "dept", d.ID) != nil {
			tx.met = &Forged{"dept", d.ID}
			return nil
		}
		depts = append(depts, gate.Dept{ID: d.ID, Parent: d.Parent})
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	var seats []gate.Seat
	names := map[kexin.ID]string{}
	err = tx.Each("SELECT "+memberCols+" FROM member m WHERE m.org_id=$1", []any{tx.Org}, func(r *db.Rows) error {
		m, code, err := scanMember(r.Scan)
		if err != nil {
			return err
		}
		seat := gate.Seat{Member: m.ID, Dept: m.Dept}
		if m.Active {
			seat.Post = m.Position
		}
		if tx.genuine(m.row(tx.Org), code, "member", m.ID) != nil {
			seat, tx.met = gate.Seat{Member: m.ID}, &Forged{"member", m.ID}
		}
		seats, names[m.ID] = append(seats, seat), m.Name
		return nil
	})
	return gate.NewTree(depts, seats), names, err
}
