package lawtest

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/internal/sitetest"
	"kexin/store"
)

// note is a lawyer's note with every part.
func note(s *sitetest.Site) map[string]any {
	day := kexin.DayOf(s.Clock.Instant().Time())
	return map[string]any{"lawyer": "周正", "firm": "浙江嘉瑞成律师事务所", "licence": "13303201910012345", "on": string(day),
		"text": "已逐行核对原名单与店内登记簿，全部是客户本人到店登记，未见外来名单。"}
}

func reopen(s *sitetest.Site, who string, id kexin.ID, body any) sitetest.Reply {
	s.TB.Helper()
	return s.As(who, http.MethodPost, "/api/v1/imports/"+id.String()+"/reopen", body)
}

// A door is what a refused batch says of being let in.
type door struct {
	MayReopen bool `json:"mayReopen"`
	Reopened  *struct {
		By    string
		Into  kexin.ID
		Alone bool
		Note  *struct{ Lawyer, Text string }
	} `json:"reopened"`
}

func send(s *sitetest.Site, who string, id kexin.ID, file []byte) sitetest.Reply {
	s.TB.Helper()
	r := s.Request(who, http.MethodPut, "/api/v1/imports/"+id.String()+"/file", file)
	r.Header.Set("Content-Type", "application/octet-stream")
	return s.Send(r)
}

func reopenedByOfficer(t *testing.T, s *sitetest.Site) {
	file := owners(200)
	b := upload(s, "rep", kexin.FromForm, file)
	if b.State != "refused" {
		t.Fatalf("%+v", b)
	}
	for who := range s.Staff {
		if who == "pio" {
			continue
		}
		if r := reopen(s, who, b.ID, note(s)); r.Status != http.StatusForbidden {
			t.Errorf("%s lets it in: %d %s", who, r.Status, r.Body)
		}
	}
	s.Fresh("pio", false)
	if r := reopen(s, "pio", b.ID, note(s)); r.Status != http.StatusUnauthorized || r.Law() != "E_STEP_UP" {
		t.Errorf("without the second factor: %d %s", r.Status, r.Body)
	}
	s.Fresh("pio", true)
	for part, bad := range map[string]string{"lawyer": "", "firm": "", "licence": "1330320191001234", "on": "2099-01-01", "text": "没问题"} {
		n := note(s)
		n[part] = bad
		if r := reopen(s, "pio", b.ID, n); r.Status != http.StatusUnprocessableEntity || !strings.Contains(string(r.Body), `"`+part+`"`) {
			t.Errorf("a note with %s %q: %d %s", part, bad, r.Status, r.Body)
		}
	}
	if logged(s, "import.reopened") != 0 || s.Count("SELECT COUNT(*) FROM import_batch") != 1 {
		t.Error("a refused attempt left something")
	}
	var d door
	reopen(s, "pio", b.ID, note(s)).Into(t, http.StatusOK, &d)
	if d.Reopened == nil || d.Reopened.Into == 0 || d.Reopened.Alone || d.Reopened.Note == nil || d.MayReopen {
		t.Fatalf("%+v", d)
	}
	if logged(s, "import.reopened") != 1 || !slices.Contains(s.Alerts(), "list_reopened") {
		t.Error("log or alert is missing")
	}
	if leaf := leaves(s, "import.reopened")[0]; strings.Contains(leaf, "周正") || strings.Contains(leaf, "13303201910012345") {
		t.Errorf("the entry holds the note: %s", leaf)
	}
	if r := reopen(s, "pio", b.ID, note(s)); r.Status != http.StatusConflict {
		t.Errorf("a second time: %d %s", r.Status, r.Body)
	}
	into := d.Reopened.Into
	var told door
	s.Get("rep", "/api/v1/imports/"+b.ID.String(), &told)
	if told.Reopened == nil || told.Reopened.Note != nil {
		t.Errorf("the rep sees %+v", told.Reopened)
	}
	sameFileOnly(t, s, into, file)
}

// sameFileOnly: what was let in is the file that was refused, and its rows need
// a source like any others.
func sameFileOnly(t *testing.T, s *sitetest.Site, into kexin.ID, file []byte) {
	other := slices.Clone(file)
	other[len(other)-2]++
	if r := send(s, "rep", into, other); r.Status != http.StatusUnprocessableEntity {
		t.Errorf("another file: %d %s", r.Status, r.Body)
	}
	if files := onDisk(s); len(files) > 0 {
		t.Errorf("of another file is kept: %v", files)
	}
	if r := send(s, "leader", into, file); r.Status == http.StatusOK {
		t.Errorf("somebody else sends it: %d %s", r.Status, r.Body)
	}
	send(s, "rep", into, file).Into(t, http.StatusOK, nil)
	b := settled(s, "rep", into)
	if b.State != "ready" || b.n(kexin.OutAside) != 200 {
		t.Fatalf("the same file: %+v", b)
	}
	s.As("rep", http.MethodPatch, "/api/v1/imports/"+into.String(), map[string]any{"answers": map[string]any{"nothing": "store"}}).Into(t, http.StatusOK, nil)
	if b = stored(s, "rep", settled(s, "rep", into)); b.n(kexin.OutNew)+b.n(kexin.OutSame)+b.n(kexin.OutReview) != 200 || b.n(kexin.OutNew) == 0 {
		t.Errorf("answered: %+v", b.Counts)
	}
}

// withoutOfficer: in a merchant without an officer the owner is it, after his
// second factor and a day.
func withoutOfficer(t *testing.T, s *sitetest.Site) {
	const alone = "a person alone"
	shop := s.Another("一人店")
	s.SetCookie(alone, s.SignIn(shop, "owner", true))
	file := owners(60)
	b := upload(s, alone, kexin.FromVisit, file)
	var d door
	s.Get(alone, "/api/v1/imports/"+b.ID.String(), &d)
	if b.State != "refused" || !d.MayReopen {
		t.Fatalf("%+v %+v", b, d)
	}
	reopen(s, alone, b.ID, note(s)).Into(t, http.StatusOK, &d)
	if d.Reopened == nil || !d.Reopened.Alone {
		t.Fatalf("%+v", d)
	}
	if r := send(s, alone, d.Reopened.Into, file); r.Status != http.StatusConflict {
		t.Errorf("at once: %d %s", r.Status, r.Body)
	}
	s.Clock.Move(24*time.Hour + time.Minute)
	if err := s.App.PurgeImports(context.Background()); err != nil {
		t.Error(err)
	}
	s.SetCookie(alone, s.SignIn(shop, "owner", true))
	send(s, alone, d.Reopened.Into, file).Into(t, http.StatusOK, nil)
	if b = settled(s, alone, d.Reopened.Into); b.State != "ready" || b.Rows != 60 {
		t.Errorf("a day later: %+v", b)
	}
	var leaf string
	shop.View(func(tx *store.Tx) error {
		var raw []byte
		err := tx.Row("SELECT leaf FROM ledger_entry WHERE org_id=$1 AND type='import.reopened'", tx.Org).Scan(&raw)
		leaf = string(raw)
		return err
	})
	if !strings.Contains(leaf, `"alone":true`) {
		t.Errorf("the entry does not say that one person did it: %s", leaf)
	}
}
