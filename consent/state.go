// Package consent is the customer's own word 客户同意: the notice she was
// shown, the states a consent goes through, and whether it allows something
// now. It is pure: time and facts are arguments, and nothing here remembers.
//
// Only her act makes a consent, and only a consent that is given and not
// expired allows anything. Everything not said is no.
package consent

import (
	"slices"

	"kexin"
)

// A State is where one consent stands (law.md 8.1). Only Given allows.
type State string

// The states. None is before there is a consent.
const (
	None        State = ""
	Draft       State = "DRAFT"
	Requested   State = "REQUESTED"             // 等答复
	Given       State = "GIVEN"                 // 已同意
	Refused     State = "REFUSED"               // 不同意
	Lapsed      State = "LAPSED"                // 没答复，作废
	Suspended   State = "SUSPENDED"             // 暂停，待本人确认
	Withdrawn   State = "WITHDRAWN"             // 已撤回
	Expired     State = "EXPIRED"               // 到期
	Superseded  State = "SUPERSEDED"            // a wider or changed one took its place
	Invalidated State = "INVALIDATED"           // found defective
	Revoked     State = "REVOKED_BY_CONTROLLER" // the merchant stopped the purpose
)

// States are all states of a consent that exists.
var States = [...]State{Draft, Requested, Given, Refused, Lapsed, Suspended, Withdrawn, Expired, Superseded, Invalidated, Revoked}

// Terminal reports whether nothing can follow.
func (s State) Terminal() bool {
	switch s {
	case None, Draft, Requested, Given, Suspended:
		return false
	}
	return true
}

// DPV is the state's term in the W3C Data Privacy Vocabulary (STD-02), "" for
// a draft.
func (s State) DPV() string {
	switch s {
	case Requested:
		return "dpv:ConsentRequested"
	case Given:
		return "dpv:ConsentGiven"
	case Refused, Lapsed:
		return "dpv:ConsentRefused"
	case Withdrawn:
		return "dpv:ConsentWithdrawn"
	case Expired:
		return "dpv:ConsentExpired"
	case Invalidated:
		return "dpv:ConsentInvalidated"
	case Revoked, Superseded:
		return "dpv:ConsentRevoked"
	case Suspended:
		return "dpv:ConsentUnknown"
	}
	return ""
}

// A Role is who acts.
type Role string

// The roles.
const (
	Customer   Role = "customer" // herself: C in law.md
	Guardian   Role = "guardian" // of a child under 14
	Relative   Role = "relative" // of a deceased person (PIPL 49)
	Staff      Role = "staff"
	System     Role = "system"
	Clock      Role = "clock"
	Officer    Role = "pio"       // 资料保护负责人
	Authority  Role = "authority" // an order of a public authority
	Controller Role = "controller"
)

// Roles are all roles.
var Roles = [...]Role{Customer, Guardian, Relative, Staff, System, Clock, Officer, Authority, Controller}

// A Kind names an event.
type Kind string

// The kinds of event.
const (
	Create     Kind = "create"
	Request    Kind = "request"
	Give       Kind = "give"
	Refuse     Kind = "refuse"
	Timeout    Kind = "timeout"
	Cancel     Kind = "cancel" // the merchant takes its request back; it still counts as an ask
	Withdraw   Kind = "withdraw"
	Expire     Kind = "expire"
	Reconsent  Kind = "reconsent"
	Dispute    Kind = "dispute" // "not me", capacity, a relative
	Confirm    Kind = "confirm"
	Fail       Kind = "fail"
	Invalidate Kind = "invalidate"
	Stop       Kind = "stop" // the merchant ends the purpose
)

// Kinds are all kinds of event.
var Kinds = [...]Kind{Create, Request, Give, Refuse, Timeout, Cancel, Withdraw, Expire, Reconsent, Dispute, Confirm, Fail, Invalidate, Stop}

// A Transition is one row of the state machine.
type Transition struct {
	From  State
	Event Kind
	By    []Role
	To    State
}

// Transitions is the whole machine; what is not listed is refused. No row
// leads staff to Given.
var Transitions = []Transition{
	{None, Create, []Role{Staff, Customer}, Draft},
	{Draft, Request, []Role{Staff, System}, Requested},
	{Draft, Give, []Role{Customer}, Given},
	{Requested, Give, []Role{Customer, Guardian}, Given},
	{Requested, Refuse, []Role{Customer}, Refused},
	{Requested, Timeout, []Role{Clock}, Lapsed},
	{Requested, Cancel, []Role{Staff}, Lapsed},
	{Given, Withdraw, []Role{Customer, Guardian, Relative}, Withdrawn},
	{Given, Expire, []Role{Clock}, Expired},
	{Given, Reconsent, []Role{Customer}, Superseded},
	{Given, Dispute, []Role{Customer, Staff}, Suspended},
	{Given, Invalidate, []Role{Officer, Authority}, Invalidated},
	{Given, Stop, []Role{Controller}, Revoked},
	{Suspended, Confirm, []Role{Customer}, Given},
	{Suspended, Fail, []Role{Clock, Officer}, Invalidated},
	{Suspended, Invalidate, []Role{Officer, Authority}, Invalidated},
	{Suspended, Withdraw, []Role{Customer}, Withdrawn},
	{Suspended, Expire, []Role{Clock}, Expired},
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

// hers are the events that make or renew a consent: her act and nobody's for
// her (CON-02).
func (k Kind) hers() bool { return k == Give || k == Confirm || k == Reconsent }

// An Event is something that happens to a consent, with the facts its guard
// looks at. The caller has established the facts in the same transaction.
type Event struct {
	Kind Kind
	By   Role
	At   kexin.Instant
	// Due is when the clock in question ends: the request's 14 days, the
	// consent's expiry, the dispute's 15 days.
	Due    kexin.Instant
	Reason string // code; needed to invalidate
	Facts  Facts
}

// Facts are what guards ask. The zero Facts hold nothing.
type Facts struct {
	Purpose  bool // the purpose is in the catalogue
	Notice   bool // a published notice covers it
	MayAsk   bool // MayAsk said so
	Channel  bool // it is lawful to ask over this channel
	Complete bool // the request has every part of PIPL 17 and, for a receiver, 23
	Proof    bool // the act is authenticated as hers
	Active   bool // she did something: no silence, no box ticked beforehand
	Alone    bool // not merged with another purpose, receiver or the terms of sale
	Minor    bool // under 14
	Renewed  bool // the new consent that takes this one's place is given
}

// Apply is the next state. What the machine does not list is forbidden; a
// consent that anyone but the customer tries to give is E_ONLY_SUBJECT
// (CON-02); a guard that does not hold says which.
func Apply(s State, e Event) (State, error) {
	t, ok := TransitionOf(s, e.Kind)
	switch {
	case (!ok || !slices.Contains(t.By, e.By)) && e.Kind.hers() && e.By != Customer && e.By != Guardian:
		return s, refuse("E_ONLY_SUBJECT")
	case !ok:
		return s, fault(kexin.Forbidden, "error.consent_state")
	case !slices.Contains(t.By, e.By):
		return s, fault(kexin.Forbidden, "error.consent_role")
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
		return first(need(f.Purpose, "E_PURPOSE"), need(f.Notice, "E_NOTICE_STALE"))
	case Request:
		return first(need(f.Complete, "E_ART23_FIELDS"), unless(!f.Channel, "error.consent_channel"), need(f.MayAsk, "E_REASK_COOLDOWN"))
	case Give:
		return guardGive(s, e)
	case Confirm:
		return first(proven(f), unless(e.At > e.Due, "error.consent_late"))
	case Reconsent:
		return first(proven(f), unless(!f.Renewed, "error.consent_renew"))
	case Timeout, Expire:
		return unless(e.Due == 0 || e.At < e.Due, "error.consent_early")
	case Fail:
		return unless(e.By == Clock && (e.Due == 0 || e.At < e.Due), "error.consent_early")
	case Invalidate:
		return unless(e.Reason == "", "error.consent_reason")
	}
	return nil
}

// guardGive: her authenticated, active act; a child's through a guardian, and
// nobody else's through one; an answer to a request only within its 14 days.
func guardGive(s State, e Event) error {
	f := e.Facts
	return first(
		proven(f),
		unless(!f.Active || !f.Alone, "error.consent_bundled"),
		need(!f.Minor || e.By == Guardian, "E_MINOR"),
		need(f.Minor || e.By == Customer, "E_ONLY_SUBJECT"),
		unless(s == Requested && e.At >= e.Due, "error.consent_late"),
	)
}

func proven(f Facts) error { return unless(!f.Proof, "error.consent_proof") }

func need(ok bool, l kexin.Law) error {
	if ok {
		return nil
	}
	return refuse(l)
}

func unless(bad bool, key string) error {
	if bad {
		return fault(kexin.Forbidden, key)
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
