package app

import (
	"cmp"
	"context"
	"slices"
	"time"

	"kexin"
	"kexin/consent"
	"kexin/gate"
	"kexin/store"
)

// A May is the gate's answer to "may I contact her?" for one channel.
type May struct {
	Channel kexin.Channel
	Purpose kexin.PurposeCode
	consent.Decision
}

// channels are the ways asked about on a customer's page.
var channels = []kexin.Channel{kexin.ByCall, kexin.ByWeChat, kexin.BySMS, kexin.ByEmail}

// may decides one channel: following up an enquiry first, else what an order
// carries.
func may(s *store.Standing, ch kexin.Channel, now kexin.Instant) May {
	if s == nil {
		return May{Channel: ch, Decision: consent.Decision{Reason: "no_enquiry"}}
	}
	m := May{Channel: ch, Purpose: kexin.FollowUp, Decision: consent.MayContact(s.Person, kexin.FollowUp, ch, now, s.Suppressed)}
	if !m.OK && s.Ordered {
		if d := consent.MayContact(s.Person, kexin.AfterSales, ch, now, s.Suppressed); d.OK {
			return May{Channel: ch, Purpose: kexin.AfterSales, Decision: d}
		}
	}
	return m
}

// mayAt is may over some channels, and says no too where the address of one alone is
// not to be contacted: she stopped it and not the person, or lifted her stop with
// another address of hers, which says nothing of this one.
func mayAt(tx *store.Tx, s *store.Standing, over ...kexin.Channel) ([]May, error) {
	shut, err := shutAt(tx, s)
	if err != nil {
		return nil, err
	}
	out := make([]May, len(over))
	for i, ch := range over {
		out[i] = may(s, ch, tx.Now)
		if out[i].OK && out[i].Purpose == kexin.FollowUp && slices.Contains(shut, reachedBy(ch)) {
			out[i].Decision = consent.Decision{Law: "E_PURPOSE", Reason: "suppressed"}
		}
	}
	return out, nil
}

// shutAt are the kinds of a customer's addresses that are not to be contacted and
// that she has not given anew since.
func shutAt(tx *store.Tx, s *store.Standing) (out []kexin.KeyKind, err error) {
	if some, err := tx.SomeQuiet(); s == nil || err != nil || !some {
		return nil, err
	}
	keys, err := addressesOf(tx, s.Subject)
	for _, k := range keys {
		since, err := tx.Suppressed(k.Kind, k.Canon)
		if err != nil {
			return nil, err
		}
		if since != 0 && !slices.ContainsFunc(s.Rows, func(w consent.Row) bool {
			return w.Purpose == kexin.FollowUp && w.State == consent.Given && w.From >= since && reachedBy(w.Channel) == k.Kind
		}) {
			out = append(out, k.Kind)
		}
	}
	return out, err
}

// A Due is one line of today's list.
type Due struct {
	Customer kexin.ID
	Task     kexin.ID
	At       kexin.Instant
	Day      bool // no hour was said: due all day long
	Overdue  bool
	Cells    []kexin.Cell // name, phone, need, next_at, last_at
	What     kexin.Cell
	Call     May
}

// A Today is the home page of one person.
type Today struct {
	Due, Soon []Due
	Overdue   int
	Fields    []*kexin.Field
	Reasons   []kexin.Reason
	What      *kexin.Field
	Deals     []store.Sum
	Own       int64
	Begun     bool  // there are customers in the scope, whoever's
	Review    int64 // rows of imports to judge
	Handed    int64 // rows of colleagues' imports about own customers
	Alerts    []Alert
	Team      []store.Group
	Late      []store.Group
	Zone      *time.Location
	shown     []sight
}

var dueFields = []kexin.FieldID{kexin.CustName, kexin.CustPhone, kexin.CustNeed, kexin.CustNextAt, kexin.CustLastAt}

// Today gathers what is due: customers to contact and tasks, overdue first,
// then today's, then the next seven days.
func (a *App) Today(ctx context.Context, actor kexin.Actor) (Today, error) {
	var out Today
	err := a.store.View(ctx, actor.Org, func(tx *store.Tx) (err error) {
		out, err = a.today(tx, actor)
		return err
	})
	if err == nil {
		a.pages.all(actor, out.shown)
	}
	return out, err
}

func (a *App) today(tx *store.Tx, actor kexin.Actor) (out Today, err error) {
	out.Zone = tx.Zone
	if !tx.State.May(actor.Position, kexin.ActList) {
		return out, nil
	}
	end := endOfDay(tx.Now, tx.Zone)
	if !tx.State.May(actor.Position, kexin.ActCreate) { // who only looks has no customers of his own to call
		return out, a.figures(tx, actor, &out, end)
	}
	seen, err := a.dueCustomers(tx, actor, end.Add(7*24*time.Hour))
	if kexin.CodeOf(err) == kexin.Withheld { // who may not know when contact is due has no such list
		return out, a.figures(tx, actor, &out, end)
	}
	if err != nil {
		return out, err
	}
	out.Fields, out.Reasons, out.shown = seen.Fields, seen.Reasons, []sight{{kexin.Customer, seen}}
	lines, err := a.lines(tx, actor, seen)
	if err != nil {
		return out, err
	}
	tasks, err := a.dueTasks(tx, actor, &out, end.Add(7*24*time.Hour))
	if err != nil {
		return out, err
	}
	out.split(append(lines, tasks...), tx.Now, startOfDay(tx.Now, tx.Zone), end)
	return out, a.figures(tx, actor, &out, end)
}

// endOfDay is the first moment of tomorrow in the merchant's zone.
func endOfDay(now kexin.Instant, zone *time.Location) kexin.Instant {
	t := now.Time().In(zone)
	return kexin.At(time.Date(t.Year(), t.Month(), t.Day()+1, 0, 0, 0, 0, zone))
}

// startOfDay is the first moment of a moment's day. A day that was given
// without an hour is kept as it.
func startOfDay(at kexin.Instant, zone *time.Location) kexin.Instant {
	t := at.Time().In(zone)
	return kexin.At(time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, zone))
}

// split sorts the lines into today and soon, what is late first. A day without
// an hour is late when it is over, not when it begins.
func (t *Today) split(all []Due, now, today, end kexin.Instant) {
	for i := range all {
		all[i].Overdue = all[i].At < now && !(all[i].Day && all[i].At == today)
	}
	slices.SortStableFunc(all, func(x, y Due) int {
		if x.Overdue != y.Overdue {
			return map[bool]int{true: -1, false: 1}[x.Overdue]
		}
		return cmp.Compare(x.At, y.At)
	})
	for _, d := range all {
		switch {
		case d.At < end:
			t.Due = append(t.Due, d)
			if d.Overdue {
				t.Overdue++
			}
		default:
			t.Soon = append(t.Soon, d)
		}
	}
}

func (a *App) dueCustomers(tx *store.Tx, actor kexin.Actor, until kexin.Instant) (Listing, error) {
	return a.find(tx, actor, kexin.Query{Act: kexin.ActList, Object: kexin.Customer, Scene: kexin.Mine, Fields: dueFields, Sort: kexin.CustNextAt, Limit: 100, Where: []kexin.Cond{
		{Field: kexin.CustNextAt, Op: kexin.Gte, Values: []kexin.Value{kexin.Num(1)}},
		{Field: kexin.CustNextAt, Op: kexin.Lte, Values: []kexin.Value{kexin.Num(int64(until))}},
	}})
}

// lines makes due lines of customers, each with the gate's answer whether she
// may be called, and the last thing noted.
func (a *App) lines(tx *store.Tx, actor kexin.Actor, l Listing) ([]Due, error) {
	ids := make([]kexin.ID, len(l.Rows))
	for i, r := range l.Rows {
		ids[i] = r.ID
	}
	p, err := gate.Authorize(tx.State, actor, kexin.Query{Act: kexin.ActList, Object: kexin.Customer, Fields: dueFields})
	if err != nil {
		return nil, err
	}
	standing, err := tx.Standings(&p, ids)
	if err != nil {
		return nil, err
	}
	notes, err := a.lastNotes(tx, actor, ids)
	if err != nil {
		return nil, err
	}
	out := make([]Due, len(l.Rows))
	for i, r := range l.Rows {
		at := kexin.Instant(r.Cells[3].Value.N)
		out[i] = Due{Customer: r.ID, At: at, Day: at == startOfDay(at, tx.Zone), Cells: r.Cells, What: notes[r.ID]}
		if out[i].Call, err = mayFirst(tx, standing[r.ID], r.ID); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// lastNotes are the newest notes of these customers among the person's last
// follow-ups.
func (a *App) lastNotes(tx *store.Tx, actor kexin.Actor, ids []kexin.ID) (map[kexin.ID]kexin.Cell, error) {
	l, err := a.find(tx, actor, kexin.Query{Act: kexin.ActList, Object: kexin.Visit, Scene: kexin.Mine, Sort: kexin.VisitAt, Desc: true, Limit: 200,
		Fields: []kexin.FieldID{kexin.VisitNote, kexin.VisitOwner}})
	if err != nil {
		return nil, err
	}
	parents, err := tx.Parents(kexin.Visit, l.Rows)
	if err != nil {
		return nil, err
	}
	out := map[kexin.ID]kexin.Cell{}
	for i, r := range l.Rows {
		if _, have := out[parents[i]]; !have && slices.Contains(ids, parents[i]) {
			out[parents[i]] = r.Cells[0]
		}
	}
	return out, nil
}

func (a *App) dueTasks(tx *store.Tx, actor kexin.Actor, t *Today, until kexin.Instant) ([]Due, error) {
	l, err := a.find(tx, actor, kexin.Query{Act: kexin.ActList, Object: kexin.Task, Scene: kexin.Mine, Sort: kexin.TaskDueAt, Limit: 100,
		Fields: []kexin.FieldID{kexin.TaskTitle, kexin.TaskDueAt, kexin.TaskCustomer}, Where: []kexin.Cond{
			{Field: kexin.TaskDoneAt, Op: kexin.Empty},
			{Field: kexin.TaskDueAt, Op: kexin.Gte, Values: []kexin.Value{kexin.Num(1)}},
			{Field: kexin.TaskDueAt, Op: kexin.Lte, Values: []kexin.Value{kexin.Num(int64(until))}},
		}})
	if err != nil {
		return nil, err
	}
	p, err := gate.Authorize(tx.State, actor, kexin.Query{Act: kexin.ActList, Object: kexin.Customer, Fields: dueFields})
	if err != nil {
		return nil, err
	}
	ids := make([]kexin.ID, 0, len(l.Rows))
	for _, r := range l.Rows {
		ids = append(ids, kexin.ID(r.Cells[2].Value.N))
	}
	views, err := tx.Named(&p, ids)
	if err != nil {
		return nil, err
	}
	standing, err := tx.Standings(&p, ids)
	if err != nil {
		return nil, err
	}
	out := make([]Due, 0, len(l.Rows))
	for i, r := range l.Rows {
		at := kexin.Instant(r.Cells[1].Value.N)
		d := Due{Task: r.ID, Customer: ids[i], At: at, Day: at == startOfDay(at, tx.Zone), What: r.Cells[0]}
		if d.Call, err = mayFirst(tx, standing[ids[i]], ids[i]); err != nil {
			return nil, err
		}
		for _, v := range views {
			if v.ID == ids[i] {
				d.Cells = v.Cells
			}
		}
		out = append(out, d)
	}
	t.What = tx.State.Schema.Field(kexin.TaskTitle)
	t.shown = append(t.shown, sight{kexin.Task, l}, sight{kexin.Customer, Listing{Page: kexin.Page{Fields: p.Fields(), Rows: views}, Scene: p.Scene()}})
	return out, nil
}

// openStages are the stages in which a deal is still worked on.
var openStages = []kexin.Value{kexin.Str("need"), kexin.Str("measure"), kexin.Str("quote"), kexin.Str("sign")}

// figures adds counts: open deals, own customers, rows to judge, alerts, and
// for those who lead, what is due in the team.
func (a *App) figures(tx *store.Tx, actor kexin.Actor, t *Today, end kexin.Instant) (err error) {
	deals, err := gate.Authorize(tx.State, actor, kexin.Query{Act: kexin.ActCount, Object: kexin.Deal, Scene: kexin.Mine, Group: kexin.DealStage, Sum: kexin.DealAmount,
		Where: []kexin.Cond{{Field: kexin.DealStage, Op: kexin.In, Values: openStages}}})
	if err == nil {
		if t.Deals, err = tx.Sums(&deals); err != nil {
			return err
		}
	}
	own, err := gate.Authorize(tx.State, actor, kexin.Query{Act: kexin.ActCount, Object: kexin.Customer, Scene: kexin.Mine})
	if err != nil {
		return err
	}
	g, err := tx.Count(&own)
	if err != nil {
		return err
	}
	if len(g) > 0 {
		t.Own = g[0].N
	}
	if t.Begun = t.Own > 0; !t.Begun {
		all, err := a.find(tx, actor, kexin.Query{Act: kexin.ActList, Object: kexin.Customer, Fields: []kexin.FieldID{kexin.CustStage}, Limit: 1})
		if err != nil {
			return err
		}
		t.Begun = len(all.Rows) > 0
	}
	if err := waiting(tx, actor, t); err != nil {
		return err
	}
	if hearsAlerts(tx.State, actor) {
		if t.Alerts, err = alerts(tx, actor, 20); err != nil {
			return err
		}
	}
	if !tx.State.May(actor.Position, kexin.ActMove) {
		return nil
	}
	if t.Team, err = a.teamDue(tx, actor, end); err != nil {
		return err
	}
	t.Late, err = a.teamLate(tx, actor)
	return err
}

// waiting counts rows of imports that wait for the actor to judge them: of his
// own lists and those of members he leads, and of others' about his customers.
func waiting(tx *store.Tx, actor kexin.Actor, t *Today) (err error) {
	scope, err := openable(tx, actor)
	if err == nil && tx.State.May(actor.Position, kexin.ActImport) {
		t.Review, err = tx.CountWaiting(store.Wait{By: gate.Led(tx.State, actor), Of: scope})
	}
	if err == nil && tx.State.May(actor.Position, kexin.ActEdit) {
		t.Handed, err = tx.CountWaiting(ownWait(actor))
	}
	return err
}

// teamLate counts customers late by owner: due before now, but for those due
// some time today.
func (a *App) teamLate(tx *store.Tx, actor kexin.Actor) ([]store.Group, error) {
	late, err := a.teamDue(tx, actor, tx.Now)
	if err != nil {
		return nil, err
	}
	p, err := gate.Authorize(tx.State, actor, kexin.Query{Act: kexin.ActCount, Object: kexin.Customer, Group: kexin.CustOwner, Where: []kexin.Cond{
		{Field: kexin.CustNextAt, Op: kexin.Eq, Values: []kexin.Value{kexin.Num(int64(startOfDay(tx.Now, tx.Zone)))}}}})
	if err != nil {
		return nil, err
	}
	day, err := tx.Count(&p)
	for _, d := range day {
		for i := range late {
			if late[i].Key == d.Key && tx.Now > startOfDay(tx.Now, tx.Zone) {
				late[i].N -= d.N
			}
		}
	}
	return late, err
}

// teamDue counts customers due before a moment by owner.
func (a *App) teamDue(tx *store.Tx, actor kexin.Actor, before kexin.Instant) ([]store.Group, error) {
	p, err := gate.Authorize(tx.State, actor, kexin.Query{Act: kexin.ActCount, Object: kexin.Customer, Group: kexin.CustOwner, Where: []kexin.Cond{
		{Field: kexin.CustNextAt, Op: kexin.Gte, Values: []kexin.Value{kexin.Num(1)}},
		{Field: kexin.CustNextAt, Op: kexin.Lte, Values: []kexin.Value{kexin.Num(int64(before) - 1)}},
	}})
	if err != nil {
		return nil, err
	}
	return tx.Count(&p)
}
