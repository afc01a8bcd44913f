package outbound_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"kexin"
	"kexin/outbound"
)

// A postOffice is a real SMTP server that keeps what it is given.
type postOffice struct {
	mu     sync.Mutex
	got    []letter
	refuse *smtp.SMTPError // answered to every address
	user   string
}

type letter struct {
	from, to string
	data     []byte
}

func (p *postOffice) NewSession(*smtp.Conn) (smtp.Session, error) { return &session{p: p}, nil }

type session struct {
	p *postOffice
	letter
}

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }
func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, pass string) error {
		if pass != "right" {
			return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "no"}
		}
		s.p.user = user
		return nil
	}), nil
}
func (s *session) Mail(from string, _ *smtp.MailOptions) error { s.from = from; return nil }
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if s.p.refuse != nil {
		return s.p.refuse
	}
	s.to = to
	return nil
}
func (s *session) Data(r io.Reader) (err error) {
	if s.data, err = io.ReadAll(r); err == nil {
		s.p.mu.Lock()
		s.p.got = append(s.p.got, s.letter)
		s.p.mu.Unlock()
	}
	return err
}
func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }

// office starts a server, with TLS from the first byte or by STARTTLS, and
// gives its address and a client that trusts it.
func office(t *testing.T, wrapped bool) (*postOffice, string, *outbound.Client) {
	t.Helper()
	h := httptest.NewTLSServer(http.NotFoundHandler()) // for its certificate
	t.Cleanup(h.Close)
	roots := x509.NewCertPool()
	roots.AddCert(h.Certificate())
	p := &postOffice{}
	s := smtp.NewServer(p)
	s.Domain, s.AllowInsecureAuth = "127.0.0.1", false
	s.TLSConfig = &tls.Config{Certificates: h.TLS.Certificates}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().String()
	if wrapped {
		l = tls.NewListener(l, s.TLSConfig)
	}
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { s.Close() })
	return p, at, outbound.New(outbound.Config{Allow: loopback, Roots: roots})
}

// TestMail: a letter in Chinese arrives whole, over either kind of TLS.
func TestMail(t *testing.T) {
	for scheme, wrapped := range map[string]bool{"smtps": true, "smtp": false} {
		p, at, c := office(t, wrapped)
		m, err := outbound.NewMailer(c, scheme+"://shop%40example.cn@"+at, "right", "客信 <no-reply@example.cn>")
		if err != nil {
			t.Fatal(err)
		}
		id, err := m.Send(t.Context(), outbound.Mail{ID: "abc1", From: "石语瓷砖店", To: "her@example.net", Subject: "您的验证码", Text: "验证码 482913,5分钟有效。\n店员无权索要。"})
		if err != nil {
			t.Fatalf("%s: %v", scheme, err)
		}
		if len(p.got) != 1 || p.got[0].from != "no-reply@example.cn" || p.got[0].to != "her@example.net" || p.user != "shop@example.cn" {
			t.Fatalf("%s: %+v %q", scheme, p.got, p.user)
		}
		x, err := mail.ReadMessage(strings.NewReader(string(p.got[0].data)))
		if err != nil {
			t.Fatal(err)
		}
		subject, _ := new(mime.WordDecoder).DecodeHeader(x.Header.Get("Subject"))
		from, _ := x.Header.AddressList("From")
		if subject != "您的验证码" || x.Header.Get("Message-Id") != id || id != "<abc1@example.cn>" || len(from) != 1 || from[0].Name != "石语瓷砖店" {
			t.Errorf("%s: %q %q %v", scheme, subject, id, x.Header)
		}
	}
}

// TestMailRefused: what is refused for good, what may go later, and that no
// error holds an address.
func TestMailRefused(t *testing.T) {
	p, at, c := office(t, true)
	m, err := outbound.NewMailer(c, "smtps://u@"+at, "right", "no-reply@example.cn")
	if err != nil {
		t.Fatal(err)
	}
	x := outbound.Mail{ID: "a", To: "canary@example.net", Subject: "s", Text: "t"}
	p.refuse = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "canary@example.net unknown"}
	_, err = m.Send(t.Context(), x)
	mustFail(t, "unknown", err, kexin.Invalid, "outbound.refused")
	if text := err.Error() + errors.Unwrap(err).Error(); strings.Contains(text, "canary") {
		t.Errorf("the error tells the address: %s", text)
	}
	p.refuse = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "later"}
	_, err = m.Send(t.Context(), x)
	mustFail(t, "later", err, kexin.Unavailable, "outbound.unreachable")
	for _, to := range []string{"", "x", "a@b.c, d@e.f", "a@b.c\r\nBcc: d@e.f", "<a@b.c>\n"} {
		_, err = m.Send(t.Context(), outbound.Mail{ID: "a", To: to, Subject: "s", Text: "t"})
		mustFail(t, to, err, kexin.Invalid, "outbound.mail_address")
	}
	if len(p.got) != 0 {
		t.Errorf("%d letters", len(p.got))
	}
	wrong, _ := outbound.NewMailer(c, "smtps://u@"+at, "wrong", "no-reply@example.cn")
	_, err = wrong.Send(t.Context(), x)
	mustFail(t, "a wrong password", err, kexin.Unavailable, "outbound.unreachable")
}

// TestMailNeverPlain: a server without TLS gets neither password nor letter.
func TestMailNeverPlain(t *testing.T) {
	p, at, _ := office(t, true)
	bare := smtp.NewServer(p)
	bare.Domain, bare.AllowInsecureAuth = "127.0.0.1", true
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = bare.Serve(l) }()
	defer bare.Close()
	c := outbound.New(outbound.Config{Allow: loopback})
	for what, server := range map[string]string{"without STARTTLS": "smtp://u@" + l.Addr().String(), "plain where TLS was due": "smtps://u@" + l.Addr().String(), "a stranger's certificate": "smtps://u@" + at} {
		m, err := outbound.NewMailer(c, server, "right", "no-reply@example.cn")
		if err != nil {
			t.Fatal(err)
		}
		_, err = m.Send(t.Context(), outbound.Mail{ID: "a", To: "her@example.net", Subject: "s", Text: "t"})
		mustFail(t, what, err, kexin.Unavailable, "outbound.unreachable")
	}
	if len(p.got) != 0 || p.user != "" {
		t.Errorf("%d letters, user %q", len(p.got), p.user)
	}
}

// TestMailGuard: mail goes through the same guard as everything.
func TestMailGuard(t *testing.T) {
	_, at, _ := office(t, true)
	for what, c := range map[string]outbound.Config{"outbound.blocked": {}, "outbound.off": {Allow: loopback, Off: true}} {
		m, err := outbound.NewMailer(outbound.New(c), "smtps://u@"+at, "right", "no-reply@example.cn")
		if err != nil {
			t.Fatal(err)
		}
		_, err = m.Send(t.Context(), outbound.Mail{ID: "a", To: "her@example.net", Subject: "s", Text: "t"})
		mustFail(t, what, err, kexin.Forbidden, what)
	}
}

func TestMailSettings(t *testing.T) {
	c := outbound.New(outbound.Config{})
	for _, bad := range []string{"", "x", "https://host", "smtp://", "smtp://u:p@host", "smtp://host:0", "smtp://host/x", "smtp://host?x=1"} {
		_, err := outbound.NewMailer(c, bad, "", "a@example.cn")
		mustFail(t, bad, err, kexin.Invalid, "outbound.mail_url")
	}
	_, err := outbound.NewMailer(c, "smtp://host", "", "nobody")
	mustFail(t, "from", err, kexin.Invalid, "outbound.mail_from")
}

func TestSecret(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	if err := os.WriteFile(path, []byte("right\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := outbound.Secret(path); err != nil || s != "right" {
		t.Errorf("%q %v", s, err)
	}
	if s, err := outbound.Secret(""); err != nil || s != "" {
		t.Errorf("%q %v", s, err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := outbound.Secret(path)
	mustFail(t, "readable by others", err, kexin.Invalid, "outbound.secret")
	_, err = outbound.Secret(path + "x")
	mustFail(t, "absent", err, kexin.Invalid, "outbound.secret")
}

// FuzzMail: whatever stands in it, one letter goes to one address or none.
func FuzzMail(f *testing.F) {
	f.Add("her@example.net", "您的验证码", "x\r\n.\r\nDATA")
	f.Add("a@b.c\r\nRCPT TO:<d@e.f>", "s\r\nBcc: d@e.f", ".")
	f.Fuzz(func(t *testing.T, to, subject, text string) {
		p, at, c := office(t, true)
		m, err := outbound.NewMailer(c, "smtps://u@"+at, "right", "no-reply@example.cn")
		if err != nil {
			t.Fatal(err)
		}
		_, err = m.Send(t.Context(), outbound.Mail{ID: "a", To: to, Subject: subject, Text: text})
		if n := len(p.got); err == nil && n != 1 || n > 1 {
			t.Fatalf("%d letters, %v", n, err)
		}
		if len(p.got) == 0 {
			return
		}
		x, err := mail.ReadMessage(strings.NewReader(string(p.got[0].data)))
		if err != nil || x.Header.Get("Bcc") != "" || p.got[0].to != strings.TrimSpace(to) && !strings.Contains(to, p.got[0].to) {
			t.Fatalf("%q became %v, %v", to, p.got[0].to, err)
		}
	})
}
