package vault

import (
	"crypto/subtle"
	"encoding/binary"

	"kexin"
)

// OneTimeMAC is what is stored of a one-time code or of the second word of a
// receipt, bound to the row it belongs to:
//
//	HMAC-SHA-256(K_org, "kexin/once/1" | u64 id | text)[:16]
func OneTimeMAC(r *Ring, id kexin.ID, text string) [16]byte {
	return r.active[UseOrg].once(id, text)
}

// CheckOneTime compares in constant time, under any version of the key at
// hand.
func CheckOneTime(r *Ring, id kexin.ID, text string, mac []byte) bool {
	ok := 0
	for _, k := range r.keys[UseOrg] {
		want := k.once(id, text)
		ok |= subtle.ConstantTimeCompare(want[:], mac)
	}
	return ok == 1
}

func (k *ringKey) once(id kexin.ID, text string) [16]byte {
	sum := k.sum(func(m *mac) {
		m.in = binary.BigEndian.AppendUint64(append(m.in, "kexin/once/1"...), uint64(id))
		m.in = append(m.in, text...)
	})
	return [16]byte(sum[:16])
}

// TallyName is the name under which something is counted that must not be
// known from the name, such as a number or an address. Use the server's ring.
//
//	HMAC-SHA-256(K_token, "tally" | label | 0 | text)[:8]
func TallyName(r *Ring, label, text string) int64 {
	return r.active[UseToken].token("tally/"+label+"\x00", text)
}
