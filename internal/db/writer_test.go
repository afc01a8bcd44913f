package db_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kexin"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
)

var errRefused = errors.New("refused by the function")

// The promise of Update: nil means stored, an error means absent, whatever the
// neighbours in a shared commit do. Sixteen writers; at random one is
// cancelled, fails, breaks a constraint, swallows a constraint, breaks the
// commit itself, panics or ends its goroutine.
func TestAcknowledgedIsStored(t *testing.T) {
	both(t, func(t *testing.T, d *db.DB) {
		put(t, d, 0, "taken")
		const writers, rounds = 16, 60
		var mu sync.Mutex
		answers := map[int64]error{}
		var wg sync.WaitGroup
		for w := range int64(writers) {
			wg.Go(func() {
				r := rand.New(rand.NewPCG(7, uint64(w)))
				for i := range int64(rounds) {
					id := 1 + w*rounds + i
					err := oneOf(d, r, id)
					mu.Lock()
					answers[id] = err
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		stored := map[int64]bool{}
		if err := d.View(bg, func(tx *db.Tx) error {
			rows, err := tx.Query(`select id from t where org_id = 1`)
			if err != nil {
				return err
			}
			for rows.Next() {
				var id int64
				if err := rows.Scan(&id); err != nil {
					return err
				}
				stored[id] = true
			}
			return rows.Err()
		}); err != nil {
			t.Fatal(err)
		}
		good := 0
		for id, err := range answers {
			if (err == nil) != stored[id] {
				t.Errorf("%d: stored %v, answer %v", id, stored[id], err)
			}
			if err == nil {
				good++
			}
		}
		if good == 0 || good == len(answers) || len(stored) != good+1 {
			t.Errorf("%d of %d acknowledged, %d rows", good, len(answers), len(stored))
		}
		s, _ := d.Stats(bg)
		t.Logf("%d of %d acknowledged; %+v", good, len(answers), s)
	})
}

// oneOf stores id, or misbehaves.
func oneOf(d *db.DB, r *rand.Rand, id int64) error {
	ctx, cancel := context.WithCancel(bg)
	defer cancel()
	what := r.IntN(10)
	if what == 0 {
		wait := time.Duration(r.IntN(2000)) * time.Microsecond
		go func() { time.Sleep(wait); cancel() }()
	}
	write := func() (err error) {
		return d.Update(ctx, func(tx *db.Tx) error {
			if err := insert(tx, id, fmt.Sprint("n", id)); err != nil {
				return err
			}
			switch what {
			case 1:
				return errRefused
			case 2:
				return insert(tx, 0, "again")
			case 3:
				_ = insert(tx, 0, "again")
				return nil
			case 4:
				_, err := tx.Exec(`insert into late (org_id, id, t_id) values (1, $1, 999999)`, id)
				return err // refused at commit
			case 5:
				panic("defect")
			case 6:
				runtime.Goexit()
			case 7:
				_ = tx.Savepoint(func() error { return insert(tx, 0, "again") })
			}
			return nil
		})
	}
	if what != 6 {
		return write()
	}
	err := errRefused // on PostgreSQL fn runs in the caller's goroutine and ends that
	done := make(chan bool)
	go func() {
		defer close(done)
		err = errRefused
		err = write()
	}()
	<-done
	return err
}

// A caller who gives up while its function runs still learns what came of it.
func TestCancelledWhileRunning(t *testing.T) {
	both(t, func(t *testing.T, d *db.DB) {
		ctx, cancel := context.WithCancel(bg)
		if err := d.Update(ctx, func(tx *db.Tx) error {
			cancel()
			return insert(tx, 1, "a")
		}); err != nil || count(t, d) != 1 {
			t.Errorf("%v, %d rows", err, count(t, d))
		}
		ran := false
		if err := d.Update(ctx, func(tx *db.Tx) error { ran = true; return nil }); key(err) != db.KeyCancelled || ran {
			t.Errorf("%v, ran %v", err, ran)
		}
	})
}

// One who waits behind another and gives up is never run.
func TestCancelledWhileWaiting(t *testing.T) {
	d := dbtest.Ready(t, dbtest.SQLite, schema, "m")(db.Config{})
	holding, release := make(chan bool), make(chan bool)
	first, second := make(chan error), make(chan error)
	go func() {
		first <- d.Update(bg, func(tx *db.Tx) error { close(holding); <-release; return nil })
	}()
	<-holding
	ctx, cancel := context.WithCancel(bg)
	go func() { second <- d.Update(ctx, func(tx *db.Tx) error { return insert(tx, 1, "a") }) }()
	for s, _ := d.Stats(bg); s.Queue == 0; s, _ = d.Stats(bg) {
		time.Sleep(time.Millisecond)
	}
	cancel()
	if err := <-second; key(err) != db.KeyCancelled {
		t.Error(err)
	}
	close(release)
	if err := <-first; err != nil {
		t.Error(err)
	}
	if n := count(t, d); n != 0 {
		t.Errorf("%d rows", n)
	}
}

// Commits are shared, and a neighbour takes nobody with it: neither one who is
// refused before he wrote, nor one who fails with a part done, nor one whose
// commit is refused.
func TestSharedCommit(t *testing.T) {
	errOwn := errors.New("no")
	for _, fault := range []string{"", "refused", "part", "broken"} {
		t.Run("fault="+fault, func(t *testing.T) {
			d := dbtest.Ready(t, dbtest.SQLite, schema, "m")(db.Config{})
			d.Gather(1)
			before, _ := d.Stats(bg)
			holding, release := make(chan bool), make(chan bool)
			var wg sync.WaitGroup
			var runs, failed atomic.Int64
			wg.Go(func() {
				if err := d.Update(bg, func(tx *db.Tx) error {
					if runs.Add(1) == 1 {
						close(holding)
						<-release
					}
					return insert(tx, 1000, "first")
				}); err != nil {
					t.Error(err)
				}
			})
			<-holding
			for i := range int64(20) {
				wg.Go(func() {
					mine := ""
					if i == 7 {
						mine = fault
					}
					err := d.Update(bg, func(tx *db.Tx) error {
						runs.Add(1)
						switch mine {
						case "refused":
							return errOwn
						case "broken":
							if _, err := tx.Exec(`insert into late (org_id, id, t_id) values (1, 1, 5)`); err != nil {
								return err
							}
						}
						if err := insert(tx, i+2000, fmt.Sprint(i)); err != nil || mine != "part" {
							return err
						}
						return errOwn
					})
					var c *db.Constraint
					switch {
					case err == nil && mine == "":
					case mine == "broken" && errors.As(err, &c) && c.Kind == db.Foreign, mine != "" && errors.Is(err, errOwn):
						failed.Add(1)
					default:
						t.Errorf("%d: %v", i, err)
					}
				})
			}
			for s, _ := d.Stats(bg); s.Queue < 20; s, _ = d.Stats(bg) {
				runtime.Gosched()
			}
			close(release) // all 21 stand in one batch
			wg.Wait()
			s, _ := d.Stats(bg)
			// A part that was done makes those up to it run again, with savepoints.
			// The commit of all fails where one is broken; then each runs alone.
			want := map[string]struct{ commits, least, most, stored int64 }{"": {1, 21, 21, 21}, "refused": {1, 21, 21, 20}, "part": {1, 23, 42, 20}, "broken": {20, 42, 42, 20}}[fault]
			if commits, n := s.Commits-before.Commits, runs.Load(); commits != want.commits || n < want.least || n > want.most || int64(count(t, d)) != want.stored || failed.Load() != 21-want.stored {
				t.Errorf("%d commits, %d runs, %d failed, %d rows", commits, n, failed.Load(), count(t, d))
			}
		})
	}
}

// A commit ends with half of those who call at the same time: the disk has work
// while the other half runs, who share the next one.
func TestHalves(t *testing.T) {
	d := dbtest.Ready(t, dbtest.SQLite, schema, "m")(db.Config{})
	d.Gather(2)
	before, _ := d.Stats(bg)
	holding, release := make(chan bool), make(chan bool)
	var wg sync.WaitGroup
	var runs atomic.Int64
	call := func(wait bool) {
		if err := d.Update(bg, func(tx *db.Tx) error {
			if wait {
				close(holding)
				<-release
			}
			n := runs.Add(1)
			return insert(tx, n, fmt.Sprint(n))
		}); err != nil {
			t.Error(err)
		}
	}
	wg.Go(func() { call(true) })
	<-holding
	for range 20 {
		wg.Go(func() { call(false) })
	}
	for s, _ := d.Stats(bg); s.Queue < 20; s, _ = d.Stats(bg) {
		runtime.Gosched()
	}
	close(release)
	wg.Wait()
	if s, _ := d.Stats(bg); s.Commits-before.Commits != 2 || count(t, d) != 21 {
		t.Errorf("%d commits, %d rows", s.Commits-before.Commits, count(t, d))
	}
}

// Counters that all change: no update is lost on either engine.
func TestNoLostUpdates(t *testing.T) {
	both(t, func(t *testing.T, d *db.DB) {
		put(t, d, 1, "counter")
		if err := d.Update(bg, func(tx *db.Tx) error { _, err := tx.Exec(`update t set n = 0 where org_id = 1`); return err }); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				for range 10 {
					if err := d.Update(bg, func(tx *db.Tx) error {
						var n int64
						if err := tx.Row(`select n from t where org_id = 1 and id = 1`).Scan(&n); err != nil {
							return err
						}
						_, err := tx.Exec(`update t set n = $1 where org_id = 1 and id = 1`, n+1)
						return err
					}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		var n int64
		if err := d.View(bg, func(tx *db.Tx) error { return tx.Row(`select n from t where org_id = 1 and id = 1`).Scan(&n) }); err != nil || n != 160 {
			t.Errorf("%d, %v", n, err)
		}
	})
}

// A full disk: an unavailable error, nothing half-stored, and the database
// works again when there is room.
func TestFullDisk(t *testing.T) {
	d := dbtest.Ready(t, dbtest.SQLite, schema, "m")(db.Config{MaxPages: 200})
	blob := make([]byte, 3000)
	write := func(id int64) error {
		return d.Update(bg, func(tx *db.Tx) error {
			for part := range int64(4) { // several rows: none or all
				if _, err := tx.Exec(`insert into t (org_id, id, name, body) values (1, $1, $2, $3)`, id*10+part, fmt.Sprint(id, "/", part), blob); err != nil {
					return err
				}
			}
			return nil
		})
	}
	var mu sync.Mutex
	stored := map[int64]bool{}
	full := 0
	var wg sync.WaitGroup
	for w := range int64(8) {
		wg.Go(func() {
			for i := range int64(20) {
				err := write(w*20 + i)
				mu.Lock()
				switch {
				case err == nil:
					stored[w*20+i] = true
				case kexin.CodeOf(err) == kexin.Unavailable && key(err) == db.KeyFull:
					full++
				default:
					t.Errorf("%v", err)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if full == 0 || len(stored) == 0 || count(t, d) != 4*len(stored) {
		t.Fatalf("%d refused, %d stored, %d rows", full, len(stored), count(t, d))
	}
	for id := range stored {
		if err := d.Update(bg, func(tx *db.Tx) error {
			_, err := tx.Exec(`delete from t where org_id = 1 and id >= $1 and id < $1 + 10`, id*10)
			return err
		}); err != nil {
			t.Fatalf("making room: %v", err)
		}
	}
	if err := write(500); err != nil || count(t, d) != 4 {
		t.Errorf("with room again: %v, %d rows", err, count(t, d))
	}
}
