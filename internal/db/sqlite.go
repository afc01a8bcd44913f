package db

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"kexin"
	"kexin/internal/db/lite"
)

// The settings of every connection, in this order. busy_timeout comes first:
// the others may already meet a lock. FULL, not NORMAL, because NORMAL loses
// acknowledged commits when the power fails; on the writer's connection it is
// the syncer that waits for the disk before it answers. secure_delete
// overwrites what is erased (security.md A3); temporary tables stay in memory
// for the same reason. LIKE is case sensitive as on PostgreSQL.
var pragmas = []string{
	"busy_timeout=5000", "journal_mode=wal", "synchronous=full", "secure_delete=on", "foreign_keys=on",
	"temp_store=memory", "trusted_schema=off", "case_sensitive_like=on", "journal_size_limit=268435456",
	"wal_autocheckpoint=0",
}

// writerSync has the writer's connection wait for the disk where it copies the
// log; what it gathers for a commit it leaves to the syncer. The log is copied
// by the copier alone: no connection copies it by itself.
const writerSync = "; pragma checkpoint_fullfsync=on"

// The page caches, in KiB. The writer's must hold the pages that a step of an
// import changes, or they are written more than once. A reader's is emptied by
// each commit of the writer, so a large one holds no more than a small one.
const (
	writerCache = "; pragma cache_size=-64000"
	readerCache = "; pragma cache_size=-16000"
)

// steadies is how many connections keep a snapshot at most: each fills its cache.
const steadies = 4

func settings() string { return "pragma " + strings.Join(pragmas, "; pragma ") }

// openSQLite opens one writing connection and as many readers as cores: with
// more, the throughput of pure Go SQLite falls.
func (db *DB) openSQLite(ctx context.Context) error {
	n := db.cfg.Readers
	if n == 0 {
		n = runtime.NumCPU()
	}
	if db.cfg.ReadOnly {
		return db.openReader(ctx, n)
	}
	// SQLite makes a file by the umask, and the log like the file
	f, err := os.OpenFile(db.cfg.File, os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	limit := ""
	if db.cfg.MaxPages > 0 {
		limit = fmt.Sprintf("; pragma max_page_count=%d", db.cfg.MaxPages)
	}
	db.write = newLitePool(db.cfg.File, settings()+writerCache+writerSync+limit, 1)
	db.write.(*litePool).gather = true
	db.readers(settings()+readerCache+"; pragma query_only=on", n)
	db.steady = newSteady(db.cfg.File, settings()+readerCache+"; pragma query_only=on", min(n, steadies))
	for _, p := range []pool{db.write, db.read} {
		if err := p.with(ctx, func(conn) error { return nil }); err != nil {
			return err
		}
	}
	db.copier = newCopier(db.cfg.File, db.cfg.Log, db.steady)
	db.writer = newWriter(db)
	db.copier.lost = db.writer.disk.log.failed
	return nil
}

// openReader opens connections that change nothing, not even the journal mode,
// of a file that must be there.
func (db *DB) openReader(ctx context.Context, n int) error {
	if _, err := os.Stat(db.cfg.File); err != nil {
		return fail("db.open", kexin.Unavailable, KeyDown, err)
	}
	setup := "pragma busy_timeout=5000; pragma temp_store=memory; pragma trusted_schema=off; pragma case_sensitive_like=on; pragma query_only=on" + readerCache
	db.readers(setup, n)
	return db.read.with(ctx, func(conn) error { return nil })
}

// longs is how many functions of Long run at once.
const longs = 2

func (db *DB) readers(setup string, n int) {
	long := newLitePool(db.cfg.File, setup, longs)
	long.brief = true
	db.read, db.long = newLitePool(db.cfg.File, setup, n), long
}

// A liteConn is a connection to SQLite with its prepared statements.
type liteConn struct {
	*lite.Conn
	stmts map[string]*liteStmt
	stop  func() bool // ends the watch over the context
	tells []*Changes  // of the writing connection
	told  uint64      // which of them changed since the last commit
	since int64       // of a steady connection: the count when its snapshot began
}

// A liteStmt is a prepared statement. SQLite numbers $7, $3 by appearance, so
// order has for each of its parameters the place in our arguments.
type liteStmt struct {
	*lite.Stmt
	order  []int
	args   int
	told   uint64 // which of the connection's tells it may change
	schema bool   // it changes a table itself, which counts no row
}

// maxStmts bounds the statements kept by one connection; texts compiled from
// queries of users would grow without end.
const maxStmts = 300

func (c *liteConn) prepare(q string) (*liteStmt, error) {
	if s := c.stmts[q]; s != nil {
		return s, nil
	}
	raw, err := c.Prepare(q)
	if err != nil {
		return nil, &wrongSQL{err}
	}
	if len(c.stmts) >= maxStmts {
		for old, s := range c.stmts { // any one
			s.Close()
			delete(c.stmts, old)
			break
		}
	}
	s := &liteStmt{Stmt: raw, order: make([]int, raw.Params())}
	for i := range s.order {
		s.order[i] = i
		if name := raw.Param(i + 1); name != "" {
			n, err := strconv.Atoi(name[1:])
			if err != nil || n < 1 {
				s.Close()
				return nil, errors.New("placeholders are $1, $2, …")
			}
			s.order[i] = n - 1
		}
		s.args = max(s.args, s.order[i]+1)
	}
	s.told = c.tellsOf(s)
	s.schema = slices.ContainsFunc(raw.Writes(), func(t string) bool { return strings.HasPrefix(t, "sqlite_") })
	c.stmts[q] = s
	return s, nil
}

// close finalises the statements first.
func (c *liteConn) close() error {
	for _, s := range c.stmts {
		s.Close()
	}
	return c.Close()
}

// begin starts a transaction; a reading one ends its statement when ctx does.
func (c *liteConn) begin(ctx context.Context, readOnly bool) error {
	if !readOnly {
		return c.plain("begin immediate")
	}
	c.watch(ctx)
	return c.plain("begin")
}

// watch ends the statement that runs when ctx ends, until rollback.
func (c *liteConn) watch(ctx context.Context) {
	if ctx.Done() != nil {
		c.Interruptible(true)
		c.stop = context.AfterFunc(ctx, c.Interrupt)
	}
}

func (c *liteConn) commit() error {
	err := c.plain("commit")
	for i, t := range c.tells { // a commit that failed may have changed them too
		if c.told&(1<<i) != 0 {
			t.grow()
		}
	}
	c.told = 0
	return err
}

// unwatch ends what watch began.
func (c *liteConn) unwatch() {
	if c.stop != nil {
		c.stop()
		c.stop = nil
		c.Interruptible(false)
	}
}

func (c *liteConn) rollback() error {
	c.unwatch()
	c.told = 0
	if !c.InTransaction() {
		return nil // SQLite ended it by itself
	}
	return c.plain("rollback")
}

func (c *liteConn) plain(q string) error {
	_, err := c.exec(context.Background(), q, nil)
	return err
}

// run prepares q and binds its arguments.
func (c *liteConn) run(q string, args []any) (*liteStmt, error) {
	s, err := c.prepare(q)
	if err != nil {
		return nil, err
	}
	if len(args) != s.args {
		return nil, fmt.Errorf("%d arguments for %d placeholders", len(args), s.args)
	}
	for i, n := range s.order {
		if err := s.bind(i+1, args[n]); err != nil {
			s.Reset()
			return nil, fmt.Errorf("argument %d: %w", n+1, err)
		}
	}
	return s, nil
}

func (s *liteStmt) bind(i int, v any) error {
	var c cell
	if err := c.take(v); err != nil {
		return err
	}
	switch c.kind {
	case number, truth:
		return s.BindInt(i, c.n)
	case float:
		return s.BindFloat(i, c.f)
	case text:
		return s.BindText(i, c.s)
	case blob:
		return s.BindBlob(i, c.b)
	}
	return s.BindNull(i)
}

func (c *liteConn) exec(_ context.Context, q string, args []any) (int64, error) {
	s, err := c.run(q, args)
	if err != nil {
		return 0, err
	}
	defer s.Reset()
	before := c.Changes()
	for more := true; more && err == nil; {
		more, err = s.Step()
	}
	n := c.Changes() - before
	if n != 0 || err != nil || s.schema {
		c.told |= s.told
	}
	return n, err
}

func (c *liteConn) query(_ context.Context, q string, args []any) (cursor, error) {
	s, err := c.run(q, args)
	if err != nil {
		return nil, err
	}
	c.told |= s.told
	return &liteCursor{s}, nil
}

// bulk inserts row by row with one statement. Statements of many rows were
// no faster in measurements from 5 to 250 rows.
func (c *liteConn) bulk(ctx context.Context, table string, cols []string, rows [][]any) error {
	q := "insert into " + table + " (" + strings.Join(cols, ",") + ") values (?" + strings.Repeat(",?", len(cols)-1) + ")"
	for _, r := range rows {
		if _, err := c.exec(ctx, q, r); err != nil {
			return err
		}
	}
	return nil
}

// survives: a refused row undoes its own statement; after any other failure
// of the engine SQLite may have rolled back everything.
func (c *liteConn) survives(err error) bool {
	var engine *cause
	return !errors.As(err, &engine)
}

func (c *liteConn) broken() bool { return c.InTransaction() }

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

// A liteCursor is a statement on its way through the rows.
type liteCursor struct{ s *liteStmt }

func (l *liteCursor) next() (bool, error) { return l.s.Step() }
func (l *liteCursor) width() int          { return l.s.Columns() }

func (l *liteCursor) close() error {
	l.s.Reset()
	return nil
}

func (l *liteCursor) cell(i int) (cell, error) {
	switch l.s.Type(i) {
	case lite.Int:
		return cell{kind: number, n: l.s.Int(i)}, nil
	case lite.Float:
		return cell{kind: float, f: l.s.Float(i)}, nil
	case lite.Text:
		return cell{kind: text, s: l.s.Text(i)}, nil
	case lite.Blob:
		return cell{kind: blob, b: l.s.Blob(i)}, nil
	}
	return cell{}, nil
}

// A wrongSQL is a statement that does not compile. Its message is about the
// statement alone, no argument was bound yet.
type wrongSQL struct{ error }

func (w *wrongSQL) Unwrap() error { return w.error }
