// Package measure measures Kexin as `kexin bench` does: in one run and on one
// machine, each figure beside the least that has to be done for it, or beside
// another product. Machines differ and are noisy; what is to be compared are
// the ratios.
//
// A size is measured on a database of its own in a directory of its own. A
// server as users run it (`kexin serve`) takes the list in over HTTP; then the
// use-cases are called in this process, beside the bare statements.
package measure

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// A Config is what to measure.
type Config struct {
	Kexin   string        // the program, for its server
	Rows    []int         // sizes, small ones first
	DSN     string        // PostgreSQL on which databases may be made; "" = SQLite
	Dir     string        // where everything lies while it runs; it is emptied
	Ground  string        // where full databases (SQLite) are kept and taken from; "" = nowhere
	Peer    string        // program of bench/peer, "" = none
	For     time.Duration // of each measurement over HTTP
	Ops     int           // calls of each use-case
	Clients int           // over HTTP at once
	Log     *slog.Logger
}

// whole fills in what is not given.
func (c Config) whole() Config {
	if len(c.Rows) == 0 {
		c.Rows = []int{100_000, 1_000_000}
	}
	if c.For == 0 {
		c.For = 10 * time.Second
	}
	if c.Ops == 0 {
		c.Ops = 1000
	}
	if c.Clients == 0 {
		c.Clients = 16
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// Do measures every size and gives the report. What was made is removed.
func Do(ctx context.Context, c Config) (*Report, error) {
	c = c.whole()
	out := &Report{Machine: machine(c.DSN != "")}
	for i, rows := range c.Rows {
		s, err := c.size(ctx, rows, i == len(c.Rows)-1)
		if err != nil {
			return nil, fmt.Errorf("%d rows: %w", rows, err)
		}
		out.Sizes = append(out.Sizes, s)
	}
	out.Machine.LoadAfter = loadNow()
	out.judge()
	return out, nil
}

// size measures one size; last also beside the peer. On a ground that was kept
// nothing is imported, so neither import nor floor is measured.
func (c Config) size(ctx context.Context, rows int, last bool) (s Size, err error) {
	dir := filepath.Join(c.Dir, fmt.Sprintf("%d", rows))
	var g *ground
	if c.Ground != "" && c.DSN == "" {
		dir = filepath.Join(c.Ground, fmt.Sprintf("%d", rows))
		if g, err = c.keptGround(ctx, dir, rows); err != nil {
			return s, err
		}
	}
	imports := g == nil
	if imports {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return s, err
		}
		if c.Ground == "" || c.DSN != "" {
			defer func() { _ = os.RemoveAll(dir) }()
		}
		if g, err = c.newGround(ctx, dir, rows); err != nil {
			return s, err
		}
	}
	steps := []func(context.Context, *Size) error{g.takeIn, g.beside, g.idle, g.useCases}
	if !imports {
		steps = steps[2:]
	}
	defer g.clear()
	s.Rows = rows
	for i, step := range steps {
		if err := step(ctx, &s); err != nil {
			return s, err
		}
		if i == 0 && c.Ground != "" && c.DSN == "" {
			if err := g.keep(); err != nil {
				return s, err
			}
		}
	}
	if !last {
		return s, nil
	}
	s.HTTP, err = g.overHTTP(ctx)
	return s, err
}

// machine describes where the figures come from.
func machine(postgres bool) Machine {
	m := Machine{OS: runtime.GOOS, Arch: runtime.GOARCH, Go: runtime.Version(), Cores: runtime.NumCPU(), CPU: cpuName(), Memory: memoryTotal(), Engine: "sqlite", LoadBefore: loadNow()}
	if postgres {
		m.Engine = "postgres"
	}
	return m
}
