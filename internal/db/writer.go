package db

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"kexin"
)

// Limits of one shared commit: it ends when nobody waits, or at these.
const (
	batchCalls = 128
	batchTime  = 10 * time.Millisecond
)

// longWait is how long a call waits until it is asked whether it stands inside
// a transaction, for whose end it would wait for ever.
const longWait = 100 * time.Millisecond

// A writer runs all functions of Update on SQLite, one after another, and
// commits half of those that call at the same time together (共享提交): one sync
// for them, during which the other half runs (see syncer). One that fails before it
// has written anything leaves no trace. Should one fail later, everything is
// rolled back and runs again, each but the first with a savepoint of its own:
// they cost a copy of every page that is changed, and most batches need none.
// After any failure of the engine but a refused row, after a panic and after a
// failed commit, everything is rolled back and each function runs again alone,
// so that what Update answers is true for each of them whatever its neighbours
// did. Nobody is answered before the commit is
// on disk, not even with an error: the function may have seen what a neighbour
// had not yet stored.
type writer struct {
	db       *DB
	mu       sync.Mutex
	calls    []*call
	closed   bool
	running  *call         // whose function runs now; for the loop alone
	part     bool          // a function of the batch failed when it had done a part; for the loop alone
	patience time.Duration // batchTime; longer in a test that counts commits
	wake     chan struct{}
	ended    chan struct{} // closed when the loop has ended
	disk     *syncer
	parts    int64        // a batch has one of them of those who call at the same time; 1 in a test that counts commits
	under    atomic.Int64 // calls that wait, run or go to the disk
	most     [2]int64     // of them at once in this batch and the one before; for the loop alone

	commits, served atomic.Int64
}

// A call is one Update on its way.
type call struct {
	fn    func(*Tx) error
	state atomic.Int32 // waiting → started | dropped
	tx    *Tx
	err   error
	final bool // err is the answer and fn must not run again
	done  chan struct{}
}

const (
	waiting int32 = iota
	started
	dropped
)

func newWriter(db *DB) *writer {
	w := &writer{db: db, patience: batchTime, parts: 2, wake: make(chan struct{}, 1), ended: make(chan struct{})}
	w.disk = newSyncer(w, db.cfg.File)
	go w.loop()
	return w
}

// do hands fn over and waits. A ctx that ends before fn starts drops it.
func (w *writer) do(ctx context.Context, fn func(*Tx) error) error {
	if err := ctx.Err(); err != nil {
		return classify("db.update", err)
	}
	if err := w.disk.log.failed(); err != nil {
		return fail("db.update", kexin.Unavailable, KeyDown, err)
	}
	c := &call{fn: fn, done: make(chan struct{})}
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return fail("db.update", kexin.Unavailable, KeyClosed, nil)
	}
	w.calls = append(w.calls, c)
	w.mu.Unlock()
	w.under.Add(1)
	defer w.under.Add(-1)
	w.signal()
	long := time.NewTimer(longWait)
	defer long.Stop()
	for waits := true; waits; {
		select {
		case <-c.done:
			waits = false
		case <-long.C: // it may be the writer that waits for itself
			if nested() && c.state.CompareAndSwap(waiting, dropped) {
				return errNested
			}
		case <-ctx.Done():
			if c.state.CompareAndSwap(waiting, dropped) {
				return classify("db.update", ctx.Err())
			}
			<-c.done
			waits = false
		}
	}
	if c.err == nil {
		c.tx.committed()
	}
	return c.err
}

func (w *writer) signal() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// next takes the oldest call that was not dropped, nil where none waits.
func (w *writer) next() *call {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.calls) > 0 {
		c := w.calls[0]
		w.calls[0] = nil
		w.calls = w.calls[1:]
		if c.state.CompareAndSwap(waiting, started) {
			return c
		}
	}
	return nil
}

// loop serves until stop. Should a function end the goroutine itself
// (runtime.Goexit, as t.FailNow does), another takes its place.
func (w *writer) loop() {
	stopped := false
	defer func() {
		if !stopped {
			go w.loop()
		}
	}()
	for {
		if c := w.next(); c != nil {
			w.serve(c)
			continue
		}
		w.mu.Lock()
		stopped = w.closed && len(w.calls) == 0
		w.mu.Unlock()
		if stopped {
			w.disk.stop()
			close(w.ended)
			return
		}
		<-w.wake
	}
}

func (w *writer) stop() {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.signal()
	<-w.ended
}

// serve runs first and those that come meanwhile. What they committed together
// is answered by the syncer, the rest here.
func (w *writer) serve(first *call) {
	batch := []*call{first}
	w.most = [2]int64{0, w.most[0]}
	stored := false
	defer func() {
		if !stored {
			w.disk.sync(batch)
			w.answer(batch)
		}
	}()
	// An error leaves stored false: no connection, for alone to tell.
	_ = w.db.write.with(context.Background(), func(c conn) error {
		stored = w.shared(c, &batch, false)
		if w.part && !stored {
			stored = w.shared(c, &batch, true)
		}
		return nil
	})
	if stored {
		w.disk.due <- batch
		return
	}
	for _, c := range batch {
		if !c.final {
			w.running = c
			c.err = w.alone(c)
		}
		c.final = true
	}
	w.running = nil
}

// answer tells those of the batch who have a final answer. The others are
// there only if a function has ended this goroutine: that one is refused, its
// neighbours, whose work is undone, wait again.
func (w *writer) answer(batch []*call) {
	var again []*call
	for _, c := range batch {
		if c == w.running {
			c.err, c.final = fail("db.update", kexin.Internal, "", errors.New("the function ended its goroutine")), true
		}
		if !c.final {
			c.state.Store(waiting)
			again = append(again, c)
			continue
		}
		w.served.Add(1) // before its caller goes on, who may ask
		close(c.done)
	}
	w.running = nil
	w.mu.Lock()
	w.calls = append(again, w.calls...)
	w.mu.Unlock()
}

// shared runs the batch in one transaction, with or without savepoints, and
// takes in who comes until the disk is free for it. It reports whether the batch
// is committed.
func (w *writer) shared(c conn, batch *[]*call, savepoints bool) bool {
	w.part = false
	if c.begin(context.Background(), false) != nil {
		return false
	}
	start := time.Now()
	for i := 0; ; i++ {
		if !w.step(c, (*batch)[i], savepoints && i > 0, savepoints) {
			_ = c.rollback()
			return false
		}
		if i+1 < len(*batch) { // it runs again
			continue
		}
		if len(*batch) == batchCalls || time.Since(start) > w.patience {
			<-w.disk.free
			break
		}
		if w.full(len(*batch)) {
			break
		}
		next := w.company()
		if next == nil {
			break
		}
		*batch = append(*batch, next)
	}
	if c.commit() != nil {
		w.disk.free <- struct{}{}
		_ = c.rollback()
		return false
	}
	w.commits.Add(1)
	w.db.copier.wrote(c, c.(*liteConn).Written())
	return true
}

// full reports whether a batch has its part, half, of those who call at the same
// time, and the disk waits for it, whose token it then has taken. The others run
// while the disk writes: a batch of all of them would leave the disk without work
// while it runs, and this loop while the disk writes.
func (w *writer) full(n int) bool {
	w.most[0] = max(w.most[0], w.under.Load())
	if w.parts*int64(n) < max(w.most[0], w.most[1]) {
		return false
	}
	select {
	case <-w.disk.free:
		return true
	default:
		return false
	}
}

// company is the next call that a batch takes in; nil when none waits and the
// disk is free, whose token it then has taken.
func (w *writer) company() *call {
	if c := w.next(); c != nil {
		return c
	}
	// Those answered by the last commit are on their way back: let them run
	// first. It makes batches half as large again.
	runtime.Gosched()
	for {
		if c := w.next(); c != nil {
			return c
		}
		select {
		case <-w.disk.free:
			return nil
		case <-w.wake:
		}
	}
}

// step runs one call of a batch and reports whether the transaction goes on.
// again says that the batch runs for the second time.
func (w *writer) step(c conn, k *call, savepoint, again bool) bool {
	ctx := context.Background()
	if savepoint {
		if _, err := c.exec(ctx, "savepoint k", nil); err != nil {
			return false
		}
	}
	before := c.(*liteConn).Changes()
	w.running, k.tx = k, w.db.newTx(ctx, c)
	k.err = k.tx.run(k.fn)
	w.running = nil
	if errors.Is(k.err, errPanic) {
		k.final = true
		return false
	}
	intact := k.tx.err == nil || c.survives(k.tx.err)
	switch {
	case k.err != nil && !intact:
		return false
	case !savepoint && (k.err == nil || c.(*liteConn).Changes() == before):
		return true
	case !savepoint:
		w.part = !again // the first of a batch that runs again: its rollback is everybody's
		k.final = again
		return false
	}
	if k.err != nil {
		if _, err := c.exec(ctx, "rollback to savepoint k", nil); err != nil {
			return false
		}
	}
	_, err := c.exec(ctx, "release savepoint k", nil)
	return err == nil
}

// alone runs one call in a transaction of its own. An engine that is locked
// by another program gets a few more chances; busy_timeout waits in each.
func (w *writer) alone(k *call) (err error) {
	for try := 0; try < 3; try++ {
		if e := w.db.write.with(context.Background(), func(c conn) error {
			k.tx, err = w.db.once(context.Background(), c, k.fn)
			w.db.copier.wrote(c, c.(*liteConn).Written())
			return nil
		}); e != nil {
			err = e
		}
		if keyOf(err) != KeyBusy {
			break
		}
	}
	if err == nil {
		w.commits.Add(1)
	}
	return err
}
