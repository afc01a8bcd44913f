package store

import (
	"math"
	"strings"

	"kexin"
	"kexin/gate"
)

// Kept figures 合计 are counts and sums that stand beside rows so that no list
// has to work them out: of an order what its lines come to, of a customer her
// orders, their sum, first and last day, her last contact and the last of her own
// doing.

// KeptFigures are the fields that hold one of these, by object, in the order in
// which they follow from each other.
var KeptFigures = []struct {
	Object kexin.Object
	Fields []kexin.FieldID
}{
	{kexin.Order, []kexin.FieldID{kexin.OrdAmount}},
	{kexin.Customer, []kexin.FieldID{kexin.CustOrders, kexin.CustSum, kexin.CustFirstOn, kexin.CustLastOn, kexin.CustLastAt}},
}

// Refigure compares the kept figures of the next active records of an object behind an
// id with what their rows say, and mends those that differ. It gives how many did
// and the last id looked at, 0 where there are no more records.
func (tx *Tx) Refigure(sys gate.System, o kexin.Object, after kexin.ID, most int) (wrong int, last kexin.ID, err error) {
	for _, k := range KeptFigures {
		for _, f := range k.Fields {
			if k.Object == o && (sys.Job() != gate.Rebuild || !sys.Allows(f)) {
				return 0, 0, &kexin.Error{Op: "store.refigure", Code: kexin.Internal, Key: "error.permit"}
			}
		}
	}
	ids, err := tx.idList("SELECT id FROM "+tables[o]+" WHERE org_id=$1 AND id>$2 AND state=0 ORDER BY id LIMIT $3", tx.Org, after, most)
	if err != nil || len(ids) == 0 {
		return 0, 0, err
	}
	last = ids[len(ids)-1]
	ids, err = tx.misfigured(o, after, last)
	switch {
	case err != nil:
	case o == kexin.Order:
		err = tx.sumOrder(ids...)
	default:
		if err = tx.sumOrders(ids...); err == nil {
			err = tx.rebuildLast(ids...)
		}
	}
	return len(ids), last, err
}

// misfigured are the active records behind an id, up to last, whose kept figures
// are not what their rows come to.
func (tx *Tx) misfigured(o kexin.Object, after, last kexin.ID) ([]kexin.ID, error) {
	differs := "EXISTS(SELECT 1 FROM order_line x WHERE x.org_id=$1 AND x.order_id=sale_order.id AND x.state=0) AND amount<>" + linesSum
	if o == kexin.Customer {
		var any []string
		for _, f := range append(orderFigures[:len(orderFigures):len(orderFigures)], visitFigures...) {
			any = append(any, f[0]+"<>"+f[1])
		}
		differs = strings.Join(any, " OR ")
	}
	return tx.idList("SELECT id FROM "+tables[o]+" WHERE org_id=$1 AND id>$2 AND id<=$3 AND state=0 AND ("+differs+")", tx.Org, after, last)
}

// figures names the records whose kept figures are not what their rows come to.
func (c *deepCheck) figures() error {
	for _, k := range KeptFigures {
		ids, err := c.tx.misfigured(k.Object, 0, math.MaxInt64)
		if err != nil {
			return err
		}
		for _, id := range ids {
			c.fault("figures", "table", tables[k.Object], "row", id.String())
		}
	}
	return nil
}
