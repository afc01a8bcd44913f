package intake

import (
	"iter"
	"slices"
	"strings"

	"kexin"
)

// In a list of orders many shops write the order and the customer on the first
// line only, and under it the goods alone. A row continues the order above where
//
//   - it names goods,
//   - it says nothing of a customer, and no order number or the one above,
//   - and it stands right under a row of that order: no blank line, line of
//     totals or repeated header lies between, for behind those nobody can tell
//     whose the goods are.
//
// Under fills what tells the order and its customer into such rows, so that each
// says by itself what it is: in the import, in what is kept of it, and in the
// file of refused rows. All other cells stay as they are. In that file, when it
// comes back, no row continues another: what lay between them is not there.
func Under(rows iter.Seq2[Row, error], g Guess, targets []Target, o kexin.Object) iter.Seq2[Row, error] {
	u := newUnder(targets)
	if o != kexin.Order || g.Refused || len(u.no) == 0 || len(u.goods) == 0 || len(u.whose) == 0 {
		return rows
	}
	return func(yield func(Row, error) bool) {
		for row, err := range rows {
			if err == nil {
				row = u.next(row)
			}
			if !yield(row, err) {
				return
			}
		}
	}
}

// An under is the columns that matter, and the row that began the order above.
type under struct {
	whose, no, on, goods []int
	head                 []string // nil where no order is above
}

func newUnder(targets []Target) *under {
	u := &under{}
	for _, t := range targets {
		switch {
		case t.Role == RoleOf:
			u.whose = append(u.whose, t.Column)
		case t.Role == RoleField && t.Field == kexin.OrdNo:
			u.no = append(u.no, t.Column)
		case t.Role == RoleField && t.Field == kexin.OrdOn:
			u.on = append(u.on, t.Column)
		case t.Role == RoleLine && t.Field == kexin.LineItem:
			u.goods = append(u.goods, t.Column)
		}
	}
	return u
}

// next gives a row with what it leaves out.
func (u *under) next(row Row) Row {
	if row.apart {
		u.head = nil
	}
	no, whose, goods := said(row.Cells, u.no), said(row.Cells, u.whose), said(row.Cells, u.goods)
	switch {
	case row.Skip != "":
		u.head = nil
	case u.head != nil && goods != "" && !totalWord([]byte(goods)) && whose == "" && (no == "" || narrow(no) == narrow(said(u.head, u.no))):
		row.Cells = slices.Clone(row.Cells)
		for _, c := range slices.Concat(u.whose, u.no, u.on) {
			if c < len(row.Cells) && c < len(u.head) && strings.TrimSpace(row.Cells[c]) == "" {
				row.Cells[c] = u.head[c]
			}
		}
	case no != "" || whose != "":
		u.head = row.Cells
	default:
		u.head = nil
	}
	return row
}

// said is the first of some cells that says anything.
func said(cells []string, columns []int) string {
	for _, c := range columns {
		if c < len(cells) {
			if s := strings.TrimSpace(cells[c]); s != "" {
				return s
			}
		}
	}
	return ""
}
