package app

import (
	"context"
	"slices"

	"kexin"
	"kexin/auth"
	"kexin/consent"
	"kexin/gate"
	"kexin/i18n"
	"kexin/law"
	"kexin/ledger"
	"kexin/share"
	"kexin/store"
)

// SaidHow is how the need came up: a chip, no typing (SHR-12).
var SaidHow = []string{"store", "call", "wechat", "home"}

// The ways in which she gets the link.
const (
	WayCopy = "copy" // words copied by the member of staff
	WayQR   = "qr"   // shown on his screen
	WaySend = "send" // sent by the server to the number on file
)

// A Recommendation is what a member of staff fills in 推荐.
type Recommendation struct {
	Customer kexin.ID
	Need     string     // of kexin.Needs; free text stays at home
	Shops    []kexin.ID // one to three; 0 names none of its own: E_WILDCARD
	Said     string     // of SaidHow
	Way      string
	Once     store.Once
}

// A Recommended is what he gets: the link as a path of this server, once, and
// the words to copy with {link} where the address goes.
type Recommended struct {
	Ask       kexin.ID
	Referrals []kexin.ID
	Path      auth.Secret // "/l/…"; "" where the server sends it
	Words     string
	Lang      string // of the words
	Other     string // the same in the other language
	Ends      kexin.Instant
}

// Recommend makes the question for the customer: one link, one referral for
// each shop. Nothing goes to any shop. What the bounds refuse is recorded, and what
// speaks against it itself blocks it (refuse). A request that was carried out
// already gives the same link. Errors: not_found, invalid, E_WILDCARD,
// E_REASK_COOLDOWN, E_FANOUT_CAP, E_ONWARD, rate_limited, E_NO_CHANNEL_CONSENT for
// sending, E_OTHER_BODY.
func (a *App) Recommend(ctx context.Context, actor kexin.Actor, w Recommendation) (out Recommended, err error) {
	secret, digest := auth.NewLink()
	var link auth.Secret // hers, or that of the request that was carried out already
	var refused error
	err = a.store.Update(ctx, actor.Org, func(tx *store.Tx) error {
		out, refused, link = Recommended{}, nil, secret
		if err := tx.Alone("recommend"); err != nil { // the bounds of asking are the shop's and the rep's together
			return err
		}
		p, err := a.one(tx, actor, kexin.Query{Act: kexin.ActContact, Object: kexin.Customer, Record: w.Customer, Fields: []kexin.FieldID{kexin.CustPhone}})
		if err != nil {
			return err
		}
		r := recommending{App: a, tx: tx, actor: actor, w: w, permit: &p, way: w.Way}
		made, err := tx.Earlier(actor.User, w.Once)
		if err != nil {
			return err
		}
		if made.Record != 0 {
			if link = auth.Secret(made.Link); link == "" && w.Way != WaySend {
				return &kexin.Error{Op: "app.recommend", Code: kexin.Conflict, Key: "error.once_link"}
			}
			out, err = r.again(made.Record)
			return err
		}
		if refused, err = r.told(r.check()); err != nil || refused != nil {
			return r.refuse(refused, err)
		}
		if out, err = r.make(digest[:]); err != nil {
			return err
		}
		made = store.Made{Record: out.Ask}
		if w.Way == WaySend {
			err = r.send(secret, out.Ask)
		} else {
			made.Link = secret.Text()
		}
		if err != nil {
			return err
		}
		return tx.KeepMade(actor.User, w.Once, made)
	})
	if err == nil {
		err = refused
	}
	if err != nil {
		return Recommended{}, err
	}
	if w.Way != WaySend {
		out.Path = auth.Secret("/l/" + link.Text())
	}
	a.kick()
	return out, nil
}

func (w Recommendation) check() error {
	switch {
	case !slices.Contains(kexin.Needs, w.Need):
		return fieldError("need", "error.referral_need")
	case !slices.Contains(SaidHow, w.Said):
		return fieldError("said", "error.referral_need")
	case w.Way != WayCopy && w.Way != WayQR && w.Way != WaySend:
		return fieldError("way", "error.field_bad")
	case len(w.Shops) == 0 || len(slices.Compact(slices.Sorted(slices.Values(w.Shops)))) != len(w.Shops):
		return fieldError("shops", "error.referral_shops")
	case slices.Contains(w.Shops, 0):
		return law.Refuse("app.recommend", "E_WILDCARD", nil)
	}
	return nil
}

// A recommending is one recommendation in its transaction.
type recommending struct {
	*App
	tx      *store.Tx
	actor   kexin.Actor
	w       Recommendation
	permit  *gate.Permit
	way     string
	subject kexin.ID
	people  []kexin.ID       // she, and whoever has an address of hers: a no is said at a telephone
	others  bool             // what was asked of others among them counts
	rows    []store.Referral // of all these
	cards   []store.Card     // of the shops, in their order
	stand   *store.Standing
	keys    []kexin.Key // her number and e-mail address
	to      kexin.Key   // the one that the link is sent to
	blocked bool        // it is drafted, and the check found something against it
}

// refuse records a refusal. What was drafted and did not pass the check stands as
// blocked, a row for each shop, until the same is recommended again and passes, or
// it is taken back; one that stood so before is tried again, and stays.
func (r *recommending) refuse(refused, err error) error {
	if err != nil {
		return err
	}
	if err := r.tx.NotMoved(store.Referral{Side: store.Sending, Subject: r.subject}, share.Create, ledger.Who(r.actor), refused); err != nil || !r.blocked {
		return err
	}
	for _, id := range r.w.Shops {
		x, err := r.draft(id)
		if err != nil {
			return err
		}
		was := x.State
		if x.State = share.Blocked; was == share.None {
			if x.ID, err = r.tx.AddReferral(x); err != nil {
				return err
			}
		}
		if err := r.tx.Moved(x, share.Draft, share.Block, ledger.Actor{Kind: ledger.BySystem}, r.way); err != nil {
			return err
		}
	}
	return nil
}

// draft is the row of the recommendation at one shop: that which the check blocked
// before, for the same need, or a new one. Either way it is drafted now.
func (r *recommending) draft(shop kexin.ID) (store.Referral, error) {
	for _, x := range r.rows {
		if x.State != share.Blocked || x.Side != store.Sending || x.Customer != r.w.Customer || x.Peer != shop || x.Need != r.w.Need {
			continue
		}
		next, err := share.Apply(x.State, share.Event{Kind: share.Fix, By: share.Sender, At: r.tx.Now})
		if err != nil {
			return x, err
		}
		from := x.State
		x.State = next
		err = r.tx.Moved(x, from, share.Fix, ledger.Who(r.actor), r.way)
		x.State = from
		return x, err
	}
	return store.Referral{Side: store.Sending, Peer: shop, Subject: r.subject, Customer: r.w.Customer, Member: r.actor.User, Need: r.w.Need, Said: r.w.Said, Way: r.way, Grade: consent.Handed}, nil
}

// told counts as a lookup a refusal that may tell of somebody else's record with
// her number (security.md A4): whoever lists her a second time asks by it.
func (r *recommending) told(refused, err error) (error, error) {
	if refused == nil || err != nil || !r.others {
		return refused, err
	}
	spend, err := r.tx.LookupSpend(r.actor)
	if err != nil {
		return nil, err
	}
	if spent := gate.MayLookup(spend, r.tx.Now, r.tx.Midnight()); spent != nil {
		r.blocked = false // he is not told by a row either
		return spent, nil
	}
	_, err = r.tx.SpendLookup(r.actor, r.keys[0].Kind, r.keys[0].Canon, gate.Answer{Known: true})
	return refused, err
}

// check holds the recommendation against everything that may speak against it.
// The first result is the refusal.
func (r *recommending) check() (refused, err error) {
	f, err := r.tx.Facts(kexin.Customer, r.w.Customer)
	if err != nil {
		return nil, err
	}
	r.subject = f.Subject
	if refused := r.w.check(); refused != nil {
		return refused, nil
	}
	if r.keys, err = addressesOf(r.tx, r.subject); err != nil {
		return nil, err
	}
	if r.people, err = r.tx.WithAddresses(r.keys, r.subject); err != nil {
		return nil, err
	}
	if r.rows, err = r.tx.ReferralsOf(r.people...); err != nil {
		return nil, err
	}
	r.others = slices.ContainsFunc(r.rows, func(x store.Referral) bool { return x.Subject != r.subject })
	st, err := r.tx.Standings(r.permit, []kexin.ID{r.w.Customer})
	if err != nil {
		return nil, err
	}
	if r.stand = st[r.w.Customer]; r.stand == nil {
		return nil, notFound("app.recommend")
	}
	facts, err := r.facts()
	if err != nil {
		return nil, err
	}
	for _, k := range []share.Event{{Kind: share.Create, By: share.Sender}, {Kind: share.Pass, By: share.System}} {
		k.At, k.Facts = r.tx.Now, facts
		from := share.None
		if k.Kind == share.Pass {
			from = share.Draft
		}
		if _, err := share.Apply(from, k); err != nil {
			r.blocked = k.Kind == share.Pass
			return err, nil
		}
	}
	if refused, err = r.bounds(); refused != nil || err != nil {
		return refused, err
	}
	if r.way == WaySend {
		return r.maySend(), nil
	}
	return nil, nil
}

// facts are what the machine's guards ask.
func (r *recommending) facts() (share.Facts, error) {
	f := share.Facts{Need: true, Hers: true, Verified: true}
	partners, err := r.tx.Partners(true)
	if err != nil {
		return f, err
	}
	for _, id := range r.w.Shops {
		i := slices.IndexFunc(partners, func(c store.Card) bool { return c.Org == id && slices.Contains(c.Needs, r.w.Need) })
		if i < 0 {
			f.Verified = false
			return f, nil
		}
		r.cards = append(r.cards, partners[i])
	}
	for _, x := range r.rows {
		if x.Side != store.Receiving || x.State == share.Won {
			continue
		}
		ordered := false
		if x.State == share.Closed {
			if ordered, err = r.tx.Ordered(x.Subject); err != nil {
				return f, err
			}
		}
		f.Onward = f.Onward || !ordered
	}
	f.Shut = r.stand.Disputed || r.stand.Suppressed
	for _, row := range r.stand.Rows {
		f.Shut = f.Shut || row.State == consent.Suspended
	}
	if f.Minor, err = r.tx.Minor(gate.ForSystem(gate.SubjectCopy, kexin.CustBirthday), r.subject); err != nil {
		return f, err
	}
	for _, k := range r.keys {
		shut, err := r.tx.OffersShut(k.Kind, k.Canon)
		if f.Shut = f.Shut || shut; err != nil {
			return f, err
		}
	}
	return f, nil
}

// bounds are those of asking: how many shops, open questions, and asks (CON-05,
// SHR-07, SHR-12).
func (r *recommending) bounds() (refused, err error) {
	same := map[kexin.ID]bool{}
	for _, x := range r.rows {
		if x.Side == store.Sending && x.State != share.Blocked && x.Need == r.w.Need && r.tx.Now-x.Made < kexin.Instant(needFor) {
			same[x.Peer] = true
		}
	}
	for _, id := range r.w.Shops {
		delete(same, id)
	}
	open, err := r.tx.OpenAsks(r.actor.User)
	if err != nil {
		return nil, err
	}
	if err := share.MayAsk(len(r.w.Shops), len(same), open); err != nil {
		return err, nil
	}
	asks, err := r.tx.Asks(r.people...)
	if err != nil {
		return nil, err
	}
	others, err := r.tx.Asks(r.people[1:]...)
	if err != nil {
		return nil, err
	}
	r.others = r.others || len(others) > 0
	for _, id := range r.w.Shops {
		if err := consent.DefaultAsk.MayAsk(asks, kexin.FollowUp, id, r.tx.Now); err != nil {
			return dated(err, r.tx, r.actor.Lang), nil
		}
		asks = append(asks, consent.Ask{Purpose: kexin.FollowUp, Receiver: id, At: r.tx.Now})
	}
	return nil, nil
}

// needFor is how long recommendations count as for one need, in ms.
const needFor = 90 * kexin.DayMS

// dated fills the date into the sentence of a refusal.
func dated(err error, tx *store.Tx, lang string) error {
	e, ok := err.(*kexin.Error)
	if !ok || e.Until == 0 {
		return err
	}
	format := "2006-01-02"
	if lang == i18n.English {
		format = "2 January 2006"
	}
	e.Args = map[string]string{"date": e.Until.Time().In(tx.Zone).Format(format)}
	return e
}

// maySend says whether the server may send the link to the number on file, or
// else to the e-mail address: by her consent to that channel, in the hours for
// it.
func (r *recommending) maySend() (refused error) {
	can := r.reachable(r.keys)
	if len(can) == 0 {
		return &kexin.Error{Op: "app.recommend", Code: kexin.Invalid, Key: "error.no_sms", Field: "way"}
	}
	for _, k := range can {
		ch := postOf(k.Kind)
		d := consent.Allows(r.stand.Rows, kexin.FollowUp, ch, 0, r.tx.Now)
		if !d.OK {
			d = consent.Allows(r.stand.Rows, offersBy[ch], ch, 0, r.tx.Now)
		}
		if d.OK {
			r.to = k
			return law.Quiet(r.tx.Now.Time().In(r.tx.Zone), law.China())
		}
		if refused == nil {
			refused = d.Err(i18n.T(r.actor.Lang, "channel."+string(ch), nil))
		}
	}
	return refused
}

// offersBy are the purposes of offers over the channels by which the server
// writes.
var offersBy = map[kexin.Channel]kexin.PurposeCode{kexin.BySMS: kexin.OwnSMS, kexin.ByEmail: kexin.OwnEmail}

// make writes the rows, the link and the asks.
func (r *recommending) make(digest []byte) (out Recommended, err error) {
	out.Ask, out.Ends = r.tx.NewID(), r.tx.Now.Add(share.LinkLife)
	grade := consent.Handed
	if r.way == WaySend {
		grade = consent.Link
	}
	for _, id := range r.w.Shops {
		x, err := r.draft(id)
		if err != nil {
			return out, err
		}
		was := x.State
		x.Ask, x.Member, x.Said, x.Way, x.State, x.Grade, x.Due = out.Ask, r.actor.User, r.w.Said, r.way, share.Awaiting, grade, share.Due(share.Awaiting, r.tx.Now)
		if was == share.None {
			x.ID, err = r.tx.AddReferral(x)
		} else {
			err = r.tx.AskNow(was, &x)
		}
		if err != nil {
			return out, err
		}
		out.Referrals = append(out.Referrals, x.ID)
		if err := r.tx.Moved(x, share.Draft, share.Pass, ledger.Who(r.actor), r.way); err != nil {
			return out, err
		}
		if err := r.tx.AddAsk(r.subject, kexin.FollowUp, id); err != nil {
			return out, err
		}
	}
	if _, err := r.tx.AddPortalLink(store.PortalLink{Digest: digest, Kind: store.AskLink, Ref: out.Ask, Ends: out.Ends}); err != nil {
		return out, err
	}
	return out, r.words(&out)
}

// again is what was made for an ask before: the same rows, the same words.
func (r *recommending) again(ask kexin.ID) (out Recommended, err error) {
	rows, err := r.tx.ReferralsOfAsk(ask)
	if err != nil {
		return out, err
	}
	out.Ask = ask
	for _, x := range rows {
		c, err := r.tx.Card(x.Peer)
		if err != nil {
			return out, err
		}
		r.cards = append(r.cards, c)
		out.Referrals, out.Ends = append(out.Referrals, x.ID), x.Made.Add(share.LinkLife)
	}
	return out, r.words(&out)
}

// send queues the link to the address on file.
func (r *recommending) send(secret auth.Secret, ask kexin.ID) error {
	own, err := ownCard(r.tx)
	if err != nil {
		return err
	}
	lang, err := langOf(r.tx, r.subject)
	if err != nil {
		return err
	}
	m := store.Message{Subject: r.subject, Channel: postOf(r.to.Kind), Kind: "link", Ref: ask, To: r.to.Canon, Ends: r.tx.Now.Add(share.LinkLife)}
	_, err = r.tx.Queue(r.saying(m, "link", lang, map[string]string{"sign": own.Shown, "link": r.public + "/l/" + secret.Text()}))
	return err
}
