// Package outbound is the one way from Kexin to the outside: witnesses, mail,
// SMS gateways, robots, webhooks, certificates. Nothing else dials.
//
// Whoever can choose an address here could make the server ask its own
// neighbours (SSRF), so what counts is the address that is really dialled, not
// the name: only public ones, on few ports, over TLS, without redirects, without
// a proxy from the environment, ten seconds, 64 KiB of answer. Answers are for
// the program; of an answer people see the status and nothing else.
package outbound

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"time"

	"kexin"
)

// The bounds of every exchange.
const (
	Timeout   = 10 * time.Second // for all of a request: resolving, dialling, asking and reading
	AnswerMax = 64 << 10         // bytes of an answer's body; the same bounds its header
	BodyMax   = 1 << 20          // bytes of a request's body
)

// Ports are the ports that may be dialled: HTTPS and mail over TLS.
var Ports = []uint16{443, 465, 587}

// A Config is what a Client needs. The zero Config is the strict one.
type Config struct {
	// Allow are networks that may be dialled although they are not public, on
	// any port and without TLS: a LAN that whoever runs the server names
	// (KEXIN_OUTBOUND_ALLOW), or the parts that tests run.
	Allow []netip.Prefix
	// More are further ports on public addresses.
	More []uint16
	// Off refuses everything: a demonstration sends nothing.
	Off bool
	// Roots are the authorities that servers are checked by; nil = the system's.
	Roots *x509.CertPool
}

// A Client reaches the outside. It is safe for concurrent use and keeps no
// connection open.
type Client struct {
	guard  guard
	dialer *net.Dialer
	roots  *x509.CertPool
	http   *http.Client
}

// New makes a Client.
func New(c Config) *Client {
	x := &Client{guard: guard{allow: c.Allow, ports: slices.Concat(Ports, c.More), off: c.Off}, roots: c.Roots}
	x.dialer = &net.Dialer{Timeout: Timeout, ControlContext: x.guard.control}
	x.http = &http.Client{
		Transport: &http.Transport{
			Proxy: nil, DialContext: x.dialer.DialContext, TLSClientConfig: x.TLS(""), TLSHandshakeTimeout: Timeout, ResponseHeaderTimeout: Timeout,
			MaxResponseHeaderBytes: AnswerMax, DisableCompression: true, DisableKeepAlives: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return x
}

// TLS is the configuration for a server of that name, for protocols that begin
// TLS themselves, as mail does.
func (c *Client) TLS(host string) *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, ServerName: host, RootCAs: c.roots}
}

// A Request is what is asked. Nothing of it is logged.
type Request struct {
	Method string // "" = POST
	URL    string // https://…; http only into an allowed network
	Header http.Header
	Body   []byte
}

// An Answer is what came back. Any status is an answer, redirects too: they
// are not followed.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Do asks once and reads the whole answer; trying again is the caller's.
//
// Errors: invalid "outbound.url" for an address that is none, forbidden
// "outbound.blocked" for one that may not be dialled, forbidden "outbound.off"
// in a demonstration, unavailable "outbound.unreachable" for all that fails on
// the way, unavailable "outbound.answer" for an answer longer than AnswerMax.
func (c *Client) Do(ctx context.Context, r Request) (*Answer, error) {
	u, err := c.guard.url(r.URL)
	if err != nil {
		return nil, err
	}
	if len(r.Body) > BodyMax {
		return nil, fail(kexin.Invalid, "outbound.url", errLong)
	}
	method := r.Method
	if method == "" {
		method = http.MethodPost
	}
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	if u.Scheme == "http" {
		ctx = context.WithValue(ctx, plainKey{}, true)
	}
	q, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(r.Body))
	if err != nil {
		return nil, fail(kexin.Invalid, "outbound.url", errURL)
	}
	if r.Header != nil {
		q.Header = r.Header.Clone()
	}
	if q.Header.Get("User-Agent") == "" {
		q.Header.Set("User-Agent", "Kexin")
	}
	res, err := c.http.Do(q)
	if err != nil {
		return nil, reached(err)
	}
	return answer(ctx, res)
}

// answer reads the body. Where time ran out while it was read, a server that
// sees the connection end may close its answer in good form, so that what was
// read looks whole: the context decides.
func answer(ctx context.Context, res *http.Response) (*Answer, error) {
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, AnswerMax+1))
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, reached(err)
	}
	if len(body) > AnswerMax {
		return nil, fail(kexin.Unavailable, "outbound.answer", errLong)
	}
	return &Answer{res.StatusCode, res.Header, body}, nil
}

// Dial opens a connection for protocols other than HTTP, under the same guard.
// It ends at the context's deadline or after Timeout, whichever is first, and
// after AnswerMax bytes of answer; the caller puts TLS on it before anything
// secret goes over it. Errors: as Do.
func (c *Client) Dial(ctx context.Context, host string, port uint16) (net.Conn, error) {
	if c.guard.off {
		return nil, fail(kexin.Forbidden, "outbound.off", nil)
	}
	until := time.Now().Add(Timeout)
	if d, ok := ctx.Deadline(); ok && d.Before(until) {
		until = d
	}
	ctx, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	conn, err := c.dialer.DialContext(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(int(port))))
	if err != nil {
		return nil, reached(err)
	}
	if err := conn.SetDeadline(until); err != nil {
		return nil, errors.Join(reached(err), conn.Close())
	}
	return &bounded{Conn: conn, left: AnswerMax}, nil
}

// A bounded connection gives no more than so many bytes of answer.
type bounded struct {
	net.Conn
	left int
}

// Read implements net.Conn.
func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errLong
	}
	n, err := b.Conn.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// RoundTripper is the guarded transport for libraries that bring their own
// protocol over HTTPS, such as ACME. It bounds no answer.
func (c *Client) RoundTripper() http.RoundTripper { return guarded{c} }

type guarded struct{ c *Client }

// RoundTrip implements http.RoundTripper.
func (g guarded) RoundTrip(r *http.Request) (*http.Response, error) {
	if _, err := g.c.guard.url(r.URL.String()); err != nil {
		return nil, err
	}
	if r.URL.Scheme == "http" {
		r = r.WithContext(context.WithValue(r.Context(), plainKey{}, true))
	}
	res, err := g.c.http.Transport.RoundTrip(r)
	if err != nil {
		return nil, reached(err)
	}
	return res, nil
}

var (
	errLong    = errors.New("longer than the bound")
	errURL     = errors.New("not an https address")
	errBlocked = errors.New("address or port may not be dialled")
)

func fail(code kexin.Code, key string, cause error) error {
	return &kexin.Error{Op: "outbound", Code: code, Key: key, Err: cause}
}

// reached is a failure on the way. The address stays out of it: it may hold a
// token.
func reached(err error) error {
	if errors.Is(err, errBlocked) {
		return fail(kexin.Forbidden, "outbound.blocked", errBlocked)
	}
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	return fail(kexin.Unavailable, "outbound.unreachable", err)
}
