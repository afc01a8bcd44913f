package match

import (
	"slices"
	"strings"
	"unicode/utf8"

	"kexin"
	"kexin/kind/region"
)

// Values are a customer's values by field.
type Values = map[kexin.FieldID]kexin.Value

// Fill adds what a row knows to a record of the same person and gives the
// fields that change; both maps are left as they are. Nothing is overwritten:
//
//   - an empty field takes the row's value;
//   - phones, needs and tags are united;
//   - a surname with a salutation gives way to the full name, and an estate to
//     the address of a flat in it: the new value holds all of the old one;
//   - another name, address, WeChat id, e-mail address or birthday goes to the
//     remark behind its label, and so does every part of the row's remark that
//     is not in it yet.
//
// Choices that differ are left as they are: what the row said stands in the
// record's origins. Filling twice changes nothing more. ok is false where the
// remark has no room left; then nothing should be stored.
func Fill(o *kexin.ObjectDef, there, row Values, label func(kexin.FieldID) string) (changed Values, ok bool) {
	f := filler{there: there, row: row, label: label, out: Values{}}
	f.phones()
	f.name()
	f.address()
	for _, d := range o.Fields {
		if d.Computed || d.Kind == kexin.KindRef || row[d.ID].Empty() {
			continue
		}
		f.field(d)
	}
	if r := o.Field("remark"); r != nil {
		f.remark(r)
	}
	return f.out, !f.full
}

// A filler is one row being added to one record.
type filler struct {
	there, row Values
	label      func(kexin.FieldID) string
	out        Values
	parts      []string // for the remark
	full       bool
}

// field is what happens to the fields without a rule of their own.
func (f *filler) field(d *kexin.Field) {
	was, v := f.there[d.ID], f.row[d.ID]
	switch {
	case d.ID == kexin.CustPhone || d.ID == kexin.CustPhones || d.ID == kexin.CustName ||
		d.ID == kexin.CustRegion || d.ID == kexin.CustAddress || d.ID == kexin.CustRemark:
	case d.Kind == kexin.KindChoices:
		if u := united(d, was, v); u != was {
			f.out[d.ID] = u
		}
	case was.Empty():
		f.out[d.ID] = v
	case was != v && (d.Kind == kexin.KindWeChat || d.Kind == kexin.KindEmail || d.ID == kexin.CustBirthday):
		f.note(d.ID, v.S)
	}
}

// united is both lists in the order of the field's choices.
func united(d *kexin.Field, a, b kexin.Value) kexin.Value {
	have := append(a.Strings(), b.Strings()...)
	var out []string
	for _, c := range d.Rule.Choices {
		if slices.Contains(have, c) {
			out = append(out, c)
		}
	}
	return kexin.Items(out...)
}

// phones adds new numbers behind those that are there.
func (f *filler) phones() {
	first, more := f.there[kexin.CustPhone], f.there[kexin.CustPhones]
	others := more.Strings()
	for _, p := range append(f.row[kexin.CustPhone].Strings(), f.row[kexin.CustPhones].Strings()...) {
		switch {
		case slices.Contains(first.Strings(), p) || slices.Contains(others, p):
		case first.Empty():
			first = kexin.Str(p)
			f.out[kexin.CustPhone] = first
		default:
			others = append(others, p)
		}
	}
	if v := kexin.Items(others...); v.S != more.S {
		f.out[kexin.CustPhones] = v
	}
}

// name completes a surname, and notes another name.
func (f *filler) name() {
	was, v := f.there[kexin.CustName].S, f.row[kexin.CustName].S
	if v == "" || was == v {
		return
	}
	a, b := nameOf(FactsOf(f.there)), nameOf(FactsOf(f.row))
	switch like := a.like(b); {
	case was == "":
		f.out[kexin.CustName] = kexin.Str(v)
	case like == equal && a.key == b.key:
	case like == surname && a.bare:
		f.out[kexin.CustName] = kexin.Str(v)
	case like == surname:
	default:
		f.note(kexin.CustName, v)
	}
}

// address fills region and address together: a street must not come to stand
// under another town.
func (f *filler) address() {
	place, v := f.there[kexin.CustRegion].S, f.row[kexin.CustRegion].S
	was, text := f.there[kexin.CustAddress].S, f.row[kexin.CustAddress].S
	if v == "" && text == "" {
		return
	}
	if !sameRegion(place, v) {
		f.otherAddress(was, text, v)
		return
	}
	estate, room := region.Estate(was)
	toEstate, toRoom := region.Estate(text)
	same := estate != "" && estate == toEstate
	switch {
	case text == "" || was == text:
	case was == "" || same && room == "" && toRoom != "":
		f.out[kexin.CustAddress] = kexin.Str(text)
	case same && (toRoom == "" || flats(room, toRoom) == home):
	default:
		f.otherAddress(was, text, v)
		return
	}
	if v != "" && v != place && (place == "" || region.Within(v, place)) {
		f.out[kexin.CustRegion] = kexin.Str(v)
	}
}

func (f *filler) otherAddress(was, text, code string) {
	if text == was && text != "" && code == "" {
		return
	}
	f.note(kexin.CustAddress, region.Full(code)+text)
}

// note puts a value into the remark, behind its label.
func (f *filler) note(id kexin.FieldID, text string) {
	if l := f.label(id); l != "" {
		text = l + "：" + text
	}
	f.parts = append(f.parts, text)
}

// between is what stands between the parts of a remark.
const between = "；"

// remark appends what is not in it yet.
func (f *filler) remark(d *kexin.Field) {
	was := f.there[d.ID].S
	text := Remark(was, f.row[d.ID].S, f.parts...)
	if text == was {
		return
	}
	if most := d.Rule.Max; most > 0 && utf8.RuneCountInString(text) > most {
		f.full = true
		return
	}
	f.out[d.ID] = kexin.Str(text)
}

// Remark is a remark with every part of another, and more parts, that is not in
// it yet.
func Remark(text, row string, more ...string) string {
	for _, p := range append(strings.Split(row, between), more...) {
		if p == "" || strings.Contains(text, p) {
			continue
		}
		if text != "" {
			text += between
		}
		text += p
	}
	return text
}

// Apply gives the values with the changes over them.
func Apply(there, changed Values) Values {
	out := make(Values, len(there)+len(changed))
	for id, v := range there {
		out[id] = v
	}
	for id, v := range changed {
		if v.Empty() {
			delete(out, id)
			continue
		}
		out[id] = v
	}
	return out
}
