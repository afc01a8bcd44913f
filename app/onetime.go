package app

import (
	"context"
	"crypto/sha256"
	"slices"

	"kexin"
	"kexin/auth"
	"kexin/consent"
	"kexin/gate"
	"kexin/i18n"
	"kexin/ledger"
	"kexin/store"
)

// The acts that a code is for; a code for one is useless for the other.
const (
	CodeProve = "prove" // the number is hers: what she sent counts as given
	CodeMine  = "mine"  // see what this shop holds
	CodeCopy  = "copy"  // take a copy of it along
)

// SendCode queues a code to the number that the shop of the receipt holds. The
// answer is the same whatever the number is. Errors: rate_limited with Until,
// invalid where no messages can be sent.
func (a *App) SendCode(ctx context.Context, v Visit, act string) error {
	if act != CodeProve && act != CodeMine && act != CodeCopy {
		return fieldError("act", "error.field_bad")
	}
	if !a.CanSend(kexin.BySMS) {
		return &kexin.Error{Op: "app.code", Code: kexin.Invalid, Key: "error.no_sms"}
	}
	if v.Staff {
		return &kexin.Error{Op: "app.code", Code: kexin.Forbidden, Law: "E_ONLY_SUBJECT", Key: "law.E_ONLY_SUBJECT"}
	}
	phone, err := a.herPhone(ctx, v)
	if err != nil {
		return err
	}
	if err := a.rates(ctx, v, phone); err != nil {
		return err
	}
	err = a.store.Update(ctx, v.Session.Org, func(tx *store.Tx) error { return a.queueCode(tx, v, act, phone) })
	if err == nil {
		a.kick()
	}
	return err
}

func (a *App) herPhone(ctx context.Context, v Visit) (phone string, err error) {
	err = a.store.View(ctx, v.Session.Org, func(tx *store.Tx) error {
		r, err := receiptOf(tx, v)
		if err != nil {
			return err
		}
		phone, err = tx.PhoneOf(gate.ForSystem(gate.SubjectCopy, kexin.CustPhone), r.Subject)
		return err
	})
	return phone, err
}

// rates holds a code against those of its number and of the address that asks
// (A7). What is refused counts too.
func (a *App) rates(ctx context.Context, v Visit, phone string) error {
	for _, c := range []struct {
		label, who string
		rates      []auth.Rate
	}{{"code/number", phone, auth.OneTimeNumber}, {"code/addr", auth.Network(v.From.Addr).String(), auth.OneTimeAddr}} {
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

func (a *App) queueCode(tx *store.Tx, v Visit, act, phone string) error {
	r, err := receiptOf(tx, v)
	if err != nil {
		return err
	}
	last, err := tx.LastChallenge(kexin.KeyPhone, phone, act)
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
	if _, err := tx.AddChallenge(kexin.KeyPhone, phone, c, code); err != nil {
		return err
	}
	card, err := ownCard(tx)
	if err != nil {
		return err
	}
	text := i18n.T(i18n.Chinese, "sms.code."+act, map[string]string{"sign": card.Shown, "shop": card.Legal, "need": needWord(i18n.Chinese, r.Need), "code": code.Text()})
	if _, err := tx.Queue(store.Message{Subject: r.Subject, Channel: kexin.BySMS, Kind: "code", To: phone, Text: text, Ends: tx.Now.Add(auth.OneTimeLife)}); err != nil {
		return err
	}
	return tx.CodeLog(r.Subject, &ledger.CodeSent{Act: ledger.Why(act), Channel: kexin.BySMS})
}

// needWord is a need in words, "" for none.
func needWord(lang, need string) string {
	if need == "" {
		return i18n.T(lang, "introduce.any", nil)
	}
	return i18n.T(lang, "choice.need."+need, nil)
}

// TryCode compares what she typed. Right for CodeProve, what she sent is given
// now, with grade E3; right for CodeMine, this visit may see what the shop
// holds. Errors: invalid, alike for a wrong, old or unknown code.
func (a *App) TryCode(ctx context.Context, v Visit, act, typed string) error {
	wrong := &kexin.Error{Op: "app.code", Code: kexin.Invalid, Key: "error.onetime", Field: "code"}
	if v.Staff {
		return &kexin.Error{Op: "app.code", Code: kexin.Forbidden, Law: "E_ONLY_SUBJECT", Key: "law.E_ONLY_SUBJECT"}
	}
	phone, err := a.herPhone(ctx, v)
	if err != nil {
		return err
	}
	var refused error
	err = a.store.Update(ctx, v.Session.Org, func(tx *store.Tx) error {
		refused = nil
		r, err := receiptOf(tx, v)
		if err != nil {
			return err
		}
		c, err := tx.LastChallenge(kexin.KeyPhone, phone, act)
		if err != nil {
			return err
		}
		n, err := tx.Notice()
		if err != nil {
			return err
		}
		right := tx.CodeRight(c, typed) && c.Subject == r.Subject && c.Receiver == tx.Org && c.Text == codeText(act, r, n)
		c.Challenge, refused = c.Try(right, tx.Now)
		if err := tx.SaveChallenge(c); err != nil {
			return err
		}
		if err := tx.CodeLog(r.Subject, &ledger.CodeTried{Act: ledger.Why(act), Right: refused == nil}); err != nil || refused != nil {
			return err
		}
		if err := tx.Undispute(r.Subject, kexin.KeyPhone, phone, consent.Code, herAct); err != nil {
			return err
		}
		if r.Doubt == doubtNotMe {
			r.Doubt = ""
			if err := tx.SaveReferral(r.State, r); err != nil {
				return err
			}
		}
		if act != CodeProve || !alive(r.State) {
			return nil
		}
		if err := giveAll(tx, &r, consent.Code, "link", "challenge:"+c.ID.String()); err != nil {
			return err
		}
		return tx.SaveReferral(r.State, r)
	})
	if err == nil && refused != nil {
		err = wrong
	}
	if err != nil || act != CodeMine {
		return err
	}
	return a.store.ProvePortalSession(ctx, v.Session, v.Session.Org)
}
