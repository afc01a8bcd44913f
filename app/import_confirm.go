package app

import (
	"context"
	"slices"
	"strconv"

	"kexin"
	"kexin/auth"
	"kexin/intake"
	"kexin/law"
	"kexin/store"
)

// An ImportChange corrects what was found in a file, or says how rows came.
// What is not given stays.
type ImportChange struct {
	Encoding, Delimiter, Sheet string
	Header                     int
	Targets                    map[int]string    // column → code of a target
	Named                      map[string]string // the same by the name or number that a column has once the rest is corrected
	Answers                    map[string]string
}

// ChangeImport corrects a batch and has its file read again. A correction that
// cannot be is refused with its own key and changes nothing.
func (a *App) ChangeImport(ctx context.Context, actor kexin.Actor, id kexin.ID, c ImportChange) (Batch, error) {
	var b store.Import
	var keys store.ImportKeys
	err := a.store.View(ctx, actor.Org, func(tx *store.Tx) (err error) {
		if b, err = a.mine(tx, actor, id, true); err != nil {
			return err
		}
		if b.State != impReady {
			return badState("app.import")
		}
		keys, err = tx.ImportKeys(id)
		return err
	})
	if err != nil {
		return Batch{}, err
	}
	plan, err := a.replan(actor, b, keys, c)
	if err != nil {
		return Batch{}, err
	}
	var out Batch
	err = a.store.Update(ctx, actor.Org, func(tx *store.Tx) error {
		b.State, b.Done, b.Total = impReading, 0, 0
		if err := tx.Unfetch(id); err != nil { // another file from now on
			return err
		}
		if err := a.putDown(tx, &b, plan); err != nil {
			return err
		}
		if err := tx.SaveImport(b); err != nil {
			return err
		}
		out, err = a.batch(tx, actor, id)
		return err
	})
	return out, err
}

// replan applies a change to the plan and looks at the head of the file, so
// that what cannot be is refused at once.
func (a *App) replan(actor kexin.Actor, b store.Import, keys store.ImportKeys, c ImportChange) (importPlan, error) {
	plan, found := unpack[importPlan](b.Plan), unpack[importFound](string(b.Found))
	plan.Asked, plan.Approved, plan.Self, plan.Released, plan.Tried, plan.Coarse = 0, 0, false, 0, false, false
	if c.Encoding != "" || c.Delimiter != "" || c.Sheet != "" || c.Header != 0 || len(c.Targets)+len(c.Named) > 0 {
		plan.Told = 0 // other values are asked about
	}
	if err := plan.format(c, found.Guess); err != nil {
		return plan, err
	}
	for g, answer := range c.Answers {
		if _, ok := importAnswers[answer]; !ok && answer != "" || !slices.Contains(importGroups, g) {
			return plan, &kexin.Error{Op: "app.import", Code: kexin.Invalid, Key: "import.answer", Field: "answers." + g}
		}
		if plan.Answers == nil {
			plan.Answers = map[string]string{}
		}
		plan.Answers[g] = answer
	}
	s := a.store.Schema()
	list, _ := listOf(s, unpack[Manifest](b.Manifest).Object)
	for col, code := range c.Targets {
		if err := plan.aim(s, list, col, code); err != nil {
			return plan, err
		}
	}
	f, err := a.openStage(actor.Org, b, keys)
	if err != nil {
		return plan, err
	}
	defer func() { _ = f.Close() }()
	g, err := intake.Look(f, plan.options(b.Found), intake.DefaultLimits())
	if err != nil {
		return plan, err
	}
	for name, code := range c.Named {
		i := slices.IndexFunc(g.Columns, func(x intake.Column) bool { return x.Name == name })
		if i < 0 {
			i = slices.IndexFunc(g.Columns, func(x intake.Column) bool { return strconv.Itoa(x.Index+1) == name })
		}
		if i < 0 {
			return plan, &kexin.Error{Op: "app.import", Code: kexin.Invalid, Key: "intake.map_column", Args: map[string]string{"column": name}}
		}
		if err := plan.aim(s, list, g.Columns[i].Index, code); err != nil {
			return plan, err
		}
	}
	return plan, intake.CheckMap(g, plan.targets(g, s, list), s, list)
}

// aim says what a column becomes.
func (p *importPlan) aim(s *kexin.Schema, list kexin.Object, col int, code string) error {
	if t, ok := targetOf(s, list, code); !ok {
		return &kexin.Error{Op: "app.import", Code: kexin.Invalid, Key: intake.WhyNot(s.Field(t.Field)), Field: "columns." + strconv.Itoa(col), Args: map[string]string{"column": strconv.Itoa(col + 1)}}
	}
	if p.Targets == nil {
		p.Targets = map[string]string{}
	}
	p.Targets[strconv.Itoa(col)] = code
	return nil
}

// format takes corrections of how the file is read. Another header or sheet
// brings other columns, so their targets are found anew.
func (p *importPlan) format(c ImportChange, g intake.Guess) error {
	if c.Encoding != "" {
		p.Encoding = c.Encoding
	}
	if c.Delimiter != "" {
		p.Delimiter = c.Delimiter
	}
	if c.Header != 0 {
		p.Header, p.Targets = c.Header, nil
	}
	if c.Sheet != "" {
		i := slices.Index(g.Sheets, c.Sheet)
		if i < 0 {
			return &kexin.Error{Op: "app.import", Code: kexin.Invalid, Key: "intake.sheet", Field: "sheet"}
		}
		p.Sheet, p.Targets = i+1, nil
	}
	return nil
}

// needStep reports whether confirming now needs the second factor or another
// member of staff (law IMP-07).
func (a *App) needStep(actor kexin.Actor, b store.Import, plan importPlan, c importCounts, now kexin.Instant) bool {
	return a.mayConfirm(actor, b, plan, c, now) != nil
}

// mayConfirm judges who confirms. Foreign sources of a ratio from 1 on need
// two different people: the same one twice is one. The merchant's own need a
// second act: another member's, or the owner's second factor where he declared
// the batch himself.
func (a *App) mayConfirm(actor kexin.Actor, b store.Import, plan importPlan, c importCounts, now kexin.Instant) error {
	src, err := law.SourceOf(b.Source)
	if err != nil {
		return err
	}
	switch src.Approval(c.Ratio) {
	case law.ApproveSecond:
		if plan.Asked == 0 || plan.Asked == actor.User {
			return &kexin.Error{Op: "app.import", Code: kexin.Forbidden, Law: "E_SOD", Key: "import.second_person"}
		}
	case law.ApproveAct:
		switch {
		case actor.User != b.By:
		case actor.Position != kexin.Owner:
			return &kexin.Error{Op: "app.import", Code: kexin.Forbidden, Law: "E_SOD", Key: "import.second_act"}
		case !auth.Fresh(actor.StepUp, now):
			return &kexin.Error{Op: "app.import", Code: kexin.Unauthorized, Law: "E_STEP_UP", Key: "import.step_up"}
		}
	}
	return nil
}

// ConfirmImport has a batch stored, if it still has the version that was read;
// one that was halted goes on behind its last row, as it was confirmed before.
// The first of two people who must confirm leaves it ready for the second; a
// leader lets the maker of a held batch see its result. Errors: conflict,
// E_STEP_UP, E_SOD, E_IMP_OWNER_LIST.
func (a *App) ConfirmImport(ctx context.Context, actor kexin.Actor, id kexin.ID, version int64) (Batch, error) {
	var out Batch
	err := a.store.Update(ctx, actor.Org, func(tx *store.Tx) error {
		b, err := a.mine(tx, actor, id, true)
		if err != nil {
			return err
		}
		switch {
		case b.State == impRefused && unpack[importFault](b.Fault).Law == "E_IMP_OWNER_LIST":
			return law.Refuse("app.import", "E_IMP_OWNER_LIST", nil)
		case b.State != impReady && b.State != impHalted:
			return badState("app.import")
		}
		if b.Version != version {
			return &kexin.Error{Op: "app.import", Code: kexin.Conflict, Key: "error.changed"}
		}
		if b.State == impHalted {
			b.State, b.Fault, b.Due = impQueued, "", tx.Now.Add(stuckFor)
			err = a.putDown(tx, &b, unpack[importPlan](b.Plan))
		} else {
			err = a.confirm(tx, actor, &b)
		}
		if err != nil {
			return err
		}
		if err := tx.SaveImport(b); err != nil {
			return err
		}
		out, err = a.batch(tx, actor, id)
		return err
	})
	return out, err
}

func (a *App) confirm(tx *store.Tx, actor kexin.Actor, b *store.Import) error {
	plan, c := unpack[importPlan](b.Plan), unpack[importCounts](b.Counts)
	if held(c, plan, *b) {
		if actor.User == b.By || !tx.State.May(actor.Position, kexin.ActMove) {
			return &kexin.Error{Op: "app.import", Code: kexin.Forbidden, Key: "import.held"}
		}
		plan.Released = actor.User
		b.Plan = pack(plan)
		return nil
	}
	err := a.mayConfirm(actor, *b, plan, c, tx.Now)
	if foreign := kexin.LawOf(err) == "E_SOD" && plan.Asked == 0; foreign {
		if src, e := law.SourceOf(b.Source); e != nil || src.Approval(c.Ratio) != law.ApproveSecond {
			return err
		}
		plan.Asked = actor.User
		b.Plan = pack(plan)
		return nil
	}
	if err != nil {
		return err
	}
	plan.Approved, plan.Self = actor.User, actor.User == b.By && c.Ratio >= 1
	c.Rows, c.Outside = 0, 0
	fresh := newCounts()
	fresh.Skipped, fresh.Ratio, fresh.Tiers, fresh.List = c.Skipped, c.Ratio, c.Tiers, c.List
	b.State, b.Counts, b.Done, b.Due = impQueued, pack(fresh), 0, tx.Now.Add(stuckFor)
	return a.putDown(tx, b, plan)
}
