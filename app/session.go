package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"kexin"
	"kexin/auth"
	"kexin/ledger"
	"kexin/store"
)

// A SignedIn is what a browser gets when a session begins or changes: the new
// contents of its cookies. Device is "" where that cookie stays.
type SignedIn struct {
	Session auth.Secret
	Device  auth.Secret
	Ends    kexin.Instant
	Stage   Stage
	Told    bool
}

// Lives of a session that still has something to do.
const (
	secondLife = 10 * time.Minute
	enrolLife  = 30 * time.Minute
)

// errCredentials is the one answer to a wrong name, a wrong password and a
// closed account.
func errCredentials() error {
	return &kexin.Error{Op: "app.sign_in", Code: kexin.Unauthorized, Key: "error.credentials"}
}

// SignIn begins a session with account and password. Unknown and known
// accounts take the same path and the same work; tries are counted before they
// are made. Errors: unauthorized, rate_limited with the time from which to try
// again, unavailable while too many passwords are being checked.
func (a *App) SignIn(ctx context.Context, from From, login, password string) (SignedIn, error) {
	name := LoginName(login)
	l, err := a.store.LoginNamed(ctx, name)
	if kexin.CodeOf(err) == kexin.NotFound {
		l, err = store.Login{}, nil
	}
	if err != nil {
		return SignedIn{}, err
	}
	account, err := a.bucketOf(ctx, name, l, from)
	if err != nil {
		return SignedIn{}, err
	}
	network := store.Bucket{Name: "n:" + auth.Network(from.Addr).String(), Rule: auth.NetworkThrottle}
	if err := a.store.Attempt(ctx, []store.Bucket{account, network}); err != nil {
		return SignedIn{}, err
	}
	ok, rehash, err := auth.Verify(a.slots, l.Hash, password)
	if err != nil { // not judged, so not counted
		return SignedIn{}, errors.Join(err, a.store.Settle(ctx, nil, []string{account.Name, network.Name}))
	}
	if !ok {
		return SignedIn{}, a.refuse(ctx, l, "credentials")
	}
	if from, err = a.ownBrowser(ctx, from); err != nil {
		return SignedIn{}, err
	}
	in, err := a.enter(ctx, from, l, a.again(rehash, password))
	if err != nil {
		return SignedIn{}, err
	}
	return in, a.store.Settle(ctx, []string{account.Name}, []string{network.Name})
}

// LoginName is the form in which account names are kept: people type them with
// capitals, blanks and full-width letters. A mark whose blank is taken away
// joins the letter before it, so it goes on until nothing changes.
func LoginName(s string) string {
	for range 8 { // two rounds do for all that was ever drawn
		once := strings.ToLower(norm.NFKC.String(strings.Join(strings.Fields(norm.NFKC.String(s)), "")))
		if once == s {
			return s
		}
		s = once
	}
	return s
}

// checkLogin judges a new account name: 2 to 32 letters, digits and . _ - @.
func checkLogin(name string) error {
	n := utf8.RuneCountInString(name)
	bad := strings.ContainsFunc(name, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("._-@", r)
	})
	if n < 2 || n > 32 || bad {
		return fieldError("login", "error.login_form")
	}
	return nil
}

// bucketOf is where tries at an account are counted: a digest, since people
// type passwords into the wrong box. A browser it signed in from before is
// counted apart, so that a stranger's guesses do not keep its owner out.
func (a *App) bucketOf(ctx context.Context, name string, l store.Login, from From) (store.Bucket, error) {
	sum := sha256.Sum256([]byte("kexin/account/1" + name))
	b := store.Bucket{Name: "a:" + hex.EncodeToString(sum[:16]), Rule: auth.AccountThrottle}
	device, err := auth.ParseDevice(from.Device)
	if err != nil {
		return b, nil
	}
	known, err := a.store.KnownDevice(ctx, l, device[:])
	if known {
		b.Name += ":" + hex.EncodeToString(device[:8])
	}
	return b, err
}

// again hashes a right password anew where the cost has changed since; "" =
// leave it. A busy server puts it off.
func (a *App) again(rehash bool, password string) string {
	if !rehash {
		return ""
	}
	hash, err := auth.Hash(a.slots, password)
	if err != nil {
		return ""
	}
	return hash
}

// refuse writes down a refused sign-in and gives its answer.
func (a *App) refuse(ctx context.Context, l store.Login, why ledger.Why) error {
	if l.Member == 0 { // an unknown account takes a stored note too, so that time does not tell it apart (security A10)
		if err := a.store.NoteUnknown(ctx); err != nil {
			return err
		}
		return errCredentials()
	}
	err := a.store.Update(ctx, l.Org, func(tx *store.Tx) error {
		return tx.Log(store.Event{Actor: ledger.Actor{Kind: ledger.BySystem}, Facts: &ledger.SessionRefused{Member: l.Member, Why: why}})
	})
	if err != nil {
		return err
	}
	return errCredentials()
}

// enter begins the session of an account whose password was right.
func (a *App) enter(ctx context.Context, from From, l store.Login, hash string) (in SignedIn, err error) {
	closed := false
	err = a.store.Update(ctx, l.Org, func(tx *store.Tx) error {
		closed = false
		if err := tx.CheckLogin(l); err != nil {
			return err
		}
		m, err := tx.Member(l.Member)
		if err != nil {
			return err
		}
		if closed = !m.Active || m.Over(tx.Today()); closed {
			return nil
		}
		if hash != "" {
			if err := tx.SetHash(l, hash); err != nil {
				return err
			}
		}
		in, err = a.begin(tx, m, from)
		return err
	})
	switch {
	case a.report(l.Org, err):
		return SignedIn{}, errCredentials()
	case err == nil && closed:
		return SignedIn{}, a.refuse(ctx, l, "disabled")
	}
	return in, err
}

// begin writes the session of a sign-in by password, at the stage that the
// position and the device call for.
func (a *App) begin(tx *store.Tx, m store.Member, from From) (SignedIn, error) {
	o, err := tx.Merchant()
	if err != nil {
		return SignedIn{}, err
	}
	d, in, err := a.device(tx, m.ID, from)
	if err != nil {
		return SignedIn{}, err
	}
	s := store.Session{Member: m.ID, Device: d.Digest, Label: from.Label, Made: tx.Now, Lang: from.Lang, Stage: AtWork}
	s.Ends = tx.Now.Add(auth.LifeOf(m.Position).Absolute)
	switch {
	case m.TOTP && auth.NeedsCode(o.Size, d.Shown, tx.Now):
		s.Stage, s.Ends = Second, tx.Now.Add(secondLife)
	case !m.TOTP && needsFactor(m.Position) && !o.Demo:
		s.Stage, s.Ends = Enrol, tx.Now.Add(enrolLife)
	}
	if err := a.openSession(tx, &s, &in); err != nil || s.Stage == Second {
		return in, err
	}
	in.Told = m.Told != 0
	return in, tx.Log(store.Event{Actor: byMember(m), Refs: ledger.Refs{Session: s.ID}, Facts: &ledger.SessionOpened{Factor: "password", Via: kexin.ViaSession}})
}

// needsFactor says who does nothing without a second factor (SEC-06): those who
// can change what others may see, and who guard it.
func needsFactor(p kexin.Position) bool { return p == kexin.Owner || p == kexin.PIO }

// openSession draws a cookie for a session and writes it.
func (a *App) openSession(tx *store.Tx, s *store.Session, in *SignedIn) (err error) {
	secret, digest := auth.NewSession()
	s.Digest = digest[:]
	if s.ID, err = tx.AddSession(*s); err != nil {
		return err
	}
	in.Session, in.Ends, in.Stage = secret, s.Ends, s.Stage
	return nil
}

// device finds the browser's own row, or draws a cookie for it.
func (a *App) device(tx *store.Tx, member kexin.ID, from From) (d store.Device, in SignedIn, err error) {
	if digest, err := auth.ParseDevice(from.Device); err == nil {
		if d, err = tx.Device(member, digest[:]); err != nil {
			return d, in, err
		}
		d.Digest = digest[:]
	}
	if d.Digest == nil {
		secret, digest := auth.NewDevice()
		in.Device, d.Digest = secret, digest[:]
	}
	d.Label = from.Label
	return d, in, tx.SaveDevice(member, d)
}

// ownBrowser forgets a browser's own cookie that no browser of staff's was
// given: one that somebody put there must not become a trusted one.
func (a *App) ownBrowser(ctx context.Context, from From) (From, error) {
	digest, err := auth.ParseDevice(from.Device)
	if err != nil {
		from.Device = ""
		return from, nil
	}
	known, err := a.store.StaffBrowser(ctx, digest[:])
	if !known {
		from.Device = ""
	}
	return from, err
}

// SignOut ends a session.
func (a *App) SignOut(ctx context.Context, seat Seat) error {
	if seat.session.ID == 0 {
		return nil
	}
	return a.store.Update(ctx, seat.Org, func(tx *store.Tx) error {
		ended, err := tx.EndSession(seat.session.ID, seat.Member)
		if err != nil || !ended {
			return err
		}
		return tx.Log(store.Event{Actor: ledger.Actor{Kind: ledger.ByStaff, Ref: seat.Member}, Refs: ledger.Refs{Session: seat.session.ID}, Facts: &ledger.SessionClosed{Why: "logout"}})
	})
}

// A ToldPage is what stands on the page of what is recorded of staff.
type ToldPage struct {
	Org     string
	Officer string        // whom to ask
	At      kexin.Instant // when the person read it; 0 = not yet
	Founder bool          // it is the last step of the setup
}

// Told reads it.
func (a *App) Told(ctx context.Context, seat Seat) (t ToldPage, err error) {
	err = a.store.View(ctx, seat.Org, func(tx *store.Tx) error {
		o, err := tx.Merchant()
		if err != nil {
			return err
		}
		m, err := tx.Member(seat.Member)
		t = ToldPage{Org: o.Name, Officer: o.PIO, At: m.Told, Founder: m.Told == 0 && m.Position == kexin.Owner}
		return err
	})
	return t, err
}

// Tell notes that a person has read what is recorded of staff.
func (a *App) Tell(ctx context.Context, seat Seat) error {
	if !seat.Somebody() {
		return &kexin.Error{Op: "app.tell", Code: kexin.Unauthorized}
	}
	return a.store.Update(ctx, seat.Org, func(tx *store.Tx) error { return tx.SetTold(seat.Member) })
}

// SetLang sets the language of a person's session.
func (a *App) SetLang(ctx context.Context, seat Seat, lang string) error {
	if seat.session.ID == 0 {
		return nil
	}
	return a.store.Update(ctx, seat.Org, func(tx *store.Tx) error { return tx.SetLang(seat.session.ID, lang) })
}

// ChangePassword sets another password after the old one was shown. Every
// other session of the person ends; this one gets a new cookie.
func (a *App) ChangePassword(ctx context.Context, seat Seat, from From, old, new string) (in SignedIn, err error) {
	l, own, err := a.ownLogin(ctx, seat)
	if err != nil {
		return in, err
	}
	account, err := a.bucketOf(ctx, l.Name, l, from)
	if err != nil {
		return in, err
	}
	if err := a.store.Attempt(ctx, []store.Bucket{account}); err != nil {
		return in, err
	}
	ok, _, err := auth.Verify(a.slots, l.Hash, old)
	switch {
	case err != nil: // not judged, so not counted
		return in, errors.Join(err, a.store.Settle(ctx, nil, []string{account.Name}))
	case !ok:
		return in, fieldError("old", "error.password_old")
	}
	if err := a.store.Settle(ctx, []string{account.Name}, nil); err != nil {
		return in, err
	}
	if err := auth.CheckPassword(new, own...); err != nil {
		return in, renamed(err, "new")
	}
	hash, err := auth.Hash(a.slots, new)
	if err != nil {
		return in, err
	}
	return a.setPassword(ctx, seat, l, hash)
}

// ownLogin reads the account of the person behind a seat, and the words that
// no password of his may be made of.
func (a *App) ownLogin(ctx context.Context, seat Seat) (l store.Login, own []string, err error) {
	if seat.session.ID == 0 {
		return l, nil, &kexin.Error{Op: "app.password", Code: kexin.Unauthorized}
	}
	err = a.store.View(ctx, seat.Org, func(tx *store.Tx) error {
		o, err := tx.Merchant()
		if err != nil {
			return err
		}
		l, err = tx.LoginOf(seat.Member)
		own = []string{o.Name, seat.Name, l.Name}
		return err
	})
	if a.report(seat.Org, err) {
		err = errCredentials()
	}
	return l, own, err
}

func (a *App) setPassword(ctx context.Context, seat Seat, l store.Login, hash string) (in SignedIn, err error) {
	err = a.store.Update(ctx, seat.Org, func(tx *store.Tx) error {
		if err := tx.CheckLogin(l); err != nil {
			return err
		}
		if err := tx.SetHash(l, hash); err != nil {
			return err
		}
		if err := tx.EndOthers(seat.Member, seat.session.ID); err != nil {
			return err
		}
		if err := tx.DropLinks(func(g store.Grant) bool { return g.Member == seat.Member }); err != nil {
			return err
		}
		if err := a.replace(tx, seat.session, &in); err != nil {
			return err
		}
		return tx.Log(event(seat.actorOf(), &ledger.SessionClosed{Why: "password"}))
	})
	return in, err
}

// actorOf is the actor for the log, also where the session is not at work yet.
func (s Seat) actorOf() kexin.Actor {
	if s.Actor.User != 0 {
		return s.Actor
	}
	return kexin.Actor{Org: s.Org, User: s.Member, Via: kexin.ViaSession, Session: s.session.ID}
}

// replace gives a session a new cookie and ends the old one at once.
func (a *App) replace(tx *store.Tx, s store.Session, in *SignedIn) error {
	now, err := tx.Session(s.Digest)
	if err != nil {
		return err
	}
	secret, digest := auth.NewSession()
	in.Session, in.Ends, in.Stage, in.Told = secret, now.Ends, now.Stage, true
	return tx.Replace(now, digest[:])
}

func fieldError(field, key string) error {
	return &kexin.Error{Op: "app", Code: kexin.Invalid, Key: key, Field: field}
}

// renamed is the same fault at another field.
func renamed(err error, field string) error {
	if e, ok := err.(*kexin.Error); ok {
		c := *e
		c.Field = field
		return &c
	}
	return err
}
