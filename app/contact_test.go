package app

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"kexin"
	"kexin/law"
	"kexin/ledger"
	"kexin/store"
)

// refusedAs counts the refusals of a law in the merchant's log.
func (b *bench) refusedAs(l kexin.Law) (n int) {
	b.TB.Helper()
	b.View(func(tx *store.Tx) error {
		n = 0
		all, err := tx.Logged(0, 200)
		for _, e := range all {
			if f, ok := e.Facts.(*ledger.DecisionRefused); ok && f.Law == l {
				n++
			}
		}
		return err
	})
	return n
}

// TestContactBreaker: twenty contacts without a note are enough; a note opens
// the way again, the same customer again is no further one, and a leaver has
// five.
func TestContactBreaker(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		ctx := context.Background()
		var c []kexin.ID
		for i := range law.ContactNoNote + 2 {
			c = append(c, b.known("rep", fmt.Sprintf("周%c", '一'+rune(i)), fmt.Sprintf("1381235%04d", 1000+i)))
		}
		for i := range law.ContactNoNote {
			v, err := b.app.Contact(ctx, b.Staff["rep"], kexin.Customer, c[i], kexin.ByCall)
			if err != nil || v.Value != fmt.Sprintf("+861381235%04d", 1000+i) || v.Used != i+1 {
				t.Fatalf("contact %d: %+v %v", i, v, err)
			}
		}
		next := c[law.ContactNoNote]
		var e *kexin.Error
		if _, err := b.app.Contact(ctx, b.Staff["rep"], kexin.Customer, next, kexin.ByCall); !errors.As(err, &e) || e.Law != "E_BREAKER" || e.Until != 0 {
			t.Fatalf("the 21st without a note: %v", err)
		}
		if _, err := b.app.Contact(ctx, b.Staff["rep"], kexin.Customer, c[0], kexin.ByCall); err != nil {
			t.Errorf("the same customer again: %v", err)
		}
		for _, who := range []string{"pio", "leader"} {
			if alerts, err := b.app.Alerts(ctx, b.Staff[who]); err != nil || len(alerts) != 1 || alerts[0].Code != "contact_breaker" {
				t.Errorf("%s: alerts %v %v", who, alerts, err)
			}
		}
		b.note("rep", c[0], b.Clock.Instant(), 0)
		if _, err := b.app.Contact(ctx, b.Staff["rep"], kexin.Customer, next, kexin.ByCall); err != nil {
			t.Errorf("after a note: %v", err)
		}
		leaver := b.Staff["rep2"]
		leaver.Leaving = true
		for i := range law.LeavingPerDay + 1 {
			id := b.known("rep2", fmt.Sprintf("吴%c", '一'+rune(i)), fmt.Sprintf("1381236%04d", 1000+i))
			_, err := b.app.Contact(ctx, leaver, kexin.Customer, id, kexin.ByCall)
			if want := i < law.LeavingPerDay; (err == nil) != want {
				t.Errorf("a leaver's contact %d: %v", i+1, err)
			}
		}
		if n := b.refusedAs("E_BREAKER"); n < 2 {
			t.Errorf("%d refusals in the log", n)
		}
	})
}

// TestContactMedian: three times as many customers as on his usual day are
// enough, however few that is; who has too few days for a usual one is held by
// the other numbers.
func TestContactMedian(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		n := 0
		calls := func(who string, most int) (done int, err error) {
			for done < most && err == nil {
				id := b.known(who, fmt.Sprintf("吴%c", '一'+rune(n)), fmt.Sprintf("1381237%04d", 1000+n))
				n++
				if _, err = b.app.Contact(t.Context(), b.Staff[who], kexin.Customer, id, kexin.ByCall); err == nil {
					b.note(who, id, b.Clock.Instant(), 0)
					done++
				}
			}
			return done, err
		}
		day := func() { b.Clock.Move(24 * time.Hour) }
		for range law.ContactMedianDays - 1 {
			if _, err := calls("rep", 1); err != nil {
				t.Fatal(err)
			}
			if _, err := calls("rep2", 2); err != nil {
				t.Fatal(err)
			}
			day()
		}
		if _, err := calls("rep", 10); err != nil { // new: no usual day yet
			t.Fatal(err)
		}
		if _, err := calls("rep2", 3); err != nil {
			t.Fatal(err)
		}
		day()
		for who, usual := range map[string]int{"rep": 1, "rep2": 2} {
			if done, err := calls(who, 60); keyOf(err) != "error.contact_median" || done != law.ContactMedianTimes*usual {
				t.Errorf("%s, who usually has %d, stopped after %d: %v", who, usual, done, err)
			}
		}
		b.Clock.Move(31 * 24 * time.Hour) // away: no usual day again
		if _, err := calls("rep", 10); err != nil {
			t.Error(err)
		}
	})
}

// TestContactDay: the day of the contact budget is the merchant's, not one that
// ends at eight in his morning.
func TestContactDay(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		now := b.Clock.Now().In(time.FixedZone("", 8*3600))
		b.Clock.Move(time.Date(now.Year(), now.Month(), now.Day()+1, 7, 50, 0, 0, now.Location()).Sub(now))
		leaver := b.Staff["rep"]
		leaver.Leaving = true
		calls := func(i int) error {
			id := b.known("rep", fmt.Sprintf("吴%c", '一'+rune(i)), fmt.Sprintf("1381236%04d", 1000+i))
			_, err := b.app.Contact(context.Background(), leaver, kexin.Customer, id, kexin.ByCall)
			return err
		}
		for i := range law.LeavingPerDay {
			b.must(calls(i))
		}
		b.Clock.Move(20 * time.Minute)
		if err := calls(law.LeavingPerDay); kexin.LawOf(err) != "E_BREAKER" {
			t.Errorf("at 08:10: %v", err)
		}
		b.Clock.Move(16 * time.Hour)
		b.must(calls(law.LeavingPerDay + 1))
	})
}

// TestClosedWay: who has not dealt with the shop for a year is not called,
// whatever the page that asks.
func TestClosedWay(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		ctx := context.Background()
		old := b.Customer("rep", store.Values{kexin.CustName: kexin.Str("郑久别"), kexin.CustPhone: kexin.Str("+8613812347777"), kexin.CustSource: kexin.Str("store"), kexin.CustSourceOn: kexin.Str("2024-01-05")})
		if _, err := b.app.Contact(ctx, b.Staff["rep"], kexin.Customer, old, kexin.ByCall); kexin.CodeOf(err) != kexin.Forbidden {
			t.Errorf("the number leaves: %v", err)
		}
		man := Draft{Object: kexin.Contact, Parent: old, Values: store.Values{kexin.ContName: kexin.Str("郑先生"), kexin.ContPhone: kexin.Str("+8613812348888")}}
		cid, err := b.app.Create(ctx, b.Staff["rep"], man)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.app.Contact(ctx, b.Staff["rep"], kexin.Contact, cid, kexin.ByCall); kexin.CodeOf(err) != kexin.Forbidden {
			t.Errorf("by way of a contact: %v", err)
		}
		order := Draft{Object: kexin.Order, Parent: old, Values: store.Values{kexin.OrdNo: kexin.Str("A-1"), kexin.OrdOn: kexin.Str("2024-02-01")}}
		if _, err := b.app.Create(ctx, b.Staff["rep"], order); err != nil {
			t.Fatal(err)
		}
		if v, err := b.app.Contact(ctx, b.Staff["rep"], kexin.Customer, old, kexin.ByCall); err != nil || v.Value != "+8613812347777" {
			t.Errorf("about her order she may be called: %v", err)
		}
	})
}

// TestRevealBudget: the thirty-first full number of a day needs the second
// factor; one about to leave has five and no way to more.
func TestRevealBudget(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		ctx := context.Background()
		id := b.known("rep", "冯小看", "13812349001")
		ask := func(a kexin.Actor) error {
			_, err := b.app.Reveal(ctx, a, kexin.Customer, id, kexin.CustPhone, "booked")
			return err
		}
		for i := range law.RevealPerDay {
			if err := ask(b.Staff["rep"]); err != nil {
				t.Fatalf("reveal %d: %v", i+1, err)
			}
		}
		var e *kexin.Error
		if err := ask(b.Staff["rep"]); !errors.As(err, &e) || e.Law != "E_STEP_UP" || e.Code != kexin.Unauthorized {
			t.Errorf("the 31st: %v", err)
		}
		if err := ask(b.stepped("rep")); err != nil {
			t.Errorf("with the second factor just shown: %v", err)
		}
		if _, err := b.app.Reveal(ctx, b.Staff["rep"], kexin.Customer, id, kexin.CustPhone, "因为想看"); kexin.CodeOf(err) != kexin.Invalid {
			t.Errorf("a reason that is none: %v", err)
		}
		if _, err := b.app.Reveal(ctx, b.Staff["pio"], kexin.Customer, id, kexin.CustPhone, "check"); kexin.CodeOf(err) != kexin.Forbidden {
			t.Errorf("the protection officer: %v", err)
		}
		leaver := b.stepped("rep2")
		leaver.Leaving = true
		id = b.known("rep2", "陈要走", "13812349002")
		for i := range law.LeavingPerDay + 1 {
			if err := ask(leaver); (err == nil) != (i < law.LeavingPerDay) {
				t.Errorf("a leaver's reveal %d: %v", i+1, err)
			}
		}
	})
}
