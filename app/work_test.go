package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"kexin"
	"kexin/store"
)

// known is a customer who came in today, with a number.
func (b *bench) known(owner, name, phone string) kexin.ID {
	b.TB.Helper()
	day := kexin.DayOf(b.Clock.Now())
	return b.Customer(owner, store.Values{kexin.CustName: kexin.Str(name), kexin.CustPhone: kexin.Str("+86" + phone), kexin.CustSource: kexin.Str("store"), kexin.CustSourceOn: kexin.Str(string(day))})
}

// note writes a follow-up with its next day.
func (b *bench) note(who string, customer kexin.ID, at, next kexin.Instant) kexin.ID {
	b.TB.Helper()
	v := store.Values{kexin.VisitWay: kexin.Str("call"), kexin.VisitNote: kexin.Str("说好再来"), kexin.VisitAt: kexin.Num(int64(at))}
	if next != 0 {
		v[kexin.VisitNextAt] = kexin.Num(int64(next))
	}
	id, err := b.app.Create(context.Background(), b.Staff[who], Draft{Object: kexin.Visit, Parent: customer, Values: v})
	if err != nil {
		b.TB.Fatal(err)
	}
	return id
}

func (b *bench) today(who string) Today {
	b.TB.Helper()
	t, err := b.app.Today(context.Background(), b.Staff[who])
	if err != nil {
		b.TB.Fatal(err)
	}
	return t
}

func customersOf(due []Due) (ids []kexin.ID) {
	for _, d := range due {
		ids = append(ids, d.Customer)
	}
	return ids
}

// TestTodayOfEverybody: every position has a home page, also those that see
// neither name nor note.
func TestTodayOfEverybody(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		b.known("rep", "王一", "13812341000")
		for name, a := range b.Staff {
			if _, err := b.app.Today(context.Background(), a); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// TestTodayList: overdue first, then today's, then the next seven days; what
// has no day is not in it, neither is what is a colleague's, done or beyond.
func TestTodayList(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		ctx, now := context.Background(), b.Clock.Instant()
		var c []kexin.ID
		for i := range 5 {
			c = append(c, b.known("rep", fmt.Sprintf("王%c", '一'+rune(i)), fmt.Sprintf("1381234%04d", 1000+i)))
		}
		other := b.known("rep2", "别人的客户", "13812349999")
		b.note("rep", c[0], now-1000, now.Add(time.Hour))
		b.note("rep", c[1], now-1000, now.Add(-time.Hour))
		b.note("rep", c[2], now-1000, now.Add(3*24*time.Hour))
		b.note("rep", c[3], now-1000, now.Add(30*24*time.Hour))
		b.note("rep2", other, now-1000, now.Add(-time.Hour))
		task := Draft{Object: kexin.Task, Parent: c[0], Values: store.Values{kexin.TaskTitle: kexin.Str("送样砖"), kexin.TaskDueAt: kexin.Num(int64(now.Add(-time.Minute)))}}
		tid, err := b.app.Create(ctx, b.Staff["rep"], task)
		if err != nil {
			t.Fatal(err)
		}
		alone := Draft{Object: kexin.Task, Values: store.Values{kexin.TaskTitle: kexin.Str("整理样板间"), kexin.TaskDueAt: kexin.Num(int64(now.Add(time.Minute)))}}
		if _, err := b.app.Create(ctx, b.Staff["rep"], alone); err != nil {
			t.Fatal(err)
		}
		for _, stage := range []string{"quote", "won", "lost"} {
			d := Draft{Object: kexin.Deal, Parent: c[0], Values: store.Values{kexin.DealNeed: kexin.Items("tile"), kexin.DealStage: kexin.Str(stage), kexin.DealAmount: kexin.Num(100)}}
			if _, err := b.app.Create(ctx, b.Staff["rep"], d); err != nil {
				t.Fatal(err)
			}
		}
		day := b.today("rep")
		if got, want := customersOf(day.Due), []kexin.ID{c[1], c[0], 0, c[0]}; !slices.Equal(got, want) {
			t.Errorf("due %v, want %v", got, want)
		}
		if got := customersOf(day.Soon); !slices.Equal(got, []kexin.ID{c[2]}) || day.Overdue != 2 || day.Own != 5 {
			t.Errorf("soon %v overdue %d own %d", got, day.Overdue, day.Own)
		}
		if len(day.Deals) != 1 || day.Deals[0].Key != "quote" || day.Deals[0].Sum != 100 {
			t.Errorf("open deals %v", day.Deals)
		}
		done := Draft{Object: kexin.Task, Values: store.Values{kexin.TaskDoneAt: kexin.Num(int64(now))}}
		if _, err := b.app.Edit(ctx, b.Staff["rep"], tid, 1, done); err != nil {
			t.Fatal(err)
		}
		if got := customersOf(b.today("rep").Due); !slices.Equal(got, []kexin.ID{c[1], 0, c[0]}) {
			t.Errorf("after the task is done: %v", got)
		}
		team := map[string]int64{}
		for _, g := range b.today("leader").Team {
			team[g.Key] = g.N
		}
		if rep, rep2 := b.Staff["rep"].User.String(), b.Staff["rep2"].User.String(); team[rep] != 2 || team[rep2] != 1 {
			t.Errorf("due in the team: %v", team)
		}
	})
}

// TestDueAllDay: a day without an hour is due all day long and late the day
// after; an owner without customers of his own is told that the shop has some.
func TestDueAllDay(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		for d := endOfDay(b.Clock.Instant(), b.zone()); b.Clock.Instant() < d.Add(10*time.Hour); {
			b.Clock.Move(time.Hour) // ten in the morning
		}
		now, zone := b.Clock.Instant(), b.zone()
		if b.today("owner").Begun || b.today("rep").Begun {
			t.Error("an empty shop has begun")
		}
		today := startOfDay(now, zone)
		whole, hour, past, next := b.known("rep", "赵全天", "13812341111"), b.known("rep", "钱九点", "13812342222"), b.known("rep", "孙昨天", "13812343333"), b.known("rep", "李明天", "13812344444")
		b.note("rep", whole, now-1000, today)
		b.note("rep", hour, now-1000, today.Add(9*time.Hour))
		b.note("rep", past, now-1000, today.Add(-24*time.Hour))
		b.note("rep", next, now-1000, today.Add(24*time.Hour))
		day := b.today("rep")
		if got, want := customersOf(day.Due), []kexin.ID{past, hour, whole}; !slices.Equal(got, want) || day.Overdue != 2 {
			t.Fatalf("due %v, want %v; %d late", got, want, day.Overdue)
		}
		if d := day.Due[2]; d.Overdue || !d.Day || !day.Due[0].Overdue || !day.Due[0].Day || day.Due[1].Day || !day.Soon[0].Day {
			t.Errorf("%+v", day.Due)
		}
		lead := b.today("leader")
		if len(lead.Team) != 1 || lead.Team[0].N != 3 || len(lead.Late) != 1 || lead.Late[0].N != 2 {
			t.Errorf("the team has %v, late %v", lead.Team, lead.Late)
		}
		if own := b.today("owner"); own.Own != 0 || !own.Begun {
			t.Errorf("the owner: %d own, begun %v", own.Own, own.Begun)
		}
		if b.today("rep2").Begun {
			t.Error("a rep is told of colleagues' customers")
		}
		b.Clock.Move(24 * time.Hour)
		if day = b.today("rep"); day.Overdue != 3 || len(day.Due) != 4 || day.Due[3].Customer != next || day.Due[3].Overdue {
			t.Errorf("a day later %d are late: %+v", day.Overdue, day.Due)
		}
	})
}

// TestEverybodyHasAHome: the home page answers every position, also those from
// whom the days are withheld.
func TestEverybodyHasAHome(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		b.note("rep", b.known("rep", "赵有期", "13812341111"), b.Clock.Instant()-1000, b.Clock.Instant()-500)
		for who := range b.Staff {
			day, err := b.app.Today(context.Background(), b.Staff[who])
			if err != nil {
				t.Errorf("%s: %v", who, err)
			}
			if (len(day.Due) > 0) != (who == "rep") {
				t.Errorf("%s has %d due", who, len(day.Due))
			}
		}
	})
}

// zone is the merchant's.
func (b *bench) zone() (z *time.Location) {
	b.View(func(tx *store.Tx) error { z = tx.Zone; return nil })
	return z
}

// TestDueMeansADay: "due by now" finds who has a day, not who has none.
func TestDueMeansADay(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		now := b.Clock.Instant()
		late, none := b.known("rep", "赵有期", "13812341111"), b.known("rep", "钱无期", "13812342222")
		b.note("rep", late, now-1000, now.Add(-time.Hour))
		l, err := b.app.Find(context.Background(), b.Staff["rep"], kexin.Query{Object: kexin.Customer, Where: []kexin.Cond{{Field: kexin.CustNextAt, Op: kexin.Lte, Values: []kexin.Value{kexin.Num(int64(now))}}}})
		if err != nil || len(l.Rows) != 1 || l.Rows[0].ID != late {
			t.Errorf("%v %v, and not %v", l.Rows, err, none)
		}
	})
}

// TestFollowUp: the newest follow-up says when next; one put right later
// changes nothing; one taken back is as if it had not been.
func TestFollowUp(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		ctx, now := context.Background(), b.Clock.Instant()
		id := b.known("rep", "孙有约", "13812343333")
		at := func() (next, last kexin.Instant) {
			r, err := b.app.Get(ctx, b.Staff["rep"], kexin.Customer, id)
			if err != nil {
				t.Fatal(err)
			}
			for i, f := range r.Fields {
				switch f.ID {
				case kexin.CustNextAt:
					next = kexin.Instant(r.View.Cells[i].Value.N)
				case kexin.CustLastAt:
					last = kexin.Instant(r.View.Cells[i].Value.N)
				}
			}
			return next, last
		}
		check := func(what string, wantNext, wantLast kexin.Instant) {
			t.Helper()
			if next, last := at(); next != wantNext || last != wantLast {
				t.Errorf("%s: next %d last %d, want %d %d", what, next, last, wantNext, wantLast)
			}
		}
		hour := func(n int) kexin.Instant { return now.Add(time.Duration(n) * time.Hour) }
		first := b.note("rep", id, hour(-10), hour(48))
		check("the first", hour(48), hour(-10))
		second := b.note("rep", id, hour(-1), hour(72))
		check("the second", hour(72), hour(-1))
		b.note("rep", id, hour(-20), 0)
		check("an older one without a day", hour(72), hour(-1))
		edit := Draft{Object: kexin.Visit, Values: store.Values{kexin.VisitNote: kexin.Str("写错了字")}}
		if _, err := b.app.Edit(ctx, b.Staff["rep"], first, 1, edit); err != nil {
			t.Fatal(err)
		}
		check("the first put right", hour(72), hour(-1))
		if err := b.app.Delete(ctx, b.Staff["rep"], kexin.Visit, second, 1); err != nil {
			t.Fatal(err)
		}
		check("the second taken back", hour(48), hour(-10))
		b.note("rep", id, hour(0), 0)
		check("a newer one without a day leaves a day that is far", hour(48), hour(0))
	})
}

// TestMoveCarries: with a customer go his follow-ups; the old owner finds
// nothing any more, the new one everything.
func TestMoveCarries(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		ctx, now := context.Background(), b.Clock.Instant()
		id := b.known("rep", "李换手", "13812344444")
		b.note("rep", id, now-1000, now.Add(-time.Hour))
		if err := b.app.Move(ctx, b.Staff["leader"], id, b.Staff["rep2"].User); err != nil {
			t.Fatal(err)
		}
		if _, err := b.app.Get(ctx, b.Staff["rep"], kexin.Customer, id); kexin.CodeOf(err) != kexin.NotFound {
			t.Errorf("the old owner: %v", err)
		}
		if n := len(b.today("rep").Due); n != 0 {
			t.Errorf("%d due for the old owner", n)
		}
		if got := customersOf(b.today("rep2").Due); !slices.Equal(got, []kexin.ID{id}) {
			t.Errorf("due for the new owner: %v", got)
		}
		for who, want := range map[string]int{"rep": 0, "rep2": 1} {
			for _, q := range []kexin.Query{{Object: kexin.Customer, Search: "李换"}, {Object: kexin.Customer, Search: "4444"}, {Object: kexin.Visit}} {
				q.Scene = kexin.Mine
				l, err := b.app.Find(ctx, b.Staff[who], q)
				if err != nil || len(l.Rows) != want {
					t.Errorf("%s finds %d of object %d by %q: %v", who, len(l.Rows), q.Object, q.Search, err)
				}
			}
		}
	})
}

// TestPurposes: nobody works for a purpose that his position does not have.
func TestPurposes(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		ctx := context.Background()
		id := b.known("rep", "褚用途", "13812349003")
		a := b.Staff["rep"]
		a.Purpose = kexin.OwnSMS
		_, list := b.app.Find(ctx, a, kexin.Query{Object: kexin.Customer})
		_, get := b.app.Get(ctx, a, kexin.Customer, id)
		_, call := b.app.Contact(ctx, a, kexin.Customer, id, kexin.ByCall)
		_, look := b.app.Lookup(ctx, a, kexin.KeyPhone, "13812349003")
		for what, err := range map[string]error{"list": list, "open": get, "call": call, "lookup": look} {
			if kexin.CodeOf(err) != kexin.Forbidden || kexin.LawOf(err) != "E_PURPOSE" {
				t.Errorf("%s: %v", what, err)
			}
		}
	})
}

// TestNoDoubleOfItself: a record's own number is no double; a colleague's is
// one, and says no more than that.
func TestNoDoubleOfItself(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		ctx := context.Background()
		id := b.known("rep", "卫自己", "13812349004")
		b.known("rep2", "蒋别人", "13812349005")
		edit := func(phone string, shared bool) error {
			r, err := b.app.Get(ctx, b.Staff["rep"], kexin.Customer, id)
			if err != nil {
				t.Fatal(err)
			}
			_, err = b.app.Edit(ctx, b.Staff["rep"], id, r.View.Rev, Draft{Object: kexin.Customer, Values: store.Values{kexin.CustPhone: kexin.Str(phone)}, Shared: shared})
			return err
		}
		if err := edit("+8613812349004", false); err != nil {
			t.Errorf("its own: %v", err)
		}
		var same *ErrSame
		if err := edit("+8613812349005", false); !errors.As(err, &same) || len(same.Answer.Records) > 0 || len(same.Answer.Owners) > 0 || same.Field != "phone" {
			t.Errorf("a colleague's: %v %+v", err, same)
		}
		if err := edit("+8613812349005", true); err != nil {
			t.Errorf("two who share it: %v", err)
		}
	})
}

// TestEditTellsNoValue: a field that one sees masked is written whatever stood
// there: the revision does not say whether it was that, and a number that is
// another record's is asked for on no record out of sight.
func TestEditTellsNoValue(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		ctx := context.Background()
		id := b.Customer("rep", store.Values{kexin.CustName: kexin.Str("卫自己"), kexin.CustWeChat: kexin.Str("wei_ziji"), kexin.CustPhone: kexin.Str("+8613812349004")})
		edit := func(who string, rev int64, vals store.Values) (int64, error) {
			return b.app.Edit(ctx, b.Staff[who], id, rev, Draft{Object: kexin.Customer, Values: vals})
		}
		rev := int64(1)
		for _, who := range []string{"rep", "owner"} {
			for _, guess := range []string{"wei_ziji", "wei_ziji2", "wei_ziji"} {
				now, err := edit(who, rev, store.Values{kexin.CustWeChat: kexin.Str(guess)})
				if err != nil || now != rev+1 {
					t.Errorf("%s, %s: from revision %d to %d (%v)", who, guess, rev, now, err)
				}
				rev = now
			}
			if now, err := edit(who, rev, store.Values{kexin.CustName: kexin.Str("卫自己")}); err != nil || now != rev {
				t.Errorf("%s: the name that he sees: from revision %d to %d (%v)", who, rev, now, err)
			}
		}
		b.known("rep", "蒋别人", "13812349005")
		for _, phone := range []string{"+8613812349004", "+8613812349005", "+8613812349006"} {
			if _, err := edit("rep2", rev, store.Values{kexin.CustPhone: kexin.Str(phone)}); kexin.CodeOf(err) != kexin.NotFound {
				t.Errorf("%s on a colleague's record: %v", phone, err)
			}
		}
		b.View(func(tx *store.Tx) error {
			n, err := tx.Spent(b.Staff["rep2"].User, "lookup")
			if n != 0 {
				t.Errorf("%d lookups were answered", n)
			}
			return err
		})
	})
}
