package store

import (
	"crypto/rand"

	"kexin"
	"kexin/gate"
	"kexin/kind"
	"kexin/ledger"
	"kexin/vault"
)

// A Mill makes the rows of new customers with their persons, orders, keys and
// tokens, sealed and ready to be inserted. It needs no transaction, so that an
// import can make rows while the ones before are being written. It is not safe
// for concurrent use.
type Mill struct {
	org      kexin.ID
	ring     *vault.Ring
	ids      *ids
	customer form
	order    form
}

// A form is how rows of one object are written, worked out once.
type form struct {
	o      *kexin.ObjectDef
	fields []*kexin.Field // of the columns behind baseCols
	cols   []string
	sealed []kexin.FieldID
}

func formOf(o *kexin.ObjectDef) form {
	f := form{o: o, fields: fieldCols(o), cols: recordCols(o)}
	for _, x := range f.fields {
		if x.Sealed {
			f.sealed = append(f.sealed, x.ID)
		}
	}
	return f
}

func newMill(org kexin.ID, ring *vault.Ring, ids *ids, s *kexin.Schema) *Mill {
	return &Mill{org: org, ring: ring, ids: ids, customer: formOf(s.Object(kexin.Customer)), order: formOf(s.Object(kexin.Order))}
}

// Mill gives the transaction's own.
func (tx *Tx) mill() *Mill { return newMill(tx.Org, tx.ring, tx.s.ids, tx.s.schema) }

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
	leaves  []ledger.Hash
}

// Make draws the person's keys and makes all her rows.
func (m *Mill) Make(p *NewPerson, batch kexin.ID, at kexin.Instant) error {
	p.ID = m.ids.next(at)
	s, rows, err := m.person(p.Vals[kexin.CustType].S != "company", at)
	if err != nil {
		return err
	}
	x := &made{ring: m.ring, subject: rows}
	vals := withFigures(p.Vals, p.Orders)
	b := base{id: p.ID, owner: p.Owner, by: p.Permit.Actor().User, batch: batch}
	x.row = m.row(&m.customer, b, s, vals, at)
	x.leaves = append(x.leaves, ledger.Hash(m.digest(&m.customer, b.id, x.row)))
	x.keys = m.keys(x.keys, &m.customer, p.ID, vals)
	x.tokens = m.tokens(p.ID, p.Owner, vals)
	for _, o := range p.Orders {
		x.order(m, s, b, o, at)
	}
	p.made = x
	return nil
}

// person draws both keys and a tag.
func (m *Mill) person(human bool, at kexin.Instant) (*Subject, subjectRows, error) {
	s := &Subject{ID: m.ids.next(at)}
	rand.Read(s.Tag[:])
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
	row := m.row(&m.order, b, s, vals, at)
	x.orders = append(x.orders, row)
	x.leaves = append(x.leaves, ledger.Hash(m.digest(&m.order, b.id, row)))
	x.keys = m.keys(x.keys, &m.order, b.id, vals)
}

// row is one record in the order of the form's columns.
func (m *Mill) row(f *form, b base, s *Subject, vals Values, at kexin.Instant) []any {
	row := make([]any, 0, len(f.cols))
	row = append(row, m.org, b.id, s.ID, b.owner, b.state, int64(1), at, at, b.by, b.batch)
	for _, x := range f.fields {
		v := vals[x.ID]
		if x.Kind == kexin.KindRef && x.Rule.Ref != 0 {
			v = kexin.Num(int64(b.parent))
		}
		row = append(row, s.arg(x, b.id, v))
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

// keys appends the record_key rows.
func (m *Mill) keys(rows [][]any, f *form, id kexin.ID, vals Values) [][]any {
	from := len(rows)
	for _, k := range keysOf(f.o, vals) {
		for _, b := range vault.Indexes(m.ring, k.Kind, k.Canon) {
			if !hasKey(rows[from:], k.Kind, b.Idx) {
				rows = append(rows, []any{m.org, int64(k.Kind), append([]byte(nil), b.Idx[:]...), id, int64(f.o.Object), int64(k.Field), int64(b.KV)})
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

// tokens are the name_token rows of a customer.
func (m *Mill) tokens(id, owner kexin.ID, vals Values) [][]any {
	rows := make([][]any, 0, 12)
	add := func(tok int64) {
		for _, r := range rows {
			if r[1] == tok {
				return
			}
		}
		rows = append(rows, []any{m.org, tok, owner, id})
	}
	for _, t := range kind.NameTokens(vals[kexin.CustName].S) {
		for _, tok := range vault.Tokens(m.ring, t) {
			add(tok)
		}
	}
	for _, f := range [...]kexin.FieldID{kexin.CustPhone, kexin.CustPhones} {
		for _, p := range vals[f].Strings() {
			tail := kind.Tail(p)
			if tail == "" {
				continue
			}
			for _, tok := range vault.TailTokens(m.ring, tail) {
				add(tok)
			}
		}
	}
	return rows
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
	leaves                                                    []ledger.Hash
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
		{"subject", subjectCols, b.subjects}, {"subject_key", subjectKeyCols, b.keys}, {"customer", m.customer.cols, b.customers},
		{"sale_order", m.order.cols, b.orders}, {"record_key", keyCols, b.index}, {"name_token", tokenCols, b.tokens}, {"origin", originCols, b.origins},
	} {
		if err := tx.Bulk(t.table, t.cols, t.rows); err != nil {
			return err
		}
	}
	return nil
}
