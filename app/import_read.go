package app

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"kexin"
	"kexin/intake"
	"kexin/job"
	"kexin/kind"
	"kexin/kind/region"
	"kexin/law"
	"kexin/ledger"
	"kexin/store"
)

// An importFound is what the file looks like. It is sealed at rest, because
// samples and headers stand in it.
type importFound struct {
	Guess   intake.Guess    `json:"guess"` // without its sample
	Targets []intake.Target `json:"targets"`
	Columns []columnFound   `json:"columns"` // in the order of Guess.Columns
}

// A columnFound is what was seen in one column.
type columnFound struct {
	Sample []string `json:"sample"` // masked
	Filled int      `json:"filled"`
	Bad    int      `json:"bad"` // values that could not be read as the target
}

// readImport is the dry run: it reads the whole file, judges every row as the
// import would, and shows what would become of it. Nothing is stored but
// figures. A list of home owners is refused here and nothing of it is kept
// (law IMP-03).
func (a *App) readImport(ctx context.Context, run *job.Run, id kexin.ID) error {
	org := run.Org
	r, err := a.start(ctx, org, id, run)
	if err != nil {
		return a.unreadable(ctx, org, id, err)
	}
	defer r.close()
	if err := a.setState(ctx, r, impReading, impReceived, impReading); err != nil {
		return err
	}
	if err := r.understand(); err != nil {
		return a.unreadable(ctx, org, id, err)
	}
	verdict, err := r.dryRun(ctx)
	switch {
	case err != nil:
		return a.unreadable(ctx, org, id, err)
	case verdict.Refuse:
		return a.refuseList(ctx, r, verdict)
	}
	return a.result(ctx, r)
}

func (r *importRun) close() {
	if r.file != nil {
		_ = r.file.Close()
	}
}

// setState moves a batch on, from one of two states.
func (a *App) setState(ctx context.Context, r *importRun, to string, from ...string) error {
	return a.store.Update(ctx, r.actor.Org, func(tx *store.Tx) error {
		b, err := tx.Import(r.b.ID)
		if err != nil {
			return err
		}
		if !slices.Contains(from, b.State) {
			return badState("app.import")
		}
		if b.State != to {
			b.State = to
			if err := tx.SaveImport(b); err != nil {
				return err
			}
			b.Version++
		}
		r.b = b
		return nil
	})
}

// dryRun passes over the file once.
func (r *importRun) dryRun(ctx context.Context) (intake.Verdict, error) {
	note, err := newNotebook(r.a.stageDir(r.actor.Org, r.b.ID))
	if err != nil {
		return intake.Verdict{}, err
	}
	defer note.Close()
	owners := intake.NewDetector(r.guess.Columns, r.targets)
	r.look = newColumnLook(r)
	skipped := 0
	each := func(row intake.Row) {
		owners.Add(row)
		if row.Skip != "" {
			skipped++
		}
	}
	told := time.Time{}
	for lines, err := range r.steps(ctx, 0, each) {
		if err != nil {
			return intake.Verdict{}, err
		}
		if err := r.tryOut(ctx, lines, note); err != nil {
			return intake.Verdict{}, err
		}
		if err := r.halted(ctx); err != nil {
			return intake.Verdict{}, err
		}
		if now := time.Now(); now.Sub(told) > time.Second {
			told = now
			if err := r.progress(ctx); err != nil {
				return intake.Verdict{}, err
			}
		}
	}
	r.counts.Skipped = skipped
	for _, p := range r.tiers {
		if p != kexin.TierNone {
			if r.counts.Tiers == nil {
				r.counts.Tiers = map[kexin.Tier]int{}
			}
			r.counts.Tiers[p]++
		}
	}
	r.counts.Ratio = ratio(r.counts.Tiers)
	return owners.Verdict(), nil
}

// tryOut judges one step on a snapshot of the store and the notebook.
func (r *importRun) tryOut(ctx context.Context, lines []*line, note *notebook) error {
	return r.a.store.View(ctx, r.actor.Org, func(tx *store.Tx) error {
		b, rulings, err := r.judge(tx, lines, note)
		if err != nil {
			return err
		}
		for i := range rulings {
			if err := r.trace(b, &rulings[i]); err != nil {
				return err
			}
		}
		if err := b.freeze(); err != nil {
			return err
		}
		r.counts.count(rulings)
		r.seq = b.rules.seq
		for _, x := range rulings {
			r.weigh(x)
			if x.code == codeOutside && len(r.known) < law.LookupImportPerFile {
				r.known = append(r.known, x.line.facts.Phones...)
			}
		}
		return nil
	})
}

// trace tells a test what became of a row. A row set aside is matched for it,
// inside this run alone.
func (r *importRun) trace(b *book, x *ruling) error {
	if r.traced == nil {
		return nil
	}
	if x.outcome == kexin.OutAside {
		people, err := b.candidates(x.line)
		if err != nil {
			return err
		}
		if p, d := decide(x.line, people); d.At >= 0 && d.Verdict == 1 {
			x.person = p
		} else {
			x.person = b.add(x.line, b.rules.next())
		}
	}
	r.traced(*x)
	return nil
}

// weigh notes the gravest tier of each distinct person (law IMP-07).
func (r *importRun) weigh(x ruling) {
	if x.outcome == kexin.OutRefused {
		return
	}
	at := uint64(1)<<63 | uint64(x.line.n) // a row that is nobody's yet
	if x.person != nil && (x.outcome == kexin.OutNew || x.outcome == kexin.OutSame || x.outcome == kexin.OutUnchanged) {
		if id := x.person.id(); id != 0 {
			at = uint64(id)
		} else {
			at = uint64(1)<<62 | uint64(x.person.seq)
		}
	}
	t, was := r.reader.tier(x.line), r.tiers[at]
	if was == kexin.TierNone || t != kexin.TierNone && t < was {
		r.tiers[at] = t
	}
}

// progress writes how far reading is, and ends it where the batch was
// cancelled meanwhile.
func (r *importRun) progress(ctx context.Context) error {
	rows := r.counts.Rows
	return r.a.store.Update(ctx, r.actor.Org, func(tx *store.Tx) error {
		b, err := tx.Import(r.b.ID)
		if err != nil {
			return err
		}
		if b.State != impReading {
			return errStopped
		}
		return tx.ImportRead(r.b.ID, rows)
	})
}

// errStopped ends a pass over a batch that is no longer to be read.
var errStopped = errors.New("import stopped")

// result stores the figures of a dry run and counts, as lookups, the rows that
// the importer learns to be known outside his scope (security A4).
func (a *App) result(ctx context.Context, r *importRun) error {
	return a.store.Update(ctx, r.actor.Org, func(tx *store.Tx) error {
		b, err := tx.Import(r.b.ID)
		if err != nil {
			return err
		}
		if b.State != impReading {
			return nil
		}
		plan := unpack[importPlan](b.Plan)
		if n := r.counts.Outside - plan.Told; n > 0 {
			if err := tx.SpendImport(r.actor, b.ID, n, r.known); err != nil {
				return err
			}
			plan.Told = r.counts.Outside
		}
		b.State, b.Plan, b.Counts = impReady, pack(plan), pack(r.counts)
		b.Found = []byte(pack(r.found()))
		b.Done, b.Total = int64(r.counts.Rows), int64(r.counts.Rows)
		b.Due = tx.Now.Add(asideFor(b.Source))
		return tx.SaveImport(b)
	})
}

func (r *importRun) found() importFound {
	g := r.guess
	g.Sample = nil
	return importFound{Guess: g, Targets: r.targets, Columns: r.look.columns}
}

// refuseList refuses a list of home owners as a whole. Both keys are destroyed
// in the transaction that writes the refusal; then the file goes.
func (a *App) refuseList(ctx context.Context, r *importRun, v intake.Verdict) error {
	c := newCounts()
	c.List = map[string]float64{"score": v.Score}
	for _, f := range v.Features {
		c.List[f.Name] = f.Value
	}
	err := a.store.Update(ctx, r.actor.Org, func(tx *store.Tx) error {
		b, err := tx.Import(r.b.ID)
		if err != nil {
			return err
		}
		no := law.Refuse("app.import", "E_IMP_OWNER_LIST", nil)
		b.Counts, b.Done, b.Total = pack(c), 0, 0
		b.Fault = pack(importFault{Key: no.Key, Law: no.Law})
		return a.end(tx, &b, impRefused, &ledger.ImportRefused{Law: no.Law, Rows: int64(r.counts.Rows)}, ledger.Who(r.actor))
	})
	if err == nil {
		r.close()
		a.unstage(r.actor.Org, r.b.ID)
	}
	return err
}

// unreadable ends a batch whose file is at fault; what is the machine's fault
// is given back, to be tried again. What was stored before stays, and so do
// the rows that were set aside from it.
func (a *App) unreadable(ctx context.Context, org, id kexin.ID, cause error) error {
	var e *kexin.Error
	switch {
	case errors.Is(cause, errStopped):
		return nil
	case !errors.As(cause, &e) || !hopelessImport(e.Code):
		return cause
	}
	err := a.store.Update(ctx, org, func(tx *store.Tx) error {
		b, err := tx.Import(id)
		if err != nil {
			return err
		}
		if !working(b.State) {
			return nil
		}
		system := ledger.Actor{Kind: ledger.BySystem}
		b.Fault = pack(importFault{Key: keyOr(e), Law: e.Law, Args: e.Args})
		if b.Done > 0 && b.State != impReading {
			return a.close(tx, &b, impFailed, &ledger.ImportCancelled{Rows: b.Done}, system)
		}
		return a.end(tx, &b, impFailed, &ledger.ImportPurged{Why: "refused"}, system)
	})
	if err == nil {
		a.unstage(org, id)
	}
	return err
}

// hopelessImport reports errors that no repetition mends.
func hopelessImport(c kexin.Code) bool {
	switch c {
	case kexin.Invalid, kexin.NotFound, kexin.Forbidden, kexin.Withheld:
		return true
	}
	return false
}

// A columnLook gathers what is shown of each column.
type columnLook struct {
	columns []columnFound
	at      map[int]int           // column of the file → index
	of      map[kexin.FieldID]int // field → its first column
}

func newColumnLook(r *importRun) *columnLook {
	c := &columnLook{columns: make([]columnFound, len(r.guess.Columns)), at: map[int]int{}, of: map[kexin.FieldID]int{}}
	for i, col := range r.guess.Columns {
		c.at[col.Index] = i
	}
	for _, t := range r.targets {
		i, ok := c.at[t.Column]
		if !ok {
			continue
		}
		if _, had := c.of[t.Field]; !had && t.Role != intake.RoleSkip {
			c.of[t.Field] = i
		}
		c.columns[i].Sample = samples(r, t)
	}
	return c
}

// add looks at one line.
func (c *columnLook) add(l *line) {
	for col, i := range c.at {
		if col < len(l.cells) && strings.TrimSpace(l.cells[col]) != "" {
			c.columns[i].Filled++
		}
	}
	seen := -1
	for _, x := range l.issues {
		if i, ok := c.of[x.Field]; ok && i != seen && x.Code != kind.CodeTextContact {
			c.columns[i].Bad++
			seen = i
		}
	}
}

// samplesMost is how many values of a column are shown.
const samplesMost = 5

// samples are the first different values of a column, masked.
func samples(r *importRun, t intake.Target) []string {
	out := []string{}
	if t.Why == intake.SkipSensitive {
		return out
	}
	for _, row := range r.guess.Sample {
		if t.Column >= len(row) || len(out) == samplesMost {
			continue
		}
		if s := maskSample(r.reader, t, strings.TrimSpace(row[t.Column])); s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// maskSample shows enough of a value to know what the column is, and no more.
func maskSample(r *lineReader, t intake.Target, raw string) string {
	f := r.s.Field(t.Field)
	if raw == "" {
		return ""
	}
	if t.Role == intake.RoleSkip || f == nil {
		return firstRune(raw) + "***"
	}
	switch f.Kind {
	case kexin.KindPhone, kexin.KindName:
		v, _ := kind.Parse(f, raw, r.env)
		if v.T == kexin.List {
			v = kexin.Str(v.Strings()[0])
		}
		if v.Empty() {
			return "***"
		}
		return kind.Mask(f.Kind, v).S
	case kexin.KindWeChat, kexin.KindEmail:
		return "***"
	case kexin.KindAddress:
		code, _, _ := region.Split(raw)
		return region.Full(code) + "***"
	case kexin.KindText:
		return firstRune(raw) + "***"
	}
	if f.ID == kexin.CustBirthday {
		return "***"
	}
	if utf8.RuneCountInString(raw) > 40 {
		return firstRune(raw) + "***"
	}
	return raw
}

func firstRune(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	return s[:n]
}

// sweepStage removes staged files of batches that are over, as a crash between
// the last transaction and the removal of the file leaves them.
func (a *App) sweepStage(ctx context.Context) {
	entries, err := os.ReadDir(filepath.Join(a.data, stageRoot))
	if err != nil {
		return
	}
	for _, e := range entries {
		o, i, _ := strings.Cut(e.Name(), "-")
		org, err1 := kexin.ParseID(o)
		id, err2 := kexin.ParseID(i)
		if err1 != nil || err2 != nil || org == 0 || id == 0 {
			continue
		}
		over := false
		err := a.store.View(ctx, org, func(tx *store.Tx) error {
			b, err := tx.Import(id)
			over = err == nil && !b.File || kexin.CodeOf(err) == kexin.NotFound
			return nil
		})
		if err == nil && over {
			a.unstage(org, id)
		}
	}
}
