package app

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/intake"
)

// TestImportBounds: a list that takes too long to read, or holds too much, ends
// with a code of its own and leaves no file. While rows are stored the batch waits,
// goes on by itself, and may be stopped (security A14).
func TestImportBounds(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		owner := b.stepped("owner")
		rows := []string{"王秀英,13800000001,,,,到店登记,,2024-05-06,,,", "李四一,13800000002,,,,到店登记,,2024-05-06,,,"}
		b.app.gauge.clock = -time.Second
		if x := b.upload(owner, declared(), csvOf(rows...)); x.State != impFailed || x.Fault != "import.too_long" {
			t.Errorf("too long: %s %s", x.State, x.Fault)
		}
		b.app.gauge.clock, b.app.gauge.memory = importClock, -1<<40
		if x := b.upload(owner, declared(), csvOf(rows...)); x.State != impFailed || x.Fault != "import.too_big" {
			t.Errorf("too big: %s %s", x.State, x.Fault)
		}
		b.app.gauge.memory = importMemory
		x := b.upload(owner, declared(), csvOf(rows...))
		b.app.gauge.clock = -time.Second
		if x = b.confirm(owner, x); x.State != impRunning || x.Fault != "import.bound" {
			t.Errorf("too long while rows are stored: %s %s", x.State, x.Fault)
		}
		b.app.gauge.clock = importClock
		b.Clock.Move(time.Hour)
		if x = b.work(owner, x.ID); x.State != impDone || x.Outcomes[kexin.OutNew] != 2 {
			t.Errorf("it does not go on: %s %s %v", x.State, x.Fault, x.Outcomes)
		}
		x = b.upload(owner, declared(), csvOf("周敏,13800000003,,,,到店登记,,2024-05-06,,,"))
		b.app.gauge.memory = -1 << 40
		if x = b.confirm(owner, x); x.State != impRunning || x.Fault != "import.bound" {
			t.Errorf("too big while rows are stored: %s %s", x.State, x.Fault)
		}
		x, err := b.app.CancelImport(t.Context(), owner, x.ID)
		if b.app.gauge.memory = importMemory; err != nil || x.State != impCancelled || x.Done != 0 {
			t.Errorf("stopped while it waits: %v %s %d", err, x.State, x.Done)
		}
		if x = b.take(csvOf(rows...)); x.State != impDone || b.app.gauge.n != 0 {
			t.Errorf("within its bounds: %s, %d passes under way", x.State, b.app.gauge.n)
		}
	})
}

// TestGauge: what is held counts and garbage does not; two passes may hold twice
// as much, and rows that were read allow for more.
func TestGauge(t *testing.T) {
	g := &gauge{memory: 32 << 20, clock: time.Hour}
	p := g.begin()
	for range 64 {
		garbage = make([]byte, 4<<20)
	}
	if err := p.check(); err != nil {
		t.Errorf("garbage: %v", err)
	}
	hold := make([]byte, 48<<20)
	g.swept = time.Time{}
	if err := p.check(); keyOf(err) != "import.too_big" || kexin.CodeOf(err) != kexin.Invalid {
		t.Errorf("48 MiB of 32: %v", err)
	}
	q := g.begin()
	g.swept = time.Time{}
	if err := p.check(); err != nil {
		t.Errorf("two passes: %v", err)
	}
	q.end()
	g.swept = time.Time{}
	if err := p.check(); keyOf(err) != "import.too_big" {
		t.Errorf("the second is over: %v", err)
	}
	p.rows(64 << 10)
	if err := p.check(); err != nil {
		t.Errorf("with rows: %v", err)
	}
	p.end()
	if g.n != 0 || g.more != 0 {
		t.Errorf("%d passes, %d bytes", g.n, g.more)
	}
	runtime.KeepAlive(hold)
}

var garbage []byte

// TestStepBytes: however large its rows, a step holds no more than a few MiB of
// them, and a file of the largest rows is not held as a whole.
func TestStepBytes(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		owner := b.stepped("owner")
		cell := strings.Repeat("瓷", 20_000)
		rows := make([]string, 200)
		for i := range rows {
			rows[i] = fmt.Sprintf("王秀英,138%08d,,,,到店登记,,2024-05-06,,,%s", i*104_729, cell)
		}
		x := b.upload(owner, declared(), csvOf(rows...))
		if x.State != impReady || x.Rows != len(rows) {
			t.Fatalf("%s %s %d", x.State, x.Fault, x.Rows)
		}
		r, err := b.app.start(t.Context(), b.Org, x.ID, nil)
		b.must(err)
		defer r.close()
		b.must(r.understand())
		n := 0
		for lines, err := range r.steps(t.Context(), 0, func(intake.Row) {}) {
			b.must(err)
			size := 0
			for _, l := range lines {
				for _, c := range l.cells {
					size += len(c)
				}
			}
			if n += len(lines); size > stepBytes+len(cell)+1000 {
				t.Errorf("a step of %d rows holds %d bytes", len(lines), size)
			}
		}
		if n != len(rows) {
			t.Errorf("%d rows", n)
		}
	})
}
