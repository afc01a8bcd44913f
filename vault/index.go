package vault

import (
	"encoding/binary"

	"kexin"
)

// A Blind is the keyed hash of an exact value 盲索引: whoever holds it without
// the key learns only that two values of one merchant are equal. It never
// leaves the database (A5).
type Blind struct {
	KV  Version
	Idx [16]byte
}

// Index is the blind index of a canonical value under the active key:
//
//	HMAC-SHA-256(K_index, "kexin/idx/1" | u8 kind | canonical)[:16]
func Index(r *Ring, kind kexin.KeyKind, canon string) Blind {
	return r.active[UseIndex].blind("kexin/idx/1", kind, canon)
}

// Indexes are the blind indexes under every live key, the active one first.
// While a rotation runs there are two: write both and look up either.
func Indexes(r *Ring, kind kexin.KeyKind, canon string) []Blind {
	return blinds(r.live(UseIndex), "kexin/idx/1", kind, canon)
}

// Suppression is the hash by which an address is never contacted again 勿扰,
// under the active key. It holds after the address itself is erased.
func Suppression(r *Ring, kind kexin.KeyKind, canon string) Blind {
	return r.active[UseSuppress].blind("kexin/sup/1", kind, canon)
}

// Suppressions are the hashes under every version there ever was: an old one
// cannot be computed anew, so a check asks for all.
func Suppressions(r *Ring, kind kexin.KeyKind, canon string) []Blind {
	return blinds(r.keys[UseSuppress], "kexin/sup/1", kind, canon)
}

func blinds(keys []*ringKey, label string, kind kexin.KeyKind, canon string) []Blind {
	out := make([]Blind, len(keys))
	for i, k := range keys {
		out[i] = k.blind(label, kind, canon)
	}
	return out
}

func (k *ringKey) blind(label string, kind kexin.KeyKind, canon string) Blind {
	sum := k.sum(func(m *mac) { m.in = append(append(append(m.in, label...), byte(kind)), canon...) })
	return Blind{KV: k.ver, Idx: [16]byte(sum[:16])}
}

// Token is the search token of a piece of a name: a Han bigram, the whole
// name, its pinyin or its initials. Single characters are never tokens (A5).
//
//	HMAC-SHA-256(K_token, "name" | piece)[:8], big endian
func Token(r *Ring, piece string) int64 { return r.active[UseToken].token("name", piece) }

// Tokens are Token under every live key, the active one first.
func Tokens(r *Ring, piece string) []int64 { return tokens(r, "name", piece) }

// TailToken is the token of a phone's last four digits 尾号.
func TailToken(r *Ring, last4 string) int64 { return r.active[UseToken].token("p4", last4) }

// TailTokens are TailToken under every live key, the active one first.
func TailTokens(r *Ring, last4 string) []int64 { return tokens(r, "p4", last4) }

// ProbeTail and ProbeHead are what a lookup leaves behind for the detector of
// enumeration (A4): keyed hashes of the last four and the first seven digits
// that were asked for. They are no search tokens and match none.
func ProbeTail(r *Ring, last4 string) int64 { return r.active[UseToken].token("probe/4", last4) }

// ProbeHead is the hash of the first seven digits.
func ProbeHead(r *Ring, first7 string) int64 { return r.active[UseToken].token("probe/7", first7) }

func tokens(r *Ring, label, s string) []int64 {
	keys := r.live(UseToken)
	out := make([]int64, len(keys))
	for i, k := range keys {
		out[i] = k.token(label, s)
	}
	return out
}

func (k *ringKey) token(label, s string) int64 {
	sum := k.sum(func(m *mac) { m.in = append(append(m.in, label...), s...) })
	return int64(binary.BigEndian.Uint64(sum[:]))
}
