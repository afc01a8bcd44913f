package api_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kexin"
	"kexin/internal/db/dbtest"
	"kexin/internal/sitetest"
)

// A flood is a body of more bytes than anybody may send. It counts what is
// taken of it, and how much memory there is meanwhile; who sends it may still
// read it when the answer is there.
type flood struct{ n, peak atomic.Int64 }

func (f *flood) Read(p []byte) (int, error) {
	was := f.n.Load()
	n := min(int64(len(p)), large-was)
	if n == 0 {
		return 0, io.EOF
	}
	for i := range p[:n] {
		p[i] = 'a'
	}
	if was>>26 != (was+n)>>26 { // each 64 MB
		f.peak.Store(max(f.peak.Load(), heap()))
	}
	f.n.Add(n)
	return int(n), nil
}

func heap() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// large is how long it is.
const large = 2<<30 + 1<<20

// A sender sends floods to a real server.
type sender struct {
	t      *testing.T
	s      *sitetest.Site
	url    string
	client *http.Client
}

func newSender(t *testing.T, s *sitetest.Site) *sender {
	server := httptest.NewServer(s.Site)
	t.Cleanup(server.Close)
	return &sender{t, s, server.URL, &http.Client{Transport: &http.Transport{ExpectContinueTimeout: time.Hour}}}
}

// sends gives what the server answers to a body of 2 GB, declared as so long or,
// with -1, not at all; "" where it shut the door while the body came.
func (x *sender) sends(method, path, kind string, said int64, wait bool) (body *flood, status int, text string) {
	x.t.Helper()
	body = &flood{}
	r, err := http.NewRequest(method, x.url+path, body)
	if err != nil {
		x.t.Fatal(err)
	}
	r.ContentLength = said
	r.Header.Set("Content-Type", kind)
	if wait {
		r.Header.Set("Expect", "100-continue")
	}
	r.AddCookie(&http.Cookie{Name: "kx", Value: x.s.Cookie("owner")})
	a, err := x.client.Do(r)
	if err != nil {
		return body, 0, ""
	}
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	if err != nil {
		x.t.Fatal(err)
	}
	return body, a.StatusCode, string(b)
}

// list sends a file of 2 GB to a declared import: it is refused in words, and
// nothing is kept.
func (x *sender) list(said int64) *flood {
	x.t.Helper()
	var b struct{ ID kexin.ID }
	x.s.As("owner", http.MethodPost, "/api/v1/imports", map[string]any{"source": "own_form", "collected": "staff", "accept": true}).Into(x.t, http.StatusCreated, &b)
	body, status, text := x.sends(http.MethodPut, "/api/v1/imports/"+b.ID.String()+"/file", "application/octet-stream", said, true)
	var p struct{ Detail string }
	if status != http.StatusUnprocessableEntity || json.Unmarshal([]byte(text), &p) != nil || !strings.Contains(p.Detail, "2 GB") {
		x.t.Fatalf("%d %s", status, text)
	}
	if left, err := os.ReadDir(x.s.Data + "/stage"); err == nil && len(left) > 0 {
		x.t.Errorf("left on the disk: %v", left)
	}
	return body
}

// TestLargeFile sends a file of more than 2 GB to the real server: one that says
// so is refused before a byte of it leaves the sender, one that does not say so
// when it goes over, and memory does not grow with it.
func TestLargeFile(t *testing.T) {
	x := newSender(t, sitetest.New(t, dbtest.SQLite))
	if n := x.list(large).n.Load(); n != 0 {
		t.Errorf("%d bytes left the sender", n)
	}
	if testing.Short() { // the race detector reads along
		return
	}
	before := heap()
	body := x.list(-1)
	if n := body.n.Load(); n < 2<<30 {
		t.Errorf("refused after %d bytes", n)
	}
	if grown := body.peak.Load() - before; grown > 128<<20 {
		t.Errorf("memory grew by %d MB", grown>>20)
	}
}

// TestLargeBody: every other body is cut early, whether its length was said or
// not, and refused.
func TestLargeBody(t *testing.T) {
	x := newSender(t, sitetest.New(t, dbtest.SQLite))
	for _, c := range []struct {
		path, kind string
		status     int
	}{
		{"/api/v1/customers", "application/json", 413}, {"/api/v1/customers/search", "application/json", 413},
		{"/login", "application/x-www-form-urlencoded", 422}, {"/verify", "multipart/form-data; boundary=x", 422},
	} {
		for _, said := range []int64{large, -1} {
			body, status, text := x.sends(http.MethodPost, c.path, c.kind, said, false)
			if n := body.n.Load(); n > 64<<20 { // what lies on the way comes to that
				t.Errorf("%s: %d bytes were taken", c.path, n)
			}
			if status != 0 && status != c.status || strings.HasPrefix(c.path, "/api/") && status != 0 && !strings.Contains(text, "内容太大") {
				t.Errorf("%s, said to be %d: %d %s", c.path, said, status, text)
			}
		}
	}
}
