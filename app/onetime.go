package app

import (
	"context"
	"crypto/sha256"
	"slices"
	"strings"

	"kexin"
	"kexin/auth"
	"kexin/consent"
	"kexin/i18n"
	"kexin/law"
	"kexin/ledger"
	"kexin/share"
	"kexin/store"
)

// The acts that a code is for; a code for one is useless for the other.
const (
	CodeProve = "prove" // the address is hers: what she sent counts as given
	CodeMine  = "mine"  // see what this shop holds
	CodeCopy  = "copy"  // take a copy of it along
	CodeStop  = "stop"  // her stop goes for all that the shop has of the address
)

// codeMoves are the acts of hers that a code stands for, as the log names them.
var codeMoves = map[string]share.Kind{CodeProve: share.Submit, CodeStop: share.Withdraw}

// SendCode queues a code to the number or e-mail address that the shop of the
// receipt holds: over to, or over the first channel that there is. The answer is
// the same whatever the address is. Errors: rate_limited with Until, invalid
// where no messages can be sent.
func (a *App) SendCode(ctx context.Context, v Visit, act string, to kexin.Channel) error {
	if act != CodeProve && act != CodeMine && act != CodeCopy && act != CodeStop {
		return fieldError("act", "error.field_bad")
	}
	if v.Staff {
		return a.notStaffs(ctx, v, codeMoves[act])
	}
	org, keys, err := a.codeKeys(ctx, v, act, to)
	if err != nil {
		return err
	}
	if err := a.rates(ctx, v, keys[0].Canon); err != nil {
		return err
	}
	err = a.store.Update(ctx, org, func(tx *store.Tx) error { return a.queueCode(tx, v, act, keys[0]) })
	if err == nil {
		a.kick()
	}
	return err
}

// codeKeys are the addresses to which a code for an act can go, the one that is
// meant first, and the shop that sends it: that of the receipt or, once it has erased
// her, her own, so that she sees who else has something of her. One that gives what
// she sent goes only where she typed herself in this flow: what is on file may be
// another's by now (security.md A7). Errors: not_found where nothing of her is left,
// invalid.
func (a *App) codeKeys(ctx context.Context, v Visit, act string, to kexin.Channel) (org kexin.ID, out []kexin.Key, err error) {
	var r store.Referral
	var keys []kexin.Key
	org = v.Session.Org
	err = a.store.View(ctx, org, func(tx *store.Tx) error {
		if r, err = receiptOf(tx, v); err == nil {
			keys, err = keysFor(tx, r, act)
		}
		return err
	})
	if err == nil && len(keys) == 0 && act == CodeMine {
		org = r.Peer
		keys, _, err = a.keysThere(ctx, v, r)
	}
	if err == nil && len(keys) == 0 && !noProof(r) {
		err = notFound("app.code")
	}
	if err != nil {
		return 0, nil, err
	}
	for _, k := range a.reachable(keys) {
		if to == "" || postOf(k.Kind) == to {
			out = append(out, k)
		}
	}
	if len(out) == 0 {
		return 0, nil, &kexin.Error{Op: "app.code", Code: kexin.Invalid, Key: "error.her_no_code"}
	}
	return org, out, nil
}

// keysFor are the addresses that prove enough for an act. What the shop holds is
// shown to who has the one at which it contacts her, or one that is proved to be
// hers: the other one, somebody else may have typed.
func keysFor(tx *store.Tx, r store.Referral, act string) ([]kexin.Key, error) {
	if act == CodeProve {
		g, err := typedBy(tx, r.Subject)
		return g.Keys(), err
	}
	if noProof(r) {
		return nil, nil
	}
	keys, err := addressesOf(tx, r.Subject)
	if err != nil || act == CodeStop {
		return keys, err
	}
	known, err := provedWith(tx, r)
	return slices.DeleteFunc(keys, func(k kexin.Key) bool {
		return k.Kind != reachedBy(r.Channel) && !slices.ContainsFunc(known, k.Same)
	}), err
}

// codeOver are the channels over which she can be sent a code for an act.
func (a *App) codeOver(tx *store.Tx, r store.Referral, act string) (out []kexin.Channel, err error) {
	keys, err := keysFor(tx, r, act)
	for _, k := range a.reachable(keys) {
		out = append(out, postOf(k.Kind))
	}
	return out, err
}

// proofOver are the channels over which a code would give something: of the
// address that the shop contacts her at, and of one for which an offer waits.
func (a *App) proofOver(tx *store.Tx, r store.Referral, rows []consent.Row) (out []kexin.Channel, err error) {
	g, err := typedBy(tx, r.Subject)
	if err != nil {
		return nil, absentIsNobody(err)
	}
	keys := a.reachable(g.Keys())
	if reachedBy(r.Channel) == kexin.KeyEmail { // the one that the shop uses first
		slices.Reverse(keys)
	}
	for _, k := range keys {
		waits := reachedBy(r.Channel) == k.Kind
		if waits && r.Proved != 0 { // proved, and stopped since
			if waits, err = tx.Stopped(r.Subject, k); err != nil {
				return nil, err
			}
		}
		for _, row := range rows {
			waits = waits || (row.State == consent.Requested || row.State == consent.Suspended) && reachedBy(row.Channel) == k.Kind
		}
		if waits {
			out = append(out, postOf(k.Kind))
		}
	}
	return out, nil
}

// rates holds a code against those of its number, or e-mail address, and of the
// network address that asks
// (A7). What is refused counts too.
func (a *App) rates(ctx context.Context, v Visit, address string) error {
	for _, c := range []struct {
		label, who string
		rates      []auth.Rate
	}{{"code/number", address, auth.OneTimeNumber}, {"code/addr", auth.Network(v.From.Addr).String(), auth.OneTimeAddr}} {
		for _, r := range c.rates {
			until, err := a.store.Rate(ctx, c.label, c.who, r)
			if err != nil {
				return err
			}
			if until != 0 {
				return &kexin.Error{Op: "app.code", Code: kexin.RateLimited, Key: "error.onetime_again", Until: until}
			}
		}
	}
	return nil
}

// codeText is what a code is bound to: the act and what she was shown.
func codeText(act string, r store.Referral, n store.Published) [32]byte {
	h := n.Texts[i18n.Chinese].Hash
	return sha256.Sum256([]byte("kexin/code/1\n" + act + "\n" + r.ID.String() + "\n" + h.String()))
}

func (a *App) queueCode(tx *store.Tx, v Visit, act string, to kexin.Key) error {
	r, err := receiptOf(tx, v)
	if err != nil {
		return err
	}
	last, err := tx.LastChallenge(to.Kind, to.Canon, act)
	if err != nil {
		return err
	}
	if err := auth.Again(last.Made, tx.Now); err != nil {
		return err
	}
	days, today, err := tx.CodesOn(14)
	if err != nil {
		return err
	}
	slices.Sort(days)
	if today >= auth.MerchantOneTime(days[len(days)/2]) {
		return &kexin.Error{Op: "app.code", Code: kexin.RateLimited, Key: "error.onetime_again", Until: tx.Now + 3_600_000}
	}
	n, err := tx.Notice()
	if err != nil {
		return err
	}
	c := store.Challenge{Act: act, Subject: r.Subject, Receiver: tx.Org, Text: codeText(act, r, n)}
	code := auth.NewOneTime()
	if _, err := tx.AddChallenge(to.Kind, to.Canon, c, code); err != nil {
		return err
	}
	card, err := ownCard(tx)
	if err != nil {
		return err
	}
	m := store.Message{Subject: r.Subject, Channel: postOf(to.Kind), Kind: "code", To: to.Canon, Ends: tx.Now.Add(law.CodeLife)}
	// in the language of the page on which she asks for it
	if _, err := tx.Queue(a.saying(m, "code."+act, v.From.Lang, map[string]string{"sign": card.Shown, "shop": card.Legal, "need": r.Need, "code": code.Text()})); err != nil {
		return err
	}
	return tx.CodeLog(r.Subject, &ledger.CodeSent{Act: ledger.Why(act), Channel: postOf(to.Kind)})
}

// needWord is a need as it stands inside a sentence, "" for none.
func needWord(lang, need string) string {
	if need == "" {
		return i18n.T(lang, "introduce.any", nil)
	}
	word := i18n.T(lang, "choice.need."+need, nil)
	if lang == i18n.English {
		word = strings.ToLower(word)
	}
	return word
}

// TryCode compares what she typed with the code that went over to, as SendCode
// was asked. Right for CodeProve, what she sent to that address is given now, with
// grade E3; right for CodeMine, this visit may see what the shop holds; right for
// CodeStop, what she stopped by her receipt is stopped for all that the shop has of
// that address. Errors: invalid, alike for a wrong, old or unknown code.
func (a *App) TryCode(ctx context.Context, v Visit, act string, to kexin.Channel, typed string) error {
	wrong := &kexin.Error{Op: "app.code", Code: kexin.Invalid, Key: "error.onetime", Field: "code"}
	if v.Staff {
		return a.notStaffs(ctx, v, codeMoves[act])
	}
	org, keys, err := a.codeKeys(ctx, v, act, to)
	if err != nil {
		return err
	}
	own, err := a.ownNow(ctx, v.Session.Org, v.Session.Ref)
	if err != nil {
		return err
	}
	var refused error
	err = a.store.Update(ctx, org, func(tx *store.Tx) error {
		r, err := receiptOf(tx, v)
		if err != nil {
			return err
		}
		if refused, err = tryCode(tx, r, act, keys[0], typed); err != nil || refused != nil || org != v.Session.Org {
			return err
		}
		if own {
			if err := doubtOwn(tx, &r); err != nil {
				return err
			}
		}
		if act == CodeStop {
			if err := tx.SaveReferral(r.State, r); err != nil || noProof(r) {
				return err
			}
			return a.stopWhole(tx, v, r, keys[0])
		}
		if act == CodeMine {
			if err := tx.ProvePortalSession(v.Session, keys[0]); err != nil {
				return err
			}
		}
		return provedBy(tx, r, act, keys[0])
	})
	if err == nil && refused != nil {
		err = wrong
	}
	if err == nil && org != v.Session.Org {
		err = a.store.Update(ctx, v.Session.Org, func(tx *store.Tx) error { return tx.ProvePortalSession(v.Session, keys[0]) })
	}
	if err == nil {
		a.kick()
	}
	return err
}

// tryCode counts one try and says what is wrong with it.
func tryCode(tx *store.Tx, r store.Referral, act string, at kexin.Key, typed string) (refused, err error) {
	c, err := tx.LastChallenge(at.Kind, at.Canon, act)
	if err != nil {
		return nil, err
	}
	n, err := tx.Notice()
	if err != nil {
		return nil, err
	}
	right := tx.CodeRight(c, typed) && c.Subject == r.Subject && c.Receiver == tx.Org && c.Text == codeText(act, r, n)
	c.Challenge, refused = c.Try(right, tx.Now)
	if err := tx.SaveChallenge(c); err != nil {
		return nil, err
	}
	return refused, tx.CodeLog(r.Subject, &ledger.CodeTried{Act: ledger.Why(act), Right: refused == nil})
}

// provedBy does what a right code brings: what was disputed at that address is
// hers again, and she may be contacted where it is her first one.
func provedBy(tx *store.Tx, r store.Referral, act string, at kexin.Key) error {
	keys, err := addressesOf(tx, r.Subject)
	if act == CodeProve {
		keys, err = keysFor(tx, r, act)
	}
	if err != nil {
		return err
	}
	first := len(keys) > 0 && keys[0] == at
	if first || act == CodeProve {
		if err := tx.Undispute(r.Subject, at, first, consent.Code, herAct); err != nil {
			return err
		}
	}
	if first && r.Doubt == store.DoubtNotMe {
		r.Doubt = ""
	}
	if act == CodeProve && alive(r.State) {
		c, err := tx.LastChallenge(at.Kind, at.Canon, act)
		if err != nil {
			return err
		}
		if err := giveAll(tx, &r, at.Kind, consent.Code, "link", "challenge:"+c.ID.String()); err != nil {
			return err
		}
	}
	return tx.SaveReferral(r.State, r)
}

// doubtOwn notes that her address has turned out to be one of staff.
func doubtOwn(tx *store.Tx, r *store.Referral) error {
	if r.Doubt == doubtStaff {
		return nil
	}
	r.Doubt = doubtStaff
	return tx.AlertOnce("referral_"+doubtStaff, map[string]string{"referral": r.ID.String()})
}

// ownNow reports whether an address that a submission gave is by now noted as a
// member of staff's or a shop's own.
func (a *App) ownNow(ctx context.Context, org, referral kexin.ID) (bool, error) {
	var g store.Given
	var peer kexin.ID
	err := a.store.View(ctx, org, func(tx *store.Tx) error {
		r, err := tx.Referral(referral)
		if err != nil {
			return absentIsNobody(err)
		}
		peer = r.Peer
		g, err = typedBy(tx, r.Subject)
		return absentIsNobody(err)
	})
	if err != nil || peer == 0 {
		return false, err
	}
	return a.staffs(ctx, g.Keys(), org, peer)
}
