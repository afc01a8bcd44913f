package app

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"kexin"
	"kexin/job"
	"kexin/ledger"
	"kexin/store"
)

// refigured runs the comparison and gives the alerts there are and the log.
func (b *bench) refigured() ([]store.Alert, string) {
	b.TB.Helper()
	var log bytes.Buffer
	a := New(Config{Store: b.Store, Log: slog.New(slog.NewTextHandler(&log, nil)), Now: b.Clock.Now, Data: b.app.data})
	b.Update(func(tx *store.Tx) error {
		_, _, err := a.jobs.Enqueue(tx.Tx, job.Spec{Org: b.Org, Kind: jobFigures})
		return err
	})
	_, err := a.jobs.Work(context.Background())
	b.must(err)
	var out []store.Alert
	b.View(func(tx *store.Tx) (err error) { out, err = tx.Alerts(50); return err })
	return out, log.String()
}

// kept is every kept figure of the merchant's as text.
func (b *bench) kept() string {
	b.TB.Helper()
	out := ""
	b.View(func(tx *store.Tx) error {
		for _, q := range []string{"SELECT id,orders,sum,first_on,last_on,last_at,hers_at FROM customer WHERE org_id=$1 ORDER BY id", "SELECT id,amount,0,'','',0,0 FROM sale_order WHERE org_id=$1 ORDER BY id"} {
			rows, err := tx.Query(q, tx.Org)
			if err != nil {
				return err
			}
			for rows.Next() {
				var id, n, sum, last, hers int64
				var first, on string
				if err := rows.Scan(&id, &n, &sum, &first, &on, &last, &hers); err != nil {
					return err
				}
				out += fmt.Sprintln(id, n, sum, first, on, last, hers)
			}
			if err := rows.Close(); err != nil {
				return err
			}
		}
		return nil
	})
	return out
}

// TestRefigure: kept counts and sums that somebody changed past the program are
// found and put right, over more records than one step has; the alert and the
// log say how many, and nothing of whom. What the program itself wrote, by hand
// and by import, fits.
func TestRefigure(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		rep := b.Staff["rep"]
		b.confirmed(crowd(0, figuresStep+300))
		b.jobs()
		var orders, customers []kexin.ID
		for i := range 4 {
			c := b.Customer("rep", store.Values{kexin.CustName: kexin.Str("王秀兰"), kexin.CustPhone: kexin.Str(fmt.Sprintf("+861381234567%d", i))})
			order := b.Child(rep, kexin.Order, c, store.Values{kexin.OrdNo: kexin.Str("SO1"), kexin.OrdOn: kexin.Str("2026-03-01"), kexin.OrdStatus: kexin.Str("open")})
			for price := range int64(3) {
				b.Child(rep, kexin.OrderLine, order, store.Values{kexin.LineItem: kexin.Str("砖"), kexin.LineQty: kexin.Num(2), kexin.LinePrice: kexin.Num(700 + price)})
			}
			b.Child(rep, kexin.Order, c, store.Values{kexin.OrdNo: kexin.Str("SO2"), kexin.OrdOn: kexin.Str("2026-04-01"), kexin.OrdStatus: kexin.Str("open"), kexin.OrdAmount: kexin.Num(50)})
			b.Child(rep, kexin.Visit, c, store.Values{kexin.VisitWay: kexin.Str("callin"), kexin.VisitAt: kexin.Num(int64(b.Clock.Instant()))})
			orders, customers = append(orders, order), append(customers, c)
		}
		for i := range 2 { // who stopped and who was erased: nothing of theirs is counted any more
			c := b.Customer("rep", store.Values{kexin.CustName: kexin.Str("周桂花"), kexin.CustPhone: kexin.Str(fmt.Sprintf("+861391234567%d", i))})
			b.Child(rep, kexin.Order, c, store.Values{kexin.OrdNo: kexin.Str("SO3"), kexin.OrdOn: kexin.Str("2026-04-01"), kexin.OrdStatus: kexin.Str("open"), kexin.OrdAmount: kexin.Num(50)})
			b.Child(rep, kexin.Visit, c, store.Values{kexin.VisitWay: kexin.Str("callin"), kexin.VisitAt: kexin.Num(int64(b.Clock.Instant()))})
			b.Update(func(tx *store.Tx) error {
				f, err := tx.Facts(kexin.Customer, c)
				if err != nil {
					return err
				}
				if i == 1 {
					return tx.Erase(f.Subject, "asked")
				}
				s, err := tx.Subject(f.Subject)
				if err != nil {
					return err
				}
				return tx.Lock(s, ledger.Actor{Kind: ledger.BySystem})
			})
		}
		was := b.kept()
		if all, log := b.refigured(); len(all) != 0 || strings.Contains(log, "figures") || b.kept() != was {
			t.Fatalf("what the program wrote does not fit: %+v %s", all, log)
		}
		b.Update(func(tx *store.Tx) error {
			for i, set := range []string{"sum=sum+1", "orders=9", "first_on='2020-01-01',last_on=''", "last_at=last_at-1,hers_at=0"} {
				if _, err := tx.Exec("UPDATE customer SET "+set+" WHERE org_id=$1 AND id=$2", tx.Org, customers[i]); err != nil {
					return err
				}
			}
			_, err := tx.Exec("UPDATE sale_order SET amount=amount+7 WHERE org_id=$1 AND id=$2", tx.Org, orders[0])
			return err
		})
		if b.kept() == was {
			t.Fatal("nothing was changed")
		}
		all, log := b.refigured()
		if len(all) != 1 || all[0].Code != "figures_mended" || fmt.Sprint(all[0].Args) != "map[records:5]" {
			t.Errorf("%+v", all)
		}
		if !strings.Contains(log, "orders=1 customers=4") || strings.Contains(log, "王秀兰") || strings.Contains(log, customers[0].String()) {
			t.Error(log)
		}
		if b.kept() != was {
			t.Errorf("not put right:\n%s\n%s", was, b.kept())
		}
		if all, _ := b.refigured(); len(all) != 1 {
			t.Errorf("%d alerts after a second night", len(all))
		}
	})
}
