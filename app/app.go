// Package app holds the use-cases, one file a verb: begin, load, authorise,
// act, record. It decides nothing itself: the gate decides, the store writes.
package app

import (
	"cmp"
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"kexin"
	"kexin/auth"
	"kexin/job"
	"kexin/kind"
	"kexin/outbound"
	"kexin/store"
	"kexin/vault"
)

// An App is the product without its face. It is safe for concurrent use.
type App struct {
	store      *store.Store
	log        *slog.Logger
	now        func() time.Time
	pages      *pages
	homes      homes
	slots      auth.Slots
	data       string
	waits      waits
	gauge      gauge
	yard       *yard  // of staged files
	importKind string // of jobs whose files lie in data
	backups    *backups
	jobs       *job.Queue
	duties     *duties
	sealing    *sealing
	out        *outbound.Client

	transports []Transport
	public     string        // address of this server, for links that the server sends
	posted     chan struct{} // a letter waits
	round      sync.Mutex    // one round of the postman at a time in this process: when one ends, nothing is half way
	misses     *misses       // of customers' links
	wrong      *misses       // of links for staff
	unsigned   *misses       // of replies to text messages
	replies    bool          // they are passed on to us
	zone       string        // of new merchants
	turns      *turns        // of requests that make something once
	keepers    func() (vault.Keepers, error)
}

// A Config is what an App needs.
type Config struct {
	Store *store.Store
	Log   *slog.Logger
	Now   func() time.Time // the clock
	Data  string           // directory for staged files and backups
	Seal  func() Sealing   // how backup files are encrypted, asked each time; nil = to nobody: no backups

	Witnesses []Witness        // of the logs
	Out       *outbound.Client // nil = nothing is sent out

	Transports []Transport // how messages reach customers; none = only links that staff copy
	Public     string      // address of this server, https://…
	Replies    bool        // what customers answer to text messages comes back to us: these may offer it
	Zone       string      // IANA zone of new merchants; "" = Asia/Shanghai
	Slots      auth.Slots  // in which passwords are hashed; nil = auth.AtOnce of them
	// Keepers reads the master keys anew, so that one that was put beside the
	// old one is taken up while serving; nil = they do not change.
	Keepers func() (vault.Keepers, error)
}

// New makes an App. Run must be started for lists to be logged.
func New(c Config) *App {
	a := &App{store: c.Store, log: c.Log, now: c.Now, slots: c.Slots, data: c.Data, keepers: c.Keepers, gauge: gauge{memory: importMemory, clock: importClock}}
	if a.slots == nil {
		a.slots = auth.NewSlots(auth.AtOnce)
	}
	a.transports, a.public, a.posted, a.misses, a.wrong = c.Transports, strings.TrimRight(c.Public, "/"), make(chan struct{}, 1), newMisses(), newMisses()
	a.unsigned, a.replies = newMisses(), c.Replies
	a.turns, a.zone = newTurns(), cmp.Or(c.Zone, zoneUsual)
	a.sealing, a.out = newSealing(c.Witnesses), c.Out
	if a.out == nil {
		a.out = outbound.New(outbound.Config{Off: true})
	}
	a.backups = &backups{dir: filepath.Join(c.Data, "backups"), seal: c.Seal}
	a.yard = &yard{dir: filepath.Join(c.Data, stageRoot), most: stageMost, coming: map[string]*upload{}}
	a.importKind = importKind(c.Store, c.Data)
	a.jobs, a.duties = a.newJobs(), newDuties()
	a.pages = &pages{in: make(chan store.PageSeen, 1024), flush: make(chan chan struct{})}
	return a
}

// Flush writes what is known of list pages now.
func (a *App) Flush() {
	done := make(chan struct{})
	a.pages.flush <- done
	<-done
}

// Schema is the compiled schema.
func (a *App) Schema() *kexin.Schema { return a.store.Schema() }

// Store is for the command line and jobs; api and portal never see it.
func (a *App) Store() *store.Store { return a.store }

// Env is what values are read with: the merchant's zone and the time.
func (a *App) Env(ctx context.Context, org kexin.ID) kind.Env {
	e := kind.Env{Zone: time.UTC, Now: kexin.At(a.now())}
	if z, err := a.store.Zone(ctx, org); err == nil {
		e.Zone = z
	}
	return e
}

// notFound is what a record out of scope and one that never was both answer.
func notFound(op string) error { return &kexin.Error{Op: op, Code: kexin.NotFound} }
