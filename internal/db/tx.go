package db

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"kexin"
)

// A conn is one connection while a transaction has it. There are two: liteConn
// and pgConn.
type conn interface {
	begin(ctx context.Context, readOnly bool) error
	commit() error
	rollback() error // also where no transaction is left
	exec(ctx context.Context, q string, args []any) (int64, error)
	query(ctx context.Context, q string, args []any) (cursor, error)
	bulk(ctx context.Context, table string, cols []string, rows [][]any) error
	survives(err error) bool // the transaction goes on after a rollback to a savepoint
	broken() bool
	name(*Constraint) // completes what the error did not say
}

// A cursor walks over rows.
type cursor interface {
	next() (bool, error)
	width() int
	cell(i int) (cell, error)
	close() error
}

// A Tx is a transaction in the hands of one function of View or Update; it is
// not safe for concurrent use. Every error of a statement makes the whole
// transaction fail unless it happened inside Savepoint.
type Tx struct {
	Now kexin.Instant // when the transaction began; never less than in an earlier one

	db      *DB
	c       conn
	ctx     context.Context
	reading bool
	rows    *Rows // open rows: only one at a time
	err     error // first failure
	depth   int   // open savepoints
	after   []func()
	done    bool
}

// Exec runs one statement and gives the number of rows it changed.
func (tx *Tx) Exec(q string, args ...any) (int64, error) {
	if err := tx.ready(q); err != nil {
		return 0, err
	}
	start := tx.clock()
	n, err := tx.c.exec(tx.ctx, q, args)
	tx.trace(q, start, int(n))
	return n, tx.failed("db.exec", q, err)
}

// Query runs one statement and gives its rows. Close them before the next
// statement, on both engines.
func (tx *Tx) Query(q string, args ...any) (*Rows, error) {
	if err := tx.ready(q); err != nil {
		return nil, err
	}
	start := tx.clock()
	cur, err := tx.c.query(tx.ctx, q, args)
	if err != nil {
		return nil, tx.failed("db.query", q, err)
	}
	tx.rows = &Rows{tx: tx, cur: cur, q: q, start: start}
	return tx.rows, nil
}

// Each runs one statement and calls f for every row.
func (tx *Tx) Each(q string, args []any, f func(*Rows) error) error {
	rows, err := tx.Query(q, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Row runs one statement of which the first row is wanted.
func (tx *Tx) Row(q string, args ...any) Row {
	rows, err := tx.Query(q, args...)
	return Row{rows, err}
}

// Bulk inserts rows: values in the order of cols, each of a type that Exec
// takes. It is the fastest way in on both engines and stops at the first
// fault, such as a constraint.
func (tx *Tx) Bulk(table string, cols []string, rows [][]any) error {
	q := "bulk insert into " + table
	if err := tx.ready(q); err != nil || len(rows) == 0 {
		return err
	}
	for _, r := range rows {
		if len(r) != len(cols) {
			return tx.failed("db.bulk", q, errors.New("row and columns differ in length"))
		}
	}
	start := tx.clock()
	err := tx.c.bulk(tx.ctx, table, cols, rows)
	if tx.db.cfg.Trace != nil {
		tx.trace(q+" ("+strings.Join(cols, ",")+")", start, len(rows))
	}
	return tx.failed("db.bulk", q, err)
}

// AfterCommit has f called by the goroutine of Update once the transaction is
// stored: not at all if it is not.
func (tx *Tx) AfterCommit(f func()) { tx.after = append(tx.after, f) }

// Savepoint runs fn so that its failure undoes what fn did and no more. A
// failure of the engine itself (disk, connection, serialization) still fails
// the transaction.
func (tx *Tx) Savepoint(fn func() error) error {
	tx.depth++
	name, after := fmt.Sprintf("s%d", tx.depth), len(tx.after)
	defer func() { tx.depth-- }()
	if _, err := tx.Exec("savepoint " + name); err != nil {
		return err
	}
	err := fn()
	if err == nil {
		err = tx.err
	}
	if err == nil {
		_, err = tx.Exec("release savepoint " + name)
		return err
	}
	tx.after = tx.after[:after]
	if tx.err != nil && !tx.c.survives(tx.err) {
		return tx.err
	}
	tx.closeRows()
	tx.err = nil
	if _, e := tx.Exec("rollback to savepoint " + name); e != nil {
		return e
	}
	if _, e := tx.Exec("release savepoint " + name); e != nil {
		return e
	}
	return err
}

func (tx *Tx) ready(q string) error {
	switch {
	case tx.done:
		return misuse("transaction is over", q)
	case tx.err != nil:
		return tx.err
	case tx.ctx.Err() != nil:
		return tx.failed("db.query", q, tx.ctx.Err())
	case tx.rows != nil:
		tx.err = misuse("rows of the last statement are still open", q)
		return tx.err
	}
	return nil
}

// failed classifies err and remembers it.
func (tx *Tx) failed(op, q string, err error) error {
	if err == nil {
		return nil
	}
	err = classifyIn(tx.ctx, op, err)
	var con *Constraint
	if errors.As(err, &con) {
		tx.c.name(con)
	}
	if tx.reading && isReadOnly(err) {
		err = misuse("writing in a View", q)
	} else if e, ok := err.(*kexin.Error); ok && e.Code == kexin.Internal {
		e.Err = fmt.Errorf("%w in: %s", e.Err, brief(q))
	}
	if tx.err == nil {
		tx.err = err
	}
	return err
}

// failure is the first failure, nil also where there is no transaction.
func (tx *Tx) failure() error {
	if tx == nil {
		return nil
	}
	return tx.err
}

// committed does what was put off until now.
func (tx *Tx) committed() {
	for _, f := range tx.after {
		f()
	}
}

func (tx *Tx) closeRows() {
	if tx.rows != nil {
		_ = tx.rows.Close()
	}
}

func (tx *Tx) clock() time.Time {
	if tx.db.cfg.Trace == nil {
		return time.Time{}
	}
	return time.Now()
}

func (tx *Tx) trace(q string, start time.Time, rows int) {
	if tx.db.cfg.Trace != nil {
		tx.db.cfg.Trace(q, time.Since(start), rows)
	}
}

// Rows are the rows of a Query.
type Rows struct {
	tx    *Tx
	cur   cursor
	q     string
	start time.Time
	n     int
	err   error
}

// Next steps to the next row. After the last one, and after a failure, it
// closes the rows and reports false.
func (r *Rows) Next() bool {
	if r.cur == nil {
		return false
	}
	if r.n&63 == 63 && r.tx.ctx.Err() != nil {
		r.err = r.tx.failed("db.next", r.q, r.tx.ctx.Err())
	}
	more := false
	if r.err == nil {
		var err error
		more, err = r.cur.next()
		r.err = r.tx.failed("db.next", r.q, err)
	}
	if !more || r.err != nil {
		_ = r.Close()
		return false
	}
	r.n++
	return true
}

// Scan copies the row into dest: pointers to the types that Exec takes, or
// sql.Scanner. NULL is the zero value; sql.Null tells the two apart.
func (r *Rows) Scan(dest ...any) error {
	if r.cur == nil {
		return misuse("scan without a row", r.q)
	}
	if len(dest) != r.cur.width() {
		return r.tx.failed("db.scan", r.q, fmt.Errorf("%d destinations for %d columns", len(dest), r.cur.width()))
	}
	for i, d := range dest {
		c, err := r.cur.cell(i)
		if err == nil {
			err = c.assign(d)
		}
		if err != nil {
			return r.tx.failed("db.scan", r.q, fmt.Errorf("column %d: %w", i+1, err))
		}
	}
	return nil
}

// Err is the failure that ended the rows early, nil at a true end.
func (r *Rows) Err() error { return r.err }

// Close ends the rows. It is harmless to close twice.
func (r *Rows) Close() error {
	if r.cur == nil {
		return r.err
	}
	err := r.cur.close()
	r.cur, r.tx.rows = nil, nil
	r.tx.trace(r.q, r.start, r.n)
	if r.err == nil {
		r.err = r.tx.failed("db.close", r.q, err)
	}
	return r.err
}

// A Row is the result of Tx.Row.
type Row struct {
	rows *Rows
	err  error
}

// Scan copies the first row; a not_found error says that there is none.
func (r Row) Scan(dest ...any) error {
	if r.err != nil {
		return r.err
	}
	defer func() { _ = r.rows.Close() }()
	if !r.rows.Next() {
		if err := r.rows.Err(); err != nil {
			return err
		}
		return &kexin.Error{Op: "db.row", Code: kexin.NotFound}
	}
	if err := r.rows.Scan(dest...); err != nil {
		return err
	}
	return r.rows.Close()
}
