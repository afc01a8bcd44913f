package lawtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/internal/sitetest"
)

// boundaryProofs are the border between merchants.
var boundaryProofs = []proof{
	both("I8", "Of two merchants on one server with the same customer neither can tell that the other has her: not by lookup, search, create, import, count or id; a record of the other answers like one that never was.", noJoin).
		lacks("There are no operator's accounts yet; root on the host is outside this control (docs/security.md)."),
}

// noJoin asks about one number at two servers' worth of one merchant: one
// where only the neighbour has it, and one where nobody has.
func noJoin(t *testing.T, s *sitetest.Site) {
	const known, nobody = "13812345678", "13812345679"
	who := elsewhere(s)
	theirs := customer(s, "rep", "王秀兰", known)
	for _, ask := range []struct {
		method, path string
		body         func(phone string) any
	}{
		{http.MethodPost, "/api/v1/lookup", func(p string) any { return map[string]any{"kind": "phone", "value": p} }},
		{http.MethodPost, "/api/v1/lookup", func(p string) any { return map[string]any{"kind": "wechat", "value": "wx_" + p} }},
		{http.MethodPost, "/api/v1/customers/search", func(p string) any { return map[string]any{"search": p} }},
		{http.MethodPost, "/api/v1/customers/search", func(p string) any { return map[string]any{"search": p[7:]} }},
		{http.MethodPost, "/api/v1/customers/count", func(string) any { return map[string]any{} }},
	} {
		s.Clock.Move(2 * time.Minute)
		a, b := s.As(who, ask.method, ask.path, ask.body(known)), s.As(who, ask.method, ask.path, ask.body(nobody))
		if x, y := without(a), without(b); x != y || a.Status != http.StatusOK {
			t.Errorf("%s tells a neighbour's customer from none:\n%s\n%s", ask.path, x, y)
		}
	}
	there, never := s.As(who, http.MethodGet, "/api/v1/customers/"+theirs.String(), nil), s.As(who, http.MethodGet, "/api/v1/customers/123456789", nil)
	if x, y := plain(there), plain(never); x != y || there.Status != http.StatusNotFound {
		t.Errorf("a neighbour's record:\n%s\n%s", x, y)
	}
	s.Clock.Move(2 * time.Minute)
	for _, phone := range []string{known, nobody} {
		r := s.As(who, http.MethodPost, "/api/v1/customers", map[string]any{"fields": map[string]any{"name": "王秀兰", "phone": phone}})
		if r.Status != http.StatusCreated {
			t.Errorf("a first customer with %s: %d %s", phone, r.Status, r.Body)
		}
	}
	if b := stored(s, who, upload(s, who, kexin.FromVisit, list(3, 0))); b.n(kexin.OutNew) != 3 {
		t.Errorf("%+v", b)
	}
	if b := stored(s, "owner", upload(s, "owner", kexin.FromVisit, list(3, 0))); b.n(kexin.OutNew) != 3 {
		t.Errorf("an import knows what the neighbour imported: %+v", b)
	}
	oneOrgAStatement(t)
}

var numbers = regexp.MustCompile(`"(?:used|limit|request)":"?\w+"?`)

// without is an answer without budgets and the request's number.
func without(r sitetest.Reply) string {
	h := r.Header.Clone()
	h.Del("X-Request-Id")
	var v any
	if err := json.Unmarshal(r.Body, &v); err != nil {
		return string(r.Body)
	}
	return fmt.Sprint(r.Status, h, numbers.ReplaceAllString(string(r.Body), ""))
}

// oneOrgAStatement: no statement of the store names two merchants: a join of
// org_id is always with the row's own, and none is compared with another's.
func oneOrgAStatement(t *testing.T) {
	t.Helper()
	seen := 0
	eachSource(t, func(path, text string) {
		for _, m := range regexp.MustCompile(`org_id\s*(<>|!=|<|>|NOT IN|IN)\s*[^=]?`).FindAllString(text, -1) {
			t.Errorf("%s compares merchants: %s", path, m)
		}
		seen += strings.Count(text, "org_id=")
	})
	if seen < 100 {
		t.Errorf("only %d comparisons seen", seen)
	}
}
