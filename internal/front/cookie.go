package front

import (
	"net/http"
	"time"

	"kexin/app"
	"kexin/auth"
)

// The cookies: who is signed in, and which browser this is. On plain loopback
// they stand without the prefix.
const (
	sessionName = "kx"
	deviceName  = "kxd"
	prefix      = "__Host-"
)

// How long a browser keeps the cookies. When a session ends is decided here,
// not there.
const (
	sessionLife = 7 * 24 * time.Hour
	deviceLife  = 180 * 24 * time.Hour
)

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
