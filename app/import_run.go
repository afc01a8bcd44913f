package app

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"strconv"
	"strings"

	"kexin"
	"kexin/intake"
	"kexin/job"
	"kexin/kind"
	"kexin/store"
	"kexin/vault"
)

// stepRows is how many rows are decided and stored together (law: an entry of
// the log for each step). With 500 a page of tokens and keys that many rows
// change is written more often: at 100,000 customers 12.6 pages and 0.30 ms a
// customer, with 1,000 9.8 and 0.25. A crash loses no more, for what is not
// stored is read again.
const stepRows = 1000

// An importRun is one pass over the file of a batch: the dry run or the
// commit. Both make the same lines and judge them by the same rules.
type importRun struct {
	a       *App
	run     *job.Run // nil where rows are only looked at
	b       store.Import
	plan    importPlan
	actor   kexin.Actor
	act     kexin.Act // of the judge of a row, "" for an import
	file    *staged
	guess   intake.Guess
	targets []intake.Target
	reader  *lineReader
	sealer  *vault.Sealer
	counts  importCounts
	seq     int // people made so far
	tiers   map[uint64]kexin.Tier
	look    *columnLook
	tails   *tails
	hits    int               // rows about customers in the importer's scope
	known   []string          // phones of rows known outside the importer's scope, for the detector of enumeration
	taken   map[uint64]int    // equal lines of orders that were taken in so far
	sums    map[uint64]int64  // what the lines of each order of the file come to
	waits   map[uint64]int    // equal lines of orders that wait for a person
	apart   map[int]bool      // rows of a run before this one that made no record: true where they wait
	missed  map[[32]byte]bool // digests of what a list of what hangs on customers asked and did not find
}

// start loads a batch and opens its file.
func (a *App) start(ctx context.Context, org, id kexin.ID, run *job.Run) (r *importRun, err error) {
	r = &importRun{a: a, run: run, counts: newCounts(), tiers: map[uint64]kexin.Tier{}, tails: newTails(), taken: map[uint64]int{}, waits: map[uint64]int{}}
	var keys store.ImportKeys
	var env kind.Env
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
		env = importEnv(tx, r.b)
		rules = newRules(tx.State, r.actor)
		return staffNames(tx, members)
	})
	if err != nil {
		return nil, err
	}
	r.reader = newReader(a.store.Schema(), r.b, env)
	r.reader.answers, r.reader.members, r.reader.importer, r.reader.owner = r.plan.Answers, members, r.actor.User, rules.owner
	if r.file, err = a.openStage(org, r.b, keys); err != nil {
		return nil, err
	}
	r.file.pass = a.gauge.begin()
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
	r.targets = r.plan.targets(r.guess, r.reader.s, r.reader.list)
	r.reader.targets, r.reader.labels = r.targets, labelsOf(r.targets)
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
func (p importPlan) targets(g intake.Guess, s *kexin.Schema, list kexin.Object) []intake.Target {
	out := intake.Map(g, s, list)
	for i, t := range out {
		code, ok := p.Targets[strconv.Itoa(t.Column)]
		if !ok {
			continue
		}
		if c, ok := targetOf(s, list, code); ok {
			c.Column = t.Column
			out[i] = c
		}
	}
	return intake.Complete(g, out, list)
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
	lines, from, size, pass := make([]*line, 0, stepRows), n, 0, r.file.pass
	if r.reader.list == kexin.Order {
		from = 0 // equal lines of an order are told apart by how many were taken in before
		if err := r.sumUp(ctx); err != nil {
			send(stepOf{err: err})
			return
		}
	}
	for row, err := range r.rows(from) {
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
		if l.n <= n {
			if waits, apart := r.apart[l.n]; l.refused == "" && (!apart || waits) {
				r.took(l, waits)
			}
			continue
		}
		if r.look != nil {
			r.look.add(l)
		}
		for _, c := range l.cells {
			size += len(c)
		}
		if lines = append(lines, l); len(lines) == stepRows || size >= stepBytes {
			if pass != nil {
				pass.rows(len(lines))
			}
			if !send(stepOf{lines: lines}) {
				return
			}
			lines, size = make([]*line, 0, min(stepRows, 2*len(lines))), 0
		}
	}
	if len(lines) > 0 {
		send(stepOf{lines: lines})
	}
}

// rows gives the rows of the file behind data row n, each with what it says.
func (r *importRun) rows(n int) iter.Seq2[intake.Row, error] {
	return intake.Under(intake.RowsFrom(r.file, r.guess, intake.DefaultLimits(), n), r.guess, r.targets, r.reader.list)
}

// sumUp reads what the lines of each order come to, where the file has lines.
func (r *importRun) sumUp(ctx context.Context) error {
	if r.sums != nil || !slices.ContainsFunc(r.targets, func(t intake.Target) bool { return t.Role == intake.RoleLine }) {
		return nil
	}
	sums := map[uint64]int64{}
	for row, err := range r.rows(0) {
		if err = cmp.Or(err, ctx.Err()); err != nil {
			return err
		}
		if row.Skip != "" {
			continue
		}
		if l := r.reader.read(row); l.refused == "" && l.part.item != nil {
			sums[l.part.order] += sumOf([]store.Values{l.part.item})
		}
	}
	r.sums = sums
	return nil
}

// took counts a line that was taken in, or that waits, once that stands.
func (r *importRun) took(l *line, waits bool) {
	switch {
	case l.part == nil || l.part.item == nil:
	case waits:
		r.waits[l.part.same]++
	default:
		r.taken[l.part.same]++
	}
}

// tookAll counts those of a step.
func (r *importRun) tookAll(rulings []ruling) {
	for _, x := range rulings {
		if x.outcome != kexin.OutRefused {
			r.took(x.line, x.part == nil)
		}
	}
}

// judge decides a step's lines in a transaction.
func (r *importRun) judge(tx *store.Tx, lines []*line, note *notebook) (*book, []ruling, error) {
	rules := newRules(tx.State, r.actor)
	rules.seq, rules.list = r.seq, r.reader.list
	b := newBook(tx, rules.matching(), rules, note)
	if err := b.fetch(lines); err != nil {
		return nil, nil, err
	}
	b.taken, b.more, b.sums = r.taken, map[uint64]int{}, r.sums
	waits := map[uint64]int{}
	out := make([]ruling, len(lines))
	for i, l := range lines {
		var err error
		if rules.list != kexin.Customer {
			if l.part != nil {
				l.part.nth = r.waits[l.part.same] + waits[l.part.same]
			}
			switch out[i], err = b.judgePart(l, r.reader.canon); {
			case l.part == nil || l.part.item == nil || out[i].outcome == kexin.OutRefused:
			case out[i].part == nil:
				waits[l.part.same]++
			default:
				b.more[l.part.same]++
			}
		} else {
			if rules.createFor(l.owner) == nil {
				l.owner = r.actor.User
			}
			out[i], err = b.judge(l, r.reader.canon, r.reader.label)
		}
		if err != nil {
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
			if x.line.refused == "" {
				if c.Full == nil {
					c.Full = map[string]int{}
				}
				c.Full[x.code]++
			}
		}
		if x.line.group != "" {
			c.Groups[x.line.group]++
		}
		if x.code == codeOutside {
			c.Outside++
		}
		switch {
		case keptOf(x.code) != nil:
			c.Kept++
		case x.line.part != nil && x.part == nil && (x.outcome == kexin.OutReview || x.outcome == kexin.OutUnchanged):
			c.Idle++
		}
	}
}

// stored is how many rows stand by a record of the importer's and agree with it,
// or wait beside a customer for whom they may be another row.
func (c importCounts) stored() int {
	return c.Outcomes[kexin.OutNew] + c.Outcomes[kexin.OutSame] + c.Outcomes[kexin.OutUnchanged] + c.Outcomes[kexin.OutReview] - c.Outside - c.Kept - c.Idle
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

// packCells writes the cells of a row as they came, for SealCells.
func packCells(cells []string) []byte {
	c := coder{b: make([]byte, 0, 128)}
	c.num(int64(len(cells)))
	for _, s := range cells {
		c.text(s)
	}
	return c.b
}

// packSum writes behind the cells what the lines of the row's order come to in
// the file, for who judges it when that is gone; sumAfter reads it.
func packSum(cells []byte, sum int64) []byte {
	c := coder{b: cells}
	c.num(sum)
	return c.b
}

func sumAfter(s *vault.Sealer, batch kexin.ID, x store.ImportRow) int64 {
	plain, err := openKept(s, batch, x)
	if err != nil {
		return 0
	}
	c := coder{b: plain}
	for range c.readNum() {
		c.readText()
	}
	return c.readNum()
}

func unpackCells(b []byte) []string {
	c := coder{b: b}
	out := make([]string, 0, 16)
	for range c.readNum() {
		out = append(out, c.readText())
	}
	return out
}

// listed are the objects whose fields a column of a list may fill: the list's
// own, the customer's, and what a row holds besides.
func listed(list kexin.Object) []kexin.Object {
	switch list {
	case kexin.Customer:
		return []kexin.Object{kexin.Customer, kexin.Order}
	case kexin.Order:
		return []kexin.Object{kexin.Customer, kexin.Order, kexin.OrderLine}
	}
	return []kexin.Object{kexin.Customer, list}
}

// targetCodes are what a column of a list may become, in the order of the page.
func targetCodes(s *kexin.Schema, list kexin.Object) []string {
	out := []string{string(intake.RoleSkip)}
	for _, o := range listed(list) {
		for _, f := range s.Object(o).Fields {
			if _, ok := intake.RoleIn(list, f); ok {
				out = append(out, s.Object(o).Name+"."+f.Name)
			}
		}
	}
	return out
}

// targetOf reads a target's code, object.field.
func targetOf(s *kexin.Schema, list kexin.Object, code string) (intake.Target, bool) {
	if code == string(intake.RoleSkip) {
		return intake.Target{Role: intake.RoleSkip, Why: intake.SkipUnused}, true
	}
	object, name, _ := strings.Cut(code, ".")
	d := s.Named(object)
	if d == nil || d.Field(name) == nil {
		return intake.Target{}, false
	}
	role, ok := intake.RoleIn(list, d.Field(name))
	return intake.Target{Field: d.Field(name).ID, Role: role, Why: intake.ByHeader}, ok
}

// targetCode is the code of a target.
func targetCode(s *kexin.Schema, t intake.Target) string {
	f := s.Field(t.Field)
	if t.Role == intake.RoleSkip || f == nil {
		return string(intake.RoleSkip)
	}
	return s.Object(f.Object).Name + "." + f.Name
}
