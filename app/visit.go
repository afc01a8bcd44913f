package app

import (
	"context"
	"sync"
	"time"

	"kexin"
	"kexin/auth"
	"kexin/law"
	"kexin/ledger"
	"kexin/share"
	"kexin/store"
)

// A Door is what the page of a link shows to whoever opens it, preview robots
// too: the shops' cards, and nothing of the customer.
type Door struct {
	Kind store.PortalKind
	From store.Card
	To   []store.Card
	Ends kexin.Instant

	Erased kexin.Instant // of a link that puts an erasure off: when it is
	Kept   kexin.Instant // until when it would be kept then
}

// A misses counts wrong links, in memory: looking never writes. Each process of
// a server counts its own.
type misses struct {
	mu    sync.Mutex
	from  time.Time
	n     map[string]int // by address, in this minute
	since time.Time
	all   int // in this hour
	loud  chan struct{}
}

func newMisses() *misses { return &misses{n: map[string]int{}, loud: make(chan struct{}, 1)} }

// many reports whether an address missed too often in this minute (security.md
// A6).
func (m *misses) many(addr string, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return now.Sub(m.from) < time.Minute && m.n[addr] >= law.LinkMissPerMinute
}

// add counts one. Once an hour, when it has seen too many from everywhere
// together, it is loud.
func (m *misses) add(addr string, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if now.Sub(m.from) >= time.Minute {
		m.from, m.n = now, map[string]int{}
	}
	if now.Sub(m.since) >= time.Hour {
		m.since, m.all = now, 0
	}
	m.n[addr]++
	if m.all++; m.all == law.LinkMissPerHour {
		select {
		case m.loud <- struct{}{}:
		default:
		}
	}
}

// alarmGuessing tells every merchant who has links of customers out that
// somebody tries wrong ones: once while the alert is open.
func (a *App) alarmGuessing(ctx context.Context) error {
	a.log.Warn("many wrong links of customers' pages", "within", "1h", "n", law.LinkMissPerHour)
	orgs, err := a.store.PortalOrgs(ctx)
	if err != nil {
		return err
	}
	for _, org := range orgs {
		if err := a.store.Update(ctx, org, func(tx *store.Tx) error { return tx.AlertOnce("links_guessed", nil) }); err != nil {
			return err
		}
	}
	return nil
}

// missed counts a wrong link and gives what is answered to it.
func (a *App) missed(from From) error {
	a.misses.add(auth.Network(from.Addr).String(), a.now())
	return notFound("app.link")
}

// linkOf finds the link of a token for who is not trying many. Errors:
// not_found, rate_limited.
func (a *App) linkOf(ctx context.Context, from From, token string) (store.PortalLink, error) {
	if now := a.now(); a.misses.many(auth.Network(from.Addr).String(), now) {
		return store.PortalLink{}, &kexin.Error{Op: "app.link", Code: kexin.RateLimited, Key: "error.links_many", Until: kexin.At(now.Add(time.Minute))}
	}
	l, err := a.portalLink(ctx, token)
	if kexin.CodeOf(err) == kexin.NotFound || err == nil && l.Kind == store.JoinLink {
		err = a.missed(from)
	}
	return l, err
}

// OpenLink is what stands behind a link. It changes nothing, counts nothing and
// tells nobody. Errors: not_found for a wrong, expired or revoked link alike,
// rate_limited for who tries many.
func (a *App) OpenLink(ctx context.Context, from From, token string) (Door, error) {
	l, err := a.linkOf(ctx, from, token)
	if err != nil {
		return Door{}, err
	}
	return a.door(ctx, l)
}

func (a *App) door(ctx context.Context, l store.PortalLink) (d Door, err error) {
	d = Door{Kind: l.Kind, Ends: l.Ends}
	err = a.store.View(ctx, l.Org, func(tx *store.Tx) error {
		d.To = nil
		if d.From, err = tx.Card(tx.Org); err != nil {
			return err
		}
		if l.Kind == store.CounterLink {
			d.To, err = tx.Partners(true)
			return err
		}
		if l.Kind == store.KeepLink {
			return a.keepDoor(tx, &d, l.Ref)
		}
		if l.Kind != store.AskLink {
			return nil
		}
		rows, err := tx.ReferralsOfAsk(l.Ref)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if r.Ended() {
				continue
			}
			c, err := tx.Card(r.Peer)
			if err != nil {
				return err
			}
			d.To = append(d.To, c)
		}
		if len(d.To) == 0 {
			return notFound("app.link")
		}
		return nil
	})
	return d, err
}

// A Visit is her visit to her pages.
type Visit struct {
	Session store.PortalSession
	Staff   bool // the browser is a member of staff's: nothing done here counts as hers
	From    From
	seat    Seat // of who is signed in there
}

// by is who the log says did what is allowed in anybody's browser: she herself,
// or staff; which member is known to his own merchant alone.
func (v Visit) by() ledger.Actor {
	switch {
	case !v.Staff:
		return herAct
	case v.seat.Org == v.Session.Org && v.seat.Actor.User != 0:
		return ledger.Who(v.seat.Actor)
	}
	return ledger.Actor{Kind: ledger.ByStaff}
}

// Enter begins a visit: the POST of the link's page. gpc is whether the browser
// says that her data must not be sold or shared (STD-04). Errors: as OpenLink.
func (a *App) Enter(ctx context.Context, from From, token string, gpc bool) (auth.Secret, error) {
	l, err := a.linkOf(ctx, from, token)
	if err == nil && l.Kind == store.KeepLink { // it opens nothing
		err = notFound("app.enter")
	}
	if err != nil {
		return "", err
	}
	if _, err := a.door(ctx, l); err != nil {
		return "", err
	}
	announce, err := a.firstToday(ctx, l)
	if err != nil {
		return "", err
	}
	secret, digest := auth.NewSession()
	err = a.store.Update(ctx, l.Org, func(tx *store.Tx) error {
		if announce {
			if err := a.announceVisit(tx, l.Ref); err != nil {
				return err
			}
		}
		return tx.AddPortalSession(store.PortalSession{Digest: digest[:], Kind: l.Kind, Ref: l.Ref, Link: l.ID, Ends: tx.Now.Add(law.PortalSession), GPC: gpc, Device: browserOf(from)})
	})
	return secret, err
}

// firstToday reports whether a visit to a receipt is told to her second
// channel: one a day and link, where mail goes out at all (security.md A7).
func (a *App) firstToday(ctx context.Context, l store.PortalLink) (bool, error) {
	if l.Kind != store.ReceiptLink || !a.CanSend(kexin.ByEmail) {
		return false, nil
	}
	n, err := a.store.Tally(ctx, "visit", l.ID.String(), dayOf(kexin.At(a.now())))
	return n == 1, err
}

// announceVisit queues a word to her e-mail address, where she has a number too,
// that her page was opened.
func (a *App) announceVisit(tx *store.Tx, referral kexin.ID) error {
	r, err := tx.Referral(referral)
	if err != nil {
		return absentIsNobody(err)
	}
	keys, err := addressesOf(tx, r.Subject)
	if err != nil || len(keys) < 2 {
		return err
	}
	own, err := ownCard(tx)
	if err != nil {
		return err
	}
	m := store.Message{Subject: r.Subject, Channel: kexin.ByEmail, Kind: "told", To: keys[1].Canon, Ends: tx.Now.Add(toldLife)}
	lang, err := langOf(tx, r.Subject)
	if err != nil {
		return err
	}
	_, err = tx.Queue(a.saying(m, "visit", lang, map[string]string{"sign": own.Shown, "tel": own.Phone, "at": tx.Now.Time().In(tx.Zone).Format("2006-01-02 15:04")}))
	return absentIsNobody(err)
}

// browserOf is the digest of a visiting browser's cookie, nil for none.
func browserOf(from From) []byte {
	d, err := auth.ParseDevice(from.Visitor)
	if err != nil {
		return nil
	}
	return d[:]
}

// VisitOf is the visit of a cookie. Errors: not_found for a wrong or ended one.
func (a *App) VisitOf(ctx context.Context, from From, cookie string, seat Seat) (Visit, error) {
	digest, err := auth.ParseSession(cookie)
	if err != nil {
		return Visit{}, notFound("app.visit")
	}
	s, err := a.store.PortalSession(ctx, digest[:])
	if err != nil {
		return Visit{}, err
	}
	v := Visit{Session: s, From: from, seat: seat}
	if v.Staff, err = a.staffBrowser(ctx, from, seat); err != nil {
		return Visit{}, err
	}
	return v, nil
}

// staffBrowser reports whether a browser is a member of staff's.
func (a *App) staffBrowser(ctx context.Context, from From, seat Seat) (bool, error) {
	d, err := auth.ParseDevice(from.Device)
	if seat.Somebody() || err != nil {
		return seat.Somebody(), nil
	}
	return a.store.StaffBrowser(ctx, d[:])
}

// A Choice is one shop on her page, with where her answer stands.
type Choice struct {
	Referral kexin.ID // 0 at the counter
	Shop     store.Card
	Need     string
	State    share.State
	Ends     kexin.Instant
	AgainAt  kexin.Instant // after a no, the shop will not ask before
}

// An Intro is her page: who recommends, and which shops.
type Intro struct {
	Kind    store.PortalKind
	From    store.Card
	Member  string // who recommended, by name
	Need    string
	Said    string
	Choices []Choice
	Ends    kexin.Instant
	GPC     bool
}

// Intro reads it for the visit. What was answered already is told to the browser
// in which it was answered; in every other one the page is that of a question
// without an answer (security.md A6). A shop whose row is damaged is left out.
// Errors: not_found.
func (a *App) Intro(ctx context.Context, v Visit) (out Intro, err error) {
	if v.Session.Kind != store.AskLink && v.Session.Kind != store.CounterLink {
		return out, notFound("app.intro")
	}
	err = a.store.View(ctx, v.Session.Org, func(tx *store.Tx) error {
		out = Intro{Kind: v.Session.Kind, GPC: v.Session.GPC}
		if out.From, err = tx.Card(tx.Org); err != nil {
			return err
		}
		if v.Session.Kind == store.CounterLink {
			all, err := tx.Partners(true)
			for _, c := range all {
				out.Choices = append(out.Choices, Choice{Shop: c, State: share.Awaiting})
			}
			return err
		}
		rows, err := tx.ReferralsOfAsk(v.Session.Ref)
		if err != nil {
			return err
		}
		return introRows(tx, &out, v, rows)
	})
	if err == nil && len(out.Choices) == 0 {
		err = notFound("app.intro")
	}
	if err != nil || len(v.Session.Device) == 0 {
		return out, err
	}
	all := out.Choices
	out.Choices = nil
	for _, c := range all {
		switch err := a.sentHere(ctx, v, &c); {
		case store.Damaged(err): // what is wrong at one shop, whose officer is alerted, is no other's concern
		case err != nil:
			return out, err
		default:
			out.Choices = append(out.Choices, c)
		}
	}
	if len(out.Choices) == 0 {
		err = notFound("app.intro")
	}
	return out, err
}

// sentHere notes on a choice that she sent it in this browser.
func (a *App) sentHere(ctx context.Context, v Visit, c *Choice) error {
	if c.Referral == 0 {
		return nil
	}
	return a.store.View(ctx, c.Shop.Org, func(tx *store.Tx) error {
		r, err := tx.Referral(c.Referral)
		if err == nil && tx.AnsweredIn(r, v.Session.Device) {
			c.State = share.Submitted
		}
		return absentIsNobody(err)
	})
}

func introRows(tx *store.Tx, out *Intro, v Visit, rows []store.Referral) error {
	for _, r := range rows {
		if r.Ended() || r.State == share.Blocked || r.State == share.Draft {
			continue
		}
		c, err := tx.Card(r.Peer)
		if err != nil {
			return err
		}
		x := Choice{Referral: r.ID, Shop: c, Need: r.Need, State: share.Awaiting, Ends: r.Made.Add(share.LinkLife)}
		if r.State == share.Declined && tx.AnsweredIn(r, v.Session.Device) {
			x.State, x.AgainAt = r.State, r.Changed.Add(share.NoFor)
		}
		if out.Member == "" {
			m, err := tx.Member(r.Member)
			if err != nil {
				return err
			}
			out.Member = m.Name
		}
		out.Need, out.Said, out.Ends = r.Need, r.Said, x.Ends
		out.Choices = append(out.Choices, x)
	}
	return nil
}
