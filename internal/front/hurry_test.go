package front

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"
)

// TestSlowBody: a body that trickles in is given up, on a page and in the API;
// an answer that takes long is not.
func TestSlowBody(t *testing.T) {
	f, err := New(Config{Log: slog.New(slog.DiscardHandler), Fail: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(500) }})
	if err != nil {
		t.Fatal(err)
	}
	f.bodyTime = 100 * time.Millisecond
	read, long := make(chan error, 1), make(chan error, 1)
	s := httptest.NewServer(f.Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, err := io.ReadAll(r.Body)
		read <- err
		if err == nil {
			select {
			case <-r.Context().Done():
			case <-time.After(3 * f.bodyTime):
			}
			long <- r.Context().Err()
		}
	})))
	defer s.Close()
	send := func(path, part string, length int) *bufio.Reader {
		c, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		_, _ = fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s", path, length, part)
		return bufio.NewReader(c)
	}
	for _, path := range []string{"/login", "/api/v1/customers"} {
		send(path, "a=1", 1000)
		if err := <-read; err == nil {
			t.Errorf("%s: a body that never came was read", path)
		}
	}
	answer := send("/login", "a=1", 3)
	if err := <-read; err != nil {
		t.Errorf("a whole body: %v", err)
	}
	if err := <-long; err != nil {
		t.Errorf("a long answer was cut: %v", err)
	}
	if res, err := http.ReadResponse(answer, nil); err != nil || res.StatusCode != 200 {
		t.Errorf("no answer: %v", err)
	}
}

// TestUnreadAnswer: who asks for much and reads nothing of it is cut off; who
// fetches a file of an import may take his time.
func TestUnreadAnswer(t *testing.T) {
	f, err := New(Config{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	f.answerTime = 100 * time.Millisecond
	wrote, gone := make(chan error, 1), make(chan struct{})
	s := httptest.NewServer(f.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		piece, err := make([]byte, 1<<20), error(nil)
		for n := 0; n < 64 && err == nil; n++ {
			if n == 0 { // how much goes into the system's buffers is the system's
				gone <- struct{}{}
			}
			_, err = w.Write(piece)
		}
		wrote <- err
	})))
	defer s.Close()
	ask := func(path string) net.Conn {
		c, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		_, _ = fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", path)
		<-gone
		return c
	}
	ask("/assets/index.js")
	select {
	case err := <-wrote:
		if err == nil {
			t.Error("64 MB went to somebody who read nothing")
		}
	case <-time.After(time.Minute):
		t.Fatal("an answer that nobody reads is still being written")
	}
	file := ask("/api/v1/imports/7/refused")
	time.Sleep(3 * f.answerTime)
	go func() { _, _ = io.Copy(io.Discard, file) }()
	if err := <-wrote; err != nil {
		t.Errorf("a file that is fetched slowly: %v", err)
	}
}

// TestHandlerTime: a handler that waits for something has 30 seconds, one that
// brings or fetches a file as long as it needs.
func TestHandlerTime(t *testing.T) {
	f, err := New(Config{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		method, path string
		file         bool
	}{
		{"GET", "/api/v1/customers/7", false}, {"POST", "/api/v1/customers/search", false}, {"PUT", "/api/v1/card", false}, {"GET", "/api/v1/imports/7", false}, {"POST", "/login", false}, {"POST", "/p/form", false},
		{"PUT", "/api/v1/imports/7/file", true}, {"GET", "/api/v1/imports/7/refused", true}, {"POST", "/verify", true},
	} {
		synctest.Test(t, func(t *testing.T) {
			begun := time.Now()
			f.Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				select {
				case <-r.Context().Done():
				case <-time.After(time.Hour):
				}
			})).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(c.method, c.path, nil))
			if d := time.Since(begun); d != handlerTime && !c.file || d != time.Hour && c.file {
				t.Errorf("%s %s ends after %v", c.method, c.path, d)
			}
		})
	}
}
