package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kexin"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
)

// A moment is a step of a rotation before which the server dies: everything
// before it is on disk, and nothing of it.
type moment struct {
	before string
	event  string // the change that is held up, as triggers name it
	when   string
}

// moments are all the steps that a rotation of the master key and of a
// merchant's key takes, in their order.
var moments = []moment{
	{"the database knows the new master key, which lies in its file", "INSERT ON keeper", ""},
	{"it is the active one", "UPDATE OF state ON keeper", "NEW.state='active'"},
	{"it wraps anything", "UPDATE OF keeper ON org_key", "NEW.keeper<>OLD.keeper"},
	{"it wraps the merchant's keys, after the server's own", "UPDATE OF keeper ON org_key", "NEW.keeper<>OLD.keeper AND NEW.org_id<>0"},
	{"the old one is retired", "UPDATE OF state ON keeper", "NEW.state='retired'"},
	{"its sheet is to be shown", "DELETE ON shown", ""},
	{"the merchant's new key is stored", "INSERT ON org_key", ""},
	{"it is the active one", "UPDATE OF state ON org_key", "NEW.state='active'"},
	{"it wraps a person's keys", "UPDATE OF wrap_ver ON subject_key", ""},
	{"the old one is retired", "UPDATE OF state ON org_key", "NEW.state='retired'"},
	{"that is in the log", "INSERT ON ledger_entry", "NEW.type='keys.rotated'"},
}

// hold makes the database refuse a step; let has it take the step again.
func (p *program) hold(m moment, postgres bool) {
	p.tb.Helper()
	when := ""
	if m.when != "" {
		when = " WHEN (" + m.when + ")"
	}
	p.inside(func(tx *db.Tx) error {
		do := " BEGIN SELECT json('held'); END" // an error like PostgreSQL's, of no constraint
		if postgres {
			do = " EXECUTE FUNCTION held()"
			if _, err := tx.Exec(dbtest.Past + "CREATE OR REPLACE FUNCTION held() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''held''; END'"); err != nil {
				return err
			}
		}
		_, err := tx.Exec(dbtest.Past + "CREATE TRIGGER held BEFORE " + m.event + " FOR EACH ROW" + when + do)
		return err
	})
}

func (p *program) let(m moment, postgres bool) {
	p.tb.Helper()
	q := "DROP TRIGGER held"
	if postgres {
		q += m.event[strings.Index(m.event, " ON "):]
	}
	p.past(q)
}

// TestRotateKilled: eight writers write while keys are rotated, and the server
// is killed before each step of it, and now and then at any moment. What is left
// verifies as it lies there. Started again the server goes on by itself until
// the new keys are the only ones; whatever was acknowledged is there once and
// opens, what was refused is absent, and the log tells every key's way. At last
// the old master keys are not needed for anything.
func TestRotateKilled(t *testing.T) {
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			p := newProgram(t, engine)
			s := p.serve()
			s.found()
			token := s.token()
			s.kill()
			w := &written{made: map[kexin.ID]string{}, refused: map[string]bool{}}
			round := func(m moment) {
				p.past("INSERT INTO shown(name,at,org_id,by_id) VALUES('recovery',1,0,0) ON CONFLICT(name) DO NOTHING")
				held := m.event != ""
				if held {
					p.hold(m, engine == dbtest.Postgres)
				}
				s := p.alone(token)
				w.underWay(s, func() { s.killRotating(held) })
				p.sound("killed before " + m.before)
				if held {
					p.let(m, engine == dbtest.Postgres)
				}
				s = p.alone(token)
				p.run("keys", "rotate", "wrap") // ends when every rotation is through
				s.until("every old key retired", p.rotated)
				w.check(s)
				s.kill()
				p.sound("after " + m.before)
				p.keysTold()
			}
			for _, m := range moments {
				round(m)
			}
			anywhere := 1
			if os.Getenv("KEXIN_SOAK") != "" {
				anywhere = 20
			}
			for range anywhere {
				round(moment{before: "any step"})
			}
			p.forget()
			s = p.alone(token)
			w.check(s)
			s.stop()
			t.Logf("%d acknowledged, %d refused", len(w.made), len(w.refused))
		})
	}
}

// alone starts a server as if the killed ones were gone for long: it waits for
// nobody to load the keys, nor for the end of a duty.
func (p *program) alone(token string) *server {
	p.tb.Helper()
	p.past("DELETE FROM node")
	p.past("DELETE FROM lease")
	s := p.serve()
	s.bear(token)
	return s
}

// killRotating begins a rotation and kills the server: where a step is held,
// when it has come there, else soon after the first key of the new ones.
func (s *server) killRotating(held bool) {
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
	for lines.Scan() && (held || !strings.Contains(lines.Text(), "goes to version")) {
	}
	if held {
		if c.Wait() == nil {
			s.tb.Fatal("the step was never held up")
		}
		s.kill()
		return
	}
	time.Sleep(time.Duration(rand.IntN(20)) * time.Millisecond)
	s.kill()
	for lines.Scan() {
	}
	_ = c.Wait() // with the server the command that it carried out is over
}

// sound has kexin verify look through the database as it lies there.
func (p *program) sound(when string) {
	p.tb.Helper()
	if out, status := p.try("", "verify", "--deep"); status != 0 && status != 2 || strings.Contains(out, "✗") {
		p.tb.Errorf("%s: verify %d: %s", when, status, out)
	}
}

// keysTold checks that the log tells as many changes of keys as there were, and
// that the new recovery code waits to be shown.
func (p *program) keysTold() {
	p.tb.Helper()
	var logged, steps, masters, shown int64
	p.scan("SELECT COUNT(*) FROM ledger_entry WHERE type='keys.rotated' AND org_id<>0", &logged)
	p.scan("SELECT COALESCE(SUM(CASE WHEN ver=1 THEN 0 ELSE 2 END + CASE WHEN state='retired' THEN 1 ELSE 0 END),0) FROM org_key WHERE org_id<>0", &steps)
	p.scan("SELECT COUNT(*)-1 FROM keeper", &masters)
	var holders int64
	p.scan("SELECT COUNT(*) FROM org", &holders)
	if logged != steps+masters*holders {
		p.tb.Errorf("the log tells %d changes of keys, there were %d, and %d of the master key", logged, steps, masters)
	}
	if p.scan("SELECT COUNT(*) FROM shown WHERE name='recovery'", &shown); shown != 0 {
		p.tb.Error("there is a new master key, and its recovery code waits for nobody")
	}
}

// forget removes the old master keys, which an owner may when they are retired.
func (p *program) forget() {
	p.tb.Helper()
	old, err := filepath.Glob(filepath.Join(p.dir, "keys", "master.key.*"))
	if err != nil || len(old) < len(moments)/2 {
		p.tb.Fatalf("%d old keys: %v", len(old), err)
	}
	for _, f := range old {
		if err := os.Remove(f); err != nil {
			p.tb.Fatal(err)
		}
	}
}

// written is what the server said of what was written.
type written struct {
	mu      sync.Mutex
	made    map[kexin.ID]string
	refused map[string]bool
	tried   int
}

// underWay has eight writers at work while something happens. Each fourth writes
// what cannot be.
func (w *written) underWay(s *server, happens func()) {
	stop := make(chan struct{})
	was := len(w.made)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 60 {
				select {
				case <-stop:
					return
				default:
					w.one(s)
				}
			}
		})
	}
	s.until("forty customers", func() bool { w.mu.Lock(); defer w.mu.Unlock(); return len(w.made) > was+40 })
	happens()
	close(stop)
	all.Wait()
}

// one writes a customer and notes what the server says; what it does not say is
// unknown.
func (w *written) one(s *server) {
	w.mu.Lock()
	n := w.tried
	w.tried++
	w.mu.Unlock()
	name := fmt.Sprintf("客户%c%c%c", '一'+rune(n/10000), '甲'+rune(n/100%100), '丁'+rune(n%100))
	fields := map[string]any{"name": name}
	if n%4 == 0 {
		fields["phone"] = "12"
	}
	var out struct{ ID kexin.ID }
	err := s.call("POST", "/api/v1/customers", map[string]any{"fields": fields, "same": "different"}, &out)
	w.mu.Lock()
	defer w.mu.Unlock()
	var no refusal
	switch {
	case err == nil:
		w.made[out.ID] = name
	case errors.As(err, &no):
		w.refused[name] = true
	}
}

// check reads all customers: who was acknowledged is there once and under his
// name, who was refused is not, and nobody is there who was not written.
func (w *written) check(s *server) {
	s.tb.Helper()
	if len(w.refused) == 0 {
		s.tb.Error("nothing was refused")
	}
	there, ask := map[kexin.ID]string{}, map[string]any{"scene": "all", "limit": 200, "fields": []string{"name"}}
	for {
		var page struct {
			Rows []struct {
				ID    kexin.ID
				Cells struct{ Name string }
			}
			Next string
		}
		if err := s.call("POST", "/api/v1/customers/search", ask, &page); err != nil {
			s.tb.Fatal(err)
		}
		for _, r := range page.Rows {
			there[r.ID] = r.Cells.Name
		}
		if page.Next == "" {
			break
		}
		ask["after"] = page.Next
	}
	for id, name := range w.made {
		if there[id] != name {
			s.tb.Errorf("%v was acknowledged as %s and is %q", id, name, there[id])
		}
	}
	names := map[string]bool{}
	for _, name := range slices.Collect(maps.Values(there)) {
		if w.refused[name] || names[name] || name == "" {
			s.tb.Errorf("%q was refused, or is there twice, or cannot be read", name)
		}
		names[name] = true
	}
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
