package vault

import (
	"encoding/binary"

	"kexin"
)

// What the merchant seals that is not a person's, such as an SMTP password or
// the values of a company without a subject, is
//
//	01 | suite | 03 | 00 | u32 key version | nonce 12 | ct | tag 16
//
// bound to "kexin/org/1" | header 8 | u8 length | label | u64 org | u64 id.
const (
	orgLabel  = "kexin/org/1"
	orgHeader = headerSize + 4
)

// A Label says what kind of thing is sealed under the org key; together with
// an id it is the place. At most 255 bytes, written in the code, never data.
type Label string

// SealOrg encrypts something for the place (label, id) of the ring's merchant.
func SealOrg(r *Ring, label Label, id kexin.ID, plain []byte) []byte {
	k := r.active[UseOrg]
	out := make([]byte, 0, orgHeader+overhead+len(plain))
	out = append(out, version, byte(r.suite), byte(orgPart), 0)
	out = binary.BigEndian.AppendUint32(out, uint32(k.ver))
	return k.aead.Seal(out, nil, plain, orgAAD(out, label, r.org, id))
}

// OpenOrg decrypts what SealOrg sealed there, with any version of the key at
// hand. Errors: internal.
func OpenOrg(r *Ring, label Label, id kexin.ID, sealed []byte) ([]byte, error) {
	if len(sealed) < orgHeader+overhead || sealed[0] != version || Part(sealed[2]) != orgPart || sealed[3] != 0 {
		return nil, fail("org", ErrFormat)
	}
	if Suite(sealed[1]) != r.suite {
		return nil, fail("org", ErrFormat)
	}
	head := sealed[:orgHeader]
	k, err := r.find(UseOrg, Version(binary.BigEndian.Uint32(head[headerSize:])))
	if err != nil {
		return nil, err
	}
	plain, err := k.aead.Open(nil, nil, sealed[orgHeader:], orgAAD(head, label, r.org, id))
	if err != nil {
		return nil, fail("org", ErrTampered)
	}
	return plain, nil
}

func orgAAD(head []byte, label Label, org, id kexin.ID) []byte {
	b := make([]byte, 0, len(orgLabel)+orgHeader+1+len(label)+16)
	b = append(append(b, orgLabel...), head...)
	b = append(append(b, byte(len(label))), label...)
	b = binary.BigEndian.AppendUint64(b, uint64(org))
	return binary.BigEndian.AppendUint64(b, uint64(id))
}
