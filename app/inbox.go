package app

import (
	"cmp"
	"context"
	"slices"

	"kexin"
	"kexin/consent"
	"kexin/gate"
	"kexin/i18n"
	"kexin/law"
	"kexin/ledger"
	"kexin/share"
	"kexin/store"
)

// An Arrival is a referral as its receiver's staff see it. Before it is
// accepted there is nothing of her in it.
type Arrival struct {
	ID       kexin.ID
	From     string // name of the merchant who recommended
	FromID   kexin.ID
	Counter  bool // she scanned the code on his counter
	Need     string
	Channel  kexin.Channel
	Given    []kexin.PurposeCode // what she ticked besides and agreed to, the address being proved
	Waits    []kexin.PurposeCode // what she ticked besides and still has to prove the address for
	Grade    consent.Grade
	State    share.State
	Doubt    string
	Outcome  string
	Made     kexin.Instant
	Due      kexin.Instant // when the clock of the state ends
	Customer kexin.ID
	Name     kexin.Cell
	Member   kexin.ID
	Said     string // the word to say first; only after accepting, "" where she may not be contacted
	Back     string // she stopped this shop before: how she comes back to it, ReturnCode or ReturnHere
	Tries    int64  // left for the second word
	Proved   bool
	Calls    int64
}

// mayAnswer are the positions that answer customers.
func mayAnswer(tx *store.Tx, actor kexin.Actor) error {
	if err := gate.Check(tx.State, actor, kexin.ActContact); err != nil {
		return err
	}
	return gate.Check(tx.State, actor, kexin.ActCreate)
}

// liveMost is how many are listed of those in which something is left to do.
const liveMost = 1000

// Inbox lists what customers sent to this merchant, newest first: what waits,
// and what the actor may see of the rest. However many came and are over, none that
// waits is left out.
func (a *App) Inbox(ctx context.Context, actor kexin.Actor) (out []Arrival, reasons []kexin.Reason, err error) {
	var seen sight
	err = a.store.View(ctx, actor.Org, func(tx *store.Tx) error {
		out = nil
		if err := mayAnswer(tx, actor); err != nil {
			return err
		}
		list, err := tx.Arrived(liveMost, sentMost)
		if err != nil {
			return err
		}
		ids := make([]kexin.ID, 0, len(list))
		for _, r := range list {
			if r.Customer != 0 {
				ids = append(ids, r.Customer)
			}
		}
		names, shown, err := a.customerNames(tx, actor, ids)
		if err != nil {
			return err
		}
		seen = shown
		cards := map[kexin.ID]store.Card{}
		for _, r := range list {
			name, in := names[r.Customer]
			if r.Customer != 0 && !in && r.State != share.Revoking && r.State != share.Revoked || r.Customer != 0 && !in && r.Member != actor.User {
				continue
			}
			v, err := a.arrival(tx, cards, r, r.Customer != 0 && in)
			if err != nil {
				return err
			}
			v.Name = name
			out = append(out, v)
		}
		return nil
	})
	if err == nil {
		a.pages.all(actor, []sight{seen})
	}
	return out, seen.Reasons, err
}

func (a *App) arrival(tx *store.Tx, cards map[kexin.ID]store.Card, r store.Referral, inScope bool) (Arrival, error) {
	v := Arrival{ID: r.ID, FromID: r.Peer, Counter: r.Way == wayCounter, Need: r.Need, Channel: r.Channel, Grade: r.Grade, State: r.State, Doubt: r.Doubt, Outcome: r.Outcome,
		Made: r.Made, Due: r.Due, Member: r.Member, Proved: r.Proved != 0, Calls: r.Calls, Tries: max(0, consent.PairTries-r.Tries)}
	if openOutcome(v.Outcome) {
		v.Outcome = ""
	}
	c, known := cards[r.Peer]
	if !known {
		var err error
		if c, err = tx.Card(r.Peer); err != nil && kexin.CodeOf(err) != kexin.NotFound {
			return v, err
		}
		cards[r.Peer] = c
	}
	v.From = c.Shown
	if err := v.ticked(tx, r); err != nil {
		return v, err
	}
	if !inScope || !alive(r.State) {
		return v, nil
	}
	v.Customer = r.Customer
	var err error
	if v.Back, err = a.returnsBy(tx, r); v.Back != "" || err != nil { // nobody says a word to who stopped this shop
		return v, err
	}
	v.Said, err = tx.SaidWord(r)
	return v, err
}

// ticked tells what she ticked besides and agreed to from what waits for a proof;
// what she stopped, or what is over, is neither.
func (v *Arrival) ticked(tx *store.Tx, r store.Referral) error {
	if len(r.Wants) == 0 {
		return nil
	}
	rows, err := tx.Words(r.Subject)
	if err != nil {
		return err
	}
	for _, w := range r.Wants {
		u, err := law.PurposeOf(kexin.PurposeCode(w))
		if err != nil {
			continue
		}
		if consent.Allows(rows, u.Code, u.Channel, 0, tx.Now).OK {
			v.Given = append(v.Given, u.Code)
		} else if slices.ContainsFunc(rows, func(x consent.Row) bool {
			return x.Purpose == u.Code && x.Channel == u.Channel && x.State == consent.Requested && tx.Now < x.Until
		}) {
			v.Waits = append(v.Waits, u.Code)
		}
	}
	return nil
}

// ArrivalOf is the referral by which a customer came, for her record; false
// where she came otherwise.
func (a *App) ArrivalOf(ctx context.Context, actor kexin.Actor, customer kexin.ID) (v Arrival, ok bool, err error) {
	err = a.store.View(ctx, actor.Org, func(tx *store.Tx) error {
		if _, err := a.one(tx, actor, kexin.Query{Act: kexin.ActGet, Object: kexin.Customer, Record: customer, Fields: []kexin.FieldID{kexin.CustName}}); err != nil {
			return err
		}
		r, err := tx.ReferralOf(customer)
		if err != nil || r.ID == 0 {
			return err
		}
		ok = true
		v, err = a.arrival(tx, map[kexin.ID]store.Card{}, r, true)
		return err
	})
	return v, ok, err
}

// overdue is the refusal of what is done for who came by a referral while a
// letter of the merchant who recommended her waits for longer than five
// minutes: it may be her withdrawal. nil where she came by none.
func (a *App) overdue(ctx context.Context, org kexin.ID, find func(*store.Tx) (store.Referral, error)) (refused, err error) {
	var r store.Referral
	if err := a.store.View(ctx, org, func(tx *store.Tx) (err error) { r, err = find(tx); return absentIsNobody(err) }); err != nil || r.Peer == 0 {
		return nil, err
	}
	late := false
	err = a.store.View(ctx, r.Peer, func(tx *store.Tx) (err error) { late, err = tx.Overdue(org); return err })
	if late {
		refused = &kexin.Error{Op: "app.inbox", Code: kexin.Unavailable, Key: "error.letters_late"}
	}
	return refused, err
}

// AcceptReferral takes what she sent: the customer appears with source and
// consent and only what she gave, owned by who accepts, with a task to contact her,
// unless she stopped this shop before.
// Errors: conflict where it was answered, or after 72 hours.
func (a *App) AcceptReferral(ctx context.Context, actor kexin.Actor, id kexin.ID) (customer kexin.ID, err error) {
	late, err := a.overdue(ctx, actor.Org, func(tx *store.Tx) (store.Referral, error) { return tx.Referral(id) })
	if err != nil {
		return 0, err
	}
	var refused error
	err = a.store.Update(ctx, actor.Org, func(tx *store.Tx) error {
		customer = 0
		r, no, err := a.moving(tx, actor, id, store.Receiving, share.Accept)
		if refused = cmp.Or(no, late); err != nil || refused != nil {
			return err
		}
		e := share.Event{Kind: share.Accept, By: share.Receiver, At: tx.Now, Due: r.Due}
		if _, refused = share.Apply(r.State, e); refused == nil {
			refused = doubted(r)
		}
		if refused != nil {
			return tx.NotMoved(r, e.Kind, ledger.Who(actor), refused)
		}
		p, err := gate.Create(tx.State, actor, kexin.Query{Act: kexin.ActCreate, Object: kexin.Customer, Fields: store.WelcomeFields}, actor.User)
		if err != nil {
			return err
		}
		if customer, err = tx.Welcome(&p, r, actor.User); err != nil {
			return err
		}
		r.Customer, r.Member = customer, actor.User
		stopped, err := stoppedAt(tx, r)
		if err != nil {
			return err
		}
		if !stopped { // whom she may not contact nobody is told to
			if err := a.callTask(tx, actor, r); err != nil {
				return err
			}
		}
		if err := creditCounter(tx, r); err != nil {
			return err
		}
		return a.move(tx, r, e, ledger.Who(actor), "")
	})
	if err == nil {
		err = refused
	}
	a.kick()
	return customer, err
}

// callTask writes the task to contact her the way she chose, with the word to
// say.
func (a *App) callTask(tx *store.Tx, actor kexin.Actor, r store.Referral) error {
	said, err := tx.SaidWord(r)
	if err != nil {
		return err
	}
	title := i18n.T(actor.Lang, "introduce.task."+string(r.Channel), map[string]string{"word": said, "need": needWord(actor.Lang, r.Need)})
	vals := store.Values{kexin.TaskTitle: kexin.Str(title), kexin.TaskDueAt: kexin.Num(int64(tx.Now) + 2*3_600_000)}
	p, err := gate.Create(tx.State, actor, kexin.Query{Act: kexin.ActCreate, Object: kexin.Task, Fields: keysOf(vals)}, actor.User)
	if err != nil {
		return err
	}
	_, err = tx.Create(&p, actor.User, r.Customer, vals)
	return err
}

// RejectReferral says no to what she sent: it is erased at once.
func (a *App) RejectReferral(ctx context.Context, actor kexin.Actor, id kexin.ID) error {
	return a.receiverMoves(ctx, actor, id, share.Event{Kind: share.Reject, By: share.Receiver})
}

// LoseReferral says that nothing came of it: her data goes within 30 days.
func (a *App) LoseReferral(ctx context.Context, actor kexin.Actor, id kexin.ID) error {
	return a.receiverMoves(ctx, actor, id, share.Event{Kind: share.NoDeal, By: share.Receiver})
}

// WinReferral says that she ordered: the order carries her data from here on.
// It needs an order of hers.
func (a *App) WinReferral(ctx context.Context, actor kexin.Actor, id kexin.ID) error {
	return a.receiverMoves(ctx, actor, id, share.Event{Kind: share.Order, By: share.Receiver})
}

func (a *App) receiverMoves(ctx context.Context, actor kexin.Actor, id kexin.ID, e share.Event) error {
	var refused error
	err := a.store.Update(ctx, actor.Org, func(tx *store.Tx) error {
		r, no, err := a.moving(tx, actor, id, store.Receiving, e.Kind)
		if refused = no; err != nil || refused != nil {
			return err
		}
		e.At = tx.Now
		if e.Kind == share.Order {
			if e.Facts.Order, err = tx.Ordered(r.Subject); err != nil {
				return err
			}
		}
		if _, refused = share.Apply(r.State, e); refused != nil {
			return tx.NotMoved(r, e.Kind, ledger.Who(actor), refused)
		}
		if err := a.move(tx, r, e, ledger.Who(actor), ""); err != nil || e.Kind != share.Order || r.Proved == 0 {
			return err
		}
		return creditPeer(tx, r.Peer, "order")
	})
	if err == nil {
		err = refused
	}
	a.kick()
	return err
}

// contactReferred holds a contact against the referral by which a customer
// came (8.2): until her number is proved, the one channel she chose and one
// contact; in the hours for it; then what she gave. It moves the referral to
// CONTACTED. A customer who came otherwise is nobody's referral. late is what
// overdue found.
func (a *App) contactReferred(tx *store.Tx, actor kexin.Actor, customer kexin.ID, ch kexin.Channel, late error) (refused, err error) {
	r, err := tx.ReferralOf(customer)
	if err != nil || r.ID == 0 {
		return nil, err
	}
	if late != nil {
		return late, nil
	}
	if r.State == share.Won || r.State == share.Closed {
		return nil, nil
	}
	if !alive(r.State) {
		refused = &kexin.Error{Op: "app.contact", Code: kexin.Forbidden, Law: "E_PURPOSE", Key: "law.E_PURPOSE"}
		return refused, tx.NotMoved(r, share.Contact, ledger.Who(actor), refused)
	}
	if refused, err = allowedContact(tx, actor, r, ch); refused != nil || err != nil {
		return refused, err
	}
	was := r.State
	r.Calls++
	if r.State != share.Accepted {
		return nil, tx.SaveReferral(was, r)
	}
	e := share.Event{Kind: share.Contact, By: share.Receiver, At: tx.Now, Due: r.Due, Facts: share.Facts{Clear: true}}
	if _, refused := share.Apply(r.State, e); refused != nil {
		return refused, tx.NotMoved(r, e.Kind, ledger.Who(actor), refused)
	}
	return nil, a.move(tx, r, e, ledger.Who(actor), "")
}

// notContacted records that it was tried to contact a customer out of sight who
// came by a referral, such as one who stopped it.
func notContacted(tx *store.Tx, actor kexin.Actor, customer kexin.ID, refused error) error {
	r, err := tx.ReferralOf(customer)
	if err != nil || r.ID == 0 {
		return err
	}
	return tx.NotMoved(r, share.Contact, ledger.Who(actor), refused)
}

func allowedContact(tx *store.Tx, actor kexin.Actor, r store.Referral, ch kexin.Channel) (refused, err error) {
	if err := law.Quiet(tx.Now.Time().In(tx.Zone), law.China()); err != nil && (ch == kexin.ByCall || r.State == share.Accepted) {
		return err, nil
	}
	if r.Proved == 0 {
		switch {
		case ch != r.Channel:
			return law.Refuse("app.contact", "E_NO_CHANNEL_CONSENT", map[string]string{"channel": i18n.T(actor.Lang, "channel."+string(ch), nil)}), nil
		case r.Calls >= 1:
			return &kexin.Error{Op: "app.contact", Code: kexin.RateLimited, Key: "error.referral_once"}, nil
		}
		return nil, nil
	}
	rows, err := tx.Words(r.Subject)
	if err != nil {
		return nil, err
	}
	d := consent.Allows(rows, kexin.FollowUp, ch, 0, tx.Now)
	return d.Err(i18n.T(actor.Lang, "channel."+string(ch), nil)), nil
}

// mayFirst is the answer for the way in which a customer is contacted from a
// list: a call, or what she chose who came by a referral.
func mayFirst(tx *store.Tx, st *store.Standing, customer kexin.ID) (May, error) {
	if st == nil || len(st.Rows) == 0 {
		return may(st, kexin.ByCall, tx.Now), nil
	}
	r, err := tx.ReferralOf(customer)
	if err != nil {
		return May{}, err
	}
	ch := kexin.ByCall
	if alive(r.State) && r.State != share.Won {
		ch = r.Channel
	}
	m, err := mayAt(tx, st, ch)
	if err != nil {
		return May{}, err
	}
	return mayReferred(m[0], r, st.Rows, tx.Now), nil
}

// mayReferred is what a contact would be held against (contactReferred), as the
// answer on her record: until her number is proved the way that she chose, once;
// then what she gave.
func mayReferred(m May, r store.Referral, rows []consent.Row, now kexin.Instant) May {
	if r.ID == 0 || r.State == share.Won || r.State == share.Closed || !m.OK && m.Reason != "consent_none" && m.Reason != "no_enquiry" {
		return m
	}
	m.Purpose = kexin.FollowUp
	switch {
	case !alive(r.State):
		m.Decision = consent.Decision{Law: "E_PURPOSE", Reason: "consent_none"}
	case r.Proved != 0:
		m.Decision = consent.Allows(rows, kexin.FollowUp, m.Channel, 0, now)
	case m.Channel != r.Channel:
		m.Decision = consent.Decision{Law: "E_NO_CHANNEL_CONSENT", Reason: "consent_none"}
	case r.Calls >= 1:
		m.Decision = consent.Decision{Reason: "referral_once"}
	default:
		m.Decision = consent.Decision{OK: true, Until: r.Due}
	}
	return m
}
