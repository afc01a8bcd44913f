package vault

import (
	"context"
	"encoding/binary"

	"kexin"
)

// A Use is what a merchant's key is for. Each use has its own random key, so
// each rotates alone; nothing is derived across uses.
type Use uint8

// The uses. The numbers stand in wrapped keys: never reuse one.
const (
	UseWrap     Use = iota + 1 // wraps the keys of persons
	UseIndex                   // blind indexes
	UseToken                   // search tokens
	UseOrg                     // what is not about a person, and row codes
	UseSuppress                // suppression hashes; never retired
	UseLog                     // Ed25519 seed of checkpoints
	UseMsg                     // Ed25519 and X25519 between merchants
	UseReceipt                 // Ed25519 seed of consent receipts
	useEnd
)

// Uses are all uses. A merchant has one active key of each.
var Uses = [...]Use{UseWrap, UseIndex, UseToken, UseOrg, UseSuppress, UseLog, UseMsg, UseReceipt}

var useNames = [useEnd]string{"", "wrap", "index", "token", "org", "suppress", "log", "msg", "receipt"}

// String is the code used in the database, the command line and the ledger;
// "" for a use that does not exist.
func (u Use) String() string {
	if u < useEnd {
		return useNames[u]
	}
	return ""
}

// ParseUse reads the code. Errors: invalid.
func ParseUse(s string) (Use, error) {
	for _, u := range Uses {
		if u.String() == s {
			return u, nil
		}
	}
	return 0, &kexin.Error{Op: "vault.use", Code: kexin.Invalid, Key: "error.key_use"}
}

// A Version counts the keys of one merchant and use from 1.
type Version uint32

// A State is where a key stands in its life. It only moves forward.
type State uint8

// The states of a key.
const (
	Accept    State = iota + 1 // reads; a new key until every node knows it, and an old one after
	Active                     // writes and reads; exactly one per use
	Retired                    // no row uses it; opened for old backups only
	Destroyed                  // gone; the row stays as a record
)

var stateNames = [...]string{"", "accept", "active", "retired", "destroyed"}

// String is the code used in the database.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return ""
}

// ParseState reads the code. Errors: invalid.
func ParseState(s string) (State, error) {
	for i, n := range stateNames {
		if i > 0 && n == s {
			return State(i), nil
		}
	}
	return 0, &kexin.Error{Op: "vault.state", Code: kexin.Invalid, Key: "error.key_state"}
}

// May reports whether a key of use u may go from state s to state to:
//
//	accept → active → accept → retired → destroyed
//
// The way back from active to accept is how the old key makes room for the
// new one. A suppress key is never retired: the numbers behind its hashes are
// gone, so they cannot be hashed anew.
func (s State) May(u Use, to State) bool {
	switch to {
	case Active:
		return s == Accept
	case Accept:
		return s == Active
	case Retired:
		return s == Accept && u != UseSuppress
	case Destroyed:
		return s == Retired
	}
	return false
}

// An OrgKey is one row of org_key: a merchant's key, wrapped by a keeper. Org
// 0 is the server itself.
type OrgKey struct {
	Org      kexin.ID
	Use      Use
	Ver      Version
	State    State
	KeeperID string
	Wrapped  []byte
}

// NewOrgKey draws a key and wraps it.
func NewOrgKey(ctx context.Context, k Keeper, org kexin.ID, use Use, ver Version, state State) (OrgKey, error) {
	key := NewKey()
	defer clear(key[:])
	row := OrgKey{Org: org, Use: use, Ver: ver, State: state, KeeperID: k.ID()}
	var err error
	row.Wrapped, err = k.Wrap(ctx, wrapAAD(uint8(use), uint32(ver), org, 0), key[:])
	return row, err
}

// NewOrgKeys draws the first key of every use: a new merchant's set.
func NewOrgKeys(ctx context.Context, k Keeper, org kexin.ID) ([]OrgKey, error) {
	rows := make([]OrgKey, 0, len(Uses))
	for _, u := range Uses {
		row, err := NewOrgKey(ctx, k, org, u, 1, Active)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// Rewrap wraps the same key with another keeper: a master key's rotation.
func (o OrgKey) Rewrap(ctx context.Context, from Keepers, to Keeper) (OrgKey, error) {
	key, err := o.unwrap(ctx, from)
	if err != nil {
		return OrgKey{}, err
	}
	defer clear(key)
	o.KeeperID = to.ID()
	o.Wrapped, err = to.Wrap(ctx, wrapAAD(uint8(o.Use), uint32(o.Ver), o.Org, 0), key)
	return o, err
}

func (o OrgKey) unwrap(ctx context.Context, ks Keepers) ([]byte, error) {
	k, err := ks.Find(o.KeeperID)
	if err != nil {
		return nil, err
	}
	key, err := k.Unwrap(ctx, wrapAAD(uint8(o.Use), uint32(o.Ver), o.Org, 0), o.Wrapped)
	if err != nil {
		return nil, err
	}
	if len(key) != KeySize {
		return nil, fail("unwrap", ErrFormat)
	}
	return key, nil
}

// wrapAAD binds a wrapped key to its place:
//
//	"kexin/wrap/1" | u8 use or part | u32 version or generation | u64 org | u64 subject
//
// big endian. A merchant's key has subject 0 and no person has.
func wrapAAD(kind uint8, ver uint32, org, subject kexin.ID) []byte {
	return appendWrapAAD(make([]byte, 0, wrapAADSize), kind, ver, org, subject)
}

const (
	wrapLabel   = "kexin/wrap/1"
	wrapAADSize = len(wrapLabel) + 1 + 4 + 8 + 8
)

func appendWrapAAD(b []byte, kind uint8, ver uint32, org, subject kexin.ID) []byte {
	b = append(b, wrapLabel...)
	b = append(b, kind)
	b = binary.BigEndian.AppendUint32(b, ver)
	b = binary.BigEndian.AppendUint64(b, uint64(org))
	return binary.BigEndian.AppendUint64(b, uint64(subject))
}
