package app

import (
	"context"
	"slices"

	"kexin"
	"kexin/consent"
	"kexin/gate"
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
	Prove    []kexin.Channel // over which a code to her address would give something
	Codes    []kexin.Channel // over which a code can be sent to see what is held
	Whole    []kexin.Channel // over which a code would make a stop of hers go for all that the shop has of that address
	Failed   bool            // the newest code did not go out, as far as the provider says
	Gave     []kexin.FieldID // what she typed; empty once erased
	Disputed bool            // somebody said "that is not me": nothing is done until a code proves the address
	Path     string          // of this page, to keep: "/l/…"; "" in a later visit of the same link
	Erased   bool
	Stopped  bool            // she stopped it
	Answer   bool            // she can also stop it by answering a text message of the shop's
	Stop     consent.Stopped // what, and when
	Wider    bool            // she stopped this shop, and can stop the others of her path as well
	Due      kexin.Instant   // of the state's clock
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
	var r store.Referral
	err = a.store.View(ctx, v.Session.Org, func(tx *store.Tx) error {
		if r, err = receiptOf(tx, v); err != nil {
			return err
		}
		out = Receipted{Referral: r.ID, Need: r.Need, State: r.State, Channel: r.Channel, Told: r.Told, Proved: r.Proved != 0, Disputed: r.Doubt == store.DoubtNotMe, Due: r.Due, Made: r.Made, Notice: r.Notice, Stopped: stopped(r), Answer: a.replies && reachedBy(r.Channel) == kexin.KeyPhone}
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
		g, err := typedBy(tx, r.Subject)
		if err != nil && kexin.CodeOf(err) != kexin.NotFound {
			return err
		}
		if err == nil {
			out.Gave = g.Fields()
		}
		if out.Codes, err = a.codeOver(tx, r, CodeMine); err != nil {
			return err
		}
		if out.Whole, err = a.wholeOver(tx, v, r); err != nil {
			return err
		}
		sent, err := tx.SendingOf(r.Subject)
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(sent, func(m store.Message) bool { return m.Kind == "code" }); i >= 0 {
			out.Failed = sent[i].State == "failed"
		}
		if alive(r.State) {
			if out.Prove, err = a.proofOver(tx, r, out.Words); err != nil {
				return err
			}
		}
		if len(v.Session.Token) > 0 {
			token, err := tx.OpenToken(v.Session.Token)
			if err != nil {
				return err
			}
			out.Path = "/l/" + token
		}
		if out.Stop, err = stopOn(tx, r); err != nil {
			return err
		}
		out.Wider = out.Stopped && out.Stop.Scope != StopAll && r.Way != wayCounter
		out.File, err = tx.Receipt(r)
		return err
	})
	if err == nil && out.Erased {
		out.Codes, err = a.codesThere(ctx, v, r)
	}
	return out, err
}

// alive are the states in which the receiver may use what she gave.
func alive(s share.State) bool {
	return s == share.Submitted || s == share.Accepted || s == share.Contacted || s == share.Won
}

// stopped reports whether a receiver's row ended with her stop: of one that its
// clock closed, its epoch tells, which the proof of her number raises as well.
func stopped(r store.Referral) bool {
	proofs := uint64(0)
	if r.Proved != 0 {
		proofs = 1
	}
	return r.State == share.Revoking || r.State == share.Revoked || r.State == share.Closed && uint64(r.Epoch) > proofs
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
	Confirm kexin.Instant // by when what she sent wants the proof of her number; 0 = it has it
	From    string        // how she came: counter, referral, store
	Locked  bool
	Erased  bool
	subject kexin.ID
	Waits   string // "silent": it has not answered her stop for fifteen days; "undelivered": not got it (WDR-05)
	Unread  bool   // what it has cannot be read: its row is damaged
}

// A Mine is "who has my data": the holder of the receipt, and, once a code was
// right, every other one of this path who has the address that it went to, or has
// erased what it had by her stop. It follows only links that she made.
type Mine struct {
	Holders []Holder
	Proved  bool
	Codes   []kexin.Channel // over which a code can be sent
}

// Holders reads it.
func (a *App) Holders(ctx context.Context, v Visit) (m Mine, err error) {
	var r store.Referral
	var keys []kexin.Key
	err = a.store.View(ctx, v.Session.Org, func(tx *store.Tx) error {
		if r, err = receiptOf(tx, v); err != nil {
			return err
		}
		if keys, err = v.provedHere(tx, r); err != nil {
			return err
		}
		m.Proved = len(keys) > 0
		if m.Codes, err = a.codeOver(tx, r, CodeMine); err != nil {
			return err
		}
		h, err := holder(tx, r.Subject, &r)
		h.Here = true
		m.Holders = append(m.Holders[:0], h)
		return err
	})
	if err == nil && m.Holders[0].Erased && !m.Proved {
		if _, keys, err = a.keysThere(ctx, v, r); err == nil {
			m.Proved = len(keys) > 0
			m.Codes, err = a.codesThere(ctx, v, r)
		}
	}
	if err != nil || !m.Proved || r.Way == wayCounter {
		return m, err
	}
	others, err := a.otherHolders(ctx, v.Session.Org, r, keys)
	m.Holders = append(m.Holders, others...)
	return m, err
}

// otherHolders are who recommended her, and the shops she came to from there, as
// far as they have one of some addresses of hers.
func (a *App) otherHolders(ctx context.Context, here kexin.ID, r store.Referral, keys []kexin.Key) (out []Holder, err error) {
	var rows []store.Referral
	late := map[kexin.ID]undone{}
	err = a.store.View(ctx, r.Peer, func(tx *store.Tx) error {
		x, err := tx.Referral(r.ID)
		if err != nil {
			return absentIsNobody(err)
		}
		out = out[:0]
		hers, err := has(tx, x.Subject, keys)
		if err != nil {
			return err
		}
		if !hers { // how her stop stands elsewhere she sees also when this merchant has erased her
			if gone, err := tx.Erased(x.Subject); !gone || err != nil {
				return err
			}
		}
		if hers || x.State == share.Revoking || x.State == share.Revoked {
			h, err := holder(tx, x.Subject, nil)
			if err != nil {
				return err
			}
			out = append(out, h)
		}
		if rows, err = tx.ReferralsOf(x.Subject); err != nil {
			return err
		}
		for _, x := range rows {
			if late[x.ID], _, err = waitsFor(tx, x); err != nil {
				return err
			}
		}
		return nil
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
			if hers, err := has(tx, y.Subject, keys); err != nil {
				return err
			} else if !hers {
				if gone, err := tx.Erased(y.Subject); !gone || err != nil || x.State != share.Revoking && x.State != share.Revoked {
					return err
				}
			}
			h, err := holder(tx, y.Subject, &y)
			h.Waits = string(late[x.ID])
			out, seen[x.Peer] = append(out, h), true
			return err
		})
		if store.Damaged(err) {
			h := Holder{Org: x.Peer, Unread: true, Waits: string(late[x.ID])}
			if h.Shop, err = a.store.PublicCard(ctx, x.Peer); kexin.CodeOf(err) == kexin.NotFound {
				continue
			}
			out, seen[x.Peer] = append(out, h), true
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// holder is what may be said of one merchant without a value.
func holder(tx *store.Tx, subject kexin.ID, r *store.Referral) (h Holder, err error) {
	h = Holder{Org: tx.Org, subject: subject}
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
			if row.State == consent.Given {
				h.Until = max(h.Until, row.Until)
				continue
			}
			h.Until, h.Confirm = max(h.Until, row.From.Add(share.GivenFor)), max(h.Confirm, row.Until) // as the form said it
		}
	}
	h.From = "store"
	if r == nil {
		if h.Locked, err = tx.Locked(subject); err != nil {
			return h, err
		}
	}
	if r != nil {
		h.State, h.Outcome, h.Due, h.Since, h.From = r.State, r.Outcome, r.Due, r.Made, "referral"
		if h.Locked = stopped(*r); openOutcome(h.Outcome) {
			h.Outcome = ""
		}
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
	i := slices.IndexFunc(m.Holders, func(h Holder) bool { return h.Org == org && !h.Unread })
	if i < 0 {
		return out, notFound("app.her_data")
	}
	if clear && org != v.Session.Org {
		clear = false // the code proved the number that another holder has
	}
	err = a.store.Update(ctx, org, func(tx *store.Tx) error {
		out = HerData{Holder: m.Holders[i], Clear: clear}
		return out.read(tx, out.subject)
	})
	return out, err
}

// given is what she typed and nobody has accepted: the merchant holds it all
// the same.
func given(tx *store.Tx, sys gate.System, subject kexin.ID) (h store.Held, err error) {
	g, err := tx.GivenOf(sys, subject)
	if kexin.CodeOf(err) == kexin.NotFound {
		return h, nil
	}
	add := func(f *kexin.Field, s string) {
		if s != "" {
			h.Fields = append(h.Fields, store.HeldField{Field: f, Value: kexin.Str(s)})
		}
	}
	for _, f := range tx.State.Schema.Object(kexin.Customer).Fields {
		switch f.ID {
		case kexin.CustName:
			add(f, g.Name)
		case kexin.CustPhone:
			add(f, g.Phone)
		case kexin.CustEmail:
			add(f, g.Email)
		}
	}
	return h, err
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
	sys := gate.ForSystem(gate.SubjectCopy, fields...)
	held, err := tx.HeldOf(sys, subject)
	if kexin.CodeOf(err) == kexin.NotFound {
		held, err = given(tx, sys, subject)
	}
	if err != nil {
		return err
	}
	d.Orders, d.Origins, d.Seen, d.Fields = held.Orders, held.Origins, held.Seen, nil
	var shown []kexin.FieldID
	for _, f := range held.Fields {
		c := gate.ForHerself(f.Field, f.Value, d.Clear, d.Here)
		d.Fields = append(d.Fields, HerField{f.Field, c})
		if d.Clear && f.Field.Sealed {
			shown = append(shown, f.Field.ID)
		}
	}
	if !d.Clear { // opened by a GET, which writes nothing
		return nil
	}
	return tx.Showed(subject, "values", shown)
}
