package app

import (
	"context"
	"sync"
	"time"

	"kexin"
	"kexin/auth"
	"kexin/law"
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
}

// A misses counts wrong links by address, in memory: looking never writes.
type misses struct {
	mu   sync.Mutex
	from time.Time
	n    map[string]int
}

func newMisses() *misses { return &misses{n: map[string]int{}} }

// add counts one in the current minute and reports whether the address has
// too many (security.md A6).
func (m *misses) add(addr string, now time.Time, by int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if now.Sub(m.from) >= time.Minute {
		m.from, m.n = now, map[string]int{}
	}
	m.n[addr] += by
	return m.n[addr] > law.LinkMissPerMinute
}

// OpenLink is what stands behind a link. It changes nothing, counts nothing and
// tells nobody. Errors: not_found for a wrong, expired or revoked link alike,
// rate_limited for who tries many.
func (a *App) OpenLink(ctx context.Context, from From, token string) (Door, error) {
	addr := auth.Network(from.Addr).String()
	if a.misses.add(addr, a.now(), 0) {
		return Door{}, &kexin.Error{Op: "app.link", Code: kexin.RateLimited, Until: kexin.At(a.now().Add(time.Minute))}
	}
	l, err := a.portalLink(ctx, token)
	if err != nil || l.Kind == store.JoinLink {
		a.misses.add(addr, a.now(), 1)
		if err == nil {
			err = notFound("app.link")
		}
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
		if l.Kind != store.AskLink {
			return nil
		}
		rows, err := tx.ReferralsOfAsk(l.Ref)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if r.State == share.Closed || r.State == share.Expired {
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
}

// Enter begins a visit: the POST of the link's page. gpc is whether the browser
// says that her data must not be sold or shared (STD-04).
func (a *App) Enter(ctx context.Context, from From, token string, gpc bool) (auth.Secret, error) {
	l, err := a.portalLink(ctx, token)
	if err != nil || l.Kind == store.JoinLink {
		return "", notFound("app.link")
	}
	if _, err := a.door(ctx, l); err != nil {
		return "", err
	}
	secret, digest := auth.NewSession()
	err = a.store.Update(ctx, l.Org, func(tx *store.Tx) error {
		return tx.AddPortalSession(store.PortalSession{Digest: digest[:], Kind: l.Kind, Ref: l.Ref, Link: l.ID, Ends: tx.Now.Add(law.PortalSession), GPC: gpc, Device: browserOf(from)})
	})
	return secret, err
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
	v := Visit{Session: s, From: from, Staff: seat.Somebody()}
	if d, err := auth.ParseDevice(from.Device); err == nil && !v.Staff {
		v.Staff, err = a.store.StaffBrowser(ctx, d[:])
		if err != nil {
			return Visit{}, err
		}
	}
	return v, nil
}

// Proved reports whether a code to the number that a merchant holds was right
// in this visit.
func (v Visit) Proved(holder kexin.ID) bool {
	return v.Session.Proved != 0 && v.Session.Holder == holder
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

// Intro reads it for the visit. Errors: not_found.
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
		return introRows(tx, &out, rows)
	})
	if err == nil && len(out.Choices) == 0 {
		err = notFound("app.intro")
	}
	return out, err
}

func introRows(tx *store.Tx, out *Intro, rows []store.Referral) error {
	for _, r := range rows {
		if r.State == share.Closed || r.State == share.Expired || r.State == share.Blocked || r.State == share.Draft {
			continue
		}
		c, err := tx.Card(r.Peer)
		if err != nil {
			return err
		}
		x := Choice{Referral: r.ID, Shop: c, Need: r.Need, State: r.State, Ends: r.Made.Add(share.LinkLife)}
		if r.State == share.Declined {
			x.AgainAt = r.Changed.Add(180 * 24 * time.Hour)
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
