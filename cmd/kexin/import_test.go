package main

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kexin"
	"kexin/i18n"
	"kexin/internal/db/dbtest"
	"kexin/internal/shareddata"
)

// TestImportCorrected: the command line corrects how a list is read as the API
// does, with the same outcomes, and stores its rows.
func TestImportCorrected(t *testing.T) {
	s := newProgram(t, dbtest.SQLite).serve()
	s.found()
	list := "客户姓名,手机,登记方式,登记日期,订单号\n" + // what stood in the template
		"号码,谁,怎么来的,哪天,暗号\n13800000001,王秀英,到店登记,2026-05-06,蓝色\n13800000002,李娜,到店登记,2026-05-07,绿色\n"
	file := filepath.Join(t.TempDir(), "list.csv")
	if err := os.WriteFile(file, []byte(list), 0o600); err != nil {
		t.Fatal(err)
	}
	type made struct {
		Batch    kexin.ID
		State    string
		Rows     int
		Outcomes map[string]int
	}
	by := func(status int, args ...string) (m made) {
		t.Helper()
		out, got := s.try("", append([]string{"import", file, "--source", "own_visit", "--accept", "--json"}, args...)...)
		if got != status {
			t.Fatalf("%q: exit %d, want %d: %s", args, got, status, out)
		}
		if err := json.Unmarshal([]byte(out), &m); err != nil {
			t.Fatalf("%v in %s", err, out)
		}
		return m
	}
	if m := by(3); m.Rows == 2 {
		t.Fatalf("nothing is left to correct: %+v", m)
	}

	api := s.byAPI([]byte(list), map[string]any{"header": 2, "targets": map[string]string{"0": "customer.phone", "1": "customer.name", "2": "customer.source", "3": "customer.source_on", "4": "customer.remark"}})
	flags := []string{"--header", "2", "--map", "1=customer.phone", "--map", "2=customer.name", "--map", "3=customer.source", "--map", "哪天=customer.source_on", "--map", "暗号=customer.remark"}
	m := by(3, flags...)
	if m.State != "ready" || m.Rows != 2 || m.Outcomes["new"] != 2 || !maps.Equal(m.Outcomes, api) {
		t.Errorf("the command line reads %+v, the API %v", m, api)
	}
	if m := by(0, append(flags, "--yes")...); m.State != "done" || m.Outcomes["new"] != 2 {
		t.Errorf("stored: %+v", m)
	}
	all := s.customers()
	if len(all) != 2 {
		t.Fatalf("%d customers", len(all))
	}
	var told strings.Builder
	for _, id := range all {
		var one json.RawMessage
		if err := s.call("GET", "/api/v1/customers/"+id.String(), nil, &one); err != nil {
			t.Fatal(err)
		}
		told.Write(one)
	}
	for _, v := range []string{"王秀英", "李娜", "蓝色", "绿色"} {
		if !strings.Contains(told.String(), v) {
			t.Errorf("%s is not stored: %s", v, told.String())
		}
	}
	if out, status := s.try("", "import", file, "--source", "own_visit", "--accept", "--map", "nowhere=customer.name"); status == 0 || !strings.Contains(out, i18n.T("en", "intake.map_column", map[string]string{"column": "nowhere"})) {
		t.Errorf("a column that is not there: %d %s", status, out)
	}
}

// TestImportOwners: a list of home owners is refused by the command line too,
// with a status of its own, the reason and what is lawful instead.
func TestImportOwners(t *testing.T) {
	file := shareddata.Path(t, "data", "shop-exports", "owners-must-be-refused.csv")
	s := newProgram(t, dbtest.SQLite).serve()
	s.found()
	out, status := s.try("", "import", file, "--source", "own_form", "--accept", "--yes")
	if status != int(importRefused) || !strings.Contains(out, i18n.T("en", "law.E_IMP_OWNER_LIST", nil)) {
		t.Errorf("exit %d: %s", status, out)
	}
	if all := s.customers(); len(all) > 0 {
		t.Errorf("%d customers", len(all))
	}
}

// customers are all customers that the owner sees.
func (s *server) customers() (all []kexin.ID) {
	s.tb.Helper()
	var found struct{ Rows []struct{ ID kexin.ID } }
	if err := s.call("POST", "/api/v1/customers/search", map[string]any{}, &found); err != nil {
		s.tb.Fatal(err)
	}
	for _, r := range found.Rows {
		all = append(all, r.ID)
	}
	return all
}

// byAPI sends a list, corrects how it is read and gives the outcomes.
func (s *server) byAPI(list []byte, change map[string]any) map[string]int {
	s.tb.Helper()
	var b struct {
		ID     kexin.ID
		State  string
		Counts []struct {
			Outcome string
			N       int
		}
	}
	must := func(err error) {
		s.tb.Helper()
		if err != nil {
			s.tb.Fatal(err)
		}
	}
	must(s.call("POST", "/api/v1/imports", map[string]any{"source": "own_visit", "collected": "staff", "accept": true}, &b))
	path := "/api/v1/imports/" + b.ID.String()
	q, err := http.NewRequest("PUT", s.url+path+"/file", bytes.NewReader(list))
	must(err)
	q.Header.Set("Content-Type", "application/octet-stream")
	r, err := s.client.Do(q)
	must(err)
	said, _ := io.ReadAll(r.Body)
	_ = r.Body.Close()
	if r.StatusCode != 200 {
		s.tb.Fatalf("%d %s", r.StatusCode, said)
	}
	ready := func() bool { must(s.call("GET", path, nil, &b)); return b.State == "ready" }
	s.until("the list is read", ready)
	must(s.call("PATCH", path, change, nil))
	s.until("the list is read again", ready)
	out := map[string]int{}
	for _, c := range b.Counts {
		if c.N > 0 {
			out[c.Outcome] = c.N
		}
	}
	return out
}
