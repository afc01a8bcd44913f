package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"time"

	"kexin"
	"kexin/api"
	"kexin/i18n"
	"kexin/internal/front"
	"kexin/portal"
)

// lagMost is how long entries may wait to be sealed before the server counts
// as not ready.
const lagMost = 60 * time.Second

// handler puts the faces together: API, the customer's and sign-in pages, the
// workbench, and the two checks.
func (x *opened) handler(o *options) (http.Handler, error) {
	proxies, err := prefixes(o.proxy)
	if err != nil {
		return nil, err
	}
	f, err := front.New(front.Config{App: x.app, Log: x.log, Proxies: proxies, Public: o.publicURL, Fail: api.Fail,
		Recovery: func() (string, bool) { return x.code, x.code != "" }})
	if err != nil {
		return nil, err
	}
	bench, err := newStatic()
	if err != nil {
		return nil, err
	}
	calls := http.NewServeMux()
	x.api = api.Mount(calls, x.app, x.log, versionText())
	mux := http.NewServeMux()
	mux.Handle("/api/v1/", gzipped(api.Callers(calls)))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", x.ready)
	pages, err := portal.New(portal.Config{App: x.app, Log: x.log, Now: time.Now})
	if err != nil {
		return nil, err
	}
	pages.Register(mux)
	mux.Handle("/", bench)
	return f.Wrap(mux), nil
}

// prefixes reads --behind-proxy: one or more CIDRs.
func prefixes(s string) (out []netip.Prefix, err error) {
	var l list
	if s == "" {
		return nil, nil
	}
	if err := l.Set(s); err != nil {
		return nil, err
	}
	for _, x := range l {
		p, err := netip.ParsePrefix(x)
		if err != nil {
			return nil, fmt.Errorf("--behind-proxy: %w", err)
		}
		out = append(out, p)
	}
	return out, nil
}

// ready answers whether the database works and the log is sealed in time.
func (x *opened) ready(w http.ResponseWriter, r *http.Request) {
	_, oldest, err := x.store.Unsealed(r.Context())
	lag := time.Duration(0)
	if oldest != 0 {
		lag = kexin.At(time.Now()).Sub(oldest)
	}
	w.Header().Set("Content-Type", "application/json")
	if err != nil || lag > lagMost {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"ok": err == nil && lag <= lagMost, "ledger_lag_seconds": int(lag.Seconds())})
}

// welcome says where the server is, and on the first start how to begin.
func (x *opened) welcome(ctx context.Context, o *options) error {
	fmt.Fprintln(o.out, i18n.T(o.lang, "cli.serving", map[string]string{"url": o.publicURL}))
	empty, err := x.app.Empty(ctx)
	if err != nil || !empty {
		return err
	}
	secret, _, err := x.app.CreateSetupLink(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintln(o.out, i18n.T(o.lang, "cli.setup", map[string]string{"url": o.publicURL + "/setup/" + secret.Text()}))
	return nil
}
