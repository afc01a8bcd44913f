package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"
	"runtime"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// The settings of every connection, in this order. busy_timeout comes first:
// the others may already meet a lock. FULL, not NORMAL, because NORMAL loses
// acknowledged commits when the power fails. secure_delete overwrites what is
// erased (security.md A3); temporary tables stay in memory for the same
// reason. LIKE is case sensitive as on PostgreSQL.
const pragmas = `pragma busy_timeout=5000;
pragma journal_mode=wal;
pragma synchronous=full;
pragma secure_delete=on;
pragma foreign_keys=on;
pragma temp_store=memory;
pragma trusted_schema=off;
pragma case_sensitive_like=on;
pragma journal_size_limit=67108864;
pragma cache_size=-32000;
pragma mmap_size=268435456`

// openLite opens one writing connection and as many readers as cores: with
// more, the throughput of pure Go SQLite falls.
func (db *DB) openLite(ctx context.Context) error {
	n := db.cfg.Readers
	if n == 0 {
		n = runtime.NumCPU()
	}
	write := pragmas
	if db.cfg.MaxPages > 0 {
		write += fmt.Sprintf("; pragma max_page_count=%d", db.cfg.MaxPages)
	}
	db.write = db.pool(write, 1)
	if err := db.write.PingContext(ctx); err != nil {
		return err
	}
	db.read = db.pool(pragmas+"; pragma query_only=on", n)
	if err := db.read.PingContext(ctx); err != nil {
		return err
	}
	db.writer = newWriter(db)
	return nil
}

func (db *DB) pool(setup string, n int) *sql.DB {
	p := sql.OpenDB(&liteConnector{file: db.cfg.File, setup: setup})
	p.SetMaxOpenConns(n)
	p.SetMaxIdleConns(n)
	return p
}

// A liteConnector opens connections to the file and prepares them.
type liteConnector struct{ file, setup string }

// Driver implements driver.Connector.
func (l *liteConnector) Driver() driver.Driver { return &sqlite.Driver{} }

// Connect implements driver.Connector.
func (l *liteConnector) Connect(ctx context.Context) (driver.Conn, error) {
	dsn := "file:" + (&url.URL{Path: l.file}).EscapedPath() + "?_txlock=immediate&_dqs=0"
	base, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, err
	}
	raw, err := base.Connect(ctx)
	if err != nil {
		return nil, err
	}
	c := &liteConn{rawConn: raw.(rawConn), stmts: map[string]*liteStmt{}}
	if _, err := c.ExecContext(ctx, l.setup, nil); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// A rawConn is what the driver's connection can do; database/sql and goose
// reach it through liteConn.
type rawConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.SessionResetter
	driver.Validator
	driver.Pinger
}

// A liteConn is a connection to SQLite with its prepared statements.
type liteConn struct {
	rawConn
	stmts map[string]*liteStmt
	args  []driver.NamedValue
}

// A liteStmt is a prepared statement and the number of its arguments.
type liteStmt struct {
	driver.StmtExecContext
	driver.StmtQueryContext
	close func() error
	n     int
}

// maxStmts bounds the statements kept by one connection; texts compiled from
// queries of users would grow without end.
const maxStmts = 300

func (c *liteConn) prepare(ctx context.Context, q string) (*liteStmt, error) {
	if s := c.stmts[q]; s != nil {
		return s, nil
	}
	raw, err := c.PrepareContext(ctx, q)
	if err != nil {
		return nil, err
	}
	if len(c.stmts) >= maxStmts {
		for old, s := range c.stmts { // any one
			_ = s.close()
			delete(c.stmts, old)
			break
		}
	}
	s := &liteStmt{raw.(driver.StmtExecContext), raw.(driver.StmtQueryContext), raw.Close, placeholders(q)}
	c.stmts[q] = s
	return s, nil
}

// Close finalises the statements first.
func (c *liteConn) Close() error {
	for _, s := range c.stmts {
		_ = s.close()
	}
	return c.rawConn.Close()
}

func (c *liteConn) begin(ctx context.Context, readOnly bool) error {
	q := "begin immediate"
	if readOnly {
		q = "begin"
	}
	_, err := c.exec(ctx, q, nil)
	return err
}

func (c *liteConn) commit() error {
	_, err := c.exec(context.Background(), "commit", nil)
	return err
}

// rollback ends the transaction; SQLite may have ended it by itself.
func (c *liteConn) rollback() error {
	_, err := c.exec(context.Background(), "rollback", nil)
	var e *sqlite.Error
	if errors.As(err, &e) && e.Code() == sqlite3.SQLITE_ERROR {
		return nil // no transaction is active
	}
	return err
}

func (c *liteConn) bind(s *liteStmt, args []any) error {
	if len(args) != s.n {
		return fmt.Errorf("%d arguments for %d placeholders", len(args), s.n)
	}
	c.args = c.args[:0]
	for i, a := range args {
		v, err := plain(a)
		if err != nil {
			return fmt.Errorf("argument %d: %w", i+1, err)
		}
		c.args = append(c.args, driver.NamedValue{Ordinal: i + 1, Value: v})
	}
	return nil
}

func (c *liteConn) exec(ctx context.Context, q string, args []any) (int64, error) {
	s, err := c.prepare(ctx, q)
	if err != nil {
		return 0, err
	}
	if err := c.bind(s, args); err != nil {
		return 0, err
	}
	res, err := s.ExecContext(ctx, c.args)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func (c *liteConn) query(ctx context.Context, q string, args []any) (cursor, error) {
	s, err := c.prepare(ctx, q)
	if err != nil {
		return nil, err
	}
	if err := c.bind(s, args); err != nil {
		return nil, err
	}
	rows, err := s.QueryContext(ctx, c.args)
	if err != nil {
		return nil, err
	}
	return &liteCursor{rows: rows, vals: make([]driver.Value, len(rows.Columns()))}, nil
}

// bulkRows is how many rows one statement of bulk takes.
const bulkRows = 50

// bulk inserts in statements of many rows and the rest in statements of one,
// so that two texts are prepared and no more.
func (c *liteConn) bulk(ctx context.Context, table string, cols []string, rows [][]any) error {
	n := min(bulkRows, 32766/len(cols))
	args := make([]any, 0, n*len(cols))
	for len(rows) > 0 {
		if len(rows) < n {
			n = 1
		}
		args = args[:0]
		for _, r := range rows[:n] {
			args = append(args, r...)
		}
		if _, err := c.exec(ctx, insertSQL(table, cols, n), args); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

func insertSQL(table string, cols []string, n int) string {
	row := "(" + strings.Repeat("?,", len(cols)-1) + "?)"
	return "insert into " + table + " (" + strings.Join(cols, ",") + ") values " + strings.Repeat(row+",", n-1) + row
}

func (c *liteConn) survives(err error) bool {
	var con *Constraint
	return errors.As(err, &con)
}

func (c *liteConn) broken() bool { return !c.IsValid() }

// name finds the index that stands over the columns which SQLite names.
func (c *liteConn) name(con *Constraint) {
	if con.Kind != Unique || !strings.Contains(con.Name, ".") {
		con.Name = strings.TrimPrefix(con.Name, "index ")
		return
	}
	cols := strings.ReplaceAll(con.Name, con.Table+".", "")
	cur, err := c.query(context.Background(), `select il.name from pragma_index_list($1) il where il."unique" = 1 and
		(select group_concat(ii.name, ', ') from pragma_index_info(il.name) ii) = $2`, []any{con.Table, cols})
	if err != nil {
		return
	}
	defer func() { _ = cur.close() }()
	if ok, err := cur.next(); ok && err == nil {
		v, _ := cur.cell(0)
		con.Name = v.s
	}
}

type liteCursor struct {
	rows driver.Rows
	vals []driver.Value
}

func (l *liteCursor) next() (bool, error) {
	err := l.rows.Next(l.vals)
	if err == io.EOF {
		return false, nil
	}
	return err == nil, err
}

func (l *liteCursor) width() int   { return len(l.vals) }
func (l *liteCursor) close() error { return l.rows.Close() }

func (l *liteCursor) cell(i int) (cell, error) {
	switch v := l.vals[i].(type) {
	case nil:
		return cell{}, nil
	case int64:
		return cell{kind: number, n: v}, nil
	case float64:
		return cell{kind: float, f: v}, nil
	case string:
		return cell{kind: text, s: v}, nil
	case []byte:
		return cell{kind: blob, b: v}, nil
	}
	return cell{}, errType
}
