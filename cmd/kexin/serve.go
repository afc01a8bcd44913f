package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"time"

	"kexin"
	"kexin/i18n"
)

// version is set by the linker for releases; else the build information says
// it.
var version = ""

func versionText() string {
	if version != "" {
		return version
	}
	if b, ok := debug.ReadBuildInfo(); ok {
		for _, s := range b.Settings {
			if s.Key == "vcs.revision" {
				return "dev-" + s.Value[:min(12, len(s.Value))]
			}
		}
	}
	return "dev"
}

// versionCommand prints which build this is.
func versionCommand(o *options, _ *flag.FlagSet) action {
	return func(context.Context, []string) error {
		fmt.Fprintln(o.out, versionText())
		return nil
	}
}

// serveCommand runs the server.
func serveCommand(o *options, fs *flag.FlagSet) action {
	serveFlags(o, fs)
	return func(ctx context.Context, _ []string) error {
		if os.Getenv("GOMAXPROCS") == "" && runtime.GOMAXPROCS(0) < leastThreads {
			runtime.GOMAXPROCS(leastThreads)
		}
		return serve(ctx, o)
	}
}

// leastThreads is how many threads run Go at once, however few cores there are: one
// that comes back from the disk goes on at once, and need not wait until one of two
// that compute lets go.
const leastThreads = 3

// grace is how long requests and background work may take to end when the
// server is told to stop. A second signal ends it at once.
const grace = 20 * time.Second

// heapSlack is how many bytes of garbage may gather beyond what is in use. The
// collector starts anew when the heap has doubled, and a server's is so small
// that it would spend a tenth of its time on it.
const heapSlack = 16 << 20

// serve runs the server until it is told to stop.
func serve(ctx context.Context, o *options) (err error) {
	if err := errors.Join(checkTransport(o), o.demoPlace()); err != nil {
		return err
	}
	x, err := open(ctx, o, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, x.Close()) }()
	site, err := x.site(o)
	if err != nil {
		return err
	}
	h, err := x.hall(o, site)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", o.addr)
	if err != nil {
		return err
	}
	f := &figures{x: x, began: time.Now()}
	srv := &http.Server{Handler: f.counting(h), ReadHeaderTimeout: 5 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: httpLog(x.log)}
	if o.publicURL == "" {
		o.publicURL = guessURL(o, l.Addr())
	}
	x.public, x.options = o.publicURL, o
	shutDoor, err := x.serveDoor(o)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	defer shutDoor()
	shutMetrics, err := x.serveMetrics(o, f)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	defer shutMetrics()
	if err := x.welcome(ctx, o); err != nil && ctx.Err() == nil { // told to stop meanwhile, it stops in good order
		return errors.Join(err, l.Close())
	}
	slack := make([]byte, heapSlack) // counts for the collector and is never touched, so no memory stands behind it
	defer runtime.KeepAlive(slack)
	failed := make(chan error, 1)
	go func() { failed <- listen(srv, l, o, x.log) }()
	if o.open {
		browse(o.publicURL)
	}
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	return o.shutdown(srv, x.app.Halt)
}

// shutdown accepts nothing new, and gives what is under way its grace:
// requests end, and halt, where there is one, has imports and jobs store how
// far they are and yield. A second signal cuts it short.
func (o *options) shutdown(srv *http.Server, halt func(context.Context) error) error {
	fmt.Fprintln(o.errs, i18n.T(o.lang, "cli.stopping", nil))
	ctx, cancel := context.WithTimeout(o.hard, grace)
	defer cancel()
	halted := make(chan error, 1)
	go func() {
		if halt == nil {
			halted <- nil
			return
		}
		halted <- halt(ctx)
	}()
	err := srv.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		err = nil
	}
	return errors.Join(err, <-halted, srv.Close())
}

// browse opens an address in the browser of whoever sits at this machine.
// Where there is none, as on a server, nothing happens.
func browse(address string) {
	program := map[string][]string{"windows": {"rundll32", "url.dll,FileProtocolHandler"}, "darwin": {"open"}}[runtime.GOOS]
	if program == nil {
		program = []string{"xdg-open"}
	}
	c := exec.Command(program[0], append(program[1:], address)...)
	if c.Start() == nil {
		go func() { _ = c.Wait() }()
	}
}

// checkTransport refuses plain HTTP on anything but loopback, unless a proxy
// that ends TLS is named.
func checkTransport(o *options) error {
	if (o.tlsCert == "") != (o.tlsKey == "") {
		return &kexin.Error{Op: "serve", Code: kexin.Invalid, Key: "tls.pair"}
	}
	if o.tlsCert != "" || o.acmeHost != "" || o.proxy != "" {
		return nil
	}
	host, _, err := net.SplitHostPort(o.addr)
	if err != nil {
		return err
	}
	if loopback(host) {
		return nil
	}
	return &kexin.Error{Op: "serve", Code: kexin.Invalid, Key: "tls.needed", Args: map[string]string{"addr": o.addr}}
}

// guessURL is how a browser on this machine reaches the server.
func guessURL(o *options, a net.Addr) string {
	if o.acmeHost != "" {
		return "https://" + o.acmeHost
	}
	if o.tlsCert != "" {
		return "https://" + a.String()
	}
	return "http://" + a.String()
}
