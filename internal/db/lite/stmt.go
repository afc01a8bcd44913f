package lite

import (
	"errors"

	"modernc.org/libc"
	"modernc.org/libc/sys/types"
	sqlite3 "modernc.org/sqlite/lib"
)

// A Type is the type of a value.
type Type int32

// The types.
const (
	Int   Type = sqlite3.SQLITE_INTEGER
	Float Type = sqlite3.SQLITE_FLOAT
	Text  Type = sqlite3.SQLITE_TEXT
	Blob  Type = sqlite3.SQLITE_BLOB
	Null  Type = sqlite3.SQLITE_NULL
)

// A Stmt is a prepared statement: bind, step until there is no row, reset.
type Stmt struct {
	c      *Conn
	p      uintptr
	params int
	cols   int
	writes []string
	arena  arena
}

// Prepare compiles q, which must be one statement.
func (c *Conn) Prepare(q string) (*Stmt, error) {
	text, err := libc.CString(q)
	if err != nil {
		return nil, err
	}
	defer libc.Xfree(c.tls, text)
	c.writes = nil
	rc := sqlite3.Xsqlite3_prepare_v3(c.tls, c.db, text, int32(len(q)+1), sqlite3.SQLITE_PREPARE_PERSISTENT, c.out, c.out+word)
	s := &Stmt{c: c, p: *(*uintptr)(at(c.out)), writes: c.writes}
	if rc != sqlite3.SQLITE_OK {
		return nil, c.failure(rc)
	}
	if end := *(*uintptr)(at(c.out + word)); s.p == 0 || *(*byte)(at(end)) != 0 {
		s.Close()
		return nil, errors.New("not exactly one statement")
	}
	s.params = int(sqlite3.Xsqlite3_bind_parameter_count(c.tls, s.p))
	s.cols = int(sqlite3.Xsqlite3_column_count(c.tls, s.p))
	return s, nil
}

// Params is the number of arguments to bind, from 1.
func (s *Stmt) Params() int { return s.params }

// Param is the name of an argument: "$7", or "" for a plain question mark.
func (s *Stmt) Param(i int) string {
	return libc.GoString(sqlite3.Xsqlite3_bind_parameter_name(s.c.tls, s.p, int32(i)))
}

// Writes are the tables that it may write, those of foreign keys as well.
func (s *Stmt) Writes() []string { return s.writes }

// Columns is the number of columns of a row.
func (s *Stmt) Columns() int { return s.cols }

// BindNull, BindInt, BindFloat, BindText and BindBlob set the argument i,
// counted from 1, until it is set again.
func (s *Stmt) BindNull(i int) error {
	return s.ok(sqlite3.Xsqlite3_bind_null(s.c.tls, s.p, int32(i)))
}

// BindInt binds a number.
func (s *Stmt) BindInt(i int, v int64) error {
	return s.ok(sqlite3.Xsqlite3_bind_int64(s.c.tls, s.p, int32(i), v))
}

// BindFloat binds a floating-point number.
func (s *Stmt) BindFloat(i int, v float64) error {
	return s.ok(sqlite3.Xsqlite3_bind_double(s.c.tls, s.p, int32(i), v))
}

// BindText binds text. It is valid until Reset.
func (s *Stmt) BindText(i int, v string) error {
	p := s.arena.take(s.c.tls, len(v))
	copy(view(p, int32(len(v))), v)
	return s.ok(sqlite3.Xsqlite3_bind_text(s.c.tls, s.p, int32(i), p, int32(len(v)), 0))
}

// BindBlob binds bytes, nil as NULL. They are valid until Reset.
func (s *Stmt) BindBlob(i int, v []byte) error {
	if v == nil {
		return s.BindNull(i)
	}
	p := s.arena.take(s.c.tls, len(v))
	copy(view(p, int32(len(v))), v)
	return s.ok(sqlite3.Xsqlite3_bind_blob(s.c.tls, s.p, int32(i), p, int32(len(v)), 0))
}

// Step runs to the next row and reports whether there is one.
func (s *Stmt) Step() (bool, error) {
	switch rc := sqlite3.Xsqlite3_step(s.c.tls, s.p); rc {
	case sqlite3.SQLITE_ROW:
		return true, nil
	case sqlite3.SQLITE_DONE:
		return false, nil
	default:
		return false, s.c.failure(rc)
	}
}

// Reset ends the run and forgets text and bytes that were bound.
func (s *Stmt) Reset() {
	sqlite3.Xsqlite3_reset(s.c.tls, s.p)
	if s.arena.used {
		sqlite3.Xsqlite3_clear_bindings(s.c.tls, s.p)
		s.arena.reset(s.c.tls)
	}
}

// Type is the type of column i, counted from 0, of this row.
func (s *Stmt) Type(i int) Type { return Type(sqlite3.Xsqlite3_column_type(s.c.tls, s.p, int32(i))) }

// Int is a number.
func (s *Stmt) Int(i int) int64 { return sqlite3.Xsqlite3_column_int64(s.c.tls, s.p, int32(i)) }

// Float is a floating-point number.
func (s *Stmt) Float(i int) float64 { return sqlite3.Xsqlite3_column_double(s.c.tls, s.p, int32(i)) }

// Text is a copy of text.
func (s *Stmt) Text(i int) string {
	p := sqlite3.Xsqlite3_column_text(s.c.tls, s.p, int32(i))
	return string(view(p, sqlite3.Xsqlite3_column_bytes(s.c.tls, s.p, int32(i))))
}

// Blob shows bytes that are valid until the next Step.
func (s *Stmt) Blob(i int) []byte {
	p := sqlite3.Xsqlite3_column_blob(s.c.tls, s.p, int32(i))
	return view(p, sqlite3.Xsqlite3_column_bytes(s.c.tls, s.p, int32(i)))
}

// Close frees the statement.
func (s *Stmt) Close() {
	sqlite3.Xsqlite3_finalize(s.c.tls, s.p)
	s.arena.free(s.c.tls)
	s.p = 0
}

func (s *Stmt) ok(rc int32) error {
	if rc != sqlite3.SQLITE_OK {
		return s.c.failure(rc)
	}
	return nil
}

// An arena holds copies of bound values in C memory, where they stay put. It
// keeps one block from run to run.
type arena struct {
	blocks []uintptr
	size   int // of the last block
	at     int // first free byte in it
	used   bool
}

const blockSize = 4096

func (a *arena) take(tls *libc.TLS, n int) uintptr {
	a.used = true
	if len(a.blocks) == 0 || a.size-a.at < n {
		size := max(n, blockSize)
		p := libc.Xmalloc(tls, types.Size_t(size))
		if p == 0 {
			panic("out of memory")
		}
		a.blocks, a.size, a.at = append(a.blocks, p), size, 0
	}
	p := a.blocks[len(a.blocks)-1] + uintptr(a.at)
	a.at += n
	return p
}

// reset keeps the last block unless it is large.
func (a *arena) reset(tls *libc.TLS) {
	last := len(a.blocks) - 1
	for _, p := range a.blocks[:last] {
		libc.Xfree(tls, p)
	}
	a.blocks[0], a.blocks, a.at, a.used = a.blocks[last], a.blocks[:1], 0, false
	if a.size > 64*blockSize {
		a.free(tls)
	}
}

func (a *arena) free(tls *libc.TLS) {
	for _, p := range a.blocks {
		libc.Xfree(tls, p)
	}
	*a = arena{}
}
