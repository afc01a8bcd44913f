package measure

import (
	"context"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"kexin"
	"kexin/auth"
	"kexin/bench/load"
	"kexin/gate"
	"kexin/internal/db"
	"kexin/internal/sample"
	"kexin/store"
	"kexin/vault"
)

// The staff of the merchant measured: an owner, who imports, a leader, who
// approves, and clerks, each in charge of an equal part of the customers.
const (
	mostClerks = 50
	depts      = 10
)

// A ground is one database with its merchant and staff.
type ground struct {
	Config
	rows   int
	dir    string
	data   string
	key    string // file of the master key, beside data
	dsn    string // of this ground's own database; "" = SQLite
	org    kexin.ID
	owner  person
	leader person
	clerks []person
	people *sample.Source
	clock  clock
	batch  kexin.ID
}

// A person is a member of staff with his session.
type person struct {
	kexin.Actor
	name   string
	cookie string
}

// A clock runs with the machine's and can be put forward.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time          { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) instant() kexin.Instant  { return kexin.At(c.now()) }
func (c *clock) forward(d time.Duration) { c.ahead.Add(int64(d)) }

// newGround founds the merchant in an empty database.
func (c Config) newGround(ctx context.Context, dir string, rows int) (*ground, error) {
	g := &ground{Config: c, rows: rows, dir: dir, data: filepath.Join(dir, "data"), key: filepath.Join(dir, "key", "master.key"), people: sample.New(1, time.Now())}
	for _, d := range []string{g.data, filepath.Dir(g.key)} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return nil, err
		}
	}
	if _, _, err := vault.CreateKeyFile(g.key, g.data); err != nil {
		return nil, err
	}
	if c.DSN != "" {
		var err error
		if g.dsn, err = c.newDatabase(ctx, "kexin_bench_"+fmt.Sprint(rows)); err != nil {
			return nil, err
		}
	}
	s, err := g.open(ctx, nil)
	if err != nil {
		return nil, err
	}
	return g, join(g.found(ctx, s), s.Close())
}

// newDatabase makes an empty database on the server, in place of one that an
// earlier run left behind.
func (c Config) newDatabase(ctx context.Context, name string) (string, error) {
	u, err := url.Parse(c.DSN)
	if err != nil {
		return "", err
	}
	conn, err := pgx.Connect(ctx, c.DSN)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close(ctx) }()
	for _, q := range []string{"DROP DATABASE IF EXISTS " + name + " WITH (FORCE)", "CREATE DATABASE " + name + " TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'"} {
		if _, err := conn.Exec(ctx, q); err != nil {
			return "", err
		}
	}
	u.Path = "/" + name
	return u.String(), nil
}

// dropDatabase removes what newDatabase made.
func (c Config) dropDatabase(ctx context.Context, name string) error {
	conn, err := pgx.Connect(ctx, c.DSN)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
	return err
}

// clear removes the database; the directory goes with its owner.
func (g *ground) clear() {
	if g.dsn == "" {
		return
	}
	if err := g.dropDatabase(context.Background(), "kexin_bench_"+fmt.Sprint(g.rows)); err != nil {
		g.Log.Warn("a database is left behind", "err", err.Error())
	}
}

// config is how the database is opened; trace is told every statement.
func (g *ground) config(trace func(string, time.Duration, int)) db.Config {
	c := db.Config{DSN: g.dsn, Trace: trace, Clock: g.clock.now}
	if g.dsn == "" {
		c.File = filepath.Join(g.data, "kexin.db")
	}
	return c
}

// open opens the store as the server does.
func (g *ground) open(ctx context.Context, trace func(string, time.Duration, int)) (*store.Store, error) {
	d, err := db.Open(ctx, g.config(trace))
	if err != nil {
		return nil, err
	}
	k, err := vault.OpenKeyFile(g.key, g.data)
	if err != nil {
		return nil, join(err, d.Close())
	}
	s, err := store.Open(ctx, d, vault.Keepers{k}, g.clock.instant)
	if err != nil {
		return nil, join(err, d.Close())
	}
	return s, nil
}

// found writes the merchant and its staff, each signed in.
func (g *ground) found(ctx context.Context, s *store.Store) error {
	o, keys, err := s.NewMerchant(ctx, store.Org{Name: "测量家居", USCC: "92330382MAKXDM012G", Size: kexin.Company, Zone: "Asia/Shanghai", Contact: "0577-62500000"})
	if err != nil {
		return err
	}
	g.org = o.ID
	return s.Found(ctx, o, keys, func(tx *store.Tx) error {
		g.clerks = nil
		head, err := tx.AddDept(store.Dept{Name: "总店"})
		if err != nil {
			return err
		}
		if g.owner, err = g.seat(tx, "店主", kexin.Owner, head); err != nil {
			return err
		}
		if g.leader, err = g.seat(tx, "店长", kexin.Leader, head); err != nil {
			return err
		}
		below := make([]kexin.ID, depts)
		for i := range below {
			if below[i], err = tx.AddDept(store.Dept{Name: fmt.Sprintf("%d部", i+1), Parent: head}); err != nil {
				return err
			}
		}
		for i := range min(mostClerks, max(2, g.rows/100)) {
			p, err := g.seat(tx, fmt.Sprintf("店员%d", i+1), kexin.Rep, below[i%depts])
			if err != nil {
				return err
			}
			g.clerks = append(g.clerks, p)
		}
		return tx.Changed()
	})
}

// seat adds a member who is signed in, his second factor just shown.
func (g *ground) seat(tx *store.Tx, name string, at kexin.Position, dept kexin.ID) (person, error) {
	id, err := tx.AddMember(store.Member{Name: name, Position: at, Dept: dept, Active: true, Told: tx.Now})
	if err != nil {
		return person{}, err
	}
	p := person{name: name, Actor: kexin.Actor{Org: tx.Org, User: id, Position: at, Dept: dept, Purpose: gate.Default(false).Posts[at].Purposes[0], Via: kexin.ViaSession, Lang: "zh-CN"}}
	return p, p.signIn(tx)
}

// signIn opens a session, the second factor just shown.
func (p *person) signIn(tx *store.Tx) (err error) {
	secret, digest := auth.NewSession()
	p.cookie, p.StepUp = secret.Text(), tx.Now
	p.Session, err = tx.AddSession(store.Session{Digest: digest[:], Member: p.User, Device: digest[:], Label: "bench", Made: tx.Now, Ends: tx.Now.Add(12 * time.Hour), Step: tx.Now, Lang: "zh-CN"})
	return err
}

// header is what the person's browser sends with each request.
func (p person) header() string { return "Cookie: kx=" + p.cookie + "\r\n" }

// names are the clerks' names, as the list has them.
func (g *ground) names() (out []string) {
	for _, p := range g.clerks {
		out = append(out, p.name)
	}
	return out
}

// idle starts a server on the full database and looks at what it holds, and
// how large the database is.
func (g *ground) idle(ctx context.Context, s *Size) error {
	srv, err := g.serve(ctx)
	if err != nil {
		return err
	}
	select {
	case <-time.After(2 * time.Second):
	case <-ctx.Done():
	}
	m, err := load.MemoryOf(srv.pid())
	s.Memory.Idle = m.RSS
	if err := join(err, srv.stop()); err != nil {
		return err
	}
	s.Disk, err = g.size(ctx)
	return err
}

// size is how many bytes the database has.
func (g *ground) size(ctx context.Context) (n int64, err error) {
	if g.dsn == "" {
		return dirSize(g.data, "kexin.db")
	}
	conn, err := pgx.Connect(ctx, g.dsn)
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.Close(ctx) }()
	err = conn.QueryRow(ctx, "SELECT pg_database_size(current_database())").Scan(&n)
	return n, err
}

// dirSize adds up the files below a directory whose names begin with prefix.
func dirSize(dir, prefix string) (n int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || len(d.Name()) < len(prefix) || d.Name()[:len(prefix)] != prefix {
			return err
		}
		i, err := d.Info()
		if err == nil {
			n += i.Size()
		}
		return err
	})
	return n, err
}
