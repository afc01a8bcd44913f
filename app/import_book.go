package app

import (
	"cmp"
	"hash/maphash"
	"slices"

	"kexin"
	"kexin/gate"
	"kexin/match"
	"kexin/store"
)

// A person is one customer while an import decides about rows: one that is
// there, or one that a row before made.
type person struct {
	known   *store.Known // nil for one that is made by this import
	slot    int          // place in the notebook, -1 for none yet
	seq     int          // order of making, from 1; 0 for a known one
	owner   kexin.ID
	outside bool         // the importer may not change her record
	permit  *gate.Permit // to edit a known one
	vals    store.Values
	orders  []store.KnownOrder
	origins []store.Origin
	parts   []*part // what she has of the list's object
	facts   match.Facts
	tier    kexin.Tier
	sealed  bool // a row set aside: others are not matched with it

	// What this step adds.
	touched    bool
	fresh      *store.NewPerson
	changed    store.Values
	newOrders  []store.Values
	newOrigins []store.Origin
}

// refresh works out anew what she is known by.
func (p *person) refresh() {
	numbers := make([]string, 0, len(p.orders))
	for _, o := range p.orders {
		if o.No != "" {
			numbers = append(numbers, o.No)
		}
	}
	p.facts = match.FactsOf(p.vals, numbers...)
}

// A book is what one step knows of people beside the store. In the dry run it
// has a notebook behind it, so that a row meets the people of all rows before,
// as it will when these are stored.
type book struct {
	tx      *store.Tx
	sys     gate.System
	rules   *importRules
	note    *notebook // nil at the commit
	seed    maphash.Seed
	known   map[kexin.ID]*person
	thawed  map[int]*person
	made    []*person
	index   map[uint64][]*person // of keys that this step adds
	holders map[uint64][]kexin.ID
	marks   map[string]bool  // of rows taken in by this step
	taken   map[uint64]int   // equal lines of orders taken in before this step
	more    map[uint64]int   // and by it
	sums    map[uint64]int64 // what the lines of each order of the file come to
}

func newBook(tx *store.Tx, sys gate.System, rules *importRules, note *notebook) *book {
	b := &book{tx: tx, sys: sys, rules: rules, note: note, seed: maphash.MakeSeed(), known: map[kexin.ID]*person{}, thawed: map[int]*person{},
		index: map[uint64][]*person{}, holders: map[uint64][]kexin.ID{}, marks: map[string]bool{}}
	if note != nil {
		b.seed = note.seed
	}
	return b
}

// hash is the place of a key in the maps of this import; two keys that share
// one cost a comparison, no more.
func (b *book) hash(k kexin.Key) uint64 {
	var h maphash.Hash
	h.SetSeed(b.seed)
	h.WriteByte(byte(k.Kind))
	h.WriteString(k.Canon)
	return h.Sum64()
}

// fetch reads from the store whom the keys of these lines lead to, and others.
func (b *book) fetch(lines []*line, others ...kexin.ID) error {
	var keys []kexin.Key
	seen := map[uint64]bool{}
	for _, l := range lines {
		for _, k := range l.keys {
			if h := b.hash(k); !seen[h] {
				seen[h] = true
				keys = append(keys, k)
			}
		}
	}
	holders, err := b.tx.Holders(b.sys, keys)
	if err != nil {
		return err
	}
	ids := others
	for i, k := range keys {
		b.holders[b.hash(k)] = holders[i]
		ids = append(ids, holders[i]...)
	}
	for _, l := range lines {
		if l.part != nil && l.part.id != 0 {
			ids = append(ids, l.part.id)
		}
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	knowns, err := b.tx.Knowns(b.sys, ids)
	if err != nil {
		return err
	}
	for id, k := range knowns {
		p := &person{known: k, slot: -1, owner: k.Owner, vals: k.Vals, orders: k.Orders, origins: k.Origins}
		if b.note != nil {
			if slot, ok := b.note.records[id]; ok {
				if p, err = b.thaw(slot); err != nil {
					return err
				}
				p.known = k
			}
		}
		p.refresh()
		p.permit, p.outside = b.rules.edit(k)
		b.known[id] = p
	}
	if b.rules.list != kexin.Customer {
		return b.fetchParts()
	}
	return nil
}

// candidates are the people who share a key with the line: those that are
// there by age, then those made by this import.
func (b *book) candidates(l *line) ([]*person, error) {
	var out []*person
	add := func(p *person, found *int) {
		if p != nil && *found < candidatesMost && (!p.sealed || l.aside != "") {
			*found++
			if !slices.Contains(out, p) {
				out = append(out, p)
			}
		}
	}
	for _, k := range l.keys {
		h, found := b.hash(k), 0
		for _, id := range b.holders[h] {
			add(b.known[id], &found)
		}
		if b.note != nil {
			for _, slot := range b.note.find(h) {
				p, err := b.thaw(slot)
				if err != nil {
					return nil, err
				}
				add(p, &found)
			}
		}
		for _, p := range b.index[h] {
			add(p, &found)
		}
	}
	slices.SortStableFunc(out, func(p, q *person) int {
		return cmp.Or(cmp.Compare(p.seq, q.seq), cmp.Compare(p.id(), q.id()))
	})
	return out, nil
}

// candidatesMost is how many people of one key are compared, as in the store.
const candidatesMost = 50

func (p *person) id() kexin.ID {
	if p.known != nil {
		return p.known.ID
	}
	return 0
}

// thaw brings a person of the notebook into this step.
func (b *book) thaw(slot int) (*person, error) {
	if p := b.thawed[slot]; p != nil {
		return p, nil
	}
	p, err := b.note.read(slot)
	if err != nil {
		return nil, err
	}
	if p.known != nil { // a record that was there: rights are asked of its facts
		if at := b.known[p.known.ID]; at != nil {
			b.thawed[slot] = at
			return at, nil
		}
		p.permit, p.outside = b.rules.edit(p.known)
		b.known[p.known.ID] = p
	}
	p.refresh()
	b.thawed[slot] = p
	return p, nil
}

// add makes a person of a line.
func (b *book) add(l *line, seq int) *person {
	p := &person{slot: -1, seq: seq, owner: l.owner, vals: l.vals, touched: true, sealed: l.aside != ""}
	for _, o := range l.orders {
		p.orders = append(p.orders, knownOrder(o))
	}
	p.origins = []store.Origin{{Kind: l.origin.Kind, Day: l.origin.Day, Way: l.origin.Way}}
	p.newOrders, p.newOrigins = l.orders, []store.Origin{l.origin}
	p.facts = l.facts
	b.made = append(b.made, p)
	b.learn(p, l.keys, nil)
	return p
}

// learn makes a person findable by keys she has got.
func (b *book) learn(p *person, keys, had []kexin.Key) {
	for _, k := range keys {
		if slices.Contains(had, k) {
			continue
		}
		h := b.hash(k)
		if !slices.Contains(b.index[h], p) {
			b.index[h] = append(b.index[h], p)
		}
	}
}

func knownOrder(v store.Values) store.KnownOrder {
	return store.KnownOrder{No: v[kexin.OrdNo].S, On: kexin.Day(v[kexin.OrdOn].S), Amount: v[kexin.OrdAmount].N}
}

// fill adds a line to a person. changed says whether it brought anything; ok
// is false where her remark has no room for it.
func (b *book) fill(p *person, l *line, label func(kexin.FieldID) string) (changed, ok bool) {
	diff, ok := match.Fill(b.rules.customer, p.vals, l.vals, label)
	if !ok {
		return false, false
	}
	before := match.Keys(p.facts)
	if len(diff) > 0 {
		p.vals = match.Apply(p.vals, diff)
		p.changed = match.Apply(p.changed, diff)
		changed = true
	}
	for _, o := range l.orders {
		x := knownOrder(o)
		if !slices.ContainsFunc(p.orders, func(y store.KnownOrder) bool { return sameOrder(x, y) }) {
			p.orders, p.newOrders = append(p.orders, x), append(p.newOrders, o)
			changed = true
		}
	}
	g := store.Origin{Kind: l.origin.Kind, Day: l.origin.Day, Way: l.origin.Way}
	if !slices.Contains(p.origins, g) {
		p.origins, p.newOrigins = append(p.origins, g), append(p.newOrigins, l.origin)
		changed = true
	}
	if changed {
		p.touched = true
		p.refresh()
		b.learn(p, match.Keys(p.facts), before)
	}
	return changed, true
}

// sameOrder: by its number; without one by day and amount.
func sameOrder(a, b store.KnownOrder) bool {
	if a.No != "" || b.No != "" {
		return a.No == b.No
	}
	return a.On == b.On && a.Amount == b.Amount
}

// freeze puts what this step made and changed into the notebook.
func (b *book) freeze() error {
	for _, p := range b.touchedPeople() {
		keys := match.Keys(p.facts)
		hashes := make([]uint64, 0, len(keys))
		for _, k := range keys {
			h := b.hash(k)
			if p.known == nil || slices.Contains(b.index[h], p) {
				hashes = append(hashes, h)
			}
		}
		if err := b.note.write(p, hashes); err != nil {
			return err
		}
	}
	for m := range b.marks {
		b.note.marks[m] = struct{}{}
	}
	return nil
}

// touchedPeople are those that this step made or changed, in the order of
// making and then of age.
func (b *book) touchedPeople() []*person {
	var out []*person
	seen := map[*person]bool{}
	add := func(p *person) {
		if p.touched && !seen[p] {
			seen[p] = true
			out = append(out, p)
		}
	}
	for _, p := range b.made {
		add(p)
	}
	rest := make([]*person, 0, len(b.known)+len(b.thawed))
	for _, p := range b.known {
		rest = append(rest, p)
	}
	for _, p := range b.thawed {
		rest = append(rest, p)
	}
	slices.SortFunc(rest, func(p, q *person) int { return cmp.Or(cmp.Compare(p.id(), q.id()), cmp.Compare(p.slot, q.slot)) })
	for _, p := range rest {
		add(p)
	}
	return out
}
