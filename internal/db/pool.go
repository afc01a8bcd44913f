package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5/stdlib"

	"kexin"
	"kexin/internal/db/lite"
)

// A pool lends connections. with lends one to use; a connection that is left
// inside a transaction, as after a panic, is thrown away.
type pool interface {
	with(ctx context.Context, use func(conn) error) error
	close() error
	stats() (open, inUse int, waits int64)
}

// A litePool keeps up to n connections to one file and lends the one returned
// last, whose cache is warm.
type litePool struct {
	file, setup string
	gather      bool          // what is written to the log
	brief       bool          // a connection is closed after use
	keeps       bool          // and this one may be returned inside a transaction
	slots       chan struct{} // one for each connection lent
	closed      chan struct{}

	mu    sync.Mutex
	idle  []*liteConn
	open  int
	tells []*Changes // of the writing pool
	waits atomic.Int64
}

func newLitePool(file, setup string, n int) *litePool {
	return &litePool{file: file, setup: setup, slots: make(chan struct{}, n), closed: make(chan struct{})}
}

func (p *litePool) with(ctx context.Context, use func(conn) error) error {
	if err := p.enter(ctx); err != nil {
		return err
	}
	defer func() { <-p.slots }()
	c, err := p.get()
	if err != nil {
		return classify("db.connect", err)
	}
	returned := false
	defer func() { p.put(c, returned) }()
	err = use(c)
	returned = true
	return err
}

// enter waits for a slot.
func (p *litePool) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return classify("db.connect", err)
	}
	select {
	case <-p.closed:
		return fail("db.connect", kexin.Unavailable, KeyClosed, nil)
	case p.slots <- struct{}{}:
		return nil
	default:
	}
	if nested() {
		return errNested
	}
	p.waits.Add(1)
	select {
	case <-p.closed:
		return fail("db.connect", kexin.Unavailable, KeyClosed, nil)
	case p.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return classify("db.connect", ctx.Err())
	}
}

func (p *litePool) get() (*liteConn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c, err := p.take()
	if err == nil && len(c.tells) < len(p.tells) {
		c.tells = slices.Clone(p.tells)
		for _, s := range c.stmts {
			s.told = c.tellsOf(s)
		}
	}
	return c, err
}

func (p *litePool) take() (*liteConn, error) {
	if n := len(p.idle); n > 0 {
		c := p.idle[n-1]
		p.idle = p.idle[:n-1]
		return c, nil
	}
	raw, err := lite.Open(p.file)
	if err != nil {
		return nil, err
	}
	err = raw.Exec(p.setup)
	if err == nil && p.gather {
		err = raw.Gather()
	}
	if err != nil {
		return nil, errors.Join(err, raw.Close())
	}
	p.open++
	return &liteConn{Conn: raw, stmts: map[string]*liteStmt{}}, nil
}

func (p *litePool) put(c *liteConn, sound bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !sound || p.brief || c.broken() && !p.keeps {
		_ = c.close()
		p.open--
		return
	}
	p.idle = append(p.idle, c)
}

// close waits for what is lent and keeps the slots.
func (p *litePool) close() error {
	select {
	case <-p.closed:
		return nil
	default:
		close(p.closed)
	}
	for range cap(p.slots) {
		p.slots <- struct{}{}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	var err error
	for _, c := range p.idle {
		err = errors.Join(err, c.close())
	}
	p.idle = nil
	return err
}

func (p *litePool) stats() (open, inUse int, waits int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.open, p.open - len(p.idle), p.waits.Load()
}

// A pgPool is the pool of database/sql; a transaction takes the connection of
// pgx that lies beneath.
type pgPool struct {
	*sql.DB
	closed *atomic.Bool
}

func (p pgPool) with(ctx context.Context, use func(conn) error) error {
	if p.closed.Load() {
		return fail("db.connect", kexin.Unavailable, KeyClosed, nil)
	}
	lent, err := p.Conn(ctx)
	if err != nil {
		return classify("db.connect", err)
	}
	defer func() { _ = lent.Close() }()
	var result error
	err = lent.Raw(func(raw any) error {
		s, ok := raw.(*stdlib.Conn)
		if !ok {
			return fail("db.connect", kexin.Internal, "", errors.New("not a connection of pgx"))
		}
		c := pgConn{s.Conn()}
		result = use(c)
		if c.broken() {
			return driver.ErrBadConn
		}
		return nil
	})
	if result == nil && err != nil && !errors.Is(err, driver.ErrBadConn) {
		return classify("db.connect", err)
	}
	return result
}

func (p pgPool) close() error {
	p.closed.Store(true)
	return p.Close()
}

func (p pgPool) stats() (open, inUse int, waits int64) {
	s := p.Stats()
	return s.OpenConnections, s.InUse, s.WaitCount
}
