package db_test

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"kexin/internal/db"
	"kexin/internal/pgtest"
)

// A server that stores or orders text otherwise is refused.
func TestServerLocale(t *testing.T) {
	srv := pgtest.Shared(t)
	c, err := pgx.Connect(bg, srv.DSN("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(bg)
	for name, how := range map[string]string{
		"loc_c":     "ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'",
		"loc_ascii": "ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'",
		"loc_icu":   "ENCODING 'UTF8' LOCALE 'C.UTF-8' LOCALE_PROVIDER icu ICU_LOCALE 'zh-CN'",
		"loc_good":  "ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'",
	} {
		if _, err := c.Exec(bg, "CREATE DATABASE "+name+" TEMPLATE template0 "+how); err != nil {
			t.Fatal(err)
		}
		d, err := db.Open(bg, db.Config{DSN: srv.DSN(name)})
		if name == "loc_good" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			} else {
				_ = d.Close()
			}
		} else if key(err) != db.KeyLocale {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := c.Exec(bg, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	}
	if _, err := db.Open(bg, db.Config{DSN: srv.DSN("no_such_database")}); err == nil || strings.Contains(err.Error(), "kexin@") {
		t.Error(err)
	}
	if _, err := db.Open(bg, db.Config{DSN: "postgres:///x?host=/no/such/socket&user=x"}); key(err) != db.KeyDown {
		t.Error(err)
	}
}

// A version that is too old is told as such, whatever else is wrong.
func TestServerVersion(t *testing.T) {
	for version, want := range map[int64]string{149999: db.KeyOld, 90600: db.KeyOld, 150000: "", 180001: ""} {
		err := db.Fits(version, "on", "UTF8", "C.UTF-8", "true")
		if (want == "") != (err == nil) || err != nil && key(err) != want {
			t.Errorf("%d: %v", version, err)
		}
	}
	if err := db.Fits(140000, "off", "SQL_ASCII", "C", "false"); key(err) != db.KeyOld {
		t.Error(err)
	}
}

// A server that restarts, and one that is killed, while sixteen write:
// acknowledged is stored; refused is absent, unless the server was lost in the
// commit itself and the answer says so.
func TestServerGoesAway(t *testing.T) {
	srv := pgtest.Start(t, true)
	dsn, err := srv.Create("away")
	if err != nil {
		t.Fatal(err)
	}
	d, err := db.Open(bg, db.Config{DSN: dsn})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Migrate(bg, schema, "m"); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	answers := map[int64]error{}
	var ids, good atomic.Int64
	ctx, stop := context.WithCancel(bg)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for ctx.Err() == nil {
				id := ids.Add(1)
				err := d.Update(bg, func(tx *db.Tx) error {
					_, err := tx.Exec(`insert into t (org_id, id, name) values (1, $1, cast($2 as text))`, id, time.Now().String()+string(rune('a'+id%26)))
					return err
				})
				mu.Lock()
				answers[id] = err
				mu.Unlock()
				if err == nil {
					good.Add(1)
				}
			}
		})
	}
	more := func(n int64) {
		t.Helper()
		until := good.Load() + n
		for end := time.Now().Add(time.Minute); good.Load() < until; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal("no more writes")
			}
		}
	}
	more(50)
	if err := srv.Restart(); err != nil {
		t.Fatal(err)
	}
	more(50)
	srv.Kill()
	if err := srv.Run(); err != nil {
		t.Fatal(err)
	}
	more(50)
	stop()
	wg.Wait()
	unknown := 0
	for id, answer := range answers {
		var n int
		if err := d.View(bg, func(tx *db.Tx) error {
			return tx.Row(`select count(*) from t where org_id = 1 and id = $1`, id).Scan(&n)
		}); err != nil {
			t.Fatal(err)
		}
		switch {
		case key(answer) == db.KeyUnknown:
			unknown++
		case (answer == nil) != (n == 1):
			t.Errorf("%d: %d rows, answer %v", id, n, answer)
		case answer != nil && key(answer) != db.KeyDown && key(answer) != db.KeyBusy:
			t.Errorf("%d: %v", id, answer)
		}
	}
	t.Logf("%d writes, %d acknowledged, %d unknown", len(answers), good.Load(), unknown)
}

// Two that would deadlock: both get through.
func TestDeadlock(t *testing.T) {
	both(t, func(t *testing.T, d *db.DB) {
		put(t, d, 1, "a")
		put(t, d, 2, "b")
		var wg sync.WaitGroup
		for _, order := range [][2]int64{{1, 2}, {2, 1}} {
			wg.Go(func() {
				if err := d.Update(bg, func(tx *db.Tx) error {
					for _, id := range order {
						if _, err := tx.Exec(`update t set n = coalesce(n, 0) + 1 where org_id = 1 and id = $1`, id); err != nil {
							return err
						}
						time.Sleep(20 * time.Millisecond)
					}
					return nil
				}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		var sum int
		if err := d.View(bg, func(tx *db.Tx) error {
			return tx.Row(`select cast(sum(n) as bigint) from t where org_id = 1`).Scan(&sum)
		}); err != nil || sum != 4 {
			t.Errorf("%d %v", sum, err)
		}
	})
}
