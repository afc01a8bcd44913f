package store

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"time"

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
	rows, err := vault.NewOrgKeys(ctx, s.keepers[0], 0)
	if err != nil {
		return err
	}
	return s.db.Update(ctx, func(t *db.Tx) error {
		if err := s.serverRow(t, rows); err != nil {
			return err
		}
		return s.leaseNode(t)
	})
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

// canaries has every keeper open what it once sealed; a new one is written
// down. A wrong master key refuses to start instead of writing what nobody can
// read.
func (s *Store) canaries(ctx context.Context) error {
	if len(s.keepers) == 0 {
		return &kexin.Error{Op: "store.open", Code: kexin.Unavailable, Key: "keys.none"}
	}
	known := map[string][]byte{}
	err := s.db.View(ctx, func(t *db.Tx) error {
		return each(t, "SELECT id,canary FROM keeper", nil, func(r *db.Rows) error {
			var id string
			var c []byte
			err := r.Scan(&id, &c)
			known[id] = c
			return err
		})
	})
	if err != nil {
		return err
	}
	met := len(known) == 0
	for _, k := range s.keepers {
		if c, ok := known[k.ID()]; ok {
			met = true
			if err := vault.CheckCanary(ctx, k, c); err != nil {
				return err
			}
		}
	}
	if !met {
		return &kexin.Error{Op: "store.open", Code: kexin.Unavailable, Key: "keys.wrong_master"}
	}
	return s.addKeeper(ctx, known)
}

func (s *Store) addKeeper(ctx context.Context, known map[string][]byte) error {
	k := s.keepers[0]
	if _, ok := known[k.ID()]; ok {
		return nil
	}
	c, err := vault.NewCanary(ctx, k)
	if err != nil {
		return err
	}
	return s.db.Update(ctx, func(t *db.Tx) error {
		_, err := t.Exec("INSERT INTO keeper(id,canary,state,made_at) VALUES($1,$2,'active',$3)", k.ID(), c, t.Now)
		return err
	})
}

// nodeLease is how long a node number is held without being renewed.
const nodeLease = 10 * time.Minute

// leaseNode takes the first node number that nobody holds.
func (s *Store) leaseNode(t *db.Tx) error {
	taken := map[int64]bool{}
	err := each(t, "SELECT id FROM node WHERE lease_to>$1", []any{t.Now}, func(r *db.Rows) error {
		var id int64
		err := r.Scan(&id)
		taken[id] = true
		return err
	})
	if err != nil {
		return err
	}
	for id := int64(0); id < 1024; id++ {
		if taken[id] {
			continue
		}
		s.ids.node = id
		_, err := t.Exec("INSERT INTO node(id,lease_to,key_epoch,holder) VALUES($1,$2,$3,'') ON CONFLICT(id) DO UPDATE SET lease_to=excluded.lease_to,key_epoch=excluded.key_epoch",
			id, t.Now.Add(nodeLease), s.server.KeyEpoch)
		return err
	}
	return &kexin.Error{Op: "store.node", Code: kexin.Unavailable, Key: "db.busy"}
}

// Beat renews the node's lease and tells the key cache the server's epoch. It
// is called every few seconds.
func (s *Store) Beat(ctx context.Context) error {
	var epoch int64
	err := s.db.Update(ctx, func(t *db.Tx) error {
		if err := t.Row("SELECT key_epoch FROM server WHERE id=1").Scan(&epoch); err != nil {
			return err
		}
		_, err := t.Exec("UPDATE node SET lease_to=$1,key_epoch=$2 WHERE id=$3", t.Now.Add(nodeLease), epoch, s.ids.node)
		return err
	})
	if err == nil {
		s.rings.SetEpoch(epoch)
	}
	return err
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
	return vault.OpenRing(ctx, s.keepers, org, rows)
}

func orgKeys(t *db.Tx, org kexin.ID) (out []vault.OrgKey, err error) {
	err = each(t, "SELECT use,ver,state,keeper,wrapped FROM org_key WHERE org_id=$1", []any{org}, func(r *db.Rows) error {
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
