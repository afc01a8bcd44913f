// Package share is what two merchants may do about one customer 推荐, as tables:
// the states of a referral in the mode INTRODUCE, in which she gives her own
// data to the other shop and nothing is handed over for her, and the bounds of
// asking. It is pure: time and facts are arguments.
//
// Each merchant has a row of his own with the same id. The receiver has none
// before she submits (I2, SHR-04).
package share

import (
	"slices"

	"kexin"
)

// A State is where a referral 转介绍单 stands (law.md 8.2).
type State string

// The states. None is before there is a referral. No row is ever left as a Draft:
// recommending is five taps, created and checked in one transaction, so that a row
// begins as Awaiting or Blocked. It is fixed by recommending the same once more.
const (
	None      State = ""
	Draft     State = "DRAFT"
	Blocked   State = "BLOCKED"
	Awaiting  State = "AWAITING_CUSTOMER" // 等她答复
	Declined  State = "DECLINED"          // 这次不需要
	Expired   State = "EXPIRED"
	Submitted State = "SELF_SUBMITTED" // she gave her own data to the receiver
	Rejected  State = "REJECTED_BY_RECEIVER"
	Accepted  State = "ACCEPTED" // 已接
	Contacted State = "CONTACTED"
	Won       State = "WON"
	Lost      State = "LOST"
	Revoking  State = "REVOKING" // 叫停，等结果
	Revoked   State = "REVOKED"
	Closed    State = "CLOSED"
)

// States are all states of a referral that exists.
var States = [...]State{Draft, Blocked, Awaiting, Declined, Expired, Submitted, Rejected, Accepted, Contacted, Won, Lost, Revoking, Revoked, Closed}

// A Role is who acts.
type Role string

// The roles.
const (
	Sender   Role = "sender"   // staff of the merchant whose customer she is: A in law.md
	Receiver Role = "receiver" // staff of the other one: B
	Customer Role = "customer" // herself: C
	Clock    Role = "clock"
	System   Role = "system"
)

// Roles are all roles.
var Roles = [...]Role{Sender, Receiver, Customer, Clock, System}

// A Kind names an event.
type Kind string

// The kinds of event.
const (
	Create   Kind = "create"
	Pass     Kind = "pass"  // the check found nothing against it
	Block    Kind = "block" // the check found something
	Fix      Kind = "fix"
	Cancel   Kind = "cancel" // the sender takes the question back
	Decline  Kind = "decline"
	TakeBack Kind = "take_back" // she changes her mind after declining
	Timeout  Kind = "timeout"   // 14 days without an answer
	Submit   Kind = "submit"    // she sends her own data to the receiver
	Accept   Kind = "accept"
	Reject   Kind = "reject"
	Silence  Kind = "silence" // 72 hours without the receiver
	Contact  Kind = "contact" // first contact
	Idle     Kind = "idle"    // 7 days without a first contact
	Order    Kind = "order"
	NoDeal   Kind = "no_deal"
	Withdraw Kind = "withdraw"
	Outcome  Kind = "outcome" // what the receiver did after a withdrawal
	Overdue  Kind = "overdue" // 15 days without one
	Close    Kind = "close"
)

// Kinds are all kinds of event.
var Kinds = [...]Kind{Create, Pass, Block, Fix, Cancel, Decline, TakeBack, Timeout, Submit, Accept, Reject, Silence, Contact, Idle, Order, NoDeal, Withdraw, Outcome, Overdue, Close}

// A Transition is one row of the machine.
type Transition struct {
	From  State
	Event Kind
	By    []Role
	To    State
}

// Transitions is the machine of the mode INTRODUCE; what is not listed is
// refused and recorded. No row leads staff to Submitted.
var Transitions = []Transition{
	{None, Create, []Role{Sender}, Draft},
	{Draft, Pass, []Role{System}, Awaiting},
	{Draft, Block, []Role{System}, Blocked},
	{Blocked, Fix, []Role{Sender}, Draft},
	{Draft, Cancel, []Role{Sender}, Closed},
	{Blocked, Cancel, []Role{Sender}, Closed},
	{Awaiting, Cancel, []Role{Sender}, Closed},
	{Awaiting, Decline, []Role{Customer}, Declined},
	{Declined, TakeBack, []Role{Customer}, Awaiting},
	{Awaiting, Timeout, []Role{Clock}, Expired},
	{None, Submit, []Role{Customer}, Submitted},     // the receiver's row begins with it
	{Awaiting, Submit, []Role{Customer}, Submitted}, // the sender's row, where she allowed it
	{Submitted, Accept, []Role{Receiver}, Accepted},
	{Submitted, Reject, []Role{Receiver}, Rejected},
	{Submitted, Silence, []Role{Clock}, Rejected},
	{Accepted, Contact, []Role{Receiver}, Contacted},
	{Accepted, Idle, []Role{Clock}, Lost},
	{Contacted, Order, []Role{Receiver}, Won},
	{Contacted, NoDeal, []Role{Receiver, Clock}, Lost},
	{Accepted, NoDeal, []Role{Receiver, Clock}, Lost},
	{Submitted, Withdraw, []Role{Customer}, Revoking},
	{Accepted, Withdraw, []Role{Customer}, Revoking},
	{Contacted, Withdraw, []Role{Customer}, Revoking},
	{Won, Withdraw, []Role{Customer}, Revoking},
	{Lost, Withdraw, []Role{Customer}, Revoking},
	// The row of a sender who was not told of her yes stands as if she had not
	// answered, until she stops at every shop and he has to pass that on.
	{Awaiting, Withdraw, []Role{Customer}, Revoking},
	{Declined, Withdraw, []Role{Customer}, Revoking},
	{Expired, Withdraw, []Role{Customer}, Revoking},
	{Closed, Withdraw, []Role{Customer}, Revoking},
	{Revoking, Outcome, []Role{Receiver, System}, Revoked},
	{Revoking, Overdue, []Role{Clock}, Revoking},
	{Won, Close, []Role{System}, Closed},
	{Lost, Close, []Role{System}, Closed},
	{Declined, Close, []Role{System}, Closed},
	{Expired, Close, []Role{System}, Closed},
	{Rejected, Close, []Role{System}, Closed},
	{Revoked, Close, []Role{System}, Closed},
}

// An Event is something that happens to a referral, with the facts its guard
// looks at. The caller has established them in the same transaction.
type Event struct {
	Kind  Kind
	By    Role
	At    kexin.Instant
	Due   kexin.Instant // when the clock in question ends
	Facts Facts
}

// Facts are what guards ask. The zero Facts hold nothing.
type Facts struct {
	Need     bool // a need of the catalogue and how it was talked about are recorded (SHR-12)
	Hers     bool // she is the sender's lawful customer, in scope of who acts
	Onward   bool // she came to the sender by a referral herself (SHR-06)
	Minor    bool // she is under fourteen (SEN-04)
	Shut     bool // disputed, or marked: do-not-contact, or no offers
	Staff    bool // the browser carries a staff session, or is known as staff's
	Verified bool // the receiver is verified and shares an alliance with the sender
	Order    bool // there is an order
	Clear    bool // hours, frequency and purpose allow the contact
}

// TransitionOf finds the row of an event in a state; ok is false where there
// is none.
func TransitionOf(s State, k Kind) (t Transition, ok bool) {
	for _, t := range Transitions {
		if t.From == s && t.Event == k {
			return t, true
		}
	}
	return Transition{}, false
}

// told are the events at a receiver of which a sender may be told by letter.
var told = []Kind{Submit, Accept, Reject, Silence, Contact, Idle, Order, NoDeal, Withdraw}

// Told reports whether a receiver may tell a sender of an event: what happens
// at the sender himself he is told by nobody.
func (k Kind) Told() bool { return slices.Contains(told, k) }

// hers are the acts that are hers alone.
func (k Kind) hers() bool { return k == Submit || k == Decline || k == TakeBack || k == Withdraw }

// Apply is the next state. What the machine
// does not list is forbidden; her acts by anybody else are E_ONLY_SUBJECT; a
// guard that does not hold says which.
func Apply(s State, e Event) (State, error) {
	t, ok := TransitionOf(s, e.Kind)
	switch {
	case e.Kind.hers() && (e.By != Customer || e.Facts.Staff):
		return s, refuse("E_ONLY_SUBJECT")
	case !ok:
		return s, fault(kexin.Conflict, "error.referral_state")
	case !slices.Contains(t.By, e.By):
		return s, fault(kexin.Forbidden, "error.referral_role")
	}
	if err := guard(s, e); err != nil {
		return s, err
	}
	return t.To, nil
}

// guard checks the facts that an event needs in a state.
func guard(s State, e Event) error {
	f := e.Facts
	switch e.Kind {
	case Create:
		return first(unless(!f.Hers, kexin.NotFound, ""), unless(!f.Need, kexin.Invalid, "error.referral_need"))
	case Pass:
		return first(need(!f.Onward, "E_ONWARD"), need(!f.Minor, "E_MINOR"), unless(f.Shut, kexin.Forbidden, "error.referral_shut"), unless(!f.Verified, kexin.Forbidden, "error.referral_receiver"))
	case Submit, Decline, TakeBack:
		return late(e)
	case Accept:
		return late(e)
	case Contact:
		return first(unless(!f.Clear, kexin.Forbidden, "error.referral_contact"), late(e))
	case Order:
		return unless(!f.Order, kexin.Invalid, "error.referral_order")
	case Timeout, Silence, Idle, Overdue, Close:
		return early(e)
	case NoDeal:
		if e.By == Clock {
			return early(e)
		}
	}
	return nil
}

func late(e Event) error {
	return unless(e.Due != 0 && e.At >= e.Due, kexin.Conflict, "error.referral_late")
}
func early(e Event) error {
	return unless(e.Due == 0 || e.At < e.Due, kexin.Forbidden, "error.referral_early")
}

func need(ok bool, l kexin.Law) error {
	if ok {
		return nil
	}
	return refuse(l)
}

func unless(bad bool, c kexin.Code, key string) error {
	if bad {
		return fault(c, key)
	}
	return nil
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
