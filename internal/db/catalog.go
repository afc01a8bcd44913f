package db

import (
	"context"
	"strings"

	"kexin"
)

// A ColumnType is what a column holds, the same word on both engines. JSON is
// Text: SQLite's catalog does not tell the two apart.
type ColumnType string

// The types of the product's columns.
const (
	IntColumn  ColumnType = "int"
	TextColumn ColumnType = "text"
	BoolColumn ColumnType = "bool"
	BlobColumn ColumnType = "blob"
)

// A Column is one column of a table as the engine's catalog tells it.
type Column struct {
	Name string
	Type ColumnType
	Null bool // may be NULL
	Key  int  // place in the primary key from 1; 0 = not in it
	JSON bool // PostgreSQL: JSONB, whose text the server writes in its own way
}

const (
	sqliteColumns = `SELECT name,type,"notnull"=0 AND pk=0,pk FROM pragma_table_info($1) ORDER BY cid`
	pgColumns     = `SELECT CAST(a.attname AS TEXT),CAST(t.typname AS TEXT),NOT a.attnotnull,COALESCE(array_position(CAST(i.indkey AS INT2[]),a.attnum)+1,0)
 FROM pg_attribute a JOIN pg_type t ON t.oid=a.atttypid LEFT JOIN pg_index i ON i.indrelid=a.attrelid AND i.indisprimary
 WHERE a.attrelid=to_regclass(CAST($1 AS TEXT)) AND a.attnum>0 AND NOT a.attisdropped ORDER BY a.attnum`
)

// Columns are the columns of a table in their order; none where there is no
// such table. Errors: internal for a type that the product does not use.
func Columns(tx *Tx, table string) (out []Column, err error) {
	q := sqliteColumns
	if tx.db.Postgres() {
		q = pgColumns
	}
	err = tx.Each(q, []any{table}, func(r *Rows) error {
		var c Column
		var native string
		if err := r.Scan(&c.Name, &native, &c.Null, &c.Key); err != nil {
			return err
		}
		if c.Type = columnType(native); c.Type == "" {
			return &kexin.Error{Op: "db.columns", Field: table + "." + c.Name}
		}
		c.JSON = native == "jsonb"
		out = append(out, c)
		return nil
	})
	return out, err
}

// columnType is the common word for an engine's type, "" for none.
func columnType(native string) ColumnType {
	switch strings.ToLower(native) {
	case "bigint", "int8":
		return IntColumn
	case "text", "jsonb":
		return TextColumn
	case "boolean", "bool":
		return BoolColumn
	case "blob", "bytea":
		return BlobColumn
	}
	return ""
}

// Exists reports whether there is a table of that name.
func (db *DB) Exists(ctx context.Context, table string) (ok bool, err error) {
	err = db.View(ctx, func(tx *Tx) error {
		cols, err := Columns(tx, table)
		ok = len(cols) > 0
		return err
	})
	return ok, err
}
