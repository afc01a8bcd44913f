package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	pebbleca "github.com/letsencrypt/pebble/v2/ca"
	pebbledb "github.com/letsencrypt/pebble/v2/db"
	pebbleva "github.com/letsencrypt/pebble/v2/va"
	pebblewfe "github.com/letsencrypt/pebble/v2/wfe"
	"github.com/miekg/dns"

	"kexin/internal/db/dbtest"
)

const (
	acmeHost = "crm.kexin.test"
	tlsPort  = 8443
)

// lonely is an address of this machine that nobody else uses, so that a port on
// it is free; Linux answers on all of 127/8.
func lonely() string {
	return fmt.Sprintf("127.%d.%d.%d", 10+rand.IntN(200), rand.IntN(256), 1+rand.IntN(250))
}

// An authority is Let's Encrypt's own test server for ACME, in this process: it
// checks that who asks for a certificate answers at its name, by TLS-ALPN.
type authority struct {
	*httptest.Server
	asked atomic.Int64   // signed requests
	roots *x509.CertPool // of the certificates that it gives
	trust string         // file of the certificate by which the authority itself is known
}

// newAuthority runs one that finds every name at an address.
func newAuthority(t *testing.T, addr string) *authority {
	t.Helper()
	t.Setenv("PEBBLE_VA_NOSLEEP", "1")
	quiet, store := log.New(io.Discard, "", 0), pebbledb.NewMemoryStore()
	ca := pebbleca.New(quiet, store, "", "ecdsa", 0, 1, map[string]pebbleca.Profile{"default": {Description: "the usual one"}})
	va := pebbleva.New(quiet, 0, tlsPort, true, nameServer(t, addr), store)
	front := pebblewfe.New(quiet, store, va, ca, []string{"kexin.test"}, true, false, 1, 1)
	h := front.Handler()
	a := &authority{roots: x509.NewCertPool(), trust: filepath.Join(t.TempDir(), "trust.pem")}
	a.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			a.asked.Add(1)
		}
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(a.Close)
	if !a.roots.AppendCertsFromPEM(ca.GetRootCert(0).PEM()) {
		t.Fatal("no root")
	}
	if err := os.WriteFile(a.trust, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return a
}

// nameServer runs a DNS server that gives every name one address.
func nameServer(t *testing.T, addr string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &dns.Server{Listener: l, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		for _, x := range q.Question {
			if x.Qtype == dns.TypeA {
				m.Answer = append(m.Answer, &dns.A{Hdr: dns.RR_Header{Name: x.Name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 1}, A: net.ParseIP(addr)})
			}
		}
		_ = w.WriteMsg(m)
	})}
	done := make(chan struct{})
	go func() { defer close(done); _ = s.ActivateAndServe() }()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return l.Addr().String()
}

// greet opens TLS with a server under a name, and gives the certificate shown.
func greet(addr, name string, roots *x509.CertPool) (*x509.Certificate, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	d := tls.Dialer{Config: &tls.Config{ServerName: name, RootCAs: roots, InsecureSkipVerify: roots == nil}}
	c, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close() }()
	return c.(*tls.Conn).ConnectionState().PeerCertificates[0], nil
}

// findings are what doctor says, as level and code, and its status.
func (p *program) findings() (out []string, status int) {
	p.tb.Helper()
	var all []finding
	text, status := p.try("", append([]string{"doctor", "--json"}, p.more...)...)
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		p.tb.Fatalf("%v in %s", err, text)
	}
	for _, f := range all {
		out = append(out, f.Level+" "+f.Code)
	}
	return out, status
}

// TestACME: the server gets a certificate from a real authority at its start, before
// any browser comes, and says so; it serves it to the first one without asking again,
// keeps it over a restart without the authority, and asks for no name that is not its
// own.
func TestACME(t *testing.T) {
	addr := lonely()
	at := net.JoinHostPort(addr, strconv.Itoa(tlsPort))
	a := newAuthority(t, addr)
	p := newProgram(t, dbtest.SQLite)
	p.env = []string{"SSL_CERT_FILE=" + a.trust}
	p.more = []string{"--addr", at, "--acme-host", acmeHost, "--acme-directory", a.URL + pebblewfe.DirectoryPath, "--outbound-allow", "127.0.0.0/8"}
	s := p.serve(p.more...)
	if s.url != "https://"+acmeHost {
		t.Errorf("it says that it is at %s", s.url)
	}
	const fetched = "msg=certificate host=" + acmeHost + " until="
	s.until("the line that it has one", func() bool { return strings.Contains(s.said(), fetched) })
	asked := a.asked.Load()
	if _, err := greet(at, "other.kexin.test", nil); err == nil || a.asked.Load() != asked {
		t.Errorf("a host that is not listed: %v, the authority was asked %d times", err, a.asked.Load()-asked)
	}
	c := &http.Client{Timeout: time.Minute, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: a.roots}, DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, at)
	}}}
	r, err := c.Get("https://" + acmeHost + "/healthz")
	if err != nil || a.asked.Load() != asked {
		t.Fatalf("%v, the authority was asked %d times\n%s", err, a.asked.Load()-asked, s.said())
	}
	_ = r.Body.Close()
	c.CloseIdleConnections()
	if r.StatusCode != http.StatusOK || r.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("%d %v", r.StatusCode, r.Header)
	}
	got := r.TLS.PeerCertificates[0]
	if len(got.DNSNames) != 1 || got.DNSNames[0] != acmeHost {
		t.Errorf("a certificate for %v", got.DNSNames)
	}
	if got, _ := p.findings(); !slices.Contains(got, "ok cert_ok") || !slices.Contains(got, "ok acme_ok") {
		t.Errorf("doctor with a certificate: %v", got)
	}
	if strings.Contains(s.said(), "127.0.0.1:") || strings.Contains(s.said(), "no certificate") {
		t.Errorf("the log: %s", s.said())
	}
	s.stop()

	a.Close()
	s = p.serve(p.more...)
	again, err := greet(at, acmeHost, a.roots)
	if err != nil || again.SerialNumber.Cmp(got.SerialNumber) != 0 {
		t.Errorf("after a restart without the authority: %v", err)
	}
	s.until("the line that it has one still", func() bool { return strings.Contains(s.said(), fetched) })
	if got, _ := p.findings(); !slices.Contains(got, "ok cert_ok") || !slices.Contains(got, "warn acme_down") {
		t.Errorf("doctor without the authority: %v", got)
	}
	s.stop()
}

// TestACMEDown: an authority that does not answer is told in the log and by
// doctor, and the server works on; once it answers, the next browser has its
// certificate.
func TestACMEDown(t *testing.T) {
	addr := lonely()
	at := net.JoinHostPort(addr, strconv.Itoa(tlsPort))
	p := newProgram(t, dbtest.SQLite)
	p.more = []string{"--addr", at, "--acme-host", acmeHost, "--acme-directory", "https://" + net.JoinHostPort(addr, "14000") + "/dir", "--outbound-allow", "127.0.0.0/8"}
	s := p.serve(p.more...)
	s.until("the line in the log before anybody greets", func() bool {
		return strings.Contains(s.said(), `msg="no certificate" host=`+acmeHost) && strings.Contains(s.said(), "connection refused")
	})
	if _, err := greet(at, acmeHost, nil); err == nil {
		t.Fatal("a certificate from nobody")
	}
	if strings.Contains(s.said(), "from 127.") {
		t.Errorf("an address of a caller in the log: %s", s.said())
	}
	got, status := p.findings()
	if status != 1 || !slices.Contains(got, "warn acme_none") || !slices.Contains(got, "bad acme_down") {
		t.Errorf("doctor: %d %v", status, got)
	}
	text, _ := p.try("", append([]string{"doctor"}, p.more...)...)
	if !strings.Contains(text, "Certificates cannot be fetched or renewed") {
		t.Errorf("doctor in words: %s", text)
	}
	s.stop()
}
