package lawtest

import (
	"bytes"
	"encoding/json"
	"html"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/app/apptest"
	"kexin/auth"
	"kexin/i18n"
	"kexin/internal/db"
	"kexin/internal/site"
	"kexin/store"
	"kexin/store/storetest"
)

// A town is a party whose server is the whole one: customers and staff reach it
// over HTTP.
type town struct {
	*surfer // her browser
	cookies map[kexin.ID]string
}

// inTown is a proof among several shops and a customer over HTTP, on each
// engine.
func inTown(id, says string, f func(t *testing.T, w *town)) proof {
	return bare(id, says, func(t *testing.T) {
		storetest.Opened(t, func(t *testing.T, open func(db.Config) *db.DB) {
			c := storetest.NewClock()
			p := apptest.New(t, open(db.Config{Clock: c.Now}), c)
			f(t, &town{(&surfer{t: t, p: p, base: serve(t, p)}).fresh(), map[kexin.ID]string{}})
		})
	})
}

// serve puts the whole server before a party and gives its address.
func serve(t *testing.T, p *apptest.Party) string {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	s, err := site.New(site.Config{App: p.App, Log: slog.New(slog.DiscardHandler), Now: p.Clock.Now, Version: "test", Public: "http://" + server.Listener.Addr().String()})
	p.Must(err)
	server.Config.Handler = s
	server.Start()
	t.Cleanup(server.Close)
	return server.URL
}

// seat is the session cookie of a member of staff.
func (w *town) seat(a kexin.Actor) *http.Cookie {
	w.t.Helper()
	if w.cookies[a.User] == "" {
		secret, digest := auth.NewSession()
		w.p.Must(w.p.Store.Update(bg, a.Org, func(tx *store.Tx) error {
			_, err := tx.AddSession(store.Session{Digest: digest[:], Member: a.User, Device: digest[:], Label: "test", Made: tx.Now, Ends: tx.Now.Add(12 * time.Hour), Lang: "zh-CN", Step: tx.Now})
			return err
		}))
		w.cookies[a.User] = secret.Text()
	}
	return &http.Cookie{Name: "kx", Value: w.cookies[a.User]}
}

// asks sends a request of staff's to the API.
func (w *town) asks(a kexin.Actor, method, path string, body any) (status int, said string) {
	w.t.Helper()
	b, err := json.Marshal(body)
	w.p.Must(err)
	r, err := http.NewRequestWithContext(bg, method, w.base+path, bytes.NewReader(b))
	w.p.Must(err)
	r.Header.Set("Content-Type", "application/json")
	r.AddCookie(w.seat(a))
	res, err := new(http.Client).Do(r)
	w.p.Must(err)
	defer func() { _ = res.Body.Close() }()
	out, err := io.ReadAll(res.Body)
	w.p.Must(err)
	return res.StatusCode, string(out)
}

// recommends asks for a customer and gives the link's path.
func (w *town) recommends(a kexin.Actor, customer kexin.ID, need string, shops ...string) (status int, said, link string) {
	w.t.Helper()
	ids := []kexin.ID{}
	for _, s := range shops {
		ids = append(ids, w.p.Shops[s].Org)
	}
	status, said = w.asks(a, http.MethodPost, "/api/v1/customers/"+customer.String()+"/recommend", map[string]any{"need": need, "shops": ids, "said": "store", "way": "copy"})
	var out struct{ URL string }
	if status == http.StatusCreated {
		w.p.Must(json.Unmarshal([]byte(said), &out))
	}
	return status, said, strings.TrimPrefix(out.URL, w.base)
}

// arrivals is a shop's inbox.
func (w *town) arrivals(shop string) []struct{ ID, State, Grade string } {
	w.t.Helper()
	status, said := w.asks(w.p.Shops[shop].Rep, http.MethodGet, "/api/v1/inbox", nil)
	var list struct {
		Arrivals []struct{ ID, State, Grade string }
	}
	if status != 200 {
		w.t.Fatalf("%d %s", status, said)
	}
	w.p.Must(json.Unmarshal([]byte(said), &list))
	return list.Arrivals
}

// lawIn is the code of a refusal of the API.
func lawIn(said string) string {
	var problem struct{ Law string }
	_ = json.Unmarshal([]byte(said), &problem)
	return problem.Law
}

// verifies is what the page that checks files says of one, given nothing else.
func (w *town) verifies(file []byte) string {
	w.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	part, err := m.CreateFormFile("file", "kexin-receipt.json")
	w.p.Must(err)
	_, err = part.Write(file)
	w.p.Must(err)
	w.p.Must(m.Close())
	r, err := http.NewRequestWithContext(bg, http.MethodPost, w.base+"/verify", &b)
	w.p.Must(err)
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.Header.Set("Accept-Language", i18n.Chinese)
	res, err := new(http.Client).Do(r)
	w.p.Must(err)
	defer func() { _ = res.Body.Close() }()
	page, err := io.ReadAll(res.Body)
	w.p.Must(err)
	if res.StatusCode != http.StatusOK {
		w.t.Fatalf("%d %s", res.StatusCode, page)
	}
	return html.UnescapeString(string(page))
}

// says is a sentence of the pages in the language in which they are asked for.
func says(key string) string { return i18n.T(i18n.Chinese, key, nil) }
