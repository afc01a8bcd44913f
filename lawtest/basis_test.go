package lawtest

import (
	"context"
	"net/http"
	"testing"
	"time"

	"kexin"
	"kexin/internal/sitetest"
	"kexin/store"
)

// basisProofs are on what carries a contact, and for how long (law.md §3).
var basisProofs = []proof{
	both("CON-10", "Following up an enquiry ends twelve months after the customer last came, called, wrote or ordered; what the shop does by itself prolongs neither that nor how long she is kept.", onlyHersProlongs),
	both("WDR-06", "A number that was stopped stays so when she is erased: written anew by hand, brought back by a list, or added to another record, its record is marked and may not be called, written to or recommended; only its hash is kept.", stopOutlives),
}

// basis is how far the shop may call a customer, and until when she is kept.
func basis(s *sitetest.Site, id kexin.ID) (ok bool, reason, kept string) {
	s.TB.Helper()
	return basisOf(s, "rep", id)
}

func basisOf(s *sitetest.Site, who string, id kexin.ID) (ok bool, reason, kept string) {
	s.TB.Helper()
	var rec struct {
		Contact []struct {
			Channel string
			OK      bool
			Reason  struct{ Code string }
		} `json:"contact"`
		Source struct{ KeptTo string } `json:"source"`
	}
	s.Get(who, "/api/v1/customers/"+id.String(), &rec)
	for _, c := range rec.Contact {
		if c.Channel == "call" {
			return c.OK, c.Reason.Code, rec.Source.KeptTo
		}
	}
	s.TB.Fatal("no answer about a call")
	return false, "", ""
}

// stopOutlives: her stop and erasure are those of her pages (WDR-01); here the
// number comes back by the ways that staff have.
func stopOutlives(t *testing.T, s *sitetest.Site) {
	const phone = "13812345678"
	today := string(kexin.DayOf(s.Clock.Now()))
	first := s.NewCustomer("rep", map[string]any{"name": "王秀兰", "phone": phone, "source": "store", "source_on": today})
	if err := s.Store.Update(context.Background(), s.Org, func(tx *store.Tx) error {
		f, err := tx.Facts(kexin.Customer, first)
		if err != nil {
			return err
		}
		if err := tx.Suppress(kexin.KeyPhone, "+86"+phone, tx.Now); err != nil {
			return err
		}
		return tx.Erase(f.Subject, "withdrawn")
	}); err != nil {
		t.Fatal(err)
	}
	if n := s.Count("SELECT COUNT(*) FROM record_key WHERE org_id=$1 AND record_id=$2", s.Org, first); n != 0 {
		t.Errorf("%d keys of her are left", n)
	}
	back := map[string]kexin.ID{"by hand": s.NewCustomer("rep", map[string]any{"name": "王女士", "phone": phone, "source": "store", "source_on": today})}
	back["added"] = s.NewCustomer("rep", map[string]any{"name": "她先生", "phone": "13812345670", "source": "store", "source_on": today})
	if ok, reason, _ := basis(s, back["added"]); !ok {
		t.Fatalf("before the number is added he may not be called: %s", reason)
	}
	var rec struct{ Rev int64 }
	s.Get("rep", "/api/v1/customers/"+back["added"].String(), &rec)
	s.As("rep", http.MethodPatch, "/api/v1/customers/"+back["added"].String(), map[string]any{"rev": rec.Rev, "fields": map[string]any{"phones": []string{phone}}, "same": "different"}).Into(t, http.StatusOK, nil)
	list := "姓名,手机,登记日期,登记方式\n王秀兰,13912345699," + today + ",到店\n另一位,138 1234 5678," + today + ",到店\n"
	b := upload(s, "owner", kexin.FromVisit, []byte(list))
	stored(s, "owner", b)
	free := 0
	for _, row := range s.Search("owner", "customers", map[string]any{}).Rows {
		if ok, reason, _ := basisOf(s, "owner", row.ID); ok {
			free++
		} else if reason != "suppressed" {
			t.Errorf("%d may not be called: %s", row.ID, reason)
		}
	}
	if free != 1 {
		t.Errorf("%d of the records may be called, one has another number", free)
	}
	for what, id := range back {
		if ok, reason, _ := basis(s, id); ok || reason != "suppressed" {
			t.Errorf("%s: %v %s", what, ok, reason)
		}
		if r := s.As("rep", http.MethodPost, "/api/v1/customers/"+id.String()+"/contact", map[string]any{"channel": "call"}); r.Status != http.StatusForbidden {
			t.Errorf("%s: the number is given: %d %s", what, r.Status, r.Body)
		}
	}
	if n := s.Count("SELECT COUNT(*) FROM suppression WHERE org_id=$1", s.Org); n != 1 {
		t.Errorf("%d marks of one number", n)
	}
}

func onlyHersProlongs(t *testing.T, s *sitetest.Site) {
	today := func() string { return string(kexin.DayOf(s.Clock.Now())) }
	visit := func(id kexin.ID, way string) {
		t.Helper()
		s.As("rep", http.MethodPost, "/api/v1/visits", map[string]any{"fields": map[string]any{"customer": id, "way": way, "at": int64(s.Clock.Instant()) - 1000, "note": "记一笔"}}).Into(t, http.StatusCreated, nil)
	}
	shops, hers := []string{"call", "wechat", "home", "sms", "email", "other"}, append([]string{"order"}, kexin.HerWays...)
	if len(shops)+len(hers)-1 != len(kexin.VisitWays) {
		t.Errorf("a way of contact is on neither side: %v", kexin.VisitWays)
	}
	before := today()
	of := map[string]kexin.ID{}
	for _, way := range append(append([]string{}, shops...), hers...) {
		of[way] = s.NewCustomer("rep", map[string]any{"name": "王秀兰", "phone": "13812345678", "source": "store", "source_on": before})
	}
	s.Clock.Move(330 * 24 * time.Hour)
	s.Fresh("rep", true)
	for way, id := range of {
		_, _, was := basis(s, id)
		if way == "order" {
			s.As("rep", http.MethodPost, "/api/v1/orders", map[string]any{"fields": map[string]any{"customer": id, "no": "SO1", "ordered_on": today(), "status": "cancelled"}}).Into(t, http.StatusCreated, nil)
			continue
		}
		visit(id, way)
		if _, _, kept := basis(s, id); (kept > was) != (way == "store" || way == "callin" || way == "msgin") {
			t.Errorf("%s: kept to %s, was %s", way, kept, was)
		}
	}
	s.Clock.Move(60 * 24 * time.Hour)
	s.Fresh("rep", true)
	for _, way := range shops {
		if ok, reason, _ := basis(s, of[way]); ok || reason != "no_enquiry" {
			t.Errorf("%s by the shop carries a call a year after her enquiry: %v %s", way, ok, reason)
		}
		r := s.As("rep", http.MethodPost, "/api/v1/customers/"+of[way].String()+"/contact", map[string]any{"channel": "call"})
		if r.Status != http.StatusForbidden {
			t.Errorf("%s: the number is given: %d %s", way, r.Status, r.Body)
		}
	}
	for _, way := range kexin.HerWays {
		if ok, reason, _ := basis(s, of[way]); !ok {
			t.Errorf("%s of hers carries no call: %s", way, reason)
		}
		s.As("rep", http.MethodPost, "/api/v1/customers/"+of[way].String()+"/contact", map[string]any{"channel": "call"}).Into(t, http.StatusOK, nil)
	}
	if ok, _, _ := basis(s, of["order"]); ok {
		t.Error("an order that was cancelled carries a call")
	}
	takenBack(t, s, of["call"], visit)
}

// takenBack: what was noted by mistake and taken back, or put right, carries
// nothing.
func takenBack(t *testing.T, s *sitetest.Site, id kexin.ID, visit func(kexin.ID, string)) {
	s.As("rep", http.MethodPost, "/api/v1/orders", map[string]any{"fields": map[string]any{"customer": id, "no": "SO2", "ordered_on": string(kexin.DayOf(s.Clock.Now()))}}).Into(t, http.StatusCreated, nil)
	if ok, _, _ := basis(s, id); !ok {
		t.Error("an order of today carries no call")
	}
	other := s.NewCustomer("rep", map[string]any{"name": "李正", "phone": "13812345679", "source": "store", "source_on": "2020-01-01"})
	visit(other, "callin")
	if ok, _, _ := basis(s, other); !ok {
		t.Error("her call of today carries none back")
	}
	last := s.Search("rep", "visits", map[string]any{"parent": other}).IDs()[0]
	s.As("rep", http.MethodPatch, "/api/v1/visits/"+last.String(), map[string]any{"rev": 1, "fields": map[string]any{"way": "call"}}).Into(t, http.StatusOK, nil)
	if ok, _, _ := basis(s, other); ok {
		t.Error("a call that was ours after all carries another")
	}
}
