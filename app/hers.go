package app

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"kexin"
	"kexin/auth"
	"kexin/consent"
	"kexin/i18n"
	"kexin/kind"
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
// learns nothing of either; her own shop learns only that she declined.
// Errors: not_found, conflict, E_ONLY_SUBJECT in a browser of staff.
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
		r, err := a.asked(tx, v, referral)
		if err != nil {
			return err
		}
		e := share.Event{Kind: k, By: share.Customer, At: tx.Now, Due: r.Made.Add(share.LinkLife), Facts: share.Facts{Staff: v.Staff}}
		next, _, err := share.Apply(r.State, e)
		if err != nil {
			refused = err
			return tx.NotMoved(r, k, herAct, err)
		}
		was := r.State
		r.State, r.Due = next, 0
		if next == share.Awaiting {
			r.Due = e.Due
			err = tx.TakeBackAsk(r.Subject, kexin.FollowUp, r.Peer, r.Made)
		} else {
			err = tx.RefuseAsk(r.Subject, kexin.FollowUp, r.Peer)
		}
		if err != nil {
			return err
		}
		if err := tx.SaveReferral(was, r); err != nil {
			return err
		}
		return tx.Moved(r, was, k, herAct, "")
	})
	if err == nil {
		err = refused
	}
	return err
}

// asked reads the sender's row of a question that this visit's link carries.
func (a *App) asked(tx *store.Tx, v Visit, referral kexin.ID) (store.Referral, error) {
	r, err := tx.Referral(referral)
	if err == nil && (v.Session.Kind != store.AskLink || r.Ask != v.Session.Ref || r.Side != store.Sending) {
		err = notFound("app.referral")
	}
	return r, err
}

// HerWants are the purposes she may tick besides, each with its channel: none is
// ticked beforehand, and none counts before the number is proved.
var HerWants = []kexin.PurposeCode{kexin.OwnSMS, kexin.OwnCall, kexin.OwnWeChat}

// HerChannels are the ways in which she may want to be answered: one choice.
var HerChannels = []kexin.Channel{kexin.ByCall, kexin.BySMS, kexin.ByWeChat}

// A Giving is what she typed for one shop.
type Giving struct {
	Referral kexin.ID // of the question; 0 at a counter
	Shop     kexin.ID // at a counter: which one
	Need     string   // at a counter: what for
	Name     string   // how she wants to be called
	Phone    string
	Channel  kexin.Channel
	Wants    []kexin.PurposeCode
	Tell     bool // "you may tell who recommended you"
	Lang     string
}

// clean reads the form. Nothing of it is stored where it is not right.
func (g *Giving) clean() (phone string, err error) {
	e := &kexin.Error{Op: "app.submit", Code: kexin.Invalid, Key: "error.fields"}
	g.Name = plainLine(g.Name)
	if n := utf8.RuneCountInString(g.Name); n == 0 || n > 20 || strings.ContainsFunc(g.Name, func(r rune) bool { return unicode.IsDigit(r) || strings.ContainsRune("<>@/", r) }) {
		e.Fields = append(e.Fields, kexin.FieldError{Path: "name", Key: "error.her_name"})
	}
	phone, err = kind.Canon(kexin.KeyPhone, g.Phone)
	if err != nil || !strings.HasPrefix(phone, "+") || len(phone) < 11 {
		e.Fields = append(e.Fields, kexin.FieldError{Path: "phone", Key: "error.her_phone"})
	}
	if !slices.Contains(HerChannels, g.Channel) {
		e.Fields = append(e.Fields, kexin.FieldError{Path: "channel", Key: "error.her_channel"})
	}
	g.Wants = slices.Compact(slices.Sorted(slices.Values(g.Wants)))
	for _, w := range g.Wants {
		if !slices.Contains(HerWants, w) {
			return "", law.Refuse("app.submit", "E_WILDCARD", nil)
		}
	}
	if g.Need != "" && !slices.Contains(kexin.Needs, g.Need) {
		e.Fields = append(e.Fields, kexin.FieldError{Path: "need", Key: "error.field_bad"})
	}
	if len(e.Fields) > 0 {
		return "", e
	}
	return phone, nil
}

// A Submitted is what she gets after sending: the token of her receipt, which
// stands on her screen alone, and a visit to it.
type Submitted struct {
	Referral kexin.ID
	Visit    auth.Secret
}

// Submit sends what she typed to the shop of one referral: her own act, into
// that merchant alone. The sender's row follows by a letter that holds nothing
// of it. Errors: invalid with a field for each fault, conflict where she
// answered before, E_ONLY_SUBJECT in a browser of staff.
func (a *App) Submit(ctx context.Context, v Visit, g Giving) (Submitted, error) {
	phone, err := g.clean()
	if err != nil {
		return Submitted{}, err
	}
	x, err := a.mayGive(ctx, v, g)
	if err != nil {
		return Submitted{}, err
	}
	if x.Doubt, err = a.doubt(ctx, v, x.Peer, x.sender, phone); err != nil {
		return Submitted{}, err
	}
	many, err := a.reused(ctx, v)
	if err != nil {
		return Submitted{}, err
	}
	if many && x.Doubt == "" {
		x.Doubt = "device_reuse"
	}
	link, digest := auth.NewLink()
	secret, visit := auth.NewSession()
	s := submission{App: a, v: v, g: g, phone: phone, link: link, digest: digest[:], visit: visit[:], receiving: x}
	err = a.store.Update(ctx, x.Peer, func(tx *store.Tx) error { return s.store(tx) })
	if err != nil {
		return Submitted{}, err
	}
	a.kick()
	return Submitted{s.id, secret}, nil
}

// A receiving is what is known of a submission before it is stored.
type receiving struct {
	store.Referral          // as the sender's row has it; Peer is the receiver
	sender         kexin.ID // the merchant of the link
}

// mayGive checks the link, the sender's row and the receiver. A refusal is
// recorded at the sender.
func (a *App) mayGive(ctx context.Context, v Visit, g Giving) (x receiving, err error) {
	var refused error
	x.sender = v.Session.Org
	err = a.store.Update(ctx, v.Session.Org, func(tx *store.Tx) error {
		refused = nil
		if v.Session.Kind == store.CounterLink {
			x.Referral = store.Referral{Peer: g.Shop, Need: g.Need, Way: wayCounter, State: share.Awaiting, Grade: consent.Handed}
		} else if x.Referral, err = a.asked(tx, v, g.Referral); err != nil {
			return err
		}
		e := share.Event{Kind: share.Submit, By: share.Customer, At: tx.Now, Facts: share.Facts{Staff: v.Staff}}
		if x.Ask != 0 {
			e.Due = x.Made.Add(share.LinkLife)
		}
		if _, _, refused = share.Apply(x.State, e); refused == nil {
			refused = a.receiver(tx, x.Peer)
		}
		if refused == nil {
			return nil
		}
		return tx.NotMoved(store.Referral{ID: x.ID, Side: store.Sending, Subject: x.Subject, State: x.State, Peer: x.Peer}, share.Submit, herAct, refused)
	})
	if err == nil {
		err = refused
	}
	return x, err
}

// receiver checks that a merchant may be recommended by this one now.
func (a *App) receiver(tx *store.Tx, org kexin.ID) error {
	all, err := tx.Partners(true)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(all, func(c store.Card) bool { return c.Org == org }) {
		return &kexin.Error{Op: "app.receiver", Code: kexin.Forbidden, Key: "error.referral_receiver"}
	}
	return nil
}

// doubt is why a proof by this number or browser does not make a consent
// (security.md A7): it is a member of staff's or a shop's own, or too many
// share it. A browser that answers for many is only reported.
func (a *App) doubt(ctx context.Context, v Visit, receiver, sender kexin.ID, phone string) (doubt string, err error) {
	if _, err := a.store.LoginNamed(ctx, strings.TrimPrefix(phone, "+86")); err == nil {
		return "staff_number", nil
	}
	for _, org := range []kexin.ID{receiver, sender} {
		err := a.store.View(ctx, org, func(tx *store.Tx) error {
			o, err := tx.Merchant()
			if err != nil {
				return err
			}
			staff, err := tx.StaffPhone(phone)
			if err != nil {
				return err
			}
			if own, err := kind.Canon(kexin.KeyPhone, o.Contact); staff || err == nil && own == phone {
				doubt = "staff_number"
			}
			n, err := tx.Sharing(phone)
			if doubt == "" && n > law.SharedNumberAtMost {
				doubt = "shared_number"
			}
			return err
		})
		if err != nil {
			return "", err
		}
	}
	return doubt, nil
}

// reused counts what was given from one browser or network today and reports
// whether it is more than one person's (A7).
func (a *App) reused(ctx context.Context, v Visit) (bool, error) {
	day := int64(kexin.At(a.now())) / 86_400_000
	most := 0
	for _, who := range []string{string(v.Session.Device), auth.Network(v.From.Addr).String()} {
		if who == "" {
			continue
		}
		n, err := a.store.Tally(ctx, "gave", who, day)
		if err != nil {
			return false, err
		}
		most = max(most, n)
	}
	return most > law.DeviceGivesPerDay, nil
}

// A submission is one sending in the receiver's transaction.
type submission struct {
	*App
	receiving
	v      Visit
	g      Giving
	phone  string
	link   auth.Secret
	digest []byte
	visit  []byte
	id     kexin.ID
}

// enquiryLife and wishLife are how long what she allows holds (law.md §3).
const (
	enquiryLife = 365 * 24 * time.Hour
	wishLife    = 365 * 24 * time.Hour
)

// store writes row, requests, receipt, link and visit, all or nothing.
func (s *submission) store(tx *store.Tx) error {
	if s.ID != 0 {
		if _, err := tx.Referral(s.ID); kexin.CodeOf(err) != kexin.NotFound {
			return answered(err)
		}
	}
	notice, err := tx.Notice()
	if err != nil {
		return err
	}
	if notice.Version == 0 {
		return law.Refuse("app.submit", "E_NOTICE_STALE", nil)
	}
	pair := consent.NewPair()
	r := store.Referral{ID: s.ID, Peer: s.sender, Need: s.Need, Way: s.Way, State: share.Submitted, Told: s.g.Tell, Grade: s.Grade, Channel: s.g.Channel, Notice: int64(notice.Version),
		GPC: s.v.Session.GPC, Doubt: s.Doubt, Due: share.Due(share.Submitted, tx.Now)}
	for _, w := range s.g.Wants {
		r.Wants = append(r.Wants, string(w))
	}
	if r, err = tx.Arrive(r, store.Given{Name: s.g.Name, Phone: s.phone}, pair, soundOf(pair.Answer)); err != nil {
		return err
	}
	s.id = r.ID
	if err := tx.Moved(r, share.None, share.Submit, herAct, s.Way); err != nil {
		return err
	}
	leaf, err := requestAll(tx, r, notice)
	if err != nil {
		return err
	}
	if err := keepReceipt(tx, r, notice, s.g.Lang, leaf); err != nil {
		return err
	}
	if err := s.open(tx, r); err != nil {
		return err
	}
	if s.Doubt != "" {
		if err := alertOnce(tx, "referral_"+s.Doubt, r.ID); err != nil {
			return err
		}
	}
	if s.Way == wayCounter {
		return nil
	}
	return tx.Post(store.Letter{Kind: "referral.moved", To: s.sender, Ref: r.ID, Word: string(share.Submit), Told: r.Told})
}

// alertOnce raises an alert unless one of its kind is open.
func alertOnce(tx *store.Tx, code string, referral kexin.ID) error {
	all, err := tx.Alerts(100)
	if err != nil || slices.ContainsFunc(all, func(x store.Alert) bool { return x.Code == code && x.Done == 0 }) {
		return err
	}
	return tx.Alert(code, map[string]string{"referral": referral.String()})
}

func answered(err error) error {
	if err != nil {
		return err
	}
	return &kexin.Error{Op: "app.submit", Code: kexin.Conflict, Key: "error.referral_answered"}
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

// wishes are the consents that a submission asks for: to be answered over the
// channel she chose, and what she ticked.
func wishes(r store.Referral) []store.Said {
	out := []store.Said{{Purpose: kexin.FollowUp, Channel: r.Channel}}
	for _, w := range r.Wants {
		u, err := law.PurposeOf(kexin.PurposeCode(w))
		if err == nil {
			out = append(out, store.Said{Purpose: u.Code, Channel: u.Channel, Terms: consent.Terms{About: "offers", MaxPerMonth: 2}})
		}
	}
	for i := range out {
		out[i].Subject, out[i].Fields = r.Subject, []kexin.FieldID{kexin.CustName, kexin.CustPhone, kexin.CustNeed}
		out[i].Evidence, out[i].GPC = "referral:"+r.ID.String(), r.GPC
	}
	return out
}

// requestAll brings every wish to REQUESTED: what she sent is an enquiry, and
// nothing is given before the number is proved. It gives the entry of the
// first.
func requestAll(tx *store.Tx, r store.Referral, n store.Published) (leaf [32]byte, err error) {
	for i, w := range wishes(r) {
		w.By, w.Way, w.Notice, w.Text, w.Grade = herAct, "link", n.Version, n.Texts[i18n.Chinese].Hash, r.Grade
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

// giveAll brings every wish to GIVEN: her number is proved to be hers, by a
// code or by the word she answered. A doubted number gives nothing.
func giveAll(tx *store.Tx, r *store.Referral, g consent.Grade, way ledger.Way, evidence string) error {
	if r.Proved != 0 {
		return nil
	}
	if r.Doubt == "staff_number" || r.Doubt == "shared_number" {
		return tx.NotMoved(*r, share.Submit, herAct, law.Refuse("app.give", "E_ONLY_SUBJECT", nil))
	}
	n, err := tx.Notice()
	if err != nil {
		return err
	}
	r.Grade = max(r.Grade, g)
	var leaf [32]byte
	for i, w := range wishes(*r) {
		w.By, w.Way, w.Notice, w.Text, w.Grade, w.Evidence = herAct, way, int(r.Notice), n.Texts[i18n.Chinese].Hash, r.Grade, evidence
		w.Until = tx.Now.Add(wishLife)
		if w.Purpose == kexin.FollowUp {
			w.Until = tx.Now.Add(enquiryLife)
		} else {
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
		if i == 0 {
			leaf = l
		}
	}
	r.Proved, r.Epoch = tx.Now, r.Epoch+1
	return keepReceipt(tx, *r, n, i18n.Chinese, leaf)
}

// keepReceipt signs what stands now and keeps it for her.
func keepReceipt(tx *store.Tx, r store.Referral, n store.Published, lang string, leaf [32]byte) error {
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
	slip := consent.Slip{ID: r.ID, Time: tx.Now, Language: lang, Controller: consent.Party{Name: o.Name, USCC: o.USCC, Contact: o.Contact, Address: o.Address}, Through: through.Legal,
		Data: []string{"salutation", "phone", "need"}, Notice: n.Version, NoticeHash: n.Texts[i18n.Chinese].Hash, NoticeURL: "/notice/" + tx.Org.String(), Retention: kexin.KeepEnquiry,
		Withdrawal: "receipt link; telephone; counter", GPC: r.GPC}
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
