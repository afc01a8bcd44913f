// Package portal is the pages that the server writes itself 门户: signing in,
// setting up, joining, the second factor, what is recorded of staff, the
// public notice, the check of evidence, and the customer's own pages. They need
// no script, load nothing from elsewhere and are good on a phone first. A GET changes nothing; a POST
// answers with a redirect, or with the page and its faults.
package portal

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"time"

	"kexin/app"
	"kexin/consent"
	"kexin/i18n"
	"kexin/ledger"
)

//go:embed html/*.html
var pages embed.FS

//go:embed portal.css
var sheet []byte

//go:embed hers.css
var herSheet []byte

// A Verifier checks an evidence file or a receipt that somebody uploads. known are
// checkpoint lines that he brings himself.
type Verifier func(ctx context.Context, file io.Reader, known []string) ledger.Verdict

// A Config is what the portal needs.
type Config struct {
	App    *app.App
	Log    *slog.Logger
	Now    func() time.Time
	Verify Verifier // nil = consent.VerifyFile
	Demo   bool     // everything is invented: every page says so, and no number can be called
}

// A Portal answers the pages. It is safe for concurrent use.
type Portal struct {
	Config
	sets    map[string]*template.Template // by language
	version string                        // of the sheet, for its address
	checks  chan struct{}                 // evidence files under check
	long    chan struct{}                 // those that are still coming in
}

// checksAtOnce is how many evidence files are checked at a time: each may be
// 20 MiB and asks nobody to sign in.
const checksAtOnce = 2

// shortFile is how many bytes of an upload are taken in before it is counted
// as under check. Most evidence files are shorter; who sends one and falls
// silent keeps nobody from having a short one checked.
const shortFile = 256 << 10

// New makes the portal. It fails only on a defect in its templates.
func New(c Config) (*Portal, error) {
	if c.Verify == nil {
		c.Verify = func(ctx context.Context, file io.Reader, known []string) ledger.Verdict {
			return consent.VerifyFile(file, ledger.VerifyOptions{Known: known}, c.App.KeyList(ctx))
		}
	}
	sum := sha256.Sum256(sheet)
	p := &Portal{Config: c, sets: map[string]*template.Template{}, version: hex.EncodeToString(sum[:6]), checks: make(chan struct{}, checksAtOnce), long: make(chan struct{}, checksAtOnce)}
	for _, lang := range i18n.Langs {
		set, err := template.New("").Funcs(funcs(lang, p.version, c.Demo)).ParseFS(pages, "html/*.html")
		if err != nil {
			return nil, err
		}
		p.sets[lang] = set
	}
	return p, nil
}

// A Router takes pages by their patterns, as http.ServeMux does.
type Router interface {
	HandleFunc(pattern string, handler func(http.ResponseWriter, *http.Request))
}

// Register adds every page to mux.
func (p *Portal) Register(mux Router) {
	mux.HandleFunc("GET /portal.css", style(sheet, p.version))
	p.registerHers(mux)
	for pattern, h := range map[string]func(*visit) error{
		"GET /login":             p.showLogin,
		"POST /login":            p.login,
		"POST /login/code":       p.code,
		"POST /logout":           p.logout,
		"GET /setup/{token}":     p.showSetup,
		"POST /setup/{token}":    p.setup,
		"GET /invite/{token}":    p.showInvite,
		"POST /invite/{token}":   p.join,
		"GET /recover/{token}":   p.showInvite,
		"POST /recover/{token}":  p.join,
		"GET /enter/{token}":     p.showDoor,
		"POST /enter/{token}":    p.enter,
		"GET /welcome":           p.showTold,
		"POST /welcome":          p.told,
		"GET /welcome/recovery":  p.showSheet,
		"POST /welcome/recovery": p.sheet,
		"GET /totp":              p.showFactor,
		"POST /totp":             p.startFactor,
		"POST /totp/confirm":     p.confirmFactor,
		"GET /notice/{org}":      p.notice,
		"GET /notice/{org}/keys": p.keys,
		"GET /verify":            p.showVerify,
		"POST /verify":           p.verify,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			v := p.visit(w, r)
			if err := h(v); err != nil {
				p.Fail(w, r, err)
			}
		})
	}
	// Other methods on a page of ours are no business of the workbench.
	for _, path := range []string{"/login", "/login/code", "/logout", "/setup/{token}", "/invite/{token}", "/recover/{token}", "/enter/{token}", "/welcome", "/welcome/recovery",
		"/totp", "/totp/confirm", "/notice/{org}", "/notice/{org}/keys", "/verify"} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) { p.wrongMethod(w, r) })
	}
}

// style sends a style sheet. Its address changes with it.
func style(sheet []byte, version string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "text/css; charset=utf-8")
		h.Set("ETag", `"`+version+`"`)
		h.Set("Cache-Control", "public, max-age=86400")
		if r.Header.Get("If-None-Match") == `"`+version+`"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = w.Write(sheet)
	}
}
