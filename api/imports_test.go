package api_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/internal/sitetest"
)

// refusedBatch is the path of an import of which n lines were refused.
func refusedBatch(t *testing.T, s *sitetest.Site, n int) string {
	t.Helper()
	var b struct {
		ID      kexin.ID
		State   string
		Version int64
	}
	s.As("owner", http.MethodPost, "/api/v1/imports", map[string]any{"source": kexin.FromVisit, "collected": "staff", "accept": true}).Into(t, http.StatusCreated, &b)
	path := "/api/v1/imports/" + b.ID.String()
	put := s.Request("owner", http.MethodPut, path+"/file", append([]byte("客户姓名,手机,登记方式,登记日期\n"), bytes.Repeat([]byte("李正,1876188842,到店登记,2024-05-06\n"), n)...))
	put.Header.Set("Content-Type", "application/octet-stream")
	if r := s.Send(put); r.Status != http.StatusOK {
		t.Fatalf("%d %s", r.Status, r.Body)
	}
	until := func(state string) {
		for end := time.Now().Add(2 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
			switch s.Get("owner", path, &b); {
			case b.State == state:
				return
			case b.State == "failed" || b.State == "refused" || b.State == "cancelled" || time.Now().After(end):
				t.Fatalf("%s and not %s", b.State, state)
			}
		}
	}
	until("ready")
	s.As("owner", http.MethodPost, path+"/confirm", map[string]any{"version": b.Version}).Into(t, http.StatusOK, &b)
	until("done")
	return path
}

// TestRefusedRowsBreakOff: a file of refused rows that cannot be read to its
// end breaks off, so that nobody takes half of it for the whole.
func TestRefusedRowsBreakOff(t *testing.T) {
	sitetest.Both(t, func(t *testing.T, s *sitetest.Site) {
		path := refusedBatch(t, s, 1400)
		srv := httptest.NewServer(s.Site)
		defer srv.Close()
		fetch := func() (lines int, err error) {
			r, err := http.NewRequest(http.MethodGet, srv.URL+path+"/refused", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.AddCookie(&http.Cookie{Name: "kx", Value: s.Cookie("owner")})
			a, err := srv.Client().Do(r)
			if err != nil {
				return 0, err
			}
			defer a.Body.Close()
			body, err := io.ReadAll(a.Body)
			return strings.Count(string(body), "\r\n"), err
		}
		s.Raw("UPDATE import_row SET cells_c=$1 WHERE n=900", []byte{1, 2, 3})
		if n, err := fetch(); err == nil {
			t.Errorf("%d of 1,401 lines look like all of them", n)
		}
	})
}

// TestRefusedRowsUnasked: a link on another site, or a browser that fetches
// ahead, does not use up the file that is there once.
func TestRefusedRowsUnasked(t *testing.T) {
	sitetest.Both(t, func(t *testing.T, s *sitetest.Site) {
		path := refusedBatch(t, s, 3) + "/refused"
		for _, h := range [][2]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Sec-Purpose", "prefetch;prerender"}, {"Purpose", "prefetch"}} {
			r := s.Request("owner", http.MethodGet, path, nil)
			r.Header.Set(h[0], h[1])
			if a := s.Send(r); a.Status != http.StatusForbidden || bytes.Contains(a.Body, []byte("1876188842")) {
				t.Errorf("%s: %d %s", h, a.Status, a.Body)
			}
		}
		r := s.Request("owner", http.MethodGet, path, nil)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		if a := s.Send(r); a.Status != http.StatusOK || !bytes.Contains(a.Body, []byte("1876188842")) {
			t.Errorf("asked for: %d %s", a.Status, a.Body)
		}
		if a := s.As("owner", http.MethodGet, path, nil); a.Status == http.StatusOK {
			t.Error("a second time")
		}
	})
}
