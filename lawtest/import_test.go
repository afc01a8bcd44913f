package lawtest

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/consent"
	"kexin/gate"
	"kexin/internal/db"
	"kexin/internal/sitetest"
	"kexin/law"
	"kexin/store"
)

// importProofs are law.md 4.1: it is by importing that the crime enters.
var importProofs = []proof{
	both("I3", "Nothing of a list is stored that was not declared, is of an unlawful source or an owners' list; bytes without a declaration are not read.", noRowBeforeSource),
	both("IMP-01", "A list without a complete declaration is refused with 422 E_IMP_NO_PROVENANCE and no table grows; bytes sent without one are refused unread.", noProvenance),
	both("IMP-02", "Each of the eight unlawful sources is refused with 403 E_IMP_UNLAWFUL_SOURCE, its explanation and an entry import.refused; no row and no byte is kept.", unlawfulSources),
	both("IMP-03", "200 rows 小区, 栋, 室, 业主, 电话 of one compound are refused whole with three lawful ways; nothing of them is kept.", ownersList),
	both("IMP-03", "So is a list that a shop was really given, whatever its columns: no table grows but those of the batch, its job and the log, and nothing lies on the disk.", givenOwners),
	both("IMP-03", "Only the protection officer lets such a list in, with his second factor and a lawyer's note complete; what opens takes the very file that was refused from who declared it, its rows need a source like any others, and an entry import.reopened with the sealed note and an alert tell of it.", reopenedByOfficer),
	both("IMP-03", "In a merchant without an officer the owner may, alone, with his second factor; the file is taken 24 hours later and the entry says that one person decided.", withoutOfficer),
	both("IMP-05", "Of 10 rows 4 without evidence become 6 active and 4 sealed ones that nobody can read; 7 days later they are purged, 24 hours where the source is foreign, and the entry has a number only.", rowsWithoutBasis),
	both("IMP-03", "The same rows are refused as a list of contacts of a customer who is there.", ownersAsContacts),
	both("IMP-05", "A contact in a list needs a source like a customer: one without is sealed and none of it stored; contacts and follow-ups are taken in for customers who are there, and a row about anybody else is refused and makes none.", partsHaveCustomers),
	both("IMP-05", "At least 94 % of the rows about a person of each honest file of a shop are active after one confirm, with no question answered.", honestFiles),
	both("IMP-06", "A customer moved from an earlier system has no offer purpose given; the gate's decision on an offer is E_NO_CHANNEL_CONSENT with the reason.", migratedStartOff).
		lacks("Nothing is sent yet: the refusal is the gate's decision. A campaign that tells migrated customers anew is not built."),
	both("IMP-07", "Each honest file goes in with the owner's second factor in a one-person shop, at least 94 % of its rows about a person active at once, and the log, which an auditor reads, says that one person approved it; without it the answer is E_STEP_UP.", aloneWithFactor),
	both("IMP-07", "A batch of a foreign source above the ratio stays unconfirmed after one person, whoever he is and however often he confirms, and goes in with a second.", foreignNeedsTwo),
	both("IMP-08", "Public data are taken in only with the page and the day they were read, kept with the batch and sealed; the gate's decision on an offer to a person known from them is no, whatever she consented to elsewhere.", publicNeverOffers).
		lacks("Nothing is sent yet: the refusal is the gate's decision."),
}

// personal are the tables that an import may fill.
var personal = []string{"customer", "contact", "sale_order", "order_line", "visit", "subject", "subject_key", "record_key", "name_token", "origin", "import_batch", "import_row"}

// rowsOf counts a site's rows by table; the log is not among them: a refusal
// stands there.
func rowsOf(s *sitetest.Site, tables []string) string {
	var out []string
	for _, t := range tables {
		out = append(out, fmt.Sprintf("%s=%d", t, s.Count("SELECT COUNT(*) FROM "+t)))
	}
	return strings.Join(out, " ")
}

// everyTable is every table but those of the log.
func everyTable() (out []string) {
	for _, t := range store.Registry {
		if !strings.HasPrefix(t.Name, "ledger_") && t.Name != "checkpoint" && t.Name != "subject_head" && t.Name != "lease" && t.Name != "session" {
			out = append(out, t.Name)
		}
	}
	return out
}

// onDisk are the files below the data directory that hold anything but its own
// name, and the backups that the server makes of the database by itself: what
// the database holds is counted apart.
func onDisk(s *sitetest.Site) (out []string) {
	s.TB.Helper()
	err := filepath.WalkDir(s.Data, func(p string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() && p == filepath.Join(s.Data, "backups") {
			return filepath.SkipDir
		}
		if err == nil && !d.IsDir() && p != filepath.Join(s.Data, "name") {
			out = append(out, p)
		}
		return err
	})
	if err != nil {
		s.TB.Fatal(err)
	}
	return out
}

// logged counts the entries of a type.
func logged(s *sitetest.Site, kind string) int64 {
	s.TB.Helper()
	return s.Count("SELECT COUNT(*) FROM ledger_entry WHERE org_id=$1 AND type=$2", s.Org, kind)
}

// publicPage is where a public list was read.
const publicPage = "https://shops.example.test/luyuan-road?who=wangxiulan"

func manifest(source kexin.SourceKind) map[string]any {
	m := map[string]any{"source": source, "collected": "staff", "accept": true}
	if source == kexin.FromPublic {
		m["page"], m["from"] = publicPage, "2026-05-06"
	}
	return m
}

// A batch is what tests look at of an import.
type batch struct {
	ID       kexin.ID `json:"id"`
	State    string   `json:"state"`
	Rows     int      `json:"rows"`
	Version  int64    `json:"version"`
	NeedStep bool     `json:"needStep"`
	PurgeOn  string   `json:"purgeOn"`
	Counts   []struct {
		Outcome string `json:"outcome"`
		N       int    `json:"n"`
	} `json:"counts"`
	Error  *struct{ Code string }  `json:"error"`
	Lawful []struct{ Code string } `json:"lawful"`
}

func (b batch) n(o kexin.Outcome) int {
	for _, c := range b.Counts {
		if c.Outcome == string(o) {
			return c.N
		}
	}
	return 0
}

// upload declares and sends a list, and waits until it was read.
func upload(s *sitetest.Site, who string, source kexin.SourceKind, file []byte) (b batch) {
	s.TB.Helper()
	return uploadOf(s, who, "customer", source, file)
}

// uploadOf does it for a list of something else.
func uploadOf(s *sitetest.Site, who, object string, source kexin.SourceKind, file []byte) (b batch) {
	s.TB.Helper()
	m := manifest(source)
	m["object"] = object
	s.As(who, http.MethodPost, "/api/v1/imports", m).Into(s.TB, http.StatusCreated, &b)
	r := s.Request(who, http.MethodPut, "/api/v1/imports/"+b.ID.String()+"/file", file)
	r.Header.Set("Content-Type", "application/octet-stream")
	s.Send(r).Into(s.TB, http.StatusOK, &b)
	return settled(s, who, b.ID)
}

// settled waits until the workers have done what a batch waits for.
func settled(s *sitetest.Site, who string, id kexin.ID) (b batch) {
	s.TB.Helper()
	for range 6000 {
		s.Get(who, "/api/v1/imports/"+id.String(), &b)
		switch b.State {
		case "received", "reading", "queued", "running":
			time.Sleep(20 * time.Millisecond)
			continue
		}
		return b
	}
	s.TB.Fatalf("batch %v stays %s", id, b.State)
	return b
}

func confirm(s *sitetest.Site, who string, b batch) sitetest.Reply {
	s.TB.Helper()
	return s.As(who, http.MethodPost, "/api/v1/imports/"+b.ID.String()+"/confirm", map[string]any{"version": b.Version})
}

// stored confirms a batch and waits until it is through.
func stored(s *sitetest.Site, who string, b batch) batch {
	s.TB.Helper()
	confirm(s, who, b).Into(s.TB, http.StatusOK, nil)
	b = settled(s, who, b.ID)
	if b.State != "done" {
		s.TB.Fatalf("batch is %s: %+v", b.State, b.Error)
	}
	return b
}

func noProvenance(t *testing.T, s *sitetest.Site) {
	_ = s.App.Halt(t.Context()) // no duty writes meanwhile
	before := rowsOf(s, everyTable())
	for what, body := range map[string]map[string]any{
		"nothing":        {},
		"no source":      {"collected": "staff", "accept": true},
		"unknown source": {"source": "somewhere", "collected": "staff", "accept": true},
		"nobody":         {"source": "own_form", "accept": true},
		"not accepted":   {"source": "own_form", "collected": "staff", "accept": false},
		"days turned":    {"source": "own_form", "collected": "staff", "accept": true, "from": "2026-02-03", "to": "2026-01-01"},
	} {
		for _, who := range []string{"owner", "rep"} {
			r := s.As(who, http.MethodPost, "/api/v1/imports", body)
			if r.Status != http.StatusUnprocessableEntity || r.Law() != "E_IMP_NO_PROVENANCE" {
				t.Errorf("%s by %s: %d %s", what, who, r.Status, r.Body)
			}
		}
	}
	r := s.Request("owner", http.MethodPut, "/api/v1/imports/12345/file", nil)
	never := &unread{}
	r.Body, r.ContentLength = never, 100
	if got := s.Send(r); got.Status != http.StatusNotFound || never.n > 0 {
		t.Errorf("bytes without a batch: %d, %d bytes read", got.Status, never.n)
	}
	if after := rowsOf(s, everyTable()); after != before {
		t.Errorf("tables grew:\n%s\n%s", before, after)
	}
	if files := onDisk(s); len(files) > 0 {
		t.Errorf("on the disk: %v", files)
	}
}

// unread counts what is read of a body.
type unread struct{ n int }

func (u *unread) Read(p []byte) (int, error) { u.n += len(p); return len(p), nil }
func (u *unread) Close() error               { return nil }

func unlawfulSources(t *testing.T, s *sitetest.Site) {
	_ = s.App.Halt(t.Context()) // no duty writes meanwhile
	before := rowsOf(s, everyTable())
	var kinds struct {
		Kinds []struct {
			Code, Why string
			Lawful    bool
		} `json:"kinds"`
	}
	s.Get("owner", "/api/v1/import-sources", &kinds)
	n := 0
	for _, k := range kinds.Kinds {
		if k.Lawful {
			continue
		}
		n++
		was := logged(s, "import.refused")
		r := s.As("owner", http.MethodPost, "/api/v1/imports", manifest(kexin.SourceKind(k.Code)))
		if r.Status != http.StatusForbidden || r.Law() != "E_IMP_UNLAWFUL_SOURCE" || k.Why == "" {
			t.Errorf("%s: %d %s", k.Code, r.Status, r.Body)
		}
		if logged(s, "import.refused") != was+1 {
			t.Errorf("%s: the refusal is not in the log", k.Code)
		}
	}
	want := []kexin.SourceKind{law.FromPurchase, law.FromExchange, law.FromManager, law.FromDeveloper, law.FromScraping, law.FromGroup, law.FromFound, law.FromOtherShop}
	if n != len(want) {
		t.Errorf("%d unlawful kinds of source, the law names %d", n, len(want))
	}
	if after := rowsOf(s, everyTable()); after != before {
		t.Errorf("tables grew:\n%s\n%s", before, after)
	}
	if files := onDisk(s); len(files) > 0 {
		t.Errorf("on the disk: %v", files)
	}
}

func partsHaveCustomers(t *testing.T, s *sitetest.Site) {
	firm(s)
	people := func() [3]int64 {
		return [3]int64{s.Count("SELECT COUNT(*) FROM customer"), s.Count("SELECT COUNT(*) FROM contact"), s.Count("SELECT COUNT(*) FROM subject")}
	}
	was := people()
	b := stored(s, "owner", uploadOf(s, "owner", "contact", kexin.FromVisit, []byte("客户电话,联系人,手机,登记方式,登记日期\n13800000001,李敏,13900001001,到店登记,2026-05-06\n13800000001,周会计,13900001002,,\n13899999999,陌生人,13900001003,到店登记,2026-05-06\n")))
	if b.n(kexin.OutNew) != 1 || b.n(kexin.OutAside) != 1 || b.n(kexin.OutRefused) != 1 {
		t.Fatalf("%+v", b)
	}
	if now := people(); now != [3]int64{was[0], was[1] + 1, was[2] + 1} {
		t.Errorf("customers, contacts, persons: %v, were %v", now, was)
	}
	b = stored(s, "owner", uploadOf(s, "owner", "visit", kexin.FromVisit, []byte("客户电话,跟进时间,跟进内容\n13800000001,2026-05-07,看样\n13899999999,2026-05-07,看样\n")))
	if b.n(kexin.OutNew) != 1 || b.n(kexin.OutRefused) != 1 || people()[0] != was[0] || s.Count("SELECT COUNT(*) FROM visit") != 1 {
		t.Errorf("%+v", b)
	}
}

func noRowBeforeSource(t *testing.T, s *sitetest.Site) {
	ownersList(t, s)
	b := upload(s, "owner", kexin.FromVisit, list(5, 0))
	if n := s.Count("SELECT COUNT(*) FROM customer"); n != 0 {
		t.Errorf("%d customers stored before anybody confirmed", n)
	}
	if b = stored(s, "owner", b); b.n(kexin.OutNew) != 5 || s.Count("SELECT COUNT(*) FROM customer") != 5 {
		t.Errorf("the declared list: %+v", b)
	}
	noProvenance(t, s) // these two end the workers, and come last
	unlawfulSources(t, s)
}

// list is a shop's own list of n customers, the last bare ones without way,
// date or order.
func list(n, bare int) []byte {
	var b strings.Builder
	b.WriteString("客户姓名,手机,地址,登记方式,登记日期\n")
	for i := range n {
		way := "到店登记,2026-05-06"
		if i >= n-bare {
			way = ","
		}
		fmt.Fprintf(&b, "王%c英,138%08d,温州市鹿城区滨江家园%d栋,%s\n", '一'+rune(i), 20000000+i*71, 1+i%9, way)
	}
	return []byte(b.String())
}

func rowsWithoutBasis(t *testing.T, s *sitetest.Site) {
	for _, source := range []kexin.SourceKind{kexin.FromVisit, kexin.FromReferral} {
		life := map[kexin.SourceKind]time.Duration{kexin.FromVisit: 7 * 24 * time.Hour, kexin.FromReferral: 24 * time.Hour}[source]
		was := s.Count("SELECT COUNT(*) FROM customer")
		b := stored(s, "owner", upload(s, "owner", source, list(10, 4)))
		if b.n(kexin.OutNew)+b.n(kexin.OutSame)+b.n(kexin.OutUnchanged) != 6 || b.n(kexin.OutAside) != 4 {
			t.Fatalf("%s: %+v", source, b)
		}
		if source == kexin.FromVisit && s.Count("SELECT COUNT(*) FROM customer") != was+6 {
			t.Errorf("%s: %d customers", source, s.Count("SELECT COUNT(*) FROM customer")-was)
		}
		kept := func() int64 {
			return s.Count("SELECT COUNT(*) FROM import_row WHERE batch_id=$1 AND outcome='aside' AND cells_c IS NOT NULL", b.ID)
		}
		unreadable(t, s, b)
		s.Clock.Move(life - time.Hour)
		if err := s.App.PurgeImports(context.Background()); err != nil {
			t.Error(err)
		}
		if kept() != 4 {
			t.Errorf("%s: %d of 4 rows sealed before their time", source, kept())
		}
		s.Clock.Move(2 * time.Hour)
		if err := s.App.PurgeImports(context.Background()); err != nil {
			t.Error(err)
		}
		if kept() != 0 || logged(s, "import.purged") == 0 {
			t.Errorf("%s: %d rows left after %v", source, kept(), life)
		}
		s.Fresh("owner", true)
	}
	for _, leaf := range leaves(s, "import.purged") {
		if strings.Contains(leaf, "王") || numberOfList.MatchString(leaf) || !strings.Contains(leaf, `"rows":4`) {
			t.Errorf("the entry is %s", leaf)
		}
	}
}

// unreadable: nobody is shown anything of the last 4 of 10 rows of list, which
// are sealed, neither with the batch nor by a search.
func unreadable(t *testing.T, s *sitetest.Site, b batch) {
	t.Helper()
	for who := range s.Staff {
		var said string
		for _, outcome := range []string{"", "?outcome=aside"} {
			said += string(s.As(who, http.MethodGet, "/api/v1/imports/"+b.ID.String()+"/rows"+outcome, nil).Body)
		}
		for i := 6; i < 10; i++ {
			phone := fmt.Sprintf("138%08d", 20000000+i*71)
			said += string(s.As(who, http.MethodPost, "/api/v1/customers/search", map[string]any{"search": phone[7:]}).Body)
			if name := fmt.Sprintf("王%c英", '一'+rune(i)); strings.Contains(said, name) || strings.Contains(said, phone) || strings.Contains(said, "*******"+phone[7:]) {
				t.Errorf("%s sees row %d, which is sealed: %s", who, i+1, said)
			}
		}
	}
}

// leaves are the entries of a type as the log commits to them.
func leaves(s *sitetest.Site, kind string) (out []string) {
	s.TB.Helper()
	err := s.DB.View(context.Background(), func(tx *db.Tx) error {
		rows, err := tx.Query("SELECT leaf FROM ledger_entry WHERE org_id=$1 AND type=$2 ORDER BY id", s.Org, kind)
		if err != nil {
			return err
		}
		for rows.Next() {
			var leaf []byte
			if err := rows.Scan(&leaf); err != nil {
				return err
			}
			out = append(out, string(leaf))
		}
		return rows.Close()
	})
	if err != nil {
		s.TB.Fatal(err)
	}
	return out
}

// word decides about contact with a customer as the gate does: by the store's
// rows, in this transaction.
func word(s *sitetest.Site, id kexin.ID, purpose kexin.PurposeCode, ch kexin.Channel) (d consent.Decision) {
	s.TB.Helper()
	s.View(func(tx *store.Tx) error {
		f, err := tx.Facts(kexin.Customer, id)
		if err != nil {
			return err
		}
		p, err := gate.One(tx.State, s.Staff["owner"], kexin.Query{Act: kexin.ActGet, Object: kexin.Customer, Record: id}, f)
		if err != nil {
			return err
		}
		all, err := tx.Standings(&p, []kexin.ID{id})
		if err == nil {
			d = consent.MayContact(all[id].Person, purpose, ch, tx.Now, all[id].Suppressed)
		}
		return err
	})
	return d
}

// offers are the purposes and channels of advertising.
var offers = map[kexin.PurposeCode]kexin.Channel{kexin.OwnSMS: kexin.BySMS, kexin.OwnCall: kexin.ByCall, kexin.OwnWeChat: kexin.ByWeChat, kexin.OwnEmail: kexin.ByEmail}

func migratedStartOff(t *testing.T, s *sitetest.Site) {
	stored(s, "owner", upload(s, "owner", kexin.FromMigration, list(3, 0)))
	for _, id := range s.Search("owner", "customers", map[string]any{}).IDs() {
		for purpose, ch := range offers {
			if d := word(s, id, purpose, ch); d.OK || d.Law != "E_NO_CHANNEL_CONSENT" || d.Reason != "migrated" {
				t.Errorf("%s: %+v", purpose, d)
			}
		}
		if d := word(s, id, kexin.AfterSales, kexin.ByCall); !d.OK {
			t.Errorf("after-sales are refused too: %+v", d)
		}
		var c struct {
			Rows []struct{ Purpose, State string } `json:"rows"`
		}
		s.Get("owner", "/api/v1/customers/"+id.String()+"/consents", &c)
		for _, r := range c.Rows {
			if r.State == "given" {
				t.Errorf("%s is given", r.Purpose)
			}
		}
		if len(c.Rows) == 0 {
			t.Error("no purposes are shown")
		}
	}
}

func foreignNeedsTwo(t *testing.T, s *sitetest.Site) {
	b := upload(s, "rep", kexin.FromReferral, list(900, 0))
	if b.State != "ready" || !b.NeedStep {
		t.Fatalf("%+v", b)
	}
	waits := func(who string) {
		t.Helper()
		r := confirm(s, who, b)
		if b = settled(s, "owner", b.ID); b.State != "ready" || s.Count("SELECT COUNT(*) FROM customer") != 0 {
			t.Fatalf("%s alone: %d, batch is %s", who, r.Status, b.State)
		}
	}
	waits("owner")
	waits("owner")
	if b = stored(s, "leader", b); b.n(kexin.OutNew) != 900 {
		t.Errorf("two approved: %+v", b)
	}
	if got := leaves(s, "import.done"); len(got) != 1 || strings.Contains(got[0], `"self"`) {
		t.Errorf("two approved, and the log says %v", got)
	}
	if logged(s, "import.done") != 1 {
		t.Error("the import is not in the log")
	}
}
