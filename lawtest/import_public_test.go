package lawtest

import (
	"net/http"
	"strings"
	"testing"

	"kexin"
	"kexin/consent"
	"kexin/internal/sitetest"
)

// publicOfWhere: public data come with the page and the day they were read,
// nothing else does, and the address stands nowhere in clear.
func publicOfWhere(t *testing.T, s *sitetest.Site) {
	t.Helper()
	for part, value := range map[string]string{"page": "", "from": "", "page ": "shops.example.test", "page  ": "javascript:alert(1)", "page   ": "https://wang:secret@example.test/"} {
		m := manifest(kexin.FromPublic)
		name := strings.TrimSpace(part)
		if m[name] = value; value == "" {
			delete(m, name)
		}
		r := s.As("owner", http.MethodPost, "/api/v1/imports", m)
		if r.Status != http.StatusUnprocessableEntity || r.Law() != "E_IMP_NO_PROVENANCE" || !strings.Contains(string(r.Body), `"location":"`+name+`"`) {
			t.Errorf("%s %q: %d %s", name, value, r.Status, r.Body)
		}
	}
	own := manifest(kexin.FromForm)
	own["page"] = publicPage
	if r := s.As("owner", http.MethodPost, "/api/v1/imports", own); r.Status != http.StatusUnprocessableEntity {
		t.Errorf("a page for the merchant's own list: %d", r.Status)
	}
	var b struct{ Page string }
	s.As("owner", http.MethodPost, "/api/v1/imports", manifest(kexin.FromPublic)).Into(t, http.StatusCreated, &b)
	if b.Page != publicPage {
		t.Errorf("the batch says %q", b.Page)
	}
	if n := s.Count("SELECT COUNT(*) FROM import_batch WHERE page_c IS NOT NULL AND CAST(manifest AS TEXT) NOT LIKE '%example.test%'"); n != 1 {
		t.Errorf("%d batches with a sealed page", n)
	}
}

func publicNeverOffers(t *testing.T, s *sitetest.Site) {
	publicOfWhere(t, s)
	stored(s, "owner", upload(s, "owner", kexin.FromPublic, list(3, 0)))
	ids := s.Search("owner", "customers", map[string]any{}).IDs()
	if len(ids) != 3 {
		t.Fatalf("%d customers", len(ids))
	}
	for _, id := range ids {
		for purpose, ch := range offers {
			if d := word(s, id, purpose, ch); d.OK || d.Law != "E_NO_CHANNEL_CONSENT" || d.Reason != "public_source" {
				t.Errorf("%s: %+v", purpose, d)
			}
		}
	}
	for purpose, ch := range offers {
		yes := consent.Person{Source: kexin.FromPublic, Rows: []consent.Row{{Purpose: purpose, Channel: ch, State: consent.Given, From: 1, Until: 1 << 60}}}
		if d := consent.MayContact(yes, purpose, ch, 100, false); d.OK {
			t.Errorf("%s: a consent given elsewhere opens it: %+v", purpose, d)
		}
		if yes.Source = kexin.FromForm; !consent.MayContact(yes, purpose, ch, 100, false).OK {
			t.Errorf("%s: a consent of her own does not open it", purpose)
		}
	}
}
