package main

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"kexin"
	"kexin/demo"
	"kexin/i18n"
)

// demoPlace gives the demonstration a directory and a key of its own, so that
// it never meets real data, and refuses addresses that others can reach.
func (o *options) demoPlace() error {
	if !o.demo {
		return nil
	}
	host, _, err := net.SplitHostPort(o.addr)
	if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return &kexin.Error{Op: "demo", Code: kexin.Invalid, Key: "demo.loopback", Args: map[string]string{"addr": o.addr}}
	}
	if o.tlsCert != "" || o.acmeHost != "" || o.proxy != "" || o.publicURL != "" {
		return &kexin.Error{Op: "demo", Code: kexin.Invalid, Key: "demo.loopback", Args: map[string]string{"addr": o.addr}}
	}
	if o.data == dataDir() {
		own := o.dbFile == filepath.Join(o.data, "kexin.db")
		o.data += "-demo"
		if own {
			o.dbFile = filepath.Join(o.data, "kexin.db")
		}
	}
	if o.keyFile == "" {
		o.keyFile = filepath.Join(o.data, "demo.key")
	}
	o.clock = demo.NewClock(demo.Days)
	return nil
}

// now is the clock of the program: the real one, but while a demonstration is
// built.
func (o *options) now() time.Time {
	if o.clock == nil {
		return time.Now()
	}
	return o.clock.Now()
}

// town builds the demonstration in an empty database and lets its clock go. A
// database with a real merchant in it is refused.
func (x *opened) town(ctx context.Context, o *options) error {
	if o.clock == nil {
		return nil
	}
	all, err := x.store.Merchants(ctx)
	if err != nil {
		return err
	}
	for _, m := range all {
		if !m.Demo {
			return &kexin.Error{Op: "demo", Code: kexin.Conflict, Key: "demo.real"}
		}
	}
	if len(all) > 0 {
		o.clock.Release()
		return nil
	}
	return demo.Build(ctx, x.store, x.log, o.clock, o.data, func(key string) { fmt.Fprintln(o.out, i18n.T(o.lang, key, nil)) })
}

// doors prints the ways in. They work once, for ten minutes; a start prints
// new ones.
func (x *opened) doors(ctx context.Context, o *options) error {
	all, err := demo.Doors(ctx, x.store, x.app)
	if err != nil {
		return err
	}
	_, port, err := net.SplitHostPort(strings.TrimPrefix(o.publicURL, "http://"))
	if err != nil {
		return err
	}
	fmt.Fprintln(o.out, i18n.T(o.lang, "demo.doors", map[string]string{"dir": filepath.Join(o.data, "demo")}))
	w := tabwriter.NewWriter(o.out, 0, 4, 2, ' ', 0)
	for _, d := range all {
		fmt.Fprintf(w, "  %s\t%s\t%s\thttp://%s:%s%s\n", d.Name, i18n.T(o.lang, "position."+string(d.Position), nil), d.Org, d.Host, port, d.Path)
	}
	return w.Flush()
}
