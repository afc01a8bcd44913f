package vault

import (
	"crypto/subtle"
	"encoding/binary"

	"kexin"
)

// A Row is the canonical form of a database row: the table's name and then
// each value with its type and length, so that no two rows look alike.
type Row struct{ b []byte }

// The type marks of values in a Row.
const (
	rowInt byte = iota + 1
	rowText
	rowBytes
	rowBool
)

// NewRow begins a row of a table. The columns follow in a fixed order; adding
// one later makes another table name, such as "consent/2".
func NewRow(table string) *Row {
	return (&Row{b: []byte("kexin/row/1")}).field(rowText, table)
}

func (r *Row) field(mark byte, v string) *Row {
	r.b = binary.BigEndian.AppendUint32(append(r.b, mark), uint32(len(v)))
	r.b = append(r.b, v...)
	return r
}

// Int adds a number, an id or an instant.
func (r *Row) Int(n int64) *Row {
	r.b = binary.BigEndian.AppendUint32(append(r.b, rowInt), 8)
	r.b = binary.BigEndian.AppendUint64(r.b, uint64(n))
	return r
}

// ID adds an id.
func (r *Row) ID(id kexin.ID) *Row { return r.Int(int64(id)) }

// Text adds a text.
func (r *Row) Text(s string) *Row { return r.field(rowText, s) }

// Bytes adds bytes.
func (r *Row) Bytes(b []byte) *Row { return r.field(rowBytes, string(b)) }

// Bool adds a truth value.
func (r *Row) Bool(v bool) *Row {
	if v {
		return r.field(rowBool, "\x01")
	}
	return r.field(rowBool, "\x00")
}

// RowMAC is the code of an authority row (consent, agreement, grant, user
// position, suppression), which ties it to the ledger entry that made it:
//
//	HMAC-SHA-256(K_org, canonical row ‖ leaf hash)[:16]
//
// Who writes the database without the keys cannot make one. He can put back
// an older row with its old code; the ledger finds that.
func RowMAC(r *Ring, row *Row, leaf [32]byte) [16]byte {
	return r.active[UseOrg].rowMAC(row, leaf)
}

// CheckRow reports whether code is the row's, under any version of the key at
// hand. False means: deny, and report an incident.
func CheckRow(r *Ring, row *Row, leaf [32]byte, code []byte) bool {
	ok := 0
	for _, k := range r.keys[UseOrg] {
		want := k.rowMAC(row, leaf)
		ok |= subtle.ConstantTimeCompare(want[:], code)
	}
	return ok == 1
}

func (k *ringKey) rowMAC(row *Row, leaf [32]byte) [16]byte {
	sum := k.sum(func(m *mac) { m.in = append(append(m.in, row.b...), leaf[:]...) })
	return [16]byte(sum[:16])
}
