package job

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"kexin"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
	"kexin/internal/pgtest"
)

func TestMain(m *testing.M) {
	if os.Getenv("KEXIN_JOB_CHILD") != "" {
		child()
		return
	}
	pgtest.Main(m)
}

var bg = context.Background()

// files are the migration of this package and a table for what handlers do.
func files() fstest.MapFS {
	b, err := os.ReadFile("../store/migrations/0002_job.sql")
	if err != nil {
		panic(err)
	}
	return fstest.MapFS{"m/0002_job.sql": {Data: b}, "m/0003_work.sql": {Data: []byte(`-- +goose Up
CREATE TABLE work (org_id BIGINT NOT NULL, n BIGINT NOT NULL, PRIMARY KEY (org_id, n));
`)}}
}

// A clock stands still until it is moved.
type clock struct{ ms atomic.Int64 }

func (c *clock) now() time.Time         { return time.UnixMilli(c.ms.Load()) }
func (c *clock) add(d time.Duration)    { c.ms.Add(d.Milliseconds()) }
func (c *clock) instant() kexin.Instant { return kexin.Instant(c.ms.Load()) }

// A world is a database, its clock and the statements seen.
type world struct {
	t     testing.TB
	d     *db.DB
	clock *clock
	ids   atomic.Int64
	mu    sync.Mutex
	seen  map[string]bool
}

func both(t *testing.T, fn func(t *testing.T, w *world)) {
	dbtest.Migrated(t, files(), "m", func(t *testing.T, open func(db.Config) *db.DB) { fn(t, newWorld(t, open)) })
}

func newWorld(t testing.TB, open func(db.Config) *db.DB) *world {
	w := &world{t: t, clock: &clock{}, seen: map[string]bool{}}
	w.clock.ms.Store(1_790_000_000_000)
	w.d = open(db.Config{Clock: w.clock.now, Trace: func(sql string, _ time.Duration, _ int) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.seen[sql] = true
	}})
	return w
}

func (w *world) queue(handlers map[string]Handler, change ...func(*Config)) *Queue {
	q := w.bare(handlers, change...)
	w.t.Cleanup(func() { _ = q.StopAndCancel(bg) })
	return q
}

// bare is a queue that the test never starts.
func (w *world) bare(handlers map[string]Handler, change ...func(*Config)) *Queue {
	cfg := Config{DB: w.d, Handlers: handlers, ID: func(kexin.Instant) kexin.ID { return kexin.ID(w.ids.Add(1)) }, Poll: 10 * time.Millisecond}
	for _, c := range change {
		c(&cfg)
	}
	return New(cfg)
}

func (w *world) put(q *Queue, s Spec) (id kexin.ID, made bool) {
	w.t.Helper()
	if s.Org == 0 {
		s.Org = 1
	}
	if err := w.d.Update(bg, func(tx *db.Tx) (err error) { id, made, err = q.Enqueue(tx, s); return err }); err != nil {
		w.t.Fatal(err)
	}
	return id, made
}

func (w *world) get(q *Queue, id kexin.ID) (j Job) {
	w.t.Helper()
	if err := w.d.View(bg, func(tx *db.Tx) (err error) { j, err = q.Get(tx, 1, id); return err }); err != nil {
		w.t.Fatal(err)
	}
	return j
}

func (w *world) work(q *Queue) int {
	w.t.Helper()
	n, err := q.Work(bg)
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// until waits for what another goroutine does.
func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Minute); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

func TestEnqueueWithTheCaller(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		var got []string
		q := w.queue(map[string]Handler{"hello": func(_ context.Context, r *Run) error {
			got = append(got, fmt.Sprintf("%d %s %d", r.Org, r.Kind, r.Attempt))
			return nil
		}})
		undo := errors.New("undo")
		if err := w.d.Update(bg, func(tx *db.Tx) error {
			if _, _, err := q.Enqueue(tx, Spec{Org: 1, Kind: "hello"}); err != nil {
				return err
			}
			return undo
		}); !errors.Is(err, undo) {
			t.Fatal(err)
		}
		if n := w.work(q); n != 0 {
			t.Errorf("%d runs of a job that was rolled back", n)
		}
		id, made := w.put(q, Spec{Kind: "hello", Args: `{"batch": "77"}`, Unit: "unit.rows"})
		want := Job{Org: 1, ID: id, Kind: "hello", Args: `{"batch": "77"}`, RunAt: w.clock.instant(), Unit: "unit.rows", Created: w.clock.instant()}
		if diff := cmp.Diff(want, w.get(q, id)); diff != "" || !made {
			t.Error(diff)
		}
		w.clock.add(time.Second)
		if n := w.work(q); n != 1 || len(got) != 1 || got[0] != "1 hello 1" {
			t.Errorf("%d runs: %v", n, got)
		}
		if j := w.get(q, id); j.State != Done || j.Finished != w.clock.instant() {
			t.Errorf("%+v", j)
		}
		if n := w.work(q); n != 0 {
			t.Errorf("%d runs of a job that is done", n)
		}
	})
}

func TestDedup(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		q := w.queue(nil)
		first, _ := w.put(q, Spec{Kind: "a", Dedup: "x"})
		if again, made := w.put(q, Spec{Kind: "a", Dedup: "x"}); made || again != first {
			t.Errorf("second: %d %v", again, made)
		}
		for _, s := range []Spec{{Kind: "b", Dedup: "x"}, {Kind: "a", Dedup: "y"}, {Kind: "a"}, {Kind: "a"}, {Org: 2, Kind: "a", Dedup: "x"}} {
			if _, made := w.put(q, s); !made {
				t.Errorf("%+v was not made", s)
			}
		}
		run := w.queue(map[string]Handler{"a": func(_ context.Context, r *Run) error {
			if _, made := w.put(q, Spec{Org: r.Org, Kind: "a", Dedup: "x"}); made && r.ID == first {
				t.Error("a second one was made while the first runs")
			}
			return nil
		}})
		w.work(run)
		if again, made := w.put(q, Spec{Kind: "a", Dedup: "x"}); !made || again == first {
			t.Error("finished, and still in the way")
		}
	})
}

func TestOrder(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		var got []string
		q := w.queue(map[string]Handler{"k": func(_ context.Context, r *Run) error { got = append(got, r.Args); return nil }})
		for _, s := range []Spec{
			{Args: `"b"`}, {Args: `"z"`, Priority: Background}, {Args: `"a"`, Priority: Soon}, {Args: `"c"`},
			{Args: `"late"`, RunAt: w.clock.instant().Add(time.Minute), Priority: Soon}, {Args: `"unknown"`, Kind: "other", Priority: Soon},
		} {
			if s.Kind == "" {
				s.Kind = "k"
			}
			w.put(q, s)
		}
		w.work(q)
		w.clock.add(time.Minute)
		w.work(q)
		if diff := cmp.Diff([]string{`"a"`, `"b"`, `"c"`, `"z"`, `"late"`}, got); diff != "" {
			t.Error(diff)
		}
	})
}

// One merchant with a thousand jobs does not keep the others waiting.
func TestFairness(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		var order []kexin.ID
		q := w.queue(map[string]Handler{"k": func(_ context.Context, r *Run) error { order = append(order, r.Org); return nil }})
		for range 100 {
			w.put(q, Spec{Org: 1, Kind: "k", Priority: Soon})
		}
		for org := kexin.ID(2); org <= 4; org++ {
			w.put(q, Spec{Org: org, Kind: "k", Priority: Background})
			w.put(q, Spec{Org: org, Kind: "k", Priority: Background})
		}
		w.work(q)
		first := slices.Clone(order[:8])
		slices.Sort(first)
		if diff := cmp.Diff([]kexin.ID{1, 1, 2, 2, 3, 3, 4, 4}, first); diff != "" || len(order) != 106 {
			t.Errorf("%v %s", order[:8], diff)
		}
	})
}

func TestLimitPerMerchant(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		var running atomic.Int64
		release, looked := make(chan bool), make(chan bool)
		k := func(context.Context, *Run) error {
			if n := running.Add(1); n > 2 {
				t.Errorf("%d at once", n)
			}
			<-release
			running.Add(-1)
			return nil
		}
		a := w.queue(map[string]Handler{"k": k})
		b := w.queue(map[string]Handler{"k": k, "next": func(context.Context, *Run) error { close(looked); return nil }})
		var ids []kexin.ID
		for range 6 {
			id, _ := w.put(a, Spec{Kind: "k"})
			ids = append(ids, id)
		}
		w.put(a, Spec{Org: 2, Kind: "next"}) // b looks at the merchants in turn: it has looked at 1 when it runs this
		a.Start()
		until(t, "two run", func() bool { return running.Load() >= 2 })
		b.Start()
		<-looked
		taken := 0
		for _, id := range ids {
			if w.get(a, id).State == Running {
				taken++
			}
		}
		if taken != 2 {
			t.Errorf("%d taken", taken)
		}
		close(release)
		until(t, "all done", func() bool { return w.get(a, ids[5]).State == Done })
	})
}

func TestRetry(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		fail := error(&kexin.Error{Op: "x", Code: kexin.Unavailable, Key: "db.full", Err: errors.New("13800138000")})
		var attempts []int64
		q := w.queue(map[string]Handler{"k": func(_ context.Context, r *Run) error { attempts = append(attempts, r.Attempt); return fail }})
		id, _ := w.put(q, Spec{Kind: "k", Attempts: 3})
		for i, wait := range []time.Duration{0, 6 * time.Second, 18 * time.Second, time.Hour} {
			w.clock.add(wait / 2)
			if n := w.work(q); i > 0 && n != 0 {
				t.Errorf("run %d came early", i)
			}
			w.clock.add(wait - wait/2)
			w.work(q)
			if j := w.get(q, id); j.Error != "db.full" || (j.State == Failed) != (i >= 2) {
				t.Errorf("after run %d: %+v", i, j)
			}
		}
		if diff := cmp.Diff([]int64{1, 2, 3}, attempts); diff != "" {
			t.Error(diff)
		}
	})
}

func TestOutcomes(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		var result error
		q := w.queue(map[string]Handler{"k": func(context.Context, *Run) error {
			if result == nil {
				panic("of a person: 13800138000")
			}
			return result
		}})
		for _, c := range []struct {
			result error
			state  State
			code   string
		}{
			{nil, Waiting, "job.panic"},
			{errors.New("some text"), Waiting, "internal"},
			{&kexin.Error{Code: kexin.Unavailable}, Waiting, "unavailable"},
			{&kexin.Error{Code: kexin.Invalid, Law: "E_IMP_NO_PROVENANCE"}, Failed, "E_IMP_NO_PROVENANCE"},
			{&kexin.Error{Code: kexin.Conflict}, Failed, "conflict"},
			{fmt.Errorf("wrapped: %w", &kexin.Error{Code: kexin.NotFound}), Failed, "not_found"},
			{ErrCancelled, Cancelled, ""},
		} {
			result = c.result
			id, _ := w.put(q, Spec{Kind: "k"})
			w.work(q)
			if j := w.get(q, id); j.State != c.state || j.Error != c.code || j.State.Finished() != (j.Finished != 0) {
				t.Errorf("%v: %+v", c.result, j)
			}
		}
	})
}

// What is put down here is looked at without waiting for the poll.
func TestWake(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		ran := make(chan bool, 10)
		q := w.queue(map[string]Handler{"k": func(context.Context, *Run) error { ran <- true; return nil }}, func(c *Config) { c.Poll = time.Hour })
		q.Start()
		for range 10 {
			w.put(q, Spec{Kind: "k"})
		}
		for range 10 {
			<-ran
		}
	})
}

func TestFindAndPurge(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		q := w.queue(map[string]Handler{"a": func(context.Context, *Run) error { return nil }})
		for i := range 7 {
			w.put(q, Spec{Kind: []string{"a", "b"}[i%2]})
		}
		w.put(q, Spec{Org: 2, Kind: "a"})
		w.work(q)
		w.clock.add(time.Hour)
		find := func(kind string, before kexin.ID, limit int) (ids []kexin.ID) {
			if err := w.d.View(bg, func(tx *db.Tx) error {
				ids = nil
				all, err := q.Find(tx, 1, kind, before, limit)
				for _, j := range all {
					ids = append(ids, j.ID)
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return ids
		}
		for _, c := range []struct {
			kind   string
			before kexin.ID
			limit  int
			want   []kexin.ID
		}{{"", 0, 3, []kexin.ID{7, 6, 5}}, {"", 5, 100, []kexin.ID{4, 3, 2, 1}}, {"b", 0, 100, []kexin.ID{6, 4, 2}}, {"c", 0, 9, nil}} {
			if diff := cmp.Diff(c.want, find(c.kind, c.before, c.limit)); diff != "" {
				t.Errorf("%+v: %s", c, diff)
			}
		}
		var n int64
		if err := w.d.Update(bg, func(tx *db.Tx) (err error) { n, err = q.Purge(tx, 1, tx.Now); return err }); err != nil || n != 4 {
			t.Errorf("%d %v", n, err)
		}
		if diff := cmp.Diff([]kexin.ID{6, 4, 2}, find("", 0, 100)); diff != "" {
			t.Error(diff)
		}
	})
}

// Every statement is about one merchant, but for those in the list.
func TestTenanted(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		q := w.queue(map[string]Handler{"k": steps(w, 20, nil)})
		w.put(q, Spec{Kind: "k", Dedup: "x"})
		w.put(q, Spec{Kind: "k", Dedup: "x"})
		if err := w.d.Update(bg, func(tx *db.Tx) error {
			return q.Schedule(tx, Schedule{Org: 1, Name: "n", Kind: "k", Every: time.Second})
		}); err != nil {
			t.Fatal(err)
		}
		if run, err := q.claim(bg, 1); err != nil || run == nil {
			t.Fatal(err)
		} else {
			q.end(run) // without an outcome: as good as killed
		}
		w.clock.add(time.Hour)
		w.work(q)
		_, _ = w.d.Version(bg)
		if n, err := q.Counts(bg); err != nil || n[Done] == 0 {
			t.Errorf("counts %v, %v", n, err)
		}
		for sql, why := range Untenanted {
			t.Logf("over all merchants: %s", why)
			if !w.seen[sql] {
				t.Errorf("never run: %s", sql)
			}
		}
		for sql := range w.seen {
			if strings.Contains(sql, " job") && Untenanted[sql] == "" && !strings.Contains(sql, "org_id = $1") && !strings.HasPrefix(sql, "INSERT INTO job") {
				t.Errorf("not about one merchant: %s", sql)
			}
		}
	})
}
