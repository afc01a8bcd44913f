package site

import (
	"compress/gzip"
	"net/http"
	"strings"
	"sync"
)

var zippers = sync.Pool{New: func() any { w, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed); return w }}

// gzipped compresses JSON answers for those who take it. Nothing secret and
// chosen by an attacker stands in one answer together: search terms are not
// echoed, cookies are not in bodies.
func gzipped(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			next.ServeHTTP(w, r)
			return
		}
		z := &zipWriter{ResponseWriter: w}
		defer z.close()
		next.ServeHTTP(z, r)
	})
}

// zipLeast: smaller answers are sent as they are.
const zipLeast = 1024

// A zipWriter holds back the first bytes until it is known that compressing
// pays.
type zipWriter struct {
	http.ResponseWriter
	status int
	held   []byte
	zip    *gzip.Writer
	plain  bool
}

func (z *zipWriter) WriteHeader(status int) { z.status = status }

func (z *zipWriter) Write(b []byte) (int, error) {
	switch {
	case z.zip != nil:
		return z.zip.Write(b)
	case z.plain:
		return z.ResponseWriter.Write(b)
	}
	z.held = append(z.held, b...)
	if len(z.held) < zipLeast {
		return len(b), nil
	}
	return len(b), z.begin()
}

// begin sends the header and what was held back.
func (z *zipWriter) begin() error {
	h := z.Header()
	h.Add("Vary", "Accept-Encoding")
	if !strings.Contains(h.Get("Content-Type"), "json") || len(z.held) < zipLeast {
		z.plain = true
		z.sendStatus()
		_, err := z.ResponseWriter.Write(z.held)
		return err
	}
	h.Set("Content-Encoding", "gzip")
	h.Del("Content-Length")
	z.sendStatus()
	z.zip = zippers.Get().(*gzip.Writer)
	z.zip.Reset(z.ResponseWriter)
	_, err := z.zip.Write(z.held)
	return err
}

func (z *zipWriter) sendStatus() {
	if z.status != 0 {
		z.ResponseWriter.WriteHeader(z.status)
	}
}

func (z *zipWriter) close() {
	if z.zip == nil && !z.plain {
		_ = z.begin()
	}
	if z.zip != nil {
		_ = z.zip.Close()
		zippers.Put(z.zip)
	}
}

// Unwrap lets http.ResponseController reach the connection.
func (z *zipWriter) Unwrap() http.ResponseWriter { return z.ResponseWriter }
