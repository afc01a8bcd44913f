package intake

import (
	"slices"
	"strings"

	"kexin"
)

// A ParseFunc reads a text as a value of a field: kind.Parse in the merchant's
// environment. It is not called for blank cells.
type ParseFunc func(f *kexin.Field, raw string) (kexin.Value, []kexin.Issue)

// An EvidenceKind is what shows that a person is the shop's own customer (law
// IMP-05).
type EvidenceKind string

// The kinds. A row with none is set aside until the shop has said how she came.
const (
	EvidenceOrder   EvidenceKind = "order"
	EvidenceEnquiry EvidenceKind = "enquiry"
	EvidenceVisit   EvidenceKind = "visit"
	EvidenceNone    EvidenceKind = "none"
)

// Evidence is what a row says about where its person comes from.
type Evidence struct {
	Way     string // code of kexin.Ways, "" where nothing is said
	WayRaw  string // as the shop wrote it
	On      kexin.Day
	OrderNo string
	Staff   string // name, not yet a member
	Kind    EvidenceKind
}

// The codes of issues that Drafts makes; none is fatal. The codes of Note are
// used as well.
const (
	IssueToRemark = "to_remark"    // not in the closed list: kept in the remark
	IssueOther    = "to_other"     // not in the closed list, and no remark: one of the others
	IssueUnlawful = "unlawful_way" // 登记方式 names a source that is none (law IMP-02)
)

// Drafts makes a customer of a row, and an order where it has a number or an
// amount. The values are texts as they came, ready for kind.Normalise, which
// sees all of a draft together and says what is wrong with it; parse only
// decides what must be known before: codes of closed lists, the day and the
// order number of the evidence. What closed lists do not know stands in the
// remark, so nothing is lost; the colleague's name is in the evidence only.
func Drafts(row Row, targets []Target, s *kexin.Schema, parse ParseFunc) (customer kexin.Draft, order *kexin.Draft, ev Evidence) {
	d := newDrafter(row, s, kexin.Customer, kexin.Order, parse)
	d.rest = kexin.CustRemark
	d.takeAll(targets)
	d.finish()
	if d.has {
		order = &d.second
	}
	return d.own, order, d.ev
}

// A drafter makes drafts of one row: of the list's object, and of what may
// stand beside it, a customer's order or an order's line.
type drafter struct {
	row     Row
	s       *kexin.Schema
	parse   ParseFunc
	own     kexin.Draft
	second  kexin.Draft
	has     bool          // the second is there
	rest    kexin.FieldID // takes words that have no field of their own
	ev      Evidence
	of      Whose
	came    string
	done    bool
	address []string
	region  []string
	phones  []string
	items   []string
	said    []string
}

func newDrafter(row Row, s *kexin.Schema, own, second kexin.Object, parse ParseFunc) *drafter {
	return &drafter{row: row, s: s, parse: parse, ev: Evidence{Kind: EvidenceNone},
		own:    kexin.Draft{Object: own, Row: row.N, Values: map[kexin.FieldID]kexin.Value{}},
		second: kexin.Draft{Object: second, Row: row.N, Values: map[kexin.FieldID]kexin.Value{}}}
}

func (d *drafter) takeAll(targets []Target) {
	for _, t := range targets {
		if f := d.s.Field(t.Field); f != nil && t.Role != RoleSkip {
			d.take(t, f)
		}
	}
}

// take reads one cell.
func (d *drafter) take(t Target, f *kexin.Field) {
	draft := &d.own
	if f.Object == d.second.Object {
		draft = &d.second
	}
	for _, n := range d.row.Notes {
		if n.Column == t.Column {
			draft.Issues = append(draft.Issues, kexin.Issue{Field: f.ID, Code: n.Code})
			if n.Code == NoteMerged && f.Class == kexin.Amount {
				return // one sum over several rows must not be counted once for each
			}
		}
	}
	if t.Column < 0 || t.Column >= len(d.row.Cells) {
		return
	}
	raw := strings.TrimSpace(d.row.Cells[t.Column])
	if raw == "" {
		return
	}
	switch t.Role {
	case RoleOf:
		d.whose(t, f, raw)
	case RoleOwner:
		d.ev.Staff = raw
	case RoleWay:
		d.way(t, f, raw)
	case RoleWhen:
		d.when(f, raw)
	case RoleOrder:
		d.orderCell(t, f, raw)
	case RoleLine:
		d.lineCell(f, raw)
	default:
		d.cell(t, f, raw)
	}
}

// cell reads a field of the list's object; parts of one value are gathered
// first.
func (d *drafter) cell(t Target, f *kexin.Field, raw string) {
	switch {
	case f.ID == d.rest:
		d.say(t.Label, raw)
	case f.ID == kexin.CustAddress:
		d.address = joinPlace(d.address, raw, t.Unit)
	case f.ID == kexin.CustRegion:
		d.region = joinPlace(d.region, raw, "")
	case f.ID == kexin.CustPhones:
		d.phones = append(d.phones, raw)
	case f.ID == kexin.TaskDoneAt:
		d.doneCell(f, raw)
	case f.Kind == kexin.KindChoices:
		d.choices(t, f, raw)
	case f.Kind == kexin.KindChoice:
		d.choice(&d.own, t, f, raw)
	default:
		d.own.Values[f.ID] = kexin.Str(raw)
	}
}

// when reads when she came.
func (d *drafter) when(f *kexin.Field, raw string) {
	d.came = raw
	if d.own.Object == kexin.Customer {
		d.own.Values[f.ID] = kexin.Str(raw)
	}
}

// joinPlace appends a part of an address with its unit. A part that the others
// end with adds nothing; one that holds all the others stands for them.
func joinPlace(parts []string, raw, unit string) []string {
	if number := narrow(raw); unit != "" && digitsOnly([]byte(number)) {
		raw = number + unit
	}
	switch whole := strings.Join(parts, ""); {
	case strings.HasSuffix(whole, raw):
		return parts
	case whole != "" && strings.Contains(raw, whole):
		return []string{raw}
	}
	return append(parts, raw)
}

// say puts a text into the remark, behind its header.
func (d *drafter) say(label, raw string) {
	if label != "" {
		raw = label + "：" + raw
	}
	if !slices.Contains(d.said, raw) {
		d.said = append(d.said, raw)
	}
}

// choice keeps one code of a closed list, or the words in the remark.
func (d *drafter) choice(draft *kexin.Draft, t Target, f *kexin.Field, raw string) {
	switch v, issues := d.parse(f, raw); {
	case len(issues) > 0:
		d.unknown(draft, t, f, raw)
	case !v.Empty():
		draft.Values[f.ID] = v
	}
}

// choices keeps the codes of those items that the list has; the others stand
// in the remark.
func (d *drafter) choices(t Target, f *kexin.Field, raw string) {
	items := []string{raw}
	if _, issues := d.parse(f, raw); len(issues) > 0 {
		items = strings.FieldsFunc(raw, func(r rune) bool { return strings.ContainsRune("、,，;；/／|+＋&\n\t 　", r) })
	}
	codes := d.own.Values[f.ID].Strings()
	var rest []string
	for _, item := range items {
		v, issues := d.parse(f, item)
		if len(issues) > 0 {
			rest = append(rest, item)
			continue
		}
		for _, code := range v.Strings() {
			if !slices.Contains(codes, code) {
				codes = append(codes, code)
			}
		}
	}
	if v := kexin.Items(codes...); !v.Empty() {
		d.own.Values[f.ID] = v
	}
	if len(rest) > 0 {
		d.unknown(&d.own, t, f, strings.Join(rest, "、"))
	}
}

// unknown keeps words that a closed list does not have, and says so. Where
// nothing takes them, they are one of the others.
func (d *drafter) unknown(draft *kexin.Draft, t Target, f *kexin.Field, raw string) {
	if d.rest == 0 && hasOther(f) {
		draft.Issues = append(draft.Issues, kexin.Issue{Field: f.ID, Code: IssueOther})
		if f.Object == draft.Object {
			draft.Values[f.ID] = otherOf(f)
		}
		return
	}
	draft.Issues = append(draft.Issues, kexin.Issue{Field: f.ID, Code: IssueToRemark})
	d.say(t.Label, raw)
}

// way reads how she came.
func (d *drafter) way(t Target, f *kexin.Field, raw string) {
	code := wayOf(raw)
	if code == "" {
		v, issues := d.parse(f, raw)
		if v.Empty() && len(issues) == 0 {
			return // a sign for nothing
		}
		if code = "other"; len(issues) > 0 {
			d.unknown(&d.own, t, f, raw)
		} else {
			code = v.S
		}
	}
	d.ev.WayRaw = raw
	if code == unlawfulWay {
		d.own.Issues = append(d.own.Issues, kexin.Issue{Field: f.ID, Code: IssueUnlawful})
		d.say(t.Label, raw)
		return
	}
	d.ev.Way = code
	if d.own.Object == kexin.Customer {
		d.own.Values[f.ID] = kexin.Str(code)
	}
}

// orderCell reads a field of the order. A number or an amount makes one.
func (d *drafter) orderCell(t Target, f *kexin.Field, raw string) {
	if f.Kind == kexin.KindChoice {
		d.choice(&d.second, t, f, raw)
		return
	}
	v, issues := d.parse(f, raw)
	if v.Empty() && len(issues) == 0 {
		return // a sign for nothing
	}
	d.second.Values[f.ID] = kexin.Str(raw)
	switch {
	case f.ID == kexin.OrdAmount:
		d.has = true
	case f.ID == kexin.OrdNo:
		d.has = true
		d.ev.OrderNo = v.S
	}
}

// finish joins what was gathered and draws the conclusion about evidence.
func (d *drafter) finish() {
	d.join(kexin.CustRegion, d.region, "")
	d.join(kexin.CustAddress, d.address, "")
	d.join(kexin.CustPhones, d.phones, "、")
	d.join(d.rest, d.said, "；")
	came, bought := d.own.Values[kexin.CustSourceOn], d.second.Values[kexin.OrdOn]
	if d.has && bought.Empty() && !came.Empty() {
		d.second.Values[kexin.OrdOn] = came
	}
	if d.ev.On = d.day(kexin.CustSourceOn, came); d.ev.On == "" {
		d.ev.On = d.day(kexin.OrdOn, bought)
	}
	d.ev.Kind = d.kind()
}

// join stores what several columns gave for one field.
func (d *drafter) join(id kexin.FieldID, parts []string, sep string) {
	if f := d.s.Field(id); len(parts) > 0 && f != nil {
		draft := &d.own
		if f.Object == d.second.Object {
			draft = &d.second
		}
		draft.Values[id] = kexin.Str(strings.Join(parts, sep))
	}
}

// day reads a day, "" where the text is none.
func (d *drafter) day(id kexin.FieldID, text kexin.Value) kexin.Day {
	f := d.s.Field(id)
	if f == nil || text.Empty() {
		return ""
	}
	v, _ := d.parse(f, text.S)
	if day := kexin.Day(v.S); v.T == kexin.Text && day.Valid() {
		return day
	}
	return ""
}

// kind: an order number is evidence by itself; a way is with its day.
func (d *drafter) kind() EvidenceKind {
	switch {
	case d.ev.OrderNo != "":
		return EvidenceOrder
	case d.ev.On == "" || d.ev.Way == "":
		return EvidenceNone
	case d.ev.Way == "order":
		return EvidenceOrder
	case d.ev.Way == "store":
		return EvidenceVisit
	}
	return EvidenceEnquiry
}
