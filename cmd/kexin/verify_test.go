package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/app"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
	"kexin/internal/site"
	"kexin/ledger"
	"kexin/outbound"
	"kexin/store"
	"kexin/store/storetest"
	"kexin/vault"
)

// A proofBench is a world with an app and a witness that runs over HTTP.
type proofBench struct {
	*storetest.World
	t       *testing.T
	app     *app.App
	witness *httptest.Server
	vkey    string
	dir     string
	file    string // SQLite
	dsn     string // PostgreSQL
	id      kexin.ID
}

func newProofBench(t *testing.T, engine string) *proofBench {
	t.Helper()
	b := &proofBench{t: t, dir: t.TempDir()}
	open := storetest.Ready(t, engine)
	d := open(db.Config{})
	b.file, b.dsn = d.Place()
	b.World = storetest.New(t, d, nil)
	b.id = b.Customer("rep", store.Values{kexin.CustName: kexin.Str("王秀兰"), kexin.CustPhone: kexin.Str("+8613812345678")})
	b.runWitness(filepath.Join(b.dir, "state"), "xingfu")
	b.app = b.newApp()
	return b
}

// runWitness starts kexin witness's handler for the world's log.
func (b *proofBench) runWitness(state, name string) {
	b.t.Helper()
	if b.witness != nil {
		b.witness.Close()
	}
	f := witnessFlags{state: state, name: name, logs: list{b.logKey()}}
	known, err := f.known()
	if err != nil {
		b.t.Fatal(err)
	}
	st, name, key, err := f.open()
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { st.Close() })
	w, err := ledger.NewWitness(name, key, st, known.Keys, func() kexin.Instant { return kexin.At(time.Now()) })
	if err != nil {
		b.t.Fatal(err)
	}
	b.vkey = w.VKey()
	b.witness = httptest.NewServer(witnessHandler(w, slog.New(slog.DiscardHandler)))
	b.t.Cleanup(b.witness.Close)
}

func (b *proofBench) logKey() (vk string) {
	b.View(func(tx *store.Tx) error {
		o, err := tx.Origin()
		if err != nil {
			return err
		}
		keys, err := tx.LogReader().Keys(o)
		vk = keys[len(keys)-1].VKey
		return err
	})
	return vk
}

// newApp is a server that starts: it has asked no witness yet.
func (b *proofBench) newApp() *app.App {
	b.t.Helper()
	allow, err := outbound.ParseAllow("127.0.0.1")
	if err != nil {
		b.t.Fatal(err)
	}
	w, err := app.ParseWitness(b.witness.URL + "," + b.vkey + ",幸福家具店")
	if err != nil {
		b.t.Fatal(err)
	}
	return app.New(app.Config{Store: b.Store, Log: site.NewLogger(io.Discard), Now: b.Clock.Now, Data: b.t.TempDir(), Witnesses: []app.Witness{w}, Out: outbound.New(outbound.Config{Allow: allow})})
}

func (b *proofBench) evidence() string {
	b.t.Helper()
	file, err := b.app.Evidence(context.Background(), b.Staff["owner"], b.id)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.write("evidence.json", file)
}

func (b *proofBench) write(name string, content []byte) string {
	b.t.Helper()
	path := filepath.Join(b.dir, name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		b.t.Fatal(err)
	}
	return path
}

func (b *proofBench) policy() string {
	return b.write("policy", []byte("log "+b.logKey()+"\nwitness w "+b.vkey+"\nquorum w\n"))
}

// kexin runs the command line.
func (b *proofBench) kexin(args ...string) (status int, out string) {
	b.t.Helper()
	var o, e bytes.Buffer
	status = run(context.Background(), append(args, "--lang", "en"), &o, &e)
	return status, o.String() + e.String()
}

// database are the arguments that name the world's database.
func (b *proofBench) database() []string {
	if b.dsn != "" {
		return []string{"verify", "--db", b.dsn}
	}
	return []string{"verify", b.file}
}

func TestVerifyCommand(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir()) // no master key on this machine
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			b := newProofBench(t, engine)
			file := b.evidence()
			page, err := b.app.Ledger(context.Background(), b.Staff["owner"], 0)
			if err != nil || page.Grade != "own" || page.Others != 0 || page.Key != b.logKey() || page.Line == "" {
				t.Errorf("a witness on this machine is an own device, whatever it is called: %+v, %v", page.Grade, err)
			}
			known := b.write("known", []byte("群里今天的一行："+page.Line+"\n"))
			for _, c := range []struct {
				name   string
				args   []string
				status int
				says   string
			}{
				{"alone", []string{"verify", file}, 2, "nobody outside"},
				{"with the line of the day", []string{"verify", file, "--known", known}, 0, "has been rewritten since"},
				{"by the reader's policy", []string{"verify", "--policy", b.policy(), file}, 0, "Witnessed by xingfu"},
				{"a file that is none", []string{"verify", known}, 1, "neither an evidence file nor a receipt"},
				{"nothing there", []string{"verify", filepath.Join(b.dir, "no")}, 1, "is not there"},
				{"the database alone", b.database(), 2, "signatures"},
				{"the database by policy", append(b.database(), "--policy", b.policy(), "--deep"), 0, "Witnessed by xingfu"},
				{"the database against the line", append(b.database(), "--policy", b.write("p", []byte("log "+b.logKey()+"\nquorum none\n")), "--known", known), 0, "has been rewritten since"},
			} {
				status, out := b.kexin(c.args...)
				if status != c.status || !strings.Contains(out, c.says) {
					t.Errorf("%s: status %d, want %d with %q:\n%s", c.name, status, c.status, c.says, out)
				}
			}
			status, out := b.kexin("verify", file, "--json", "--policy", b.policy())
			var j struct {
				Exit int `json:"exit"`
				Logs []struct {
					Status string           `json:"status"`
					Not    []map[string]any `json:"does_not_prove"`
				} `json:"logs"`
			}
			if err := json.Unmarshal([]byte(out), &j); err != nil || status != 0 || j.Exit != 0 || len(j.Logs) != 1 || j.Logs[0].Status != "valid" || len(j.Logs[0].Not) == 0 {
				t.Errorf("%v\n%s", err, out)
			}
			if _, out := b.kexin("verify", file); !strings.Contains(out, "Owner  Made an evidence file") && !strings.Contains(out, "Made an evidence file") {
				t.Errorf("entries are not sentences:\n%s", out)
			}
			b.forge(file)
		})
	}
}

// forge changes the file in one place and another.
func (b *proofBench) forge(file string) {
	b.t.Helper()
	good, err := os.ReadFile(file)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range [][2]string{{`"position":"owner"`, `"position":"rep"`}, {`"type":"evidence.taken"`, `"type":"record.opened"`}, {`"size":`, `"size":1`}} {
		bad := bytes.Replace(good, []byte(c[0]), []byte(c[1]), 1)
		if bytes.Equal(bad, good) {
			continue
		}
		if status, out := b.kexin("verify", b.write("bad.json", bad)); status != 1 {
			b.t.Errorf("%s: status %d\n%s", c[1], status, out)
		}
	}
}

// TestWitnessStopsACutLog: a server that was put back to an earlier state
// finds at its start that a witness saw more, and seals nothing.
func TestWitnessStopsACutLog(t *testing.T) {
	b := newProofBench(t, dbtest.SQLite)
	ctx := context.Background()
	b.evidence()
	b.Update(func(tx *store.Tx) error { // the end of the log is lost, as by putting back a copy
		for _, q := range []string{"DELETE FROM ledger_entry WHERE org_id=$1 AND idx>1", "DELETE FROM ledger_tile WHERE org_id=$1", "DELETE FROM checkpoint WHERE org_id=$1", "DELETE FROM cosignature WHERE org_id=$1", "DELETE FROM subject_head WHERE org_id=$1"} {
			if _, err := tx.Exec(q, tx.Org); err != nil {
				return err
			}
		}
		_, err := tx.Exec("UPDATE ledger_entry SET idx=NULL WHERE org_id=$1", tx.Org)
		return err
	})
	if n, err := b.Store.Seal(ctx, b.Org); err != nil || n == 0 { // what the copy had
		t.Fatalf("%d, %v", n, err)
	}
	again := b.newApp()
	b.Customer("rep", store.Values{kexin.CustName: kexin.Str("张伟")})
	_, err := again.Evidence(ctx, b.Staff["owner"], b.id)
	if kexin.CodeOf(err) != kexin.Unavailable {
		t.Fatalf("the server sealed a log that a witness saw longer: %v", err)
	}
	page, err := again.Ledger(ctx, b.Staff["owner"], 0)
	if err != nil || !page.Stopped {
		t.Errorf("the page does not say so: %v", err)
	}
	b.View(func(tx *store.Tx) error {
		all, err := tx.Alerts(10)
		if len(all) != 1 || all[0].Code != "log_cut" {
			t.Errorf("%+v", all)
		}
		return err
	})
}

// TestVerifyEpochs: after a restore the log goes on in a new epoch, after a
// rotation under another key; files, databases and lines from before agree.
func TestVerifyEpochs(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			b := newProofBench(t, engine)
			ctx := context.Background()
			b.evidence()
			page, err := b.app.Ledger(ctx, b.Staff["owner"], 0)
			if err != nil {
				t.Fatal(err)
			}
			before, policy := page.Line, b.policy()
			logs, err := b.Store.Resume(ctx, store.Checked{}, "restore", func(_ kexin.ID, c ledger.Checkpoint) int64 { return c.Size })
			if err != nil || len(logs) != 1 || logs[0].New == logs[0].Old {
				t.Fatalf("%+v, %v", logs, err)
			}
			b.app = b.newApp()
			known := b.write("known", []byte(before))
			for _, step := range []string{"a restore", "a rotation"} {
				file := b.evidence()
				if status, out := b.kexin("verify", file, "--policy", policy, "--known", known); status != 0 || !strings.Contains(out, "is continued by the first entry") {
					t.Errorf("the file after %s: %d\n%s", step, status, out)
				}
				if status, out := b.kexin(append(b.database(), "--known", known, "--policy", policy)...); status != 0 {
					t.Errorf("the database after %s: %d\n%s", step, status, out)
				}
				if _, err := b.Store.Rotate(ctx, b.Org, vault.UseLog, ledger.Actor{Kind: ledger.ByCLI}); err != nil {
					t.Fatal(err)
				}
			}
			other := strings.Replace(before, " ", "9 ", 1)
			if status, out := b.kexin("verify", b.evidence(), "--known", b.write("other", []byte(other))); status != 2 {
				t.Errorf("a line that cannot be compared counts: %d\n%s", status, out)
			}
			forged := b.write("forged", []byte(before[:len(before)-8]+"AAAAAAA="))
			if status, out := b.kexin("verify", b.evidence(), "--known", forged); status != 1 || !strings.Contains(out, "rewritten") {
				t.Errorf("a line that says something else: %d\n%s", status, out)
			}
		})
	}
}

// TestWitnessState: a witness without its state does not sign with its key,
// and the state is on disk before the answer leaves.
func TestWitnessState(t *testing.T) {
	b := newProofBench(t, dbtest.SQLite)
	b.evidence()
	state := filepath.Join(b.dir, "state")
	text, err := os.ReadFile(state)
	if err != nil || !strings.Contains(string(text), "kexin.") {
		t.Fatalf("%q, %v", text, err)
	}
	f := witnessFlags{state: state}
	if err := os.Rename(state, state+".lost"); err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := f.open(); kexin.CodeOf(err) != kexin.NotFound {
		t.Errorf("signs without its state: %v", err)
	}
	if err := os.Rename(state+".lost", state); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(state + ".key"); err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := f.open(); kexin.CodeOf(err) != kexin.Conflict {
		t.Errorf("a new key over an old state: %v", err)
	}
	if _, err := (witnessFlags{logs: list{"nonsense"}}).known(); err == nil {
		t.Error("a log's key that is none")
	}
}
