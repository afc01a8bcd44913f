package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/app"
	"kexin/auth"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
	"kexin/internal/pgtest"
	"kexin/store"
	"kexin/store/storetest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// A site is the whole server as it is built for users, over a world whose
// people are signed in.
type site struct {
	*storetest.World
	t       *testing.T
	app     *app.App
	opened  *opened
	handler http.Handler
	logs    *bytes.Buffer
	cookies map[string]string // by name of staff
	data    string
}

// onBoth runs a test on a site on each engine.
func onBoth(t *testing.T, f func(t *testing.T, s *site)) {
	dbtest.Both(t, func(t *testing.T, open func(db.Config) *db.DB) { f(t, newSite(t, open(db.Config{}))) })
}

func newSite(t *testing.T, d *db.DB) *site {
	t.Helper()
	s := &site{World: storetest.New(t, d, nil), t: t, logs: &bytes.Buffer{}, cookies: map[string]string{}, data: t.TempDir()}
	log := newLogger(s.logs)
	s.app = app.New(app.Config{Store: s.Store, Log: log, Now: s.Clock.Now, Data: s.data})
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { s.app.Run(ctx); close(done) }()
	t.Cleanup(func() { stop(); <-done })
	s.opened = &opened{db: d, store: s.Store, app: s.app, log: log}
	h, err := s.opened.handler(&options{publicURL: "http://127.0.0.1", data: s.data, lang: "zh-CN", out: io.Discard, errs: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	s.handler = h
	for name := range s.Staff {
		s.cookies[name] = s.signIn(s.World, name)
	}
	slog.SetDefault(log)
	return s
}

// signIn opens a session the way a sign-in with a fresh second factor does.
func (s *site) signIn(w *storetest.World, name string) string {
	secret, digest := auth.NewSession()
	w.Update(func(tx *store.Tx) error {
		_, err := tx.AddSession(store.Session{Digest: digest[:], Member: w.Staff[name].User, Device: digest[:], Label: "test", Made: tx.Now, Ends: tx.Now.Add(12 * time.Hour), Step: tx.Now, Lang: "zh-CN"})
		return err
	})
	return secret.Text()
}

// A reply is everything that came back.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// as sends a request with somebody's cookie; "" is nobody.
func (s *site) as(who, method, path string, body any) reply {
	s.t.Helper()
	var in io.Reader
	if body != nil {
		if raw, ok := body.(string); ok {
			in = strings.NewReader(raw)
		} else {
			b, err := json.Marshal(body)
			if err != nil {
				s.t.Fatal(err)
			}
			in = bytes.NewReader(b)
		}
	}
	r := httptest.NewRequest(method, "http://127.0.0.1"+path, in)
	r.RemoteAddr = "127.0.0.1:5"
	if in != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if c := s.cookies[who]; c != "" {
		r.AddCookie(&http.Cookie{Name: "kx", Value: c})
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return reply{w.Code, w.Header(), w.Body.Bytes()}
}

// into decodes a body and ends the test on another status.
func (s *site) into(r reply, status int, out any) {
	s.t.Helper()
	if r.status != status {
		s.t.Fatalf("status %d, want %d: %s", r.status, status, r.body)
	}
	if out == nil {
		return
	}
	if err := json.Unmarshal(r.body, out); err != nil {
		s.t.Fatalf("%v: %s", err, r.body)
	}
}

// newCustomer makes a customer through the API.
func (s *site) newCustomer(who string, fields map[string]any) (id kexin.ID) {
	s.t.Helper()
	var out struct {
		ID kexin.ID `json:"id"`
	}
	s.into(s.as(who, "POST", "/api/v1/customers", map[string]any{"fields": fields, "same": "different"}), 201, &out)
	return out.ID
}
