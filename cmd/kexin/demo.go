package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"kexin"
	"kexin/app"
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
	o.clock = demo.NewClock(time.Now())
	return nil
}

// now is the clock of the program: the real one, but in a demonstration.
func (o *options) now() time.Time {
	if o.clock == nil {
		return time.Now()
	}
	return o.clock.Now()
}

// town builds the demonstration in an empty database and lets its clock go. A
// database with a real merchant in it is refused, and without --demo one with
// an invented merchant: from there nothing must ever be sent.
func (x *opened) town(ctx context.Context, o *options) error {
	all, err := x.store.Merchants(ctx)
	if err != nil {
		return err
	}
	for _, m := range all {
		switch {
		case o.demo && !m.Demo:
			return &kexin.Error{Op: "demo", Code: kexin.Conflict, Key: "demo.real"}
		case !o.demo && m.Demo:
			return &kexin.Error{Op: "demo", Code: kexin.Conflict, Key: "demo.invented"}
		}
	}
	if o.clock == nil {
		return nil
	}
	if len(all) > 0 {
		last, err := x.store.LastSealed(ctx)
		if err == nil {
			o.clock.Run(last)
		}
		return err
	}
	return demo.Build(ctx, x.store, x.log, o.clock, o.phones, o.data, func(key string) { fmt.Fprintln(o.out, i18n.T(o.lang, key, nil)) })
}

// hall puts the demonstration's own pages before the site.
func (x *opened) hall(o *options, site http.Handler) (http.Handler, error) {
	if !o.demo {
		return site, nil
	}
	h := &demo.Hall{Site: site, App: x.app, Store: x.store, Phones: o.phones, Clock: o.clock, Dir: o.data}
	return h, h.Open()
}

// doors prints the ways in: the hall, which makes fresh ones at any time, and
// a door for each of the first people, good once, for ten minutes.
func (x *opened) doors(ctx context.Context, o *options) error {
	all, err := demo.People(ctx, x.store)
	if err != nil {
		return err
	}
	_, port, err := net.SplitHostPort(strings.TrimPrefix(o.publicURL, "http://"))
	if err != nil {
		return err
	}
	fmt.Fprintln(o.out, i18n.T(o.lang, "demo.start", map[string]string{"url": "http://phone.localhost:" + port, "dir": filepath.Join(o.data, "demo")}))
	w := tabwriter.NewWriter(o.out, 0, 4, 2, ' ', 0)
	for _, p := range all {
		if !p.First {
			continue
		}
		path, err := p.Door(ctx, x.app)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\thttp://%s:%s%s\n", p.Name, i18n.T(o.lang, app.PositionKey(p.Position, p.Size), nil), p.Org, p.Host, port, path)
	}
	return w.Flush()
}
