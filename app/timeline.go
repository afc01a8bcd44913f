package app

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"kexin"
	"kexin/consent"
	"kexin/law"
	"kexin/store"
)

// A Moment is one entry of a record's timeline.
type Moment struct {
	ID     kexin.ID
	At     kexin.Instant
	Kind   string // visit, order, deal, task, or the log's own: created, edited, moved, merged, revealed, contact, opened
	Way    string
	Note   kexin.Cell
	Field  *kexin.Field // of the note
	Amount kexin.Cell
	Next   kexin.Instant
	By     kexin.ID
	N      int
	Fields []kexin.FieldID
}

// A Timeline is what happened with a customer, newest first.
type Timeline struct {
	Moments []Moment
	Reasons []kexin.Reason
	More    bool
	shown   []sight
}

// timelineMax is how many moments a timeline shows.
const timelineMax = 200

// Timeline gathers follow-ups, orders, deals and tasks through the gate, and
// what the log says of the person. What it shows is in the log as pages.
func (a *App) Timeline(ctx context.Context, actor kexin.Actor, id kexin.ID) (out Timeline, err error) {
	err = a.store.View(ctx, actor.Org, func(tx *store.Tx) error {
		p, err := a.one(tx, actor, kexin.Query{Act: kexin.ActGet, Object: kexin.Customer, Record: id, Fields: []kexin.FieldID{kexin.CustName}})
		if err != nil {
			return err
		}
		out = Timeline{}
		for _, g := range []func(*store.Tx, kexin.Actor, kexin.ID, *Timeline) error{a.visits, a.orders, a.deals, a.tasks} {
			if err := g(tx, actor, id, &out); err != nil {
				return err
			}
		}
		marks, err := tx.PersonLog(&p)
		if err != nil {
			return err
		}
		for _, m := range marks {
			out.Moments = append(out.Moments, Moment{ID: m.ID, At: m.At, Kind: m.Kind, Way: m.Way, By: m.By, N: m.N, Fields: m.Fields})
		}
		return nil
	})
	if err == nil {
		a.pages.all(actor, out.shown)
	}
	slices.SortStableFunc(out.Moments, func(x, y Moment) int { return cmp.Compare(y.At, x.At) })
	if out.More = len(out.Moments) > timelineMax; out.More {
		out.Moments = out.Moments[:timelineMax]
	}
	return out, err
}

// children lists the records of one kind that belong to a customer.
func (a *App) children(tx *store.Tx, actor kexin.Actor, o kexin.Object, id kexin.ID, t *Timeline, fields ...kexin.FieldID) (Listing, error) {
	l, err := a.find(tx, actor, kexin.Query{Act: kexin.ActList, Object: o, Parent: id, Desc: true, Limit: timelineMax, Fields: fields})
	if err != nil {
		return Listing{}, err
	}
	for i := range l.Rows {
		for j := range l.Rows[i].Cells {
			if l.Rows[i].Cells[j].Reason > 0 {
				l.Rows[i].Cells[j].Reason += len(t.Reasons)
			}
		}
	}
	t.Reasons = append(t.Reasons, l.Reasons...)
	t.shown = append(t.shown, sight{o, l})
	return l, nil
}

func (a *App) visits(tx *store.Tx, actor kexin.Actor, id kexin.ID, t *Timeline) error {
	l, err := a.children(tx, actor, kexin.Visit, id, t, kexin.VisitWay, kexin.VisitNote, kexin.VisitAt, kexin.VisitNextAt)
	if err != nil {
		return err
	}
	made, by, err := tx.Made(kexin.Visit, l.Rows)
	if err != nil {
		return err
	}
	for i, r := range l.Rows {
		at := made[i] // where its own time is withheld
		if r.Cells[2].Level == kexin.Clear {
			at = kexin.Instant(r.Cells[2].Value.N)
		}
		t.Moments = append(t.Moments, Moment{ID: r.ID, Kind: "visit", Way: r.Cells[0].Value.S, Note: r.Cells[1], Field: l.Fields[1],
			At: at, Next: kexin.Instant(r.Cells[3].Value.N), By: by[i]})
	}
	return nil
}

func (a *App) orders(tx *store.Tx, actor kexin.Actor, id kexin.ID, t *Timeline) error {
	l, err := a.children(tx, actor, kexin.Order, id, t, kexin.OrdNo, kexin.OrdOn, kexin.OrdAmount, kexin.OrdStatus)
	if err != nil {
		return err
	}
	by, err := tx.MadeBy(kexin.Order, l.Rows)
	if err != nil {
		return err
	}
	for i, r := range l.Rows {
		t.Moments = append(t.Moments, Moment{ID: r.ID, Kind: "order", Way: r.Cells[3].Value.S, Note: r.Cells[0], Field: l.Fields[0], Amount: r.Cells[2],
			At: kexin.Day(r.Cells[1].Value.S).Start(tx.Zone), By: by[i]})
	}
	return nil
}

func (a *App) deals(tx *store.Tx, actor kexin.Actor, id kexin.ID, t *Timeline) error {
	l, err := a.children(tx, actor, kexin.Deal, id, t, kexin.DealNeed, kexin.DealStage, kexin.DealAmount)
	if err != nil {
		return err
	}
	made, by, err := tx.Made(kexin.Deal, l.Rows)
	if err != nil {
		return err
	}
	for i, r := range l.Rows {
		t.Moments = append(t.Moments, Moment{ID: r.ID, Kind: "deal", Way: r.Cells[1].Value.S, Note: r.Cells[0], Field: l.Fields[0], Amount: r.Cells[2], At: made[i], By: by[i]})
	}
	return nil
}

func (a *App) tasks(tx *store.Tx, actor kexin.Actor, id kexin.ID, t *Timeline) error {
	l, err := a.children(tx, actor, kexin.Task, id, t, kexin.TaskTitle, kexin.TaskDueAt, kexin.TaskDoneAt)
	if err != nil {
		return err
	}
	made, by, err := tx.Made(kexin.Task, l.Rows)
	if err != nil {
		return err
	}
	for i, r := range l.Rows {
		m := Moment{ID: r.ID, Kind: "task", Note: r.Cells[0], Field: l.Fields[0], Next: kexin.Instant(r.Cells[1].Value.N), At: made[i], By: by[i]}
		if done := r.Cells[2].Value.N; done != 0 {
			m.Way, m.At = "done", kexin.Instant(done)
		}
		t.Moments = append(t.Moments, m)
	}
	return nil
}

// A Word is one purpose with the customer's word on it, over a channel or, with
// none, over all.
type Word struct {
	Purpose law.Purpose
	Channel kexin.Channel
	State   consent.State
	Asked   bool // nothing was said, but an enquiry of hers may be answered
	Until   kexin.Instant
	Grade   consent.Grade
}

// Consents are a customer's word on each purpose of the merchant's own.
func (a *App) Consents(ctx context.Context, actor kexin.Actor, id kexin.ID) (words []Word, seen []store.Seen, notice int64, err error) {
	err = a.store.View(ctx, actor.Org, func(tx *store.Tx) error {
		words = nil
		p, err := a.one(tx, actor, kexin.Query{Act: kexin.ActGet, Object: kexin.Customer, Record: id, Fields: []kexin.FieldID{kexin.CustName}})
		if err != nil {
			return err
		}
		st, err := tx.Standings(&p, []kexin.ID{id})
		if err != nil {
			return err
		}
		mays, err := mayAt(tx, st[id], channels...)
		if err != nil {
			return err
		}
		for _, u := range law.Purposes {
			if !u.Family && u.Basis != law.Duty {
				words = append(words, wordsOn(u, st[id].Rows, mays, tx.Now)...)
			}
		}
		if notice, err = tx.NoticeVersion(); err != nil {
			return err
		}
		seen, err = tx.SeenBy(&p)
		return err
	})
	return words, seen, notice, err
}

// ConsentByStaff refuses and records that a member of staff tries to set a consent:
// only the customer's own act does (CON-02). Errors: not_found, E_ONLY_SUBJECT.
func (a *App) ConsentByStaff(ctx context.Context, actor kexin.Actor, id kexin.ID) error {
	refused := law.Refuse("app.consent", "E_ONLY_SUBJECT", nil)
	err := a.store.Update(ctx, actor.Org, func(tx *store.Tx) error {
		if _, err := a.one(tx, actor, kexin.Query{Act: kexin.ActGet, Object: kexin.Customer, Record: id, Fields: []kexin.FieldID{kexin.CustName}}); err != nil {
			return err
		}
		return tx.LogRefused(actor, kexin.ActEdit, refused)
	})
	return cmp.Or[error](err, refused)
}

// wordsOn is the newest word over each channel; where nothing was said, the
// channels over which an enquiry may be answered, else one word that nothing is.
func wordsOn(u law.Purpose, rows []consent.Row, mays []May, now kexin.Instant) (words []Word) {
	newest := map[kexin.Channel]consent.Row{}
	for _, r := range rows {
		if had, ok := newest[r.Channel]; r.Purpose == u.Code && r.Receiver == 0 && (!ok || r.Changed >= had.Changed) {
			newest[r.Channel] = r
		}
	}
	for _, ch := range slices.Sorted(maps.Keys(newest)) {
		r := newest[ch]
		if r.State == consent.Given && now >= r.Until {
			r.State = consent.Expired
		}
		words = append(words, Word{Purpose: u, Channel: ch, State: r.State, Until: r.Until, Grade: r.Grade})
	}
	if len(words) > 0 {
		return words
	}
	for _, m := range mays {
		if m.OK && m.Purpose == u.Code && u.Basis == law.Consent {
			words = append(words, Word{Purpose: u, Channel: m.Channel, Asked: true, Until: m.Until})
		}
	}
	if len(words) == 0 {
		words = []Word{{Purpose: u}}
	}
	return words
}
