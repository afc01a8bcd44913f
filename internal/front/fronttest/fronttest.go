// Package fronttest runs a whole server for tests: database, keys, use-cases
// and the front desk, with the pages or the API that the test brings, on a
// loopback port of its own.
package fronttest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"kexin"
	"kexin/app"
	"kexin/auth"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
	"kexin/internal/front"
	"kexin/store"
	"kexin/store/storetest"
	"kexin/vault"
)

// A World is a running server.
type World struct {
	TB       testing.TB
	DB       *db.DB
	Store    *store.Store
	App      *app.App
	Clock    *storetest.Clock
	Slots    auth.Slots // in which passwords are hashed
	URL      string
	Log      *Buffer
	Recovery string // recovery code of the master key
	Owner    *Client
	Org      kexin.ID
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

// String is what was written.
func (b *Buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// Routes adds pages or operations to a server and says how it fails.
type Routes func(w *World, mux *http.ServeMux) (fail func(http.ResponseWriter, *http.Request, error), wrap func(http.Handler) http.Handler)

// Both runs a test on both engines.
func Both(t *testing.T, routes Routes, f func(t *testing.T, w *World)) {
	t.Helper()
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) { f(t, New(t, engine, routes)) })
	}
}

// Lite makes a world on SQLite.
func Lite(t *testing.T, routes Routes) *World {
	t.Helper()
	return New(t, dbtest.SQLite, routes)
}

// New makes a world without a merchant.
func New(t *testing.T, engine string, routes Routes) *World {
	t.Helper()
	w := &World{TB: t, Clock: storetest.NewClock(), Log: &Buffer{}, Slots: auth.NewSlots(auth.AtOnce)}
	key := vault.NewKey()
	w.Recovery = vault.RecoveryCode(key)
	w.DB = storetest.Ready(t, engine)(db.Config{Clock: w.Clock.Now})
	var err error
	w.Store, err = store.Open(context.Background(), w.DB, vault.Keepers{vault.NewMasterKeeper(key)}, w.Clock.Instant)
	w.must(err)
	log := slog.New(slog.NewTextHandler(w.Log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	w.App = app.New(app.Config{Store: w.Store, Log: log, Now: w.Clock.Now, Data: t.TempDir(), Slots: w.Slots})
	run, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { w.App.Run(run); close(done) }()
	mux := http.NewServeMux()
	fail, wrap := routes(w, mux)
	f, err := front.New(front.Config{App: w.App, Log: log, Fail: fail, Recovery: func() (string, bool) { return w.Recovery, true }})
	w.must(err)
	server := httptest.NewServer(f.Wrap(wrap(mux)))
	w.URL = server.URL
	t.Cleanup(func() { server.Close(); stop(); <-done })
	return w
}

func (w *World) must(err error) {
	w.TB.Helper()
	if err != nil {
		w.TB.Fatal(err)
	}
}

// Busy has every slot for a password taken until free is called.
func (w *World) Busy() (free func()) {
	for range cap(w.Slots) {
		w.Slots <- struct{}{}
	}
	return func() {
		for range cap(w.Slots) {
			<-w.Slots
		}
	}
}

// Password is everybody's.
const Password = "海边的卡夫卡在喝茶呢"

// Found makes the first merchant through its setup link, with an owner who is
// signed in and has read what is recorded.
func (w *World) Found(size kexin.Size) *World {
	w.TB.Helper()
	ctx := context.Background()
	secret, _, err := w.App.CreateSetupLink(ctx)
	w.must(err)
	in, err := w.App.Setup(ctx, w.from(), secret.Text(), app.Founding{Size: size, Name: "石语瓷砖店", USCC: "92330382MAKXDM012G", Contact: "0577-62500000", Owner: "林国栋", Login: "lin", Password: Password})
	w.must(err)
	w.Owner = w.Client().Sign(in)
	w.Owner.tell()
	w.Org = w.Owner.Seat().Org
	return w
}

func (w *World) from() app.From { return app.From{Label: "Chrome, Windows", Lang: "zh-CN"} }

// Join invites a person and has him join, with a second factor where nothing
// goes without.
func (w *World) Join(login string, p kexin.Position) *Client {
	w.TB.Helper()
	ctx := context.Background()
	actor := w.Owner.Seat().Actor
	actor.Via = kexin.ViaCLI
	v, err := w.App.Invite(ctx, actor, app.Invitation{Name: login, Position: p})
	w.must(err)
	in, err := w.App.Join(ctx, w.from(), v.Secret.Text(), login, Password, app.Own{})
	w.must(err)
	c := w.Client().Sign(in)
	if in.Stage == app.Enrol {
		c.Enrol()
	}
	return c
}

// Enrol gives a person a second factor and its recovery codes; his session
// counts as stepped up.
func (c *Client) Enrol() (codes []string) {
	c.w.TB.Helper()
	ctx := context.Background()
	seed, err := c.w.App.StartFactor(ctx, c.Seat())
	c.w.must(err)
	c.Secret = seed.Text.Text()
	out, in, err := c.w.App.ConfirmFactor(ctx, c.Seat(), c.Code())
	c.w.must(err)
	c.Sign(in)
	for _, x := range out {
		codes = append(codes, x.Text())
	}
	return codes
}

// Code is the six digits of now. Codes work once: move the clock for another.
func (c *Client) Code() string { return Code(c.Secret, c.w.Clock.Instant()) }

// Code is the six digits of a base32 seed at a moment (RFC 6238).
func Code(secret string, at kexin.Instant) string {
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil {
		return ""
	}
	m := hmac.New(sha1.New, key)
	m.Write(binary.BigEndian.AppendUint64(nil, uint64(at)/30_000))
	sum := m.Sum(nil)
	o := sum[len(sum)-1] & 15
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[o:o+4])&0x7fffffff%1_000_000)
}

// Wrong is six digits that the client's seed gives at no moment near now.
func (c *Client) Wrong() string { return WrongCode(c.Secret, c.w.Clock.Instant()) }

// WrongCode is six digits that a seed gives at no moment near.
func WrongCode(secret string, at kexin.Instant) string {
	for n := 0; ; n++ {
		if code := fmt.Sprintf("%06d", n); !NearCode(secret, code, at) {
			return code
		}
	}
}

// NearCode reports whether a seed gives a code at a moment near.
func NearCode(secret, code string, at kexin.Instant) bool {
	for step := -2; step <= 2; step++ {
		if Code(secret, at.Add(time.Duration(step)*30*time.Second)) == code {
			return true
		}
	}
	return false
}

// A Client is a browser: it keeps cookies, says where it comes from as
// browsers do, and follows no redirect.
type Client struct {
	w      *World
	http   *http.Client
	Header http.Header
	Secret string // of the second factor
	Token  string // sent as Authorization where it is set
}

// Client is a new browser that knows nobody.
func (w *World) Client() *Client {
	jar, err := cookiejar.New(nil)
	w.must(err)
	h := http.Header{"Accept-Language": {"zh-CN"}, "Sec-Fetch-Site": {"same-origin"}, "User-Agent": {"Mozilla/5.0 (Windows NT 10.0) Chrome/140.0"}}
	return &Client{w: w, Header: h, http: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// Sign puts the cookies of a sign-in into the browser.
func (c *Client) Sign(in app.SignedIn) *Client {
	set := []*http.Cookie{{Name: "kx", Value: in.Session.Text(), Path: "/"}}
	if in.Device != "" {
		set = append(set, &http.Cookie{Name: "kxd", Value: in.Device.Text(), Path: "/"})
	}
	u, err := url.Parse(c.w.URL)
	c.w.must(err)
	c.http.Jar.SetCookies(u, set)
	return c
}

func (c *Client) tell() { c.w.must(c.w.App.Tell(context.Background(), c.Seat())) }

// Cookie is what the browser holds under a name, "" for nothing.
func (c *Client) Cookie(name string) string {
	u, err := url.Parse(c.w.URL)
	c.w.must(err)
	for _, k := range c.http.Jar.Cookies(u) {
		if k.Name == name {
			return k.Value
		}
	}
	return ""
}

// SetCookie puts something into the browser.
func (c *Client) SetCookie(name, value string) {
	u, err := url.Parse(c.w.URL)
	c.w.must(err)
	c.http.Jar.SetCookies(u, []*http.Cookie{{Name: name, Value: value, Path: "/"}})
}

// Seat is who the server takes the browser's session for.
func (c *Client) Seat() app.Seat {
	c.w.TB.Helper()
	s, err := c.w.App.Seat(context.Background(), c.Cookie("kx"), "")
	c.w.must(err)
	return s
}

// An Answer is what the server said.
type Answer struct {
	Status   int
	Header   http.Header
	Body     string
	Location string
}

// JSON reads the body into v.
func (a Answer) JSON(tb testing.TB, v any) {
	tb.Helper()
	if err := json.Unmarshal([]byte(a.Body), v); err != nil {
		tb.Fatalf("%v in %s", err, a.Body)
	}
}

// Do sends one request.
func (c *Client) Do(method, path, contentType, body string) Answer {
	c.w.TB.Helper()
	r, err := http.NewRequest(method, c.w.URL+path, strings.NewReader(body))
	c.w.must(err)
	for k, v := range c.Header {
		r.Header[k] = v
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	if c.Token != "" {
		r.Header.Set("Authorization", "Bearer "+c.Token)
	}
	res, err := c.http.Do(r)
	c.w.must(err)
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	c.w.must(err)
	return Answer{Status: res.StatusCode, Header: res.Header, Body: string(b), Location: res.Header.Get("Location")}
}

// Get reads a page.
func (c *Client) Get(path string) Answer {
	c.w.TB.Helper()
	return c.Do(http.MethodGet, path, "", "")
}

// Post sends a form: names and values.
func (c *Client) Post(path string, pairs ...string) Answer {
	c.w.TB.Helper()
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return c.Do(http.MethodPost, path, "application/x-www-form-urlencoded", v.Encode())
}

// Send sends a body as JSON; nil sends none.
func (c *Client) Send(method, path string, body any) Answer {
	c.w.TB.Helper()
	if body == nil {
		return c.Do(method, path, "", "")
	}
	b, err := json.Marshal(body)
	c.w.must(err)
	return c.Do(method, path, "application/json", string(b))
}

// Raw runs one statement past everything, as somebody with the database's
// password would.
func (w *World) Raw(q string, args ...any) {
	w.TB.Helper()
	w.must(w.DB.Update(context.Background(), func(t *db.Tx) error { _, err := t.Exec(dbtest.Past+q, args...); return err }))
}

// Count runs a query that gives one number.
func (w *World) Count(q string, args ...any) (n int64) {
	w.TB.Helper()
	w.must(w.DB.View(context.Background(), func(t *db.Tx) error { return t.Row(dbtest.Past+q, args...).Scan(&n) }))
	return n
}

// Move moves the clock.
func (w *World) Move(d time.Duration) { w.Clock.Move(d) }

// Alerts are the codes of the merchant's open alerts.
func (w *World) Alerts() (codes []string) {
	w.TB.Helper()
	w.must(w.Store.View(context.Background(), w.Org, func(tx *store.Tx) error {
		codes = nil
		all, err := tx.Alerts(100)
		for _, a := range all {
			if a.Done == 0 {
				codes = append(codes, a.Code)
			}
		}
		return err
	}))
	return codes
}

// NewToken makes an API token for the client's person and gives a program that
// uses it.
func (c *Client) NewToken(purpose kexin.PurposeCode, acts ...kexin.Act) *Client {
	c.w.TB.Helper()
	actor := c.Seat().Actor
	actor.Via = kexin.ViaCLI
	_, secret, err := c.w.App.NewToken(context.Background(), actor, app.TokenWish{Name: "till", Purpose: purpose, Acts: acts, Days: 30})
	c.w.must(err)
	p := c.w.Client()
	p.Header = http.Header{}
	p.Token = secret.Text()
	return p
}

// Secret is a link's secret that nobody made.
func Secret() string {
	s, _ := auth.NewInvite()
	return s.Text()
}
