package db

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
)

// copyPages, 64 MB, is how many pages the writer writes to the log before they
// are copied: a page that was changed a hundred times is copied once. Of a log of
// logPages, 250 MB, the copier copies what is left again and again, until it is
// so little, endPages, that the writer can copy it and nobody notices. At twice
// that size the writer copies however much is left.
const (
	copyPages = 16_000
	endPages  = 1000
	logPages  = 64_000
)

// A copier copies the write-ahead log back into the file (a checkpoint 写回) on
// a connection of its own while the writer goes on: where the writer did it,
// every caller would wait. The log begins anew at the next commit that finds
// all of it copied; a writer without rest gives it no chance to, so that at
// last it copies the end itself.
type copier struct {
	pool   *litePool
	steady *steady
	behind int         // pages since it was last woken; the writer's
	log    int         // pages in the log, or fewer; the writer's
	busy   atomic.Bool // it is awake
	wake   chan struct{}
	lost   func() error // why the log may hold what the disk has not; set before the first wake
	report *slog.Logger
	once   sync.Once
	ended  chan struct{}
	mu     sync.Mutex // one checkpoint at a time: SQLite refuses a second one
}

func newCopier(file string, log *slog.Logger, s *steady) *copier {
	c := &copier{report: log, steady: s, pool: newLitePool(file, settings(), 1), wake: make(chan struct{}, 1), ended: make(chan struct{})}
	go c.loop()
	return c
}

// wrote tells that the writer has committed so many pages more on x.
func (c *copier) wrote(x conn, pages int) {
	c.log += pages
	c.behind += pages
	full := c.log >= logPages
	switch {
	case full && c.behind < endPages && !c.busy.Load(), c.log >= 2*logPages:
		c.steady.rest(func() {
			if n, ok := c.copy(x); ok {
				c.log, c.behind = n, 0
			}
		})
	case c.behind < endPages, c.behind < copyPages && !full:
	case c.busy.CompareAndSwap(false, true):
		c.behind = 0
		c.wake <- struct{}{}
	}
}

// copy copies what is committed and gives how many pages the log has. After a
// failure the log is kept and copied next time; after one of the syncer it is
// not copied at all.
func (c *copier) copy(x conn) (pages int, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lost() != nil {
		return 0, false
	}
	pages, err := checkpoint(x)
	if err != nil {
		c.report.Error("the write-ahead log was not copied", "err", err.Error())
	}
	return pages, err == nil
}

func checkpoint(x conn) (pages int, err error) {
	cur, err := x.query(context.Background(), "pragma wal_checkpoint(passive)", nil)
	if err != nil {
		return 0, err
	}
	defer func() { _ = cur.close() }()
	if _, err := cur.next(); err != nil {
		return 0, err
	}
	n, err := cur.cell(1)
	return int(n.n), err
}

func (c *copier) loop() {
	defer close(c.ended)
	for range c.wake {
		c.steady.rest(func() {})
		_ = c.pool.with(context.Background(), func(x conn) error { _, _ = c.copy(x); return nil })
		c.busy.Store(false)
	}
}

// stop may be called again.
func (c *copier) stop() error {
	c.once.Do(func() { close(c.wake) })
	<-c.ended
	return c.pool.close()
}
