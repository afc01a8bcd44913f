package load

import (
	"bufio"
	"bytes"
	"net/http"
	"strings"
	"testing"
)

func wireOf(text string) *wire { return &wire{in: bufio.NewReaderSize(strings.NewReader(text), 64)} }

// What a wire reads is what the standard library reads, and it stops where the
// next answer begins.
func TestAnswer(t *testing.T) {
	long := strings.Repeat("x", 300)
	for _, c := range []struct {
		text   string
		status int
		body   string
	}{
		{"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nX: 1\r\n\r\nabc", 200, "abc"},
		{"HTTP/1.1 200 OK\r\ncontent-length:0\r\n\r\n", 200, ""},
		{"HTTP/1.1 404 Not Found\r\nContent-Length: 300\r\n\r\n" + long, 404, long},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n12C\r\n" + long + "\r\n0\r\n\r\n", 200, "abc" + long},
		{"HTTP/1.1 204 No Content\r\n\r\n", 204, ""},
	} {
		w := wireOf(c.text + "HTTP/1.1 201 Created\r\nContent-Length: 1\r\n\r\nz")
		status, body, err := w.answer()
		if err != nil || status != c.status || string(body) != c.body {
			t.Errorf("%.60q: %d %q %v", c.text, status, body, err)
		}
		if status, body, err = w.answer(); err != nil || status != 201 || string(body) != "z" {
			t.Errorf("behind %.60q: %d %q %v", c.text, status, body, err)
		}
		r, err := http.ReadResponse(bufio.NewReader(strings.NewReader(c.text)), nil)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if _, err := b.ReadFrom(r.Body); err != nil || r.StatusCode != c.status || b.String() != c.body {
			t.Errorf("the case %.60q is wrong: %d %q %v", c.text, r.StatusCode, b.String(), err)
		}
	}
}

// An answer that is cut, or whose end is nowhere said, is a failure.
func TestCutAnswer(t *testing.T) {
	for _, text := range []string{
		"", "HTTP/1.1 200 OK\r\n", "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n",
		"HTTP/1.1 200 OK\r\n\r\nabc",
		"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc",
		"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nq\r\n\r\n",
	} {
		if status, body, err := wireOf(text).answer(); err == nil {
			t.Errorf("%q is taken for %d %q", text, status, body)
		}
	}
}

func BenchmarkAnswer(b *testing.B) {
	text := "HTTP/1.1 200 OK\r\nContent-Length: 2976\r\nContent-Type: application/json\r\nDate: Sun, 29 Nov 2026 11:26:35 GMT\r\nX-Request-Id: 7b9bc1d99e64\r\nX-Content-Type-Options: nosniff\r\n\r\n" + strings.Repeat("x", 2976)
	r := strings.NewReader(text)
	w := &wire{in: bufio.NewReaderSize(r, 64<<10)}
	b.ReportAllocs()
	for b.Loop() {
		r.Reset(text)
		w.in.Reset(r)
		if _, _, err := w.answer(); err != nil {
			b.Fatal(err)
		}
	}
}
