package run_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"kexin/bench/run"
	"kexin/internal/db/dbtest"
	"kexin/internal/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// program builds what users run.
func program(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kexin")
	if b, err := exec.Command("go", "build", "-o", path, "kexin/cmd/kexin").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	return path
}

// A run finds every figure of its report, on both engines.
func TestEveryFigure(t *testing.T) {
	kexin := program(t)
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			c := run.Config{Kexin: kexin, Rows: []int{300, 600}, Dir: t.TempDir(), For: 300 * time.Millisecond, Ops: 40, Clients: 4, Peer: os.Getenv("KEXIN_PEER")}
			if engine == dbtest.Postgres {
				c.DSN = pgtest.Database(t)
			}
			r, err := run.Do(context.Background(), c)
			if err != nil {
				t.Fatal(err)
			}
			b, _ := json.MarshalIndent(r, "", " ")
			t.Logf("%s", b)
		})
	}
}
