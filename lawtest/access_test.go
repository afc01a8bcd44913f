package lawtest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/app"
	"kexin/app/apptest"
	"kexin/internal/db"
	"kexin/internal/sitetest"
	"kexin/ledger"
	"kexin/store"
	"kexin/store/storetest"
)

// accessProofs are who may see what, and what is written of it.
var accessProofs = []proof{
	both("ACC-01", "A record out of scope answers like one that never was, byte for byte; inside it a phone is the last four digits or nothing, for every position.", positionDecides),
	both("ACC-04", "One flipped byte, a removed, a swapped and a left-out entry are each found by verify, which names the first entry that is not what it was; a cut-off end is found by a line that somebody kept outside, without one the verdict is unwitnessed.", everyChangeShows),
	both("ACC-05", "Disabling a member ends his session and his token in the same transaction, hands his customers on and says what he looked at in 30 days.", leaverIsOut),
	parties("I7", "Names in the inbox and among what was recommended are in the log as pages.", namesLogged),
	both("I7", "Every operation of the API whose answer can hold what a record holds is listed by what its document says; each gives at most 200 records, or one value for a reason within a budget a day, and leaves an entry in the log; no list, for any position, holds a clear phone, WeChat id, e-mail or address.", noBulkWay).
		lacks("Approved and marked exports (ACC-06) are not built: there is none at all."),
	both("I10", "Notices, refusals, openings and reveals are entries of an append-only log that verifies; the program has no statement that changes or deletes one.", evidenceFirst),
	parties("I10", "What a customer asked for, gave, refused and withdrew, and what was refused to a member of staff, are entries of the log of the shop that it concerns; both shops' logs verify.", consentsLogged).
		lacks("provisions, which come with PROVIDE"),
}

// customer makes one with every kind of contact data.
func customer(s *sitetest.Site, who, name, phone string) kexin.ID {
	s.TB.Helper()
	return s.NewCustomer(who, map[string]any{"name": name, "phone": phone, "wechat": "wx_" + phone, "email": "c" + phone + "@example.test",
		"address": "滨江家园" + phone[7:] + "室", "region": "330302"})
}

func positionDecides(t *testing.T, s *sitetest.Site) {
	const phone = "13812345678"
	id := customer(s, "rep2", "王秀兰", phone)
	path := "/api/v1/customers/" + id.String()
	for _, who := range []string{"rep", "rep4", "analyst"} {
		there, never := s.As(who, http.MethodGet, path, nil), s.As(who, http.MethodGet, "/api/v1/customers/123456789", nil)
		if who == "analyst" && there.Status != http.StatusForbidden || who != "analyst" && there.Status != http.StatusNotFound {
			t.Errorf("%s opens a colleague's customer: %d %s", who, there.Status, there.Body)
		}
		if a, b := plain(there), plain(never); a != b {
			t.Errorf("%s can tell that it exists:\n%s\n%s", who, a, b)
		}
	}
	for _, who := range []string{"owner", "leader", "rep2", "pio", "auditor", "steward", "service", "marketing"} {
		r := s.As(who, http.MethodGet, path, nil)
		if r.Status != http.StatusOK {
			t.Errorf("%s, in whose scope she is, sees nothing: %d %s", who, r.Status, r.Body)
			continue
		}
		shows := string(r.Body)
		if storetest.Stands(shows, phone) || storetest.Stands(shows, phone[:7]) || storetest.Stands(shows, phone[3:7]) || strings.Contains(shows, `"wx_1`) || strings.Contains(shows, "@example") || strings.Contains(shows, "滨江家园") {
			t.Errorf("%s sees contact data in full: %s", who, shows)
		}
		if masked := strings.Contains(shows, "*******"+phone[7:]); masked != (who != "marketing") {
			t.Errorf("%s sees the last four digits: %v, in %s", who, masked, shows)
		}
	}
	s.Fresh("rep2", true)
	r := s.As("rep2", http.MethodGet, path, nil)
	r2 := s.Request("rep2", http.MethodGet, path, nil)
	r2.Header.Set("Kexin-Purpose", "marketing.own.sms")
	if got := s.Send(r2); got.Status != http.StatusForbidden || r.Status != http.StatusOK {
		t.Errorf("a purpose that is not his: %d", got.Status)
	}
}

// plain is an answer without what differs between any two requests.
func plain(r sitetest.Reply) string {
	var p map[string]any
	if json.Unmarshal(r.Body, &p) == nil {
		delete(p, "request")
	}
	b, _ := json.Marshal(p)
	h := r.Header.Clone()
	h.Del("X-Request-Id")
	return fmt.Sprint(r.Status, h, string(b))
}

// sealed has the merchant's log sealed to its end.
func sealed(s *sitetest.Site) {
	s.TB.Helper()
	s.App.Flush()
	for n := 1; n > 0; {
		var err error
		if n, err = s.Store.Seal(context.Background(), s.Org); err != nil {
			s.TB.Fatal(err)
		}
	}
}

// verdictOf checks the merchant's whole log as it lies in the database.
func verdictOf(s *sitetest.Site) (v ledger.Verdict) {
	s.TB.Helper()
	s.View(func(tx *store.Tx) error {
		v = ledger.VerifyLog(tx.LogReader(), ledger.VerifyOptions{Strict: true})
		return nil
	})
	return v
}

// busy is a little of a day's work, sealed.
func busy(s *sitetest.Site) {
	s.TB.Helper()
	for i := range 5 {
		id := customer(s, "rep", fmt.Sprintf("王%c", '一'+rune(i)), fmt.Sprintf("1381234%04d", 5000+i))
		s.Get("rep", "/api/v1/customers/"+id.String(), nil)
	}
	sealed(s)
}

func everyChangeShows(t *testing.T, s *sitetest.Site) {
	_ = s.App.Halt(context.Background()) // no duty adds an entry meanwhile
	busy(s)
	if v := verdictOf(s); v.Status == ledger.Invalid || v.Entries < 10 {
		t.Fatalf("an honest log: %v %+v", v.Status, v.Faults)
	}
	size := s.Count("SELECT MAX(idx) FROM ledger_entry WHERE org_id=$1", s.Org)
	leaf := leafAt(s, 3)
	forge := func(what string, do, undo func(), named int64) {
		t.Helper()
		do()
		v := verdictOf(s)
		first := int64(-1)
		for _, f := range v.Faults {
			if f.Index >= 0 && (first < 0 || f.Index < first) {
				first = f.Index
			}
		}
		if v.Status != ledger.Invalid || first != named {
			t.Errorf("%s: %v names %d, want %d: %+v", what, v.Status, first, named, v.Faults)
		}
		undo()
		if v := verdictOf(s); v.Status == ledger.Invalid {
			t.Fatalf("%s: not undone: %+v", what, v.Faults)
		}
	}
	put := func(idx int64, b []byte) {
		if n := s.Raw("UPDATE ledger_entry SET leaf=$1 WHERE org_id=$2 AND idx=$3", b, s.Org, idx); n != 1 {
			t.Fatalf("%d rows", n)
		}
	}
	move := func(from, to int64) {
		if n := s.Raw("UPDATE ledger_entry SET idx=$1 WHERE org_id=$2 AND idx=$3", to, s.Org, from); n != 1 {
			t.Fatalf("%d rows", n)
		}
	}
	flipped := bytes.Clone(leaf)
	flipped[len(flipped)-4] ^= 1
	forge("one byte", func() { put(3, flipped) }, func() { put(3, leaf) }, 3)
	forge("removed", func() { move(4, size+1000) }, func() { move(size+1000, 4) }, 4)
	swap := func() { move(5, size+1000); move(6, 5); move(size+1000, 6) }
	forge("swapped", swap, swap, 5)
	forge("left out", func() {
		for i := int64(7); i <= size; i++ {
			move(i, i+10000)
		}
		for i := int64(8); i <= size; i++ {
			move(i+10000, i-1)
		}
	}, func() {
		for i := size; i >= 8; i-- {
			move(i-1, i+20000)
		}
		for i := int64(8); i <= size; i++ {
			move(i+20000, i)
		}
		move(10007, 7)
	}, 7)
	cutOff(t, s, size)
}

// cutOff takes the newest entries away, with what was sealed over them: only a
// line that somebody kept shows it.
func cutOff(t *testing.T, s *sitetest.Site, size int64) {
	t.Helper()
	var line string
	s.View(func(tx *store.Tx) error {
		p, err := tx.LastPoint()
		if err != nil {
			return err
		}
		cp, err := ledger.ParseCheckpoint(strings.SplitAfter(p.Note, "\n\n")[0][:strings.Index(p.Note, "\n\n")+1])
		line = cp.Line()
		return err
	})
	known := func() (v ledger.Verdict) {
		s.View(func(tx *store.Tx) error {
			v = ledger.VerifyLog(tx.LogReader(), ledger.VerifyOptions{Strict: true, Known: []string{line}})
			return nil
		})
		return v
	}
	if v := known(); v.Status == ledger.Invalid || v.Status == ledger.Unwitnessed {
		t.Errorf("an honest log against the line: %v %+v", v.Status, v.Faults)
	}
	if v := verdictOf(s); v.Status != ledger.Unwitnessed {
		t.Errorf("without a line: %v", v.Status)
	}
	s.Raw("DELETE FROM ledger_entry WHERE org_id=$1 AND idx>$2", s.Org, size-3)
	if v := known(); v.Status != ledger.Invalid || !slices.ContainsFunc(v.Faults, func(f ledger.Fault) bool { return f.Key == "verify.fault.tail" }) {
		t.Errorf("cut off: %v %+v", v.Status, v.Faults)
	}
}

func leafAt(s *sitetest.Site, idx int64) (leaf []byte) {
	s.TB.Helper()
	s.View(func(tx *store.Tx) error {
		return tx.Row("SELECT leaf FROM ledger_entry WHERE org_id=$1 AND idx=$2", tx.Org, idx).Scan(&leaf)
	})
	return leaf
}

func leaverIsOut(t *testing.T, s *sitetest.Site) {
	id := customer(s, "rep", "王秀兰", "13812345678")
	s.As("rep", http.MethodPost, "/api/v1/customers/"+id.String()+"/reveal", map[string]any{"field": "phone", "reason": "caller"}).Into(t, http.StatusOK, nil)
	var token struct {
		Secret string `json:"secret"`
	}
	s.As("rep", http.MethodPost, "/api/v1/tokens", map[string]any{"name": "t", "purpose": "crm.followup", "acts": []string{"list"}, "days": 30}).Into(t, http.StatusCreated, &token)
	program := func() int {
		r := s.Request("", http.MethodPost, "/api/v1/customers/search", map[string]any{})
		r.Header.Set("Authorization", "Bearer "+token.Secret)
		return s.Send(r).Status
	}
	if got := program(); got != http.StatusOK {
		t.Fatalf("his program works: %d", got)
	}
	var left struct {
		Moved   int
		Reveals int64
	}
	s.As("owner", http.MethodPatch, "/api/v1/members/"+s.Staff["rep"].User.String(), map[string]any{"active": false, "moveTo": s.Staff["rep2"].User}).Into(t, http.StatusOK, &left)
	if left.Moved != 1 || left.Reveals != 1 {
		t.Errorf("%+v", left)
	}
	if r := s.As("rep", http.MethodGet, "/api/v1/me", nil); r.Status != http.StatusUnauthorized {
		t.Errorf("his session lives: %d", r.Status)
	}
	if got := program(); got != http.StatusUnauthorized {
		t.Errorf("his token lives: %d", got)
	}
	s.Get("rep2", "/api/v1/customers/"+id.String(), nil)
	if logged(s, "member.disabled") != 1 {
		t.Error("it is not in the log")
	}
}

func evidenceFirst(t *testing.T, s *sitetest.Site) {
	busy(s)
	s.As("owner", http.MethodPatch, "/api/v1/org", map[string]any{"address": "温州市鹿城区建材市场 A12", "pio": "周敏 0577-62500001"}).Into(t, http.StatusOK, nil)
	s.As("owner", http.MethodPost, "/api/v1/notice/publish", nil).Into(t, http.StatusOK, nil)
	s.As("owner", http.MethodPost, "/api/v1/imports", manifest("exchanged")).Into(t, http.StatusForbidden, nil)
	s.Search("rep", "customers", map[string]any{})
	sealed(s)
	for _, kind := range []string{"notice.published", "import.refused", "record.opened", "record.created", "list.page"} {
		if logged(s, kind) == 0 {
			t.Errorf("no %s in the log", kind)
		}
	}
	v := verdictOf(s)
	if v.Status == ledger.Invalid {
		t.Errorf("%+v", v.Faults)
	}
	customer(s, "rep", "钱伟", "13712340009") // what nobody seals by hand is sealed by the server
	newest := s.Count("SELECT MAX(id) FROM ledger_entry WHERE org_id=$1", s.Org)
	waits := func() int64 {
		return s.Count("SELECT COUNT(*) FROM ledger_entry WHERE org_id=$1 AND id<=$2 AND idx IS NULL", s.Org, newest)
	}
	for end := time.Now().Add(time.Minute); waits() != 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("entries wait")
		}
	}
	appendOnly(t)
}

// entries counts the entries of a type in a shop's log.
func entries(p *apptest.Party, s *apptest.Shop, kind ledger.Type) (n int64) {
	p.TB.Helper()
	p.App.Flush()
	p.Must(p.DB.View(bg, func(t *db.Tx) error {
		return t.Row("SELECT COUNT(*) FROM ledger_entry WHERE org_id=$1 AND type=$2", s.Org, string(kind)).Scan(&n)
	}))
	return n
}

func consentsLogged(t *testing.T, p *apptest.Party) {
	tile, curtain := p.Shops["tile"], p.Shops["curtain"]
	_, h := asked(p)
	h.Submits("王女士", her, kexin.OwnSMS)
	p.Must(h.Proves(app.CodeProve, her))
	id := p.As(curtain.Rep).Accepts()
	if _, err := p.As(curtain.Rep).TryRecommend(id, "lamp", "lamp"); kexin.LawOf(err) != "E_ONWARD" {
		t.Errorf("recommended on: %v", err)
	}
	p.Must(h.Stops(app.StopShop))
	link := p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("陈志明", "+8613700009999"), "lamp", "lamp")
	no := p.Her("203.0.113.8")
	p.Must(no.Opens(link))
	p.Must(no.Declines())
	for _, x := range []struct {
		shop *apptest.Shop
		kind ledger.Type
	}{{curtain, "consent.requested"}, {curtain, "consent.given"}, {curtain, "consent.withdrawn"}, {curtain, "referral.refused"}, {tile, "referral.moved"}, {curtain, "notice.published"}, {tile, "notice.published"}} {
		if entries(p, x.shop, x.kind) == 0 {
			t.Errorf("no %s in the log of %s", x.kind, x.shop.Name)
		}
	}
	for _, s := range []*apptest.Shop{tile, curtain} {
		for n := 1; n > 0; {
			var err error
			n, err = p.Store.Seal(bg, s.Org)
			p.Must(err)
		}
		p.Must(p.Store.View(bg, s.Org, func(tx *store.Tx) error {
			if v := ledger.VerifyLog(tx.LogReader(), ledger.VerifyOptions{Strict: true}); v.Status == ledger.Invalid {
				t.Errorf("%s: %+v", s.Name, v.Faults)
			}
			return nil
		}))
	}
}

func namesLogged(t *testing.T, p *apptest.Party) {
	tile, curtain := p.Shops["tile"], p.Shops["curtain"]
	_, h := asked(p)
	h.Submits("王女士", her)
	p.As(curtain.Rep).Accepts()
	for what, look := range map[string]func() *apptest.Shop{
		"inbox": func() *apptest.Shop { p.As(curtain.Rep).Inbox(); return curtain },
		"sent":  func() *apptest.Shop { p.As(tile.Rep).Sent(); return tile },
	} {
		before := map[*apptest.Shop]int64{tile: entries(p, tile, "list.page"), curtain: entries(p, curtain, "list.page")}
		if shop := look(); entries(p, shop, "list.page") != before[shop]+1 {
			t.Errorf("%s is not in the log", what)
		}
	}
}
