package gate

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"kexin"
	"kexin/kind"
)

// Facts are what a decision needs to know of one record; the store reads them
// in the same transaction.
type Facts struct {
	ID      kexin.ID
	Owner   kexin.ID
	State   int64 // Active, Restricted …
	Subject kexin.ID
}

// The states of a record.
const (
	Active     int64 = 0
	Restricted int64 = 1 // stored and guarded only (RET-03)
	MergedAway int64 = 2
	SetAside   int64 = 3 // no source: nobody sees it (IMP-05)
	Gone       int64 = 4 // deleted by its owner, undo possible
)

func invalid(op, key, field string) error {
	return &kexin.Error{Op: op, Code: kexin.Invalid, Key: key, Field: field}
}

func refuse(op, key string) error {
	return &kexin.Error{Op: op, Code: kexin.Forbidden, Key: key}
}

// absent is the answer for a record out of scope: the same as for none.
func absent(op string) error { return &kexin.Error{Op: op, Code: kexin.NotFound} }

// post finds the actor's row and checks act and purpose. Who was put out or
// elsewhere since his request began is refused (ACC-04). Errors: forbidden,
// unauthorized.
func (s *State) post(a kexin.Actor, act kexin.Act) (*Post, error) {
	p := s.Matrix.Posts[a.Position]
	if p == nil || a.Org != s.Org || a.User == 0 {
		return nil, refuse("gate", "error.position")
	}
	if s.Tree.posts[a.User] != a.Position {
		return nil, &kexin.Error{Op: "gate", Code: kexin.Unauthorized}
	}
	if !p.Acts[act] {
		return nil, refuse("gate", "error.forbidden")
	}
	if !p.serves(a.Purpose) {
		return nil, &kexin.Error{Op: "gate", Code: kexin.Forbidden, Key: "error.purpose", Law: "E_PURPOSE"}
	}
	return p, nil
}

// scene picks the scene: asked for, or the widest the position may open. One
// above the ceiling is withheld with the narrower one offered.
func (p *Post) scene(asked kexin.Scene) (kexin.Scene, error) {
	if asked == "" {
		return p.Ceiling, nil
	}
	if rank(asked) == 0 {
		return "", invalid("gate.scene", "error.scene", "scene")
	}
	if rank(asked) > rank(p.Ceiling) {
		return "", withheld("gate.scene", "error.scene_wide", p.Ceiling)
	}
	return asked, nil
}

func withheld(op, key string, narrower kexin.Scene) error {
	return &kexin.Error{Op: op, Code: kexin.Withheld, Key: key, Args: map[string]string{"scene": string(narrower)}}
}

// Authorize judges a query for many records: list or count. It refuses one
// that would need a field which is not clear on every row the scope can
// return, before any SQL exists.
func Authorize(s *State, a kexin.Actor, q kexin.Query) (Permit, error) {
	post, err := s.post(a, q.Act)
	if err != nil {
		return Permit{}, err
	}
	o := s.Schema.Object(q.Object)
	if o == nil || (q.Act != kexin.ActList && q.Act != kexin.ActCount) {
		return Permit{}, invalid("gate.query", "error.query", "")
	}
	p := Permit{ok: true, actor: a, act: q.Act, object: o, query: q, post: post, ended: post.sees(Restricted)}
	if p.scene, err = post.scene(q.Scene); err != nil {
		return Permit{}, err
	}
	p.scope = s.Tree.scope(a, p.scene)
	if p.plan, err = s.plan(a.Position, q.Object, false, q.Fields); err != nil {
		return Permit{}, err
	}
	if err = s.judge(&p, o); err != nil {
		return Permit{}, err
	}
	return p, nil
}

// mostConds is how many conditions a query has at most.
const mostConds = 20

// judge checks where, sort, group and search against the scope.
func (s *State) judge(p *Permit, o *kexin.ObjectDef) (err error) {
	if len(p.query.Where) > mostConds {
		return invalid("gate.where", "error.condition", "where")
	}
	for i, c := range p.query.Where {
		f := s.Schema.Field(c.Field)
		if f == nil || f.Object != o.Object || !f.Filter {
			return invalid("gate.where", "error.no_filter", "where."+strconv.Itoa(i))
		}
		if err := p.clearEverywhere(f, "gate.where"); err != nil {
			return err
		}
		if err := checkCond(f, c); err != nil {
			return err
		}
	}
	id := p.query.Sort
	if d := s.Schema.Field(o.Default); id == 0 && p.act == kexin.ActList && d != nil && p.clearEverywhere(d, "gate.sort") == nil {
		id = o.Default // else by id: nobody asked for an order that he may not see
	}
	if id != 0 {
		if p.sort, err = s.usable(p, o, id, func(f *kexin.Field) bool { return f.Sort }, "sort", "error.no_sort"); err != nil {
			return err
		}
	}
	if p.query.Group != 0 {
		grouped := func(f *kexin.Field) bool {
			member := f.Kind == kexin.KindRef && f.Rule.Ref == 0
			return f.Filter && (f.Kind == kexin.KindChoice || f.Kind == kexin.KindRegion || member)
		}
		if p.group, err = s.usable(p, o, p.query.Group, grouped, "group", "error.no_group"); err != nil {
			return err
		}
	}
	if p.query.Sum != 0 {
		summed := func(f *kexin.Field) bool { return f.Kind == kexin.KindMoney && f.Sort }
		if p.sum, err = s.usable(p, o, p.query.Sum, summed, "sum", "error.no_sum"); err != nil {
			return err
		}
	}
	if post := p.post; post.Rounded {
		by := []kexin.FieldID{p.query.Group, 0}
		if p.scene != post.Ceiling { // by whose they are
			by[1] = kexin.CustOwner
		}
		if err := coarse(s.Schema, p.query.Where, by...); err != nil {
			return err
		}
	}
	return s.searchable(p)
}

// coarse keeps who sees rounded figures from closing in on one person by what
// differs between two of them: at most two fields at once, the one that is counted
// by among them, no amounts, and of days whole months (law.md AGG-03, AGG-04).
func coarse(schema *kexin.Schema, where []kexin.Cond, by ...kexin.FieldID) error {
	fields := slices.DeleteFunc(by, func(f kexin.FieldID) bool { return f == 0 })
	for i, c := range where {
		f := schema.Field(c.Field)
		if !slices.Contains(fields, c.Field) {
			fields = append(fields, c.Field)
		}
		fine := len(fields) > 2
		switch {
		case c.Op == kexin.Empty:
		case f.Kind == kexin.KindDay && c.Op == kexin.Gte:
			fine = fine || !strings.HasSuffix(c.Values[0].S, "-01")
		case f.Kind == kexin.KindDay && c.Op == kexin.Lte:
			day, err := time.Parse(time.DateOnly, c.Values[0].S)
			fine = fine || err != nil || day.AddDate(0, 0, 1).Day() != 1
		case f.Kind == kexin.KindDay, f.Kind == kexin.KindInstant, f.Kind == kexin.KindMoney, f.Kind == kexin.KindNumber:
			fine = true
		}
		if fine {
			return &kexin.Error{Op: "gate.where", Code: kexin.Withheld, Key: "error.too_fine", Field: "where." + strconv.Itoa(i)}
		}
	}
	return nil
}

// usable finds a field that may serve as what the query calls by: sort, group
// or sum.
func (s *State) usable(p *Permit, o *kexin.ObjectDef, id kexin.FieldID, able func(*kexin.Field) bool, by, key string) (*kexin.Field, error) {
	op := "gate." + by
	f := s.Schema.Field(id)
	if f == nil || f.Object != o.Object || !able(f) {
		return nil, invalid(op, key, by)
	}
	return f, p.clearEverywhere(f, op)
}

// clearEverywhere is the rule that keeps masks from being asked around: a
// field is usable only if it is clear on every row that the scope can return.
func (p *Permit) clearEverywhere(f *kexin.Field, op string) error {
	r := p.post.right(f, f.Class)
	mineOnly := !p.scope.Every && len(p.scope.Owners) == 1 && p.scope.Owners[0] == p.actor.User
	if r.Own == cl && (mineOnly || r.Other == cl) {
		return nil
	}
	narrower := kexin.Scene("")
	if r.Own == cl {
		narrower = kexin.Mine
	}
	return withheld(op, "error.withheld", narrower)
}

// checkCond checks operator and number of values against the kind.
func checkCond(f *kexin.Field, c kexin.Cond) error {
	n, bad := len(c.Values), false
	switch c.Op {
	case kexin.Eq, kexin.Gte, kexin.Lte:
		bad = n != 1
	case kexin.In:
		bad = n == 0 || n > 100
	case kexin.Has:
		bad = n != 1 || f.Kind != kexin.KindChoices || !slices.Contains(f.Rule.Choices, c.Values[0].S)
	case kexin.Empty:
		bad = n != 0
	default:
		bad = true
	}
	ordered := f.Kind == kexin.KindDay || f.Kind == kexin.KindInstant || f.Kind == kexin.KindMoney || f.Kind == kexin.KindNumber
	if bad || (c.Op == kexin.Gte || c.Op == kexin.Lte) && !ordered {
		return invalid("gate.where", "error.condition", f.Name)
	}
	return nil
}

// searchable makes the search text ready: of an order its number, of persons
// four digits the end of a phone and anything else a name. A whole phone never
// comes here: it is a lookup.
func (s *State) searchable(p *Permit) error {
	q := p.query.Search
	if q == "" {
		return nil
	}
	if p.act == kexin.ActList && p.object.Object == kexin.Order {
		return s.orderNo(p)
	}
	if p.act != kexin.ActList || !p.object.Person {
		return invalid("gate.search", "error.no_search", "search")
	}
	if tail, ok := Tail(q); ok {
		f := p.object.Field("phone")
		if r := p.post.right(f, f.Class); r.Own < ma || r.Other < ma {
			return withheld("gate.search", "error.withheld", "")
		}
		p.search.Tail = tail
		return nil
	}
	if err := p.clearEverywhere(p.object.Field("name"), "gate.search"); err != nil {
		return err
	}
	tokens, err := kind.QueryTokens(q)
	if err != nil {
		return err
	}
	p.search.Tokens = tokens
	return nil
}

// orderNo makes the number of an order ready, in its canonical form. It finds inside
// the scope alone, where the number is clear, so it asks no more than the list
// shows.
func (s *State) orderNo(p *Permit) error {
	if err := p.clearEverywhere(s.Schema.Field(kexin.OrdNo), "gate.search"); err != nil {
		return err
	}
	canon, err := kind.Canon(kexin.KeyOrder, p.query.Search)
	if err != nil {
		return invalid("gate.search", "error.search_order", "search")
	}
	p.search.Exact = canon
	return nil
}

// Tail reports whether a search text is four digits, and which.
func Tail(q string) (string, bool) {
	if len(q) != 4 {
		return "", false
	}
	for _, c := range q {
		if c < '0' || c > '9' {
			return "", false
		}
	}
	return q, true
}

// sees reports whether the position's scope holds records in this state.
func (p *Post) sees(state int64) bool {
	return state == Active || state == Restricted && p.Acts[kexin.ActLedger] && !p.Acts[kexin.ActContact]
}

// In is the decision on one record: whether it is inside the widest scope of
// the actor, and whether it is his own. The compiled SQL and this function
// agree on every (actor, record); a property test compares them.
func In(s *State, a kexin.Actor, post *Post, f Facts) (in, own bool) {
	if post.NoPerson || !post.sees(f.State) {
		return false, false
	}
	own = f.Owner == a.User
	return own || s.Tree.scope(a, post.Ceiling).Has(f.Owner), own
}

// One judges an act on one record: get, reveal, contact, edit, move. A record
// out of scope answers like a missing one. fields are those to be read or
// written; none = all for get.
func One(s *State, a kexin.Actor, q kexin.Query, f *Facts) (Permit, error) {
	post, err := s.post(a, q.Act)
	if err != nil {
		return Permit{}, err
	}
	o := s.Schema.Object(q.Object)
	if o == nil || f == nil || f.ID != q.Record {
		return Permit{}, absent("gate.one")
	}
	in, own := In(s, a, post, *f)
	if !in {
		return Permit{}, absent("gate.one")
	}
	p := Permit{ok: true, actor: a, act: q.Act, object: o, record: f.ID, scene: post.Ceiling, query: q, post: post, ended: post.sees(Restricted), own: own}
	p.scope = s.Tree.scope(a, post.Ceiling)
	if p.plan, err = s.plan(a.Position, q.Object, true, q.Fields); err != nil {
		return Permit{}, err
	}
	switch q.Act {
	case kexin.ActEdit:
		err = p.mayWrite(s, own)
	case kexin.ActContact:
		if !own {
			err = refuse("gate.contact", "error.contact_own")
		}
	case kexin.ActReveal:
		err = p.mayReveal(own)
	}
	if err != nil {
		return Permit{}, err
	}
	return p, nil
}

// mayReveal allows the full value of one contact field that the actor sees
// masked.
func (p *Permit) mayReveal(own bool) error {
	if len(p.query.Fields) != 1 {
		return invalid("gate.reveal", "error.query", "field")
	}
	f := p.Field(0)
	l := p.level(0, own, Searched(f)).at
	if l < ma || (f.Class != kexin.Reach && !Searched(f)) {
		return withheld("gate.reveal", "error.withheld", "")
	}
	return nil
}

// Create judges a new record with these fields. The actor becomes its owner
// unless another inside his scope is named, which is for who moves records, for
// who imports and edits those of others, and, of a follow-up, for who contacts
// customers: it belongs to the customer's owner whoever took the call.
func Create(s *State, a kexin.Actor, q kexin.Query, owner kexin.ID) (Permit, error) {
	post, err := s.post(a, q.Act)
	if err != nil {
		return Permit{}, err
	}
	o := s.Schema.Object(q.Object)
	if o == nil {
		return Permit{}, invalid("gate.create", "error.query", "")
	}
	p := Permit{ok: true, actor: a, act: q.Act, object: o, scene: post.Ceiling, query: q, post: post, scope: s.Tree.scope(a, post.Ceiling)}
	others := post.Acts[kexin.ActMove] || q.Act == kexin.ActImport && post.EditAll || q.Act == kexin.ActCreate && o.Object == kexin.Visit && post.Acts[kexin.ActContact]
	if owner != a.User && !(others && p.scope.Has(owner)) {
		return Permit{}, invalid("gate.create", "error.owner", "owner")
	}
	if p.plan, err = s.plan(a.Position, q.Object, true, q.Fields); err != nil {
		return Permit{}, err
	}
	return p, p.mayWrite(s, owner == a.User)
}

// mayWrite checks each field: known, not computed, seen at least masked. A
// record that is not one's own is changed only by positions that may.
func (p *Permit) mayWrite(s *State, own bool) error {
	if !own && !p.post.EditAll && p.act == kexin.ActEdit {
		return refuse("gate.write", "error.edit_own")
	}
	for i, id := range p.query.Fields {
		f := s.Schema.Field(id)
		if f == nil || f.Object != p.object.Object || f.Computed {
			return invalid("gate.write", "error.no_field", "")
		}
		if p.level(i, own, false).at < ma {
			return &kexin.Error{Op: "gate.write", Code: kexin.Withheld, Key: "error.withheld", Field: f.Name}
		}
		p.write = append(p.write, f)
	}
	return nil
}

// May reports whether a position may ask for an act at all, for menus.
func (s *State) May(pos kexin.Position, act kexin.Act) bool {
	p := s.Matrix.Posts[pos]
	return p != nil && p.Acts[act]
}

// Check judges an act that is on no record: admin, keys, ledger, import,
// lookup.
func Check(s *State, a kexin.Actor, act kexin.Act) error {
	_, err := s.post(a, act)
	return err
}

// Purpose is the purpose an actor works for: the one asked, if his position
// has it, or the position's default.
func (s *State) Purpose(pos kexin.Position, asked kexin.PurposeCode) (kexin.PurposeCode, error) {
	p := s.Matrix.Posts[pos]
	switch {
	case p == nil:
		return "", refuse("gate.purpose", "error.position")
	case asked == "":
		return p.Purposes[0], nil
	case !slices.Contains(p.Purposes, asked):
		return "", &kexin.Error{Op: "gate.purpose", Code: kexin.Forbidden, Key: "error.purpose", Law: "E_PURPOSE"}
	}
	return asked, nil
}
