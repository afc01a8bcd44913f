package intake

import (
	"strconv"
	"strings"

	"kexin"
)

// A Role says where a column's values go.
type Role string

// The roles.
const (
	RoleSkip  Role = "skip"  // not read
	RoleField Role = "field" // a field of the customer
	RoleOrder Role = "order" // a field of her order
	RoleOwner Role = "owner" // the colleague in charge, by name (CustOwner)
	RoleWay   Role = "way"   // how she came 登记方式 (CustSource)
	RoleWhen  Role = "when"  // when she came 登记日期 (CustSourceOn)
)

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

// places says where each concept goes; those with a reason are skipped.
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
	case kexin.CustPhones, kexin.CustAddress, kexin.CustRegion, kexin.CustRemark, kexin.OrdRemark:
		return true
	}
	return f.Kind == kexin.KindChoices
}

// CheckMap refuses a mapping that cannot be used: every fault with the path
// "columns.<index>" and its own key, all at once.
func CheckMap(g Guess, targets []Target, s *kexin.Schema) error {
	c := mapChecker{g: g, s: s, columns: map[int]bool{}, fields: map[kexin.FieldID]bool{}}
	for _, t := range targets {
		if key := c.check(t); key != "" {
			path := "columns." + strconv.Itoa(t.Column)
			c.faults = append(c.faults, kexin.FieldError{Path: path, Key: key, Args: map[string]string{"column": strconv.Itoa(t.Column + 1)}})
		}
	}
	if !c.fields[kexin.CustName] && !c.fields[kexin.CustPhone] && !c.fields[kexin.CustPhones] {
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
	case sensitive(c.g, *column):
		return keyMapSensitive
	case f == nil || !fits(t.Role, f):
		return keyMapField
	case c.fields[t.Field] && !manyColumns(f):
		return keyMapSingle
	}
	c.fields[t.Field] = true
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
// it.
func sensitive(g Guess, c Column) bool {
	return conceptOf(c.Name) == cSensitive || share(g.Sample, c.Index, idLike) >= 0.5 || share(g.Sample, c.Index, cardLike) >= 0.8
}

// fits: an import may write this field in this role. Sensitive fields, what
// Kexin computes and links to other records are never imported.
func fits(r Role, f *kexin.Field) bool {
	switch {
	case r == RoleOwner || r == RoleWay || r == RoleWhen:
		return f.ID == map[Role]kexin.FieldID{RoleOwner: kexin.CustOwner, RoleWay: kexin.CustSource, RoleWhen: kexin.CustSourceOn}[r]
	case f.Computed || f.Class == kexin.Sensitive || f.Kind == kexin.KindRef:
		return false
	case f.ID == kexin.CustSource || f.ID == kexin.CustSourceOn:
		return false // by their own roles, because they are evidence
	}
	return r == RoleField && f.Object == kexin.Customer || r == RoleOrder && f.Object == kexin.Order
}

// Complete adds Label and Unit, which follow from the header, to targets that
// came from a form with column, field and role only.
func Complete(g Guess, targets []Target) []Target {
	out := append([]Target(nil), targets...)
	for i := range out {
		for _, c := range g.Columns {
			if c.Index == out[i].Column {
				dress(&out[i], c.Name)
			}
		}
	}
	return out
}

// dress gives a target what follows from its header.
func dress(t *Target, header string) {
	is := conceptOf(header)
	t.Label, t.Unit = strings.TrimSpace(header), ""
	if is == cRemark {
		t.Label = ""
	}
	if t.Field == kexin.CustAddress {
		t.Unit = places[is].Unit
	}
}
