package store

import (
	"context"
	"crypto/ed25519"
	"errors"
	"slices"
	"time"

	"kexin"
	"kexin/gate"
	"kexin/internal/db"
	"kexin/ledger"
	"kexin/vault"
)

// Keys rotate 换钥 while the server works (security.md A2). Every step is a
// transaction of its own, and what is to be done next is read from the rows,
// so that it goes on wherever it was interrupted:
//
//	Rotate     a new version, accepted for reading; every server loads it
//	DriveKeys  the new one active, the old one accepted
//	           persons' keys wrapped anew, 1,000 at a time (wrap)
//	           the old one retired: no row uses it; for log, after 30 days
//
// Master keys go the same way: AddKeeper, then DriveMaster.
const (
	rewrapMost = 1000                // rows in one transaction
	rewrapStep = 100                 // rows in one statement
	logBoth    = 30 * 24 * time.Hour // how long both log keys sign
)

// Rotate makes a new version of a merchant's key, or finds the one that was
// begun. Errors: invalid for a use that cannot rotate yet, conflict while the
// last rotation still wraps.
func (s *Store) Rotate(ctx context.Context, org kexin.ID, use vault.Use, by ledger.Actor) (vault.Version, error) {
	if use != vault.UseWrap && use != vault.UseLog {
		return 0, &kexin.Error{Op: "store.rotate", Code: kexin.Invalid, Key: "keys.use_later"}
	}
	rows, err := s.orgKeysOf(ctx, org)
	if err != nil {
		return 0, err
	}
	now := versionsOf(rows, use)
	if now.next != 0 {
		return now.next, nil
	}
	if use == vault.UseWrap && len(now.old) > 0 {
		return 0, &kexin.Error{Op: "store.rotate", Code: kexin.Conflict, Key: "keys.rotating"}
	}
	k, err := vault.NewOrgKey(ctx, s.Keepers()[0], org, use, now.last+1, vault.Accept)
	if err != nil {
		return 0, err
	}
	ring, err := vault.OpenRing(ctx, s.Keepers(), org, append(rows, k))
	if err != nil {
		return 0, err
	}
	err = s.Update(ctx, org, func(tx *Tx) error {
		if err := insertKeys(tx.Tx, []vault.OrgKey{k}); err != nil {
			return err
		}
		if use == vault.UseLog {
			if err := tx.logKeyed(ring, now.active, k.Ver, by); err != nil {
				return err
			}
		}
		return tx.keyChanged(k.Use, k.Ver, vault.Accept, by)
	})
	if err != nil {
		return 0, err
	}
	return k.Ver, s.Beat(ctx)
}

func (s *Store) orgKeysOf(ctx context.Context, org kexin.ID) (rows []vault.OrgKey, err error) {
	err = s.db.View(ctx, func(t *db.Tx) error {
		rows, err = orgKeys(t, org)
		return err
	})
	return rows, err
}

// versions are how the keys of one use stand.
type versions struct {
	active, next, last vault.Version
	old                []vault.Version // accepted still
}

func versionsOf(rows []vault.OrgKey, use vault.Use) (v versions) {
	for _, r := range rows {
		if r.Use == use {
			v.last = max(v.last, r.Ver)
			if r.State == vault.Active {
				v.active = r.Ver
			}
		}
	}
	for _, r := range rows {
		switch {
		case r.Use != use || r.State != vault.Accept:
		case r.Ver > v.active:
			v.next = r.Ver
		default:
			v.old = append(v.old, r.Ver)
		}
	}
	return v
}

// logKeyed writes the entry by which the old log key introduces the new one.
// From here on both sign.
func (tx *Tx) logKeyed(ring *vault.Ring, old, now vault.Version, by ledger.Actor) error {
	was, err := ring.Signing(vault.UseLog, old)
	if err != nil {
		return err
	}
	is, err := ring.Signing(vault.UseLog, now)
	if err != nil {
		return err
	}
	o, err := tx.Origin()
	if err != nil {
		return err
	}
	pub := is.Public().(ed25519.PublicKey)
	return tx.Log(Event{Actor: by, Facts: &ledger.LogKeyed{New: ledger.Hash(pub), Old: ledger.Hash(was.Public().(ed25519.PublicKey)),
		Sig: ledger.IntroduceKey(was, ledger.VKey(o, pub))}})
}

// keyChanged writes the entry of a key's new state and has every server load
// the keys anew.
func (tx *Tx) keyChanged(use vault.Use, ver vault.Version, state vault.State, by ledger.Actor) error {
	err := tx.Log(Event{Actor: by, Facts: &ledger.KeysRotated{Use: ledger.KeyUse(use.String()), Ver: int64(ver), State: ledger.KeyState(state.String())}})
	if err != nil {
		return err
	}
	return bumpEpoch(tx.Tx)
}

func bumpEpoch(t *db.Tx) error {
	_, err := t.Exec("UPDATE server SET key_epoch=key_epoch+1 WHERE id=1")
	return err
}

// A Drive is how far a merchant's rotation is.
type Drive struct {
	Busy  bool  // something is left to do, now or once other servers know
	Done  int64 // persons' keys under the active version
	Total int64
}

// DriveKeys does what can be done now of a merchant's rotations: everything,
// where this is the only server. say is told the persons' keys wrapped anew.
func (s *Store) DriveKeys(ctx context.Context, sys gate.System, org kexin.ID, say Say) (d Drive, err error) {
	if sys.Job() != gate.KeyRotation {
		return d, &kexin.Error{Op: "store.rotate", Code: kexin.Internal, Key: "error.permit"}
	}
	if d.Busy, err = s.drive(ctx, org, vault.UseLog, nil, nil); err != nil {
		return d, err
	}
	busy, err := s.drive(ctx, org, vault.UseWrap, say, &d)
	d.Busy = d.Busy || busy
	return d, errors.Join(err, s.Refresh(ctx))
}

// drive moves the keys of one use on. It reports whether something is left.
func (s *Store) drive(ctx context.Context, org kexin.ID, use vault.Use, say Say, d *Drive) (bool, error) {
	by := ledger.Actor{Kind: ledger.BySystem}
	rows, err := s.orgKeysOf(ctx, org)
	if err != nil {
		return false, err
	}
	v := versionsOf(rows, use)
	if v.next != 0 {
		if done, err := s.promote(ctx, org, use, v, by); err != nil || !done {
			return true, err
		}
		v = versions{active: v.next, old: append(v.old, v.active)}
	}
	switch {
	case len(v.old) == 0:
		return false, nil
	case use == vault.UseLog:
		return false, s.retireLog(ctx, org, v, by)
	}
	if d.Total, err = s.rewrap(ctx, org, v.active, say); err != nil {
		return true, err
	}
	d.Done = d.Total
	return s.retireWrap(ctx, org, v, by)
}

// known reports whether every server that runs has loaded the keys as they
// are now.
func (s *Store) known(ctx context.Context) (ok bool, err error) {
	if err := s.Beat(ctx); err != nil {
		return false, err
	}
	all, err := s.Nodes(ctx)
	if err != nil {
		return false, err
	}
	var epoch int64
	if err := s.db.View(ctx, func(t *db.Tx) error { return t.Row("SELECT key_epoch FROM server WHERE id=1").Scan(&epoch) }); err != nil {
		return false, err
	}
	return !slices.ContainsFunc(all, func(n Another) bool { return n.Epoch < epoch }), nil
}

// promote makes the new version active once every server can read it.
func (s *Store) promote(ctx context.Context, org kexin.ID, use vault.Use, v versions, by ledger.Actor) (bool, error) {
	if ok, err := s.known(ctx); err != nil || !ok {
		return false, err
	}
	err := s.Update(ctx, org, func(tx *Tx) error {
		if err := tx.setState(use, v.active, vault.Active, vault.Accept); err != nil {
			return err
		}
		if err := tx.setState(use, v.next, vault.Accept, vault.Active); err != nil {
			return err
		}
		return tx.keyChanged(use, v.next, vault.Active, by)
	})
	if kexin.CodeOf(err) == kexin.Conflict { // another server did
		err = nil
	}
	if err == nil {
		err = s.Beat(ctx)
	}
	return err == nil, err
}

// setState moves a key on, if it still stands where it was read.
func (tx *Tx) setState(use vault.Use, ver vault.Version, from, to vault.State) error {
	if !from.May(use, to) {
		return &kexin.Error{Op: "store.rotate", Key: "error.key_state"}
	}
	n, err := tx.Exec("UPDATE org_key SET state=$5 WHERE org_id=$1 AND use=$2 AND ver=$3 AND state=$4", tx.Org, int64(use), int64(ver), from.String(), to.String())
	if err == nil && n != 1 {
		err = &kexin.Error{Op: "store.rotate", Code: kexin.Conflict}
	}
	return err
}

// retireLog ends the old log key's signing 30 days after the new one came.
func (s *Store) retireLog(ctx context.Context, org kexin.ID, v versions, by ledger.Actor) error {
	return s.Update(ctx, org, func(tx *Tx) error {
		var made kexin.Instant
		if err := tx.Row("SELECT made_at FROM org_key WHERE org_id=$1 AND use=$2 AND ver=$3", tx.Org, int64(vault.UseLog), int64(v.active)).Scan(&made); err != nil {
			return err
		}
		if tx.Now.Sub(made) < logBoth {
			return nil
		}
		return tx.retire(vault.UseLog, v.old, by)
	})
}

func (tx *Tx) retire(use vault.Use, list []vault.Version, by ledger.Actor) error {
	for _, ver := range list {
		if err := tx.setState(use, ver, vault.Accept, vault.Retired); err != nil {
			return err
		}
		if err := tx.keyChanged(use, ver, vault.Retired, by); err != nil {
			return err
		}
	}
	return nil
}

// retireWrap retires the old versions when it is proved that no row uses them,
// and that no server writes with them any more. It reports whether some are
// left.
func (s *Store) retireWrap(ctx context.Context, org kexin.ID, v versions, by ledger.Actor) (left bool, err error) {
	if ok, err := s.known(ctx); err != nil || !ok {
		return true, err
	}
	err = s.Update(ctx, org, func(tx *Tx) error {
		var n int64
		if err := tx.Row("SELECT COUNT(*) FROM subject_key WHERE org_id=$1 AND wrap_ver<>$2", tx.Org, int64(v.active)).Scan(&n); err != nil {
			return err
		}
		if left = n > 0; left {
			return nil
		}
		return tx.retire(vault.UseWrap, v.old, by)
	})
	return left, err
}

// rewrap wraps the persons' keys that another version wraps, from the first to
// the last. It gives how many keys there are.
func (s *Store) rewrap(ctx context.Context, org kexin.ID, to vault.Version, say Say) (total int64, err error) {
	err = s.db.View(ctx, func(t *db.Tx) error {
		return t.Row("SELECT COUNT(*) FROM subject_key WHERE org_id=$1", org).Scan(&total)
	})
	for from, done := kexin.ID(0), int64(0); err == nil; {
		var n int
		var last kexin.ID
		err = s.Update(ctx, org, func(tx *Tx) error {
			n, last, err = tx.rewrapFrom(from, to)
			return err
		})
		if err != nil || n == 0 {
			break
		}
		from, done = last, done+int64(n)
		if say != nil {
			say(min(done, total), total)
		}
		if ctx.Err() != nil {
			err = &kexin.Error{Op: "store.rewrap", Code: kexin.Unavailable, Key: "db.cancelled", Err: ctx.Err()}
		}
	}
	return total, err
}

// rewrapFrom wraps the keys of the next persons behind one. A person's rows
// are read whole, so that the statements below change what was read and
// nothing else.
func (tx *Tx) rewrapFrom(after kexin.ID, to vault.Version) (n int, last kexin.ID, err error) {
	if tx.ring.Active(vault.UseWrap) != to { // the keys changed again
		return 0, after, &kexin.Error{Op: "store.rewrap", Code: kexin.Unavailable, Key: "db.busy"}
	}
	var rows []vault.WrappedKey
	q := "SELECT subject_id,part,gen,wrap_ver,wrapped FROM subject_key WHERE org_id=$1 AND subject_id>$2 AND wrap_ver<>$3 ORDER BY subject_id,part,gen LIMIT $4" + tx.s.db.ForUpdate()
	err = tx.Each(q, []any{tx.Org, after, int64(to), rewrapMost}, func(r *db.Rows) error {
		w := vault.WrappedKey{Org: tx.Org}
		var part, gen, ver int64
		if err := r.Scan(&w.Subject, &part, &gen, &ver, &w.Wrapped); err != nil {
			return err
		}
		w.Part, w.Gen, w.WrapVer = vault.Part(part), uint8(gen), vault.Version(ver)
		rows = append(rows, w)
		return nil
	})
	if err != nil || len(rows) == 0 {
		return 0, after, err
	}
	if len(rows) == rewrapMost { // the last person may have been cut
		cut := rows[len(rows)-1].Subject
		i := slices.IndexFunc(rows, func(w vault.WrappedKey) bool { return w.Subject == cut })
		if i > 0 {
			rows = rows[:i]
		}
	}
	for i := range rows {
		if rows[i], err = vault.RewrapSubjectKey(tx.ring, rows[i]); err != nil {
			return 0, after, err
		}
	}
	for from := 0; from < len(rows); {
		n := wholePersons(rows[from:], rewrapStep)
		if err := tx.saveWrapped(rows[from:from+n], to); err != nil {
			return 0, after, err
		}
		from += n
	}
	return len(rows), rows[len(rows)-1].Subject, nil
}

// wholePersons is how many rows from the first make up at most most rows
// without cutting a person's; at least one person's.
func wholePersons(rows []vault.WrappedKey, most int) int {
	n := 0
	for n < len(rows) {
		end := n + 1
		for end < len(rows) && rows[end].Subject == rows[n].Subject {
			end++
		}
		if n > 0 && end > most {
			break
		}
		n = end
	}
	return n
}

// saveWrapped writes rewrapped keys in one statement. A key that was deleted
// meanwhile stays deleted.
func (tx *Tx) saveWrapped(rows []vault.WrappedKey, to vault.Version) error {
	var s stmt
	s.add("UPDATE subject_key SET wrap_ver=").arg(int64(to)).add(",wrapped=CASE")
	ids := make([]kexin.ID, len(rows))
	for i, w := range rows {
		s.add(" WHEN subject_id=").arg(w.Subject).add(" AND part=").arg(int64(w.Part)).add(" AND gen=").arg(int64(w.Gen)).add(" THEN ").arg(w.Wrapped)
		ids[i] = w.Subject
	}
	s.add(" ELSE wrapped END WHERE org_id=").arg(tx.Org).add(" AND wrap_ver<>").arg(int64(to)).add(" AND subject_id IN ").list(ids)
	n, err := tx.Exec(s.b.String(), s.args...)
	if err == nil && n != int64(len(rows)) { // what was not read must not be marked
		err = &kexin.Error{Op: "store.rewrap", Code: kexin.Unavailable, Key: "db.busy"}
	}
	return err
}
