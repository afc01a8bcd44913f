package front

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"runtime"
	"strings"
)

// newID draws the number of a request.
func newID() string {
	var b [6]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// secretPaths are those whose next part is a secret or names a person: the log
// has a dash there.
var secretPaths = []string{"/setup/", "/invite/", "/recover/", "/l/"}

// shown is a request's path as the log has it: the pattern that answered, and
// never a token, a query or an id.
func shown(r *http.Request) string {
	for _, p := range secretPaths {
		if strings.HasPrefix(r.URL.Path, p) {
			return p + "-"
		}
	}
	if _, path, ok := strings.Cut(r.Pattern, " "); ok {
		return path
	}
	if r.Pattern != "" && r.Pattern != "/" {
		return r.Pattern
	}
	if strings.HasPrefix(r.URL.Path, "/api/") {
		return "/api/-"
	}
	if strings.HasPrefix(r.URL.Path, "/assets/") {
		return "/assets/-"
	}
	return "/-"
}

// stack is where a panic came from, without arguments: the value may hold
// personal data, so only its type is told.
func stack(p any) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%T", p)
	pcs := make([]uintptr, 24)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(4, pcs)])
	for {
		f, more := frames.Next()
		fmt.Fprintf(&b, " %s:%d", f.Function, f.Line)
		if !more {
			return b.String()
		}
	}
}

// A recorder remembers the status that was sent.
type recorder struct {
	http.ResponseWriter
	status int
}

// WriteHeader notes the status.
func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write counts as status 200 where none was sent.
func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController through.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
