package app

import (
	"context"
	"slices"
	"time"
	"unicode/utf8"

	"kexin"
	"kexin/auth"
	"kexin/ledger"
	"kexin/store"
)

// An AllianceView is the alliance as one of its members sees it.
type AllianceView struct {
	store.Alliance
	In      bool // the merchant is in one
	Founds  bool // it is the founder
	Members []AllianceMember
}

// An AllianceMember is one merchant in it, with its card where it has one.
type AllianceMember struct {
	store.Membership
	Card store.Card
}

// Alliance is the merchant's alliance; In is false where there is none.
func (a *App) Alliance(ctx context.Context, actor kexin.Actor) (v AllianceView, err error) {
	err = a.store.View(ctx, actor.Org, func(tx *store.Tx) error {
		v = AllianceView{}
		own, err := tx.Membership()
		if err != nil || own.Alliance == 0 {
			return err
		}
		v, err = allianceView(tx, own.Alliance)
		v.In, v.Founds = true, v.Founder == tx.Org
		return err
	})
	return v, err
}

func allianceView(tx *store.Tx, id kexin.ID) (v AllianceView, err error) {
	var members []store.Membership
	if v.Alliance, members, err = tx.AllianceOf(id); err != nil {
		return v, err
	}
	for _, m := range members {
		c, err := tx.Card(m.Org)
		if err != nil && kexin.CodeOf(err) != kexin.NotFound {
			return v, err
		}
		v.Members = append(v.Members, AllianceMember{m, c})
	}
	return v, nil
}

// ready refuses who has no card yet, which others and customers see, or no
// notice, without which nobody may give it anything: a customer would fill in
// the whole form before she is told.
func ready(tx *store.Tx) error {
	missing := func(key string) error {
		return &kexin.Error{Op: "app.alliance", Code: kexin.Forbidden, Key: key}
	}
	if _, err := tx.Card(tx.Org); kexin.CodeOf(err) == kexin.NotFound {
		return missing("error.alliance_card")
	} else if err != nil {
		return err
	}
	n, err := tx.Notice()
	if err == nil && n.Version == 0 {
		err = missing("error.alliance_notice")
	}
	return err
}

// FoundAlliance founds one: for who may change settings, with card and notice.
// A merchant is in one alliance at most. Errors: conflict, invalid.
func (a *App) FoundAlliance(ctx context.Context, actor kexin.Actor, name string) (id kexin.ID, err error) {
	name = plainLine(name)
	if n := utf8.RuneCountInString(name); n == 0 || n > 40 {
		return 0, fieldError("name", "error.required")
	}
	free := func(tx *store.Tx) error {
		if err := factored(actor); err != nil {
			return err
		}
		if err := ready(tx); err != nil {
			return err
		}
		return inNone(tx)
	}
	if err := a.admin(ctx, actor, free); err != nil {
		return 0, err
	}
	id = a.store.NewID(kexin.At(a.now()))
	if err := a.beginLog(ctx, actor.Org, id, name); err != nil {
		return 0, err
	}
	err = a.admin(ctx, actor, func(tx *store.Tx) error {
		if err := free(tx); err != nil {
			return err
		}
		if _, err := tx.AddAlliance(id, name); err != nil {
			return err
		}
		return allied(tx, actor, id, "founded", tx.Org)
	})
	a.kick()
	return id, err
}

func inNone(tx *store.Tx) error {
	own, err := tx.Membership()
	if err == nil && own.Alliance != 0 {
		err = &kexin.Error{Op: "app.alliance", Code: kexin.Conflict, Key: "error.alliance_in"}
	}
	return err
}

// joinLife is how long an invitation into an alliance lives. It may be used by
// several: it hangs on the wall at a meeting.
const joinLife = 7 * 24 * time.Hour

// InviteToAlliance makes the link or QR code by which merchants of this server
// join, as a sender at once; an earlier one dies. The founder's act.
func (a *App) InviteToAlliance(ctx context.Context, actor kexin.Actor) (secret auth.Secret, ends kexin.Instant, err error) {
	s, digest := auth.NewLink()
	if err := factored(actor); err != nil {
		return "", 0, err
	}
	err = a.admin(ctx, actor, func(tx *store.Tx) error {
		own, err := a.founder(tx)
		if err != nil {
			return err
		}
		if err := tx.EndPortalLinks(store.JoinLink, own.Alliance); err != nil {
			return err
		}
		ends = tx.Now.Add(joinLife)
		if _, err := tx.AddPortalLink(store.PortalLink{Digest: digest[:], Kind: store.JoinLink, Ref: own.Alliance, Ends: ends}); err != nil {
			return err
		}
		return tx.Log(event(actor, &ledger.AllianceChanged{Alliance: own.Alliance, Change: "invited"}))
	})
	return s, ends, err
}

func (a *App) founder(tx *store.Tx) (store.Membership, error) {
	own, err := tx.Membership()
	if err != nil {
		return own, err
	}
	al, _, err := tx.AllianceOf(own.Alliance)
	if err == nil && al.Founder != tx.Org || kexin.CodeOf(err) == kexin.NotFound {
		err = &kexin.Error{Op: "app.alliance", Code: kexin.Forbidden, Key: "error.alliance_founder"}
	}
	return own, err
}

// joinedUnverified reports whether a shop waits for this founder's one tap.
func joinedUnverified(tx *store.Tx) (bool, error) {
	own, err := tx.Membership()
	if err != nil || own.Alliance == 0 {
		return false, err
	}
	al, members, err := tx.AllianceOf(own.Alliance)
	return err == nil && al.Founder == tx.Org && slices.ContainsFunc(members, func(m store.Membership) bool { return m.State == store.Joined }), err
}

// AllianceInvited shows where an invitation leads. Asking changes nothing.
// Errors: not_found.
func (a *App) AllianceInvited(ctx context.Context, actor kexin.Actor, token string) (v AllianceView, err error) {
	l, err := a.portalLink(ctx, token)
	if err == nil && l.Kind != store.JoinLink {
		err = notFound("app.alliance")
	}
	if err != nil {
		return v, err
	}
	err = a.store.View(ctx, actor.Org, func(tx *store.Tx) error {
		v, err = allianceView(tx, l.Ref)
		return err
	})
	return v, err
}

// JoinAlliance joins the merchant to the alliance of an invitation: for who may
// change settings, with card and notice. It may recommend at once; it is
// recommended once the founder has verified it.
func (a *App) JoinAlliance(ctx context.Context, actor kexin.Actor, token string) error {
	if err := factored(actor); err != nil {
		return err
	}
	l, err := a.portalLink(ctx, token)
	if err == nil && l.Kind != store.JoinLink {
		err = notFound("app.alliance")
	}
	if err != nil {
		return err
	}
	if err := a.keepLog(ctx, actor.Org, l.Ref); err != nil {
		return err
	}
	err = a.admin(ctx, actor, func(tx *store.Tx) error {
		if err := ready(tx); err != nil {
			return err
		}
		if err := inNone(tx); err != nil {
			return err
		}
		if err := tx.AddMembership(l.Ref, store.Joined); err != nil {
			return err
		}
		return allied(tx, actor, l.Ref, "joined", tx.Org)
	})
	a.kick()
	return err
}

// LeaveAlliance ends the merchant's membership: from then on nobody is
// recommended to it or by it. What customers gave stays where they gave it. The
// founder stays. Errors: not_found, forbidden.
func (a *App) LeaveAlliance(ctx context.Context, actor kexin.Actor) error {
	if err := a.keepOwnLog(ctx, actor.Org); err != nil {
		return err
	}
	err := a.admin(ctx, actor, func(tx *store.Tx) error {
		own, err := tx.Membership()
		if err != nil {
			return err
		}
		if own.Alliance == 0 {
			return notFound("app.alliance")
		}
		al, _, err := tx.AllianceOf(own.Alliance)
		if err != nil {
			return err
		}
		if al.Founder == tx.Org {
			return &kexin.Error{Op: "app.alliance", Code: kexin.Forbidden, Key: "error.alliance_founder_stays"}
		}
		if err := tx.DropMembership(own.Alliance); err != nil {
			return err
		}
		if err := tx.EndPortalLinks(store.CounterLink, tx.Org); err != nil {
			return err
		}
		return allied(tx, actor, own.Alliance, "left", tx.Org)
	})
	a.kick()
	return err
}

// VerifyMember says that a member is who its card says: the founder's one tap.
// From then on it may be recommended. state may also be Suspended. What he verifies
// is the name over the door that he saw: if it is another one by now, conflict.
func (a *App) VerifyMember(ctx context.Context, actor kexin.Actor, org kexin.ID, state store.MemberState, seen string) error {
	if state != store.Verified && state != store.Suspended {
		return fieldError("state", "error.field_bad")
	}
	if err := a.keepOwnLog(ctx, actor.Org); err != nil {
		return err
	}
	err := a.admin(ctx, actor, func(tx *store.Tx) error {
		own, err := a.founder(tx)
		if err != nil {
			return err
		}
		_, members, err := tx.AllianceOf(own.Alliance)
		if err != nil {
			return err
		}
		for _, m := range members {
			if m.Org != org || org == tx.Org {
				continue
			}
			if state == store.Verified {
				if err := stillNamed(tx, org, seen); err != nil {
					return err
				}
			}
			m.State = state
			if err := tx.SetMembership(m); err != nil {
				return err
			}
			return allied(tx, actor, own.Alliance, ledger.Why(state), org)
		}
		return notFound("app.alliance")
	})
	a.kick()
	return err
}

// stillNamed refuses to verify a shop under a name that is not what the founder saw.
// Who renames itself writes its membership, as he does, so that of the two at one
// moment the one behind begins anew.
func stillNamed(tx *store.Tx, org kexin.ID, seen string) error {
	c, err := tx.Card(org)
	if err == nil && c.Shown != seen {
		err = &kexin.Error{Op: "app.alliance", Code: kexin.Conflict, Key: "error.alliance_renamed"}
	}
	return err
}

// portalLink finds a live link of a customer's pages by its token. Every other
// one is not_found.
func (a *App) portalLink(ctx context.Context, token string) (store.PortalLink, error) {
	digest, err := auth.ParseLink(token)
	if err != nil {
		return store.PortalLink{}, err
	}
	return a.store.PortalLinkNamed(ctx, digest[:])
}
