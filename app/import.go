package app

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"time"

	"kexin"
	"kexin/gate"
	"kexin/law"
	"kexin/ledger"
	"kexin/store"
)

// The states of an import 导入 (law.md 8.7). A file is read and shown before
// anything is stored; what is stored stays when the rest is stopped.
const (
	impDeclared  = "declared"  // the source is declared; no byte has been sent
	impReceived  = "received"  // the file lies sealed on the disk
	impReading   = "reading"   // read for the result page: nothing is stored
	impReady     = "ready"     // the result waits to be confirmed
	impQueued    = "queued"    // confirmed
	impRunning   = "running"   // rows are being stored
	impStopping  = "stopping"  // running, to be cancelled before the next rows
	impHalted    = "halted"    // tried in vain too often: what was stored stays, and a person has it taken up again
	impDone      = "done"      // through
	impCancelled = "cancelled" // stopped; what was stored stays
	impRefused   = "refused"   // unlawful as a whole: nothing of it is kept
	impFailed    = "failed"    // the file cannot be read
)

// A Manifest is what is declared about a list before any byte of it is sent
// (law IMP-01).
type Manifest struct {
	Object    string           `json:"object,omitempty"` // what the list holds, by name; "" for customers
	Source    kexin.SourceKind `json:"source"`
	From      kexin.Day        `json:"from,omitempty"`
	To        kexin.Day        `json:"to,omitempty"`
	Collected string           `json:"collected"` // staff, customer, system: who wrote the rows down
	Accept    bool             `json:"accept"`
	Size      int64            `json:"size,omitempty"`
	SHA256    string           `json:"sha256,omitempty"`
	Page      string           `json:"-"` // of a public source: where it was read; From is when
	Once      store.Once       `json:"-"`
}

// collectors are who may have written the rows down.
var collectors = []string{"staff", "customer", "system"}

// check refuses a manifest that does not say where the rows come from, and
// gives the row of its source.
func (m Manifest) check() (law.Source, error) {
	src, err := law.SourceOf(m.Source)
	if err != nil {
		return src, err
	}
	if !slices.Contains(collectors, m.Collected) || !m.Accept || !m.From.Valid() || !m.To.Valid() || m.From != "" && m.To != "" && m.To < m.From {
		return src, law.Refuse("app.import", "E_IMP_NO_PROVENANCE", nil)
	}
	return src, m.checkPage()
}

// pageMost is how long the address of a public page may be.
const pageMost = 500

// checkPage wants the page and the day of what was read in public, and of
// nothing else (IMP-08).
func (m Manifest) checkPage() error {
	u, err := url.Parse(m.Page)
	web := err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil && len(m.Page) <= pageMost
	switch public := m.Source == kexin.FromPublic; {
	case public && !web, !public && m.Page != "":
		return noProvenance("page", "import.page_needed")
	case public && m.From == "":
		return noProvenance("from", "import.page_day")
	}
	return nil
}

// noProvenance says which part of a declaration is missing.
func noProvenance(field, key string) error {
	err := law.Refuse("app.import", "E_IMP_NO_PROVENANCE", nil)
	var e *kexin.Error
	if errors.As(err, &e) {
		e.Field, e.Key = field, key
	}
	return err
}

// An importPlan is what people decided about a batch. It holds codes and numbers of
// columns, no text of the file.
type importPlan struct {
	Encoding  string            `json:"encoding,omitempty"`
	Delimiter string            `json:"delimiter,omitempty"`
	Sheet     int               `json:"sheet,omitempty"` // from 1
	Header    int               `json:"header,omitempty"`
	Targets   map[string]string `json:"targets,omitempty"` // column index → target code
	Answers   map[string]string `json:"answers,omitempty"` // group → store, phone, order, unknown
	Actor     importActor       `json:"actor"`
	Asked     kexin.ID          `json:"asked,omitempty"`    // who confirmed first where two must
	Approved  kexin.ID          `json:"approved,omitempty"` // who confirmed
	Self      bool              `json:"self,omitempty"`     // approved by the owner himself with his second factor (IMP-07)
	Released  kexin.ID          `json:"released,omitempty"` // who let the importer see a result with many known persons
	Told      int               `json:"told,omitempty"`     // lookups counted so far
	Warned    kexin.Instant     `json:"warned,omitempty"`   // when it was told that rows wait which will be destroyed
	Tried     bool              `json:"tried,omitempty"`    // its result was counted as a try
	Coarse    bool              `json:"coarse,omitempty"`   // its result does not tell who is known
	Held      bool              `json:"held,omitempty"`     // the result tells more than the importer may ask
	Place     string            `json:"place,omitempty"`    // kind of its jobs: where the file lies
	File      string            `json:"file,omitempty"`     // its name there
	Job       kexin.ID          `json:"job,omitempty"`      // what reads or stores it now, or did last
	Reopens   kexin.ID          `json:"reopens,omitempty"`  // the refused batch whose file this one takes (IMP-03)
	Into      kexin.ID          `json:"into,omitempty"`     // of a refused one: the batch that takes its file
	Opens     kexin.Instant     `json:"opens,omitempty"`    // before it the file is not taken
}

// An importActor is who declared the batch, as the log names him.
type importActor struct {
	Purpose kexin.PurposeCode `json:"purpose"`
	Via     kexin.Via         `json:"via"`
	Session kexin.ID          `json:"session,omitempty"`
	Lang    string            `json:"lang"`
}

// importCounts are the figures of a batch: first of the dry run, then of what
// was stored. They add up to Rows.
type importCounts struct {
	Rows     int                   `json:"rows"`
	Skipped  int                   `json:"skipped"` // repeated headers, lines of totals
	Outcomes map[kexin.Outcome]int `json:"outcomes"`
	Refusals map[string]int        `json:"refusals"`       // by code
	Groups   map[string]int        `json:"groups"`         // rows without a source, by group, answered or not
	Outside  int                   `json:"outside"`        // of same: known here and handed to their owner
	Kept     int                   `json:"kept,omitempty"` // rows whose record says otherwise and stays as it is
	Idle     int                   `json:"idle,omitempty"` // rows of what hangs on customers that wait, or did when they came before
	Full     map[string]int        `json:"full,omitempty"` // of refusals: those that what is there makes, and not the row alone
	Tiers    map[kexin.Tier]int    `json:"tiers,omitempty"`
	Ratio    float64               `json:"ratio,omitempty"`
	List     map[string]float64    `json:"list,omitempty"` // what the detector of owners' lists measured
}

func newCounts() importCounts {
	return importCounts{Outcomes: map[kexin.Outcome]int{}, Refusals: map[string]int{}, Groups: map[string]int{}}
}

// importFault is why a batch failed or was refused, as a catalogue key.
type importFault struct {
	Key  string            `json:"key,omitempty"`
	Law  kexin.Law         `json:"law,omitempty"`
	Args map[string]string `json:"args,omitempty"`
}

// pack writes a value as JSON. The types above cannot fail.
func pack(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return "{}"
	}
	return string(b)
}

// unpack reads what pack wrote; what cannot be read is the zero value.
func unpack[T any](s string) (v T) {
	if s != "" {
		_ = json.Unmarshal([]byte(s), &v)
	}
	return v
}

func badState(op string) error {
	return &kexin.Error{Op: op, Code: kexin.Conflict, Key: "import.state"}
}

// DeclareImport takes the declaration of where a list comes from and gives the
// batch that the file may then be sent to. An unlawful source is refused with
// the reason; of that only an entry of the log remains. Who has no lookups left
// declares nothing: the result would tell him who is known (security A4). A
// request that was carried out already gives the batch it made. Errors:
// E_IMP_NO_PROVENANCE, E_IMP_UNLAWFUL_SOURCE, rate_limited, E_OTHER_BODY.
func (a *App) DeclareImport(ctx context.Context, actor kexin.Actor, m Manifest) (Batch, error) {
	src, refused := m.check()
	list, ok := listOf(a.store.Schema(), m.Object)
	if !ok {
		return Batch{}, fieldError("object", "error.field_bad")
	}
	var out Batch
	var spent error
	err := a.store.Update(ctx, actor.Org, func(tx *store.Tx) error {
		if err := gate.Check(tx.State, actor, kexin.ActImport); err != nil {
			return err
		}
		made, err := tx.Earlier(actor.User, m.Once)
		if err != nil {
			return err
		}
		if made.Record != 0 {
			out, err = a.batch(tx, actor, made.Record)
			return err
		}
		if _, err := gate.Create(tx.State, actor, kexin.Query{Act: kexin.ActImport, Object: list, Fields: writable(tx.State.Schema.Object(list))}, actor.User); err != nil {
			return err
		}
		spend, err := tx.LookupSpend(actor)
		if err != nil {
			return err
		}
		if spent = gate.MayLookup(spend, tx.Now, tx.Midnight()); spent != nil { // a list asks of each row whether she is known
			return tx.LogRefused(actor, kexin.ActLookup, spent)
		}
		if refused != nil {
			return tx.Log(store.Event{Actor: ledger.Who(actor), Refs: ledger.Refs{Purpose: actor.Purpose}, Facts: &ledger.ImportRefused{Law: kexin.LawOf(refused)}})
		}
		plan := importPlan{Actor: importActor{Purpose: actor.Purpose, Via: actor.Via, Session: actor.Session, Lang: actor.Lang}}
		id, err := tx.AddImport(store.Import{By: actor.User, State: impDeclared, Source: m.Source, Manifest: pack(m), Page: m.Page, Due: tx.Now.Add(src.Aside)})
		if err != nil {
			return err
		}
		b, err := tx.Import(id)
		if err != nil {
			return err
		}
		b.Plan = pack(plan)
		if err := tx.SaveImport(b); err != nil {
			return err
		}
		if err := tx.Log(store.Event{Actor: ledger.Who(actor), Refs: ledger.Refs{Purpose: actor.Purpose, Batch: id},
			Facts: &ledger.ImportDeclared{Object: list, Source: m.Source}}); err != nil {
			return err
		}
		if err := tx.KeepMade(actor.User, m.Once, store.Made{Record: id}); err != nil {
			return err
		}
		out, err = a.batch(tx, actor, id)
		return err
	})
	if err == nil {
		err = cmp.Or(spent, refused)
	}
	return out, err
}

// mine loads a batch that the actor may see and change: his own, or that of
// somebody he leads. Reading is allowed to who reads the log.
func (a *App) mine(tx *store.Tx, actor kexin.Actor, id kexin.ID, change bool) (store.Import, error) {
	act := kexin.ActImport
	reads := !change && tx.State.May(actor.Position, kexin.ActLedger)
	if reads {
		act = kexin.ActLedger
	}
	if err := gate.Check(tx.State, actor, act); err != nil {
		return store.Import{}, err
	}
	b, err := tx.Import(id)
	if err != nil {
		return b, err
	}
	if !reads && !gate.Led(tx.State, actor).Has(b.By) {
		return b, notFound("app.import")
	}
	return b, nil
}

// asideFor is how long rows without a source, and refused ones, are kept.
func asideFor(k kexin.SourceKind) time.Duration {
	src, err := law.SourceOf(k)
	if err != nil {
		return 24 * time.Hour
	}
	return src.Aside
}

// reviewFor is how long a row waits to be judged.
const reviewFor = 30 * 24 * time.Hour

// warnFor is how long they wait from then on that leaders and officer are told.
const warnFor = 7 * 24 * time.Hour

// stuckFor is when a confirmed batch is given up that nobody carries out: the
// server with its file is gone.
const stuckFor = 7 * 24 * time.Hour
