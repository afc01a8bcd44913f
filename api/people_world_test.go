package api_test

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/api"
	"kexin/app"
	"kexin/internal/front/fronttest"
	"kexin/job"
	"kexin/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m, job.Untenanted) }

// routes puts the API on a server.
func routes(w *fronttest.World, mux *http.ServeMux) (func(http.ResponseWriter, *http.Request, error), func(http.Handler) http.Handler) {
	calls := http.NewServeMux()
	api.Mount(calls, w.App, slog.New(slog.NewTextHandler(w.Log, nil)), "test")
	mux.Handle("/api/v1/", api.Callers(calls))
	return api.Fail, func(h http.Handler) http.Handler { return h }
}

// said checks status and that the body holds the texts.
func said(t *testing.T, a fronttest.Answer, status int, holds ...string) fronttest.Answer {
	t.Helper()
	if a.Status != status {
		t.Fatalf("status %d, want %d\n%s", a.Status, status, a.Body)
	}
	for _, s := range holds {
		if !strings.Contains(a.Body, s) {
			t.Errorf("%q is not in %s", s, a.Body)
		}
	}
	return a
}

// refused checks a problem's status and the law code or key it names.
func refused(t *testing.T, a fronttest.Answer, status int, code string) {
	t.Helper()
	var p api.Problem
	if a.Header.Get("Content-Type") != "application/problem+json" {
		t.Fatalf("status %d, %q: %s", a.Status, a.Header.Get("Content-Type"), a.Body)
	}
	a.JSON(t, &p)
	keys := []string{p.Code, p.Law}
	for _, e := range p.Errors {
		keys = append(keys, e.Location, e.Key)
	}
	if a.Status != status || p.Status != status || !strings.Contains(" "+strings.Join(keys, " ")+" ", " "+code+" ") {
		t.Fatalf("status %d with %v, want %d with %s: %s", a.Status, keys, status, code, a.Body)
	}
	if p.Request == "" || p.Detail == "" || strings.Contains(p.Detail, "error.") || strings.Contains(p.Detail, "{") {
		t.Errorf("no sentence or number: %s", a.Body)
	}
}

type obj = map[string]any

func id(x kexin.ID) string { return x.String() }

// TestKeyAge: a key is as old as the server's clock says, whatever the
// machine's.
func TestKeyAge(t *testing.T) {
	w := fronttest.Lite(t, routes).Found(kexin.Shop)
	codes := w.Owner.Enrol()
	for i, days := range []int{0, 3} {
		w.Move(time.Duration(days) * 24 * time.Hour)
		in, err := w.App.SignIn(t.Context(), app.From{}, "lin", fronttest.Password)
		if err != nil {
			t.Fatal(err)
		}
		c := w.Client().Sign(in)
		if in, err = w.App.SecondFactor(t.Context(), c.Seat(), codes[i], false); err != nil {
			t.Fatal(err)
		}
		var got api.Keys
		c.Sign(in).Get("/api/v1/keys").JSON(t, &got)
		if len(got.Keys) == 0 {
			t.Fatal("no keys")
		}
		for _, k := range got.Keys {
			if k.Age != days {
				t.Errorf("a key of %d days: %+v", days, k)
			}
		}
	}
}
