package site

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"encoding/base64"
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strings"

	"kexin/internal/front"
	"kexin/web"
)

// invitation is the page to which the link of an alliance leads. Its token
// stands behind #, where no server sees it and a form to sign in would lose it:
// the page itself keeps it meanwhile, and sends to sign in.
const invitation = "shop/join"

// A static serves the workbench out of the binary: hashed files for ever,
// index.html never kept, text compressed once at start.
type static struct {
	files map[string]asset
	index string
}

type asset struct {
	body, zipped []byte
	kind         string
}

func newStatic() (*static, error) {
	s := &static{files: map[string]asset{}}
	err := fs.WalkDir(web.FS, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(web.FS, name)
		if err != nil {
			return err
		}
		if name == "index.html" {
			s.index = string(b)
			return nil
		}
		a := asset{body: b, kind: mime.TypeByExtension(path.Ext(name))}
		if z := zip(b); len(z) < len(b)*9/10 {
			a.zipped = z
		}
		s.files[name] = a
		return nil
	})
	return s, err
}

func zip(b []byte) []byte {
	var buf bytes.Buffer
	w, _ := gzip.NewWriterLevel(&buf, gzip.BestCompression)
	_, _ = w.Write(b)
	_ = w.Close()
	return buf.Bytes()
}

// ServeHTTP answers a file of the workbench, or the workbench itself for every
// other path: its router reads the address. Whoever has no session is sent to
// sign in before the workbench is loaded, except with an invitation.
func (s *static) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		http.Error(w, "405", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
	a, ok := s.files[name]
	switch {
	case ok:
		s.file(w, r, name, a)
	case strings.HasPrefix(name, "assets/"):
		http.NotFound(w, r)
	case !front.SignedIn(r) && name != invitation:
		to := "/login"
		if name != "" {
			to += "?next=" + url.QueryEscape("/"+name)
		}
		w.Header().Set("Cache-Control", "no-store")
		http.Redirect(w, r, to, http.StatusSeeOther)
	default:
		s.page(w)
	}
}

func (s *static) file(w http.ResponseWriter, r *http.Request, name string, a asset) {
	h := w.Header()
	h.Set("Content-Type", a.kind)
	if strings.HasPrefix(name, "assets/") {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	body := a.body
	if a.zipped != nil {
		h.Set("Vary", "Accept-Encoding")
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			h.Set("Content-Encoding", "gzip")
			body = a.zipped
		}
	}
	_, _ = w.Write(body)
}

// page sends index.html with a fresh nonce: styles that the workbench makes at
// run time carry it, nothing else may.
func (s *static) page(w http.ResponseWriter) {
	var b [16]byte
	rand.Read(b[:])
	nonce := base64.StdEncoding.EncodeToString(b[:])
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self' 'nonce-"+nonce+"'; style-src 'self' 'nonce-"+nonce+"'; style-src-attr 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	_, _ = w.Write([]byte(strings.ReplaceAll(s.index, web.NoncePlaceholder, nonce)))
}
