package app

import (
	"context"
	"slices"

	"kexin"
	"kexin/consent"
	"kexin/gate"
	"kexin/law"
	"kexin/ledger"
	"kexin/share"
	"kexin/store"
)

// A Receipted is her receipt page: the pair of words, what she said, and how to
// stop it.
type Receipted struct {
	Referral kexin.ID
	Shop     store.Card
	Through  store.Card
	Pair     consent.Pair // empty once erased
	Need     string
	State    share.State
	Channel  kexin.Channel
	Words    []consent.Row
	Told     bool
	Proved   bool
	CanProve bool // a code can be sent to her number
	Doubt    string
	Path     string // of this page, to keep: "/l/…"; "" in a later visit of the same link
	Erased   bool
	Due      kexin.Instant // of the state's clock
	Made     kexin.Instant
	Notice   int64
	File     []byte // signed
}

// receiptOf reads the receiver's row of a receipt visit.
func receiptOf(tx *store.Tx, v Visit) (store.Referral, error) {
	if v.Session.Kind != store.ReceiptLink {
		return store.Referral{}, notFound("app.receipt")
	}
	return tx.Referral(v.Session.Ref)
}

// HerReceipt reads it for the visit. Errors: not_found.
func (a *App) HerReceipt(ctx context.Context, v Visit) (out Receipted, err error) {
	err = a.store.View(ctx, v.Session.Org, func(tx *store.Tx) error {
		r, err := receiptOf(tx, v)
		if err != nil {
			return err
		}
		out = Receipted{Referral: r.ID, Need: r.Need, State: r.State, Channel: r.Channel, Told: r.Told, Proved: r.Proved != 0, Doubt: r.Doubt, Due: r.Due, Made: r.Made, Notice: r.Notice}
		if out.Shop, err = tx.Card(tx.Org); err != nil {
			return err
		}
		if out.Through, err = tx.Card(r.Peer); err != nil && kexin.CodeOf(err) != kexin.NotFound {
			return err
		}
		if out.Pair, err = tx.HerWords(r); err != nil {
			if kexin.CodeOf(err) != kexin.NotFound {
				return err
			}
			out.Erased = true
		}
		if out.Words, err = tx.Words(r.Subject); err != nil {
			return err
		}
		out.CanProve = !out.Proved && !out.Erased && alive(r.State) && a.CanSend(kexin.BySMS)
		if len(v.Session.Token) > 0 {
			token, err := tx.OpenToken(v.Session.Token)
			if err != nil {
				return err
			}
			out.Path = "/l/" + token
		}
		out.File, err = tx.Receipt(r)
		return err
	})
	return out, err
}

// alive are the states in which the receiver may use what she gave.
func alive(s share.State) bool {
	return s == share.Submitted || s == share.Accepted || s == share.Contacted || s == share.Won
}

// The scopes of a withdrawal (WDR-04).
const (
	StopShop = "shop" // this shop
	StopAds  = "ads"  // offers, everywhere
	StopAll  = "all"  // every shop of this path
)

// Withdraw is her stop 叫停: at this shop it locks in its own transaction, and
// every other shop that she came to by this path is told by letter. The link
// alone stops at once; what cannot be undone waits a day then, unless the code
// was right (security.md A6). Errors: not_found, conflict.
func (a *App) Withdraw(ctx context.Context, v Visit, scope string) error {
	if scope != StopShop && scope != StopAds && scope != StopAll {
		return fieldError("scope", "error.field_bad")
	}
	err := a.store.Update(ctx, v.Session.Org, func(tx *store.Tx) error {
		r, err := receiptOf(tx, v)
		if err != nil {
			return err
		}
		hold := !v.Proved(tx.Org)
		if err := a.stopHere(tx, r.Subject, scope, hold, herAct, "link"); err != nil {
			return err
		}
		if scope == StopShop || r.Way == wayCounter {
			return nil
		}
		return tx.Post(store.Letter{Kind: "consent.withdrawn", To: r.Peer, Ref: r.ID, Word: scope, N: int64(r.Epoch + 1)})
	})
	if err == nil {
		a.kick()
	}
	return err
}

// stopHere ends her consents at this merchant, marks her number, and takes
// what she gave by referrals out of everybody's sight (WDR-01): one
// transaction.
func (a *App) stopHere(tx *store.Tx, subject kexin.ID, scope string, hold bool, by ledger.Actor, way ledger.Way) error {
	if err := sayNo(tx, subject, scope, by, way); err != nil {
		return err
	}
	phone, err := tx.PhoneOf(gate.ForSystem(gate.SubjectCopy, kexin.CustPhone), subject)
	if err != nil && kexin.CodeOf(err) != kexin.NotFound {
		return err
	}
	if phone != "" {
		if err := tx.Suppress(kexin.KeyPhone, phone); err != nil {
			return err
		}
	}
	s, err := tx.Subject(subject)
	if err != nil {
		return err
	}
	if _, err := tx.CancelSending(s); err != nil || scope == StopAds {
		return err
	}
	rows, err := tx.ReferralsOf(subject)
	if err != nil {
		return err
	}
	ordered, err := tx.Ordered(subject)
	if err != nil {
		return err
	}
	if !ordered {
		if err := tx.Lock(s); err != nil {
			return err
		}
	}
	for _, r := range rows {
		if r.Side == store.Receiving {
			if err := a.revoke(tx, r, hold, by); err != nil {
				return err
			}
		}
	}
	return nil
}

// revoke moves one receiver's row to REVOKING; its clock erases.
func (a *App) revoke(tx *store.Tx, r store.Referral, hold bool, by ledger.Actor) error {
	next, _, err := share.Apply(r.State, share.Event{Kind: share.Withdraw, By: share.Customer, At: tx.Now})
	if err != nil {
		return nil // nothing is held any more
	}
	was := r.State
	r.State, r.Epoch, r.Due = next, r.Epoch+1, tx.Now
	if hold {
		r.Due = tx.Now.Add(share.HoldErasure)
	}
	if err := tx.SaveReferral(was, r); err != nil {
		return err
	}
	if err := tx.Moved(r, was, share.Withdraw, by, ""); err != nil {
		return err
	}
	return tellSender(tx, r, share.Withdraw)
}

// sayNo ends every consent of a scope: what is given is withdrawn, what was
// asked is refused.
func sayNo(tx *store.Tx, subject kexin.ID, scope string, by ledger.Actor, way ledger.Way) error {
	rows, err := tx.Words(subject)
	if err != nil {
		return err
	}
	n, err := tx.Notice()
	if err != nil {
		return err
	}
	for _, row := range rows {
		u, err := law.PurposeOf(row.Purpose)
		if err != nil || scope == StopAds && u.Consent != law.PerChannel {
			continue
		}
		k := consent.Withdraw
		switch row.State {
		case consent.Requested:
			k = consent.Refuse
		case consent.Given, consent.Suspended:
		default:
			continue
		}
		_, _, err = tx.Say(store.Said{Subject: subject, Purpose: row.Purpose, Channel: row.Channel, Receiver: row.Receiver, By: by, Way: way, Grade: row.Grade, Notice: n.Version,
			Event: consent.Event{Kind: k, By: consent.Customer, At: tx.Now}})
		if err != nil {
			return err
		}
	}
	return nil
}

// takeWithdrawal is a withdrawal that came by letter: she made it at another
// shop of the path. It stops here and goes on to every other shop that she came
// to from here, but not back.
func (a *App) takeWithdrawal(tx *store.Tx, l store.Letter) (string, error) {
	r, err := tx.Referral(l.Ref)
	if kexin.CodeOf(err) == kexin.NotFound {
		return "nothing", nil
	}
	if err != nil {
		return "", err
	}
	by := ledger.Actor{Kind: ledger.ByMerchant, Ref: l.From}
	if r.Peer != l.From || l.Word != StopAll && l.Word != StopAds || r.Side == store.Receiving && int64(r.Epoch) > l.N {
		return "refused", nil
	}
	if err := a.stopHere(tx, r.Subject, l.Word, true, by, "link"); err != nil {
		return "", err
	}
	if r.Side == store.Receiving {
		return "done", nil
	}
	rows, err := tx.ReferralsOf(r.Subject)
	if err != nil {
		return "", err
	}
	for _, x := range rows {
		if x.ID != r.ID && x.Side == store.Sending && !slices.Contains([]share.State{share.Draft, share.Blocked, share.Awaiting, share.Declined, share.Expired}, x.State) {
			if err := tx.Post(store.Letter{Kind: "consent.withdrawn", To: x.Peer, Ref: x.ID, Word: l.Word, N: 1 << 31}); err != nil {
				return "", err
			}
		}
	}
	return "done", nil
}

// A Holder is one merchant who has something of her: what her page lists.
type Holder struct {
	Org     kexin.ID
	Shop    store.Card
	Here    bool // the merchant of the receipt
	Purpose []kexin.PurposeCode
	State   share.State // of the referral by which she came; "" for who recommended
	Outcome string
	Due     kexin.Instant // by when it must be deleted or answered
	Since   kexin.Instant
	Until   kexin.Instant
	From    string // how she came: counter, referral, store
	Locked  bool
	Erased  bool
}

// A Mine is "who has my data": the holder of the receipt, and, once the code
// was right, every other one of this path. It follows only links that she made.
type Mine struct {
	Holders []Holder
	Proved  bool
	CanCode bool
}

// Holders reads it.
func (a *App) Holders(ctx context.Context, v Visit) (m Mine, err error) {
	m = Mine{Proved: v.Proved(v.Session.Org), CanCode: a.CanSend(kexin.BySMS)}
	var r store.Referral
	err = a.store.View(ctx, v.Session.Org, func(tx *store.Tx) error {
		if r, err = receiptOf(tx, v); err != nil {
			return err
		}
		h, err := holder(tx, r.Subject, &r)
		h.Here = true
		m.Holders = append(m.Holders[:0], h)
		return err
	})
	if err != nil || !m.Proved || r.Way == wayCounter {
		return m, err
	}
	others, err := a.otherHolders(ctx, v.Session.Org, r)
	m.Holders = append(m.Holders, others...)
	return m, err
}

// otherHolders are who recommended her, and the shops she came to from there.
func (a *App) otherHolders(ctx context.Context, here kexin.ID, r store.Referral) (out []Holder, err error) {
	var rows []store.Referral
	err = a.store.View(ctx, r.Peer, func(tx *store.Tx) error {
		x, err := tx.Referral(r.ID)
		if err != nil {
			return absentIsNobody(err)
		}
		h, err := holder(tx, x.Subject, nil)
		if err != nil {
			return err
		}
		out = append(out[:0], h)
		rows, err = tx.ReferralsOf(x.Subject)
		return err
	})
	if err != nil {
		return nil, err
	}
	seen := map[kexin.ID]bool{here: true, r.Peer: true}
	for _, x := range rows {
		if x.Side != store.Sending || seen[x.Peer] {
			continue
		}
		err := a.store.View(ctx, x.Peer, func(tx *store.Tx) error {
			y, err := tx.Referral(x.ID)
			if err != nil {
				return absentIsNobody(err) // she gave nothing there
			}
			h, err := holder(tx, y.Subject, &y)
			out, seen[x.Peer] = append(out, h), true
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// holder is what may be said of one merchant without a value.
func holder(tx *store.Tx, subject kexin.ID, r *store.Referral) (h Holder, err error) {
	h = Holder{Org: tx.Org}
	if h.Shop, err = tx.Card(tx.Org); err != nil && kexin.CodeOf(err) != kexin.NotFound {
		return h, err
	}
	if h.Erased, err = tx.Erased(subject); err != nil {
		return h, err
	}
	rows, err := tx.Words(subject)
	if err != nil {
		return h, err
	}
	for _, row := range rows {
		if row.State == consent.Given && tx.Now < row.Until || row.State == consent.Requested && tx.Now < row.Until {
			h.Purpose = append(h.Purpose, row.Purpose)
			h.Until = max(h.Until, row.Until)
		}
	}
	h.From = "store"
	if r != nil {
		h.State, h.Outcome, h.Due, h.Since, h.From = r.State, r.Outcome, r.Due, r.Made, "referral"
		h.Locked = r.State == share.Revoking || r.State == share.Revoked
		if r.Way == wayCounter {
			h.From = wayCounter
		}
	}
	return h, nil
}

// A HerData is what one holder has of her: masked, or clear once she asked for
// it in a visit in which the code was right.
type HerData struct {
	Holder
	Fields  []HerField
	Orders  int64
	Origins []store.Origin
	Seen    []store.Seen
	Words   []consent.Row
	Given   []string // other merchants it was given to: none in this mode
	Clear   bool
}

// A HerField is one field with what may be shown of it.
type HerField struct {
	Field *kexin.Field
	Cell  kexin.Cell
}

// HerData reads what one holder has, for a visit in which the code was right.
// clear shows the values; showing is an entry in that holder's log, written
// before they leave. Errors: not_found, unauthorized without the code.
func (a *App) HerData(ctx context.Context, v Visit, org kexin.ID, clear bool) (out HerData, err error) {
	m, err := a.Holders(ctx, v)
	if err != nil {
		return out, err
	}
	if !m.Proved {
		return out, &kexin.Error{Op: "app.her_data", Code: kexin.Unauthorized, Key: "error.her_code"}
	}
	i := slices.IndexFunc(m.Holders, func(h Holder) bool { return h.Org == org })
	if i < 0 {
		return out, notFound("app.her_data")
	}
	if clear && org != v.Session.Org {
		clear = false // the code proved the number that another holder has
	}
	err = a.store.Update(ctx, org, func(tx *store.Tx) error {
		out = HerData{Holder: m.Holders[i], Clear: clear}
		subject, err := a.subjectAt(tx, v)
		if err != nil {
			return err
		}
		return out.read(tx, subject)
	})
	return out, err
}

// subjectAt is the person in the eyes of one holder of the visit's path.
func (a *App) subjectAt(tx *store.Tx, v Visit) (kexin.ID, error) {
	if tx.Org == v.Session.Org {
		r, err := receiptOf(tx, v)
		return r.Subject, err
	}
	r, err := tx.Referral(v.Session.Ref)
	return r.Subject, err
}

func (d *HerData) read(tx *store.Tx, subject kexin.ID) error {
	var err error
	if d.Words, err = tx.Words(subject); err != nil {
		return err
	}
	fields := []kexin.FieldID{}
	for _, f := range tx.State.Schema.Object(kexin.Customer).Fields {
		if f.Sealed {
			fields = append(fields, f.ID)
		}
	}
	held, err := tx.HeldOf(gate.ForSystem(gate.SubjectCopy, fields...), subject)
	if kexin.CodeOf(err) == kexin.NotFound {
		return tx.Showed(subject, "held", nil)
	}
	if err != nil {
		return err
	}
	d.Orders, d.Origins, d.Seen, d.Fields = held.Orders, held.Origins, held.Seen, nil
	var shown []kexin.FieldID
	for _, f := range held.Fields {
		c := gate.ForHerself(f.Field, f.Value, d.Clear)
		d.Fields = append(d.Fields, HerField{f.Field, c})
		if d.Clear && f.Field.Sealed {
			shown = append(shown, f.Field.ID)
		}
	}
	what := ledger.Why("held")
	if d.Clear {
		what = "values"
	}
	return tx.Showed(subject, what, shown)
}
