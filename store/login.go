package store

import (
	"context"

	"kexin"
	"kexin/auth"
	"kexin/internal/db"
	"kexin/vault"
)

// A Login is an account 账号: a name that is unique over the whole server and
// the hash of a password. The row carries a code, so that nobody can write
// himself a password into the database.
type Login struct {
	Name        string
	Org, Member kexin.ID
	Hash        string
}

func (l Login) row() *vault.Row {
	return vault.NewRow("login").Text(l.Name).ID(l.Org).ID(l.Member).Text(l.Hash)
}

// LoginNamed finds an account before a merchant is known. Its code is checked
// by CheckLogin once it is. Errors: not_found.
func (s *Store) LoginNamed(ctx context.Context, name string) (l Login, err error) {
	l.Name = name
	err = s.db.View(ctx, func(t *db.Tx) error {
		return t.Row("SELECT org_id,member_id,hash FROM login WHERE name=$1", name).Scan(&l.Org, &l.Member, &l.Hash)
	})
	return l, err
}

// LoginOf is a member's account. Errors: not_found, Forged.
func (tx *Tx) LoginOf(member kexin.ID) (Login, error) {
	l := Login{Org: tx.Org, Member: member}
	var code []byte
	if err := tx.Row("SELECT name,hash,mac FROM login WHERE org_id=$1 AND member_id=$2", tx.Org, member).Scan(&l.Name, &l.Hash, &code); err != nil {
		return l, err
	}
	return l, tx.genuine(l.row(), code, "login", member)
}

// CheckLogin holds an account that LoginNamed found against its code, so that
// the password which was right is the one that was set here. Errors:
// not_found, Forged.
func (tx *Tx) CheckLogin(l Login) error {
	now, err := tx.LoginOf(l.Member)
	if err != nil {
		return err
	}
	if now != l {
		return &kexin.Error{Op: "store.login", Code: kexin.Conflict, Key: "error.conflict"}
	}
	return nil
}

// KnownDevice reports whether an account signed in from a browser before. For
// an account that does not exist it asks the same question about nobody.
func (s *Store) KnownDevice(ctx context.Context, l Login, digest []byte) (bool, error) {
	var n int64
	err := s.db.View(ctx, func(t *db.Tx) error {
		return t.Row("SELECT COUNT(*) FROM device WHERE org_id=$1 AND member_id=$2 AND digest=$3", l.Org, l.Member, digest).Scan(&n)
	})
	return n > 0, err
}

// AddLogin writes an account. Errors: conflict where the name is taken.
func (tx *Tx) AddLogin(l Login) error {
	l.Org = tx.Org
	_, err := tx.Exec("INSERT INTO login(name,org_id,member_id,hash,changed_at,mac) VALUES($1,$2,$3,$4,$5,$6)", l.Name, l.Org, l.Member, l.Hash, tx.Now, tx.code(l.row()))
	return err
}

// SetHash writes another password, or the same one hashed anew.
func (tx *Tx) SetHash(l Login, hash string) error {
	l.Hash = hash
	_, err := tx.Exec("UPDATE login SET hash=$3,changed_at=$4,mac=$5 WHERE org_id=$1 AND member_id=$2", tx.Org, l.Member, hash, tx.Now, tx.code(l.row()))
	return err
}

// A Bucket is a name under which tries are counted, and how.
type Bucket struct {
	Name string
	Rule auth.Throttle
}

// Attempt counts one try in each bucket before it is made, so that many at
// once cannot outrun the count. A bucket whose time has not come refuses the
// try with rate_limited, and nothing is counted.
func (s *Store) Attempt(ctx context.Context, buckets []Bucket) error {
	var refused error
	err := s.db.Update(ctx, func(t *db.Tx) error {
		refused = nil
		now := make([]auth.Counter, len(buckets))
		for i, b := range buckets {
			var n int64
			err := t.Row("SELECT n,seen_at FROM throttle WHERE name=$1", b.Name).Scan(&n, &now[i].Last)
			if err != nil && kexin.CodeOf(err) != kexin.NotFound {
				return err
			}
			now[i].Failures = int(n)
			if refused = b.Rule.Check(now[i], t.Now); refused != nil {
				return nil
			}
		}
		for i, b := range buckets {
			c := b.Rule.Fail(now[i], t.Now)
			if _, err := t.Exec("INSERT INTO throttle(name,n,seen_at) VALUES($1,$2,$3) ON CONFLICT(name) DO UPDATE SET n=excluded.n,seen_at=excluded.seen_at", b.Name, int64(c.Failures), c.Last); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		err = refused
	}
	return err
}

// NoteUnknown counts a try at an account that does not exist.
func (s *Store) NoteUnknown(ctx context.Context) error {
	return s.db.Update(ctx, func(t *db.Tx) error {
		_, err := t.Exec("INSERT INTO throttle(name,n,seen_at) VALUES('unknown',1,$1) ON CONFLICT(name) DO UPDATE SET n=throttle.n+1,seen_at=excluded.seen_at", t.Now)
		return err
	})
}

// Settle is called after a try that succeeded: the names in clear begin anew,
// those in forgive lose the one try, so that signing in with an account of
// one's own does not open an address for guessing at others.
func (s *Store) Settle(ctx context.Context, clear, forgive []string) error {
	return s.db.Update(ctx, func(t *db.Tx) error {
		for _, name := range clear {
			if _, err := t.Exec("DELETE FROM throttle WHERE name=$1", name); err != nil {
				return err
			}
		}
		for _, name := range forgive {
			if _, err := t.Exec("UPDATE throttle SET n=n-1 WHERE name=$1 AND n>0", name); err != nil {
				return err
			}
		}
		return nil
	})
}
