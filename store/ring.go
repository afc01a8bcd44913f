package store

import (
	"context"
	"crypto/rand"
	"encoding/hex"

	"kexin"
	"kexin/internal/db"
	"kexin/vault"
)

// begin makes or reads the server row, checks every keeper's canary and
// leases a node number.
func (s *Store) begin(ctx context.Context) error {
	if err := s.canaries(ctx); err != nil {
		return err
	}
	rows, err := vault.NewOrgKeys(ctx, s.Keepers()[0], 0)
	if err != nil {
		return err
	}
	err = s.db.Update(ctx, func(t *db.Tx) error {
		if err := s.serverRow(t, rows); err != nil {
			return err
		}
		return s.leaseNode(t)
	})
	s.rings.SetEpoch(s.server.KeyEpoch)
	return err
}

// serverRow writes the server's own row and keys on the first start.
func (s *Store) serverRow(t *db.Tx, keys []vault.OrgKey) error {
	err := t.Row("SELECT installation,key_epoch FROM server WHERE id=1").Scan(&s.server.Installation, &s.server.KeyEpoch)
	if kexin.CodeOf(err) != kexin.NotFound {
		return err
	}
	var b [8]byte
	rand.Read(b[:])
	s.server = Server{Installation: hex.EncodeToString(b[:]), KeyEpoch: 1}
	if _, err := t.Exec("INSERT INTO server(id,installation,key_epoch,made_at,backup_at,backup_error,recipient) VALUES(1,$1,1,$2,0,'','')", s.server.Installation, t.Now); err != nil {
		return err
	}
	return insertKeys(t, keys)
}

func insertKeys(t *db.Tx, keys []vault.OrgKey) error {
	rows := make([][]any, len(keys))
	for i, k := range keys {
		rows[i] = []any{k.Org, int64(k.Use), int64(k.Ver), k.State.String(), k.KeeperID, k.Wrapped, t.Now}
	}
	return t.Bulk("org_key", []string{"org_id", "use", "ver", "state", "keeper", "wrapped", "made_at"}, rows)
}

// loadRing reads and opens a merchant's keys.
func (s *Store) loadRing(ctx context.Context, org kexin.ID) (*vault.Ring, error) {
	var rows []vault.OrgKey
	err := s.db.View(ctx, func(t *db.Tx) (err error) {
		rows, err = orgKeys(t, org)
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, &kexin.Error{Op: "store.ring", Code: kexin.NotFound}
	}
	return vault.OpenRing(ctx, s.Keepers(), org, rows)
}

func orgKeys(t *db.Tx, org kexin.ID) (out []vault.OrgKey, err error) {
	err = t.Each("SELECT use,ver,state,keeper,wrapped FROM org_key WHERE org_id=$1", []any{org}, func(r *db.Rows) error {
		k := vault.OrgKey{Org: org}
		var use, ver int64
		var state string
		if err := r.Scan(&use, &ver, &state, &k.KeeperID, &k.Wrapped); err != nil {
			return err
		}
		k.Use, k.Ver = vault.Use(use), vault.Version(ver)
		var err error
		k.State, err = vault.ParseState(state)
		out = append(out, k)
		return err
	})
	return out, err
}
