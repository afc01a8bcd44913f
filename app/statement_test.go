package app_test

import (
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"kexin"
	"kexin/app"
	"kexin/app/apptest"
	"kexin/internal/db"
	"kexin/store"
	"kexin/store/storetest"
)

// TestStatements walks the path of two merchants and looks at every statement:
// one on a tenant's table names org_id as often as such tables, or stands in
// the list of those that look over all merchants.
func TestStatements(t *testing.T) {
	var names []string
	for _, r := range store.Registry {
		if r.Class == store.Tenant && r.Name != "job" && r.Name != "job_schedule" {
			names = append(names, r.Name)
		}
	}
	tables := regexp.MustCompile(`(?i)\b(FROM|JOIN|INTO|UPDATE)\s+(` + strings.Join(names, "|") + `)\b`)
	var mu sync.Mutex
	seen := map[string]bool{}
	storetest.Opened(t, func(t *testing.T, open func(db.Config) *db.DB) {
		c := storetest.NewClock()
		p := apptest.New(t, open(db.Config{Clock: c.Now, Trace: func(q string, _ time.Duration, _ int) {
			mu.Lock()
			defer mu.Unlock()
			seen[q] = true
		}}), c)
		her, _ := told(p, "王秀兰", hers)
		p.Must(her.Proves(app.CodeProve, hers))
		new := p.As(p.Shops["curtain"].Rep).Accepts()
		_, err := p.As(p.Shops["curtain"].Rep).Calls(new, kexin.ByCall)
		p.Must(err)
		p.Must(her.Proves(app.CodeMine, hers))
		_, err = p.App.HerData(ctx, her.Visit(), p.Shops["curtain"].Org, true)
		p.Must(err)
		p.As(p.Shops["tile"].Owner).Sent()
		p.Must(her.Stops(app.StopAll))
		p.Ticks()
	})
	mu.Lock()
	defer mu.Unlock()
	n := 0
	for q := range seen {
		on := len(tables.FindAllString(q, -1))
		if on == 0 || strings.HasPrefix(q, "SELECT COUNT(*) FROM ") && strings.HasSuffix(q, "WHERE org_id=$1") {
			continue
		}
		n++
		if store.Untenanted[q] == "" && strings.Count(q, "org_id") < on {
			t.Errorf("%d tenant tables, org_id named %d times: %s", on, strings.Count(q, "org_id"), q)
		}
	}
	if n < 60 {
		t.Errorf("only %d statements seen", n)
	}
}
