package job

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kexin"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
	"kexin/internal/pgtest"
)

const killRows = 400

// child is what the test binary does when it is run as a server of its own: it
// works on jobs until it is killed.
func child() {
	cfg := db.Config{File: os.Getenv("KEXIN_JOB_CHILD")}
	if strings.HasPrefix(cfg.File, "postgres") {
		cfg = db.Config{DSN: cfg.File}
	}
	d, err := db.Open(context.Background(), cfg)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	q := New(killConfig(d, func(n int64) { fmt.Println(n) }))
	q.Start()
	select {}
}

// killConfig has a handler that is slow enough to be killed.
func killConfig(d *db.DB, told func(int64)) Config {
	var ids atomic.Int64
	w := &world{d: d}
	return Config{DB: d, Lease: 400 * time.Millisecond, Poll: 20 * time.Millisecond,
		ID: func(kexin.Instant) kexin.ID { return kexin.ID(ids.Add(1)) },
		Handlers: map[string]Handler{"k": steps(w, killRows, func(_ *Run, n int64) {
			told(n)
			time.Sleep(2 * time.Millisecond)
		})}}
}

// A server is killed three times while it works on a job; each time another
// takes it up when the lease has run out. Every row is stored once, and the
// last go begins where the last commit was.
func TestKill(t *testing.T) {
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			cfg := db.Config{File: filepath.Join(t.TempDir(), "k.db")}
			where := cfg.File
			if engine == dbtest.Postgres {
				cfg = db.Config{DSN: pgtest.Database(t)}
				where = cfg.DSN
			}
			d, err := db.Open(bg, cfg)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = d.Close() }()
			if err := d.Migrate(bg, files(), "m"); err != nil {
				t.Fatal(err)
			}
			q := New(killConfig(d, func(int64) {}))
			var id kexin.ID
			if err := d.Update(bg, func(tx *db.Tx) (err error) {
				id, _, err = q.Enqueue(tx, Spec{Org: 1, Kind: "k"})
				return err
			}); err != nil {
				t.Fatal(err)
			}
			w := &world{t: t, d: d}
			for _, at := range []int{50, 150, 260} {
				killAt(t, where, at)
				if j := w.get(q, id); j.State != Running || j.Done < int64(at) || j.Done != w.worked() {
					t.Fatalf("killed at %d: %+v, %d rows", at, j, w.worked())
				}
			}
			was := w.get(q, id)
			q.Start()
			defer func() { _ = q.StopAndCancel(bg) }()
			until(t, "the job is done", func() bool { return w.get(q, id).State == Done })
			if j := w.get(q, id); j.Done != killRows || w.worked() != killRows || was.Done < 260 {
				t.Errorf("%+v, %d rows", j, w.worked())
			}
		})
	}
}

// killAt runs a child until it has told that it stored n rows, and kills it.
func killAt(t *testing.T, where string, n int) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "KEXIN_JOB_CHILD="+where)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for told := 0; told < n && lines.Scan(); {
		if _, err := fmt.Sscan(lines.Text(), &told); err != nil {
			t.Errorf("the child says: %s", lines.Text())
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if cmd.Wait() == nil {
		t.Fatal("the child ended by itself")
	}
}
