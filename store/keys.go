package store

import (
	"context"
	"slices"

	"kexin"
	"kexin/internal/db"
	"kexin/ledger"
	"kexin/vault"
)

// A KeyRow is one key of a merchant as its owner may see it: never the key.
type KeyRow struct {
	Use    vault.Use
	Ver    vault.Version
	State  vault.State
	Keeper string // the master key that wraps it
	Made   kexin.Instant
	Rows   int64 // rows that need it, -1 = not counted
}

// KeyState is the state of a merchant's keys, 0 for the server's own.
type KeyState struct {
	Rows     []KeyRow
	Opens    bool // every key was unwrapped just now
	Rotating bool
	Done     int64 // persons' keys under the active version, while rotating
	Total    int64
}

// counts are the statements that count the rows of each version of a use.
var counts = map[vault.Use]string{
	vault.UseWrap:     "SELECT wrap_ver,COUNT(*) FROM subject_key WHERE org_id=$1 GROUP BY wrap_ver",
	vault.UseIndex:    "SELECT kv,COUNT(*) FROM record_key WHERE org_id=$1 GROUP BY kv",
	vault.UseSuppress: "SELECT ver,COUNT(*) FROM suppression WHERE org_id=$1 GROUP BY ver",
}

// Keys reads it, and tries to unwrap each key.
func (s *Store) Keys(ctx context.Context, org kexin.ID) (out KeyState, err error) {
	err = s.db.View(ctx, func(t *db.Tx) error {
		out = KeyState{}
		rows := map[vault.Use]map[vault.Version]int64{}
		for use, q := range counts {
			rows[use] = map[vault.Version]int64{}
			err := t.Each(q, []any{org}, func(r *db.Rows) error {
				var ver, n int64
				err := r.Scan(&ver, &n)
				rows[use][vault.Version(ver)] = n
				return err
			})
			if err != nil {
				return err
			}
		}
		return t.Each("SELECT use,ver,state,keeper,made_at FROM org_key WHERE org_id=$1 ORDER BY use,ver", []any{org}, func(r *db.Rows) error {
			var k KeyRow
			var use, ver int64
			var state string
			if err := r.Scan(&use, &ver, &state, &k.Keeper, &k.Made); err != nil {
				return err
			}
			k.Use, k.Ver, k.Rows = vault.Use(use), vault.Version(ver), -1
			if n, ok := rows[k.Use]; ok {
				k.Rows = n[k.Ver]
			}
			var err error
			k.State, err = vault.ParseState(state)
			out.Rows = append(out.Rows, k)
			return err
		})
	})
	if err != nil {
		return out, err
	}
	_, err = s.loadRing(ctx, org)
	out.Opens = err == nil
	out.progress()
	return out, nil
}

// progress works out how far a rotation is from the rows.
func (k *KeyState) progress() {
	var active KeyRow
	for _, r := range k.Rows {
		if r.Use != vault.UseWrap {
			continue
		}
		k.Total += r.Rows
		if r.State == vault.Active {
			active = r
		}
	}
	k.Done = active.Rows
	k.Rotating = slices.ContainsFunc(k.Rows, func(r KeyRow) bool { return r.Use == vault.UseWrap && r.State == vault.Accept })
}

// A Master is a master key as the database knows it.
type Master struct {
	ID    string
	State vault.State
	Wraps int64 // keys that it wraps
	Here  bool  // this server has it
}

// Masters are all master keys, the oldest first.
func (s *Store) Masters(ctx context.Context) ([]Master, error) {
	known, needed, err := s.keeperRows(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]Master, len(known))
	for i, k := range known {
		state, err := vault.ParseState(k.state)
		if err != nil {
			return nil, err
		}
		_, missing := s.Keepers().Find(k.id)
		out[i] = Master{ID: k.id, State: state, Wraps: needed[k.id], Here: missing == nil}
	}
	return out, nil
}

// A MasterDrive is how far the rotation of the master key is.
type MasterDrive struct {
	Active  string
	Moved   int64   // keys wrapped anew just now
	Waiting []int64 // servers that do not have the new key yet
	version int64   // which master key this is, from 1
}

// DriveMaster wraps every merchant's keys with the newest master key, once
// every server that runs has it. With the end of the old one, what was shown of
// it under the name sheet is to be shown anew. Where nothing is to be done it
// does nothing.
func (s *Store) DriveMaster(ctx context.Context, sheet string) (d MasterDrive, err error) {
	known, needed, err := s.keeperRows(ctx)
	if err != nil {
		return d, err
	}
	newest := known[len(known)-1]
	d.Active, d.version = newest.id, int64(len(known))
	if !masterRotates(known, needed) || newest.state != vault.Accept.String() && newest.state != vault.Active.String() {
		return d, nil
	}
	if d.Waiting, err = s.lacking(ctx, newest.id); err != nil || len(d.Waiting) > 0 {
		return d, err
	}
	if err := s.activate(ctx, newest.id); err != nil {
		return d, err
	}
	return d, s.rewrapMaster(ctx, &d, sheet)
}

// lacking are the servers without a master key.
func (s *Store) lacking(ctx context.Context, id string) (out []int64, err error) {
	if _, err := s.Keepers().Find(id); err != nil {
		return nil, err
	}
	all, err := s.Nodes(ctx)
	for _, n := range all {
		if !n.Own && !slices.Contains(n.Holds, id) {
			out = append(out, n.Node)
		}
	}
	return out, err
}

// activate has new keys wrapped by a master key from here on, on every server.
func (s *Store) activate(ctx context.Context, id string) error {
	err := s.db.Update(ctx, func(t *db.Tx) error {
		n, err := t.Exec("UPDATE keeper SET state='active' WHERE id=$1 AND state='accept'", id)
		if err != nil || n == 0 {
			return err
		}
		if _, err := t.Exec("UPDATE keeper SET state='accept' WHERE id<>$1 AND state='active'", id); err != nil {
			return err
		}
		return bumpEpoch(t)
	})
	if err != nil {
		return err
	}
	return s.Beat(ctx)
}

// rewrapMaster wraps what older master keys wrap, merchant by merchant, and
// retires those that wrap nothing any more.
func (s *Store) rewrapMaster(ctx context.Context, d *MasterDrive, sheet string) error {
	all, err := s.Holders(ctx)
	if err != nil {
		return err
	}
	to, err := s.Keepers().Find(d.Active)
	if err != nil {
		return err
	}
	orgs := []kexin.ID{0}
	for _, o := range all {
		orgs = append(orgs, o.ID)
	}
	for _, org := range orgs {
		n, err := s.rewrapOrg(ctx, org, to, d.version)
		if err != nil {
			return err
		}
		d.Moved += n
	}
	return s.db.Update(ctx, func(t *db.Tx) error {
		if _, err := t.Exec(keepersUnused, d.Active); err != nil {
			return err
		}
		if _, err := t.Exec("DELETE FROM shown WHERE name=$1", sheet); err != nil {
			return err
		}
		return bumpEpoch(t)
	})
}

const keepersUnused = "UPDATE keeper SET state='retired' WHERE state='accept' AND id<>$1 AND NOT EXISTS (SELECT 1 FROM org_key k WHERE k.keeper=keeper.id)"

// rewrapOrg wraps one merchant's keys anew. The keeper, which may be another
// machine, is asked outside the transaction.
func (s *Store) rewrapOrg(ctx context.Context, org kexin.ID, to vault.Keeper, ver int64) (n int64, err error) {
	rows, err := s.orgKeysOf(ctx, org)
	if err != nil {
		return 0, err
	}
	type change struct{ old, now vault.OrgKey }
	var list []change
	for _, r := range rows {
		if r.KeeperID == to.ID() || r.State == vault.Destroyed {
			continue
		}
		w, err := r.Rewrap(ctx, s.Keepers(), to)
		if err != nil {
			return 0, err
		}
		list = append(list, change{r, w})
	}
	if len(list) == 0 {
		return 0, nil
	}
	save := func(t *db.Tx) error {
		n = 0
		for _, c := range list {
			got, err := t.Exec("UPDATE org_key SET keeper=$4,wrapped=$5 WHERE org_id=$1 AND use=$2 AND ver=$3 AND keeper=$6",
				org, int64(c.now.Use), int64(c.now.Ver), c.now.KeeperID, c.now.Wrapped, c.old.KeeperID)
			if err != nil {
				return err
			}
			n += got
		}
		return nil
	}
	if org == 0 {
		return n, s.db.Update(ctx, save)
	}
	return n, s.Update(ctx, org, func(tx *Tx) error {
		if err := save(tx.Tx); err != nil {
			return err
		}
		return tx.Log(Event{Actor: ledger.Actor{Kind: ledger.BySystem}, Facts: &ledger.KeysRotated{Use: "master", State: "active", Ver: ver}})
	})
}

// MasterRotating reports whether a newer master key waits to wrap, or an older
// one still wraps something or is not retired.
func (s *Store) MasterRotating(ctx context.Context) (bool, error) {
	known, needed, err := s.keeperRows(ctx)
	return err == nil && masterRotates(known, needed), err
}

func masterRotates(known []keeperRow, needed map[string]int64) bool {
	for i, k := range known {
		if k.state == vault.Accept.String() || i < len(known)-1 && needed[k.id] > 0 {
			return true
		}
	}
	return false
}

// A KeyLeft is a key of which a rotation has still something to do, by itself.
type KeyLeft struct {
	Org    kexin.ID
	Use    vault.Use // 0 = a master key
	Ver    vault.Version
	Master string
	Next   bool          // it is the new one and not in use yet; else the old one and not retired yet
	Until  kexin.Instant // of an old log key: when it is retired; else 0
}

// KeysLeft are they, of a merchant's log keys those that sign along.
func (s *Store) KeysLeft(ctx context.Context) (out []KeyLeft, err error) {
	known, _, err := s.keeperRows(ctx)
	if err != nil {
		return nil, err
	}
	for i, k := range known {
		if k.state == vault.Accept.String() {
			out = append(out, KeyLeft{Master: k.id, Next: i == len(known)-1})
		}
	}
	all, err := s.Holders(ctx)
	if err != nil {
		return nil, err
	}
	for _, o := range all {
		k, err := s.Keys(ctx, o.ID)
		if err != nil {
			return nil, err
		}
		active := map[vault.Use]KeyRow{}
		for _, r := range k.Rows {
			if r.State == vault.Active {
				active[r.Use] = r
			}
		}
		for _, r := range k.Rows {
			if r.State != vault.Accept || r.Use != vault.UseWrap && r.Use != vault.UseLog {
				continue
			}
			x := KeyLeft{Org: o.ID, Use: r.Use, Ver: r.Ver, Next: r.Ver > active[r.Use].Ver}
			if r.Use == vault.UseLog && !x.Next {
				x.Until = active[r.Use].Made.Add(logBoth)
			}
			out = append(out, x)
		}
	}
	return out, nil
}

// KeyEpoch is the state of keys that this server has loaded.
func (s *Store) KeyEpoch() int64 { return s.rings.Epoch() }
