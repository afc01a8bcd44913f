package main

import (
	"context"
	"path/filepath"
	"testing"

	"kexin/internal/db"
	"kexin/internal/db/dbtest"
)

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
