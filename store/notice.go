package store

import (
	"context"
	"encoding/json"
	"errors"

	"kexin"
	"kexin/consent"
	"kexin/internal/db"
)

// A Published is one version of a merchant's notice 告知书: the texts in every
// language, as they were published. It never changes.
type Published struct {
	Version int
	Shop    consent.Shop              // as the texts name it
	Texts   map[string]consent.Notice // by language
	At      kexin.Instant
	By      kexin.ID
}

// PublishNotice writes the next version. The stored hash is that of the text
// in the first language.
func (tx *Tx) PublishNotice(p Published, lang string) error {
	params, err := json.Marshal(p.Shop)
	if err != nil {
		return &kexin.Error{Op: "store.notice", Err: err}
	}
	body, err := json.Marshal(p.Texts)
	if err != nil {
		return &kexin.Error{Op: "store.notice", Err: err}
	}
	hash := p.Texts[lang].Hash
	_, err = tx.Exec("INSERT INTO notice(org_id,version,params,body,hash,published_at,by_id) VALUES($1,$2,$3,$4,$5,$6,$7)",
		tx.Org, int64(p.Version), string(params), string(body), hash[:], tx.Now, p.By)
	return err
}

const noticeQuery = "SELECT version,params,body,published_at,by_id FROM notice WHERE org_id=$1 AND (version=$2 OR CAST($2 AS BIGINT)=0) ORDER BY version DESC LIMIT 1"

// readNotice reads a version, 0 for the newest.
func readNotice(t *db.Tx, org kexin.ID, version int64) (p Published, err error) {
	var params, body string
	err = t.Row(noticeQuery, org, version).Scan(&version, &params, &body, &p.At, &p.By)
	if kexin.CodeOf(err) == kexin.NotFound {
		return Published{}, nil
	}
	if err != nil {
		return p, err
	}
	p.Version = int(version)
	if err := errors.Join(json.Unmarshal([]byte(params), &p.Shop), json.Unmarshal([]byte(body), &p.Texts)); err != nil {
		return p, &kexin.Error{Op: "store.notice", Err: err}
	}
	for _, n := range p.Texts {
		if !n.Intact() {
			return p, &kexin.Error{Op: "store.notice", Err: &Forged{"notice", kexin.ID(version)}}
		}
	}
	return p, nil
}

// Notice is the version in force; Version 0 where none is published.
func (tx *Tx) Notice() (Published, error) { return readNotice(tx.Tx, tx.Org, 0) }

// NoticeOf is one version, as it was shown to whoever answered under it.
// Version 0 where there is none of that number.
func (tx *Tx) NoticeOf(version int64) (Published, error) {
	if version <= 0 {
		return Published{}, nil
	}
	return readNotice(tx.Tx, tx.Org, version)
}

// PublicNotice is the version in force of a merchant, for the public page,
// without his keys. Errors: not_found where there is none.
func (s *Store) PublicNotice(ctx context.Context, org kexin.ID) (p Published, err error) {
	err = s.db.View(ctx, func(t *db.Tx) error {
		if p, err = readNotice(t, org, 0); err == nil && p.Version == 0 {
			err = &kexin.Error{Op: "store.notice", Code: kexin.NotFound}
		}
		return err
	})
	return p, s.watch(ctx, org, nil, err)
}

// ShownAt is when a thing that is shown once was confirmed as noted; 0 = not
// yet.
func (s *Store) ShownAt(ctx context.Context, name string) (at kexin.Instant, err error) {
	err = s.db.View(ctx, func(t *db.Tx) error {
		err := t.Row("SELECT at FROM shown WHERE name=$1", name).Scan(&at)
		if kexin.CodeOf(err) == kexin.NotFound {
			return nil
		}
		return err
	})
	return at, err
}

// Shown notes that a member confirmed having noted it.
func (tx *Tx) Shown(name string, by kexin.ID) error {
	_, err := tx.Exec("INSERT INTO shown(name,at,org_id,by_id) VALUES($1,$2,$3,$4) ON CONFLICT(name) DO NOTHING", name, tx.Now, tx.Org, by)
	return err
}

// ShownToHost notes that whoever runs the server confirmed having noted it.
func (s *Store) ShownToHost(ctx context.Context, name string) error {
	return s.db.Update(ctx, func(t *db.Tx) error {
		_, err := t.Exec("INSERT INTO shown(name,at,org_id,by_id) VALUES($1,$2,0,0) ON CONFLICT(name) DO NOTHING", name, t.Now)
		return err
	})
}

// First reports whether this is the server's first merchant, whose owner is
// trusted with the server's recovery code.
func (tx *Tx) First() (bool, error) {
	var n int64
	err := tx.Row("SELECT COUNT(*) FROM org WHERE id<$1", tx.Org).Scan(&n)
	return n == 0, err
}

// Registered reports whether a merchant with this credit code is on the
// server.
func (tx *Tx) Registered(uscc string) (bool, error) {
	var n int64
	err := tx.Row("SELECT COUNT(*) FROM org WHERE uscc=$1 AND id<>$2", uscc, tx.Org).Scan(&n)
	return n > 0, err
}
