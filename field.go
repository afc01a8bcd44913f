package kexin

import "fmt"

// An Object is a kind of record. The numbers stand in ciphertexts and ledger
// entries: never reuse one.
type Object uint32

// The built-in objects.
const (
	Customer  Object = 1 // 客户: a person or a company
	Contact   Object = 2 // 联系人: a person who acts for a customer
	Order     Object = 3 // 订单
	OrderLine Object = 4 // 订单行
	Deal      Object = 5 // 商机
	Visit     Object = 6 // 跟进: a call, a chat, a meeting, with what was said
	Task      Object = 7 // 待办
)

// A FieldID is stable for ever; names may change. Built-in fields are
// 1000·object + n.
type FieldID uint32

// A Class says how closely a field touches a person 资料级别. Zero is invalid.
type Class uint8

// The classes. Money is the amount part of transaction data, kept apart
// because positions see items without sums.
const (
	Basic       Class = iota + 1 // name, gender, region, source, owner, tags
	Reach                        // contact data: phone, WeChat, e-mail, address, birthday
	Transaction                  // orders, items, stage, need
	Amount                       // money
	Service                      // visits, tasks, remarks
	Sensitive                    // ID number, photo, payment, children: off unless enabled
)

// Classes are all classes in order of the matrix columns.
var Classes = [...]Class{Basic, Reach, Transaction, Amount, Service, Sensitive}

var classNames = [...]string{"", "basic", "contact", "transaction", "amount", "service", "sensitive"}

// String is the code used in the API, the catalogue and the ledger.
func (c Class) String() string {
	if int(c) < len(classNames) {
		return classNames[c]
	}
	return ""
}

// A Tier is the criminal-law tier of a field (law.md §7): the number of
// records from which giving it away is a crime. 0: no personal data.
type Tier uint16

// The tiers of law.md §7.
const (
	TierNone Tier = 0
	Tier50   Tier = 50   // property, finance, chat content, tracks
	Tier500  Tier = 500  // orders, lodging, health
	Tier5000 Tier = 5000 // name, phone, address
)

// A Retention names the row of law.Retentions that says how long a field is
// kept and what ends it. "" is invalid (RET-01).
type Retention string

// A Kind is the behaviour of a field: how it is parsed, normalised, masked and
// ordered. Package kind has one entry for each.
type Kind string

// The kinds.
const (
	KindName    Kind = "name"    // a person's or company's name
	KindText    Kind = "text"    // free text
	KindPhone   Kind = "phone"   // one or more numbers, E.164
	KindEmail   Kind = "email"   // one address, lower-case
	KindWeChat  Kind = "wechat"  // a WeChat id
	KindRegion  Kind = "region"  // six-digit division code (GB/T 2260)
	KindAddress Kind = "address" // what stands below the district
	KindDay     Kind = "day"     // a calendar day
	KindInstant Kind = "instant" // a moment
	KindMoney   Kind = "money"   // minor units
	KindNumber  Kind = "number"  // whole number
	KindChoice  Kind = "choice"  // one code of a closed list
	KindChoices Kind = "choices" // several codes of a closed list
	KindRef     Kind = "ref"     // id of another record or member
	KindUSCC    Kind = "uscc"    // unified social credit code (GB 32100)
)

// A Rule limits what a field accepts.
type Rule struct {
	Required bool     // must not be empty on create
	Max      int      // longest text in characters, 0 = the kind's own
	Choices  []string // codes of choice and choices
	Ref      Object   // what a ref points to; 0 = a member of staff
}

// A Field is one column of one object. Built-in and custom fields are this
// one struct.
type Field struct {
	ID        FieldID
	Object    Object
	Name      string // name in the API, and catalogue key "field.<object>.<name>"
	Kind      Kind
	Class     Class
	Tier      Tier
	Retention Retention
	Rule      Rule
	Sealed    bool // encrypted at rest under the person's key
	Filter    bool // may stand in a where
	Sort      bool // has the indexes to be sorted by
	Computed  bool // kept by the system; never written by hand
	List      bool // shown in the default list
}

// Validate checks that nothing that law or storage needs is missing.
func (f Field) Validate() error {
	switch {
	case f.ID == 0 || f.Object == 0 || f.Name == "" || f.Kind == "":
	case f.Class < Basic || f.Class > Sensitive:
	case f.Retention == "":
	case f.Sealed && (f.Filter || f.Sort):
	default:
		return nil
	}
	return &Error{Op: "field", Code: Invalid, Key: "error.field", Err: fmt.Errorf("field %d %s", f.ID, f.Name)}
}
