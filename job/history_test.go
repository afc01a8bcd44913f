package job

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kexin"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
)

// A model of what must hold over any history of two processes that put down,
// take up, finish, lose and cancel jobs while the clock moves.
type model struct {
	*rapid.T
	w       *world
	q       [2]*Queue
	held    map[kexin.ID]*Run // who holds a lease, as the model sees it
	stale   []*Run            // held by a process that is taken for dead
	unique  map[string]kexin.ID
	open    map[kexin.ID]kexin.ID // unfinished job → merchant
	endings map[kexin.ID]Job
}

func TestHistories(t *testing.T) {
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			open := dbtest.Ready(t, engine, files(), "m")
			w := newWorld(t, open)
			handlers := map[string]Handler{"a": nil, "b": nil}
			for k := range handlers {
				handlers[k] = steps(w, 1, nil)
			}
			rapid.Check(t, func(rt *rapid.T) {
				if err := w.d.Update(bg, func(tx *db.Tx) error { _, err := tx.Exec(`DELETE FROM job WHERE org_id <> 0`); return err }); err != nil {
					rt.Fatal(err)
				}
				m := &model{T: rt, w: w, held: map[kexin.ID]*Run{}, unique: map[string]kexin.ID{}, open: map[kexin.ID]kexin.ID{}, endings: map[kexin.ID]Job{}}
				m.q = [2]*Queue{w.bare(handlers), w.bare(handlers)}
				rt.Repeat(map[string]func(*rapid.T){
					"enqueue": m.enqueue, "claim": m.claim, "finish": m.finish, "cancel": m.cancel, "pass": m.pass, "wake the dead": m.wakeTheDead, "": m.check,
				})
			})
		})
	}
}

func (m *model) queue(t *rapid.T) *Queue { return m.q[rapid.IntRange(0, 1).Draw(t, "process")] }

func (m *model) enqueue(t *rapid.T) {
	s := Spec{Org: kexin.ID(rapid.IntRange(1, 2).Draw(t, "org")), Kind: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "kind"),
		Dedup: rapid.SampledFrom([]string{"", "x", "y"}).Draw(t, "dedup"), Attempts: 3}
	name := fmt.Sprint(s.Org, s.Kind, s.Dedup)
	id, made := m.w.put(m.queue(t), s)
	was := m.unique[name]
	if _, unfinished := m.open[was]; s.Dedup != "" && unfinished == made || !made && id != was {
		t.Fatalf("%s: job %d, made %v, the other is %d", name, id, made, was)
	}
	if made {
		m.unique[name], m.open[id] = id, s.Org
	}
}

func (m *model) claim(t *rapid.T) {
	q := m.queue(t)
	runs, err := q.take(bg, rapid.IntRange(1, 3).Draw(t, "n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range runs {
		if m.held[r.ID] != nil {
			t.Fatalf("job %d is held twice", r.ID)
		}
		if _, ok := m.open[r.ID]; !ok {
			t.Fatalf("job %d was finished", r.ID)
		}
		m.held[r.ID] = r
	}
}

func (m *model) pick(t *rapid.T) *Run {
	ids := slices.Sorted(maps.Keys(m.held))
	if len(ids) == 0 {
		t.Skip("nothing runs")
	}
	return m.held[rapid.SampledFrom(ids).Draw(t, "job")]
}

func (m *model) finish(t *rapid.T) {
	r := m.pick(t)
	err := rapid.SampledFrom([]error{nil, ErrCancelled, ErrYield, fmt.Errorf("x"), &kexin.Error{Code: kexin.Invalid}}).Draw(t, "result")
	if err := r.q.finish(r, err); err != nil {
		t.Fatal(err)
	}
	r.q.end(r)
	delete(m.held, r.ID)
}

func (m *model) cancel(t *rapid.T) {
	ids := slices.Sorted(maps.Keys(m.open))
	if len(ids) == 0 {
		t.Skip("nothing is open")
	}
	id, before := rapid.SampledFrom(ids).Draw(t, "job"), time.Now()
	if err := m.w.d.Update(bg, func(tx *db.Tx) error { return m.q[0].Cancel(tx, m.open[id], id) }); err != nil {
		t.Fatal(err)
	}
	for _, r := range m.held { // each looks, and renews by a clock that goes on afterwards
		for r.q == m.q[0] && r.ctx.Err() == nil && !r.renewedSince(before) {
			time.Sleep(time.Millisecond)
		}
	}
}

func (r *Run) renewedSince(t time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.renewed.After(t)
}

// pass lets time go by; runs whose leases run out are as good as dead.
func (m *model) pass(t *rapid.T) {
	d := time.Duration(rapid.IntRange(1, 40).Draw(t, "seconds")) * time.Second
	m.w.clock.add(d)
	for _, id := range slices.Sorted(maps.Keys(m.held)) {
		r := m.held[id]
		if rapid.Bool().Draw(t, "renews") {
			r.q.renew(r)
			continue
		}
		m.die(t, r)
		m.w.clock.add(31 * time.Second)
		m.stale = append(m.stale, r)
		delete(m.held, id)
		for other, o := range m.held { // the rest renews in time
			o.q.renew(o)
			_ = other
		}
	}
	if err := m.queue(t).returnExpired(bg); err != nil {
		t.Fatal(err)
	}
}

// die is the last moment of a run's process: nothing that it has under way, as
// after a cancellation, renews the lease any more. A renewal that was under way
// is over once the row can be written by another.
func (m *model) die(t *rapid.T, r *Run) {
	r.q.mu.Lock()
	delete(r.q.runs, r)
	r.q.mu.Unlock()
	r.stop(errLost)
	if err := m.w.d.Update(bg, func(tx *db.Tx) error {
		_, err := tx.Exec("UPDATE job SET attempt=attempt WHERE org_id=$1 AND id=$2", r.Org, r.ID)
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// wakeTheDead: a process that had lost its lease goes on. It can change
// nothing.
func (m *model) wakeTheDead(t *rapid.T) {
	for _, r := range m.stale {
		before := m.job(t, r.ID, r.Org)
		err := m.w.d.Update(bg, func(tx *db.Tx) error { return r.Progress(tx, 77, 77, "stale", "stale") })
		if kexin.CodeOf(err) != kexin.Conflict {
			t.Fatalf("a lost run went on: %v", err)
		}
		if err := r.q.finish(r, nil); err != nil {
			t.Fatal(err)
		}
		r.q.end(r)
		if after := m.job(t, r.ID, r.Org); after != before {
			t.Fatalf("a lost run changed %+v to %+v", before, after)
		}
	}
	m.stale = nil
}

func (m *model) job(t *rapid.T, id, org kexin.ID) (j Job) {
	if err := m.w.d.View(bg, func(tx *db.Tx) (err error) { j, err = m.q[0].Get(tx, org, id); return err }); err != nil {
		t.Fatal(err)
	}
	return j
}

func (m *model) check(t *rapid.T) {
	running := map[kexin.ID]int{}
	for id, org := range m.open {
		j := m.job(t, id, org)
		switch {
		case j.State.Finished():
			m.endings[id] = j
			delete(m.open, id)
			if m.held[id] != nil {
				t.Fatalf("job %d ended while it ran: %+v", id, j)
			}
		case j.State == Running:
			running[org]++
			if m.held[id] == nil && !slices.ContainsFunc(m.stale, func(r *Run) bool { return r.ID == id }) {
				t.Fatalf("nobody has job %d: %+v", id, j)
			}
		case m.held[id] != nil:
			t.Fatalf("job %d waits and is held: %+v", id, j)
		}
		if j.Attempt > 3 || j.Attempt < 0 {
			t.Fatalf("%+v", j)
		}
	}
	for org, n := range running {
		if n > 2 {
			t.Fatalf("%d jobs of merchant %d at once", n, org)
		}
	}
	for id, was := range m.endings {
		if j := m.job(t, id, was.Org); j != was {
			t.Fatalf("%+v changed to %+v", was, j)
		}
	}
}
