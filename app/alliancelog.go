package app

import (
	"cmp"
	"context"
	"slices"

	"kexin"
	"kexin/ledger"
	"kexin/store"
)

// An alliance has a log of its own (security.md A9): of who founded it, joined,
// was verified, suspended and left, under keys of its own. What a merchant does
// stands in his log, and a signed letter carries it here; so one merchant is one
// transaction, and a member who comes to doubt the founder has two logs and a
// signature to compare.

// beginLog makes the holder of an alliance's keys and log.
func (a *App) beginLog(ctx context.Context, like, alliance kexin.ID, name string) error {
	var o store.Org
	if err := a.store.View(ctx, like, func(tx *store.Tx) (err error) { o, err = tx.Merchant(); return err }); err != nil {
		return err
	}
	o, keys, err := a.store.NewMerchant(ctx, store.Org{ID: alliance, Name: name, Size: kexin.Union, Zone: o.Zone, Demo: o.Demo})
	if err != nil {
		return err
	}
	return a.store.Found(ctx, o, keys, func(*store.Tx) error { return nil })
}

// hasLog is false for an alliance that is older than these logs and has not
// changed since.
func (a *App) hasLog(ctx context.Context, alliance kexin.ID) (bool, error) {
	all, err := a.store.Holders(ctx)
	return slices.ContainsFunc(all, func(o store.Org) bool { return o.ID == alliance }), err
}

// keepLog begins the log of an alliance that is older than these logs, before a
// change goes into it.
func (a *App) keepLog(ctx context.Context, org, alliance kexin.ID) error {
	if has, err := a.hasLog(ctx, alliance); has || err != nil {
		return err
	}
	var al store.Alliance
	if err := a.store.View(ctx, org, func(tx *store.Tx) (err error) { al, _, err = tx.AllianceOf(alliance); return err }); err != nil {
		return err
	}
	return a.beginLog(ctx, org, alliance, al.Name)
}

// keepOwnLog is keepLog for the merchant's own alliance, if it is in one.
func (a *App) keepOwnLog(ctx context.Context, org kexin.ID) error {
	var own store.Membership
	err := a.store.View(ctx, org, func(tx *store.Tx) (err error) { own, err = tx.Membership(); return err })
	if err != nil || own.Alliance == 0 {
		return err
	}
	return a.keepLog(ctx, org, own.Alliance)
}

// allied writes a change of a membership into the merchant's log and posts it to
// the alliance's.
func allied(tx *store.Tx, actor kexin.Actor, alliance kexin.ID, change ledger.Why, member kexin.ID) error {
	if err := tx.Log(event(actor, &ledger.AllianceChanged{Alliance: alliance, Change: change, Member: member})); err != nil {
		return err
	}
	return tx.Post(store.Letter{Kind: "alliance.member", To: alliance, Ref: member, Word: string(change)})
}

// takeMember writes what a merchant said of a membership into the alliance's
// log: of itself anybody, of others the founder.
func takeMember(tx *store.Tx, l store.Letter) (string, error) {
	al, _, err := tx.AllianceOf(tx.Org)
	if kexin.CodeOf(err) == kexin.NotFound {
		return "refused", nil
	}
	if err != nil {
		return "", err
	}
	own := l.Word == "joined" || l.Word == "left" || l.Word == "renamed"
	if own && l.Ref != l.From || !own && al.Founder != l.From {
		return "refused", nil
	}
	return "done", tx.Log(store.Event{Actor: ledger.Actor{Kind: ledger.ByMerchant, Ref: l.From}, Facts: &ledger.AllianceMember{Change: ledger.Why(l.Word), Key: l.By, Member: l.Ref, Said: l.Created}})
}

// A MemberEntry is one entry of an alliance's log in words.
type MemberEntry struct {
	At     kexin.Instant
	Change ledger.Why
	Member string // name over the door; "" where it has no card any more
	By     string // the same of who said so
	Index  int64  // place in the log, -1 until it is sealed
	Hash   ledger.Hash
}

// AllianceLog is the log of the merchant's alliance, for its staff: entries,
// the line to keep, the key. Empty where it begins with the next change. Errors:
// not_found where the merchant is in none.
func (a *App) AllianceLog(ctx context.Context, actor kexin.Actor) (page LedgerPage, out []MemberEntry, err error) {
	var own store.Membership
	if err = a.store.View(ctx, actor.Org, func(tx *store.Tx) (err error) { own, err = tx.Membership(); return err }); err != nil {
		return page, nil, err
	}
	if own.Alliance == 0 {
		return page, nil, notFound("app.alliance")
	}
	if has, err := a.hasLog(ctx, own.Alliance); err != nil || !has {
		return page, nil, err
	}
	err = a.store.View(ctx, own.Alliance, func(tx *store.Tx) error {
		if page, err = a.logPage(tx, 0); err != nil {
			return err
		}
		out, err = memberEntries(tx, page.Entries)
		return err
	})
	return page, out, err
}

func memberEntries(tx *store.Tx, list []store.Logged) (out []MemberEntry, err error) {
	names := map[kexin.ID]string{}
	name := func(id kexin.ID) (string, error) {
		if _, known := names[id]; !known {
			c, err := tx.Card(id)
			if err != nil && kexin.CodeOf(err) != kexin.NotFound {
				return "", err
			}
			names[id] = c.Shown
		}
		return names[id], nil
	}
	for _, e := range list {
		f, ok := e.Facts.(*ledger.AllianceMember)
		if !ok {
			continue
		}
		x := MemberEntry{At: f.Said, Change: f.Change, Index: e.Index, Hash: e.Hash}
		if x.Member, err = name(f.Member); err != nil {
			return nil, err
		}
		if x.By, err = name(e.Actor.Ref); err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	slices.SortStableFunc(out, func(a, b MemberEntry) int { return cmp.Compare(b.At, a.At) })
	return out, nil
}
