package site

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestSignedOut: nobody loads the workbench to be told to sign in, except who
// comes with an invitation, which only the page can keep; what it is made of is
// for everybody.
func TestSignedOut(t *testing.T) {
	s, err := newStatic()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path, cookie, to string
		status           int
	}{
		{"/", "", "/login", http.StatusSeeOther},
		{"/customers/12", "", "/login?next=%2Fcustomers%2F12", http.StatusSeeOther},
		{"//elsewhere.example/x", "", "/login?next=%2Felsewhere.example%2Fx", http.StatusSeeOther},
		{"/shop/join", "", "", http.StatusOK},
		{"/shop/join/x", "", "/login?next=%2Fshop%2Fjoin%2Fx", http.StatusSeeOther},
		{"/shop", "", "/login?next=%2Fshop", http.StatusSeeOther},
		{"/customers/12", "kx=a", "", http.StatusOK},
		{"/customers/12", "__Host-kx=a", "", http.StatusOK},
		{"/favicon.svg", "", "", http.StatusOK},
		{"/assets/none.js", "", "", http.StatusNotFound},
	} {
		r, w := httptest.NewRequest(http.MethodGet, "/", nil), httptest.NewRecorder()
		if r.URL.Path = c.path; c.cookie != "" {
			r.Header.Set("Cookie", c.cookie)
		}
		s.ServeHTTP(w, r)
		if w.Code != c.status || w.Header().Get("Location") != c.to {
			t.Errorf("%s with %q: %d to %q", c.path, c.cookie, w.Code, w.Header().Get("Location"))
		}
	}
}
