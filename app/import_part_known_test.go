package app

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/law"
	"kexin/store"
)

// TestListOfColleague: a colleague's customer answers like nobody, by phone and
// by record number; both are lookups; a leader has her.
func TestListOfColleague(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		mine := b.Customer("rep", store.Values{kexin.CustName: kexin.Str("王秀兰"), kexin.CustPhone: kexin.Str("+8613812345678")})
		hers := b.Customer("rep2", store.Values{kexin.CustName: kexin.Str("张伟"), kexin.CustPhone: kexin.Str("+8613900001111")})
		file := []byte("客户电话,记录编号,跟进时间,跟进内容\n13812345678,,2025-06-01,自己的\n13900001111,,2025-06-01,同事的\n13711112222,,2025-06-01,谁也不是\n," + hers.String() + ",2025-06-01,同事的编号\n,12345,2025-06-01,没有的编号\n," + mine.String() + ",2025-06-02,自己的编号\n")
		rep := b.Staff["rep"]
		x := b.takeAs(rep, manifestOf("visit"), file)
		rows := b.rows(x.ID, x.Rows)
		for _, i := range []int{1, 2, 3, 4} {
			if r := rows[i]; r.Outcome != kexin.OutRefused || r.Code != refusedNobody || r.Record != 0 {
				t.Errorf("row %d: %+v", i+1, r)
			}
		}
		if x.Outcomes[kexin.OutNew] != 2 || b.short("visit", hers) != "" || x.Outside != 0 {
			t.Errorf("%v, the colleague's: %s", x.Outcomes, b.short("visit", hers))
		}
		b.View(func(tx *store.Tx) error {
			s, err := tx.LookupSpend(rep)
			if s.Day != 4 {
				t.Errorf("%d lookups counted, want 4", s.Day)
			}
			return err
		})
		if y := b.takeAs(b.Staff["leader"], manifestOf("visit"), file); y.Outcomes[kexin.OutNew] != 2 || y.Outcomes[kexin.OutUnchanged] != 2 {
			t.Errorf("the leader: %v", y.Outcomes)
		}
		for _, who := range []string{"analyst", "marketing", "pio", "auditor", "service"} {
			if _, err := b.app.DeclareImport(context.Background(), b.Staff[who], manifestOf("visit")); kexin.CodeOf(err) != kexin.Forbidden {
				t.Errorf("%s may import follow-ups: %v", who, err)
			}
		}
		if _, err := b.app.DeclareImport(context.Background(), rep, manifestOf("order_line")); kexin.CodeOf(err) != kexin.Invalid {
			t.Errorf("a list of nothing: %v", err)
		}
	})
}

// TestListIsNoOracle: who tries numbers on his own masked customers by a list of
// follow-ups is stopped as if he had asked one by one.
func TestListIsNoOracle(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		b.Customer("rep", store.Values{kexin.CustName: kexin.Str("王秀兰"), kexin.CustPhone: kexin.Str("+8613812345678")})
		list := func(tail func(i int) int) []byte {
			file := "客户电话,跟进时间,跟进内容\n"
			for i := range law.LookupPerDay + 5 {
				file += fmt.Sprintf("138%04d%04d,2025-06-01,试\n", 2000+i*37, tail(i))
			}
			return []byte(file)
		}
		rep := b.Staff["rep"]
		if x := b.upload(rep, manifestOf("visit"), list(func(int) int { return 5678 })); x.Fault != "import.made_up" || x.State != impFailed {
			t.Errorf("made up: %s %s", x.State, x.Fault)
		}
		x := b.upload(rep, manifestOf("visit"), list(func(i int) int { return 1000 + i*53 }))
		if !x.Held || len(x.Outcomes)+len(x.Refusals) > 0 {
			t.Errorf("%+v is shown", x.Outcomes)
		}
		if x.MayFetch || x.Fetched {
			t.Error("the rows that name the misses are offered")
		}
		if err := b.app.WriteRefusedRows(context.Background(), rep, x.ID, io.Discard, func() { t.Error("a byte of them") }); keyOf(err) != "import.held" {
			t.Errorf("they are handed out: %v", err)
		}
		if _, err := b.app.RenewRefused(context.Background(), rep, x.ID); keyOf(err) != "import.held" {
			t.Errorf("they are made anew: %v", err)
		}
		if _, err := b.app.ConfirmImport(context.Background(), b.Staff["leader"], x.ID, x.Version); err != nil {
			t.Fatal(err)
		}
		if x = b.batch(rep, x.ID); x.Held || !x.MayFetch || !strings.Contains(b.refused(rep, x.ID), refusedNobody) {
			t.Errorf("after the leader: %+v", x)
		}
		b.Clock.Move(2 * time.Minute)
		if _, err := b.app.DeclareImport(context.Background(), rep, manifestOf("visit")); keyOf(err) != "error.lookup_budget" {
			t.Errorf("he goes on: %v", err)
		}
	})
}

// TestCoarseList: who has thrown away lists that told who is his, is told of the
// next ones what the file alone says.
func TestCoarseList(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		rep := b.Staff["rep"]
		b.Customer("rep", store.Values{kexin.CustName: kexin.Str("王秀兰"), kexin.CustPhone: kexin.Str("+8613812345678")})
		ask := func(phone string) Batch {
			b.Clock.Move(time.Minute)
			x := b.upload(rep, manifestOf("visit"), []byte("客户电话,客户,跟进时间,跟进内容\n"+phone+",,2025-06-01,试\n"+phone+",李四,2025-06-01,试\n,,2025-06-01,没写\n"))
			if _, err := b.app.CancelImport(context.Background(), rep, x.ID); err != nil {
				t.Fatal(err)
			}
			return x
		}
		for range law.ImportTries {
			if x := ask("13812345678"); x.Coarse || x.Outcomes[kexin.OutNew] != 1 || x.Outcomes[kexin.OutReview] != 1 {
				t.Fatalf("%+v", x)
			}
		}
		hit, miss := ask("13812345678"), ask("13712340001")
		for _, x := range []Batch{hit, miss} {
			if !x.Coarse || x.Taken != 2 || len(x.Outcomes) != 2 || x.Outcomes[kexin.OutRefused] != 1 || len(x.Refusals) != 1 || x.Refusals[refusedWhose] != 1 {
				t.Errorf("%+v", x)
			}
		}
	})
}

// TestListTriesNumbers: phones beside the record number of an own customer are
// tried on her masked number, and so are values on her records: each that does
// not fit is a lookup, the same one once, and who sees everybody asks nothing. A
// list of which nothing was stored stays a try (security A4).
func TestListTriesNumbers(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		rep := b.Staff["rep"]
		her := b.Customer("rep", store.Values{kexin.CustName: kexin.Str("王秀兰"), kexin.CustPhone: kexin.Str("+8613812345678")})
		deals := func(rows ...string) []byte {
			return []byte("记录编号,客户电话,商机,阶段,预计金额,预计成交日期\n" + strings.Join(rows, "\n") + "\n")
		}
		row := func(phone string, amount int) string {
			return fmt.Sprintf("%s,%s,窗帘,已报价,%d,2027-03-01", her, phone, amount)
		}
		bare := func(phone string, amount int) string {
			return fmt.Sprintf(",%s,窗帘,已报价,%d,2027-03-01", phone, amount)
		}
		const nobody = "12345,,窗帘,已报价,8000,2027-03-01" // so many that the column is not taken for one of card numbers, whatever her number is
		spent := func() (day, tries int) {
			b.View(func(tx *store.Tx) error {
				s, err := tx.LookupSpend(rep)
				if err != nil {
					return err
				}
				day = s.Day
				tries, err = tx.Tries(rep.User)
				return err
			})
			return day, tries
		}
		b.takeAs(rep, manifestOf("deal"), deals(row("13812345678", 8000)))
		if day, tries := spent(); day != 0 || tries != 0 {
			t.Fatalf("a list of his own: %d lookups, %d tries", day, tries)
		}
		b.Clock.Move(2 * time.Minute)
		guesses := deals(row("13712341111", 8000), row("13712341111", 8000), row("13612352222", 9000), bare("13812345678", 9000), bare("13812345678", 9000), bare("13812345678", 9100), nobody, nobody, nobody, nobody)
		if x := b.takeAs(rep, manifestOf("deal"), guesses); x.Outcomes[kexin.OutReview] != 2 || x.Kept != 3 {
			t.Fatalf("%v %d", x.Outcomes, x.Kept)
		}
		if day, tries := spent(); day != 5 || tries != 1 {
			t.Errorf("%d lookups and %d tries counted, want 5 and 1", day, tries)
		}
		b.Clock.Move(2 * time.Minute)
		b.takeAs(b.stepped("owner"), manifestOf("deal"), guesses)
		b.View(func(tx *store.Tx) error {
			s, err := tx.LookupSpend(b.Staff["owner"])
			if s.Day != 0 {
				t.Errorf("the owner: %d lookups", s.Day)
			}
			return err
		})
		var many []string
		for i := range law.LookupPerDay {
			many = append(many, row(fmt.Sprintf("137%04d%04d", 2000+i*37, 1000+i*53), 8000), nobody, nobody)
		}
		if x := b.upload(rep, manifestOf("deal"), deals(append(many, bare("13812345678", 9200))...)); !x.Held || len(x.Outcomes)+len(x.Refusals) > 0 {
			t.Errorf("as many as a day has: %+v", x.Refusals)
		}
	})
}
