package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"kexin"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
)

// TestRotateKilled: eight writers write while keys are rotated, and the server
// is killed in the middle. Started again it goes on by itself until the new
// key is the only one, and whatever was acknowledged is there and opens.
func TestRotateKilled(t *testing.T) {
	rounds := 1
	if os.Getenv("KEXIN_SOAK") != "" {
		rounds = 20
	}
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			p := newProgram(t, engine)
			s := p.serve()
			s.found()
			token := s.token()
			for round := range rounds {
				stored := s.underWay(round, func() {
					go func() { _, _ = p.try("", "keys", "rotate") }()
					time.Sleep(time.Duration(rand.IntN(400)) * time.Millisecond)
					s.kill()
				})
				s = p.serve()
				s.bear(token)
				p.run("keys", "rotate", "wrap") // ends when every rotation is through
				p.rotated(t)
				for id, name := range stored {
					s.holds(id, name)
				}
				t.Logf("%d acknowledged", len(stored))
			}
			s.stop()
		})
	}
}

// underWay has eight writers at work while something happens, and gives what
// was acknowledged.
func (s *server) underWay(round int, happens func()) map[kexin.ID]string {
	var mu sync.Mutex
	stored, ctx := map[kexin.ID]string{}, make(chan struct{})
	var all sync.WaitGroup
	for w := range 8 {
		all.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-ctx:
					return
				default:
				}
				name := fmt.Sprintf("客户%c%c%c", '一'+rune(round), '甲'+rune(w), '丁'+rune(n))
				if id, err := s.add(name); err == nil {
					mu.Lock()
					stored[id] = name
					mu.Unlock()
				}
			}
		})
	}
	s.until("some customers", func() bool { mu.Lock(); defer mu.Unlock(); return len(stored) > 30 })
	happens()
	close(ctx)
	all.Wait()
	return stored
}

// rotated checks that one key of each kind is in use and none half way.
func (p *program) rotated(t *testing.T) {
	t.Helper()
	var out struct {
		Masters []masterLine
		Keys    []keyLine
	}
	if err := json.Unmarshal([]byte(p.run("keys", "status", "--json")), &out); err != nil {
		t.Fatal(err)
	}
	active := 0
	for _, m := range out.Masters {
		if m.State == "active" {
			active++
		} else if m.Wraps > 0 || m.State != "retired" {
			t.Errorf("an old master key: %+v", m)
		}
	}
	if active != 1 {
		t.Errorf("%d master keys in use", active)
	}
	for _, k := range out.Keys {
		if k.Use == "wrap" && k.State != "active" && (k.State != "retired" || k.Rows > 0) || !k.Opens {
			t.Errorf("an old key: %+v", k)
		}
	}
}

// TestTwoServers: of two servers on one PostgreSQL one seals; when it is
// killed the other takes the duty over, once the lease ran out.
func TestTwoServers(t *testing.T) {
	p := newProgram(t, dbtest.Postgres)
	s := p.serve()
	s.found()
	token := s.token()
	q := &program{tb: t, dir: p.dir, args: append([]string(nil), p.args...)}
	q.args[1] = filepath.Join(p.dir, "data2")
	r := q.serve()
	r.bear(token)
	if _, err := s.add("王淑芬"); err != nil {
		t.Fatal(err)
	}
	d, err := db.Open(context.Background(), db.Config{DSN: p.args[len(p.args)-1]})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	open := func() (n int64) {
		if err := d.View(context.Background(), func(tx *db.Tx) error {
			return tx.Row("SELECT COUNT(*) FROM ledger_entry WHERE idx IS NULL").Scan(&n)
		}); err != nil {
			t.Fatal(err)
		}
		return n
	}
	s.until("the log sealed", func() bool { return open() == 0 })
	var sealer int64
	if err := d.View(context.Background(), func(tx *db.Tx) error {
		return tx.Row("SELECT node FROM lease WHERE name LIKE 'seal:%'").Scan(&sealer)
	}); err != nil {
		t.Fatal(err)
	}
	if sealer != 0 { // the first server has node 0: let the one that seals die
		s, r = r, s
	}
	s.kill()
	if _, err := r.add("林国栋"); err != nil {
		t.Fatal(err)
	}
	r.until("the log sealed by the other", func() bool { return open() == 0 })
	var nodes int64
	r.stop()
	if err := d.View(context.Background(), func(tx *db.Tx) error {
		return tx.Row("SELECT COUNT(*) FROM lease WHERE node NOT IN (SELECT id FROM node)").Scan(&nodes)
	}); err != nil || nodes != 0 {
		t.Errorf("leases left behind: %d %v", nodes, err)
	}
}
