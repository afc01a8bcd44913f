package db

import (
	"fmt"
	"strconv"
	"strings"

	"kexin"
)

// The fragments in which the engines differ. All other SQL is one text.

// In is "col IN ($first, …)" for n values, n ≥ 1. For ids use InIDs, which
// keeps the number of different texts small.
func (db *DB) In(col string, n, first int) string {
	var b strings.Builder
	b.WriteString(col + " IN (")
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(first + i))
	}
	b.WriteByte(')')
	return b.String()
}

// InIDs is "col is one of ids" as one condition on $n, with its argument. Any
// number of ids will do, none as well.
func (db *DB) InIDs(col string, ids []kexin.ID, n int) (string, any) {
	if db.Postgres() {
		vals := make([]int64, len(ids))
		for i, id := range ids {
			vals[i] = int64(id)
		}
		return fmt.Sprintf("%s = ANY($%d)", col, n), vals
	}
	b := make([]byte, 0, 20*len(ids)+2)
	b = append(b, '[')
	for i, id := range ids {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(id), 10)
	}
	return fmt.Sprintf("%s IN (SELECT value FROM json_each($%d))", col, n), string(append(b, ']'))
}

// ForUpdate goes behind a SELECT whose rows this transaction is about to
// change. SQLite has one writer and needs none.
//
// On PostgreSQL it does not make a guard of a row that is locked but never
// changed: the snapshot is older than the lock. Guard by an UPDATE.
func (db *DB) ForUpdate() string {
	if db.Postgres() {
		return " FOR UPDATE"
	}
	return ""
}

// LookUp is the JOIN that goes through the few rows on its left and finds each
// one's partner by key. SQLite knows no sizes and, to be spared a sort, would
// walk the whole table on the right instead; its CROSS JOIN keeps the order.
func (db *DB) LookUp() string {
	if db.Postgres() {
		return " JOIN "
	}
	return " CROSS JOIN "
}

// PerRow is the join of columns of one row of a table, alias k, that key names,
// to each row on its left. PostgreSQL, which takes a table that was filled within
// the minute for an empty one, would otherwise go through all rows on the left for
// each partner.
func (db *DB) PerRow(columns, table, key string) string {
	if db.Postgres() {
		return " CROSS JOIN LATERAL (SELECT " + columns + " FROM " + table + " k WHERE " + key + " OFFSET 0) k"
	}
	return " JOIN " + table + " k ON " + key
}

// RowKey is the column by which a row that an index led to is read at the least
// cost. In SQLite each entry of an index holds the row's place, and going by the
// primary key would search a second index for it; PostgreSQL goes by the id.
// A place is good inside its statement alone.
func (db *DB) RowKey() string {
	if db.Postgres() {
		return "id"
	}
	return "rowid"
}

// Least is the smaller of two expressions, neither of which may be NULL.
func (db *DB) Least(a, b string) string {
	if db.Postgres() {
		return "least(" + a + "," + b + ")"
	}
	return "min(" + a + "," + b + ")"
}

// Month is the calendar month "YYYY-MM" of the instant col, shifted by offset
// milliseconds (the merchant's zone: 28800000 for China).
func (db *DB) Month(col string, offset int64) string {
	if db.Postgres() {
		return fmt.Sprintf("to_char(to_timestamp((%s + %d) / 1000) AT TIME ZONE 'UTC', 'YYYY-MM')", col, offset)
	}
	return fmt.Sprintf("strftime('%%Y-%%m', (%s + %d) / 1000, 'unixepoch')", col, offset)
}
