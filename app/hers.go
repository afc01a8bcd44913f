package app

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
	"unicode"

	"kexin"
	"kexin/auth"
	"kexin/consent"
	"kexin/kind/pinyin"
	"kexin/law"
	"kexin/ledger"
	"kexin/share"
	"kexin/store"
)

// wayCounter is the way of a referral that began at a counter's QR code: the
// merchant of the counter has no row of it.
const wayCounter = "counter"

// herAct is the log's actor of what she does on her pages.
var herAct = ledger.Actor{Kind: ledger.ByCustomer}

// Decline is her no to one shop, and TakeBack her taking it back. The shop
// learns nothing of either; her own shop learns only that she declined. A no
// after an answer changes nothing, and who holds her link does not see that
// there was one (security.md A6). Errors: not_found, conflict, E_ONLY_SUBJECT
// in a browser of staff.
func (a *App) Decline(ctx context.Context, v Visit, referral kexin.ID) error {
	return a.answer(ctx, v, referral, share.Decline)
}

// TakeBack lifts a no within the life of its link (CON-05).
func (a *App) TakeBack(ctx context.Context, v Visit, referral kexin.ID) error {
	return a.answer(ctx, v, referral, share.TakeBack)
}

func (a *App) answer(ctx context.Context, v Visit, referral kexin.ID, k share.Kind) error {
	var refused error
	err := a.store.Update(ctx, v.Session.Org, func(tx *store.Tx) error {
		refused = nil
		r, no, err := a.asked(tx, v, referral, k)
		if refused = no; err != nil || refused != nil {
			return err
		}
		e := share.Event{Kind: k, By: share.Customer, At: tx.Now, Due: r.Made.Add(share.LinkLife), Facts: share.Facts{Staff: v.Staff}}
		from := r.State
		if k == share.TakeBack && !tx.AnsweredIn(r, v.Session.Device) {
			from = share.Awaiting // whoever else holds her link sees no answer, and takes none back
		}
		next, err := share.Apply(from, e)
		if err != nil {
			if k != share.Decline || kexin.CodeOf(err) != kexin.Conflict || tx.Now >= e.Due {
				refused = err
			}
			return tx.NotMoved(r, k, v.by(), err)
		}
		if next == share.Awaiting {
			return takeBack(tx, &r, e, herAct, "")
		}
		was := r.State
		r.State, r.Due, r.Device = next, share.Due(next, tx.Now), v.Session.Device
		if err := tx.RefuseAsk(r.Subject, kexin.FollowUp, r.Peer); err != nil {
			return err
		}
		if err := a.tellDeclined(tx, r, v.From.Lang); err != nil {
			return err
		}
		if err := tx.SaveReferral(was, r); err != nil {
			return err
		}
		if err := linkIfDone(tx, r.Ask, herAct); err != nil {
			return err
		}
		return tx.Moved(r, was, k, herAct, "")
	})
	if err == nil {
		err = refused
	}
	return err
}

// takeBack writes that she took her no back, at her own shop.
func takeBack(tx *store.Tx, r *store.Referral, e share.Event, by ledger.Actor, how string) error {
	was := r.State
	r.State, r.Due = share.Awaiting, e.Due
	r.Unanswered()
	if err := tx.TakeBackAsk(r.Subject, kexin.FollowUp, r.Peer, r.Made); err != nil {
		return err
	}
	if err := tx.SaveReferral(was, *r); err != nil {
		return err
	}
	return tx.Moved(*r, was, share.TakeBack, by, how)
}

// carries reports whether a row is the sender's of a question of the visit's
// link.
func (v Visit) carries(r store.Referral) bool {
	return v.Session.Kind == store.AskLink && r.Ask == v.Session.Ref && r.Side == store.Sending
}

// asked reads the sender's row of a question that this visit's link carries. One
// of another link is not found, and that it was tried is recorded.
func (a *App) asked(tx *store.Tx, v Visit, referral kexin.ID, k share.Kind) (r store.Referral, refused, err error) {
	if r, err = tx.Referral(referral); err == nil && !v.carries(r) {
		refused = notFound("app.referral")
		err = tx.NotMoved(r, k, v.by(), refused)
	}
	return r, refused, err
}

// A Submitted is what she gets after sending: the token of her receipt, which
// stands on her screen alone, and a visit to it.
type Submitted struct {
	Referral kexin.ID
	Visit    auth.Secret
}

// Submit sends what she typed to the shop of one referral: her own act, into
// that merchant alone. Where she allowed it the sender's row follows by a letter
// that holds nothing of it; else nothing reaches him. Sent again from the same
// browser it is the receipt again; from another one a link that was used is like
// one that never was. Errors: invalid with a field for each fault, not_found,
// E_ONLY_SUBJECT in a browser of staff.
func (a *App) Submit(ctx context.Context, v Visit, g Giving) (Submitted, error) {
	given, bad := g.clean()
	if bad != nil && kexin.LawOf(bad) == "" {
		return Submitted{}, bad
	}
	x, err := a.mayGive(ctx, v, g, bad)
	if err != nil {
		return Submitted{}, err
	}
	if out, err := a.sentAgain(ctx, v, x); err != nil || out.Referral != 0 {
		return out, err
	}
	if x.Doubt, err = a.doubt(ctx, x.Peer, x.sender, given.Keys()); err != nil {
		return Submitted{}, err
	}
	many, err := a.reused(ctx, v)
	if err != nil {
		return Submitted{}, err
	}
	if many && x.Doubt == "" {
		x.Doubt = doubtDevice
	}
	to, err := a.maySendReceipt(ctx, v, x, given.Keys(), reachedBy(g.Channel))
	if err != nil {
		return Submitted{}, err
	}
	link, digest := auth.NewLink()
	secret, visit := auth.NewSession()
	s := submission{to: to, App: a, v: v, g: g, given: given, link: link, digest: digest[:], visit: visit[:], receiving: x}
	err = a.store.Update(ctx, x.Peer, func(tx *store.Tx) error { s.refused, s.barred = nil, false; return s.store(tx) })
	if s.barred {
		if err := a.store.Update(ctx, x.sender, func(tx *store.Tx) error { return x.notSent(tx, v, s.refused) }); err != nil {
			return Submitted{}, err
		}
	}
	if err = cmp.Or(err, s.refused); err != nil {
		return Submitted{}, err
	}
	a.kick()
	return Submitted{s.id, secret}, nil
}

// sentAgain is what she gets who sent this already: a visit to her receipt. The zero
// Submitted where nothing was sent. Errors: not_found in another browser.
func (a *App) sentAgain(ctx context.Context, v Visit, x receiving) (out Submitted, err error) {
	if x.ID == 0 {
		return out, nil
	}
	var r store.Referral
	here := false
	err = a.store.View(ctx, x.Peer, func(tx *store.Tx) (err error) {
		r, err = tx.Referral(x.ID)
		here = err == nil && tx.AnsweredIn(r, v.Session.Device)
		return err
	})
	if err != nil {
		return out, absentIsNobody(err)
	}
	if !here {
		no := notFound("app.submit")
		if err := a.store.Update(ctx, x.Peer, func(tx *store.Tx) error { return tx.NotMoved(r, share.Submit, v.by(), no) }); err != nil {
			return out, err
		}
		return out, no
	}
	link, digest := auth.NewLink()
	secret, visit := auth.NewSession()
	s := submission{App: a, v: v, link: link, digest: digest[:], visit: visit[:], receiving: x}
	err = a.store.Update(ctx, x.Peer, func(tx *store.Tx) error { return s.open(tx, r) })
	return Submitted{r.ID, secret}, err
}

// A receiving is what is known of a submission before it is stored.
type receiving struct {
	store.Referral          // as the sender's row has it; Peer is the receiver
	sender         kexin.ID // the merchant of the link
}

// mayGive checks the link, the sender's row and the receiver. A refusal, that of
// the form too, is recorded at the sender.
func (a *App) mayGive(ctx context.Context, v Visit, g Giving, bad error) (x receiving, err error) {
	var refused error
	x.sender = v.Session.Org
	err = a.store.Update(ctx, v.Session.Org, func(tx *store.Tx) error {
		refused = nil
		if v.Session.Kind == store.CounterLink {
			x.Referral = store.Referral{Peer: g.Shop, Need: g.Need, Way: wayCounter, State: share.Awaiting, Grade: consent.Handed}
		} else if x.Referral, refused, err = a.asked(tx, v, g.Referral, share.Submit); err != nil || refused != nil {
			return err
		}
		if refused = bad; refused != nil {
			return x.notSent(tx, v, refused)
		}
		e := share.Event{Kind: share.Submit, By: share.Customer, At: tx.Now, Facts: share.Facts{Staff: v.Staff}}
		if x.Ask != 0 {
			e.Due = x.Made.Add(share.LinkLife)
		}
		state := x.State
		if state == share.Declined && !v.Staff && tx.Now < e.Due { // what she sends takes her no back, which her own shop learns with the yes or not at all: takeMove
			state = share.Awaiting
		}
		if x.State == share.Submitted || x.Told { // answered, and he may know it: what is sent again is judged at the receiver
			return nil
		}
		if _, refused = share.Apply(state, e); refused == nil {
			refused = a.receiver(tx, x.Peer)
		}
		if refused == nil {
			return nil
		}
		return x.notSent(tx, v, refused)
	})
	if err == nil {
		err = refused
	}
	return x, err
}

// notSent records at the sender that she could not send it.
func (x receiving) notSent(tx *store.Tx, v Visit, why error) error {
	return tx.NotMoved(store.Referral{ID: x.ID, Side: store.Sending, Subject: x.Subject, State: x.State, Peer: x.Peer}, share.Submit, v.by(), why)
}

// receiver checks that a merchant may be recommended by this one now.
func (a *App) receiver(tx *store.Tx, org kexin.ID) error {
	all, err := tx.Partners(true)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(all, func(c store.Card) bool { return c.Org == org }) {
		return cannotReceive()
	}
	return nil
}

// cannotReceive tells her that a shop takes nothing from her now.
func cannotReceive() error {
	return &kexin.Error{Op: "app.submit", Code: kexin.Forbidden, Key: "error.her_receiver"}
}

// Why a proof by an address or browser does not make a consent (security.md
// A7), beside store.DoubtNotMe: it is a member of staff's or a shop's own, or too many
// share it. A browser that answers for many is only reported.
const (
	doubtStaff  = "staff_number"
	doubtShared = "shared_number"
	doubtDevice = "device_reuse"
)

func (a *App) doubt(ctx context.Context, receiver, sender kexin.ID, keys []kexin.Key) (doubt string, err error) {
	if own, err := a.staffs(ctx, keys, receiver, sender); own || err != nil {
		return doubtStaff, err
	}
	for _, org := range []kexin.ID{receiver, sender} {
		err := a.store.View(ctx, org, func(tx *store.Tx) error {
			for _, k := range keys {
				n, err := tx.Sharing(k.Kind, k.Canon)
				if err != nil {
					return err
				}
				if n > law.SharedNumberAtMost {
					doubt = doubtShared
				}
			}
			return nil
		})
		if err != nil {
			return "", err
		}
	}
	return doubt, nil
}

// reused counts what was given from one browser or network and reports whether
// it is more than one person's within a day (A7).
func (a *App) reused(ctx context.Context, v Visit) (many bool, err error) {
	for _, who := range []string{string(v.Session.Device), auth.Network(v.From.Addr).String()} {
		if who == "" {
			continue
		}
		until, err := a.store.Rate(ctx, "gave", who, auth.Rate{Within: 24 * time.Hour, Most: law.DeviceGivesPerDay})
		if err != nil {
			return false, err
		}
		many = many || until != 0
	}
	return many, nil
}

// A submission is one sending in the receiver's transaction.
type submission struct {
	*App
	receiving
	v      Visit
	g      Giving
	given  store.Given
	link   auth.Secret
	digest []byte
	visit  []byte
	id     kexin.ID
	to     kexin.Key // the link of her receipt goes there; zero = nowhere

	refused error // it was sent from another browser at this moment, or the shop takes nothing now
	barred  bool  // the latter
}

// store writes row, requests, receipt, link and visit, all or nothing.
func (s *submission) store(tx *store.Tx) error {
	if s.ID != 0 {
		if r, err := tx.Referral(s.ID); kexin.CodeOf(err) != kexin.NotFound {
			return s.twice(tx, r, err)
		}
	}
	notice, err := tx.Notice()
	if err != nil {
		return err
	}
	own, err := tx.Membership()
	if err != nil {
		return err
	}
	from, err := tx.Partners(false)
	if err != nil {
		return err
	}
	// it may have been put out since the sender's row was read; who joined before a notice was asked for has none
	if notice.Version == 0 || own.State != store.Verified || !slices.ContainsFunc(from, func(c store.Card) bool { return c.Org == s.sender }) {
		s.refused, s.barred = cannotReceive(), true // nothing of her is written here, not even that
		return nil
	}
	pair := consent.NewPair()
	r := store.Referral{ID: s.ID, Peer: s.sender, Need: s.Need, Way: s.Way, State: share.Submitted, Told: s.g.Tell, Grade: s.Grade, Channel: s.g.Channel, Notice: int64(notice.Version),
		GPC: s.v.Session.GPC, Doubt: s.Doubt, Due: share.Due(share.Submitted, tx.Now), Device: s.v.Session.Device}
	for _, w := range s.g.Wants {
		r.Wants = append(r.Wants, string(w))
	}
	if r, err = tx.Arrive(r, s.given, pair, soundOf(pair.Answer)); err != nil {
		return err
	}
	s.id = r.ID
	if err := tx.Moved(r, share.None, share.Submit, herAct, s.Way); err != nil {
		return err
	}
	leaf, err := requestAll(tx, r, s.given, notice, s.g.Flow)
	if err != nil {
		return err
	}
	if err := keepReceipt(tx, r, s.given, notice, leaf, nil); err != nil {
		return err
	}
	if err := s.open(tx, r); err != nil {
		return err
	}
	if s.to.Canon != "" {
		if err := s.send(tx, r); err != nil {
			return err
		}
	}
	if s.Doubt != "" {
		about := map[string]string{"referral": r.ID.String()}
		if s.Doubt == doubtDevice { // a network may answer for many all day
			about = nil
		}
		if err := tx.AlertOnce("referral_"+s.Doubt, about); err != nil {
			return err
		}
	}
	if s.Way == wayCounter || !r.Told { // what she did not allow to be told is not told by a letter either
		return nil
	}
	return tx.Post(store.Letter{Kind: "referral.moved", To: s.sender, Ref: r.ID, Word: string(share.Submit), Told: r.Told})
}

// twice is a second sending that was under way at the same moment.
func (s *submission) twice(tx *store.Tx, r store.Referral, err error) error {
	if err != nil {
		return err
	}
	if !tx.AnsweredIn(r, s.v.Session.Device) {
		s.refused = notFound("app.submit")
		return tx.NotMoved(r, share.Submit, s.v.by(), s.refused)
	}
	s.id, s.to = r.ID, kexin.Key{}
	return s.open(tx, r)
}

// open makes the link of her receipt and the visit in which she sees it.
func (s *submission) open(tx *store.Tx, r store.Referral) error {
	ends := tx.Now.Time().AddDate(6, 0, 0) // consent's year and five years of proof
	id, err := tx.AddPortalLink(store.PortalLink{Digest: s.digest, Kind: store.ReceiptLink, Ref: r.ID, Ends: kexin.At(ends)})
	if err != nil {
		return err
	}
	return tx.AddPortalSession(store.PortalSession{Digest: s.visit, Kind: store.ReceiptLink, Ref: r.ID, Link: id, Ends: tx.Now.Add(law.PortalSession), GPC: s.v.Session.GPC,
		Device: s.v.Session.Device, Token: tx.SealToken(s.link.Text())})
}

// receiptsPerDay is how many receipts go to one number in a day, and
// receiptsPerAddr how many are sent for one network: somebody may be typing numbers
// that are not his. postPerDay is how many of one kind a merchant sends in a day of
// what anybody with a link can cause.
const (
	receiptsPerDay  = 3
	receiptsPerAddr = 30
	postPerDay      = 200
)

// dayOf numbers days, for what is counted by the day.
func dayOf(at kexin.Instant) int64 { return int64(at) / kexin.DayMS }

// maySendReceipt is the address to which the receipt goes as a message, the one
// of the kind at which the shop contacts her if there is a choice: where messages
// go out, this server has an address, and hers is no member of staff's. The zero
// Key for none.
func (a *App) maySendReceipt(ctx context.Context, v Visit, x receiving, keys []kexin.Key, first kexin.KeyKind) (to kexin.Key, err error) {
	keys = a.reachable(keys)
	if len(keys) == 0 || a.public == "" || noProof(x.Referral) {
		return to, nil
	}
	to = keys[0]
	for _, k := range keys {
		if k.Kind == first {
			to = k
		}
	}
	today := dayOf(kexin.At(a.now()))
	n, err := a.store.Tally(ctx, "receipt", to.Canon, today)
	if err != nil || n > receiptsPerDay {
		return kexin.Key{}, err
	}
	if n, err = a.store.Tally(ctx, "receipt/addr", auth.Network(v.From.Addr).String(), today); err != nil || n > receiptsPerAddr {
		return kexin.Key{}, err
	}
	if n, err = a.store.Tally(ctx, "receipt/shop", x.Peer.String(), today); err != nil || n > postPerDay {
		return kexin.Key{}, err
	}
	return to, nil
}

// send queues the receipt's link to the address she typed.
func (s *submission) send(tx *store.Tx, r store.Referral) error {
	own, err := ownCard(tx)
	if err != nil {
		return err
	}
	m := store.Message{Subject: r.Subject, Channel: postOf(s.to.Kind), Kind: "receipt", To: s.to.Canon, Ends: tx.Now.Add(24 * time.Hour)}
	text := "receipt"
	if since, err := tx.Suppressed(s.to.Kind, s.to.Canon); err != nil {
		return err
	} else if since != 0 { // who reads it at that address alone may know
		text = "receipt_stopped"
	}
	_, err = tx.Queue(s.saying(m, text, s.given.Lang, map[string]string{"sign": own.Shown, "shop": own.Legal, "need": r.Need, "link": s.public + "/l/" + s.link.Text()}))
	return err
}

// soundOf is the form in which words are compared: how they sound, so that who
// types 白露 for 白鹭 is right.
func soundOf(word string) string {
	var b strings.Builder
	for _, r := range plainLine(word) {
		if p := pinyin.Readings(r); len(p) > 0 {
			b.WriteString(p[0] + " ")
		} else if !unicode.IsSpace(r) {
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return strings.TrimSpace(b.String())
}
