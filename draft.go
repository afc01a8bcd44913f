package kexin

// A Draft is one record on its way in: values by field, before and after
// kind.Normalise.
type Draft struct {
	Object Object
	Row    int // data row, from 1 under the first header
	Values map[FieldID]Value
	Keys   []Key
	Issues []Issue
}

// A Key is what a value can be found by: a kind of key and its canonical
// form, not yet hashed.
type Key struct {
	Kind  KeyKind
	Canon string
	Field FieldID
}

// Same reports whether two are one address or number, in whatever field.
func (k Key) Same(other Key) bool { return k.Kind == other.Kind && k.Canon == other.Canon }

// A KeyKind is one family of blind indexes; the numbers stand in them.
type KeyKind uint8

// The families.
const (
	KeyPhone  KeyKind = 1 // E.164
	KeyEmail  KeyKind = 2 // lower-case NFKC
	KeyWeChat KeyKind = 3 // lower-case
	KeyUSCC   KeyKind = 4 // upper-case
	KeyEstate KeyKind = 5 // region code + normalised estate
	KeyOrder  KeyKind = 6 // the shop's own order number
)

// An Issue is something about one value that a person should know. Fatal
// issues refuse the row.
type Issue struct {
	Field FieldID
	Code  string // catalogue key "issue.<code>"
	Fatal bool
}

// An Outcome is what became of one row of an import; the outcomes of a batch
// add up to the rows read.
type Outcome string

// The outcomes.
const (
	OutNew       Outcome = "new"       // 新增
	OutSame      Outcome = "same"      // 同一人: merged into a record that is there
	OutUnchanged Outcome = "unchanged" // 没变化
	OutReview    Outcome = "review"    // 等您判断
	OutRefused   Outcome = "refused"   // 没导入
	OutAside     Outcome = "aside"     // 封存: no source, nobody sees it
)

// Outcomes are all outcomes in the order they are shown.
var Outcomes = [...]Outcome{OutNew, OutSame, OutUnchanged, OutReview, OutRefused, OutAside}

// A SourceKind says where the rows of an import come from 来源. The lawful
// ones are a closed list; package law has both lists and the reasons.
type SourceKind string

// The lawful kinds of source (IMP-02).
const (
	FromPOS       SourceKind = "own_pos"
	FromForm      SourceKind = "own_form"
	FromVisit     SourceKind = "own_visit"
	FromWeChat    SourceKind = "own_wechat_1to1"
	FromMigration SourceKind = "migration_own_crm"
	FromReferral  SourceKind = "referral_consented"
	FromPublic    SourceKind = "public_web"
)
