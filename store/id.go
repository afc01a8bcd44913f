package store

import (
	"sync"

	"kexin"
)

// ids makes 63-bit ids: 41 bits of milliseconds since 2024, 10 of the node, 12
// of a counter. They grow within a node, also when the clock goes back.
type ids struct {
	mu   sync.Mutex
	node int64
	last int64 // milliseconds and counter, without node
}

const idEpoch = 1_704_067_200_000 // 2024-01-01 UTC in ms

// from has the ids made by another node from here on.
func (g *ids) from(node int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.node = node
}

// next makes an id; at is the time of the transaction.
func (g *ids) next(at kexin.Instant) kexin.ID {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := (int64(at) - idEpoch) << 12
	if n <= g.last {
		n = g.last + 1
	}
	g.last = n
	return kexin.ID(n>>12<<22 | g.node<<12 | n&0xfff)
}

// NewID makes an id for a row of package job, which has its own SQL.
func (s *Store) NewID(at kexin.Instant) kexin.ID { return s.ids.next(at) }

// nodeOf is the node that made an id.
func nodeOf(id kexin.ID) int64 { return int64(id) >> 12 & 0x3ff }
