package app

import (
	"context"

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
	Row       int
	Candidate kexin.ID
	Score     int
	Why       []match.Why
	Sides     []ReviewSide
}

// A ReviewSide is one field of the row beside the record's, each as the person
// may see it.
type ReviewSide struct {
	Field      *kexin.Field
	Row, There kexin.Cell
	Same       bool
}

// reviewsShown is how many questions one answer holds.
const reviewsShown = 20

// Reviews gives rows of a batch to judge, the surest first, and how many are
// left. Rows whose candidate the actor may not open are not shown.
func (a *App) Reviews(ctx context.Context, actor kexin.Actor, id kexin.ID) (out []Review, left int, err error) {
	err = a.store.View(ctx, actor.Org, func(tx *store.Tx) error {
		out, left, err = a.reviews(tx, actor, id)
		return err
	})
	return out, left, err
}

func (a *App) reviews(tx *store.Tx, actor kexin.Actor, id kexin.ID) (out []Review, left int, err error) {
	b, err := a.mine(tx, actor, id, true)
	if err != nil || !settled(b.State) || !b.Rows || b.Found == nil {
		return nil, 0, err
	}
	rows, err := tx.OpenRows(id, 10*reviewsShown)
	if err != nil {
		return nil, 0, err
	}
	if tx.State.May(actor.Position, kexin.ActMove) {
		handed, err := tx.HandedRows(id, 10*reviewsShown)
		if err != nil {
			return nil, 0, err
		}
		rows = append(rows, handed...)
	}
	r, err := a.reopen(tx, b)
	if err != nil {
		return nil, 0, err
	}
	for _, x := range rows {
		v, ok, err := r.review(tx, actor, x)
		if err != nil {
			return nil, 0, err
		}
		if ok {
			left++
			if len(out) < reviewsShown {
				out = append(out, v)
			}
		}
	}
	return out, left, nil
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
	s := tx.State.Schema
	r.reader = &lineReader{s: s, customer: s.Object(kexin.Customer), order: s.Object(kexin.Order), targets: r.targets, env: importEnv(tx, b),
		answers: r.plan.Answers, members: members, importer: b.By, owner: func(id kexin.ID) kexin.ID { return id }, labels: labelsOf(r.targets)}
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
	var fields []kexin.FieldID
	for _, f := range r.reader.customer.Fields {
		if !l.vals[f.ID].Empty() && f.ID != kexin.CustType {
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
	v = Review{Row: x.N, Candidate: x.Record, Score: x.Score, Why: whysOf(x.Code)}
	if x.Code == codeOutside {
		v.Why = match.Decide(l.facts, []match.Facts{knownFacts(known[x.Record])}).Why
	}
	for i, id := range fields {
		f, mine := p.Field(i), l.vals[id]
		there := known[x.Record].Vals[id]
		v.Sides = append(v.Sides, ReviewSide{Field: f, Row: p.Cell(i, true, gate.Searched(f) && kind.HoldsContact(mine.S), true, mine), There: view.Cells[i], Same: holdsAll(there, mine)})
	}
	return v, true, nil
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
	for _, s := range mine.Strings() {
		found := false
		for _, h := range have {
			found = found || h == s
		}
		if !found {
			return false
		}
	}
	return mine.T == kexin.List
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
			if err := a.judged(tx, actor, id, n, answer == judgeSame); err != nil {
				return err
			}
		}
		out, left, err = a.reviews(tx, actor, id)
		return err
	})
	if err == nil && answer == judgeLater && len(out) > 1 && out[0].Row == n {
		out = append(out[1:], out[0])
	}
	return out, left, err
}

func (a *App) judged(tx *store.Tx, actor kexin.Actor, id kexin.ID, n int, same bool) error {
	b, err := a.mine(tx, actor, id, true)
	if err != nil {
		return err
	}
	x, err := tx.ImportRow(id, n)
	if err != nil {
		return err
	}
	if x.Cells == nil || x.Outcome != kexin.OutReview && x.Code != codeOutside || b.Found == nil {
		return badState("app.review")
	}
	r, err := a.reopen(tx, b)
	if err != nil {
		return err
	}
	r.actor = actor
	if _, ok, err := r.review(tx, actor, x); err != nil || !ok {
		return orElse(err, notFound("app.review"))
	}
	l, err := r.keptLine(x)
	if err != nil {
		return err
	}
	return r.settle(tx, x, l, same)
}

// settle stores the row as what it was judged to be, in one step of the batch
// with its own entry of the log.
func (r *importRun) settle(tx *store.Tx, x store.ImportRow, l *line, same bool) error {
	rules := newRules(tx.State, r.actor)
	b := newBook(tx, rules.matching(), rules, nil)
	if rules.createFor(l.owner) == nil {
		l.owner = r.actor.User
	}
	was, out := x.Outcome, ruling{line: l, outcome: kexin.OutNew}
	if same {
		known, err := tx.Knowns(rules.matching(), []kexin.ID{x.Record})
		if err != nil || known[x.Record] == nil {
			return orElse(err, notFound("app.review"))
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
	s := store.ImportStep{Batch: r.b.ID, Actor: r.actor, First: x.N, Last: x.N}
	b.into(&s)
	if err := tx.StoreJudged(s); err != nil {
		return err
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
	bt.Counts = pack(c)
	return tx.SaveImport(bt)
}
