package vault

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"

	"kexin"
)

// A Keeper holds a master key outside the database, the data directory and
// the data backups. It is the one place in this package that takes a context:
// the key may live in another program or machine.
type Keeper interface {
	// ID names this version of the master key; it stands in org_key rows.
	ID() string
	// Wrap seals key, bound to aad. Errors: unavailable.
	Wrap(ctx context.Context, aad, key []byte) ([]byte, error)
	// Unwrap opens what Wrap sealed with the same aad. Errors: unavailable,
	// or internal where it does not open.
	Unwrap(ctx context.Context, aad, wrapped []byte) ([]byte, error)
}

// Keepers are the versions of the master key at hand. The first one wraps;
// all unwrap.
type Keepers []Keeper

// Find gives the keeper with this ID, or an unavailable error: the row was
// wrapped by a master key that is not here.
func (ks Keepers) Find(id string) (Keeper, error) {
	for _, k := range ks {
		if k.ID() == id {
			return k, nil
		}
	}
	return nil, &kexin.Error{Op: "vault.keeper", Code: kexin.Unavailable, Key: "error.keeper_missing", Args: map[string]string{"keeper": id}}
}

// A MasterKeeper holds the master key in memory. The file keeper is one; so
// is a key given by the environment, and the demo's.
type MasterKeeper struct {
	id  string
	key [KeySize]byte
}

// NewMasterKeeper makes a keeper of a key. Its ID shows eight hex digits of a
// hash, so a wrong key is noticed by name.
func NewMasterKeeper(key [KeySize]byte) *MasterKeeper {
	sum := sha256.Sum256(append([]byte("kexin/keeper/1"), key[:]...))
	return &MasterKeeper{id: "key:" + hex.EncodeToString(sum[:4]), key: key}
}

// ID names the key without telling it.
func (m *MasterKeeper) ID() string { return m.id }

// Wrap seals key under the master key.
func (m *MasterKeeper) Wrap(_ context.Context, aad, key []byte) ([]byte, error) {
	return sealWith(INTL, m.key[:], aad, key)
}

// Unwrap opens what Wrap sealed.
func (m *MasterKeeper) Unwrap(_ context.Context, aad, wrapped []byte) ([]byte, error) {
	return openWith(m.key[:], aad, wrapped)
}

// NewKey draws a random key.
func NewKey() (key [KeySize]byte) {
	rand.Read(key[:])
	return key
}

var canaryAAD = []byte("kexin/canary/1")

func canaryPlain(id string) []byte {
	sum := sha256.Sum256(append([]byte("kexin/canary/1\n"), id...))
	return sum[:]
}

// NewCanary wraps a known value with k. The server stores one per keeper
// version and checks it at start.
func NewCanary(ctx context.Context, k Keeper) ([]byte, error) {
	return k.Wrap(ctx, canaryAAD, canaryPlain(k.ID()))
}

// CheckCanary unwraps a canary. An unavailable error means that this keeper
// does not hold the key that wrapped it: the server must not start.
func CheckCanary(ctx context.Context, k Keeper, canary []byte) error {
	plain, err := k.Unwrap(ctx, canaryAAD, canary)
	if err == nil && subtle.ConstantTimeCompare(plain, canaryPlain(k.ID())) == 1 {
		return nil
	}
	return &kexin.Error{Op: "vault.canary", Code: kexin.Unavailable, Key: "error.keeper_wrong", Args: map[string]string{"keeper": k.ID()}, Err: err}
}
