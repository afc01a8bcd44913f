package app

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"time"

	"kexin"
	"kexin/auth"
	"kexin/ledger"
	"kexin/store"
)

// A Stage is what a session still has to do before it is at work.
type Stage = store.Stage

// The stages.
const (
	AtWork Stage = store.AtWork
	Second Stage = store.Second // the second factor is missing
	Enrol  Stage = store.Enrol  // the position needs a second factor and has none
)

// A From is where a request comes from. None of it is stored but the label.
type From struct {
	Addr   netip.Addr
	Device string // what the browser's own cookie holds, "" = none
	Label  string // browser and system
	Lang   string

	Visitor string // what the browser's cookie on customers' pages holds, "" = none
}

// A Seat is who sits behind a request: nobody, a person whose session still
// has something to do, or a person at work, who alone has an Actor.
type Seat struct {
	Actor   kexin.Actor // User 0 = not at work
	Org     kexin.ID
	Member  kexin.ID
	Name    string
	Stage   Stage
	Told    bool        // has read what is recorded of staff
	TOTP    bool        // has a second factor
	Acts    []kexin.Act // what a token may do; nil for a session
	session store.Session
}

// Somebody reports whether a session or token stands behind the request.
func (s Seat) Somebody() bool { return s.Member != 0 }

// touchAfter is how old the note of a session's last use may grow.
const touchAfter = time.Minute

// homes remembers to which merchant sessions and tokens belong, which never
// changes, and, where the store tells of changes, who sits behind a session. On
// PostgreSQL, and of a token, its rows are asked each time.
type homes struct {
	mu    sync.Mutex
	org   map[[32]byte]kexin.ID
	seats map[[32]byte]seated
}

// A seated is a seat that holds while no row about staff changes: at is the
// store's count of that. until is when its use is noted again, or the day ends.
type seated struct {
	Seat
	life  auth.Session
	at    int64
	until kexin.Instant
}

func (h *homes) seat(digest [32]byte, at int64, now kexin.Instant) (Seat, bool) {
	h.mu.Lock()
	s, ok := h.seats[digest]
	h.mu.Unlock()
	return s.Seat, ok && s.at == at && now < s.until && now < s.session.Ends && s.life.Alive(now)
}

func (h *homes) keep(digest [32]byte, s seated) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.seats) >= homesMost || h.seats == nil {
		h.seats = map[[32]byte]seated{}
	}
	h.seats[digest] = s
}

// homesMost is how many are remembered; then it begins anew.
const homesMost = 10_000

func (h *homes) of(ctx context.Context, digest [32]byte, find func(context.Context, []byte) (kexin.ID, error)) (kexin.ID, error) {
	h.mu.Lock()
	org, ok := h.org[digest]
	h.mu.Unlock()
	if ok {
		return org, nil
	}
	org, err := find(ctx, digest[:])
	if err != nil {
		return 0, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.org) >= homesMost || h.org == nil {
		h.org = map[[32]byte]kexin.ID{}
	}
	h.org[digest] = org
	return org, nil
}

type unattended struct{}

// Unattended marks what a page asks by itself while nobody is at it: it is no use
// of the session, which ends as if it had not been asked.
func Unattended(ctx context.Context) context.Context {
	return context.WithValue(ctx, unattended{}, true)
}

// Seat finds who a session cookie belongs to. A wrong, ended or idle one is
// nobody; so is a disabled person's from the next request on. asked is the
// purpose the request names, "" for the position's own.
func (a *App) Seat(ctx context.Context, cookie string, asked kexin.PurposeCode) (Seat, error) {
	digest, err := auth.ParseSession(cookie)
	if err != nil {
		return Seat{}, nil
	}
	var at int64
	known := asked == "" && a.store.Staff() != nil
	if known {
		at = a.store.Staff().Count() // before anything is read
		if s, ok := a.homes.seat(digest, at, kexin.At(a.now())); ok {
			return s, nil
		}
	}
	org, err := a.homes.of(ctx, digest, a.store.OrgOfSession)
	if err != nil {
		return Seat{}, absentIsNobody(err)
	}
	var s seated
	err = a.store.View(ctx, org, func(tx *store.Tx) (err error) {
		s, err = a.seat(tx, digest[:], asked)
		return err
	})
	if ctx.Value(unattended{}) != nil {
		return a.seated(ctx, org, s.Seat, err)
	}
	if err == nil && s.Somebody() && s.until <= kexin.At(a.now()) {
		err = a.store.Update(ctx, org, func(tx *store.Tx) error { return tx.Touch(digest[:]) })
	} else if err == nil && s.Somebody() && known {
		s.at = at
		a.homes.keep(digest, s)
	}
	return a.seated(ctx, org, s.Seat, err)
}

func (a *App) seat(tx *store.Tx, digest []byte, asked kexin.PurposeCode) (seated, error) {
	s, m, err := tx.Seated(digest)
	if err != nil {
		return seated{}, err
	}
	life := auth.Session{Position: m.Position, Opened: s.Made, Seen: s.Seen, StepUp: s.Step}
	if !m.Active || m.Over(tx.Today()) || !life.Alive(tx.Now) {
		return seated{}, nil
	}
	seat := Seat{Org: tx.Org, Member: m.ID, Name: m.Name, Stage: s.Stage, Told: m.Told != 0, TOTP: m.TOTP, session: s}
	if seat.Stage == AtWork && seat.Told {
		seat.Actor, err = actor(tx, m, asked)
		seat.Actor.Via, seat.Actor.Session, seat.Actor.Device, seat.Actor.StepUp, seat.Actor.Lang = kexin.ViaSession, s.ID, s.Browser(), s.Step, s.Lang
		if err == nil && !m.TOTP && s.Step == 0 && needsFactor(m.Position) {
			var o store.Org
			o, err = tx.Merchant()
			seat.Actor.Bare = !o.Demo
		}
	}
	return seated{Seat: seat, life: life, until: min(s.Seen.Add(touchAfter), tx.Midnight())}, err
}

// actor makes the actor of a member: the one place where a person becomes one.
func actor(tx *store.Tx, m store.Member, asked kexin.PurposeCode) (kexin.Actor, error) {
	purpose, err := tx.State.Purpose(m.Position, asked)
	return kexin.Actor{Org: tx.Org, User: m.ID, Position: m.Position, Dept: m.Dept, Purpose: purpose, Leaving: m.Leaving != ""}, err
}

// TokenSeat finds who an API token belongs to. It is bound to a purpose; a
// request that names another is refused.
func (a *App) TokenSeat(ctx context.Context, token string, asked kexin.PurposeCode) (Seat, error) {
	digest, err := auth.ParseAPIToken(token)
	if err != nil {
		return Seat{}, nil
	}
	org, err := a.homes.of(ctx, digest, a.store.OrgOfToken)
	if err != nil {
		return Seat{}, absentIsNobody(err)
	}
	var seat Seat
	var stale bool
	err = a.store.View(ctx, org, func(tx *store.Tx) (err error) {
		seat, stale, err = tokenSeat(tx, digest[:], asked)
		return err
	})
	if err == nil && stale {
		err = a.store.Update(ctx, org, func(tx *store.Tx) error { return tx.TouchToken(digest[:]) })
	}
	return a.seated(ctx, org, seat, err)
}

func tokenSeat(tx *store.Tx, digest []byte, asked kexin.PurposeCode) (Seat, bool, error) {
	k, err := tx.Token(digest)
	if err != nil {
		return Seat{}, false, err
	}
	m, err := tx.Member(k.Member)
	if err != nil {
		return Seat{}, false, err
	}
	if !m.Active || m.Over(tx.Today()) || m.Told == 0 {
		return Seat{}, false, nil
	}
	if asked != "" && asked != k.Purpose {
		return Seat{}, false, &kexin.Error{Op: "app.token", Code: kexin.Forbidden, Law: "E_PURPOSE", Key: "error.purpose"}
	}
	seat := Seat{Org: tx.Org, Member: m.ID, Name: m.Name, Told: true, TOTP: m.TOTP, Acts: []kexin.Act{}}
	seat.Actor, err = actor(tx, m, k.Purpose)
	seat.Actor.Via, seat.Actor.Session = kexin.ViaToken, k.ID
	for _, act := range k.Acts {
		if tx.State.May(m.Position, act) { // the position may have changed since
			seat.Acts = append(seat.Acts, act)
		}
	}
	return seat, tx.Now > k.Used.Add(touchAfter), err
}

// seated turns what is no sign-in into nobody, and reports a forged row.
func (a *App) seated(ctx context.Context, org kexin.ID, seat Seat, err error) (Seat, error) {
	if err == nil {
		return seat, nil
	}
	if a.report(org, err) {
		return Seat{}, nil
	}
	return Seat{}, absentIsNobody(err)
}

func absentIsNobody(err error) error {
	if kexin.CodeOf(err) == kexin.NotFound {
		return nil
	}
	return err
}

// report notes a row that was written without the keys; the store has raised
// the alert. It reports whether err was about one.
func (a *App) report(org kexin.ID, err error) bool {
	var f *store.Forged
	if !errors.As(err, &f) {
		return false
	}
	a.log.Error("forged row", "table", f.Table, "org", org, "id", f.ID)
	return true
}

// isForged reports whether a row was written without the keys.
func isForged(err error) bool {
	var f *store.Forged
	return errors.As(err, &f)
}

// stepUp is nil while the second factor shown in this session is fresh. The
// operating system's user on the server needs none.
func stepUp(actor kexin.Actor, now kexin.Instant) error {
	if actor.Via == kexin.ViaCLI || auth.Fresh(actor.StepUp, now) {
		return nil
	}
	return &kexin.Error{Op: "app.step_up", Code: kexin.Unauthorized, Law: "E_STEP_UP", Key: "error.step_up"}
}

// factored refuses what lets others in as long as who does it has no second
// factor and his position goes with one: the founder in his first hour looks
// around and brings his own list in (SEC-06).
func factored(actor kexin.Actor) error {
	if !actor.Bare || actor.Via == kexin.ViaCLI {
		return nil
	}
	return &kexin.Error{Op: "app.factored", Code: kexin.Unauthorized, Law: "E_STEP_UP", Key: "error.step_up_none"}
}

// event is an entry about people: never about a customer.
func event(actor kexin.Actor, f ledger.Facts) store.Event {
	return store.Event{Actor: ledger.Who(actor), Refs: ledger.Refs{Purpose: actor.Purpose}, Facts: f}
}

// byMember is the log's actor where a person acts who is not at work yet.
func byMember(m store.Member) ledger.Actor {
	return ledger.Actor{Kind: ledger.ByStaff, Position: m.Position, Ref: m.ID}
}

// Lang is the language of the session, "" where it has none.
func (s Seat) Lang() string { return s.session.Lang }
