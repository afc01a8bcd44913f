package front

import (
	"net/http"
	"strings"
	"time"

	"kexin/app"
	"kexin/auth"
)

// The cookies: who is signed in, and which browser this is. On plain loopback
// they stand without the prefix.
const (
	sessionName = "kx"
	deviceName  = "kxd"
	visitName   = "kxp" // a customer's visit to her pages
	visitorName = "kxv" // her browser
	holderName  = "kxn" // her browser, for a form before there is a visit
	bigName     = "kxb" // large print
	prefix      = "__Host-"
)

// How long a browser keeps the cookies. When a session ends is decided here,
// not there.
const (
	sessionLife = 7 * 24 * time.Hour
	deviceLife  = 180 * 24 * time.Hour
	holderLife  = 24 * time.Hour
)

// SignedIn reports whether a browser sends a session at all; whether it is good
// is asked where something is done with it.
func SignedIn(r *http.Request) bool {
	for _, name := range []string{sessionName, prefix + sessionName} {
		if c, err := r.Cookie(name); err == nil && c.Value != "" {
			return true
		}
	}
	return false
}

func (q *Request) name(base string) string {
	if q.local {
		return base
	}
	return prefix + base
}

// cookie is what the browser sent, "" for nothing.
func (q *Request) cookie(base string) string {
	c, err := q.http.Cookie(q.name(base))
	if err != nil {
		return ""
	}
	return c.Value
}

func (q *Request) make(base string, value auth.Secret, life time.Duration) http.Cookie {
	c := http.Cookie{Name: q.name(base), Value: value.Text(), Path: "/", HttpOnly: true, Secure: !q.local, SameSite: http.SameSiteLaxMode, MaxAge: int(life.Seconds())}
	if value == "" {
		c.MaxAge = -1
	}
	return c
}

// Cookies are what a browser gets when a session begins or changes.
func (q *Request) Cookies(in app.SignedIn) []http.Cookie {
	out := []http.Cookie{q.make(sessionName, in.Session, sessionLife)}
	if in.Device != "" {
		out = append(out, q.make(deviceName, in.Device, deviceLife))
	}
	return out
}

// NoCookies ends a session in the browser. The device stays known.
func (q *Request) NoCookies() []http.Cookie { return []http.Cookie{q.make(sessionName, "", 0)} }

// SignIn sets the cookies on an answer.
func (q *Request) SignIn(w http.ResponseWriter, in app.SignedIn) {
	for _, c := range q.Cookies(in) {
		http.SetCookie(w, &c)
	}
}

// SignOut takes the session's cookie away.
func (q *Request) SignOut(w http.ResponseWriter) {
	for _, c := range q.NoCookies() {
		http.SetCookie(w, &c)
	}
}

// Visit is what the browser holds of a customer's visit, "" for nothing.
func (q *Request) Visit() string { return q.cookie(visitName) }

// SetVisit begins or changes a customer's visit in the browser, which from
// then on can be told from others.
func (q *Request) SetVisit(w http.ResponseWriter, visit auth.Secret, life time.Duration) {
	c := q.make(visitName, visit, life)
	http.SetCookie(w, &c)
}

// KnowBrowser has her browser known from this request on, as From says: what she
// answers is told to it alone (security.md A6), and one that answers for many is
// seen (A7).
func (q *Request) KnowBrowser(w http.ResponseWriter) {
	if q.visitor = q.cookie(visitorName); q.visitor != "" {
		return
	}
	secret, _ := auth.NewDevice()
	c := q.make(visitorName, secret, deviceLife)
	http.SetCookie(w, &c)
	q.visitor = secret.Text()
}

// Holder is what only this browser holds, for the nonces of her forms: the
// visit, or a secret of its own, which a page before any visit sets.
func (q *Request) Holder(w http.ResponseWriter) string {
	if v := q.Visit(); v != "" && !strings.HasPrefix(q.http.URL.Path, "/l/") {
		return v
	}
	if c := q.cookie(holderName); c != "" {
		return c
	}
	if q.http.Method == http.MethodPost {
		return ""
	}
	if q.holder == "" {
		secret, _ := auth.NewDevice()
		c := q.make(holderName, secret, holderLife)
		http.SetCookie(w, &c)
		q.holder = secret.Text()
	}
	return q.holder
}

// Big reports whether the browser asked for large print, and remembers it
// there where the address says so.
func (q *Request) Big(w http.ResponseWriter) bool {
	switch q.http.URL.Query().Get("big") {
	case "1":
		c := q.make(bigName, "1", deviceLife)
		http.SetCookie(w, &c)
		return true
	case "0":
		c := q.make(bigName, "", 0)
		http.SetCookie(w, &c)
		return false
	}
	return q.cookie(bigName) == "1"
}
