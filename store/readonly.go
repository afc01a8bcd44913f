package store

import (
	"context"

	"kexin"
	"kexin/gate"
	"kexin/internal/db"
	"kexin/vault"
)

// OpenReading opens a database to look at its logs and change nothing: beside
// a server that runs, on a copy, or on somebody else's. Nothing is migrated
// and no lease is taken. Without keepers nothing sealed can be read and no
// signature made, but the logs can be gone through. The store owns d from here
// on. Errors: invalid "verify.not_db" for what is no database of this program.
func OpenReading(ctx context.Context, d *db.DB, keepers vault.Keepers, now func() kexin.Instant) (*Store, error) {
	s := &Store{db: d, merchants: map[kexin.ID]*merchant{}, ids: &ids{}, now: now, keyless: len(keepers) == 0}
	s.define(kexin.Builtin())
	s.rings = vault.NewCache(s.loadRing, now)
	s.keepers.Store(&keepers)
	for _, table := range []string{"server", "org", "ledger_entry", "cosignature"} {
		if ok, err := d.Exists(ctx, table); err != nil || !ok {
			return nil, &kexin.Error{Op: "store.reading", Code: kexin.Invalid, Key: "verify.not_db", Err: err}
		}
	}
	err := d.View(ctx, func(t *db.Tx) error {
		return t.Row("SELECT installation,key_epoch FROM server WHERE id=1").Scan(&s.server.Installation, &s.server.KeyEpoch)
	})
	if err != nil {
		return nil, &kexin.Error{Op: "store.reading", Code: kexin.Invalid, Key: "verify.not_db", Err: err}
	}
	s.rings.SetEpoch(s.server.KeyEpoch)
	return s, nil
}

// CanOpen reports whether the keepers at hand open a merchant's keys.
func (s *Store) CanOpen(ctx context.Context, org kexin.ID) error {
	_, err := s.rings.Ring(ctx, org)
	return err
}

// viewLog runs fn on one merchant in a transaction of that kind, without his
// keys where there are none. The transaction has no snapshot of the gate: it is
// for checks, not for people.
func (s *Store) viewLog(ctx context.Context, org kexin.ID, in func(context.Context, func(*db.Tx) error) error, fn func(*Tx) error) error {
	var ring, root *vault.Ring
	if !s.keyless {
		var err error
		if ring, err = s.rings.Ring(ctx, org); err != nil {
			return err
		}
		if root, err = s.rings.Ring(ctx, 0); err != nil {
			return err
		}
	}
	return in(ctx, func(t *db.Tx) error {
		tx := &Tx{Tx: t, Org: org, State: &gate.State{}, ring: ring, root: root, s: s}
		if err := t.Row("SELECT epoch FROM org WHERE id=$1", org).Scan(&tx.epoch); err != nil {
			return err
		}
		return fn(tx)
	})
}
