package lawtest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"kexin"
	"kexin/internal/sitetest"
)

// owners is a list as property managers keep it: n flats of one compound.
func owners(n int) []byte {
	var b strings.Builder
	b.WriteString("小区,栋,室,业主,电话\n")
	for i := range n {
		fmt.Fprintf(&b, "清华庭,%d,%d0%d,王%c,139%08d\n", 1+i/40, 1+i/4%10, 1+i%4, '一'+rune(i), 10000000+i*137)
	}
	return []byte(b.String())
}

func ownersList(t *testing.T, s *sitetest.Site) { refusedWhole(t, s, owners(200)) }

func givenOwners(t *testing.T, s *sitetest.Site) {
	refusedWhole(t, s, export(t, "owners-must-be-refused.csv"))
}

// refusedWhole: a list of owners is refused with three lawful ways and nothing
// of it is kept.
func refusedWhole(t *testing.T, s *sitetest.Site, file []byte) {
	t.Helper()
	all := slices.DeleteFunc(everyTable(), func(t string) bool { // the batch, and the job that read it
		return t == "import_batch" || t == "job" || t == "job_schedule"
	})
	before, was := rowsOf(s, all), logged(s, "import.refused")
	b := upload(s, "owner", kexin.FromForm, file)
	if b.State != "refused" || b.Error == nil || b.Error.Code != "law.E_IMP_OWNER_LIST" || len(b.Lawful) != 3 {
		t.Fatalf("%+v", b)
	}
	if r := confirm(s, "owner", b); r.Status != http.StatusConflict || r.Law() != "E_IMP_OWNER_LIST" {
		t.Errorf("confirming it: %d %s", r.Status, r.Body)
	}
	if after := rowsOf(s, all); after != before {
		t.Errorf("something was stored:\n%s\n%s", before, after)
	}
	if files := onDisk(s); len(files) > 0 {
		t.Errorf("on the disk: %v", files)
	}
	if logged(s, "import.refused") != was+1 {
		t.Error("the refusal is not in the log")
	}
}

// firm takes in one customer for contacts to hang on.
func firm(s *sitetest.Site) {
	s.TB.Helper()
	if b := stored(s, "owner", upload(s, "owner", kexin.FromVisit, []byte("客户姓名,手机,登记方式,登记日期\n宏远装饰公司,13800000001,到店登记,2026-05-06\n"))); b.n(kexin.OutNew) != 1 {
		s.TB.Fatalf("%+v", b)
	}
}

func ownersAsContacts(t *testing.T, s *sitetest.Site) {
	firm(s)
	file := "客户电话," + strings.ReplaceAll(strings.TrimSpace(string(owners(200))), "\n", "\n13800000001,") + "\n"
	before := rowsOf(s, personal[:10])
	b := uploadOf(s, "owner", "contact", kexin.FromForm, []byte(file))
	if b.State != "refused" || b.Error == nil || b.Error.Code != "law.E_IMP_OWNER_LIST" || len(b.Lawful) != 3 {
		t.Fatalf("%+v", b)
	}
	if after := rowsOf(s, personal[:10]); after != before {
		t.Errorf("something was stored:\n%s\n%s", before, after)
	}
}

// persons is how many rows of a file are about somebody: the others must be
// refused or set aside.
func persons(t *testing.T, name string) (n int) {
	t.Helper()
	for line := range strings.Lines(string(export(t, "truth.csv"))) {
		if strings.HasPrefix(line, name+",") && !strings.HasSuffix(strings.TrimSpace(line), ",-1") {
			n++
		}
	}
	return n
}

func honestFiles(t *testing.T, s *sitetest.Site) {
	for _, name := range []string{"tile-gb18030.csv", "cabinet-utf8bom.csv", "appliance.xlsx"} {
		mostActive(t, name, stored(s, "owner", upload(s, "owner", kexin.FromVisit, export(t, name))))
	}
}

// mostActive: at least 94 % of the rows about a person are active.
func mostActive(t *testing.T, name string, b batch) {
	t.Helper()
	active := b.n(kexin.OutNew) + b.n(kexin.OutSame) + b.n(kexin.OutUnchanged)
	n := persons(t, name)
	t.Logf("%s: %d of %d rows about a person active, of %d", name, active, n, b.Rows)
	if n < 280 || float64(active) < 0.94*float64(n) || active > n {
		t.Errorf("%s: %d of %d rows active: %+v", name, active, n, b.Counts)
	}
}

func aloneWithFactor(t *testing.T, s *sitetest.Site) {
	const alone = "a person alone"
	shop := s.Another("一人店")
	for _, name := range []string{"tile-gb18030.csv", "cabinet-utf8bom.csv", "appliance.xlsx"} {
		file := export(t, name)
		s.SetCookie(alone, s.SignIn(shop, "owner", false))
		b := upload(s, alone, kexin.FromVisit, file)
		if b.State != "ready" || !b.NeedStep {
			t.Errorf("%s: no second act is asked: %+v", name, b)
		}
		if r := confirm(s, alone, b); r.Status != http.StatusUnauthorized || r.Law() != "E_STEP_UP" {
			t.Errorf("%s without the factor: %d %s", name, r.Status, r.Body)
		}
		s.SetCookie(alone, s.SignIn(shop, "owner", true))
		b = stored(s, alone, b)
		mostActive(t, name, b)
		selfApproved(t, s, alone, b)
	}
}

// selfApproved: the log, which an auditor may read, says that one person approved
// the batch alone.
func selfApproved(t *testing.T, s *sitetest.Site, who string, b batch) {
	t.Helper()
	type page struct {
		Entries []struct {
			Type  string
			Facts map[string]string
		}
	}
	s.Get("auditor", "/api/v1/ledger", new(page))
	var log page
	s.Get(who, "/api/v1/ledger", &log)
	for _, e := range log.Entries {
		if e.Type == "import.done" && e.Facts["rows"] == strconv.Itoa(b.Rows) {
			if e.Facts["self"] == "" {
				t.Errorf("it is not listed as self-approved: %v", e.Facts)
			}
			return
		}
	}
	t.Errorf("the log shows no import of %d rows", b.Rows)
}
