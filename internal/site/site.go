// Package site puts the faces of the server together: the API, the pages of
// the portal and the workbench behind one front desk, with the two checks that
// whoever runs it asks. The command and the tests serve the same handler.
package site

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"kexin/api"
	"kexin/app"
	"kexin/internal/front"
	"kexin/portal"
)

// LagMost is how long entries of the log may wait to be sealed before the
// server counts as not ready.
const LagMost = 60 * time.Second

// A Config is what a site needs.
type Config struct {
	App     *app.App
	Log     *slog.Logger
	Now     func() time.Time
	Proxies []netip.Prefix // whose X-Forwarded-For is believed
	Public  string         // address by which browsers reach the server, "" = the one they ask
	Version string
	Demo    bool // of a demonstration: every page says so
	// Recovery is the recovery code of a master key that was made at this
	// start; nil or false where there is none to show.
	Recovery func() (code string, ok bool)
	// Lag is how long the oldest entry of any log has waited to be sealed.
	Lag func(context.Context) (time.Duration, error)
	// Replies checks who brings what customers answered to text messages; nil =
	// nobody does, and there is no such address.
	Replies func(http.Header, []byte) error
}

// A Site is everything that answers requests.
type Site struct {
	http.Handler
	API *api.Server
	lag func(context.Context) (time.Duration, error)
}

// New puts it together. Errors: invalid for a public address that is none.
func New(c Config) (*Site, error) {
	f, err := front.New(front.Config{App: c.App, Log: c.Log, Proxies: c.Proxies, Public: c.Public, Fail: api.Fail, Recovery: c.Recovery})
	if err != nil {
		return nil, err
	}
	bench, err := newStatic()
	if err != nil {
		return nil, err
	}
	pages, err := portal.New(portal.Config{App: c.App, Log: c.Log, Now: c.Now, Demo: c.Demo})
	if err != nil {
		return nil, err
	}
	s, calls, mux := &Site{lag: c.Lag}, http.NewServeMux(), http.NewServeMux()
	s.API = api.Mount(calls, c.App, c.Log, c.Version)
	mux.Handle("/api/v1/", gzipped(api.Callers(calls)))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", s.ready)
	if c.Replies != nil {
		mux.Handle("POST "+api.RepliesPath, api.Replies(c.App, c.Log, c.Replies))
	}
	pages.Register(mux)
	mux.Handle("/", bench)
	s.Handler = f.Wrap(mux)
	return s, nil
}

// ready answers whether the database works and the log is sealed in time.
func (s *Site) ready(w http.ResponseWriter, r *http.Request) {
	lag, err := s.lag(r.Context())
	w.Header().Set("Content-Type", "application/json")
	ok := err == nil && lag <= LagMost
	if !ok {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"ok": ok, "ledger_lag_seconds": int(lag.Seconds())})
}
