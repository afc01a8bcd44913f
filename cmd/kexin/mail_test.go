package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"
	"golang.org/x/crypto/acme"

	"kexin"
	"kexin/internal/db/dbtest"
	"kexin/ledger"
)

// A mailbox is a real SMTP server that keeps what it is given.
type mailbox struct {
	mu  sync.Mutex
	got []string // address, blank, letter
}

func (m *mailbox) NewSession(*smtp.Conn) (smtp.Session, error) { return &mailing{m: m}, nil }

func (m *mailbox) letters() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]string(nil), m.got...)
}

type mailing struct {
	m  *mailbox
	to string
}

func (s *mailing) Mail(string, *smtp.MailOptions) error      { return nil }
func (s *mailing) Rcpt(to string, _ *smtp.RcptOptions) error { s.to = to; return nil }
func (s *mailing) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	s.m.got = append(s.m.got, s.to+" "+string(b))
	return err
}
func (s *mailing) Reset()        {}
func (s *mailing) Logout() error { return nil }

// mailServer starts a real one, which the program trusts as it would trust an
// authority of the system.
func mailServer(t *testing.T, dir string) (box *mailbox, url string) {
	t.Helper()
	cert, key, _ := selfSigned(t, dir)
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	box = &mailbox{}
	post := smtp.NewServer(box)
	post.Domain, post.TLSConfig = "127.0.0.1", &tls.Config{Certificates: []tls.Certificate{pair}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = post.Serve(l) }()
	t.Cleanup(func() { _ = post.Close() })
	t.Setenv("SSL_CERT_FILE", cert)
	return box, "smtp://" + l.Addr().String()
}

// outside are the flags of a server whose address is known before its start, as
// what is sent holds it. Its port lies below those that the system gives to any
// connection, and begins at another place in every process.
func outside(t *testing.T, more ...string) []string {
	t.Helper()
	at := ""
	for port := 10_000 + os.Getpid()%10_000; at == ""; port++ {
		if free, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			at = free.Addr().String()
			_ = free.Close()
		}
	}
	return append([]string{"--addr", at, "--public-url", "http://" + at, "--outbound-allow", "127.0.0.1"}, more...)
}

// letterText is the text of a letter as the server took it.
func letterText(t *testing.T, letter string) string {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(letter))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// TestLineByMail: where a mail server is named, the owner whose account is a
// mailbox gets the day's line, once a day, by a server that starts again too;
// kexin verify takes the line as it stands in the letter.
func TestLineByMail(t *testing.T) {
	p := newProgram(t, dbtest.SQLite)
	p.login = "laoban@example.cn"
	box, smtpURL := mailServer(t, p.dir)
	s := p.serve()
	s.found()
	id, err := s.add("王淑芬")
	if err != nil {
		t.Fatal(err)
	}
	session := s.client
	s.stop()
	flags := outside(t, "--smtp", smtpURL, "--mail-from", "no-reply@example.cn")
	s = p.serve(flags...)
	s.until("the letter", func() bool { return len(box.letters()) > 0 })
	to, letter, _ := strings.Cut(box.letters()[0], " ")
	body := letterText(t, letter)
	lines := ledger.ParseKnown(body)
	if to != p.login || len(lines) != 1 || strings.Contains(body, "王淑芬") {
		t.Fatalf("to %s: %d lines in %s", to, len(lines), body)
	}
	s.client = session
	file := filepath.Join(p.dir, "evidence.json")
	if err := s.save("/api/v1/customers/"+id.String()+"/evidence", file); err != nil {
		t.Fatal(err)
	}
	known := filepath.Join(p.dir, "letter.txt")
	if err := os.WriteFile(known, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, status := p.try("", "verify", file, "--known", known); status == 1 || !strings.Contains(out, "has been rewritten since") {
		t.Errorf("against the letter: %d %s", status, out)
	}
	s.stop()
	s = p.serve(flags...)
	s.until("a second start", func() bool { return s.call("GET", "/healthz", nil, nil) == nil })
	s.stop()
	if n := len(box.letters()); n != 1 {
		t.Errorf("%d letters in one day", n)
	}
}

// TestCertificatesGoTheOneWay: what talks ACME dials under the guard, so that
// a directory inside the network is not asked unless it is allowed.
func TestCertificatesGoTheOneWay(t *testing.T) {
	asked := 0
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		_, _ = io.WriteString(w, `{"newNonce":"https://a.example/n","newAccount":"https://a.example/a","newOrder":"https://a.example/o"}`)
	}))
	defer h.Close()
	for _, c := range []struct {
		allow list
		code  kexin.Code
	}{{nil, kexin.Invalid}, {list{"10.0.0.0/8"}, kexin.Forbidden}, {list{"127.0.0.1"}, ""}} {
		o := newOptions(io.Discard, io.Discard)
		o.acmeHost, o.acmeDirectory, o.allow = "crm.example.cn", h.URL, c.allow
		m, err := o.certificates()
		if err != nil {
			t.Fatal(err)
		}
		before := asked
		var d acme.Directory
		d, err = m.Client.Discover(t.Context())
		if c.code == "" {
			if err != nil || d.OrderURL == "" || asked == before {
				t.Errorf("an allowed directory: %v", err)
			}
			continue
		}
		if err == nil || asked != before {
			t.Errorf("%v: the directory was asked: %v", c.allow, err)
		}
	}
}
