package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"kexin"
	"kexin/internal/front/fronttest"
	"kexin/internal/sitetest"
	"kexin/store"
)

// sendOnce sends a request with a key of the sender's.
func sendOnce(s *sitetest.Site, who, path, key string, body any) sitetest.Reply {
	r := s.Request(who, http.MethodPost, "/api/v1/"+path, body)
	r.Header.Set("Idempotency-Key", key)
	return s.Send(r)
}

// rowsOf counts every row of the merchant but the log's own upkeep.
func rowsOf(s *sitetest.Site) (n int64) {
	for _, t := range store.Registry {
		if t.Class != store.Tenant || strings.HasPrefix(t.Name, "job") || t.Name == "ledger_tile" || t.Name == "checkpoint" {
			continue
		}
		q := "SELECT COUNT(*) FROM " + t.Name + " WHERE org_id=$1"
		if t.Name == "ledger_entry" {
			q += " AND type<>'heads'"
		}
		n += s.Count(q, s.Org)
	}
	return n
}

func idOf(t *testing.T, r sitetest.Reply) (id kexin.ID) {
	t.Helper()
	var out struct{ ID kexin.ID }
	r.Into(t, http.StatusCreated, &out)
	return out.ID
}

// TestOnce: everything that is made over the API is made once by a key,
// however often it is sent within a day: the same record comes back, not a row
// is added, no lookup counted. Another body under the key is refused, another
// member's same key is his own, and a refusal is not remembered.
func TestOnce(t *testing.T) {
	sitetest.Both(t, func(t *testing.T, s *sitetest.Site) {
		_ = s.App.Halt(t.Context()) // no duty writes a row meanwhile
		customer := s.NewCustomer("rep", obj{"name": "王秀兰", "source": "store"})
		order := idOf(t, s.As("rep", "POST", "/api/v1/orders", obj{"fields": obj{"customer": customer, "no": "SO1", "ordered_on": "2026-03-04"}}))
		at := int64(s.Clock.Instant()) - 1000
		for path, fields := range map[string]obj{
			"customers": {"name": "陈志明", "phone": "13812345678", "source": "store"}, "contacts": {"customer": customer, "name": "家里人"}, "orders": {"customer": customer, "no": "SO9", "ordered_on": "2026-03-04"},
			"order-lines": {"order": order, "item": "砖", "qty": 1}, "deals": {"customer": customer, "need": []string{"tile"}, "stage": "need"},
			"visits": {"customer": customer, "way": "call", "note": "说好周末来", "at": at}, "tasks": {"customer": customer, "title": "盘点", "due_at": at},
		} {
			body, key := obj{"fields": fields}, "key-of-one-form-"+path
			refused(t, fromReply(sendOnce(s, "rep", path, key, obj{"fields": obj{"colour": "red"}})), 422, "error.no_field")
			first := idOf(t, sendOnce(s, "rep", path, key, body))
			n := rowsOf(s)
			for range 2 {
				if again := idOf(t, sendOnce(s, "rep", path, key, body)); again != first {
					t.Errorf("%s was made again: %v after %v", path, again, first)
				}
			}
			other := obj{"fields": obj{}}
			for k, v := range fields {
				other["fields"].(obj)[k] = v
			}
			switch path {
			case "contacts", "customers":
				other["fields"].(obj)["name"] = "另一人"
			case "visits":
				other["fields"].(obj)["note"] = "另一句"
			default:
				other["same"] = "different"
			}
			refused(t, fromReply(sendOnce(s, "rep", path, key, other)), 409, "E_OTHER_BODY")
			if is := rowsOf(s); is != n {
				t.Errorf("%s: repeats wrote %d rows", path, is-n)
			}
			if path == "customers" {
				if mine := idOf(t, sendOnce(s, "rep2", path, key, obj{"fields": fields, "same": "different"})); mine == first {
					t.Error("a colleague's key gave him somebody else's record")
				}
			}
		}
		refused(t, fromReply(sendOnce(s, "rep", "tasks", "short", obj{"fields": obj{"title": "x", "due_at": at}})), 422, "error.field_bad")
	})
}

// fromReply lets a site's answer be looked at as a front's.
func fromReply(r sitetest.Reply) fronttest.Answer {
	return fronttest.Answer{Status: r.Status, Header: r.Header, Body: string(r.Body)}
}

// TestOnceImport: declaring a list twice makes one batch; a refusal is not
// remembered.
func TestOnceImport(t *testing.T) {
	sitetest.Both(t, func(t *testing.T, s *sitetest.Site) {
		const key = "key-of-one-declaration"
		good := obj{"source": "own_pos", "collected": "staff", "accept": true}
		bad := sendOnce(s, "rep", "imports", key, obj{"source": "exchanged", "collected": "staff", "accept": true})
		refused(t, fromReply(bad), 403, "E_IMP_UNLAWFUL_SOURCE")
		first := idOf(t, sendOnce(s, "rep", "imports", key, good))
		if again := idOf(t, sendOnce(s, "rep", "imports", key, good)); again != first || s.Count("SELECT COUNT(*) FROM import_batch") != 1 {
			t.Errorf("two batches: %v and %v", first, again)
		}
		refused(t, fromReply(sendOnce(s, "rep", "imports", key, obj{"source": "own_form", "collected": "staff", "accept": true})), 409, "E_OTHER_BODY")
	})
}

// TestOnceDay: after a day the key is free again, and the daily work leaves
// nothing of the old one behind. Nothing that was typed can be found beside it.
func TestOnceDay(t *testing.T) {
	sitetest.Both(t, func(t *testing.T, s *sitetest.Site) {
		const key = "key-of-one-opened-form"
		body := obj{"fields": obj{"title": "盘点", "due_at": int64(s.Clock.Instant())}}
		first := idOf(t, sendOnce(s, "rep", "tasks", key, body))
		s.Clock.Move(23 * time.Hour)
		s.Fresh("rep", true)
		if idOf(t, sendOnce(s, "rep", "tasks", key, body)) != first {
			t.Error("forgotten within the day")
		}
		s.Clock.Move(2 * time.Hour)
		s.Fresh("rep", true)
		if idOf(t, sendOnce(s, "rep", "tasks", key, body)) == first {
			t.Error("remembered for longer than a day")
		}
		if n := s.Count("SELECT COUNT(*) FROM once"); n != 1 {
			t.Errorf("%d rows of one key", n)
		}
		s.Clock.Move(25 * time.Hour)
		s.Update(func(tx *store.Tx) error { return tx.PurgeMeters() })
		if n := s.Count("SELECT COUNT(*) FROM once"); n != 0 {
			t.Errorf("%d rows are kept", n)
		}
	})
}

// TestOnceAtOnce: of eight requests with one key that come at the same time one
// makes the record and all give it.
func TestOnceAtOnce(t *testing.T) {
	sitetest.Both(t, func(t *testing.T, s *sitetest.Site) {
		customer := s.NewCustomer("rep", obj{"name": "王秀兰", "source": "store"})
		at := int64(s.Clock.Instant()) - 1000
		for _, x := range []struct {
			path, table string
			body        obj
		}{
			{"customers", "customer", obj{"fields": obj{"name": "陈志明", "phone": "13812345678", "source": "store"}}},
			{"visits", "visit", obj{"fields": obj{"customer": customer, "way": "call", "note": "说好周末来", "at": at}}},
			{"imports", "import_batch", obj{"source": "own_pos", "collected": "staff", "accept": true}},
		} {
			was := s.Count("SELECT COUNT(*) FROM " + x.table)
			ids := make([]kexin.ID, 8)
			var all sync.WaitGroup
			for i := range ids {
				all.Go(func() {
					r := sendOnce(s, "rep", x.path, "key-that-is-sent-often-"+x.path, x.body)
					var out struct{ ID kexin.ID }
					if err := json.Unmarshal(r.Body, &out); err != nil || r.Status != http.StatusCreated {
						t.Errorf("%s: %d %s", x.path, r.Status, r.Body)
					}
					ids[i] = out.ID
				})
			}
			all.Wait()
			for _, id := range ids {
				if id != ids[0] {
					t.Errorf("%s: %v and %v", x.path, ids[0], id)
				}
			}
			if n := s.Count("SELECT COUNT(*) FROM "+x.table) - was; n != 1 {
				t.Errorf("%s: %d rows", x.path, n)
			}
		}
	})
}
