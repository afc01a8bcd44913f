package measure_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"kexin/bench/measure"
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

// `kexin bench` finds every figure of its report, on both engines, and leaves
// nothing behind. Whether they are good depends on the machine and is not
// asked here. KEXIN_PEER names the program of bench/peer where it is built.
func TestEveryFigure(t *testing.T) {
	kexin := program(t)
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			dir, peer := t.TempDir(), os.Getenv("KEXIN_PEER")
			args := []string{"bench", "--json", "--rows", "300,2k", "--dir", dir, "--for", "600ms", "--ops", "40", "--clients", "4"}
			if engine == dbtest.Postgres {
				args = append(args, "--db", pgtest.Database(t))
			} else if peer != "" {
				args = append(args, "--peer", peer, "--for", "6s")
			}
			cmd := exec.Command(kexin, args...)
			cmd.Env = append(os.Environ(), "KEXIN_PEER=")
			var out, errs bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &errs
			if err := cmd.Run(); err != nil {
				t.Fatalf("%v\n%s", err, errs.String())
			}
			var r measure.Report
			d := json.NewDecoder(&out)
			d.DisallowUnknownFields()
			if err := d.Decode(&r); err != nil {
				t.Fatal(err)
			}
			whole(t, &r, engine == dbtest.SQLite && peer != "")
			if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
				t.Errorf("left behind: %v %v", left, err)
			}
			for _, lang := range []string{"zh-CN", "en"} {
				var page strings.Builder
				if err := r.Print(&page, lang); err != nil || strings.Contains(page.String(), "bench.") || strings.Contains(page.String(), "{") {
					t.Errorf("%v\n%s", err, page.String())
				}
			}
		})
	}
}

func whole(t *testing.T, r *measure.Report, peer bool) {
	t.Helper()
	want := func(name string, n float64) {
		if n <= 0 {
			t.Errorf("%s is missing: %v", name, n)
		}
	}
	if len(r.Sizes) != 2 {
		t.Fatalf("%d sizes", len(r.Sizes))
	}
	for _, s := range r.Sizes {
		want("rate", s.Import.Rate)
		want("floor", s.Import.Floor)
		want("of floor", s.Import.OfFloor)
		want("read", s.Import.Read)
		want("table rows", float64(s.Import.Cells)-10*float64(s.Rows)) // a customer, her person, two keys, tokens, …
		want("idle memory", float64(s.Memory.Idle))
		want("import memory", float64(s.Memory.Import))
		want("disk", float64(s.Disk))
		for i, name := range []string{"get", "list", "list_all", "search", "search_all", "lookup", "reveal", "decision"} {
			o := s.Ops[i]
			if want(name, o.P50); o.Name != name || o.P95 < o.P50 || o.P99 < o.P95 {
				t.Errorf("%+v", o)
			}
		}
		for _, c := range s.Added {
			want(c.Name, c.SQL)
			want(c.Name, c.Bare)
			want(c.Name, c.Whole)
		}
	}
	h := r.Sizes[1].HTTP
	want("peak", float64(h.Peak))
	for i, name := range []string{"get", "list", "create"} {
		if want(name, h.Kexin[i].PerSec); h.Kexin[i].Failed > 0 {
			t.Errorf("%+v", h.Kexin[i])
		}
		if peer {
			want("peer's "+name, h.Peer[i].PerSec)
			want("times "+name, h.Versus[i].Times)
		}
	}
	if bare := len(h.Bare); peer && bare != 2 || !peer && bare != 0 {
		t.Errorf("%d bare programs", bare)
	}
	for i, b := range h.Bare {
		want("bare "+b.Name, b.PerSec)
		want("part of bare "+b.Name, h.OfBare[i].Times)
	}
	if least := 7; len(r.Goals) < least {
		t.Errorf("%d goals", len(r.Goals))
	}
}

// A kept database is measured again without being imported again.
func TestKept(t *testing.T) {
	kexin, ground := program(t), t.TempDir()
	for run := range 2 {
		cmd := exec.Command(kexin, "bench", "--json", "--rows", "300", "--dir", t.TempDir(), "--ground", ground, "--for", "300ms", "--ops", "20", "--clients", "2")
		cmd.Env = append(os.Environ(), "KEXIN_PEER=")
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		if err := cmd.Run(); err != nil {
			t.Fatalf("%v\n%s", err, errs.String())
		}
		var r measure.Report
		if err := json.Unmarshal(out.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		if s := r.Sizes[0]; (s.Import.Rate > 0) != (run == 0) || len(s.Ops) == 0 || s.HTTP == nil {
			t.Errorf("run %d: %+v", run, s)
		}
	}
}
