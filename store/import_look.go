package store

import (
	"kexin"
	"kexin/gate"
	"kexin/internal/db"
	"kexin/vault"
)

// lookMost is how many keys one statement asks for, and how many holders of
// one key are looked at: the oldest.
const (
	lookMost    = 512
	holdersMost = 50
)

// blobs writes "col is one of these". PostgreSQL is given one list, which it
// looks each value up in; SQLite as many values as one of few lengths holds, so
// that the number of different statements stays small.
func (tx *Tx) blobs(s *stmt, col string, list [][]byte) *stmt {
	if tx.s.db.Postgres() {
		return s.add(col + "=ANY(").arg(list).add(")")
	}
	n := 8
	for n < len(list) {
		n *= 8
	}
	s.add(col + " IN (")
	for i := range n {
		if i > 0 {
			s.add(",")
		}
		s.arg(list[min(i, len(list)-1)])
	}
	return s.add(")")
}

// Holders gives the customers that hold each key, oldest first and at most
// fifty; of an order number, the customer of the order. It is for matching,
// without a person's permit: the leave names the fields.
func (tx *Tx) Holders(sys gate.System, keys []kexin.Key) ([][]kexin.ID, error) {
	out := make([][]kexin.ID, len(keys))
	kinds := map[kexin.KeyKind]*asked{}
	for i, k := range keys {
		if !sys.Allows(k.Field) {
			return nil, &kexin.Error{Op: "store.holders", Code: kexin.Internal, Key: "error.permit"}
		}
		a := kinds[k.Kind]
		if a == nil {
			a = &asked{at: make(map[[16]byte]int, len(keys))}
			kinds[k.Kind] = a
		}
		for _, b := range vault.Indexes(tx.ring, k.Kind, k.Canon) {
			a.add(b.Idx, i)
		}
	}
	for k, a := range kinds {
		for from := 0; from < len(a.list); from += lookMost {
			if err := tx.holders(k, a, a.list[from:min(from+lookMost, len(a.list))], out); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// asked are the keys of one family by their blind index. Two keys may share
// one: the same phone in two rows.
type asked struct {
	list [][]byte
	at   map[[16]byte]int // index into where
	keys [][]int
}

func (a *asked) add(idx [16]byte, key int) {
	n, ok := a.at[idx]
	if !ok {
		n = len(a.keys)
		a.at[idx] = n
		a.list = append(a.list, append([]byte(nil), idx[:]...))
		a.keys = append(a.keys, nil)
	}
	a.keys[n] = append(a.keys[n], key)
}

// holders asks for some keys of one family. Where one of them has very many
// holders, each is asked for by itself.
func (tx *Tx) holders(k kexin.KeyKind, a *asked, idx [][]byte, out [][]kexin.ID) error {
	const most = 4 * lookMost
	full, err := tx.holdersOf(k, a, idx, out, most)
	if err != nil || !full {
		return err
	}
	for _, x := range idx {
		for _, i := range a.keys[a.at[[16]byte(x)]] {
			out[i] = nil
		}
	}
	for _, x := range idx {
		if _, err := tx.holdersOf(k, a, [][]byte{x}, out, holdersMost); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) holdersOf(k kexin.KeyKind, a *asked, idx [][]byte, out [][]kexin.ID, most int) (full bool, err error) {
	var s stmt
	if k == kexin.KeyOrder {
		s.add("SELECT r.idx,o.customer_id FROM record_key r" + tx.s.db.LookUp() + "sale_order o ON o.org_id=r.org_id AND o.id=r.record_id AND o.state=0 WHERE r.object=3")
	} else {
		s.add("SELECT r.idx,r.record_id FROM record_key r WHERE r.object=1")
	}
	s.add(" AND r.org_id=").arg(tx.Org).add(" AND r.kind=").arg(int64(k)).add(" AND ")
	tx.blobs(&s, "r.idx", idx)
	s.add(" ORDER BY r.record_id LIMIT ").arg(most)
	n := 0
	err = tx.Each(s.b.String(), s.args, func(r *db.Rows) error {
		var b []byte
		var id kexin.ID
		if err := r.Scan(&b, &id); err != nil {
			return err
		}
		n++
		for _, i := range a.keys[a.at[[16]byte(b)]] {
			if len(out[i]) < holdersMost {
				out[i] = append(out[i], id)
			}
		}
		return nil
	})
	return n >= most, err
}

// A Known is a customer that a row may be about, read for matching and for
// adding what the row knows. It never leaves the import.
type Known struct {
	gate.Facts
	Rev     int64
	Vals    Values
	Orders  []KnownOrder
	Origins []Origin // kind, day and way only
	stored  *stored
}

// A KnownOrder is what tells one order of a customer from another.
type KnownOrder struct {
	No     string
	On     kexin.Day
	Amount int64
}

// Knowns reads customers for matching, with their orders and origins. Those
// that are gone, erased or merged away are left out.
func (tx *Tx) Knowns(sys gate.System, ids []kexin.ID) (map[kexin.ID]*Known, error) {
	out := make(map[kexin.ID]*Known, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	o := tx.s.schema.Object(kexin.Customer)
	for _, f := range fieldCols(o) {
		if f.Sealed && !sys.Allows(f.ID) {
			return nil, &kexin.Error{Op: "store.knowns", Code: kexin.Internal, Key: "error.permit"}
		}
	}
	if err := tx.knownRows(o, ids, out); err != nil {
		return nil, err
	}
	if err := tx.knownOrigins(ids, out); err != nil {
		return nil, err
	}
	return out, tx.knownOrders(ids, out)
}

func (tx *Tx) knownRows(o *kexin.ObjectDef, ids []kexin.ID, out map[kexin.ID]*Known) error {
	return tx.wholeRows(o, "id", ids, gate.Restricted, func(r *stored) {
		out[r.id] = &Known{Facts: r.facts(), Rev: r.rev, Vals: r.vals, stored: r}
	})
}

func (r *stored) facts() gate.Facts {
	return gate.Facts{ID: r.id, Owner: r.owner, State: r.state, Subject: r.subject.ID}
}

// wholeRows reads records of an object whole, by a column and up to a state,
// with the key of the person each is about.
func (tx *Tx) wholeRows(o *kexin.ObjectDef, by string, ids []kexin.ID, state int64, take func(*stored)) error {
	parent := "0"
	if p := parents[o.Object]; p != "" {
		parent = "c." + p
	}
	var s stmt
	s.add("SELECT c.id,c.rev,c.state,c.owner_id,c.subject_id,k.gen,k.wrap_ver,k.wrapped," + parent)
	fields := fieldCols(o)
	for _, f := range fields {
		s.add(",c." + column(f))
	}
	s.add(" FROM " + tables[o.Object] + " c" + tx.s.db.PerRow("k.gen,k.wrap_ver,k.wrapped", "subject_key", "k.org_id=c.org_id AND k.subject_id=c.subject_id AND k.part=1") + " WHERE c.org_id=").arg(tx.Org).
		add(" AND c.state<=").arg(state).add(" AND ")
	in, arg := tx.s.db.InIDs("c."+by, ids, len(s.args)+1)
	s.add(in)
	s.args = append(s.args, arg)
	return tx.Each(s.b.String(), s.args, func(r *db.Rows) error {
		x, err := tx.scanWhole(r, fields)
		if err == nil {
			take(x)
		}
		return err
	})
}

// scanWhole reads one row in the order of wholeRows.
func (tx *Tx) scanWhole(r *db.Rows, fields []*kexin.Field) (*stored, error) {
	x := &stored{}
	c := columnsOf(fields)
	var subject kexin.ID
	var gen, ver int64
	var wrapped []byte
	if err := r.Scan(c.dest(&x.id, &x.rev, &x.state, &x.owner, &subject, &gen, &ver, &wrapped, &x.parent)...); err != nil {
		return nil, err
	}
	data := &vault.SubjectKey{}
	err := tx.dataKey(data, subject, gen, ver, wrapped)
	if err != nil {
		return nil, err
	}
	x.subject = &Subject{ID: subject, data: data}
	return x, x.fill(c)
}

// columns are where the columns of a record's fields are scanned to.
type columns struct {
	fields []*kexin.Field
	text   []string
	num    []int64
	sealed [][]byte
}

func columnsOf(fields []*kexin.Field) columns {
	return columns{fields, make([]string, len(fields)), make([]int64, len(fields)), make([][]byte, len(fields))}
}

// dest are the destinations of a row: what stands before the fields, then these.
func (c columns) dest(before ...any) []any {
	for i, f := range c.fields {
		switch shapeOf(f) {
		case asSealed:
			before = append(before, &c.sealed[i])
		case asNumber:
			before = append(before, &c.num[i])
		default:
			before = append(before, &c.text[i])
		}
	}
	return before
}

// fill makes values of scanned columns.
func (r *stored) fill(c columns) error {
	r.vals, r.before = Values{}, Values{}
	var ids []kexin.FieldID
	var cells [][]byte
	for i, f := range c.fields {
		v := plainValue(f, c.text[i], c.num[i])
		if f.Sealed {
			ids, cells = append(ids, f.ID), append(cells, c.sealed[i])
			var err error
			if v, err = r.unseal(f, c.sealed[i]); err != nil {
				return err
			}
		}
		if !v.Empty() {
			r.vals[f.ID], r.before[f.ID] = v, v
		}
	}
	r.digest = cellDigest(r.id, ids, cells)
	return nil
}

func (tx *Tx) knownOrigins(ids []kexin.ID, out map[kexin.ID]*Known) error {
	in, arg := tx.s.db.InIDs("customer_id", ids, 2)
	return tx.Each("SELECT customer_id,kind,day,way FROM origin WHERE org_id=$1 AND "+in, []any{tx.Org, arg}, func(r *db.Rows) error {
		var id kexin.ID
		var g Origin
		var day string
		if err := r.Scan(&id, &g.Kind, &day, &g.Way); err != nil {
			return err
		}
		g.Day = kexin.Day(day)
		if k := out[id]; k != nil {
			k.Origins = append(k.Origins, g)
		}
		return nil
	})
}

func (tx *Tx) knownOrders(ids []kexin.ID, out map[kexin.ID]*Known) error {
	no := tx.s.schema.Field(kexin.OrdNo)
	in, arg := tx.s.db.InIDs("customer_id", ids, 2)
	return tx.Each("SELECT id,customer_id,no_c,ordered_on,amount FROM sale_order WHERE org_id=$1 AND state=0 AND "+in, []any{tx.Org, arg}, func(r *db.Rows) error {
		var id, customer kexin.ID
		var sealed []byte
		var day string
		var x KnownOrder
		if err := r.Scan(&id, &customer, &sealed, &day, &x.Amount); err != nil {
			return err
		}
		k := out[customer]
		if k == nil {
			return nil
		}
		v, err := (&stored{id: id, subject: k.stored.subject}).unseal(no, sealed)
		x.No, x.On = v.S, kexin.Day(day)
		k.Orders = append(k.Orders, x)
		return err
	})
}
