package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"golang.org/x/crypto/acme/autocert"

	"kexin"
	"kexin/app"
	"kexin/internal/db"
	"kexin/internal/site"
	"kexin/store"
	"kexin/vault"
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

// An opened product: what serve, import, keys and the like work on.
type opened struct {
	db     *db.DB
	store  *store.Store
	app    *app.App
	log    *slog.Logger
	unlock func()
	code   string // recovery code of a master key made just now, "" otherwise
	stop   context.CancelFunc
	done   chan struct{}
}

// open opens database, keys and store, and starts what goes on beside
// requests.
func open(ctx context.Context, o *options) (*opened, error) {
	x := &opened{log: site.NewLogger(o.errs), unlock: func() {}}
	keepers, code, err := masterKey(o)
	if err != nil {
		return nil, err
	}
	x.code = code
	out, witnesses, err := o.outside()
	if err != nil {
		return nil, err
	}
	transports, err := o.transports(out)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.data, 0o700); err != nil {
		return nil, err
	}
	cfg := db.Config{DSN: o.dsn, Log: x.log, Clock: o.now}
	if o.dsn == "" {
		if x.unlock, err = db.LockDir(o.data); err != nil {
			return nil, err
		}
		cfg.File = o.dbFile
	}
	if x.db, err = db.Open(ctx, cfg); err == nil {
		x.store, err = store.Open(ctx, x.db, keepers, func() kexin.Instant { return kexin.At(o.now()) })
	}
	if err == nil {
		err = x.town(ctx, o)
	}
	if err != nil {
		x.unlock()
		return nil, err
	}
	x.app = app.New(app.Config{Store: x.store, Log: x.log, Now: time.Now, Data: o.data, Witnesses: witnesses, Out: out, Transports: transports, Public: o.publicURL})
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	x.stop, x.done = stop, make(chan struct{})
	go func() { x.app.Run(run); close(x.done) }()
	return x, nil
}

// Close stops what goes on, writes what waits and closes the database.
func (x *opened) Close() {
	x.stop()
	<-x.done
	if err := x.store.Close(); err != nil {
		x.log.Error("closing", "err", err.Error())
	}
	x.unlock()
}

// masterKey opens the master key, or makes one on the first start. The file
// comes before the environment, which other programs can read.
func masterKey(o *options) (vault.Keepers, string, error) {
	if o.keyFile == "" {
		if v := os.Getenv("KEXIN_MASTER_KEY"); v != "" {
			key, err := vault.ParseRecovery(v)
			if err != nil {
				return nil, "", err
			}
			fmt.Fprintln(o.errs, "KEXIN_MASTER_KEY: other programs can read the environment; a file (--master-key-file) is safer.")
			return vault.Keepers{vault.NewMasterKeeper(key)}, "", nil
		}
		o.keyFile = keyPath()
	}
	away := o.data
	if o.demo { // a demonstration is thrown away as a whole
		away = ""
	}
	k, err := vault.OpenKeyFile(o.keyFile, away)
	if kexin.CodeOf(err) != kexin.NotFound {
		return vault.Keepers{k}, "", err
	}
	if _, err := os.Stat(o.dbFile); err == nil && o.dsn == "" {
		return nil, "", &kexin.Error{Op: "serve", Code: kexin.Unavailable, Key: "keys.lost", Args: map[string]string{"file": o.keyFile}}
	}
	if err := os.MkdirAll(filepath.Dir(o.keyFile), 0o700); err != nil {
		return nil, "", err
	}
	k, code, err := vault.CreateKeyFile(o.keyFile, away)
	return vault.Keepers{k}, code, err
}

// serveCommand runs the server.
func serveCommand(o *options, fs *flag.FlagSet) action {
	serveFlags(o, fs)
	return func(ctx context.Context, _ []string) error { return serve(ctx, o) }
}

// serve runs the server until it is told to stop.
func serve(ctx context.Context, o *options) error {
	if err := errors.Join(checkTransport(o), o.demoPlace()); err != nil {
		return err
	}
	x, err := open(ctx, o)
	if err != nil {
		return err
	}
	defer x.Close()
	h, err := x.site(o)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", o.addr)
	if err != nil {
		return err
	}
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(x.log.Handler(), slog.LevelWarn)}
	if o.publicURL == "" {
		o.publicURL = guessURL(o, l.Addr())
	}
	if err := x.welcome(ctx, o); err != nil {
		return err
	}
	failed := make(chan error, 1)
	go func() { failed <- listen(srv, l, o) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	return shutdown(srv)
}

// shutdown lets requests finish for twenty seconds.
func shutdown(srv *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := srv.Shutdown(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return srv.Close()
}

// listen serves plain HTTP, or TLS by file or by ACME.
func listen(srv *http.Server, l net.Listener, o *options) error {
	var err error
	switch {
	case o.tlsCert != "":
		srv.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12}
		err = srv.ServeTLS(l, o.tlsCert, o.tlsKey)
	case o.acmeHost != "":
		m := &autocert.Manager{Prompt: autocert.AcceptTOS, HostPolicy: autocert.HostWhitelist(o.acmeHost), Cache: autocert.DirCache(filepath.Join(o.data, "acme"))}
		srv.TLSConfig = m.TLSConfig()
		err = srv.ServeTLS(l, "", "")
	default:
		err = srv.Serve(l)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
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
	if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() {
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
