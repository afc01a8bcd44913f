package api_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/internal/sitetest"
)

// A flood is a body of so many bytes that counts what is taken of it.
type flood struct{ n, most int64 }

func (f *flood) Read(p []byte) (int, error) {
	if f.n >= f.most {
		return 0, io.EOF
	}
	n := min(int64(len(p)), f.most-f.n)
	for i := range p[:n] {
		p[i] = 'a'
	}
	f.n += n
	return int(n), nil
}

// TestLargeBody sends a file of more than 2 GB to the real server: one that says
// so is refused before a byte of it leaves the sender, one that does not say so
// when it goes over; the answer says what is wrong, and nothing is kept. The
// second is sent with KEXIN_SOAK=1.
func TestLargeBody(t *testing.T) {
	sitetest.Both(t, func(t *testing.T, s *sitetest.Site) {
		server := httptest.NewServer(s.Site)
		defer server.Close()
		client := &http.Client{Transport: &http.Transport{ExpectContinueTimeout: time.Hour}}
		send := func(said int64) *flood {
			t.Helper()
			var b struct{ ID kexin.ID }
			s.As("owner", http.MethodPost, "/api/v1/imports", map[string]any{"source": "own_form", "collected": "staff", "accept": true}).Into(t, http.StatusCreated, &b)
			body := &flood{most: 2<<30 + 1<<20}
			r, err := http.NewRequest(http.MethodPut, server.URL+"/api/v1/imports/"+b.ID.String()+"/file", body)
			if err != nil {
				t.Fatal(err)
			}
			r.ContentLength = said
			r.Header.Set("Content-Type", "application/octet-stream")
			r.Header.Set("Expect", "100-continue")
			r.AddCookie(&http.Cookie{Name: "kx", Value: s.Cookie("owner")})
			a, err := client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer a.Body.Close()
			text, err := io.ReadAll(a.Body)
			var p struct{ Detail string }
			if err != nil || a.StatusCode != http.StatusUnprocessableEntity || json.Unmarshal(text, &p) != nil || !strings.Contains(p.Detail, "2 GB") {
				t.Fatalf("%d %s %v", a.StatusCode, text, err)
			}
			if left, err := os.ReadDir(s.Data + "/stage"); err == nil && len(left) > 0 {
				t.Errorf("left on the disk: %v", left)
			}
			return body
		}
		if body := send(2<<30 + 1<<20); body.n != 0 {
			t.Errorf("%d bytes left the sender", body.n)
		}
		if os.Getenv("KEXIN_SOAK") == "1" {
			if body := send(-1); body.n < 2<<30 {
				t.Errorf("refused after %d bytes", body.n)
			}
		}
	})
}
