package kexin

// A Scene is a set of records by relation 场景. A position's ceiling may make
// it narrower, never wider.
type Scene string

// The scenes.
const (
	Mine    Scene = "mine"    // 我的
	Dept    Scene = "dept"    // 本部门
	Subtree Scene = "subtree" // 本部门及下级
	All     Scene = "all"     // 全部
)

// An Op compares in a condition.
type Op string

// The operators.
const (
	Eq    Op = "eq"
	In    Op = "in"
	Gte   Op = "gte"
	Lte   Op = "lte"
	Has   Op = "has"   // choices: contains this one
	Empty Op = "empty" // nothing there
)

// A Cond is one condition; a query's conditions are joined by AND.
type Cond struct {
	Field  FieldID
	Op     Op
	Values []Value
}

// A Query is what an actor asks. The gate judges it whole, before any SQL.
type Query struct {
	Act    Act
	Object Object
	Record ID        // get, edit, reveal, contact
	Scene  Scene     // "" = the position's default
	Fields []FieldID // to read, or to write; empty = those of the default list or record
	Where  []Cond
	Search string // two characters of a name, last four digits, or a whole phone
	Sort   FieldID
	Desc   bool
	After  string  // sealed cursor
	Limit  int     // 0 = 50
	Parent ID      // records of this customer only
	Group  FieldID // count by this field
	Sum    FieldID // and add this amount up
}

// A Level is how much of a cell may be seen.
type Level uint8

// The levels, from nothing to everything.
const (
	Nothing Level = iota // not even that there is something
	Exists               // that there is something
	Masked               // the kind's mask
	Clear                // the value
)

var levelNames = [...]string{"none", "exists", "masked", "clear"}

// String is the code used in the API and the ledger.
func (l Level) String() string { return levelNames[l] }

// A Reason says why a cell is not clear and what to do next: a code with a
// catalogue sentence "reason.<code>".
type Reason struct {
	Code   string            `json:"code"`
	Rule   string            `json:"rule"` // matrix:position/class@version, or consent, agreement
	Args   map[string]string `json:"args,omitempty"`
	CanAsk bool              `json:"canAsk"` // a reveal may be asked for
}

// A Cell is one value as the actor may see it. Only the gate's mask makes
// one, so a Cell is always fit to be sent.
type Cell struct {
	Value  Value
	Level  Level
	Reason int // 1-based index into the page's reasons; 0 = clear
}

// A View is one record as the actor may see it: cells in the order of the
// page's fields.
type View struct {
	Own   bool // the actor is its owner
	ID    ID
	Rev   int64
	Cells []Cell
}

// A Page is an answer to list or get.
type Page struct {
	Fields  []*Field
	Reasons []Reason
	Rows    []View
	Next    string // sealed cursor, "" at the end
}
