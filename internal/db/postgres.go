package db

import (
	"context"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/stdlib"

	"kexin"
)

// openPostgres opens a pool and refuses a server that would store or order
// text otherwise than SQLite does.
func (db *DB) openPostgres(ctx context.Context) error {
	cfg, err := pgx.ParseConfig(db.cfg.DSN)
	if err != nil {
		return fail("db.open", kexin.Invalid, "", errors.New("the DSN cannot be read")) // err may quote it
	}
	for k, v := range map[string]string{
		"application_name": "kexin", "timezone": "UTC", "jit": "off",
		"lock_timeout": "10s", "idle_in_transaction_session_timeout": "60s",
	} {
		if cfg.RuntimeParams[k] == "" {
			cfg.RuntimeParams[k] = v
		}
	}
	if db.cfg.Schema != "" {
		cfg.RuntimeParams["search_path"] = db.cfg.Schema
	}
	if db.cfg.ReadOnly {
		cfg.RuntimeParams["default_transaction_read_only"] = "on"
	}
	// A cancelled View cancels its statement on the server and keeps the
	// connection.
	cfg.BuildContextWatcherHandler = func(pc *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: pc, DeadlineDelay: 5 * time.Second}
	}
	n := db.cfg.Readers
	if n == 0 {
		n = 4 * runtime.NumCPU()
	}
	p := pgPool{stdlib.OpenDB(*cfg), new(atomic.Bool)}
	p.SetMaxOpenConns(n)
	p.SetMaxIdleConns(n)
	p.SetConnMaxIdleTime(10 * time.Minute)
	db.read, db.long, db.write = p, p, p
	return db.read.with(ctx, func(c conn) error { return checkServer(ctx, c) })
}

// checkServer wants PostgreSQL 15, UTF-8 and texts in the order of their
// bytes: pages are merged in Go, and an index on text serves LIKE 'x%'.
func checkServer(ctx context.Context, c conn) error {
	cur, err := c.query(ctx, `select current_setting('server_version_num')::bigint,
		current_setting('standard_conforming_strings'), pg_encoding_to_char(encoding)::text, datctype::text,
		('a' < 'b' and 'B' < 'a' and 'Z' < 'a' and 'z' < '一')::text
		from pg_database where datname = current_database()`, nil)
	if err != nil {
		return err
	}
	defer func() { _ = cur.close() }()
	var v [5]cell
	if _, err := cur.next(); err != nil {
		return err
	}
	for i := range v {
		if v[i], err = cur.cell(i); err != nil {
			return err
		}
	}
	return fits(v[0].n, v[1].s, v[2].s, v[3].s, v[4].s)
}

// oldest is the first version of PostgreSQL that is good enough.
const oldest = 150000

// fits judges what checkServer read.
func fits(version int64, conforming, encoding, ctype, ordered string) error {
	switch {
	case version < oldest:
		return fail("db.open", kexin.Unavailable, KeyOld, fmt.Errorf("server_version_num %d", version))
	case conforming != "on":
		return fail("db.open", kexin.Unavailable, KeyLocale, errors.New("standard_conforming_strings is off"))
	case encoding != "UTF8" || !strings.HasSuffix(strings.ReplaceAll(strings.ToLower(ctype), "-", ""), "utf8"):
		return fail("db.open", kexin.Unavailable, KeyLocale, errors.New("lc_ctype is not UTF-8: createdb --template=template0 --locale=C.UTF-8"))
	case ordered != "true":
		return fail("db.open", kexin.Unavailable, KeyLocale, errors.New("texts are not ordered by bytes: createdb --template=template0 --locale=C.UTF-8"))
	}
	return nil
}

// Tries of one Update: a transaction that lost against another is run again
// soon; a server that went away is given time to come back.
const (
	triesConflict = 30
	triesLost     = 5
)

func (db *DB) updatePostgres(ctx context.Context, fn func(*Tx) error) error {
	tx, err := db.attempt(ctx, fn)
	if err != nil {
		tx, err = db.retry(ctx, fn, tx, err)
	}
	if err == nil {
		tx.committed()
	}
	return err
}

// attempt runs fn once. Only the wait for a connection ends with ctx.
func (db *DB) attempt(ctx context.Context, fn func(*Tx) error) (tx *Tx, err error) {
	lost := db.write.with(ctx, func(c conn) error {
		tx, err = db.once(context.WithoutCancel(ctx), c, fn)
		return err
	})
	return tx, lost
}

// retry runs fn again for as long as that promises success. Those who lost
// against another go one by one, or they would go on losing to each other.
func (db *DB) retry(ctx context.Context, fn func(*Tx) error, tx *Tx, err error) (*Tx, error) {
	if conflicted(err, tx) {
		select {
		case db.lane <- struct{}{}:
			defer func() { <-db.lane }()
		case <-ctx.Done():
			return tx, err
		}
	}
	for try := 1; err != nil; try++ {
		wait := time.Millisecond << min(try, 6)
		switch {
		case conflicted(err, tx) && try < triesConflict:
		case keyOf(err) == KeyDown && try < triesLost:
			wait *= 25
		default:
			return tx, err
		}
		select {
		case <-time.After(rand.N(wait)):
		case <-ctx.Done():
			return tx, err
		}
		tx, err = db.attempt(ctx, fn)
	}
	return tx, nil
}

// conflicted reports whether the server chose this transaction to give way,
// be it at the end or in a statement whose error fn swallowed.
func conflicted(err error, tx *Tx) bool {
	for _, e := range []error{err, tx.failure()} {
		var c *cause
		if errors.As(e, &c) && (c.code == "postgres 40001" || c.code == "postgres 40P01") {
			return true
		}
	}
	return false
}

// A pgConn is a connection to PostgreSQL. pgx keeps its prepared statements.
type pgConn struct{ *pgx.Conn }

// begin takes one snapshot for the whole transaction. With it a row that was
// read and has been changed by another cannot be overwritten: the server
// answers 40001 and Update runs the function again.
func (c pgConn) begin(ctx context.Context, readOnly bool) error {
	q := "begin isolation level repeatable read"
	if readOnly {
		q = "begin isolation level repeatable read read only"
	}
	_, err := c.Exec(ctx, q)
	return opaque(err)
}

func (c pgConn) commit() error {
	tag, err := c.Exec(context.Background(), "commit")
	var pg *pgconn.PgError
	switch {
	case err == nil && tag.String() == "ROLLBACK":
		return errors.New("a failed transaction was committed")
	case err == nil:
		return nil
	case errors.As(err, &pg) && !c.IsClosed():
		return err
	}
	return fail("db.commit", kexin.Unavailable, KeyUnknown, &cause{code: "connection"})
}

func (c pgConn) rollback() error {
	if c.IsClosed() || c.PgConn().TxStatus() == 'I' {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_, err := c.Exec(ctx, "rollback")
	return opaque(err)
}

func (c pgConn) exec(ctx context.Context, q string, args []any) (int64, error) {
	vals, err := plainAll(args)
	if err != nil {
		return 0, err
	}
	tag, err := c.Exec(ctx, q, vals...)
	return tag.RowsAffected(), opaque(err)
}

func (c pgConn) query(ctx context.Context, q string, args []any) (cursor, error) {
	vals, err := plainAll(args)
	if err != nil {
		return nil, err
	}
	rows, err := c.Query(ctx, q, vals...)
	if err != nil {
		return nil, opaque(err)
	}
	return &pgCursor{rows: rows}, nil
}

func (c pgConn) bulk(ctx context.Context, table string, cols []string, rows [][]any) error {
	var fault error
	_, err := c.CopyFrom(ctx, pgx.Identifier{table}, cols, pgx.CopyFromSlice(len(rows), func(i int) ([]any, error) {
		vals, err := plainAll(rows[i])
		if err != nil {
			fault = err
		}
		return vals, err
	}))
	if fault != nil {
		return fault
	}
	var pg *pgconn.PgError
	if ctx.Err() == nil && errors.As(err, &pg) && pg.Code == "57014" && pg.Routine == copyEnded {
		return fail("db.bulk", kexin.Internal, "", fmt.Errorf("a value does not fit its column of %s", table))
	}
	return opaque(err)
}

// copyEnded is where PostgreSQL says that the client ended a COPY itself: pgx
// does so when it cannot encode a value, and the number is that of a cancelled
// statement.
const copyEnded = "CopyGetData"

// survives: within a savepoint PostgreSQL forgives everything but a lost
// connection and a transaction that must give way.
func (c pgConn) survives(err error) bool { return !c.IsClosed() && !conflicted(err, nil) }

func (c pgConn) broken() bool { return c.IsClosed() || c.PgConn().TxStatus() != 'I' }

func (c pgConn) name(*Constraint) {}

func plainAll(args []any) ([]any, error) {
	vals := make([]any, len(args))
	var err error
	for i, a := range args {
		switch a.(type) {
		case []int64, [][]byte: // for ANY
			vals[i] = a
			continue
		}
		var c cell
		if err = c.take(a); err != nil {
			return nil, fmt.Errorf("argument %d: %w", i+1, err)
		} else if vals[i] = c.value(); c.kind == blob {
			vals[i] = c.b
		}
	}
	return vals, nil
}

// opaque hides errors of pgx that may quote an argument.
func opaque(err error) error {
	var pg *pgconn.PgError
	switch {
	case err == nil, errors.As(err, &pg), isNet(err), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, driver.ErrBadConn):
		return err
	}
	return &cause{"pgx", fmt.Sprintf("%T", err)}
}

// A pgCursor reads the values as they come over the wire, without the
// reflection of pgx.
type pgCursor struct {
	rows pgx.Rows
	raw  [][]byte
}

func (p *pgCursor) next() (bool, error) {
	if p.rows.Next() {
		p.raw = p.rows.RawValues()
		return true, nil
	}
	return false, opaque(p.rows.Err())
}

func (p *pgCursor) width() int { return len(p.rows.FieldDescriptions()) }

func (p *pgCursor) close() error {
	p.rows.Close()
	return opaque(p.rows.Err())
}

func (p *pgCursor) cell(i int) (cell, error) {
	b, f := p.raw[i], p.rows.FieldDescriptions()[i]
	if b == nil {
		return cell{}, nil
	}
	if f.Format == pgtype.BinaryFormatCode {
		return fromBinary(f.DataTypeOID, b)
	}
	return fromText(f.DataTypeOID, b)
}

func fromBinary(oid uint32, b []byte) (cell, error) {
	switch oid {
	case pgtype.Int8OID, pgtype.Int4OID, pgtype.Int2OID, pgtype.Float8OID, pgtype.BoolOID:
		var n uint64
		for _, x := range b {
			n = n<<8 | uint64(x)
		}
		if oid == pgtype.Float8OID {
			return cell{kind: float, f: math.Float64frombits(n)}, nil
		}
		shift := 64 - 8*len(b) // extends the sign
		return cell{kind: number, n: int64(n<<shift) >> shift}, nil
	case pgtype.ByteaOID:
		return cell{kind: blob, b: b}, nil
	case pgtype.TextOID, pgtype.VarcharOID, pgtype.JSONOID, pgtype.NameOID:
		return cell{kind: text, s: string(b)}, nil
	case pgtype.JSONBOID:
		return cell{kind: text, s: string(b[1:])}, nil
	}
	return cell{}, fmt.Errorf("PostgreSQL type %d: add a cast", oid)
}

func fromText(oid uint32, b []byte) (cell, error) {
	var err error
	switch oid {
	case pgtype.Int8OID, pgtype.Int4OID, pgtype.Int2OID:
		c := cell{kind: number}
		c.n, err = strconv.ParseInt(string(b), 10, 64)
		return c, err
	case pgtype.BoolOID:
		return cell{kind: number, n: map[bool]int64{true: 1}[b[0] == 't']}, nil
	case pgtype.Float8OID:
		c := cell{kind: float}
		c.f, err = strconv.ParseFloat(string(b), 64)
		return c, err
	case pgtype.ByteaOID:
		c := cell{kind: blob}
		c.b, err = hex.DecodeString(strings.TrimPrefix(string(b), `\x`))
		return c, err
	case pgtype.TextOID, pgtype.VarcharOID, pgtype.JSONOID, pgtype.JSONBOID, pgtype.NameOID:
		return cell{kind: text, s: string(b)}, nil
	}
	return cell{}, fmt.Errorf("PostgreSQL type %d: add a cast", oid)
}
