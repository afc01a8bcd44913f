package db

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"regexp"
	"strings"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"modernc.org/sqlite"

	"kexin"
)

// macros are the words in braces that a migration may use, on SQLite and on
// PostgreSQL.
var macros = map[string][2]string{
	"{json}":    {"TEXT", "JSONB"},
	"{blob}":    {"BLOB", "BYTEA"},
	"{bytes16}": {"BLOB", "BYTEA"}, // 16 bytes, such as a keyed hash
	"{tokens}":  {"TEXT", "TEXT[]"},
	"{rowless}": {"WITHOUT ROWID", ""}, // the primary key is the table: for rows that are found by it alone
}

// Migrate brings the database to the newest of the goose files of dir. One
// set of files serves both engines: macros stand for types, and lines between
// "-- {sqlite}" or "-- {postgres}" and "-- {end}" are for that engine only.
// Several servers may call it at once. A database that is newer than the files
// is an unavailable error with key "db.newer", and nothing is changed.
func (db *DB) Migrate(ctx context.Context, files fs.FS, dir string) error {
	sub, err := fs.Sub(files, dir)
	if err != nil {
		return fail("db.migrate", kexin.Internal, "", err)
	}
	db.migrating.Lock() // on SQLite there is one process; PostgreSQL has goose's session lock besides
	defer db.migrating.Unlock()
	dialect, opts := goose.DialectSQLite3, []goose.ProviderOption{goose.WithDisableGlobalRegistry(true)}
	if db.Postgres() {
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 600))
		if err != nil {
			return fail("db.migrate", kexin.Internal, "", err)
		}
		dialect, opts = goose.DialectPostgres, append(opts, goose.WithSessionLocker(locker))
	}
	pool, done, err := db.Standard()
	if err != nil {
		return classify("db.migrate", err)
	}
	defer done()
	p, err := goose.NewProvider(dialect, pool, rendered{sub, db.Postgres()}, opts...)
	if err != nil {
		return fail("db.migrate", kexin.Internal, "", err)
	}
	have, err := db.Version(ctx)
	if err != nil {
		return err
	}
	all := p.ListSources()
	if newest := all[len(all)-1].Version; have > newest {
		return fail("db.migrate", kexin.Unavailable, KeyNewer, fmt.Errorf("database has %d, this program %d", have, newest))
	}
	if _, err := p.Up(ctx); err != nil {
		return migrationError(err)
	}
	return nil
}

// Standard is the database as database/sql knows it, on one connection, with what
// ends it: for goose, and for measuring beside what is usual.
func (db *DB) Standard() (*sql.DB, func(), error) {
	if p, ok := db.write.(pgPool); ok {
		return p.DB, func() {}, nil
	}
	dsn := "file:" + (&url.URL{Path: db.cfg.File}).EscapedPath() + "?_txlock=immediate&_dqs=0"
	for _, p := range pragmas {
		dsn += "&_pragma=" + p // busy_timeout is run first
	}
	c, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, nil, err
	}
	pool := sql.OpenDB(c)
	pool.SetMaxOpenConns(1)
	return pool, func() { _ = pool.Close() }, nil
}

// migrationError keeps the file's name and the engine's message: a migration
// has no arguments that it could quote.
func migrationError(err error) error {
	var part *goose.PartialError
	if !errors.As(err, &part) {
		return classify("db.migrate", err)
	}
	e := &kexin.Error{Op: "db.migrate", Code: kexin.CodeOf(classify("", part.Err)), Key: keyOf(classify("", part.Err))}
	e.Err = fmt.Errorf("%s: %w", part.Failed.Source.Path, part.Err)
	return e
}

// Version is the number of the newest migration applied, 0 for none.
func (db *DB) Version(ctx context.Context) (v int64, err error) {
	exists := `select count(*) from sqlite_master where name = 'goose_db_version'`
	if db.Postgres() {
		exists = `select count(*) from pg_tables where tablename = 'goose_db_version' and schemaname = current_schema()`
	}
	err = db.View(ctx, func(tx *Tx) error {
		if err := tx.Row(exists).Scan(&v); err != nil || v == 0 {
			return err
		}
		return tx.Row(`select coalesce(max(version_id), 0) from goose_db_version where is_applied`).Scan(&v)
	})
	return v, err
}

var macro = regexp.MustCompile(`\{[a-z][a-z0-9]*\}`)

// render writes a migration for one engine. An unknown word in braces is an
// error.
func render(src []byte, postgres bool) ([]byte, error) {
	engine, own := 0, "-- {sqlite}"
	if postgres {
		engine, own = 1, "-- {postgres}"
	}
	var out bytes.Buffer
	only := ""
	for _, line := range strings.SplitAfter(string(src), "\n") {
		switch mark := strings.TrimSpace(line); mark {
		case "-- {sqlite}", "-- {postgres}":
			only = mark
			continue
		case "-- {end}":
			only = ""
			continue
		}
		if only != "" && only != own {
			continue
		}
		for _, word := range macro.FindAllString(line, -1) {
			types, ok := macros[word]
			if !ok {
				return nil, fmt.Errorf("unknown macro %s", word)
			}
			line = strings.Replace(line, word, types[engine], 1)
		}
		out.WriteString(line)
	}
	return out.Bytes(), nil
}

// rendered shows the files of fs.FS as one engine reads them.
type rendered struct {
	fs.FS
	postgres bool
}

// Open renders what is a file and passes on what is a directory.
func (r rendered) Open(name string) (fs.File, error) {
	f, err := r.FS.Open(name)
	if err != nil || !strings.HasSuffix(name, ".sql") {
		return f, err
	}
	src, err := io.ReadAll(f)
	if err == nil {
		src, err = render(src, r.postgres)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", name, err), f.Close())
	}
	return &renderedFile{f, bytes.NewReader(src)}, nil
}

type renderedFile struct {
	fs.File
	r *bytes.Reader
}

// Read reads the rendered text.
func (f *renderedFile) Read(p []byte) (int, error) { return f.r.Read(p) }
