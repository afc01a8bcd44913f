package app

import (
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kexin"
	"kexin/internal/db"
	"kexin/law"
	"kexin/store"
	"kexin/store/storetest"
)

// TestLookupPath: whether a value is unknown, a colleague's or one's own, the
// answer takes the same statements in the same order (security.md A4).
func TestLookupPath(t *testing.T) {
	storetest.Opened(t, func(t *testing.T, open func(db.Config) *db.DB) {
		var mu sync.Mutex
		var ran []string
		d := open(db.Config{Trace: func(q string, _ time.Duration, _ int) {
			mu.Lock()
			defer mu.Unlock()
			ran = append(ran, q)
		}})
		w := storetest.New(t, d, nil)
		a := New(Config{Store: w.Store, Log: slog.New(slog.DiscardHandler), Now: w.Clock.Now})
		w.Customer("rep", store.Values{kexin.CustName: kexin.Str("王秀兰"), kexin.CustPhone: kexin.Str("+8613812345678")})
		w.Customer("rep2", store.Values{kexin.CustName: kexin.Str("张伟"), kexin.CustPhone: kexin.Str("+8613900001111")})
		path := func(phone string, known bool, mine int) []string {
			t.Helper()
			w.Clock.Move(2 * time.Minute)
			mu.Lock()
			ran = nil
			mu.Unlock()
			got, err := a.Lookup(context.Background(), w.Staff["rep"], kexin.KeyPhone, phone)
			if err != nil || got.Known != known || len(got.Records) != mine || len(got.Owners) > 0 {
				t.Fatalf("%s: %+v %v", phone, got, err)
			}
			mu.Lock()
			defer mu.Unlock()
			return slices.Clone(ran)
		}
		first := path("13711112222", false, 0) // the transaction's snapshot is built
		none := path("13711112223", false, 0)
		exists, own := path("13900001111", true, 0), path("13812345678", true, 1)
		if len(none) < 8 || !slices.Equal(none, exists) || !slices.Equal(none, own) {
			t.Errorf("%d statements for an unknown value (first %d), %d for a colleague's, %d for one's own:\n%s\n--\n%s", len(none), len(first), len(exists), len(own), strings.Join(none, "\n"), strings.Join(exists, "\n"))
		}
	})
}

// walk asks for n numbers made by f, as slowly as the budgets want.
func (b *bench) walk(who string, n int, f func(i int) string) (asked int, err error) {
	for i := range n {
		b.Clock.Move(13 * time.Second)
		if i%29 == 28 {
			b.Clock.Move(24 * time.Hour)
		}
		if _, err = b.app.Lookup(context.Background(), b.Staff[who], kexin.KeyPhone, f(i)); err != nil {
			return i, err
		}
	}
	return n, nil
}

// TestDetector: who walks through numbers with one tail or one head is stopped,
// on every path that answers whether a number is known, and the officer is
// told; who asks as work needs is not.
func TestDetector(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		if n, err := b.walk("rep", 40, func(i int) string { return fmt.Sprintf("138%04d%04d", 1000+i*37, 2000+i*53) }); err != nil {
			t.Fatalf("honest work stopped after %d: %v", n, err)
		}
		for who, c := range map[string]struct {
			number func(int) string
			most   int
		}{
			"rep2": {func(i int) string { return fmt.Sprintf("138%04d5678", 1000+i) }, law.DetectSameLast4},
			"rep3": {func(i int) string { return fmt.Sprintf("1381234%04d", 1000+i) }, law.DetectSameHead7},
		} {
			if n, err := b.walk(who, 60, c.number); keyOf(err) != "error.lookup_frozen" || n != c.most {
				t.Errorf("%s was stopped after %d: %v", who, n, err)
			}
			b.Clock.Move(48 * time.Hour)
			actor := b.Staff[who]
			if _, err := b.app.Create(context.Background(), actor, Draft{Object: kexin.Customer, Values: store.Values{kexin.CustName: kexin.Str("王秀兰"), kexin.CustPhone: kexin.Str("+8613812345678")}}); keyOf(err) != "error.lookup_frozen" {
				t.Errorf("%s asks by creating: %v", who, err)
			}
			if _, err := b.app.Find(context.Background(), actor, kexin.Query{Object: kexin.Customer, Search: "13812345678"}); keyOf(err) != "error.lookup_frozen" {
				t.Errorf("%s asks by searching: %v", who, err)
			}
			if _, err := b.app.DeclareImport(context.Background(), actor, declared()); keyOf(err) != "error.lookup_frozen" {
				t.Errorf("%s asks by importing: %v", who, err)
			}
		}
		var alerts []store.Alert
		b.View(func(tx *store.Tx) (err error) { alerts, err = tx.Alerts(20); return err })
		if len(alerts) != 2 || alerts[0].Code != "lookup_frozen" || b.events("lookup.frozen") != 2 {
			t.Errorf("%+v, %d entries", alerts, b.events("lookup.frozen"))
		}
	})
}

// TestDetectorDevice: who walks through numbers at one browser, signed in as
// several colleagues in turn, is stopped too; who sits at another is not.
func TestDetectorDevice(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		ask := func(who string, device int64, i int) error {
			b.Clock.Move(13 * time.Second)
			a := b.Staff[who]
			a.Device = device
			_, err := b.app.Lookup(t.Context(), a, kexin.KeyPhone, fmt.Sprintf("138%04d5678", 1000+i))
			return err
		}
		if s, err := b.app.Seat(t.Context(), b.signedIn("rep"), ""); err != nil || s.Actor.Device == 0 {
			t.Errorf("who signed in sits at no browser: %v", err)
		}
		turn := []string{"rep", "rep2", "leader"}
		for i := range law.DetectSameLast4 {
			b.must(ask(turn[i%3], 7, i))
			b.must(ask("owner", 8, 0))
			b.must(ask("service", 0, 50)) // a program has no browser
			b.must(ask("steward", 0, 51))
		}
		last := turn[(law.DetectSameLast4-1)%3]
		if err := ask(last, 9, 100); keyOf(err) != "error.lookup_frozen" {
			t.Errorf("%s, who asked the eighth at that browser, asks on: %v", last, err)
		}
		for _, who := range []string{"owner", "service", "steward"} {
			b.must(ask(who, 8, 0))
		}
	})
}

// TestCursors: the end of a page says nothing and is good for one person's one
// question for one hour.
func TestCursors(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		ctx, leader := context.Background(), b.Staff["leader"]
		var ids []kexin.ID
		for i := range 6 {
			ids = append(ids, b.Customer("rep", store.Values{kexin.CustName: kexin.Str("王秀" + string(rune('一'+i))), kexin.CustNextAt: kexin.Num(int64(1_700_000_000_000 + i))}))
		}
		q := kexin.Query{Object: kexin.Customer, Sort: kexin.CustNextAt, Limit: 2}
		page, err := b.app.Find(ctx, leader, q)
		if err != nil || len(page.Rows) != 2 || page.Next == "" {
			t.Fatal(len(page.Rows), page.Next, err)
		}
		raw, err := base64.RawURLEncoding.DecodeString(page.Next)
		if err == nil && (strings.Contains(string(raw), ids[1].String()) || strings.Contains(string(raw), "1700000000001")) {
			t.Errorf("the cursor can be read: %q", raw)
		}
		next := func(who string, change func(*kexin.Query)) error {
			x := q
			x.After = page.Next
			change(&x)
			_, err := b.app.Find(ctx, b.Staff[who], x)
			return err
		}
		if err := next("leader", func(*kexin.Query) {}); err != nil {
			t.Errorf("the next page: %v", err)
		}
		flip := func(s string, i int) string {
			c := byte('A')
			if s[i] == c {
				c = 'B'
			}
			return s[:i] + string(c) + s[i+1:]
		}
		for what, err := range map[string]error{
			"a colleague":    next("owner", func(*kexin.Query) {}),
			"another order":  next("leader", func(x *kexin.Query) { x.Desc = true }),
			"another scene":  next("leader", func(x *kexin.Query) { x.Scene = kexin.Dept }),
			"another sort":   next("leader", func(x *kexin.Query) { x.Sort = kexin.CustSum }),
			"another search": next("leader", func(x *kexin.Query) { x.Search = "王秀" }),
			"another object": next("leader", func(x *kexin.Query) { x.Object, x.Sort = kexin.Order, 0 }),
			"a condition more": next("leader", func(x *kexin.Query) {
				x.Where = []kexin.Cond{{Field: kexin.CustStage, Op: kexin.Eq, Values: []kexin.Value{kexin.Str("new")}}}
			}),
			"changed":        next("leader", func(x *kexin.Query) { x.After = flip(x.After, 5) }),
			"changed at end": next("leader", func(x *kexin.Query) { x.After = flip(x.After, len(x.After)-3) }),
			"invented":       next("leader", func(x *kexin.Query) { x.After = "AAAA" }),
		} {
			if kexin.CodeOf(err) != kexin.Invalid {
				t.Errorf("%s: %v", what, err)
			}
		}
		b.Clock.Move(61 * time.Minute)
		if err := next("leader", func(*kexin.Query) {}); kexin.CodeOf(err) != kexin.Invalid {
			t.Errorf("an hour later: %v", err)
		}
	})
}
