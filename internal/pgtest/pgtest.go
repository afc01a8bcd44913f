// Package pgtest runs a PostgreSQL for tests: one per test binary, from the
// programs that Debian installs, on a unix socket in a temporary directory.
// With KEXIN_TEST_PG_DSN set, the databases are made on that server instead.
// Where no PostgreSQL is found the test is skipped loudly, or fails with
// KEXIN_REQUIRE_PG=1.
//
// A package that uses it has
//
//	func TestMain(m *testing.M) { pgtest.Main(m) }
package pgtest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// shared is the server of this test binary. It is the one piece of global
// state: tests of many files have nothing else in common.
var shared struct {
	once   sync.Once
	server *Server
	err    error

	mu        sync.Mutex
	templates map[string]string
	names     atomic.Int64
}

// Main runs the tests, stops the server and exits.
func Main(m *testing.M) { os.Exit(Run(m)) }

// Run runs the tests, stops the server and gives the exit code.
func Run(m *testing.M) int {
	code := m.Run()
	if shared.server != nil {
		shared.server.Stop()
	}
	return code
}

// Database gives the DSN of a fresh empty database, dropped when tb ends.
func Database(tb testing.TB) string {
	tb.Helper()
	return create(tb, "template0")
}

// Template gives the DSN of a fresh copy of a database that prepare has filled
// once for this test binary under the name key. prepare must close what it
// opens.
func Template(tb testing.TB, key string, prepare func(dsn string) error) string {
	tb.Helper()
	shared.mu.Lock()
	defer shared.mu.Unlock()
	name := shared.templates[key]
	if name == "" {
		name = unique("tpl")
		run(tb, "CREATE DATABASE "+name+" TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'")
		if err := prepare(Shared(tb).DSN(name)); err != nil {
			tb.Fatalf("template %s: %v", key, err)
		}
		if shared.templates == nil {
			shared.templates = map[string]string{}
		}
		shared.templates[key] = name
	}
	return create(tb, name)
}

// Shared is the server of this test binary, started by the first call. Do not
// stop or kill it: use Start for that.
func Shared(tb testing.TB) *Server {
	tb.Helper()
	shared.once.Do(func() {
		if dsn := os.Getenv("KEXIN_TEST_PG_DSN"); dsn != "" {
			shared.server = &Server{dsn: dsn}
			return
		}
		shared.server, shared.err = start(false)
	})
	missing(tb, shared.err)
	return shared.server
}

// Start runs a server of its own for tb, one that may be restarted and killed.
// fsync makes it write to the disk as in production; without, it is faster.
func Start(tb testing.TB, fsync bool) *Server {
	tb.Helper()
	s, err := start(fsync)
	missing(tb, err)
	tb.Cleanup(s.Stop)
	return s
}

func missing(tb testing.TB, err error) {
	tb.Helper()
	if err == nil {
		return
	}
	if os.Getenv("KEXIN_REQUIRE_PG") == "1" {
		tb.Fatalf("KEXIN_REQUIRE_PG=1 and no PostgreSQL: %v", err)
	}
	tb.Skipf("NOT TESTED ON POSTGRESQL: %v", err)
}

func create(tb testing.TB, template string) string {
	tb.Helper()
	name := unique("t")
	locale := ""
	if template == "template0" {
		locale = " ENCODING 'UTF8' LOCALE 'C.UTF-8'"
	}
	run(tb, "CREATE DATABASE "+name+" TEMPLATE "+template+locale+" STRATEGY file_copy")
	tb.Cleanup(func() { run(tb, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)") })
	return Shared(tb).DSN(name)
}

func unique(prefix string) string {
	return fmt.Sprintf("%s_%d_%d_%d", prefix, os.Getpid(), time.Now().Unix()%100000, shared.names.Add(1))
}

// run sends one statement to the server's own database.
func run(tb testing.TB, sql string) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := pgx.Connect(ctx, Shared(tb).DSN("postgres"))
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = c.Close(ctx) }()
	if _, err := c.Exec(ctx, sql); err != nil {
		tb.Fatalf("%s: %v", sql, err)
	}
}

// DSN names a database of the server.
func (s *Server) DSN(database string) string {
	if s.dsn == "" {
		return "postgres:///" + database + "?user=kexin&host=" + url.QueryEscape(s.dir)
	}
	u, err := url.Parse(s.dsn)
	if err != nil || !strings.HasPrefix(u.Scheme, "postgres") {
		return s.dsn
	}
	u.Path = "/" + database
	return u.String()
}
