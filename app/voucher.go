package app

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"kexin"
	"kexin/auth"
	"kexin/gate"
	"kexin/law"
	"kexin/ledger"
	"kexin/share"
	"kexin/store"
)

// voucherLetters are those that nobody takes for another.
const voucherLetters = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"

// A Voucher is what she shows at the counter 到店券: good for walking in, and
// nobody's.
type Voucher struct {
	Code string // eight characters in two groups
	Shop store.Card
	Ends kexin.Instant
}

// How many are given for one shop in a day: by her link, or at a counter, whose code
// is everybody's, to one browser; and by all of a counter.
const (
	vouchersPerDay    = 3
	vouchersAtCounter = 200
)

// TakeVoucher makes one for the shop of a referral, or of a counter: no data
// moves, and the first shop is credited when it is used. Her question stays
// open.
func (a *App) TakeVoucher(ctx context.Context, v Visit, referral, shop kexin.ID) (Voucher, error) {
	if v.Staff {
		return Voucher{}, a.noVoucher(ctx, v, referral)
	}
	need := ""
	err := a.store.View(ctx, v.Session.Org, func(tx *store.Tx) error {
		if v.Session.Kind == store.CounterLink {
			return a.receiver(tx, shop)
		}
		r, err := tx.Referral(referral)
		if err != nil || !v.carries(r) {
			return cmp.Or(err, notFound("app.voucher"))
		}
		shop, need = r.Peer, r.Need
		return a.receiver(tx, shop)
	})
	if err != nil {
		return Voucher{}, err
	}
	if err := a.mayTake(ctx, v, shop); err != nil {
		return Voucher{}, err
	}
	out := Voucher{Code: newVoucher()}
	digest := voucherDigest(out.Code)
	err = a.store.Update(ctx, shop, func(tx *store.Tx) error {
		out.Ends = tx.Now.Add(share.VoucherLife)
		if out.Shop, err = tx.Card(tx.Org); err != nil {
			return err
		}
		return tx.AddVoucher(store.Voucher{Peer: v.Session.Org, Need: need, Ends: out.Ends}, digest[:])
	})
	return out, err
}

// noVoucher refuses one in a browser of staff, which would count for them; of a
// question it is recorded.
func (a *App) noVoucher(ctx context.Context, v Visit, referral kexin.ID) error {
	refused := law.Refuse("app.voucher", "E_ONLY_SUBJECT", nil)
	if v.Session.Kind == store.CounterLink {
		return refused
	}
	err := a.store.Update(ctx, v.Session.Org, func(tx *store.Tx) error {
		r, other, err := a.asked(tx, v, referral, "")
		if err != nil || other != nil {
			return err
		}
		return tx.NotMoved(r, "", v.by(), refused)
	})
	return cmp.Or[error](err, refused)
}

// mayTake counts a voucher. Errors: rate_limited.
func (a *App) mayTake(ctx context.Context, v Visit, shop kexin.ID) error {
	counts := []struct {
		who, key string
		most     int
	}{{v.Session.Link.String() + "/" + shop.String(), "error.voucher_many", vouchersPerDay}}
	if v.Session.Kind == store.CounterLink {
		all := counts[0]
		counts[0].who += "/" + hex.EncodeToString(v.Session.Device)
		all.key, all.most = "error.voucher_gone", vouchersAtCounter
		counts = append(counts, all)
	}
	for _, c := range counts {
		n, err := a.store.Tally(ctx, "voucher", c.who, dayOf(kexin.At(a.now())))
		if err == nil && n > c.most {
			err = &kexin.Error{Op: "app.voucher", Code: kexin.RateLimited, Key: c.key}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func newVoucher() string {
	var b [8]byte
	rand.Read(b[:])
	for i := range b {
		b[i] = voucherLetters[int(b[i])%len(voucherLetters)]
	}
	return string(b[:4]) + "-" + string(b[4:])
}

func voucherDigest(code string) [32]byte {
	c := strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(code))
	return sha256.Sum256([]byte("kexin/voucher/1\n" + c))
}

// RedeemVoucher takes one in at the counter 核销. Errors: not_found for a wrong,
// used or expired one alike; rate_limited for who tries many.
func (a *App) RedeemVoucher(ctx context.Context, actor kexin.Actor, code string) (from store.Card, need string, err error) {
	hour := int64(kexin.At(a.now())) / 3_600_000
	if n, err := a.store.Tallied(ctx, "redeem", actor.User.String(), hour); err != nil || n >= 20 {
		if err == nil {
			err = &kexin.Error{Op: "app.voucher", Code: kexin.RateLimited, Until: kexin.Instant((hour + 1) * 3_600_000)}
		}
		return from, "", err
	}
	digest := voucherDigest(code)
	err = a.store.Update(ctx, actor.Org, func(tx *store.Tx) error {
		if err := mayAnswer(tx, actor); err != nil {
			return err
		}
		v, err := tx.UseVoucher(digest[:], actor)
		if err != nil {
			return err
		}
		need = v.Need
		if from, err = tx.Card(v.Peer); err != nil && kexin.CodeOf(err) != kexin.NotFound {
			return err
		}
		return creditPeer(tx, v.Peer, "voucher")
	})
	if kexin.CodeOf(err) == kexin.NotFound {
		if _, err := a.store.Tally(ctx, "redeem", actor.User.String(), hour); err != nil {
			return from, "", err
		}
	}
	a.kick()
	return from, need, err
}

// creditPeer counts one more for who recommended, in the month of the
// transaction. He is told of five at a time, and of nothing before: smaller sums
// are carried over, so that no letter stands for one customer (security.md A13).
func creditPeer(tx *store.Tx, peer kexin.ID, kind string) error {
	month := tx.Now.Time().In(tx.Zone).Format("2006-01")
	n, err := tx.AddCredit(store.Credit{Peer: peer, Side: store.Receiving, Kind: kind, Month: month, N: 1})
	if err != nil || n%share.SumAtLeast != 0 {
		return err
	}
	return tx.Post(store.Letter{Kind: "credit.counted", To: peer, Word: month + " " + kind, N: share.SumAtLeast})
}

// creditCounter counts for the counter at which she scanned, once the shop took
// what she sent and her number is proved: anybody can type numbers (8.2).
func creditCounter(tx *store.Tx, r store.Referral) error {
	if r.Way != wayCounter || r.Customer == 0 || r.Proved == 0 {
		return nil
	}
	return creditPeer(tx, r.Peer, "counter")
}

// A CreditLine is a count between this merchant and another in a month.
type CreditLine struct {
	Peer  kexin.ID
	Shop  string
	Mine  bool // this merchant recommended
	Kind  string
	Month string
	N     int64
}

// Credits lists them, for who leads: what this merchant brought others as far as
// they told, in fives.
func (a *App) Credits(ctx context.Context, actor kexin.Actor) (out []CreditLine, err error) {
	err = a.store.View(ctx, actor.Org, func(tx *store.Tx) error {
		out = nil
		if err := gate.Check(tx.State, actor, kexin.ActMove); err != nil {
			return err
		}
		all, err := tx.Credits()
		if err != nil {
			return err
		}
		for _, c := range all {
			card, err := tx.Card(c.Peer)
			if err != nil && kexin.CodeOf(err) != kexin.NotFound {
				return err
			}
			out = append(out, CreditLine{Peer: c.Peer, Shop: card.Shown, Mine: c.Side == store.Sending, Kind: c.Kind, Month: c.Month, N: c.N})
		}
		return nil
	})
	return out, err
}

// counterLife is how long a printed QR code works.
const counterLife = 365 * 24 * time.Hour

// NewCounter makes the QR code of the merchant's counter; an earlier one dies.
// Customers who scan it leave their number with the shop they pick: this
// merchant has no record of it. It gives the path, once.
func (a *App) NewCounter(ctx context.Context, actor kexin.Actor) (path auth.Secret, ends kexin.Instant, err error) {
	if err := factored(actor); err != nil {
		return "", 0, err
	}
	secret, digest := auth.NewLink()
	err = a.admin(ctx, actor, func(tx *store.Tx) error {
		if err := ready(tx); err != nil {
			return err
		}
		own, err := tx.Membership()
		if err != nil {
			return err
		}
		if own.Alliance == 0 {
			return &kexin.Error{Op: "app.counter", Code: kexin.Forbidden, Key: "error.alliance_none"}
		}
		if err := tx.EndPortalLinks(store.CounterLink, tx.Org); err != nil {
			return err
		}
		ends = tx.Now.Add(counterLife)
		if _, err := tx.AddPortalLink(store.PortalLink{Digest: digest[:], Kind: store.CounterLink, Ref: tx.Org, Ends: ends}); err != nil {
			return err
		}
		return tx.Log(event(actor, &ledger.SettingsChanged{Setting: "counter", Version: int64(tx.Now)}))
	})
	return auth.Secret("/l/" + secret.Text()), ends, err
}
