// Package sitetest runs the whole server as it is built for users, over a
// world whose people are signed in: what the law tests and the scenarios of
// the command ask of Kexin, they ask over HTTP.
package sitetest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"kexin"
	"kexin/app"
	"kexin/auth"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
	"kexin/internal/site"
	"kexin/store"
	"kexin/store/storetest"
	"kexin/vault"
)

// A Site is a running server. Requests go to its handler without a network.
type Site struct {
	*storetest.World
	App     *app.App
	Site    *site.Site
	Logs    *Buffer
	Data    string            // directory of staged files and backups
	cookies map[string]string // by name of staff
}

// A Buffer is a log that may be read while it is written.
type Buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write appends.
func (b *Buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

// Bytes is a copy of what was written.
func (b *Buffer) Bytes() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return bytes.Clone(b.b.Bytes())
}

// Both runs a test on a site on each engine.
func Both(t *testing.T, f func(t *testing.T, s *Site)) {
	t.Helper()
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) { f(t, New(t, engine)) })
	}
}

// Start is how far behind the day on which storetest's clock stands a site
// begins: after the last day of the shops' files.
const Start = 200 * 24 * time.Hour

// New makes a site with an empty world on an engine; more changes how it is put
// together.
func New(t testing.TB, engine string, more ...func(*app.Config)) *Site {
	t.Helper()
	c := storetest.NewClock()
	c.Move(Start)
	return On(t, storetest.New(t, storetest.Ready(t, engine)(db.Config{Clock: c.Now}), c), more...)
}

// On puts a site on a world. Every member of staff is signed in with a second
// factor just shown.
func On(t testing.TB, w *storetest.World, more ...func(*app.Config)) *Site {
	t.Helper()
	s := &Site{World: w, Logs: &Buffer{}, Data: t.TempDir(), cookies: map[string]string{}}
	log := site.NewLogger(s.Logs)
	code := vault.RecoveryCode(vault.NewKey())
	cfg := app.Config{Store: s.Store, Log: log, Now: s.Clock.Now, Data: s.Data, Seal: func() app.Sealing { return app.Sealing{Code: code} }}
	for _, f := range more {
		f(&cfg)
	}
	s.App = app.New(cfg)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { s.App.Run(ctx); close(done) }()
	t.Cleanup(func() { stop(); <-done })
	var err error
	s.Site, err = site.New(site.Config{App: s.App, Log: log, Now: s.Clock.Now, Version: "test", Public: Address, Lag: s.lag})
	if err != nil {
		t.Fatal(err)
	}
	for name := range s.Staff {
		s.cookies[name] = s.SignIn(s.World, name, true)
	}
	return s
}

// Address is where the site seems to be.
const Address = "http://127.0.0.1"

func (s *Site) lag(ctx context.Context) (time.Duration, error) {
	_, oldest, err := s.Store.Unsealed(ctx)
	if oldest == 0 || err != nil {
		return 0, err
	}
	return s.Clock.Instant().Sub(oldest), nil
}

// SignIn opens a session for a member of a merchant's staff and gives its
// cookie; stepped says that the second factor was just shown.
func (s *Site) SignIn(w *storetest.World, name string, stepped bool) string {
	s.TB.Helper()
	secret, digest := auth.NewSession()
	w.Update(func(tx *store.Tx) error {
		x := store.Session{Digest: digest[:], Member: w.Staff[name].User, Device: digest[:], Label: "test", Made: tx.Now, Ends: tx.Now.Add(12 * time.Hour), Lang: "zh-CN"}
		if stepped {
			x.Step = tx.Now
		}
		_, err := tx.AddSession(x)
		return err
	})
	return secret.Text()
}

// Fresh signs somebody in anew; without stepped his second factor counts as
// not shown.
func (s *Site) Fresh(name string, stepped bool) {
	s.TB.Helper()
	s.cookies[name] = s.SignIn(s.World, name, stepped)
}

// Visitor signs a member of another merchant in under a name of his own.
func (s *Site) Visitor(as string, w *storetest.World, name string) {
	s.TB.Helper()
	s.cookies[as] = s.SignIn(w, name, true)
}

// Cookie is somebody's session cookie, "" for nobody's.
func (s *Site) Cookie(who string) string { return s.cookies[who] }

// SetCookie gives somebody another cookie.
func (s *Site) SetCookie(who, value string) { s.cookies[who] = value }

// A Reply is everything that came back.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte
}

// Request makes a request with somebody's cookie; "" is nobody. A string body
// is sent as it is, anything else as JSON, nil not at all.
func (s *Site) Request(who, method, path string, body any) *http.Request {
	s.TB.Helper()
	var in io.Reader
	switch x := body.(type) {
	case nil:
	case string:
		in = strings.NewReader(x)
	case []byte:
		in = bytes.NewReader(x)
	default:
		b, err := json.Marshal(body)
		if err != nil {
			s.TB.Fatal(err)
		}
		in = bytes.NewReader(b)
	}
	r := httptest.NewRequest(method, Address+path, in)
	r.RemoteAddr = "127.0.0.1:5"
	if in != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if c := s.cookies[who]; c != "" {
		r.AddCookie(&http.Cookie{Name: "kx", Value: c})
	}
	return r
}

// Send gives a request to the server.
func (s *Site) Send(r *http.Request) Reply {
	w := httptest.NewRecorder()
	s.Site.ServeHTTP(w, r)
	return Reply{w.Code, w.Header(), w.Body.Bytes()}
}

// As sends a request with somebody's cookie; "" is nobody.
func (s *Site) As(who, method, path string, body any) Reply {
	s.TB.Helper()
	return s.Send(s.Request(who, method, path, body))
}

// Into decodes a body and ends the test on another status.
func (r Reply) Into(tb testing.TB, status int, out any) {
	tb.Helper()
	if r.Status != status {
		tb.Fatalf("status %d, want %d: %s", r.Status, status, r.Body)
	}
	if out == nil {
		return
	}
	if err := json.Unmarshal(r.Body, out); err != nil {
		tb.Fatalf("%v: %s", err, r.Body)
	}
}

// Law is the refusal code of a problem, "" for none.
func (r Reply) Law() string {
	var p struct {
		Law string `json:"law"`
	}
	_ = json.Unmarshal(r.Body, &p)
	return p.Law
}

// Get reads a path into out.
func (s *Site) Get(who, path string, out any) {
	s.TB.Helper()
	s.As(who, http.MethodGet, path, nil).Into(s.TB, http.StatusOK, out)
}

// NewCustomer makes a customer through the API.
func (s *Site) NewCustomer(who string, fields map[string]any) (id kexin.ID) {
	s.TB.Helper()
	var out struct {
		ID kexin.ID `json:"id"`
	}
	s.As(who, http.MethodPost, "/api/v1/customers", map[string]any{"fields": fields, "same": "different"}).Into(s.TB, http.StatusCreated, &out)
	return out.ID
}

// Search asks for a page of an object.
func (s *Site) Search(who, plural string, body map[string]any) (p Page) {
	s.TB.Helper()
	s.As(who, http.MethodPost, "/api/v1/"+plural+"/search", body).Into(s.TB, http.StatusOK, &p)
	return p
}

// A Page is what tests look at of a page of records.
type Page struct {
	Rows []struct {
		ID    kexin.ID                   `json:"id"`
		Mine  bool                       `json:"mine"`
		Cells map[string]json.RawMessage `json:"cells"`
	} `json:"rows"`
	Next    string `json:"next"`
	Reasons []struct {
		Code string `json:"code"`
	} `json:"reasons"`
}

// IDs are the rows' ids.
func (p Page) IDs() (out []kexin.ID) {
	for _, r := range p.Rows {
		out = append(out, r.ID)
	}
	return out
}

// Alerts are the codes of the merchant's open alerts.
func (s *Site) Alerts() (codes []string) {
	s.TB.Helper()
	s.View(func(tx *store.Tx) error {
		codes = nil
		all, err := tx.Alerts(100)
		for _, a := range all {
			if a.Done == 0 {
				codes = append(codes, a.Code)
			}
		}
		return err
	})
	return codes
}

// Raw runs one statement past everything, as somebody with the database's
// password would, and gives how many rows it changed.
func (s *Site) Raw(q string, args ...any) (n int64) {
	s.TB.Helper()
	err := s.DB.Update(context.Background(), func(t *db.Tx) (err error) { n, err = t.Exec(dbtest.Past+q, args...); return err })
	if err != nil {
		s.TB.Fatal(err)
	}
	return n
}

// Count runs a query that gives one number.
func (s *Site) Count(q string, args ...any) (n int64) {
	s.TB.Helper()
	if err := s.DB.View(context.Background(), func(t *db.Tx) error { return t.Row(dbtest.Past+q, args...).Scan(&n) }); err != nil {
		s.TB.Fatal(err)
	}
	return n
}
