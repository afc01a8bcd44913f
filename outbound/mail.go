package outbound

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/mail"
	"net/url"
	"os"
	"runtime"
	"strconv"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"kexin"
)

// A Mailer sends mail 邮件 through one server, over TLS from the first byte
// (smtps, port 465) or after STARTTLS (smtp, port 587), never without.
type Mailer struct {
	client *Client
	host   string
	port   uint16
	wrap   bool // TLS from the first byte
	user   string
	secret string
	from   mail.Address
}

// NewMailer reads where mail goes: smtps://user@host[:465] or
// smtp://user@host[:587]; the password comes apart, from a file. Errors:
// invalid "outbound.mail_url", "outbound.mail_from".
func NewMailer(c *Client, server, password, from string) (*Mailer, error) {
	u, err := url.Parse(server)
	if err != nil || u.Hostname() == "" || u.Path != "" || u.RawQuery != "" || (u.Scheme != "smtps" && u.Scheme != "smtp") {
		return nil, fail(kexin.Invalid, "outbound.mail_url", errors.New("smtps://user@host or smtp://user@host"))
	}
	if _, in := u.User.Password(); in {
		return nil, fail(kexin.Invalid, "outbound.mail_url", errors.New("the password belongs into a file"))
	}
	m := &Mailer{client: c, host: u.Hostname(), wrap: u.Scheme == "smtps", user: u.User.Username(), secret: password, port: 587}
	if m.wrap {
		m.port = 465
	}
	if p := u.Port(); p != "" {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil || n == 0 {
			return nil, fail(kexin.Invalid, "outbound.mail_url", errors.New("port"))
		}
		m.port = uint16(n)
	}
	a, err := mail.ParseAddress(from)
	if err != nil {
		return nil, fail(kexin.Invalid, "outbound.mail_from", err)
	}
	m.from = *a
	return m, nil
}

// A Mail is one message of plain text to one address. Subjects hold no
// personal data (security.md A15).
type Mail struct {
	ID            string // makes the Message-ID, so that a second copy is known as one
	From          string // name shown before the address of the server, "" = its own
	To            string
	Subject, Text string
}

// Send hands a message over and returns its Message-ID for whoever must ask
// the provider's log.
//
// Errors: invalid "outbound.mail_address" for an address that is none; invalid
// "outbound.refused" where the server refuses for good; unavailable
// "outbound.unreachable" for what may go later. None of them holds the address.
func (m *Mailer) Send(ctx context.Context, x Mail) (id string, err error) {
	msg := gomail.NewMsg(gomail.WithCharset(gomail.CharsetUTF8))
	from := m.from
	if x.From != "" {
		from.Name = x.From
	}
	msg.FromMailAddress(&from)
	if err := msg.To(x.To); err != nil || strings.ContainsAny(x.To, ",;<>\r\n") {
		return "", fail(kexin.Invalid, "outbound.mail_address", nil)
	}
	host := m.from.Address[strings.LastIndexByte(m.from.Address, '@')+1:]
	id = "<" + x.ID + "@" + host + ">"
	msg.SetMessageIDWithValue(x.ID + "@" + host)
	msg.SetDate()
	msg.Subject(x.Subject)
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetBodyString(gomail.TypeTextPlain, x.Text)
	c, err := m.open()
	if err != nil {
		return "", fail(kexin.Internal, "", err)
	}
	ctx, cancel := context.WithTimeout(ctx, 3*Timeout)
	defer cancel()
	if err := c.DialAndSendWithContext(ctx, msg); err != nil {
		return "", sent(err)
	}
	return id, nil
}

// open prepares a connection of its own: mail here is rare.
func (m *Mailer) open() (*gomail.Client, error) {
	opts := []gomail.Option{
		gomail.WithPort(int(m.port)), gomail.WithTimeout(Timeout), gomail.WithTLSConfig(m.client.TLS(m.host)), gomail.WithDialContextFunc(m.dial), gomail.WithoutNoop(),
	}
	if m.wrap {
		opts = append(opts, gomail.WithSSL()) // the connection comes with TLS on it; no STARTTLS
	} else {
		opts = append(opts, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if m.user != "" {
		opts = append(opts, gomail.WithSMTPAuth(gomail.SMTPAuthPlain), gomail.WithUsername(m.user), gomail.WithPassword(m.secret))
	}
	return gomail.NewClient(m.host, opts...)
}

// dial is the guarded way, with TLS on it where the server begins with TLS.
func (m *Mailer) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	conn, err := m.client.Dial(ctx, m.host, m.port)
	if err != nil || !m.wrap {
		return conn, err
	}
	t := tls.Client(conn, m.client.TLS(m.host))
	if err := t.HandshakeContext(ctx); err != nil {
		return nil, errors.Join(reached(err), conn.Close())
	}
	return t, nil
}

// sent tells a refusal for good from what may go later.
func sent(err error) error {
	var k *kexin.Error
	if errors.As(err, &k) {
		return k
	}
	var s *gomail.SendError
	if errors.As(err, &s) && !s.IsTemp() && s.ErrorCode() >= 500 {
		return fail(kexin.Invalid, "outbound.refused", errors.New("status "+strconv.Itoa(s.ErrorCode())))
	}
	return fail(kexin.Unavailable, "outbound.unreachable", errors.New("mail"))
}

// Secret reads a secret of one line from a file that only its owner may read;
// "" = none. Errors: invalid "outbound.secret".
func Secret(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	st, err := os.Stat(path)
	if err != nil {
		return "", fail(kexin.Invalid, "outbound.secret", err)
	}
	if runtime.GOOS != "windows" && st.Mode().Perm()&0o077 != 0 {
		return "", fail(kexin.Invalid, "outbound.secret", errors.New("others may read it: chmod 600"))
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return "", fail(kexin.Invalid, "outbound.secret", err)
	}
	return strings.TrimRight(string(b), "\r\n"), nil
}
