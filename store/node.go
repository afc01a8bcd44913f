package store

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"strings"
	"sync"
	"time"

	"kexin"
	"kexin/internal/db"
)

// nodeLease is how long a node number is held without being renewed; nodeAlive
// is how long a server counts as running without a sign of life.
const (
	nodeLease = 10 * time.Minute
	nodeAlive = 30 * time.Second
	clockOff  = 5 * time.Minute // a lease that reaches further than this beyond its length was taken by a clock that was ahead
)

// A node is this process among those that serve one database: a number that
// goes into the ids it makes, held by a lease.
type node struct {
	mu    sync.Mutex
	id    int64
	name  string // drawn at start, to notice that the number was taken over
	epoch int64  // key epoch that was reported last
	holds string // keepers that were reported last
	at    kexin.Instant
}

// Another is a server that shows signs of life.
type Another struct {
	Node  int64
	Epoch int64    // of keys that it has loaded
	Holds []string // ids of the keepers it has
	Own   bool     // this process
}

// leaseNode takes the first node number that nobody holds.
func (s *Store) leaseNode(t *db.Tx) error {
	taken := map[int64]bool{}
	err := t.Each("SELECT id FROM node WHERE lease_to>$1", []any{t.Now}, func(r *db.Rows) error {
		var id int64
		err := r.Scan(&id)
		taken[id] = true
		return err
	})
	if err != nil {
		return err
	}
	id := int64(0)
	for taken[id] {
		id++
	}
	if id >= 1024 {
		return &kexin.Error{Op: "store.node", Code: kexin.Unavailable, Key: "db.busy"}
	}
	var b [6]byte
	rand.Read(b[:])
	s.node.mu.Lock()
	defer s.node.mu.Unlock()
	s.node.id, s.node.name, s.node.at = id, hex.EncodeToString(b[:]), t.Now
	s.node.epoch, s.node.holds = s.server.KeyEpoch, s.holds()
	s.ids.from(id)
	_, err = t.Exec("INSERT INTO node(id,lease_to,key_epoch,holder) VALUES($1,$2,$3,$4) ON CONFLICT(id) DO UPDATE SET lease_to=excluded.lease_to,key_epoch=excluded.key_epoch,holder=excluded.holder",
		id, t.Now.Add(nodeLease), s.node.epoch, s.node.name+" "+s.node.holds)
	return err
}

// holds are the keepers at hand, as other servers read them.
func (s *Store) holds() string {
	ids := make([]string, 0, 2)
	for _, k := range s.Keepers() {
		ids = append(ids, k.ID())
	}
	return strings.Join(ids, " ")
}

// Beat is a sign of life 心跳, called every few seconds: it takes over changed
// keys, says that it did, and renews the node's lease. On SQLite, where nobody
// listens, it writes only when there is something to say.
func (s *Store) Beat(ctx context.Context) error {
	if err := s.Refresh(ctx); err != nil {
		return err
	}
	s.node.mu.Lock()
	n := struct {
		id    int64
		name  string
		epoch int64
		holds string
		quiet bool
	}{s.node.id, s.node.name, s.rings.Epoch(), s.holds(), false}
	n.quiet = !s.db.Postgres() && s.node.epoch == n.epoch && s.node.holds == n.holds && s.now().Sub(s.node.at).Abs() < nodeLease/2
	s.node.mu.Unlock()
	if n.quiet {
		return nil
	}
	err := s.db.Update(ctx, func(t *db.Tx) error {
		got, err := t.Exec("UPDATE node SET lease_to=$1,key_epoch=$2,holder=$3 WHERE id=$4 AND holder LIKE $5", t.Now.Add(nodeLease), n.epoch, n.name+" "+n.holds, n.id, n.name+"%")
		if err != nil || got == 1 {
			return err
		}
		return s.leaseNode(t) // somebody took the number while this process slept
	})
	if err == nil {
		s.node.mu.Lock()
		s.node.epoch, s.node.holds, s.node.at = n.epoch, n.holds, s.now()
		s.node.mu.Unlock()
	}
	return err
}

// Refresh reads the server's key epoch and forgets keys that changed.
func (s *Store) Refresh(ctx context.Context) error {
	var epoch int64
	err := s.db.View(ctx, func(t *db.Tx) error { return t.Row("SELECT key_epoch FROM server WHERE id=1").Scan(&epoch) })
	if err != nil || epoch == s.rings.Epoch() {
		return err
	}
	known, _, err := s.keeperRows(ctx)
	if err != nil {
		return err
	}
	s.order(s.Keepers(), known)
	s.rings.SetEpoch(epoch)
	return nil
}

// Leave gives the node number and what it leases back: the server stops.
func (s *Store) Leave(ctx context.Context) error {
	s.node.mu.Lock()
	id, name := s.node.id, s.node.name
	s.node.mu.Unlock()
	return s.db.Update(ctx, func(t *db.Tx) error {
		n, err := t.Exec("DELETE FROM node WHERE id=$1 AND holder LIKE $2", id, name+"%")
		if err != nil || n == 0 {
			return err
		}
		_, err = t.Exec("DELETE FROM lease WHERE node=$1", id)
		return err
	})
}

// Nodes are the servers that run on this database now.
func (s *Store) Nodes(ctx context.Context) (out []Another, err error) {
	s.node.mu.Lock()
	own := s.node.name
	s.node.mu.Unlock()
	err = s.db.View(ctx, func(t *db.Tx) error {
		out, err = nodes(t, own)
		return err
	})
	return out, err
}

func nodes(t *db.Tx, own string) (out []Another, err error) {
	err = t.Each("SELECT id,key_epoch,holder,lease_to FROM node ORDER BY id", nil, func(r *db.Rows) error {
		var n Another
		var holder string
		var to kexin.Instant
		if err := r.Scan(&n.Node, &n.Epoch, &holder, &to); err != nil {
			return err
		}
		name, holds, _ := strings.Cut(holder, " ")
		n.Holds, n.Own = strings.Fields(holds), name == own
		if since := t.Now.Sub(to.Add(-nodeLease)); n.Own || since < nodeAlive && since > -clockOff {
			out = append(out, n)
		}
		return nil
	})
	return out, err
}

// InUse reports whether a server shows signs of life on a database that was
// not opened as a store.
func InUse(ctx context.Context, d *db.DB) (bool, error) {
	if ok, err := d.Exists(ctx, "node"); err != nil || !ok {
		return false, err
	}
	var all []Another
	err := d.View(ctx, func(t *db.Tx) (err error) {
		all, err = nodes(t, "-")
		return err
	})
	return len(all) > 0, err
}

// Lease takes or renews a named duty, so that of several servers one does it.
// It reports whether this one has it until ttl has passed. On SQLite there is
// one server, which has every duty.
func (s *Store) Lease(ctx context.Context, name string, ttl time.Duration) (mine bool, err error) {
	if !s.db.Postgres() {
		return true, nil
	}
	s.node.mu.Lock()
	id := s.node.id
	s.node.mu.Unlock()
	var holder int64
	var until, now kexin.Instant
	err = s.db.View(ctx, func(t *db.Tx) error {
		now = t.Now
		err := t.Row("SELECT node,until FROM lease WHERE name=$1", name).Scan(&holder, &until)
		if kexin.CodeOf(err) == kexin.NotFound {
			return nil
		}
		return err
	})
	ahead := until > now.Add(ttl+clockOff)
	if err != nil || holder != id && until > now && !ahead {
		return false, err
	}
	if holder == id && until > now.Add(ttl/2) && !ahead {
		return true, nil
	}
	err = s.db.Update(ctx, func(t *db.Tx) error {
		n, err := t.Exec("INSERT INTO lease(name,node,until) VALUES($1,$2,$3) ON CONFLICT(name) DO UPDATE SET node=excluded.node,until=excluded.until WHERE lease.node=excluded.node OR lease.until<=$4 OR lease.until>$5",
			name, id, t.Now.Add(ttl), t.Now, t.Now.Add(ttl+clockOff))
		mine = n == 1
		return err
	})
	return mine, err
}

// Unlease gives a duty back before its time, so that another server need not
// wait.
func (s *Store) Unlease(ctx context.Context, name string) error {
	if !s.db.Postgres() {
		return nil
	}
	s.node.mu.Lock()
	id := s.node.id
	s.node.mu.Unlock()
	return s.db.Update(ctx, func(t *db.Tx) error {
		_, err := t.Exec("DELETE FROM lease WHERE name=$1 AND node=$2", name, id)
		return err
	})
}
