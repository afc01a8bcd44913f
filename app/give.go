package app

import (
	"cmp"
	"slices"

	"kexin"
	"kexin/consent"
	"kexin/i18n"
	"kexin/law"
	"kexin/ledger"
	"kexin/share"
	"kexin/store"
)

// wishes are the consents that a submission asks for: to be answered over the
// channel she chose, and what she ticked.
func wishes(r store.Referral, g store.Given) []store.Said {
	out := []store.Said{{Purpose: kexin.FollowUp, Channel: r.Channel, Fields: append(g.Fields(), kexin.CustNeed)}}
	for _, w := range r.Wants {
		u, err := law.PurposeOf(kexin.PurposeCode(w))
		if err == nil {
			address := kexin.CustPhone
			if u.Channel == kexin.ByEmail {
				address = kexin.CustEmail
			}
			out = append(out, store.Said{Purpose: u.Code, Channel: u.Channel, Fields: []kexin.FieldID{kexin.CustName, address, kexin.CustNeed}, Terms: consent.Terms{About: "offers", MaxPerMonth: 2}})
		}
	}
	for i := range out {
		out[i].Subject, out[i].Evidence, out[i].GPC = r.Subject, "referral:"+r.ID.String(), r.GPC
	}
	return out
}

// requestAll brings every wish to REQUESTED: what she sent is an enquiry, and
// nothing is given before the address is proved. It gives the entry of the
// first.
func requestAll(tx *store.Tx, r store.Referral, g store.Given, n store.Published, flow string) (leaf [32]byte, err error) {
	for i, w := range wishes(r, g) {
		w.By, w.Way, w.Notice, w.Text, w.Grade = herAct, "link", n.Version, n.Texts[i18n.Chinese].Hash, r.Grade
		w.Flow = flow
		facts := consent.Facts{Purpose: true, Notice: true, MayAsk: true, Channel: true, Complete: true}
		w.Event = consent.Event{Kind: consent.Create, By: consent.Customer, At: tx.Now, Facts: facts}
		if _, _, err := tx.Say(w); err != nil {
			return leaf, err
		}
		w.Event = consent.Event{Kind: consent.Request, By: consent.System, At: tx.Now, Facts: facts}
		row, l, err := tx.Say(w)
		if err != nil {
			return leaf, err
		}
		if err := tx.WordDue(r.Subject, row, l, tx.Now.Add(share.LinkLife)); err != nil {
			return leaf, err
		}
		if i == 0 {
			leaf = l
		}
	}
	return leaf, nil
}

// giveAll brings every wish that goes to one kind of address to GIVEN: that
// address of hers is proved to be hers, by a code or by the word she answered. A
// doubted one gives nothing. The referral itself is proved with the address that
// the shop contacts her at.
func giveAll(tx *store.Tx, r *store.Referral, at kexin.KeyKind, g consent.Grade, way ledger.Way, evidence string) error {
	if noProof(*r) || r.Doubt == store.DoubtNotMe {
		return tx.NotMoved(*r, share.Submit, herAct, law.Refuse("app.give", "E_ONLY_SUBJECT", nil))
	}
	n, err := tx.NoticeOf(r.Notice) // the one that she was shown
	if err != nil {
		return err
	}
	typed, err := typedBy(tx, r.Subject)
	if err != nil {
		return err
	}
	rows, err := tx.Words(r.Subject)
	if err != nil {
		return err
	}
	var leaf [32]byte
	offers := false
	for _, w := range wishes(*r, typed) {
		if reachedBy(w.Channel) != at || !asked(rows, w) {
			continue
		}
		w.By, w.Way, w.Notice, w.Text, w.Grade, w.Evidence = herAct, way, n.Version, n.Texts[i18n.Chinese].Hash, max(r.Grade, g), evidence
		w.Until = tx.Now.Add(share.GivenFor)
		if w.Purpose != kexin.FollowUp {
			w.Terms.Until = w.Until
		}
		w.Event = consent.Event{Kind: consent.Give, By: consent.Customer, At: tx.Now, Due: r.Made.Add(share.LinkLife), Facts: consent.Facts{Proof: true, Active: true, Alone: true}}
		_, l, err := tx.Say(w)
		if kexin.CodeOf(err) == kexin.Forbidden { // refused or lapsed meanwhile
			continue
		}
		if err != nil {
			return err
		}
		offers = offers || w.Purpose != kexin.FollowUp
		if leaf == [32]byte{} {
			leaf = l
		}
	}
	stop, l, err := lift(tx, *r, typed, at, g, offers, way == "counter")
	if err != nil {
		return err
	}
	if leaf == [32]byte{} {
		leaf = l
	}
	if r.Proved == 0 && reachedBy(r.Channel) == at {
		r.Proved, r.Epoch, r.Grade = tx.Now, r.Epoch+1, max(r.Grade, g)
		if err := creditCounter(tx, *r); err != nil {
			return err
		}
	} else if leaf == [32]byte{} {
		return nil
	}
	return keepReceipt(tx, *r, typed, n, leaf, stop)
}

// lift ends what she had stopped here at the address that she proved now, as far
// as she asks for it anew. Offers that she ticked are open again. Her stop of
// every contact ends by a code to the address at which she asked to be
// contacted, or in the shop where none can go there: her word at a call is no such
// proof, for who is stopped is not called; offers stay stopped then unless she
// ticked them. It gives what her receipt says of it, nil for nothing, and the entry.
func lift(tx *store.Tx, r store.Referral, typed store.Given, at kexin.KeyKind, g consent.Grade, offers, inShop bool) (stop *consent.Stopped, leaf [32]byte, err error) {
	rows, err := tx.Words(r.Subject)
	if err != nil {
		return nil, leaf, err
	}
	asks := (g >= consent.Code || inShop) && reachedBy(r.Channel) == at && consent.Allows(rows, kexin.FollowUp, r.Channel, 0, tx.Now).OK
	for _, k := range typed.Keys() {
		if k.Kind != at {
			continue
		}
		var since kexin.Instant
		if asks {
			if since, leaf, err = tx.LiftStop(r.Subject, k, g, herAct); err != nil {
				return nil, leaf, err
			}
		}
		if offers {
			if err := tx.Lift(k.Kind, k.Canon, since != 0); err != nil {
				return nil, leaf, err
			}
		}
		if since == 0 {
			continue
		}
		if stop = (&consent.Stopped{At: since, Lifted: tx.Now}); !offers {
			stop.Scope = StopAds
		}
	}
	return stop, leaf, nil
}

// asked reports whether a wish still waits for her proof.
func asked(rows []consent.Row, w store.Said) bool {
	return slices.ContainsFunc(rows, func(r consent.Row) bool {
		return r.Purpose == w.Purpose && r.Channel == w.Channel && r.Receiver == w.Receiver && r.State == consent.Requested
	})
}

// slipNames are fields as a receipt names them.
var slipNames = map[kexin.FieldID]string{kexin.CustName: "salutation", kexin.CustPhone: "phone", kexin.CustEmail: "email"}

// keepReceipt signs what stands now and keeps it for her. What the receipt before
// said of a stop it says too, unless something newer is to be said.
func keepReceipt(tx *store.Tx, r store.Referral, g store.Given, n store.Published, leaf [32]byte, stop *consent.Stopped) error {
	if stop == nil {
		was, err := stopOn(tx, r)
		if err != nil {
			return err
		}
		stop = &was
	}
	o, err := tx.Merchant()
	if err != nil {
		return err
	}
	rows, err := tx.Words(r.Subject)
	if err != nil {
		return err
	}
	through, err := tx.Card(r.Peer)
	if err != nil && kexin.CodeOf(err) != kexin.NotFound {
		return err
	}
	slip := consent.Slip{ID: r.ID, Time: tx.Now, Language: cmp.Or(g.Lang, i18n.Chinese), Controller: consent.Party{Name: o.Name, USCC: o.USCC, Contact: o.Contact, Address: o.Address}, Through: through.Legal,
		Notice: n.Version, NoticeHash: n.Texts[i18n.Chinese].Hash, NoticeURL: "/notice/" + tx.Org.String(), Retention: kexin.KeepEnquiry,
		Withdrawal: "receipt link; telephone; counter", GPC: r.GPC, Stop: *stop}
	for _, f := range g.Fields() {
		slip.Data = append(slip.Data, slipNames[f])
	}
	slip.Data = append(slip.Data, "need")
	for _, row := range rows {
		u, err := law.PurposeOf(row.Purpose)
		if err != nil {
			return err
		}
		w := consent.Word{Purpose: row.Purpose, DPV: u.DPV, Channel: row.Channel, State: row.State, Grade: row.Grade, Until: row.Until}
		if u.Consent == law.PerChannel {
			w.Terms = consent.Terms{About: "offers", MaxPerMonth: 2, Until: row.Until}
		}
		slip.Words = append(slip.Words, w)
	}
	doc, err := tx.SignReceipt(r, slip, leaf)
	if err != nil {
		return err
	}
	return tx.KeepReceipt(r, doc)
}

// stopOn is what her newest receipt says of a stop.
func stopOn(tx *store.Tx, r store.Referral) (consent.Stopped, error) {
	doc, err := tx.Receipt(r)
	if err != nil {
		return consent.Stopped{}, absentIsNobody(err)
	}
	c, err := consent.CheckReceipt(doc, nil)
	return c.Stop(), err
}
