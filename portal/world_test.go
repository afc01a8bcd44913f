package portal_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"kexin"
	"kexin/internal/front/fronttest"
	"kexin/job"
	"kexin/portal"
	"kexin/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m, job.Untenanted) }

// routes puts the portal on a server; every other path is the workbench.
func routes(w *fronttest.World, mux *http.ServeMux) (func(http.ResponseWriter, *http.Request, error), func(http.Handler) http.Handler) {
	p, err := portal.New(portal.Config{App: w.App, Log: discard, Now: w.Clock.Now})
	if err != nil {
		w.TB.Fatal(err)
	}
	p.Register(mux)
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("workbench")) })
	mux.HandleFunc("/x/panic", func(http.ResponseWriter, *http.Request) { panic("陈晓雯 13812345678") })
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { p.Fail(w, r, &kexin.Error{Code: kexin.NotFound}) })
	return p.Fail, func(h http.Handler) http.Handler { return h }
}

func want(t *testing.T, a fronttest.Answer, status int, holds ...string) {
	t.Helper()
	if a.Status != status {
		t.Fatalf("status %d, want %d\n%s", a.Status, status, text(a.Body))
	}
	for _, s := range holds {
		if !strings.Contains(a.Body, s) {
			t.Errorf("%q is not in\n%s", s, text(a.Body))
		}
	}
}

func redirect(t *testing.T, a fronttest.Answer, to string) {
	t.Helper()
	if a.Status != http.StatusSeeOther || a.Location != to {
		t.Fatalf("status %d to %q, want 303 to %q\n%s", a.Status, a.Location, to, text(a.Body))
	}
}

var tags = regexp.MustCompile(`<[^>]*>|\s+`)

// text is a page without its marks, for messages of tests.
func text(html string) string { return tags.ReplaceAllString(html, " ") }

var setup = []string{"size", "shop", "name", "石语瓷砖店", "uscc", "92330382MAKXDM012G", "contact", "0577-62500000", "owner", "林国栋",
	"login", "lin", "password", fronttest.Password, "again", fronttest.Password}

// but is a form with some fields changed.
func but(form []string, pairs ...string) []string {
	out := append([]string(nil), form...)
	for i := 0; i < len(pairs); i += 2 {
		set := false
		for j := 0; j < len(out); j += 2 {
			if out[j] == pairs[i] {
				out[j+1], set = pairs[i+1], true
			}
		}
		if !set {
			out = append(out, pairs[i:i+2]...)
		}
	}
	return out
}
