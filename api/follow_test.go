package api_test

import (
	"net/http"
	"testing"

	"kexin"
	"kexin/internal/sitetest"
)

// TestFollowUpTicks: a follow-up that finishes a task is one act: both are
// stored or neither. A task of another customer, of a colleague, or beside
// something that is no follow-up is refused, and nothing is written.
func TestFollowUpTicks(t *testing.T) {
	sitetest.Both(t, func(t *testing.T, s *sitetest.Site) {
		_ = s.App.Halt(t.Context())
		at := int64(s.Clock.Instant()) - 1000
		mine, other := s.NewCustomer("rep", obj{"name": "王秀兰", "source": "store"}), s.NewCustomer("rep", obj{"name": "陈志明", "source": "store"})
		theirs := s.NewCustomer("rep2", obj{"name": "林国栋", "source": "store"})
		task := func(who string, customer kexin.ID) kexin.ID {
			return idOf(t, s.As(who, "POST", "/api/v1/tasks", obj{"fields": obj{"customer": customer, "title": "回电", "due_at": at}}))
		}
		own, foreign := task("rep", mine), task("rep2", theirs)
		visit := func(customer, task kexin.ID) obj {
			return obj{"fields": obj{"customer": customer, "way": "call", "note": "说好周末来", "at": at}, "task": task}
		}
		n := rowsOf(s)
		for name, c := range map[string]struct {
			path   string
			body   obj
			status int
		}{
			"another customer's": {"visits", visit(other, own), 422},
			"a colleague's":      {"visits", visit(mine, foreign), 404},
			"no task":            {"visits", visit(mine, 999), 404},
			"with a task":        {"tasks", obj{"fields": obj{"customer": mine, "title": "再打", "due_at": at}, "task": own}, 422},
		} {
			if r := s.As("rep", http.MethodPost, "/api/v1/"+c.path, c.body); r.Status != c.status {
				t.Errorf("%s: %d %s", name, r.Status, r.Body)
			}
		}
		if is := rowsOf(s); is != n {
			t.Errorf("what was refused wrote %d rows", is-n)
		}
		const key = "key-of-one-follow-up"
		first := idOf(t, sendOnce(s, "rep", "visits", key, visit(mine, own)))
		state := func() [2]int64 {
			return [2]int64{s.Count("SELECT rev FROM task WHERE org_id=$1 AND id=$2", s.Org, own), s.Count("SELECT done_at FROM task WHERE org_id=$1 AND id=$2", s.Org, own)}
		}
		was := state()
		if was[0] != 2 || was[1] == 0 {
			t.Fatalf("the task: %v", was)
		}
		if idOf(t, sendOnce(s, "rep", "visits", key, visit(mine, own))) != first {
			t.Error("noted twice")
		}
		idOf(t, s.As("rep", "POST", "/api/v1/visits", visit(mine, own))) // it is done already
		if now := state(); now != was {
			t.Errorf("ticked again: %v, %v", was, now)
		}
	})
}
