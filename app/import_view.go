package app

import (
	"context"
	"maps"
	"slices"

	"kexin"
	"kexin/gate"
	"kexin/i18n"
	"kexin/intake"
	"kexin/kind"
	"kexin/law"
	"kexin/store"
)

// A Batch is one import as a person may see it.
type Batch struct {
	ID          kexin.ID
	State       string
	Object      string // what the list holds, by name
	Source      kexin.SourceKind
	Page        string // address of the public page it was read from
	By          string
	At          kexin.Instant
	Guess       intake.Guess
	Columns     []BatchColumn
	Targets     []string // codes that a column may become
	Groups      []BatchGroup
	Outcomes    map[kexin.Outcome]int
	Refusals    map[string]int
	Rows        int
	Skipped     int
	Done, Total int
	Fault       string // catalogue key of why it failed or was refused, "" for not
	Law         kexin.Law
	Args        map[string]string
	NeedStep    bool // confirming needs the second factor or another member
	Second      bool // this person has confirmed, another must
	Held        bool // many persons known elsewhere: a leader lets the result be seen first
	Purge       kexin.Day
	Outside     int
	Kept        int  // rows whose record says otherwise and stays as it is
	Taken       int  // rows that are imported or judged, by whatever outcome
	Coarse      bool // which of them are known is told once they are imported
	Version     int64
	Reopens     kexin.ID      // the refused batch whose file this one takes, 0 for none
	Opens       kexin.Instant // before it that file is not taken, 0 for at once
	Reopened    *Reopening    // of a refused one: who let its file in; the note itself only for those who read the log
	Into        kexin.ID      // the batch that takes it
	MayFetch    bool          // this person may have the rows back that were not taken in
	Fetched     bool          // he has had them once, and may have the file made anew
	MayReopen   bool          // this person may, on a lawyer's note
}

// A BatchColumn is one column of the file.
type BatchColumn struct {
	intake.Column
	columnFound
	Target string
	Fixed  bool   // must not be read
	Reason string // catalogue key of why it is skipped
}

// A BatchGroup is a group of rows without a source.
type BatchGroup struct {
	ID     string
	N      int
	Answer string
}

// Import gives one batch.
func (a *App) Import(ctx context.Context, actor kexin.Actor, id kexin.ID) (out Batch, err error) {
	err = a.store.View(ctx, actor.Org, func(tx *store.Tx) error {
		if _, err := a.mine(tx, actor, id, false); err != nil {
			return err
		}
		out, err = a.batch(tx, actor, id)
		return err
	})
	return out, err
}

// importsShown is how many batches the list of imports holds.
const importsShown = 50

// Imports gives the newest batches that the actor may see.
func (a *App) Imports(ctx context.Context, actor kexin.Actor) (out []Batch, err error) {
	err = a.store.View(ctx, actor.Org, func(tx *store.Tx) error {
		out = nil
		by := gate.Led(tx.State, actor)
		switch {
		case tx.State.May(actor.Position, kexin.ActLedger):
			by = gate.Scope{Every: true}
		case !tx.State.May(actor.Position, kexin.ActImport):
			return &kexin.Error{Op: "app.import", Code: kexin.Forbidden, Key: "error.forbidden"}
		}
		all, err := tx.Imports(by, importsShown)
		if err != nil {
			return err
		}
		for _, b := range all {
			out = append(out, a.show(tx, actor, b))
		}
		return nil
	})
	return out, err
}

// batch reads one for its answer.
func (a *App) batch(tx *store.Tx, actor kexin.Actor, id kexin.ID) (Batch, error) {
	b, err := tx.Import(id)
	if err != nil {
		return Batch{}, err
	}
	return a.show(tx, actor, b), nil
}

// show makes the view of a batch.
func (a *App) show(tx *store.Tx, actor kexin.Actor, b store.Import) Batch {
	plan, c := unpack[importPlan](b.Plan), unpack[importCounts](b.Counts)
	list, _ := listOf(tx.State.Schema, unpack[Manifest](b.Manifest).Object)
	out := Batch{ID: b.ID, State: b.State, Object: tx.State.Schema.Object(list).Name, Source: b.Source, Page: b.Page, By: tx.StaffName(b.By), At: b.At, Done: int(b.Done), Total: int(b.Total), Version: b.Version,
		Targets: targetCodes(tx.State.Schema, list), Rows: c.Rows, Skipped: c.Skipped}
	if out.State == impStopping {
		out.State = impRunning
	}
	if b.State == impReady || b.State == impQueued {
		out.Rows = max(out.Rows, int(b.Total))
	}
	if f := unpack[importFault](b.Fault); f.Key != "" {
		out.Fault, out.Law, out.Args = f.Key, f.Law, f.Args
	} else {
		out.Fault, out.Args = a.waitsFor(tx, b, plan)
	}
	out.MayFetch, out.Fetched = handsBack(b, actor) && b.Fetched == 0, handsBack(b, actor) && b.Fetched != 0
	a.showReopened(tx, actor, b, plan, &out)
	if len(b.Found) > 0 {
		out.columns(tx.State.Schema, unpack[importFound](string(b.Found)))
	}
	out.Held = held(c, plan, b) && (actor.User == b.By || !tx.State.May(actor.Position, kexin.ActMove))
	if !out.Held {
		out.Outcomes, out.Refusals, out.Outside, out.Kept = c.Outcomes, c.Refusals, c.Outside, c.Kept
		out.Taken = c.Rows - c.Outcomes[kexin.OutRefused] - c.Outcomes[kexin.OutAside]
		if plan.Coarse && b.State == impReady {
			out.coarsen(c)
		}
	}
	for _, g := range importGroups {
		if n := c.Groups[g]; n > 0 {
			out.Groups = append(out.Groups, BatchGroup{g, n, plan.Answers[g]})
		}
	}
	if b.State == impReady {
		out.NeedStep = a.needStep(actor, b, plan, c, tx.Now)
		out.Second = plan.Asked != 0 && plan.Asked == actor.User
	}
	if b.Due > 0 && c.Outcomes[kexin.OutAside] > 0 && settled(b.State) {
		out.Purge = kexin.DayOf(b.Due.Time().In(tx.Zone))
	}
	return out
}

// coarsen leaves of a result what depends on the file alone.
func (out *Batch) coarsen(c importCounts) {
	c = c.clone()
	full := 0
	for code, n := range c.Full {
		full += n
		if c.Refusals[code] -= n; c.Refusals[code] == 0 {
			delete(c.Refusals, code)
		}
	}
	out.Coarse, out.Taken, out.Outside, out.Kept, out.Refusals = true, out.Taken+full, 0, 0, c.Refusals
	out.Outcomes = map[kexin.Outcome]int{kexin.OutRefused: c.Outcomes[kexin.OutRefused] - full, kexin.OutAside: c.Outcomes[kexin.OutAside]}
}

// showReopened tells of a refused list that was let in, and of the batch that
// takes its file.
func (a *App) showReopened(tx *store.Tx, actor kexin.Actor, b store.Import, plan importPlan, out *Batch) {
	out.Reopens = plan.Reopens
	if plan.Opens > tx.Now {
		out.Opens = plan.Opens
	}
	if len(b.Note) > 0 {
		r := unpack[Reopening](string(b.Note))
		r.Name = tx.StaffName(r.By)
		if !tx.State.May(actor.Position, kexin.ActLedger) {
			r.LawyerNote = LawyerNote{}
		}
		out.Reopened, out.Into = &r, plan.Into
	}
	if b.State == impRefused && tx.State.May(actor.Position, kexin.ActReopen) && reopenable(tx, b) == nil {
		_, err := a.mayReopen(tx, actor)
		out.MayReopen = err == nil || kexin.LawOf(err) == "E_STEP_UP"
	}
}

func (out *Batch) columns(s *kexin.Schema, f importFound) {
	out.Guess = f.Guess
	of := map[int]intake.Target{}
	for _, t := range f.Targets {
		of[t.Column] = t
	}
	for i, c := range f.Guess.Columns {
		t := of[c.Index]
		x := BatchColumn{Column: c, Target: targetCode(s, t), Fixed: t.Role == intake.RoleSkip && t.Why == intake.SkipSensitive}
		if i < len(f.Columns) {
			x.columnFound = f.Columns[i]
		}
		if t.Role == intake.RoleSkip {
			x.Reason = t.Why
		}
		out.Columns = append(out.Columns, x)
	}
}

// held reports a result that its maker may not see before a leader lets him:
// it would tell him of more persons that his colleagues know than he may ask
// for, or he is leaving and could try out numbers on it (security A4).
func held(c importCounts, plan importPlan, b store.Import) bool {
	return (plan.Held || c.Outside > law.LookupImportPerFile) && plan.Released == 0 && b.State == impReady
}

// ImportSources are all kinds of source, the lawful first.
func (a *App) ImportSources() []law.Source { return law.Sources }

// TargetLabel is what a target of a list is called.
func TargetLabel(s *kexin.Schema, list, lang, code string) string {
	if code == string(intake.RoleSkip) {
		return i18n.T(lang, "import.target_skip", nil)
	}
	holds, _ := listOf(s, list)
	t, ok := targetOf(s, holds, code)
	if !ok {
		return code
	}
	f := s.Field(t.Field)
	o := s.Object(f.Object)
	label := i18n.T(lang, "field."+o.Name+"."+f.Name, nil)
	switch {
	case f.Rule.Ref == kexin.Customer:
		return i18n.T(lang, "object.customer", nil) + " · " + i18n.T(lang, "import.target_number", nil)
	case o.Object != holds && t.Role != intake.RoleWay && t.Role != intake.RoleWhen:
		return i18n.T(lang, "object."+o.Name, nil) + " · " + label
	}
	return label
}

// RefusalCodes are the causes of refusal, the most frequent first.
func RefusalCodes(n map[string]int) []string {
	out := slices.Sorted(maps.Keys(n))
	slices.SortStableFunc(out, func(a, b string) int { return n[b] - n[a] })
	return out
}

// RefusalText is the sentence of a cause of refusal.
func RefusalText(lang, code string) string { return i18n.T(lang, "issue."+code, nil) }

// importEnv is what the rows of a batch are read with: the same at every pass.
func importEnv(tx *store.Tx, b store.Import) kind.Env { return kind.Env{Zone: tx.Zone, Now: b.At} }
