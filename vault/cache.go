package vault

import (
	"context"
	"sync"
	"time"

	"kexin"
)

// The limits of the ring cache (A2).
const (
	cacheMax = 4096
	cacheTTL = 10 * time.Minute
)

// A Cache keeps the rings of merchants that were used last: at most 4,096,
// each for ten minutes, all dropped when the key epoch changes. Safe for
// concurrent use.
type Cache struct {
	load func(context.Context, kexin.ID) (*Ring, error)
	now  func() kexin.Instant

	mu    sync.Mutex
	epoch int64
	rings map[kexin.ID]*cached
	ends  cached // a ring of entries: ends.next is the one used last
}

type cached struct {
	ring       *Ring
	until      kexin.Instant
	prev, next *cached
}

// NewCache makes a cache. load reads a merchant's rows and opens the ring;
// now is the clock.
func NewCache(load func(context.Context, kexin.ID) (*Ring, error), now func() kexin.Instant) *Cache {
	c := &Cache{load: load, now: now}
	c.reset()
	return c
}

func (c *Cache) reset() {
	c.rings = make(map[kexin.ID]*cached)
	c.ends.next, c.ends.prev = &c.ends, &c.ends
}

// Ring gives a merchant's ring, loading it where it is not at hand. The error
// is load's.
func (c *Cache) Ring(ctx context.Context, org kexin.ID) (*Ring, error) {
	ring, epoch := c.lookup(org)
	if ring != nil {
		return ring, nil
	}
	ring, err := c.load(ctx, org)
	if err != nil {
		return nil, err
	}
	c.keep(ring, epoch)
	return ring, nil
}

func (c *Cache) lookup(org kexin.ID) (*Ring, int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.rings[org]
	if e == nil {
		return nil, c.epoch
	}
	if c.now() >= e.until {
		c.drop(e)
		return nil, c.epoch
	}
	c.toFront(e)
	return e.ring, c.epoch
}

// keep stores a ring unless the keys changed while it was being loaded.
func (c *Cache) keep(ring *Ring, epoch int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if epoch != c.epoch {
		return
	}
	if old := c.rings[ring.org]; old != nil {
		c.drop(old)
	}
	for len(c.rings) >= cacheMax {
		c.drop(c.ends.prev)
	}
	e := &cached{ring: ring, until: c.now().Add(cacheTTL)}
	c.rings[ring.org] = e
	c.toFront(e)
}

// SetEpoch tells the cache the server's key epoch; another one than before
// drops everything. Call it whenever the epoch row was read.
func (c *Cache) SetEpoch(epoch int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if epoch != c.epoch {
		c.epoch = epoch
		c.reset()
	}
}

// Epoch is the key epoch that was told last.
func (c *Cache) Epoch() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.epoch
}

// Len is how many rings are held.
func (c *Cache) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.rings)
}

func (c *Cache) drop(e *cached) {
	e.prev.next, e.next.prev = e.next, e.prev
	delete(c.rings, e.ring.org)
}

func (c *Cache) toFront(e *cached) {
	if e.prev != nil {
		e.prev.next, e.next.prev = e.next, e.prev
	}
	e.prev, e.next = &c.ends, c.ends.next
	e.prev.next, e.next.prev = e, e
}
