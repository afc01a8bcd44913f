package db

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"kexin"
)

// Changes count the commits that changed rows of some tables. A statement that
// changes a row counts for every table that it may change.
type Changes struct {
	tables []string
	others bool // of all tables but these
	n      atomic.Int64
	last   atomic.Int64 // when it grew, in nanoseconds of the system's clock
}

// Count is how many there were. While it stays the same, what a View that began
// after asking for it read of these tables holds: it grows before Update says
// that something is stored.
func (c *Changes) Count() int64 { return c.n.Load() }

func (c *Changes) grow() {
	c.last.Store(time.Now().UnixNano())
	c.n.Add(1)
}

// rested reports whether nothing has changed for so long.
func (c *Changes) rested(d time.Duration) bool {
	return time.Since(time.Unix(0, c.last.Load())) > d
}

func (c *Changes) has(table string) bool { return slices.Contains(c.tables, table) != c.others }

// Watch counts the changes of tables from now on; called with the same ones
// again it gives the same count. It is nil on PostgreSQL, where other servers
// write too.
func (db *DB) Watch(tables ...string) *Changes { return db.watch(&Changes{tables: tables}) }

func (db *DB) watch(c *Changes) *Changes {
	p, ok := db.write.(*litePool)
	if !ok {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, old := range p.tells {
		if old.others == c.others && slices.Equal(old.tables, c.tables) {
			return old
		}
	}
	p.tells = append(p.tells, c)
	return c
}

// tellsOf are the connection's counts that a statement makes grow.
func (c *liteConn) tellsOf(s *liteStmt) (told uint64) {
	for i, t := range c.tells {
		if slices.ContainsFunc(s.Writes(), t.has) {
			told |= 1 << i
		}
	}
	return told
}

// Settled is the count as it stands for this transaction of Update. ok is false
// where a function before it in the same commit, or this one, may have changed
// such rows; and where nothing is counted.
func (tx *Tx) Settled(c *Changes) (n int64, ok bool) {
	w, is := tx.c.(*liteConn)
	if !is || tx.reading || c == nil {
		return 0, false
	}
	i := slices.Index(w.tells, c)
	if i < 0 || w.told&(1<<i) != 0 {
		return 0, false
	}
	return c.Count(), true
}

// calm is how long nothing must have changed before a snapshot is taken to be
// kept: one that is given up at once costs more than it spares.
const calm = 20 * time.Millisecond

// A steady is the connections of Steady.
type steady struct {
	mu     sync.Mutex // one at a time takes all of pool's slots
	pool   *litePool
	seen   *Changes
	hidden []string
}

func newSteady(file, setup string, n int) *steady {
	s := &steady{pool: newLitePool(file, setup, n)}
	s.pool.keeps = true
	return s
}

// A Mark says what a function of Steady has read: see Holds. The zero Mark
// never holds.
type Mark struct {
	c *Changes
	n int64
}

// Holds reports whether everything that was read on that snapshot holds in this
// transaction of Update, because nothing of it was changed since. It says nothing of
// what an earlier run of the function, which was rolled back, has read.
func (tx *Tx) Holds(m Mark) bool {
	n, ok := tx.Settled(m.c)
	return ok && n == m.n
}

// Quiet names the tables that Steady may not read and whose changes leave its
// snapshots alone: those that change all the time and hold nothing that is shown
// with a record. It is called once, before the first Steady.
func (db *DB) Quiet(tables ...string) {
	if db.steady == nil {
		return
	}
	db.steady.hidden = tables
	db.steady.seen = db.watch(&Changes{tables: tables, others: true})
}

// Steady is View on a snapshot that is kept (留用快照) as long as no table changes
// that it may read, and with it the pages in the connection's cache, which any
// other snapshot gives up with every commit. Its Mark tells an Update whether
// what was read still holds. fn does not run, and the zero Mark comes back,
// where there is no such snapshot and it would not be kept for long: on
// PostgreSQL, and while such tables are written.
func (db *DB) Steady(ctx context.Context, fn func(*Tx) error) (m Mark, err error) {
	s := db.steady
	if s == nil || s.seen == nil || !s.seen.rested(calm) {
		return m, nil
	}
	if db.asks() && nested() {
		return m, errNested
	}
	if err := db.writer.disk.log.failed(); err != nil {
		return m, fail("db.view", kexin.Unavailable, KeyDown, err)
	}
	err = s.pool.with(ctx, func(x conn) error {
		c := x.(*liteConn)
		c.Hide(s.hidden)
		n := s.seen.Count()
		if c.InTransaction() && c.since != n {
			if err := c.rollback(); err != nil {
				return classify("db.view", err)
			}
		}
		if !c.InTransaction() {
			if err := c.plain("begin"); err != nil {
				return classify("db.view", err)
			}
			c.since = n
		}
		c.watch(ctx)
		tx := db.newTx(ctx, c)
		tx.reading = true
		err := tx.run(fn)
		c.unwatch()
		if err != nil {
			_ = c.rollback()
			return err
		}
		m = Mark{s.seen, n}
		return nil
	})
	return m, err
}

// rest has no snapshot kept while f runs: the write-ahead log is copied as far
// as the oldest snapshot allows, and begins anew when there is none of it.
func (s *steady) rest(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := true
	for range cap(s.pool.slots) {
		select {
		case s.pool.slots <- struct{}{}:
			defer func() { <-s.pool.slots }()
		case <-s.pool.closed:
			all = false
		}
	}
	if all { // else they are being closed
		s.pool.mu.Lock()
		for _, c := range s.pool.idle {
			_ = c.rollback()
		}
		s.pool.mu.Unlock()
	}
	f()
}
