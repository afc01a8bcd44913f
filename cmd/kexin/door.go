package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"kexin"
	"kexin/i18n"
)

// The door 后门 is DATA/kexin.sock: while a server runs, it alone has the
// database, so a command hands its command line in there and prints what comes
// back. Only the user who runs the server may open it.
const doorName = "kexin.sock"

// A request is a command line as it was read, flags with where they came from
// resolved.
type request struct {
	Command string              `json:"command"`
	Args    []string            `json:"args"`
	Flags   map[string][]string `json:"flags"`
	Dir     string              `json:"dir"` // against which paths in Args are meant
}

// A said is one line that comes back: words for one of the two outputs, or the
// end, with what a list waits for where it does.
type said struct {
	Out    string   `json:"out,omitempty"`
	Err    string   `json:"err,omitempty"`
	Status *int     `json:"status,omitempty"`
	Waits  *waiting `json:"waits,omitempty"`
}

// door gives a command the product to work on: the running server's, where the
// command came in by its door; else this process opens it and takes the lock.
// Where another process serves these data, the whole command is handed to it,
// and the error is its exit code. Whoever gets no error must Close what he
// got.
func (o *options) door(ctx context.Context) (*opened, error) {
	if o.inside != nil {
		x := *o.inside
		x.shared = true
		return &x, nil
	}
	c, err := net.DialTimeout("unix", filepath.Join(o.data, doorName), 2*time.Second)
	if err != nil {
		return open(ctx, o, false)
	}
	return nil, o.handIn(ctx, c)
}

// words are a sentence of the catalogue in the terminal's language.
func (o *options) words(key string, args map[string]string) string { return i18n.T(o.lang, key, args) }

// print writes a sentence of the catalogue on a line.
func (o *options) print(key string, args map[string]string) {
	fmt.Fprintln(o.out, o.words(key, args))
}

// answer writes v as JSON where a program reads, else runs words.
func (o *options) answer(v any, words func()) error {
	if !o.json {
		words()
		return nil
	}
	e := json.NewEncoder(o.out)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// handIn sends the command line through the door and copies what comes back.
// The connection's end, or the caller's, ends the command.
func (o *options) handIn(ctx context.Context, c net.Conn) error {
	q := o.asked
	q.Dir, _ = os.Getwd()
	b, err := json.Marshal(q)
	if err != nil {
		return errors.Join(err, c.Close())
	}
	t := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return c, nil }, DisableKeepAlives: true}
	defer t.CloseIdleConnections()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://door/", strings.NewReader(string(b)))
	if err != nil {
		return err
	}
	w, err := t.RoundTrip(r)
	if err != nil {
		return &kexin.Error{Op: "door", Code: kexin.Unavailable, Key: "cli.door_shut", Err: err}
	}
	defer w.Body.Close()
	for d := json.NewDecoder(w.Body); ; {
		var s said
		if err := d.Decode(&s); err != nil {
			return &kexin.Error{Op: "door", Code: kexin.Unavailable, Key: "cli.door_shut", Err: err}
		}
		fmt.Fprint(o.out, s.Out)
		fmt.Fprint(o.errs, s.Err)
		if s.Waits != nil {
			return s.Waits
		}
		if s.Status != nil {
			return exitCode(*s.Status)
		}
	}
}

// serveDoor opens the door of a running server; the function shuts it.
func (x *opened) serveDoor(o *options) (shut func(), err error) {
	path := filepath.Join(o.data, doorName)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) { // left by a server that was killed: the lock is ours
		return nil, err
	}
	l, err := net.Listen("unix", path)
	if err != nil { // the name may be too long for a socket; all else works without
		x.log.Warn("no door for commands", "err", err.Error())
		return func() {}, nil
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	srv := &http.Server{ReadHeaderTimeout: 5 * time.Second, MaxHeaderBytes: 16 << 10, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { x.take(o, w, r) })}
	go func() { _ = srv.Serve(ownOnly{l}) }()
	return func() { _ = srv.Close() }, nil
}

// ownOnly lets in only connections of this process's user, or of root.
type ownOnly struct{ net.Listener }

// Accept gives the next of them.
func (l ownOnly) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil || samePerson(c) {
			return c, err
		}
		_ = c.Close()
	}
}

// take does a command that came in.
func (x *opened) take(server *options, w http.ResponseWriter, r *http.Request) {
	var q request
	if err := json.NewDecoder(io.LimitReader(r.Body, 1<<20)).Decode(&q); err != nil {
		http.Error(w, "request", http.StatusBadRequest)
		return
	}
	back := &reply{w: w}
	o := newOptions(pipe{back, false}, pipe{back, true})
	o.inside, o.hard, o.asked = x, server.hard, q
	err := x.obey(r.Context(), o, q)
	status := exit(err, o)
	end := said{Status: &status}
	errors.As(err, &end.Waits)
	back.send(end)
}

func (x *opened) obey(ctx context.Context, o *options, q request) error {
	c, ok := find(q.Command)
	if !ok {
		return exitCode(2)
	}
	fs, do := c.flagSet(o)
	for name, values := range q.Flags {
		for _, v := range values {
			if err := fs.Set(name, v); err != nil {
				return err
			}
		}
	}
	return do(ctx, q.Args)
}

// A reply writes what a command says to its caller, line by line.
type reply struct {
	mu sync.Mutex
	w  http.ResponseWriter
}

func (r *reply) send(s said) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if json.NewEncoder(r.w).Encode(s) == nil {
		_ = http.NewResponseController(r.w).Flush()
	}
}

type pipe struct {
	to   *reply
	errs bool
}

// Write passes text on.
func (p pipe) Write(b []byte) (int, error) {
	if p.errs {
		p.to.send(said{Err: string(b)})
	} else {
		p.to.send(said{Out: string(b)})
	}
	return len(b), nil
}

// flagValues are a flag's values as they can be set again.
func flagValues(f *flag.Flag) []string {
	if l, ok := f.Value.(*list); ok {
		return *l
	}
	return []string{f.Value.String()}
}
