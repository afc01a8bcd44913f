package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"time"

	"kexin/bench/measure"
)

// benchCommand measures this program on databases of its own, which it makes
// and removes. Nothing of --data is touched.
func benchCommand(o *options, fs *flag.FlagSet) action {
	c := measure.Config{}
	rows := fs.String("rows", "100k,1M", "cli.flag.rows")
	fs.StringVar(&c.Peer, "peer", "", "cli.flag.peer")
	fs.StringVar(&c.Dir, "dir", os.TempDir(), "cli.flag.dir")
	fs.StringVar(&c.Ground, "ground", "", "cli.flag.ground")
	fs.DurationVar(&c.For, "for", 15*time.Second, "cli.flag.for")
	fs.IntVar(&c.Ops, "ops", 1000, "cli.flag.ops")
	fs.IntVar(&c.Clients, "clients", 16, "cli.flag.clients")
	return func(ctx context.Context, _ []string) error {
		var err error
		if c.Rows, err = sizes(*rows); err != nil {
			return err
		}
		if c.Kexin, err = os.Executable(); err != nil {
			return err
		}
		return bench(ctx, o, c)
	}
}

func bench(ctx context.Context, o *options, c measure.Config) error {
	dir, err := os.MkdirTemp(c.Dir, "kexin-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	c.Dir, c.DSN = dir, o.dsn
	c.Log = slog.New(slog.NewTextHandler(o.errs, nil))
	r, err := measure.Do(ctx, c)
	if err != nil {
		return err
	}
	if o.json {
		e := json.NewEncoder(o.out)
		e.SetIndent("", "  ")
		return e.Encode(r)
	}
	return r.Print(o.out, o.lang)
}

// sizes reads 2000, 100k, 1M, small ones first.
func sizes(text string) (out []int, err error) {
	for part := range strings.SplitSeq(text, ",") {
		n, unit := strings.TrimSpace(part), 1
		switch {
		case strings.HasSuffix(n, "k"):
			n, unit = strings.TrimSuffix(n, "k"), 1000
		case strings.HasSuffix(n, "M"):
			n, unit = strings.TrimSuffix(n, "M"), 1_000_000
		}
		k, bad := strconv.Atoi(n)
		if bad != nil || k < 1 || k > 10_000_000/unit || k*unit < 200 || len(out) > 0 && k*unit <= out[len(out)-1] {
			return nil, fmt.Errorf("--rows %q: %w", part, errSizes)
		}
		out = append(out, k*unit)
	}
	return out, nil
}

var errSizes = errors.New("sizes such as 2000, 100k or 1M, from 200 on, small ones first")
