package store

import (
	"context"
	"slices"

	"kexin"
	"kexin/internal/db"
	"kexin/vault"
)

// Keepers are the master keys at hand; the first one wraps.
func (s *Store) Keepers() vault.Keepers { return *s.keepers.Load() }

// A keeperRow is what the database knows of a master key.
type keeperRow struct {
	id, state string
	canary    []byte
}

const keepersNeeded = "SELECT keeper,COUNT(*) FROM org_key GROUP BY keeper"

// canaries has every keeper open what it once sealed, and writes the first one
// down if it is new. A wrong master key, or one missing that something is wrapped
// by, refuses to start instead of writing what nobody can read.
func (s *Store) canaries(ctx context.Context) error {
	if len(s.Keepers()) == 0 {
		return &kexin.Error{Op: "store.open", Code: kexin.Unavailable, Key: "keys.none"}
	}
	known, needed, err := s.keeperRows(ctx)
	if err != nil {
		return err
	}
	for _, r := range known {
		if k, err := s.Keepers().Find(r.id); err == nil {
			if err := vault.CheckCanary(ctx, k, r.canary); err != nil {
				return err
			}
		}
	}
	for id := range needed {
		if _, err := s.Keepers().Find(id); err != nil {
			return &kexin.Error{Op: "store.open", Code: kexin.Unavailable, Key: "keys.wrong_master", Err: err}
		}
	}
	if known, err = s.noteKeeper(ctx, s.Keepers()[0], known); err == nil {
		s.order(s.Keepers(), known)
	}
	return err
}

// keeperRows reads the known keepers, and how many keys each of them wraps.
func (s *Store) keeperRows(ctx context.Context) (known []keeperRow, needed map[string]int64, err error) {
	err = s.db.View(ctx, func(t *db.Tx) error {
		known, needed = nil, map[string]int64{}
		err := t.Each("SELECT id,state,canary FROM keeper ORDER BY made_at,id", nil, func(r *db.Rows) error {
			var k keeperRow
			err := r.Scan(&k.id, &k.state, &k.canary)
			known = append(known, k)
			return err
		})
		if err != nil {
			return err
		}
		return t.Each(keepersNeeded, nil, func(r *db.Rows) error {
			var id string
			var n int64
			err := r.Scan(&id, &n)
			needed[id] = n
			return err
		})
	})
	return known, needed, err
}

// noteKeeper writes a keeper down that is new, and gives all that are known: the
// first of all is active, a later one waits until every server has it. An older
// key that merely lies beside the newest one is not written down.
func (s *Store) noteKeeper(ctx context.Context, k vault.Keeper, known []keeperRow) ([]keeperRow, error) {
	if slices.ContainsFunc(known, func(r keeperRow) bool { return r.id == k.ID() }) {
		return known, nil
	}
	c, err := vault.NewCanary(ctx, k)
	if err != nil {
		return nil, err
	}
	row := keeperRow{id: k.ID(), state: vault.Accept.String(), canary: c}
	if len(known) == 0 {
		row.state = vault.Active.String()
	}
	err = s.db.Update(ctx, func(t *db.Tx) error {
		_, err := t.Exec("INSERT INTO keeper(id,canary,state,made_at) VALUES($1,$2,$3,$4) ON CONFLICT(id) DO NOTHING", row.id, row.canary, row.state, t.Now)
		return err
	})
	return append(known, row), err
}

// order takes keepers into use, the active one first.
func (s *Store) order(list vault.Keepers, known []keeperRow) {
	list = slices.Clone(list)
	for _, r := range known {
		i := slices.IndexFunc(list, func(k vault.Keeper) bool { return k.ID() == r.id })
		if r.state == vault.Active.String() && i > 0 {
			k := list[i]
			list = slices.Insert(slices.Delete(list, i, i+1), 0, k)
		}
	}
	s.keepers.Store(&list)
}

// AddKeeper takes a new master key in, beside those at hand, once it is written
// down. It wraps nothing until DriveMaster made it the active one.
func (s *Store) AddKeeper(ctx context.Context, k vault.Keeper) error {
	if _, err := s.Keepers().Find(k.ID()); err == nil {
		return nil
	}
	known, _, err := s.keeperRows(ctx)
	if err == nil {
		known, err = s.noteKeeper(ctx, k, known)
	}
	if err != nil {
		return err
	}
	s.order(append(slices.Clone(s.Keepers()), k), known)
	return s.Beat(ctx)
}
