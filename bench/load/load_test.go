package load

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// An echo asks for its own number and expects it back.
type echo struct {
	n    int
	fail bool
}

func (e *echo) Header() string { return "Cookie: kx=" + strings.Repeat("a", 3) + "\r\n" }

func (e *echo) Next() Request {
	e.n++
	if e.n%2 == 0 {
		return Request{Method: "GET", Path: "/get"}
	}
	return Request{Method: "POST", Path: "/post", Body: []byte(`{"a":1}`)}
}

func (e *echo) Answer(status int, body []byte) error {
	want := "GET /get aaa "
	if e.n%2 == 1 {
		want = `POST /post aaa {"a":1}`
	}
	if status != 200 || string(body) != want || e.fail && e.n == 3 {
		return errors.New("another answer")
	}
	return nil
}

func server(t *testing.T, served, open *atomic.Int64) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		served.Add(1)
		if open.Add(1) > 4 {
			t.Error("more requests at once than clients")
		}
		defer open.Add(-1)
		c, err := r.Cookie("kx")
		if err != nil {
			t.Error(err)
			return
		}
		b, _ := io.ReadAll(r.Body)
		_, _ = io.WriteString(w, r.Method+" "+r.URL.Path+" "+c.Value+" ")
		if f, ok := w.(http.Flusher); ok && len(b) == 0 {
			f.Flush() // an answer in chunks
		}
		_, _ = w.Write(b)
	}))
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// enough runs for longer and longer until so many requests were counted: a busy
// machine may let none through in a short time.
func enough(n int, run func(d time.Duration) Run) (got Result, err error) {
	for d := 100 * time.Millisecond; d < time.Minute; d *= 2 {
		if got, err = run(d).Do(context.Background()); got.Requests >= n {
			break
		}
	}
	return got, err
}

func TestClosedLoop(t *testing.T) {
	var served, open atomic.Int64
	addr := server(t, &served, &open)
	got, err := enough(1, func(d time.Duration) Run {
		return Run{Addr: addr, Clients: []Client{&echo{}, &echo{}, &echo{}, &echo{}}, Warm: d / 5, For: d, Server: os.Getpid()}
	})
	if err != nil {
		t.Fatal(err)
	}
	if got.Clients != 4 || got.Failed != 0 || got.Requests == 0 || int64(got.Requests) > served.Load() {
		t.Errorf("%+v of %d", got, served.Load())
	}
	if got.P50 <= 0 || got.P50 > got.P95 || got.P95 > got.P99 || got.Bytes < 10 || got.Peak < got.RSS || got.RSS == 0 {
		t.Errorf("%+v", got)
	}
}

// A failed request is counted, told, and does not end the run.
func TestFailure(t *testing.T) {
	var served, open atomic.Int64
	addr := server(t, &served, &open)
	got, err := enough(3, func(d time.Duration) Run { return Run{Addr: addr, Clients: []Client{&echo{fail: true}}, For: d} })
	if err == nil || got.Failed != 1 || got.Requests < 3 {
		t.Errorf("%+v %v", got, err)
	}
	if _, err := (Run{Addr: "127.0.0.1:1", Clients: []Client{&echo{}}, For: time.Millisecond}).Do(context.Background()); err == nil {
		t.Error("nobody listens and it is no error")
	}
}

// Quantiles by nearest rank: the smallest value that so many per cent of all
// do not exceed.
func TestTimesOf(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ms := rapid.SliceOfN(rapid.IntRange(1, 1000), 1, 300).Draw(t, "ms")
		d := make([]time.Duration, len(ms))
		for i, m := range ms {
			d[i] = time.Duration(m) * time.Millisecond
		}
		got := TimesOf(d)
		slices.Sort(ms)
		for percent, q := range map[int]float64{50: got.P50, 95: got.P95, 99: got.P99} {
			within, below := 0, 0
			for _, m := range ms {
				if float64(m) <= q {
					within++
				}
				if float64(m) < q {
					below++
				}
			}
			if within*100 < percent*len(ms) || below*100 >= percent*len(ms) {
				t.Fatalf("p%d of %v is %v", percent, ms, q)
			}
		}
	})
	if TimesOf(nil) != (Times{}) {
		t.Error("of nothing")
	}
}

func TestProc(t *testing.T) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("this system has no /proc: processor time and memory are not measured here")
	}
	before, err := CPU(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(50 * time.Millisecond); time.Now().Before(end); {
		_ = strings.Repeat("x", 1000)
	}
	after, err := CPU(os.Getpid())
	if err != nil || after < before {
		t.Error(before, after, err)
	}
	if m, err := MemoryOf(os.Getpid()); err != nil || m.RSS < 1<<20 || m.Peak < 1<<20 {
		t.Error(m, err)
	}
	if _, err := CPU(1 << 30); err == nil {
		t.Error("a process that is not there")
	}
}
