package store

import (
	"strconv"
	"strings"

	"kexin"
	"kexin/gate"
)

// manyOwners is up to how many owners a scope is read as one branch each,
// merged; beyond it the order's own index is walked and owners are filtered.
const manyOwners = 32

// searchCap is how many hits of a name are looked through.
const searchCap = 2000

// A stmt collects SQL text and its arguments in step.
type stmt struct {
	b    strings.Builder
	args []any
}

func (s *stmt) add(text string) *stmt {
	s.b.WriteString(text)
	return s
}

// arg writes the next placeholder.
func (s *stmt) arg(v any) *stmt {
	s.args = append(s.args, v)
	return s.add("$" + strconv.Itoa(len(s.args)))
}

// list writes ($1,$2,…).
func (s *stmt) list(ids []kexin.ID) *stmt {
	s.add("(")
	for i, id := range ids {
		if i > 0 {
			s.add(",")
		}
		s.arg(id)
	}
	return s.add(")")
}

// A mark is where a page ended: the sort value and the id.
type mark struct {
	S  string
	N  int64
	ID kexin.ID
}

// finder turns a permit into SQL. It writes nothing that the permit does not
// hold.
type finder struct {
	p     *gate.Permit
	org   kexin.ID
	after *mark
	limit int
	toks  []int64
	join  string // db.LookUp
	row   string // db.RowKey
}

// ordered is the sort column, "" for the id alone.
func (f *finder) ordered() string {
	if s := f.p.Sort(); s != nil {
		return column(s)
	}
	return ""
}

func (f *finder) dir() string {
	if f.p.Query().Desc {
		return " DESC"
	}
	return ""
}

// order writes the ORDER BY of table alias c; a sort column is followed by the
// id in the same direction.
func (f *finder) order(s *stmt, alias string) {
	s.add(" ORDER BY ")
	if c := f.ordered(); c != "" {
		s.add(alias + c + f.dir() + ",")
	}
	s.add(alias + "id" + f.dir())
}

// where writes the conditions on table alias c that hold in every branch.
func (f *finder) where(s *stmt) {
	s.add(" WHERE c.org_id=").arg(f.org)
	states(s, f.p)
	if parent := f.p.Query().Parent; parent != 0 {
		s.add(" AND c." + parents[f.p.Object().Object] + "=").arg(parent)
	}
	for _, c := range f.p.Query().Where {
		f.cond(s, c)
	}
	f.beyond(s)
}

// cond writes one judged condition.
func (f *finder) cond(s *stmt, c kexin.Cond) {
	fd := condField(f.p, c.Field)
	col := "c." + column(fd)
	s.add(" AND ")
	switch c.Op {
	case kexin.Has:
		s.add(col + " LIKE ").arg("%|" + c.Values[0].S + "|%")
	case kexin.Empty:
		if shapeOf(fd) == asNumber {
			s.add(col + "=0")
		} else {
			s.add(col + "=''")
		}
	case kexin.In:
		s.add(col + " IN (")
		for i, v := range c.Values {
			if i > 0 {
				s.add(",")
			}
			s.arg(plainArg(fd, v))
		}
		s.add(")")
	case kexin.Eq:
		if fd.Kind == kexin.KindRegion {
			lo, hi := regionRange(c.Values[0].S)
			s.add(col + ">=").arg(lo).add(" AND " + col + "<").arg(hi)
			return
		}
		s.add(col + "=").arg(plainArg(fd, c.Values[0]))
	case kexin.Gte:
		s.add(col + ">=").arg(plainArg(fd, c.Values[0]))
	case kexin.Lte:
		s.add(col + "<=").arg(plainArg(fd, c.Values[0]))
		// no date is no early date: "due by now" asks for what is due
		switch fd.Kind {
		case kexin.KindInstant:
			s.add(" AND " + col + ">0")
		case kexin.KindDay:
			s.add(" AND " + col + ">''")
		}
	}
}

// regionRange covers a province, city or district code with what lies in it.
func regionRange(code string) (lo, hi string) {
	p := strings.TrimRight(code, "0")
	if len(p)%2 == 1 {
		p += "0"
	}
	return p, p + "~"
}

func condField(p *gate.Permit, id kexin.FieldID) *kexin.Field {
	for _, f := range p.Object().Fields {
		if f.ID == id {
			return f
		}
	}
	return nil
}

// past is the comparison that holds behind a mark.
func (f *finder) past() string {
	if f.p.Query().Desc {
		return "<"
	}
	return ">"
}

// beyond writes the keyset condition: behind the last row of the page before.
func (f *finder) beyond(s *stmt) {
	if f.after == nil {
		return
	}
	op := f.past()
	if c := f.ordered(); c != "" {
		v := any(f.after.N)
		if shapeOf(f.p.Sort()) == asText {
			v = f.after.S
		}
		s.add(" AND (c." + c + ",c.id)" + op + "(").arg(v).add(",").arg(f.after.ID).add(")")
		return
	}
	s.add(" AND c.id" + op).arg(f.after.ID)
}

// states writes the states of records c that lie inside the permit.
func states(s *stmt, p *gate.Permit) {
	if p.Restricted() {
		s.add(" AND c.state<=" + strconv.FormatInt(gate.Restricted, 10))
	} else {
		s.add(" AND c.state=" + strconv.FormatInt(gate.Active, 10))
	}
}

// owners writes the scope on a column of owners.
func owners(s *stmt, scope gate.Scope, col string) {
	switch {
	case scope.Every:
	case len(scope.Owners) == 1:
		s.add(" AND " + col + "=").arg(scope.Owners[0])
	default:
		s.add(" AND " + col + " IN ").list(scope.Owners)
	}
}

// hits writes the subquery that gives the ids of the page, at most limit+1, and
// where the rows lie.
func (f *finder) hits(s *stmt) {
	table, scope := tables[f.p.Object().Object], f.p.Scope()
	pick := "c.id,c." + f.row + " AS place"
	if c := f.ordered(); c != "" {
		pick += ",c." + c
	}
	if len(f.toks) > 0 {
		s.add("SELECT " + pick + " FROM (")
		f.named(s)
		s.add(") t" + f.join + table + " c ON c.org_id=").arg(f.org).add(" AND c.id=t.record_id")
		f.where(s)
		owners(s, scope, "c.owner_id")
		f.order(s, "c.")
		s.add(" LIMIT ").arg(f.limit + 1)
		return
	}
	if scope.Every || len(scope.Owners) == 1 || len(scope.Owners) > manyOwners || f.p.Query().Parent != 0 {
		s.add("SELECT " + pick + " FROM " + table + " c")
		f.where(s)
		owners(s, scope, "c.owner_id")
		f.order(s, "c.")
		s.add(" LIMIT ").arg(f.limit + 1)
		return
	}
	f.branches(s, pick, table, scope.Owners)
}

// branches reads each owner by his own index and merges: an OR or IN over
// owners would sort the whole scope.
func (f *finder) branches(s *stmt, pick, table string, ids []kexin.ID) {
	s.add("SELECT * FROM (")
	for i, o := range ids {
		if i > 0 {
			s.add(" UNION ALL ")
		}
		s.add("SELECT * FROM (SELECT " + pick + " FROM " + table + " c")
		f.where(s)
		s.add(" AND c.owner_id=").arg(o)
		f.order(s, "c.")
		s.add(" LIMIT ").arg(f.limit + 1).add(") b" + strconv.Itoa(i))
	}
	s.add(") m")
	f.order(s, "")
	s.add(" LIMIT ").arg(f.limit + 1)
}

// named writes the candidates of a name or tail, every token of which must be
// there: in the order of ids, behind the mark where the page has that order.
func (f *finder) named(s *stmt) {
	s.add("SELECT t0.record_id FROM name_token t0 WHERE t0.org_id=").arg(f.org).add(" AND t0.tok=").arg(f.toks[0])
	owners(s, f.p.Scope(), "t0.owner_id")
	for i, tok := range f.toks[1:] {
		t := "t" + strconv.Itoa(i+1)
		s.add(" AND EXISTS (SELECT 1 FROM name_token " + t + " WHERE " + t + ".org_id=t0.org_id AND " + t + ".tok=").arg(tok).
			add(" AND " + t + ".owner_id=t0.owner_id AND " + t + ".record_id=t0.record_id)")
	}
	dir := " DESC"
	if f.ordered() == "" {
		dir = f.dir()
		if f.after != nil {
			s.add(" AND t0.record_id" + f.past()).arg(f.after.ID)
		}
	}
	s.add(" ORDER BY t0.record_id" + dir + " LIMIT ").arg(searchCap + 1)
}

// among writes the statement for those of these records that the page may show,
// in order.
func (f *finder) among(s *stmt, ids []kexin.ID) {
	s.add("SELECT ")
	f.cells(s)
	s.add(" FROM " + tables[f.p.Object().Object] + " c")
	s.add(withKey)
	f.where(s)
	owners(s, f.p.Scope(), "c.owner_id")
	s.add(" AND c.id IN ").list(ids)
	f.order(s, "c.")
}

// page writes the whole statement: where the page's rows lie, which their index
// knows, then the rows with their keys, in order.
func (f *finder) page(s *stmt) {
	s.add("SELECT ")
	f.cells(s)
	s.add(" FROM (")
	f.hits(s)
	s.add(") h" + f.join + tables[f.p.Object().Object] + " c ON c.org_id=").arg(f.org).add(" AND c." + f.row + "=h.place")
	s.add(withKey)
	f.order(s, "c.")
}

// single writes the statement for one record.
func (f *finder) single(s *stmt) {
	s.add("SELECT ")
	f.cells(s)
	s.add(" FROM " + tables[f.p.Object().Object] + " c")
	s.add(withKey)
	s.add(" WHERE c.org_id=").arg(f.org).add(" AND c.id=").arg(f.p.Record())
}

// withKey joins the person's data key; a company has none.
const withKey = " LEFT JOIN subject_key k ON k.org_id=c.org_id AND k.subject_id=c.subject_id AND k.part=1"

// head is what every row brings before its cells.
const head = "c.id,c.rev,c.owner_id,c.subject_id,k.gen,k.wrap_ver,k.wrapped"

// flagOf is the column behind the head: whether a text of the record is flagged.
func flagOf(o kexin.Object) string {
	if flaggedTables[o] {
		return ",c.flagged"
	}
	return ",FALSE"
}

// cells writes the columns: the head, whether a text is flagged, and the
// fields. A field of which nothing may be seen on any row is not read.
func (f *finder) cells(s *stmt) {
	s.add(head + flagOf(f.p.Object().Object))
	if c := f.ordered(); c != "" {
		s.add(",c." + c)
	}
	for i := range f.p.Cells() {
		s.add(",")
		if f.unread(i) {
			s.add("NULL")
			continue
		}
		s.add("c." + column(f.p.Field(i)))
	}
}

// unread reports that no row of the permit shows anything of cell i.
func (f *finder) unread(i int) bool {
	return f.p.Need(i, true, false) == gate.Skip && f.p.Need(i, false, false) == gate.Skip
}
