package app

import (
	"context"
	"slices"

	"kexin"
	"kexin/consent"
	"kexin/share"
	"kexin/store"
)

// What a visit may do is measured by what it has proved: an address, by a code
// in the visit or with what she sent, and that for a person alone who has this
// address at the merchant in question, on file or typed by herself. Without it
// an act is about the referral of its link and about nothing else that the shop
// has of the number that somebody typed.

// hersAt are the addresses of a person at a merchant: on file, and what she
// typed.
func hersAt(tx *store.Tx, subject kexin.ID) ([]kexin.Key, error) {
	keys, err := addressesOf(tx, subject)
	if err != nil {
		return nil, err
	}
	typed, err := typedBy(tx, subject)
	for _, k := range typed.Keys() {
		if !slices.ContainsFunc(keys, k.Same) {
			keys = append(keys, k)
		}
	}
	return keys, absentIsNobody(err)
}

// has reports whether a person has one of some addresses at a merchant.
func has(tx *store.Tx, subject kexin.ID, keys []kexin.Key) (bool, error) {
	own, err := hersAt(tx, subject)
	return slices.ContainsFunc(own, func(k kexin.Key) bool { return slices.ContainsFunc(keys, k.Same) }), err
}

// noProof reports whether an address of the referral proves nothing of a
// customer's, whoever reads messages there.
func noProof(r store.Referral) bool { return r.Doubt == doubtStaff || r.Doubt == doubtShared }

// provedHere are her addresses to which a code was right in this visit.
func (v Visit) provedHere(tx *store.Tx, r store.Referral) (out []kexin.Key, err error) {
	if v.Session.Proved == 0 || noProof(r) {
		return nil, nil
	}
	keys, err := hersAt(tx, r.Subject)
	for _, k := range keys {
		if tx.AddressCode(r.ID, k) == v.Session.Address {
			out = append(out, k)
		}
	}
	return out, err
}

// keysThere are her addresses at her own shop, for a receipt whose shop has erased
// her, and those of them to which a code was right in this visit: what is left to
// prove who she is. A member of staff's is none; and that shop, in whose log a code
// stands, is to know of her answer, or of her stop at every shop.
func (a *App) keysThere(ctx context.Context, v Visit, r store.Referral) (all, proved []kexin.Key, err error) {
	if r.Way == wayCounter || noProof(r) {
		return nil, nil, nil
	}
	gone := false
	if err := a.store.View(ctx, v.Session.Org, func(tx *store.Tx) (err error) { gone, err = tx.Erased(r.Subject); return err }); err != nil || !gone {
		return nil, nil, err
	}
	err = a.store.View(ctx, r.Peer, func(tx *store.Tx) error {
		all, proved = nil, nil
		x, err := tx.Referral(r.ID)
		if err != nil || x.Side != store.Sending {
			return absentIsNobody(err)
		}
		keys, err := addressesOf(tx, x.Subject)
		if x.Told || x.State == share.Revoking || x.State == share.Revoked {
			all = keys
		}
		for _, k := range keys {
			if v.Session.Proved != 0 && tx.AddressCode(r.ID, k) == v.Session.Address {
				proved = append(proved, k)
			}
		}
		return err
	})
	if err != nil || len(all)+len(proved) == 0 {
		return nil, nil, err
	}
	if own, err := a.staffs(ctx, append(proved, all...), v.Session.Org, r.Peer); own || err != nil {
		return nil, nil, err
	}
	return all, proved, nil
}

// codesThere are the channels to them.
func (a *App) codesThere(ctx context.Context, v Visit, r store.Referral) (out []kexin.Channel, err error) {
	keys, _, err := a.keysThere(ctx, v, r)
	for _, k := range a.reachable(keys) {
		out = append(out, postOf(k.Kind))
	}
	return out, err
}

// provedWith are the addresses that a referral itself proved: the one at which
// she is contacted, and one by a code to which something was given. While it is
// disputed that they are hers there are none.
func provedWith(tx *store.Tx, r store.Referral) (out []kexin.Key, err error) {
	if noProof(r) || r.Doubt == store.DoubtNotMe {
		return nil, nil
	}
	typed, err := typedBy(tx, r.Subject)
	if err != nil {
		return nil, absentIsNobody(err)
	}
	rows, err := tx.Words(r.Subject)
	for _, k := range typed.Keys() {
		if r.Proved != 0 && reachedBy(r.Channel) == k.Kind || slices.ContainsFunc(rows, func(w consent.Row) bool {
			return w.State == consent.Given && w.Grade >= consent.Code && w.Channel != "" && reachedBy(w.Channel) == k.Kind
		}) {
			out = append(out, k)
		}
	}
	return out, err
}

// proved are the addresses by which an act of the visit goes; here reports
// whether a code was right in it.
func (v Visit) proved(tx *store.Tx, r store.Referral) (out []kexin.Key, here bool, err error) {
	if out, err = v.provedHere(tx, r); err != nil {
		return nil, false, err
	}
	here = len(out) > 0
	with, err := provedWith(tx, r)
	for _, k := range with {
		if !slices.ContainsFunc(out, k.Same) {
			out = append(out, k)
		}
	}
	return out, here, err
}

// codesOf are what a letter about a referral says of addresses that were proved.
func codesOf(tx *store.Tx, ref kexin.ID, keys []kexin.Key) (out []int64) {
	for _, k := range keys {
		out = append(out, tx.AddressCode(ref, k))
	}
	return out
}

// provedIn are the addresses of a person of this merchant that a letter says were
// proved.
func provedIn(tx *store.Tx, subject kexin.ID, l store.Letter) (out []kexin.Key, err error) {
	if len(l.Proved) == 0 {
		return nil, nil
	}
	keys, err := hersAt(tx, subject)
	for _, k := range keys {
		if slices.Contains(l.Proved, tx.AddressCode(l.Ref, k)) {
			out = append(out, k)
		}
	}
	return out, err
}

// notProved tells the officer, once a person, that somebody who did not prove an
// address asked to stop: about everybody else here who has what he typed.
func notProved(tx *store.Tx, subject kexin.ID) error {
	keys, err := hersAt(tx, subject)
	if err != nil {
		return err
	}
	people, err := tx.WithAddresses(keys, subject)
	if err != nil {
		return err
	}
	for _, id := range people {
		if id == subject {
			continue
		}
		if err := alertNotProved(tx, id); err != nil {
			return err
		}
	}
	return nil
}

// alertUnproved is about a person who may not have said it: args subject.
const alertUnproved = "stop_unproved"

func alertNotProved(tx *store.Tx, subject kexin.ID) error {
	return tx.AlertOnce(alertUnproved, map[string]string{"subject": subject.String()})
}
