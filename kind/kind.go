// Package kind is the behaviour of fields: how text from people and
// spreadsheets becomes a value, what is wrong with it, what the value can be
// found by, how it is masked and written. It is the first half of matching;
// package match is the second. It is pure: no I/O, no clock, no state.
//
// One literal table, kinds, has one entry for each kexin.Kind. What cannot be
// read is never lost and never guessed: it gives an Issue whose code has a
// sentence in the catalogue under "issue.<code>" (Codes lists them).
package kind

import (
	"time"

	"kexin"
)

// Env is what reading depends on besides the text. The zero Env reads in the
// zone of China and judges no date by today.
type Env struct {
	Zone *time.Location // the merchant's; nil = UTC+8
	Now  kexin.Instant  // 0 = unknown
}

// A reading is what was made of one text.
type reading struct {
	v    kexin.Value
	left string // what is not in v
	code string // issue code, "" for none
	hard bool   // the issue refuses the row, even if left can go elsewhere
	chat string // the phone that is the WeChat id too 微信同号
}

// A behaviour is what one kind does. Nil functions: no keys; a mask that
// shows nothing.
type behaviour struct {
	read   func(f *kexin.Field, raw string, env Env) reading
	check  func(f *kexin.Field, v kexin.Value) string // issue code, "" for a good value
	keys   func(out []kexin.Key, f *kexin.Field, v kexin.Value) []kexin.Key
	mask   func(v kexin.Value) kexin.Value
	format func(v kexin.Value, env Env) string
}

// kinds is the table. Masks are those of the design, A4 of the security page:
// what is not listed there shows nothing.
var kinds = map[kexin.Kind]*behaviour{
	kexin.KindName:    {read: readName, check: canonical(readName), mask: maskName, format: plainText},
	kexin.KindText:    {read: readText, check: canonical(readText), keys: orderKeys, format: plainText},
	kexin.KindPhone:   {read: readPhone, check: checkPhone, keys: phoneKeys, mask: maskPhone, format: formatPhone},
	kexin.KindEmail:   {read: readEmail, check: canonical(readEmail), keys: emailKeys, mask: maskEmail, format: plainText},
	kexin.KindWeChat:  {read: readWeChat, check: canonical(readWeChat), keys: wechatKeys, format: plainText},
	kexin.KindRegion:  {read: readRegion, check: canonical(readRegion), format: formatRegion},
	kexin.KindAddress: {read: readAddress, check: canonical(readAddress), format: plainText},
	kexin.KindDay:     {read: readDay, check: checkDay, format: plainText},
	kexin.KindInstant: {read: readInstant, check: checkInstant, format: formatInstant},
	kexin.KindMoney:   {read: readMoney, check: checkMoney, format: formatMoney},
	kexin.KindNumber:  {read: readNumber, check: number, format: formatNumber},
	kexin.KindChoice:  {read: readChoice, check: checkChoice, format: plainText},
	kexin.KindChoices: {read: readChoices, check: checkChoices, format: joinText},
	kexin.KindRef:     {read: readRef, check: checkRef, format: formatNumber},
	kexin.KindUSCC:    {read: readUSCC, check: canonical(readUSCC), keys: usccKeys, format: plainText},
}

// Parse reads text as a value of the field. Text that is not in the value
// always gives an issue, and a fatal one: the exception is choice_unknown,
// where the caller has the text and may keep it in a remark. Normalise does so
// for whole drafts. Empty text, and signs for "nothing" (无, N/A, -), give the
// empty value. It never panics.
func Parse(f *kexin.Field, raw string, env Env) (kexin.Value, []kexin.Issue) {
	r := read(f, raw, env)
	var issues []kexin.Issue
	if r.code != "" {
		fatal := r.hard || r.left != "" && r.code != CodeChoiceUnknown
		issues = append(issues, kexin.Issue{Field: f.ID, Code: r.code, Fatal: fatal})
	}
	if r.left != "" && r.code == "" {
		issues = append(issues, kexin.Issue{Field: f.ID, Code: CodeTextLeft, Fatal: true})
	}
	return r.v, issues
}

// longestCell is how many bytes a cell may have that is no free text: none of
// the readers below works much on more.
const longestCell = 2000

// read is Parse before the issue is judged. The value is empty where the issue
// is hard.
func read(f *kexin.Field, raw string, env Env) reading {
	b, ok := kinds[f.Kind]
	if !ok {
		return reading{left: raw, code: CodeKindUnknown, hard: true}
	}
	if len(raw) > longestCell && f.Kind != kexin.KindText {
		return reading{left: raw, code: CodeTextLong, hard: true}
	}
	r := b.read(f, raw, env)
	if r.hard {
		r.v = kexin.Value{}
	}
	return r
}

// Check judges a typed value, as Parse gives them: nil for a good or empty
// one, else a *kexin.Error with Code Invalid, the field's name and the issue's
// key. Whether an empty value is allowed is the caller's to say.
func Check(f *kexin.Field, v kexin.Value) error {
	if v.Empty() {
		return nil
	}
	code := CodeKindUnknown
	if b, ok := kinds[f.Kind]; ok {
		code = b.check(f, v)
	}
	if code == "" {
		return nil
	}
	return &kexin.Error{Op: "kind.check", Code: kexin.Invalid, Key: "issue." + code, Field: f.Name}
}

// Keys are what the value can be found by, in canonical form, not yet hashed:
// each phone number, the e-mail address, the WeChat id, the credit code, and
// the order number of field kexin.OrdNo. Two spellings of one thing have the
// same key. The key of an estate needs two fields: see EstateKey.
func Keys(f *kexin.Field, v kexin.Value) []kexin.Key {
	return appendKeys(nil, f, v)
}

// appendKeys is Keys for a slice that is there, so that a draft has one.
func appendKeys(out []kexin.Key, f *kexin.Field, v kexin.Value) []kexin.Key {
	if b := kinds[f.Kind]; b != nil && b.keys != nil && !v.Empty() {
		return b.keys(out, f, v)
	}
	return out
}

// Mask is what may be seen of a value that is masked: the last four digits of
// a phone, the first character of a name, a constant for an e-mail address,
// nothing for the other kinds. It depends on nothing else, so that neither
// length nor prefix is given away. Ask only where there is a value: where
// Shows is false it need not be decrypted.
func Mask(k kexin.Kind, v kexin.Value) kexin.Value {
	if b := kinds[k]; b != nil && b.mask != nil {
		return b.mask(v)
	}
	return kexin.Value{}
}

// Shows reports whether the kind's mask shows a part of the value.
func Shows(k kexin.Kind) bool { return k == kexin.KindPhone || k == kexin.KindName }

// Format writes a value as canonical text, which Parse reads back as the same
// value: phones as dialled inside China, instants in the merchant's zone,
// money with two decimals, a region by its full name, choices as codes.
func Format(f *kexin.Field, v kexin.Value, env Env) string {
	b, ok := kinds[f.Kind]
	if !ok || v.Empty() {
		return ""
	}
	return b.format(v, env)
}

// zone is the merchant's zone.
func (e Env) zone() *time.Location {
	if e.Zone != nil {
		return e.Zone
	}
	return china
}

var china = time.FixedZone("UTC+8", 8*60*60)

// canonical makes a check for kinds whose values are text: reading the value
// gives it back unchanged.
func canonical(read func(*kexin.Field, string, Env) reading) func(*kexin.Field, kexin.Value) string {
	return func(f *kexin.Field, v kexin.Value) string {
		r := read(f, v.S, Env{})
		switch {
		case v.T == kexin.Text && r.v == v && r.left == "" && !r.hard:
			return ""
		case r.code != "":
			return r.code
		}
		return CodeTextLeft
	}
}

// number takes any number.
func number(_ *kexin.Field, v kexin.Value) string {
	if v.T == kexin.Number {
		return ""
	}
	return CodeNumberInvalid
}

// plainText writes text as it is.
func plainText(v kexin.Value, _ Env) string { return v.S }
