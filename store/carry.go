package store

import (
	"slices"
	"strings"

	"kexin"
	"kexin/gate"
	"kexin/internal/db"
	"kexin/kind"
	"kexin/ledger"
)

// carry keeps the heavy numbers of a customer in the transaction that changes
// them: orders and their sum, last contact, next contact.
func (tx *Tx) carry(o kexin.Object, id, parent kexin.ID, vals Values) error {
	switch o {
	case kexin.Order:
		return tx.sumOrders(parent)
	case kexin.OrderLine:
		return tx.sumLines(parent, id, vals)
	case kexin.Visit:
		return tx.noteVisit(parent, id, vals)
	}
	return nil
}

// atOnce is how many records one statement works out.
const atOnce = 512

// inParts gives ids in parts, each filled up with nobody's so that there are few
// texts of statements.
func inParts(ids []kexin.ID, fn func(part []kexin.ID) error) error {
	for part := range slices.Chunk(ids, atOnce) {
		part = slices.Clone(part)
		for n := len(part); n&(n-1) != 0; n++ {
			part = append(part, 0)
		}
		if err := fn(part); err != nil {
			return err
		}
	}
	return nil
}

// workOut sets figures of records of one merchant from what hangs on them.
func (tx *Tx) workOut(update string, ids []kexin.ID) error {
	return inParts(ids, func(part []kexin.ID) error {
		s := stmt{args: []any{tx.Org}}
		s.add(update + " WHERE org_id=$1 AND id IN ").list(part)
		_, err := tx.Exec(s.b.String(), s.args...)
		return err
	})
}

// hersOrders are the orders that count, of the customer that is worked out.
const hersOrders = " FROM sale_order o WHERE o.org_id=$1 AND o.customer_id=customer.id AND o.state=0 AND o.status<>'cancelled'"

// Figures that are kept of a customer, in the order of their columns. Day and
// moment are masked from the planner: it would go through all days of the
// merchant for the first that is hers, and not through what is hers.
var (
	orderFigures = [][2]string{
		{"orders", "(SELECT COUNT(*)" + hersOrders + ")"},
		{"sum", "(SELECT CAST(COALESCE(SUM(o.amount),0) AS BIGINT)" + hersOrders + ")"},
		{"first_on", "(SELECT COALESCE(MIN(o.ordered_on||''),'')" + hersOrders + ")"},
		{"last_on", "(SELECT COALESCE(MAX(o.ordered_on||''),'')" + hersOrders + ")"},
	}
	visitFigures = [][2]string{
		{"last_at", "(SELECT COALESCE(MAX(+v.at),0)" + hersVisits + ")"},
		{"hers_at", "(SELECT COALESCE(MAX(+v.at),0)" + hersVisits + " AND v.way IN (" + herWays + "))"},
	}
)

const hersVisits = " FROM visit v WHERE v.org_id=$1 AND v.customer_id=customer.id AND v.state=0"

// setting is the SET of these figures.
func setting(figures [][2]string) string {
	set := make([]string, len(figures))
	for i, f := range figures {
		set[i] = f[0] + "=" + f[1]
	}
	return " SET " + strings.Join(set, ",")
}

// sumOrders works out customers' order figures from the orders.
func (tx *Tx) sumOrders(customers ...kexin.ID) error {
	return tx.workOut("UPDATE customer"+setting(orderFigures), customers)
}

// sumLines works out the amount of a line that was written, nil for one taken
// away, and the order's, which is the sum of the lines left. Errors: invalid
// where either is more than an amount of money can be.
func (tx *Tx) sumLines(order, line kexin.ID, vals Values) error {
	if vals != nil {
		n, ok := kind.Times(vals[kexin.LineQty].N, vals[kexin.LinePrice].N)
		if !ok {
			return lineLarge()
		}
		if _, err := tx.Exec("UPDATE order_line SET amount=$3 WHERE org_id=$1 AND id=$2", tx.Org, line, n); err != nil {
			return err
		}
	}
	if err := tx.sumOrder(order); err != nil {
		return err
	}
	f, err := tx.parentOf(kexin.Order, order)
	if err != nil {
		return err
	}
	return tx.sumOrders(f)
}

func lineLarge() error {
	return &kexin.Error{Op: "store.lines", Code: kexin.Invalid, Key: "error.line_large", Field: "qty"}
}

// linesSum is what the lines of an order come to.
const linesSum = "(SELECT CAST(COALESCE(SUM(l.amount),0) AS BIGINT) FROM order_line l WHERE l.org_id=$1 AND l.order_id=sale_order.id AND l.state=0)"

// sumOrder makes the amounts of orders the sums of their lines.
func (tx *Tx) sumOrder(orders ...kexin.ID) error {
	if err := tx.workOut("UPDATE sale_order SET amount="+linesSum, orders); err != nil {
		return err
	}
	return inParts(orders, func(part []kexin.ID) error {
		s := stmt{args: []any{tx.Org}}
		s.add("SELECT COALESCE(MAX(amount),0),COALESCE(MIN(amount),0) FROM sale_order WHERE org_id=$1 AND id IN ").list(part)
		var most, least int64
		err := tx.Row(s.b.String(), s.args...).Scan(&most, &least)
		for _, n := range []int64{most, least} {
			if _, ok := kind.Times(n, 1); err == nil && !ok {
				err = lineLarge()
			}
		}
		return err
	})
}

// unlined refuses to change the amount of an order that has lines: it is their
// sum.
func (tx *Tx) unlined(order kexin.ID) error {
	var n int
	err := tx.Row("SELECT COUNT(*) FROM order_line WHERE org_id=$1 AND order_id=$2 AND state=0", tx.Org, order).Scan(&n)
	if err == nil && n > 0 {
		err = &kexin.Error{Op: "store.edit", Code: kexin.Invalid, Key: "error.amount_lines", Field: "amount"}
	}
	return err
}

// parentOf is the customer an order belongs to.
func (tx *Tx) parentOf(o kexin.Object, id kexin.ID) (p kexin.ID, err error) {
	err = tx.Row("SELECT "+parents[o]+" FROM "+tables[o]+" WHERE org_id=$1 AND id=$2", tx.Org, id).Scan(&p)
	return p, err
}

// noteVisit keeps the last contact and sets the next one, which the newest
// follow-up says: a newer one without a next date clears one that was due
// within a day, and an older one that is put right later changes nothing.
func (tx *Tx) noteVisit(customer, id kexin.ID, vals Values) error {
	if vals == nil {
		return tx.forgetVisit(customer, id)
	}
	_, err := tx.Exec(`UPDATE customer SET next_at=CASE WHEN last_at>CAST($3 AS BIGINT) THEN next_at WHEN CAST($4 AS BIGINT)>0 THEN CAST($4 AS BIGINT)
 WHEN next_at<=CAST($5 AS BIGINT) THEN 0 ELSE next_at END WHERE org_id=$1 AND id=$2`,
		tx.Org, customer, vals[kexin.VisitAt].N, vals[kexin.VisitNextAt].N, int64(tx.Now)+kexin.DayMS)
	if err != nil {
		return err
	}
	return tx.rebuildLast(customer)
}

// forgetVisit puts a customer back as if a follow-up had not been: where the
// next date was its word, the newest of those left says it again.
func (tx *Tx) forgetVisit(customer, id kexin.ID) error {
	_, err := tx.Exec(`UPDATE customer SET next_at=COALESCE((SELECT v.next_at FROM visit v WHERE v.org_id=$1 AND v.customer_id=$2 AND v.state=0 ORDER BY +v.at DESC,v.id DESC LIMIT 1),0)
 WHERE org_id=$1 AND id=$2 AND next_at=(SELECT d.next_at FROM visit d WHERE d.org_id=$1 AND d.id=$3)
 AND last_at=(SELECT d.at FROM visit d WHERE d.org_id=$1 AND d.id=$3)`, tx.Org, customer, id)
	if err != nil {
		return err
	}
	return tx.rebuildLast(customer)
}

// rebuildLast works out customers' last contact, and the last that was of their
// doing.
func (tx *Tx) rebuildLast(customers ...kexin.ID) error {
	return tx.workOut("UPDATE customer"+setting(visitFigures), customers)
}

// herWays are the codes of kexin.HerWays as SQL.
var herWays = "'" + strings.Join(kexin.HerWays, "','") + "'"

// Move gives a customer, with everything that hangs on it, to another owner.
func (tx *Tx) Move(p *gate.Permit, to kexin.ID) error {
	if err := tx.checkWrite(p, kexin.ActMove, nil); err != nil {
		return err
	}
	if p.Object().Object != kexin.Customer || !p.Scope().Has(to) {
		return &kexin.Error{Op: "store.move", Code: kexin.Invalid, Key: "error.owner", Field: "owner"}
	}
	old, err := tx.stored(p.Object(), p.Record())
	if err != nil || old.owner == to {
		return err
	}
	if err := tx.moveRows(old, to); err != nil {
		return err
	}
	return tx.logWrite(p, old.subject, &ledger.RecordMoved{Object: kexin.Customer, From: old.owner, To: to, Why: "hand"}, old.id, old.digest, old.digest)
}

// moveRows moves the customer, its contacts with their tokens, and the rows
// below. A task that somebody else was given stays with him.
func (tx *Tx) moveRows(old *stored, to kexin.ID) error {
	if err := tx.moveTokens(kexin.Customer, old, to); err != nil {
		return err
	}
	contacts, err := tx.idList("SELECT id FROM contact WHERE org_id=$1 AND customer_id=$2", tx.Org, old.id)
	if err != nil {
		return err
	}
	for _, id := range contacts {
		c, err := tx.stored(tx.s.schema.Object(kexin.Contact), id)
		if err == nil {
			err = tx.moveTokens(kexin.Contact, c, to)
		}
		if err != nil {
			return err
		}
	}
	if _, err := tx.Exec("UPDATE customer SET owner_id=$3,rev=rev+1,edited_at=$4 WHERE org_id=$1 AND id=$2", tx.Org, old.id, to, tx.Now); err != nil {
		return err
	}
	if _, err := tx.Exec("UPDATE order_line SET owner_id=$3 WHERE org_id=$1 AND order_id IN (SELECT id FROM sale_order WHERE org_id=$1 AND customer_id=$2)", tx.Org, old.id, to); err != nil {
		return err
	}
	for _, t := range []string{"contact", "sale_order", "deal", "visit", "task"} {
		if _, err := tx.Exec("UPDATE "+t+" SET owner_id=$3 WHERE org_id=$1 AND customer_id=$2 AND owner_id=$4", tx.Org, old.id, to, old.owner); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) moveTokens(of kexin.Object, r *stored, to kexin.ID) error {
	o := tx.s.schema.Object(of)
	if err := tx.dropTokens(o, r.id, r.owner, r.vals); err != nil {
		return err
	}
	return tx.Bulk("name_token", tokenCols, tx.mill().tokenRows(o, r.id, to, r.vals))
}

// idList collects a column of ids.
func (tx *Tx) idList(q string, args ...any) (out []kexin.ID, err error) {
	err = tx.Each(q, args, func(r *db.Rows) error {
		var id kexin.ID
		defer func() { out = append(out, id) }()
		return r.Scan(&id)
	})
	return out, err
}
