package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"kexin"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
	"kexin/vault"
)

// TestRotateKilled: eight writers write while keys are rotated, and the server
// is killed when the new key has come and the old one is still in use. Started
// again it goes on by itself until the new key is the only one, and whatever
// was acknowledged is there and opens. Rounds go on until kills enough fell
// inside.
func TestRotateKilled(t *testing.T) {
	kills, most := 1, 12
	if os.Getenv("KEXIN_SOAK") != "" {
		kills, most = 20, 100
	}
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			p := newProgram(t, engine)
			s := p.serve()
			s.found()
			token := s.token()
			inside, round := 0, 0
			for ; inside < kills && round < most; round++ {
				stored := s.underWay(round, s.killRotating)
				if p.halfway() {
					inside++
				}
				s = p.serve()
				s.bear(token)
				p.run("keys", "rotate", "wrap")             // ends when every rotation is through
				s.until("every old key retired", p.rotated) // of a killed server's node the others wait until it counts as gone
				for id, name := range stored {
					s.holds(id, name)
				}
				t.Logf("%d acknowledged", len(stored))
			}
			if inside < kills {
				t.Errorf("%d of %d kills fell inside a rotation", inside, round)
			}
			s.stop()
		})
	}
}

// killRotating begins a rotation and kills the server soon after the new key
// is there.
func (s *server) killRotating() {
	s.tb.Helper()
	c := s.command("keys", "rotate")
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		s.tb.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() && !strings.Contains(lines.Text(), "goes to version") {
	}
	time.Sleep(time.Duration(rand.IntN(20)) * time.Millisecond)
	s.kill()
	for lines.Scan() {
	}
	_ = c.Wait() // with the server the command that it carried out is over
}

// halfway reports whether the database that a killed server left has a rotation
// under way.
func (p *program) halfway() bool {
	p.tb.Helper()
	cfg := db.Config{File: filepath.Join(p.dir, "data", "kexin.db")}
	if dsn := p.args[len(p.args)-1]; strings.HasPrefix(dsn, "postgres") {
		cfg = db.Config{DSN: dsn}
	}
	d, err := db.Open(context.Background(), cfg)
	if err != nil {
		p.tb.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	var n int64
	if err := d.View(context.Background(), func(tx *db.Tx) error {
		return tx.Row("SELECT COUNT(*) FROM org_key WHERE use=$1 AND state=$2", int64(vault.UseWrap), vault.Accept.String()).Scan(&n)
	}); err != nil {
		p.tb.Fatal(err)
	}
	return n > 0
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
	s.until("a hundred customers", func() bool { mu.Lock(); defer mu.Unlock(); return len(stored) > 100 })
	happens()
	close(ctx)
	all.Wait()
	return stored
}

// rotated reports whether one key of each kind is in use and none half way.
func (p *program) rotated() bool {
	p.tb.Helper()
	var out struct {
		Masters []masterLine
		Keys    []keyLine
	}
	if err := json.Unmarshal([]byte(p.run("keys", "status", "--json")), &out); err != nil {
		p.tb.Fatal(err)
	}
	active := 0
	for _, m := range out.Masters {
		if m.State == "active" {
			active++
		} else if m.Wraps > 0 || m.State != "retired" {
			return false
		}
	}
	if active != 1 {
		return false
	}
	for _, k := range out.Keys {
		if k.Use == "wrap" && k.State != "active" && (k.State != "retired" || k.Rows > 0) || !k.Opens {
			return false
		}
	}
	return true
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
