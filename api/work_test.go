package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"kexin"
	"kexin/internal/sitetest"
)

// TestDaysWork asks over HTTP for what the pages of a day are made of, and
// looks through every answer for what must not be in it.
func TestDaysWork(t *testing.T) {
	sitetest.Both(t, func(t *testing.T, s *sitetest.Site) {
		const phone, note = "13812345678", "只有自己该看到的话"
		day := string(kexin.DayOf(s.Clock.Now()))
		mine := s.NewCustomer("rep", map[string]any{"name": "王秀兰", "phone": phone, "source": "store", "source_on": day, "stage": "quoted"})
		theirs := s.NewCustomer("rep4", map[string]any{"name": "赵六一", "phone": "13812340000", "source": "store", "source_on": day})
		due := int64(s.Clock.Instant().Add(-60_000_000_000))
		made := func(who, plural string, fields map[string]any) (id kexin.ID) {
			var out struct {
				ID kexin.ID `json:"id"`
			}
			s.As(who, http.MethodPost, "/api/v1/"+plural, map[string]any{"fields": fields}).Into(t, http.StatusCreated, &out)
			return out.ID
		}
		visit := made("rep", "visits", map[string]any{"customer": mine, "way": "call", "at": due - 1000, "note": note, "next_at": due})
		order := made("rep", "orders", map[string]any{"customer": mine, "no": "A-1", "ordered_on": day})

		// the home page of everybody, with the team's figures for those who lead
		for _, who := range []string{"owner", "leader", "rep", "pio", "analyst", "rep4"} {
			r := s.As(who, http.MethodGet, "/api/v1/today", nil)
			if r.Status != http.StatusOK {
				t.Errorf("%s: %d %s", who, r.Status, r.Body)
			}
			body := string(r.Body)
			if own := who == "rep"; strings.Contains(body, note) != own || strings.Contains(body, phone) || strings.Contains(body, "王秀兰") != own {
				t.Errorf("today of %s: %s", who, body)
			}
			if leads := who == "owner" || who == "leader"; strings.Contains(body, `"due":1,"overdue":1`) != leads {
				t.Errorf("the team on today of %s: %s", who, body)
			}
		}

		// every position that sees records has its home, the lists and her timeline,
		// and nothing in them that is withheld from it
		for who, a := range s.Staff {
			for _, x := range [][2]string{{http.MethodGet, "today"}, {http.MethodGet, "customers/" + mine.String() + "/timeline"}, {http.MethodPost, "customers/search"}, {http.MethodPost, "visits/search"},
				{http.MethodPost, "tasks/search"}, {http.MethodPost, "orders/search"}, {http.MethodPost, "deals/search"}, {http.MethodPost, "contacts/search"}} {
				var body any
				if x[0] == http.MethodPost {
					body = map[string]any{}
				}
				r := s.As(who, x[0], "/api/v1/"+x[1], body)
				want := http.StatusOK
				switch path := strings.HasSuffix(x[1], "timeline"); {
				case a.Position == kexin.Analyst && path:
					want = http.StatusForbidden
				case a.Position == kexin.Analyst && x[0] == http.MethodPost:
					want = http.StatusForbidden
				case path && a.Position == kexin.Rep && who != "rep":
					want = http.StatusNotFound
				}
				if r.Status != want {
					t.Errorf("%s %s: %d %s", who, x[1], r.Status, r.Body)
				}
				if a.Position == kexin.Marketing || a.Position == kexin.Auditor || a.Position == kexin.Analyst {
					if body := string(r.Body); strings.Contains(body, note) || strings.Contains(body, `"at":0,`) {
						t.Errorf("%s %s: %s", who, x[1], body)
					}
				}
			}
		}
		// who takes a call on a colleague's customer may note it, and it stays hers
		s.As("service", http.MethodPost, "/api/v1/visits", map[string]any{"fields": map[string]any{"customer": mine, "way": "call", "at": due - 500}}).Into(t, http.StatusCreated, nil)
		if n := s.Count("SELECT COUNT(*) FROM visit WHERE customer_id=$1 AND owner_id=$2", mine, s.Staff["rep"].User); n != 2 {
			t.Errorf("%d follow-ups are the owner's", n)
		}

		// what hangs on a customer may be taken away by who may change it
		var rec struct {
			Rev int64    `json:"rev"`
			Can []string `json:"can"`
		}
		s.Get("rep", "/api/v1/orders/"+order.String(), &rec)
		if !slices.Contains(rec.Can, "delete") {
			t.Errorf("an own order: %v", rec.Can)
		}
		s.Get("pio", "/api/v1/orders/"+order.String(), &rec)
		if slices.Contains(rec.Can, "delete") {
			t.Errorf("the protection officer: %v", rec.Can)
		}
		s.As("rep", http.MethodDelete, "/api/v1/visits/"+visit.String()+"?rev=1", nil).Into(t, http.StatusNoContent, nil)
		if p := s.Search("rep", "visits", map[string]any{}); len(p.Rows) != 1 {
			t.Errorf("%d follow-ups are left", len(p.Rows))
		}

		// every kind of event in a timeline is one of the document's
		s.Get("rep", "/api/v1/customers/"+mine.String(), &rec)
		s.As("rep", http.MethodPatch, "/api/v1/customers/"+mine.String(), map[string]any{"rev": rec.Rev, "fields": map[string]any{"stage": "won"}}).Into(t, http.StatusOK, nil)
		var doc struct {
			Components struct {
				Schemas map[string]struct {
					Properties map[string]struct{ Enum []string }
				}
			}
		}
		s.Get("rep", "/api/v1/openapi.json", &doc)
		var line struct{ Events []struct{ Kind string } }
		s.Get("rep", "/api/v1/customers/"+mine.String()+"/timeline", &line)
		for _, e := range line.Events {
			if !slices.Contains(doc.Components.Schemas["Event"].Properties["kind"].Enum, e.Kind) {
				t.Errorf("the document has no %q", e.Kind)
			}
		}
		if !slices.ContainsFunc(line.Events, func(e struct{ Kind string }) bool { return e.Kind == "edited" }) {
			t.Errorf("no change in the timeline: %v", line.Events)
		}

		// a position that sees no person has no scene, and counts by who is in charge
		var me struct {
			Scenes []string `json:"scenes"`
		}
		if s.Get("analyst", "/api/v1/me", &me); len(me.Scenes) != 0 {
			t.Errorf("scenes of the analyst: %v", me.Scenes)
		}
		var c struct {
			Cells []struct{ Label string } `json:"cells"`
		}
		var few, none string
		for ask, stage := range map[*string]string{&few: "quoted", &none: "lost"} {
			*ask = string(s.As("analyst", http.MethodPost, "/api/v1/customers/count", map[string]any{"group": "owner",
				"where": []any{map[string]any{"field": "stage", "op": "eq", "values": []string{stage}}}}).Body)
		}
		if few != none || !strings.Contains(few, `"cells":[]`) {
			t.Errorf("one person and nobody count otherwise: %s / %s", few, none)
		}
		s.As("owner", http.MethodPost, "/api/v1/customers/count", map[string]any{"group": "owner"}).Into(t, http.StatusOK, &c)
		if len(c.Cells) != 2 || c.Cells[0].Label == "" {
			t.Errorf("by owner: %+v", c.Cells)
		}

		// a colleague's record is like none, whatever is asked of it
		for _, x := range []struct {
			method, path string
			body         any
		}{{http.MethodGet, "", nil}, {http.MethodGet, "/timeline", nil}, {http.MethodGet, "/consents", nil}, {http.MethodPost, "/contact", map[string]any{"channel": "call"}},
			{http.MethodPost, "/reveal", map[string]any{"field": "phone", "reason": "check"}}, {http.MethodPatch, "", map[string]any{"rev": 1, "fields": map[string]any{"stage": "won"}}}} {
			there, never := s.As("rep", x.method, "/api/v1/customers/"+theirs.String()+x.path, x.body), s.As("rep", x.method, "/api/v1/customers/1234567890"+x.path, x.body)
			if cut := func(r sitetest.Reply) string { b, _, _ := strings.Cut(string(r.Body), `"request"`); return b }; there.Status != http.StatusNotFound || cut(there) != cut(never) {
				t.Errorf("%s %s: %d %s", x.method, x.path, there.Status, there.Body)
			}
		}
		if log := string(s.Logs.Bytes()); strings.Contains(log, phone) || strings.Contains(log, note) || strings.Contains(log, "王秀兰") {
			t.Error("the log holds what is personal")
		}
	})
}
