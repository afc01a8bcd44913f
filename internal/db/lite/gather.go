package lite

import (
	"errors"
	"unsafe"

	"modernc.org/libc"
	"modernc.org/libc/sys/types"
	sqlite3 "modernc.org/sqlite/lib"
)

// A gather collects what a connection writes to its write-ahead log, two calls
// of the system a page, and writes it in one piece: when the commit is
// complete, and before anything else happens to the file.
//
// It also makes the log longer than it is, by zeros: to put on disk what is
// written inside a file takes a third of the time of what makes it grow.
type gather struct {
	usual sqlite3.Tsqlite3_io_methods
	own   uintptr // the methods that stand in for them
	buf   uintptr
	from  int64 // where in the file buf belongs
	n     int32
	end   int64   // of the file, or less
	zeros uintptr // gatherSize of them
	keep  []any   // the functions in own, for the garbage collector
}

const (
	gatherSize = 1<<17 - 1      // the most that SQLite writes in one piece
	zerosAhead = 8 * gatherSize // by which the log grows, 1 MB
)

// Gather has the connection gather what it writes to the log from now on; its
// journal mode has to be wal. A commit then waits for no disk whatever synchronous says:
// with full it is the mark at which the log is written. A checkpoint waits
// where checkpoint_fullfsync is on.
func (c *Conn) Gather() error {
	if err := c.Exec("select 1 from sqlite_schema"); err != nil { // opens the log
		return err
	}
	name, err := libc.CString("main")
	if err != nil {
		return err
	}
	defer libc.Xfree(c.tls, name)
	if rc := sqlite3.Xsqlite3_file_control(c.tls, c.db, name, sqlite3.SQLITE_FCNTL_JOURNAL_POINTER, c.out); rc != sqlite3.SQLITE_OK {
		return c.failure(rc)
	}
	file := (*sqlite3.Tsqlite3_file)(at(*(*uintptr)(at(c.out))))
	if file == nil || file.FpMethods == 0 {
		return errors.New("no write-ahead log")
	}
	g := &gather{usual: *(*sqlite3.Tsqlite3_io_methods)(at(file.FpMethods)), buf: libc.Xmalloc(c.tls, gatherSize)}
	g.own, g.zeros = libc.Xmalloc(c.tls, types.Size_t(unsafe.Sizeof(g.usual))), libc.Xcalloc(c.tls, 1, gatherSize)
	if g.buf == 0 || g.own == 0 || g.zeros == 0 {
		return errors.New("no memory")
	}
	m := (*sqlite3.Tsqlite3_io_methods)(at(g.own))
	*m = g.usual
	for _, x := range []struct {
		at *uintptr
		f  any
	}{{&m.FxWrite, g.write}, {&m.FxRead, g.read}, {&m.FxSync, g.sync}, {&m.FxTruncate, g.truncate}, {&m.FxFileSize, g.size}, {&m.FxClose, g.close}} {
		g.keep = append(g.keep, x.f)
		*x.at = function(x.f)
	}
	file.FpMethods, c.gather = g.own, g
	return nil
}

// write is xWrite of the log.
func (g *gather) write(tls *libc.TLS, file, p uintptr, n int32, off int64) int32 {
	if off != g.from+int64(g.n) || g.n+n > gatherSize {
		if rc := g.flush(tls, file); rc != sqlite3.SQLITE_OK {
			return rc
		}
		g.from = off
	}
	if n > gatherSize {
		return call[func(*libc.TLS, uintptr, uintptr, int32, int64) int32](g.usual.FxWrite)(tls, file, p, n, off)
	}
	copy(view(g.buf+uintptr(g.n), n), view(p, n))
	g.n += n
	return sqlite3.SQLITE_OK
}

// flush writes what was gathered. What could not be written is forgotten, as
// SQLite does with a page that it could not write.
func (g *gather) flush(tls *libc.TLS, file uintptr) int32 {
	n := g.n
	if n == 0 {
		return sqlite3.SQLITE_OK
	}
	from := g.from
	g.from, g.n = from+int64(n), 0
	rc := call[func(*libc.TLS, uintptr, uintptr, int32, int64) int32](g.usual.FxWrite)(tls, file, g.buf, n, from)
	if rc == sqlite3.SQLITE_OK && g.from > g.end {
		g.grow(tls, file)
	}
	return rc
}

// grow writes zeros behind what was written. Where the disk is full there are
// none: SQLite takes them for frames that were never written.
func (g *gather) grow(tls *libc.TLS, file uintptr) {
	for g.end = g.from; g.end < g.from+zerosAhead; g.end += gatherSize {
		if call[func(*libc.TLS, uintptr, uintptr, int32, int64) int32](g.usual.FxWrite)(tls, file, g.zeros, gatherSize, g.end) != sqlite3.SQLITE_OK {
			return
		}
	}
}

func (g *gather) read(tls *libc.TLS, file, p uintptr, n int32, off int64) int32 {
	if rc := g.flush(tls, file); rc != sqlite3.SQLITE_OK {
		return rc
	}
	return call[func(*libc.TLS, uintptr, uintptr, int32, int64) int32](g.usual.FxRead)(tls, file, p, n, off)
}

// sync leaves the end of a commit to who waits for the disk himself. That of a
// checkpoint comes with the flag of checkpoint_fullfsync.
func (g *gather) sync(tls *libc.TLS, file uintptr, flags int32) int32 {
	if rc := g.flush(tls, file); rc != sqlite3.SQLITE_OK || flags == sqlite3.SQLITE_SYNC_NORMAL {
		return rc
	}
	return call[func(*libc.TLS, uintptr, int32) int32](g.usual.FxSync)(tls, file, flags)
}

func (g *gather) truncate(tls *libc.TLS, file uintptr, size int64) int32 {
	if rc := g.flush(tls, file); rc != sqlite3.SQLITE_OK {
		return rc
	}
	g.end = min(g.end, size)
	return call[func(*libc.TLS, uintptr, int64) int32](g.usual.FxTruncate)(tls, file, size)
}

func (g *gather) size(tls *libc.TLS, file, out uintptr) int32 {
	if rc := g.flush(tls, file); rc != sqlite3.SQLITE_OK {
		return rc
	}
	return call[func(*libc.TLS, uintptr, uintptr) int32](g.usual.FxFileSize)(tls, file, out)
}

// close gives back the memory; what is left was never committed.
func (g *gather) close(tls *libc.TLS, file uintptr) int32 {
	rc := call[func(*libc.TLS, uintptr) int32](g.usual.FxClose)(tls, file)
	libc.Xfree(tls, g.buf)
	libc.Xfree(tls, g.own)
	libc.Xfree(tls, g.zeros)
	return rc
}
