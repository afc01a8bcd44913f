package app

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"kexin"
	"kexin/auth"
	"kexin/internal/db"
	"kexin/kind"
	"kexin/ledger"
	"kexin/store"
	"kexin/vault"
)

// zoneUsual is where a merchant's days begin and quiet hours count, unless the
// server says otherwise.
const zoneUsual = "Asia/Shanghai"

// A Founding is what the setup page asks: the merchant, and its first owner.
type Founding struct {
	Size     kexin.Size
	Name     string // legal name
	USCC     string // unified social credit code
	Contact  string // phone for customers
	Address  string // may be empty; the notice needs it later
	Owner    string // the owner's own name
	Login    string
	Password string
	Own      Own  // of the owner
	Demo     bool // all of it is invented; marked for ever, nothing is sent out
}

// CreateSetupLink makes the one-time link by which a merchant is made, for
// whoever runs the server: the part of the address behind /setup/. It lives an
// hour.
func (a *App) CreateSetupLink(ctx context.Context) (auth.Secret, kexin.Instant, error) {
	secret, digest := auth.NewInvite()
	ends := kexin.At(a.now()).Add(auth.SetupLife)
	return secret, ends, a.store.AddSetupLink(ctx, store.Link{Digest: digest[:], Ends: ends})
}

// Empty reports whether there is no merchant yet, so that a server offers its
// first setup link.
func (a *App) Empty(ctx context.Context) (bool, error) {
	all, err := a.store.Merchants(ctx)
	return len(all) == 0, err
}

// link finds a live link of one of these kinds. Every other one is not_found;
// an address that tries many is rate_limited.
func (a *App) link(ctx context.Context, from From, token string, kinds ...store.LinkKind) (store.Link, error) {
	addr, now := auth.Network(from.Addr).String(), a.now()
	if a.wrong.many(addr, now) {
		return store.Link{}, &kexin.Error{Op: "app.link", Code: kexin.RateLimited, Key: "error.rate_limited", Until: kexin.At(now.Add(time.Minute))}
	}
	var l store.Link
	digest, err := auth.ParseInvite(token)
	if err == nil {
		l, err = a.store.LinkNamed(ctx, digest[:])
	}
	if err == nil && !slices.Contains(kinds, l.Kind) {
		err = notFound("app.link")
	}
	if kexin.CodeOf(err) == kexin.NotFound {
		a.wrong.add(addr, now)
	}
	return l, err
}

// SetupOpen reports whether a setup link still works. Asking changes nothing.
func (a *App) SetupOpen(ctx context.Context, from From, token string) error {
	_, err := a.link(ctx, from, token, store.SetupLink)
	return err
}

// Setup makes the merchant and its owner and signs him in. The link is dead
// afterwards. Errors: not_found for the link, invalid with a field for each
// fault.
func (a *App) Setup(ctx context.Context, from From, token string, f Founding) (in SignedIn, err error) {
	l, err := a.link(ctx, from, token, store.SetupLink)
	if err != nil {
		return in, err
	}
	f = f.clean()
	if err := f.Check(); err != nil {
		return in, err
	}
	if from, err = a.ownBrowser(ctx, from); err != nil {
		return in, err
	}
	hash, err := auth.Hash(a.slots, f.Password)
	if err != nil {
		return in, err
	}
	o, keys, err := a.store.NewMerchant(ctx, f.org(a.zone))
	if err != nil {
		return in, err
	}
	in, err = a.found(ctx, from, l, f, o, keys, hash)
	return in, taken(err)
}

func (a *App) found(ctx context.Context, from From, l store.Link, f Founding, o store.Org, keys []vault.OrgKey, hash string) (in SignedIn, err error) {
	err = a.store.Found(ctx, o, keys, func(tx *store.Tx) error {
		if err := tx.UseLink(l); err != nil {
			return err
		}
		known, err := tx.Registered(o.USCC)
		if err != nil {
			return err
		}
		if known {
			return fieldError("uscc", "error.uscc_here")
		}
		m := store.Member{Name: f.Owner, Position: kexin.Owner, Active: true}
		if m.ID, err = tx.AddMember(m); err != nil {
			return err
		}
		own, _ := f.Own.keys() // checked
		if err := noteOwn(tx, m.ID, own); err != nil {
			return err
		}
		in, err = a.join(tx, m, from, store.Login{Name: f.Login, Member: m.ID, Hash: hash}, "setup")
		return err
	})
	return in, err
}

// join writes a new member's account and opens his first session. Who joins by
// an invitation and needs a second factor sets it up before anything else
// (SEC-06); the founder, alone with an empty list, has as long as he may set one
// up in this session, and lets nobody in before (factored).
func (a *App) join(tx *store.Tx, m store.Member, from From, l store.Login, how ledger.Way) (in SignedIn, err error) {
	if err := tx.AddLogin(l); err != nil {
		return in, err
	}
	d, in, err := a.device(tx, m.ID, from)
	if err != nil {
		return in, err
	}
	s := store.Session{Member: m.ID, Device: d.Digest, Label: from.Label, Made: tx.Now, Lang: from.Lang, Ends: tx.Now.Add(auth.LifeOf(m.Position).Absolute)}
	o, err := tx.Merchant()
	if err != nil {
		return in, err
	}
	switch {
	case o.Demo || !needsFactor(m.Position):
	case how == "invite":
		s.Stage, s.Ends = Enrol, tx.Now.Add(enrolLife)
	default:
		s.Ends = tx.Now + freshEnough
	}
	if err := a.openSession(tx, &s, &in); err != nil {
		return in, err
	}
	in.Told = m.Told != 0
	if err := tx.Log(store.Event{Actor: byMember(m), Facts: &ledger.MemberJoined{Member: m.ID, Position: m.Position}}); err != nil {
		return in, err
	}
	return in, tx.Log(store.Event{Actor: byMember(m), Refs: ledger.Refs{Session: s.ID}, Facts: &ledger.SessionOpened{Factor: how, Via: kexin.ViaSession}})
}

// taken tells a name that somebody else has from other conflicts.
func taken(err error) error {
	var c *db.Constraint
	if errors.As(err, &c) && c.Kind == db.Unique && c.Table == "login" {
		return fieldError("login", "error.login_taken")
	}
	return err
}

func (f Founding) clean() Founding {
	f.Name, f.Contact, f.Address, f.Owner = tidy(f.Name), tidy(f.Contact), tidy(f.Address), tidy(f.Owner)
	f.USCC = strings.ToUpper(strings.Join(strings.Fields(norm.NFKC.String(f.USCC)), ""))
	f.Login = LoginName(f.Login)
	return f
}

// tidy is one line of text as people type it: no blanks around, single blanks
// inside.
func tidy(s string) string { return strings.Join(strings.Fields(norm.NFC.String(s)), " ") }

func (f Founding) org(zone string) store.Org {
	return store.Org{Name: f.Name, USCC: f.USCC, Size: f.Size, Zone: zone, Contact: f.Contact, Address: f.Address, PIO: f.Owner, Demo: f.Demo}
}

// Check finds every fault of the page at once.
func (f Founding) Check() error {
	f = f.clean()
	var faults []kexin.FieldError
	add := func(field, key string) { faults = append(faults, kexin.FieldError{Path: field, Key: key}) }
	if f.Size != kexin.Shop && f.Size != kexin.Company && f.Size != kexin.Mall {
		add("size", "error.size")
	}
	for _, x := range []struct {
		field, text string
		max         int
	}{{"name", f.Name, 100}, {"contact", f.Contact, 40}, {"owner", f.Owner, 40}} {
		if key := badLine(x.text, x.max); key != "" {
			add(x.field, key)
		}
	}
	if f.Contact != "" && !telephone(f.Contact) {
		add("contact", "error.shop_phone")
	}
	if f.Address != "" {
		if key := badLine(f.Address, 200); key != "" {
			add("address", key)
		}
	}
	if f.USCC == "" || kind.Check(&kexin.Field{Kind: kexin.KindUSCC}, kexin.Str(f.USCC)) != nil {
		add("uscc", "error.uscc")
	}
	_, own := f.Own.keys()
	faults = append(faults, own...)
	if e, ok := checkLogin(f.Login).(*kexin.Error); ok {
		add(e.Field, e.Key)
	}
	if e, ok := auth.CheckPassword(f.Password, f.Name, f.Owner, f.Login).(*kexin.Error); ok {
		add(e.Field, e.Key)
	}
	if len(faults) > 0 {
		return &kexin.Error{Op: "app.setup", Code: kexin.Invalid, Key: "error.fields", Fields: faults}
	}
	return nil
}

// telephone reports whether customers could call a number.
func telephone(s string) bool {
	_, err := kind.Canon(kexin.KeyPhone, s)
	return err == nil
}

// badLine is what is wrong with one line of text, "" for nothing.
func badLine(s string, max int) string {
	switch {
	case s == "":
		return "error.required"
	case utf8.RuneCountInString(s) > max:
		return "error.long"
	case !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '<' || r == '>' }):
		return "error.text"
	}
	return ""
}

// recoverySheet is the name of the sheet in the table of things shown once.
const recoverySheet = "recovery"

// SheetAhead reports whether whoever sets the server's first merchant up now
// will be shown the recovery sheet.
func (a *App) SheetAhead(ctx context.Context) (bool, error) {
	at, err := a.store.ShownAt(ctx, recoverySheet)
	if err != nil || at != 0 {
		return false, err
	}
	return a.Empty(ctx)
}

// A Sheet says where the server's recovery sheet 恢复码 stands for a person.
type Sheet int

// The states.
const (
	SheetNone   Sheet = iota // it is not this person's
	SheetDone                // he confirmed having it
	SheetClosed              // it waits for him; signed in too long ago to see it
	SheetOpen                // it waits and may be shown
)

// SheetOf is where it stands: it waits for the owner of the server's first
// merchant until he confirms having it, and is shown soon after he signed in or
// showed his second factor.
func (a *App) SheetOf(ctx context.Context, seat Seat) (s Sheet, err error) {
	if seat.session.ID == 0 || seat.Stage != AtWork {
		return SheetNone, nil
	}
	at, err := a.store.ShownAt(ctx, recoverySheet)
	if err != nil {
		return SheetNone, err
	}
	err = a.store.View(ctx, seat.Org, func(tx *store.Tx) error {
		m, err := tx.Member(seat.Member)
		if err != nil || m.Position != kexin.Owner {
			return err
		}
		first, err := tx.First()
		switch {
		case err != nil || !first:
		case at != 0:
			s = SheetDone
		case tx.Now-seat.session.Made <= freshEnough || auth.Fresh(seat.session.Step, tx.Now):
			s = SheetOpen
		default:
			s = SheetClosed
		}
		return err
	})
	return s, err
}

// SheetNoted writes down that the owner has the sheet. It is never shown
// again.
func (a *App) SheetNoted(ctx context.Context, seat Seat) error {
	state, err := a.SheetOf(ctx, seat)
	if err != nil || state != SheetOpen {
		return err
	}
	return a.store.Update(ctx, seat.Org, func(tx *store.Tx) error {
		if err := tx.Shown(recoverySheet, seat.Member); err != nil {
			return err
		}
		return tx.Log(event(seat.actorOf(), &ledger.SettingsChanged{Setting: "backup", Version: tx.State.Version}))
	})
}

// HostSheetDue reports whether whoever runs the server may see the recovery
// sheet at the terminal: nobody has noted it yet, and no merchant is here.
func (a *App) HostSheetDue(ctx context.Context) (bool, error) {
	empty, err := a.Empty(ctx)
	if err != nil || !empty {
		return false, err
	}
	at, err := a.store.ShownAt(ctx, recoverySheet)
	return at == 0, err
}

// HostSheetNoted writes down that he has it: no page shows it.
func (a *App) HostSheetNoted(ctx context.Context) error {
	return a.store.ShownToHost(ctx, recoverySheet)
}
