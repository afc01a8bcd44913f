// Package front is the front desk 前台 of the web server: what every request is
// asked before anything is done with it. From where does it come, over TLS or
// not, in which language, and who sits behind it? It sets and reads the
// cookies, refuses requests from other sites, and writes the access log.
//
// The session cookie is __Host-kx, Secure, HttpOnly and SameSite=Lax. Where
// plain HTTP is spoken on this very machine (http://127.0.0.1 or localhost,
// no proxy between), a Secure cookie does not travel in every browser; there,
// and only there, its name is kx and it lacks the prefix and Secure. Over
// plain HTTP from elsewhere nobody can sign in: the cookie stays Secure and
// the browser drops it. That is said at start and not weakened.
package front

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"kexin"
	"kexin/app"
	"kexin/i18n"
)

// A Config is what a Front needs.
type Config struct {
	App     *app.App
	Log     *slog.Logger
	Proxies []netip.Prefix // whose X-Forwarded-For and X-Forwarded-Proto are believed
	Public  string         // address browsers use, https://…; "" = the one they ask
	// Recovery is the recovery code of a master key that this installation
	// made itself; nil or false where there is none to show.
	Recovery func() (code string, ok bool)
	// Fail answers a request that gets no further, as the page or the API
	// that was asked would.
	Fail func(w http.ResponseWriter, r *http.Request, err error)
}

// A Front is the middleware before all pages and the API.
type Front struct {
	Config
	cross      *http.CrossOriginProtection
	bodyTime   time.Duration
	answerTime time.Duration
}

// New makes it. Errors: invalid for a public address that is none.
func New(c Config) (*Front, error) {
	f := &Front{Config: c, cross: http.NewCrossOriginProtection(), bodyTime: formTime, answerTime: handlerTime + readTime}
	if c.Public == "" {
		return f, nil
	}
	u, err := url.Parse(c.Public)
	if err == nil {
		err = f.cross.AddTrustedOrigin(u.Scheme + "://" + u.Host)
	}
	if err != nil {
		return nil, &kexin.Error{Op: "front.public", Code: kexin.Invalid, Key: "error.public_url", Err: err}
	}
	return f, nil
}

// A Request is what is known of one.
type Request struct {
	ID      string     // what a person gives when asking for help
	Addr    netip.Addr // nearest address that is not a trusted proxy's
	Secure  bool       // over TLS
	front   *Front
	http    *http.Request
	local   bool // plain HTTP on this machine
	once    sync.Once
	seat    app.Seat
	err     error
	lang    string
	holder  string // made for this answer
	visitor string // her browser, from this answer on
}

type key struct{}

// Of is the request of a context; nil outside Wrap.
func Of(ctx context.Context) *Request {
	q, _ := ctx.Value(key{}).(*Request)
	return q
}

// Wrap puts the front before a handler.
func (f *Front) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		q := &Request{ID: newID(), front: f, Addr: Client(r, f.Proxies), Secure: Secure(r, f.Proxies)}
		q.local = !q.Secure && loopback(r)
		r, done := bounded(r.WithContext(context.WithValue(r.Context(), key{}, q)))
		defer done()
		q.http = r
		out := &recorder{ResponseWriter: w}
		f.headers(out.Header(), q)
		f.hurry(w, r)
		f.hasten(w, r)
		f.serve(out, r, next)
		f.Log.Info("request", "request", q.ID, "method", r.Method, "path", shown(r), "status", out.status, "ms", time.Since(start).Milliseconds())
	})
}

// headers are those of every answer. Handlers add their own policy.
func (f *Front) headers(h http.Header, q *Request) {
	h.Set("X-Request-Id", q.ID)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	if q.Secure {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// serve refuses what another site sent and catches a panic.
func (f *Front) serve(w *recorder, r *http.Request, next http.Handler) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if p == http.ErrAbortHandler {
			panic(p)
		}
		f.Log.Error("panic", "request", Of(r.Context()).ID, "path", shown(r), "err", stack(p))
		if w.status == 0 {
			f.Fail(w, r, &kexin.Error{Op: "front.panic"})
		}
	}()
	if err := f.cross.Check(r); err != nil {
		f.Fail(w, r, &kexin.Error{Op: "front.cross", Code: kexin.Forbidden, Key: "error.cross_site", Err: err})
		return
	}
	next.ServeHTTP(w, r)
}

// Seat is who sits behind the request: a token's person, else the session's,
// else nobody. It is looked up once, when first asked. Errors: forbidden for a
// purpose that is not his.
func (q *Request) Seat() (app.Seat, error) {
	q.once.Do(func() {
		ctx, asked := q.http.Context(), kexin.PurposeCode(q.http.Header.Get("Kexin-Purpose"))
		if token, ok := bearer(q.http); ok {
			q.seat, q.err = q.front.App.TokenSeat(ctx, token, asked)
			return
		}
		if q.http.Header.Get("Kexin-Unattended") != "" {
			ctx = app.Unattended(ctx)
		}
		if c := q.cookie(sessionName); c != "" {
			q.seat, q.err = q.front.App.Seat(ctx, c, asked)
		}
	})
	return q.seat, q.err
}

// Recovery is the server's recovery code, where there is one to show.
func (q *Request) Recovery() (code string, ok bool) {
	if q.front.Recovery == nil {
		return "", false
	}
	return q.front.Recovery()
}

// Token reports whether the request carries an API token.
func (q *Request) Token() bool {
	_, ok := bearer(q.http)
	return ok
}

func bearer(r *http.Request) (string, bool) {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(token), ok && strings.EqualFold(scheme, "Bearer")
}

// Lang is the language to answer in: what the page says it speaks, what the
// address asks for, what the session was set to, what the browser prefers.
func (q *Request) Lang() string {
	if q.lang == "" {
		q.lang = q.language()
	}
	return q.lang
}

func (q *Request) language() string {
	for _, l := range []string{q.http.Header.Get("Kexin-Lang"), q.http.URL.Query().Get("lang")} {
		if l == i18n.Chinese || l == i18n.English {
			return l
		}
	}
	if seat, err := q.Seat(); err == nil && seat.Lang() != "" {
		return seat.Lang()
	}
	return i18n.Match(q.http.Header.Get("Accept-Language"))
}

// From is what the use-cases are told of where the request comes from.
func (q *Request) From() app.From {
	return app.From{Addr: q.Addr, Device: q.cookie(deviceName), Label: Label(q.http.UserAgent()), Lang: q.Lang(), Visitor: cmp.Or(q.visitor, q.cookie(visitorName))}
}

// Origin is the address under which the browser reaches this server, for links
// that are shown.
func (q *Request) Origin() string {
	if q.front.Public != "" {
		return strings.TrimRight(q.front.Public, "/")
	}
	if q.Secure {
		return "https://" + q.http.Host
	}
	return "http://" + q.http.Host
}
