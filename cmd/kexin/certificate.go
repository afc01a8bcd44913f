package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
	"golang.org/x/net/idna"

	"kexin/outbound"
)

// listen serves plain HTTP, or TLS by file or by ACME.
func listen(srv *http.Server, l net.Listener, o *options, log *slog.Logger) error {
	var err error
	switch {
	case o.tlsCert != "":
		srv.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12}
		err = srv.ServeTLS(l, o.tlsCert, o.tlsKey)
	case o.acmeHost != "":
		var m *autocert.Manager
		if m, err = o.certificates(); err != nil {
			return err
		}
		srv.TLSConfig = m.TLSConfig()
		find := telling(log, o.acmeHost, m.GetCertificate)
		srv.TLSConfig.GetCertificate = find
		go fetch(log, o.acmeHost, find) // the authority calls here before it gives one
		err = srv.ServeTLS(l, "", "")
	default:
		err = srv.Serve(l)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// certificates gets certificates by ACME through the one client to the outside
// (security.md A15), and keeps them with the data.
func (o *options) certificates() (*autocert.Manager, error) {
	out, _, err := o.outside()
	if err != nil {
		return nil, err
	}
	ours := autocert.HostWhitelist(o.acmeHost)
	return &autocert.Manager{Prompt: autocert.AcceptTOS, Cache: autocert.DirCache(filepath.Join(o.data, "acme")),
		HostPolicy: func(ctx context.Context, host string) error {
			if ours(ctx, host) != nil {
				return errStrange
			}
			return nil
		},
		Client: &acme.Client{DirectoryURL: o.acmeDirectory, UserAgent: "Kexin", HTTPClient: &http.Client{Transport: out.RoundTripper(), Timeout: outbound.Timeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}}, nil
}

// errStrange is the answer to whoever asks for a name that is not ours.
var errStrange = errors.New("not a host of this server")

// A finder finds the certificate for a browser that greets.
type finder = func(*tls.ClientHelloInfo) (*tls.Certificate, error)

// telling is find with a line in the log where there is no certificate for our
// host and none is to be had, at most one a minute: ACME is asked no more often.
func telling(to *slog.Logger, host string, find finder) finder {
	var mu sync.Mutex
	var last time.Time
	return func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		c, err := find(hello)
		if err == nil || errors.Is(err, errStrange) || hello.ServerName == "" {
			return c, err
		}
		mu.Lock()
		defer mu.Unlock()
		if last.IsZero() || time.Since(last) > time.Minute {
			last = time.Now()
			to.Error("no certificate", "host", host, "err", err.Error())
		}
		return nil, err
	}
}

// fetch has the certificate got at the start: the first browser is cut off before an
// authority that takes its time has given one. The log says how it went.
func fetch(to *slog.Logger, host string, find finder) {
	c, err := find(&tls.ClientHelloInfo{ServerName: host, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}}) // the kind that browsers are given
	if err == nil {
		to.Info("certificate", "host", host, "until", c.Leaf.NotAfter.Format(time.DateOnly))
	}
}

// callers is where net/http writes somebody's address into its messages.
var callers = regexp.MustCompile(` (from|serving) \S+: `)

// httpLog takes the messages of net/http, without the addresses of callers.
func httpLog(to *slog.Logger) *log.Logger {
	inner := slog.NewLogLogger(to.Handler(), slog.LevelWarn)
	return log.New(writer(func(b []byte) { inner.Print(string(callers.ReplaceAll(bytes.TrimSpace(b), []byte(" $1 -: ")))) }), "", 0)
}

// A writer takes each message as it comes.
type writer func([]byte)

// Write implements io.Writer.
func (w writer) Write(b []byte) (int, error) {
	w(b)
	return len(b), nil
}

// soon is how long before its end a certificate must be renewed.
const soon = 14 * 24 * time.Hour

// file looks at the certificate of --tls-cert.
func (d *doctor) file(u *url.URL) {
	b, err := os.ReadFile(d.o.tlsCert)
	c := leaf(b)
	if err != nil || c == nil {
		d.bad("cli.doctor.cert", map[string]string{"file": d.o.tlsCert})
		return
	}
	d.certificate(c, u)
}

// acme looks at the certificate that was got by itself, and whether the next
// one could be: without one, or soon without, an authority that does not
// answer must be mended.
func (d *doctor) acme(ctx context.Context, u *url.URL) {
	m, err := d.o.certificates()
	if err != nil {
		d.bad("cli.doctor.acme_down", map[string]string{"url": d.o.acmeDirectory, "why": sentence(err, d.o.lang)})
		return
	}
	host, err := idna.Lookup.ToASCII(d.o.acmeHost)
	if err != nil {
		host = d.o.acmeHost
	}
	var c *x509.Certificate
	if b, err := m.Cache.Get(ctx, host); err == nil {
		c = leaf(b)
	}
	if c == nil {
		d.warn("cli.doctor.acme_none", map[string]string{"host": d.o.acmeHost})
	} else {
		d.certificate(c, u)
	}
	ctx, cancel := context.WithTimeout(ctx, outbound.Timeout)
	defer cancel()
	if _, err = m.Client.Discover(ctx); err == nil {
		d.ok("cli.doctor.acme_ok", map[string]string{"url": d.o.acmeDirectory})
		return
	}
	level := "warn"
	if c == nil || time.Until(c.NotAfter) < soon {
		level = "bad"
	}
	d.note(level, "cli.doctor.acme_down", map[string]string{"url": d.o.acmeDirectory, "why": sentence(err, d.o.lang)})
}

// leaf is the first certificate of a PEM file, nil where there is none.
func leaf(b []byte) *x509.Certificate {
	for block, rest := pem.Decode(b); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		if c, err := x509.ParseCertificate(block.Bytes); err == nil {
			return c
		}
		return nil
	}
	return nil
}

// certificate looks at one: whom it names, and until when.
func (d *doctor) certificate(c *x509.Certificate, u *url.URL) {
	day := map[string]string{"day": c.NotAfter.Format("2006-01-02")}
	switch {
	case time.Now().After(c.NotAfter):
		d.bad("cli.doctor.cert_over", day)
	case time.Until(c.NotAfter) < soon:
		d.warn("cli.doctor.cert_soon", day)
	case u != nil && u.Hostname() != "" && c.VerifyHostname(u.Hostname()) != nil:
		d.bad("cli.doctor.cert_name", map[string]string{"host": u.Hostname()})
	default:
		d.ok("cli.doctor.cert_ok", day)
	}
}
