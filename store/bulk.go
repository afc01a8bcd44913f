package store

import (
	"slices"

	"kexin"
	"kexin/gate"
	"kexin/kind"
	"kexin/ledger"
	"kexin/vault"
)

// A Mill makes the rows of new records: sealed, with what they are found by,
// ready to be inserted. It needs no transaction, so that rows are made while
// others are being written. Safe for concurrent use.
type Mill struct {
	org   kexin.ID
	ring  *vault.Ring
	ids   *ids
	forms map[kexin.Object]*form
}

// A form is how rows of one object are written, worked out once.
type form struct {
	o      *kexin.ObjectDef
	fields []*kexin.Field // of the columns behind baseCols
	cols   []string
	sealed []kexin.FieldID
}

func formOf(o *kexin.ObjectDef) *form {
	f := &form{o: o, fields: fieldCols(o), cols: slices.Clone(baseCols)}
	for _, x := range f.fields {
		f.cols = append(f.cols, column(x))
		if x.Sealed {
			f.sealed = append(f.sealed, x.ID)
		}
	}
	if flaggedTables[o.Object] {
		f.cols = append(f.cols, "flagged")
	}
	return f
}

// mill is the transaction's own.
func (tx *Tx) mill() *Mill {
	return &Mill{org: tx.Org, ring: tx.ring, ids: tx.s.ids, forms: tx.s.forms}
}

// A NewPerson is a customer to be made by an import, with her orders and where
// she comes from. The permits name owner and fields.
type NewPerson struct {
	ID      kexin.ID // given when it is made
	Owner   kexin.ID
	Permit  *gate.Permit // to create the customer
	Order   *gate.Permit // to create her orders; nil where she has none
	Vals    Values
	Orders  []Values
	Origins []Origin
	made    *made
}

// made are the rows of one NewPerson.
type made struct {
	ring    *vault.Ring
	subject subjectRows
	row     []any
	orders  [][]any
	keys    [][]any
	tokens  [][]any
	leaves  []leaf
}

// A leaf is a new record with the digest of its cells.
type leaf struct {
	id    kexin.ID
	owner kexin.ID
	sum   ledger.Hash
}

// Make draws the person's keys and makes all her rows.
func (m *Mill) Make(p *NewPerson, batch kexin.ID, at kexin.Instant) error {
	p.ID = m.ids.next(at)
	s, rows, err := m.holder(m.ids.next(at), human(p.Vals), newTag(), at)
	if err != nil {
		return err
	}
	x := &made{ring: m.ring, subject: rows}
	vals := withFigures(p.Vals, p.Orders)
	b := base{id: p.ID, owner: p.Owner, by: p.Permit.Actor().User, batch: batch}
	f := m.forms[kexin.Customer]
	x.row = m.row(f, b, s, vals, at)
	x.leaves = append(x.leaves, leaf{b.id, b.owner, m.digest(f, b.id, x.row)})
	x.keys, x.tokens = m.keys(x.keys, f.o, p.ID, vals), m.tokenRows(f.o, p.ID, p.Owner, vals)
	for _, o := range p.Orders {
		x.order(m, s, b, o, at)
	}
	p.made = x
	return nil
}

// person draws both keys and a tag of somebody new whom the log names at once.
func (m *Mill) person(human bool, at kexin.Instant) (*Subject, subjectRows, error) {
	return m.holder(m.ids.next(at), human, tagAt(at), at)
}

// holder draws both keys of somebody with a tag.
func (m *Mill) holder(id kexin.ID, human bool, tag [16]byte, at kexin.Instant) (*Subject, subjectRows, error) {
	s := &Subject{ID: id, Tag: tag}
	dw, dk, err := vault.NewSubjectKey(m.ring, s.ID, vault.Data, 1)
	if err != nil {
		return nil, subjectRows{}, err
	}
	ew, ek, err := vault.NewSubjectKey(m.ring, s.ID, vault.Evidence, 1)
	if err != nil {
		return nil, subjectRows{}, err
	}
	s.data, s.evidence = dk, ek
	return s, subjectRows{
		subject: []any{m.org, s.ID, vault.SealCell(ek, tagAddr, s.Tag[:]), human, kexin.ID(0), at},
		keys:    [][]any{keyRow(dw), keyRow(ew)},
	}, nil
}

// order adds the rows of one order.
func (x *made) order(m *Mill, s *Subject, of base, vals Values, at kexin.Instant) {
	b := base{id: m.ids.next(at), owner: of.owner, parent: of.id, by: of.by, batch: of.batch}
	f := m.forms[kexin.Order]
	row := m.row(f, b, s, vals, at)
	x.orders = append(x.orders, row)
	x.leaves = append(x.leaves, leaf{b.id, b.owner, m.digest(f, b.id, row)})
	x.keys = m.keys(x.keys, f.o, b.id, vals)
}

// row is one record in the order of the form's columns.
func (m *Mill) row(f *form, b base, s *Subject, vals Values, at kexin.Instant) []any {
	row := make([]any, 0, len(f.cols))
	row = append(row, m.org, b.id, s.ID, b.owner, b.state, int64(1), at, at, b.by, b.batch)
	for _, x := range f.fields {
		if x.Kind == kexin.KindRef && x.Rule.Ref != 0 {
			row = append(row, b.parent)
			continue
		}
		row = append(row, s.arg(x, b.id, vals[x.ID]))
	}
	if flaggedTables[f.o.Object] {
		row = append(row, flagged(f.o, vals))
	}
	return row
}

// digest is cellDigest of such a row.
func (m *Mill) digest(f *form, id kexin.ID, row []any) [32]byte {
	cells := make([][]byte, 0, len(f.sealed))
	for i, x := range f.fields {
		if x.Sealed {
			c, _ := row[len(baseCols)+i].([]byte)
			cells = append(cells, c)
		}
	}
	return cellDigest(id, f.sealed, cells)
}

// keys appends the record_key rows of these values, under every live key.
func (m *Mill) keys(rows [][]any, o *kexin.ObjectDef, id kexin.ID, vals Values) [][]any {
	from := len(rows)
	for _, k := range keysOf(o, vals) {
		for _, b := range vault.Indexes(m.ring, k.Kind, k.Canon) {
			if !hasKey(rows[from:], k.Kind, b.Idx) {
				rows = append(rows, []any{m.org, int64(k.Kind), append([]byte(nil), b.Idx[:]...), id, int64(o.Object), int64(k.Field), int64(b.KV)})
			}
		}
	}
	return rows
}

func hasKey(rows [][]any, k kexin.KeyKind, idx [16]byte) bool {
	for _, r := range rows {
		if r[1] == int64(k) && string(r[2].([]byte)) == string(idx[:]) {
			return true
		}
	}
	return false
}

// tokenRows are the name_token rows of a person's values.
func (m *Mill) tokenRows(o *kexin.ObjectDef, id, owner kexin.ID, vals Values) [][]any {
	toks := m.tokens(o, vals)
	rows := make([][]any, len(toks))
	for i, t := range toks {
		rows[i] = []any{m.org, t, owner, id}
	}
	return rows
}

// tokens are keyed tokens of names and of the last four digits, without
// doubles.
func (m *Mill) tokens(o *kexin.ObjectDef, vals Values) (out []int64) {
	if !o.Person {
		return nil
	}
	for _, f := range o.Fields {
		switch v := vals[f.ID]; {
		case v.Empty():
		case f.Kind == kexin.KindName:
			for _, t := range kind.NameTokens(v.S) {
				out = append(out, vault.Tokens(m.ring, t)...)
			}
		case f.Kind == kexin.KindPhone:
			for _, p := range v.Strings() {
				if tail := kind.Tail(p); tail != "" {
					out = append(out, vault.TailTokens(m.ring, tail)...)
				}
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// withFigures adds what is kept of a customer's orders.
func withFigures(vals Values, orders []Values) Values {
	if len(orders) == 0 {
		return vals
	}
	out := make(Values, len(vals)+4)
	for id, v := range vals {
		out[id] = v
	}
	var n, sum int64
	first, last := "", ""
	for _, o := range orders {
		if o[kexin.OrdStatus].S == "cancelled" {
			continue
		}
		n, sum = n+1, sum+o[kexin.OrdAmount].N
		if day := o[kexin.OrdOn].S; n == 1 {
			first, last = day, day
		} else {
			first, last = min(first, day), max(last, day)
		}
	}
	out[kexin.CustOrders], out[kexin.CustSum] = kexin.Num(n), kexin.Num(sum)
	out[kexin.CustFirstOn], out[kexin.CustLastOn] = kexin.Str(first), kexin.Str(last)
	return out
}

// A basket gathers rows of several persons by table.
type basket struct {
	subjects, keys, customers, orders, index, tokens, origins [][]any
	leaves                                                    []leaf
}

func (b *basket) add(org, batch kexin.ID, p *NewPerson) {
	x := p.made
	b.subjects, b.keys = append(b.subjects, x.subject.subject), append(b.keys, x.subject.keys...)
	b.customers, b.orders = append(b.customers, x.row), append(b.orders, x.orders...)
	b.index, b.tokens = append(b.index, x.keys...), append(b.tokens, x.tokens...)
	b.leaves = append(b.leaves, x.leaves...)
	for _, g := range p.Origins {
		b.origins = append(b.origins, originRow(org, p.ID, batch, g))
	}
}

var originCols = []string{"org_id", "customer_id", "kind", "day", "way", "staff_id", "batch_id"}

func originRow(org, customer, batch kexin.ID, g Origin) []any {
	return []any{org, customer, g.Kind, string(g.Day), g.Way, g.Staff, batch}
}

// insert writes everything, parents before children.
func (b *basket) insert(tx *Tx, m *Mill) error {
	for _, t := range []struct {
		table string
		cols  []string
		rows  [][]any
	}{
		{"subject", subjectCols, b.subjects}, {"subject_key", subjectKeyCols, b.keys}, {"customer", m.forms[kexin.Customer].cols, b.customers},
		{"sale_order", m.forms[kexin.Order].cols, b.orders}, {"record_key", keyCols, b.index}, {"name_token", tokenCols, b.tokens}, {"origin", originCols, b.origins},
	} {
		if err := tx.Bulk(t.table, t.cols, t.rows); err != nil {
			return err
		}
	}
	return nil
}
