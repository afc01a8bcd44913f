// Package lite is the shortest way from Go to SQLite: connection, statement,
// row. It stands on the C library as modernc.org/sqlite translates it and
// leaves out database/sql, because reading a page of fifty records through
// that takes more than twice as long: a lock, two copies and an allocation for
// each value.
//
// A Conn and its Stmts belong to one goroutine at a time. Only Interrupt may be
// called from another.
package lite

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"unsafe"

	"modernc.org/libc"
	"modernc.org/libc/sys/types"
	sqlite3 "modernc.org/sqlite/lib"
)

// An Error is a result of SQLite that is not success.
type Error struct {
	code int
	text string
}

// Code is the extended result code.
func (e *Error) Code() int { return e.code }

// Error is the message of SQLite. It may quote the statement, and that of a
// full-text search or a JSON path an argument.
func (e *Error) Error() string { return fmt.Sprintf("%s (%d)", e.text, e.code) }

// A Conn is one connection to one file.
type Conn struct {
	tls *libc.TLS
	db  uintptr
	out uintptr // two words for results of C calls

	mu   sync.Mutex // against Interrupt during Close
	busy bool       // Interrupt has effect

	writes []string                                                                  // tables that the statement writes which is compiled
	hidden []string                                                                  // of Hide
	asked  func(*libc.TLS, uintptr, int32, uintptr, uintptr, uintptr, uintptr) int32 // authorize, for the garbage collector
	gather *gather                                                                   // of Gather
}

// Open opens or creates the file at path.
func Open(path string) (*Conn, error) {
	arrange()
	c := &Conn{tls: libc.NewTLS()}
	c.out = libc.Xmalloc(c.tls, types.Size_t(2*word))
	name, err := libc.CString(path)
	if err != nil || c.out == 0 {
		return nil, errors.Join(err, c.Close())
	}
	defer libc.Xfree(c.tls, name)
	// Without a mutex of its own: see the rule on goroutines above.
	const flags = sqlite3.SQLITE_OPEN_READWRITE | sqlite3.SQLITE_OPEN_CREATE | sqlite3.SQLITE_OPEN_NOMUTEX
	rc := sqlite3.Xsqlite3_open_v2(c.tls, name, c.out, flags, 0)
	c.db = *(*uintptr)(at(c.out))
	if rc != sqlite3.SQLITE_OK {
		return nil, errors.Join(c.failure(rc), c.Close())
	}
	sqlite3.Xsqlite3_extended_result_codes(c.tls, c.db, 1)
	c.asked = c.authorize
	sqlite3.Xsqlite3_set_authorizer(c.tls, c.db, function(c.asked), 0)
	return c, c.defend()
}

// defend turns off what no statement of ours needs: a text in double quotes
// that is no column, and writing to SQLite's own tables. A plan hangs on the
// statement alone (QPSG), not on the values bound first: else each statement on
// a table with a partial index is compiled again whenever a value changes.
func (c *Conn) defend() error {
	va := libc.Xmalloc(c.tls, 16)
	defer libc.Xfree(c.tls, va)
	for op, on := range map[int32]int32{
		sqlite3.SQLITE_DBCONFIG_DQS_DDL: 0, sqlite3.SQLITE_DBCONFIG_DQS_DML: 0, sqlite3.SQLITE_DBCONFIG_DEFENSIVE: 1,
		sqlite3.SQLITE_DBCONFIG_ENABLE_QPSG: 1,
	} {
		if rc := sqlite3.Xsqlite3_db_config(c.tls, c.db, op, libc.VaList(va, on, uintptr(0))); rc != sqlite3.SQLITE_OK {
			return errors.Join(c.failure(rc), c.Close())
		}
	}
	return nil
}

// Close ends the connection. Statements must have been closed before.
func (c *Conn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tls == nil {
		return nil
	}
	var err error
	if rc := sqlite3.Xsqlite3_close_v2(c.tls, c.db); rc != sqlite3.SQLITE_OK {
		err = c.failure(rc)
	}
	libc.Xfree(c.tls, c.out)
	c.tls.Close()
	c.tls, c.db, c.busy = nil, 0, false
	return err
}

// Exec runs the statements of script, without arguments.
func (c *Conn) Exec(script string) error {
	q, err := libc.CString(script)
	if err != nil {
		return err
	}
	defer libc.Xfree(c.tls, q)
	if rc := sqlite3.Xsqlite3_exec(c.tls, c.db, q, 0, 0, 0); rc != sqlite3.SQLITE_OK {
		return c.failure(rc)
	}
	return nil
}

// InTransaction reports whether a transaction is open. SQLite ends one by
// itself after some failures.
func (c *Conn) InTransaction() bool {
	return sqlite3.Xsqlite3_get_autocommit(c.tls, c.db) == 0
}

// Changes counts all rows changed since the connection was opened, those
// changed by foreign keys as well.
func (c *Conn) Changes() int64 { return int64(sqlite3.Xsqlite3_total_changes64(c.tls, c.db)) }

// Hide has statements that read one of these tables refused from now on.
func (c *Conn) Hide(tables []string) { c.hidden = tables }

// authorize is asked about each table and column while a statement is compiled.
func (c *Conn) authorize(_ *libc.TLS, _ uintptr, act int32, table, _, _, _ uintptr) int32 {
	switch act {
	case sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE:
		if name := libc.GoString(table); !slices.Contains(c.writes, name) {
			c.writes = append(c.writes, name)
		}
	case sqlite3.SQLITE_READ:
		if len(c.hidden) > 0 && slices.Contains(c.hidden, libc.GoString(table)) {
			return sqlite3.SQLITE_DENY
		}
	}
	return sqlite3.SQLITE_OK
}

// Written counts the pages written since it was last asked.
func (c *Conn) Written() int {
	sqlite3.Xsqlite3_db_status(c.tls, c.db, sqlite3.SQLITE_DBSTATUS_CACHE_WRITE, c.out, c.out+4, 1)
	return int(*(*int32)(at(c.out)))
}

// Interruptible says whether Interrupt has an effect from now on.
func (c *Conn) Interruptible(yes bool) {
	c.mu.Lock()
	c.busy = yes
	c.mu.Unlock()
}

// Interrupt ends the statement that runs, if the connection is interruptible.
func (c *Conn) Interrupt() {
	c.mu.Lock()
	if c.busy {
		// Not c.tls: that is in use. The call only sets a flag.
		sqlite3.Xsqlite3_interrupt(nil, c.db)
	}
	c.mu.Unlock()
}

func (c *Conn) failure(rc int32) error {
	return &Error{int(rc), libc.GoString(sqlite3.Xsqlite3_errmsg(c.tls, c.db))}
}

const word = unsafe.Sizeof(uintptr(0))

// at is the memory at an address of the C heap, which Go neither moves nor
// frees.
func at(p uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&p)) }

func view(p uintptr, n int32) []byte {
	if p == 0 || n <= 0 {
		return nil
	}
	return unsafe.Slice((*byte)(at(p)), n)
}
