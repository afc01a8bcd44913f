package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	sqlite3 "modernc.org/sqlite/lib"

	"kexin"
)

// A ConstraintKind says which sort of constraint refused a row.
type ConstraintKind string

// The sorts. Unique and Foreign are conflict errors; the others are defects of
// the code that wrote the row and internal errors.
const (
	Unique  ConstraintKind = "unique"
	Foreign ConstraintKind = "foreign"
	NotNull ConstraintKind = "not_null"
	Check   ConstraintKind = "check"
)

// A Constraint is what errors.As finds in the error of a refused row. Name is
// that of the unique index or named constraint, "<table>_pkey" for a primary
// key, the column for NotNull. SQLite does not say which foreign key it was,
// nor the table of a Check: there they are empty.
type Constraint struct {
	Kind  ConstraintKind
	Table string
	Name  string
}

// Error names the constraint, never the row.
func (c *Constraint) Error() string {
	return fmt.Sprintf("%s constraint %s on %s", c.Kind, c.Name, c.Table)
}

// The keys of unavailable errors.
const (
	KeyFull      = "db.full"      // no room on the disk or in memory
	KeyBusy      = "db.busy"      // locked, deadlocked or overloaded for too long
	KeyDown      = "db.down"      // not reachable, not writable or damaged
	KeyClosed    = "db.closed"    // Close was called
	KeyCancelled = "db.cancelled" // the caller gave up; nothing was stored
	KeyUnknown   = "db.unknown"   // lost while committing: stored or not
	KeyNewer     = "db.newer"     // the database was migrated by a newer version
	KeyOld       = "db.old"       // PostgreSQL: a version that is too old
	KeyLocale    = "db.locale"    // PostgreSQL: encoding or collation does not fit
)

func fail(op string, code kexin.Code, key string, err error) *kexin.Error {
	return &kexin.Error{Op: op, Code: code, Key: key, Err: err}
}

func misuse(what, q string) error {
	return fail("db.misuse", kexin.Internal, "", fmt.Errorf("%s: %s", what, brief(q)))
}

// brief is the beginning of a statement, for the log. It has no arguments.
func brief(q string) string {
	q = strings.Join(strings.Fields(q), " ")
	if len(q) > 200 {
		q = q[:200] + "…"
	}
	return q
}

// classify turns a driver's error into a *kexin.Error by its number. Messages
// of drivers can quote values, so they are dropped, but for those of the
// parser, which quote the statement.
func classify(op string, err error) error {
	var own *kexin.Error
	var lite coded
	var pg *pgconn.PgError
	switch {
	case err == nil || errors.As(err, &own):
		return err
	case errors.Is(err, sql.ErrNoRows):
		return fail(op, kexin.NotFound, "", nil)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return fail(op, kexin.Unavailable, KeyCancelled, err)
	case errors.As(err, &lite):
		var wrong *wrongSQL
		return classifyLite(op, lite, errors.As(err, &wrong))
	case errors.As(err, &pg):
		return classifyPostgres(op, pg)
	case isNet(err):
		return fail(op, kexin.Unavailable, KeyDown, &cause{"connection", fmt.Sprintf("%T", err)})
	case errors.Is(err, sql.ErrConnDone):
		return fail(op, kexin.Unavailable, KeyClosed, nil)
	}
	return fail(op, kexin.Internal, "", err)
}

// classifyIn is classify for a statement under ctx: what failed because the
// caller gave up is cancelled, whatever the driver calls it.
func classifyIn(ctx context.Context, op string, err error) error {
	if ctx.Err() != nil {
		return fail(op, kexin.Unavailable, KeyCancelled, ctx.Err())
	}
	return classify(op, err)
}

// A cause is a driver's number, kept for retry and savepoints.
type cause struct{ code, text string }

func (c *cause) Error() string { return strings.TrimSpace(c.code + " " + c.text) }

// A coded error is one of SQLite: of package lite, or of the driver that goose
// works with.
type coded interface {
	error
	Code() int
}

func classifyLite(op string, e coded, compiling bool) error {
	c := &cause{code: fmt.Sprintf("sqlite %d", e.Code())}
	if compiling {
		c.text = e.Error()
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_CONSTRAINT:
		return constraintLite(op, e)
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_NOMEM:
		return fail(op, kexin.Unavailable, KeyFull, c)
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return fail(op, kexin.Unavailable, KeyBusy, c)
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY,
		sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_PERM:
		return fail(op, kexin.Unavailable, KeyDown, c)
	case sqlite3.SQLITE_INTERRUPT:
		return fail(op, kexin.Unavailable, KeyCancelled, c)
	}
	return fail(op, kexin.Internal, "", c)
}

func constraintLite(op string, e coded) error {
	c := &Constraint{}
	// The text holds only names: "… failed: t.a, t.b (2067)". It says which
	// constraint, not which sort.
	const mark = "constraint failed: "
	if i := strings.LastIndex(e.Error(), mark); i >= 0 {
		c.Name, _, _ = strings.Cut(e.Error()[i+len(mark):], " (")
	}
	table, column, _ := strings.Cut(c.Name, ".")
	switch e.Code() {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE: // liteConn.name finds the index
		c.Kind, c.Table = Unique, table
	case sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
		c.Kind, c.Table, c.Name = Unique, table, table+"_pkey"
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		c.Kind = Foreign
	case sqlite3.SQLITE_CONSTRAINT_NOTNULL:
		c.Kind, c.Table, c.Name = NotNull, table, column
	default:
		c.Kind = Check
	}
	return refused(op, c)
}

func refused(op string, c *Constraint) error {
	if c.Kind == Unique || c.Kind == Foreign {
		return fail(op, kexin.Conflict, "", c)
	}
	return fail(op, kexin.Internal, "", c)
}

func classifyPostgres(op string, e *pgconn.PgError) error {
	c := &cause{code: "postgres " + e.Code}
	switch e.Code {
	case "23505":
		return refused(op, &Constraint{Unique, e.TableName, unsharded(e.ConstraintName)})
	case "23503":
		return refused(op, &Constraint{Foreign, e.TableName, unsharded(e.ConstraintName)})
	case "23502":
		return refused(op, &Constraint{NotNull, e.TableName, e.ColumnName})
	case "23514":
		return refused(op, &Constraint{Check, e.TableName, unsharded(e.ConstraintName)})
	case "40001", "40P01", "55P03", "53300", "57014":
		return fail(op, kexin.Unavailable, KeyBusy, c)
	case "53100", "53200":
		return fail(op, kexin.Unavailable, KeyFull, c)
	case "25006", "58030", "57P01", "57P02", "57P03", "57P05", "25P03":
		return fail(op, kexin.Unavailable, KeyDown, c)
	}
	if strings.HasPrefix(e.Code, "08") {
		return fail(op, kexin.Unavailable, KeyDown, c)
	}
	if strings.HasPrefix(e.Code, "42") { // the statement itself is wrong
		c.text = e.Message
	}
	return fail(op, kexin.Internal, "", c)
}

// unsharded drops the shard number that Citus puts behind a name.
func unsharded(name string) string {
	i := strings.LastIndexByte(name, '_')
	if i > 0 && len(name)-i > 6 && strings.Trim(name[i+1:], "0123456789") == "" {
		return name[:i]
	}
	return name
}

// isReadOnly reports whether the engine refused to write.
func isReadOnly(err error) bool {
	var c *cause
	return errors.As(err, &c) && (c.code == "sqlite 8" || c.code == "postgres 25006")
}

// keyOf is the key of err, "" where it has none.
func keyOf(err error) string {
	var e *kexin.Error
	if errors.As(err, &e) {
		return e.Key
	}
	return ""
}

func isNet(err error) bool {
	var n net.Error
	var c *pgconn.ConnectError
	return errors.As(err, &n) || errors.As(err, &c) || pgconn.SafeToRetry(err) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}
