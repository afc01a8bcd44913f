package app

import (
	"context"

	"kexin"
	"kexin/auth"
	"kexin/ledger"
	"kexin/store"
)

// issuer is what authenticator apps show over the account.
const issuer = "Kexin"

// A Seed is the beginning of setting up a second factor: what a person scans
// or types.
type Seed struct {
	Text auth.Secret // base32
	URL  auth.Secret // otpauth://
}

// errCode is the answer to a wrong code: invalid, since who asks is known.
func errCode() error {
	return &kexin.Error{Op: "app.code", Code: kexin.Invalid, Key: "error.code", Field: "code"}
}

// shown looks at a six-digit or recovery code of a member. The try is counted
// before the code is looked at, a six-digit code passes once, a recovery code
// once for ever. "" says that it was wrong. Errors: rate_limited.
func shown(tx *store.Tx, m store.Member, code string) (ledger.Way, error) {
	f, err := tx.Factor(m.ID)
	if err != nil {
		return "", err
	}
	if f.Seed == nil {
		return "", &kexin.Error{Op: "app.code", Code: kexin.Unauthorized, Key: "error.row_forged", Err: &store.Forged{Table: "totp", ID: m.ID}}
	}
	w, err := f.Window.Try(tx.Now)
	if err != nil {
		return "", err
	}
	if err := tx.CountTry(m.ID, w); err != nil {
		return "", err
	}
	if d, err := auth.ParseRecoveryCode(code); err == nil {
		ok, err := tx.UseRecovery(m.ID, d[:])
		if err != nil || !ok {
			return "", err
		}
		return "recovery", tx.ClearTries(m.ID)
	}
	step, ok := auth.VerifyTOTP(f.Seed, code, tx.Now, f.LastStep)
	if !ok {
		return "", nil
	}
	if ok, err = tx.TakeStep(m.ID, step); err != nil || !ok {
		return "", err
	}
	return "totp", nil
}

// withCode runs act once a member has shown his second factor; a wrong code is
// counted and logged even though the caller gets an error.
func (a *App) withCode(ctx context.Context, seat Seat, code string, act func(*store.Tx, store.Session, store.Member, ledger.Way) error) error {
	var refused error
	err := a.store.Update(ctx, seat.Org, func(tx *store.Tx) error {
		refused = nil
		s, err := tx.Session(seat.session.Digest)
		if err != nil {
			return err
		}
		m, err := tx.Member(s.Member)
		if err != nil {
			return err
		}
		if !m.TOTP {
			return &kexin.Error{Op: "app.code", Code: kexin.Unauthorized, Law: "E_STEP_UP", Key: "error.step_up_none"}
		}
		how, err := shown(tx, m, code)
		if err != nil {
			return err
		}
		if how == "" {
			refused = errCode()
			return tx.Log(store.Event{Actor: byMember(m), Facts: &ledger.SessionRefused{Member: m.ID, Why: "factor"}})
		}
		return act(tx, s, m, how)
	})
	if a.report(seat.Org, err) {
		err = errCode()
	}
	if err == nil {
		err = refused
	}
	return err
}

// SecondFactor ends the second stage of a sign-in. remember spares the code on
// this browser for as long as the merchant's size allows.
func (a *App) SecondFactor(ctx context.Context, seat Seat, code string, remember bool) (in SignedIn, err error) {
	if seat.Stage != Second {
		return in, &kexin.Error{Op: "app.second", Code: kexin.Unauthorized}
	}
	err = a.withCode(ctx, seat, code, func(tx *store.Tx, s store.Session, m store.Member, how ledger.Way) error {
		if remember {
			d := store.Device{Digest: s.Device, Label: s.Label, Shown: tx.Now}
			if err := tx.SaveDevice(m.ID, d); err != nil {
				return err
			}
		}
		s.Stage, s.Step, s.Ends = AtWork, tx.Now, s.Made.Add(auth.LifeOf(m.Position).Absolute)
		if err := tx.Restage(s); err != nil {
			return err
		}
		if err := a.replace(tx, s, &in); err != nil {
			return err
		}
		in.Told = m.Told != 0
		return tx.Log(store.Event{Actor: byMember(m), Refs: ledger.Refs{Session: s.ID}, Facts: &ledger.SessionOpened{Factor: how, Via: kexin.ViaSession}})
	})
	return in, err
}

// StepUp shows the second factor again: for ten minutes acts that need it
// afresh are open. The cookie changes.
func (a *App) StepUp(ctx context.Context, seat Seat, code string) (in SignedIn, until kexin.Instant, err error) {
	err = a.withCode(ctx, seat, code, func(tx *store.Tx, s store.Session, m store.Member, how ledger.Way) error {
		stepped := s
		stepped.Step = tx.Now
		secret, digest := auth.NewSession()
		if err := tx.Rotate(s, stepped, digest[:]); err != nil {
			return err
		}
		in = SignedIn{Session: secret, Ends: s.Ends, Stage: s.Stage, Told: m.Told != 0}
		until = tx.Now.Add(auth.StepUpLife)
		return tx.Log(event(seat.actorOf(), &ledger.StepUp{Factor: how}))
	})
	return in, until, err
}

// freshEnough is how long after signing in a first second factor may be set
// up: a stolen session must not give itself one.
const freshEnough = 60 * 60_000

// StartFactor draws a seed for a person's second factor. One that is in use
// stays so until ConfirmFactor. Errors: unauthorized where another factor is
// set up and was not shown lately, forbidden where the sign-in is long ago.
func (a *App) StartFactor(ctx context.Context, seat Seat) (out Seed, err error) {
	seed := auth.NewSeed()
	err = a.store.Update(ctx, seat.Org, func(tx *store.Tx) error {
		m, err := mayEnrol(tx, seat)
		if err != nil {
			return err
		}
		l, err := tx.LoginOf(m.ID)
		if err != nil {
			return err
		}
		out = Seed{Text: auth.SeedText(seed), URL: auth.SeedURL(issuer, l.Name, seed)}
		return tx.OfferSeed(m.ID, seed)
	})
	return out, err
}

// Offered is the seed that waits for its first code, for a page that is shown
// again; the zero Seed where there is none.
func (a *App) Offered(ctx context.Context, seat Seat) (out Seed, err error) {
	err = a.store.View(ctx, seat.Org, func(tx *store.Tx) error {
		m, err := mayEnrol(tx, seat)
		if err != nil {
			return err
		}
		f, err := tx.Factor(m.ID)
		if err != nil || f.Next == nil {
			return err
		}
		l, err := tx.LoginOf(m.ID)
		out = Seed{Text: auth.SeedText(f.Next), URL: auth.SeedURL(issuer, l.Name, f.Next)}
		return err
	})
	return out, err
}

func mayEnrol(tx *store.Tx, seat Seat) (store.Member, error) {
	s, err := tx.Session(seat.session.Digest)
	if err != nil {
		return store.Member{}, err
	}
	m, err := tx.Member(s.Member)
	switch {
	case err != nil:
		return m, err
	case s.Stage == Second:
		return m, &kexin.Error{Op: "app.enrol", Code: kexin.Unauthorized}
	case m.TOTP && !auth.Fresh(s.Step, tx.Now):
		return m, &kexin.Error{Op: "app.enrol", Code: kexin.Unauthorized, Law: "E_STEP_UP", Key: "error.step_up"}
	case !m.TOTP && tx.Now-s.Made > freshEnough:
		return m, &kexin.Error{Op: "app.enrol", Code: kexin.Forbidden, Key: "error.sign_in_again"}
	}
	return m, nil
}

// ConfirmFactor puts the offered seed to use with its first code, and gives
// ten recovery codes for paper. The session is at work from then on and counts
// as stepped up; its cookie changes.
func (a *App) ConfirmFactor(ctx context.Context, seat Seat, code string) (codes []auth.Secret, in SignedIn, err error) {
	var refused error
	codes, digests := auth.NewRecoveryCodes()
	err = a.store.Update(ctx, seat.Org, func(tx *store.Tx) error {
		refused = nil
		m, err := mayEnrol(tx, seat)
		if err != nil {
			return err
		}
		ok, err := adopt(tx, m, code)
		if err != nil || !ok {
			refused = errCode()
			return err
		}
		raw := make([][]byte, len(digests))
		for i, d := range digests {
			raw[i] = d[:]
		}
		if err := tx.SetRecovery(m.ID, raw); err != nil {
			return err
		}
		return a.enrolled(tx, seat, m, &in)
	})
	if err == nil {
		err = refused
	}
	if err != nil {
		return nil, SignedIn{}, err
	}
	return codes, in, nil
}

// adopt takes the first code of the offered seed.
func adopt(tx *store.Tx, m store.Member, code string) (bool, error) {
	f, err := tx.Factor(m.ID)
	if err != nil || f.Next == nil {
		return false, err
	}
	w, err := f.Window.Try(tx.Now)
	if err != nil {
		return false, err
	}
	step, ok := auth.VerifyTOTP(f.Next, code, tx.Now, 0)
	if !ok {
		return false, tx.CountTry(m.ID, w)
	}
	return true, tx.AdoptSeed(m, f.Next, step)
}

// enrolled brings the session to work with a new cookie.
func (a *App) enrolled(tx *store.Tx, seat Seat, m store.Member, in *SignedIn) error {
	s, err := tx.Session(seat.session.Digest)
	if err != nil {
		return err
	}
	s.Stage, s.Step, s.Ends = AtWork, tx.Now, s.Made.Add(auth.LifeOf(m.Position).Absolute)
	if err := tx.Restage(s); err != nil {
		return err
	}
	if err := a.replace(tx, s, in); err != nil {
		return err
	}
	in.Told = m.Told != 0
	return tx.Log(event(seat.actorOf(), &ledger.StepUp{Factor: "totp"}))
}
