package intake

import (
	"slices"
	"strconv"
	"strings"

	"kexin"
)

// A Role says where a column's values go.
type Role string

// The roles.
const (
	RoleSkip  Role = "skip"  // not read
	RoleField Role = "field" // a field of the list's object
	RoleOrder Role = "order" // in a list of customers: a field of her order
	RoleLine  Role = "line"  // in a list of orders: a field of the order's line
	RoleOf    Role = "of"    // in every other list: what the customer is found by
	RoleOwner Role = "owner" // the colleague in charge, by name (CustOwner, TaskOwner)
	RoleWay   Role = "way"   // how she came 登记方式 (CustSource)
	RoleWhen  Role = "when"  // when she came 登记日期 (CustSourceOn)
)

// Lists are the objects whose records a list may hold, the usual one first.
// One of orders has a row for each line.
var Lists = []kexin.Object{kexin.Customer, kexin.Contact, kexin.Order, kexin.Deal, kexin.Visit, kexin.Task}

// A Target is what one column is.
type Target struct {
	Column int // Column.Index
	Field  kexin.FieldID
	Role   Role
	Label  string // the header, said before a value that goes to the remark; "" for a remark
	Unit   string // what a bare number in a part of an address lacks: 栋, 单元, 室
	Why    string // RoleSkip: catalogue key of the reason; else ByHeader or ByContent
}

// How a target was found.
const (
	ByHeader  = "header"
	ByContent = "content"
)

// The reasons for RoleSkip, catalogue keys.
const (
	SkipSensitive = "intake.skip_sensitive" // identity, bank, children: must not be read
	SkipOther     = "intake.skip_other"     // another person's data
	SkipNumber    = "intake.skip_number"    // running number
	SkipComputed  = "intake.skip_computed"  // kept by Kexin itself
	SkipUnused    = "intake.skip_unused"    // no purpose
	SkipSecond    = "intake.skip_second"    // another column has this already
	SkipUnknown   = "intake.skip_unknown"   // not recognised: please choose
)

// Reasons are the keys of Target.Why, for the test of the catalogue.
func Reasons() []string {
	return []string{SkipSensitive, SkipOther, SkipNumber, SkipComputed, SkipUnused, SkipSecond, SkipUnknown}
}

// places says where each concept goes in a list of customers; those with a
// reason are skipped.
var places = map[concept]Target{
	cName:        {Role: RoleField, Field: kexin.CustName},
	cHolder:      {Role: RoleField, Field: kexin.CustName},
	cPhone:       {Role: RoleField, Field: kexin.CustPhone},
	cPhones:      {Role: RoleField, Field: kexin.CustPhones},
	cWeChat:      {Role: RoleField, Field: kexin.CustWeChat},
	cEmail:       {Role: RoleField, Field: kexin.CustEmail},
	cGender:      {Role: RoleField, Field: kexin.CustGender},
	cSalut:       {Role: RoleField, Field: kexin.CustSalut},
	cRegion:      {Role: RoleField, Field: kexin.CustRegion},
	cAddress:     {Role: RoleField, Field: kexin.CustAddress},
	cEstate:      {Role: RoleField, Field: kexin.CustAddress},
	cBuilding:    {Role: RoleField, Field: kexin.CustAddress, Unit: "栋"},
	cUnit:        {Role: RoleField, Field: kexin.CustAddress, Unit: "单元"},
	cRoom:        {Role: RoleField, Field: kexin.CustAddress, Unit: "室"},
	cArea:        {Role: RoleField, Field: kexin.CustRemark},
	cHandover:    {Role: RoleField, Field: kexin.CustRemark},
	cHome:        {Role: RoleField, Field: kexin.CustRemark},
	cLog:         {Role: RoleField, Field: kexin.CustRemark},
	cRemark:      {Role: RoleField, Field: kexin.CustRemark},
	cBirthday:    {Role: RoleField, Field: kexin.CustBirthday},
	cNeed:        {Role: RoleField, Field: kexin.CustNeed},
	cStage:       {Role: RoleField, Field: kexin.CustStage},
	cTags:        {Role: RoleField, Field: kexin.CustTags},
	cNextAt:      {Role: RoleField, Field: kexin.CustNextAt},
	cCompany:     {Role: RoleField, Field: kexin.CustName},
	cUSCC:        {Role: RoleField, Field: kexin.CustUSCC},
	cWay:         {Role: RoleWay, Field: kexin.CustSource},
	cCameOn:      {Role: RoleWhen, Field: kexin.CustSourceOn},
	cStaff:       {Role: RoleOwner, Field: kexin.CustOwner},
	cOrderNo:     {Role: RoleOrder, Field: kexin.OrdNo},
	cOrderOn:     {Role: RoleOrder, Field: kexin.OrdOn},
	cAmount:      {Role: RoleOrder, Field: kexin.OrdAmount},
	cOrderStatus: {Role: RoleOrder, Field: kexin.OrdStatus},
	cNumber:      {Role: RoleSkip, Why: SkipNumber},
	cComputed:    {Role: RoleSkip, Why: SkipComputed},
	cUnused:      {Role: RoleSkip, Why: SkipUnused},
	cOther:       {Role: RoleSkip, Why: SkipOther},
	cSensitive:   {Role: RoleSkip, Why: SkipSensitive},
}

// manyColumns are the fields that several columns may fill together.
func manyColumns(f *kexin.Field) bool {
	switch f.ID {
	case kexin.CustPhones, kexin.CustAddress, kexin.CustRegion, kexin.CustRemark, kexin.OrdRemark, kexin.DealRemark, kexin.LineItem, kexin.VisitNote, kexin.TaskTitle:
		return true
	}
	return f.Kind == kexin.KindChoices
}

// CheckMap refuses a mapping of a list of o that cannot be used: every fault
// with the path "columns.<index>" and its own key, all at once.
func CheckMap(g Guess, targets []Target, s *kexin.Schema, o kexin.Object) error {
	c := mapChecker{g: g, s: s, list: o, columns: map[int]bool{}, fields: map[kexin.FieldID]bool{}, of: map[kexin.FieldID]bool{}}
	for _, t := range targets {
		if key := c.check(t); key != "" {
			path := "columns." + strconv.Itoa(t.Column)
			c.faults = append(c.faults, kexin.FieldError{Path: path, Key: key, Args: map[string]string{"column": strconv.Itoa(t.Column + 1)}})
		}
	}
	switch {
	case o != kexin.Customer && !c.of[kexin.CustPhone] && !c.of[refOf[o]] && !(c.of[kexin.CustName] && c.of[kexin.CustAddress]):
		c.faults = append(c.faults, kexin.FieldError{Path: "columns", Key: keyMapWhose})
	case o == kexin.Customer && !c.fields[kexin.CustName] && !c.fields[kexin.CustPhone] && !c.fields[kexin.CustPhones]:
		c.faults = append(c.faults, kexin.FieldError{Path: "columns", Key: keyMapNobody})
	}
	if len(c.faults) == 0 {
		return nil
	}
	return &kexin.Error{Op: "intake.map", Code: kexin.Invalid, Key: c.faults[0].Key, Args: c.faults[0].Args, Fields: c.faults}
}

type mapChecker struct {
	g       Guess
	s       *kexin.Schema
	list    kexin.Object
	of      map[kexin.FieldID]bool // what the customer is found by
	columns map[int]bool
	fields  map[kexin.FieldID]bool
	faults  []kexin.FieldError
}

// check gives the key of a target's fault, "" for none.
func (c *mapChecker) check(t Target) string {
	column := c.column(t.Column)
	switch {
	case column == nil:
		return keyMapColumn
	case c.columns[t.Column]:
		return keyMapTwice
	}
	c.columns[t.Column] = true
	if t.Role == RoleSkip {
		return ""
	}
	f := c.s.Field(t.Field)
	switch {
	case unread(c.g, c.s, c.list, *column), sensitive(c.g, *column) && !(t.Role == RoleOf && t.Field == refOf[c.list]):
		return keyMapSensitive
	case f != nil && f.Class == kexin.Sensitive:
		return keyMapConsent
	case f == nil || !fits(t.Role, f, c.list):
		return keyMapField
	case c.fields[t.Field] && !manyColumns(f):
		return keyMapSingle
	}
	c.fields[t.Field] = true
	if t.Role == RoleOf {
		c.of[t.Field] = true
	}
	return ""
}

// column finds a column by its index, nil where there is none.
func (c *mapChecker) column(index int) *Column {
	for i := range c.g.Columns {
		if c.g.Columns[i].Index == index {
			return &c.g.Columns[i]
		}
	}
	return nil
}

// sensitive: a column that must not be read, by its header or by what is in
// it. Numbers of records may look like those of cards: a column that says so is
// read for them alone.
func sensitive(g Guess, c Column) bool {
	return conceptOf(c.Name) == cSensitive || share(g.Sample, c.Index, idLike) >= 0.5 || share(g.Sample, c.Index, cardLike) >= 0.8
}

// unread reports a column that no list may bring: sensitive by itself, or named
// like a field that the merchant's own schema says is sensitive. Such a field
// needs the person's own consent apart (SEN-01), which no list holds.
func unread(g Guess, s *kexin.Schema, list kexin.Object, c Column) bool {
	if sensitive(g, c) && !numbersOf(list, c.Name) {
		return true
	}
	if f := s.Field(placesIn(list)[conceptIn(list, c.Name)].Field); f != nil && f.Class == kexin.Sensitive {
		return true
	}
	name, def := plain(c.Name), s.Object(list)
	return name != "" && def != nil && slices.ContainsFunc(def.Fields, func(f *kexin.Field) bool { return f.Class == kexin.Sensitive && plain(f.Name) == name })
}

// WhyNot is the key of what is wrong with a field as the target of a column.
func WhyNot(f *kexin.Field) string {
	if f != nil && f.Class == kexin.Sensitive {
		return keyMapConsent
	}
	return keyMapField
}

// numbersOf reports a header that announces numbers of customers' records.
func numbersOf(list kexin.Object, header string) bool {
	return list != kexin.Customer && conceptIn(list, header) == cOfNo
}

// ofFields are what a customer is found by in every other list, beside the
// number of her record.
var ofFields = []kexin.FieldID{kexin.CustPhone, kexin.CustName, kexin.CustAddress, kexin.CustRegion}

// RoleIn is the role in which a column of a list of o fills a field; ok is
// false where none may: sensitive fields, what Kexin computes and links to
// other records are never imported. What a line comes to is no exception: it
// is compared, or divided to a price, and never written.
func RoleIn(o kexin.Object, f *kexin.Field) (r Role, ok bool) {
	switch {
	case f.ID == kexin.CustOwner && o == kexin.Customer, f.ID == kexin.TaskOwner && o == kexin.Task:
		return RoleOwner, true
	case o != kexin.Customer && (slices.Contains(ofFields, f.ID) || f.Object == o && f.Rule.Ref == kexin.Customer):
		return RoleOf, true
	case f.ID == kexin.CustSource:
		return RoleWay, o == kexin.Customer || o == kexin.Contact
	case f.ID == kexin.CustSourceOn:
		return RoleWhen, o == kexin.Customer || o == kexin.Contact
	case f.Computed && f.ID != kexin.LineAmount || f.Class == kexin.Sensitive || f.Kind == kexin.KindRef:
		return RoleSkip, false
	case f.Object == o:
		return RoleField, true
	case f.Object == kexin.Order:
		return RoleOrder, o == kexin.Customer
	case f.Object == kexin.OrderLine:
		return RoleLine, o == kexin.Order
	}
	return RoleSkip, false
}

func fits(r Role, f *kexin.Field, o kexin.Object) bool {
	role, ok := RoleIn(o, f)
	return ok && role == r
}

// Complete adds Label and Unit, which follow from the header, to targets that
// came from a form with column, field and role only.
func Complete(g Guess, targets []Target, o kexin.Object) []Target {
	out := append([]Target(nil), targets...)
	for i := range out {
		for _, c := range g.Columns {
			if c.Index == out[i].Column {
				dress(&out[i], c.Name, o)
			}
		}
	}
	return out
}

// dress gives a target what follows from its header.
func dress(t *Target, header string, o kexin.Object) {
	is := conceptIn(o, header)
	t.Label, t.Unit = strings.TrimSpace(header), ""
	if is == cRemark || is == cText || is == cLog && o != kexin.Customer {
		t.Label = ""
	}
	if t.Field == kexin.CustAddress {
		t.Unit = places[is].Unit
	}
}
