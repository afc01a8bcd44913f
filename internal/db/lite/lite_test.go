package lite

import (
	"errors"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

func open(t *testing.T) *Conn {
	t.Helper()
	c, err := Open(filepath.Join(t.TempDir(), "t.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func prepare(t *testing.T, c *Conn, q string) *Stmt {
	t.Helper()
	s, err := c.Prepare(q)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func TestRoundTrip(t *testing.T) {
	c := open(t)
	if err := c.Exec("create table t (a, b, c, d, e); begin"); err != nil || !c.InTransaction() {
		t.Fatal(err)
	}
	in := prepare(t, c, "insert into t values (?, $2, ?, ?, ?)")
	if in.Params() != 5 || in.Param(1) != "" || in.Param(2) != "$2" {
		t.Error(in.Params(), in.Param(2))
	}
	long := strings.Repeat("长", 3*blockSize)
	for _, text := range []string{"", "客信", long, "short"} {
		before := c.Changes()
		for i, err := range []error{in.BindInt(1, -1<<63), in.BindFloat(2, 1.5), in.BindText(3, text), in.BindBlob(4, []byte(text)), in.BindNull(5)} {
			if err != nil {
				t.Fatal(i, err)
			}
		}
		if more, err := in.Step(); more || err != nil {
			t.Fatal(more, err)
		}
		in.Reset()
		if c.Changes() != before+1 {
			t.Error("changes are not counted")
		}
		out := prepare(t, c, "select * from t order by rowid desc limit 1")
		if more, err := out.Step(); !more || err != nil || out.Columns() != 5 {
			t.Fatal(more, err)
		}
		if out.Type(0) != Int || out.Int(0) != -1<<63 || out.Type(1) != Float || out.Float(1) != 1.5 || out.Type(2) != Text || out.Text(2) != text ||
			out.Type(3) != Blob || string(out.Blob(3)) != text || out.Type(4) != Null {
			t.Errorf("%q came back otherwise", text[:min(len(text), 10)])
		}
		if more, err := out.Step(); more || err != nil {
			t.Error(more, err)
		}
	}
	// Blob nil is NULL, after Reset nothing is bound.
	if err := in.BindBlob(4, nil); err != nil {
		t.Error(err)
	}
}

func TestFailures(t *testing.T) {
	c := open(t)
	var e *Error
	if err := c.Exec("create tabel"); !errors.As(err, &e) || e.Code() != 1 {
		t.Error(err)
	}
	for _, q := range []string{"select nonsense", "select 1; select 2", "", "-- nothing", `select "a text in double quotes"`} {
		if _, err := c.Prepare(q); err == nil {
			t.Errorf("%q was prepared", q)
		}
	}
	if err := c.Exec("create table t (a integer primary key); insert into t values (1)"); err != nil {
		t.Fatal(err)
	}
	s := prepare(t, c, "insert into t values (1)")
	if _, err := s.Step(); !errors.As(err, &e) || e.Code() != 1555 {
		t.Error(err)
	}
	s.Reset()
	if err := s.BindInt(1, 1); !errors.As(err, &e) || e.Code() != 25 {
		t.Error(err)
	}
	if _, err := Open(t.TempDir()); err == nil {
		t.Error("opened a directory")
	}
	if err := c.Exec("update sqlite_master set name = 'x'"); err == nil {
		t.Error("the schema can be written")
	}
}

func TestInterrupt(t *testing.T) {
	c := open(t)
	s := prepare(t, c, "with recursive c (n) as (select 1 union all select n + 1 from c) select count(*) from c")
	c.Interrupt() // no effect: not interruptible, nothing runs
	c.Interruptible(true)
	var ended atomic.Bool
	go func() {
		for !ended.Load() { // before the statement runs it has no effect
			c.Interrupt()
			runtime.Gosched()
		}
	}()
	var e *Error
	_, err := s.Step()
	ended.Store(true)
	if !errors.As(err, &e) || e.Code() != 9 {
		t.Fatal(err)
	}
	s.Reset()
	c.Interruptible(false)
	c.Interrupt()
	again := prepare(t, c, "select 1")
	if more, err := again.Step(); !more || err != nil {
		t.Error(more, err)
	}
}

// The memory of bound values does not grow from run to run.
func TestArena(t *testing.T) {
	c := open(t)
	s := prepare(t, c, "select ?, ?")
	for i := range 100 {
		for p := 1; p <= 2; p++ {
			if err := s.BindText(p, strings.Repeat("x", i*1000)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Step(); err != nil || len(s.Text(1)) != i*1000 {
			t.Fatal(err)
		}
		s.Reset()
		if len(s.arena.blocks) > 1 || s.arena.size > 64*blockSize {
			t.Fatalf("%d blocks of %d", len(s.arena.blocks), s.arena.size)
		}
	}
}

// Pages lie in slots, and those of a connection that was closed serve the next.
func TestPages(t *testing.T) {
	used := func() int {
		c, err := Open(filepath.Join(t.TempDir(), "t.db"))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Exec("create table t (a); with recursive n(i) as (select 1 union all select i+1 from n where i<200) insert into t select randomblob(4000) from n"); err != nil {
			t.Fatal(err)
		}
		s, err := c.Prepare("select sum(length(a)) from t")
		if err != nil {
			t.Fatal(err)
		}
		if more, err := s.Step(); !more || err != nil || s.Int(0) != 200*4000 {
			t.Error(more, err)
		}
		s.Close()
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		return int(pages.fresh-pages.base) / slotSize
	}
	first := used()
	if first < 200 {
		t.Fatalf("%d slots for 200 pages", first)
	}
	if again := used(); again != first {
		t.Errorf("%d slots, then %d", first, again)
	}
}

// What does not fit into a slot moves out of it with its content.
func TestSlot(t *testing.T) {
	c := open(t)
	p := pageMalloc(c.tls, slotSize)
	if !ours(p) || pageSize(c.tls, p) != slotSize || pageRealloc(c.tls, p, 10) != p {
		t.Fatal("no slot")
	}
	copy(view(p, 3), "abc")
	q := pageRealloc(c.tls, p, 2*slotSize)
	if ours(q) || string(view(q, 3)) != "abc" || pageSize(c.tls, q) < 2*slotSize {
		t.Error("the content is lost")
	}
	if r := pageMalloc(c.tls, slotSize); r != p {
		t.Error("the slot was not freed")
	} else {
		pageFree(c.tls, r)
	}
	q = pageRealloc(c.tls, q, 3*slotSize)
	pageFree(c.tls, q)
}

// swapped is what watchRekey saw.
var swapped struct {
	usual, cache uintptr
	lent         int
}

func watchRekey(tls *libc.TLS, cache, page uintptr, old, new uint32) {
	call[func(*libc.TLS, uintptr, uintptr, uint32, uint32)](swapped.usual)(tls, cache, page, old, new)
	if swapped.cache = cache; new == swapPage {
		swapped.lent++
	}
}

// A number that is lent to a page while two are swapped does not stay the
// highest of the cache.
func TestSwap(t *testing.T) {
	c := open(t)
	swapped.usual, pages.rekey = pages.rekey, function(watchRekey)
	defer func() { pages.rekey = swapped.usual }()
	if err := c.Exec("create table t (a unique); begin; with recursive n(i) as (select 1 union all select i+1 from n where i<9000) insert into t select randomblob(100) from n"); err != nil {
		t.Fatal(err)
	}
	s := prepare(t, c, "pragma page_count")
	if more, err := s.Step(); !more || err != nil || swapped.lent == 0 {
		t.Fatal(more, err, swapped.lent)
	}
	if highest := (*sqlite3.TPCache1)(at(swapped.cache)).FiMaxKey; int64(highest) > s.Int(0) {
		t.Errorf("%d pages, but the cache looks up to %d", s.Int(0), highest)
	}
}
