package vault

import (
	"context"
	"crypto/cipher"
	"crypto/ed25519"
	"hash"
	"slices"
	"sync"

	"kexin"
)

// A Ring is the unwrapped keys of one merchant 钥匙串. Its keys are immutable,
// and it is safe for concurrent use; a change of keys makes a new one.
type Ring struct {
	org     kexin.ID
	suite   Suite
	engine  Engine
	keys    [useEnd][]*ringKey // per use, newest version first
	active  [useEnd]*ringKey
	sealers sync.Map // Label → *Sealer
}

type ringKey struct {
	ver   Version
	state State
	key   [KeySize]byte
	aead  cipher.AEAD // for uses that seal
	macs  sync.Pool   // *mac, ready to be reset
}

// OpenRing unwraps a merchant's rows; destroyed ones are left out. Every use
// must have exactly one active key. Errors: unavailable where a keeper is
// missing or does not answer, internal where a row does not open.
func OpenRing(ctx context.Context, ks Keepers, org kexin.ID, rows []OrgKey) (*Ring, error) {
	r := &Ring{org: org, suite: INTL}
	var err error
	if r.engine, err = r.suite.Engine(); err != nil {
		return nil, err
	}
	for _, row := range rows {
		if row.State == Destroyed {
			continue
		}
		if err := r.add(ctx, ks, row); err != nil {
			return nil, err
		}
	}
	for _, u := range Uses {
		if r.active[u] == nil {
			return nil, fail("ring", ErrNoKey)
		}
	}
	return r, nil
}

func (r *Ring) add(ctx context.Context, ks Keepers, row OrgKey) error {
	if row.Org != r.org || row.Use == 0 || row.Use >= useEnd || row.Ver == 0 || row.State.String() == "" {
		return fail("ring", ErrFormat)
	}
	key, err := row.unwrap(ctx, ks)
	if err != nil {
		return err
	}
	defer clear(key)
	k, err := newRingKey(r.engine, row, key)
	if err != nil {
		return err
	}
	return r.insert(row.Use, k)
}

func newRingKey(e Engine, row OrgKey, key []byte) (*ringKey, error) {
	k := &ringKey{ver: row.Ver, state: row.State, key: [KeySize]byte(key)}
	if row.Use == UseWrap || row.Use == UseOrg {
		var err error
		if k.aead, err = e.AEAD(k.key[:]); err != nil {
			return nil, err
		}
	}
	k.macs.New = func() any { return &mac{h: e.MAC(k.key[:])} }
	return k, nil
}

func (r *Ring) insert(u Use, k *ringKey) error {
	at, found := slices.BinarySearchFunc(r.keys[u], k.ver, func(x *ringKey, v Version) int { return int(int64(v) - int64(x.ver)) })
	if found || k.state == Active && r.active[u] != nil {
		return fail("ring", ErrFormat)
	}
	r.keys[u] = slices.Insert(r.keys[u], at, k)
	if k.state == Active {
		r.active[u] = k
	}
	return nil
}

// Org is the merchant whose ring this is; 0 is the server's own.
func (r *Ring) Org() kexin.ID { return r.org }

// Suite is what new things are sealed with.
func (r *Ring) Suite() Suite { return r.suite }

// Active is the version that writes.
func (r *Ring) Active(u Use) Version { return r.active[u].ver }

// Versions are the versions at hand in the given states, the newest first.
func (r *Ring) Versions(u Use, states ...State) []Version {
	var out []Version
	for _, k := range r.keys[u] {
		if slices.Contains(states, k.state) {
			out = append(out, k.ver)
		}
	}
	return out
}

// Signing gives the Ed25519 key of version v of use log, msg or receipt.
// Errors: internal for another use or an absent version.
func (r *Ring) Signing(u Use, v Version) (ed25519.PrivateKey, error) {
	if u != UseLog && u != UseMsg && u != UseReceipt {
		return nil, fail("signing", ErrNoKey)
	}
	k, err := r.find(u, v)
	if err != nil {
		return nil, err
	}
	return ed25519.NewKeyFromSeed(k.key[:]), nil
}

func (r *Ring) find(u Use, v Version) (*ringKey, error) {
	for _, k := range r.keys[u] {
		if k.ver == v {
			return k, nil
		}
	}
	return nil, fail("ring", ErrNoKey)
}

// live are the keys whose hashes may stand in rows: active first, then those
// that are still accepted.
func (r *Ring) live(u Use) []*ringKey {
	out := []*ringKey{r.active[u]}
	for _, k := range r.keys[u] {
		if k.state == Accept {
			out = append(out, k)
		}
	}
	return out
}

// A mac is one keyed hash with the room it needs, reused through its key's
// pool: making one anew costs as much as the hash itself.
type mac struct {
	h   hash.Hash
	in  []byte
	out [32]byte
}

func (k *ringKey) sum(write func(*mac)) [32]byte {
	m := k.macs.Get().(*mac)
	m.in = m.in[:0]
	write(m)
	m.h.Reset()
	m.h.Write(m.in)
	m.h.Sum(m.out[:0])
	out := m.out
	clear(m.in)
	k.macs.Put(m)
	return out
}
