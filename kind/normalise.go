package kind

import (
	"slices"
	"strings"

	"kexin"
	"kexin/kind/region"
)

// Normalise makes a draft of raw texts one of typed values, in place, and
// collects its Keys and Issues. Field by field it does what Parse does, and
// across the fields of a customer or a contact:
//
//   - a salutation in the name becomes salutation and gender (张伟先生 is 张伟,
//     mr, m; 舒女士 keeps the name she is called by), or a contact's title;
//   - phones in the name move to the phones; of several phones in one cell the
//     first is the phone, the others are phones;
//   - 13812345678（微信同号） is also the WeChat id;
//   - divisions at the head of the address become the region, the estate in it
//     a key; what the region's cell holds besides goes before the address, so
//     that 鼓楼区 is told by the town in the next cell;
//   - text that is not the value of its cell, an unknown choice for one, moves
//     to the remark, with an issue that refuses nothing; where the object has
//     no remark the issue is fatal instead;
//   - free texts with contact data have the issue text_contact.
//
// A value whose issue is fatal stays as it came, for the refused row. A ref
// that is no number stays as it came, without an issue: names of staff are for
// the caller. Doing it twice changes nothing more. Fields are taken in the
// order of the schema, so the result does not depend on chance.
func Normalise(s *kexin.Schema, d *kexin.Draft, env Env) {
	o := s.Object(d.Object)
	if o == nil {
		return
	}
	if d.Values == nil {
		d.Values = map[kexin.FieldID]kexin.Value{}
	}
	n := normaliser{s: s, o: o, d: d, env: env, remark: remarkOf(o)}
	for _, f := range o.Fields {
		if v, ok := d.Values[f.ID]; ok && (v.T != kexin.Number || !numeric(f.Kind)) {
			n.field(f, v)
		}
	}
	if o.Object == kexin.Customer || o.Object == kexin.Contact {
		n.person()
	}
	n.moveRest()
	n.warn()
	n.keys()
}

// A normaliser is one draft at work.
type normaliser struct {
	s      *kexin.Schema
	o      *kexin.ObjectDef
	d      *kexin.Draft
	env    Env
	remark *kexin.Field // nil where the object has none
	chat   string       // the number that is the WeChat id too
	below  string       // what the region's cell holds besides a division
	rest   []string     // texts for the remark
}

// remarkOf is the free text that takes what belongs nowhere else.
func remarkOf(o *kexin.ObjectDef) *kexin.Field {
	for _, name := range [...]string{"remark", "note"} {
		if f := o.Field(name); f != nil && f.Kind == kexin.KindText {
			return f
		}
	}
	return nil
}

// numeric kinds hold numbers: a Number there was read before.
func numeric(k kexin.Kind) bool {
	switch k {
	case kexin.KindInstant, kexin.KindMoney, kexin.KindNumber, kexin.KindRef:
		return true
	}
	return false
}

// field reads one value.
func (n *normaliser) field(f *kexin.Field, v kexin.Value) {
	if v.Empty() && f.Kind != kexin.KindName {
		delete(n.d.Values, f.ID)
		return
	}
	if f.Kind == kexin.KindRef && !digitsOnly(v.S) {
		return
	}
	r := read(f, v.S, n.env)
	if f.Kind == kexin.KindRef && r.code != "" {
		return
	}
	if r.chat != "" {
		n.chat = r.chat
	}
	if f.ID == kexin.CustRegion && r.left != "" && !r.hard {
		n.set(f.ID, r.v)
		n.below = r.left
		return
	}
	fatal := r.hard || r.left != "" && n.remark == nil
	if r.code == "" && r.left != "" {
		r.code = CodeTextLeft
	}
	if r.code != "" {
		n.issue(f.ID, r.code, fatal)
	}
	if fatal {
		return
	}
	n.set(f.ID, r.v)
	if r.left != "" {
		n.rest = append(n.rest, r.left)
	}
}

// set stores a value; an empty one leaves the draft.
func (n *normaliser) set(id kexin.FieldID, v kexin.Value) {
	if v.Empty() {
		delete(n.d.Values, id)
		return
	}
	n.d.Values[id] = v
}

// issue notes an issue once.
func (n *normaliser) issue(id kexin.FieldID, code string, fatal bool) {
	i := kexin.Issue{Field: id, Code: code, Fatal: fatal}
	if !slices.Contains(n.d.Issues, i) {
		n.d.Issues = append(n.d.Issues, i)
	}
}

// fatal reports whether the field's value was refused.
func (n *normaliser) fatal(id kexin.FieldID) bool {
	return slices.ContainsFunc(n.d.Issues, func(i kexin.Issue) bool { return i.Fatal && i.Field == id })
}

// names are the fields of a person's draft, by object.
type fieldsOf struct{ name, phone, phones, wechat, title kexin.FieldID }

var customerFields = fieldsOf{name: kexin.CustName, phone: kexin.CustPhone, phones: kexin.CustPhones, wechat: kexin.CustWeChat}
var contactFields = fieldsOf{name: kexin.ContName, phone: kexin.ContPhone, wechat: kexin.ContWeChat, title: kexin.ContTitle}

// person does what needs several fields.
func (n *normaliser) person() {
	fs := &customerFields
	if n.o.Object == kexin.Contact {
		fs = &contactFields
	}
	if !n.fatal(fs.name) {
		n.name(fs)
	}
	n.phones(fs)
	if n.chat != "" && n.d.Values[fs.wechat].Empty() && n.s.Field(fs.wechat) != nil {
		n.set(fs.wechat, kexin.Str(strings.TrimPrefix(n.chat, "+86")))
	}
	if n.o.Object == kexin.Customer {
		n.place()
	}
}

// name takes phones and the salutation out of the name.
func (n *normaliser) name(fs *fieldsOf) {
	name := n.d.Values[fs.name].S
	if name == "" {
		if n.s.Field(fs.name) != nil {
			n.issue(fs.name, CodeNameEmpty, true)
		}
		return
	}
	if hasDigit(name) {
		name = n.phoneInName(fs, name)
	}
	full, _, _ := strings.Cut(name, "(")
	if full == "" {
		full = name
	}
	for {
		base, s, ok := cutSalutation(full)
		if !ok {
			return
		}
		n.salute(fs, s)
		if full != name || surnameOnly(base) || nothing(base) {
			return
		}
		n.set(fs.name, kexin.Str(base))
		full, name = base, base
	}
}

// salute notes what a salutation tells.
func (n *normaliser) salute(fs *fieldsOf, s salutation) {
	if fs.title != 0 {
		if s.code == "boss" && n.d.Values[fs.title].Empty() && n.s.Field(fs.title) != nil {
			n.set(fs.title, kexin.Str("boss"))
		}
		return
	}
	n.told(kexin.CustSalut, s.code)
	n.told(kexin.CustGender, s.gender)
}

// told sets a choice that the name tells, where the draft has none; another
// gender in the column is an issue.
func (n *normaliser) told(id kexin.FieldID, code string) {
	f := n.s.Field(id)
	if code == "" || f == nil || !slices.Contains(f.Rule.Choices, code) {
		return
	}
	switch was := n.d.Values[id]; {
	case was.Empty():
		n.set(id, kexin.Str(code))
	case was.S != code && id == kexin.CustGender:
		n.issue(id, CodeGenderConflict, false)
	}
}

// phoneInName moves 张伟13812345678 to name and phone. It gives the name that
// is left.
func (n *normaliser) phoneInName(fs *fieldsOf, name string) string {
	from := strings.IndexFunc(name, func(r rune) bool { return r >= '0' && r <= '9' || r == '+' })
	f := n.s.Field(fs.phone)
	head := cleanName(strings.TrimRight(name[:max(from, 0)], "( "))
	if f == nil || nothing(head) || n.fatal(fs.phone) {
		return name
	}
	r := read(f, strings.TrimRight(name[from:], ") "), n.env)
	if r.v.Empty() || r.left != "" {
		return name
	}
	old := n.d.Values[fs.phone]
	n.set(fs.phone, phones(f, distinct(append(old.Strings(), r.v.Strings()...))))
	n.set(fs.name, kexin.Str(head))
	return head
}

// phones puts the first number into phone and the others into phones, each
// once. A contact has one field for all of them.
func (n *normaliser) phones(fs *fieldsOf) {
	v, more := n.d.Values[fs.phone], n.d.Values[fs.phones]
	if v.T != kexin.List && more.Empty() || n.fatal(fs.phone) || fs.phones != 0 && n.fatal(fs.phones) {
		return
	}
	all := distinct(append(v.Strings(), more.Strings()...))
	f := n.s.Field(fs.phone)
	if second := n.s.Field(fs.phones); second != nil {
		n.set(fs.phone, kexin.Str(all[0]))
		n.set(fs.phones, kexin.Items(all[1:]...))
	} else if f != nil {
		n.set(fs.phone, phones(f, all))
	}
}

// distinct keeps the first of equal items.
func distinct(items []string) []string {
	var out []string
	for _, s := range items {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// place takes the region out of the address. A region column that names
// another place than the address is an issue, and both stay.
func (n *normaliser) place() {
	code, address := n.d.Values[kexin.CustRegion].S, n.d.Values[kexin.CustAddress].S
	if n.below != "" {
		if address = n.join(address); address == "" {
			return
		}
	}
	if address == "" || n.fatal(kexin.CustAddress) || n.fatal(kexin.CustRegion) {
		return
	}
	for {
		found, rest, _ := region.Split(address)
		switch {
		case found == "":
		case code == "" || region.Within(found, code):
			code = found
		case !region.Within(code, found):
			n.issue(kexin.CustAddress, CodeRegionConflict, false)
			found = ""
		}
		if found == "" || rest == address {
			break
		}
		address = rest
	}
	if n.below != "" && code == "" {
		n.issue(kexin.CustRegion, CodeRegionUnknown, false)
	}
	if nothing(address) {
		address = ""
	}
	if n.s.Field(kexin.CustRegion) != nil {
		n.set(kexin.CustRegion, kexin.Str(code))
		n.set(kexin.CustAddress, kexin.Str(address))
	}
}

// join puts what stood below the region before the address; "" where the two
// have no room together, and then it goes to the remark.
func (n *normaliser) join(address string) string {
	f := n.s.Field(kexin.CustAddress)
	both := address
	if !strings.HasPrefix(address, n.below) {
		both = tidy(n.below + address)
	}
	if f == nil || n.fatal(kexin.CustAddress) || tooLong(f, both, maxAddress) {
		n.issue(kexin.CustRegion, CodeTextLeft, n.remark == nil)
		n.rest = append(n.rest, n.below)
		return ""
	}
	return both
}

// moveRest appends to the remark what the cells held besides their values.
func (n *normaliser) moveRest() {
	if len(n.rest) == 0 {
		return
	}
	text := n.d.Values[n.remark.ID].S
	for _, s := range n.rest {
		if text != "" {
			text += "；"
		}
		text += s
	}
	if tooLong(n.remark, text, maxText) {
		n.issue(n.remark.ID, CodeTextLong, true)
	}
	n.set(n.remark.ID, kexin.Str(text))
}

// warn tells of contact data in free texts.
func (n *normaliser) warn() {
	for _, f := range n.o.Fields {
		if f.Kind == kexin.KindText && f.Class == kexin.Service && HoldsContact(n.d.Values[f.ID].S) {
			n.issue(f.ID, CodeTextContact, false)
		}
	}
}

// keys collects the keys of all values that were not refused.
func (n *normaliser) keys() {
	n.d.Keys = n.d.Keys[:0]
	for _, f := range n.o.Fields {
		if !keyed(f) {
			continue
		}
		if v, ok := n.d.Values[f.ID]; ok && !n.fatal(f.ID) {
			n.d.Keys = appendKeys(n.d.Keys, f, v)
		}
	}
	if n.o.Object != kexin.Customer || n.fatal(kexin.CustAddress) {
		return
	}
	if a := n.d.Values[kexin.CustAddress].S; a != "" {
		if k, ok := EstateKey(n.d.Values[kexin.CustRegion].S, a); ok {
			n.d.Keys = append(n.d.Keys, k)
		}
	}
}

// keyed reports whether values of the field can have keys.
func keyed(f *kexin.Field) bool {
	switch f.Kind {
	case kexin.KindPhone, kexin.KindEmail, kexin.KindWeChat, kexin.KindUSCC:
		return true
	}
	return f.ID == kexin.OrdNo
}
