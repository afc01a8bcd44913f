package app_test

import (
	"fmt"
	"regexp"
	"slices"
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

// TestHiddenLikeAbsent: a record out of sight is refused by the same statements as
// one that is not there, each of as many rows, so that the time it takes tells
// nothing (security.md A16; `kexin bench` measures it).
func TestHiddenLikeAbsent(t *testing.T) {
	storetest.Opened(t, func(t *testing.T, open func(db.Config) *db.DB) {
		var mu sync.Mutex
		var met []string
		c := storetest.NewClock()
		p := apptest.New(t, open(db.Config{Clock: c.Now, Trace: func(q string, _ time.Duration, rows int) {
			mu.Lock()
			defer mu.Unlock()
			met = append(met, fmt.Sprint(rows, " ", q))
		}}), c)
		p.Quiet()
		tile := p.Shops["tile"]
		hidden := p.As(tile.Owner).Knows("王秀兰", hers)
		p.As(tile.Owner).Knows("钱一", "+8613812340000") // the next record there is
		visit := func(a kexin.Actor, customer kexin.ID) error {
			_, err := p.App.Create(ctx, a, app.Draft{Object: kexin.Visit, Parent: customer, Values: store.Values{kexin.VisitWay: kexin.Str("call"), kexin.VisitNote: kexin.Str("说好周末来"), kexin.VisitAt: kexin.Num(int64(p.Clock.Instant()))}})
			return err
		}
		for name, door := range map[string]func(id kexin.ID) error{
			"get":      func(id kexin.ID) error { _, err := p.App.Get(ctx, tile.Rep, kexin.Customer, id); return err },
			"timeline": func(id kexin.ID) error { _, err := p.App.Timeline(ctx, tile.Rep, id); return err },
			"contact": func(id kexin.ID) error {
				_, err := p.App.Contact(ctx, tile.Rep, kexin.Customer, id, kexin.ByCall)
				return err
			},
			"edit": func(id kexin.ID) error {
				_, err := p.App.Edit(ctx, tile.Rep, id, 1, app.Draft{Object: kexin.Customer, Values: store.Values{kexin.CustStage: kexin.Str("quoted")}})
				return err
			},
			"visit": func(id kexin.ID) error { return visit(tile.Rep, id) },
		} {
			tries := func(id kexin.ID) []string {
				mu.Lock()
				met = nil
				mu.Unlock()
				if err := door(id); kexin.CodeOf(err) != kexin.NotFound {
					t.Errorf("%s: %v", name, err)
				}
				mu.Lock()
				defer mu.Unlock()
				return met
			}
			_ = door(hidden) // what is read once only
			a, b := tries(hidden), tries(hidden+1)
			if !slices.Equal(a, b) || len(a) == 0 {
				t.Errorf("%s: out of sight\n%s\nnot there\n%s", name, strings.Join(a, "\n"), strings.Join(b, "\n"))
			}
		}
	})
}
