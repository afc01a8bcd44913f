package front

import (
	"context"
	"io"
	"net/http"
	"strings"
	"time"
)

// How long a body may take to arrive (security.md A10): all of a form, all of an
// evidence file, and each piece of a list that staff send, whose sender is known
// before its first byte is read. A body that trickles in keeps nobody waiting.
const (
	formTime     = 30 * time.Second
	evidenceTime = 5 * time.Minute
)

// handlerTime is how long a handler works at an answer (security.md A10); what
// it waits for in the database is given up then, and nothing of it is kept.
const handlerTime = 30 * time.Second

// readTime is how long a browser may take to read an answer, from the end of the
// handler's time on: who does not read it holds no connection for ever.
const readTime = 2 * time.Minute

// streams reports whether a request brings or fetches a file: that takes as long
// as its bytes do.
func streams(r *http.Request) bool {
	return r.URL.Path == "/verify" || strings.HasPrefix(r.URL.Path, "/api/v1/imports/") && (r.Method == http.MethodPut || strings.HasSuffix(r.URL.Path, "/refused"))
}

// bounded is a request whose handler has its time.
func bounded(r *http.Request) (*http.Request, context.CancelFunc) {
	if streams(r) {
		return r, func() {}
	}
	ctx, cancel := context.WithTimeout(r.Context(), handlerTime)
	return r.WithContext(ctx), cancel
}

// hasten gives the answer to a request its time. A file of an import takes as long
// as its bytes do.
func (f *Front) hasten(w http.ResponseWriter, r *http.Request) {
	var until time.Time
	switch {
	case r.URL.Path == "/verify":
		until = time.Now().Add(evidenceTime + f.answerTime)
	case !streams(r):
		until = time.Now().Add(f.answerTime)
	}
	_ = http.NewResponseController(w).SetWriteDeadline(until)
}

// A hurried body ends where its time is over.
type hurried struct {
	io.ReadCloser
	conn  *http.ResponseController
	piece time.Duration // for each piece; 0 = the whole has one end
}

// Read reads on; at the end the connection has its time back, so that an answer
// may take longer.
func (h *hurried) Read(p []byte) (int, error) {
	if h.piece > 0 {
		_ = h.conn.SetReadDeadline(time.Now().Add(h.piece))
	}
	n, err := h.ReadCloser.Read(p)
	if err == io.EOF {
		_ = h.conn.SetReadDeadline(time.Time{})
	}
	return n, err
}

// hurry gives the body of a request its time.
func (f *Front) hurry(w http.ResponseWriter, r *http.Request) {
	if r.Body == nil || r.Body == http.NoBody || r.ContentLength == 0 {
		return
	}
	h := &hurried{ReadCloser: r.Body, conn: http.NewResponseController(w)}
	whole := f.bodyTime
	if r.URL.Path == "/verify" {
		whole *= evidenceTime / formTime
	}
	if r.Method == http.MethodPut && strings.HasPrefix(r.URL.Path, "/api/v1/imports/") {
		h.piece = f.bodyTime
	}
	if h.conn.SetReadDeadline(time.Now().Add(whole)) == nil {
		r.Body = h
	}
}
