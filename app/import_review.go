package app

import (
	"cmp"
	"context"
	"slices"

	"kexin"
	"kexin/gate"
	"kexin/intake"
	"kexin/kind"
	"kexin/match"
	"kexin/store"
	"kexin/vault"
)

// A Review is one row that may be about a customer who is there: a person must
// judge.
type Review struct {
	Batch     kexin.ID
	Row       int
	At        kexin.Instant // of the import
	Candidate kexin.ID
	Score     int
	Why       []match.Why
	Sides     []ReviewSide
	shown     sight
}

// A ReviewSide is one field of the row beside the record's, each as the person
// may see it.
type ReviewSide struct {
	Field      *kexin.Field
	Row, There kexin.Cell
	Same       bool
}

// The bounds of one answer: how many questions it holds, and how many rows are
// looked at for them.
const (
	reviewsShown = 20
	reviewsRead  = 10 * reviewsShown
)

// Reviews gives rows of a batch to judge, the surest first, and how many are
// left: those whose candidate is in the actor's scope.
func (a *App) Reviews(ctx context.Context, actor kexin.Actor, id kexin.ID) (out []Review, left int, err error) {
	err = a.store.View(ctx, actor.Org, func(tx *store.Tx) error {
		out, left, err = a.reviews(tx, actor, id)
		return err
	})
	a.reviewed(actor, out, err)
	return out, left, err
}

// reviewed writes which records were shown beside rows.
func (a *App) reviewed(actor kexin.Actor, shown []Review, err error) {
	for _, v := range shown {
		if err == nil {
			a.pages.all(actor, []sight{v.shown})
		}
	}
}

func (a *App) reviews(tx *store.Tx, actor kexin.Actor, id kexin.ID) (out []Review, left int, err error) {
	b, err := a.mine(tx, actor, id, true)
	if err != nil || !settled(b.State) || !b.Rows || b.Found == nil {
		return nil, 0, err
	}
	scope, err := openable(tx, actor)
	if err != nil {
		return nil, 0, err
	}
	rows, n, err := tx.Waiting(store.Wait{Batch: id, Of: scope}, reviewsRead)
	if err != nil {
		return nil, 0, err
	}
	if tx.State.May(actor.Position, kexin.ActMove) {
		handed, m, err := tx.Waiting(store.Wait{Batch: id, Of: scope, Handed: true}, reviewsRead)
		if err != nil {
			return nil, 0, err
		}
		rows, n = append(rows, handed...), n+m
	}
	r, err := a.reopen(tx, b)
	if err != nil {
		return nil, 0, err
	}
	for _, x := range rows {
		if out, err = r.addReview(tx, actor, x, out); err != nil {
			return nil, 0, err
		}
	}
	return out, int(n), nil
}

// openable is whose customers an actor may open.
func openable(tx *store.Tx, actor kexin.Actor) (gate.Scope, error) {
	p, err := gate.Authorize(tx.State, actor, kexin.Query{Act: kexin.ActList, Object: kexin.Customer})
	return p.Scope(), err
}

// addReview adds a row beside its candidate, where there is room and the actor
// may open that one.
func (r *importRun) addReview(tx *store.Tx, actor kexin.Actor, x store.ImportRow, out []Review) ([]Review, error) {
	if len(out) == reviewsShown {
		return out, nil
	}
	v, ok, err := r.review(tx, actor, x)
	if ok {
		out = append(out, v)
	}
	return out, err
}

// behind begins with the question behind one that was put off.
func behind(all []Review, batch kexin.ID, n int) []Review {
	i := slices.IndexFunc(all, func(r Review) bool { return r.Row == n && r.Batch == batch })
	return append(slices.Clone(all[i+1:]), all[:i+1]...)
}

// reopen prepares to read kept rows of a batch whose file is gone.
func (a *App) reopen(tx *store.Tx, b store.Import) (*importRun, error) {
	r := &importRun{a: a, b: b, plan: unpack[importPlan](b.Plan), counts: unpack[importCounts](b.Counts).whole()}
	keys, err := tx.ImportKeys(b.ID)
	if err != nil {
		return nil, err
	}
	if r.sealer, err = tx.CellSealer(keys); err != nil {
		return nil, err
	}
	members := map[string]kexin.ID{}
	if err := staffNames(tx, members); err != nil {
		return nil, err
	}
	found := unpack[importFound](string(b.Found))
	r.guess, r.targets = found.Guess, found.Targets
	r.reader = newReader(tx.State.Schema, b, importEnv(tx, b))
	r.reader.targets, r.reader.labels = r.targets, labelsOf(r.targets)
	r.reader.answers, r.reader.members, r.reader.importer, r.reader.owner = r.plan.Answers, members, b.By, func(id kexin.ID) kexin.ID { return id }
	return r, nil
}

func labelsOf(targets []intake.Target) map[kexin.FieldID]string {
	out := map[kexin.FieldID]string{}
	for _, t := range targets {
		if t.Role != intake.RoleSkip && out[t.Field] == "" {
			out[t.Field] = t.Label
		}
	}
	return out
}

// keptLine makes the line of a kept row once more.
func (r *importRun) keptLine(x store.ImportRow) (*line, error) {
	plain, err := openKept(r.sealer, r.b.ID, x)
	if err != nil {
		return nil, err
	}
	return r.reader.read(intake.Row{N: x.N, Cells: unpackCells(plain)}), nil
}

func openKept(s *vault.Sealer, batch kexin.ID, x store.ImportRow) ([]byte, error) {
	return store.OpenCells(s, batch, x.N, x.Cells)
}

// review puts a row beside its candidate; ok is false where the actor may not
// open that one.
func (r *importRun) review(tx *store.Tx, actor kexin.Actor, x store.ImportRow) (v Review, ok bool, err error) {
	facts, err := tx.Facts(kexin.Customer, x.Record)
	if err != nil || facts == nil {
		return v, false, err
	}
	l, err := r.keptLine(x)
	if err != nil || l.refused != "" {
		return v, false, err
	}
	hers := l.vals
	if l.part != nil {
		hers = l.part.ofVals(r.reader)
	}
	var fields []kexin.FieldID
	for _, f := range r.reader.customer.Fields {
		if !hers[f.ID].Empty() && f.ID != kexin.CustType || l.part != nil && f.ID == kexin.CustName { // by her name a person tells whom is meant
			fields = append(fields, f.ID)
		}
	}
	p, err := gate.One(tx.State, actor, kexin.Query{Act: kexin.ActGet, Object: kexin.Customer, Record: x.Record, Fields: fields}, facts)
	if err != nil {
		return v, false, nil
	}
	view, err := tx.Get(&p)
	if err != nil {
		return v, false, err
	}
	rules := newRules(tx.State, actor)
	known, err := tx.Knowns(rules.matching(), []kexin.ID{x.Record})
	if err != nil || known[x.Record] == nil {
		return v, false, err
	}
	v = Review{Batch: r.b.ID, Row: x.N, At: r.b.At, Candidate: x.Record, Score: x.Score, Why: whysOf(x.Code), shown: sight{kexin.Customer, Listing{Page: kexin.Page{Fields: p.Fields(), Rows: []kexin.View{view}}, Scene: p.Scene()}}}
	if x.Code == codeOutside {
		v.Why = match.Decide(l.facts, []match.Facts{knownFacts(known[x.Record])}).Why
	}
	for i, id := range fields {
		f, mine := p.Field(i), hers[id]
		there := known[x.Record].Vals[id]
		side := ReviewSide{Field: f, Row: p.Cell(i, true, gate.Searched(f) && kind.HoldsContact(mine.S), true, mine), There: view.Cells[i]}
		if side.Same = side.Row.Value == side.There.Value; side.There.Level == kexin.Clear { // of what is masked, no more than the page shows
			side.Same = holdsAll(there, mine)
		}
		v.Sides = append(v.Sides, side)
	}
	if l.part != nil {
		more, err := r.partSides(tx, actor, x, l)
		v.Sides = append(v.Sides, more...)
		return v, true, err
	}
	orders, err := r.orderSides(tx, actor, l, known[x.Record])
	v.Sides = append(v.Sides, orders...)
	return v, true, err
}

// orderSides are what a row says of orders, each field as the actor sees those
// of the customer.
func (r *importRun) orderSides(tx *store.Tx, actor kexin.Actor, l *line, k *store.Known) (out []ReviewSide, err error) {
	for _, o := range l.orders {
		var fields []kexin.FieldID
		for _, f := range r.reader.order.Fields {
			if !o[f.ID].Empty() && f.Kind != kexin.KindRef {
				fields = append(fields, f.ID)
			}
		}
		if len(fields) == 0 {
			continue
		}
		p, err := gate.Authorize(tx.State, actor, kexin.Query{Act: kexin.ActList, Object: kexin.Order, Fields: fields})
		if err != nil {
			return nil, err
		}
		had := slices.ContainsFunc(k.Orders, func(y store.KnownOrder) bool { return sameOrder(knownOrder(o), y) })
		for i, id := range fields {
			f := p.Field(i)
			side := ReviewSide{Field: f, Row: p.Cell(i, p.Own(k.Owner), gate.Searched(f) && kind.HoldsContact(o[id].S), true, o[id]), There: kexin.Cell{Level: kexin.Clear}, Same: had}
			if had {
				side.There = side.Row
			}
			out = append(out, side)
		}
	}
	return out, nil
}

func knownFacts(k *store.Known) match.Facts {
	p := person{vals: k.Vals, orders: k.Orders}
	p.refresh()
	return p.facts
}

// holdsAll reports a value that has all of another.
func holdsAll(there, mine kexin.Value) bool {
	if there == mine {
		return true
	}
	have := there.Strings()
	return mine.T == kexin.List && !slices.ContainsFunc(mine.Strings(), func(s string) bool { return !slices.Contains(have, s) })
}

// The answers to a question.
const (
	judgeSame      = "same"
	judgeDifferent = "different"
	judgeLater     = "later"
)

// JudgeReview answers one question: the same person is added to by the rules
// of an import, another one is made. Later leaves it as it is. It gives what
// is left.
func (a *App) JudgeReview(ctx context.Context, actor kexin.Actor, id kexin.ID, n int, answer string) (out []Review, left int, err error) {
	err = a.store.Update(ctx, actor.Org, func(tx *store.Tx) error {
		if answer != judgeLater {
			if err := a.judgedReview(tx, actor, id, n, answer == judgeSame); err != nil {
				return err
			}
		}
		out, left, err = a.reviews(tx, actor, id)
		return err
	})
	a.reviewed(actor, out, err)
	if answer == judgeLater {
		out = behind(out, id, n)
	}
	return out, left, err
}

func (a *App) judgedReview(tx *store.Tx, actor kexin.Actor, id kexin.ID, n int, same bool) error {
	b, err := a.mine(tx, actor, id, true)
	if err != nil {
		return err
	}
	x, err := tx.ImportRow(id, n)
	if err != nil {
		return err
	}
	handed := x.Code == codeOutside
	if x.Cells == nil || x.Outcome != kexin.OutReview && !handed || b.Found == nil || handed && !tx.State.May(actor.Position, kexin.ActMove) {
		return badState("app.review")
	}
	r, err := a.reopen(tx, b)
	if err != nil {
		return err
	}
	r.actor, r.act = actor, kexin.ActImport
	if err = r.judged(tx, x, same); handed && kexin.CodeOf(err) == kexin.NotFound {
		return badState("app.review") // as of a row that asks nothing: which are colleagues' is not told
	}
	return err
}

// judged stores a row as what it was judged to be.
func (r *importRun) judged(tx *store.Tx, x store.ImportRow, same bool) error {
	if _, ok, err := r.review(tx, r.actor, x); err != nil || !ok {
		return cmp.Or(err, notFound("app.review"))
	}
	l, err := r.keptLine(x)
	if err != nil {
		return err
	}
	if l.part != nil {
		return r.settlePart(tx, x, l, same)
	}
	return r.settle(tx, x, l, same)
}

// settle stores the row as what it was judged to be, in one step of the batch
// with its own entry of the log.
func (r *importRun) settle(tx *store.Tx, x store.ImportRow, l *line, same bool) error {
	rules := newRules(tx.State, r.actor)
	rules.act = r.act
	b := newBook(tx, rules.matching(), rules, nil)
	if rules.createFor(l.owner) == nil {
		l.owner = r.actor.User
	}
	was, out := x.Outcome, ruling{line: l, outcome: kexin.OutNew}
	if same {
		known, err := tx.Knowns(rules.matching(), []kexin.ID{x.Record})
		if err != nil || known[x.Record] == nil {
			return cmp.Or(err, notFound("app.review"))
		}
		p := &person{known: known[x.Record], slot: -1, owner: known[x.Record].Owner, vals: known[x.Record].Vals, orders: known[x.Record].Orders, origins: known[x.Record].Origins}
		p.refresh()
		if p.permit, p.outside = rules.edit(p.known); p.outside {
			return &kexin.Error{Op: "app.review", Code: kexin.Forbidden, Key: "error.edit_own"}
		}
		b.known[x.Record] = p
		if out = b.same(out, p, r.reader.label); out.outcome == kexin.OutRefused {
			return &kexin.Error{Op: "app.review", Code: kexin.Invalid, Key: "issue." + out.code, Field: "remark"}
		}
	} else {
		out.person = b.add(l, 1)
	}
	s := store.ImportStep{Batch: r.b.ID, Actor: r.actor, Act: r.act, First: x.N, Last: x.N}
	b.into(&s)
	if err := tx.StoreJudged(s); err != nil {
		return err
	}
	if same && x.Code == codeOutside { // the importer's figures stay as they are
		return tx.Judged(r.b.ID, x)
	}
	x.Outcome, x.Code, x.Record = out.outcome, "", out.person.id()
	if out.person.fresh != nil {
		x.Record = out.person.fresh.ID
	}
	if err := tx.Judged(r.b.ID, x); err != nil {
		return err
	}
	return r.recount(tx, was, x)
}

// recount moves one row of the figures to its new outcome.
func (r *importRun) recount(tx *store.Tx, was kexin.Outcome, x store.ImportRow) error {
	bt, err := tx.Import(r.b.ID)
	if err != nil {
		return err
	}
	c := unpack[importCounts](bt.Counts).whole()
	c.Outcomes[was]--
	c.Outcomes[x.Outcome]++
	if was == kexin.OutSame {
		c.Outside--
	}
	if x.Outcome == kexin.OutRefused {
		c.Refusals[x.Code]++
	}
	if keptOf(x.Code) != nil {
		c.Kept++
	}
	bt.Counts = pack(c)
	return tx.SaveImport(bt)
}
