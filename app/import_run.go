package app

import (
	"context"
	"iter"
	"slices"
	"strconv"

	"kexin"
	"kexin/intake"
	"kexin/job"
	"kexin/kind"
	"kexin/store"
	"kexin/vault"
)

// stepRows is how many rows are decided and stored together (law: an entry of
// the log for each).
const stepRows = 500

// An importRun is one pass over the file of a batch: the dry run or the
// commit. Both make the same lines and judge them by the same rules.
type importRun struct {
	a       *App
	run     *job.Run // nil where rows are only looked at
	b       store.Import
	plan    importPlan
	actor   kexin.Actor
	file    *staged
	guess   intake.Guess
	targets []intake.Target
	reader  *lineReader
	sealer  *vault.Sealer
	counts  importCounts
	seq     int // people made so far
	tiers   map[uint64]kexin.Tier
	look    *columnLook
	known   []string       // phones of rows known outside the importer's scope, for the detector of enumeration
	traced  func(r ruling) // told every ruling, for tests
}

// start loads a batch and opens its file.
func (a *App) start(ctx context.Context, org, id kexin.ID, run *job.Run) (r *importRun, err error) {
	r = &importRun{a: a, run: run, counts: newCounts(), tiers: map[uint64]kexin.Tier{}}
	var keys store.ImportKeys
	var zone kind.Env
	members := map[string]kexin.ID{}
	var rules *importRules
	err = a.store.View(ctx, org, func(tx *store.Tx) error {
		if r.b, err = tx.Import(id); err != nil {
			return err
		}
		r.plan = unpack[importPlan](r.b.Plan)
		if r.actor, err = a.importer(tx, r.b, r.plan); err != nil {
			return err
		}
		if keys, err = tx.ImportKeys(id); err != nil {
			return err
		}
		if r.sealer, err = tx.CellSealer(keys); err != nil {
			return err
		}
		zone = kind.Env{Zone: tx.Zone, Now: r.b.At}
		rules = newRules(tx.State, r.actor)
		return staffNames(tx, members)
	})
	if err != nil {
		return nil, err
	}
	s := a.store.Schema()
	r.reader = &lineReader{s: s, customer: s.Object(kexin.Customer), order: s.Object(kexin.Order), env: zone, answers: r.plan.Answers,
		members: members, importer: r.actor.User, owner: rules.owner, labels: map[kexin.FieldID]string{}}
	if r.file, err = a.openStage(org, id, keys); err != nil {
		return nil, err
	}
	return r, nil
}

// importer is the member who declared the batch, at work now. Somebody who has
// left imports nothing.
func (a *App) importer(tx *store.Tx, b store.Import, plan importPlan) (kexin.Actor, error) {
	m, err := tx.Member(b.By)
	if err != nil {
		return kexin.Actor{}, err
	}
	if !m.Active || m.Over(tx.Today()) {
		return kexin.Actor{}, &kexin.Error{Op: "app.import", Code: kexin.Forbidden, Key: "import.left"}
	}
	x := plan.Actor
	out, err := actor(tx, m, x.Purpose)
	out.Via, out.Session, out.Lang = x.Via, x.Session, x.Lang
	return out, err
}

// staffNames gives the members at work by name; a name that two have is
// nobody's.
func staffNames(tx *store.Tx, out map[string]kexin.ID) error {
	all, err := tx.Members()
	for _, m := range all {
		if !m.Active {
			continue
		}
		if _, twice := out[m.Name]; twice {
			out[m.Name] = 0
			continue
		}
		out[m.Name] = m.ID
	}
	return err
}

// understand finds out what the file is and what each column becomes.
func (r *importRun) understand() error {
	var err error
	if r.guess, err = intake.Look(r.file, r.plan.options(r.b.Found), intake.DefaultLimits()); err != nil {
		return err
	}
	r.targets = r.plan.targets(r.guess, r.reader.s)
	r.reader.targets = r.targets
	for _, t := range r.targets {
		if t.Role != intake.RoleSkip && r.reader.labels[t.Field] == "" {
			r.reader.labels[t.Field] = t.Label
		}
	}
	return nil
}

// options are what the user corrected.
func (p importPlan) options(found []byte) intake.Options {
	o := intake.Options{Encoding: p.Encoding, Header: p.Header}
	for _, r := range p.Delimiter {
		o.Delimiter = r
		break
	}
	if f := unpack[importFound](string(found)); p.Sheet > 0 && p.Sheet <= len(f.Guess.Sheets) {
		o.Sheet = f.Guess.Sheets[p.Sheet-1]
	}
	return o
}

// targets are those that Map proposes, with the user's corrections.
func (p importPlan) targets(g intake.Guess, s *kexin.Schema) []intake.Target {
	out := intake.Map(g, s)
	for i, t := range out {
		code, ok := p.Targets[strconv.Itoa(t.Column)]
		if !ok {
			continue
		}
		if c, ok := targetOf(s, code); ok {
			c.Column = t.Column
			out[i] = c
		}
	}
	return intake.Complete(g, out)
}

// steps gives the lines of the file in steps, behind data row n. They are made
// by a goroutine of their own, some steps ahead, so that parsing and storing
// go on side by side.
func (r *importRun) steps(ctx context.Context, n int, each func(intake.Row)) iter.Seq2[[]*line, error] {
	return func(yield func([]*line, error) bool) {
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		out := make(chan stepOf, 4)
		go r.produce(ctx, n, each, out)
		for s := range out {
			if !yield(s.lines, s.err) || s.err != nil {
				return
			}
		}
	}
}

type stepOf struct {
	lines []*line
	err   error
}

func (r *importRun) produce(ctx context.Context, n int, each func(intake.Row), out chan<- stepOf) {
	defer close(out)
	send := func(s stepOf) bool {
		select {
		case out <- s:
			return true
		case <-ctx.Done():
			return false
		}
	}
	lines := make([]*line, 0, stepRows)
	for row, err := range intake.RowsFrom(r.file, r.guess, intake.DefaultLimits(), n) {
		if err != nil {
			send(stepOf{err: err})
			return
		}
		if each != nil {
			each(row)
		}
		if row.Skip != "" {
			continue
		}
		l := r.reader.read(row)
		if r.look != nil {
			r.look.add(l)
		}
		if lines = append(lines, l); len(lines) == stepRows {
			if !send(stepOf{lines: lines}) {
				return
			}
			lines = make([]*line, 0, stepRows)
		}
	}
	if len(lines) > 0 {
		send(stepOf{lines: lines})
	}
}

// judge decides a step's lines in a transaction.
func (r *importRun) judge(tx *store.Tx, lines []*line, note *notebook) (*book, []ruling, error) {
	rules := newRules(tx.State, r.actor)
	rules.seq = r.seq
	b := newBook(tx, rules.matching(), rules, note)
	if err := b.fetch(lines); err != nil {
		return nil, nil, err
	}
	out := make([]ruling, len(lines))
	for i, l := range lines {
		if rules.createFor(l.owner) == nil {
			l.owner = r.actor.User
		}
		var err error
		if out[i], err = b.judge(l, r.reader.canon, r.reader.label); err != nil {
			return nil, nil, err
		}
	}
	return b, out, nil
}

// count adds rulings to figures.
func (c *importCounts) count(rulings []ruling) {
	for _, x := range rulings {
		c.Rows++
		c.Outcomes[x.outcome]++
		if x.outcome == kexin.OutRefused {
			c.Refusals[x.code]++
		}
		if x.line.group != "" {
			c.Groups[x.line.group]++
		}
		if x.code == codeOutside {
			c.Outside++
		}
	}
}

// clone is a copy that may be changed.
func (c importCounts) clone() importCounts {
	return unpack[importCounts](pack(c)).whole()
}

// whole makes the maps that JSON leaves out.
func (c importCounts) whole() importCounts {
	n := newCounts()
	if c.Outcomes == nil {
		c.Outcomes = n.Outcomes
	}
	if c.Refusals == nil {
		c.Refusals = n.Refusals
	}
	if c.Groups == nil {
		c.Groups = n.Groups
	}
	return c
}

// kept reports outcomes whose cells are kept, sealed.
func (x ruling) kept() bool {
	switch x.outcome {
	case kexin.OutRefused, kexin.OutAside, kexin.OutReview:
		return true
	}
	return x.code == codeOutside
}

// cells writes the cells of a row as they came, for SealCells.
func packCells(cells []string) []byte {
	c := coder{b: make([]byte, 0, 128)}
	c.num(int64(len(cells)))
	for _, s := range cells {
		c.text(s)
	}
	return c.b
}

func unpackCells(b []byte) []string {
	c := coder{b: b}
	out := make([]string, 0, 16)
	for range c.readNum() {
		out = append(out, c.readText())
	}
	return out
}

// targetCodes are what a column may become, in the order of the list.
func targetCodes(s *kexin.Schema) []string {
	out := []string{string(intake.RoleSkip)}
	for _, o := range []kexin.Object{kexin.Customer, kexin.Order} {
		for _, f := range s.Object(o).Fields {
			code := s.Object(o).Name + "." + f.Name
			if _, ok := targetOf(s, code); ok {
				out = append(out, code)
			}
		}
	}
	return out
}

// targetOf reads a target's code, object.field.
func targetOf(s *kexin.Schema, code string) (intake.Target, bool) {
	if code == string(intake.RoleSkip) {
		return intake.Target{Role: intake.RoleSkip, Why: intake.SkipUnused}, true
	}
	for _, o := range []kexin.Object{kexin.Customer, kexin.Order} {
		d := s.Object(o)
		for _, f := range d.Fields {
			if d.Name+"."+f.Name == code {
				t := intake.Target{Field: f.ID, Role: roleOf(f), Why: intake.ByHeader}
				return t, importableField(f)
			}
		}
	}
	return intake.Target{}, false
}

// targetCode is the code of a target.
func targetCode(s *kexin.Schema, t intake.Target) string {
	f := s.Field(t.Field)
	if t.Role == intake.RoleSkip || f == nil {
		return string(intake.RoleSkip)
	}
	return s.Object(f.Object).Name + "." + f.Name
}

func roleOf(f *kexin.Field) intake.Role {
	switch {
	case f.ID == kexin.CustOwner:
		return intake.RoleOwner
	case f.ID == kexin.CustSource:
		return intake.RoleWay
	case f.ID == kexin.CustSourceOn:
		return intake.RoleWhen
	case f.Object == kexin.Order:
		return intake.RoleOrder
	}
	return intake.RoleField
}

// importableField reports fields that a column may fill.
func importableField(f *kexin.Field) bool {
	return f.ID == kexin.CustOwner || !f.Computed && f.Class != kexin.Sensitive && f.Kind != kexin.KindRef
}

// sortedKeys are the keys of a map of counts, for a stable order.
func sortedKeys[K ~string](m map[K]int) []K {
	out := make([]K, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
