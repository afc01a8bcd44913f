package app

import (
	"runtime"
	"runtime/metrics"
	"sync"
	"time"

	"kexin"
)

// What one pass over a file may ask of the machine, besides the limits of
// package intake (security A14).
const (
	importMemory = 300 << 20 // bytes held, above what the process held before
	importPerRow = 512       // and for each row, what is known of the people in it: some 120 to 290 (TestImportPerRow)
	importClock  = 2 * time.Hour
	stepBytes    = 4 << 20 // cells of one step
)

// A gauge compares what the process holds with what its imports may hold
// together: the heap does not say whose it is.
type gauge struct {
	memory int64 // importMemory, but for tests
	clock  time.Duration
	mu     sync.Mutex
	n      int   // passes under way
	base   int64 // held when the first of them began
	more   int64 // allowed above it
	swept  time.Time
}

// A pass is one pass over a file under the gauge.
type pass struct {
	g     *gauge
	until time.Time
	more  int64
}

func (g *gauge) begin() *pass {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.n++; g.n == 1 {
		runtime.GC()
		g.base, g.more = heapOf("/gc/heap/live:bytes"), 0
	}
	g.more += g.memory
	return &pass{g: g, until: time.Now().Add(g.clock), more: g.memory}
}

func (p *pass) end() {
	p.g.mu.Lock()
	defer p.g.mu.Unlock()
	p.g.n--
	p.g.more -= p.more
}

// rows allows for rows that were read.
func (p *pass) rows(n int) {
	p.g.mu.Lock()
	defer p.g.mu.Unlock()
	more := int64(n) * importPerRow
	p.more, p.g.more = p.more+more, p.g.more+more
}

// check is asked whenever more of the file is read. Errors: invalid with
// import.too_long or import.too_big, which no repetition mends.
func (p *pass) check() error {
	if time.Now().After(p.until) {
		return &kexin.Error{Op: "app.import", Code: kexin.Invalid, Key: "import.too_long"}
	}
	if p.g.over() {
		return &kexin.Error{Op: "app.import", Code: kexin.Invalid, Key: "import.too_big"}
	}
	return nil
}

// over looks at what is allocated first; only where that is too much, garbage
// is told from what is held, once a second at most.
func (g *gauge) over() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if heapOf("/memory/classes/heap/objects:bytes") <= g.base+g.more {
		return false
	}
	if time.Since(g.swept) > time.Second {
		runtime.GC()
		g.swept = time.Now()
	}
	return heapOf("/gc/heap/live:bytes") > g.base+g.more
}

// heapOf reads one figure of the runtime in bytes.
func heapOf(name string) int64 {
	s := []metrics.Sample{{Name: name}}
	metrics.Read(s)
	return int64(s[0].Value.Uint64())
}
